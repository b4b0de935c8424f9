"""What the optimizers of old scripts have in common: one step, the rate, and the saved state."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import paddle
from paddle.base.layer_helper import LayerHelper

from ..decays import LearningRateDecay
from ..dygraph.checkpoint import PLACES
from ..dygraph.layer import living
from ..static.training import minimize


class Optimizer:
    """What the optimizers have in common; today `paddle.optimizer.Optimizer`.

    `learning_rate` is a number or a decay object. Without `parameter_list`, as in 1.5 and 1.6,
    every parameter that has a gradient takes part; 1.7 and 1.8 refused that.
    """

    def __init__(
        self,
        modern: Any,
        learning_rate: Any,
        parameter_list: Iterable[Any] | None,
        regularization: Any,
        grad_clip: Any,
        **options: Any,
    ) -> None:
        self._parameter_list = None if parameter_list is None else list(parameter_list)
        self._learning_rate = learning_rate
        self.regularization, self._grad_clip = regularization, grad_clip
        self._modern_class, self._options = modern, options
        self._modern: Any = None
        self._last_rate: float | None = None
        self._kept_state: dict[str, Any] = {}  # for parameters that the first input will make
        if self._parameter_list == []:
            raise ValueError("parameter_list is empty: the model has no parameters yet.")

    def _parameters(self) -> list[Any]:
        if self._parameter_list is not None:
            return self._parameter_list
        unique = {id(p): p for layer in living for p in layer.parameters()}
        return sorted(unique.values(), key=lambda p: _natural(p.name))

    def _made(self, parameters: list[Any] | None, rate: Any) -> Any:
        """Return today's optimizer, made when its parameters are known."""
        if self._modern is None:
            self._modern = self._modern_class(
                learning_rate=rate,
                parameters=parameters,
                weight_decay=self.regularization,
                grad_clip=self._grad_clip,
                **self._options,
            )
        return self._modern

    def minimize(
        self,
        loss: Any,
        startup_program: Any = None,
        parameter_list: Iterable[Any] | None = None,
        no_grad_set: Any = None,
        grad_clip: Any = None,
    ) -> Any:
        """1.x: `minimize(loss)` after `loss.backward()`; today `optimizer.step()`.

        In a static program it adds backward and update to the program, as then. Returns the
        operations that it added, and [(parameter, gradient)].
        """
        if not paddle.in_dynamic_mode():
            return self._minimize_static(loss, startup_program, parameter_list, no_grad_set)
        if grad_clip is not None:
            self._grad_clip = grad_clip
            if self._modern is not None:
                self._modern._grad_clip = grad_clip
        if self._parameter_list is None and parameter_list is not None:
            self._parameter_list = list(parameter_list)
        return [], self.apply_gradients(self.backward(loss, parameter_list=parameter_list))

    def _minimize_static(self, loss: Any, startup: Any, parameters: Any, no_grad: Any) -> Any:
        rate = self._learning_rate
        modern = self._made(None, rate.step() if isinstance(rate, LearningRateDecay) else rate)
        return minimize(modern, rate, loss, startup, parameters, no_grad)

    def backward(
        self,
        loss: Any,
        startup_program: Any = None,
        parameter_list: Iterable[Any] | None = None,
        no_grad_set: Any = None,
        callbacks: Any = None,
    ) -> list[tuple[Any, Any]]:
        """1.x: `backward(loss)` → [(parameter, gradient)]; in dygraph it computes nothing."""
        chosen = self._parameters() if parameter_list is None else parameter_list
        return [(p, p.grad) for p in chosen if p.trainable and p.grad is not None]

    def apply_gradients(self, params_grads: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
        """1.x: `apply_gradients(params_grads)`; today `optimizer.step()`.

        Raises:
            AttributeError: no layer of old names was made, and no parameter_list given.
        """
        if self._parameter_list is None and not params_grads and not self._parameters():
            raise AttributeError(
                "the optimizer knows no parameter: write parameter_list=model.parameters()."
            )
        if self._kept_state and params_grads:
            state, self._kept_state = self._kept_state, {}
            self._set_accumulators(state, [parameter for parameter, _ in params_grads])
        rate = self._learning_rate
        rate = rate() if isinstance(rate, LearningRateDecay) else float(rate)
        modern = self._made(self._parameters(), rate)
        modern.set_lr(rate)
        self._last_rate = rate
        modern._apply_optimize(loss=None, startup_program=None, params_grads=params_grads)
        return params_grads

    def clear_gradients(self) -> None:
        """1.x: `clear_gradients()`; today `clear_grad()`."""
        for parameter in self._parameters():
            if parameter.trainable:
                parameter.clear_gradient()

    def current_step_lr(self) -> float:
        """1.8: `current_step_lr()`; today `get_lr()`: the rate of the last step, or the first."""
        rate = self._learning_rate
        if not isinstance(rate, LearningRateDecay):
            return float(rate)
        return float(rate.step()) if self._last_rate is None else self._last_rate

    def _global_learning_rate(self) -> Any:
        return paddle.to_tensor([self.current_step_lr()], "float32")

    def set_lr(self, value: Any) -> None:
        """1.8: `set_lr(value)`; today the same.

        Raises:
            RuntimeError: the rate comes from a decay object.
        """
        if isinstance(self._learning_rate, LearningRateDecay):
            raise RuntimeError("set_lr cannot change a rate that comes from a decay object.")
        self._learning_rate = float(value)

    def state_dict(self) -> dict[str, Any]:
        """1.x: `state_dict()`; today the same, keyed by names that change with every model."""
        state: dict[str, Any] = {}
        kept = self._modern._accumulators if self._modern is not None else {}
        for accumulator, by_name in kept.items():
            for name, tensor in by_name.items():
                state[f"{name}_{accumulator}_0"] = tensor
        if isinstance(self._learning_rate, LearningRateDecay):
            state["LR_Scheduler"] = self._learning_rate.state_dict()
            state["global_step"] = np.array([self._learning_rate.step_num], np.int32)
        names = [parameter.name for parameter in self._parameters()]
        if self._parameter_list is None and kept:  # of all there are, those that were trained
            names = [name for name in names if any(name in by_name for by_name in kept.values())]
        state[PLACES] = names
        return state

    def set_state_dict(self, state_dict: dict[str, Any]) -> None:
        """1.x: `set_dict(state_dict)`; today `set_state_dict`.

        The n-th parameter gets what the n-th had when the state was saved, whatever its name.

        Raises:
            RuntimeError: the state is of another network or optimizer.
        """
        if isinstance(self._learning_rate, LearningRateDecay):
            if "LR_Scheduler" in state_dict:
                schedule = state_dict["LR_Scheduler"]
                if "step_num" in schedule:
                    self._learning_rate.set_state_dict(schedule)
                else:  # written by today's Paddle
                    self._learning_rate.step_num = int(schedule["last_epoch"])
            elif "global_step" in state_dict:
                self._learning_rate.step_num = int(np.asarray(state_dict["global_step"]).item())
        if self._parameter_list is None:
            self._kept_state = state_dict
        else:
            self._set_accumulators(state_dict, self._parameter_list)

    def _set_accumulators(self, state_dict: dict[str, Any], chosen: list[Any]) -> None:
        """Give each of the chosen parameters, by its place, what the state has for it."""
        arrays = {key: value for key, value in state_dict.items() if hasattr(value, "shape")}
        arrays.pop("global_step", None)
        if not arrays:
            return
        parameters = [parameter for parameter in chosen if parameter.trainable]
        rate = self._learning_rate
        rate = rate.step() if isinstance(rate, LearningRateDecay) else float(rate)
        modern = self._made(self._parameters(), float(rate))
        modern.helper = modern.helper or LayerHelper(type(modern).__name__)
        block = paddle.base.framework.default_main_program().global_block()
        modern._create_accumulators(block, parameters)
        for accumulator, by_name in modern._accumulators.items():
            stored = _stored(arrays, accumulator, state_dict.get(PLACES), chosen)
            for parameter in parameters:
                value = np.asarray(stored.get(parameter.name, ()), np.float32)
                own = by_name[parameter.name]
                if value.size != np.prod(own.shape):
                    raise RuntimeError(
                        f"the optimizer's state does not fit: {accumulator} of {parameter.name} "
                        f"has shape {list(value.shape)}, expected {list(own.shape)}."
                    )
                own.set_value(value.reshape(own.shape))

    set_dict = set_state_dict


def _stored(
    arrays: dict[str, Any], accumulator: str, places: Sequence[str] | None, parameters: list[Any]
) -> dict[str, Any]:
    """Return what a state holds under the name of one accumulator, by the names of today."""
    ending = re.compile(rf"_{accumulator}_\d+$")
    found = {ending.sub("", key): arrays[key] for key in arrays if ending.search(key)}
    names = [parameter.name for parameter in parameters]
    if places is None and set(found) <= set(names):
        return found
    places = sorted(found, key=_natural) if places is None else places
    return {now: found[then] for now, then in zip(names, places, strict=False) if then in found}


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts linear_2.w_0 before linear_10.w_0."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
