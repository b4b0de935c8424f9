"""Functions of old networks: `fluid.layers.cross_entropy(input=predict, label=label)` and others.

Most are one call of today's API under their old name and arguments; TODAY says which.
Those that changed their meaning have the old one here: cross_entropy takes probabilities,
mean, accuracy and reductions over everything return shape [1].

旧网络里的函数：fluid.layers.cross_entropy(input=predict, label=label) 等。
大多数只是用旧名字和旧参数调用一次今天的 API，TODAY 表里写明是哪一个。
含义变了的函数在这里保持旧含义：cross_entropy 的输入是概率，
mean、accuracy 和对全部元素的归约返回形状 [1]。
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import paddle
from paddle.nn import functional as F

from .dygraph import learning_rate_scheduler as decays
from .missing import lookup

Var = Any  # a Tensor, or a variable of a static program
Shape = Any

_training = True  # 1.x kept one switch for all layers; Layer.train() and eval() turn it


def set_training(training: bool) -> None:
    """Turn the switch that `dropout` obeys."""
    global _training
    _training = training


def _with_shape(value: Var) -> Var:
    """Give a number without a shape the shape [1]."""
    return value if len(value.shape) else value.reshape([1])


def to_dtype(dtype: Any) -> Any:
    """Return the name of a type as today's Paddle takes it: "float32", np.float32, VarType.FP32."""
    return dtype if isinstance(dtype, str | paddle.dtype) else np.dtype(dtype).name


def activate(x: Var, act: str | None) -> Var:
    """Apply what `act="relu"` names; today one calls `paddle.nn.functional.relu` oneself."""
    if act is None:
        return x
    if act not in _ACTIVATIONS:
        raise ValueError(f"act={act!r} is unknown; choose from {', '.join(sorted(_ACTIVATIONS))}.")
    return _ACTIVATIONS[act](x)


# Old name: today's function. Each takes (x, name=None) and computes what it did.
_OF_ONE: dict[str, Callable[..., Any]] = {
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
_OF_TWO: dict[str, Callable[..., Any]] = {
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
_REDUCTIONS: dict[str, Callable[..., Any]] = {
    "reduce_all": paddle.all,
    "reduce_any": paddle.any,
    "reduce_max": paddle.max,
    "reduce_mean": paddle.mean,
    "reduce_min": paddle.min,
    "reduce_prod": paddle.prod,
    "reduce_sum": paddle.sum,
}

# Old name: today's function. Each takes (x, y, cond=None).
_COMPARISONS: dict[str, Callable[..., Any]] = {
    "equal": paddle.equal,
    "greater_equal": paddle.greater_equal,
    "greater_than": paddle.greater_than,
    "less_equal": paddle.less_equal,
    "less_than": paddle.less_than,
    "not_equal": paddle.not_equal,
}


def _of_one(name: str, today: Callable[..., Any]) -> Callable[..., Any]:
    def function(x: Var, *_: Any, **__: Any) -> Var:
        return today(x)

    return _named(function, name, f"`{name}(x, name=None)`", today)


def _of_two(name: str, today: Callable[..., Any]) -> Callable[..., Any]:
    def function(x: Var, y: Var, axis: int = -1, act: str | None = None, name: Any = None) -> Var:
        if axis >= 0 and hasattr(y, "shape"):
            trailing = len(x.shape) - axis - len(y.shape)
            y = paddle.reshape(y, [*y.shape, *[1] * trailing])
        return activate(today(x, y), act)

    signature = f"`{name}(x, y, axis=-1, act=None, name=None)`"
    return _named(function, name, signature, today, "`axis` says where y's shape lies in x's.")


def _reduction(name: str, today: Callable[..., Any]) -> Callable[..., Any]:
    def function(input: Var, dim: Any = None, keep_dim: bool = False, name: Any = None) -> Var:
        axis = list(dim) if isinstance(dim, tuple) else dim
        return _with_shape(today(input, axis=axis or (0 if axis == 0 else None), keepdim=keep_dim))

    signature = f"`{name}(input, dim=None, keep_dim=False, name=None)`"
    return _named(function, name, signature, today, "Over everything the shape is [1], today [].")


def _comparison(name: str, today: Callable[..., Any]) -> Callable[..., Any]:
    def function(x: Var, y: Var, cond: Var = None, **_: Any) -> Var:
        return today(x, y) if cond is None else paddle.assign(today(x, y), cond)

    return _named(function, name, f"`{name}(x, y, cond=None)`", today)


def _named(
    function: Callable[..., Any], name: str, signature: str, today: Any, more: str = ""
) -> Callable[..., Any]:
    module = "paddle.nn.functional" if hasattr(F, today.__name__) else "paddle"
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"1.x: {signature}; today `{module}.{today.__name__}`. {more}".rstrip()
    return function


for _name, _today in _OF_ONE.items():
    globals()[_name] = _of_one(_name, _today)
for _name, _today in _OF_TWO.items():
    globals()[_name] = _of_two(_name, _today)
for _name, _today in _REDUCTIONS.items():
    globals()[_name] = _reduction(_name, _today)
for _name, _today in _COMPARISONS.items():
    globals()[_name] = _comparison(_name, _today)


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


_ACTIVATIONS: dict[str, Callable[..., Any]] = {
    **{name: globals()[name] for name in _OF_ONE if name not in ("ones_like", "zeros_like")},
    **{"softmax": softmax, "leaky_relu": leaky_relu, "hard_sigmoid": hard_sigmoid},
}


def mean(x: Var, name: Any = None) -> Var:
    """1.x: `mean(x)`, of shape [1]; today `paddle.mean(x)`, of shape []."""
    return paddle.mean(x).reshape([1])


def square_error_cost(input: Var, label: Var) -> Var:
    """1.x: `square_error_cost(input, label)`; today `paddle.nn.functional.square_error_cost`."""
    return paddle.square(input - label)


def mse_loss(input: Var, label: Var) -> Var:
    """1.x: `mse_loss(input, label)`, of shape [1]; today `paddle.nn.functional.mse_loss`."""
    return mean(square_error_cost(input, label))


def cross_entropy(
    input: Var, label: Var, soft_label: bool = False, ignore_index: int = -100
) -> Var:
    """1.x: `cross_entropy(input, label, soft_label=False, ignore_index=-100)`, of shape [N, 1].

    Today: `paddle.nn.functional.cross_entropy` of the numbers BEFORE softmax, averaged. Here
    `input` [N, classes] holds probabilities, `label` [N, 1] whole numbers.
    """
    logarithm = paddle.clip(paddle.log(input), min=-1e20)  # 1.x bounded log 0 in this way
    if soft_label:
        return -paddle.sum(label * logarithm, axis=-1, keepdim=True)
    label = paddle.reshape(label, [*input.shape[:-1], 1]) if input.shape != label.shape else label
    label = paddle.cast(label, "int64")
    kept = label != ignore_index
    chosen = paddle.where(kept, label, paddle.zeros_like(label))
    losses = -paddle.take_along_axis(logarithm, chosen, axis=-1)
    return losses * paddle.cast(kept, losses.dtype)


def softmax_with_cross_entropy(
    logits: Var,
    label: Var,
    soft_label: bool = False,
    ignore_index: int = -100,
    numeric_stable_mode: bool = True,
    return_softmax: bool = False,
    axis: int = -1,
) -> Var:
    """1.x: `softmax_with_cross_entropy(logits, label, soft_label, …)`, of shape [N, 1].

    Today: `paddle.nn.functional.cross_entropy(logits, label)`, which averages.
    """
    losses = F.cross_entropy(
        logits,
        label,
        soft_label=soft_label,
        ignore_index=ignore_index,
        reduction="none",
        axis=axis,
    )
    return (losses, F.softmax(logits, axis)) if return_softmax else losses


def sigmoid_cross_entropy_with_logits(
    x: Var, label: Var, ignore_index: int = -100, name: Any = None, normalize: bool = False
) -> Var:
    """1.x: `sigmoid_cross_entropy_with_logits(x, label, ignore_index, name, normalize)`.

    Today: `paddle.nn.functional.binary_cross_entropy_with_logits`, which averages.
    """
    losses = F.binary_cross_entropy_with_logits(x, label, reduction="none")
    kept = paddle.cast(label != ignore_index, losses.dtype)
    return losses * kept / (paddle.sum(kept) if normalize else 1.0)


def log_loss(input: Var, label: Var, epsilon: float = 1e-4, name: Any = None) -> Var:
    """1.x: `log_loss(input, label, epsilon=1e-4)`; today `paddle.nn.functional.log_loss`."""
    return F.log_loss(input, label, epsilon)


def accuracy(input: Var, label: Var, k: int = 1, correct: Var = None, total: Var = None) -> Var:
    """1.x: `accuracy(input, label, k=1, correct=None, total=None)`, of shape [1].

    Today: `paddle.metric.accuracy`, of shape [].
    """
    if len(label.shape) == 1:
        label = paddle.unsqueeze(label, -1)
    accurate = paddle.metric.accuracy(input, label, k=k).reshape([1])
    rows = paddle.shape(label)[0].reshape([1])
    right = paddle.round(accurate * paddle.cast(rows, "float32"))
    for tensor, value in ((correct, right), (total, rows)):
        if tensor is not None:
            assign(paddle.cast(value, tensor.dtype), tensor)
    return accurate


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
    return _with_shape(paddle.squeeze(input, axes if axes != [] else None))


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
    return _with_shape(paddle.argmax(x, axis))


def argmin(x: Var, axis: int = 0) -> Var:
    """1.x: `argmin(x, axis=0)`; today `paddle.argmin(x, axis=None)`."""
    return _with_shape(paddle.argmin(x, axis))


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


def dropout(
    x: Var,
    dropout_prob: float,
    is_test: bool | None = None,
    seed: int | None = None,
    name: Any = None,
    dropout_implementation: str = "downgrade_in_infer",
) -> Var:
    """1.x: `dropout(x, dropout_prob, is_test=False, seed, name, dropout_implementation)`.

    Today: `paddle.nn.functional.dropout(x, p, training=…)`. The old default leaves what is kept
    in training as it is and multiplies by 1 - p in evaluation; today's scales up in training.
    `model.eval()` ends it, as then.
    """
    modes: dict[str, Any] = {
        "downgrade_in_infer": "downscale_in_infer",
        "upscale_in_train": "upscale_in_train",
    }
    if dropout_implementation not in modes:
        raise ValueError(f"dropout_implementation is {dropout_implementation!r}, none of {modes}.")
    if _training and not is_test:
        return F.dropout(x, dropout_prob, mode=modes[dropout_implementation])
    return x if dropout_implementation == "upscale_in_train" else x * (1 - dropout_prob)


def matmul(
    x: Var,
    y: Var,
    transpose_x: bool = False,
    transpose_y: bool = False,
    alpha: float = 1.0,
    name: Any = None,
) -> Var:
    """1.x: `matmul(x, y, transpose_x, transpose_y, alpha=1.0)`; today `paddle.matmul`."""
    product = paddle.matmul(x, y, transpose_x, transpose_y)
    return _with_shape(product if alpha == 1.0 else product * alpha)


def mul(x: Var, y: Var, x_num_col_dims: int = 1, y_num_col_dims: int = 1, name: Any = None) -> Var:
    """1.x: `mul(x, y, x_num_col_dims=1, y_num_col_dims=1)`; today `paddle.matmul` after flatten."""
    product = paddle.matmul(flatten(x, x_num_col_dims), flatten(y, y_num_col_dims))
    return paddle.reshape(product, [*x.shape[:x_num_col_dims], *y.shape[y_num_col_dims:]])


def pool2d(
    input: Var,
    pool_size: Any = -1,
    pool_type: str = "max",
    pool_stride: Any = 1,
    pool_padding: Any = 0,
    global_pooling: bool = False,
    use_cudnn: bool = True,
    ceil_mode: bool = False,
    name: Any = None,
    exclusive: bool = True,
    data_format: str = "NCHW",
) -> Var:
    """1.x: `pool2d(input, pool_size, pool_type="max", pool_stride=1, pool_padding=0, …)`.

    Today: `paddle.nn.functional.max_pool2d`, `avg_pool2d`; there the stride is the size.
    """
    if pool_type not in ("max", "avg"):
        raise ValueError(f"pool_type is {pool_type!r}, expected 'max' or 'avg'.")
    if isinstance(pool_padding, str):
        pool_padding = pool_padding.upper()
    if global_pooling:
        rows, columns = (1, 2) if data_format == "NHWC" else (2, 3)
        pool_size, pool_stride = [input.shape[rows], input.shape[columns]], 1
        pool_padding, ceil_mode = 0, False
    common = {
        **{"kernel_size": pool_size, "stride": pool_stride, "padding": pool_padding},
        **{"ceil_mode": ceil_mode, "data_format": data_format},
    }
    if pool_type == "max":
        return F.max_pool2d(input, **common)
    return F.avg_pool2d(input, exclusive=exclusive, **common)


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


def label_smooth(
    label: Var,
    prior_dist: Var = None,
    epsilon: float = 0.1,
    dtype: Any = "float32",
    name: Any = None,
) -> Var:
    """1.x: `label_smooth(label, prior_dist, epsilon=0.1)`; today `nn.functional.label_smooth`."""
    return F.label_smooth(label, prior_dist, epsilon)


def fill_constant(
    shape: Shape, dtype: Any, value: Any, force_cpu: bool = False, out: Var = None, name: Any = None
) -> Var:
    """1.x: `fill_constant(shape, dtype, value, force_cpu, out)`; today `paddle.full`."""
    filled = paddle.full(shape, value, to_dtype(dtype))
    return filled if out is None else paddle.assign(filled, out)


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
    return cast(paddle.normal(mean, std, shape), dtype)


def assign(input: Any, output: Var = None) -> Var:
    """1.x: `assign(input, output=None)`; today `paddle.assign(x, output)`."""
    if isinstance(output, EmptyTensor):
        output.value = input
        return input
    return paddle.assign(input, output)


class EmptyTensor:
    """What `create_tensor` makes in a static program: `assign` says what it holds."""

    def __init__(self, dtype: Any) -> None:
        self.dtype, self.value = to_dtype(dtype), None


def create_tensor(dtype: Any, name: str | None = None, persistable: bool = False) -> Any:
    """1.x: `create_tensor(dtype)`, to be given to `accuracy(total=…)` or `assign(output=…)`.

    Today nothing is written into a tensor: use what the function returns.
    """
    if paddle.in_dynamic_mode():
        return paddle.zeros([1], to_dtype(dtype))
    return EmptyTensor(dtype)


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


def noam_decay(d_model: int, warmup_steps: int, learning_rate: float = 1.0) -> Any:
    """1.x: `noam_decay(d_model, warmup_steps, learning_rate=1.0)`; in dygraph a NoamDecay."""
    return decays.NoamDecay(d_model, warmup_steps, learning_rate=learning_rate)


exponential_decay = decays.ExponentialDecay
natural_exp_decay = decays.NaturalExpDecay
inverse_time_decay = decays.InverseTimeDecay
polynomial_decay = decays.PolynomialDecay
cosine_decay = decays.CosineDecay


def piecewise_decay(boundaries: Sequence[int], values: Sequence[float]) -> Any:
    """1.x: `piecewise_decay(boundaries, values)`; in dygraph a PiecewiseDecay from step 0."""
    return decays.PiecewiseDecay(boundaries, values, 0)


def linear_lr_warmup(learning_rate: Any, warmup_steps: int, start_lr: float, end_lr: float) -> Any:
    """1.x: `linear_lr_warmup(learning_rate, warmup_steps, start_lr, end_lr)`."""
    return decays.LinearLrWarmup(learning_rate, warmup_steps, start_lr, end_lr)


__getattr__ = lookup("fluid.layers", "static_layers", "static")
