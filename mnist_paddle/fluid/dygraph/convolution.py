"""Convolution and pooling of old networks: `Conv2D(1, 20, 5)` and `Pool2D(2, "max", 2)`."""

import math
from typing import Any

from paddle import nn
from paddle.nn import functional as F

from ..layers import pool2d
from ..layers.elementwise import activate
from .layer import LateLayer, Layer, may_have_name_scope, pair


class Conv2D(LateLayer):
    """1.x: `Conv2D(num_channels, num_filters, filter_size, stride, padding, dilation, groups, …)`.

    Today: `paddle.nn.Conv2D(in_channels, out_channels, kernel_size, …)`, without `act`.
    1.5: `Conv2D(name_scope, num_filters, filter_size, …)`; the weight is made at the first input.
    """

    @may_have_name_scope(None)
    def __init__(
        self,
        num_channels: int | None,
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
        dtype: Any = "float32",
    ) -> None:
        super().__init__(dtype=dtype)
        self._num_channels, self._num_filters = num_channels, num_filters
        self._filter_size, self._stride = pair(filter_size), pair(stride)
        self._padding: Any = padding.upper() if isinstance(padding, str) else pair(padding)
        self._dilation, self._groups = pair(dilation), groups
        self._param_attr, self._bias_attr = param_attr, bias_attr
        self._use_cudnn, self._act = use_cudnn, act
        if num_channels is not None:
            self._build(num_channels)

    @property
    def _filter_param(self) -> Any:
        return self.weight  # its name in 1.5, as guides print it

    @property
    def _bias_param(self) -> Any:
        return self.bias

    def _build(self, channels: int) -> None:
        groups = self._groups or 1
        if channels % groups:
            raise ValueError(f"num_channels {channels} must be a multiple of groups {groups}.")
        inputs = channels // groups * math.prod(self._filter_size)
        self.weight = self.create_parameter(
            [self._num_filters, channels // groups, *self._filter_size],
            self._param_attr,
            self._dtype,
            default_initializer=nn.initializer.Normal(0.0, (2 / inputs) ** 0.5),
        )
        self.bias = self.create_parameter(
            [self._num_filters], self._bias_attr, self._dtype, is_bias=True
        )
        self._use_kept_state()

    def forward(self, input: Any) -> Any:
        if self.weight is None:
            self._build(input.shape[1])
        output = F.conv2d(
            input,
            self.weight,
            self.bias,
            self._stride,
            self._padding,
            self._dilation,
            self._groups or 1,
        )
        return activate(output, self._act)


class Pool2D(Layer):
    """1.x: `Pool2D(pool_size, pool_type="max", pool_stride=1, pool_padding=0, …)`.

    Today: `paddle.nn.MaxPool2D(kernel_size)`, `AvgPool2D`; there the stride is the size.
    """

    @may_have_name_scope()
    def __init__(
        self,
        pool_size: Any = -1,
        pool_type: str = "max",
        pool_stride: Any = 1,
        pool_padding: Any = 0,
        global_pooling: bool = False,
        use_cudnn: bool = True,
        ceil_mode: bool = False,
        exclusive: bool = True,
        data_format: str = "NCHW",
    ) -> None:
        if pool_type not in ("max", "avg"):
            raise ValueError(f"pool_type is {pool_type!r}, expected 'max' or 'avg'.")
        if pool_size == -1 and not global_pooling:
            raise ValueError("Pool2D needs pool_size, or global_pooling=True.")
        super().__init__()
        self._pool_size, self._pool_type = pair(pool_size), pool_type
        self._pool_stride, self._pool_padding = pair(pool_stride), pair(pool_padding)
        self._global_pooling, self._use_cudnn = global_pooling, use_cudnn
        self._ceil_mode, self._exclusive = ceil_mode, exclusive
        self._data_format = data_format

    def forward(self, input: Any) -> Any:
        return pool2d(
            input,
            self._pool_size,
            self._pool_type,
            self._pool_stride,
            self._pool_padding,
            self._global_pooling,
            ceil_mode=self._ceil_mode,
            exclusive=self._exclusive,
            data_format=self._data_format,
        )
