"""The whole, stopped and continued: what does a model file say, and where does training go on?

A checkpoint is written after every epoch; a run that is resumed from it ends with the same bytes
as one that was never stopped. Going on with other settings or other data is refused by name.
The tutorial restored its optimizer before it had a state to restore, and so restored nothing.

训练的中断与继续：模型文件说明些什么？训练从哪里接着进行？
每轮结束都写一个检查点；从它继续的训练，最后得到的字节与从未中断的训练完全相同。
设置或数据不一样，就拒绝继续，并指出是哪一项。
教程在优化器还没有状态时就去恢复它，结果什么也没有恢复。
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import paddle

from . import __version__, checkpoint
from .errors import CheckpointError

if TYPE_CHECKING:
    from .trainer import Training

# Where a model was trained, and what was shown meanwhile, does not change it.
_NOT_IN_MODEL = frozenset(
    ("run_dir", "data", "resume", "reader", "capacity", "log_every", "check_shapes", "visualdl")
)


def model_header(training: Training, metrics: dict[str, int]) -> dict[str, Any]:
    """Return all that a model file says about itself; nothing in it depends on time or folder."""
    config, train = training.config, training.splits["train"]
    settings = dataclasses.asdict(config)
    return {
        "model": {
            "name": config.model,
            "outputs": training.objective.outputs,
            "hidden": config.hidden,
        },
        "objective": config.loss,
        "pixels": {"shape": [1, 28, 28], "divide_by": 255, "ink": 255, "paper": 0},
        "config": {key: settings[key] for key in settings.keys() - _NOT_IN_MODEL},
        "data": {"name": train.name, "digest": train.digest},
        "metrics": metrics,
        "versions": {"mnist_paddle": __version__, "paddle": paddle.__version__},
    }


def save_checkpoint(training: Training, path: Path) -> None:
    """Write all that a later process needs to go on after the last finished epoch.

    Raises:
        OSError: it cannot be written; an older one stays.
    """
    header = model_header(training, {})
    header["schedule"] = training.schedule.state_dict()
    header["position"] = {"epoch": training.epoch, "train_seconds": training.train_seconds}
    tensors = checkpoint.training_tensors(training.model, training.optimizer)
    checkpoint.save(path, tensors, header)


def resume(training: Training, path: Path) -> str:
    """Go on where the checkpoint stopped, or start from the beginning without one; say which.

    Raises:
        CheckpointError: the checkpoint was made with other settings or other data.
    """
    if not path.is_file():
        return f"{path} does not exist yet: starting from the beginning"
    tensors, header = checkpoint.load(path)
    if "position" not in header:
        raise CheckpointError(f"{path} is no checkpoint: training cannot go on from it.")
    ours = model_header(training, {})
    for part in ("config", "data"):
        for key, value in sorted(ours[part].items()):
            before = header.get(part, {}).get(key)
            # A learning rate that stays the same can be trained with for longer.
            constant = key == "epochs" and training.config.schedule == "constant"
            if before != value and not (constant and before is not None and before < value):
                raise CheckpointError(
                    f"{path} was made with {key} {before!r} and this run has {value!r}: "
                    f"go on with the same settings, or leave out --resume."
                )
    checkpoint.restore_training(
        training.model, training.optimizer, tensors, header["schedule"], path
    )
    training.epoch = header["position"]["epoch"]
    training.train_seconds = header["position"]["train_seconds"]
    return f"{path}: going on after epoch {training.epoch - 1}"
