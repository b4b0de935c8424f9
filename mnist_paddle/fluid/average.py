"""`fluid.average.WeightedAverage`: the mean of numbers that count differently.

The static MNIST scripts of 2018 add the accuracy of each batch with the size of the batch.
Today one writes numpy.average(values, weights=weights).
"""

from typing import Any

import numpy as np

from .missing import lookup
from .scalars import Number

__all__ = ["WeightedAverage"]


class WeightedAverage:
    """1.x: `WeightedAverage()` with reset(), add(value, weight), eval(); today `numpy.average`."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """1.x: `reset()`: begin again."""
        self.numerator: Any = None
        self.denominator: Any = None

    def add(self, value: Any, weight: Any) -> None:
        """1.x: `add(value, weight)`, numbers or arrays."""
        weight = np.asarray(weight, np.float64)
        first = self.numerator is None
        self.numerator = np.asarray(value) * weight + (0 if first else self.numerator)
        self.denominator = weight + (0 if first else self.denominator)

    def eval(self) -> Any:
        """1.x: `eval()` → the average so far, an array if arrays were added.

        Raises:
            ValueError: nothing was added, or its weights sum to 0.
        """
        if self.numerator is None or not np.all(self.denominator):
            raise ValueError("WeightedAverage.eval: nothing was added, or with weight 0.")
        average = np.asarray(self.numerator / self.denominator)
        return average.view(Number) if average.size == 1 else average


__getattr__ = lookup("fluid.average")
