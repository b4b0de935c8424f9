"""Stage 1, data: how is one array used that is larger than the memory?

images.npy stays on the disk; the system maps it into the address space and reads pages on demand.
Indexing copies the batch and gives the touched pages back at once, so memory does not grow with N.

第一阶段，数据：一个比内存还大的数组怎样使用？
images.npy 留在磁盘上，由系统映射到地址空间，用到哪一页才读哪一页。
取下标时复制出这一批，马上归还用过的页，所以内存不随 N 增长。
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from ...errors import DataError
from ..formats.npy import map_npy
from ..pixels import SIZE
from .images import Sample

BLOCK = 256  # images copied at once when all are read in turn
AT_ONCE = 8  # images copied before their pages go: the system may map 2 MB around each


class MappedImages:
    """Stand for images `[N, 1, 28, 28] uint8` that lie in one .npy file `[N, 28, 28]` or the like.

    `images[indices]` copies those `[B, 1, 28, 28]`, `images[i]` one `[1, 28, 28]`, `images[a::s]`
    is a MappedImages again. `chosen` says which of the file's images, and in which order.

    Raises:
        DataError: the file is not such an array, or its length is not what its header promises.
    """

    def __init__(self, path: str | os.PathLike[str], chosen: np.ndarray | None = None) -> None:
        self.path = os.fspath(path)
        self._open()
        self.chosen = np.arange(len(self._values)) if chosen is None else chosen

    def _open(self) -> None:
        values, self._mapping = map_npy(self.path)
        fits = values.ndim in (3, 4) and values.shape[1:] in (SIZE, (1, *SIZE))
        if not fits or values.dtype != np.uint8:
            raise DataError(
                f"{self.path} is {list(values.shape)} {values.dtype}, "
                f"expected [N, {SIZE[0]}, {SIZE[1]}] or [N, 1, {SIZE[0]}, {SIZE[1]}] uint8."
            )
        self._values = values[:, None] if values.ndim == 3 else values
        self._advise("MADV_RANDOM")  # or the system would read many neighbours with each image

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, index: int | np.integer | slice | np.ndarray) -> Any:
        if isinstance(index, slice):
            return self.take(self.chosen[index])
        if isinstance(index, (int, np.integer)):
            return self[np.array([index])][0]
        places = self.chosen[index]
        images = np.empty((len(places), 1, *SIZE), np.uint8)
        for start in range(0, len(places), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            images[part] = self._values[places[part]]
            self._advise("MADV_DONTNEED")  # pages stay in the system's cache, not in this process
        return images

    def take(self, chosen: np.ndarray) -> MappedImages:
        """Return those of the file's images, in this order."""
        return MappedImages(self.path, chosen)

    def name(self, index: int | np.integer) -> str:
        """Return what to call an image."""
        return f"image {self.chosen[index]}"

    def key(self, index: int | np.integer) -> int:
        """Return what images are sorted by: their place in the file."""
        return int(self.chosen[index])

    def samples(self) -> Iterator[Sample | str]:
        """Yield every image in turn; none of them can be unreadable."""
        self._advise("MADV_SEQUENTIAL")
        for start in range(0, len(self), BLOCK):
            for image in self[np.arange(start, min(start + BLOCK, len(self)))]:
                yield Sample(image[0], SIZE[1], SIZE[0], "array", False, False)
        self._advise("MADV_RANDOM")

    def _advise(self, advice: str) -> None:
        if hasattr(mmap, advice):  # not on Windows
            self._mapping.madvise(getattr(mmap, advice))

    def __getstate__(self) -> dict[str, object]:  # a worker process maps the file itself
        return {"path": self.path, "chosen": self.chosen}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        self._open()
