"""Stage 1, data: what is a pixel, in the file, in memory and in the network?

In the file a number from 0 to 1 (or 0 to 255), in memory a byte, in the network 0..1 float32.
Ink is high and paper is 0, everywhere.
This is the one place that scales pixels, for training and for prediction.

阶段 1，数据：像素在文件里、内存里、网络里各是什么？
文件里是 0 到 1 的数（或 0 到 255），内存里是一个字节，网络里是 0..1 的 float32。
处处都是墨迹值大，纸为 0。
缩放像素只在这一处，训练和预测都用它。
"""

from __future__ import annotations

import numpy as np

from ..errors import DataError

IMAGE_ROWS, IMAGE_COLUMNS = 28, 28
SIZE = (IMAGE_ROWS, IMAGE_COLUMNS)
PIXELS = IMAGE_ROWS * IMAGE_COLUMNS
NEAR = 1e-3  # how far from a whole number the decimals of the file may bring v * 255


def scale_pixels(pixels: np.ndarray) -> np.ndarray:
    """Turn pixels 0..255 uint8 of any shape into 0..1 float32: for training and prediction alike.

    Raises DataError for another dtype, as its pixels may be scaled already.
    """
    if pixels.dtype != np.uint8:
        raise DataError(f"scale_pixels got pixels of dtype {pixels.dtype}, expected uint8 0..255.")
    scaled: np.ndarray = np.divide(pixels, np.float32(255), dtype=np.float32)
    return scaled


def value_fault(values: np.ndarray, whole: bool, mode: str, first: int) -> str:
    """Return which of the numbers [B, 784] is none that a pixel can have, "" if all are good."""
    high = 255 if whole else 1
    good = (values >= 0) & (values <= high)
    if whole:
        good &= np.abs(values - np.rint(values)) <= NEAR
    if good.all():
        return ""
    image, place = np.argwhere(~good)[0]
    scale = "whole numbers from 0 to 255" if whole else "numbers from 0 to 1"
    return (
        f"{mode} image {first + image} has {values[image, place]:g} at place {place}, "
        f"expected {scale} like the first images of {mode}"
    )


def to_bytes(values: np.ndarray, whole: bool) -> np.ndarray:
    """Turn numbers [B, 784], 0..255 if `whole` and 0..1 otherwise, into the same in uint8.

    Numbers from 0 to 1 step by 1/255, or in some files by 1/256. The two grids share only 0 and 1,
    so that each image shows which one it is on.
    """
    scaled = values if whole else values * 255
    pixels: np.ndarray = np.rint(scaled)
    if whole:
        return pixels.astype(np.uint8)
    off_grid = np.flatnonzero((np.abs(scaled - pixels) > NEAR).any(axis=1))
    if len(off_grid):
        rows = values[off_grid]
        scaled = rows * 256
        by_256 = np.rint(scaled)
        on_256 = (np.abs(scaled - by_256) <= NEAR).all(axis=1) & (rows < 1).all(axis=1)
        pixels[off_grid[on_256]] = np.minimum(by_256[on_256], 255)
    return pixels.astype(np.uint8)
