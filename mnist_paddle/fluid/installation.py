"""What install() changes, all of it: modules, a few methods of Tensor, and two libraries' names.

MODULES lists the modules of Paddle 1.x and what stands for each; scalars.PATCHES the methods.
Pillow gets Image.ANTIALIAS back; without a screen, Matplotlib saves what plt.show() would show.

install() 改动的全部内容：模块、张量的几个方法，以及另外两个库里的名字。
MODULES 列出 Paddle 1.x 的模块和代替它们的模块；scalars.PATCHES 列出那些方法。
Pillow 的 Image.ANTIALIAS 重新可用；没有屏幕时，plt.show() 要显示的图保存成文件。
"""

import importlib
import os
import sys
from types import ModuleType
from typing import Any

import paddle
import paddle.dataset
from PIL import Image

from . import layers, scalars
from .dygraph import nn
from .missing import lookup

# Module of Paddle 1.x: the module of ours, or of today's Paddle, that stands for it.
# None: an empty module.
MODULES = {
    "fluid": "namespace",
    "fluid.average": "average",
    "fluid.backward": "framework",
    "fluid.clip": "clip",
    "fluid.compiler": "static",
    "fluid.contrib": None,
    "fluid.contrib.reader": "reader",
    "fluid.core": "framework",
    "fluid.data_feeder": "static",
    "fluid.dygraph": "dygraph",
    "fluid.dygraph.backward_strategy": "dygraph.base",
    "fluid.dygraph.base": "dygraph.base",
    "fluid.dygraph.checkpoint": "dygraph.checkpoint",
    "fluid.dygraph.container": "dygraph.nn",
    "fluid.dygraph.jit": "dygraph.jit",
    "fluid.dygraph.layers": "dygraph.nn",
    "fluid.dygraph.learning_rate_scheduler": "dygraph.learning_rate_scheduler",
    "fluid.dygraph.nn": "dygraph.nn",
    "fluid.dygraph.parallel": "dygraph.parallel",
    "fluid.dygraph_grad_clip": "clip",
    "fluid.executor": "static",
    "fluid.framework": "framework",
    "fluid.initializer": "initializer",
    "fluid.io": "io",
    "fluid.layer_helper": "layer_helper",
    "fluid.layers": "layers",
    **{
        f"fluid.layers.{part}": "layers"
        for part in ("io", "learning_rate_scheduler", "loss", "metric_op", "nn", "ops", "tensor")
    },
    "fluid.metrics": "metrics",
    "fluid.nets": "nets",
    "fluid.optimizer": "optimizer",
    "fluid.parallel_executor": "static",
    "fluid.param_attr": "param_attr",
    "fluid.profiler": "profiler",
    "fluid.reader": "io",
    "fluid.regularizer": "regularizer",
    "fluid.unique_name": "paddle.utils.unique_name",
    "dataset.mnist": "mnist_readers",
    "utils.plot": "plot",
}

_undo: list[tuple[Any, str, Any]] = []
_ABSENT = object()


def install() -> None:
    """Change what is listed above, once."""
    if _undo:
        return
    for name, ours in MODULES.items():
        module = _module(name, ours)
        parent, _, child = f"paddle.{name}".rpartition(".")
        _set(sys.modules, f"paddle.{name}", module)
        _set(sys.modules[parent], child, module)
    for method, function in scalars.PATCHES.items():
        _set(paddle.Tensor, method, function)
    # to_static must leave our functions as they are: they need no control flow made static.
    paddle.jit.ignore_module([layers, nn])
    if not hasattr(Image, "ANTIALIAS"):
        _set(Image, "ANTIALIAS", Image.Resampling.LANCZOS)
    screen = sys.platform != "linux" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
    if not screen and "MPLBACKEND" not in os.environ:
        _set(os.environ, "MPLBACKEND", "module://mnist_paddle.fluid.figure_backend")


def uninstall() -> None:
    """Take all of it back, in reverse."""
    while _undo:
        where, name, before = _undo.pop()
        if isinstance(where, type | ModuleType):
            if before is _ABSENT:
                delattr(where, name)
            else:
                setattr(where, name, before)
        elif before is _ABSENT:
            del where[name]
        else:
            where[name] = before


def _set(where: Any, name: str, value: Any) -> None:
    """Set an attribute or an item, and remember what was there."""
    if isinstance(where, type | ModuleType):
        _undo.append((where, name, vars(where).get(name, _ABSENT)))
        setattr(where, name, value)
    else:
        _undo.append((where, name, where.get(name, _ABSENT)))
        where[name] = value


def _module(name: str, ours: str | None) -> ModuleType:
    if ours is not None:
        where = ours if ours.startswith("paddle.") else f"mnist_paddle.fluid.{ours}"
        return importlib.import_module(where)
    module = ModuleType(f"paddle.{name}")
    module.__path__ = []
    module.__dict__["__getattr__"] = lookup(name)
    return module
