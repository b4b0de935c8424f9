"""Stage 2, reading: how do batches get to the device while it computes?

Sync makes a batch, then computes on it, in turn: one of the two always waits.
Async makes batches in a thread that runs ahead by `capacity` batches through a queue.
Both yield the same Tensors in the same order; only the waiting differs.
`fluid.io.DataLoader.from_generator` is `paddle.base.io.DataLoader.from_generator` today.

第 2 步，读取：设备计算的时候，批次怎样送到它那里？
同步：先做好一个批次，再计算，轮流进行，总有一方在等。
异步：另一个线程提前做好至多 capacity 个批次，放在队列里。
两者给出的张量和顺序完全相同，不同的只是等待的时间。
`fluid.io.DataLoader.from_generator` 今天是 `paddle.base.io.DataLoader.from_generator`。
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import numpy as np
import paddle
from paddle import Tensor
from paddle.base.io import DataLoader

Batch = tuple[np.ndarray, np.ndarray]
Place: TypeAlias = "paddle.CPUPlace | paddle.CUDAPlace"


def read_sync(batches: Iterable[Batch], place: Place) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield each batch as Tensors on `place`, made when it is asked for. Source: part 0, item 13.

    `[B, 1, 28, 28]` images and `[B, 1]` labels keep their shapes and dtypes.
    """
    for images, labels in batches:
        yield paddle.to_tensor(images, place=place), paddle.to_tensor(labels, place=place)


def read_async(
    batches: Iterable[Batch], place: Place, capacity: int = 5
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield each batch as Tensors on `place`, made ahead by a thread. Source: part 0, item 14.

    At most `capacity` finished batches wait in the queue. Stopping early ends the thread.
    What `batches` raises is raised here as itself, after the batches that came before it; Paddle
    alone would report a killed queue and hide the cause.
    """
    failures: list[Exception] = []

    def read_until_failure() -> Iterator[Batch]:
        try:
            yield from batches
        except Exception as failure:
            failures.append(failure)

    loader = DataLoader.from_generator(capacity=capacity, return_list=True)
    loader.set_batch_generator(read_until_failure, places=place)
    try:
        yield from map(tuple, loader)
    finally:
        loader._wait_thread_ends()  # closes the queue; Paddle has no public name for it
    if failures:
        raise failures[0]


Reader = Callable[..., Iterator[tuple[Tensor, Tensor]]]


def choose_reader(name: str, capacity: int = 5) -> Reader:
    """Return the function `(batches, place) -> iterator of Tensors` that `name` means.

    Raises:
        ValueError: no reader has that name.
    """
    readers: dict[str, Reader] = {
        "sync": read_sync,
        "async": lambda batches, place: read_async(batches, place, capacity),
    }
    if name not in readers:
        raise ValueError(f"no reader is named {name!r}; choose from {', '.join(readers)}")
    return readers[name]
