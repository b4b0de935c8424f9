"""What install() changes, all of it: modules, a few methods of Tensor, and two libraries' names.

modules.py lists the modules of Paddle 1.x and what stands for each; scalars.PATCHES the methods.
Pillow gets Image.ANTIALIAS back; without a screen, Matplotlib saves what plt.show() would show.
"""

import importlib
import os
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import paddle
import paddle.dataset
from PIL import Image

from . import scalars
from .changes import change
from .missing import lookup
from .modules import MODULES


def install() -> None:
    """Change what is listed above, once."""
    if f"paddle.{next(iter(MODULES))}" in sys.modules:
        return
    for name, ours in MODULES.items():
        module = _module(name, ours)
        parent, _, child = f"paddle.{name}".rpartition(".")
        change(sys.modules, f"paddle.{name}", module)
        change(sys.modules[parent], child, module)
    for method, function in scalars.PATCHES.items():
        change(paddle.Tensor, method, function)
    paddle.jit.ignore_module([_all_that_computes()])
    if not hasattr(Image, "ANTIALIAS"):
        change(Image, "ANTIALIAS", Image.Resampling.LANCZOS)
    screen = sys.platform != "linux" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
    if not screen and "MPLBACKEND" not in os.environ:
        change(os.environ, "MPLBACKEND", "module://mnist_paddle.fluid.figure_backend")


@cache
def _all_that_computes() -> ModuleType:
    """Return a module for to_static to leave as it is: ours need no control flow made static.

    Paddle 3 goes by the folder of its file, 2.6 by its members. It holds no modules, for Paddle
    would search each of them, and so all of Paddle, for seconds.
    """
    found = ModuleType("paddle.fluid")
    found.__file__ = str(Path(__file__).with_name("__init__.py"))
    for name, module in sys.modules.items():
        if name.startswith((f"{__package__}.layers", f"{__package__}.dygraph")):
            functions = {key: part for key, part in vars(module).items() if callable(part)}
            functions.pop("__getattr__", None)
            vars(found).update(functions)
    return found


def _module(name: str, ours: str | None) -> ModuleType:
    if ours is not None:
        where = ours if ours.startswith("paddle.") else f"{__package__}.{ours}"
        return importlib.import_module(where)
    module = ModuleType(f"paddle.{name}")
    module.__path__ = []
    module.__dict__["__getattr__"] = lookup(name)
    return module
