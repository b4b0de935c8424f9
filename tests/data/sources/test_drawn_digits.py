"""Claims about the drawn digits: repeatable, in MNIST's format, varied, and worth learning from."""

from __future__ import annotations

import gzip
import math
import os
from pathlib import Path

import numpy as np
import pytest

from mnist_paddle.data.sources.drawn_digits import draw_digit, draw_digits


@pytest.fixture(scope="module")
def drawn() -> tuple[np.ndarray, np.ndarray]:
    return draw_digits(4000, 20)


def features(images: np.ndarray) -> np.ndarray:
    """Shrink images [N, 28, 28] to 14 x 14 and scale each one to length 1: [N, 196]."""
    flat = images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).reshape(len(images), -1)
    return flat / np.linalg.norm(flat, axis=1, keepdims=True)


def nearest_neighbour(known: np.ndarray, labels: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Give each asked image the label of the most similar known image."""
    return labels[np.argmax(features(asked) @ features(known).T, axis=1)]


def read_idx(path: Path, count: int, header: int, shape: tuple[int, ...]) -> np.ndarray:
    raw = path.read_bytes() if path.exists() else gzip.decompress(Path(f"{path}.gz").read_bytes())
    return np.frombuffer(raw, np.uint8, count * math.prod(shape), header).reshape(count, *shape)


def test_same_seed_gives_the_same_bytes():
    for seed in (3, [3, 1]):
        images, labels = draw_digits(60, seed)
        again, again_labels = draw_digits(60, seed)
        assert images.tobytes() == again.tobytes()
        assert labels.tobytes() == again_labels.tobytes()


def test_other_seeds_give_other_digits():
    images = [draw_digits(20, seed)[0].tobytes() for seed in (0, 1, 2, [1, 0], [1, 1])]
    assert len(set(images)) == len(images)


def test_a_longer_seed_shares_no_digit_with_a_shorter_one():
    images = np.concatenate([draw_digits(1000, seed)[0] for seed in (3, [3, 0], [3, 1])])
    assert len({image.tobytes() for image in images}) == 3000


def test_a_whole_number_is_the_list_of_that_number_whatever_its_type():
    images, _ = draw_digits(5, 4)
    for seed in ([4], (4,), np.int64(4), np.array([4])):
        np.testing.assert_array_equal(images, draw_digits(5, seed)[0])


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1001])
def test_the_first_digits_do_not_depend_on_the_count(count):
    images, labels = draw_digits(1200, 5)
    fewer, fewer_labels = draw_digits(count, 5)
    np.testing.assert_array_equal(fewer, images[:count])
    np.testing.assert_array_equal(fewer_labels, labels[:count])


def test_blocks_differ_from_each_other():
    images, _ = draw_digits(1000, 6)
    assert len({image.tobytes() for image in images}) == 1000


def test_shapes_and_types_are_those_of_mnist(drawn):
    images, labels = drawn
    assert images.shape == (4000, 28, 28)
    assert images.dtype == np.uint8
    assert labels.shape == (4000,)
    assert labels.dtype == np.uint8


def test_all_ten_digits_are_about_equally_frequent(drawn):
    counts = np.bincount(drawn[1], minlength=10)
    assert len(counts) == 10
    assert counts.min() > 320  # 400 expected, standard deviation 19
    assert counts.max() < 480


def test_ink_is_high_paper_low_and_the_border_empty(drawn):
    images, _ = drawn
    assert (images.max(axis=(1, 2)) >= 200).all()  # every image has ink
    assert (images.max(axis=(1, 2)) == 255).mean() > 0.99
    assert 0.12 < images.mean() / 255 < 0.14  # MNIST: 0.131
    assert 0.76 < (images == 0).mean() < 0.85  # MNIST: 0.81
    border = np.ones((28, 28), bool)
    border[2:-2, 2:-2] = False
    assert images[:, border].mean() / 255 < 0.01


def test_digits_fill_twenty_pixels_and_their_mass_is_in_the_middle(drawn):
    ink = drawn[0].astype(float)
    total = ink.sum(axis=(1, 2))
    for axis in (1, 2):
        centre = (ink.sum(axis=3 - axis) @ (np.arange(28) + 0.5)) / total
        assert abs(centre.mean() - 14) < 0.1
        assert 0.3 < centre.std() < 1.0
    present = np.stack([(ink > 100).any(axis=axis).sum(axis=1) for axis in (1, 2)])
    assert 18 < present.max(axis=0).mean() < 21


@pytest.mark.parametrize("digit", [-1, 10, 2.5, "3", None])
def test_a_digit_out_of_range_is_refused(digit):
    with pytest.raises(ValueError, match=r"0\.\.9"):
        draw_digit(digit, np.random.default_rng(0))


def test_a_negative_count_is_refused():
    with pytest.raises(ValueError, match="count"):
        draw_digits(-1, 0)


def test_the_same_digits_can_be_drawn_with_a_pen_of_one_thickness():
    _, labels = draw_digits(200, 8)
    ink = {}
    for pen in (1.4, 2.0, 4.0):
        images, again = draw_digits(200, 8, pen=pen)
        np.testing.assert_array_equal(again, labels)
        ink[pen] = images.mean(axis=(1, 2)) / 255
    assert (ink[1.4] < ink[2.0]).all()
    assert (ink[2.0] < ink[4.0]).all()
    assert 1.5 < (ink[4.0] / ink[2.0]).mean() < 2  # strokes that meet share ink


@pytest.mark.parametrize("pen", [0, -1, 20, float("nan")])
def test_a_pen_without_thickness_is_refused(pen):
    with pytest.raises(ValueError, match="pen"):
        draw_digits(1, 0, pen=pen)


@pytest.mark.parametrize("digit", range(10))
def test_drawings_of_one_digit_differ_substantially(digit):
    rng = np.random.default_rng(7)
    ink = np.stack([draw_digit(digit, rng) for _ in range(40)]).reshape(40, -1) / 255
    overlap = np.minimum(ink[:, None], ink[None]).sum(axis=2)
    union = np.maximum(ink[:, None], ink[None]).sum(axis=2)
    pairs = ~np.eye(40, dtype=bool)
    similarity = (overlap / union)[pairs]  # 1 for two equal drawings
    assert 0.15 < similarity.mean() < 0.4
    assert similarity.max() < 0.85


@pytest.mark.parametrize("digit", range(10))
def test_a_large_picture_shows_the_same_kind_of_digit(digit):
    for seed in range(3):
        small = draw_digit(digit, np.random.default_rng(seed)).astype(float)
        large = draw_digit(digit, np.random.default_rng(seed), size=280)
        assert large.shape == (280, 280)
        assert large.dtype == np.uint8
        shrunk = large.reshape(28, 10, 28, 10).mean(axis=(1, 3))
        assert abs(shrunk.mean() - small.mean()) < 0.12 * small.mean()
        assert np.corrcoef(shrunk.ravel(), small.ravel())[0, 1] > 0.95


def test_held_out_drawings_can_be_told_apart_but_not_trivially(drawn):
    images, labels = drawn
    known, known_labels = images[:3000], labels[:3000]
    asked, truth = images[3000:], labels[3000:]
    centroids = np.stack([features(known[known_labels == d]).mean(axis=0) for d in range(10)])
    by_centroid = np.argmin(((features(asked)[:, None] - centroids) ** 2).sum(axis=2), axis=1)
    assert 0.55 < (by_centroid == truth).mean() < 0.75
    assert 0.76 < (nearest_neighbour(known, known_labels, asked) == truth).mean() < 0.90


def test_drawn_digits_teach_to_read_real_ones():
    folder = os.environ.get("MNIST_DIR")
    if not folder:
        pytest.skip("MNIST_DIR does not name a folder with MNIST's IDX files")
    asked = read_idx(Path(folder) / "t10k-images-idx3-ubyte", 1000, 16, (28, 28))
    truth = read_idx(Path(folder) / "t10k-labels-idx1-ubyte", 1000, 8, ())
    known, labels = draw_digits(8000, 0)
    accuracy = (nearest_neighbour(known, labels, asked) == truth).mean()
    assert 0.82 < accuracy < 0.95
