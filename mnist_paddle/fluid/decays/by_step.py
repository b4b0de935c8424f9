"""Decays that go on by one step with each `minimize`."""

import math
from collections.abc import Sequence
from typing import Any

from .base import LearningRateDecay


class PiecewiseDecay(LearningRateDecay):
    """1.x: `PiecewiseDecay(boundaries, values, begin, step=1)`; today the same in optimizer.lr."""

    def __init__(
        self,
        boundaries: Sequence[int],
        values: Sequence[float],
        begin: int = 0,
        step: int = 1,
        dtype: Any = "float32",
    ) -> None:
        super().__init__(begin, step, dtype)
        self.boundaries, self.values = boundaries, values

    def step(self) -> float:
        for boundary, value in zip(self.boundaries, self.values, strict=False):
            if self.step_num < boundary:
                return value
        return self.values[len(self.boundaries)]


class _ByRate(LearningRateDecay):
    """A decay by `decay_rate` in every `decay_steps` steps."""

    def __init__(
        self,
        learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        begin: int = 0,
        step: int = 1,
        dtype: Any = "float32",
    ) -> None:
        super().__init__(begin, step, dtype)
        self.learning_rate, self.decay_rate = learning_rate, decay_rate
        self.decay_steps, self.staircase = decay_steps, staircase

    def _periods(self) -> float:
        periods = self.step_num / self.decay_steps
        return math.floor(periods) if self.staircase else periods


class NaturalExpDecay(_ByRate):
    """1.x: `NaturalExpDecay(learning_rate, decay_steps, decay_rate, staircase=False, …)`.

    learning_rate · e^(-decay_rate · n / decay_steps). Today: `NaturalExpDecay(rate, gamma)`.
    """

    def step(self) -> float:
        return self.learning_rate * math.exp(-self.decay_rate * self._periods())


class ExponentialDecay(_ByRate):
    """1.x: `ExponentialDecay(learning_rate, decay_steps, decay_rate, staircase=False, …)`.

    learning_rate · decay_rate^(n / decay_steps). Today: `ExponentialDecay(rate, gamma)`.
    """

    def step(self) -> float:
        factor: float = self.decay_rate ** self._periods()
        return self.learning_rate * factor


class InverseTimeDecay(_ByRate):
    """1.x: `InverseTimeDecay(learning_rate, decay_steps, decay_rate, staircase=False, …)`.

    learning_rate / (1 + decay_rate · n / decay_steps). Today: `InverseTimeDecay(rate, gamma)`.
    """

    def step(self) -> float:
        return self.learning_rate / (1 + self.decay_rate * self._periods())


class PolynomialDecay(LearningRateDecay):
    """1.x: `PolynomialDecay(learning_rate, decay_steps, end_learning_rate, power, cycle, …)`.

    (learning_rate - end) · (1 - n / decay_steps)^power + end. Today: `PolynomialDecay`.
    """

    def __init__(
        self,
        learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        begin: int = 0,
        step: int = 1,
        dtype: Any = "float32",
    ) -> None:
        super().__init__(begin, step, dtype)
        self.learning_rate, self.end_learning_rate = learning_rate, end_learning_rate
        self.decay_steps, self.power, self.cycle = decay_steps, power, cycle

    def step(self) -> float:
        number, steps = self.step_num, self.decay_steps
        if self.cycle:
            steps *= max(math.ceil(number / steps), 1)
        else:
            number = min(number, steps)
        left: float = (1 - number / steps) ** self.power
        return (self.learning_rate - self.end_learning_rate) * left + self.end_learning_rate


class CosineDecay(LearningRateDecay):
    """1.x: `CosineDecay(learning_rate, step_each_epoch, epochs, begin=0, step=1)`.

    learning_rate · (cos(π · epoch / epochs) + 1) / 2. Today: `CosineAnnealingDecay`.
    """

    def __init__(
        self,
        learning_rate: float,
        step_each_epoch: int,
        epochs: int,
        begin: int = 0,
        step: int = 1,
        dtype: Any = "float32",
    ) -> None:
        super().__init__(begin, step, dtype)
        self.learning_rate = learning_rate
        self.step_each_epoch, self.epochs = step_each_epoch, epochs

    def step(self) -> float:
        epoch = math.floor(self.step_num / self.step_each_epoch)
        return self.learning_rate * 0.5 * (math.cos(epoch * math.pi / self.epochs) + 1)


class NoamDecay(LearningRateDecay):
    """1.x: `NoamDecay(d_model, warmup_steps, begin=1, step=1, dtype, learning_rate=1.0)`.

    learning_rate · d_model^-0.5 · min(n^-0.5, n · warmup_steps^-1.5). Today: `NoamDecay`.
    """

    def __init__(
        self,
        d_model: int,
        warmup_steps: int,
        begin: int = 1,
        step: int = 1,
        dtype: Any = "float32",
        learning_rate: float = 1.0,
    ) -> None:
        super().__init__(begin, step, dtype)
        self.d_model, self.warmup_steps, self.learning_rate = d_model, warmup_steps, learning_rate

    def step(self) -> float:
        rising = self.step_num * self.warmup_steps**-1.5
        falling = self.step_num**-0.5 if self.step_num else math.inf
        rate: float = self.learning_rate * self.d_model**-0.5 * min(falling, rising)
        return rate


class LinearLrWarmup(LearningRateDecay):
    """1.x: `LinearLrWarmup(learning_rate, warmup_steps, start_lr, end_lr, begin=1, step=1)`.

    start_lr + (end_lr - start_lr) · n / warmup_steps, then `learning_rate`, which may be a decay
    object; that one counts during the warm-up too. Today: `LinearWarmup`.
    """

    def __init__(
        self,
        learning_rate: Any,
        warmup_steps: int,
        start_lr: float,
        end_lr: float,
        begin: int = 1,
        step: int = 1,
        dtype: Any = "float32",
    ) -> None:
        super().__init__(begin, step, dtype)
        if not start_lr < end_lr:
            raise ValueError(f"end_lr {end_lr} must be greater than start_lr {start_lr}.")
        self.learning_rate, self.warmup_steps = learning_rate, warmup_steps
        self.start_lr, self.end_lr = start_lr, end_lr

    def __call__(self) -> float:
        rate = super().__call__()
        if isinstance(self.learning_rate, LearningRateDecay):
            self.learning_rate()
        return rate

    def step(self) -> float:
        if self.step_num < self.warmup_steps:
            slope = (self.end_lr - self.start_lr) / self.warmup_steps
            return self.start_lr + slope * self.step_num
        after = self.learning_rate
        return after.step() if isinstance(after, LearningRateDecay) else float(after)

    def state_dict(self) -> dict[str, Any]:
        state = super().state_dict()
        if isinstance(self.learning_rate, LearningRateDecay):
            state["learning_rate"] = self.learning_rate.state_dict()
        return state

    def set_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().set_state_dict(state_dict)
        if "learning_rate" in state_dict:
            self.learning_rate.set_state_dict(state_dict["learning_rate"])

    set_dict = set_state_dict
