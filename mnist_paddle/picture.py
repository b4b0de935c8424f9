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
from .picture_shapes import Shape, ink_level, shapes_of

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
LONG_SIDES = (224, 1000)  # pixels at which a picture is looked at; more, if need be
WELL_SEEN = 56  # pixels that a digit should have there
STROKE = (1.9, 4.2)  # pixels of a box; thickness of a stroke that MNIST's writers have
MOST_STROKES, MOST_HOLES = 4, 3  # of a digit, even one that is broken or written with a flourish
SEVERAL, UNLIKE = "several digits", "not like a digit"


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


def read_exact(source: str | Path | bytes, name: str | None = None) -> np.ndarray:
    """Read a picture as the tutorial does, `[28, 28] uint8`: grey, squeezed to 28×28, inverted.

    The tutorial's `Image.ANTIALIAS` is gone since Pillow 10; it was the LANCZOS filter.
    Source: part 1, item 13: `1 - v/255`; the division is the data module's `scale_pixels`.

    Raises:
        PictureError: not a picture that can be read.
    """
    grey = open_picture(source, name).convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return 255 - np.asarray(grey)


def find_digit(image: Image.Image) -> FoundDigit:
    """Find the digit of a picture; of several, the most prominent one, and `note` says so.

    Raises:
        NoDigitError: the picture has no ink that could be a digit.
    """
    if (ink := _mnist_image(image)) is not None:
        return FoundDigit(ink, (0, 0, SIDE, SIDE))
    ink, shapes, labels = _shapes(image)
    best, *others = shapes
    several = best.width > 1.6 * best.height or any(
        other.height > 0.5 * best.height and other.weight > 0.2 * best.weight for other in others
    )
    return _found(image, ink, labels, best, SEVERAL if several else "")


def find_digits(image: Image.Image) -> list[FoundDigit]:
    """Find the digits of a picture that stand in one row, from left to right.

    Raises:
        NoDigitError: the picture has no ink that could be a digit.
    """
    if (ink := _mnist_image(image)) is not None:
        return [FoundDigit(ink, (0, 0, SIDE, SIDE))]
    ink, shapes, labels = _shapes(image)
    best = shapes[0]
    row = [
        shape
        for shape in shapes
        if shape.height > 0.4 * best.height
        and shape.weight > 0.05 * best.weight
        and shape.top < best.bottom
        and shape.bottom > best.top
    ]
    row.sort(key=lambda shape: shape.left)
    return [_found(image, ink, labels, shape, "") for shape in row]


def _mnist_image(image: Image.Image) -> np.ndarray | None:
    """Return the ink of a picture that is made as MNIST's are, on black or on white, or None."""
    if image.size != (SIDE, SIDE) or image.mode not in ("L", "RGB", "P", "1"):
        return None
    grey = np.asarray(image.convert("L"))
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    ink = 255 - grey if np.median(edge) > 127 else grey
    uneven = np.mean(np.abs(edge - np.median(edge)) > 40)  # ink reaches the edge now and then
    if uneven > 0.15 or ink.max() < 150 or np.median(ink) > 15:
        return None
    _, _, width, height = cv2.boundingRect((ink > 80).astype(np.uint8))
    moments = cv2.moments(ink)
    off = (moments[k] / moments["m00"] - SIDE / 2 for k in ("m10", "m01"))
    fits = 14 <= max(width, height) <= 25 and max(map(abs, off)) < 3
    return ink if fits else None


Found = tuple[np.ndarray, list[Shape], np.ndarray]  # ink, its shapes, the map of their labels


def _shapes(image: Image.Image) -> Found:
    """Return the shapes of a picture, weightiest first, at the size at which they are well seen."""
    for long_side in LONG_SIDES:
        found = _shapes_at(image, long_side)
        if found and max(found[1][0].width, found[1][0].height) >= WELL_SEEN:
            best = found[1][0]
            inside = np.s_[best.top : best.bottom, best.left : best.right]
            if thickness(np.isin(found[2][inside], best.labels)) >= 2.5:
                return found
        if long_side >= max(image.size):
            break
    if not found:
        raise NoDigitError("no digit found.")
    return found


def _shapes_at(image: Image.Image, long_side: int) -> Found | None:
    """Take the picture's dark ink or its light ink, whichever holds the weightiest shape."""
    maps = ink_of(image, long_side)
    most = max(ink_level(ink) for ink in maps)
    best: Found | None = None
    for ink in maps:
        if ink_level(ink) < 0.25 * most:  # the halo of the other
            continue
        shapes, labels = shapes_of(ink)
        if shapes and (best is None or shapes[0].weight > best[1][0].weight):
            best = ink, shapes, labels
    return best


def _found(
    image: Image.Image, ink: np.ndarray, labels: np.ndarray, shape: Shape, note: str
) -> FoundDigit:
    rows, columns = ink.shape
    left, top = max(0, shape.left - 2), max(0, shape.top - 2)
    right, bottom = min(columns, shape.right + 2), min(rows, shape.bottom + 2)
    inside = np.s_[top:bottom, left:right]
    mine = np.isin(labels[inside], shape.labels).astype(np.uint8)
    near = cv2.dilate(mine, np.ones((3, 3), np.uint8))
    digit = np.where(near > 0, ink[inside], 0).astype(np.float32)
    digit /= shape.level
    if thickness(mine) < 3:  # a pen as fine as a pixel falls between two of them here and there
        around = cv2.GaussianBlur(cv2.dilate(digit, np.ones((3, 3), np.uint8)), (0, 0), 2)
        digit /= np.clip(around, 0.4, 1)
    x, y = image.width / columns, image.height / rows
    across = round(shape.left * x), round(shape.right * x)
    down = round(shape.top * y), round(shape.bottom * y)
    box = (across[0], down[0], across[1], down[1])
    fine = _fitted(digit, FINE * BOX)
    return FoundDigit(_as_mnist(fine), box, note or _oddity(fine))


def _oddity(fine: np.ndarray) -> str:
    """Return what tells that ink, about 100 pixels large, is no digit; "" if nothing does."""
    outlines, kinds = cv2.findContours(
        (fine > 0.5).astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE
    )
    areas = [cv2.contourArea(outline) for outline in outlines]
    holes = sum(kind[3] >= 0 and area > 25 for kind, area in zip(kinds[0], areas, strict=True))
    strokes = sum(kind[3] < 0 and area > 15 for kind, area in zip(kinds[0], areas, strict=True))
    return UNLIKE if strokes > MOST_STROKES or holes > MOST_HOLES else ""


def _as_mnist(fine: np.ndarray) -> np.ndarray:
    """Return the ink of a digit as MNIST has it, given 0..1 in a box that is FINE times larger."""
    stroke = thickness(fine > 0.5) / FINE
    change = (min(max(stroke, STROKE[0]), STROKE[1]) - stroke) / 2 * FINE
    inner = cv2.distanceTransform((fine > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    outer = cv2.distanceTransform((fine <= 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    small = _fitted(np.clip(inner - outer + change + 0.5, 0, 1), BOX)
    canvas = np.zeros((3 * SIDE, 3 * SIDE), np.float32)
    height, width = small.shape
    canvas[SIDE : SIDE + height, SIDE : SIDE + width] = small
    moments = cv2.moments(canvas)
    x, y = (round(moments[k] / moments["m00"]) - SIDE // 2 for k in ("m10", "m01"))
    centred = np.clip(canvas[y : y + SIDE, x : x + SIDE], 0, 1) * 255 + 0.5
    return centred.astype(np.uint8)


def thickness(mask: np.ndarray) -> float:
    """Return the mean thickness in pixels of the strokes of `[H, W]` ink, 0 or 1."""
    edged = np.pad(mask.astype(np.uint8), 1)  # ink ends where the picture does
    depth = cv2.distanceTransform(edged, cv2.DIST_L2, 5)
    return 4 * float(depth.sum()) / max(1, int(np.count_nonzero(mask))) - 1


def _fitted(ink: np.ndarray, side: int) -> np.ndarray:
    """Cut to the ink, scale so that the longer side is `side`, leave a margin of a fifth."""
    left, top, width, height = cv2.boundingRect((ink > 0.5).astype(np.uint8))
    scale = side / max(width, height)
    margin = side // 5
    matrix = np.array(
        [
            [scale, 0, margin - left * scale + (scale - 1) / 2],
            [0, scale, margin - top * scale + (scale - 1) / 2],
        ]
    )
    size = round(width * scale) + 2 * margin, round(height * scale) + 2 * margin
    if scale < 1:
        ink = cv2.GaussianBlur(ink, (0, 0), 0.4 / scale)
    return cv2.warpAffine(ink, matrix, size, flags=cv2.INTER_LINEAR)
