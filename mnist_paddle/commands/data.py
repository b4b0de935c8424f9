"""The commands that make data: the data file and the example picture.
What is written is read back and described.

准备数据的命令：生成数据文件和示例图片。
写完之后会读回来检查一遍。
"""

from pathlib import Path
from typing import Literal

from ..config import DEFAULT_DATA


def prepare_data(
    *,
    from_: Path | None = None,
    out: Path = Path(DEFAULT_DATA),
    source: Literal["auto", "idx", "folder", "download", "drawn"] = "auto",
    seed: int = 0,
) -> None:
    """Write the tutorial's data file and read it back.

    Parameters
    ----------
    from_
        Folder with MNIST's four IDX files, gzipped or not, or with samples of your own.
    out
        File to write.
    source
        auto: --from or the folder that MNIST_DIR names, else download, else drawn digits.
        folder: your own samples in --from, each picture converted once.
    seed
        Seed of the drawn digits, or of the split of your own samples.
    """
    from .. import data

    data.prepare_data(out, source, from_, seed)
    _describe_data(out)


def make_example(*, out: Path = Path("work/example_0.jpg"), seed: int = 5) -> None:
    """Draw the example picture, a 0 that looks handwritten, dark on white, 280×280.

    Parameters
    ----------
    out
        File to write.
    seed
        Another seed draws another 0.
    """
    import numpy as np
    from PIL import Image

    from ..atomic import atomic_write
    from ..data.drawn_digits import draw_digit

    ink = draw_digit(0, np.random.default_rng(seed), size=280)
    with atomic_write(out) as temporary:
        Image.fromarray(255 - ink).save(temporary, format="JPEG", quality=90)
    print(out)


def _describe_data(path: Path) -> None:
    from ..data import MODES, load_data

    for mode in MODES:
        split = load_data(mode, path)
        images, labels = next(split.batches())
        print(
            f"{path}: {split.name}, {mode}: {len(split)} images; first batch: "
            f"images {images.shape} {images.dtype}, labels {labels.shape} {labels.dtype}"
        )
