"""Stage 1, data: how does a folder of anybody's own pictures become train, valid and eval?

The folder says which sample is which digit: 0/ to 9/, or labels.csv, or images.npy and labels.npy.
If it does not say which split a sample is in, a rule with a seed does: the same for each digit.
Samples that cannot be read are named and left out.

阶段 1，数据：任何人自己的图片文件夹，怎样变成 train、valid 和 eval？
文件夹说明哪个样本是哪个数字：0/ 到 9/，或 labels.csv，或 images.npy 加 labels.npy。
没有指定样本属于哪个数据集时，按带种子的规则划分，每个数字都一样。
读不了的样本会列出名字，然后略去。
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import DataError
from ...files import printable
from ..formats.mnist_json import MNIST_DIGEST
from ..pixels import SIZE
from ..split import MODES, Split
from .findings import (
    Findings,
    cache_key,
    describe,
    read_every_sample,
    read_findings,
    what_is_left_out,
    write_findings,
)
from .listing import Listing, list_samples
from .sample_file import Sample

logger = logging.getLogger("mnist_paddle")

TRAIN, VALID, EVAL = range(3)  # as in MODES
SHARE = 15  # percent of each digit for valid, and as much for eval
FEWEST = 3  # samples of a digit, of which one goes to each split


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
