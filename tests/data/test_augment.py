"""Augmentation: small changes that depend on the image's number and on nothing else."""

import numpy as np
import pytest

from mnist_paddle.data import draw_digits
from mnist_paddle.data.augment import (
    AUGMENTATIONS,
    affine,
    augment,
    elastic,
    make_augmentation,
    shift,
)

IMAGES = draw_digits(40, seed=[3, 1])[0].reshape(-1, 1, 28, 28)
NAMES = sorted(set(AUGMENTATIONS) - {"none"})


class Fixed:
    """A source of chosen numbers in the place of random ones."""

    def __init__(self, *values):
        self.values = np.array(values)

    def integers(self, low, high, size):
        assert ((self.values >= low) & (self.values < high)).all()
        return self.values

    def uniform(self, low, high, size):
        assert ((self.values >= low) & (self.values <= high)).all()
        assert len(self.values) == size
        return self.values.astype(float)

    def standard_normal(self, size, dtype):
        return np.zeros(size, dtype)


def centre(image):
    rows, columns = np.indices(image.shape)
    return np.array([(rows * image).sum(), (columns * image).sum()]) / image.sum()


def test_shift_moves_every_pixel_by_what_was_drawn():
    image = np.zeros([28, 28], np.uint8)
    image[10, 12] = 200
    for down, right in ((-2, 2), (0, 0), (1, -1), (2, 2)):
        moved = shift(image, Fixed(down, right))
        assert np.argwhere(moved).tolist() == [[10 + down, 12 + right]]
        assert moved.shape == (28, 28)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("most", [0, 1, 3])
def test_an_augmentation_moves_by_as_much_as_it_is_told(name, most):
    image = np.zeros([28, 28], np.uint8)
    image[12:16, 12:16] = 255
    # down and right; of the others from where a pixel comes, right and down
    numbers = (most, -most) if name == "shift" else (0, 0, 0, 0, 1, -1)
    moved = make_augmentation(name, most)(image, Fixed(*numbers)).astype(float)
    np.testing.assert_allclose(centre(moved), [13.5 + most, 13.5 - most], atol=0.1)


def test_affine_with_nothing_drawn_changes_nothing():
    for image in IMAGES[:, 0]:
        np.testing.assert_array_equal(affine(image, Fixed(0, 0, 0, 0, 0, 0)), image)


def test_affine_turns_and_scales_about_the_middle():
    image = np.zeros([28, 28], np.uint8)
    image[12:16, 12:16] = 255  # a square about the middle
    for numbers in ((1, 0, 0, 0, 0, 0), (0, 1, 0, 0, 0, 0), (0, 0, 0, 1, 0, 0)):
        changed = affine(image, Fixed(*numbers)).astype(float)
        np.testing.assert_allclose(centre(changed), [13.5, 13.5], atol=0.1)
    larger = affine(image, Fixed(0, 1, 0, 0, 0, 0)).astype(float)
    assert larger.sum() / image.sum() == pytest.approx(1.1**2, rel=0.05)
    moved = affine(image, Fixed(0, 0, 0, 0, 1, 0)).astype(float)
    np.testing.assert_allclose(centre(moved), [13.5, 11.5], atol=0.1)  # what comes from the right


def test_elastic_without_displacement_is_affine():
    for numbers in ((0, 0, 0, 0, 0, 0), (1, -1, 0.5, 0.3, 0.7, -0.2)):
        for image in IMAGES[:, 0]:
            one, other = elastic(image, Fixed(*numbers)), affine(image, Fixed(*numbers))
            inner = np.s_[2:-2, 2:-2]  # Pillow and OpenCV fade into the paper in two ways
            np.testing.assert_allclose(one[inner].astype(int), other[inner].astype(int), atol=9)


def test_elastic_moves_the_parts_of_a_digit_by_their_own_ways():
    rng = np.random.default_rng(5)
    grid = np.zeros([28, 28], np.uint8)
    grid[6:22:5, 6:22:5] = 255
    moves = []
    for _ in range(50):
        points = rng.standard_normal((5, 5, 2), dtype=np.float32)
        source = Fixed(0, 0, 0, 0, 0, 0)
        source.standard_normal = lambda size, dtype, points=points: points
        changed = elastic(grid, source).astype(float)
        cells = [changed[r - 2 : r + 3, c - 2 : c + 3] for r in (6, 21) for c in (6, 21)]
        moves.append([centre(cell) for cell in cells])
    spread = np.std(moves, axis=0)
    assert (spread > 0.2).all()
    assert (spread < 1.5).all()
    assert abs(np.corrcoef(np.array(moves)[:, 0, 0], np.array(moves)[:, 3, 0])[0, 1]) < 0.5


@pytest.mark.parametrize("name", NAMES)
def test_seed_epoch_and_number_decide_the_change_and_not_the_batch(name):
    function, numbers = AUGMENTATIONS[name], np.arange(40)
    whole = augment(IMAGES, numbers, function, seed=1, epoch=2)
    order = np.random.default_rng(0).permutation(40)
    parts = [
        augment(IMAGES[part], part, function, seed=1, epoch=2) for part in (order[:7], order[7:])
    ]
    np.testing.assert_array_equal(np.concatenate(parts), whole[order])
    for other in ({"seed": 2, "epoch": 2}, {"seed": 1, "epoch": 3}):
        assert (augment(IMAGES, numbers, function, **other) != whole).any(axis=(1, 2, 3)).sum() > 30


@pytest.mark.parametrize("name", NAMES)
def test_it_is_a_small_change_of_a_copy(name):
    kept = IMAGES.copy()
    changed = augment(IMAGES, np.arange(40), AUGMENTATIONS[name], seed=0, epoch=0)
    assert (changed.shape, changed.dtype) == (IMAGES.shape, np.uint8)
    np.testing.assert_array_equal(IMAGES, kept)
    for before, after in zip(IMAGES[:, 0], changed[:, 0], strict=True):
        assert np.abs(centre(before.astype(float)) - centre(after.astype(float))).max() < 4
        assert 0.6 < after.sum() / before.sum() < 1.5
