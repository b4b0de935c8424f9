"""Stage 1, data: what else could the same digit have looked like?

Each time a training image is taken, it is changed a little: moved, turned, stretched.
The change follows from seed, epoch and the image's index alone, not from batch or process.
The tutorial trained on the 50,000 images as they are; this is the rest of its course.

阶段 1，数据：同一个数字还可能写成什么样子？
每次取出一张训练图片，就稍微改变它：平移、旋转、拉伸。
怎样改变只由种子、轮数和图片的编号决定，与批次和进程无关。
教程直接用那 50,000 张图片训练；这是它的课程中其余的内容。
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial

import cv2
import numpy as np
from PIL import Image

Augmentation = Callable[[np.ndarray, np.random.Generator], np.ndarray]
MAX_SHIFT = 2.0  # pixels


def shift(image: np.ndarray, rng: np.random.Generator, max_shift: float = MAX_SHIFT) -> np.ndarray:
    """Move a digit `[28, 28] uint8` by whole pixels down, up, left or right; paper follows."""
    most = int(max_shift)
    down, right = rng.integers(-most, most + 1, size=2)
    padded = np.pad(image, most)
    rows, columns = image.shape
    return padded[most - down : most - down + rows, most - right : most - right + columns]


def affine(image: np.ndarray, rng: np.random.Generator, max_shift: float = MAX_SHIFT) -> np.ndarray:
    """Turn by up to 10°, scale by 0.9 to 1.1, shear by up to 0.15, move by up to `max_shift`.

    `[28, 28] uint8` in and out; sampled bilinearly, with paper around it.
    """
    height, width = image.shape
    changed = Image.fromarray(image).transform(
        (width, height),
        Image.Transform.AFFINE,
        _random_affine(rng, height, width, max_shift),
        Image.Resampling.BILINEAR,
    )
    return np.asarray(changed)


def elastic(
    image: np.ndarray, rng: np.random.Generator, max_shift: float = MAX_SHIFT
) -> np.ndarray:
    """Change an image as `affine` does, and move each part of it half a pixel, its own way.

    Some 5×5 points move by normal random numbers, what lies between them follows smoothly.
    `[28, 28] uint8` in and out. After Simard, Steinkraus and Platt 2003.
    """
    height, width = image.shape
    a, b, from_x, c, d, from_y = _random_affine(rng, height, width, max_shift)
    points = rng.standard_normal((5, 5, 2), dtype=np.float32) * _ELASTIC_PIXELS
    moved = cv2.resize(points, (width, height), interpolation=cv2.INTER_CUBIC)
    y, x = _pixel_centres(height, width)
    source_x = moved[..., 0] + a * x + b * y + from_x - 0.5
    source_y = moved[..., 1] + c * x + d * y + from_y - 0.5
    return cv2.remap(image, source_x, source_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)


_ELASTIC_PIXELS = 0.5


@cache
def _pixel_centres(height: int, width: int) -> np.ndarray:
    """Return row and column of each pixel's middle: `[2, height, width] float32`."""
    return np.mgrid[:height, :width].astype(np.float32) + 0.5


def _random_affine(
    rng: np.random.Generator, height: int, width: int, max_shift: float
) -> tuple[float, float, float, float, float, float]:
    """Return from where each pixel of the result comes: x = a·x + b·y + e, y = c·x + d·y + f.

    The numbers are a, b, e, c, d, f, as Pillow wants them.
    """
    turn, scale, stretch, shear, right, down = rng.uniform(-1, 1, size=6).tolist()
    angle = math.radians(10 * turn)
    cosine, sine = math.cos(angle), math.sin(angle)
    wide = 1 / (1 + 0.1 * scale)
    high = wide / (1 + 0.05 * stretch)
    slant = 0.15 * shear
    a, b = wide * cosine, wide * (slant * cosine - sine)
    c, d = high * sine, high * (slant * sine + cosine)
    middle_x, middle_y = width / 2, height / 2  # all is turned and scaled about the middle
    from_x = middle_x - a * middle_x - b * middle_y + max_shift * right
    from_y = middle_y - c * middle_x - d * middle_y + max_shift * down
    return a, b, from_x, c, d, from_y


AUGMENTATIONS = {"none": None, "shift": shift, "affine": affine, "elastic": elastic}


def make_augmentation(name: str, max_shift: float = MAX_SHIFT) -> Augmentation | None:
    """Return the augmentation `name`, which moves an image by at most `max_shift` pixels."""
    change = AUGMENTATIONS[name]
    return change and partial(change, max_shift=max_shift)


def augment(
    images: np.ndarray, chosen: np.ndarray, augmentation: Augmentation, seed: int, epoch: int
) -> np.ndarray:
    """Change each of `images` [B, 1, 28, 28] uint8 as its index in `chosen` [B] demands."""
    changed = np.empty_like(images)
    for place, index in enumerate(chosen.tolist()):
        rng = np.random.default_rng([seed, epoch, index])
        changed[place, 0] = augmentation(images[place, 0], rng)
    return changed
