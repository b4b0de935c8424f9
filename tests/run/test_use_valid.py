"""--use_valid: the last training, on all images, when every choice is made."""

import csv
import shutil

import pytest

from mnist_paddle.config import Config
from mnist_paddle.data import load_splits
from mnist_paddle.errors import ConfigError, DataError
from mnist_paddle.run.setup import prepare_training
from mnist_paddle.trainer import train_and_evaluate


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


def test_valid_is_not_evaluated_in_between_and_resuming_is_exact(tiny_data, tmp_path, capsys):
    options = {"model": "mlp", "opt": "adam", "use_valid": True, "data": str(tiny_data)}
    result = train_and_evaluate(Config(**options, epochs=2, run_dir=str(tmp_path / "whole")))
    said = capsys.readouterr().out
    assert result["valid_total"] == len(load_splits(tiny_data)["valid"])  # once, at the end
    assert [line.split(": ")[0] for line in said.splitlines()].count("valid") == 1
    assert "epoch: 1, train loss: " in said
    assert "valid: " not in next(x for x in said.splitlines() if x.startswith("epoch: 1, train"))
    with (tmp_path / "whole" / "metrics.csv").open(newline="") as file:
        epochs = [row for row in csv.DictReader(file) if row["kind"] == "epoch"]
    assert [(row["valid_correct"], row["valid_total"]) for row in epochs] == [("", "")] * 2

    folder = tmp_path / "resumed"
    shutil.copytree(tmp_path / "whole", folder)
    last = sorted(folder.glob("checkpoints/*"))[-1]
    last.unlink()  # the one after the first epoch is left
    train_and_evaluate(Config(**options, epochs=2, run_dir=str(folder), resume=True))
    assert "going on after step" in capsys.readouterr().out
    model = "model.safetensors"
    assert (folder / model).read_bytes() == (tmp_path / "whole" / model).read_bytes()


def test_what_chooses_by_valid_cannot_train_on_it():
    with pytest.raises(ConfigError, match="--early_stop chooses an epoch by valid"):
        Config(use_valid=True, early_stop=2)


def test_files_that_are_read_one_by_one_are_refused(tiny_data):
    train = load_splits(tiny_data)["train"]
    object.__setattr__(train, "images", range(len(train)))
    with pytest.raises(DataError, match=r"scripts/prepare_data\.py"):
        train.joined(train)
