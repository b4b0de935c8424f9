"""Functions that compute number by number, and reductions: `fluid.layers.relu`, `reduce_mean`.

Each is one call of today's API under its old name and arguments; the tables say which.
"""

from collections.abc import Callable
from typing import Any

import paddle
from paddle.nn import functional as F

Var = Any  # a Tensor, or a variable of a static program
Function = Callable[..., Any]

# Old name: today's function. Each takes (x, name=None) and computes what it did.
_OF_ONE: dict[str, Function] = {
    "abs": paddle.abs,
    "ceil": paddle.ceil,
    "cos": paddle.cos,
    "elu": F.elu,
    "exp": paddle.exp,
    "floor": paddle.floor,
    "gelu": F.gelu,
    "log": paddle.log,
    "logsigmoid": F.log_sigmoid,
    "ones_like": paddle.ones_like,
    "reciprocal": paddle.reciprocal,
    "relu": F.relu,
    "relu6": F.relu6,
    "round": paddle.round,
    "rsqrt": paddle.rsqrt,
    "sigmoid": F.sigmoid,
    "sign": paddle.sign,
    "sin": paddle.sin,
    "softplus": F.softplus,
    "softsign": F.softsign,
    "sqrt": paddle.sqrt,
    "square": paddle.square,
    "swish": F.swish,
    "tanh": paddle.tanh,
    "zeros_like": paddle.zeros_like,
}

# Old name: today's function. Each takes (x, y, axis=-1, act=None, name=None).
_OF_TWO: dict[str, Function] = {
    "elementwise_add": paddle.add,
    "elementwise_sub": paddle.subtract,
    "elementwise_mul": paddle.multiply,
    "elementwise_div": paddle.divide,
    "elementwise_max": paddle.maximum,
    "elementwise_min": paddle.minimum,
    "elementwise_mod": paddle.remainder,
    "elementwise_pow": paddle.pow,
    "elementwise_floordiv": paddle.floor_divide,
}

# Old name: today's function. Each takes (input, dim=None, keep_dim=False, name=None).
_REDUCTIONS: dict[str, Function] = {
    "reduce_all": paddle.all,
    "reduce_any": paddle.any,
    "reduce_max": paddle.max,
    "reduce_mean": paddle.mean,
    "reduce_min": paddle.min,
    "reduce_prod": paddle.prod,
    "reduce_sum": paddle.sum,
}

# Old name: today's function. Each takes (x, y, cond=None).
_COMPARISONS: dict[str, Function] = {
    "equal": paddle.equal,
    "greater_equal": paddle.greater_equal,
    "greater_than": paddle.greater_than,
    "less_equal": paddle.less_equal,
    "less_than": paddle.less_than,
    "not_equal": paddle.not_equal,
}


def with_shape(value: Var) -> Var:
    """Give a number without a shape the shape [1]."""
    return value if len(value.shape) else value.reshape([1])


def activate(x: Var, act: str | None) -> Var:
    """Apply what `act="relu"` names; today one calls `paddle.nn.functional.relu` oneself."""
    if act is None:
        return x
    if act not in _ACTIVATIONS:
        raise ValueError(f"act={act!r} is unknown; choose from {', '.join(sorted(_ACTIVATIONS))}.")
    return _ACTIVATIONS[act](x)


def _of_one(name: str, today: Function) -> Function:
    def function(x: Var, *_: Any, **__: Any) -> Var:
        return today(x)

    return _named(function, name, f"`{name}(x, name=None)`", today)


def _of_two(name: str, today: Function) -> Function:
    def function(x: Var, y: Var, axis: int = -1, act: str | None = None, name: Any = None) -> Var:
        if axis >= 0 and hasattr(y, "shape"):
            trailing = len(x.shape) - axis - len(y.shape)
            y = paddle.reshape(y, [*y.shape, *[1] * trailing])
        return activate(today(x, y), act)

    signature = f"`{name}(x, y, axis=-1, act=None, name=None)`"
    return _named(function, name, signature, today, "`axis` says where y's shape lies in x's.")


def _reduction(name: str, today: Function) -> Function:
    def function(input: Var, dim: Any = None, keep_dim: bool = False, name: Any = None) -> Var:
        axis = list(dim) if isinstance(dim, tuple) else dim
        return with_shape(today(input, axis=axis or (0 if axis == 0 else None), keepdim=keep_dim))

    signature = f"`{name}(input, dim=None, keep_dim=False, name=None)`"
    return _named(function, name, signature, today, "Over everything the shape is [1], today [].")


def _comparison(name: str, today: Function) -> Function:
    def function(x: Var, y: Var, cond: Var = None, **_: Any) -> Var:
        return today(x, y) if cond is None else paddle.assign(today(x, y), cond)

    return _named(function, name, f"`{name}(x, y, cond=None)`", today)


def _named(function: Function, name: str, signature: str, today: Any, more: str = "") -> Function:
    module = "paddle.nn.functional" if hasattr(F, today.__name__) else "paddle"
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"1.x: {signature}; today `{module}.{today.__name__}`. {more}".rstrip()
    return function


for _make, _table in (
    (_of_one, _OF_ONE),
    (_of_two, _OF_TWO),
    (_reduction, _REDUCTIONS),
    (_comparison, _COMPARISONS),
):
    globals().update({name: _make(name, today) for name, today in _table.items()})


def softmax(input: Var, use_cudnn: bool = False, name: Any = None, axis: int = -1) -> Var:
    """1.x: `softmax(input, use_cudnn, name, axis=-1)`; today `paddle.nn.functional.softmax`."""
    return F.softmax(input, axis)


def leaky_relu(x: Var, alpha: float = 0.02, name: Any = None) -> Var:
    """1.x: `leaky_relu(x, alpha=0.02, name=None)`; today `paddle.nn.functional.leaky_relu`.

    Today's default slope is 0.01.
    """
    return F.leaky_relu(x, alpha)


def hard_sigmoid(x: Var, slope: float = 0.2, offset: float = 0.5, name: Any = None) -> Var:
    """1.x: `hard_sigmoid(x, slope=0.2, offset=0.5)`; today the default slope is 1/6."""
    return F.hardsigmoid(x, slope, offset)


_ACTIVATIONS: dict[str, Function] = {
    **{name: today for name, today in _OF_ONE.items() if not name.endswith("_like")},
    **{"softmax": softmax, "leaky_relu": leaky_relu, "hard_sigmoid": hard_sigmoid},
}

__all__ = [
    *_OF_ONE,
    *_OF_TWO,
    *_REDUCTIONS,
    *_COMPARISONS,
    "hard_sigmoid",
    "leaky_relu",
    "softmax",
]
