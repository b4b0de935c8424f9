"""Learning rates that fall by themselves: `learning_rate=fluid.dygraph.PolynomialDecay(…)`.

Each `minimize` asks the object for the next rate, and that is one step: nobody calls step().
Today's paddle.optimizer.lr has the same formulas, and one calls `scheduler.step()` oneself.
The count begins at `begin` and grows by `step`; the first `minimize` gets the rate of `begin`.
"""

from ..missing import lookup
from .base import LearningRateDecay
from .by_epoch import LambdaDecay, MultiStepDecay, StepDecay
from .by_step import (
    CosineDecay,
    ExponentialDecay,
    InverseTimeDecay,
    LinearLrWarmup,
    NaturalExpDecay,
    NoamDecay,
    PiecewiseDecay,
    PolynomialDecay,
)

__all__ = [
    "CosineDecay",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LambdaDecay",
    "LearningRateDecay",
    "LinearLrWarmup",
    "MultiStepDecay",
    "NaturalExpDecay",
    "NoamDecay",
    "PiecewiseDecay",
    "PolynomialDecay",
    "StepDecay",
]

__getattr__ = lookup("fluid.dygraph.learning_rate_scheduler")
