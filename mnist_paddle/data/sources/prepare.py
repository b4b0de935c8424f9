"""Stage 1, data: where do the digits come from?

From a folder with MNIST's own files, from a mirror on the network, or drawn by a program.
Whichever it is, it becomes work/mnist.json.gz, the tutorial's file, and is read back once.
Drawn digits are never passed off as MNIST: their name and a warning say what they are.

阶段 1，数据：数字从哪里来？
来自存有 MNIST 原始文件的文件夹，来自网络上的镜像，或者由程序画出来。
无论来自哪里，都写成教程的文件 work/mnist.json.gz，并读回来检查一次。
画出来的数字绝不冒充 MNIST：名称和警告都会说明。
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...errors import DataError
from ...files import printable
from ..folder.open import load_folder
from ..formats.idx import IDX_FILES, find_idx_file, read_idx_folder
from ..formats.mnist_json import DATA_FILE, MNIST_DIGEST, content_digest, load_data, write_data
from ..split import MODES
from .download import MIRRORS, DownloadError, download_mnist
from .drawn_digits import draw_digits

logger = logging.getLogger("mnist_paddle")

SOURCES = ("auto", "idx", "folder", "download", "drawn")
DRAWN_SIZES = (50_000, 10_000, 10_000)
DRAWN_NAME = "drawn-digits"

Splits = dict[str, tuple[np.ndarray, np.ndarray]]


def prepare_data(
    out: str | Path = DATA_FILE,
    source: str = "auto",
    directory: str | Path | None = None,
    seed: int = 0,
    *,
    sizes: tuple[int, int, int] = DRAWN_SIZES,
    mirrors: Sequence[str] = MIRRORS,
) -> str:
    """Make the data file and read it back; return one line that says what it holds.

    `source` is one of:

    - "idx": MNIST's four files in `directory`, or in the folder that MNIST_DIR names;
    - "folder": your own samples in `directory`, as open_folder reads them, split with `seed`;
    - "download": the same from one of `mirrors`, kept in a folder `download` beside `out`;
    - "drawn": digits drawn by a program from `seed`, `sizes` of train, valid and eval;
    - "auto": idx or folder, whichever the directory is, if there is one; else download, and if
      that fails drawn with a warning.

    Raises:
        DataError: a source or folder that cannot be meant, no mirror, or files that are not MNIST's
            format; `out` then stays as it was.
        OSError: a file cannot be read or written.
    """
    out = Path(out)
    folder = directory or os.environ.get("MNIST_DIR")
    _check_wish(source, directory, folder, seed)
    if source == "drawn":
        _write_drawn(out, seed, sizes)
    elif directory and (source == "folder" or (source == "auto" and not _is_idx(Path(directory)))):
        _write_folder(out, Path(directory), seed)
    elif source != "download" and folder:
        _write_idx(out, Path(folder))
    else:
        try:
            _write_download(out, mirrors)
        except DownloadError as error:
            if source == "download":
                raise
            _draw_instead(out, seed, sizes, error)
    return _read_back(out)


def _check_wish(
    source: str, directory: str | Path | None, folder: str | Path | None, seed: int
) -> None:
    """Refuse settings that do not go together; `folder` is the directory or MNIST_DIR."""
    if source not in SOURCES:
        raise DataError(f"the source is {source!r}, expected one of {', '.join(SOURCES)}.")
    if seed < 0:
        raise DataError(f"the seed is {seed}, expected 0 or more.")
    if directory is not None and source in ("download", "drawn"):
        raise DataError(
            f"the directory {printable(str(directory))} goes with the source idx or folder, "
            f"not with {source}; drop one."
        )
    if source == "idx" and not folder:
        raise DataError("the source idx needs a directory; give one or set MNIST_DIR.")
    if source == "folder" and not directory:
        raise DataError("the source folder needs a directory; give one.")


def draw_splits(seed: int = 0, sizes: tuple[int, int, int] = DRAWN_SIZES) -> Splits:
    """Draw the three splits from the seeds [seed, 0], [seed, 1], [seed, 2]."""
    return {
        mode: draw_digits(size, [seed, number])
        for number, (mode, size) in enumerate(zip(MODES, sizes, strict=True))
    }


def _write_drawn(out: Path, seed: int, sizes: tuple[int, int, int]) -> None:
    write_data(out, draw_splits(seed, sizes), f"{DRAWN_NAME}-seed-{seed}")


def _write_idx(out: Path, folder: Path) -> None:
    """Write what an IDX folder holds, which need not be MNIST: Fashion-MNIST looks the same."""
    _write_splits(out, read_idx_folder(folder), folder)


def _write_folder(out: Path, folder: Path, seed: int) -> None:
    """Write what a folder of samples holds: each picture is decoded this once."""
    _write_splits(out, load_folder(folder, split_seed=seed), folder)


def _write_splits(out: Path, splits: Splits, folder: Path) -> None:
    name = re.sub(r"[^\w.-]+", "-", folder.resolve().name, flags=re.ASCII)[:60] or "data"
    if content_digest(splits) == MNIST_DIGEST:
        name = "mnist"
    write_data(out, splits, name)


def _is_idx(folder: Path) -> bool:
    """Return whether a folder has any of MNIST's own files; also for one that is not there."""
    return not folder.is_dir() or any(find_idx_file(folder, name) for name in IDX_FILES)


def _write_download(out: Path, mirrors: Sequence[str]) -> None:
    folder = out.parent / "download"
    download_mnist(folder, mirrors)
    _write_idx(out, folder)


def _draw_instead(out: Path, seed: int, sizes: tuple[int, int, int], error: DownloadError) -> None:
    """Draw digits because no mirror gave MNIST, but never in place of a file that is not drawn."""
    if out.exists() and not _is_drawn(out):
        reason = str(error).rstrip(".")
        raise DataError(f"{reason}; {printable(str(out))} stays as it was.") from None
    _write_drawn(out, seed, sizes)
    logger.info("%s", error)
    logger.warning(
        "THESE ARE NOT MNIST: no mirror could be reached, so %s now holds digits drawn by a "
        "program; results are not comparable with published ones.",
        printable(str(out)),
    )


def _is_drawn(path: Path) -> bool:
    try:
        return load_data("eval", path).name.startswith(DRAWN_NAME)
    except DataError:
        return False


def _read_back(out: Path) -> str:
    """Return what the file holds; reading all three splits checks it and makes its cache."""
    splits = [load_data(mode, out) for mode in MODES]
    sizes = ", ".join(f"{len(split):,} {split.mode}" for split in splits)
    return f"{printable(str(out))}: {splits[0].name}, {sizes}."
