"""Training in a static program: backward, update, and a rate that falls with each run."""

from typing import Any

import numpy as np

from ..decays import LearningRateDecay
from .programs import unwrap
from .variables import NEW_IR, find, main_program, set_variable

_decays: list[tuple[Any, str, LearningRateDecay]] = []  # program, its rate's name, what sets it


def minimize(
    modern: Any, decay: Any, loss: Any, startup: Any = None, parameters: Any = None, no: Any = None
) -> Any:
    """Add backward and update to the program of `loss`; `decay` is the 1.x rate, or a number.

    `modern` is today's optimizer. A decay object is asked for the rate before each run.
    """
    if NEW_IR:  # names meant the variables
        block = main_program().global_block()
        parameters, no = (
            chosen and [find(block, p) if isinstance(p, str) else p for p in chosen]
            for chosen in (parameters, no)
        )
    result = modern.minimize(loss, unwrap(startup), parameters, no)
    if isinstance(decay, LearningRateDecay):
        program = loss.block.program if not NEW_IR else main_program()
        rate = modern._global_learning_rate(program) if NEW_IR else modern._global_learning_rate()
        _decays.append((program, rate.name, decay))
    return result


def set_rates(program: Any, scope: Any, place: Any) -> None:
    """Let the decay objects of a program take one step, before it runs."""
    for trained, rate_name, decay in _decays:
        if trained is program or (NEW_IR and trained == program):
            set_variable(rate_name, np.float32(decay()), scope, place)
