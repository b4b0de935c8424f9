"""Claims about a split: wherever its images lie, it can be sent to another process."""

import pickle

import numpy as np
import pytest

from mnist_paddle.data import load_splits
from tests.support.sample_folders import digit_folders, pixels


@pytest.fixture(params=["data file", "files", "array"])
def train_split(request, tiny_data, tmp_path):
    if request.param == "files":
        digit_folders(tmp_path, count=4)
    elif request.param == "array":
        np.save(tmp_path / "images.npy", np.arange(50 * 784).astype(np.uint8).reshape(50, 28, 28))
        np.save(tmp_path / "labels.npy", np.arange(50) % 10)
    return load_splits(tiny_data if request.param == "data file" else tmp_path)["train"]


def test_a_pickled_split_goes_on_where_it_was(train_split):
    train_split()
    train_split()
    again = pickle.loads(pickle.dumps(train_split))
    np.testing.assert_array_equal(pixels(again), pixels(train_split))
    np.testing.assert_array_equal(again.labels, train_split.labels)
    for (_, ours), (_, theirs) in zip(again(16), train_split(16), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for fact in ("mode", "name", "digest"):
        assert getattr(again, fact) == getattr(train_split, fact)


def test_a_pickled_array_on_the_disk_is_a_path(tmp_path):
    np.save(tmp_path / "images.npy", np.zeros((500, 28, 28), np.uint8))
    np.save(tmp_path / "labels.npy", np.arange(500) % 10)
    train = load_splits(tmp_path)["train"]
    assert len(pickle.dumps(train)) < 500 * 8 * 3 < train.images[np.arange(300)].nbytes
