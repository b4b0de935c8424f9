"""`fluid.layer_helper.LayerHelper`, as networks of dygraph used it: for an activation by its name.

ResNets of the 1.x guides end with `LayerHelper(self.full_name(), act="relu").append_activation(y)`.
Today one writes paddle.nn.functional.relu(y).
"""

from typing import Any

from .layers.elementwise import activate
from .missing import lookup

__all__ = ["LayerHelper"]


class LayerHelper:
    """1.x: `LayerHelper(layer_type, act=…)`; here with append_activation alone."""

    def __init__(self, layer_type: str, **kwargs: Any) -> None:
        self.layer_type, self.kwargs = layer_type, kwargs

    def append_activation(self, input_var: Any) -> Any:
        """1.x: `append_activation(x)`; today `paddle.nn.functional.relu(x)`."""
        return activate(input_var, self.kwargs.get("act"))


__getattr__ = lookup("fluid.layer_helper")
