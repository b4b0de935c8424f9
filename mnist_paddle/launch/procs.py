"""How many processes share out a training on the CPU, and how does `train --procs` start them?

`scripts/train.py --procs N` starts N ranks of the same training through the launcher. They share
out each batch, so that the result is that of one process but for the last digits of float32.
`auto` takes as many as the cores serve, and one where more would not be faster.
"""

import dataclasses
import os
import shutil
import sys
import tempfile
from pathlib import Path

import yaml

from ..config import Config
from ..kernels.cores import LAUNCHED, usable_cores
from ..run.progress import BAR
from .options import Launch, launch

LEAST_PART = 25  # images of a batch for each process; with fewer the averaging takes too long
SMALL = ("linear", "mlp", "lenet")  # their steps are shorter than the averaging of their gradients


def decide_processes(config: Config) -> Config:
    """Return the settings with a number in place of `--procs auto`."""
    if config.procs != "auto":
        return config
    launched = os.environ.get(LAUNCHED)
    return dataclasses.replace(config, procs=int(launched) if launched else _best_number(config))


def _best_number(config: Config) -> int:
    if config.model in SMALL or sys.platform != "linux":
        return 1
    most = min(usable_cores(), config.batch_size // LEAST_PART)
    return next((n for n in range(most, 1, -1) if config.batch_size % n == 0), 1)


def wants_launch(config: Config) -> bool:
    """Return whether `--procs` wants processes that no launcher has started yet."""
    return config.procs != 1 and LAUNCHED not in os.environ


def train_in_processes(config: Config) -> int:
    """Start the processes that `config` wants, all with its settings; return the exit code.

    Their logs lie in a temporary folder, which stays only if a process failed without a sentence.
    """
    folder = Path(tempfile.mkdtemp(prefix="mnist_paddle_"))
    code = 0
    try:
        file = folder / "config.yaml"
        text = yaml.safe_dump(dataclasses.asdict(config), allow_unicode=True)
        file.write_text(text, encoding="utf-8")
        options = Launch(nproc_per_node=int(config.procs), log_dir=folder)
        if sys.stdout.isatty() and sys.stderr.isatty():
            os.environ[BAR] = "1"
            os.environ.setdefault("COLUMNS", str(shutil.get_terminal_size().columns))
        code = launch(["-m", "mnist_paddle", "train", "--config", str(file)], options)
    finally:
        if code in (0, 2, 130, 143):
            shutil.rmtree(folder, ignore_errors=True)
    return code
