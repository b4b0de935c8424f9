"""Stage 1, data: which samples does a folder hold, and which digit is each?

Three layouts: labels.csv with the names; images.npy and labels.npy; or the folders 0/ to 9/.
Only names are listed here, no picture is opened; what is odd about the folder is said in notes.
Names that begin with a dot are hidden and not ours.

阶段 1，数据：一个文件夹里有哪些样本，每个是哪个数字？
三种布局：labels.csv 列出文件名；images.npy 加 labels.npy；或者 0/ 到 9/ 十个文件夹。
这里只列出名字，不打开任何图片；文件夹里不寻常的地方记在 notes 里。
以点开头的是隐藏文件，不算在内。
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ...errors import DataError
from ...files import printable
from ..formats.idx import IDX_FILES, find_idx_file
from ..formats.labels_csv import LABELS, Row, read_labels
from ..formats.npy import map_npy
from .images import ImageFiles, MappedImages
from .scan import NO_FACTS, Walk, facts_of, is_hidden

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
    names: list[str] = []
    counts = [0] * 10
    key = hashlib.sha256(b"folders")
    for digit in DIGITS:
        found = dict(walk(digit)) if digit in folders else {}
        for name in sorted(found, key=os.fsencode):
            key.update(_row(name, found[name]))
            names.append(name)
        counts[int(digit)] = len(found)
    notes = walk.notes()
    if missing := [digit for digit in DIGITS if not counts[int(digit)]]:
        notes.append(f"{shown}: no samples of the digit(s) {', '.join(missing)}.")
    digits = np.repeat(np.arange(10, dtype=np.uint8), counts)
    return Listing(folder, ImageFiles(folder, names), digits, None, key.hexdigest(), notes)


def _list_csv(folder: Path) -> Listing:
    """List what labels.csv names, in its order; every file must be there."""
    shown = printable(str(folder))
    names: list[str] = []
    digits, modes = bytearray(), bytearray()
    key = hashlib.sha256(b"csv")
    missing: list[str] = []
    for row in read_labels(folder / LABELS):
        name, facts = _find(folder, row)
        if facts is None:
            missing.append(_missing(row))
            continue
        key.update(_row(name, f"{facts} {row.digit} {row.mode}"))
        names.append(name)
        digits.append(row.digit)
        if row.mode is not None:
            modes.append(row.mode)
    if missing:
        more = f" and {len(missing) - 3:,} more" if len(missing) > 3 else ""
        raise DataError(
            f"{shown}: files that {LABELS} names are missing: {'; '.join(missing[:3])}{more}."
        )
    listed = set(names)
    if len(listed) < len(names):  # it would be in two splits, or have two labels
        name, count = Counter(names).most_common(1)[0]
        raise DataError(f"{shown}: {LABELS} names {printable(name)} {count} times.")
    walk = Walk(folder)
    unlabelled = [name for name, _ in walk("") if name not in listed]
    sentence = ""
    if unlabelled:
        sentence = (
            f"{shown}: {len(unlabelled):,} picture(s) that {LABELS} does not name are left out, "
            f"such as {_some(unlabelled[:3])}."
        )
    return Listing(
        folder,
        ImageFiles(folder, names),
        np.frombuffer(digits, np.uint8),
        np.frombuffer(modes, np.uint8) if modes else None,
        key.hexdigest(),
        walk.notes(),
        sentence,
    )


def _row(name: str, facts: str) -> bytes:
    """Return what the key of a folder takes of one sample; no name holds a 0."""
    return os.fsencode(name) + b"\0" + facts.encode() + b"\0"


def _find(folder: Path, row: Row) -> tuple[str, str | None]:
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


def _list_arrays(folder: Path) -> Listing:
    shown = printable(str(folder))
    images = MappedImages(folder / ARRAYS[0])
    labels = np.asarray(map_npy(folder / ARRAYS[1]))
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
        key.update(_row(name, facts_of(os.stat(folder / name))))
    return Listing(folder, images, labels.astype(np.uint8), None, key.hexdigest())


def _some(names: list[str]) -> str:
    """Return the first few names, for a sentence."""
    more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    return ", ".join(printable(name) for name in names[:5]) + more
