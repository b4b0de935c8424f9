"""Functions of old networks: `fluid.layers.cross_entropy(input=predict, label=label)` and others.

Most are one call of today's API under their old name and arguments. Those that changed their
meaning have the old one here: cross_entropy takes probabilities; mean, accuracy and reductions over
everything return shape [1]. 1.x spread them over modules of other names, fluid.layers.nn and so on:
install() lets each of those stand for this one.
"""

from ..missing import lookup
from . import arithmetic, creation, elementwise, losses, network, rates, shapes
from .arithmetic import *  # noqa: F403
from .creation import *  # noqa: F403
from .elementwise import *  # noqa: F403
from .losses import *  # noqa: F403
from .network import *  # noqa: F403
from .rates import *  # noqa: F403
from .shapes import *  # noqa: F403

__all__ = [
    *arithmetic.__all__,
    *creation.__all__,
    *elementwise.__all__,
    *losses.__all__,
    *network.__all__,
    *rates.__all__,
    *shapes.__all__,
    # Those of a static program, in static/, which are found when they are asked for.
    *("batch_norm", "conv2d", "create_py_reader_by_data", "data", "double_buffer", "embedding"),
    *("fc", "layer_norm", "py_reader", "read_file"),
]

__getattr__ = lookup("fluid.layers", "static.layers", "static.readers", "static", "param_attr")
