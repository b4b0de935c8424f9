"""Stage 1, data: how are images used that do not fit into memory?

They stay on the disk and are indexed as an array is: only what is asked for is read.
ImageFiles stands for one file per sample; it keeps their names.
MappedImages stands for one .npy file; pages that were touched are given back at once.

阶段 1，数据：内存里放不下的图像怎样使用？
它们留在磁盘上，像数组一样按下标取用：要哪些才读哪些。
ImageFiles 代表一个样本一个文件，只保存文件名。
MappedImages 代表一个 .npy 文件，用过的页立刻归还。
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...errors import DataError
from ...files import printable
from ..formats.npy import map_npy
from ..pixels import SIZE
from .sample_file import Sample, read_image, read_sample

BLOCK = 256  # images copied at once when all are read in turn
AT_ONCE = 8  # images copied before their pages go: the system may map 2 MB around each


class ImageFiles:
    """Stand for images `[N, 1, 28, 28] uint8` that lie in files, one for each sample.

    `files[indices]` reads those `[B, 1, 28, 28]`, `files[i]` one `[1, 28, 28]`, `files[a::s]` is an
    ImageFiles again, and nothing is read. `names` are relative to `folder`; `chosen` says which of
    them, and in which order.

    Raises, when a file is read:
        DataError: the file is missing, damaged or no sample; the sentence names it.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        names: Sequence[str],
        chosen: np.ndarray | None = None,
    ) -> None:
        self.folder = os.fspath(folder)
        self.names = names
        self.chosen = np.arange(len(names)) if chosen is None else chosen

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, index: int | np.integer | slice | np.ndarray) -> Any:
        if isinstance(index, slice):
            return self.take(self.chosen[index])
        if isinstance(index, (int, np.integer)):
            return read_image(self.path(index))[None]
        places = self.chosen[index].tolist()
        images = np.empty((len(places), 1, *SIZE), np.uint8)
        for row, place in enumerate(places):
            images[row, 0] = read_image(os.path.join(self.folder, self.names[place]))
        return images

    def take(self, chosen: np.ndarray) -> ImageFiles:
        """Return those of `names` as an ImageFiles."""
        return ImageFiles(self.folder, self.names, chosen)

    def name(self, index: int | np.integer) -> str:
        """Return the file's name, relative to the folder."""
        return self.names[int(self.chosen[index])]

    def key(self, index: int | np.integer) -> bytes:
        """Return what samples are sorted by: the name as bytes, as a file system compares them."""
        return os.fsencode(self.name(index))

    def path(self, index: int | np.integer) -> str:
        """Return the file's whole path."""
        return os.path.join(self.folder, self.name(index))

    def samples(self) -> Iterator[Sample | str]:
        """Yield every sample in turn, or the reason why it cannot be read."""
        for index in range(len(self)):
            path = self.path(index)
            try:
                yield read_sample(path)
            except DataError as error:
                yield str(error).removeprefix(printable(path)).lstrip(": ").rstrip(".")


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
        values = map_npy(self.path)
        fits = values.ndim in (3, 4) and values.shape[1:] in (SIZE, (1, *SIZE))
        if not fits or values.dtype != np.uint8:
            raise DataError(
                f"{printable(self.path)} is {list(values.shape)} {values.dtype}, "
                f"expected [N, {SIZE[0]}, {SIZE[1]}] or [N, 1, {SIZE[0]}, {SIZE[1]}] uint8."
            )
        self._mapping = values.base
        array = np.asarray(values)
        self._values = array[:, None] if array.ndim == 3 else array
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
        if isinstance(self._mapping, mmap.mmap) and hasattr(self._mapping, "madvise"):  # no Windows
            self._mapping.madvise(getattr(mmap, advice))

    def __getstate__(self) -> dict[str, object]:  # a worker process maps the file itself
        return {"path": self.path, "chosen": self.chosen}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        self._open()
