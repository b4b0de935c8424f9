"""Programs of the static graph: writing them down, copying them for tests, and the switch to them.

The static graph was the default of Paddle 1.x: the first of its names that a script uses calls
paddle.enable_static(). Paddle 3 lost clone(for_test=True), which is made good here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import paddle

from .. import framework
from ..changes import change
from .variables import NEW_IR, find, main_program, name_of, pir

_Program: Any = paddle.static.Program
_clone: Any = pir.Program.clone if NEW_IR else None
_BLOCK: Any = type(pir.Program().global_block()) if NEW_IR else None


def switch() -> None:
    """Go over to the static graph, as 1.x was outside a guard; today it must be asked for."""
    if paddle.in_dynamic_mode():
        paddle.enable_static()
        framework.renew_default_programs()  # 2.6 changes them here
    if NEW_IR and pir.Program.clone is not clone:
        change(pir.Program, "clone", clone)
        change(pir.Value, "name", property(name_of))
        change(_BLOCK, "var", find)


def program_or_default(program: Any) -> Any:
    """Return the Program of Paddle that a script means; without one, the one being written down."""
    program = unwrap(program)
    return main_program() if program is None else program


def unwrap(program: Any) -> Any:
    """Return the Program of Paddle that stands behind one of ours, or behind a default one."""
    while isinstance(program, CompiledProgram) or hasattr(program, "_program"):
        program = program._program
    return program


class TestProgram:
    """What `program.clone(for_test=True)` returns on Paddle 3: the network without its training.

    Of the copy only what is needed for the fetched variables is run, so no label need be fed, no
    dropout is drawn and no weight is changed, wherever in the script it was cloned.
    """

    __test__ = False  # for pytest: this is no test

    def __init__(self, program: Any) -> None:
        self.origin = program
        self._pruned: dict[tuple[str, ...], tuple[Any, list[Any]]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.origin, name)

    def clone(self, for_test: bool = True) -> TestProgram:
        """Return a copy; it is the same network."""
        return TestProgram(self.origin)

    def for_values(self, wanted: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Return a program that computes these values of the original, and the values in it."""
        key = tuple(str(value.id) for value in wanted)
        if key not in self._pruned:
            program, copies = for_test(self.origin, wanted)
            program._prune(copies)
            self._pruned[key] = program, copies
        return self._pruned[key]


def for_test(program: Any, values: Sequence[Any]) -> tuple[Any, list[Any]]:
    """Copy a program of Paddle 3 with dropout and batch norm as in testing, and find the values."""
    mapping = pir.IrMapping()
    copy = _clone(program, mapping)
    copy.set_is_test_attr()
    return copy, [mapping.look_up(value) for value in values]


def clone(self: Any, *words: Any, for_test: bool = False) -> Any:
    """1.x: `program.clone(for_test=False)`; on Paddle 3 the program takes no for_test."""
    if words and isinstance(words[0], bool):
        for_test, words = words[0], ()
    return TestProgram(self) if for_test else _clone(self, *words)


def Program() -> Any:
    """1.x: `Program()`; today `paddle.static.Program()`."""
    switch()
    return _Program()


@contextmanager
def program_guard(main_program: Any, startup_program: Any = None) -> Iterator[None]:
    """1.x: `program_guard(main, startup=None)`; today `paddle.static.program_guard`."""
    switch()
    with paddle.static.program_guard(unwrap(main_program), unwrap(startup_program)):
        yield


class CompiledProgram:
    """1.x: `CompiledProgram(program).with_data_parallel(loss_name=…)`: the program itself here.

    Today `paddle.static.CompiledProgram`; the executor compiles every program anyway.
    """

    def __init__(self, program: Any, build_strategy: Any = None) -> None:
        self._program = program

    def with_data_parallel(self, *_: Any, **__: Any) -> CompiledProgram:
        """1.x: run on all devices of this machine. Here it is one device."""
        return self


def memory_optimize(input_program: Any = None, *_: Any, **__: Any) -> None:
    """1.x: `memory_optimize(program)`, to reuse memory; today nothing is needed."""


release_memory = memory_optimize


class ExecutionStrategy:
    """1.x: `ExecutionStrategy()` with num_threads and others; today nothing takes its place."""
