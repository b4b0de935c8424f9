"""How far has a training come, and how is it shown?"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tqdm import tqdm

BAR = "MNIST_PADDLE_BAR"  # variable: what rank 0 writes is shown on a terminal


@dataclass
class Progress:
    """How far a training has come; images, loss_sum and epoch_seconds are of the current epoch."""

    epoch: int = 0  # finished epochs
    batch: int = 0  # finished batches of the current epoch
    step: int = 0  # finished steps of the whole training
    images: int = 0  # seen, by all ranks
    loss_sum: float = 0.0  # over those images
    epoch_seconds: float = 0.0
    train_seconds: float = 0.0  # of the finished epochs
    best_correct: int = 0  # on valid, after the best epoch so far
    best_epoch: int = 0


def log(line: str) -> None:
    """Print a line on standard output that does not tear a progress bar."""
    tqdm.write(line)


def with_bar(batches: Iterable[Any], progress: Progress, steps: int, rank: int) -> Iterable[Any]:
    """Yield the batches that are left of an epoch of `steps`, with a progress bar on a terminal."""
    return tqdm(
        batches,
        initial=progress.batch,
        total=steps,
        desc=f"epoch {progress.epoch}",
        unit="batch",
        leave=False,
        disable=hide_bar(rank),
    )


def hide_bar(rank: int) -> bool | None:
    """Return what tqdm's `disable` is to be: one bar for all ranks, and that on a terminal only."""
    if rank:
        return True
    return False if BAR in os.environ else None
