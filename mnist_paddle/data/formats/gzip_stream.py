"""Stage 1, data: how is a gzip file from anywhere unpacked without danger?

Piece by piece, so that nothing has to hold the whole; damaged or cut short data are an error.
A few bytes can unpack to a thousand times as many: no data of ours do, so that is refused.
A plain file comes through as it is.

阶段 1，数据：来路不明的 gzip 文件怎样安全地解压？
一块一块地解压，不必把全部内容放进内存；文件损坏或不完整都会说明。
几个字节可以解压成上千倍的内容：我们的数据不会这样，所以拒绝。
没有压缩的文件原样通过。
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path

from ...errors import DataError
from ...files import open_regular, printable

PIECE = 1 << 20  # bytes unpacked at once
LARGEST_FILE = 1 << 30  # bytes, packed or not: MNIST has 22 MB as JSON, 47 MB as IDX
ALWAYS_ALLOWED = 64 << 20  # bytes that a file may unpack to, however small it is
HIGHEST_RATIO = 100  # MNIST's JSON unpacks to 17 times its size, a bomb to 1000 times
GZIP_MAGIC = b"\x1f\x8b"


def unpack(path: Path, source_hash: hashlib._Hash | None = None) -> Iterator[bytes]:
    """Yield the content of a file, gzipped or not, in pieces; feed its raw bytes to the hash.

    Raises:
        DataError: too large, a bomb, or damaged gzip data.
        OSError: it cannot be read.
    """
    check_size(path)
    shown = printable(str(path))
    packed_size = unpacked_size = 0
    inflater = None
    with open_regular(path, DataError) as file:
        while block := file.read(1 << 16):
            if source_hash is not None:
                source_hash.update(block)
            if not packed_size and block.startswith(GZIP_MAGIC[: len(block)]):
                inflater = zlib.decompressobj(wbits=31)
            packed_size += len(block)
            if inflater is None:
                yield block
                continue
            while block:
                if inflater.eof:  # gzip files may be glued together, or padded with zeros
                    block = block.lstrip(b"\0")
                    if not block:
                        break
                    inflater = zlib.decompressobj(wbits=31)
                try:
                    piece = inflater.decompress(block, PIECE)
                except zlib.error as error:
                    raise DataError(
                        f"{shown}: the gzip data is damaged ({error}); copy or make the file again."
                    ) from None
                block = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
                unpacked_size += len(piece)
                if unpacked_size > max(ALWAYS_ALLOWED, HIGHEST_RATIO * packed_size):
                    raise DataError(
                        f"{shown}: unpacks to more than {HIGHEST_RATIO} times its size, "
                        "which no data of ours do; get the file again."
                    )
                if piece:
                    yield piece
    if inflater is not None and not inflater.eof:
        raise DataError(f"{shown}: the gzip data is cut short; copy or make the file again.")


def check_size(path: Path) -> None:
    """Refuse a file too large to be read at all, before that takes its time."""
    size = path.stat().st_size
    if size > LARGEST_FILE:
        shown = printable(str(path))
        raise DataError(f"{shown}: has {size:,} bytes, expected at most {LARGEST_FILE:,}.")
