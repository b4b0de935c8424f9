"""Learning rates that fall by themselves, under the names that static scripts gave them."""

from collections.abc import Sequence
from typing import Any

from .. import decays

__all__ = [
    "cosine_decay",
    "exponential_decay",
    "inverse_time_decay",
    "linear_lr_warmup",
    "natural_exp_decay",
    "noam_decay",
    "piecewise_decay",
    "polynomial_decay",
]


def noam_decay(d_model: int, warmup_steps: int, learning_rate: float = 1.0) -> Any:
    """1.x: `noam_decay(d_model, warmup_steps, learning_rate=1.0)`; in dygraph a NoamDecay."""
    return decays.NoamDecay(d_model, warmup_steps, learning_rate=learning_rate)


exponential_decay = decays.ExponentialDecay
natural_exp_decay = decays.NaturalExpDecay
inverse_time_decay = decays.InverseTimeDecay
polynomial_decay = decays.PolynomialDecay
cosine_decay = decays.CosineDecay


def piecewise_decay(boundaries: Sequence[int], values: Sequence[float]) -> Any:
    """1.x: `piecewise_decay(boundaries, values)`; in dygraph a PiecewiseDecay from step 0."""
    return decays.PiecewiseDecay(boundaries, values, 0)


def linear_lr_warmup(learning_rate: Any, warmup_steps: int, start_lr: float, end_lr: float) -> Any:
    """1.x: `linear_lr_warmup(learning_rate, warmup_steps, start_lr, end_lr)`."""
    return decays.LinearLrWarmup(learning_rate, warmup_steps, start_lr, end_lr)
