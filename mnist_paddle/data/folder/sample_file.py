"""Stage 1, data: how does anybody's file become one image of 28x28?

A sample is a .npy file [28, 28] uint8, taken as it is, or a picture.
A grey picture of 28x28 is taken pixel for pixel; its ground becomes 0 where it is light.
Any other picture is converted as for prediction, by pictures/digit.py.

阶段 1，数据：任何人的一个文件，怎样变成一幅 28x28 的图像？
样本可以是 .npy 文件（[28, 28] uint8，原样使用），也可以是图片。
28x28 的灰度图片逐像素使用；底色浅的会反相，使底色为 0。
其他图片的转换方法与预测时相同，由 pictures/digit.py 完成。

Source: tutorial part 3 (one file per sample, loaded when it is asked for) and part 2, item 5.
"""

from __future__ import annotations

import io
import warnings
from typing import NamedTuple

import numpy as np
from PIL import Image

from ...errors import DataError, NoDigitError, PictureError
from ...files import printable, read_bounded
from ...pictures.decode import LARGEST_FILE, open_picture
from ...pictures.digit import find_digit
from ..formats.npy import read_npy
from ..pixels import IMAGE_COLUMNS, IMAGE_ROWS, SIZE

# Formats in which 28x28 pixels come back exactly, or nearly so (JPEG), and the most bytes that
# such a small picture has. All others are left to pictures/, which knows what can be wrong.
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


def read_image(path: str) -> np.ndarray:
    """Read one sample as `[28, 28] uint8`, ink high and ground 0.

    Raises:
        DataError: the file is missing, damaged or no sample.
    """
    if path.endswith((".npy", ".NPY")):
        return _read_array(path)
    content = read_bounded(path, LARGEST_FILE, DataError)
    exact = _read_exact(content)
    return exact.image if exact else _convert(content, path)


def read_sample(path: str) -> Sample:
    """Read one sample, and what it was in its file. Raises as read_image does."""
    if path.endswith((".npy", ".NPY")):
        return Sample(_read_array(path), IMAGE_COLUMNS, IMAGE_ROWS, "npy", False, False)
    content = read_bounded(path, LARGEST_FILE, DataError)
    if exact := _read_exact(content):
        return exact
    image = _convert(content, path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(io.BytesIO(content)) as picture:  # harmless, as it was converted
                return Sample(image, picture.width, picture.height, picture.mode, True, False)
        except _DAMAGE:  # it was read, and only its size is not known
            return Sample(image, 0, 0, "of unknown size", True, False)


def has_light_border(image: np.ndarray) -> bool:
    """Return whether most of the outermost pixels of `[28, 28] uint8` are light: paper, not ink."""
    border = image.reshape(-1)[BORDER]
    return 2 * int(np.count_nonzero(border >= LIGHT)) >= len(border)


def _read_array(path: str) -> np.ndarray:
    array = read_npy(path)
    if array.shape not in (SIZE, (1, *SIZE)) or array.dtype != np.uint8:
        raise DataError(
            f"{printable(path)} is {list(array.shape)} {array.dtype}, expected [28, 28] uint8."
        )
    return array.reshape(SIZE)


def _read_exact(content: bytes) -> Sample | None:
    """Read a grey picture of exactly 28x28 pixel for pixel; None if it is any other picture."""
    if len(content) > LARGEST_EXACT:
        return None
    try:
        with (
            warnings.catch_warnings(),
            Image.open(io.BytesIO(content), formats=EXACT_FORMATS) as picture,
        ):
            warnings.simplefilter("ignore")
            return _take_as_it_is(picture) if picture.size == SIZE[::-1] else None
    except _DAMAGE:  # pictures/ finds what is wrong with it
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


def _convert(content: bytes, path: str) -> np.ndarray:
    name = printable(path)
    try:
        return find_digit(open_picture(content, name)).ink
    except NoDigitError as error:
        raise DataError(f"{name}: {error}") from None
    except PictureError as error:
        raise DataError(str(error)) from None
