"""Measure what the tutorial claims: several trainings side by side, a table and curves.

python -m benchmarks.claims learning_rates
python -m benchmarks.claims all --seeds 0 1 2 --pages     # hours; stopped, it goes on
python -m benchmarks.claims models --seeds 0 --epochs 1 --limit_batches 20     # a first look

NAME is one of models, losses, learning_rates, optimizers, readers, shuffling, regularization,
softmax_twice, all; comparisons.py beside this file holds what each compares. Results:
OUT/NAME/table.md, table.csv and curves.png; the trainings are in OUT/runs.
"""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from benchmarks.claims.comparisons import COMPARISONS, RUNS
from benchmarks.claims.figures import draw_curves, draw_readers
from benchmarks.claims.runs import Data, Training, plan, read_data, sort_by_label, train_all
from benchmarks.claims.tables import Circumstances, page_lines, write_tables
from benchmarks.claims.verdicts import Results
from benchmarks.report import PAGES, find_pages, write_into_pages
from benchmarks.support.measuring import run_python
from mnist_paddle.commands import app, main
from mnist_paddle.commands.app import make_default_data
from mnist_paddle.config import DEFAULT_DATA
from mnist_paddle.errors import ConfigError

MARK = "<!-- table of the comparisons: python -m benchmarks.claims -->"
FIGURES = "../compare"  # the figures, seen from the page that shows them
BATCHES, TIMES = 200, 3  # of each measurement of the readers
TIMING_COST = 10.0  # in epochs of the CNN, for the progress bar
Name = Literal[
    "models",
    "losses",
    "learning_rates",
    "optimizers",
    "readers",
    "shuffling",
    "regularization",
    "softmax_twice",
    "all",
]


def compare(
    name: Name,
    /,
    *,
    seeds: Annotated[tuple[int, ...], Parameter(consume_multiple=True)] = (0, 1, 2),
    epochs: int | None = None,
    limit_batches: int | None = None,
    data: str = DEFAULT_DATA,
    out: Path = Path("work/compare"),
    jobs: int = 2,
    pages: bool = False,
) -> None:
    """Train what a comparison needs, write its table and its curves.

    What is finished already is not trained again; what was cut short goes on.

    Parameters
    ----------
    name
        Comparison, or all of them.
    seeds
        Each training is repeated with each of them.
    epochs
        Epochs of every training [default: the tutorial's].
    limit_batches
        Train on at most this many batches per epoch: a first look, not a result.
    data
        Data file or folder.
    out
        Folder of the trainings and of the results.
    jobs
        Trainings side by side, on one thread each.
    pages
        Write the table of all into docs/, and their figures into docs/compare.
    """
    _check(name, seeds, jobs, pages)
    names = list(COMPARISONS) if name == "all" else [str(name)]
    make_default_data(data)
    given, out = read_data(Path(data)), out.resolve()
    trainings = _trainings(names, seeds, given, out, epochs, limit_batches)
    timing: dict[str, Any] = {}
    timed = any(COMPARISONS[each].timed for each in names)

    def time_readers() -> None:
        batches, times = (limit_batches, 1) if limit_batches else (BATCHES, TIMES)
        timing.update(_time_readers(given, out, batches, times))

    train_all(
        [training for each in trainings.values() for training in each],
        jobs,
        time_readers if timed else None,
        TIMING_COST,
    )
    outcomes = {key: [each.outcome() for each in trainings[key]] for key in trainings}
    words = ["--epochs", str(epochs)] if epochs else []
    words += ["--limit_batches", str(limit_batches)] if limit_batches else []
    command = " ".join(["python -m benchmarks.claims", name, "--seeds", *map(str, seeds), *words])
    circumstances = Circumstances(command, seeds, jobs)
    all_results = {
        each: Results(
            {key: label for label, key in COMPARISONS[each].runs.items()}, outcomes, timing
        )
        for each in names
    }
    for each, results in all_results.items():
        lines = write_tables(out / each, each, results, circumstances)
        if COMPARISONS[each].timed:
            draw_readers(timing, out / each / "curves.png")
        else:
            draw_curves(COMPARISONS[each], results, out / each / "curves.png")
        if name != "all":
            print("\n".join(lines))
        print(f"{out / each}: table.md, table.csv, curves.png")
    if pages:
        figures = PAGES["en"] / FIGURES
        figures.mkdir(parents=True, exist_ok=True)
        for each in names:
            shutil.copyfile(out / each / "curves.png", figures / f"{each}.png")
        write_into_pages(MARK, page_lines(all_results, circumstances, FIGURES))


def _trainings(
    names: Sequence[str],
    seeds: Sequence[int],
    given: Data,
    out: Path,
    epochs: int | None,
    limit_batches: int | None,
) -> dict[str, list[Training]]:
    """Return what the comparisons need, each training once: for each key of RUNS one per seed."""
    keys = dict.fromkeys(key for name in names for key in COMPARISONS[name].runs.values())
    data = {False: given}
    if any(RUNS[key].by_label for key in keys):
        data[True] = sort_by_label(given, out / "data")
    return {
        key: [
            plan(RUNS[key], seed, data[RUNS[key].by_label], out / "runs", epochs, limit_batches)
            for seed in seeds
        ]
        for key in keys
    }


def _check(name: str, seeds: tuple[int, ...], jobs: int, pages: bool) -> None:
    """Refuse what the trainings themselves would not."""
    if len(set(seeds)) < len(seeds) or not seeds:
        raise ConfigError(f"the seeds are {list(seeds)}, expected each once.")
    if jobs < 1:
        raise ConfigError(f"jobs is {jobs}, expected 1 or more.")
    if pages and name != "all":
        raise ConfigError("--pages writes the table of all comparisons: the name must be all.")
    if pages:
        find_pages(MARK)  # now, not in some hours


def _time_readers(data: Data, out: Path, batches: int, times: int) -> dict[str, Any]:
    """Return what benchmarks.speed.readers measures, or has measured on the same data."""
    file = out / "readers" / "timing" / "readers.json"
    task = {"data_digest": data.digest, "batches": batches, "runs": times}
    if file.exists():
        timing = json.loads(file.read_text(encoding="utf-8"))
        if task.items() <= timing.items():
            return timing
    words = ["--data", data.path, "--batches", batches, "--runs", times, "--out", file.parent]
    run_python("-m", "benchmarks.speed.readers", *words)
    return json.loads(file.read_text(encoding="utf-8"))


def run(words: Sequence[str] | None = None) -> None:
    """Run the command with these words, or with those of the command line, and end the process."""
    if "compare" not in app:
        app.command(compare, usage="Usage: python -m benchmarks.claims NAME [OPTIONS]")
    main("compare", words)


if __name__ == "__main__":
    run()
