"""Measure what several ranks do: the weights they end with, and how fast, for a table of the docs.

python -m benchmarks.speed.ranks [--runs 5] [--data work/mnist.json.gz] [--pages]

The two machines are network namespaces and need root. Ten minutes on 2 cores, which should have
nothing else to do.
"""

import json
import statistics
import sys
import tempfile
from datetime import date
from pathlib import Path

import paddle
import pytest
from cyclopts import run

from benchmarks.report import machine, table, write_into_pages
from benchmarks.support.run_files import rows
from benchmarks.support.trainings import LAUNCH, SMALL, TRAIN, Trainings
from benchmarks.support.two_hosts import two_hosts
from mnist_paddle import checkpoint
from mnist_paddle.data import load_data

MARK = "<!-- table of ranks: python -m benchmarks.speed.ranks -->"
# What was compared, by how much losses and weights differ, correct on eval.
Row = tuple[str, str, str, str]


class Comparison(Trainings):
    """Several ranks against one process."""

    def __init__(self, folder: Path, data: str) -> None:
        super().__init__(folder)
        self.real_data, self.real_name = data, load_data("eval", data).name

    def throughput(self, runs: int) -> list[list[str]]:
        """Return a row for each number of ranks: images per second, and efficiency."""
        words = ["--epochs", "1", "--limit_batches", "60", "--data", self.real_data]
        result, alone = [], 0.0
        for ranks in (1, 2, 4):
            rates = []
            for number in range(runs):
                folder = self.launch(ranks, f"rate{ranks}_{number}", *words, small=False)
                (epoch,) = rows(folder, "epoch")
                rates.append(60 * 100 * ranks / float(epoch["seconds"]))
            rate = statistics.median(rates)
            alone = alone or rate
            spread = f"{min(rates):.0f} to {max(rates):.0f}"
            result.append([str(ranks), f"{rate:.0f}", spread, f"{rate / alone / ranks:.0%}"])
        return result

    def equal_ranks(self, name: str, opt: str, lr: str) -> list[Row]:
        """Compare N ranks at batch 200/N with one process at 200, over an epoch of the CNN."""
        words = ["--opt", opt, "--lr", lr, "--epochs", "1", "--data", self.real_data]
        one = self.run(TRAIN, f"{name}1", *words, "--batch_size", "200", small=False)
        result = [(f"1 process, {name}", "–", "–", _correct(one))]
        for ranks in (2, 4):
            size = ["--batch_size", str(200 // ranks)]
            several = self.launch(ranks, f"{name}{ranks}", *words, *size, small=False)
            result.append(
                (f"{ranks} ranks, {name}", *_differences(several, one), _correct(several))
            )
        return result

    def two_machines(self) -> list[Row]:
        """Compare two machines, a rank on each, with one process: 22 steps on small data."""
        words = [*SMALL, "--data", self.data, "--batch_size", "50"]
        try:
            with two_hosts() as hosts:
                processes = []
                for number in (0, 1):
                    where = ["--master", f"{hosts.addresses[0]}:8090", "--rank", number]
                    where += ["--nnodes", 2, "--nproc_per_node", 1]
                    where += ["--log_dir", self.folder / f"machine{number}.log"]
                    script = [TRAIN, *words, "--run_dir", self.folder / "machines"]
                    processes.append(hosts.run(number, [sys.executable, LAUNCH, *where, *script]))
                for process in processes:
                    output, errors = process.communicate(timeout=200)
                    if process.returncode:
                        raise RuntimeError(output + errors)
        except pytest.skip.Exception as skipped:  # namespaces cannot be made here
            return [("2 machines", f"not tried: {skipped}", "–", "–")]
        one = self.run(TRAIN, "machine")
        name = "2 machines (network namespaces), Adam, 22 steps on 1,050 drawn digits"
        found = self.folder / "machines"
        return [(name, *_differences(found, one), _correct(found))]


def _differences(run: Path, other: Path) -> tuple[str, str]:
    """Return the largest difference of a loss in the first 22 steps, and of a weight at the end."""
    losses = [[float(row["loss"]) for row in rows(folder, "step")][:22] for folder in (run, other)]
    loss = max(abs(one - two) for one, two in zip(*losses, strict=True))
    ours, theirs = (checkpoint.load(f / "model.safetensors")[0] for f in (run, other))
    weight = max(float(abs(ours[key] - theirs[key]).max()) for key in theirs)
    return f"{loss:.1e}", f"{weight:.1e}"


def _correct(run: Path) -> str:
    result = json.loads((run / "result.json").read_text())
    return f"{result['eval_correct']}/{result['eval_total']}"


def measure_ranks(*, runs: int = 5, data: str = "work/mnist.json.gz", pages: bool = False) -> None:
    """Measure; print the tables, or write them into the page."""
    with tempfile.TemporaryDirectory() as folder:
        comparison = Comparison(Path(folder), str(Path(data).resolve()))
        rates = comparison.throughput(runs)
        found = [
            *comparison.equal_ranks("Momentum", "momentum", "0.01"),
            *comparison.equal_ranks("Adam", "adam", "0.001"),
            *comparison.two_machines(),
        ]
    lines = [
        f"Written by `python -m benchmarks.speed.ranks` on {date.today()}: {machine()}, "
        f"Paddle {paddle.__version__}. All together 200 images a step, the CNN, an epoch of "
        f"{comparison.real_name}:",
        "",
        *table(["", "loss, steps 0 to 21: ±", "weights at the end: ±", "correct"], found, "lrrr"),
        "",
        f"How fast, on the CPU: 60 steps of 100 images for each rank, a thread each, {runs} runs:",
        "",
        *table(["ranks", "images/s, median", "range", "efficiency"], rates, "rrrr"),
    ]
    if pages:
        write_into_pages(MARK, lines)
    else:
        print("\n".join(lines))


if __name__ == "__main__":
    run(measure_ranks)
