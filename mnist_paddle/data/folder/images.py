"""Stage 1, data: how does one file per sample become images, without holding them all?

A sample is a .npy file [28, 28] uint8, taken as it is, or a picture.
A grey picture of 28x28 is taken pixel for pixel; its ground becomes 0 where it is light.
Any other picture goes the way of prediction, through picture.py.
ImageFiles keeps names only; indexing it reads the files, so memory does not grow with their number.

第一阶段，数据：一个样本一个文件，怎样变成图像，又不必把它们全部放进内存？
样本可以是 .npy 文件（[28, 28] uint8，原样使用），也可以是图片。
28x28 的灰度图片逐像素使用；底色浅的会反相，使底色为 0。
其他图片与预测走同一条路，由 picture.py 处理。
ImageFiles 只保存文件名，取下标时才读文件，所以内存不随文件数增长。

Source: tutorial part 3 (one file per sample, loaded when it is asked for) and part 2, item 5.
"""

from __future__ import annotations

import io
import os
import warnings
from array import array
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from ...errors import DataError, PictureError
from ...files import open_regular
from ..formats.npy import LONGEST_HEADER, parse_header
from ..pixels import IMAGE_COLUMNS, IMAGE_ROWS, PIXELS, SIZE

# Formats in which 28x28 pixels come back exactly, or nearly so (JPEG), and the most bytes that
# such a small picture has. Everything else is left to picture.py, which knows what can be wrong.
EXACT_FORMATS = ("PNG", "BMP", "GIF", "PPM", "JPEG")
LARGEST_EXACT = 1 << 16
ORIENTATION = 0x0112  # the EXIF tag of a picture that is to be turned
BORDER = np.flatnonzero(np.pad(np.zeros((IMAGE_ROWS - 2, IMAGE_COLUMNS - 2)), 1, constant_values=1))
LIGHT = 128  # a border at least as light is paper, not the ground of ink-high data

_DAMAGE = (
    *(OSError, ValueError, TypeError, LookupError, AttributeError, SyntaxError, EOFError),
    *(ArithmeticError, RuntimeError, MemoryError, AssertionError, Image.DecompressionBombError),
)


class Sample(NamedTuple):
    """One sample as the network gets it, and what it was in its file."""

    image: np.ndarray  # [28, 28] uint8, ink high
    width: int
    height: int
    mode: str  # Pillow's name for the kind of pixels, "npy" for an array
    converted: bool  # a picture of another size, or in colours
    inverted: bool  # a light ground was made 0


class Names:
    """Keep many file names in little memory: their bytes in one row, and where each one ends."""

    def __init__(self, names: Iterable[str | bytes]) -> None:
        text, ends = bytearray(), array("q", [0])
        for name in names:
            text += os.fsencode(name)
            ends.append(len(text))
        self._text, self._ends = text, np.frombuffer(ends, np.int64)

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, index: int) -> str:
        return os.fsdecode(self.raw(index))

    @property
    def nbytes(self) -> int:
        """Return how many bytes the names take."""
        return len(self._text) + self._ends.nbytes

    def raw(self, index: int) -> bytes:
        """Return the name as the bytes that the file system has."""
        return bytes(self._text[self._ends[index] : self._ends[index + 1]])


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
        names: Names | Iterable[str | bytes],
        chosen: np.ndarray | None = None,
    ) -> None:
        self.folder = os.fspath(folder)
        self.names = names if isinstance(names, Names) else Names(names)
        self.chosen = np.arange(len(self.names)) if chosen is None else chosen

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
        return self.names.raw(int(self.chosen[index]))

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
                yield str(error).removeprefix(path).lstrip(": ").rstrip(".")


def read_image(path: str) -> np.ndarray:
    """Read one sample as `[28, 28] uint8`, ink high and ground 0.

    Raises:
        DataError: the file is missing, damaged or no sample.
    """
    if path.endswith((".npy", ".NPY")):
        return _read_npy(path)
    exact = _read_exact(path)
    return exact.image if exact else _read_any(path)


def read_sample(path: str) -> Sample:
    """Read one sample, and say what it was in its file. Raises as read_image does."""
    if path.endswith((".npy", ".NPY")):
        return Sample(_read_npy(path), IMAGE_COLUMNS, IMAGE_ROWS, "npy", False, False)
    if exact := _read_exact(path):
        return exact
    image = _read_any(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(path) as picture:  # read_picture found it harmless
                return Sample(image, picture.width, picture.height, picture.mode, True, False)
        except _DAMAGE:  # it was read, and only its size is not known
            return Sample(image, 0, 0, "of unknown size", True, False)


def has_light_border(image: np.ndarray) -> bool:
    """Say whether most of the outermost pixels of `[28, 28] uint8` are light: paper, not ink."""
    border = image.reshape(-1)[BORDER]
    return 2 * int(np.count_nonzero(border >= LIGHT)) >= len(border)


def _read_npy(path: str) -> np.ndarray:
    with open_regular(path, DataError) as file:
        content = file.read(LONGEST_HEADER + PIXELS + 1)
    try:
        header = parse_header(content[:LONGEST_HEADER])
    except DataError as error:
        raise DataError(f"{path} {error}.") from None
    if header.shape not in (SIZE, (1, *SIZE)) or header.dtype != np.uint8:
        raise DataError(f"{path} is {header}, expected [28, 28] uint8.")
    if len(content) != header.size + PIXELS:
        held = "fewer" if len(content) < header.size + PIXELS else "more"
        raise DataError(f"{path} holds {held} than the {PIXELS} values that its header promises.")
    image = np.frombuffer(content, np.uint8, PIXELS, header.size)
    return image.reshape(SIZE, order="F" if header.fortran else "C")


def _read_exact(path: str) -> Sample | None:
    """Read a grey picture of exactly 28x28 pixel for pixel; None if it is any other picture."""
    with open_regular(path, DataError) as file:
        content = file.read(LARGEST_EXACT + 1)
    if len(content) > LARGEST_EXACT:
        return None
    try:
        with (
            warnings.catch_warnings(),
            Image.open(io.BytesIO(content), formats=EXACT_FORMATS) as picture,
        ):
            warnings.simplefilter("ignore")
            return _take_as_it_is(picture) if picture.size == SIZE[::-1] else None
    except _DAMAGE:  # picture.py says what is wrong with it
        return None


def _take_as_it_is(picture: Image.Image) -> Sample | None:
    if getattr(picture, "is_animated", False):
        return None
    if "exif" in picture.info and picture.getexif().get(ORIENTATION, 1) != 1:
        return None
    if picture.mode == "L" and "transparency" not in picture.info:
        image = np.asarray(picture)
    elif picture.mode in ("1", "L", "P", "LA", "RGB", "RGBA"):
        red, green, blue, alpha = np.moveaxis(np.asarray(picture.convert("RGBA")), 2, 0)
        if (alpha < 255).any() or (red != green).any() or (red != blue).any():
            return None
        image = red
    else:  # 16 bits, CMYK, ...
        return None
    light = has_light_border(image)
    image = 255 - image if light else image
    return Sample(image, picture.width, picture.height, picture.mode, False, light)


def _read_any(path: str) -> np.ndarray:
    from ...pictures.digit import (
        read_picture,  # it takes OpenCV, which data files and arrays do not need
    )

    try:
        return read_picture(path)
    except PictureError as error:
        raise DataError(str(error)) from None
