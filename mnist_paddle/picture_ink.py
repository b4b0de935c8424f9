"""Tell ink from paper: a picture in, how much ink lies on each pixel out.

The paper is estimated place by place, so shadows, uneven light and grey or coloured paper go away.
The colour that differs most from the paper is the ink's; nobody has to say which is the darker.

把墨迹和纸面分开：输入一张图片，输出每个像素上有多少墨迹。
纸面的亮度和颜色逐处估计，所以阴影、不均匀的光线、灰色或彩色的纸都不影响结果。
与纸面差别最大的颜色就是墨迹；不必事先说明哪个深、哪个浅。
"""

import cv2
import numpy as np
from PIL import Image

LONG_SIDE = 1000  # pixels; larger pictures are reduced first
PAPER_SIDE = 96  # pixels; the paper changes slowly, a small picture shows it
LEAST_LIGHT = 64  # grey levels; in deeper darkness differences are noise, not ink


def ink_of(image: Image.Image) -> tuple[np.ndarray, np.ndarray]:
    """Return two `[H, W] float32` maps of a picture, its likely ink and the opposite.

    0 is paper, 1 a full change from white to black. Which of the two holds the digit is decided by
    what is found in them.
    """
    pixels, alpha = _pixels(image)
    if alpha is not None:
        return alpha, np.zeros_like(alpha)
    paper = _paper(pixels)
    change = _change(pixels, paper)
    if change.ndim == 3:
        change = _along_the_ink(change)
    ink = np.maximum(-change, 0), np.maximum(change, 0)
    return ink


def _pixels(image: Image.Image) -> tuple[np.ndarray, np.ndarray | None]:
    """Return `[H, W] uint8` or `[H, W, 3] uint8`, or the ink if transparency alone shows it."""
    if image.mode.startswith(("I", "F")):
        values = np.asarray(_reduced(image.convert("F")))
        values = np.nan_to_num(values, nan=0, posinf=3e38, neginf=-3e38)
        low, high = np.float64(values.min()), np.float64(values.max())
        return ((values - low) * (255 / max(high - low, 1e-6))).astype(np.uint8), None
    if image.mode in ("LA", "PA", "La", "RGBA", "RGBa") or "transparency" in image.info:
        colours = np.asarray(_reduced(image.convert("RGBA")))
        alpha = colours[..., 3]
        if alpha.min() < 255:
            seen = colours[alpha > 127]
            edge = np.concatenate([alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]])
            if len(seen) and np.mean(edge < 128) > 0.5 and np.ptp(seen[:, :3], 0).max() < 64:
                return alpha, alpha.astype(np.float32) / 255
            share = alpha[..., None] / 255
            over_white = colours[..., :3] * share + 255 * (1 - share)
            return (over_white + 0.5).astype(np.uint8), None
        return np.ascontiguousarray(colours[..., :3]), None
    if image.mode in ("1", "L"):
        return np.asarray(_reduced(image.convert("L"))), None
    colours = np.asarray(_reduced(image.convert("RGB")))
    return colours, None


def _reduced(image: Image.Image) -> Image.Image:
    factor = -(-max(image.size) // LONG_SIDE)
    return image.reduce(factor) if factor > 1 else image


def _paper(pixels: np.ndarray) -> np.ndarray:
    """Estimate the paper behind the ink, of the picture's own shape."""
    height, width = pixels.shape[:2]
    scale = min(1, max(PAPER_SIDE / max(height, width), 32 / min(height, width)))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    side = min(size)
    paper = cv2.medianBlur(small, int(side * 0.6) // 2 * 2 + 1)
    change = np.abs(_change(small, paper))
    if change.ndim == 3:
        change = change.max(2)
    level = max(0.1, 0.5 * float(np.quantile(change, 0.98)))
    inked = cv2.dilate((change > level).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    small = small.copy()
    small[inked] = paper[inked]
    paper = cv2.medianBlur(small, int(side * 0.25) // 2 * 2 + 1)
    return cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR).reshape(pixels.shape)


def _change(pixels: np.ndarray, paper: np.ndarray) -> np.ndarray:
    """Return the relative change from the paper: -1 is black on it, +1 white, in any light."""
    paper = paper.astype(np.float32)
    change = pixels - paper
    return change / np.where(
        change < 0, np.maximum(paper, LEAST_LIGHT), np.maximum(255 - paper, 1.5 * LEAST_LIGHT)
    )


def _along_the_ink(change: np.ndarray) -> np.ndarray:
    """Return the change `[H, W, 3]` along the colour in which it is greatest, darker negative."""
    flat = change.reshape(-1, 3)
    strength = np.abs(flat).max(1)
    strong = flat[strength >= max(1e-3, 0.5 * np.quantile(strength, 0.995))]
    if len(strong) == 0:
        return change.mean(2)
    _, vectors = np.linalg.eigh(strong.T @ strong)
    axis = vectors[:, -1]
    axis = axis / np.abs(axis).sum()  # a grey change keeps its size
    if axis.sum() < 0:
        axis = -axis
    return change @ axis.astype(np.float32)
