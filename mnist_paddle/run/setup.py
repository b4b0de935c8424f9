"""How is a training set up from its settings?

`prepare_training` sets up every stage from one Config: device, ranks, data, loss, network,
learning rate, optimizer. trainer.py runs what it returns, resume.py keeps it and puts it back.
"""

import json

import numpy as np
import paddle

from ..config import Config
from ..data import load_splits
from ..data.generators import ENDLESS, steps_in_pass
from ..device import use_device
from ..errors import ConfigError
from ..kernels.conv_pool import choose_convolutions, convolutions
from ..losses import OBJECTIVES, with_smoothing
from ..models import build_model
from ..optimizers import make_optimizer, make_schedule
from ..parallel import start_ranks
from ..readers import read_sync
from .state import Training, settings_of_model


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
    choose_convolutions(config.fast and not config.gpu)
    training = Training(
        config,
        place,
        ranks,
        splits,
        objective,
        ranks.wrap(model),
        schedule,
        optimizer,
        images_per_step,
        steps_per_epoch,
        convolutions(model, config.gpu),
    )
    if config.reader == "resident":
        train = splits["train"]
        whole = train.batch(np.arange(len(train)), objective.label_dtype)
        training.resident = next(read_sync([whole], place))
    ranks.agree("set of options", json.dumps(settings_of_model(training), sort_keys=True))
    ranks.agree("data file", splits["train"].digest)
    return training


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
