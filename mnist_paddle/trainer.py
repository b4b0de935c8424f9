"""The whole: data, network, loss, optimizer and device meet in one loop, spelled out once.

Read `train_step` first: it is five lines. `train_and_evaluate` sets the stages up,
runs the epochs, and reads the eval split once, at the end; choices are made on valid.
The tutorial had no seed, no evaluation and no accuracy; here each run has all three.

全貌：数据、网络、损失、优化器和设备在一个循环里相遇，循环只写一遍。
先读 `train_step`：一个训练步骤只有五行。`train_and_evaluate` 备好各个步骤，逐轮训练，
只在最后读一次 eval；选择都在 valid 上做。教程没有随机种子、评估和正确率，这里全都有。
"""

import dataclasses
import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import paddle
from paddle import Tensor, nn
from paddle.optimizer import Optimizer
from paddle.optimizer.lr import LRScheduler
from tqdm import tqdm

from . import checkpoint
from .config import Config
from .data import MODES, Split, load_data
from .device import describe_device, use_device
from .errors import TrainingError
from .evaluation import Score, evaluate
from .figures import draw_curve
from .losses import OBJECTIVES, Objective
from .models import build_model, count_parameters, describe_layers
from .optimizers import make_optimizer, make_schedule
from .readers import choose_reader
from .resume import model_header, resume, save_checkpoint
from .run_folder import RunFolder

say = tqdm.write  # a line on standard output that does not tear a progress bar


@dataclass
class Training:
    """The parts of one run, and how far it has come."""

    config: Config
    place: Any
    splits: dict[str, Split]
    objective: Objective
    model: nn.Layer
    schedule: LRScheduler
    optimizer: Optimizer
    steps_per_epoch: int  # the short last batch included
    epoch: int = 0  # finished epochs
    train_seconds: float = 0.0
    valid: Score | None = None  # after the last finished epoch, if this process trained it

    @property
    def step(self) -> int:
        """Count the steps done, of all finished epochs."""
        return self.epoch * self.steps_per_epoch


def train_and_evaluate(config: Config) -> dict[str, Any]:
    """Train as `config` says, write the run folder, and return what result.json holds.

    Raises:
        InputError: the data, the device or a setting cannot be used, or the loss is not finite.
        OSError: the run folder cannot be written to.
    """
    training = prepare_training(config)
    path = Path(str(config.run_dir))  # Config has filled it in
    if config.resume:
        say(resume(training, path / RunFolder.CHECKPOINT))
    rows = training.step + training.epoch  # one a step, one an epoch
    folder = RunFolder(path, rows, config.visualdl)
    folder.write_config(dataclasses.asdict(config))
    try:
        _describe(training)
        for _ in range(training.epoch, config.epochs):
            train_epoch(training, folder)
            save_checkpoint(training, folder.checkpoint)
        return _finish(training, folder)
    finally:
        folder.close()


def prepare_training(config: Config) -> Training:
    """Set up every stage: device, data, loss, network, learning rate, optimizer."""
    place = use_device(config.gpu)
    splits = {mode: load_data(mode, config.data) for mode in MODES}
    paddle.seed(config.seed)  # the initial weights; the order of the images has the same seed
    objective = OBJECTIVES[config.loss]
    model = build_model(config.model, objective.outputs, config.hidden)
    steps_per_epoch = math.ceil(len(splits["train"]) / config.batch_size)
    steps_per_epoch = min(steps_per_epoch, config.limit_batches or steps_per_epoch)
    steps = config.epochs * steps_per_epoch
    schedule = make_schedule(config.schedule, config.lr, steps, config.end_lr)
    optimizer = make_optimizer(config.opt, schedule, model.parameters(), config.weight_decay)
    return Training(config, place, splits, objective, model, schedule, optimizer, steps_per_epoch)


def train_epoch(training: Training, folder: RunFolder) -> None:
    """Train one pass over the training images, then count the correct digits on valid.

    Raises:
        TrainingError: a loss is not a finite number; the weights are spoilt then.
    """
    epoch, first_step, lr = training.epoch, training.step, training.optimizer.get_lr
    loss_sum, images_seen, started = 0.0, 0, time.perf_counter()
    training.model.train()
    for batch, (images, labels) in enumerate(_batches(training)):
        row = {"kind": "step", "epoch": epoch, "step": first_step + batch, "lr": lr()}
        loss = train_step(training, images, labels)
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss is {loss} at epoch {epoch}, batch {batch}: the learning rate "
                f"{row['lr']:g} is too high for this model; try --lr {row['lr'] / 10:g}."
            )
        loss_sum += loss * len(images)
        images_seen += len(images)
        seconds = time.perf_counter() - started
        folder.add(**row, loss=loss, seconds=round(seconds, 4))
        if batch % training.config.log_every == 0:
            say(f"epoch: {epoch}, batch: {batch}, loss: {loss:.4f}")

    training.epoch += 1
    training.train_seconds += seconds
    _report_epoch(training, folder, {**row, "loss": loss_sum / images_seen}, seconds, images_seen)


def train_step(training: Training, images: Tensor, labels: Tensor) -> float:
    """Take one step on one batch, `[B, 1, 28, 28]` and `[B, 1]`; return the batch's mean loss."""
    loss = training.objective.loss(training.model(images), labels)
    loss.backward()  # the gradient of the loss, for each weight
    training.optimizer.step()  # each weight goes a little against its gradient
    training.optimizer.clear_grad()  # or the next gradient would be added to this one
    training.schedule.step()  # the next step's learning rate
    return float(loss)


def _evaluate_split(training: Training, mode: str) -> Score:
    """Evaluate the network as it is now on train, valid or eval."""
    return evaluate(training.model, training.objective, training.splits[mode], training.place)


def _report_epoch(
    training: Training, folder: RunFolder, row: dict[str, Any], seconds: float, images_seen: int
) -> None:
    score = training.valid = _evaluate_split(training, "valid")
    counts = {"valid_correct": score.correct, "valid_total": score.total}
    folder.add(**{**row, **counts, "kind": "epoch", "seconds": round(seconds, 4)})
    say(
        f"epoch: {row['epoch']}, train loss: {row['loss']:.4f}, valid: {score}, "
        f"{seconds:.1f} s, {images_seen / seconds:.0f} images/s"
    )
    if np.count_nonzero(score.confusion.sum(axis=0)) == 1:
        say("every image is read as the same digit: the network is dead; try a lower --lr.")


def _batches(training: Training) -> Iterable[tuple[Tensor, Tensor]]:
    config = training.config
    batches = training.splits["train"].batches(
        config.batch_size,
        seed=config.seed,
        epoch=training.epoch,
        label_dtype=training.objective.label_dtype,
    )
    read = choose_reader(config.reader, config.capacity)
    steps = training.steps_per_epoch
    return tqdm(
        read(islice(batches, steps), training.place),
        total=steps,
        desc=f"epoch {training.epoch}",
        unit="batch",
        leave=False,
        disable=None,  # no bar where standard error is no terminal
    )


def _describe(training: Training) -> None:
    config, train = training.config, training.splits["train"]
    sizes = ", ".join(f"{mode} {len(split)}" for mode, split in training.splits.items())
    images, labels = next(
        train.batches(
            config.batch_size, seed=config.seed, label_dtype=training.objective.label_dtype
        )
    )
    say(f"data: {train.name} from {config.data}: {sizes}")
    say(f"batch: images {images.shape} {images.dtype}, labels {labels.shape} {labels.dtype}")
    say(
        f"model: {config.model}, {count_parameters(training.model)} parameters; "
        f"loss: {config.loss}; optimizer: {config.opt}; device: {describe_device(config.gpu)}"
    )
    if config.check_shapes:
        for line in describe_layers(training.model, paddle.to_tensor(images, place=training.place)):
            say(line)


def _finish(training: Training, folder: RunFolder) -> dict[str, Any]:
    """Read the eval split, write model, curve and result."""
    config, train = training.config, training.splits["train"]
    valid = training.valid or _evaluate_split(training, "valid")
    final = _evaluate_split(training, "eval")
    counts = {
        "valid_correct": valid.correct,
        "valid_total": valid.total,
        "eval_correct": final.correct,
        "eval_total": final.total,
    }
    tensors = checkpoint.model_tensors(training.model)
    checkpoint.save(folder.model, tensors, model_header(training, counts))
    draw_curve(
        folder.rows(), folder.path / "curve.png", f"{config.model}, {config.loss}, {config.opt}"
    )
    result = {
        "model": config.model,
        "loss": config.loss,
        "opt": config.opt,
        "lr": config.lr,
        "epochs": config.epochs,
        "data": train.name,
        "data_digest": train.digest,
        "seed": config.seed,
        "parameters": count_parameters(training.model),
        **counts,
        "train_seconds": round(training.train_seconds, 2),
        "paddle": paddle.__version__,
        "device": describe_device(config.gpu),
    }
    folder.write_result(result)
    say(f"valid: {valid}")
    say(f"eval: {final}")
    say(f"{folder.path}: model.safetensors, result.json, metrics.csv, curve.png, config.yaml")
    return result
