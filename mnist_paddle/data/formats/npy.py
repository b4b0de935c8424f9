"""Stage 1, data: how is NumPy's own file format read without trusting the file?

NumPy reads it: a short header, a Python literal, and then the numbers; it runs nothing, no pickle.
Whatever NumPy finds wrong becomes a sentence that names the file.
What comes after the promised numbers, which NumPy overlooks, is refused as well.

阶段 1，数据：怎样读取 NumPy 自己的文件格式，而不轻信文件里的内容？
由 NumPy 读取：一段简短的文件头（一个 Python 字面量），后面是数值；不执行任何内容，也不用 pickle。
NumPy 发现的任何问题，都变成一句写明文件名的话。
文件头承诺的数值之后若还有内容，NumPy 会忽略，这里同样拒绝。
"""

from __future__ import annotations

import io
import os
import warnings
from typing import IO, NoReturn

import numpy as np

from ...errors import DataError
from ...files import open_regular, printable, read_bounded
from ..pixels import PIXELS, SIZE

LARGEST_SAMPLE = 1 << 20  # bytes; a file of one image has 912


def _sample_header() -> bytes:
    """Return what np.save writes before the pixels of one image `[28, 28] uint8`."""
    file = io.BytesIO()
    np.save(file, np.zeros(SIZE, np.uint8), allow_pickle=False)
    return file.getvalue()[:-PIXELS]


SAMPLE_HEADER = _sample_header()


def read_npy(path: str) -> np.ndarray:
    """Return the array of a small .npy file, of any shape and type.

    Nearly every sample begins as np.save begins it, and is known by that: parsing the header takes
    NumPy five times as long as all the rest.

    Raises:
        DataError: it is no such file, damaged, cut short, too long or too large.
    """
    content = read_bounded(path, LARGEST_SAMPLE, DataError)
    if content.startswith(SAMPLE_HEADER) and len(content) == len(SAMPLE_HEADER) + PIXELS:
        return np.frombuffer(content, np.uint8, PIXELS, len(SAMPLE_HEADER)).reshape(SIZE)
    try:
        return read_array(io.BytesIO(content))
    except Exception as error:  # a literal can be wrong in many ways
        _refuse(path, error)


def read_array(file: IO[bytes]) -> np.ndarray:
    """Return the one array that a .npy file holds.

    Raises:
        Exception: of any kind; whatever is wrong, NumPy says it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of headers that Python 2 wrote
        array = np.asarray(np.lib.format.read_array(file, allow_pickle=False))
    if file.read(1):  # besides, a zip file's check sum is compared when the last byte is read
        raise ValueError(f"it goes on after the {array.size:,} values that its header promises")
    return array


def map_npy(path: str | os.PathLike[str]) -> np.memmap:
    """Return a .npy file as a read-only array that lies on the disk.

    This is np.load(path, mmap_mode="r", allow_pickle=False), without the other kinds of files that
    np.load opens.

    Raises:
        DataError: it is no such file, or its length is not what its header promises.
    """
    open_regular(path, DataError).close()  # a pipe would be waited for
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            array = np.lib.format.open_memmap(path, mode="r")
    except Exception as error:
        _refuse(path, error)
    length, expected = os.path.getsize(path), array.offset + array.nbytes
    if length != expected:
        raise DataError(
            f"{printable(os.fspath(path))} has {length:,} bytes, "
            f"but its header promises {list(array.shape)} {array.dtype} in {expected:,}."
        )
    return array


def _refuse(path: str | os.PathLike[str], error: Exception) -> NoReturn:
    reason = printable(str(error), 200).rstrip(".") or type(error).__name__
    raise DataError(
        f"{printable(os.fspath(path))} is not a .npy file of numbers, or damaged: {reason}."
    ) from None
