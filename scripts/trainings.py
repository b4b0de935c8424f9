"""Real trainings for the measuring scripts: started, waited for, launched with several ranks."""

import os
import subprocess
import sys
from pathlib import Path

from readme import ROOT

from mnist_paddle.data import write_data
from mnist_paddle.data.drawn_digits import draw_digits

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
        said, _ = process.communicate()
        if process.returncode:
            raise RuntimeError(f"{name}: exit {process.returncode}: {said}")
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
