#!/usr/bin/env python
"""Measure how fast 99 % is reached, and how good it gets: the tables of docs/speed.md.

python scripts/measure_records.py speedrun [--seeds 10] [--first_seeds 2] [--pages]
python scripts/measure_records.py best [--seeds 3] [--pages]
python scripts/measure_records.py state_of_the_art [--seeds 1] [--pages]

speedrun walks from the tutorial's recipe to configs/speedrun.yaml, one change a row. A training
that is there already, with the same settings and data, is not repeated. What
scripts/measure_anchors.py measured stands in the same table. Nothing else should run meanwhile.
"""

import json
import statistics
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal

import paddle
from cyclopts import run
from measure_anchors import ANCHORS
from readme import SPEED, machine, table, write_table
from tqdm import tqdm
from trainings import train_once

from mnist_paddle.config import DEFAULT_DATA, read_config_file

MARK = "<!-- table of {}: scripts/measure_records.py -->"
START = "05_cnn_ce_sgd"
# From the tutorial's recipe to configs/speedrun.yaml: what changes, and the settings.
CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("the tutorial's CNN: SGD, 5 epochs", {"fast": False}),
    ("convolutions as matrix products (`--fast`)", {"fast": True}),
    ("two processes (`--procs 2`)", {"procs": 2}),
    ("Adam", {"opt": "adam"}),
    ("the learning rate rises and falls (`onecycle`)", {"schedule": "onecycle"}),
    ("all 60,000 images (`--use_valid`)", {"use_valid": True}),
]
Result = dict[str, Any]


def settings_of(rows: int) -> dict[str, Any]:
    """Return the settings after so many changes."""
    settings = read_config_file(START)
    for _, change in CHANGES[:rows]:
        settings |= change
    return settings


def measure_records(
    name: Literal["speedrun", "best", "state_of_the_art"],
    /,
    *,
    seeds: int | None = None,
    first_seeds: int = 2,
    data: str = DEFAULT_DATA,
    out: Path = Path("work/records"),
    pages: bool = False,
) -> None:
    """Train what is not there yet, and print the table or write it into docs/speed.md.

    Parameters
    ----------
    name
        Config of which the table is.
    seeds
        Train it with the seeds 1 to this [default: 10, 3 or 1].
    first_seeds
        Of speedrun, train each row but the last with the seeds 1 to this.
    data
        Data file.
    out
        Folder of the trainings.
    pages
        Write the table into both pages.
    """
    seeds = seeds or {"speedrun": 10, "best": 3, "state_of_the_art": 1}[name]
    rows: list[tuple[str, dict[str, Any], int]] = [("", read_config_file(name), seeds)]
    if name == "speedrun":
        steps = range(1, len(CHANGES) + 1)
        rows = [(CHANGES[n - 1][0], settings_of(n), first_seeds) for n in steps]
        rows[-1] = (*rows[-1][:2], seeds)
    results = []
    with tqdm(total=sum(count for *_, count in rows), unit="run", disable=None) as bar:
        for place, (_, settings, count) in enumerate(rows):
            found = []
            for seed in range(1, count + 1):
                values = {**settings, "seed": seed, "data": data}
                found.append(train_once(out / f"{name}_{place}_seed_{seed}", values))
                bar.update()
            results.append(found)
    lines = [_source(name, seeds, results[-1][0]), ""]
    if name == "speedrun":
        lines += _ladder([what for what, *_ in rows], results)
    else:
        lines += _accuracies(results[0])
    if pages:
        write_table(SPEED, MARK.format(name), lines)
    else:
        print("\n".join(lines))


def _source(name: str, seeds: int, result: Result) -> str:
    return (
        f"Written by `scripts/measure_records.py {name} --seeds {seeds}` on {date.today()}: "
        f"{machine()}, Paddle {paddle.__version__}; data: {result['data']} "
        f"(`{result['data_digest'][:12]}`)."
    )


def _ladder(changes: Sequence[str], results: Sequence[Sequence[Result]]) -> list[str]:
    head = ["", "epochs", "seconds of training", "of the whole command", "eval, %", "seeds"]
    rows = []
    if ANCHORS.exists():
        measured = json.loads(ANCHORS.read_text(encoding="utf-8"))
        for name, anchor in measured["anchors"].items():
            what = f"{name}, PyTorch {measured['torch']}"
            seconds, runs = statistics.median(anchor["seconds"]), len(anchor["seconds"])
            accuracy = _spread(anchor["accuracies"])
            rows.append([what, str(anchor["epochs"]), f"{seconds:.1f}", "–", accuracy, str(runs)])
    for change, found in zip(changes, results, strict=True):
        seconds = statistics.median(result["train_seconds"] for result in found)
        whole = statistics.median(result["command_seconds"] for result in found)
        rows.append(
            [
                change,
                str(found[0]["epochs"]),
                f"{seconds:.1f}",
                f"{whole:.1f}",
                _spread([_accuracy(result, "eval") for result in found]),
                str(len(found)),
            ]
        )
    return table(head, rows, "lrrrrr")


def _accuracies(results: Sequence[Result]) -> list[str]:
    head = ["seed", "parameters", "epochs", "minutes of training", "valid", "eval"]
    rows = [
        [
            str(result["seed"]),
            f"{result['parameters']:,}",
            str(result["epochs"]),
            f"{result['train_seconds'] / 60:.1f}",
            *(f"{_accuracy(result, mode):.2f} %" for mode in ("valid", "eval")),
        ]
        for result in results
    ]
    means = [
        _spread([_accuracy(result, mode) for result in results]) + " %"
        for mode in ("valid", "eval")
    ]
    return table(head, [*rows, ["**mean**", "", "", "", *means]], "lrrrrr")


def _accuracy(result: Result, mode: str) -> float:
    return 100 * result[f"{mode}_correct"] / result[f"{mode}_total"]


def _spread(values: Sequence[float]) -> str:
    """Return the mean, and with several values their standard deviation."""
    mean = statistics.mean(values)
    return f"{mean:.2f} ± {statistics.stdev(values):.2f}" if len(values) > 1 else f"{mean:.2f}"


if __name__ == "__main__":
    run(measure_records)
