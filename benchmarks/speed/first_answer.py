"""Measure how long a command takes to its first answer, and where that time goes.

python -m benchmarks.speed.first_answer [--runs 5] [--before COMMIT] [--clone] [--pages]

Each figure is the median of RUNS processes, from their start, after one that is not counted. With
--before the same is measured in a work tree of another commit, in turns with this one. With --clone
a clone of this commit is installed too, until it has read a picture: minutes. Another program that
runs meanwhile slows them all down.
"""

import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from os import environ
from pathlib import Path
from urllib.request import urlopen

from cyclopts import run

from benchmarks.report import find_pages, machine, table, write_into_pages
from benchmarks.support import ROOT
from mnist_paddle.data import load_data, prepare_data

MARK = "<!-- table of the first answer: python -m benchmarks.speed.first_answer -->"
EXAMPLE = ROOT / "work" / "example_0.jpg"
LONGEST = 600  # seconds, then it has failed
# `predict` in pieces: each prints what it was and when it was over.
PIECES = """
import sys, time
def over(name):
    print(name, time.time(), sep="|")
over("Python")
from mnist_paddle.commands import main, predict
over("the command line (Cyclopts)")
from mnist_paddle.kernels import environment
environment.prepare()
environment.import_paddle()
over("Paddle")
from mnist_paddle.predict import default_model, load_model, pictures
over("our own modules")
trained = load_model(default_model())
over("the model")
for reading in pictures.read_pictures(trained, [(sys.argv[1], sys.argv[1])]):
    over("the picture")
"""
Measurement = Callable[[Path], float]  # the folder of the program → seconds


def seconds_to(
    pattern: str, words: list[str], program: Path, then: Callable[[str], object] = str
) -> float:
    """Run Python in a program's folder until a line matches; return the seconds from its start.

    `then` is called with the line, and its time counts. The process is ended then.

    Raises:
        RuntimeError: the process has ended without such a line.
    """
    with tempfile.TemporaryFile("w+") as errors:
        started = time.perf_counter()
        process = start(words, program, errors)
        try:
            for line in process.stdout:
                if re.search(pattern, line):
                    then(line.strip())
                    return time.perf_counter() - started
            errors.seek(0)
            raise RuntimeError(f"{' '.join(words)} has no line {pattern!r}: {errors.read()}")
        finally:
            process.kill()
            process.communicate()


def start(words: list[str], program: Path, errors: object) -> subprocess.Popen:
    """Start Python with the package of a folder, where it writes each line as soon as it has it."""
    return subprocess.Popen(
        [sys.executable, *words],
        cwd=program,
        env={**environ, "PYTHONPATH": str(program), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    )


def measurements(data: Path, run_dir: Path) -> dict[str, Measurement]:
    """Return what is measured, by what the table calls it."""
    train = ["scripts/train.py", "--data", str(data), "--run_dir", str(run_dir)]
    page = ["scripts/demo.py", "--port", "0"]
    imported = ["-W", "ignore", "-c", "import paddle; print('there')"]
    return {
        "`import paddle` alone": lambda program: seconds_to("there", imported, program),
        "`predict work/example_0.jpg`, to its answer": lambda program: seconds_to(
            r"example_0\.jpg: 0 ", ["scripts/predict.py", str(EXAMPLE)], program
        ),
        "`demo`, to the page": lambda program: seconds_to(
            "^http://", page, program, lambda address: urlopen(address, timeout=LONGEST).read()
        ),
        "`train`, to the first step": lambda program: seconds_to(
            "^epoch: 0, batch: 0, loss", train, program
        ),
        "`predict --help`": lambda program: seconds_to(
            "--checkpoint", ["scripts/predict.py", "--help"], program
        ),
    }


def measure_pieces(program: Path) -> dict[str, float]:
    """Return the seconds of each piece of `predict`."""
    last = time.time()
    process = start(["-W", "ignore", "-c", PIECES, str(EXAMPLE)], program, None)
    output, _ = process.communicate(timeout=LONGEST)
    if process.returncode:
        raise RuntimeError(f"predict in pieces has ended with exit code {process.returncode}.")
    pieces = {}
    for name, _, moment in (line.partition("|") for line in output.splitlines()):
        pieces[name], last = float(moment) - last, float(moment)
    return pieces


def measure_clone(folder: Path) -> float:
    """Return the seconds from an empty folder to a read picture, packages from pip's cache."""
    if folder.exists():
        shutil.rmtree(folder)
    started = time.perf_counter()
    variables = {name: value for name, value in environ.items() if name != "VIRTUAL_ENV"}
    predict = [".venv/bin/python", "scripts/predict.py", "work/example_0.jpg"]
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    for words in (["scripts/install"], predict):
        subprocess.run(words, cwd=folder, env=variables, check=True)
    return time.perf_counter() - started


@contextmanager
def worktree(commit: str, folder: Path) -> Iterator[Path]:
    """Check out a commit in a folder of its own until the block ends."""
    git = ["git", "-C", str(ROOT), "worktree"]
    subprocess.run([*git, "add", "--quiet", "--detach", folder, commit], check=True)
    try:
        yield folder
    finally:
        subprocess.run([*git, "remove", "--force", folder], check=True)


def take_turns(
    measured: dict[str, Measurement], programs: list[Path], runs: int
) -> dict[str, list[list[float]]]:
    """Return for each name a list of seconds for each program; the first of each is left out."""
    found = {name: [[] for _ in programs] for name in measured}
    for number in range(runs + 1):
        for name, measurement in measured.items():
            for place, program in enumerate(programs):
                seconds = measurement(program)
                if number:
                    found[name][place].append(seconds)
    return found


def cells(seconds: list[float]) -> list[str]:
    """Return the median, and the least and the most."""
    return [f"{statistics.median(seconds):.2f}", f"{min(seconds):.2f} to {max(seconds):.2f}"]


def tables(
    found: dict[str, list[list[float]]], pieces: list[dict[str, float]], before: str | None
) -> list[str]:
    """Return the lines of both tables: to the first answer, and where the time goes."""
    head = ["", "seconds", "range", *([f"at {before}", "range"] if before else [])]
    rows = [
        [name, *(cell for part in parts for cell in cells(part))] for name, parts in found.items()
    ]
    goes = [[name, *cells([piece[name] for piece in pieces])] for name in pieces[0]]
    return [
        *table(head, rows, "l" + "r" * (len(head) - 1)),
        "",
        "Where the time of `predict` goes:",
        "",
        *table(["", "seconds", "range"], goes, "lrr"),
    ]


def measure_first_answer(
    *,
    runs: int = 5,
    before: str | None = None,
    clone: bool = False,
    data: Path | None = None,
    pages: bool = False,
) -> None:
    """Measure; print the tables, or write them into the page that has their mark.

    Parameters
    ----------
    runs
        Processes of each kind that are counted.
    before
        Another commit to measure in turns with this one.
    clone
        Install a clone too, and read a picture there.
    data
        Data file to train on; drawn digits are made if none is named.
    pages
        Write into the pages.
    """
    if pages:
        find_pages(MARK)  # or all is measured for nothing
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        if data is None:
            prepare_data(data := here / "drawn.json.gz", "drawn")
        load_data("train", data)  # so that the cache is there
        measured = measurements(data.resolve(), here / "run")
        if before:
            with worktree(before, here / "before") as other:
                found = take_turns(measured, [ROOT, other], runs)
        else:
            found = take_turns(measured, [ROOT], runs)
        pieces = [measure_pieces(ROOT) for _ in range(runs)]
        cloned = measure_clone(here / "clone") if clone else None
    lines = [*_heading(runs, before), *tables(found, pieces, before)]
    if cloned is not None:
        lines += ["", f"From an empty folder to a read picture, packages cached: {cloned:.0f} s."]
    if pages:
        write_into_pages(MARK, lines)
    else:
        print("\n".join(lines))


def _heading(runs: int, before: str | None) -> list[str]:
    options = f"--runs {runs}" + (f" --before {before}" if before else "")
    return [
        f"Written by `python -m benchmarks.speed.first_answer {options}` on {date.today()}: "
        f"{machine()}, Paddle {version('paddlepaddle')}. Seconds from the start of a process, "
        f"medians of {runs}.",
        "",
    ]


if __name__ == "__main__":
    run(measure_first_answer)
