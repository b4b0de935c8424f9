"""Stage 1, data: what is one split, wherever its images lie?

Images and labels that belong together; images need only be indexable, as an array is, so that
they may lie in memory, in a memory-mapped file or in one file per sample.
Calling a split starts a pass over its batches, as the tutorial's generator function did.

阶段 1，数据：不管图片存放在哪里，一个数据集是什么？
互相对应的图片和标签；图片只要能像数组一样按下标取出，
就可以在内存里、在内存映射文件里，或者一个样本一个文件。
调用数据集就开始新的一轮，与教程的生成器函数一样。
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import DataError
from .augment import Augmentation, augment
from .generators import reshuffled_order
from .pixels import scale_pixels

MODES = ("train", "valid", "eval")


def _count() -> Iterator[int]:
    """Return an iterator over 0, 1, 2, …; unlike itertools.count it can be pickled."""
    return iter(range(sys.maxsize))


@dataclass(frozen=True, eq=False)
class Split:
    """Hold one split; calling it starts a pass over its batches.

    `name` says which data these are, `digest` identifies the pixels and labels of all three
    splits, however they were written or compressed.
    """

    mode: str
    images: Any  # [N, 1, 28, 28] uint8: an array, or files that are read when they are indexed
    labels: np.ndarray  # [N, 1] int64
    name: str
    digest: str
    _passes: Iterator[int] = field(default_factory=_count, init=False, repr=False)

    def __len__(self) -> int:
        return len(self.images)

    def order(self, *, seed: int = 0, epoch: int = 0) -> np.ndarray:
        """Return the indices [N] in the order in which an epoch takes them."""
        if seed < 0 or epoch < 0:
            raise DataError(f"seed is {seed} and epoch is {epoch}, expected 0 or more for both.")
        if self.mode != "train":
            return np.arange(len(self))
        return reshuffled_order(len(self), len(self), seed, epoch)

    def batch(
        self,
        chosen: np.ndarray,
        label_dtype: str = "int64",
        augmentation: Augmentation | None = None,
        *,
        seed: int = 0,
        epoch: int = 0,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return images [B, 1, 28, 28] float32 in 0..1 and labels [B, 1] for indices [B].

        Seed and epoch say how each image is changed, where there is an augmentation.
        """
        images = self.images[chosen]
        if augmentation is not None:
            images = augment(images, chosen, augmentation, seed, epoch)
        return scale_pixels(images), self.labels[chosen].astype(label_dtype)

    def batches(
        self, batch_size: int = 100, *, seed: int = 0, epoch: int = 0, label_dtype: str = "int64"
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield images [B, 1, 28, 28] float32 in 0..1 and labels [B, 1] of `label_dtype`.

        Source: tutorial part 0, items 0.7 to 0.9.
        """
        if batch_size < 1:
            raise DataError(f"batch_size is {batch_size}, expected 1 or more.")
        order = self.order(seed=seed, epoch=epoch)
        starts = range(0, len(order), batch_size)
        return (self.batch(order[start : start + batch_size], label_dtype) for start in starts)

    def part(self, rank: int, ranks: int) -> Split:
        """Return the images rank, rank + ranks, … as a split: each rank evaluates its own."""
        images, labels = self.images[rank::ranks], self.labels[rank::ranks]
        return Split(self.mode, images, labels, self.name, self.digest)

    def joined(self, other: Split) -> Split:
        """Return this split's images and the other's as one split.

        Raises:
            DataError: the images do not lie in memory, as those of a data file do.
        """
        if not isinstance(self.images, np.ndarray):
            raise DataError(
                "only the images of a data file can be joined: make one of the folder with "
                "scripts/prepare_data.py."
            )
        images = np.concatenate([self.images, other.images])
        labels = np.concatenate([self.labels, other.labels])
        return Split(self.mode, images, labels, self.name, self.digest)

    def __call__(
        self, batch_size: int = 100, *, seed: int = 0, label_dtype: str = "int64"
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Start the next pass: the first call is epoch 0, the second epoch 1, and so on."""
        epoch = next(self._passes)
        return self.batches(batch_size, seed=seed, epoch=epoch, label_dtype=label_dtype)
