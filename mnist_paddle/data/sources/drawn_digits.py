"""Stage 1, data: what can I train on when MNIST cannot be downloaded?

Digits drawn by this program, in MNIST's format: the same seed gives the same digits.
A pen follows a skeleton of a few points; shape, slant, size and pressure differ every time.
The pen leaves a row of soft dots; their sum, sharpened, is the ink.

第一阶段，数据：下载不到 MNIST 时，用什么来训练？
用本程序画出来的数字，格式与 MNIST 相同；种子相同，画出的数字就相同。
笔沿着几个点组成的骨架走，每次的形状、倾斜、大小和笔压都不一样。
笔留下一串柔和的圆点，把它们相加再锐化，就是墨迹。
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np

# The ways to write each digit: the points that the pen passes through, "x,y", both about 0..100,
# y downwards. The pen turns smoothly at a point, sharply at one marked "!", and is lifted at "|".
SKELETONS = {
    0: (
        "55,0 25,18 15,55 30,92 55,100 80,80 85,45 75,12 52,1",
        "68,10 42,1 18,28 15,66 36,98 66,94 86,60 80,20 60,2 44,10",
        "38,6 18,35 18,70 40,98 68,92 84,58 78,20 58,2 30,8",
        "50,2 72,10 85,45 75,85 50,100 25,88 15,50 28,12 56,0",
        "60,12 44,0 20,26 15,62 34,97 64,94 84,58 76,16 50,2 42,20 56,34",
        "74,0 40,8 18,36 16,70 40,100 70,88 86,50 76,14 56,6",
        "62,0 30,20 16,60 36,98 66,92 84,56 74,16 52,6 34,18",
        "44,12 30,30 16,66 40,100 72,80 84,40 66,4 40,6 30,24",
    ),
    1: (
        "50,0 50,50 50,100",
        "52,0 48,35 52,70 50,100",
        "48,0 53,35 50,70 46,100",
        "50,0 49,50 50,100",
        "38,14 52,0! 51,50 50,100",
        "44,10 54,0! 52,50 52,100",
        "36,14 52,0! 51,50 50,100 | 34,100 50,99 66,100",
        "46,2 52,40 52,70 48,100",
    ),
    2: (
        "18,25 30,6 52,0 75,12 76,36 55,65 18,100! 50,98 88,100",
        "14,14 40,1 70,8 78,30 60,60 20,98! 55,96 88,98",
        "24,6 54,0 74,22 62,54 30,96! 44,98 72,96",
        "15,25 40,2 70,8 74,38 48,78 22,98 10,88 26,80 55,92 90,98",
        "15,20 45,0 74,18 66,50 42,88 18,100 8,86 24,72 50,84 74,98 94,90",
        "20,16 46,0 68,14 66,46 50,84 26,100 10,84 26,68 48,78 66,92 92,86",
        "16,22 36,2 68,6 74,36 50,70 18,96! 40,88 66,98 90,88",
        "12,8 50,4 76,14 74,40 50,70 14,90 30,96 60,96 92,92",
        "30,24 24,8 50,0 76,16 70,46 46,78 14,98! 40,94 90,100",
        "14,8 46,6 80,4! 56,48 16,94! 50,94 90,96",
        "14,30 30,0 70,4 74,36 50,74 18,96 2,78 18,58 46,74 94,98",
        "34,28 18,16 40,0 74,14 68,46 40,84! 60,88 94,100",
        "20,20 46,2 70,16 60,50 34,84 14,96 12,80 30,78 54,92 84,100",
        "18,20 44,0 70,14 68,44 44,80 22,100 6,84 22,62 44,72 64,92 90,98",
    ),
    3: (
        "20,14 46,0 74,16 64,40 38,48! 70,52 82,76 56,100 16,90",
        "18,8 50,0 74,14 66,36 40,46! 66,48 80,70 64,94 14,100",
        "18,2 48,2 78,2! 45,40! 75,50 82,75 55,100 15,90",
        "20,12 50,0 75,20 60,42 40,48 44,42 72,56 78,82 48,100 14,92",
        "16,10 55,0 72,20 56,44 68,60 74,84 48,100 12,94",
        "14,8 52,0 80,12 62,36 32,46! 64,50 76,72 56,92 34,100 14,94 18,82",
        "26,16 50,0 70,12 64,34 44,44! 66,52 74,74 56,98 26,100 14,84",
        "22,6 60,2 76,16 56,40! 70,56 70,80 44,96 20,100",
        "20,6 60,4 70,24 50,42 60,54 70,72 50,94 20,100",
        "12,16 44,0 78,12 56,44! 78,58 74,88 36,100 8,90",
        "16,18 40,0 72,10 70,34 46,46! 72,52 80,78 54,98 14,88",
        "24,10 52,0 74,16 66,38 48,46 70,56 76,80 50,98 18,94",
    ),
    4: (
        "22,4 18,30 14,58! 50,56 88,52 | 70,10 68,50 64,100",
        "20,0 12,46 30,60 60,54 76,46 | 78,4 74,50 70,100",
        "36,0 24,30 12,60! 50,58 94,52 | 66,24 62,60 56,100",
        "30,0 16,34 18,54 44,56 70,44 | 80,0 70,50 60,100",
        "62,0 36,34 8,66! 50,66 92,64 | 64,0 63,50 62,100",
        "60,2 34,30 12,60! 50,60 72,54 | 76,20 70,60 64,100",
        "24,6 18,44 44,54 74,40! 80,6! 76,50 70,100",
        "72,6 44,16 14,54! 46,58 90,52 | 74,8 68,50 62,100",
        "24,4 18,28 20,48 46,52 72,44! 80,2 74,52 68,100",
    ),
    5: (
        "82,2 55,3 30,2! 26,22 22,45! 50,36 78,52 76,84 46,100 12,90",
        "30,4 26,24 22,46! 50,38 78,56 72,88 42,100 12,92 | 30,4 56,2 86,0",
        "88,0 60,6 40,6! 32,26 26,44! 56,46 72,66 58,92 10,100",
        "84,4 48,2 30,22 40,42 66,56 70,82 46,100 14,92",
        "40,10 30,30 26,42! 54,42 68,62 54,90 12,98 | 40,10 66,8 92,2",
        "80,0 54,4 36,10! 30,28 26,40 56,44 72,66 60,92 34,100 12,86",
        "90,4 40,6! 36,24 30,40! 54,40 64,60 54,86 26,98 8,84 20,76",
        "70,2 34,4! 28,40! 56,36 78,62 56,96 22,92 18,72 36,66",
        "76,4 40,2 26,18 34,42 62,50 76,74 56,98 22,92",
    ),
    6: (
        "65,0 36,24 18,64 30,96 60,98 78,76 62,56 38,60 22,82",
        "48,0 26,34 18,74 38,100 70,94 78,70 54,58 26,76",
        "78,4 44,16 20,50 20,86 48,100 74,86 72,64 48,56 24,74",
        "60,0 40,40 24,80 34,98 56,94 60,76 46,70 30,84",
        "36,0 20,40 20,80 44,100 76,86 70,58 42,56 22,74",
        "54,0 34,36 26,78 44,100 62,84 56,66 38,70 28,88",
        "70,0 30,28 12,70 40,100 84,90 92,62 66,52 40,70 36,88",
        "50,0 30,40 22,84 40,100 58,88 44,76 26,92",
    ),
    7: (
        "15,8 48,6 80,5! 58,50 40,100",
        "12,16 30,4 82,6! 62,45 46,100",
        "15,26 16,6! 50,5 84,4! 62,50 45,100",
        "12,34 22,8! 50,10 82,2! 70,50 62,100",
        "15,8 48,7 82,4! 60,50 42,100 | 30,52 54,50 78,48",
        "14,24 16,7! 50,6 82,4! 60,50 42,100 | 32,54 56,52 80,46",
        "16,12 50,8 80,6! 64,46 50,100 | 24,58 56,52 90,50",
        "14,14 44,8 74,6 78,22 62,60 52,100",
        "10,16 40,4 70,2 80,14 66,40 40,100",
        "14,10 50,10 86,0! 56,44 24,100",
        "18,40 20,10! 50,6 80,8! 78,50 72,100",
        "10,20 24,8 40,14 60,12 84,0! 62,46 46,100",
        "16,6 48,8 74,4 74,22 56,50! 50,76 48,100",
        "20,20 14,8! 46,10 82,2! 66,34 44,66 34,100",
        "18,10 50,6 82,4! 66,40 58,100 | 40,56 62,50 88,46",
    ),
    8: (
        "80,14 50,0 22,18 45,42 75,68 52,100 20,80 45,50 78,22 72,8",
        "48,46 22,26 45,0 75,20 50,46 20,76 45,100 78,80 48,46",
        "92,4 55,0 28,18 50,46 70,74 42,100 18,80 42,54 95,6",
        "50,2 22,22 50,46 78,24 50,1 | 50,46 15,74 50,100 85,74 48,46",
        "70,4 40,8 35,26 58,50 68,80 40,100 20,84 40,56 70,24 68,4",
        "90,0 70,26 45,54 22,84 42,100 62,82 50,52 30,22 50,2 92,8",
        "85,10 55,0 30,12 35,32 62,54 70,82 45,100 22,88 32,66 62,42 82,18",
        "38,40 12,24 32,2 75,8 72,30 42,46 15,78 42,100 70,82 62,60 35,38",
        "88,16 58,0 25,14 42,44 75,74 45,100 12,82 38,58 92,20",
        "25,8 20,30 50,48 80,72 52,100 20,76 50,46 82,16 52,0 25,12",
    ),
    9: (
        "76,16 50,2 22,24 38,48 66,38 76,14! 72,60 66,100",
        "70,12 42,4 20,30 38,52 68,36 76,8! 74,50 68,84 46,100 20,92",
        "74,8 44,6 22,34 42,54 72,36 76,6 66,56 50,100",
        "66,26 50,2 24,14 26,42 56,44 70,18 76,50 76,100",
        "60,28 66,4 34,6 22,36 48,48 68,28 66,60 60,100",
        "50,0 24,20 34,46 64,42 72,16 50,0 76,20 72,64 52,100",
        "70,6 48,6 34,26 44,42 66,24 72,4 64,46 52,100",
        "78,4 40,8 18,36 36,50 66,30 80,8! 64,52 44,100",
        "72,10 52,0 30,18 36,38 60,34 72,14! 70,56 70,100",
        "80,14 52,4 22,24 30,46 62,40 78,20 74,62 56,94 30,98",
        "70,14 40,0 14,30 40,62 76,30 78,10! 76,60 72,100",
        "72,12 44,2 12,34 30,60 70,34 80,10! 76,56 66,100",
        "74,26 60,2 30,12 26,40 56,44 78,18 70,0! 70,50 64,100",
    ),
}

DOTS = 96  # per digit: they lie closer together than a dot is wide, even in a long thin 8
EDGE = 0.33  # the ink's edge is where the dots' sum is this part of its value in mid-stroke
BLOCK = 500  # digits drawn at once: some 50 MB, and enough for NumPy to be quick


def _spline(curve: list[int], k: int, t: float) -> list[tuple[int, float]]:
    """Say which points, with which weight, make the place a part t after the curve's point k.

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
    return np.rint(ink * 255).astype(np.uint8)


def draw_digit(digit: int, rng: np.random.Generator, size: int = 28) -> np.ndarray:
    """Draw one digit, [size, size] uint8, ink 255 on paper 0.

    Equal generators draw the same digit at any size of at least 28.
    Raises ValueError for a digit outside 0..9 or a smaller size.
    """
    if digit not in SKELETONS:
        raise ValueError(f"draw_digit got the digit {digit!r}; give a whole number in 0..9.")
    if size < 28:
        raise ValueError(f"draw_digit got the size {size!r}; give at least 28 pixels.")
    return _draw(np.array([int(digit)]), rng, size)[0]


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
