"""Measure how few mistakes are possible: two tables of the docs.

python -m benchmarks.claims.best best [--seeds 3] [--pages]
python -m benchmarks.claims.best state_of_the_art --seeds 1 [--pages]

The first trains the tutorial's CNN with the tutorial's Adam and with configs/best.yaml, with a look
at one place and at nine, the second configs/state_of_the_art.yaml, each with the seeds 1 to SEEDS.
A training that is there already, with the same settings and data, is not repeated; one that was cut
short goes on. On one core an hour for a seed of the first, two hours for one of the second.
"""

from datetime import date
from typing import Any, Literal

from cyclopts import run
from tqdm import tqdm

from benchmarks.report import machine, table, write_into_pages
from benchmarks.support import ROOT
from benchmarks.support.trainings import row_of, train_once
from mnist_paddle.config import DEFAULT_DATA
from mnist_paddle.config_file import read_config_file

OUT = ROOT / "work" / "records"
# A row's runs: their name, what they show, their config, and what is changed in that.
ROWS: dict[str, list[tuple[str, str, str, dict[str, Any]]]] = {
    "best": [
        ("10_cnn_ce_adam", "the tutorial's CNN with Adam", "10_cnn_ce_adam", {}),
        ("best_no_tta", "the same CNN with another recipe (`--no-tta`)", "best", {"tta": False}),
        ("best", "the same, with test-time augmentation", "best", {}),
    ],
    "state_of_the_art": [("state_of_the_art", "another network", "state_of_the_art", {})],
}


def measure_best(
    which: Literal["best", "state_of_the_art"],
    *,
    seeds: int = 3,
    data: str = DEFAULT_DATA,
    pages: bool = False,
) -> None:
    """Train what is not there yet; print the table, or write it into the page."""
    rows = []
    with tqdm(total=seeds * len(ROWS[which]), unit="training", disable=None) as bar:
        for name, what, config, changes in ROWS[which]:
            results = []
            for seed in range(1, seeds + 1):
                values = {**read_config_file(config), **changes, "seed": seed, "data": data}
                results.append(train_once(OUT / f"{name}_seed_{seed}", values))
                bar.update()
            head, *figures = row_of(f"{what}: `configs/{config}.yaml`", results)
            wrong = sum(r["eval_total"] - r["eval_correct"] for r in results) / seeds
            rows.append([head, f"{results[0]['parameters']:,}", *figures, f"{wrong:.1f}"])
    result = results[0]
    head = ["", "parameters", "epochs", "seconds of training", "of the whole command", "eval, %"]
    lines = [
        f"Written by `python -m benchmarks.claims.best {which} --seeds {seeds}` on {date.today()}: "
        f"{machine()}, Paddle {result['paddle']}; "
        f"data: {result['data']} (`{result['data_digest'][:12]}`). "
        "Medians of seconds, mean and standard deviation of accuracies.",
        "",
        *table([*head, "seeds", "wrong of 10,000"], rows, "lrrrrrrr"),
    ]
    if pages:
        title = which.replace("_", " ")
        mark = f"<!-- table of the {title}: python -m benchmarks.claims.best -->"
        write_into_pages(mark, lines)
    else:
        print("\n".join(lines))


if __name__ == "__main__":
    run(measure_best)
