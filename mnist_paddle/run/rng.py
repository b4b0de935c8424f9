"""Which random numbers come next? The generators' states, kept with a checkpoint and put back.

Python, NumPy and Paddle each have a generator; a stopped training goes on with the same numbers.
Our own order of images needs none of them (it follows from seed and epoch): this is for networks
with dropout, for augmentation, for what a reader adds. Arrays and plain numbers, no pickle.
"""

import random
from typing import Any

import numpy as np
import paddle


def random_state() -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return the three generators' states: arrays, for the file, and numbers, for its header.

    Of its CPU generator, Paddle 2.6 gives out the seed but not how far it has come.
    """
    version, words, gauss = random.getstate()
    _, keys, position, has_gauss, cached = np.random.get_state(legacy=True)
    arrays = {"random/python": np.array(words, np.uint32), "random/numpy": np.asarray(keys)}
    facts: dict[str, Any] = {
        "python": [version, gauss],
        "numpy": [int(position), int(has_gauss), float(cached)],
        "paddle": [],
    }
    for device, state in enumerate(paddle.get_rng_state()):
        *numbers, engine = (*state.__getstate__(), [])[:4]
        facts["paddle"].append(numbers)
        arrays[f"random/paddle/{device}"] = np.array(engine, np.uint8)
    return arrays, facts


def restore_random_state(arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None:
    """Put back what `random_state` returned.

    Raises:
        KeyError, RuntimeError, TypeError, ValueError: it is not such; some generators may be
            changed then.
    """
    version, gauss = facts["python"]
    random.setstate((version, tuple(arrays["random/python"].tolist()), gauss))
    np.random.set_state(("MT19937", arrays["random/numpy"], *facts["numpy"]))
    kind, states = type(paddle.get_rng_state()[0]), []
    for device, numbers in enumerate(facts["paddle"]):
        engine = arrays[f"random/paddle/{device}"].tolist()
        states.append(kind.__new__(kind))  # Paddle's way to make one from what it gave out
        states[-1].__setstate__((*numbers, engine) if engine else tuple(numbers))
    paddle.set_rng_state(states)
