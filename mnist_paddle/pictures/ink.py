"""Tell ink from paper: a picture in, how much ink lies on each pixel out.

The colour in which the picture varies most is looked at alone, so any pen on any paper will do.
The paper is estimated place by place, so shadows, uneven light and grey paper go away.
"""

import cv2
import numpy as np
from PIL import Image

PAPER_SIDE = 72  # pixels; the paper changes slowly, a small picture shows it
LEAST_LIGHT = 64  # grey levels; below, differences are noise that is not to be enlarged


def ink_of(image: Image.Image, times: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return two `[H, W] uint8` maps of a picture: what is darker than the paper, and lighter.

    0 is paper, 255 the change from white to black or back. Which of the two holds the digit is
    decided by what is found in them. The picture is reduced first, `times` times.
    """
    pixels, ink = _pixels(_reduced(image, times))
    if ink is not None:
        return ink, np.zeros_like(ink)
    sheet = _sheet(_small(pixels))
    if sheet is not None:
        height, width = pixels.shape[:2]
        sheet = cv2.resize(sheet, (width, height), interpolation=cv2.INTER_NEAREST)
        pixels = pixels.copy()
        pixels[sheet == 0] = np.median(pixels[sheet > 0][::7], axis=0)
    shining = True  # a product of light and paper
    if pixels.ndim == 3:
        pixels, shining = _in_one_colour(pixels)
    pixels = _without_noise(pixels)
    return _differences(pixels, _paper(pixels), shining)


def _pixels(image: Image.Image) -> tuple[np.ndarray, np.ndarray | None]:
    """Return `[H, W] uint8` or `[H, W, 3] uint8`, and the ink if transparency alone shows it."""
    if image.mode.startswith(("I", "F")):
        values = np.nan_to_num(np.asarray(image.convert("F")), posinf=0, neginf=0)
        low, high = np.float64(values.min()), np.float64(values.max())
        return ((values - low) * (255 / max(high - low, 1e-6))).astype(np.uint8), None
    if image.mode in ("LA", "PA", "La", "RGBA", "RGBa") or "transparency" in image.info:
        colours = np.asarray(image.convert("RGBA"))
        alpha = colours[..., 3]
        if alpha.min() == 255:
            return np.ascontiguousarray(colours[..., :3]), None
        seen = colours[alpha > 127, :3]
        edge = np.concatenate([alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]])
        if len(seen) and np.mean(edge < 128) > 0.5 and np.ptp(seen, axis=0).max() < 64:
            return colours, np.ascontiguousarray(alpha)  # one colour on nothing, maybe white
        share = alpha[..., None] / np.float32(255)
        over_white = colours[..., :3] * share + 255 * (1 - share)
        return (over_white + 0.5).astype(np.uint8), None
    return np.asarray(image.convert("L" if image.mode in "1L" else "RGB")), None


def _reduced(image: Image.Image, times: int) -> Image.Image:
    if times == 1:
        return image
    if image.mode == "1":
        image = image.convert("L")
    elif image.mode in ("P", "PA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")  # colours that can be mixed
    elif image.mode.startswith("I"):
        image = image.convert("F")
    return image.reduce(times)


def _small(pixels: np.ndarray) -> np.ndarray:
    height, width = pixels.shape[:2]
    scale = min(1, max(PAPER_SIDE / max(height, width), 32 / min(height, width)))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA) if scale < 1 else pixels


def _median(pixels: np.ndarray, share: float) -> np.ndarray:
    """Return the median of a square around each pixel, its side a share of the picture's."""
    return cv2.medianBlur(pixels, max(3, int(min(pixels.shape[:2]) * share) // 2 * 2 + 1))


def _quantile(values: np.ndarray, share: float) -> float:
    """Return the value below which a share of all lies; NumPy's own takes ten times as long."""
    place = round(share * (values.size - 1))
    return float(np.partition(values, place, axis=None)[place])


def _sheet(small: np.ndarray) -> np.ndarray | None:
    """Return the pixels `[h, w] uint8` of a sheet of paper that lies on something else, or None.

    A sheet is a large area with straight sides and something on it, lighter than what is around it
    or darker. It is returned without its edge.
    """
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY) if small.ndim == 3 else small
    if min(grey.shape) < 24:
        return None
    _, light = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    if not 0 < light.sum() < light.size:
        return None
    if grey[light > 0].mean() - grey[light == 0].mean() < 30:
        return None
    for area, least in ((light, 0.2), (1 - light, 0.35)):
        outlines, _ = cv2.findContours(area, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        outline = max(outlines, key=cv2.contourArea)
        hull = cv2.convexHull(outline)
        size = cv2.contourArea(hull)
        _, sides, _ = cv2.minAreaRect(hull)
        if size < least * grey.size or size < 0.85 * sides[0] * sides[1]:
            continue
        sheet = cv2.drawContours(np.zeros_like(grey), [hull], -1, 1, cv2.FILLED)
        around = area[sheet == 0]
        if around.size < 0.02 * grey.size or around.mean() > 0.2 or area[sheet > 0].mean() < 0.8:
            continue
        if sum(side.any() for side in (sheet[0], sheet[-1], sheet[:, 0], sheet[:, -1])) > 2:
            continue  # a straight edge across the picture may be a shadow's
        sheet = cv2.erode(sheet, np.ones((5, 5), np.uint8), borderValue=1)
        written = cv2.absdiff(grey, _median(grey, 0.3))[sheet > 0]
        if written.size and written.max() > 16:
            return sheet
    return None


def _in_one_colour(pixels: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return the picture `[H, W] uint8` in the colour that tells ink from paper best.

    And whether it is a brightness, rather than a difference of two colours of like brightness.
    """
    small = _small(pixels)
    change = (small - _median(small, 0.6).astype(np.float32)).reshape(-1, 3)
    strength = np.abs(change).max(1)
    strong = change[strength >= 0.5 * _quantile(strength, 0.99)]
    _, vectors = np.linalg.eigh(strong.T @ strong)
    axis = vectors[:, -1] * np.sign(vectors[:, -1].sum() or 1)
    axis = np.where(np.abs(axis) < 0.15, 0, axis) / np.abs(axis).sum()
    shining = bool((axis >= 0).all())
    matrix = np.append(axis, 0 if shining else 127.5)[None]
    return cv2.transform(pixels, matrix), shining


def _without_noise(pixels: np.ndarray) -> np.ndarray:
    """Return `[H, W] uint8` without single stray pixels, and smoothed as far as it is noisy."""
    ring = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], np.uint8)
    above = cv2.subtract(pixels, cv2.dilate(pixels, ring))
    below = cv2.subtract(cv2.erode(pixels, ring), pixels)
    stray = cv2.max(above, below) > 40
    if np.count_nonzero(stray) > 0.002 * pixels.size + 2:
        calm = cv2.medianBlur(pixels, 3)
        pixels = calm if min(pixels.shape) > 50 else np.where(stray, calm, pixels)
    if min(pixels.shape) > 60:
        rough = cv2.absdiff(pixels, cv2.medianBlur(pixels, 3))
        sample = np.sort(rough[::3, ::3], axis=None)
        noise = int(sample[sample.size // 2])
        if noise >= 3:
            pixels = cv2.GaussianBlur(pixels, (0, 0), min(2.5, 0.25 * noise))
    return pixels


def _paper(pixels: np.ndarray) -> np.ndarray:
    """Estimate the paper behind the ink, `[H, W] uint8` as the picture is."""
    small = _small(pixels)
    paper = _without_islands(_median(small, 0.6))
    change = cv2.absdiff(small, paper)
    inked = (change > max(16, 0.4 * _quantile(change, 0.998))).astype(np.uint8)
    near_ink = cv2.dilate(inked, np.ones((3, 3), np.uint8)) > 0
    paper = _median(np.where(near_ink, paper, small), 0.25)  # follows the light more closely
    return cv2.resize(paper, pixels.shape[::-1], interpolation=cv2.INTER_LINEAR)


def _without_islands(paper: np.ndarray) -> np.ndarray:
    """Give what lies like an island in the estimated paper, thick ink, the colour of the edge."""
    edge = np.concatenate([paper[0], paper[-1], paper[:, 0], paper[:, -1]])
    usual = np.median(edge)
    other = (np.abs(paper - usual) > 30).astype(np.uint8)
    count, labels = cv2.connectedComponents(other)
    if count == 1:
        return paper
    along = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    shores = np.bincount(along, minlength=count) > 0.08 * along.size
    shores[0] = True
    return np.where(shores[labels], paper, usual).astype(np.uint8)


def _differences(
    pixels: np.ndarray, paper: np.ndarray, shining: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return how much darker and how much lighter than the paper each pixel is, 0..255."""
    darker, lighter = cv2.subtract(paper, pixels), cv2.subtract(pixels, paper)
    if not shining:
        return cv2.add(darker, darker), cv2.add(lighter, lighter)
    # In half the light the same ink makes half the difference.
    return (
        cv2.divide(darker, np.maximum(paper, LEAST_LIGHT), scale=255),
        cv2.divide(lighter, np.maximum(255 - paper, 2 * LEAST_LIGHT), scale=255),
    )
