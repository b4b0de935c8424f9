"""`fluid.metrics.Accuracy`: the accuracy over many batches.

It takes what `fluid.layers.accuracy` gives for each batch, with the size of the batch.
Today paddle.metric.Accuracy takes the predictions themselves.
"""

from typing import Any

import numpy as np

from .missing import lookup

__all__ = ["Accuracy"]


class Accuracy:
    """1.x: `Accuracy(name=None)` with update(value, weight), eval(), reset().

    Today: `paddle.metric.Accuracy`.
    """

    def __init__(self, name: str | None = None) -> None:
        self._name = name or type(self).__name__
        self.reset()

    def reset(self) -> None:
        """1.x: `reset()`: begin again."""
        self.value = self.weight = 0.0

    def update(self, value: Any, weight: Any) -> None:
        """1.x: `update(value, weight)`: the accuracy of a batch, and its size."""
        self.value += float(np.asarray(value).item()) * float(weight)
        self.weight += float(weight)

    def eval(self) -> float:
        """1.x: `eval()` → the accuracy so far.

        Raises:
            ValueError: nothing was added yet.
        """
        if self.weight == 0:
            raise ValueError("metrics.Accuracy: call update(value, weight) before eval().")
        return self.value / self.weight


__getattr__ = lookup("fluid.metrics")
