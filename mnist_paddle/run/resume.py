"""What does a model file say, and where does a training go on?

A checkpoint holds weights, optimizer, learning-rate schedule, random numbers and the progress in
the data; a run that is resumed from it ends with the same bytes as one that was never stopped.
A damaged checkpoint is passed over for the newest good one; other settings are refused by name.
The tutorial restored its optimizer before it had a state to restore, and so restored nothing.
"""

import dataclasses
import math
from pathlib import Path
from typing import Any

import paddle

from .. import __version__, checkpoint
from ..config import GONE, NEWEST, Config
from ..data.generators import ENDLESS
from ..errors import CheckpointError
from .folder import RunFolder
from .progress import Progress
from .rng import random_state, restore_random_state
from .state import Training, settings_of_model

BEST = "best/"  # before the names of the weights that --early_stop keeps
# What a checkpoint was made with that is older than a setting.
_DEFAULTS = {field.name: field.default for field in dataclasses.fields(Config)}


def model_header(training: Training, metrics: dict[str, int]) -> dict[str, Any]:
    """Return all that a model file says about itself; nothing in it depends on time or folder."""
    config, train = training.config, training.splits["train"]
    return {
        "model": {
            "name": config.model,
            "outputs": training.objective.outputs,
            "hidden": config.hidden,
        },
        "objective": config.loss,
        "tta": config.tta,
        "convolutions": training.convolutions,
        "pixels": {"shape": [1, 28, 28], "divide_by": 255, "ink": 255, "paper": 0},
        "config": settings_of_model(training),
        "data": {"name": train.name, "digest": train.digest},
        "metrics": metrics,
        "versions": {"mnist_paddle": __version__, "paddle": paddle.__version__},
    }


def save_checkpoint(training: Training, folder: RunFolder) -> None:
    """Write all that a later process needs to go on from here, and remove what is not to be kept.

    On other ranks than 0 nothing is written.

    Raises:
        OSError: it cannot be written; older checkpoints stay.
    """
    if not folder.writes:
        return
    header = model_header(training, {})
    header["schedule"] = training.schedule.state_dict()
    header["position"] = dataclasses.asdict(training.progress)
    arrays, header["random"] = random_state()
    tensors = {**checkpoint.training_tensors(training.model, training.optimizer), **arrays}
    if training.config.early_stop:
        tensors |= {BEST + name: array for name, array in (training.best or {}).items()}
    path, others = folder.checkpoint(training.progress.step), folder.checkpoints()
    older = [other for other in others if other < path]
    folder.sync()
    checkpoint.save(path, tensors, header)
    training.checkpoint = path
    # Later ones than this are of a run that was resumed from before them.
    kept = [path, *older[: training.config.keep - 1]]
    folder.remove_checkpoints(set(others) - set(kept))


def what_is_kept(training: Training) -> str:
    """Return from which checkpoint one can go on when training has to stop."""
    if training.checkpoint is None:
        return "there is no checkpoint yet"
    return f"{training.checkpoint} is whole, --resume goes on from it"


def resume(training: Training, folder: RunFolder) -> tuple[list[str], Path | None]:
    """Go on where a checkpoint stopped, or start from the beginning without one.

    Return lines that say so, and the run folder that the checkpoint comes from. Rank 0 reads the
    file; the other ranks get its bytes.

    Raises:
        CheckpointError: no checkpoint is good, or they were made with other settings or data.
    """
    lines: list[str] = []
    source, content = None, b""
    if folder.writes:
        path, lines = _restore_newest(training, folder)
        if path is not None:
            source = path.parent.parent
            content = path.read_bytes() if training.ranks.size > 1 else b""
    content = training.ranks.broadcast(content)
    if not folder.writes and content:
        name = "the checkpoint of rank 0"
        _restore(training, *checkpoint.load_bytes(content, name), name)
    return lines, source


def _restore_newest(training: Training, folder: RunFolder) -> tuple[Path | None, list[str]]:
    """Restore the newest good checkpoint, or the one that --resume names.

    Return it, and what is to be said of it and of those that were passed over.
    """
    name = str(training.config.resume)
    problems: list[CheckpointError] = []
    for path in folder.checkpoints() if name == NEWEST else [Path(name)]:
        try:
            changes = _restore(training, *checkpoint.load(path), path)
        except CheckpointError as problem:
            problems.append(problem)
            continue
        progress, training.checkpoint = training.progress, path
        return path, [
            *(f"passed over: {problem}" for problem in problems),
            f"{path}: going on after step {progress.step} "
            f"(epoch {progress.epoch}, {progress.batch} batches)",
            *(f"changed: {change}" for change in changes),
        ]
    if problems:
        raise problems[0]
    return None, [f"{folder.path} has no checkpoint yet: starting from the beginning"]


def _restore(
    training: Training, tensors: checkpoint.Tensors, header: dict[str, Any], path: str | Path
) -> list[str]:
    """Put back everything, or refuse it; return the changes of settings that were allowed."""
    if "position" not in header:
        raise CheckpointError(f"{path} is no checkpoint: training cannot go on from it.")
    try:
        changes = _changes(training, header)
        if changes and not training.config.allow_changes:
            raise CheckpointError(
                f"{path} was {changes[0]}: go on with the same settings, or add "
                f"--allow_changes, or leave out --resume."
            )
        progress = _progress(training, header)
        checkpoint.restore_training(
            training.model, training.optimizer, tensors, header["schedule"], path
        )
        restore_random_state(tensors, header["random"])
        if changes:  # the next learning rate follows from the new settings
            training.schedule.step(training.schedule.last_epoch)
    except CheckpointError:
        raise
    except Exception as error:  # a stranger's header may hold anything, at any depth
        raise CheckpointError(f"{path}: its header is not one of a checkpoint ({error}).") from None
    best = {k.removeprefix(BEST): v for k, v in tensors.items() if k.startswith(BEST)}
    training.progress = progress
    if training.config.early_stop:  # a checkpoint made without it has no best epoch's weights
        training.best = best or checkpoint.model_tensors(training.model)
    return changes


def _changes(training: Training, header: dict[str, Any]) -> list[str]:
    """Return of each setting, and of the data, in what they are not those of the checkpoint."""
    changes = [
        f"made with {key} {header['config'][key]!r}, a setting that is gone"
        for key, gone in GONE.items()
        if header["config"].get(key, gone.default) != gone.default
    ]
    ours = {"config": settings_of_model(training), "data": model_header(training, {})["data"]}
    for part, settings in ours.items():
        for key, value in sorted(settings.items(), key=lambda item: (item[0] != "ranks", item)):
            before = header[part].get(key, _DEFAULTS.get(key))
            # A learning rate that stays the same can be trained with for longer.
            constant = key == "epochs" and training.config.schedule == "constant"
            if before != value and not (constant and before < value):
                changes.append(f"made with {key} {before!r} and this run has {value!r}")
    return changes


def _progress(training: Training, header: dict[str, Any]) -> Progress:
    """Return where in this training's batches the checkpoint stopped."""
    progress = Progress(**header["position"])
    for field in dataclasses.fields(Progress):
        value, kind = getattr(progress, field.name), int if field.type is int else (int, float)
        if not isinstance(value, kind) or isinstance(value, bool) or not 0 <= value < math.inf:
            raise ValueError(f"{field.name} is {value!r}")
    size = training.images_per_step
    if training.config.generator in ENDLESS:
        progress.batch = min(progress.batch, training.steps_per_epoch - 1)
    elif progress.images % size:  # only with --allow_changes
        raise ValueError(f"stopped after {progress.images} images, between batches of {size}")
    else:
        progress.batch = progress.images // size
    if progress.epoch > training.config.epochs or progress.batch >= training.steps_per_epoch:
        raise ValueError(f"epoch {progress.epoch}, batch {progress.batch} is beyond the end")
    return progress
