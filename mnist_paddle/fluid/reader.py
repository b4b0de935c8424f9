"""`fluid.contrib.reader.distributed_batch_reader`: every process reads its own batches.

Of n batches in a row, process r takes the r-th; a last row that is not full is left out, so that
all processes take equally many steps. Today: paddle.io.DistributedBatchSampler.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .dygraph.parallel import ParallelEnv
from .missing import lookup

__all__ = ["distributed_batch_reader"]


def distributed_batch_reader(
    batch_reader: Callable[[], Iterable[Any]],
) -> Callable[[], Iterator[Any]]:
    """1.x: `distributed_batch_reader(batch_reader)`; today `paddle.io.DistributedBatchSampler`."""

    def read() -> Iterator[Any]:
        ranks, batches = ParallelEnv(), iter(batch_reader())
        while len(row := list(itertools.islice(batches, ranks.nranks))) == ranks.nranks:
            yield row[ranks.local_rank]

    return read


__getattr__ = lookup("fluid.contrib.reader")
