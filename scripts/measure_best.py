#!/usr/bin/env python
"""Measure how few mistakes are possible: a table of docs/speed.md.

python scripts/measure_best.py [--seeds 3] [--pages]

It trains the tutorial's CNN with the tutorial's Adam and with configs/best.yaml, each with the
seeds 1 to SEEDS, and configs/state_of_the_art.yaml with the first one. A training that is there
already, with the same settings and data, is not repeated; one that was cut short goes on. Three
hours on 2 cores, which should have nothing else to do.
"""

from datetime import date

from cyclopts import run
from readme import ROOT, SPEED, machine, table, write_table
from tqdm import tqdm
from trainings import row_of, train_once

from mnist_paddle.config import DEFAULT_DATA, read_config_file

MARK = "<!-- table of the best: scripts/measure_best.py -->"
OUT = ROOT / "work" / "records"
ROWS = {
    "10_cnn_ce_adam": "the tutorial's CNN with Adam",
    "best": "the same CNN with another recipe",
    "state_of_the_art": "three other networks",
}


def measure_best(*, seeds: int = 3, data: str = DEFAULT_DATA, pages: bool = False) -> None:
    """Train what is not there yet; print the table, or write it into docs/speed.md."""
    counts = [1 if name == "state_of_the_art" else seeds for name in ROWS]
    rows = []
    with tqdm(total=sum(counts), unit="training", disable=None) as bar:
        for (name, what), count in zip(ROWS.items(), counts, strict=True):
            results = []
            for seed in range(1, count + 1):
                values = {**read_config_file(name), "seed": seed, "data": data}
                results.append(train_once(OUT / f"{name}_seed_{seed}", values))
                bar.update()
            head, *figures = row_of(f"{what}: `configs/{name}.yaml`", results)
            wrong = sum(r["eval_total"] - r["eval_correct"] for r in results) / count
            rows.append([head, f"{results[0]['parameters']:,}", *figures, f"{wrong:.1f}"])
    result = results[0]
    head = ["", "parameters", "epochs", "seconds of training", "of the whole command", "eval, %"]
    lines = [
        f"Written by `scripts/measure_best.py --seeds {seeds}` on {date.today()}: {machine()}, "
        f"Paddle {result['paddle']}; data: {result['data']} (`{result['data_digest'][:12]}`). "
        "Medians of seconds, mean and standard deviation of accuracies.",
        "",
        *table([*head, "seeds", "wrong of 10,000"], rows, "lrrrrrrr"),
    ]
    if pages:
        write_table(SPEED, MARK, lines)
    else:
        print("\n".join(lines))


if __name__ == "__main__":
    run(measure_best)
