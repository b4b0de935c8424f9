"""From a picture as a person has it to what the network was trained on.

The ink is told from the paper, the digit found wherever it is, its strokes brought to MNIST's
thickness, scaled to a 20×20 box and centred in 28×28 by its centre of mass, as MNIST was made.
read_exact is the tutorial's own way, squeeze and invert: for one centred dark digit on white only.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from ..errors import NoDigitError
from .decode import open_picture
from .ink import ink_of
from .shapes import Shape, ink_level, shapes_of

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
FIRST_LOOK, LAST_LOOK = 140, 800  # pixels a side at which a square picture is looked at, at least
WELL_SEEN = 56  # pixels that a digit should have there
THICK_ENOUGH = 2.5  # pixels that its strokes should have there
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
    look = _look(image)
    best, *others = look.shapes
    several = best.width > 1.6 * best.height or any(
        other.height > 0.5 * best.height and other.weight > 0.2 * best.weight for other in others
    )
    return _found(image, look, best, SEVERAL if several else "")


def find_digits(image: Image.Image) -> list[FoundDigit]:
    """Find the digits of a picture that stand in one row, from left to right.

    Raises:
        NoDigitError: the picture has no ink that could be a digit.
    """
    if (ink := _mnist_image(image)) is not None:
        return [FoundDigit(ink, (0, 0, SIDE, SIDE))]
    look = _look(image)
    best = look.shapes[0]
    row = [
        shape
        for shape in look.shapes
        if shape.height > 0.4 * best.height
        and shape.weight > 0.05 * best.weight
        and shape.top < best.bottom
        and shape.bottom > best.top
    ]
    row.sort(key=lambda shape: shape.left)
    return [_found(image, look, shape, "") for shape in row]


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


@dataclass(frozen=True)
class _Look:
    """A picture at one size: its ink `[H, W] uint8`, the shapes in it, the map of their labels."""

    ink: np.ndarray
    shapes: list[Shape]  # weightiest first, at least one
    labels: np.ndarray


def _look(image: Image.Image) -> _Look:
    """Look at a picture as closely as the weightiest of its shapes asks for, first from afar."""
    side = math.sqrt(image.width * image.height)
    times, least = (max(1, int(side / pixels)) for pixels in (FIRST_LOOK, LAST_LOOK))
    while True:
        look = _look_at(image, times)
        seen = _how_well(look)
        if seen >= 1 or times == least:
            break
        times = max(least, min(times // 2, int(times * seen / 1.1)))
    if not look:
        raise NoDigitError("no digit found.")
    return look


def _how_well(look: _Look | None) -> float:
    """Return how well the weightiest shape is seen: 1 is well, 0.5 is half as large as that."""
    if not look:
        return 0
    best = look.shapes[0]
    seen = max(best.width, best.height) / WELL_SEEN
    return seen if seen < 1 else thickness(best.mask(look.labels)) / THICK_ENOUGH


def _look_at(image: Image.Image, times: int) -> _Look | None:
    """Take the picture's dark ink or its light ink, whichever holds the weightiest shape."""
    maps = [(ink, ink_level(ink)) for ink in ink_of(image, times)]
    most = max(level for _, level in maps)
    best: _Look | None = None
    for ink, level in maps:
        if level < 0.25 * most:  # the halo of the other
            continue
        shapes, labels = shapes_of(ink, level)
        if shapes and (best is None or shapes[0].weight > best.shapes[0].weight):
            best = _Look(ink, shapes, labels)
    return best


def _found(image: Image.Image, look: _Look, shape: Shape, note: str) -> FoundDigit:
    rows, columns = look.ink.shape
    left, top = max(0, shape.left - 2), max(0, shape.top - 2)
    right, bottom = min(columns, shape.right + 2), min(rows, shape.bottom + 2)
    ink = look.ink[top:bottom, left:right]
    mine = shape.mask(look.labels, 2)
    near = cv2.dilate(mine, np.ones((3, 3), np.uint8))
    digit = cv2.multiply(ink, near, dtype=cv2.CV_32F, scale=1 / shape.level)
    if thickness(mine) < 3:  # a pen as fine as a pixel falls between two of them here and there
        around = cv2.GaussianBlur(cv2.dilate(digit, np.ones((3, 3), np.uint8)), (0, 0), 2)
        digit = cv2.divide(digit, np.clip(around, 0.4, 1))
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
    mask = cv2.threshold(fine, 0.5, 1, cv2.THRESH_BINARY)[1].astype(np.uint8)
    inner = cv2.distanceTransform(mask, cv2.DIST_L2, 5)  # a margin is around the ink
    outer = cv2.distanceTransform(1 - mask, cv2.DIST_L2, 5)
    stroke = _mean_thickness(inner, mask) / FINE
    change = (min(max(stroke, STROKE[0]), STROKE[1]) - stroke) / 2 * FINE
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
    mask = mask.astype(np.uint8)
    edged = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT)  # ink ends with the picture
    return _mean_thickness(cv2.distanceTransform(edged, cv2.DIST_L2, 5), mask)


def _mean_thickness(depth: np.ndarray, mask: np.ndarray) -> float:
    return 4 * float(depth.sum()) / max(1, cv2.countNonZero(mask)) - 1


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
