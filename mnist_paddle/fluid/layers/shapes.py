"""Numbers in another shape, type or order, and parts of them: `fluid.layers.reshape`, `topk`."""

from collections.abc import Sequence
from typing import Any

import paddle
from paddle.nn import functional as F

from .creation import Shape, to_dtype
from .elementwise import Var, activate, with_shape

__all__ = [
    "argmax",
    "argmin",
    "argsort",
    "cast",
    "concat",
    "expand",
    "flatten",
    "gather",
    "one_hot",
    "reshape",
    "shape",
    "slice",
    "split",
    "squeeze",
    "stack",
    "topk",
    "transpose",
    "unsqueeze",
    "where",
]


def reshape(
    x: Var,
    shape: Shape,
    actual_shape: Any = None,
    act: str | None = None,
    inplace: bool = False,
    name: Any = None,
) -> Var:
    """1.x: `reshape(x, shape, actual_shape, act, inplace, name)`; today `paddle.reshape`.

    0 copies a dimension of x, -1 is worked out. `inplace` only saved memory.
    """
    return activate(paddle.reshape(x, shape if actual_shape is None else actual_shape), act)


def flatten(x: Var, axis: int = 1, name: Any = None) -> Var:
    """1.x: `flatten(x, axis=1)`, always two dimensions; today `paddle.flatten(x, start, stop)`."""
    if axis == 0:
        return paddle.reshape(x, [1, -1])
    if axis == len(x.shape):
        return paddle.reshape(x, [-1, 1])
    if axis == 1:
        return paddle.flatten(x, 1) if len(x.shape) > 2 else x
    return paddle.flatten(paddle.flatten(x, axis), 0, axis - 1)


def cast(x: Var, dtype: Any) -> Var:
    """1.x: `cast(x, dtype)`; today `paddle.cast(x, dtype)`."""
    return paddle.cast(x, to_dtype(dtype))


def concat(input: Sequence[Var], axis: int = 0, name: Any = None) -> Var:
    """1.x: `concat(input, axis=0, name=None)`; today `paddle.concat(x, axis)`."""
    return paddle.concat(list(input), axis)


def stack(x: Any, axis: int = 0, name: Any = None) -> Var:
    """1.x: `stack(x, axis=0)`, of one Tensor or a list; today `paddle.stack(x, axis)`."""
    return paddle.stack(list(x) if isinstance(x, list | tuple) else [x], axis)


def split(input: Var, num_or_sections: Any, dim: int = -1, name: Any = None) -> list[Var]:
    """1.x: `split(input, num_or_sections, dim=-1)`; today `paddle.split(x, …, axis=0)`."""
    return paddle.split(input, num_or_sections, dim)


def transpose(x: Var, perm: Sequence[int], name: Any = None) -> Var:
    """1.x: `transpose(x, perm, name=None)`; today `paddle.transpose(x, perm)`."""
    return paddle.transpose(x, list(perm))


def squeeze(input: Var, axes: Sequence[int], name: Any = None) -> Var:
    """1.x: `squeeze(input, axes)`, all of size 1 for []; today `paddle.squeeze(x, axis)`."""
    return with_shape(paddle.squeeze(input, axes if axes != [] else None))


def unsqueeze(input: Var, axes: Any, name: Any = None) -> Var:
    """1.x: `unsqueeze(input, axes)`; today `paddle.unsqueeze(x, axis)`."""
    return paddle.unsqueeze(input, axes)


def expand(x: Var, expand_times: Sequence[int], name: Any = None) -> Var:
    """1.x: `expand(x, expand_times)`; today `paddle.tile(x, repeat_times)`.

    Today's `paddle.expand` takes the shape that shall come out.
    """
    return paddle.tile(x, expand_times)


def gather(input: Var, index: Var, overwrite: bool = True) -> Var:
    """1.x: `gather(input, index, overwrite=True)`, rows; today `paddle.gather(x, index)`."""
    return paddle.gather(input, index)


def slice(input: Var, axes: Sequence[int], starts: Any, ends: Any) -> Var:
    """1.x: `slice(input, axes, starts, ends)`; today `paddle.slice`, or `x[1:3]`."""
    return paddle.slice(input, axes, starts, ends)


def shape(input: Var) -> Var:
    """1.x: `shape(input)`, a Tensor; today `paddle.shape(x)`."""
    return paddle.shape(input)


def one_hot(input: Var, depth: int, allow_out_of_range: bool = False) -> Var:
    """1.x: `one_hot(input, depth, allow_out_of_range=False)`: [N, 1] becomes [N, depth].

    Today: `paddle.nn.functional.one_hot(x, num_classes)`: [N] becomes [N, depth].
    """
    if len(input.shape) > 1 and input.shape[-1] == 1:
        input = paddle.squeeze(input, -1)
    if allow_out_of_range:
        return paddle.cast(paddle.unsqueeze(input, -1) == paddle.arange(depth), "float32")
    return F.one_hot(paddle.cast(input, "int64"), depth)


def argmax(x: Var, axis: int = 0) -> Var:
    """1.x: `argmax(x, axis=0)`; today `paddle.argmax(x, axis=None)`."""
    return with_shape(paddle.argmax(x, axis))


def argmin(x: Var, axis: int = 0) -> Var:
    """1.x: `argmin(x, axis=0)`; today `paddle.argmin(x, axis=None)`."""
    return with_shape(paddle.argmin(x, axis))


def argsort(
    input: Var, axis: int = -1, descending: bool = False, name: Any = None
) -> tuple[Var, Var]:
    """1.x: `argsort(input, axis=-1)` → (sorted, indices); today `paddle.sort`, `paddle.argsort`."""
    return paddle.sort(input, axis, descending), paddle.argsort(input, axis, descending)


def topk(input: Var, k: int, name: Any = None) -> tuple[Var, Var]:
    """1.x: `topk(input, k)` → (values, indices), along the last axis; today `paddle.topk`."""
    return paddle.topk(input, k)


def where(condition: Var) -> Var:
    """1.x: `where(condition)`, the places that are true, [n, rank]; today `paddle.nonzero`."""
    return paddle.nonzero(condition)
