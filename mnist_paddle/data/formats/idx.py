"""Stage 1, data: how are MNIST's own four files read?

IDX: a magic number, the dimensions, then one byte per value; often gzipped.
What its header promises is believed only as far as the data that follow it go.
The last sixth of the training set becomes `valid`, the test set `eval`.

阶段 1，数据：MNIST 自己的四个文件怎样读？
IDX 格式：一个魔数，各维的大小，然后每个值一个字节；常用 gzip 压缩。
文件头说的话，要与后面的数据相符才算数。
训练集的最后六分之一成为 valid，测试集成为 eval。
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ...errors import DataError
from ...files import printable
from ..pixels import IMAGE_COLUMNS, IMAGE_ROWS
from .gzip_stream import unpack
from .json_stream import MOST_IMAGES

IDX_FILES = {  # name: number of dimensions
    "train-images-idx3-ubyte": 3,
    "train-labels-idx1-ubyte": 1,
    "t10k-images-idx3-ubyte": 3,
    "t10k-labels-idx1-ubyte": 1,
}


def read_idx_folder(directory: str | Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return train, valid and eval, each images [N, 28, 28] uint8 and labels [N] uint8.

    Raises:
        DataError: a file is missing or is not what it should be.
        OSError: a file cannot be read.
    """
    directory = Path(directory)
    shown = printable(str(directory))
    if not directory.is_dir():
        raise DataError(f"{shown}: no such folder; expected the four IDX files of MNIST in it.")
    paths = {name: find_idx_file(directory, name) for name in IDX_FILES}
    missing = [name for name, path in paths.items() if path is None]
    if missing:
        raise DataError(f"{shown}: {', '.join(missing)} missing (gzipped or not).")
    arrays = [read_idx_file(path, IDX_FILES[name]) for name, path in paths.items() if path]
    train_images, train_labels, eval_images, eval_labels = arrays
    for part, images, labels in (
        ("training", train_images, train_labels),
        ("test", eval_images, eval_labels),
    ):
        if len(images) != len(labels):
            raise DataError(
                f"{shown}: the {part} set has {len(images)} images and {len(labels)} labels, "
                "expected equally many."
            )
    cut = len(train_images) - len(train_images) // 6
    if cut == len(train_images):
        raise DataError(
            f"{shown}: the training set has {cut} images, expected at least 6, "
            "because the last sixth becomes the split valid."
        )
    return {
        "train": (train_images[:cut], train_labels[:cut]),
        "valid": (train_images[cut:], train_labels[cut:]),
        "eval": (eval_images, eval_labels),
    }


def find_idx_file(directory: Path, name: str) -> Path | None:
    """Return the file with that name, dotted or gzipped or as it is, None if there is none."""
    dotted = name.replace("-idx", ".idx")
    candidates = (directory / f"{stem}{end}" for stem in (name, dotted) for end in ("", ".gz"))
    return next((path for path in candidates if path.is_file()), None)


def read_idx_file(path: Path, dimensions: int) -> np.ndarray:
    """Read one IDX file of bytes: images [N, 28, 28] for 3 dimensions, labels [N] for 1."""
    shown = printable(str(path))
    pieces = unpack(path)
    header_size = 4 + 4 * dimensions
    data = read_pieces(pieces, header_size)
    shape = _read_header(bytes(data[:header_size]), shown, dimensions)
    count = math.prod(shape)
    data = read_pieces(pieces, header_size + count + 1, data)
    del data[:header_size]
    if len(data) < count:
        raise DataError(f"{shown}: holds {len(data)} values, but its header promises {count}.")
    if len(data) > count:
        raise DataError(f"{shown}: goes on after the {count} values that its header promises.")
    array = np.frombuffer(data, np.uint8).reshape(shape)
    if dimensions == 1 and array.max() > 9:
        index = int(np.argmax(array > 9))
        raise DataError(f"{shown}: label {index} is {array[index]}, expected 0 to 9.")
    return array


def _read_header(header: bytes, shown: str, dimensions: int) -> tuple[int, ...]:
    """Return the shape of an IDX file of bytes with that many dimensions."""
    magic, sizes = header[:4], header[4:]
    expected = f"{0x0800 + dimensions:08x}"
    if magic.hex() != expected:
        raise DataError(
            f"{shown}: starts with {magic.hex()!r}, expected the magic number {expected} "
            f"of an IDX file with {dimensions} dimension(s)."
        )
    if len(sizes) < 4 * dimensions:
        raise DataError(f"{shown}: ends in the middle of its header.")
    shape = struct.unpack(f">{dimensions}I", sizes)
    if dimensions == 3 and shape[1:] != (IMAGE_ROWS, IMAGE_COLUMNS):
        raise DataError(
            f"{shown}: the images are {shape[1]} x {shape[2]}, "
            f"expected {IMAGE_ROWS} x {IMAGE_COLUMNS}."
        )
    if not 1 <= shape[0] <= MOST_IMAGES:
        raise DataError(
            f"{shown}: its header promises {shape[0]:,} items, expected 1 to {MOST_IMAGES:,}."
        )
    return shape


def read_pieces(pieces: Iterator[bytes], size: int, start: bytes | bytearray = b"") -> bytearray:
    """Return `start` and the pieces after it until there are `size` bytes or a few more.

    Memory is taken only for what is really there.
    """
    data = bytearray(start)
    while len(data) < size and (piece := next(pieces, b"")):
        data += piece
    return data
