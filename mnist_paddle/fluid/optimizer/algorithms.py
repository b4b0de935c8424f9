"""The seven optimizers of old scripts, with their arguments in the order of then."""

from collections.abc import Iterable
from typing import Any

from paddle import optimizer as today

from .base import Optimizer


class SGDOptimizer(Optimizer):
    """1.x: `SGD(learning_rate, parameter_list, regularization, grad_clip, name)`.

    Today: `paddle.optimizer.SGD(learning_rate, parameters, weight_decay, grad_clip)`.
    """

    def __init__(
        self,
        learning_rate: Any,
        parameter_list: Iterable[Any] | None = None,
        regularization: Any = None,
        grad_clip: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(today.SGD, learning_rate, parameter_list, regularization, grad_clip)


class MomentumOptimizer(Optimizer):
    """1.x: `Momentum(learning_rate, momentum, parameter_list, use_nesterov=False, …)`.

    Today: `paddle.optimizer.Momentum`.
    """

    def __init__(
        self,
        learning_rate: Any,
        momentum: float,
        parameter_list: Iterable[Any] | None = None,
        use_nesterov: bool = False,
        regularization: Any = None,
        grad_clip: Any = None,
        name: str | None = None,
    ) -> None:
        options = {"momentum": momentum, "use_nesterov": use_nesterov}
        super().__init__(
            today.Momentum, learning_rate, parameter_list, regularization, grad_clip, **options
        )


class AdagradOptimizer(Optimizer):
    """1.x: `Adagrad(learning_rate, epsilon=1e-6, parameter_list, …)`; today `Adagrad`."""

    def __init__(
        self,
        learning_rate: Any,
        epsilon: float = 1e-6,
        parameter_list: Iterable[Any] | None = None,
        regularization: Any = None,
        grad_clip: Any = None,
        name: str | None = None,
        initial_accumulator_value: float = 0.0,
    ) -> None:
        options = {"epsilon": epsilon, "initial_accumulator_value": initial_accumulator_value}
        super().__init__(
            today.Adagrad, learning_rate, parameter_list, regularization, grad_clip, **options
        )


class AdamOptimizer(Optimizer):
    """1.x: `Adam(learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8, parameter_list, …)`.

    Today: `paddle.optimizer.Adam`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        parameter_list: Iterable[Any] | None = None,
        regularization: Any = None,
        grad_clip: Any = None,
        name: str | None = None,
        lazy_mode: bool = False,
    ) -> None:
        options = {"beta1": beta1, "beta2": beta2, "epsilon": epsilon, "lazy_mode": lazy_mode}
        super().__init__(
            today.Adam, learning_rate, parameter_list, regularization, grad_clip, **options
        )


class AdamaxOptimizer(Optimizer):
    """1.x: `Adamax(learning_rate=0.001, beta1, beta2, epsilon, parameter_list, …)`; today same."""

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        parameter_list: Iterable[Any] | None = None,
        regularization: Any = None,
        grad_clip: Any = None,
        name: str | None = None,
    ) -> None:
        options = {"beta1": beta1, "beta2": beta2, "epsilon": epsilon}
        super().__init__(
            today.Adamax, learning_rate, parameter_list, regularization, grad_clip, **options
        )


class AdadeltaOptimizer(Optimizer):
    """1.x: `Adadelta(learning_rate, epsilon=1e-6, rho=0.95, parameter_list, …)`; today same."""

    def __init__(
        self,
        learning_rate: Any,
        epsilon: float = 1e-6,
        rho: float = 0.95,
        parameter_list: Iterable[Any] | None = None,
        regularization: Any = None,
        grad_clip: Any = None,
        name: str | None = None,
    ) -> None:
        options = {"epsilon": epsilon, "rho": rho}
        super().__init__(
            today.Adadelta, learning_rate, parameter_list, regularization, grad_clip, **options
        )


class RMSPropOptimizer(Optimizer):
    """1.x: `RMSProp(learning_rate, rho=0.95, epsilon=1e-6, momentum=0.0, centered=False, …)`.

    Today: `paddle.optimizer.RMSProp`.
    """

    def __init__(
        self,
        learning_rate: Any,
        rho: float = 0.95,
        epsilon: float = 1e-6,
        momentum: float = 0.0,
        centered: bool = False,
        parameter_list: Iterable[Any] | None = None,
        regularization: Any = None,
        grad_clip: Any = None,
        name: str | None = None,
    ) -> None:
        options = {"rho": rho, "epsilon": epsilon, "momentum": momentum, "centered": centered}
        super().__init__(
            today.RMSProp, learning_rate, parameter_list, regularization, grad_clip, **options
        )
