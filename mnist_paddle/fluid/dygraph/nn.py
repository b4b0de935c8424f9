"""Layers of old networks: `Conv2D(num_channels=1, num_filters=20, filter_size=5, act='relu')`.

Each is a few lines of today's API with the old arguments, `act=` and the private attributes that
course notebooks print.
"""

import math
from typing import Any

import paddle
from paddle import nn
from paddle.nn import functional as F

from ..layers import dropout, flatten
from ..layers.elementwise import activate
from ..missing import lookup
from .convolution import Conv2D, Pool2D
from .layer import LateLayer, Layer, may_have_name_scope

__all__ = [
    "FC",
    "BatchNorm",
    "Conv2D",
    "Dropout",
    "Embedding",
    "Layer",
    "LayerList",
    "LayerNorm",
    "Linear",
    "ParameterList",
    "Pool2D",
    "Sequential",
]


class Linear(Layer):
    """1.x: `Linear(input_dim, output_dim, param_attr, bias_attr, act, dtype)`.

    Today: `paddle.nn.Linear(in_features, out_features, weight_attr, bias_attr)`.
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        param_attr: Any = None,
        bias_attr: Any = None,
        act: str | None = None,
        dtype: Any = "float32",
    ) -> None:
        super().__init__(dtype=dtype)
        self._act = act
        self._input_dim, self._output_dim = input_dim, output_dim
        self.weight = self.create_parameter([input_dim, output_dim], param_attr, dtype)
        self.bias = self.create_parameter([output_dim], bias_attr, dtype, is_bias=True)

    def forward(self, input: Any) -> Any:
        return activate(F.linear(input, self.weight, self.bias), self._act)


class FC(LateLayer):
    """1.5: `FC(name_scope, size, num_flatten_dims=1, param_attr, bias_attr, act, is_test, dtype)`.

    Today: `paddle.nn.Linear` after `paddle.flatten`. The weight is made at the first input.
    """

    @may_have_name_scope()
    def __init__(
        self,
        size: int,
        num_flatten_dims: int = 1,
        param_attr: Any = None,
        bias_attr: Any = None,
        act: str | None = None,
        is_test: bool = False,
        dtype: Any = "float32",
    ) -> None:
        super().__init__(dtype=dtype)
        self._size, self._num_flatten_dims = size, num_flatten_dims
        self._act, self._param_attr, self._bias_attr = act, param_attr, bias_attr

    @property
    def _w(self) -> Any:
        return self.weight  # its name in 1.5, as guides print it

    @property
    def _b(self) -> Any:
        return self.bias

    def forward(self, input: Any) -> Any:
        if self.weight is None:
            shape = [math.prod(input.shape[self._num_flatten_dims :]), self._size]
            self.weight = self.create_parameter(shape, self._param_attr)
            self.bias = self.create_parameter([self._size], self._bias_attr, is_bias=True)
            self._use_kept_state()
        rows = flatten(input, self._num_flatten_dims)
        output = F.linear(rows, self.weight, self.bias)
        kept = list(input.shape[: self._num_flatten_dims])
        return activate(paddle.reshape(output, [*kept, self._size]), self._act)


class BatchNorm(nn.BatchNorm, Layer):
    """1.x: `BatchNorm(num_channels, act=None, is_test=False, momentum=0.9, epsilon=1e-5, …)`.

    Today: `paddle.nn.BatchNorm2D(num_features)`; `paddle.nn.BatchNorm` still has the old form.
    """

    @may_have_name_scope()
    def __init__(self, num_channels: int, *arguments: Any, **named: Any) -> None:
        super().__init__(num_channels, *arguments, **named)


class Dropout(Layer):
    """1.x: `Dropout(p=0.5, seed=None, dropout_implementation="downgrade_in_infer", is_test=False)`.

    Today: `paddle.nn.Dropout(p)`, which scales up in training; see `layers.dropout`.
    """

    def __init__(
        self,
        p: float = 0.5,
        seed: int | None = None,
        dropout_implementation: str = "downgrade_in_infer",
        is_test: bool = False,
    ) -> None:
        super().__init__()
        self._dropout_prob, self._is_test = p, is_test
        self._dropout_implementation = dropout_implementation

    def forward(self, input: Any) -> Any:
        ended = self._is_test or not self.training
        how = self._dropout_implementation
        return dropout(input, self._dropout_prob, ended, dropout_implementation=how)


class Embedding(Layer):
    """1.x: `Embedding(size=[n, d], is_sparse, is_distributed, padding_idx, param_attr, dtype)`.

    Today: `paddle.nn.Embedding(n, d, padding_idx, sparse, weight_attr)`.
    """

    @may_have_name_scope()
    def __init__(
        self,
        size: Any,
        is_sparse: bool = False,
        is_distributed: bool = False,
        padding_idx: int | None = None,
        param_attr: Any = None,
        dtype: Any = "float32",
    ) -> None:
        super().__init__(dtype=dtype)
        self._size, self._is_sparse = list(size), is_sparse
        if padding_idx is not None and padding_idx < 0:
            padding_idx += self._size[0]
        self._padding_idx = padding_idx
        self.weight = self.create_parameter(self._size, param_attr, dtype)

    def forward(self, input: Any) -> Any:
        found = F.embedding(input, self.weight, sparse=self._is_sparse)
        if self._padding_idx is None:
            return found
        kept = paddle.cast(paddle.unsqueeze(input, -1) != self._padding_idx, found.dtype)
        return found * kept


class LayerNorm(Layer):
    """1.x: `LayerNorm(normalized_shape, scale=True, shift=True, epsilon=1e-5, …, act, dtype)`.

    Today: `paddle.nn.LayerNorm(normalized_shape, epsilon, weight_attr, bias_attr)`.
    """

    def __init__(
        self,
        normalized_shape: Any,
        scale: bool = True,
        shift: bool = True,
        epsilon: float = 1e-5,
        param_attr: Any = None,
        bias_attr: Any = None,
        act: str | None = None,
        dtype: Any = "float32",
    ) -> None:
        super().__init__(dtype=dtype)
        given = normalized_shape
        self._normalized_shape = list(given) if isinstance(given, list | tuple) else [given]
        self._epsilon, self._act = epsilon, act
        size, one = [math.prod(self._normalized_shape)], nn.initializer.Constant(1.0)
        self.weight = self.bias = None
        if scale:
            self.weight = self.create_parameter(size, param_attr, default_initializer=one)
        if shift:
            self.bias = self.create_parameter(size, bias_attr, is_bias=True)

    def forward(self, input: Any) -> Any:
        weight, bias = (
            None if p is None else p.reshape(self._normalized_shape)
            for p in (self.weight, self.bias)
        )
        output = F.layer_norm(input, self._normalized_shape, weight, bias, self._epsilon)
        return activate(output, self._act)


class Sequential(nn.Sequential, Layer):
    """1.x: `Sequential(*layers)` or `Sequential(('name', layer), …)`; today `nn.Sequential`."""


class LayerList(nn.LayerList, Layer):
    """1.x: `LayerList(sublayers=None)`; today `paddle.nn.LayerList`."""


class ParameterList(nn.ParameterList, Layer):
    """1.x: `ParameterList(parameters=None)`; today `paddle.nn.ParameterList`."""


__getattr__ = lookup("fluid.dygraph.nn")
