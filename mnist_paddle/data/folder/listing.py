"""Stage 1, data: which samples does a folder hold, and which digit is each?

Three layouts: labels.csv with the names; images.npy and labels.npy; or the folders 0/ to 9/.
Only names are listed here, no picture is opened; what is odd about the folder is said in notes.
Names that begin with a dot are hidden and not ours.

第一阶段，数据：一个文件夹里有哪些样本，每个是哪个数字？
三种布局：labels.csv 列出文件名；images.npy 加 labels.npy；或者 0/ 到 9/ 十个文件夹。
这里只列出名字，不打开任何图片；文件夹里不寻常的地方记在 notes 里。
以点开头的是隐藏文件，不算在内。
"""

from __future__ import annotations

import hashlib
import os
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ...errors import DataError
from ...files import printable
from ..formats.idx import IDX_FILES, find_idx_file
from ..formats.labels_csv import LABELS, Row, read_labels
from ..formats.npy import map_npy
from .images import ImageFiles, Names
from .mapped import MappedImages
from .scan import FACTS, NO_FACTS, Walk, facts_of, is_hidden

ARRAYS = ("images.npy", "labels.npy")
DIGITS = tuple("0123456789")


@dataclass(eq=False)
class Listing:
    """The samples of a folder, not yet read."""

    folder: Path
    images: ImageFiles | MappedImages  # all of them
    digits: np.ndarray  # [N] uint8
    modes: np.ndarray | None  # [N] uint8, index into MODES; None if the folder does not say
    key: str  # changes with any name, label, size or time
    notes: list[str] = field(default_factory=list)  # sentences
    unlabelled: str = ""  # a sentence about pictures that labels.csv does not name


def list_samples(folder: str | os.PathLike[str]) -> Listing:
    """List the samples of a folder, whichever of the three layouts it has.

    Raises:
        DataError: it is no such folder; the sentence says what was found instead.
        OSError: it cannot be read.
    """
    folder = Path(folder)
    shown = printable(str(folder))
    if not folder.is_dir():
        raise DataError(f"{shown}: no such folder.")
    entries = sorted(name for name in os.listdir(folder) if not is_hidden(name))
    has_csv = LABELS in entries
    has_arrays = set(ARRAYS) <= set(entries)
    digit_folders = [name for name in DIGITS if (folder / name).is_dir()]
    if has_csv:
        listing = _list_csv(folder)
    elif has_arrays:
        listing = _list_arrays(folder)
    elif digit_folders:
        listing = _list_digit_folders(folder, entries)
    else:
        raise DataError(_nothing_found(folder, entries))
    if has_arrays and (has_csv or digit_folders):
        other = ARRAYS[0] if has_csv else "the folders of digits"
        listing.notes.append(f"{shown}: {LABELS if has_csv else ARRAYS[0]} is read, not {other}.")
    if not len(listing.digits):
        raise DataError(" ".join([f"{shown}: no samples are in it.", *listing.notes]))
    return listing


def _nothing_found(folder: Path, entries: list[str]) -> str:
    shown = printable(str(folder))
    wanted = f"the folders 0 to 9, or {LABELS} and its files, or {' and '.join(ARRAYS)}"
    if not entries:
        return f"{shown} is empty; expected {wanted}."
    if all(find_idx_file(folder, name) for name in IDX_FILES):
        return f"{shown} holds MNIST's own files; give it to scripts/prepare_data.py --from."
    found = _some([f"{name}/" if (folder / name).is_dir() else name for name in entries])
    return f"{shown} holds {found}; expected {wanted}."


def _list_digit_folders(folder: Path, entries: list[str]) -> Listing:
    """List 0/ to 9/, whatever folders are inside them, each by name."""
    shown = printable(str(folder))
    folders = [name for name in entries if (folder / name).is_dir()]
    if others := [f"{name}/" for name in folders if name not in DIGITS]:
        raise DataError(
            f"{shown} holds {_some(others)} beside the folders of digits, expected 0 to 9 alone; "
            "rename or move them."
        )
    walk = Walk(folder)
    digits = array("B")
    key = hashlib.sha256(b"folders")

    def names() -> Iterator[bytes]:
        for digit in range(10):
            if str(digit) not in folders:
                continue
            # A name and its facts are one row of bytes: a million of them take little memory.
            # No name contains the 0 between the two, so that rows are in the order of names.
            for row in sorted(
                os.fsencode(name) + b"\0" + facts for name, facts in walk(str(digit))
            ):
                key.update(row)
                digits.append(digit)
                yield row[: -FACTS.size - 1]

    images = ImageFiles(folder, Names(names()))
    counts = np.bincount(digits, minlength=10)
    notes = walk.notes()
    if missing := [str(digit) for digit in range(10) if not counts[digit]]:
        notes.append(f"{shown}: no samples of the digit(s) {', '.join(missing)}.")
    return Listing(folder, images, np.frombuffer(digits, np.uint8), None, key.hexdigest(), notes)


def _list_csv(folder: Path) -> Listing:
    """List what labels.csv names, in its order; every file must be there."""
    shown = printable(str(folder))
    digits, modes, keys = array("B"), array("B"), array("q")
    key = hashlib.sha256(b"csv")
    missing: list[str] = []
    absent = 0

    def names() -> Iterator[str]:
        nonlocal absent
        for row in read_labels(folder / LABELS):
            name, facts = _find(folder, row)
            if facts is None:
                absent += 1
                facts = NO_FACTS
                if len(missing) < 3:
                    missing.append(_missing(row))
            key.update(os.fsencode(name) + b"\0" + bytes([row.digit, row.mode or 0]) + facts)
            digits.append(row.digit)
            keys.append(hash(name))
            if row.mode is not None:
                modes.append(row.mode)
            yield name

    images = ImageFiles(folder, Names(names()))
    if absent:
        more = f" and {absent - len(missing):,} more" if absent > len(missing) else ""
        raise DataError(
            f"{shown}: files that {LABELS} names are missing: {'; '.join(missing)}{more}."
        )
    hashes = np.sort(np.frombuffer(keys, np.int64))
    _refuse_twins(images, np.frombuffer(keys, np.int64), hashes, shown)
    walk = Walk(folder)
    unlabelled = 0
    examples: list[str] = []
    for name, _ in walk(""):
        place = int(np.searchsorted(hashes, hash(name)))
        if place == len(hashes) or hashes[place] != hash(name):
            unlabelled += 1
            if len(examples) < 3:
                examples.append(name)
    sentence = ""
    if unlabelled:
        sentence = (
            f"{shown}: {unlabelled:,} picture(s) that {LABELS} does not name are left out, "
            f"such as {_some(examples)}."
        )
    chosen = np.frombuffer(modes, np.uint8) if modes else None
    return Listing(
        folder,
        images,
        np.frombuffer(digits, np.uint8),
        chosen,
        key.hexdigest(),
        walk.notes(),
        sentence,
    )


def _find(folder: Path, row: Row) -> tuple[str, bytes | None]:
    """Return the name as it is on the disk and the file's facts, None if there is no such file.

    Windows writes 3\\a.png; but on other systems the stroke may be part of a name.
    """
    for name in dict.fromkeys([row.name, row.name.replace("\\", "/")]):
        try:
            facts = os.stat(os.path.join(folder, name))
        except FileNotFoundError:
            continue
        except OSError:  # a loop, or forbidden: reading it will say so
            return name, NO_FACTS
        return name, facts_of(facts)
    return row.name, None


def _missing(row: Row) -> str:
    encoding = ""
    if any("\udc80" <= character <= "\udcff" for character in row.name):
        encoding = " (not UTF-8; if a spreadsheet wrote the list, save it as CSV UTF-8)"
    return f"{printable(row.name)} in line {row.line}{encoding}"


def _refuse_twins(images: ImageFiles, keys: np.ndarray, hashes: np.ndarray, shown: str) -> None:
    """Refuse a name that is listed twice: it would be in two splits, or have two labels."""
    for value in hashes[:-1][hashes[1:] == hashes[:-1]]:
        names = Counter(images.name(index) for index in np.flatnonzero(keys == value))
        name, count = names.most_common(1)[0]
        if count > 1:
            raise DataError(f"{shown}: {LABELS} names {printable(name)} {count} times.")


def _list_arrays(folder: Path) -> Listing:
    shown = printable(str(folder))
    images = MappedImages(folder / ARRAYS[0])
    labels, _ = map_npy(folder / ARRAYS[1])
    count = len(images)
    if labels.dtype.kind not in "iu" or labels.shape not in {(count,), (count, 1)}:
        raise DataError(
            f"{shown}: {ARRAYS[1]} is {list(labels.shape)} {labels.dtype}, expected "
            f"[{count}] whole numbers, one for each image."
        )
    labels = labels.reshape(-1)
    wrong = np.flatnonzero((labels < 0) | (labels > 9))
    if len(wrong):
        raise DataError(
            f"{shown}: {ARRAYS[1]} has {labels[wrong[0]]} at place {wrong[0]}, "
            "expected a digit, 0 to 9."
        )
    key = hashlib.sha256(b"arrays")
    for name in ARRAYS:
        key.update(facts_of(os.stat(folder / name)))
    return Listing(folder, images, labels.astype(np.uint8), None, key.hexdigest())


def _some(names: list[str]) -> str:
    """Return the first few names, for a sentence."""
    more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    return ", ".join(printable(name) for name in names[:5]) + more
