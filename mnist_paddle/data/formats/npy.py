"""Stage 1, data: how is NumPy's own file format read without trusting the file?

A .npy file is a short header, a Python literal, and then the numbers.
The header is believed only as far as the file is long, and nothing in it is executed: no pickle.

第一阶段，数据：怎样读取 NumPy 自己的文件格式，而不轻信文件里的内容？
.npy 文件先是一段简短的文件头（一个 Python 字面量），后面是数值。
文件头说的话要与文件的长度相符才算数；其中没有任何东西会被执行，也不用 pickle。
"""

from __future__ import annotations

import ast
import functools
import math
import mmap
import os
from typing import NamedTuple

import numpy as np

from ...errors import DataError
from ...files import open_regular

MAGIC = b"\x93NUMPY"
LONGEST_HEADER = 4096  # bytes; np.save writes 128

_BAD_LITERAL = (ValueError, TypeError, SyntaxError, MemoryError, RecursionError, LookupError)


class NpyHeader(NamedTuple):
    """What the header of a .npy file promises, and how many bytes it takes itself."""

    shape: tuple[int, ...]
    dtype: np.dtype
    fortran: bool
    size: int  # bytes of the header

    def __str__(self) -> str:
        return f"{list(self.shape)} {self.dtype}"


def parse_header(start: bytes) -> NpyHeader:
    """Return what the first LONGEST_HEADER bytes of a .npy file promise.

    Raises:
        DataError: it is no header; the sentence begins with a verb, the caller names the file.
    """
    width = 2 if start[6:7] == b"\x01" else 4
    size = 8 + width + int.from_bytes(start[8 : 8 + width], "little")
    if start[:6] != MAGIC or start[6:7] not in (b"\x01", b"\x02", b"\x03"):
        raise DataError("is not a .npy file")
    if not 8 + width < size <= min(len(start), LONGEST_HEADER):
        raise DataError("is cut short or damaged in its header")
    return _parse_literal(start[:size], 8 + width)


@functools.lru_cache(maxsize=64)  # a million samples have the same header
def _parse_literal(header: bytes, start: int) -> NpyHeader:
    try:
        facts = ast.literal_eval(header[start:].decode("latin-1").strip())
        dtype, shape, fortran = np.dtype(facts["descr"]), facts["shape"], facts["fortran_order"]
    except _BAD_LITERAL:
        raise DataError("is damaged in its header") from None
    numbers = isinstance(shape, tuple) and all(type(n) is int and n >= 0 for n in shape)
    if not numbers or not isinstance(fortran, bool):
        raise DataError("is damaged in its header")
    if dtype.kind not in "biuf":
        raise DataError(f"holds values of type {dtype}, expected numbers")
    return NpyHeader(shape, dtype, fortran, len(header))


def map_npy(path: str | os.PathLike[str]) -> tuple[np.ndarray, mmap.mmap]:
    """Return a .npy file as a read-only array that lies on the disk, and its mapping.

    Raises:
        DataError: it is not such a file, or its length is not what its header promises.
    """
    with open_regular(path, DataError) as file:
        try:
            header = parse_header(file.read(LONGEST_HEADER))
        except DataError as error:
            raise DataError(f"{os.fspath(path)} {error}.") from None
        count, length = math.prod(header.shape), os.fstat(file.fileno()).st_size
        expected = header.size + count * header.dtype.itemsize
        if length != expected:
            raise DataError(
                f"{os.fspath(path)} has {length:,} bytes, "
                f"but its header promises {header} in {expected:,}."
            )
        mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    values = np.frombuffer(mapping, header.dtype, count, header.size)
    return values.reshape(header.shape, order="F" if header.fortran else "C"), mapping
