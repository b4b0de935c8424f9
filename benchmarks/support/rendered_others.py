"""Pictures that show no single digit, rendered by program: the same seed, the same pictures."""

import cv2
import numpy as np

from benchmarks.support.rendered_pictures import enlarge, grain, pack, page, paint, slope, trimmed

LETTERS = "ACEFGHKMNPRTUVWXYaefhkmnprtwxÄ?&%#@"  # none that is taken for a digit


def sheet(rng, shade=240):
    width, height = (int(v) for v in rng.integers(150, 500, 2))
    return np.full((height, width, 3), shade, np.uint8)


def colour(rng):
    return tuple(int(v) for v in rng.integers(0, 256, 3))


def blank(rng):
    pixels = sheet(rng, rng.integers(0, 256))
    light = slope(*pixels.shape[1::-1], rng, rng.uniform(0, 0.4))[..., None]
    return pack(grain(pixels * light, rng, rng.uniform(0, 6)), "JPEG")


def letter(rng):
    pixels = sheet(rng)
    text = str(rng.choice(list(LETTERS)))
    size = min(pixels.shape[:2]) / 45
    place = (int(pixels.shape[1] * 0.2), int(pixels.shape[0] * 0.8))
    pen = max(2, int(size * rng.uniform(1.5, 3)))
    cv2.putText(pixels, text, place, int(rng.choice([0, 3, 4])), size, colour(rng), pen)
    return pack(pixels)


def words(rng):
    pixels = sheet(rng)
    for row in range(30, pixels.shape[0], 30):
        text = "".join(rng.choice(list(LETTERS + "   "), 30))
        cv2.putText(pixels, text, (5, row), 0, 0.7, (30, 30, 30), 2)
    return pack(pixels)


def several_digits(digits):
    def render(rng):
        inks = [trimmed(enlarge(digits[i], 120)) for i in rng.integers(0, len(digits), 4)]
        mask = np.concatenate([np.pad(ink, ((0, 150 - len(ink)), (5, 20))) for ink in inks], 1)
        return pack(paint(page(mask, mask.shape[1] + 60, 220, rng), 245, 30))

    return render


def scribble(rng):
    pixels = sheet(rng)
    points = rng.random((int(rng.integers(12, 40)), 2)) * pixels.shape[1::-1]
    cv2.polylines(pixels, [np.int32(points)], False, colour(rng), int(rng.integers(2, 6)))
    return pack(pixels)


def texture(rng):
    width, height = (int(v) for v in rng.integers(150, 500, 2))
    pixels = rng.normal(0, 1, (height, width, 3)).astype(np.float32)
    sigma = rng.uniform(1, 30)
    pixels = cv2.GaussianBlur(pixels, (0, 0), sigma, sigmaY=sigma * rng.uniform(0.3, 3))
    return pack(128 + pixels / pixels.std() * rng.uniform(20, 70), "JPEG")


def scene(rng):
    """Large soft shapes with texture, as in a photograph."""
    pixels = np.full((360, 480, 3), colour(rng), np.float32)
    for _ in range(int(rng.integers(8, 40))):
        centre = tuple(int(v) for v in rng.integers(0, 480, 2))
        axes = tuple(int(v) for v in rng.integers(5, 150, 2))
        cv2.ellipse(pixels, centre, axes, int(rng.integers(180)), 0, 360, colour(rng), -1)
    pixels = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.5, 4))
    pixels *= slope(480, 360, rng, rng.uniform(0, 0.5))[..., None]
    return pack(grain(pixels, rng, rng.uniform(2, 12)), "JPEG")


def face(rng):
    """A cat's or a person's, in a few lines."""
    pixels = sheet(rng)
    height, width = pixels.shape[:2]
    x, y, r = width // 2, height // 2, min(width, height) // 3
    line, pen = int(rng.integers(2, 7)), colour(rng)
    cv2.circle(pixels, (x, y), r, pen, line)
    for side in (-1, 1):
        cv2.circle(pixels, (x + side * r // 3, y - r // 4), max(2, r // 8), pen, -1)
        if rng.random() < 0.5:
            ear = [[x + side * r // 3, y - r], [x + side * r, y - r * 3 // 2], [x + side * r, y]]
            cv2.polylines(pixels, [np.int32(ear)], False, pen, line)
            for tilt in (-1, 0, 1):
                end = (x + side * r * 3 // 2, y + r // 3 + tilt * r // 4)
                cv2.line(pixels, (x + side * r // 4, y + r // 4), end, pen, line)
    cv2.ellipse(pixels, (x, y + r // 3), (r // 2, r // 4), 0, 0, 180, pen, line)
    return pack(pixels)


def drawing(rng):
    """A few straight lines, boxes, rings and stars."""
    pixels = sheet(rng)
    for _ in range(int(rng.integers(2, 7))):
        a, b = (tuple(int(v) for v in rng.random(2) * pixels.shape[1::-1]) for _ in range(2))
        line, pen = int(rng.integers(2, 8)), colour(rng)
        kind = rng.integers(3)
        if kind == 0:
            cv2.rectangle(pixels, a, b, pen, line)
        elif kind == 1:
            cv2.line(pixels, a, b, pen, line)
        else:
            cv2.circle(pixels, a, int(rng.integers(10, 90)), pen, line)
    return pack(pixels)


def others(digits):
    """Return the kinds by name; `digits` `[N, 28, 28] uint8` are for the pictures of several."""
    kinds = (blank, letter, words, scribble, texture, scene, face, drawing)
    return {"several digits": several_digits(digits)} | {kind.__name__: kind for kind in kinds}
