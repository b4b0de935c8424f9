"""The inputs of a static program, and arrays made to fit them: `fluid.data`, `DataFeeder`."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import paddle

from .programs import switch
from .variables import NEW_IR, inputs_of, main_program

_inputs: dict[str, tuple[list[int], str]] = {}  # name of an input: its shape, its type


def data(name: str, shape: Sequence[int | None], dtype: Any = "float32", lod_level: int = 0) -> Any:
    """1.x: `data(name, shape, dtype)`, the batch written as None; today `paddle.static.data`."""
    switch()
    sizes = [-1 if size is None else int(size) for size in shape]
    kind = dtype if isinstance(dtype, str) else np.dtype(dtype).name
    if NEW_IR and _inputs.get(name) == (sizes, kind):  # the same variable, as one name meant then
        found = inputs_of(main_program()).get(name)
        if found is not None:
            return found
    _inputs[name] = sizes, kind
    return paddle.static.data(name, sizes, kind)


def fitted(name: str, array: Any) -> Any:
    """Give an array that was fed flat the shape that `data` was given, as a 1.x feeder did."""
    shape = _inputs.get(name, ((), ""))[0]
    if not hasattr(array, "shape") or callable(array.shape) or len(array.shape) == len(shape):
        return array
    size = int(np.prod([int(length) for length in shape[1:]]))
    if size < 1 or int(np.prod(array.shape[1:])) != size:
        return array
    return np.asarray(array).reshape([-1, *shape[1:]])


def has_input(program: Any, name: str) -> bool:
    """Return whether a program has an input of this name."""
    return name in inputs_of(program) if NEW_IR else bool(program.global_block().has_var(name))


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
