"""Stage 1, data: why is a folder read through only at the first start?

What reading every sample once has found is kept in a hidden file inside the folder.
It holds no pixels, only which samples cannot be read, and the digest of the others.
It counts only while every name, size and time is the same. Deleting it is always safe.

第一阶段，数据：为什么只有第一次启动要把文件夹通读一遍？
通读一遍的结果保存在文件夹里的一个隐藏文件中。
里面没有像素，只有哪些样本读不了，以及其余样本的摘要。
只有所有名字、大小和时间都没变时才有效。删除它永远是安全的。
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import os
import re
from dataclasses import dataclass, field

import PIL

from ...errors import DataError
from ...files import atomic_write, open_regular
from .listing import Listing

logger = logging.getLogger("mnist_paddle")

CACHE = ".mnist_paddle.cache.json"
READING = 1  # to be raised whenever the same file is read as other pixels than before
LARGEST_CACHE = 256 << 20  # bytes

_DIGEST = re.compile("[0-9a-f]{64}")
_NO_CACHE = (
    *(OSError, DataError, ValueError, TypeError, LookupError, AttributeError),
    *(RecursionError, MemoryError),
)


@dataclass
class Findings:
    """What reading every sample of a folder once has found."""

    digest: str = ""  # of all three splits, as content_digest
    unreadable: dict[int, str] = field(default_factory=dict)  # index in the listing: reason
    pictures: int = 0  # that are read; the others are .npy or arrays
    converted: int = 0  # of them, which were of another size or in colours
    inverted: int = 0  # of those of 28x28, which had a light ground
    pixels: int = 0  # of all pictures, as they were


def cache_key(listing: Listing, split_seed: int) -> str:
    """Return what the findings depend on: the files, the split, and how files are read."""
    words = (listing.key, str(split_seed), str(READING), PIL.__version__)
    return hashlib.sha256(" ".join(words).encode()).hexdigest()


def write_findings(listing: Listing, key: str, findings: Findings) -> None:
    """Keep the findings in the folder; without a place to write only say so."""
    text = json.dumps({"key": key, **dataclasses.asdict(findings)})
    try:
        with atomic_write(listing.folder / CACHE) as temporary:
            temporary.write_text(f"{_sum(text)}\n{text}\n", encoding="ascii")
    except OSError as error:
        reason = error.strerror or error
        logger.warning("No cache in %s, every start reads it anew: %s.", listing.folder, reason)


def read_findings(listing: Listing, key: str) -> Findings | None:
    """Return the findings that are kept in the folder, None if there are none for this key."""
    try:
        with open_regular(listing.folder / CACHE, DataError) as file:
            if os.fstat(file.fileno()).st_size > LARGEST_CACHE:
                return None
            check, _, text = file.read().decode("ascii").partition("\n")
        text = text.removesuffix("\n")
        facts = json.loads(text) if check == _sum(text) else {}
        if facts.pop("key") != key or not _DIGEST.fullmatch(facts["digest"]):
            return None
        unreadable = {int(index): reason for index, reason in facts.pop("unreadable").items()}
        count = len(listing.digits)
        if not all(0 <= i < count and isinstance(r, str) for i, r in unreadable.items()):
            return None
        findings = Findings(**facts, unreadable=unreadable)
        counts = (findings.pictures, findings.converted, findings.inverted, findings.pixels)
        return findings if all(type(n) is int and n >= 0 for n in counts) else None
    except _NO_CACHE:
        return None


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
