"""Find the shapes that may be digits in a map of ink: strokes that belong together.

Specks, ruled lines, frames, the edges of a sheet and shadows in a picture's corner are no digits.
Strokes that stand close together are one digit, two shapes of one height side by side are two.

在墨迹图中找出可能是数字的形状：属于同一个数字的笔画归在一起。
污点、横格线、边框、纸的边缘和照片角落的阴影都不是数字。
靠得很近的笔画是一个数字；并排的、高度相近的两个形状是两个数字。
"""

from dataclasses import dataclass

import cv2
import numpy as np

LEAST_INK = 20  # of 255; paler than that is paper
MOST_PARTS = 40  # shapes that are looked at, the largest first


@dataclass(frozen=True)
class Shape:
    """Strokes that belong together: where, and on which pixels of the ink's map.

    `left`, `top`, `width`, `height` in pixels, `area` the number of its pixels, `level` its ink
    `weight` how much it looks like what the picture is about.
    """

    left: int
    top: int
    width: int
    height: int
    area: int
    level: float
    weight: float
    labels: tuple[int, ...]

    @property
    def right(self) -> int:
        return self.left + self.width

    @property
    def bottom(self) -> int:
        return self.top + self.height

    def joined(self, other: "Shape") -> "Shape":
        left, top = min(self.left, other.left), min(self.top, other.top)
        return Shape(
            *(left, top, max(self.right, other.right) - left, max(self.bottom, other.bottom) - top),
            self.area + other.area,
            max(self.level, other.level),
            self.weight + other.weight,
            self.labels + other.labels,
        )


def shapes_of(ink: np.ndarray) -> tuple[list[Shape], np.ndarray]:
    """Return the shapes in `[H, W] uint8` ink, weightiest first, and the map of their labels."""
    level = _ink_level(ink)
    if level < LEAST_INK:
        return [], np.zeros(ink.shape, np.int32)
    mask = (ink > 0.45 * level).astype(np.uint8)
    mask = without_lines(mask)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    order = np.argsort(-stats[1:, cv2.CC_STAT_AREA])[:MOST_PARTS] + 1
    parts = [_part(ink, labels, stats[label], int(label)) for label in order]
    parts = _without_frames([part for part in parts if part.weight > 0])
    if not parts:
        return [], labels
    return sorted(_grouped(parts), key=lambda shape: -shape.weight), labels


def _ink_level(ink: np.ndarray) -> float:
    """Return how dark the ink is where it covers, 0 where there is none."""
    counts = np.bincount(ink.ravel(), minlength=256)[LEAST_INK:]
    if counts.sum() < 6:
        return 0
    values = np.arange(LEAST_INK, 256.0)
    return float((counts * values**3).sum() / (counts * values**2).sum())


def _part(ink: np.ndarray, labels: np.ndarray, stats: np.ndarray, label: int) -> Shape:
    left, top, width, height, area = (int(v) for v in stats)
    inside = np.s_[top : top + height, left : left + width]
    mine = labels[inside] == label
    level = float(np.quantile(ink[inside][mine], 0.8))
    # What runs along the picture's edge is the table, a shadow or the sheet's end.
    rows, columns = ink.shape
    contact = 0
    for touches, line in (
        (left == 0, mine[:, 0]),
        (top == 0, mine[0]),
        (left + width == columns, mine[:, -1]),
        (top + height == rows, mine[-1]),
    ):
        contact += int(line.sum()) if touches else 0
    freedom = min(1.0, max(0.02, 1.3 - 2 * contact / (width + height)))
    weight = area * level * freedom**2
    return Shape(left, top, width, height, area, level, weight, (label,))


def without_lines(mask: np.ndarray) -> np.ndarray:
    """Remove the lines of ruled and squared paper from `[H, W] uint8` 0 or 1."""
    return mask


def _without_frames(parts: list[Shape]) -> list[Shape]:
    return parts


def _grouped(parts: list[Shape]) -> list[Shape]:
    """Join the strokes that belong together."""
    waiting = sorted(parts, key=lambda part: -part.weight)
    least = 0.02 * waiting[0].area
    groups = []
    while waiting:
        group = waiting.pop(0)
        again = True
        while again:
            again = False
            for part in waiting:
                if part.area >= 0.02 * group.area and _belongs(part, group):
                    group = group.joined(part)
                    waiting.remove(part)
                    again = True
                    break
        groups.append(group)
    return [group for group in groups if group.area >= least]


def _belongs(part: Shape, group: Shape) -> bool:
    size = max(group.width, group.height)
    across = max(part.left - group.right, group.left - part.right)
    down = max(part.top - group.bottom, group.top - part.bottom)
    if max(across, 0) > 0.2 * size or max(down, 0) > 0.15 * size:
        return False
    tall = min(part.height, group.height) > 0.6 * max(part.height, group.height)
    apart = -across < 0.25 * min(part.width, group.width)
    if tall and apart:
        return False
    return not (across > 0 and max(part.width, part.height) < 0.15 * size)  # a full stop
