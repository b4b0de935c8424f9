"""Stage 1, data: what can I train on when MNIST cannot be downloaded?

Digits drawn by this program, in MNIST's format: the same seed gives the same digits.
A pen follows a skeleton of a few points; shape, slant, size and pressure differ every time.
The pen leaves a row of soft dots; their sum, sharpened, is the ink.

阶段 1，数据：下载不到 MNIST 时，用什么来训练？
用本程序画出来的数字，格式与 MNIST 相同；种子相同，画出的数字就相同。
笔沿着几个点组成的骨架走，每次的形状、倾斜、大小和笔压都不一样。
笔留下一串柔和的圆点，把它们相加再锐化，就是墨迹。
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np

from .skeletons import SKELETONS

DOTS = 96  # per digit: they lie closer together than a dot is wide, even in a long thin 8
EDGE = 0.33  # the ink's edge is where the dots' sum is this part of its value in mid-stroke
BLOCK = 500  # digits drawn at once: some 50 MB, and enough for NumPy to be quick


def _spline(curve: list[int], k: int, t: float) -> list[tuple[int, float]]:
    """Return which points, with which weight, make the place a part t after the curve's point k.

    This is the Catmull-Rom spline: it passes through every point and looks one further each way.
    """
    around = (curve[max(k - 1, 0)], curve[k], curve[k + 1], curve[min(k + 2, len(curve) - 1)])
    weights = (
        (-t + 2 * t**2 - t**3) / 2,
        (2 - 5 * t**2 + 3 * t**3) / 2,
        (t + 4 * t**2 - 3 * t**3) / 2,
        (t**3 - t**2) / 2,
    )
    return list(zip(around, weights, strict=True))


def _skeleton_tables(text: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read one skeleton: points [P, 2], weights [DOTS, P], strokes [DOTS].

    The dots are weights @ points; a dot's stroke is a number, new where the pen was lifted.
    """
    points: list[list[float]] = []
    spans: list[tuple[int, list[int], int]] = []  # stroke, its curve's points, place in the curve
    for stroke, words in enumerate(text.split("|")):
        curves: list[list[int]] = [[]]
        for word in words.split():
            curves[-1].append(len(points))
            points.append([float(number) / 100 for number in word.rstrip("!").split(",")])
            if word.endswith("!"):
                curves.append([len(points) - 1])  # the next curve starts at this same point
        spans += [(stroke, curve, k) for curve in curves for k in range(len(curve) - 1)]
    table = np.array(points)
    lengths = [math.dist(table[curve[k]], table[curve[k + 1]]) for _, curve, k in spans]
    ends = np.cumsum(lengths) / np.sum(lengths)
    weights, strokes = np.zeros((DOTS, len(points))), np.zeros(DOTS, int)
    for dot, place in enumerate((np.arange(DOTS) + 0.5) / DOTS):
        span = int(np.searchsorted(ends, place))
        strokes[dot], curve, k = spans[span]
        start = ends[span - 1] if span else 0.0
        for point, weight in _spline(curve, k, (place - start) / (ends[span] - start)):
            weights[dot, point] += weight
    return table, weights, strokes


@cache
def _all_tables() -> tuple[np.ndarray, ...]:
    """Stack the tables of all skeletons, padded with points of no weight to the longest.

    Points, weights, strokes; of each digit, how many skeletons it has and the first one's place.
    """
    tables = [_skeleton_tables(text) for texts in SKELETONS.values() for text in texts]
    longest = max(len(points) for points, _, _ in tables)
    points = np.stack([np.pad(p, ((0, longest - len(p)), (0, 0))) for p, _, _ in tables])
    weights = np.stack([np.pad(w, ((0, 0), (0, longest - w.shape[1]))) for _, w, _ in tables])
    strokes = np.stack([s for _, _, s in tables])
    ways = np.array([len(texts) for texts in SKELETONS.values()])
    return points, weights, strokes, ways, np.cumsum(ways) - ways


def _warp(dots: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Deform each digit as another hand would: dots [N, DOTS, 2], about -0.5..0.5 before.

    Most amounts are uniform, not normal: a rare large one would fold a digit into a blob.
    """
    count = len(dots)
    for wave in (3.0, 6.0):  # radians per digit height: two slow waves bend the paper
        angle, phase = rng.uniform(0, 2 * math.pi, (2, count, 1, 2))
        height = rng.uniform(-0.46, 0.46, (count, 1, 2)) / wave
        direction = wave * np.concatenate([np.cos(angle), np.sin(angle)], axis=1)
        dots = dots + height * np.sin(dots @ direction + phase)
    width = np.exp(rng.uniform(-0.3, 0.4, (count, 1)))
    taper = rng.uniform(-0.6, 0.6, (count, 1))  # the top wider than the bottom, or narrower
    slant = rng.uniform(-0.3, 0.6, (count, 1))  # more often to the right
    waist = rng.uniform(-0.13, 0.13, (count, 1))  # one half taller than the other
    turn = rng.normal(0, 0.12, (count, 1))
    x, y = dots[:, :, 0], dots[:, :, 1]
    x = x * width * np.exp(taper * y) - slant * y
    y = y + waist * np.cos(math.pi * np.clip(y, -0.5, 0.5))
    cosine, sine = np.cos(turn), np.sin(turn)
    return np.stack([cosine * x - sine * y, sine * x + cosine * y], axis=2)


def _pen_path(
    labels: np.ndarray, rng: np.random.Generator, width: float | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Move the pen: dots [N, DOTS, 2] and steps between them [N, DOTS], pixels of 28, pen [N, 1].

    The pen is its stroke's thickness, `width` if it is given. A step is 0 where the pen was in the
    air.
    """
    count = len(labels)
    all_points, weights, all_strokes, ways, first = _all_tables()
    way = first[labels] + np.floor(rng.random(count) * ways[labels]).astype(int)
    shakiness = rng.uniform(0, 0.05, (count, 1, 1))
    points = all_points[way] + shakiness * rng.standard_normal((count, *all_points.shape[1:]))
    strokes = all_strokes[way]
    moves = rng.normal(0, 0.03, (count, all_strokes.max() + 1, 2))  # strokes do not meet exactly
    dots = weights[way] @ points - 0.5 + np.take_along_axis(moves, strokes[:, :, None], axis=1)
    dots = _warp(dots, rng)
    steps = np.linalg.norm(np.diff(dots, axis=1, prepend=dots[:, :1]), axis=2)
    steps *= strokes == np.concatenate([strokes[:, :1], strokes[:, :-1]], axis=1)

    # Ink must not fill the loops: no pen is thicker than 0.4 of the mean gap between the strokes.
    box = np.ptp(dots, axis=1)  # [N, 2]
    longer = box.max(axis=1, keepdims=True)
    length = steps.sum(axis=1, keepdims=True)
    gap = 18 * box.prod(axis=1, keepdims=True) / longer / np.maximum(length - longer, 0.01)
    pen = np.exp(rng.normal(0.92, 0.36, (count, 1)))
    pen = np.minimum(pen, np.maximum(0.4 * gap, 1.3))
    if width is not None:
        pen = np.full_like(pen, width)

    # As in MNIST: the ink's box fits into 20 x 20, its centre of mass is in the middle of 28 x 28.
    scale = (rng.normal(20.3, 0.8, (count, 1)) - pen) / longer
    dots, steps = dots * scale[:, :, None], steps * scale
    centre = (dots * steps[:, :, None]).sum(axis=1) / steps.sum(axis=1, keepdims=True)
    place = 14 + rng.normal(0, 0.5, (count, 2))
    return dots + (place - centre)[:, None], steps, pen


def _draw(
    labels: np.ndarray, rng: np.random.Generator, size: int, width: float | None = None
) -> np.ndarray:
    """Draw one digit for each label; return [N, size, size] uint8."""
    count = len(labels)
    dots, steps, pen = _pen_path(labels, rng, width)
    # The hand's pressure swings slowly, a fraction of a wave or one and a half along the path.
    waves, phase = rng.uniform(2, 9, (count, 1)), rng.uniform(0, 2 * math.pi, (count, 1))
    swing = rng.uniform(0, 0.25, (count, 1)) * np.sin(waves * np.linspace(0, 1, DOTS) + phase)
    # A dot is a Gaussian, a product of one in x and one in y, so that the sum over all dots is a
    # matrix product. Its deviation makes the row of dots reach EDGE half a pen from mid-stroke.
    deviation = pen * (1 + swing) / 2 / math.sqrt(2 * math.log(1 / EDGE))  # [N, DOTS]
    pixels = (np.arange(size) + 0.5) * 28 / size
    across, down = np.moveaxis(dots[:, :, :, None], 2, 0)  # [N, DOTS, 1] each
    columns = np.exp(-(((pixels - across) / deviation[:, :, None]) ** 2) / 2)
    rows = np.exp(-(((pixels - down) / deviation[:, :, None]) ** 2) / 2)
    rows *= (steps / deviation / math.sqrt(2 * math.pi))[:, :, None]  # 1 in mid-stroke
    darkness = rows.transpose(0, 2, 1) @ columns  # [N, size, size]
    # The paper's grain, one value for each of 28 x 28 places, makes the edges uneven.
    grain = rng.normal(0, 0.12, (count, 28, 28))
    between = np.maximum(0, 1 - np.abs(pixels[:, None] - np.arange(28) - 0.5))  # [size, 28]
    darkness *= 1 + between @ grain @ between.T
    # Steep enough to leave the paper at 0, soft enough for an edge about one pixel wide.
    steepness = np.maximum(pen * rng.uniform(0.5, 0.9, (count, 1)), 1.75) * size / 28
    ink = np.clip((darkness - EDGE) * steepness[:, :, None] + 0.5, 0, 1)
    levels: np.ndarray = np.rint(ink * 255)
    return levels.astype(np.uint8)


def draw_digit(digit: int, rng: np.random.Generator, size: int = 28) -> np.ndarray:
    """Draw one digit, [size, size] uint8, ink 255 on paper 0.

    Equal generators draw the same digit at any size of at least 28.
    Raises ValueError for a digit outside 0..9 or a smaller size.
    """
    if digit not in SKELETONS:
        raise ValueError(f"draw_digit got the digit {digit!r}; give a whole number in 0..9.")
    if size < 28:
        raise ValueError(f"draw_digit got the size {size!r}; give at least 28 pixels.")
    (image,) = _draw(np.array([int(digit)]), rng, size)
    return np.asarray(image)


def draw_digits(
    count: int, seed: Sequence[int] | int, pen: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Draw random digits: images [count, 28, 28] uint8, labels [count] uint8.

    `pen` is the thickness of all strokes, in pixels; without it that differs from digit to digit.
    The same seed gives the same digits, and fewer of them are the first of more. All is float64
    until the end, yet another processor may very rarely round a pixel by 1 differently, and a
    later NumPy may change what its generators give.
    Raises ValueError for a negative count or a pen of no thickness.
    """
    if count < 0:
        raise ValueError(
            f"draw_digits got the count {count!r}; give a number of digits, 0 or more."
        )
    if pen is not None and not 0 < pen < 20:
        raise ValueError(f"draw_digits got the pen {pen!r}; give its thickness in pixels, as 2.5.")
    images, labels = np.empty((count, 28, 28), np.uint8), np.empty(count, np.uint8)
    seeds = np.atleast_1d(seed).tolist()
    for start in range(0, count, BLOCK):
        # NumPy takes [3] and [3, 0] for the same seed; with the length in front they are two.
        rng = np.random.default_rng([start // BLOCK, len(seeds), *seeds])
        block = rng.integers(0, 10, BLOCK)  # always a whole block, so that count changes nothing
        stop = min(start + BLOCK, count)
        labels[start:stop] = block[: stop - start]
        images[start:stop] = _draw(block, rng, 28, pen)[: stop - start]
    return images, labels
