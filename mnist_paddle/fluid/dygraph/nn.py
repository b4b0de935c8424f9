"""Layers of old networks: `Conv2D(num_channels=1, num_filters=20, filter_size=5, act='relu')`.

Each is a few lines of today's API with the old arguments, `act=` and the private attributes that
course notebooks print. Scripts of 1.5 and 1.6 give a name scope first: Conv2D(self.full_name(), …);
their layers learn the size of the input when they first see it.

旧网络里的层：Conv2D(num_channels=1, num_filters=20, filter_size=5, act='relu')。
每个层都是几行今天的 API，加上旧的参数、act=，以及课程笔记会打印的私有属性。
1.5 和 1.6 的脚本先写一个 name_scope：Conv2D(self.full_name(), …)，
这样的层第一次见到输入时才知道它的大小。
"""

import copy
import functools
import math
import warnings
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import paddle
from paddle import nn
from paddle.nn import functional as F
from paddle.utils import unique_name

from .. import layers
from ..missing import lookup

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

names_given: set[str] = set()
living: "weakref.WeakSet[Layer]" = weakref.WeakSet()


class Layer(nn.Layer):
    """1.x: `Layer(name_scope=None, dtype="float32")`; today `paddle.nn.Layer`.

    `model.train()` and `eval()` also turn the switch that `layers.dropout` obeys.
    """

    def __init__(self, name_scope: str | None = None, dtype: Any = "float32") -> None:
        super().__init__(name_scope, dtype)
        self._kept_state: dict[str, Any] = {}  # for weights that the first input will make
        living.add(self)

    def train(self, *mode: Any) -> Any:
        """1.x: `model.train()`; today the same."""
        layers.set_training(mode != (False,))
        return super().train(*mode)

    def eval(self) -> Any:
        """1.x: `model.eval()`; today the same."""
        layers.set_training(False)
        return super().eval()

    def create_parameter(  # type: ignore[override]
        self,
        shape: Any,
        attr: Any = None,
        dtype: Any = None,
        is_bias: bool = False,
        default_initializer: Any = None,
    ) -> Any:
        """1.x: `create_parameter(shape, attr, dtype, is_bias, default_initializer)`; today same.

        A name that another model's parameter has gets a number behind it.
        """
        attr = paddle.ParamAttr._to_attr(attr)
        if attr and attr.name in names_given:
            attr = copy.copy(attr)
            attr.name = unique_name.generate(attr.name)
        if attr and attr.name:
            names_given.add(attr.name)
        return super().create_parameter(shape, attr, dtype, is_bias, default_initializer)

    def set_state_dict(  # type: ignore[override]
        self,
        state_dict: dict[str, Any],
        include_sublayers: bool = True,
        use_structured_name: bool = True,
    ) -> None:
        """1.x: `set_dict(stat_dict, include_sublayers=True, use_structured_name=True)`.

        Today: `set_state_dict`, which only warns of a weight that is missing. Layers of 1.5 and 1.6
        that have no weights before their first input keep theirs until then.

        Raises:
            RuntimeError: a weight of this model is not in `state_dict`, as in 1.x.
        """
        if isinstance(state_dict, tuple):  # the pair that load_persistables returned in 1.5
            state_dict = state_dict[0]
        unused = set(state_dict) - {"StructuredToParameterName@@"}
        for name, weight in self.state_dict(include_sublayers=include_sublayers).items():
            key = name if use_structured_name else weight.name
            if key not in state_dict:
                raise RuntimeError(f"the model's weight {key} is not in the state that was given.")
            weight.set_value(np.asarray(state_dict[key]))
            unused.discard(key)
        for prefix, layer in self.named_sublayers(include_self=True) if include_sublayers else ():
            if isinstance(layer, FC | Conv2D) and layer.weight is None:
                found = {part: f"{prefix}.{part}".lstrip(".") for part in ("weight", "bias")}
                if found["weight"] not in state_dict:
                    raise RuntimeError(
                        f"the model's weight {found['weight']} is not in the state that was given."
                    )
                layer._kept_state = {
                    part: state_dict[key] for part, key in found.items() if key in state_dict
                }
                unused.difference_update(found.values())
        if unused:
            warnings.warn(f"the model has no {', '.join(sorted(unused))}.", stacklevel=2)

    set_dict = load_dict = set_state_dict  # type: ignore[assignment]

    def _use_kept_state(self) -> None:
        for part, array in self._kept_state.items():
            getattr(self, part).set_value(np.asarray(array))
        self._kept_state = {}


def _may_have_name_scope(*before: Any) -> Callable[..., Any]:
    """Let a constructor be called as in 1.5, with the name scope before its arguments.

    `before` stands for those arguments that 1.5 did not have.
    """

    def decorate(init: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(init)
        def wrapper(self: Any, *arguments: Any, **named: Any) -> None:
            by_name = named.pop("name_scope", None) is not None
            if by_name or (arguments and isinstance(arguments[0], str)):
                arguments = arguments if by_name else arguments[1:]
                if before and "num_channels" not in named:
                    arguments = (*before, *arguments)
            init(self, *arguments, **named)

        return wrapper

    return decorate


def _pair(value: Any) -> list[int]:
    return list(value) if isinstance(value, list | tuple) else [value, value]


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
        return layers.activate(F.linear(input, self.weight, self.bias), self._act)


class FC(Layer):
    """1.5: `FC(name_scope, size, num_flatten_dims=1, param_attr, bias_attr, act, is_test, dtype)`.

    Today: `paddle.nn.Linear` after `paddle.flatten`. The weight is made at the first input.
    """

    @_may_have_name_scope()
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
        self.weight: Any = None
        self.bias: Any = None

    @property
    def _w(self) -> Any:
        return self.weight  # its name in 1.5, as guides print it

    @property
    def _b(self) -> Any:
        return self.bias

    def forward(self, input: Any) -> Any:
        if self.weight is None:
            shape = [math.prod(input.shape[self._num_flatten_dims :]), self._size]
            del self.weight, self.bias
            self.weight = self.create_parameter(shape, self._param_attr)
            self.bias = self.create_parameter([self._size], self._bias_attr, is_bias=True)
            self._use_kept_state()
        rows = layers.flatten(input, self._num_flatten_dims)
        output = F.linear(rows, self.weight, self.bias)
        kept = list(input.shape[: self._num_flatten_dims])
        return layers.activate(paddle.reshape(output, [*kept, self._size]), self._act)


class Conv2D(Layer):
    """1.x: `Conv2D(num_channels, num_filters, filter_size, stride, padding, dilation, groups, …)`.

    Today: `paddle.nn.Conv2D(in_channels, out_channels, kernel_size, …)`, without `act`.
    1.5: `Conv2D(name_scope, num_filters, filter_size, …)`; the weight is made at the first input.
    """

    @_may_have_name_scope(None)
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
        self._filter_size, self._stride = _pair(filter_size), _pair(stride)
        self._padding: Any = padding.upper() if isinstance(padding, str) else _pair(padding)
        self._dilation, self._groups = _pair(dilation), groups
        self._param_attr, self._bias_attr = param_attr, bias_attr
        self._use_cudnn, self._act = use_cudnn, act
        self.weight: Any = None
        self.bias: Any = None
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
        return layers.activate(output, self._act)


class Pool2D(Layer):
    """1.x: `Pool2D(pool_size, pool_type="max", pool_stride=1, pool_padding=0, …)`.

    Today: `paddle.nn.MaxPool2D(kernel_size)`, `AvgPool2D`; there the stride is the size.
    """

    @_may_have_name_scope()
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
        self._pool_size, self._pool_type = _pair(pool_size), pool_type
        self._pool_stride, self._pool_padding = _pair(pool_stride), _pair(pool_padding)
        self._global_pooling, self._use_cudnn = global_pooling, use_cudnn
        self._ceil_mode, self._exclusive = ceil_mode, exclusive
        self._data_format = data_format

    def forward(self, input: Any) -> Any:
        return layers.pool2d(
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


class BatchNorm(nn.BatchNorm, Layer):
    """1.x: `BatchNorm(num_channels, act=None, is_test=False, momentum=0.9, epsilon=1e-5, …)`.

    Today: `paddle.nn.BatchNorm2D(num_features)`; `paddle.nn.BatchNorm` still has the old form.
    """

    @_may_have_name_scope()
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
        return layers.dropout(input, self._dropout_prob, ended, dropout_implementation=how)


class Embedding(Layer):
    """1.x: `Embedding(size=[n, d], is_sparse, is_distributed, padding_idx, param_attr, dtype)`.

    Today: `paddle.nn.Embedding(n, d, padding_idx, sparse, weight_attr)`.
    """

    @_may_have_name_scope()
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
        return layers.activate(output, self._act)


class Sequential(nn.Sequential, Layer):
    """1.x: `Sequential(*layers)` or `Sequential(('name', layer), …)`; today `nn.Sequential`."""


class LayerList(nn.LayerList, Layer):
    """1.x: `LayerList(sublayers=None)`; today `paddle.nn.LayerList`."""


class ParameterList(nn.ParameterList, Layer):
    """1.x: `ParameterList(parameters=None)`; today `paddle.nn.ParameterList`."""


__getattr__ = lookup("fluid.dygraph.nn")
