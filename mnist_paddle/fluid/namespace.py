"""What `import paddle.fluid as fluid` gives an old script after install().

The names directly under `fluid`; the modules beside this one are `fluid.layers` and so on.
What is not here is refused by missing.py, with its replacement where one is known.
"""

from typing import Any

import paddle
from paddle.nn import functional as F

from . import clip, dygraph, framework, initializer, io, layers, optimizer, regularizer
from .dygraph.base import disable_dygraph, enable_dygraph
from .dygraph.checkpoint import load_dygraph, save_dygraph
from .framework import (
    Variable,
    default_main_program,
    default_startup_program,
    set_flags,
)
from .io import DataLoader
from .missing import lookup
from .param_attr import ParamAttr
from .places import (
    CPUPlace,
    CUDAPinnedPlace,
    CUDAPlace,
    cpu_places,
    cuda_places,
    in_dygraph_mode,
    is_compiled_with_cuda,
)

__all__ = [
    "CPUPlace",
    "CUDAPinnedPlace",
    "CUDAPlace",
    "DataLoader",
    "ParamAttr",
    "Variable",
    "clip",
    "cpu_places",
    "cuda_places",
    "default_main_program",
    "default_startup_program",
    "disable_dygraph",
    "dygraph",
    "enable_dygraph",
    "framework",
    "in_dygraph_mode",
    "initializer",
    "io",
    "is_compiled_with_cuda",
    "layers",
    "load_dygraph",
    "one_hot",
    "optimizer",
    "regularizer",
    "save_dygraph",
    "set_flags",
]

__version__ = paddle.__version__
__path__: list[str] = []  # it has modules, and none to be looked for in a folder


def one_hot(input: Any, depth: int, allow_out_of_range: bool = False) -> Any:
    """1.6: `fluid.one_hot(input, depth)`: [N] becomes [N, depth]; today `F.one_hot`."""
    return F.one_hot(input, depth)


def install_check() -> None:
    """1.x: `fluid.install_check.run_check()`; today `paddle.utils.run_check()`."""


install_check.run_check = paddle.utils.run_check  # type: ignore[attr-defined]

__getattr__ = lookup("fluid", "static", "dygraph.nn", "framework")
