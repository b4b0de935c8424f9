"""How weights begin: `fluid.initializer.Normal(loc, scale, seed)` and its kin.

Today these are paddle.nn.initializer.Normal(mean, std) and so on, and nobody gives them a seed.
A seed of 0 meant the program's; another one here draws from a generator of its own.
"""

import inspect
import math
from typing import Any

import numpy as np
import paddle
from paddle.nn import initializer as today

from .missing import lookup

__all__ = [
    "MSRA",
    "Bilinear",
    "Constant",
    "ConstantInitializer",
    "MSRAInitializer",
    "Normal",
    "NormalInitializer",
    "NumpyArrayInitializer",
    "TruncatedNormal",
    "TruncatedNormalInitializer",
    "Uniform",
    "UniformInitializer",
    "Xavier",
    "XavierInitializer",
]

Bilinear = today.Bilinear
NumpyArrayInitializer = today.Assign

# Paddle 2.6 cuts at two deviations, as 1.x did; Paddle 3 at -2 and 2 unless told where.
_BOUNDS_ARE_ASKED = "a" in inspect.signature(today.TruncatedNormal.__init__).parameters


class _Seeded:
    """Draw the values once more with NumPy where a seed was given; a mixin of Paddle's classes."""

    _seed = 0

    def _draw(self, random: np.random.Generator, shape: list[int]) -> np.ndarray:
        raise NotImplementedError

    def __call__(self, param: Any, block: Any = None) -> Any:
        if not self._seed:
            return super().__call__(param, block)  # type: ignore[misc]
        values = self._draw(np.random.default_rng(self._seed), list(param.shape))
        return today.Assign(values.astype(np.float32))(param, block)


class ConstantInitializer(today.Constant):
    """1.x: `Constant(value=0.0, force_cpu=False)`; today `paddle.nn.initializer.Constant`."""

    def __init__(self, value: float = 0.0, force_cpu: bool = False) -> None:
        super().__init__(value)


class UniformInitializer(_Seeded, today.Uniform):
    """1.x: `Uniform(low=-1.0, high=1.0, seed=0)`; today `paddle.nn.initializer.Uniform`."""

    def __init__(self, low: float = -1.0, high: float = 1.0, seed: int = 0, *_: Any) -> None:
        super().__init__(low, high)
        self._low, self._high, self._seed = low, high, seed

    def _draw(self, random: np.random.Generator, shape: list[int]) -> np.ndarray:
        return random.uniform(self._low, self._high, shape)


class NormalInitializer(_Seeded, today.Normal):
    """1.x: `Normal(loc=0.0, scale=1.0, seed=0)`; today `paddle.nn.initializer.Normal`."""

    def __init__(self, loc: float = 0.0, scale: float = 1.0, seed: int = 0) -> None:
        super().__init__(loc, scale)
        self._mean, self._std_dev, self._seed = loc, scale, seed

    def _draw(self, random: np.random.Generator, shape: list[int]) -> np.ndarray:
        return random.normal(self._mean, self._std_dev, shape)


class TruncatedNormalInitializer(_Seeded, today.TruncatedNormal):
    """1.x: `TruncatedNormal(loc=0.0, scale=1.0, seed=0)`, cut at two deviations.

    Today: `paddle.nn.initializer.TruncatedNormal`.
    """

    def __init__(self, loc: float = 0.0, scale: float = 1.0, seed: int = 0) -> None:
        bounds: dict[str, Any] = (
            {"a": loc - 2 * scale, "b": loc + 2 * scale} if _BOUNDS_ARE_ASKED else {}
        )
        super().__init__(loc, scale, **bounds)
        self._mean, self._std_dev, self._seed = loc, scale, seed

    def _draw(self, random: np.random.Generator, shape: list[int]) -> np.ndarray:
        values = random.normal(size=shape)
        while (far := np.abs(values) > 2).any():
            values[far] = random.normal(size=int(far.sum()))
        return self._mean + self._std_dev * values


class _ByFan(today.Initializer):
    """Choose the bound or deviation from the number of inputs and outputs of a weight."""

    def __init__(self, uniform: bool, seed: int) -> None:
        super().__init__()
        self._uniform, self._seed = uniform, seed

    def _variance(self, fan_in: float, fan_out: float) -> float:
        raise NotImplementedError

    def forward(self, var: Any, block: Any = None) -> Any:
        shape = list(var.shape)
        size = math.prod(shape[2:])
        fan_in, fan_out = (
            (shape[0], shape[-1]) if len(shape) < 3 else (shape[1] * size, shape[0] * size)
        )
        deviation = math.sqrt(self._variance(fan_in, fan_out))
        if self._uniform:
            bound = math.sqrt(3) * deviation
            return UniformInitializer(-bound, bound, self._seed)(var, block)
        return NormalInitializer(0.0, deviation, self._seed)(var, block)


class XavierInitializer(_ByFan):
    """1.x: `Xavier(uniform=True, fan_in=None, fan_out=None, seed=0)`: variance 2/(in + out).

    Today: `paddle.nn.initializer.XavierUniform`, `XavierNormal`.
    """

    def __init__(
        self,
        uniform: bool = True,
        fan_in: float | None = None,
        fan_out: float | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(uniform, seed)
        self._fan_in, self._fan_out = fan_in, fan_out

    def _variance(self, fan_in: float, fan_out: float) -> float:
        given_in = fan_in if self._fan_in is None else self._fan_in
        return 2 / (given_in + (fan_out if self._fan_out is None else self._fan_out))


class MSRAInitializer(_ByFan):
    """1.x: `MSRA(uniform=True, fan_in=None, seed=0)`: variance 2/in.

    Today: `paddle.nn.initializer.KaimingUniform`, `KaimingNormal`.
    """

    def __init__(self, uniform: bool = True, fan_in: float | None = None, seed: int = 0) -> None:
        super().__init__(uniform, seed)
        self._fan_in = fan_in

    def _variance(self, fan_in: float, fan_out: float) -> float:
        return 2 / (fan_in if self._fan_in is None else self._fan_in)


Constant, Uniform, Normal = ConstantInitializer, UniformInitializer, NormalInitializer
TruncatedNormal, Xavier, MSRA = TruncatedNormalInitializer, XavierInitializer, MSRAInitializer
BilinearInitializer = Bilinear


def set_global_initializer(weight_init: Any, bias_init: Any = None) -> None:
    """1.8: `set_global_initializer(weight_init, bias_init=None)`; today the same in paddle.nn."""
    paddle.nn.initializer.set_global_initializer(weight_init, bias_init)


__getattr__ = lookup("fluid.initializer")
