"""Stage 2, reading: how do batches get to the device while it computes?

Sync makes a batch, then computes on it, in turn: one of the two always waits.
Async makes batches in a thread that runs ahead by `capacity` batches through a queue.
Workers are processes that make batches side by side; resident data lie on the device already.
All yield the same Tensors in the same order; only the waiting differs.
`fluid.io.DataLoader.from_generator` is `paddle.base.io.DataLoader.from_generator` today.

阶段 2，读取：设备计算的时候，批次怎样送到它那里？
同步：先做好一个批次，再计算，轮流进行，总有一方在等。
异步：另一个线程提前做好至多 capacity 个批次，放在队列里。
多进程：几个进程同时做批次；常驻：数据已经全部放在设备上。
它们给出的张量和顺序完全相同，不同的只是等待的时间。
`fluid.io.DataLoader.from_generator` 今天是 `paddle.base.io.DataLoader.from_generator`。
"""

import gc
import multiprocessing
import multiprocessing.connection
import os
import pickle
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeAlias

import numpy as np
import paddle
from paddle import Tensor
from paddle.base.io import DataLoader

from .errors import DataError

Batch = tuple[np.ndarray, np.ndarray]
Place: TypeAlias = "paddle.CPUPlace | paddle.CUDAPlace"


def read_sync(batches: Iterable[Batch], place: Place) -> Generator[tuple[Tensor, Tensor]]:
    """Yield each batch as Tensors on `place`, made when it is asked for. Source: part 0, item 13.

    `[B, 1, 28, 28]` images and `[B, 1]` labels keep their shapes and dtypes.
    """
    for images, labels in batches:
        yield paddle.to_tensor(images, place=place), paddle.to_tensor(labels, place=place)


def read_async(
    batches: Iterable[Batch], place: Place, capacity: int = 5
) -> Generator[tuple[Tensor, Tensor]]:
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


PADDLE_HAS_WORKERS = sys.platform not in ("win32", "darwin")  # there it reads in this process
KILLED = (
    "a worker process ended while it made a batch: was it killed, or was memory short? "
    "Try fewer --num_workers, or --reader sync."
)


def read_workers(
    make: Callable[[int], Batch], count: int, place: Place, workers: int = 2
) -> Generator[tuple[Tensor, Tensor]]:
    """Yield `make(0)` to `make(count - 1)` as Tensors on `place`, made by worker processes.

    Their number changes neither order nor content. Stopping early ends them. What `make` raises is
    raised here as itself, after the batches that came before it. On Windows and macOS new processes
    import everything anew, so `make` must be something that can be pickled. Source: part 3, items 3
    and 4.

    Raises:
        DataError: a worker process was killed.
    """
    read = _read_forked if PADDLE_HAS_WORKERS else _read_spawned
    return read(make, count, place, workers)


NO_FAILURE = np.zeros(1, np.uint8)  # Paddle's shared memory takes no empty array


class _Batches(paddle.io.Dataset[Any]):
    """Batches by number, each with what failed when it was made: Paddle would tell only a text."""

    def __init__(self, make: Callable[[int], Batch], count: int) -> None:
        super().__init__()
        self.make, self.count = make, count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        try:
            return (*self.make(number), NO_FAILURE)
        except Exception as failure:
            nothing = np.zeros(1, np.float32)
            return nothing, nothing, np.frombuffer(_packed(failure), np.uint8)


def _packed(failure: Exception) -> bytes:
    try:
        content = pickle.dumps(failure)
        pickle.loads(content)  # some can be written and not read
    except Exception:
        content = pickle.dumps(RuntimeError("".join(traceback.format_exception(failure))))
    return content


def _read_forked(
    make: Callable[[int], Batch], count: int, place: Place, workers: int
) -> Generator[tuple[Tensor, Tensor]]:
    """Read by the worker processes of Paddle's DataLoader."""
    if not count:
        return
    loader = paddle.io.DataLoader(
        _Batches(make, count),
        batch_size=None,  # type: ignore[arg-type]  # what it gives is a batch already
        num_workers=workers,
        places=place,
    )
    batches = _start(loader)
    try:
        for images, labels, failure in batches:
            if failure.size > NO_FAILURE.size:
                raise pickle.loads(failure.numpy().tobytes())
            yield images, labels
    except SystemError:  # all that Paddle says is that a queue was killed
        raise DataError(KILLED) from None
    finally:
        _end(batches)


def _start(loader: paddle.io.DataLoader) -> Any:
    """Start the worker processes, and keep two things of Paddle's from harm.

    Python's garbage collection in a new process would destroy the parent's older loaders there,
    and wait for threads that only the parent has. Paddle's handler for the end of a process raises
    wherever the main thread happens to be; without it the loader notices within 5 seconds.
    """
    gc.freeze()
    try:
        if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
            return iter(loader)
        handler = signal.getsignal(signal.SIGCHLD)
        try:
            return iter(loader)
        finally:
            signal.signal(signal.SIGCHLD, handler)
    finally:
        gc.unfreeze()


def _end(batches: Any) -> None:
    """End the worker processes. Paddle has no public name for it, and leaves some running."""
    batches._try_shutdown_all(1)
    for worker in batches._workers:
        worker.kill()
        worker.join()


_make: Callable[[int], Batch]  # in a spawned process


def _read_spawned(
    make: Callable[[int], Batch], count: int, place: Place, workers: int
) -> Generator[tuple[Tensor, Tensor]]:
    """Read by processes of the standard library, which import everything anew."""
    spawn = multiprocessing.get_context("spawn")
    waiting: deque[Future[Batch | bytes]] = deque()
    with ProcessPoolExecutor(workers, spawn, _begin_worker, (make,)) as pool:
        try:
            for number in range(count):
                waiting.append(pool.submit(_make_batch, number))
                if len(waiting) > 2 * workers:
                    yield _arrived(waiting.popleft(), place)
            while waiting:
                yield _arrived(waiting.popleft(), place)
        except BrokenProcessPool:
            raise DataError(KILLED) from None
        finally:
            pool.shutdown(cancel_futures=True)


def _begin_worker(make: Callable[[int], Batch]) -> None:
    global _make
    _make = make
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the training, which ends them
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when the training dies without a word."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _make_batch(number: int) -> Batch | bytes:
    """Return a batch, or what failed when it was made."""
    try:
        return _make(number)
    except Exception as failure:
        return _packed(failure)


def _arrived(future: Future[Batch | bytes], place: Place) -> tuple[Tensor, Tensor]:
    made = future.result()
    if isinstance(made, bytes):
        raise pickle.loads(made)
    images, labels = made
    return paddle.to_tensor(images, place=place), paddle.to_tensor(labels, place=place)


def read_resident(
    resident: tuple[Tensor, Tensor], plan: Iterable[np.ndarray]
) -> Generator[tuple[Tensor, Tensor]]:
    """Yield each batch of indices `[B]` out of all images and labels, which lie on the device.

    `resident` is `[N, 1, 28, 28] float32` and `[N, 1]`: one batch of all that `read_sync` yields.
    Only indices go to the device.
    """
    images, labels = resident
    for chosen in plan:
        indices = paddle.to_tensor(chosen, place=images.place)
        yield paddle.gather(images, indices), paddle.gather(labels, indices)
