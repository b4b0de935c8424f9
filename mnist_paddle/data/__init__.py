"""Stage 1, data: where digits come from and how they become batches.

One file, work/mnist.json.gz, holds everything; sources/ makes it, formats/ reads it.
Everything here is NumPy: no Paddle is needed to look at the data.
Readers (stage 2) turn the batches into Tensors.

阶段 1，数据：数字从哪里来，又怎样变成一批一批的数据。
所有数据都在 work/mnist.json.gz 一个文件里；sources/ 生成它，formats/ 读取它。
这里只用 NumPy：看数据不需要 Paddle。
阶段 2 的读取器再把它们变成张量。
"""

from .folder.open import open_folder
from .formats.mnist_json import load_data, write_data
from .load import load_splits
from .pixels import IMAGE_COLUMNS, IMAGE_ROWS, scale_pixels
from .sources.drawn_digits import draw_digit, draw_digits
from .sources.prepare import SOURCES, prepare_data
from .split import MODES, Split

__all__ = [
    "IMAGE_COLUMNS",
    "IMAGE_ROWS",
    "MODES",
    "SOURCES",
    "Split",
    "draw_digit",
    "draw_digits",
    "load_data",
    "load_splits",
    "open_folder",
    "prepare_data",
    "scale_pixels",
    "write_data",
]
