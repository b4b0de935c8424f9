"""The command quickstart: everything once, in an empty folder, and a second time."""

import sys

import pytest

from mnist_paddle.commands import main


def test_it_makes_data_trains_and_reads_the_example_twice(command, idx_folder, tmp_path):
    for time in ("first", "second"):
        finished = command("quickstart", MNIST_DIR=str(idx_folder))
        assert finished.returncode == 0, finished.stderr
        *_, last = finished.stdout.splitlines()
        assert last.startswith("work/example_0.jpg: ")
        assert "loss curve: work/runs/quickstart/curve.png\n" in finished.stdout
        made = "train: 50 images; first batch: " in finished.stdout
        assert made == (time == "first")
        assert ", eval 13\n" in finished.stdout
    run = tmp_path / "work" / "runs" / "quickstart"
    assert {"curve.png", "model.safetensors"} <= {file.name for file in run.iterdir()}
    config = (run / "config.yaml").read_text()
    for line in ("model: cnn", "loss: ce", "opt: adam", "lr: 0.001", "epochs: 3"):
        assert f"{line}\n" in config


def test_bad_files_are_one_sentence(command, tmp_path):
    finished = command("quickstart", MNIST_DIR=str(tmp_path / "nowhere"))
    assert finished.returncode == 2
    assert finished.stderr.startswith("error: ")
    assert finished.stderr.count("\n") == 1


def test_its_help_loads_no_paddle(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "paddle", None)
    with pytest.raises(SystemExit, match="0"):
        main(tokens=["quickstart", "--help"])
    assert "train the CNN for three epochs" in capsys.readouterr().out
