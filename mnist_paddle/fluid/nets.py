"""Groups of layers for static programs: `fluid.nets.simple_img_conv_pool` and `img_conv_group`.

The first is a convolution and a pool, as the MNIST examples of 2018 to 2020 used them twice.
Today one writes paddle.nn.Conv2D and paddle.nn.MaxPool2D, one after the other.
"""

from collections.abc import Sequence
from typing import Any

from .layers import dropout, pool2d
from .missing import lookup
from .static.layers import batch_norm, conv2d

__all__ = ["img_conv_group", "simple_img_conv_pool"]


def simple_img_conv_pool(
    input: Any,
    num_filters: int,
    filter_size: Any,
    pool_size: Any,
    pool_stride: Any,
    pool_padding: Any = 0,
    pool_type: str = "max",
    global_pooling: bool = False,
    conv_stride: Any = 1,
    conv_padding: Any = 0,
    conv_dilation: Any = 1,
    conv_groups: int = 1,
    param_attr: Any = None,
    bias_attr: Any = None,
    act: str | None = None,
    use_cudnn: bool = True,
) -> Any:
    """1.x: `simple_img_conv_pool(input, num_filters, filter_size, pool_size, pool_stride, …)`."""
    made = conv2d(
        input,
        num_filters,
        filter_size,
        stride=conv_stride,
        padding=conv_padding,
        dilation=conv_dilation,
        groups=conv_groups,
        param_attr=param_attr,
        bias_attr=bias_attr,
        act=act,
    )
    return pool2d(
        made,
        pool_size=pool_size,
        pool_type=pool_type,
        pool_stride=pool_stride,
        pool_padding=pool_padding,
        global_pooling=global_pooling,
    )


def img_conv_group(
    input: Any,
    conv_num_filter: Sequence[int],
    pool_size: Any,
    conv_padding: Any = 1,
    conv_filter_size: Any = 3,
    conv_act: str | None = None,
    param_attr: Any = None,
    conv_with_batchnorm: Any = False,
    conv_batchnorm_drop_rate: Any = 0.0,
    pool_stride: Any = 1,
    pool_type: str = "max",
    use_cudnn: bool = True,
) -> Any:
    """1.x: `img_conv_group(input, conv_num_filter, pool_size, …)`: convolutions, then one pool.

    What is given once holds for every convolution.
    """
    count = len(conv_num_filter)

    def each(value: Any) -> list[Any]:
        return list(value) if isinstance(value, list | tuple) else [value] * count

    made = input
    for filters, padding, side, attr, normal, rate in zip(
        conv_num_filter,
        each(conv_padding),
        each(conv_filter_size),
        each(param_attr),
        each(conv_with_batchnorm),
        each(conv_batchnorm_drop_rate),
        strict=True,
    ):
        act = None if normal else conv_act
        made = conv2d(made, filters, side, padding=padding, param_attr=attr, act=act)
        if normal:
            made = batch_norm(made, act=conv_act)
            if rate:
                made = dropout(made, rate)
    return pool2d(made, pool_size=pool_size, pool_type=pool_type, pool_stride=pool_stride)


__getattr__ = lookup("fluid.nets")
