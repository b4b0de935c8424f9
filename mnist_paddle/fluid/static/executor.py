"""What runs a static program: `fluid.Executor(place).run(program, feed={…}, fetch_list=[…])`.

Unlike today's, a 1.x executor could be fed more than what is fetched needs, and gave numbers the
shape [1]. Here one device computes, however many a script asks for.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import paddle

from .. import io
from ..places import CUDAPlace
from ..scalars import Number
from .feeding import fitted, has_input
from .programs import TestProgram, program_or_default, switch
from .training import set_rates
from .variables import inputs_of, value_of


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
        program = program_or_default(program)
        if isinstance(feed, list | tuple):  # one of several devices; here there is one
            feed = {key: np.concatenate([part[key] for part in feed]) for key in feed[0]}
        feed = feed or io.feed_from_started(lambda name: has_input(program, name))
        feed = {name: fitted(name, array) for name, array in dict(feed or {}).items()}
        wanted = [value_of(program, item) for item in fetch_list or []]
        if isinstance(program, TestProgram):
            program, wanted = program.for_values(wanted)
            needed = inputs_of(program)
            feed = {name: array for name, array in feed.items() if name in needed}
        set_rates(program, scope, self.place)
        results = self._executor.run(
            program, feed=feed, fetch_list=wanted, scope=scope, return_numpy=return_numpy
        )
        return [as_fetched(result) for result in results or []] if return_numpy else results

    def close(self) -> None:
        """1.x: `close()`; today the same."""
        self._executor.close()


def ParallelExecutor(use_cuda: bool = False, loss_name: Any = None, **options: Any) -> Any:
    """1.x: `ParallelExecutor(use_cuda, loss_name, main_program)`, run with fetch_list and feed.

    Today `paddle.static.Executor`. Here it is one device.
    """
    executor = Executor(CUDAPlace(0) if use_cuda else paddle.CPUPlace())
    main, run = options.get("main_program"), executor.run
    executor.run = lambda fetch_list=None, feed=None, **others: run(  # type: ignore[method-assign]
        main, feed=feed, fetch_list=fetch_list
    )
    return executor
