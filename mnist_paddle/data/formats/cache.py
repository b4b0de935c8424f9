"""Stage 1, data: why does only the first start take seconds?

What reading a file or a folder has given is kept beside it, hidden: NumPy's .npz, some JSON in it.
The JSON names the source; a cache of another source, damaged or of an older form is made anew.
Deleting it is always safe.

阶段 1，数据：为什么只有第一次启动要花几秒钟？
读取文件或文件夹的结果存在旁边的一个隐藏文件里：NumPy 的 .npz 格式，其中有一小段 JSON。
JSON 记录数据来源；来源变了、缓存损坏或格式过旧，都会重新生成。
删除它永远是安全的。
"""

from __future__ import annotations

import json
import logging
import os
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, TypeGuard

import numpy as np

from ...errors import DataError
from ...files import atomic_write, open_regular, printable
from .npy import read_array

logger = logging.getLogger("mnist_paddle")

FACTS = "facts"  # the array that holds the JSON
LARGEST_CACHE = (1 << 31) - 1  # bytes: beyond that a zip file needs its 64-bit extension
LARGEST_FACTS = 1 << 16  # bytes
LARGEST_DIRECTORY = 1 << 16  # bytes; ours has 7 members of less than 100

_DIGEST = re.compile("[0-9a-f]{64}")


def write_cache(path: Path, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> None:
    """Keep arrays, and facts that JSON can hold; if they cannot be kept, only warn."""
    members: dict[str, Any] = {FACTS: np.frombuffer(json.dumps(facts).encode(), np.uint8), **arrays}
    try:
        if sum(array.nbytes for array in members.values()) > LARGEST_CACHE - LARGEST_DIRECTORY:
            raise OSError(f"it would have more than {LARGEST_CACHE:,} bytes")
        with atomic_write(path) as temporary:
            np.savez(temporary, **members)
    except OSError as error:
        folder, reason = printable(str(path.parent)), error.strerror or error
        logger.warning("No cache in %s, every start reads the data anew: %s.", folder, reason)


def read_cache(
    path: Path, names: Sequence[str] = ()
) -> tuple[dict[str, Any], list[np.ndarray]] | None:
    """Return the facts of a cache and the arrays `names`; None if there is no sound cache.

    It may have come with somebody's data: none of it is executed, and it takes about as much memory
    as it has bytes. Zip's check sums find damage. The caller checks what facts and arrays say.
    """
    try:
        with open_regular(path, DataError) as file:
            if os.fstat(file.fileno()).st_size > LARGEST_CACHE or not _has_small_directory(file):
                return None
            with zipfile.ZipFile(file) as archive:
                kinds = {member.compress_type for member in archive.infolist()}
                if kinds != {zipfile.ZIP_STORED}:  # what is packed may unpack to gigabytes
                    return None
                if archive.getinfo(f"{FACTS}.npy").file_size > LARGEST_FACTS:
                    return None
                facts = json.loads(_read_array(archive, FACTS).tobytes())
                if not isinstance(facts, dict):
                    return None
                return facts, [_read_array(archive, name) for name in names]
    except Exception:  # whatever is wrong with it, it is no cache
        return None


def is_digest(value: object) -> TypeGuard[str]:
    """Return whether a value is a sha256 in hexadecimal."""
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def _has_small_directory(file: BinaryIO) -> bool:
    """Return whether a zip file, without the 64-bit extension, lists only a few members.

    zipfile keeps the whole list, in many times as much memory as it takes in the file.
    """
    file.seek(-42, os.SEEK_END)
    end = file.read(42)  # 20 bytes of the extension, if there is one, and the 22 of the end
    is_plain = end[:4] != b"PK\6\7" and end[20:24] == b"PK\5\6" and end[40:] == b"\0\0"
    return is_plain and int.from_bytes(end[32:36], "little") <= LARGEST_DIRECTORY


def _read_array(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    with archive.open(f"{name}.npy") as member:
        return read_array(member)
