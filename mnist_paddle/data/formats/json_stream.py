"""Stage 1, data: how does 370 MB of JSON text become 55 MB of pixels, and in little memory?

Walk its brackets as the gzip unpacks, take one image at a time, keep each pixel as one byte.
Every fault has its own sentence with the file, the split and the index.
Whatever the file holds, it ends in data or in a DataError.

阶段 1，数据：370 MB 的 JSON 文本怎样变成 55 MB 的像素，而且只用很少的内存？
一边解压一边顺着括号走，一次取一幅图像，每个像素只存一个字节。
每种错误都有自己的一句话，写明文件、数据集和序号。
无论文件里是什么，结果不是数据就是 DataError。

The tutorial reads the text into Python lists: 8 s and 2.7 GB, again for every split.
This reads it once, in a fraction of both; mnist_json.py keeps the result.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NoReturn

import numpy as np
import orjson

from ...errors import DataError
from ...files import open_regular, printable
from ..pixels import IMAGE_COLUMNS, IMAGE_ROWS, PIXELS, to_bytes, value_fault
from ..split import MODES
from .gzip_stream import GZIP_MAGIC, unpack

BLOCK = 64  # images turned into bytes at once: few enough to stay in the processor's cache
LONGEST_LIST = 8 << 20  # bytes of text: a million labels need 3 MB, an image 20 kB
MOST_IMAGES = 1_000_000
LAYOUT = "the file must be a JSON list [train, valid, eval], each [images, labels]"

_WHITE = re.compile(rb"[ \t\n\r]*")
_ROW = struct.Struct(f"{PIXELS}d")


@dataclass(frozen=True, eq=False)
class Parsed:
    """What one file holds: for each mode images [N, 1, 28, 28] uint8 and labels [N] uint8."""

    splits: dict[str, tuple[np.ndarray, np.ndarray]]
    stored_name: str  # the file name in the gzip header, or ""
    source_hash: str  # sha256 of the bytes that were read


def parse_file(path: Path) -> Parsed:
    """Read a whole data file.

    Raises:
        DataError: the file is not what it should be.
        OSError: it cannot be read.
    """
    source_hash = hashlib.sha256()
    with open_regular(path, DataError) as file:
        start = file.read(1 << 12)
    if not start or not start.startswith(GZIP_MAGIC[: len(start)]):
        fault = "is not a gzip file" if start else "is empty"
        raise DataError(f"{printable(str(path))}: {fault}; make it with scripts/prepare_data.py.")
    stored_name = _gzip_name(start)
    chunks = unpack(path, source_hash)
    try:
        splits = _parse(_Scanner(chunks, path))
    except DataError:
        # Damage to the gzip looks like a fault of its text; unpacking the rest tells them apart.
        for _ in itertools.islice(chunks, 512):
            pass
        raise
    return Parsed(splits, stored_name, source_hash.hexdigest())


def _gzip_name(header: bytes) -> str:
    """Return the stem of the file name that a gzip header (RFC 1952) holds, or ""."""
    if len(header) < 12 or not header[3] & 0b1000:
        return ""
    extra = 2 + int.from_bytes(header[10:12], "little") if header[3] & 0b100 else 0
    name = header[10 + extra :].partition(b"\0")[0].decode("latin-1")
    stem = PurePosixPath(name.replace("\\", "/")).stem[:100]
    return stem if stem.isprintable() else ""


class _Scanner:
    """Walk the brackets of a JSON text that arrives in pieces."""

    def __init__(self, chunks: Iterator[bytes], path: Path) -> None:
        self.shown = printable(str(path))
        self._chunks = chunks
        self._text = bytearray()
        self._at = 0

    def fail(self, fault: str) -> NoReturn:
        raise DataError(f"{self.shown}: {fault}.")

    def _more(self) -> bool:
        chunk = next(self._chunks, b"")
        del self._text[: self._at]
        self._at = 0
        self._text += chunk
        return bool(chunk)

    def peek(self) -> str:
        """Return the next character that is not white space, "" at the end of the text."""
        while True:
            match = _WHITE.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text):
                return chr(self._text[self._at])
            if not self._more():
                return ""

    def take(self, wanted: str, purpose: str) -> str:
        """Step over one character, any of `wanted`, and return it."""
        found = self.peek()
        if not found or found not in wanted:
            seen = ascii(found) if found else "the end of the text"
            hoped = " or ".join(repr(character) for character in wanted)
            self.fail(f"found {seen}, expected {hoped} {purpose}; {LAYOUT}")
        self._at += 1
        return found

    def flat_list(self, name: str) -> bytearray:
        """Return the text of a list without lists in it, from [ to ]."""
        self.take("[", f"to open {name}")
        searched = self._at
        while (end := self._text.find(b"]", searched)) < 0:
            searched = len(self._text) - self._at
            if searched > LONGEST_LIST:
                self.fail(f"{name} goes on for more than {LONGEST_LIST >> 20} MB without a ']'")
            if not self._more():
                self.fail(f"the text ends in the middle of {name}")
        text = self._text[self._at : end]
        self._at = end + 1
        return bytearray(b"[") + text + b"]"


def _parse(scanner: _Scanner) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    splits = {}
    scanner.take("[", "to open the file's list")
    for number, mode in enumerate(MODES):
        if number and scanner.peek() == "]":
            scanner.fail(f"holds {number} split(s), expected three: {', '.join(MODES)}")
        if number:
            scanner.take(",", f"before the {mode} split")
        scanner.take("[", f"to open the {mode} split")
        images = _read_images(scanner, mode)
        scanner.take(",", f"between the images and the labels of {mode}")
        labels = _read_labels(scanner, mode)
        scanner.take("]", f"to close the {mode} split")
        if len(images) != len(labels):
            scanner.fail(
                f"{mode} has {len(images)} images and {len(labels)} labels, expected equally many"
            )
        splits[mode] = images, labels
    if scanner.peek() == ",":
        scanner.fail(f"holds more than three splits, expected {', '.join(MODES)}")
    scanner.take("]", "to close the file's list")
    if found := scanner.peek():
        scanner.fail(f"has {found!a} after the last bracket, expected the end of the file")
    return splits


def _read_images(scanner: _Scanner, mode: str) -> np.ndarray:
    """Read a list of flat lists of 784 numbers; return [N, 1, 28, 28] uint8."""
    scanner.take("[", f"to open the images of {mode}")
    if scanner.peek() == "]":
        scanner.fail(f"{mode} has no images, expected at least one")
    buffer = bytearray(BLOCK * _ROW.size)
    blocks: list[np.ndarray] = []
    whole: bool | None = None
    for index in itertools.count():
        if index == MOST_IMAGES:
            scanner.fail(f"{mode} has more than {MOST_IMAGES:,} images")
        text = scanner.flat_list(f"{mode} image {index}")
        row = _load_numbers(text)
        if row is None or len(row) != PIXELS:
            scanner.fail(_image_fault(text, f"{mode} image {index}"))
        place = index % BLOCK
        _ROW.pack_into(buffer, place * _ROW.size, *row)
        last = scanner.take(",]", f"after {mode} image {index}") == "]"
        if last or place == BLOCK - 1:
            values = np.frombuffer(buffer).reshape(BLOCK, PIXELS)[: place + 1]
            if whole is None:
                whole = bool((values > 1).any())
            if fault := value_fault(values, whole, mode, index - place):
                scanner.fail(fault)
            blocks.append(to_bytes(values, whole))
        if last:
            break
    return np.concatenate(blocks).reshape(-1, 1, IMAGE_ROWS, IMAGE_COLUMNS)


def _read_labels(scanner: _Scanner, mode: str) -> np.ndarray:
    """Read a flat list of whole numbers 0..9; return [N] uint8."""
    text = scanner.flat_list(f"the labels of {mode}")
    labels = _load_json(text)
    if labels is None:
        scanner.fail(f"the labels of {mode} are not a flat JSON list of whole numbers")
    for index, label in enumerate(labels):
        if type(label) is not int or not 0 <= label <= 9:
            scanner.fail(
                f"{mode} label {index} is {_show(label)}, expected a whole number from 0 to 9"
            )
    return np.array(labels, np.uint8)


def _load_numbers(text: bytearray) -> list[float] | None:
    """Return the numbers of a JSON list, None if anything in it is something else."""
    # What is JSON and no number holds one of these: true null, false null, strings, objects.
    if b"u" in text or b"l" in text or b'"' in text or b"{" in text:
        return None
    try:
        numbers: list[float] = orjson.loads(text)
    except ValueError:
        return None
    return numbers


def _load_json(text: bytearray) -> list[object] | None:
    """Return a JSON list that may hold anything, NaN and Infinity too; None if it is not JSON."""
    try:
        values: list[object] = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return values


def _show(value: object) -> str:
    """Return a JSON value much as the file spells it, in at most 40 plain characters."""
    return printable("an object" if isinstance(value, dict) else json.dumps(value), 40)


def _image_fault(text: bytearray, name: str) -> str:
    """Return what is wrong with an image that is not a list of 784 numbers."""
    values = _load_json(text)
    if values is None:
        return f"{name} is not a flat JSON list of {PIXELS} numbers"
    for place, value in enumerate(values):
        if type(value) not in (int, float) or (type(value) is float and not math.isfinite(value)):
            return f"{name} has {_show(value)} at place {place}, expected a number from 0 to 1"
    if len(values) == PIXELS:
        return f"{name} has a number that is too long or too large, expected numbers from 0 to 1"
    return f"{name} has {len(values)} values, expected {PIXELS} ({IMAGE_ROWS} x {IMAGE_COLUMNS})"
