"""From the tutorial's recipe to configs/speedrun.yaml, change by change, and what is measured."""

import dataclasses
import itertools
import json
import sys

from benchmarks.speed import anchors, speedrun
from benchmarks.support.trainings import row_of
from mnist_paddle.config import Config
from mnist_paddle.config_file import read_config_file


def every_setting(values):
    return dataclasses.asdict(Config(**values))


def test_the_rows_begin_at_the_tutorial_and_end_at_the_config():
    first = every_setting({**speedrun.settings_of(1), "fast": True})
    assert first == every_setting(read_config_file("05_cnn_ce_sgd"))
    last, end = speedrun.settings_of(len(speedrun.CHANGES)), read_config_file("speedrun")
    assert every_setting({**last, "run_dir": end["run_dir"]}) == every_setting(end)
    assert Config(**end).label_smoothing == 0.1


def test_every_row_changes_what_it_says_and_nothing_else():
    for place, (_, change) in enumerate(speedrun.CHANGES[1:], 2):
        before, after = (every_setting(speedrun.settings_of(n)) for n in (place - 1, place))
        assert {key for key in after if after[key] != before[key]} == set(change)


def test_rows_hold_medians_of_seconds_and_the_spread_of_accuracies():
    results = [
        {"train_seconds": s, "command_seconds": 2 * s, "eval_correct": c, "eval_total": 200}
        for s, c in ((1, 190), (5, 194), (2, 198))
    ]
    for result in results:
        result["epochs"] = 4
    assert row_of("x", results) == ["x", "4", "2.0", "4.0", "97.00 ± 2.00", "3"]
    assert row_of("x", results[:1])[4] == "95.00"


def test_anchors_are_timed_until_99_percent_and_without_their_tests(monkeypatch, tmp_path):
    """A program that prints what pytorch/examples prints, and a notebook of the same cells."""
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "main.py").write_text(
        "for epoch, right in enumerate([9850, 9899, 9900, 9950], 1):\n"
        "    for done in (0, 500):\n"
        "        print(f'Train Epoch: {epoch} [{done}/1000 (0%)]\\tLoss: 0.1')\n"
        "    print(f'\\nTest set: Average loss: 0.1, Accuracy: {right}/10000 (9%)\\n')\n"
    )
    ticks = itertools.count()  # one at each line of training
    monkeypatch.setattr(anchors.time, "perf_counter", lambda: next(ticks))
    found = anchors.measure_example(sys.executable, tmp_path)
    assert found == {"seconds": [3], "accuracies": [99.0], "epochs": 3}

    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "train_data.pt").write_text("there")
    cells = ["from __future__ import annotations", "%%time\nimport time"]
    cells += ["def train(epochs):\n    pass\ndef main():\n    train(1)\n    return 99.5"]
    cells += ["%%timeit\nprint(main())", "raise SystemExit('not reached')"]
    content = {"cells": [{"cell_type": "code", "source": [cell]} for cell in cells]}
    (tmp_path / "8_Final_00s76.ipynb").write_text(json.dumps(content))
    found = anchors.measure_notebook(sys.executable, tmp_path, 3)
    assert found["accuracies"] == [99.5] * 3
    assert len(found["seconds"]) == 3
