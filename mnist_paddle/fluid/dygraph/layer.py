"""What the layers of old networks have in common: `fluid.dygraph.Layer`, and the 1.5 name scope.

Scripts of 1.5 and 1.6 give a name scope first: Conv2D(self.full_name(), …); such layers learn the
size of the input, and make their weights, when they first see it.
"""

import copy
import functools
import warnings
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import paddle
from paddle import nn
from paddle.utils import unique_name

from ..layers.network import set_training

names_given: set[str] = set()  # those that scripts gave to parameters
living: "weakref.WeakSet[Layer]" = weakref.WeakSet()


class Layer(nn.Layer):
    """1.x: `Layer(name_scope=None, dtype="float32")`; today `paddle.nn.Layer`.

    `model.train()` and `eval()` also turn the switch that `layers.dropout` obeys.
    """

    def __init__(self, name_scope: str | None = None, dtype: Any = "float32") -> None:
        super().__init__(name_scope, dtype)
        living.add(self)

    def train(self, *mode: Any) -> Any:
        """1.x: `model.train()`; today the same."""
        set_training(mode != (False,))
        return super().train(*mode)

    def eval(self) -> Any:
        """1.x: `model.eval()`; today the same."""
        set_training(False)
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
            if isinstance(layer, LateLayer) and layer.weight is None:
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


class LateLayer(Layer):
    """A layer that makes its weights at its first input, and keeps what it is given until then."""

    def __init__(self, dtype: Any) -> None:
        super().__init__(dtype=dtype)
        self.weight: Any = None
        self.bias: Any = None
        self._kept_state: dict[str, Any] = {}

    def _use_kept_state(self) -> None:
        for part, array in self._kept_state.items():
            getattr(self, part).set_value(np.asarray(array))
        self._kept_state = {}


def may_have_name_scope(*before: Any) -> Callable[..., Any]:
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


def pair(value: Any) -> list[int]:
    """Return the same number for both sides, or the two that were given."""
    return list(value) if isinstance(value, list | tuple) else [value, value]
