"""Claims about finding a digit in a picture; benchmarks/support makes the pictures."""

import io
from collections import Counter
from statistics import mean

import numpy as np
import pytest
from PIL import Image

from benchmarks.support.rendered_others import others
from benchmarks.support.rendered_pictures import (
    KINDS,
    drawn_for,
    enlarge,
    pack,
    page,
    paint,
    render,
    trimmed,
)
from mnist_paddle.data import draw_digits
from mnist_paddle.data.formats.idx import read_idx_folder
from mnist_paddle.errors import CheckpointError, NoDigitError, PictureError
from mnist_paddle.pictures.digit import (
    find_digit,
    find_digits,
    open_picture,
    read_exact,
    read_picture,
    thickness,
)

# Pictures of a kind; benchmarks.pictures.rendered takes more.
EACH = pytest.mark.parametrize("each", [6, pytest.param(24, marks=pytest.mark.large)])


@pytest.fixture(scope="session")
def digits():
    """Drawn digits: images [300, 28, 28] and labels [300]."""
    return draw_digits(300, seed=[8])


@pytest.fixture(scope="session")
def trained():
    """The shipped model."""
    from mnist_paddle.predict import default_model, load_model

    try:
        return load_model(default_model())
    except CheckpointError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def mnist_eval(mnist_dir):
    """MNIST's eval images [10000, 28, 28] and labels [10000]."""
    return read_idx_folder(mnist_dir)["eval"]


def overlap(one, other):
    """Return how alike two images of ink are: 1 the same, 0 nothing in common."""
    one, other = one.astype(float), other.astype(float)
    return float(np.minimum(one, other).sum() / np.maximum(one, other).sum())


def test_an_mnist_image_comes_through_unchanged(digits, tmp_path):
    for image in digits[0][:50]:
        for pixels in (image, 255 - image):
            Image.fromarray(pixels).save(tmp_path / "digit.png")
            np.testing.assert_array_equal(read_picture(tmp_path / "digit.png"), image)


@pytest.mark.parametrize("kind", KINDS)
def test_the_digit_is_found_as_mnist_would_have_it(kind, digits):
    """Without a network: what is found covers the digit that was drawn.

    Two drawn digits have 0.22 in common; a pen of another thickness covers less of its digit.
    """
    least = 0.33 if kind == "fine liner" else 0.4
    alike = []
    for place, ink in enumerate(digits[0][:12]):
        rng = np.random.default_rng([9, place])
        alike.append(overlap(find_digit(open_picture(render(kind, ink, rng))).ink, ink))
    assert np.median(alike) > least


def read_kind(kind, images, labels, trained, seed, each):
    """Return how many of the images are read right as pictures of a kind, and as they are."""
    from mnist_paddle.predict import predict

    rng = np.random.default_rng([seed, list(KINDS).index(kind)])
    chosen = rng.integers(0, len(images), each)
    pictures = (open_picture(render(kind, images[i], rng)) for i in chosen)
    found = np.stack([find_digit(picture).ink for picture in pictures])
    counts = []
    for ink in (found, images[chosen]):
        answers = predict(trained, ink)
        counts.append(sum(a.digit == int(labels[i]) for a, i in zip(answers, chosen, strict=True)))
    return counts


@EACH
def test_mnist_digits_are_read_in_pictures_of_every_kind(mnist_eval, trained, each):
    right = {kind: read_kind(kind, *mnist_eval, trained, 10, each)[0] for kind in KINDS}
    assert mean(right.values()) >= 0.98 * each, right
    assert min(right.values()) >= 0.85 * each - 1, right  # few say little of one kind


@EACH
def test_drawn_digits_are_read_in_pictures_of_every_kind(trained, each):
    digits = {kind: drawn_for(kind, 300, [8]) for kind in KINDS}
    counts = {kind: read_kind(kind, *digits[kind], trained, 11, each) for kind in KINDS}
    pictures, direct = zip(*counts.values(), strict=True)
    assert mean(pictures) >= mean(direct) - 0.02 * each, counts
    assert mean(pictures) >= 0.98 * each, counts
    assert min(pictures) >= 0.85 * each - 1, counts


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_the_picture_path_costs_mnist_at_most_two_in_a_thousand(mnist_eval, trained, kind):
    from mnist_paddle.predict import predict

    images, labels = mnist_eval[0][:3000], mnist_eval[1][:3000]
    right = []
    for path in (False, True):
        ink = [find_digit(open_picture(pack(i, kind))).ink for i in images] if path else images
        answers = predict(trained, np.stack(ink))
        right.append(sum(a.digit == label for a, label in zip(answers, labels, strict=True)))
    assert right[1] >= right[0] - 0.002 * len(images)


def test_ink_that_fills_its_box_is_as_thick_as_it_is():
    """An upright 1 leaves no paper in its own box; OpenCV's distances are endless then."""
    for thick in (3, 10, 20):
        assert thickness(np.ones((90, thick), np.uint8)) == pytest.approx(thick, abs=2)
    picture = Image.new("L", (300, 300), 255)
    picture.paste(0, (140, 60, 152, 240))
    ink = find_digit(picture).ink
    assert 2 <= np.count_nonzero(ink.max(axis=0) > 100) <= 5
    assert 18 <= np.count_nonzero(ink.max(axis=1) > 100) <= 20


def test_the_box_is_where_the_digit_is(digits):
    rng = np.random.default_rng(3)
    for long_side, side in ((2000, 100), (600, 300), (90, 40)):
        mask = trimmed(enlarge(digits[0][5], side))
        canvas = page(mask, long_side, long_side * 2 // 3, rng)
        rows, columns = np.nonzero(canvas > 0.5)
        box = find_digit(open_picture(pack(paint(canvas, 250, 20)))).box
        expected = (columns.min(), rows.min(), columns.max(), rows.max())
        assert np.abs(np.subtract(box, expected)).max() <= max(4, long_side // 100)


def test_light_ink_and_dark_ink_give_the_same_digit(digits):
    for ink in digits[0][:20]:
        mask = page(trimmed(enlarge(ink, 150)), 250, 220, np.random.default_rng(1))
        dark, light = (
            find_digit(open_picture(pack(paint(mask, *pair)))).ink for pair in ((255, 0), (0, 255))
        )
        assert overlap(dark, light) > 0.93


def test_the_digits_of_a_strip_are_found_from_left_to_right(digits):
    images, labels = digits
    chosen = [int(np.flatnonzero(labels == digit)[3]) for digit in (2, 0, 6, 9)]
    masks = [np.pad(enlarge(images[i], 100), ((0, 0), (0, 15))) for i in chosen]
    picture = open_picture(pack(paint(np.concatenate(masks, 1), 240, 40)))
    found = find_digits(picture)
    assert [found.box[0] for found in found] == sorted(found.box[0] for found in found)
    assert len(found) == 4
    for digit, mask in zip(found, masks, strict=True):
        alone = find_digit(open_picture(pack(paint(mask, 240, 40))))
        assert overlap(digit.ink, alone.ink) > 0.8
    assert find_digit(picture).note == "several digits"
    assert [digit.note for digit in found] == [""] * 4


def test_nothing_is_found_on_blank_paper(tmp_path):
    path = tmp_path / "blank.png"
    for shade in (0, 128, 255):
        Image.new("L", (300, 200), shade).save(path)
        with pytest.raises(NoDigitError, match=r"blank\.png: no digit found"):
            read_picture(path)
    for mode in ("RGBA", "LA", "RGB", "1", "I;16"):
        picture = Image.new(mode, (64, 64))
        with pytest.raises(NoDigitError):
            find_digit(picture)


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (2, 3), (3000, 2)])
def test_a_picture_of_any_shape_is_looked_at(size, rng):
    for pixels in (rng.integers(0, 256, size), np.zeros(size), np.arange(size[0])[:, None] % 256):
        pixels = np.broadcast_to(pixels, size).astype(np.uint8)
        try:
            found = find_digit(Image.fromarray(np.ascontiguousarray(pixels)))
        except NoDigitError:
            continue
        assert (found.ink.shape, found.ink.dtype) == ((28, 28), np.uint8)


def test_pictures_of_anything_else_are_mostly_noticed(digits):
    """Without a network: no digit, several, or not like one; letters pass as well as digits do."""
    noticed = Counter()
    for place, (kind, make) in enumerate(others(digits[0]).items()):
        rng = np.random.default_rng([4, place])
        for _ in range(20):
            try:
                noticed[kind] += find_digit(open_picture(make(rng))).note != ""
            except PictureError:
                noticed[kind] += 1
    assert min(noticed[kind] for kind in ("several digits", "blank", "words", "scribble")) >= 15
    assert noticed["texture"] + noticed["scene"] >= 18


def test_the_exact_way_is_the_tutorials(tmp_path):
    """It inverts and squeezes whatever it is given; an image of the data comes back as it was."""
    path = tmp_path / "p.png"
    ramp = np.arange(784, dtype=np.uint8).reshape(28, 28)
    Image.fromarray(255 - ramp).save(path)
    np.testing.assert_array_equal(read_exact(path), ramp)
    canvas = Image.new("RGB", (300, 200), "white")
    canvas.paste((20, 20, 90), (120, 50, 180, 150))
    file = io.BytesIO()
    canvas.save(file, "JPEG")
    pixels = read_exact(file.getvalue())
    assert pixels[14, 14] > 200
    assert pixels[0, 0] < 5
