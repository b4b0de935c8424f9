"""What all decays have in common: how they count, and how the count is saved."""

from typing import Any


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
