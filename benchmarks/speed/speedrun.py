"""Measure the way from the tutorial's recipe to configs/speedrun.yaml: a table of the docs.

python -m benchmarks.speed.speedrun [--seeds 10] [--first_seeds 2] [--pages]

One change a row; each row keeps what the rows above it changed. A training that is there already,
with the same settings and data, is not repeated. What anchors.py measured stands in the same table.
Twenty minutes on 2 cores, which should have nothing else to do.
"""

import json
import statistics
from datetime import date
from typing import Any

from cyclopts import run
from tqdm import tqdm

from benchmarks.report import machine, table, write_into_pages
from benchmarks.speed.anchors import ANCHORS
from benchmarks.support import ROOT
from benchmarks.support.trainings import row_of, spread, train_once
from mnist_paddle.config import DEFAULT_DATA
from mnist_paddle.config_file import read_config_file

MARK = "<!-- table of the speedrun: python -m benchmarks.speed.speedrun -->"
OUT = ROOT / "work" / "records"
START = "05_cnn_ce_sgd"
# What changes from row to row, and the settings that it means.
CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("the tutorial's CNN: SGD, 5 epochs (`--no-fast`)", {"fast": False}),
    ("convolutions as matrix products on all cores (`--fast`)", {"fast": True}),
    ("Adam (`--opt adam`)", {"opt": "adam"}),
    ("the learning rate rises and falls (`--schedule onecycle`)", {"schedule": "onecycle"}),
    ("another network (`--model lenet`)", {"model": "lenet"}),
    ("batches of 128 (`--batch_size 128`)", {"batch_size": 128}),
    ("a shorter memory of gradients (`--beta1 0.7 --beta2 0.9`)", {"beta1": 0.7, "beta2": 0.9}),
    ("label smoothing (`--label_smoothing 0.1`)", {"label_smoothing": 0.1}),
    ("all 60,000 images (`--use_valid`)", {"use_valid": True}),
    ("a single epoch (`--epochs 1`): `configs/speedrun.yaml`", {"epochs": 1}),
]


def settings_of(rows: int) -> dict[str, Any]:
    """Return the settings after so many changes."""
    settings = read_config_file(START)
    for _, change in CHANGES[:rows]:
        settings |= change
    return settings


def measure_speedrun(
    *, seeds: int = 10, first_seeds: int = 2, data: str = DEFAULT_DATA, pages: bool = False
) -> None:
    """Train what is not there yet; print the table, or write it into the page.

    The last row is trained with the seeds 1 to SEEDS, the others with 1 to FIRST_SEEDS.
    """
    counts = [*[first_seeds] * (len(CHANGES) - 1), seeds]
    rows = []
    with tqdm(total=sum(counts), unit="training", disable=None) as bar:
        for place, count in enumerate(counts, 1):
            results = []
            for seed in range(1, count + 1):
                values = {**settings_of(place), "seed": seed, "data": data}
                results.append(train_once(OUT / f"row_{place}_seed_{seed}", values))
                bar.update()
            rows.append(row_of(CHANGES[place - 1][0], results))
    result, options = results[0], f"--seeds {seeds} --first_seeds {first_seeds}"
    head = ["", "epochs", "seconds of training", "of the whole command", "eval, %", "seeds"]
    intro = [
        f"Written by `python -m benchmarks.speed.speedrun {options}` on {date.today()}: "
        f"{machine()}, Paddle {result['paddle']}; "
        f"data: {result['data']} (`{result['data_digest'][:12]}`). "
        "Medians of seconds, mean and standard deviation of accuracies.",
        "",
    ]
    lines = [*intro, *table(head, [*_anchors(), *rows], "lrrrrr")]
    if pages:
        write_into_pages(MARK, lines)
    else:
        print("\n".join(lines))


def _anchors() -> list[list[str]]:
    """Return the rows of other people's programs, if they were measured."""
    if not ANCHORS.exists():
        return []
    measured = json.loads(ANCHORS.read_text(encoding="utf-8"))
    return [
        [
            f"{name}, PyTorch {measured['torch']}",
            str(anchor["epochs"]),
            f"{statistics.median(anchor['seconds']):.1f}",
            "–",
            spread(anchor["accuracies"]),
            str(len(anchor["seconds"])),
        ]
        for name, anchor in measured["anchors"].items()
    ]


if __name__ == "__main__":
    run(measure_speedrun)
