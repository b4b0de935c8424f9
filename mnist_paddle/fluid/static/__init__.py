"""The static graph of Paddle 1.x: `fluid.data`, `Program`, `Executor(place).run(program, feed, …)`.

There the whole network was written down first, as a Program, and an Executor ran it afterwards.
All of it is built on paddle.static; Paddle 3 lost three things, which are made good here: the names
of variables, clone(for_test=True), and feeding more than what is fetched needs.
"""

import paddle
from paddle.base import core

from ..missing import lookup
from .executor import Executor, ParallelExecutor
from .feeding import DataFeeder, data
from .programs import (
    CompiledProgram,
    ExecutionStrategy,
    Program,
    memory_optimize,
    program_guard,
    release_memory,
)
from .variables import global_scope

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

BuildStrategy = paddle.static.BuildStrategy
Scope = core.Scope
name_scope = paddle.static.name_scope
scope_guard = paddle.static.scope_guard
unique_name = paddle.utils.unique_name

__getattr__ = lookup("fluid")
