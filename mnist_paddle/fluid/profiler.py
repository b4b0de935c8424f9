"""`fluid.profiler`: its contexts run what is in them, and measure nothing.

Today one writes paddle.profiler.Profiler; a training learns the same without it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .missing import lookup

__all__ = ["cuda_profiler", "profiler", "reset_profiler", "start_profiler", "stop_profiler"]


@contextmanager
def profiler(
    state: str, sorted_key: str | None = None, profile_path: str = "/tmp/profile", *_: Any
) -> Iterator[None]:
    """1.x: `profiler(state, sorted_key, profile_path)`; today `paddle.profiler.Profiler()`."""
    yield


@contextmanager
def cuda_profiler(output_file: str, output_mode: Any = None, config: Any = None) -> Iterator[None]:
    """1.x: `cuda_profiler(output_file, output_mode)`; today `paddle.profiler.Profiler()`."""
    yield


def start_profiler(state: str, *_: Any, **__: Any) -> None:
    """1.x: `start_profiler(state)`; today `paddle.profiler.Profiler().start()`."""


def stop_profiler(*_: Any, **__: Any) -> None:
    """1.x: `stop_profiler(sorted_key, profile_path)`; today `paddle.profiler.Profiler().stop()`."""


def reset_profiler() -> None:
    """1.x: `reset_profiler()`: forget what was measured."""


__getattr__ = lookup("fluid.profiler")
