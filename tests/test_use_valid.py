"""--use_valid: the last training, on all images, when every choice is made."""

import pytest

from mnist_paddle.config import Config
from mnist_paddle.data import load_splits
from mnist_paddle.errors import ConfigError, DataError
from mnist_paddle.training import prepare_training


def test_the_valid_images_are_trained_on_too(tiny_data, tmp_path):
    apart = load_splits(tiny_data)
    options = {"model": "linear", "data": str(tiny_data), "run_dir": str(tmp_path)}
    training = prepare_training(Config(**options, use_valid=True))
    train, images = training.splits["train"], len(apart["train"]) + len(apart["valid"])
    assert (len(train), len(train.labels)) == (images, images)
    assert (train.images[: len(apart["train"])] == apart["train"].images).all()
    assert (train.images[len(apart["train"]) :] == apart["valid"].images).all()
    assert (train.labels[len(apart["train"]) :] == apart["valid"].labels).all()
    assert training.steps_per_epoch == -(-images // 100)
    for mode in ("valid", "eval"):
        assert len(training.splits[mode]) == len(apart[mode])


def test_what_chooses_by_valid_cannot_train_on_it():
    with pytest.raises(ConfigError, match="--early_stop chooses an epoch by valid"):
        Config(use_valid=True, early_stop=2)


def test_files_that_are_read_one_by_one_are_refused(tiny_data):
    train = load_splits(tiny_data)["train"]
    object.__setattr__(train, "images", range(len(train)))
    with pytest.raises(DataError, match=r"scripts/prepare_data\.py"):
        train.joined(train)
