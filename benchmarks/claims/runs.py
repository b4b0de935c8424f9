"""The trainings of a comparison: each a process of its own, some side by side, one progress bar.

A training has one folder for one set of settings, seed and data: what is finished there is not
repeated, what was cut short goes on, and comparisons share it.
"""

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import yaml
from tqdm import tqdm

from benchmarks.claims.comparisons import TRAIN, Run
from benchmarks.claims.verdicts import Outcome
from benchmarks.support import ROOT
from mnist_paddle.config import Config
from mnist_paddle.data import Split, load_splits, write_data
from mnist_paddle.data.generators import steps_in_pass
from mnist_paddle.errors import TrainingError
from mnist_paddle.launch.worker import end_with_parent

LOOK = 0.2  # seconds between two looks at the processes
LOG_EVERY = 50  # batches; the progress bar moves as often
CHECKPOINT_EVERY = 100  # batches
COST = {
    "linear": 0.02,
    "mlp": 0.02,
    "cnn": 1.0,
    "lenet": 0.5,
}  # of a batch, for the progress bar: about
UNIMPORTANT = ("data", "run_dir", "resume", "log_every", "checkpoint_every", "verbose")


@dataclass(frozen=True)
class Data:
    """A data file or folder, as its digest tells it from others."""

    path: Path
    splits: Mapping[str, Split]

    @property
    def name(self) -> str:
        """Name it as a folder may be named."""
        name = self.splits["train"].name.removesuffix(" (not MNIST)")
        return re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII)[:60]

    @property
    def digest(self) -> str:
        return self.splits["train"].digest


def read_data(path: Path) -> Data:
    """Read all splits; raises as load_splits does."""
    return Data(path.resolve(), load_splits(path))


def sort_by_label(data: Data, folder: Path) -> Data:
    """Write the same images with those of train in the order of their labels, unless it is there.

    Within a label they stay in the order of the file.
    """
    path = folder / f"{data.name}_{data.digest[:8]}_by_label.json.gz"
    if not path.exists():
        splits = {}
        for mode, split in data.splits.items():
            order = np.arange(len(split))
            if mode == "train":
                order = np.argsort(split.labels[:, 0], kind="stable")
            splits[mode] = (split.images[order], split.labels[order])
        write_data(path, splits, f"{data.name}-by-label")
    return read_data(path)


@dataclass(frozen=True)
class Training:
    """One training to be there: its settings with seed, its data and its folder."""

    settings: Mapping[str, Any]
    data: Data
    program: tuple[str, ...]
    runs: Path  # folder of all run folders

    @property
    def folder(self) -> Path:
        """Name everything that makes it another training than the next."""
        first = ("model", "loss", "opt", "lr")
        words = [] if self.program == TRAIN else [self.program[-1].rpartition(".")[2]]
        words += [str(self.settings[key]) for key in first]
        others = [key for key in self.settings if key not in (*first, "seed")]
        words += [f"{key}_{self.settings[key]}" for key in (*sorted(others), "seed")]
        return self.runs / f"{self.data.name}_{self.data.digest[:8]}" / "_".join(words)

    @property
    def config(self) -> Config:
        return Config(
            **self.settings,
            procs=1,  # others run beside it
            data=str(self.data.path),
            run_dir=str(self.folder),
            log_every=LOG_EVERY,
            checkpoint_every=CHECKPOINT_EVERY,
        )

    @property
    def steps_per_epoch(self) -> int:
        steps = steps_in_pass(len(self.data.splits["train"]), self.config.batch_size)
        return min(steps, self.config.limit_batches or steps)

    @property
    def cost(self) -> float:
        """Return about how much longer it takes than a pass of the CNN over MNIST."""
        batches = self.steps_per_epoch * self.config.epochs
        return COST[self.config.model] * batches / 500

    def is_same(self) -> bool:
        """Return whether what is in the folder was made with these settings; a new one counts."""
        file = self.folder / "config.yaml"
        if not file.exists():
            return False
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
        ours = dataclasses.asdict(self.config)
        return all(found.get(key, ours[key]) == ours[key] for key in ours.keys() - {*UNIMPORTANT})

    def is_finished(self) -> bool:
        file = self.folder / "result.json"
        if not (file.exists() and self.is_same()):
            return False
        return json.loads(file.read_text(encoding="utf-8"))["data_digest"] == self.data.digest

    def outcome(self) -> Outcome:
        return Outcome(self.folder, self.data.splits["valid"])


class Running:
    """A training that runs; what it prints goes into train.log of its folder."""

    def __init__(self, training: Training) -> None:
        self.training, self.folder, self.seen = training, training.folder, 0.0
        resume = ["--resume"] if training.is_same() else []
        (self.folder / "result.json").unlink(missing_ok=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = self.folder / "train.log"
        plan = self.folder / "plan.yaml"
        settings = dataclasses.asdict(training.config)
        plan.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-u", "-m", *training.program, "--config", plan, *resume],
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                # results then do not depend on how many run side by side
                env={**os.environ, "OMP_NUM_THREADS": "1"},
                start_new_session=True,  # Ctrl-C comes to us; we pass it on once
                preexec_fn=partial(end_with_parent, signal.SIGTERM),
            )

    @property
    def name(self) -> str:
        return f"{self.folder.parent.name}/{self.folder.name}"

    def text(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def progress(self) -> float:
        """Return what has been done since the last call, in the unit of Training.cost."""
        found = re.findall(r"^epoch: (\d+), (?:batch: (\d+)|train)", self.text(), re.MULTILINE)
        if not found:
            return 0.0
        epoch, batch = found[-1]
        total = self.training.config.epochs
        epochs = int(epoch) + (int(batch) / self.training.steps_per_epoch if batch else 1)
        done = self.training.cost * epochs / total
        step, self.seen = done - self.seen, done
        return step

    def problem(self) -> str | None:
        """Return why it ended, if it did not end well."""
        code = self.process.returncode
        if not code:
            return None
        if code < 0:  # by the system, when memory is short
            return f"{self.name} was killed by {signal.Signals(-code).name}"
        lines = self.text().strip().splitlines() or ["it printed nothing"]
        if code in (2, 128 + signal.SIGINT, 128 + signal.SIGTERM):
            return f"{self.name}: {lines[-1].removeprefix('error: ')}"
        tail = "\n".join(lines[-20:])
        raise RuntimeError(f"{self.folder}: exit {code}:\n{tail}")


def train_all(
    trainings: Sequence[Training], jobs: int, after: Callable[[], None] | None, cost: float
) -> None:
    """Train what is not finished, `jobs` at a time, and then do `after`, alone.

    Raises:
        TrainingError: some of them cannot be trained; the others are.
    """
    waiting = [training for training in trainings if not training.is_finished()]
    waiting.sort(key=lambda training: -training.cost)  # the short ones fill the end
    done = sum(training.cost for training in trainings) - sum(t.cost for t in waiting)
    finished = len(trainings) - len(waiting)
    print(f"{len(trainings)} trainings, {finished} of them finished before", flush=True)
    with (
        _ending_on_sigterm(),
        tqdm(
            total=sum(training.cost for training in trainings) + (cost if after else 0),
            initial=done,
            bar_format="{desc}{percentage:3.0f}%|{bar}| {n:.1f}/{total:.1f} epochs of the CNN "
            "[{elapsed}<{remaining}]",
            disable=None,
        ) as bar,
    ):
        problems = _train(waiting, jobs, bar)
        if problems:
            others = f" ({len(problems)} of {len(trainings)} trainings ended so)"
            raise TrainingError(problems[0].rstrip(".") + f"{others if problems[1:] else ''}.")
        if after:
            bar.set_description("timing")
            after()
            bar.update(cost)


def _train(waiting: list[Training], jobs: int, bar: tqdm) -> list[str]:
    """Train all of them; return the sentences of those that failed."""
    running: list[Running] = []
    problems: list[str] = []
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                running.append(Running(waiting.pop(0)))
            bar.set_description(f"{len(running)} running, {len(waiting)} waiting")
            time.sleep(LOOK)
            for process in running:
                process.process.poll()
                bar.update(process.progress())
            for process in [p for p in running if p.process.returncode is not None]:
                running.remove(process)
                problem = process.problem()
                problems += [problem] if problem else []
                tqdm.write(problem or _summary(process))
                sys.stdout.flush()  # a log that is followed shows it at once
    finally:  # after Ctrl-C, say: each writes a checkpoint
        for process in running:
            process.process.terminate()
        for process in running:
            process.process.wait()
        if running:
            tqdm.write(f"stopped {len(running)} trainings: the same command goes on with them")
    return problems


def _summary(process: Running) -> str:
    (process.folder / "plan.yaml").unlink(missing_ok=True)
    outcome = process.training.outcome()
    accuracies = ", ".join(f"{mode} {outcome.accuracy(mode):.2f} %" for mode in ("valid", "eval"))
    return f"{process.name}: {accuracies}"


@contextmanager
def _ending_on_sigterm() -> Iterator[None]:
    """Let SIGTERM end this process as Ctrl-C would, so that the trainings are ended too."""

    def end(*_: object) -> NoReturn:
        sys.exit(128 + signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def plan(
    run: Run, seed: int, data: Data, runs: Path, epochs: int | None, limit_batches: int | None
) -> Training:
    """Return the training of a run for one seed; `epochs` takes the place of its own."""
    settings = {**run.settings, "epochs": epochs or run.settings["epochs"], "seed": seed}
    if limit_batches:
        settings["limit_batches"] = limit_batches
    return Training(settings, data, run.program, runs)
