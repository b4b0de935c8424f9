"""Stage 1, data: how does a folder of anybody's own pictures become train, valid and eval?

The folder says which sample is which digit: 0/ to 9/, or labels.csv, or images.npy and labels.npy.
Every file is read once at the start, so that no bad one ends a training hours later.
Who does not say which split a sample is in gets a rule with a seed: the same for each digit.

第一阶段，数据：任何人自己的图片文件夹，怎样变成 train、valid 和 eval？
文件夹说明哪个样本是哪个数字：0/ 到 9/，或 labels.csv，或 images.npy 加 labels.npy。
开始时每个文件都读一遍，这样就不会因为一个坏文件而在几小时后中断训练。
没有指定样本属于哪个数据集时，按带种子的规则划分，每个数字都一样。
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import os
from collections.abc import Callable
from typing import Any

import numpy as np
from tqdm import tqdm

from ...errors import DataError
from ...files import printable
from ..formats.mnist_json import MNIST_DIGEST
from ..pixels import SIZE
from ..split import MODES, Split
from .findings import Findings, cache_key, read_findings, write_findings
from .images import Sample
from .listing import Listing, list_samples

logger = logging.getLogger("mnist_paddle")

TRAIN, VALID, EVAL = range(3)  # as in MODES
SHARE = 15  # percent of each digit for valid, and as much for eval
FEWEST = 3  # samples of a digit, of which one goes to each split
LARGE = 250_000  # pixels of a picture, on average: decoding them takes longer than training
See = Callable[[int, Sample | str], None]


def open_folder(
    path: str | os.PathLike[str], *, split_seed: int = 0, strict: bool = False
) -> dict[str, Split]:
    """Return train, valid and eval of a folder of samples; the images stay in their files.

    Three layouts, the first that is there counts: `labels.csv` with the columns file, label and
    perhaps split; `images.npy` and `labels.npy`; folders `0/` to `9/`, with folders in them or not.
    Within a split, samples are in the order of labels.csv or of the array, or else by digit and
    name. Where there is no column split, choose_modes decides.

    The first time every sample is read once. Those that cannot be read are named in a warning and
    left out, but with `strict` they are an error.

    Raises:
        DataError: no such folder, nothing in it, nothing to learn from it, or, with `strict`,
            something in it that cannot be used.
        OSError: it cannot be listed.
    """
    listing, modes = list_folder(path, split_seed)
    key = cache_key(listing, split_seed)
    findings = read_findings(listing, key)
    if findings is None:
        findings = read_every_sample(listing, modes)
        write_findings(listing, key, findings)
    _report(listing, findings, strict)
    return make_splits(listing, modes, findings)


def load_folder(
    path: str | os.PathLike[str], *, split_seed: int = 0, strict: bool = False
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return the same as arrays in memory: images [N, 28, 28] uint8 and labels [N] of each split.

    Each sample is read once, so that large pictures are decoded once. Raises as open_folder does.
    """
    listing, modes = list_folder(path, split_seed)
    images = np.zeros((len(modes), *SIZE), np.uint8)

    def keep(index: int, sample: Sample | str) -> None:
        if isinstance(sample, Sample):
            images[index] = sample.image

    findings = read_every_sample(listing, modes, keep)
    _report(listing, findings, strict)
    splits = make_splits(listing, modes, findings)
    return {
        mode: (images[split.images.chosen], split.labels[:, 0]) for mode, split in splits.items()
    }


def _report(listing: Listing, findings: Findings, strict: bool) -> None:
    """Warn of what is odd, and of what is left out; with `strict` the latter is an error."""
    for sentence in [*listing.notes, *describe(listing, findings)]:
        logger.warning("%s", sentence)
    if left_out := what_is_left_out(listing, findings):
        if strict:
            raise DataError(f"--strict: {left_out}")
        logger.warning("%s", left_out)


def list_folder(path: str | os.PathLike[str], split_seed: int) -> tuple[Listing, np.ndarray]:
    """Return the folder's samples and, as `[N] uint8` index into MODES, the split of each."""
    if split_seed < 0:
        raise DataError(f"the seed of the split is {split_seed}, expected 0 or more.")
    listing = list_samples(path)
    if listing.modes is not None:
        return listing, listing.modes
    modes = choose_modes(listing.digits, split_seed, listing.images.key)
    few = [digit for digit in range(10) if 0 < np.count_nonzero(listing.digits == digit) < FEWEST]
    if few:
        digits = ", ".join(map(str, few))
        listing.notes.append(
            f"{printable(str(path))}: fewer than {FEWEST} samples of the digit(s) {digits}: "
            "all of them are in train, none is in valid or eval."
        )
    return listing, modes


def choose_modes(
    digits: np.ndarray, split_seed: int = 0, name: Callable[[int], Any] | None = None
) -> np.ndarray:
    """Return the split of each sample, `[N] uint8` index into MODES, for its digits `[N]`.

    Of each digit 15 % go to valid and 15 % to eval, at least one to each if there are three; the
    rest go to train. Its samples, sorted by `name(index)`, are permuted by
    `default_rng([split_seed, digit])`; the first are valid, the next eval. So another digit's
    samples change nothing, and the same names and seed are always split in the same way.
    """
    modes = np.full(len(digits), TRAIN, np.uint8)
    for digit in range(10):
        members = np.flatnonzero(digits == digit)
        if len(members) < FEWEST:
            continue
        if name is not None:
            members = np.array(sorted(members.tolist(), key=name))
        share = max(1, (SHARE * len(members) + 50) // 100)  # rounded
        members = np.random.default_rng([split_seed, digit]).permutation(members)
        modes[members[:share]] = VALID
        modes[members[share : 2 * share]] = EVAL
    return modes


def read_every_sample(listing: Listing, modes: np.ndarray, see: See | None = None) -> Findings:
    """Read every sample once, in the order of the splits; show each to `see` where it is given."""
    findings, digest = Findings(), hashlib.sha256()
    with tqdm(total=len(modes), desc="reading all once", unit=" samples", disable=None) as bar:
        for mode in range(len(MODES)):
            chosen = np.flatnonzero(modes == mode)
            good = np.ones(len(chosen), bool)
            samples = listing.images.take(chosen).samples()
            for place, sample in enumerate(samples):
                index = int(chosen[place])
                bar.update()
                if see is not None:
                    see(index, sample)
                if isinstance(sample, str):
                    findings.unreadable[index] = sample
                    good[place] = False
                    continue
                digest.update(np.ascontiguousarray(sample.image).data)
                if sample.mode not in ("npy", "array"):
                    findings.pictures += 1
                    findings.converted += sample.converted
                    findings.inverted += sample.inverted
                    findings.pixels += sample.width * sample.height
            digest.update(listing.digits[chosen[good]].data)
    findings.digest = digest.hexdigest()
    return findings


def describe(listing: Listing, findings: Findings) -> list[str]:
    """Say in sentences how the pictures were made into 28x28 grey."""
    shown, lines = printable(str(listing.folder)), []
    if findings.converted:
        lines.append(
            f"{shown}: {findings.converted:,} of {findings.pictures:,} pictures are not 28x28 "
            "and grey; they are converted as those that are predicted."
        )
    if findings.inverted:
        lines.append(
            f"{shown}: {findings.inverted:,} of {findings.pictures:,} pictures are 28x28 with a "
            "light ground; they are inverted, so that ink is high."
        )
    if findings.pictures and findings.pixels > LARGE * findings.pictures:
        lines.append(
            f"{shown}: its pictures have {findings.pixels // findings.pictures:,} pixels on "
            "average, which makes every epoch slow; "
            f"scripts/prepare_data.py --from {shown} --out work/mine.json.gz converts them once."
        )
    return lines


def what_is_left_out(listing: Listing, findings: Findings) -> str:
    """Say which samples cannot be used, the first of them by name; "" if all can."""
    sentences = []
    if findings.unreadable:
        first = [
            f"{printable(listing.images.name(index))} ({printable(reason)})"
            for index, reason in itertools.islice(findings.unreadable.items(), 3)
        ]
        sentences.append(
            f"{printable(str(listing.folder))}: {len(findings.unreadable):,} of "
            f"{len(listing.digits):,} samples cannot be read: {'; '.join(first)}"
            + (" and others" if len(findings.unreadable) > len(first) else "")
            + ". scripts/check_data.py lists them all."
        )
    if listing.unlabelled:
        sentences.append(listing.unlabelled)
    return " ".join(sentences)


def make_splits(listing: Listing, modes: np.ndarray, findings: Findings) -> dict[str, Split]:
    """Return the three splits, without the samples that cannot be read.

    Raises:
        DataError: a split is empty, or train has one digit only.
    """
    shown = printable(str(listing.folder))
    name = f"{printable(listing.folder.resolve().name)} (not MNIST)"
    if findings.digest == MNIST_DIGEST:
        name = "MNIST"
    good = np.ones(len(modes), bool)
    good[list(findings.unreadable)] = False
    if not good.any():
        raise DataError(f"nothing is left of {what_is_left_out(listing, findings)}")
    if len(present := np.unique(listing.digits[good & (modes == TRAIN)])) == 1:
        raise DataError(
            f"{shown}: all samples of train are of the digit {present[0]}; "
            "there is nothing to learn from one digit."
        )
    splits = {}
    for number, mode in enumerate(MODES):
        chosen = np.flatnonzero((modes == number) & good)
        if not len(chosen):
            raise DataError(
                f"{shown}: no samples are in {mode}; expected some in each of {', '.join(MODES)}"
                + ("." if listing.modes is not None else f", {FEWEST} of a digit at least.")
            )
        labels = listing.digits[chosen].astype(np.int64).reshape(-1, 1)
        splits[mode] = Split(mode, listing.images.take(chosen), labels, name, findings.digest)
    return splits
