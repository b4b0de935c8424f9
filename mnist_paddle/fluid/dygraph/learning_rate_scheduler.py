"""Learning rates that fall by themselves: `learning_rate=fluid.dygraph.PolynomialDecay(…)`.

Each `minimize` asks the object for the next rate, and that is one step: nobody calls step().
Today's paddle.optimizer.lr has the same formulas, and one calls `scheduler.step()` oneself.
The count begins at `begin` and grows by `step`; the first `minimize` gets the rate of `begin`.

自己下降的学习率：learning_rate=fluid.dygraph.PolynomialDecay(…)。
每次 minimize 向它要下一个学习率，就算走了一步，不用自己调用 step()。
今天的 paddle.optimizer.lr 公式相同，但要自己调用 scheduler.step()。
计数从 begin 开始，每次加 step；第一次 minimize 得到 begin 处的学习率。
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from ..missing import lookup

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


class LearningRateDecay:
    """1.x: `LearningRateDecay(begin=0, step=1)`, the base; today `paddle.optimizer.lr.LRScheduler`.

    A subclass says in `step()` what the rate is after `self.step_num` steps.
    """

    def __init__(self, begin: int = 0, step: int = 1, dtype: Any = "float32") -> None:
        self.step_num = begin
        self.step_size = step
        self.dtype = dtype

    def __call__(self) -> float:
        """Return the rate of this step and go on to the next."""
        rate = float(self.step())
        self.step_num += self.step_size
        return rate

    def step(self) -> Any:
        """Return the rate of this step."""
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """1.8: `state_dict()`; today the same: where the count stands."""
        return {"step_num": self.step_num}

    def set_state_dict(self, state_dict: dict[str, Any]) -> None:
        """1.8: `set_dict(state_dict)`; today `set_state_dict`."""
        self.step_num = int(state_dict["step_num"])

    set_dict = set_state_dict


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
        return self.learning_rate * self.decay_rate ** self._periods()


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
        fall = self.learning_rate - self.end_learning_rate
        return fall * (1 - number / steps) ** self.power + self.end_learning_rate


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
        return self.learning_rate * self.d_model**-0.5 * min(falling, rising)


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


class _ByEpoch(LearningRateDecay):
    """The rate changes when the script calls `epoch()`, not at `minimize`."""

    def __init__(self, learning_rate: float) -> None:
        super().__init__(0, 0)
        self.base_lr = learning_rate

    def epoch(self, epoch: int | None = None) -> None:
        """1.8: `scheduler.epoch(epoch=None)`; today `scheduler.step(epoch)`."""
        self.step_num = self.step_num + 1 if epoch is None else epoch


class StepDecay(_ByEpoch):
    """1.8: `StepDecay(learning_rate, step_size, decay_rate=0.1)`; today the same with gamma."""

    def __init__(self, learning_rate: float, step_size: int, decay_rate: float = 0.1) -> None:
        super().__init__(learning_rate)
        self.period, self.decay_rate = step_size, decay_rate

    def step(self) -> float:
        return self.base_lr * self.decay_rate ** (self.step_num // self.period)


class MultiStepDecay(_ByEpoch):
    """1.8: `MultiStepDecay(learning_rate, milestones, decay_rate=0.1)`; today with gamma."""

    def __init__(
        self, learning_rate: float, milestones: Sequence[int], decay_rate: float = 0.1
    ) -> None:
        super().__init__(learning_rate)
        self.milestones, self.decay_rate = milestones, decay_rate

    def step(self) -> float:
        passed = sum(self.step_num >= milestone for milestone in self.milestones)
        return self.base_lr * self.decay_rate**passed


class LambdaDecay(_ByEpoch):
    """1.8: `LambdaDecay(learning_rate, lr_lambda)`; today the same in paddle.optimizer.lr."""

    def __init__(self, learning_rate: float, lr_lambda: Callable[[int], float]) -> None:
        super().__init__(learning_rate)
        self.lr_lambda = lr_lambda

    def step(self) -> float:
        return self.base_lr * self.lr_lambda(self.step_num)


__getattr__ = lookup("fluid.dygraph.learning_rate_scheduler")
