"""Stage 1, data: how does Paddle's own DataLoader read one file per sample?

From a Dataset of sample IDs, the names of the files; worker processes read while a device computes.
`partition` says which IDs are for training and which for validation, `labels` the digit of each.
Lists that do not fit are refused when the Dataset is made, not by a worker an hour later.

阶段 1，数据：一个样本一个文件时，飞桨自己的 DataLoader 怎样读取？
通过按样本 ID（文件名）组织的 Dataset：多个工作进程读取文件，同时设备在计算。
`partition` 列出哪些 ID 用于训练、哪些用于验证，`labels` 给出每个 ID 的数字。
列表里的错误在创建 Dataset 时就会报告，而不是一小时后由某个工作进程报告。

Source: tutorial part 3, items 3.1 to 3.4.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import paddle.io

from ...errors import DataError
from ...files import printable
from ..augment import Augmentation
from ..pixels import scale_pixels
from .images import ImageFiles
from .open import open_folder

PARTITION = {"train": "train", "validation": "valid", "eval": "eval"}  # the tutorial's word: ours


class Samples(paddle.io.Dataset):  # type: ignore[type-arg]  # in Paddle 2.6 it takes none
    """Give one sample at a time of any images and labels: image `[1, 28, 28] float32`, label `[1]`.

    `images` is an array `[N, 1, 28, 28] uint8` or what is indexed like one, `labels` `[N]` or
    `[N, 1]`. `transform(image, rng)` changes an image `[28, 28] uint8`; its random numbers are
    `default_rng([seed, epoch, index])`, so they do not depend on worker or batch. Set `epoch`
    before each pass; workers that are kept for the next one (persistent_workers) do not hear it.

    Raises:
        DataError: not as many images as labels, or, when it is read, a file that cannot be.
    """

    def __init__(
        self,
        images: Any,
        labels: np.ndarray,
        transform: Augmentation | None = None,
        *,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if len(images) != len(labels):
            raise DataError(
                f"there are {len(images):,} images and {len(labels):,} labels, "
                "expected equally many."
            )
        self.images, self.labels = images, np.asarray(labels, np.int64).reshape(-1, 1)
        self.transform, self.seed, self.epoch = transform, seed, 0

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        image = self.images[int(index)]
        if self.transform is not None:
            rng = np.random.default_rng([self.seed, self.epoch, int(index)])
            image = self.transform(image[0], rng)[None]
        return scale_pixels(image), self.labels[int(index)]

    def batch(self, indices: Iterable[int]) -> tuple[np.ndarray, np.ndarray]:
        """Return images `[B, 1, 28, 28] float32` and labels `[B, 1] int64` of those samples.

        `read_workers(lambda number: dataset.batch(order[number]), ...)` of readers.py reads with
        worker processes as paddle.io.DataLoader does, and raises what a file is refused for.
        DataLoader alone would say that a queue was killed, or without workers wait for ever.
        """
        images, labels = zip(*(self[index] for index in indices), strict=True)
        return np.stack(images), np.stack(labels)


class Dataset(Samples):
    """Give the samples of a list of IDs, each read from its own file when it is asked for.

    Raises:
        DataError: an ID without a label, a label that is no digit, or an ID without a file.

    Source: tutorial part 3, item 3.2; there it is `Dataset(list_IDs, labels)`, in a fixed folder.
    """

    def __init__(
        self,
        list_IDs: Sequence[str],
        labels: Mapping[str, int],
        folder: str | os.PathLike[str],
        transform: Augmentation | None = None,
        *,
        seed: int = 0,
    ) -> None:
        self.list_IDs = list_IDs
        digits = np.empty(len(list_IDs), np.int64)
        for index, ID in enumerate(list_IDs):
            digit = labels.get(ID)
            if digit is None:
                raise DataError(f"the ID {printable(ID)} has no label.")
            if digit not in range(10):
                raise DataError(f"the ID {printable(ID)} has the label {digit!r}, expected 0 to 9.")
            if not os.path.isfile(path := os.path.join(folder, ID)):
                raise DataError(f"the ID {printable(ID)} has no file: {printable(path)}.")
            digits[index] = digit
        super().__init__(ImageFiles(folder, list(list_IDs)), digits, transform, seed=seed)


def read_partition(
    folder: str | os.PathLike[str], *, split_seed: int = 0, strict: bool = False
) -> tuple[dict[str, list[str]], dict[str, int]]:
    """Return the tutorial's two dictionaries for a folder of samples: `partition` and `labels`.

    `partition["train"]`, `["validation"]` and `["eval"]` list IDs, `labels[ID]` is the digit.
    Splits, order and what is left out are those of open_folder.

    Raises:
        DataError: as open_folder, or a folder of arrays, which has no file for each sample.

    Source: tutorial part 3, item 3.1.
    """
    splits = open_folder(folder, split_seed=split_seed, strict=strict)
    partition: dict[str, list[str]] = {}
    labels: dict[str, int] = {}
    for word, mode in PARTITION.items():
        images = splits[mode].images
        if not isinstance(images, ImageFiles):
            raise DataError(
                f"{printable(os.fspath(folder))}: holds arrays, expected one file for each sample."
            )
        partition[word] = [images.name(index) for index in range(len(images))]
        labels.update(zip(partition[word], splits[mode].labels[:, 0].tolist(), strict=True))
    return partition, labels
