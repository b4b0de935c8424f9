"""The way from the tutorial's recipe to configs/speedrun.yaml, and what is measured on it."""

import itertools
import json
import stat
import sys

import pytest

from benchmarks.support import ROOT
from mnist_paddle.config import Config
from mnist_paddle.config_file import read_config_file


@pytest.fixture
def speedrun(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    from benchmarks.speed import speedrun as measure_speedrun

    return measure_speedrun


def test_the_way_begins_at_the_tutorial_and_ends_at_the_config(speedrun):
    first = {**speedrun.settings_of(1), "fast": True}
    assert first == read_config_file("05_cnn_ce_sgd")
    last, end = speedrun.settings_of(len(speedrun.CHANGES)), read_config_file("speedrun")
    assert {**last, "run_dir": end["run_dir"]} == end
    assert Config(**end).label_smoothing == 0.1


def test_every_row_changes_what_it_says_and_nothing_else(speedrun):
    for place, (_, change) in enumerate(speedrun.CHANGES[1:], 2):
        before, after = speedrun.settings_of(place - 1), speedrun.settings_of(place)
        assert {key for key in after if after[key] != before[key]} == set(change)


def test_rows_hold_medians_of_seconds_and_the_spread_of_accuracies(speedrun):
    results = [
        {"train_seconds": s, "command_seconds": 2 * s, "eval_correct": c, "eval_total": 200}
        for s, c in ((1, 190), (5, 194), (2, 198))
    ]
    for result in results:
        result["epochs"] = 4
    assert speedrun.row_of("x", results) == ["x", "4", "2.0", "4.0", "97.00 ± 2.00", "3"]
    assert speedrun.row_of("x", results[:1])[4] == "95.00"


def test_anchors_are_timed_until_99_percent_and_without_their_tests(monkeypatch, tmp_path):
    """A program that prints what pytorch/examples prints, and a notebook of the same cells."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    from benchmarks.speed import anchors as measure_anchors

    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "main.py").write_text(
        "for epoch, right in enumerate([9850, 9899, 9900, 9950], 1):\n"
        "    for done in (0, 500):\n"
        "        print(f'Train Epoch: {epoch} [{done}/1000 (0%)]\\tLoss: 0.1')\n"
        "    print(f'\\nTest set: Average loss: 0.1, Accuracy: {right}/10000 (9%)\\n')\n"
    )
    ticks = itertools.count()  # one at each line of training
    monkeypatch.setattr(measure_anchors.time, "perf_counter", lambda: next(ticks))
    found = measure_anchors.measure_example(sys.executable, tmp_path)
    assert found == {"seconds": [3], "accuracies": [99.0], "epochs": 3}

    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "train_data.pt").write_text("there")
    cells = ["from __future__ import annotations", "%%time\nimport time"]
    cells += ["def train(epochs):\n    pass\ndef main():\n    train(1)\n    return 99.5"]
    cells += ["%%timeit\nprint(main())", "raise SystemExit('not reached')"]
    content = {"cells": [{"cell_type": "code", "source": [cell]} for cell in cells]}
    (tmp_path / "8_Final_00s76.ipynb").write_text(json.dumps(content))
    found = measure_anchors.measure_notebook(sys.executable, tmp_path, 3)
    assert found["accuracies"] == [99.5] * 3
    assert len(found["seconds"]) == 3


@pytest.mark.parametrize(
    "name", ["measure_speedrun", "measure_best", "measure_anchors", "convolutions"]
)
def test_the_scripts_can_be_started(name):
    assert (ROOT / "scripts" / f"{name}.py").stat().st_mode & stat.S_IXUSR
