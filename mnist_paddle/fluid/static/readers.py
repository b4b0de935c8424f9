"""Inputs of a static program, and readers that fill them: `fluid.layers.data`, `py_reader`."""

import weakref
from collections.abc import Sequence
from typing import Any

from paddle.utils import unique_name

from ..io import GeneratorLoader
from . import feeding

__all__ = ["create_py_reader_by_data", "data", "double_buffer", "py_reader", "read_file"]

_variables: weakref.WeakKeyDictionary[GeneratorLoader, list[Any]] = weakref.WeakKeyDictionary()


def data(
    name: str,
    shape: Sequence[int],
    append_batch_size: bool = True,
    dtype: Any = "float32",
    lod_level: int = 0,
    type: Any = None,
    stop_gradient: bool = True,
) -> Any:
    """1.x: `layers.data(name, shape, append_batch_size=True)`; today `paddle.static.data`.

    The shape is that of one sample; the batch is put before it.
    """
    if append_batch_size and not any(size is None or size < 0 for size in shape):
        shape = [-1, *shape]
    return feeding.data(name, shape, dtype, lod_level)


def py_reader(
    capacity: int,
    shapes: Sequence[Sequence[int]],
    dtypes: Sequence[Any],
    lod_levels: Any = None,
    name: str | None = None,
    use_double_buffer: bool = True,
) -> GeneratorLoader:
    """1.x: `py_reader(capacity, shapes, dtypes)`, with start() and reset() around each pass.

    Today one feeds: `executor.run(feed={name: array})`. The end of a pass is an EOFException.
    """
    prefix = name or unique_name.generate("py_reader")
    return create_py_reader_by_data(
        capacity,
        [
            feeding.data(f"{prefix}_{number}", list(shape), dtype)
            for number, (shape, dtype) in enumerate(zip(shapes, dtypes, strict=True))
        ],
    )


def create_py_reader_by_data(
    capacity: int, feed_list: Sequence[Any], name: str | None = None, use_double_buffer: bool = True
) -> GeneratorLoader:
    """1.x: `create_py_reader_by_data(capacity, feed_list)`; see `py_reader`."""
    loader = GeneratorLoader([variable.name for variable in feed_list], capacity, False, True)
    _variables[loader] = list(feed_list)
    return loader


def read_file(reader: GeneratorLoader) -> Any:
    """1.x: `read_file(reader)` → the variables that the reader fills; today they are fed."""
    variables = _variables[reader]
    return variables[0] if len(variables) == 1 else variables


def double_buffer(reader: GeneratorLoader, place: Any = None, name: str | None = None) -> Any:
    """1.x: `double_buffer(reader)`: read ahead, which every reader does here."""
    return reader
