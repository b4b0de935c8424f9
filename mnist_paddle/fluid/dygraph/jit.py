"""Programs out of dygraph code: `declarative`, `jit.save` and `jit.load`, `TracedLayer`.

Today these are paddle.jit.to_static, paddle.jit.save and paddle.jit.load.
TracedLayer is gone from Paddle 3; here it is a function made static for the shapes it was given.
"""

import os
from collections.abc import Callable, Sequence
from typing import Any

import paddle
from paddle.static import InputSpec

from ..missing import lookup

__all__ = ["TracedLayer", "declarative", "dygraph_to_static_func", "load", "save"]


def declarative(dygraph_func: Callable[..., Any] | None = None, input_spec: Any = None) -> Any:
    """1.8: `@declarative`, `@declarative(input_spec=…)`; today `@paddle.jit.to_static`."""
    if dygraph_func is None:
        return paddle.jit.to_static(input_spec=input_spec)
    return paddle.jit.to_static(dygraph_func, input_spec=input_spec)


dygraph_to_static_func = declarative


def save(layer: Any, model_path: str, input_spec: Any = None, configs: Any = None) -> None:
    """1.8: `jit.save(layer, model_path, input_spec, configs)`; today `paddle.jit.save`."""
    if input_spec is not None:
        input_spec = [_spec(given) for given in input_spec]
    paddle.jit.save(layer, model_path, input_spec)


def load(model_path: str, configs: Any = None) -> Any:
    """1.8: `jit.load(model_path, configs=None)`; today `paddle.jit.load`.

    The folder of an inference model is taken, too.
    """
    if os.path.isdir(model_path):
        model_path = os.path.join(model_path, "__model__")
    return paddle.jit.load(model_path)


def _spec(given: Any) -> InputSpec:
    if isinstance(given, InputSpec):
        return given
    return InputSpec([None, *given.shape[1:]], given.dtype)


class TracedLayer:
    """1.7: `TracedLayer.trace(layer, inputs)` → (outputs, traced); today `jit.to_static`."""

    def __init__(self, layer: Any, inputs: Sequence[Any]) -> None:
        self._layer, self._specs = layer, [_spec(given) for given in inputs]
        self._function = paddle.jit.to_static(layer.forward, input_spec=self._specs)

    @staticmethod
    def trace(layer: Any, inputs: Any) -> tuple[Any, "TracedLayer"]:
        """1.7: `trace(layer, inputs)`: run the layer once and keep it as a program."""
        inputs = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
        return layer(*inputs), TracedLayer(layer, inputs)

    def __call__(self, inputs: Any) -> list[Any]:
        inputs = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
        with paddle.no_grad():
            outputs = self._function(*inputs)
        return list(outputs) if isinstance(outputs, list | tuple) else [outputs]

    def set_strategy(self, build_strategy: Any = None, exec_strategy: Any = None) -> None:
        """1.7: `set_strategy(build_strategy, exec_strategy)`; nothing to set today."""

    def save_inference_model(self, dirname: str, feed: Any = None, fetch: Any = None) -> None:
        """1.7: `save_inference_model(dirname, feed, fetch)`; today `paddle.jit.save`.

        Raises:
            ValueError: only a part of inputs or outputs is asked for.
        """
        if feed not in (None, list(range(len(self._specs)))) or fetch not in (None, [0]):
            raise ValueError("save_inference_model saves all inputs and outputs: leave out feed.")
        paddle.jit.save(self._layer, os.path.join(dirname, "__model__"), self._specs)


__getattr__ = lookup("fluid.dygraph.jit")
