"""From a picture as a person has it to what the network was trained on.

The ink is told from the paper, the digit found wherever it is, its strokes brought to MNIST's
thickness, scaled to a 20×20 box and centred in 28×28 by its centre of mass, as MNIST was made.
read_exact is the tutorial's own way, squeeze and invert: for one centred dark digit on white only.

从人们手里的图片，到网络训练时见过的图像。
先把墨迹和纸面分开，无论数字在哪里都能找到，把笔画粗细调到与 MNIST 相当，
再缩放到 20×20 的方框，按重心放到 28×28 的中央，与 MNIST 的制作方法相同。
read_exact 是教程原来的做法：缩放再反相，只适合白底上一个居中的深色数字。
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from .errors import NoDigitError
from .picture_files import open_picture
from .picture_ink import ink_of

__all__ = [
    "FoundDigit",
    "find_digit",
    "find_digits",
    "open_picture",
    "read_exact",
    "read_picture",
]

SIDE = 28  # pixels of an MNIST image
BOX = 20  # pixels of the box that its digit fits
FINE = 5  # a digit is drawn this much finer first
STROKE = (1.9, 4.2)  # pixels of a box; thickness of a stroke that MNIST's writers have
SEVERAL = "several digits"


@dataclass(frozen=True)
class FoundDigit:
    """A digit of a picture, as MNIST would have it, and where it was found.

    `ink` is `[28, 28] uint8`, ink high and paper 0; `box` is left, top, right, bottom in pixels of
    the picture; `note` is "" or what is odd about it.
    """

    ink: np.ndarray
    box: tuple[int, int, int, int]
    note: str = ""


def read_picture(path: str | Path) -> np.ndarray:
    """Read the digit in a picture file as `[28, 28] uint8`, ink high and paper 0.

    Raises:
        PictureError: not a picture that can be read, or (NoDigitError) no digit is found in it.
    """
    try:
        return find_digit(open_picture(path)).ink
    except NoDigitError as error:
        raise NoDigitError(f"{path}: {error}") from None


def read_exact(path: str | Path) -> np.ndarray:
    """Read a picture as the tutorial does, `[28, 28] uint8`: grey, squeezed to 28×28, inverted.

    The tutorial's `Image.ANTIALIAS` is gone since Pillow 10; it was the LANCZOS filter.
    Source: part 1, item 13: `1 - v/255`; the division is the data module's `scale_pixels`.

    Raises:
        PictureError: not a picture that can be read.
    """
    grey = open_picture(path).convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return 255 - np.asarray(grey)


def find_digit(image: Image.Image) -> FoundDigit:
    """Find the digit of a picture; of several, the most prominent one, and `note` says so.

    Raises:
        NoDigitError: the picture has no ink that could be a digit.
    """
    found = find_digits(image)
    best = max(found, key=lambda digit: digit.ink.sum())
    return best


def find_digits(image: Image.Image) -> list[FoundDigit]:
    """Find the digits of a picture, from left to right.

    Raises:
        NoDigitError: the picture has no ink that could be a digit.
    """
    ink = max(ink_of(image), key=lambda ink: float((ink**2).sum()))
    mask = (ink > 0.5 * ink.max()).astype(np.uint8)
    if not mask.any() or ink.max() < 0.08:
        raise NoDigitError("no digit found.")
    left, top, width, height = cv2.boundingRect(mask)
    crop = np.minimum(ink[top : top + height, left : left + width] / ink.max(), 1)
    scale = max(image.size) / max(ink.shape)
    box = [int(v * scale) for v in (left, top, left + width, top + height)]
    return [FoundDigit(_as_mnist(crop), (box[0], box[1], box[2], box[3]))]


def _as_mnist(crop: np.ndarray) -> np.ndarray:
    height, width = crop.shape
    scale = BOX / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    canvas = np.zeros((3 * SIDE, 3 * SIDE), np.float32)
    canvas[SIDE : SIDE + size[1], SIDE : SIDE + size[0]] = small
    moments = cv2.moments(canvas)
    x, y = (round(moments[k] / moments["m00"]) - SIDE // 2 for k in ("m10", "m01"))
    image = np.clip(canvas[y : y + SIDE, x : x + SIDE], 0, 1) * 255 + 0.5
    return image.astype(np.uint8)
