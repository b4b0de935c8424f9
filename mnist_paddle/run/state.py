"""Of what parts is one training made, and which settings decide the weights that it ends with?"""

import dataclasses
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paddle import Tensor, nn
from paddle.optimizer import Optimizer
from paddle.optimizer.lr import LRScheduler

from ..checkpoint import Tensors
from ..config import Config
from ..data import Split
from ..evaluation import Score
from ..losses import Objective
from ..parallel import Ranks, unwrapped
from .progress import Progress

# Where a model was trained, and what was shown or kept meanwhile, does not change it.
_READ = ("data", "strict", "reader", "capacity", "num_workers")
_SHARED_OUT = ("procs",)  # the number of ranks counts, however they were started
_SHOWN = ("log_every", "check_shapes", "visualdl", "verbose")
_KEPT = ("run_dir", "checkpoint_every", "keep", "resume", "allow_changes")
_NOT_IN_MODEL = frozenset((*_READ, *_SHARED_OUT, *_SHOWN, *_KEPT))


@dataclass
class Training:
    """The parts of one run, and how far it has come."""

    config: Config
    place: Any
    ranks: Ranks
    splits: dict[str, Split]
    objective: Objective
    network: nn.Layer  # with several ranks, it averages the gradients too
    schedule: LRScheduler
    optimizer: Optimizer
    images_per_step: int  # of all ranks together
    steps_per_epoch: int
    convolutions: str | None = None  # the way in which they are computed; None without any
    resident: tuple[Tensor, Tensor] | None = None  # all training data, for the reader resident
    progress: Progress = field(default_factory=Progress)
    checkpoint: Path | None = None  # the newest that is known to be whole
    valid: Score | None = None  # after the last finished epoch, if this process trained it
    best: Tensors | None = None  # the weights after the best epoch, for early_stop

    @property
    def model(self) -> nn.Layer:
        """The network without what averages its gradients over the ranks: what is kept in files."""
        return unwrapped(self.network)

    @property
    def finished(self) -> bool:
        """Whether all epochs are over, or valid has not got better for long enough."""
        config, progress = self.config, self.progress
        since_best = progress.epoch - 1 - progress.best_epoch
        patience = config.early_stop or math.inf
        return progress.epoch >= config.epochs or since_best >= patience


def settings_of_model(training: Training) -> dict[str, Any]:
    """Return the settings that decide the weights, the number of ranks among them."""
    settings = dataclasses.asdict(training.config)
    kept = {key: settings[key] for key in settings.keys() - _NOT_IN_MODEL}
    if not training.config.early_stop:  # what is read on valid chooses no epoch
        del kept["tta"]
    ranks = training.ranks.size
    return {**kept, "batch_size": training.images_per_step // ranks, "ranks": ranks}
