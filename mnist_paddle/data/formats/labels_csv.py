"""Stage 1, data: how is labels.csv read, whoever wrote it?

A header names the columns: file and label, perhaps split; common other names are understood.
Comma, semicolon or tabulator, with or without Excel's mark at the start.
Names are taken as the bytes that they are, so that they fit the folder's, in any encoding.

阶段 1，数据：不管由谁写的 labels.csv，怎样读取？
表头给出列名：file 和 label，也可以有 split；常见的其他名称也认识。
分隔符可以是逗号、分号或制表符，开头有没有 Excel 的标记都行。
文件名按原来的字节读取，所以不管用什么编码，都能与文件夹里的名字对上。
"""

from __future__ import annotations

import csv
import os
import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ...errors import DataError
from ...files import open_regular, printable
from ..split import MODES
from .gzip_stream import check_size

LABELS = "labels.csv"
COLUMNS = {
    "file": (
        *("file", "filename", "file_name", "file name", "path", "filepath", "file_path", "name"),
        *("image", "image_path", "image_name", "picture", "id", "文件", "文件名", "图片", "图像"),
    ),
    "label": ("label", "labels", "digit", "class", "target", "y", "标签", "数字", "类别"),
    "split": ("split", "mode", "set", "subset", "partition", "数据集", "划分"),
}
SPLITS = {
    "train": ("train", "training", "训练", "训练集"),
    "valid": ("valid", "validation", "val", "dev", "验证", "验证集"),
    "eval": ("eval", "evaluation", "test", "testing", "测试", "测试集"),
}
_DIGITS = {form: digit for digit in range(10) for form in (str(digit), f"{digit}.0")}
_MODES = {word: MODES.index(mode) for mode, words in SPLITS.items() for word in words}


class Row(NamedTuple):
    """One line of labels.csv."""

    line: int
    name: str  # with surrogates for bytes that are not UTF-8; normal, inside the folder
    digit: int
    mode: int | None  # index into MODES


def read_labels(path: Path) -> Iterator[Row]:
    """Yield the lines of labels.csv, checked one by one.

    Raises:
        DataError: no header that is understood, or a line that is not what it should be.
        OSError: it cannot be read.
    """
    open_regular(path, DataError).close()  # a pipe would be waited for
    check_size(path)
    # utf-8-sig drops the mark of Excel; surrogateescape keeps bytes that are not UTF-8
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        header = file.readline()
        delimiter, columns = _understand(header, path)
        rows = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            for fields in rows:
                if any(field.strip() for field in fields):
                    yield _read_row(fields, columns, rows.line_num + 1, path)
        except csv.Error as error:
            raise DataError(f"{printable(str(path))} line {rows.line_num + 1}: {error}.") from None


def _understand(header: str, path: Path) -> tuple[str, dict[str, int]]:
    """Return the delimiter and which column is what."""
    if header.startswith(("\udcff\udcfe", "\udcfe\udcff")):
        raise DataError(f"{printable(str(path))} is UTF-16; save it as CSV UTF-8.")
    for delimiter in ",;\t":
        words = next(csv.reader([header], delimiter=delimiter), [])
        words = [word.strip().lower() for word in words]
        columns: dict[str, int] = {}
        for meaning, names in COLUMNS.items():
            places = [place for place, word in enumerate(words) if word in names]
            # the first of our names goes first: `file` before `id`
            places.sort(key=lambda place: names.index(words[place]))
            if places:
                columns[meaning] = places[0]
        if {"file", "label"} <= set(columns):
            return delimiter, columns
    raise DataError(
        f"{printable(str(path))} begins with {printable(header.strip()[:80])!r}, "
        "expected a header that names the columns: file,label or file,label,split."
    )


def _read_row(fields: list[str], columns: dict[str, int], line: int, path: Path) -> Row:
    where = f"{printable(str(path))} line {line}"
    if len(fields) <= max(columns.values()):
        raise DataError(
            f"{where} has {len(fields)} column(s), "
            f"expected {max(columns.values()) + 1} or more, as the header says."
        )
    name, label = fields[columns["file"]].strip(), fields[columns["label"]].strip()
    digit = _DIGITS.get(label)
    if digit is None:
        raise DataError(f"{where}: the label is {printable(label)!r}, expected a digit, 0 to 9.")
    mode = None
    if "split" in columns:
        word = fields[columns["split"]].strip()
        mode = _MODES.get(word.lower())
        if mode is None:
            raise DataError(
                f"{where}: the split is {printable(word)!r}, "
                f"expected {', '.join(MODES)} for every file, or no such column."
            )
    normal = posixpath.normpath(name) if name else ""
    if not normal or "\0" in normal or os.path.isabs(normal) or normal.split("/")[0] in (".", ".."):
        raise DataError(
            f"{where}: the file is {printable(name)!r}, expected the name of a file "
            f"inside {printable(str(path.parent))}."
        )
    return Row(line, normal, digit, mode)
