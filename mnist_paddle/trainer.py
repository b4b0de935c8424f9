"""The whole: data, network, loss, optimizer and device meet in one loop, spelled out once.

Read `train_step` first: five lines, and two for a teacher. `train_and_evaluate` sets the stages up,
runs the epochs, and reads the eval split once, at the end; choices are made on valid.
The tutorial had no seed, no evaluation and no accuracy; here each run has all three.

全貌：数据、网络、损失、优化器和设备在一个循环里相遇，循环只写一遍。
先读 `train_step`：一个训练步骤只有五行，有老师时多两行。`train_and_evaluate` 备好各个步骤，
逐轮训练，只在最后读一次 eval；选择都在 valid 上做。教程没有随机种子、评估和正确率，这里全都有。
"""

import dataclasses
import math
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import paddle
from paddle import Tensor
from tqdm import tqdm

from . import checkpoint, environment
from .config import NEWEST, Config
from .data.generators import ENDLESS
from .device import describe_device
from .errors import CheckpointError, DataError, Stopped, TrainingError
from .evaluation import Score, evaluate
from .feed import read_epoch
from .figures import draw_curve
from .models import count_parameters, describe_layers
from .processes import hide_bar
from .resume import model_header, resume, save_checkpoint, what_is_kept
from .run_folder import RunFolder
from .stopping import StopSignals
from .training import Position, Training, prepare_training
from .tta import answering

say = tqdm.write  # a line on standard output that does not tear a progress bar


def train_and_evaluate(config: Config) -> dict[str, Any]:
    """Train as `config` says, write the run folder, and return what result.json holds.

    Under paddle.distributed.launch every rank calls this; rank 0 alone writes and prints.

    Raises:
        InputError: the data, the device or a setting cannot be used, or the loss is not finite.
        OSError: the run folder cannot be written to.
        Stopped: SIGTERM or Ctrl-C came; there is a checkpoint to go on from.
    """
    if config.resume not in (None, NEWEST) and not Path(str(config.resume)).is_file():
        raise CheckpointError(f"--resume {config.resume}: no such file.")
    training = prepare_training(config)
    folder = None
    if training.ranks.rank == 0:
        folder = RunFolder(str(config.run_dir), config.visualdl)  # Config has filled it in
    try:
        _begin(training, folder)
        with StopSignals() as signals:
            while not training.finished:
                stopped = train_epoch(training, folder, signals)
                if folder:
                    save_checkpoint(training, folder)
                if stopped:
                    name, kept = signal.Signals(stopped).name, what_is_kept(training)
                    raise Stopped(stopped, f"stopped by {name}" + (f"; {kept}" if folder else ""))
        return _finish(training, folder)
    except OSError as error:  # a full disk, say
        reason = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        step, kept = training.position.step, what_is_kept(training)
        raise OSError(f"stopped after step {step}: {reason}; {kept}") from None
    except DataError as error:  # the file of a sample has gone since the start, say
        step, kept = training.position.step, what_is_kept(training)
        raise DataError(f"stopped after step {step}: {str(error).rstrip('.')}; {kept}.") from None
    finally:
        if folder:
            folder.close()


def train_epoch(training: Training, folder: RunFolder | None, signals: StopSignals) -> int:
    """Train one pass over the training images, or what is left of it, and evaluate on valid.

    Return the number of the signal that stopped it, 0 if none did.

    Raises:
        TrainingError: a loss is not a finite number; the weights are spoilt then.
    """
    config, position = training.config, training.position
    lr, started = training.optimizer.get_lr, time.perf_counter() - training.position.epoch_seconds
    training.network.train()
    for (images, labels), together in _with_bar(training):
        row = {"kind": "step", "epoch": position.epoch, "step": position.step, "lr": lr()}
        loss = train_step(training, images, labels, training.ranks.weight(together))
        loss, stop = training.ranks.mean(loss, signals.received)
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss is {loss} at epoch {position.epoch}, batch {position.batch}: the "
                f"learning rate {row['lr']:g} is too high for this model; "
                f"try --lr {row['lr'] / 10:g}."
            )
        position.epoch_seconds = time.perf_counter() - started
        if folder:
            folder.add(**row, loss=loss, seconds=round(position.epoch_seconds, 4))
            if position.batch % config.log_every == 0:
                say(f"epoch: {position.epoch}, batch: {position.batch}, loss: {loss:.4f}")
        position.loss_sum += loss * together
        position.images += together
        position.batch += 1
        position.step += 1
        epoch_ends = position.batch == training.steps_per_epoch
        if epoch_ends:
            _report_epoch(training, folder, row)
        elif folder and not stop and position.step % (config.checkpoint_every or math.inf) == 0:
            save_checkpoint(training, folder)
        if stop:
            return signals.received or signal.SIGTERM
    return 0


def train_step(training: Training, images: Tensor, labels: Tensor, weight: float = 1.0) -> float:
    """Take one step on one batch, `[B, 1, 28, 28]` and `[B, 1]`; return the batch's mean loss.

    With several ranks the batch is this rank's part, and `weight` its share: the mean over the
    ranks of what is returned is the mean over the whole batch.
    """
    if training.teacher:
        labels = training.teacher(images)  # [B, 10]: how much each looks like each digit
    loss = training.objective.loss(training.network(images), labels) * weight
    loss.backward()  # the gradient of the loss, for each weight, averaged over the ranks
    training.optimizer.step()  # each weight goes a little against its gradient
    training.optimizer.clear_grad()  # or the next gradient would be added to this one
    training.schedule.step()  # the next step's learning rate
    return float(loss)


def _begin(training: Training, folder: RunFolder | None) -> None:
    """Go on from a checkpoint if asked to, open the run folder, and say what will be trained."""
    lines, source = resume(training, folder) if training.config.resume else ([], None)
    if folder:
        for line in lines:
            say(line)
        position = training.position
        folder.begin(position.step + position.epoch, source)  # a row a step, a row an epoch
        folder.write_config(dataclasses.asdict(training.config))
        _describe(training)


def _evaluate_split(training: Training, mode: str) -> Score:
    """Evaluate the network as it is now on train, valid or eval."""
    split, ranks = training.splits[mode], training.ranks
    network = answering(training.network, training.config.tta)
    return evaluate(network, training.objective, split, training.place, ranks=ranks)


def _report_epoch(training: Training, folder: RunFolder | None, row: dict[str, Any]) -> None:
    """Evaluate on valid, write the epoch's row, and go to the next epoch.

    Where valid is trained on, it would say nothing, and is not evaluated.
    """
    position = training.position
    loss, seconds = position.loss_sum / position.images, position.epoch_seconds
    score = None if training.config.use_valid else _evaluate_split(training, "valid")
    training.valid = score
    if folder:
        counts = {"valid_correct": score.correct, "valid_total": score.total} if score else {}
        values = {**counts, "kind": "epoch", "loss": loss, "seconds": round(seconds, 4)}
        folder.add(**{**row, **values})
        say(
            f"epoch: {position.epoch}, train loss: {loss:.4f}, "
            + (f"valid: {score}, " if score else "")
            + f"{seconds:.1f} s, {position.images / seconds:.0f} images/s"
        )
        if score and np.count_nonzero(score.confusion.sum(axis=0)) == 1:
            say("every image is read as the same digit: the network is dead; try a lower --lr.")
    best_correct, best_epoch = position.best_correct, position.best_epoch
    if score and (score.correct > best_correct or position.epoch == 0):
        best_correct, best_epoch = score.correct, position.epoch
        if training.config.early_stop:
            training.best = checkpoint.model_tensors(training.model)
    training.position = Position(
        epoch=position.epoch + 1,
        step=position.step,
        train_seconds=position.train_seconds + seconds,
        best_correct=best_correct,
        best_epoch=best_epoch,
    )


def _with_bar(training: Training) -> Iterable[tuple[tuple[Tensor, Tensor], int]]:
    """Read what is left of the epoch, and show on a terminal how far it has come."""
    position = training.position
    return tqdm(
        read_epoch(training),
        initial=position.batch,
        total=training.steps_per_epoch,
        desc=f"epoch {position.epoch}",
        unit="batch",
        leave=False,
        disable=hide_bar(training.ranks.rank),
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
    if config.generator in ENDLESS:
        say(f"generator: {config.generator}, an epoch is {training.steps_per_epoch} batches of it")
    if training.ranks.size > 1:
        size, together = training.ranks.size, training.images_per_step
        say(
            f"ranks: {size}; each takes {together // size} images a step, all together "
            f"{together}; learning rate {training.optimizer.get_lr():g}"
        )
    say(
        f"model: {config.model}, {count_parameters(training.model)} parameters; "
        f"loss: {config.loss}; optimizer: {config.opt}; device: {describe_device(config.gpu)}"
    )
    for line in environment.report() if config.verbose else ():
        say(line)
    if config.check_shapes:
        for line in describe_layers(training.model, paddle.to_tensor(images, place=training.place)):
            say(line)


def _take_best(training: Training, folder: RunFolder | None) -> None:
    """Put back the weights of the epoch that was best on valid, and say so."""
    position = training.position
    assert training.best is not None  # every epoch sets it, every checkpoint keeps it
    checkpoint.restore_model(training.model, training.best, "the best epoch")
    training.valid = None
    if folder:
        why = "all epochs are over"
        if position.epoch < training.config.epochs:
            why = f"valid has not got better for {training.config.early_stop} epochs"
        say(f"stopped after epoch {position.epoch - 1}: {why}")
        say(f"the model is that of epoch {position.best_epoch}, the best on valid")


def _finish(training: Training, folder: RunFolder | None) -> dict[str, Any]:
    """Read the eval split; rank 0 writes model, curve and result."""
    config, train = training.config, training.splits["train"]
    if config.early_stop:
        _take_best(training, folder)
    valid = training.valid or _evaluate_split(training, "valid")
    final = _evaluate_split(training, "eval")
    counts = {
        "valid_correct": valid.correct,
        "valid_total": valid.total,
        "eval_correct": final.correct,
        "eval_total": final.total,
    }
    result = {
        "model": config.model,
        "loss": config.loss,
        "opt": config.opt,
        "lr": config.lr,
        "epochs": training.position.epoch,
        "data": train.name,
        "data_digest": train.digest,
        "seed": config.seed,
        "ranks": training.ranks.size,
        "parameters": count_parameters(training.model),
        **counts,
        "train_seconds": round(training.position.train_seconds, 2),
        "paddle": paddle.__version__,
        "device": describe_device(config.gpu),
    }
    if folder:
        tensors = checkpoint.model_tensors(training.model)
        checkpoint.save(folder.model, tensors, model_header(training, counts))
        title = f"{config.model}, {config.loss}, {config.opt}"
        draw_curve(folder.rows(), folder.path / "curve.png", title)
        folder.write_result(result)
        say(f"valid: {valid}")
        say(f"eval: {final}")
        say(f"{folder.path}: model.safetensors, result.json, metrics.csv, curve.png, config.yaml")
    return result
