"""How a layer's weights begin and are regularised: `fluid.ParamAttr`, given to param_attr=.

Today it is paddle.ParamAttr, and layers take it as weight_attr=.
The only difference is an argument of 1.7 and before, gradient_clip, which 1.8 dropped.
"""

from typing import Any

import paddle

from .missing import lookup

__all__ = ["ParamAttr"]


class ParamAttr(paddle.ParamAttr):
    """1.x: `ParamAttr(name, initializer, learning_rate, regularizer, trainable, …)`.

    Today: `paddle.ParamAttr`, the same. `gradient_clip` belongs to the optimizer (grad_clip=).
    """

    def __init__(
        self,
        name: str | None = None,
        initializer: Any = None,
        learning_rate: float = 1.0,
        regularizer: Any = None,
        trainable: bool = True,
        do_model_average: bool = False,
        gradient_clip: Any = None,
    ) -> None:
        if gradient_clip is not None:
            raise ValueError("ParamAttr(gradient_clip=…): give the optimizer grad_clip= instead.")
        super().__init__(name, initializer, learning_rate, regularizer, trainable, do_model_average)


__getattr__ = lookup("fluid.param_attr")
