"""The whole, prepared: of what parts is one training made, and how far has it come?

`prepare_training` sets up every stage from one Config: device, ranks, data, loss, network,
learning rate, optimizer. trainer.py runs what it returns, resume.py keeps it and puts it back.

训练的准备：一次训练由哪些部分组成？现在走到了哪里？
`prepare_training` 按一个 Config 备好每个步骤：设备、进程、数据、损失、网络、学习率、优化器。
trainer.py 运行它返回的结果，resume.py 把它保存下来，再恢复回去。
"""

import dataclasses
import json
import math
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import paddle
from paddle import Tensor, nn
from paddle.optimizer import Optimizer
from paddle.optimizer.lr import LRScheduler

from .checkpoint import Tensors
from .config import Config
from .conv_pool import FAST
from .data import Split, load_splits
from .data.generators import ENDLESS, steps_in_pass
from .device import use_device
from .errors import ConfigError
from .evaluation import Score
from .losses import OBJECTIVES, Objective, soft_cross_entropy, with_smoothing
from .models import build_model
from .optimizers import make_optimizer, make_schedule
from .parallel import Ranks, start_ranks
from .readers import load_resident
from .teacher import Teacher

# Where a model was trained, and what was shown or kept meanwhile, does not change it.
_READ = ("data", "strict", "reader", "capacity", "num_workers")
_SHARED_OUT = ("procs",)  # the number of ranks counts, however they were started
_SHOWN = ("log_every", "check_shapes", "visualdl", "verbose")
_KEPT = ("run_dir", "checkpoint_every", "keep", "resume", "allow_changes")
_NOT_IN_MODEL = frozenset((*_READ, *_SHARED_OUT, *_SHOWN, *_KEPT))


@dataclass
class Position:
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


@dataclass
class Training:
    """The parts of one run, and how far it has come."""

    config: Config
    place: Any
    ranks: Ranks
    splits: dict[str, Split]
    objective: Objective
    model: nn.Layer
    network: nn.Layer  # computes as model does; with several ranks it averages the gradients too
    schedule: LRScheduler
    optimizer: Optimizer
    images_per_step: int  # of all ranks together
    steps_per_epoch: int
    teacher: Teacher | None = None  # whose probabilities are learned instead of the labels
    resident: tuple[Tensor, Tensor] | None = None  # all training data, for the reader resident
    position: Position = field(default_factory=Position)
    checkpoint: Path | None = None  # the newest that is known to be whole
    valid: Score | None = None  # after the last finished epoch, if this process trained it
    best: Tensors | None = None  # the weights after the best epoch, for early_stop

    @property
    def finished(self) -> bool:
        """Tell whether all epochs are over, or valid has not got better for long enough."""
        config, position = self.config, self.position
        since_best = position.epoch - 1 - position.best_epoch
        patience = config.early_stop or math.inf
        return position.epoch >= config.epochs or since_best >= patience


def prepare_training(config: Config) -> Training:
    """Set up every stage: device, ranks, data, loss, network, learning rate, optimizer."""
    place = use_device(config.gpu)
    ranks = start_ranks(config.gpu)
    images_per_step = _images_per_step(config, ranks.size)
    with ranks.one_first():  # it leaves a cache for the others
        splits = load_splits(config.data, split_seed=config.split_seed, strict=config.strict)
    if config.use_valid:
        splits["train"] = splits["train"].joined(splits["valid"])
    paddle.seed(config.seed)  # the initial weights; the order of the images has the same seed
    objective = OBJECTIVES[config.loss]
    if config.label_smoothing:
        objective = with_smoothing(objective, config.label_smoothing)
    model = build_model(config.model, objective.outputs, config.hidden)
    steps_per_epoch = _steps_per_epoch(config, len(splits["train"]), images_per_step)
    factor = images_per_step // config.batch_size if config.scale_lr else 1
    schedule = make_schedule(
        config.schedule, config.lr * factor, config.epochs * steps_per_epoch, config.end_lr * factor
    )
    betas = config.beta1, config.beta2
    optimizer = make_optimizer(config.opt, schedule, model.parameters(), config.weight_decay, betas)
    training = Training(
        config,
        place,
        ranks,
        splits,
        objective,
        model,
        ranks.wrap(_computing(model, config)),
        schedule,
        optimizer,
        images_per_step,
        steps_per_epoch,
    )
    if config.teacher:
        computing = partial(_computing, config=config)
        training.teacher = Teacher(config.teacher, config.teacher_temperature, computing)
        training.objective = replace(objective, loss=soft_cross_entropy)
    if config.reader == "resident":
        labels = splits["train"].labels.astype(objective.label_dtype)
        training.resident = load_resident(splits["train"].images, labels, place)
    ranks.agree("set of options", json.dumps(settings_of_model(training), sort_keys=True))
    ranks.agree("data file", splits["train"].digest)
    return training


def _computing(model: nn.Layer, config: Config) -> nn.Layer:
    """Return the layer that computes `model` in the least time, or `model` itself."""
    if config.fast and not config.gpu and type(model) in FAST:
        return FAST[type(model)](model)
    return model


def _images_per_step(config: Config, ranks: int) -> int:
    """Return the images of a step: one batch that the ranks share out, or a batch for each."""
    if config.procs == 1:
        return config.batch_size * ranks
    if config.procs not in ("auto", ranks):
        raise ConfigError(
            f"--procs {config.procs} asks for {config.procs} processes, and there are {ranks}: "
            f"scripts/train.py starts them; elsewhere leave out --procs."
        )
    if config.batch_size % ranks:
        raise ConfigError(
            f"a batch of {config.batch_size} images cannot be shared out equally to {ranks} "
            f"processes: choose a --batch_size that {ranks} divides."
        )
    return config.batch_size


def _steps_per_epoch(config: Config, images: int, images_per_step: int) -> int:
    """Return the batches of an epoch, the short last one of a pass included."""
    in_pass = steps_in_pass(images, images_per_step)
    steps = config.steps_per_epoch or in_pass
    if steps > in_pass and config.generator not in ENDLESS:
        raise ConfigError(
            f"steps_per_epoch is {steps}, but a pass over {images} images has {in_pass} batches: "
            f"choose a generator that never ends ({', '.join(ENDLESS)}), or fewer steps."
        )
    return min(steps, config.limit_batches or steps)


def settings_of_model(training: Training) -> dict[str, Any]:
    """Return the settings that decide the weights, the number of ranks among them."""
    settings = dataclasses.asdict(training.config)
    kept = {key: settings[key] for key in settings.keys() - _NOT_IN_MODEL}
    if not training.config.early_stop:  # what is read on valid chooses no epoch
        del kept["tta"]
    ranks = training.ranks.size
    teacher = training.teacher and training.teacher.digest  # wherever its file lies
    sizes = {"batch_size": training.images_per_step // ranks, "ranks": ranks}
    return {**kept, "teacher": teacher, **sizes}
