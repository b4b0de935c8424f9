"""Weight decay of the 1.x optimizers: `regularization=fluid.regularizer.L2Decay(0.1)`.

Today these are paddle.regularizer.L1Decay and L2Decay, given to weight_decay=.
The formulas are the same: coeff·w, or coeff·sign(w), is added to the gradient.
"""

import paddle

from .missing import lookup

__all__ = ["L1Decay", "L1DecayRegularizer", "L2Decay", "L2DecayRegularizer"]


class L1DecayRegularizer(paddle.regularizer.L1Decay):
    """1.x: `L1Decay(regularization_coeff=0.0)`; today `paddle.regularizer.L1Decay(coeff)`."""

    def __init__(self, regularization_coeff: float = 0.0) -> None:
        super().__init__(regularization_coeff)


class L2DecayRegularizer(paddle.regularizer.L2Decay):
    """1.x: `L2Decay(regularization_coeff=0.0)`; today `paddle.regularizer.L2Decay(coeff)`."""

    def __init__(self, regularization_coeff: float = 0.0) -> None:
        super().__init__(regularization_coeff)


L1Decay, L2Decay = L1DecayRegularizer, L2DecayRegularizer

__getattr__ = lookup("fluid.regularizer")
