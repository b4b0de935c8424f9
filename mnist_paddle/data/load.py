"""Stage 1, data: one call for whatever holds the digits, a data file or a folder of samples.

Both become the same three splits, train, valid and eval.

阶段 1，数据：不管数字存放在数据文件里还是样本文件夹里，都用同一个函数读取。
两者都变成同样的三个数据集：train、valid 和 eval。
"""

import os
from pathlib import Path

from .folder.open import open_folder
from .formats.mnist_json import load_data
from .split import MODES, Split


def load_splits(
    path: str | os.PathLike[str], *, split_seed: int = 0, strict: bool = False
) -> dict[str, Split]:
    """Return train, valid and eval of a data file, or of a folder of samples.

    Raises as load_data or open_folder do.
    """
    if os.path.isdir(path):
        return open_folder(path, split_seed=split_seed, strict=strict)
    return {mode: load_data(mode, Path(path)) for mode in MODES}
