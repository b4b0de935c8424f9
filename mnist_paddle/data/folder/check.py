"""Stage 1, data: is what I am about to train on what I think it is?

Counts by digit and split, what the pictures are, the range of their values; and what is often
wrong: one picture in train and in eval, blank ones, paper taken for ink, digits that are rare.
Every sample is looked at once; of each only a few bytes are kept, and some to be drawn.

阶段 1，数据：我要用来训练的，真的是我以为的那些数据吗？
按数字和数据集计数，图片的种类，数值的范围，以及常见的问题：
同一张图片既在 train 又在 eval 里、空白图片、把纸当成墨迹、某些数字太少。
每个样本只看一遍，只保留几个字节，另外留一些用来画图。

Source: tutorial part 0, items 0.10 and 0.11; it looks at the shape of the first batch only.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DataError
from ...files import printable
from ..formats.mnist_json import load_data
from ..pixels import SIZE
from ..split import MODES, Split
from .findings import (
    cache_key,
    describe,
    read_every_sample,
    what_is_left_out,
    write_findings,
)
from .open import list_folder, make_splits
from .sample_file import Sample, has_light_border

SHEET_COLUMNS = 16  # images of each digit on the contact sheet
BLANK = 32  # an image whose values differ by less shows nothing
IMBALANCE = 3  # times as many of one digit as of another
EXAMPLES = 3  # names in a sentence
MOST_KINDS = 1000  # sizes and modes counted apart
BLOCK = 256  # images taken from a data file at once


@dataclass
class Report:
    """What a check has found. `counts` is `[3, 10]`: samples by split and digit."""

    path: str
    name: str = ""
    digest: str = ""
    counts: np.ndarray = field(default_factory=lambda: np.zeros((len(MODES), 10), np.int64))
    kinds: dict[str, int] = field(default_factory=dict)  # "28 x 28 L": how many
    lowest: int = 255
    highest: int = 0
    mean: float = 0.0
    blank: int = 0
    light: int = 0
    duplicates_within: int = 0
    duplicates_between: int = 0
    duplicates_with_other_label: int = 0
    unreadable: dict[str, str] = field(default_factory=dict)  # name: reason
    notes: list[str] = field(default_factory=list)  # sentences, each about something odd
    fault: str = ""  # why these data cannot be trained on
    sheet: list[np.ndarray] = field(default_factory=list)  # for each digit, [k, 28, 28] uint8

    def table(self) -> str:
        """Return the counts as text, a row for each split."""
        rows = [[mode, *row.tolist()] for mode, row in zip(MODES, self.counts, strict=True)]
        rows.append(["all", *self.counts.sum(axis=0).tolist()])
        lines = [f"{'digit':<6}" + "".join(f"{digit:>8}" for digit in range(10)) + f"{'all':>10}"]
        for mode, *counts in rows:
            cells = "".join(f"{count:>8,}" for count in counts)
            lines.append(f"{mode:<6}{cells}{sum(counts):>10,}")
        return "\n".join(lines)

    def facts(self) -> dict[str, Any]:
        """Return everything but the images, as JSON has it."""
        facts = {key: value for key, value in vars(self).items() if key not in ("counts", "sheet")}
        counts = {mode: row.tolist() for mode, row in zip(MODES, self.counts, strict=True)}
        return {**facts, "counts": counts, "usable": not self.fault}


def check(path: str | os.PathLike[str], *, split_seed: int = 0) -> Report:
    """Look at every sample of a folder or a data file, and say what is in it and what is odd.

    Raises:
        DataError: it is neither, or a data file that load_data refuses. A folder that can be
            listed but not trained on is reported, with its `fault`.
        OSError: it cannot be read.
    """
    if os.path.isdir(path):
        return _check_folder(path, split_seed)
    return _check_splits(path, {mode: load_data(mode, Path(path)) for mode in MODES})


def _check_folder(path: str | os.PathLike[str], split_seed: int) -> Report:
    listing, modes = list_folder(path, split_seed)
    watch = _Watch(path, listing.digits, modes, listing.images.name)
    findings = read_every_sample(listing, modes, watch.see)
    write_findings(listing, cache_key(listing, split_seed), findings)
    report = watch.report
    report.notes += [*listing.notes, *describe(listing, findings)]
    if left_out := what_is_left_out(listing, findings):
        report.notes.append(left_out)
    try:
        report.name = make_splits(listing, modes, findings)["train"].name
    except DataError as error:
        report.fault = str(error)
    report.digest = findings.digest
    return watch.finish()


def _check_splits(path: str | os.PathLike[str], splits: dict[str, Split]) -> Report:
    sizes = [len(splits[mode]) for mode in MODES]
    starts = np.cumsum([0, *sizes])
    digits = np.concatenate([splits[mode].labels[:, 0] for mode in MODES]).astype(np.uint8)
    modes = np.repeat(np.arange(len(MODES), dtype=np.uint8), sizes)

    def name(index: int) -> str:
        return f"{MODES[modes[index]]} image {index - starts[modes[index]]}"

    watch = _Watch(path, digits, modes, name)
    for first, split in zip(starts.tolist(), splits.values(), strict=False):
        for start in range(0, len(split), BLOCK):
            block = split.images[np.arange(start, min(start + BLOCK, len(split)))]
            for index, image in enumerate(block[:, 0], first + start):
                watch.see(index, Sample(image, SIZE[1], SIZE[0], "data file", False, False))
    train = splits["train"]
    watch.report.name, watch.report.digest = train.name, train.digest
    if len(present := np.unique(train.labels)) == 1:
        watch.report.fault = (
            f"{os.fspath(path)}: all samples of train are of the digit {present[0]}."
        )
    return watch.finish()


class _Watch:
    """See every sample once; keep 9 bytes of each, and a few images of each digit."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        digits: np.ndarray,
        modes: np.ndarray,
        name: Callable[[int], str],
    ) -> None:
        self.report = Report(printable(os.fspath(path)))
        self.digits, self.modes, self.name = digits, modes, name
        self.hashes = np.zeros(len(digits), np.uint64)
        self.comparable = np.zeros(len(digits), bool)  # read, and not blank
        self.kinds: Counter[str] = Counter()
        self.total = self.seen = 0
        self.examples: dict[str, list[str]] = {"blank": [], "light": []}
        self.shown: dict[int, np.ndarray | None] = {}
        for digit in range(10):
            members = np.flatnonzero(digits == digit)
            count = min(SHEET_COLUMNS, len(members))
            chosen = np.random.default_rng(digit).choice(members, count, replace=False)
            self.shown.update(dict.fromkeys(np.sort(chosen).tolist()))

    def see(self, index: int, sample: Sample | str) -> None:
        """Take one sample, or the reason why it cannot be read."""
        report = self.report
        if isinstance(sample, str):
            report.unreadable[printable(self.name(index))] = printable(sample)
            return
        image = sample.image
        report.counts[self.modes[index], self.digits[index]] += 1
        kind = f"{sample.width} x {sample.height} {sample.mode}"
        known = kind in self.kinds or len(self.kinds) < MOST_KINDS
        self.kinds[kind if known else "others"] += 1
        lowest, highest = int(image.min()), int(image.max())
        report.lowest, report.highest = min(report.lowest, lowest), max(report.highest, highest)
        self.total += int(image.sum())
        self.seen += 1
        if highest - lowest < BLANK:
            report.blank += 1
            self._remember("blank", index)
        else:
            digest = hashlib.blake2b(np.ascontiguousarray(image).data, digest_size=8).digest()
            self.hashes[index] = int.from_bytes(digest, "little")
            self.comparable[index] = True
            if has_light_border(image):
                report.light += 1
                self._remember("light", index)
        if index in self.shown:
            self.shown[index] = image.copy()

    def _remember(self, what: str, index: int) -> None:
        if len(self.examples[what]) < EXAMPLES:
            self.examples[what].append(printable(self.name(index)))

    def finish(self) -> Report:
        """Return the report, with what only all samples together show."""
        report = self.report
        report.kinds = dict(self.kinds.most_common())
        report.mean = self.total / max(1, self.seen * SIZE[0] * SIZE[1])
        if not self.seen:
            report.lowest = 0
        for digit in range(10):
            images = [
                image
                for index, image in sorted(self.shown.items())
                if image is not None and self.digits[index] == digit
            ]
            report.sheet.append(np.array(images, np.uint8).reshape(-1, *SIZE))
        if report.blank:
            report.notes.append(f"{report.blank:,} blank, such as {self._some('blank')}.")
        if report.light:
            report.notes.append(
                f"{report.light:,} with a light border, such as {self._some('light')}: are paper "
                "and ink exchanged? Ink must be high (255), paper 0."
            )
        self._find_duplicates()
        self._weigh_digits()
        return report

    def _some(self, what: str) -> str:
        return ", ".join(self.examples[what])

    def _find_duplicates(self) -> None:
        """Count images with the same pixels: 64 bits of a hash are never equal by chance."""
        report = self.report
        places = np.flatnonzero(self.comparable)
        places = places[np.argsort(self.hashes[places], kind="stable")]
        hashes = self.hashes[places]
        first = np.flatnonzero(np.r_[True, hashes[1:] != hashes[:-1]]) if len(hashes) else places
        lengths = np.diff(np.r_[first, len(hashes)])
        examples: dict[str, list[str]] = {"within": [], "between": [], "label": []}
        for start, length in zip(first[lengths > 1].tolist(), lengths[lengths > 1], strict=True):
            twins = places[start : start + length]
            modes, digits = np.unique(self.modes[twins]), np.unique(self.digits[twins])
            report.duplicates_within += int(length) - len(modes)
            report.duplicates_between += len(modes) - 1
            report.duplicates_with_other_label += len(digits) > 1
            names = " = ".join(printable(self.name(int(index))) for index in twins[:2])
            for what, holds in (
                ("within", length > len(modes)),
                ("between", len(modes) > 1),
                ("label", len(digits) > 1),
            ):
                if holds and len(examples[what]) < EXAMPLES:
                    examples[what].append(names)
        for what, count, sentence in (
            ("within", report.duplicates_within, "more copies of an image in the same split"),
            ("between", report.duplicates_between, "images are in more than one split"),
            (
                "label",
                report.duplicates_with_other_label,
                "images have two labels in different places",
            ),
        ):
            if count:
                report.notes.append(f"{count:,} {sentence}: {', '.join(examples[what])}.")

    def _weigh_digits(self) -> None:
        train = self.report.counts[0]
        if absent := [str(digit) for digit in range(10) if not train[digit]]:
            self.report.notes.append(f"train has nothing of the digit(s) {', '.join(absent)}.")
        most, least = int(train.argmax()), int(np.where(train, train, train.max()).argmin())
        if train[most] > IMBALANCE * train[least]:
            self.report.notes.append(
                f"train has {train[most]:,} of the digit {most} and {train[least]:,} of {least}: "
                "a network will prefer what it sees more often."
            )
