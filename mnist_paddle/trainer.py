"""The whole: data, network, loss, optimizer and device meet in one loop, spelled out once.

Read `train_step` first: five lines. `train_and_evaluate` sets the stages up, runs the epochs, and
reads the eval split once, at the end; choices are made on valid.
The tutorial had no seed, no evaluation and no accuracy; here each run has all three.

全貌：数据、网络、损失、优化器和设备在一个循环里相遇，循环只写一遍。
先读 `train_step`：一个训练步骤只有五行。`train_and_evaluate` 备好各个阶段，
逐轮训练，只在最后读一次 eval；选择都在 valid 上做。教程没有随机种子、评估和正确率，这里全都有。
"""

import dataclasses
import math
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import paddle
from paddle import Tensor

from . import checkpoint
from .config import NEWEST, Config
from .data.generators import ENDLESS
from .device import describe_device
from .errors import CheckpointError, DataError, Stopped, TrainingError
from .evaluation import Score, evaluate, with_tta
from .kernels import environment
from .kernels.conv_pool import NUMPY, PADDLE
from .kernels.cores import computing_threads
from .models import count_parameters, describe_layers
from .plots import draw_curve
from .run.batches import read_epoch
from .run.folder import RunFolder
from .run.progress import Progress, log, with_bar
from .run.resume import model_header, resume, save_checkpoint, what_is_kept
from .run.setup import prepare_training
from .run.signals import StopSignals
from .run.state import Training


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
    writes = training.ranks.rank == 0
    folder = RunFolder(str(config.run_dir), config.visualdl, writes)  # Config has filled it in
    try:
        _begin(training, folder)
        with StopSignals() as signals:
            while not training.finished:
                stopped = train_epoch(training, folder, signals)
                save_checkpoint(training, folder)
                if stopped:
                    name, kept = signal.Signals(stopped).name, what_is_kept(training)
                    raise Stopped(stopped, f"stopped by {name}" + (f"; {kept}" if writes else ""))
        return _finish(training, folder)
    except OSError as error:  # a full disk, say
        reason = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        step, kept = training.progress.step, what_is_kept(training)
        raise OSError(f"stopped after step {step}: {reason}; {kept}") from None
    except DataError as error:  # the file of a sample has gone since the start, say
        step, kept = training.progress.step, what_is_kept(training)
        raise DataError(f"stopped after step {step}: {str(error).rstrip('.')}; {kept}.") from None
    finally:
        folder.close()


def train_epoch(training: Training, folder: RunFolder, signals: StopSignals) -> int:
    """Train one pass over the training images, or what is left of it, and evaluate on valid.

    Return the number of the signal that stopped it, 0 if none did.

    Raises:
        TrainingError: a loss is not a finite number; the weights are spoilt then.
    """
    config, progress = training.config, training.progress
    lr, started = training.optimizer.get_lr, time.perf_counter() - training.progress.epoch_seconds
    batches = with_bar(
        read_epoch(training), progress, training.steps_per_epoch, training.ranks.rank
    )
    training.network.train()
    for (images, labels), together in batches:
        row = {"kind": "step", "epoch": progress.epoch, "step": progress.step, "lr": lr()}
        loss = train_step(training, images, labels, training.ranks.weight(together))
        loss, stop = training.ranks.mean(loss, signals.received)
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss is {loss} at epoch {progress.epoch}, batch {progress.batch}: the "
                f"learning rate {row['lr']:g} is too high for this model; "
                f"try --lr {row['lr'] / 10:g}."
            )
        progress.epoch_seconds = time.perf_counter() - started
        folder.add(**row, loss=loss, seconds=round(progress.epoch_seconds, 4))
        if progress.batch % config.log_every == 0:
            folder.log(f"epoch: {progress.epoch}, batch: {progress.batch}, loss: {loss:.4f}")
        progress.loss_sum += loss * together
        progress.images += together
        progress.batch += 1
        progress.step += 1
        epoch_ends = progress.batch == training.steps_per_epoch
        if epoch_ends:
            _report_epoch(training, folder, row)
        elif not stop and progress.step % (config.checkpoint_every or math.inf) == 0:
            save_checkpoint(training, folder)
        if stop:
            return signals.received or signal.SIGTERM
    return 0


def train_step(training: Training, images: Tensor, labels: Tensor, weight: float = 1.0) -> float:
    """Take one step on one batch, `[B, 1, 28, 28]` and `[B, 1]`; return the batch's mean loss.

    With several ranks the batch is this rank's part, and `weight` its share: the mean over the
    ranks of what is returned is the mean over the whole batch.
    """
    loss = training.objective.loss(training.network(images), labels) * weight
    loss.backward()  # the gradient of the loss, for each weight, averaged over the ranks
    training.optimizer.step()  # each weight goes a little against its gradient
    training.optimizer.clear_grad()  # or the next gradient would be added to this one
    training.schedule.step()  # the next step's learning rate
    return float(loss)


def _begin(training: Training, folder: RunFolder) -> None:
    """Go on from a checkpoint if asked to, open the run folder, and say what will be trained."""
    lines, source = resume(training, folder) if training.config.resume else ([], None)
    for line in lines:
        folder.log(line)
    progress = training.progress
    folder.begin(progress.step + progress.epoch, source)  # a row a step, a row an epoch
    folder.write_config(dataclasses.asdict(training.config))
    if folder.writes:
        _describe(training)


def _evaluate_split(training: Training, mode: str) -> Score:
    """Evaluate the network as it is now on train, valid or eval."""
    split, ranks = training.splits[mode], training.ranks
    network = with_tta(training.network, training.config.tta)
    return evaluate(network, training.objective, split, training.place, ranks=ranks)


def _report_epoch(training: Training, folder: RunFolder, row: dict[str, Any]) -> None:
    """Evaluate on valid, write the epoch's row, and go to the next epoch.

    Where valid is trained on, it would say nothing, and is not evaluated.
    """
    progress = training.progress
    loss, seconds = progress.loss_sum / progress.images, progress.epoch_seconds
    score = None if training.config.use_valid else _evaluate_split(training, "valid")
    training.valid = score
    counts = {"valid_correct": score.correct, "valid_total": score.total} if score else {}
    values = {**counts, "kind": "epoch", "loss": loss, "seconds": round(seconds, 4)}
    folder.add(**{**row, **values})
    folder.log(
        f"epoch: {progress.epoch}, train loss: {loss:.4f}, "
        + (f"valid: {score}, " if score else "")
        + f"{seconds:.1f} s, {progress.images / seconds:.0f} images/s"
    )
    if score and np.count_nonzero(score.confusion.sum(axis=0)) == 1:
        folder.log("every image is read as the same digit: the network is dead; try a lower --lr.")
    best_correct, best_epoch = progress.best_correct, progress.best_epoch
    if score and (score.correct > best_correct or progress.epoch == 0):
        best_correct, best_epoch = score.correct, progress.epoch
        if training.config.early_stop:
            training.best = checkpoint.model_tensors(training.model)
    training.progress = Progress(
        epoch=progress.epoch + 1,
        step=progress.step,
        train_seconds=progress.train_seconds + seconds,
        best_correct=best_correct,
        best_epoch=best_epoch,
    )


def _describe(training: Training) -> None:
    config, train = training.config, training.splits["train"]
    sizes = ", ".join(f"{mode} {len(split)}" for mode, split in training.splits.items())
    images, labels = next(
        train.batches(
            config.batch_size, seed=config.seed, label_dtype=training.objective.label_dtype
        )
    )
    log(f"data: {train.name} from {config.data}: {sizes}")
    log(f"batch: images {images.shape} {images.dtype}, labels {labels.shape} {labels.dtype}")
    if config.generator in ENDLESS:
        log(f"generator: {config.generator}, an epoch is {training.steps_per_epoch} batches of it")
    if training.ranks.size > 1:
        size, together = training.ranks.size, training.images_per_step
        log(
            f"ranks: {size}; each takes {together // size} images a step, all together "
            f"{together}; learning rate {training.optimizer.get_lr():g}"
        )
    log(
        f"model: {config.model}, {count_parameters(training.model)} parameters; "
        f"loss: {config.loss}; optimizer: {config.opt}; device: {describe_device(config.gpu)}"
    )
    if training.convolutions == NUMPY:
        threads = computing_threads()
        log(f"convolutions: NumPy, {threads} thread(s); --no-fast for Paddle's own")
    elif training.convolutions == PADDLE:
        log("convolutions: Paddle's own")
    for line in environment.report() if config.verbose else ():
        log(line)
    if config.check_shapes:
        for line in describe_layers(training.model, paddle.to_tensor(images, place=training.place)):
            log(line)


def _take_best(training: Training, folder: RunFolder) -> None:
    """Put back the weights of the epoch that was best on valid, and say so."""
    progress = training.progress
    assert training.best is not None  # every epoch sets it, every checkpoint keeps it
    checkpoint.restore_model(training.model, training.best, "the best epoch")
    training.valid = None
    if folder.writes:
        why = "all epochs are over"
        if progress.epoch < training.config.epochs:
            why = f"valid has not got better for {training.config.early_stop} epochs"
        log(f"stopped after epoch {progress.epoch - 1}: {why}")
        log(f"the model is that of epoch {progress.best_epoch}, the best on valid")


def _finish(training: Training, folder: RunFolder) -> dict[str, Any]:
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
        "epochs": training.progress.epoch,
        "data": train.name,
        "data_digest": train.digest,
        "seed": config.seed,
        "ranks": training.ranks.size,
        "parameters": count_parameters(training.model),
        "convolutions": training.convolutions,
        **counts,
        "train_seconds": round(training.progress.train_seconds, 2),
        "paddle": paddle.__version__,
        "device": describe_device(config.gpu),
    }
    if folder.writes:
        tensors = checkpoint.model_tensors(training.model)
        checkpoint.save(folder.model, tensors, model_header(training, counts))
        title = f"{config.model}, {config.loss}, {config.opt}"
        draw_curve(folder.rows(), folder.path / "curve.png", title)
        folder.write_result(result)
        log(f"valid: {valid}")
        log(f"eval: {final}")
        log(f"{folder.path}: model.safetensors, result.json, metrics.csv, curve.png, config.yaml")
    return result
