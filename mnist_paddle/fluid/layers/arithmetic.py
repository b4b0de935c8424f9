"""Means, sums, products and powers: `fluid.layers.mean`, `matmul`, `scale` and others."""

from collections.abc import Sequence
from typing import Any

import paddle

from .elementwise import Function, Var, activate, with_shape
from .shapes import flatten

__all__ = [
    "clip",
    "l2_normalize",
    "matmul",
    "mean",
    "mul",
    "pow",
    "scale",
    "sum",
    "sums",
]

_product: Function = paddle.matmul  # to which Paddle gives no types


def mean(x: Var, name: Any = None) -> Var:
    """1.x: `mean(x)`, of shape [1]; today `paddle.mean(x)`, of shape []."""
    return paddle.mean(x).reshape([1])


def matmul(
    x: Var,
    y: Var,
    transpose_x: bool = False,
    transpose_y: bool = False,
    alpha: float = 1.0,
    name: Any = None,
) -> Var:
    """1.x: `matmul(x, y, transpose_x, transpose_y, alpha=1.0)`; today `paddle.matmul`."""
    product = _product(x, y, transpose_x, transpose_y)
    return with_shape(product if alpha == 1.0 else product * alpha)


def mul(x: Var, y: Var, x_num_col_dims: int = 1, y_num_col_dims: int = 1, name: Any = None) -> Var:
    """1.x: `mul(x, y, x_num_col_dims=1, y_num_col_dims=1)`; today `paddle.matmul` after flatten."""
    product = _product(flatten(x, x_num_col_dims), flatten(y, y_num_col_dims))
    return paddle.reshape(product, [*x.shape[:x_num_col_dims], *y.shape[y_num_col_dims:]])


def clip(x: Var, min: float, max: float, name: Any = None) -> Var:
    """1.x: `clip(x, min, max, name=None)`; today `paddle.clip(x, min, max)`."""
    return paddle.clip(x, min, max)


def pow(x: Var, factor: Any = 1.0, name: Any = None) -> Var:
    """1.x: `pow(x, factor=1.0)`; today `paddle.pow(x, y)`."""
    return paddle.pow(x, factor)


def scale(
    x: Var,
    scale: Any = 1.0,
    bias: float = 0.0,
    bias_after_scale: bool = True,
    act: str | None = None,
    name: Any = None,
) -> Var:
    """1.x: `scale(x, scale=1.0, bias=0.0, bias_after_scale=True)`; today `paddle.scale`."""
    return activate(paddle.scale(x, scale, bias, bias_after_scale), act)


def sum(x: Any) -> Var:
    """1.x: `sum(x)` adds the Tensors of a list; today `paddle.add_n`. It is no reduction."""
    return paddle.add_n(x)


def sums(input: Sequence[Var], out: Var = None) -> Var:
    """1.x: `sums(input, out=None)` adds the Tensors of a list; today `paddle.add_n`."""
    total = paddle.add_n(list(input))
    return total if out is None else paddle.assign(total, out)


def l2_normalize(x: Var, axis: int, epsilon: float = 1e-12, name: Any = None) -> Var:
    """1.x: `l2_normalize(x, axis, epsilon)`; today `paddle.nn.functional.normalize`."""
    squares = paddle.sum(paddle.square(x), axis=axis, keepdim=True)
    return x / paddle.sqrt(squares + epsilon)
