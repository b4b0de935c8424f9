"""Decays of Paddle 1.8 that go on when the script calls `epoch()`."""

from collections.abc import Callable, Sequence

from .base import LearningRateDecay


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
