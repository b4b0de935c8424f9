"""Tensors out of nothing: `fluid.layers.fill_constant`, `zeros`, `uniform_random` and others."""

from typing import Any

import numpy as np
import paddle

from .elementwise import Var

Shape = Any

__all__ = [
    "assign",
    "create_parameter",
    "create_tensor",
    "fill_constant",
    "fill_constant_batch_size_like",
    "gaussian_random",
    "ones",
    "range",
    "uniform_random",
    "zeros",
]


def to_dtype(dtype: Any) -> Any:
    """Return the name of a type as today's Paddle takes it: "float32", np.float32, VarType.FP32."""
    return dtype if isinstance(dtype, str | paddle.dtype) else np.dtype(dtype).name


class EmptyTensor:
    """What `create_tensor` makes in a static program: `assign` says what it holds."""

    def __init__(self, dtype: Any) -> None:
        self.dtype, self.value = to_dtype(dtype), None


def fill_constant(
    shape: Shape, dtype: Any, value: Any, force_cpu: bool = False, out: Var = None, name: Any = None
) -> Var:
    """1.x: `fill_constant(shape, dtype, value, force_cpu, out)`; today `paddle.full`."""
    filled = paddle.full(shape, value, to_dtype(dtype))
    return filled if out is None else paddle.assign(filled, out)


def fill_constant_batch_size_like(
    input: Var,
    shape: Shape,
    dtype: Any,
    value: float,
    input_dim_idx: int = 0,
    output_dim_idx: int = 0,
    force_cpu: bool = False,
) -> Var:
    """1.x: `fill_constant_batch_size_like(input, shape, dtype, value)`; today `paddle.full`.

    One side of the shape is taken from `input`.
    """
    sides: list[Any] = list(shape)
    sides[output_dim_idx] = paddle.shape(input)[input_dim_idx]
    return paddle.full(sides, value, to_dtype(dtype))


def zeros(shape: Shape, dtype: Any, force_cpu: bool = False) -> Var:
    """1.x: `zeros(shape, dtype, force_cpu=False)`; today `paddle.zeros`."""
    return paddle.zeros(shape, to_dtype(dtype))


def ones(shape: Shape, dtype: Any, force_cpu: bool = False) -> Var:
    """1.x: `ones(shape, dtype, force_cpu=False)`; today `paddle.ones`."""
    return paddle.ones(shape, to_dtype(dtype))


def range(start: Any, end: Any, step: Any, dtype: Any, name: Any = None) -> Var:
    """1.x: `range(start, end, step, dtype)`; today `paddle.arange`."""
    return paddle.arange(start, end, step, to_dtype(dtype))


def uniform_random(
    shape: Shape, dtype: Any = "float32", min: float = -1.0, max: float = 1.0, seed: int = 0
) -> Var:
    """1.x: `uniform_random(shape, dtype, min=-1.0, max=1.0, seed=0)`; today `paddle.uniform`."""
    return paddle.uniform(shape, to_dtype(dtype), min, max, seed)


def gaussian_random(
    shape: Shape, mean: float = 0.0, std: float = 1.0, seed: int = 0, dtype: Any = "float32"
) -> Var:
    """1.x: `gaussian_random(shape, mean=0.0, std=1.0, seed=0, dtype)`; today `paddle.normal`."""
    return paddle.cast(paddle.normal(mean, std, shape), to_dtype(dtype))


def assign(input: Any, output: Var = None) -> Var:
    """1.x: `assign(input, output=None)`; today `paddle.assign(x, output)`."""
    if isinstance(output, EmptyTensor):
        output.value = input
        return input
    return paddle.assign(input, output)


def create_tensor(dtype: Any, name: str | None = None, persistable: bool = False) -> Any:
    """1.x: `create_tensor(dtype)`, to be given to `accuracy(total=…)` or `assign(output=…)`.

    Today nothing is written into a tensor: use what the function returns.
    """
    if paddle.in_dynamic_mode():
        return paddle.zeros([1], to_dtype(dtype))
    return EmptyTensor(dtype)


def create_parameter(
    shape: Shape,
    dtype: Any,
    name: str | None = None,
    attr: Any = None,
    is_bias: bool = False,
    default_initializer: Any = None,
) -> Var:
    """1.x: `create_parameter(shape, dtype, name, attr, …)`; today `paddle.create_parameter`."""
    return paddle.create_parameter(shape, to_dtype(dtype), name, attr, is_bias, default_initializer)
