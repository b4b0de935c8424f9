"""The static graph of Paddle 1.x: `fluid.data`, `Program`, `Executor(place).run(program, feed, …)`.

There the whole network was written down first, as a Program, and an Executor ran it afterwards.
It was the default: the first of these names that a script uses calls paddle.enable_static().
All of it is built on paddle.static; Paddle 3 lost three things, which are made good here:
the names of variables, clone(for_test=True), and feeding more than what is fetched needs.

Paddle 1.x 的静态图：fluid.data、Program、Executor(place).run(program, feed, …)。
那时先把整个网络写成一个 Program，再由 Executor 运行。
静态图是默认方式：脚本第一次用到这些名字时，就调用 paddle.enable_static()。
这里全部建立在 paddle.static 上；Paddle 3 丢掉的三样东西在这里补上：
变量的名字、clone(for_test=True)，以及输入可以多于结果所需要的。
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import paddle
from paddle.base import core

from . import framework, io
from .dygraph.learning_rate_scheduler import LearningRateDecay
from .layers import EmptyTensor
from .missing import lookup
from .scalars import Number

__all__ = [
    "BuildStrategy",
    "CompiledProgram",
    "DataFeeder",
    "ExecutionStrategy",
    "Executor",
    "ParallelExecutor",
    "Program",
    "Scope",
    "data",
    "global_scope",
    "memory_optimize",
    "name_scope",
    "program_guard",
    "release_memory",
    "scope_guard",
    "unique_name",
]

# Paddle 3 writes programs down in another way than 2.6, which has only parts of it.
NEW_IR = hasattr(paddle, "pir") and hasattr(paddle.pir.Program, "set_is_test_attr")

unique_name = paddle.utils.unique_name
name_scope = paddle.static.name_scope
global_scope = paddle.static.global_scope
Scope = core.Scope
BuildStrategy = paddle.static.BuildStrategy

_inputs: dict[str, tuple[list[int], str]] = {}  # name of an input: its shape, its type
_named: dict[str, Any] = {}  # a name that we gave: the value that has it
_names: dict[int, str] = {}
_decays: list[tuple[Any, str, LearningRateDecay]] = []  # program, its rate's name, what sets it


def switch() -> None:
    """Go over to the static graph, as 1.x was outside a guard; today it must be asked for."""
    if paddle.in_dynamic_mode():
        paddle.enable_static()
        for name, seeded in framework._programs.items():  # 2.6 changes its default programs here
            seeded.__dict__["_program"] = getattr(paddle.static, name)()
    if NEW_IR and paddle.pir.Program.clone is not clone:
        from . import installation

        installation._set(paddle.pir.Program, "clone", clone)
        installation._set(paddle.pir.Value, "name", property(name_of))
        installation._set(_BLOCK, "var", find)


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
    mapping = paddle.pir.IrMapping()
    copy = _clone(program, mapping)
    copy.set_is_test_attr()
    return copy, [mapping.look_up(value) for value in values]


_clone: Any = paddle.pir.Program.clone if NEW_IR else None
_name: Any = paddle.pir.Value.name if NEW_IR else None
_BLOCK: Any = type(paddle.pir.Program().global_block()) if NEW_IR else None


def clone(self: Any, *words: Any, for_test: bool = False) -> Any:
    """1.x: `program.clone(for_test=False)`; on Paddle 3 the program takes no for_test."""
    if words and isinstance(words[0], bool):
        for_test, words = words[0], ()
    return TestProgram(self) if for_test else _clone(self, *words)


def name_of(self: Any) -> str:
    """1.x: every variable had a name; on Paddle 3 only inputs and parameters do: give it one."""
    if self.has_name:
        return str(_name.fget(self))
    if self.id not in _names:
        _names[self.id] = f"tmp_{len(_names)}"
        _named[_names[self.id]] = self
    return _names[self.id]


def find(self: Any, name: str) -> Any:
    """1.x: `program.global_block().var(name)`; Paddle 3's blocks do not know their variables.

    Raises:
        ValueError: no variable has that name.
    """
    if name in _named:
        return _named[name]
    for operation in self.ops:
        for value in operation.results():
            if value.has_name and value.name == name:
                return value
    raise ValueError(f"no variable of the program has the name {name!r}.")


def _fitted(name: str, array: Any) -> Any:
    """Give an array that was fed flat the shape that `data` was given, as a 1.x feeder did."""
    shape = _inputs.get(name, ((), ""))[0]
    if not hasattr(array, "shape") or callable(array.shape) or len(array.shape) == len(shape):
        return array
    size = int(np.prod([int(length) for length in shape[1:]]))
    if size < 1 or int(np.prod(array.shape[1:])) != size:
        return array
    return np.asarray(array).reshape([-1, *shape[1:]])


def Program() -> Any:
    """1.x: `Program()`; today `paddle.static.Program()`."""
    switch()
    return paddle.static.Program()


@contextmanager
def program_guard(main_program: Any, startup_program: Any = None) -> Iterator[None]:
    """1.x: `program_guard(main, startup=None)`; today `paddle.static.program_guard`."""
    switch()
    with paddle.static.program_guard(unwrap(main_program), unwrap(startup_program)):
        yield


@contextmanager
def scope_guard(scope: Any) -> Iterator[None]:
    """1.x: `scope_guard(scope)`; today `paddle.static.scope_guard`."""
    with paddle.static.scope_guard(scope):
        yield


def data(name: str, shape: Sequence[int | None], dtype: Any = "float32", lod_level: int = 0) -> Any:
    """1.x: `data(name, shape, dtype)`, the batch written as None; today `paddle.static.data`."""
    switch()
    sizes = [-1 if size is None else int(size) for size in shape]
    kind = dtype if isinstance(dtype, str) else np.dtype(dtype).name
    if NEW_IR and _inputs.get(name) == (sizes, kind):  # the same variable, as one name meant then
        for operation in paddle.static.default_main_program().global_block().ops:
            if _is_input(operation) and operation.attrs()["name"] == name:
                return operation.results()[0]
    _inputs[name] = sizes, kind
    return paddle.static.data(name, sizes, kind)


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


def as_fetched(array: Any) -> Any:
    """Return a result of an executor as 1.x did: a number has shape [1], and converts."""
    array = np.asarray(array)
    return np.atleast_1d(array).view(Number) if array.size == 1 else array


class Executor:
    """1.x: `Executor(place)`; today `paddle.static.Executor(place)`."""

    def __init__(self, place: Any = None) -> None:
        switch()
        self.place = paddle.CPUPlace() if place is None else place
        self._executor = paddle.static.Executor(self.place)

    def run(
        self,
        program: Any = None,
        feed: Any = None,
        fetch_list: Sequence[Any] | None = None,
        feed_var_name: str = "feed",
        fetch_var_name: str = "fetch",
        scope: Any = None,
        return_numpy: bool = True,
        use_program_cache: bool = False,
        return_merged: bool = True,
        use_prune: bool = False,
    ) -> list[Any]:
        """1.x: `run(program, feed={name: array}, fetch_list=[variables or names])`; the same today.

        A decay object that the program's optimizer was given steps once with each run.
        """
        program = unwrap(program)
        if program is None:
            program = paddle.static.default_main_program()
        if isinstance(feed, list | tuple):  # one of several devices; here there is one
            feed = {key: np.concatenate([part[key] for part in feed]) for key in feed[0]}
        feed = feed or io.feed_from_started(lambda name: _has_input(program, name))
        feed = {name: _fitted(name, array) for name, array in dict(feed or {}).items()}
        wanted = [self._value(program, item) for item in fetch_list or []]
        if isinstance(program, TestProgram):
            program, wanted = program.for_values(wanted)
            needed = {op.attrs()["name"] for op in program.global_block().ops if _is_input(op)}
            feed = {name: array for name, array in feed.items() if name in needed}
        for trained, rate_name, decay in _decays:
            if trained is program or (NEW_IR and trained == program):
                set_variable(rate_name, np.float32(decay()), scope, self.place)
        results = self._executor.run(
            program, feed=feed, fetch_list=wanted, scope=scope, return_numpy=return_numpy
        )
        return [as_fetched(result) for result in results or []] if return_numpy else results

    def _value(self, program: Any, item: Any) -> Any:
        """Find what a name in fetch_list means; on Paddle 3 Paddle itself knows only parameters."""
        if isinstance(item, EmptyTensor):
            return item.value
        if not NEW_IR or not isinstance(item, str):
            return item
        return find(unwrap(program).global_block(), item)

    def close(self) -> None:
        """1.x: `close()`; today the same."""
        self._executor.close()


def _has_input(program: Any, name: str) -> bool:
    block = unwrap(program.origin if isinstance(program, TestProgram) else program).global_block()
    if not NEW_IR:
        return bool(block.has_var(name))
    return any(_is_input(op) and op.attrs()["name"] == name for op in block.ops)


def _is_input(operation: Any) -> bool:
    return str(operation.name()) == "pd_op.data"


def ParallelExecutor(use_cuda: bool = False, loss_name: Any = None, **options: Any) -> Any:
    """1.x: `ParallelExecutor(use_cuda, loss_name, main_program)`, run with fetch_list and feed.

    Today `paddle.static.Executor`. Here it is one device.
    """
    from .places import CUDAPlace

    executor = Executor(CUDAPlace(0) if use_cuda else paddle.CPUPlace())
    main, run = options.get("main_program"), executor.run
    executor.run = lambda fetch_list=None, feed=None, **others: run(  # type: ignore[method-assign]
        main, feed=feed, fetch_list=fetch_list
    )
    return executor


class DataFeeder:
    """1.x: `DataFeeder(feed_list, place)`, whose feed(rows) makes {name: array}.

    Today one writes that dict. A row has a value for each input; an image may come flat.
    """

    def __init__(self, feed_list: Iterable[Any], place: Any = None, program: Any = None) -> None:
        self.feed_names = [item if isinstance(item, str) else item.name for item in feed_list]

    def feed(self, iterable: Iterable[Sequence[Any]]) -> dict[str, np.ndarray]:
        """Turn rows into arrays of the shapes and types that `data` was given.

        Raises:
            ValueError: the rows have more or fewer values than there are inputs.
        """
        rows = list(iterable)
        if any(len(row) != len(self.feed_names) for row in rows):
            raise ValueError(f"each row must have a value for each of {self.feed_names}.")
        fed = {}
        for column, name in enumerate(self.feed_names):
            shape, dtype = _inputs[name]
            values = np.array([row[column] for row in rows], dtype)
            fed[name] = values.reshape([len(rows), *shape[1:]])
        return fed

    def feed_parallel(
        self, iterable: Iterable[Any], num_places: int | None = None
    ) -> Iterator[dict[str, np.ndarray]]:
        """1.x: a dict for each device."""
        for rows in iterable:
            yield self.feed(rows)


def set_variable(name: str, value: Any, scope: Any = None, place: Any = None) -> None:
    """Put an array into a variable of a scope, as `tensor.set(array, place)` did."""
    tensor = (scope or global_scope()).var(name).get_tensor()
    tensor.set(np.asarray(value).reshape(tensor.shape()), place or paddle.CPUPlace())


def minimize(
    modern: Any, decay: Any, loss: Any, startup: Any = None, parameters: Any = None, no: Any = None
) -> Any:
    """Add backward and update to the program of `loss`; `decay` is the 1.x rate, or a number.

    `modern` is today's optimizer. A decay object is asked for the rate before each run.
    """
    if NEW_IR:  # names meant the variables
        block = paddle.static.default_main_program().global_block()
        parameters, no = (
            chosen and [find(block, p) if isinstance(p, str) else p for p in chosen]
            for chosen in (parameters, no)
        )
    result = modern.minimize(loss, unwrap(startup), parameters, no)
    if isinstance(decay, LearningRateDecay):
        program = loss.block.program if not NEW_IR else paddle.static.default_main_program()
        rate = modern._global_learning_rate(program) if NEW_IR else modern._global_learning_rate()
        _decays.append((program, rate.name, decay))
    return result


def __getattr__(name: str) -> Any:
    if name == "nets":  # it imports layers, which import this
        import importlib

        return importlib.import_module("mnist_paddle.fluid.nets")
    return _refuse(name)


_refuse = lookup("fluid")
