"""Saving of static programs: `fluid.io.save_inference_model`, `save_persistables` and others.

An inference model is a folder with what paddle.static.save_inference_model writes; feeds are names.
Parameters are one file of NumPy in a folder, in place of 1.x's file for each.
"""

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import paddle

from ..missing import lookup
from .programs import TestProgram, for_test, program_or_default, switch
from .variables import NEW_IR, global_scope, set_variable, value_of

__all__ = [
    "load_inference_model",
    "load_params",
    "load_persistables",
    "save_inference_model",
    "save_params",
    "save_persistables",
]

MODEL = "__model__"
PARAMETERS = "__params__"


def save_inference_model(
    dirname: str,
    feeded_var_names: Sequence[str],
    target_vars: Any,
    executor: Any,
    main_program: Any = None,
    model_filename: str | None = None,
    params_filename: str | None = None,
    export_for_deployment: bool = True,
    program_only: bool = False,
) -> list[str]:
    """1.x: `save_inference_model(dirname, feeded_var_names, target_vars, executor)`.

    Today `paddle.static.save_inference_model(prefix, feed_vars, fetch_vars, executor)`. Returns the
    names of the targets.
    """
    targets = list(target_vars) if isinstance(target_vars, list | tuple) else [target_vars]
    names = [target.name for target in targets]
    program = _program(main_program)
    feeded = [feeded_var_names] if isinstance(feeded_var_names, str) else feeded_var_names
    if NEW_IR:
        inputs = [value_of(program, name) for name in feeded]
        program, found = for_test(program, [*inputs, *targets])
        inputs, targets = found[: len(inputs)], found[len(inputs) :]
    else:
        inputs = [program.global_block().var(name) for name in feeded]
    os.makedirs(dirname, exist_ok=True)
    prefix = os.path.join(dirname, model_filename or MODEL)
    paddle.static.save_inference_model(prefix, inputs, targets, executor._executor, program=program)
    return names


def load_inference_model(
    dirname: str,
    executor: Any,
    model_filename: str | None = None,
    params_filename: str | None = None,
    pserver_endpoints: Any = None,
) -> list[Any]:
    """1.x: `load_inference_model(dirname, executor)` → [program, names to feed, what to fetch].

    Today `paddle.static.load_inference_model(prefix, executor)`. Models that 1.x wrote are another
    format.
    """
    switch()
    prefix = os.path.join(dirname, model_filename or MODEL)
    if not _is_model(prefix) and _is_model(dirname):  # written by jit.save
        prefix = dirname
    return list(paddle.static.load_inference_model(prefix, executor._executor))


def _is_model(prefix: str) -> bool:
    return any(os.path.isfile(prefix + suffix) for suffix in (".json", ".pdmodel"))


def _save(mode: str) -> Callable[..., None]:
    def save(
        executor: Any, dirname: str, main_program: Any = None, filename: str | None = None
    ) -> None:
        program = _program(main_program)
        os.makedirs(dirname, exist_ok=True)
        state = program.state_dict(mode, global_scope())
        arrays: dict[str, Any] = {name: np.array(tensor) for name, tensor in state.items()}
        with open(os.path.join(dirname, filename or PARAMETERS), "wb") as file:
            np.savez(file, **arrays)

    return save


def _load(mode: str) -> Callable[..., None]:
    def load(
        executor: Any, dirname: str, main_program: Any = None, filename: str | None = None
    ) -> None:
        wanted = _program(main_program).state_dict(mode, global_scope())
        with np.load(os.path.join(dirname, filename or PARAMETERS)) as saved:
            missing = sorted(set(wanted) - set(saved.files))
            if missing:
                raise RuntimeError(f"{dirname} holds no {', '.join(missing)} of this program.")
            for name in wanted:
                set_variable(name, saved[name], place=executor.place)

    return load


def _program(program: Any) -> Any:
    program = program_or_default(program)
    return program.origin if isinstance(program, TestProgram) else program


save_params, load_params = _save("param"), _load("param")
save_persistables, load_persistables = _save("all"), _load("all")
for _function, _verb, _what in [
    (save_params, "save", "params"),
    (load_params, "load", "params"),
    (save_persistables, "save", "persistables"),
    (load_persistables, "load", "persistables"),
]:
    _function.__name__ = _function.__qualname__ = f"{_verb}_{_what}"
    _function.__doc__ = (
        f"1.x: `{_verb}_{_what}(executor, dirname, main_program, filename)`; "
        f"today `paddle.static.{_verb}`."
    )

__getattr__ = lookup("fluid.io")
