"""What install() changes, all of it: modules, a few methods of Tensor, and two libraries' names.

modules.py lists the modules of Paddle 1.x and what stands for each; scalars.PATCHES the methods.
Pillow gets Image.ANTIALIAS back; without a screen, Matplotlib saves what plt.show() would show.
"""

import importlib
import os
import sys
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
    # to_static must leave our functions as they are: they need no control flow made static.
    paddle.jit.ignore_module([sys.modules[name] for name in sorted(sys.modules) if _computes(name)])
    if not hasattr(Image, "ANTIALIAS"):
        change(Image, "ANTIALIAS", Image.Resampling.LANCZOS)
    screen = sys.platform != "linux" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
    if not screen and "MPLBACKEND" not in os.environ:
        change(os.environ, "MPLBACKEND", "module://mnist_paddle.fluid.figure_backend")


def _computes(name: str) -> bool:
    return name.startswith((f"{__package__}.layers", f"{__package__}.dygraph"))


def _module(name: str, ours: str | None) -> ModuleType:
    if ours is not None:
        where = ours if ours.startswith("paddle.") else f"{__package__}.{ours}"
        return importlib.import_module(where)
    module = ModuleType(f"paddle.{name}")
    module.__path__ = []
    module.__dict__["__getattr__"] = lookup(name)
    return module
