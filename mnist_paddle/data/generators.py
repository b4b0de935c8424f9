"""Stage 1, data: in which order do batches come, when a function hands them out one by one?

Parts 2 and 4 of the tutorial: five generators, all `f(x, y, batch_size, seed=…, epoch=…)`.
Two give one pass, `steps` batches of it; three never end and want steps per epoch.
Which samples batch number k holds depends on seed and k alone, so any batch can be made first.

阶段 1，数据：当一个函数把批次一个个交出来时，它们按什么顺序来？
教程的第 2、4 部分：五个生成器，用法都是 `f(x, y, batch_size, seed=…, epoch=…)`。
两个只走一轮，共 `steps` 个批次；三个永不结束，需要说明每轮走多少步。
第 k 个批次里有哪些样本，只由种子和 k 决定，所以可以先取任意一个批次。

The tutorial's shuffled the caller's arrays in place and gave empty and oversized batches.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..errors import DataError

# (samples, samples in a batch, seed, number of the batch) → the indices of that batch [B] int64
Order = Callable[[int, int, int, int], np.ndarray]
# A batch of x and of y, as they were indexed → what the network gets
Transform = Callable[[Any, Any], tuple[Any, Any]]
# f(x, y, batch_size, *, seed=0, epoch=0, transform=None) → batches of x and y
Generator = Callable[..., Iterator[tuple[Any, Any]]]


def steps_in_pass(count: int, batch_size: int) -> int:
    """Return how many batches show each of `count` samples once, the short last one included."""
    return -(-count // batch_size)


def _place(count: int, batch_size: int, number: int) -> tuple[int, int, int]:
    """Return the pass that batch `number` belongs to, and its first and last + 1 place in it."""
    epoch, slot = divmod(number, steps_in_pass(count, batch_size))
    return epoch, slot * batch_size, min((slot + 1) * batch_size, count)


@functools.lru_cache(maxsize=2)  # a pass asks for it once for every batch
def _permutation(count: int, seed: int, epoch: int) -> np.ndarray:
    permutation = np.random.default_rng([seed, epoch]).permutation(count)
    permutation.flags.writeable = False
    return permutation


def finite_order(count: int, batch_size: int, seed: int, number: int) -> np.ndarray:
    """File order, shuffled inside each batch: a batch has the same members in every pass."""
    _, start, stop = _place(count, batch_size, number)
    return start + np.random.default_rng([seed, number]).permutation(stop - start)


def reshuffled_order(count: int, batch_size: int, seed: int, number: int) -> np.ndarray:
    """The whole set in a new order in every pass; the last batch of a pass may be short."""
    epoch, start, stop = _place(count, batch_size, number)
    return _permutation(count, seed, epoch)[start:stop]


def random_block_order(count: int, batch_size: int, seed: int, number: int) -> np.ndarray:
    """A run of neighbours, from anywhere; all samples where there are fewer than a batch."""
    size = min(batch_size, count)
    return np.random.default_rng([seed, number]).integers(count - size + 1) + np.arange(size)


def wrap_around_order(count: int, batch_size: int, seed: int, number: int) -> np.ndarray:
    """File order, over the end and on from the beginning: every batch is full."""
    return (number * batch_size + np.arange(batch_size)) % count


ORDERS: dict[str, Order] = {
    "finite": finite_order,
    "reshuffled": reshuffled_order,
    "infinite": reshuffled_order,  # what differs is that it does not stop after a pass
    "random_block": random_block_order,
    "wrap_around": wrap_around_order,
}
ENDLESS = ("infinite", "random_block", "wrap_around")


class Plan:
    """The batches of one epoch, as indices; each is made when it is asked for."""

    def __init__(
        self, name: str, count: int, batch_size: int, *, seed: int, first: int, steps: int
    ) -> None:
        """Plan `steps` batches of generator `name`, from its batch number `first` on."""
        self.order, self.first, self.steps = ORDERS[name], first, steps
        self.count, self.batch_size, self.seed = count, batch_size, seed

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[np.ndarray]:
        return map(self.__getitem__, range(self.steps))

    def __getitem__(self, number: int) -> np.ndarray:
        if not 0 <= number < self.steps:
            raise IndexError(f"batch {number} of {self.steps}")
        return self.order(self.count, self.batch_size, self.seed, self.first + number)


def _generator(name: str, docstring: str) -> Generator:
    """Return the generator whose order is ORDERS[name]: all five differ in that alone."""

    def generator(
        x: Any,
        y: Any,
        batch_size: int,
        *,
        seed: int = 0,
        epoch: int = 0,
        transform: Transform | None = None,
    ) -> Iterator[tuple[Any, Any]]:
        return _batches(name, x, y, batch_size, seed, epoch, transform)

    generator.__name__ = generator.__qualname__ = name  # as if each were written out
    generator.__doc__ = docstring
    return generator


finite = _generator(
    "finite",
    """Yield one pass: ceil(n/b) batches in file order, each shuffled inside. Source: item 2.2.

    `x` and `y` are arrays, lists or memory-mapped files of one length; they are never changed. A
    batch of a list is an array. `transform(x_batch, y_batch)`, if given, makes the batch, from
    lists where there are lists: paths become pictures there (items 2.5 and 4.2).

    Raises:
        DataError: no samples, x and y of two lengths, or a number that cannot be meant.
    """,
)
reshuffled = _generator(
    "reshuffled",
    """Yield one pass in the order of `epoch`: each sample once, ceil(n/b) batches.

    Otherwise as `finite`. Source: items 2.3 and 4.2.
    """,
)
infinite = _generator(
    "infinite",
    """Yield pass after pass of `reshuffled`, beginning with pass `epoch`, without end.

    The last batch of each pass may be short, so that ceil(n/b) steps are a pass. Otherwise as
    `finite`. Source: item 2.4.
    """,
)
random_block = _generator(
    "random_block",
    """Yield min(b, n) neighbours from a random place, without end: quick to read from a file.

    Begins with batch number epoch·ceil(n/b). Otherwise as `finite`. Source: item 4.1.
    """,
)
wrap_around = _generator(
    "wrap_around",
    """Yield exactly b samples in file order, over the end and on, without end and unshuffled.

    n = 10, b = 4 gives 0123 4567 8901 2345. Begins with batch number epoch·ceil(n/b); `seed`
    changes nothing. Otherwise as `finite`. Source: item 4.3.
    """,
)
GENERATORS = {
    "finite": finite,
    "reshuffled": reshuffled,
    "infinite": infinite,
    "random_block": random_block,
    "wrap_around": wrap_around,
}


def _batches(
    name: str, x: Any, y: Any, batch_size: int, seed: int, epoch: int, transform: Transform | None
) -> Iterator[tuple[Any, Any]]:
    """Check now, not when the first batch is asked for; then take batch after batch."""
    count = len(x)
    if len(y) != count:
        raise DataError(f"there are {count} samples and {len(y)} labels, expected as many.")
    if count == 0:
        raise DataError("there are no samples to make batches of.")
    for what, number, least in (("batch_size", batch_size, 1), ("seed", seed, 0)):
        if number < least:
            raise DataError(f"{what} is {number}, expected {least} or more.")
    if epoch < 0:
        raise DataError(f"epoch is {epoch}, expected 0 or more.")
    steps = steps_in_pass(count, batch_size)
    numbers = itertools.count(epoch * steps)
    if name not in ENDLESS:
        numbers = itertools.islice(numbers, steps)  # type: ignore[assignment]
    orders = (ORDERS[name](count, batch_size, seed, number) for number in numbers)
    if transform is None:
        return ((np.asarray(_take(x, chosen)), np.asarray(_take(y, chosen))) for chosen in orders)
    return (transform(_take(x, chosen), _take(y, chosen)) for chosen in orders)


def _take(samples: Any, chosen: np.ndarray) -> Any:
    """Copy the chosen samples out of an array, memory-mapped or not, or a list."""
    if isinstance(samples, np.ndarray):
        return np.array(samples[chosen])  # a plain array also of a memory-mapped one
    return [samples[index] for index in chosen.tolist()]
