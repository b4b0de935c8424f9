"""Find the shapes that may be digits in a map of ink: strokes that belong together.

Specks, ruled lines, frames, the edges of a sheet and shadows in a picture's corner are no digits.
Strokes that stand close together are one digit, two shapes of one height side by side are two.
"""

from dataclasses import dataclass

import cv2
import numpy as np

LEAST_INK = 20  # of 255; paler than that is paper
MOST_PARTS = 30  # shapes that are looked at, the largest first


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

    def mask(self, labels: np.ndarray, margin: int = 0) -> np.ndarray:
        """Return its pixels in its box and a margin, as far as the picture goes, `uint8` 0 or 1."""
        top, left = max(0, self.top - margin), max(0, self.left - margin)
        inside = labels[top : self.bottom + margin, left : self.right + margin]
        mine = inside == self.labels[0]
        for label in self.labels[1:]:
            mine |= inside == label
        pixels: np.ndarray = mine.astype(np.uint8)
        return pixels

    def joined(self, other: "Shape") -> "Shape":
        left, top = min(self.left, other.left), min(self.top, other.top)
        return Shape(
            *(left, top, max(self.right, other.right) - left, max(self.bottom, other.bottom) - top),
            self.area + other.area,
            max(self.level, other.level),
            self.weight + other.weight,
            self.labels + other.labels,
        )


def shapes_of(ink: np.ndarray, level: float) -> tuple[list[Shape], np.ndarray]:
    """Return the shapes in `[H, W] uint8` ink, weightiest first, and the map of their labels.

    `level` is the ink's, of `ink_level`.
    """
    if level < LEAST_INK:
        return [], np.zeros(ink.shape, np.int32)
    mask = cv2.threshold(ink, 0.45 * level, 1, cv2.THRESH_BINARY)[1]
    labels, stats = _components(mask)
    if min(mask.shape) >= 60 and _some_are_long(stats, mask.shape):
        clean = without_lines(mask)
        mask = clean if clean.any() else mask  # a 1 that fills the picture
        labels, stats = _components(mask)
    order = np.argsort(-stats[1:, cv2.CC_STAT_AREA])[:MOST_PARTS] + 1
    parts = [_part(ink, labels, stats[label], int(label)) for label in order]
    parts = [part for part in parts if not _is_frame(part, parts, labels)]
    return sorted(_grouped(parts), key=lambda shape: -shape.weight), labels


def _components(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the connected parts of a mask: the map of their labels, and OpenCV's table of them."""
    algorithm = cv2.CCL_BBDT  # twice as fast here as the one by default
    _, labels, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(
        mask, 8, cv2.CV_32S, algorithm
    )
    return labels, stats


def ink_level(ink: np.ndarray) -> float:
    """Return how dark the ink is where it covers, 0 where there is none."""
    inked = cv2.threshold(ink, LEAST_INK - 1, 0, cv2.THRESH_TOZERO)[1].astype(np.float32).ravel()
    squares = inked * inked
    total = float(squares.sum())
    return float(squares @ inked) / total if total > 6 * LEAST_INK**2 else 0


def _part(ink: np.ndarray, labels: np.ndarray, stats: np.ndarray, label: int) -> Shape:
    left, top, width, height, area = (int(v) for v in stats)
    inside = np.s_[top : top + height, left : left + width]
    mine = labels[inside] == label
    values = ink[inside][mine]
    level = float(np.partition(values, int(0.8 * area))[int(0.8 * area)])
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
    freedom = min(1.0, max(0.02, 1.4 - 1.5 * contact / (width + height)))
    through = width == columns or height == rows  # from edge to edge
    weight = area * level * freedom**2 * (0.3 if through else 1)
    return Shape(left, top, width, height, area, level, weight, (label,))


def without_lines(mask: np.ndarray) -> np.ndarray:
    """Remove the lines of ruled and squared paper from `[H, W] uint8` 0 or 1.

    A line is straight, about level or upright, thin, and goes on beyond any digit.
    """
    for turned in (False, True):
        picture = np.ascontiguousarray(mask.T) if turned else mask
        picture = _without_level_lines(picture)
        mask = np.ascontiguousarray(picture.T) if turned else picture
    return mask


def _some_are_long(stats: np.ndarray, shape: tuple[int, ...]) -> bool:
    width, height = stats[1:, cv2.CC_STAT_WIDTH], stats[1:, cv2.CC_STAT_HEIGHT]
    return bool(((width > 0.9 * shape[1]) | (height > 0.9 * shape[0])).any())


def _without_level_lines(mask: np.ndarray) -> np.ndarray:
    columns = mask.shape[1]
    seen = cv2.HoughLines(
        mask, 1, np.pi / 720, columns // 2, min_theta=np.pi / 2 - 0.09, max_theta=np.pi / 2 + 0.09
    )
    if seen is None:
        return mask
    across = np.arange(columns)
    taken: list[np.ndarray] = []
    clean = mask.copy()
    for distance, angle in seen.reshape(-1, 2)[:200]:  # the surest first
        down = (distance - across * np.cos(angle)) / np.sin(angle)
        if any(np.abs(down - other).mean() < 6 for other in taken):
            continue
        taken.append(down)
        clean &= _line_removed(mask, np.round(down).astype(int))
    return clean


def _line_removed(mask: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Return the mask without the thin ink along a line, at row `down[x]` in column x."""
    rows, columns = mask.shape
    reach = 8
    places = down[None] + np.arange(-reach, reach + 1)[:, None]
    band = mask[np.clip(places, 0, rows - 1), np.arange(columns)]
    band[(places < 0) | (places >= rows)] = 0
    core = slice(reach - 1, reach + 2)
    on_line = band[core].any(axis=0)
    # Thin is what a line is in most places; where a stroke crosses, the ink is thicker.
    thick = band.sum(axis=0)
    usual = float(np.median(thick[on_line])) if on_line.any() else reach
    spread = np.array_split(on_line, 8)
    most = max(3, 0.015 * columns)
    if usual > most or sum(part.mean() > 0.5 for part in spread) < 7:
        return mask
    thin = thick <= usual + 1.5
    erased = band * ~thin[None]
    result = mask.copy()
    inside = (places >= 0) & (places < rows)
    columns_of = np.broadcast_to(np.arange(columns), places.shape)
    result[places[inside], columns_of[inside]] = erased[inside]
    return result


def _is_frame(part: Shape, parts: list[Shape], labels: np.ndarray) -> bool:
    """Return whether a shape goes around another one and leaves its own middle empty."""
    inner = [
        other
        for other in parts
        if part.left < other.left
        and other.right < part.right
        and part.top < other.top
        and other.bottom < part.bottom
        and other.height > 0.25 * part.height
    ]
    if not inner:
        return False
    x, y = part.width // 6, part.height // 6
    middle = labels[part.top + y : part.bottom - y, part.left + x : part.right - x]
    return bool((middle == part.labels[0]).sum() < 0.05 * part.area)


def _grouped(parts: list[Shape]) -> list[Shape]:
    """Join the strokes that belong together."""
    waiting = sorted(parts, key=lambda part: -part.weight)
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
    return groups


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
