"""Reading in old scripts: `fluid.io.DataLoader.from_generator`, `fluid.io.batch`, `shuffle`.

A thread makes batches ahead, up to `capacity`; what the generator raises is raised as itself.
Today paddle.io.DataLoader takes a Dataset; a plain loop over a generator does the same as this.
"""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import paddle
from paddle import batch
from paddle.reader import (
    buffered,
    cache,
    chain,
    compose,
    firstn,
    map_readers,
    multiprocess_reader,
    shuffle,
    xmap_readers,
)

from .dygraph.checkpoint import load_dygraph, save_dygraph
from .missing import lookup

__all__ = [
    "DataLoader",
    "GeneratorLoader",
    "PyReader",
    "batch",
    "buffered",
    "cache",
    "chain",
    "compose",
    "firstn",
    "load_dygraph",
    "map_readers",
    "multiprocess_reader",
    "save_dygraph",
    "shuffle",
    "xmap_readers",
]

Reader = Callable[[], Iterable[Any]]


def ahead(items: Iterable[Any], capacity: int) -> Iterator[Any]:
    """Yield the items, made ahead by a thread; stopping early ends the thread.

    What `items` raises is raised here as itself, after the items that came before it.
    """
    finished: queue.Queue[tuple[str, Any]] = queue.Queue(max(capacity, 1))
    stopped = threading.Event()

    def put(kind: str, item: Any) -> None:
        while not stopped.is_set():
            try:
                return finished.put((kind, item), timeout=0.1)
            except queue.Full:
                continue

    def make() -> None:
        try:
            for item in items:
                put("item", item)
                if stopped.is_set():
                    return
            put("end", None)
        except BaseException as error:
            put("error", error)

    thread = threading.Thread(target=make, daemon=True)
    thread.start()
    try:
        while True:
            kind, item = finished.get()
            if kind == "end":
                return
            if kind == "error":
                raise item
            yield item
    finally:
        stopped.set()
        thread.join(timeout=1)


started: dict[int, "GeneratorLoader"] = {}  # those that feed the programs with their inputs


def feed_from_started(has_input: Callable[[str], bool]) -> dict[str, Any]:
    """Return the next batch of the started loader whose inputs a program has, {} if there is none.

    Raises:
        EOFException: its pass is over.
    """
    for loader in started.values():
        if loader._names and all(map(has_input, loader._names)):
            delivered = next(loader, None)
            if delivered is None:
                raise paddle.base.core.EOFException("the pass is over: call reset().")
            single = isinstance(delivered[0], dict)
            return delivered[0] if single else dict(zip(loader._names, delivered, strict=True))
    return {}


class GeneratorLoader:
    """What `from_generator` returns: loop over it, or over what calling it returns."""

    def __init__(self, names: list[str], capacity: int, return_list: bool, drop_last: bool) -> None:
        self._names, self._capacity = names, capacity
        self._return_list, self._drop_last = return_list, drop_last
        self._reader: Reader | None = None
        self._pass: Iterator[Any] | None = None

    def set_batch_generator(self, reader: Reader, places: Any = None) -> "GeneratorLoader":
        """1.x: `set_batch_generator(reader, places=None)`: the reader yields batches of arrays."""
        self._reader = reader
        return self

    decorate_batch_generator = decorate_tensor_provider = set_batch_generator

    def set_sample_list_generator(self, reader: Reader, places: Any = None) -> "GeneratorLoader":
        """1.x: `set_sample_list_generator(reader, places=None)`: it yields lists of samples."""
        return self.set_batch_generator(lambda: map(self._stacked, reader()))

    decorate_sample_list_generator = decorate_paddle_reader = set_sample_list_generator

    def set_sample_generator(
        self, reader: Reader, batch_size: int, drop_last: bool = True, places: Any = None
    ) -> "GeneratorLoader":
        """1.x: `set_sample_generator(reader, batch_size, drop_last=True, places=None)`."""
        batches: Any = batch(reader, batch_size, drop_last)  # type: ignore[arg-type]
        return self.set_sample_list_generator(batches)

    decorate_sample_generator = set_sample_generator

    def _stacked(self, samples: Sequence[Any]) -> list[np.ndarray]:
        """Turn a list of samples (image, label) into a list of arrays [N, …]."""
        rows = [sample if isinstance(sample, list | tuple) else (sample,) for sample in samples]
        return [
            np.array([np.asarray(value) for value in column]) for column in zip(*rows, strict=True)
        ]

    def __iter__(self) -> Iterator[Any]:
        if self._reader is None:
            raise RuntimeError(
                "this DataLoader has no data: call set_batch_generator, "
                "set_sample_list_generator or set_sample_generator first."
            )
        return map(self._delivered, ahead(self._reader(), self._capacity))

    __call__ = __iter__

    def __next__(self) -> Any:
        """Return the next batch of the pass that `start()`, or the first call, began."""
        if self._pass is None:
            self._pass = iter(self)
        return next(self._pass)

    next = __next__

    def start(self) -> None:
        """1.x: `start()` of a loader with iterable=False: `Executor.run` takes what it yields."""
        self._pass = iter(self)
        started[id(self)] = self

    def reset(self) -> None:
        """1.x: `reset()` of a loader with iterable=False, after its pass or in the midst of it."""
        self._pass = None
        started.pop(id(self), None)

    def _delivered(self, arrays: Any) -> Any:
        arrays = arrays if isinstance(arrays, list | tuple) else [arrays]
        if paddle.in_dynamic_mode():  # a list whatever return_list says, as in 1.x
            return [a if isinstance(a, paddle.Tensor) else paddle.to_tensor(a) for a in arrays]
        arrays = [np.asarray(array) for array in arrays]
        if self._return_list:
            return arrays
        return [dict(zip(self._names, arrays, strict=True))]  # one dictionary for each place


class DataLoader:
    """1.x: made by `from_generator`; today `paddle.io.DataLoader(dataset, batch_size=…)`."""

    @staticmethod
    def from_generator(
        feed_list: Sequence[Any] | None = None,
        capacity: int | None = None,
        use_double_buffer: bool = True,
        iterable: bool = True,
        return_list: bool = False,
        use_multiprocess: bool = False,
        drop_last: bool = True,
    ) -> GeneratorLoader:
        """1.7: `from_generator(feed_list, capacity, use_double_buffer, iterable, return_list, …)`.

        Today: `paddle.io.DataLoader` over a Dataset. `use_double_buffer` and `use_multiprocess`
        change nothing here: one thread makes the batches.
        """
        names = [variable.name for variable in feed_list or ()]
        return GeneratorLoader(names, capacity or 1, return_list, drop_last)

    @staticmethod
    def from_dataset(*_: Any, **__: Any) -> Any:
        """1.x: `from_dataset(dataset, places)` read files of parameter servers; not here."""
        raise AttributeError(
            "paddle.fluid.io.DataLoader.from_dataset of Paddle 1.x is not provided by "
            "mnist_paddle.fluid; today one writes paddle.io.DataLoader(dataset); "
            "an issue that asks for it is welcome."
        )


def PyReader(
    feed_list: Sequence[Any] | None = None,
    capacity: int | None = None,
    use_double_buffer: bool = True,
    iterable: bool = True,
    return_list: bool = False,
) -> GeneratorLoader:
    """1.6: `PyReader(feed_list, capacity, use_double_buffer, iterable, return_list)`."""
    names = [variable.name for variable in feed_list or ()]
    return GeneratorLoader(names, capacity or 1, return_list, drop_last=True)


__getattr__ = lookup("fluid.io", "static.io", "static")
