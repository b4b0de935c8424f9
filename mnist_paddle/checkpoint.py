"""Stage 8, saving: what must be kept so that a model explains itself and a training goes on?

One safetensors file holds tensors and one JSON header: nothing in it is executed when it is read.
A digest covers all of it, and no number in the file is believed before the bytes bear it out.
A model file rebuilds its own network; the tutorial saved four incompatible ones under one name.
Paddle keys an optimizer's state by parameter names that change with every model built in the
process, so a restored state fits nothing; here it is keyed by the parameter's place in the model.

阶段 8，保存：要留下什么，模型才能说明自己，训练才能继续？
一个 safetensors 文件装着张量和一段 JSON 头，读取时不会执行任何代码。
全部内容都有摘要保护；文件里写的数字，要与真实的字节相符才算数。
模型文件能重建自己的网络；教程把四种互不兼容的模型存成同一个名字。
Paddle 用参数名给优化器状态编号，而进程里每多建一个模型，参数名就会变，
恢复的状态于是对不上；这里改用参数在模型中的位置编号。
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import paddle
from paddle import nn
from paddle.optimizer import Optimizer
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save_file

from .errors import CheckpointError
from .files import atomic_write, printable, read_bounded

HEADER_KEY = "mnist_paddle"  # one key only: safetensors writes several in no fixed order
LARGEST_FILE = 2 << 30  # bytes; a checkpoint of the widest network has 1.3 GB
LARGEST_LAYOUT = 1 << 20  # bytes of JSON before the tensors; ours have a few thousand
Tensors = dict[str, np.ndarray]

# What JSON, safetensors and NumPy raise for bytes that are not what `save` wrote.
_DAMAGE = (
    *(SafetensorError, ValueError, TypeError, LookupError, AttributeError),
    *(ArithmeticError, RecursionError, MemoryError),
)

_OF_ADAM = ("_moment1_0", "_moment2_0", "_beta1_pow_acc_0", "_beta2_pow_acc_0")
# What Paddle's optimizers keep for each weight, from their first step on: all of it has the shape
# of the weight but Adam's powers of beta, which are single numbers.
_ACCUMULATORS = {
    "SGD": (),
    "Momentum": ("_velocity_0",),
    "Adagrad": ("_moment_0",),
    "Adam": _OF_ADAM,
    "AdamW": _OF_ADAM,
}


def save(path: str | Path, tensors: Tensors, header: dict[str, Any]) -> None:
    """Write tensors and a JSON header to one file with their digest, whole or not at all.

    Raises:
        OSError: the folder cannot be written to, or the disk is full; an older file stays.
    """
    header = json.loads(json.dumps(header))  # as a reader sees it: every key a string
    tensors = {
        name: np.asarray(array, array.dtype.newbyteorder("<"), order="C")
        for name, array in tensors.items()
    }
    stored = {"header": header, "sha256": _digest(tensors, header)}
    with atomic_write(path) as temporary:
        try:
            save_file(tensors, temporary, {HEADER_KEY: json.dumps(stored, sort_keys=True)})
        except SafetensorError as error:  # a full disk, say
            raise OSError(f"{path} cannot be written: {error}") from None


def load(path: str | Path) -> tuple[Tensors, dict[str, Any]]:
    """Read what `save` wrote: the tensors and the header.

    Raises:
        CheckpointError: no such file, too large, damaged, or not written by this package.
    """
    if not os.path.exists(path):
        raise CheckpointError(f"{path}: no such model file; scripts/train.py writes one.")
    data = read_bounded(path, LARGEST_FILE, CheckpointError)
    return load_bytes(data, path)


def load_bytes(data: bytes, name: str | Path) -> tuple[Tensors, dict[str, Any]]:
    """Read what `save` wrote from its bytes; `name` is what errors call them.

    Raises:
        CheckpointError: too large, damaged, or not written by this package.
    """
    if len(data) > LARGEST_FILE:
        raise CheckpointError(
            f"{name} is too large: it has {len(data):,} bytes, expected at most {LARGEST_FILE:,}."
        )
    try:
        stored = _read_metadata(data)
        tensors = load_tensors(data)
    except _DAMAGE as error:
        reason = printable(str(error), 200) or type(error).__name__
        raise CheckpointError(
            f"{name} is not a whole safetensors file ({reason}); train the model again."
        ) from None
    if not isinstance(stored, dict) or not isinstance(stored.get("header"), dict):
        old = " and no digest" if isinstance(stored, dict) else ""  # from before there was one
        raise CheckpointError(
            f"{name} has no header{old} of this package: nothing says which network it holds, "
            "or that it is whole; train the model again."
        )
    for key, array in sorted(tensors.items()):
        if array.dtype.kind not in "fiu":
            raise CheckpointError(
                f"{name}: tensor {printable(key, 200)} holds {array.dtype}, "
                "expected floats or whole numbers; train the model again."
            )
    if stored.get("sha256") != _digest(tensors, stored["header"]):
        raise CheckpointError(
            f"{name} is damaged: its content does not match its digest; train the model again."
        )
    return tensors, stored["header"]


def _read_metadata(data: bytes) -> object:
    """Return what lies under our key, None if there is no such key."""
    length = int.from_bytes(data[:8], "little")
    if length > min(LARGEST_LAYOUT, len(data) - 8):
        raise ValueError(f"it promises a layout of {length:,} bytes")
    metadata = json.loads(data[8 : 8 + length]).get("__metadata__", {})
    return json.loads(metadata.get(HEADER_KEY, "null"))


def _digest(tensors: Tensors, header: dict[str, Any]) -> str:
    """Return the sha256 of the header and of every tensor's name, type, shape and bytes."""
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name, array in sorted(tensors.items()):
        digest.update(json.dumps([name, array.dtype.name, array.shape]).encode())
        digest.update(array.data)
    return digest.hexdigest()


def model_tensors(model: nn.Layer) -> Tensors:
    """Return the weights, keyed by their place in the model (`conv1.weight`)."""
    return {name: parameter.numpy() for name, parameter in model.named_parameters()}


def restore_model(model: nn.Layer, tensors: Tensors, path: str | Path) -> None:
    """Put weights into a model; `path` is named in errors.

    Raises:
        CheckpointError: a weight is missing, is left over, or has another shape or type. The
            model is unchanged then.
    """
    _check_weights(model, tensors, path)
    model.set_state_dict({name: paddle.to_tensor(array) for name, array in tensors.items()})


def _check_weights(model: nn.Layer, tensors: Tensors, path: str | Path) -> None:
    expected = {name: list(p.shape) for name, p in model.named_parameters()}
    found = {name: list(array.shape) for name, array in tensors.items()}
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            raise CheckpointError(
                f"{path}: weight {printable(name, 200)} has shape {found.get(name, 'none')}, "
                f"the network wants {expected.get(name, 'none')}."
            )
        if tensors[name].dtype != np.float32:
            raise CheckpointError(
                f"{path}: weight {name} is {tensors[name].dtype}, the network wants float32."
            )


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
        CheckpointError: the weights do not fit the model, or the rest not the optimizer; both are
            unchanged then.
    """
    weights = weights_of(tensors)
    _check_weights(model, weights, path)
    _check_schedule(optimizer.state_dict().get("LR_Scheduler", {}), schedule, path)
    arrays = {k: v for k, v in tensors.items() if k.startswith("optimizer/")}
    state: dict[str, Any] = {"LR_Scheduler": schedule}
    for place, parameter in model.named_parameters() if arrays else ():
        if parameter.stop_gradient:  # a running mean of batch normalization
            continue
        for accumulator in _ACCUMULATORS[type(optimizer).__name__]:
            key = f"optimizer/{place}/{accumulator}"
            shape = [1] if "_pow_acc_" in accumulator else list(parameter.shape)
            array = arrays.pop(key, None)
            if array is None or list(array.shape) != shape or array.dtype != np.float32:
                found = "none" if array is None else f"{list(array.shape)} {array.dtype}"
                raise CheckpointError(f"{path}: {key} is {found}, expected {shape} float32.")
            tensor = paddle.to_tensor(array)
            tensor.name = parameter.name + accumulator
            state[tensor.name] = tensor
    for key in sorted(arrays):
        raise CheckpointError(
            f"{path}: {printable(key, 200)} is nothing that this optimizer keeps."
        )
    restore_model(model, weights, path)
    optimizer.set_state_dict(state)


def _check_schedule(ours: dict[str, Any], theirs: object, path: str | Path) -> None:
    """Refuse the state of a schedule that is not one number under each of our keys."""
    if not isinstance(theirs, dict) or theirs.keys() != ours.keys():
        raise CheckpointError(f"{path}: the state of its schedule is not one of this schedule.")
    for key, value in theirs.items():
        whole = type(value) is int
        number = whole if type(ours[key]) is int else whole or type(value) is float
        if not number or not abs(value) < 1e15:  # nor NaN
            raise CheckpointError(
                f"{path}: its schedule has {printable(repr(value), 200)} for {key}, "
                "expected a number of moderate size."
            )
