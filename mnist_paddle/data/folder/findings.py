"""Stage 1, data: is every sample of a folder readable, and why is that asked only once?

Every sample is read once at the first start, so that no bad one ends a training hours later.
What is found is kept, hidden, in the folder: no pixels, but which samples cannot be read, and the
digest of the others. It counts only while every name, size and time is the same.

阶段 1，数据：文件夹里的样本是否都能读取，为什么只检查一次？
第一次启动时每个样本都读一遍，这样就不会因为一个坏文件而在几小时后中断训练。
结果保存在文件夹里的一个隐藏文件中：没有像素，只有哪些样本读不了，以及其余样本的摘要。
只有所有名字、大小和时间都没变时才有效。
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import PIL
from tqdm import tqdm

from ...files import printable
from ..formats.cache import is_digest, read_cache, write_cache
from ..split import MODES
from .listing import Listing
from .sample_file import Sample

CACHE = ".mnist_paddle.cache.npz"
READING = 1  # to be raised whenever the same file is read as other pixels than before
LONGEST_REASON = 200  # characters
LARGE = 250_000  # pixels of a picture, on average: decoding them takes longer than training
COUNTS = ("pictures", "converted", "inverted", "pixels")
See = Callable[[int, Sample | str], None]


@dataclass
class Findings:
    """What reading every sample of a folder once has found."""

    digest: str = ""  # of all three splits, as content_digest
    unreadable: dict[int, str] = field(default_factory=dict)  # index in the listing: reason
    pictures: int = 0  # that are read; the others are .npy or arrays
    converted: int = 0  # of them, which were of another size or in colours
    inverted: int = 0  # of those of 28x28, which had a light ground
    pixels: int = 0  # of all pictures, as they were


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
                    findings.unreadable[index] = printable(sample, LONGEST_REASON)
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


def cache_key(listing: Listing, split_seed: int) -> str:
    """Return what the findings depend on: the files, the split, and how files are read."""
    words = (listing.key, str(split_seed), str(READING), PIL.__version__)
    return hashlib.sha256(" ".join(words).encode()).hexdigest()


def write_findings(listing: Listing, key: str, findings: Findings) -> None:
    """Keep the findings in the folder; if they cannot be kept, only warn."""
    indices, reasons = findings.unreadable.keys(), findings.unreadable.values()
    arrays: dict[str, np.ndarray] = {
        "unreadable": np.fromiter(indices, np.int64, len(indices)),
        "reasons": np.frombuffer("".join(f"{reason}\n" for reason in reasons).encode(), np.uint8),
    }
    counts = {name: getattr(findings, name) for name in COUNTS}
    facts = {"key": key, "digest": findings.digest, **counts}
    write_cache(listing.folder / CACHE, arrays, facts)


def read_findings(listing: Listing, key: str) -> Findings | None:
    """Return the findings that are kept in the folder, None if there are none for this key."""
    cached = read_cache(listing.folder / CACHE, ("unreadable", "reasons"))
    if cached is None:
        return None
    facts, (indices, text) = cached
    if facts.keys() != {"key", "digest", *COUNTS} or facts.pop("key") != key:
        return None
    digest = facts.pop("digest")
    if not is_digest(digest) or any(type(n) is not int or n < 0 for n in facts.values()):
        return None
    if indices.dtype != np.int64 or indices.ndim != 1 or text.dtype != np.uint8:
        return None
    if len(indices) and not 0 <= indices.min() <= indices.max() < len(listing.digits):
        return None
    if text.size > 4 * (LONGEST_REASON + 1) * len(indices):  # of UTF-8, 4 bytes for a character
        return None
    reasons = text.tobytes().decode(errors="replace").splitlines()
    if len(reasons) != len(indices):
        return None
    unreadable = dict(zip(indices.tolist(), map(printable, reasons), strict=True))
    return Findings(digest, unreadable, **facts)


def describe(listing: Listing, findings: Findings) -> list[str]:
    """Return sentences about how the pictures were made into 28x28 grey."""
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
    """Return which samples cannot be used, the first of them by name; "" if all can."""
    sentences = []
    if findings.unreadable:
        first = [
            f"{printable(listing.images.name(index))} ({reason})"
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
