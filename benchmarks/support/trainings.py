"""Real trainings for the benchmarks: started, waited for, launched with several ranks."""

import dataclasses
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from benchmarks.support import ROOT
from benchmarks.support.measuring import users_environment
from mnist_paddle.config import Config
from mnist_paddle.config_file import read_config_file
from mnist_paddle.data import load_data, write_data
from mnist_paddle.data.sources.drawn_digits import draw_digits

TRAIN, LAUNCH = ROOT / "scripts" / "train.py", ROOT / "scripts" / "launch.py"
# A CNN, 22 steps: some seconds of training in which to be stopped.
SMALL = ["--opt", "adam", "--schedule", "polynomial", "--end_lr", "0.001", "--epochs", "2"]
SMALL += ["--checkpoint_every", "3", "--log_every", "1"]


class Trainings:
    """A folder to train in, with a small data file for SMALL."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "small.json.gz"
        sizes = {"train": 1050, "valid": 130, "eval": 170}
        splits = {mode: draw_digits(n, seed=[7, i]) for i, (mode, n) in enumerate(sizes.items())}
        write_data(self.data, splits, "small")

    def start(
        self, script: Path, folder: Path, *more: object, ranks: int = 1, small: bool = True
    ) -> subprocess.Popen:
        return subprocess.Popen(
            self._words(script, folder, *more, ranks=ranks, small=small),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )

    def run(self, script: Path, name: str, *more: object, ranks: int = 1, small: bool = True):
        """Run to the end; return the run folder."""
        process = self.start(script, self.folder / name, *more, ranks=ranks, small=small)
        output, _ = process.communicate()
        if process.returncode:
            raise RuntimeError(f"{name}: exit {process.returncode}: {output}")
        return self.folder / name

    def launch(self, ranks: int, name: str, *more: object, small: bool = True) -> Path:
        return self.run(LAUNCH, name, *more, ranks=ranks, small=small)

    def _words(self, script: Path, folder: Path, *more: object, ranks: int, small: bool) -> list:
        words: list[object] = [sys.executable, "-u", script]
        if script == LAUNCH:
            words += ["--nproc_per_node", ranks, "--log_dir", folder.with_suffix(".log"), TRAIN]
            words += ["--batch_size", 100 // ranks] if small else []
        words += [*SMALL, "--data", self.data] if small else []
        return [*map(str, [*words, "--run_dir", folder, *more])]


def train_once(folder: Path, values: dict[str, Any]) -> dict[str, Any]:
    """Run scripts/train.py with these settings, unless a run with just these is there already.

    One that was cut short goes on. Return its result, with `command_seconds`, the time of the
    whole command (of the last one, if several were needed).
    """
    result, written = folder / "result.json", folder / "config.yaml"
    seconds = folder / "command_seconds.json"  # beside what the command writes itself
    run_dir = folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder
    config = _settings({**values, "run_dir": str(run_dir)})
    same = written.exists() and _settings({**read_config_file(written), "resume": None}) == config
    digest = load_data("eval", ROOT / config["data"]).digest
    finished = same and seconds.exists()
    if not finished or json.loads(result.read_text(encoding="utf-8"))["data_digest"] != digest:
        folder.mkdir(parents=True, exist_ok=True)
        seconds.unlink(missing_ok=True)
        plan = folder / "plan.yaml"
        plan.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
        command = [sys.executable, str(TRAIN), "--config", str(plan)]
        command += ["--resume"] if same and not finished else []
        started = time.perf_counter()
        process = subprocess.run(
            command, cwd=ROOT, env=users_environment(), capture_output=True, text=True
        )
        if process.returncode:
            raise RuntimeError(f"{folder}: exit {process.returncode}: {process.stderr}")
        seconds.write_text(json.dumps(time.perf_counter() - started), encoding="utf-8")
        plan.unlink()
    took = json.loads(seconds.read_text(encoding="utf-8"))
    return {**json.loads(result.read_text(encoding="utf-8")), "command_seconds": took}


def _settings(values: dict[str, Any]) -> dict[str, Any]:
    """Return all settings; one that is newer than an older run has its default there."""
    return dataclasses.asdict(Config(**values))


def row_of(what: str, results: Sequence[dict[str, Any]]) -> list[str]:
    """Return a table's row: epochs, medians of seconds, accuracies on eval, how many results."""
    seconds = statistics.median(result["train_seconds"] for result in results)
    whole = statistics.median(result["command_seconds"] for result in results)
    accuracies = [100 * result["eval_correct"] / result["eval_total"] for result in results]
    epochs = str(results[0]["epochs"])
    return [what, epochs, f"{seconds:.1f}", f"{whole:.1f}", spread(accuracies), str(len(results))]


def spread(values: Sequence[float]) -> str:
    """Return mean and standard deviation as text; of a single value, the value."""
    mean = statistics.mean(values)
    return f"{mean:.2f} ± {statistics.stdev(values):.2f}" if len(values) > 1 else f"{mean:.2f}"
