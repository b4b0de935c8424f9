"""Pictures of digits as people have them, rendered by program: the same seed, the same pictures.

`render(kind, ink, rng)` takes a digit as `[28, 28] uint8`, ink 255, and returns the bytes of a
picture file. KINDS names the conditions.
"""

import io

import cv2
import numpy as np
from PIL import Image

from mnist_paddle.data import draw_digits

# ---------------------------------------------------------------------------------- the digit


def enlarge(ink, side):
    """A digit without its 28×28 steps: `[side, side] float32` 0..1, sharp edges."""
    large = cv2.resize(np.float32(ink) / 255, (side, side), interpolation=cv2.INTER_CUBIC)
    large = cv2.GaussianBlur(large, (0, 0), side / 28 * 0.3)
    return np.clip((large - 0.38) * side / 28 * 0.7 + 0.5, 0, 1).astype(np.float32)


def skeleton(ink, side=112):
    """The middle of the strokes, one pixel wide (Zhang and Suen, 1984)."""
    on = np.pad(enlarge(ink, side) > 0.5, 1)
    while True:
        before = on.sum()
        for first in (True, False):
            ring = [
                np.roll(on, shift, (0, 1))
                for shift in ((1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1))
            ]
            count = sum(map(np.int8, ring))
            turns = sum(~a & b for a, b in zip(ring, ring[1:] + ring[:1], strict=True))
            n, e, s, w = ring[0], ring[2], ring[4], ring[6]
            edge = ~(n & e & s) & ~(e & s & w) if first else ~(n & e & w) & ~(n & s & w)
            on = on & ~((count >= 2) & (count <= 6) & (turns == 1) & edge)
        if on.sum() == before:
            return np.float32(on[1:-1, 1:-1])


def with_pen(ink, side, thickness):
    """The digit written again with a pen of `thickness`, a share of the digit's box."""
    middle = skeleton(ink)
    away = cv2.distanceTransform(np.uint8(middle == 0), cv2.DIST_L2, 5)
    away = np.maximum(cv2.GaussianBlur(away, (0, 0), 1) - 0.6, 0)  # smooth, 0 in the middle
    away = cv2.resize(away, (side, side), interpolation=cv2.INTER_CUBIC) * side / 112
    radius = max(thickness * 20 / 28 * side, 1.3) / 2
    return np.clip(radius - away + 0.5, 0, 1).astype(np.float32)


def page(ink, width, height, rng, place=None):
    """Put `[h, w]` ink somewhere on a page of `[height, width]`."""
    canvas = np.zeros((height, width), np.float32)
    h, w = ink.shape
    if place is None:
        place = rng.integers(0, height - h + 1), rng.integers(0, width - w + 1)
    canvas[place[0] : place[0] + h, place[1] : place[1] + w] = ink
    return canvas


def paint(mask, paper, pen):
    """Mix `pen` over `paper`, both a grey or a colour or a picture of them; `[H, W(, 3)] float`."""
    paper, pen = np.float32(paper), np.float32(pen)
    mask = mask[..., None] if max(paper.ndim, pen.ndim) in (1, 3) else mask
    return mask * pen + (1 - mask) * paper


def trimmed(mask):
    """Cut to the ink with a small margin."""
    x, y, w, h = cv2.boundingRect(np.uint8(mask > 0.3))
    return np.pad(mask[y : y + h, x : x + w], max(2, max(w, h) // 10))


# ---------------------------------------------------------------------------------- the file


def pack(pixels, kind="PNG", **options):
    image = pixels
    if not isinstance(pixels, Image.Image):
        image = Image.fromarray(np.uint8(np.clip(pixels, 0, 255) + 0.5))
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def grain(pixels, rng, sigma):
    return pixels + rng.normal(0, sigma, pixels.shape)


def slope(width, height, rng, depth):
    """Light that falls off to one side: 1 down to 1 - depth."""
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[:height, :width]
    ramp = x / width * np.cos(angle) + y / height * np.sin(angle)
    ramp = (ramp - ramp.min()) / np.ptp(ramp)
    return (1 - depth * ramp).astype(np.float32)


def shade(width, height, rng, depth, soft):
    """A shadow whose straight edge crosses the page."""
    angle, where = rng.uniform(0, 2 * np.pi), rng.uniform(-0.25, 0.25)
    y, x = np.mgrid[:height, :width]
    across = (x - width / 2) * np.cos(angle) + (y - height / 2) * np.sin(angle)
    step = np.clip((across - where * min(width, height)) / soft + 0.5, 0, 1)
    return (1 - depth * step).astype(np.float32)


# ---------------------------------------------------------------------------------- the kinds


def dark_on_white(ink, rng):
    side = int(rng.integers(150, 600))
    return pack(paint(enlarge(ink, side), 255, rng.integers(0, 60)))


def white_on_black(ink, rng):
    side = int(rng.integers(100, 500))
    return pack(paint(enlarge(ink, side), rng.integers(0, 40), rng.integers(200, 256)))


def small_on_a_large_page(ink, rng):
    mask = trimmed(enlarge(ink, int(rng.integers(60, 110))))
    return pack(paint(page(mask, 1000, int(rng.integers(700, 1300)), rng), 250, 30))


def grey_paper_and_slanting_light(ink, rng):
    side = int(rng.integers(200, 500))
    mask = page(trimmed(enlarge(ink, side)), side + 150, side + 100, rng)
    light = slope(side + 150, side + 100, rng, rng.uniform(0.3, 0.65))
    pixels = paint(mask, rng.integers(150, 230), rng.integers(20, 60)) * light
    return pack(grain(pixels, rng, 3), "JPEG", quality=85)


def edge_of_a_shadow(ink, rng):
    side = int(rng.integers(200, 500))
    mask = page(trimmed(enlarge(ink, side)), side + 100, side + 100, rng)
    light = shade(side + 100, side + 100, rng, rng.uniform(0.3, 0.6), rng.uniform(1, 30))
    return pack(grain(paint(mask, 235, 35) * light, rng, 3), "JPEG", quality=85)


INKS = ((20, 30, 150), (170, 20, 30), (10, 110, 40), (90, 20, 120), (200, 90, 0), (30, 30, 30))
PAPERS = ((250, 250, 200), (255, 220, 225), (210, 235, 255), (215, 250, 215), (245, 225, 190))


def colour_pen_on_coloured_paper(ink, rng):
    mask = enlarge(ink, int(rng.integers(150, 400)))
    pixels = paint(mask, PAPERS[rng.integers(5)], INKS[rng.integers(6)])
    return pack(pixels, *rng.choice(["PNG", "JPEG", "WEBP"], 1))


def ink_as_light_as_the_paper(ink, rng):
    pairs = (((220, 60, 60), (50, 140, 60)), ((60, 130, 220), (200, 95, 60)))
    pairs += (((150, 150, 40), (170, 110, 220)), ((255, 120, 180), (90, 180, 150)))
    paper, pen = pairs[rng.integers(4)][:: int(rng.choice([1, -1]))]
    paper, pen = np.float64(paper), np.float64(pen)
    weights = np.array([0.299, 0.587, 0.114])
    pen = np.clip(pen * (paper @ weights) / (pen @ weights), 0, 255)
    return pack(paint(enlarge(ink, int(rng.integers(150, 400))), paper, pen))


def transparent(ink, rng, colour):
    mask = enlarge(ink, int(rng.integers(100, 400)))
    colours = np.empty((*mask.shape, 4), np.uint8)
    colours[..., :3] = np.where(mask[..., None] > 0, colour, rng.choice([0, 255]))
    colours[..., 3] = mask * 255 + 0.5
    return pack(Image.fromarray(colours))


def dark_ink_on_nothing(ink, rng):
    return transparent(ink, rng, INKS[rng.integers(6)])


def white_ink_on_nothing(ink, rng):
    return transparent(ink, rng, (255, 255, 255))


TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def turned_by_the_camera(ink, rng):
    side = int(rng.integers(200, 500))
    mask = page(trimmed(enlarge(ink, side)), side + 200, side + 100, rng)
    image = Image.fromarray(np.uint8(grain(paint(mask, (225, 220, 210), (40, 40, 70)), rng, 2)))
    orientation = int(rng.choice([6, 8, 3, 6, 8, 2, 4, 5, 7]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    return pack(image.transpose(TURNS[orientation]), "JPEG", quality=90, exif=exif)


def lines(width, height, rng, squared):
    """Ruled paper, printed a little askew: `[height, width]` 0..1."""
    pitch, tilt = rng.uniform(25, 60), np.tan(np.radians(rng.uniform(-2, 2)))
    thick = rng.uniform(1, 2.2)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    offset = rng.uniform(0, pitch)

    def rule(across):
        away = np.abs((across + offset) % pitch - pitch / 2)
        return np.clip(thick / 2 - away + 0.5, 0, 1)

    ruled = rule(y + tilt * x)
    return np.maximum(ruled, rule(x - tilt * y)) if squared else ruled


def paper_with_lines(ink, rng, squared):
    side = int(rng.integers(180, 420))
    mask = page(trimmed(enlarge(ink, side)), side + 160, side + 80, rng)
    printed = ((150, 180, 225), (170, 170, 170), (225, 160, 170), (90, 110, 170), (70, 70, 70))
    rules = lines(side + 160, side + 80, rng, squared)[..., None]
    paper = paint(rules[..., 0], np.float32([245, 244, 238]), printed[rng.integers(5)])
    pixels = paint(mask, paper, INKS[rng.choice([0, 5, 1])])
    return pack(grain(pixels, rng, 2), "JPEG", quality=88)


def ruled_paper(ink, rng):
    return paper_with_lines(ink, rng, False)


def squared_paper(ink, rng):
    return paper_with_lines(ink, rng, True)


def specks(ink, rng):
    side = int(rng.integers(100, 400))
    pixels = paint(enlarge(ink, side), 240, 30)
    chance = rng.random(pixels.shape)
    share = rng.uniform(0.01, 0.06)
    pixels[chance < share] = 0
    pixels[chance > 1 - share] = 255
    for _ in range(int(rng.integers(0, 6))):  # crumbs
        centre = tuple(int(v) for v in rng.integers(0, side, 2))
        cv2.circle(pixels, centre, int(rng.integers(1, max(2, side // 90))), 40, -1)
    return pack(pixels)


def noise_and_blur(ink, rng):
    side = int(rng.integers(120, 400))
    pixels = paint(enlarge(ink, side), 190, 60)
    pixels = cv2.GaussianBlur(pixels, (0, 0), side / 28 * rng.uniform(0.2, 0.7))
    return pack(grain(pixels, rng, rng.uniform(8, 25)), "JPEG", quality=80)


def strong_jpeg(ink, rng):
    side = int(rng.integers(80, 300))
    pixels = paint(enlarge(ink, side), (245, 245, 245), INKS[rng.integers(6)])
    return pack(pixels, "JPEG", quality=int(rng.integers(5, 15)))


def fine_liner(ink, rng):
    side = int(rng.integers(150, 600))
    mask = trimmed(with_pen(ink, side, rng.uniform(0.015, 0.035)))
    return pack(paint(page(mask, side + 60, side + 90, rng), 250, rng.integers(0, 70)))


def marker(ink, rng):
    side = int(rng.integers(150, 400))
    mask = trimmed(np.pad(with_pen(ink, side, rng.uniform(0.15, 0.21)), 30))
    return pack(paint(page(mask, side + 150, side + 150, rng), 250, rng.integers(0, 50)))


def pale_pencil(ink, rng):
    side = int(rng.integers(200, 500))
    paper = rng.uniform(180, 240)
    mask = page(trimmed(enlarge(ink, side)), side + 60, side + 60, rng)
    texture = 1 - rng.uniform(0, 0.4) * rng.random(mask.shape)
    pixels = paint(mask * texture, paper, paper - rng.uniform(30, 60))
    return pack(grain(pixels, rng, 3), "JPEG", quality=90)


def sheet_on_a_dark_table(ink, rng):
    side = int(rng.integers(250, 450))
    width, height = int(side * rng.uniform(1.0, 1.5)), int(side * rng.uniform(1.0, 1.4))
    digit = trimmed(enlarge(ink, int(side * rng.uniform(0.3, 0.7))))
    sheet = paint(page(digit, width, height, rng), (232, 230, 222), INKS[rng.choice([0, 5])])
    full = width + int(side * rng.uniform(0.2, 0.8)), height + int(side * rng.uniform(0.2, 0.8))
    table = np.float32([(70, 50, 35), (40, 42, 45), (95, 75, 60)][rng.integers(3)])
    left, top = (full[0] - width) * rng.uniform(0, 1), (full[1] - height) * rng.uniform(0, 1)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-6, 6), 1)
    turn[:, 2] += left, top
    cover = cv2.warpAffine(np.ones(sheet.shape[:2], np.float32), turn, full)
    sheet = cv2.warpAffine(np.float32(sheet), turn, full, borderMode=cv2.BORDER_REPLICATE)
    wood = table * (1 + 0.15 * np.sin(np.arange(full[1]) / 7)[:, None, None])
    pixels = paint(cover, np.broadcast_to(wood, sheet.shape), sheet)
    pixels = pixels * slope(*full, rng, rng.uniform(0, 0.35))[..., None]
    return pack(grain(pixels, rng, 3), "JPEG", quality=85)


def very_wide(ink, rng):
    side = int(rng.integers(60, 200))
    shape = (side * int(rng.integers(4, 8)), side) if rng.random() < 0.6 else (side, side * 4)
    return pack(paint(page(enlarge(ink, side), *shape, rng), 255, 20))


def tiny(ink, rng):
    side = int(rng.integers(18, 27))
    mask = cv2.resize(enlarge(ink, 140), (side, side), interpolation=cv2.INTER_AREA)
    paper, pen = ((255, 0), (0, 255), (230, 60))[rng.integers(3)]
    return pack(paint(mask, paper, pen))


def rare_modes(ink, rng):
    grey = paint(enlarge(ink, int(rng.integers(80, 300))), 240, 40)
    image = Image.fromarray(np.uint8(grey))
    mode = ("1", "P", "I;16", "CMYK", "LA", "I;12", "P;1")[rng.integers(7)]
    if mode in ("I;16", "I;12"):
        return pack(Image.fromarray(np.uint16(grey * (257 if mode == "I;16" else 16))))
    if mode == "CMYK":
        return pack(image.convert("CMYK"), *rng.choice(["JPEG", "TIFF"], 1))
    if mode == "P;1":
        return pack(image.convert("RGB").quantize(4), "GIF")
    return pack(image.convert(mode))


def askew(ink, rng):
    side = int(rng.integers(150, 400))
    mask = np.pad(enlarge(ink, side), side // 4)
    corners = np.float32([[0, 0], [1, 0], [1, 1], [0, 1]]) * (len(mask) - 1)
    moved = corners + np.float32(rng.uniform(-0.06, 0.06, (4, 2))) * len(mask)
    mask = cv2.warpPerspective(mask, cv2.getPerspectiveTransform(corners, moved), mask.shape)
    turn = cv2.getRotationMatrix2D((len(mask) / 2, len(mask) / 2), rng.uniform(-9, 9), 1)
    mask = cv2.warpAffine(mask, turn, mask.shape)
    return pack(paint(mask, 245, 30), "JPEG", quality=90)


def mnist_image(ink, rng):
    kind = rng.choice(["PNG", "JPEG", "BMP"])
    return pack(ink if rng.random() < 0.5 else 255 - ink, kind)


def photograph(ink, rng):
    """Several at once: a phone's photo of a note in colour, with shadow, blur, noise, crumbs."""
    width, height = 1600, 1200
    mask = page(trimmed(enlarge(ink, int(rng.integers(300, 700)))), width, height, rng)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-4, 4), 1)
    mask = cv2.warpAffine(mask, turn, (width, height))
    pixels = paint(mask, (228, 222, 205), INKS[rng.choice([0, 1, 5])])
    pixels *= slope(width, height, rng, 0.4)[..., None]
    pixels *= shade(width, height, rng, rng.uniform(0.1, 0.4), 60)[..., None]
    pixels = grain(cv2.GaussianBlur(pixels, (0, 0), 2), rng, 5)
    return pack(pixels, "JPEG", quality=80)


KINDS = {
    function.__name__.replace("_", " "): function
    for function in (
        *(dark_on_white, white_on_black, small_on_a_large_page, grey_paper_and_slanting_light),
        *(edge_of_a_shadow, colour_pen_on_coloured_paper, ink_as_light_as_the_paper),
        *(dark_ink_on_nothing, white_ink_on_nothing, turned_by_the_camera, ruled_paper),
        *(squared_paper, specks, noise_and_blur, strong_jpeg, fine_liner, marker, pale_pencil),
        *(sheet_on_a_dark_table, very_wide, tiny, rare_modes, askew, mnist_image, photograph),
    )
}

# These kinds write the digit again, along the middle of its strokes. A loop that is full of ink has
# none, and a 6 would become a 1: they want drawn digits of a pen of THIN pixels.
WRITTEN_AGAIN = ("fine liner", "marker")
THIN = 1.4


def drawn_for(kind, count, seed):
    """Draw digits that can be rendered as pictures of a kind: `[count, 28, 28]` and `[count]`."""
    return draw_digits(count, seed, pen=THIN if kind in WRITTEN_AGAIN else None)


def render(kind, ink, rng):
    """Return the bytes of a picture file of the digit `ink` `[28, 28] uint8`."""
    return KINDS[kind](ink, rng)
