"""Dygraph mode itself: arrays to Tensors, no_grad, and the guard.

to_variable is paddle.to_tensor today; a Tensor given to it comes back as it is.
no_grad works with and without parentheses, and as a block.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import paddle

from ..missing import lookup
from ..places import disable_dygraph, enable_dygraph, guard
from ..places import in_dygraph_mode as enabled
from ..scalars import BackwardStrategy

__all__ = [
    "BackwardStrategy",
    "disable_dygraph",
    "enable_dygraph",
    "enabled",
    "grad",
    "guard",
    "no_grad",
    "to_variable",
]


def to_variable(value: Any, name: str | None = None, zero_copy: bool | None = None) -> Any:
    """1.x: `to_variable(value, name=None)`; today `paddle.to_tensor(data)`.

    A Number of scalars.py, the array of a loss, becomes a plain one first.
    """
    if isinstance(value, paddle.Tensor):
        return value
    tensor = paddle.to_tensor(np.asarray(value) if isinstance(value, np.ndarray) else value)
    tensor = tensor if len(tensor.shape) else tensor.reshape([1])
    if name is not None:
        tensor.name = name
    return tensor


def no_grad(func: Callable[..., Any] | None = None) -> Any:
    """1.x: `@no_grad`, `@no_grad()`, `with no_grad():`; today `paddle.no_grad()`."""
    return paddle.no_grad() if func is None else paddle.no_grad()(func)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool = False,
    no_grad_vars: Any = None,
    backward_strategy: Any = None,
) -> Any:
    """1.8: `grad(outputs, inputs, …, backward_strategy=None)`, a list; today `paddle.grad`."""
    return paddle.grad(
        outputs,
        inputs,
        grad_outputs,
        retain_graph,
        create_graph,
        only_inputs,
        allow_unused,
        no_grad_vars,
    )


__getattr__ = lookup("fluid.dygraph.base")
