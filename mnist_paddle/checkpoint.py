"""Stage 8, saving: what must be kept so that a model explains itself and a training goes on?

One safetensors file holds tensors and one JSON header: nothing in it is executed when it is read.
A model file rebuilds its own network; the tutorial saved four incompatible ones under one name.
Paddle keys an optimizer's state by parameter names that change with every model built in the
process, so a restored state fits nothing; here it is keyed by the parameter's place in the model.

第 8 步，保存：要留下什么，模型才能说明自己，训练才能继续？
一个 safetensors 文件装着张量和一段 JSON 头，读取时不会执行任何代码。
模型文件能重建自己的网络；教程把四种互不兼容的模型存成同一个名字。
Paddle 用参数名给优化器状态编号，而进程里每多建一个模型，参数名就会变，
恢复的状态于是对不上；这里改用参数在模型中的位置编号。
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import paddle
from paddle import nn
from paddle.optimizer import Optimizer
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from .atomic import atomic_write
from .errors import CheckpointError

HEADER_KEY = "mnist_paddle"  # one key only: safetensors writes several in no fixed order
Tensors = dict[str, np.ndarray]


def save(path: str | Path, tensors: Tensors, header: dict[str, Any]) -> None:
    """Write tensors and a JSON header to one file, whole or not at all.

    Raises:
        OSError: the folder cannot be written to, or the disk is full; an older file stays.
    """
    with atomic_write(path) as temporary:
        try:
            save_file(tensors, temporary, {HEADER_KEY: json.dumps(header, sort_keys=True)})
        except SafetensorError as error:  # a full disk, say
            raise OSError(f"{path} cannot be written: {error}") from None


def load(path: str | Path) -> tuple[Tensors, dict[str, Any]]:
    """Read what `save` wrote: the tensors and the header.

    Raises:
        CheckpointError: no such file, not whole, or not written by this package.
    """
    if not Path(path).is_file():
        raise CheckpointError(f"{path}: no such model file; scripts/train.py writes one.")
    try:
        with safe_open(path, framework="numpy") as file:
            header = json.loads((file.metadata() or {}).get(HEADER_KEY, "null"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, ValueError, OSError) as error:
        raise CheckpointError(
            f"{path} is not a whole safetensors file ({error}); train the model again."
        ) from None
    if not isinstance(header, dict):
        raise CheckpointError(
            f"{path} has no header of this package: it says nothing about which network it holds."
        )
    return tensors, header


def model_tensors(model: nn.Layer) -> Tensors:
    """Return the weights, keyed by their place in the model (`conv1.weight`)."""
    return {name: parameter.numpy() for name, parameter in model.named_parameters()}


def restore_model(model: nn.Layer, tensors: Tensors, path: str | Path) -> None:
    """Put weights into a model; `path` is named in errors.

    Raises:
        CheckpointError: a weight is missing, is left over, or has another shape. The model is
            unchanged then.
    """
    expected = {name: list(p.shape) for name, p in model.named_parameters()}
    found = {name: list(array.shape) for name, array in tensors.items()}
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            raise CheckpointError(
                f"{path}: weight {name} has shape {found.get(name, 'none')}, "
                f"the network wants {expected.get(name, 'none')}."
            )
    model.set_state_dict({name: paddle.to_tensor(array) for name, array in tensors.items()})


def training_tensors(model: nn.Layer, optimizer: Optimizer) -> Tensors:
    """Return weights and the optimizer's accumulators, all keyed by place in the model.

    `model/conv1.weight` is a weight, `optimizer/conv1.weight/_moment1_0` its first moment. The
    schedule is not among them: its `state_dict()` is a few numbers, for the header.
    """
    tensors = {f"model/{name}": array for name, array in model_tensors(model).items()}
    state = {key: value for key, value in optimizer.state_dict().items() if key != "LR_Scheduler"}
    for place, parameter in model.named_parameters():
        for key in [key for key in state if key.startswith(f"{parameter.name}_")]:
            accumulator = key.removeprefix(parameter.name)
            tensors[f"optimizer/{place}/{accumulator}"] = state.pop(key).numpy()
    if state:
        raise RuntimeError(f"optimizer state without a parameter: {', '.join(state)}")
    return tensors


def weights_of(tensors: Tensors) -> Tensors:
    """Return the weights among what `training_tensors` returned, under their places."""
    prefix = "model/"
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def restore_training(
    model: nn.Layer,
    optimizer: Optimizer,
    tensors: Tensors,
    schedule: dict[str, Any],
    path: str | Path,
) -> None:
    """Put back what `training_tensors` returned, under the names parameters have in this process.

    `schedule` is the state of the learning-rate schedule; Paddle restores it with the optimizer.

    Raises:
        CheckpointError: the weights do not fit the model.
    """
    restore_model(model, weights_of(tensors), path)
    names = {place: parameter.name for place, parameter in model.named_parameters()}
    state: dict[str, Any] = {"LR_Scheduler": schedule}
    for key, array in tensors.items():
        kind, place, *accumulator = key.split("/")
        if kind == "optimizer":
            tensor = paddle.to_tensor(array)
            tensor.name = names[place] + accumulator[0]
            state[tensor.name] = tensor
    optimizer.set_state_dict(state)
