"""Paddle 1.x had no numbers without a shape: a loss was a Tensor of shape [1].

Its array converted to float and int; NumPy 2.4 refuses that for shape [1], and so does Paddle.
Number is an array that still converts; PATCHES lists every Tensor method that install() changes.
"""

import operator
from typing import Any

import numpy as np
import paddle


class Number(np.ndarray):
    """An array of one element that float(), int(), "%f" and indexing take, as NumPy 1 allowed."""

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        return operator.index(self.item())

    def __round__(self, digits: int | None = None) -> Any:
        return round(self.item(), digits)

    def __repr__(self) -> str:
        return repr(self.view(np.ndarray))

    def __reduce__(self) -> Any:
        return self.view(np.ndarray).__reduce__()  # a file of it must open without this package


_numpy = paddle.Tensor.numpy
_backward = paddle.Tensor.backward
_shape: Any = vars(paddle.Tensor)["shape"]


class BackwardStrategy:
    """1.x: `BackwardStrategy()`, given to `loss.backward(strategy)`; today nothing replaces it.

    `sort_sum_gradient` asked for one order of summing; today's order is always the same.
    """

    sort_sum_gradient = False


def numpy(self: Any, *internal: Any) -> np.ndarray:
    """1.x: `var.numpy()`; today the same. Shape [] becomes [1], and one element a Number.

    Paddle itself calls it with an argument, and gets what it expects.
    """
    array = _numpy(self, *internal)
    if internal or array.size != 1:
        return array
    return np.atleast_1d(array).view(Number)


def backward(
    self: Any, backward_strategy: Any = None, retain_graph: bool = False, **others: Any
) -> None:
    """1.x: `loss.backward(backward_strategy)`; today `loss.backward()`."""
    if not isinstance(backward_strategy, BackwardStrategy | None):
        others["grad_tensor"] = backward_strategy  # today's first argument
    _backward(self, retain_graph=retain_graph, **others)


def gradient(self: Any) -> np.ndarray | None:
    """1.x: `var.gradient()`, an array or None; today `var.grad`, a Tensor."""
    return None if self.grad is None else numpy(self.grad)


def to_float(self: Any) -> float:
    """1.x: `float(var)` for one element of any shape; today only for shape []."""
    return float(self.item())


def to_int(self: Any) -> int:
    """1.x: `int(var)` for one element of any shape; today only for shape []."""
    return int(self.item())


def to_index(self: Any) -> int:
    """1.x: `range(var)`, `array[var]` for one whole number; today only for shape []."""
    return operator.index(self.item())


def shape(self: Any) -> list[int]:
    """1.x: `var.shape`, a list, and printed as one; today's is a `paddle.Size`."""
    return list(_shape.__get__(self))


def stop_gradient(self: Any) -> bool:
    """1.5: `var._stop_gradient = True`; today `stop_gradient`."""
    return bool(self.stop_gradient)


def set_stop_gradient(self: Any, value: bool) -> None:
    """1.5: `var._stop_gradient = True`; today `stop_gradient`."""
    self.stop_gradient = value


PATCHES = {
    "_stop_gradient": property(stop_gradient, set_stop_gradient),
    "shape": property(shape),
    "numpy": numpy,
    "gradient": gradient,
    "backward": backward,
    "__float__": to_float,
    "__int__": to_int,
    "__index__": to_index,
}
