"""Layers of a static program: `fluid.layers.fc(input=img, size=10, act='softmax')`.

Each makes its parameters by itself, under the names of 1.x: fc_0.w_0, conv2d_0.b_0.
What computes without parameters is in fluid/layers/ and serves both modes.
"""

import copy
import math
from collections.abc import Sequence
from typing import Any

import paddle
from paddle.nn import functional as F
from paddle.nn import initializer as init
from paddle.utils import unique_name

from ..layers import matmul
from ..layers.elementwise import activate
from .programs import switch

__all__ = ["batch_norm", "conv2d", "embedding", "fc", "layer_norm"]


def _parameter(
    prefix: str, part: str, shape: Sequence[int], attr: Any, default: Any, trainable: bool = True
) -> Any:
    """Make one parameter, None for attr=False; its name is the prefix and the part."""
    if attr is False:
        return None
    if isinstance(attr, str):
        attr = paddle.ParamAttr(name=attr)
    elif isinstance(attr, paddle.nn.initializer.Initializer):
        attr = paddle.ParamAttr(initializer=attr)
    attr = paddle.ParamAttr() if attr in (None, True) else copy.copy(attr)
    attr.name = attr.name or f"{prefix}.{part}"
    attr.trainable = attr.trainable and trainable
    made = paddle.create_parameter(
        [int(size) for size in shape], "float32", attr=attr, default_initializer=default
    )
    made.stop_gradient = not attr.trainable
    return made


def fc(
    input: Any,
    size: int,
    num_flatten_dims: int = 1,
    param_attr: Any = None,
    bias_attr: Any = None,
    act: str | None = None,
    is_test: bool = False,
    name: str | None = None,
) -> Any:
    """1.x: `fc(input, size, num_flatten_dims=1, param_attr, bias_attr, act)`.

    Today `paddle.static.nn.fc`, or paddle.nn.Linear. Axes from num_flatten_dims on become one.
    """
    switch()
    prefix = name or unique_name.generate("fc")
    inputs = input if isinstance(input, list | tuple) else [input]
    attrs = param_attr if isinstance(param_attr, list | tuple) else [param_attr] * len(inputs)
    total = None
    for number, (x, attr) in enumerate(zip(inputs, attrs, strict=True)):
        axis = num_flatten_dims if num_flatten_dims >= 0 else len(x.shape) + num_flatten_dims
        width = math.prod(int(length) for length in x.shape[axis:])
        weight = _parameter(prefix, f"w_{number}", [width, size], attr, init.XavierUniform())
        if len(x.shape) > axis + 1:
            x = paddle.flatten(x, axis)
        product = matmul(x, weight)
        total = product if total is None else total + product
    bias = _parameter(prefix, "b_0", [size], bias_attr, init.Constant(0.0))
    return activate(total if bias is None else total + bias, act)


def conv2d(
    input: Any,
    num_filters: int,
    filter_size: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int | None = None,
    param_attr: Any = None,
    bias_attr: Any = None,
    use_cudnn: bool = True,
    act: str | None = None,
    name: str | None = None,
    data_format: Any = "NCHW",
) -> Any:
    """1.x: `conv2d(input, num_filters, filter_size, stride, padding, …, act)`.

    Today `paddle.static.nn.conv2d`, or paddle.nn.Conv2D.
    """
    switch()
    prefix = name or unique_name.generate("conv2d")
    sides = list(filter_size) if isinstance(filter_size, list | tuple) else [filter_size] * 2
    channels = int(input.shape[1 if data_format == "NCHW" else -1]) // (groups or 1)
    spread = (2.0 / (math.prod(sides) * channels)) ** 0.5
    shape = [num_filters, channels, *sides]
    weight = _parameter(prefix, "w_0", shape, param_attr, init.Normal(0.0, spread))
    bias = _parameter(prefix, "b_0", [num_filters], bias_attr, init.Constant(0.0))
    made = F.conv2d(
        input, weight, bias, stride, padding, dilation, groups or 1, data_format=data_format
    )
    return activate(made, act)


def batch_norm(
    input: Any,
    act: str | None = None,
    is_test: bool = False,
    momentum: float = 0.9,
    epsilon: float = 1e-5,
    param_attr: Any = None,
    bias_attr: Any = None,
    data_layout: str = "NCHW",
    in_place: bool = False,
    name: str | None = None,
    moving_mean_name: str | None = None,
    moving_variance_name: str | None = None,
    do_model_average_for_mean_and_var: bool = True,
    use_global_stats: bool = False,
) -> Any:
    """1.x: `batch_norm(input, act, is_test, momentum, epsilon, …)`; today paddle.nn.BatchNorm2D."""
    switch()
    prefix = name or unique_name.generate("batch_norm")
    size = [input.shape[1 if data_layout == "NCHW" or len(input.shape) == 2 else -1]]
    weight = _parameter(prefix, "w_0", size, param_attr, init.Constant(1.0))
    bias = _parameter(prefix, "b_0", size, bias_attr, init.Constant(0.0))
    average = _parameter(prefix, "w_1", size, moving_mean_name, init.Constant(0.0), False)
    spread = _parameter(prefix, "w_2", size, moving_variance_name, init.Constant(1.0), False)
    layout: Any = data_layout if len(input.shape) == 4 else "NC"
    made = F.batch_norm(
        input,
        average,
        spread,
        weight,
        bias,
        training=not is_test,
        momentum=momentum,
        epsilon=epsilon,
        data_format=layout,
        use_global_stats=use_global_stats or None,
    )
    return activate(made, act)


def layer_norm(
    input: Any,
    scale: bool = True,
    shift: bool = True,
    begin_norm_axis: int = 1,
    epsilon: float = 1e-5,
    param_attr: Any = None,
    bias_attr: Any = None,
    act: str | None = None,
    name: str | None = None,
) -> Any:
    """1.x: `layer_norm(input, scale, shift, begin_norm_axis=1, …)`; today paddle.nn.LayerNorm."""
    switch()
    prefix = name or unique_name.generate("layer_norm")
    shape = [int(length) for length in input.shape[begin_norm_axis:]]
    flat = [math.prod(shape)]
    weight = _parameter(prefix, "w_0", flat, scale and param_attr, init.Constant(1.0))
    bias = _parameter(prefix, "b_0", flat, shift and bias_attr, init.Constant(0.0))
    return activate(F.layer_norm(input, shape, weight, bias, epsilon), act)


def embedding(
    input: Any,
    size: Sequence[int],
    is_sparse: bool = False,
    is_distributed: bool = False,
    padding_idx: int | None = None,
    param_attr: Any = None,
    dtype: Any = "float32",
) -> Any:
    """1.x: `layers.embedding(input, size=[n, d])`; today paddle.nn.Embedding.

    A last axis of length 1, as labels had, is dropped.
    """
    switch()
    prefix = unique_name.generate("embedding")
    weight = _parameter(prefix, "w_0", size, param_attr, init.XavierUniform())
    ids = paddle.squeeze(input, -1) if len(input.shape) > 1 and input.shape[-1] == 1 else input
    return F.embedding(ids, weight, padding_idx)
