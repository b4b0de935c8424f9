"""`fluid.dygraph`: everything that old dygraph scripts take from it.

nn.py has the layers, base.py the mode, the others what their names say.
Today all of it is in paddle, paddle.nn, paddle.optimizer.lr and paddle.distributed.
"""

from .. import decays as learning_rate_scheduler
from ..decays import (
    CosineDecay,
    ExponentialDecay,
    InverseTimeDecay,
    LambdaDecay,
    LinearLrWarmup,
    MultiStepDecay,
    NaturalExpDecay,
    NoamDecay,
    PiecewiseDecay,
    PolynomialDecay,
    StepDecay,
)
from ..missing import lookup
from . import base, checkpoint, jit, nn, parallel
from .base import (
    BackwardStrategy,
    disable_dygraph,
    enable_dygraph,
    enabled,
    grad,
    guard,
    no_grad,
    to_variable,
)
from .checkpoint import load_dygraph, load_persistables, save_dygraph, save_persistables
from .jit import TracedLayer, declarative, dygraph_to_static_func
from .nn import (
    FC,
    BatchNorm,
    Conv2D,
    Dropout,
    Embedding,
    Layer,
    LayerList,
    LayerNorm,
    Linear,
    ParameterList,
    Pool2D,
    Sequential,
)
from .parallel import DataParallel, Env, ParallelEnv, prepare_context

__all__ = [
    "FC",
    "BackwardStrategy",
    "BatchNorm",
    "Conv2D",
    "CosineDecay",
    "DataParallel",
    "Dropout",
    "Embedding",
    "Env",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LambdaDecay",
    "Layer",
    "LayerList",
    "LayerNorm",
    "Linear",
    "LinearLrWarmup",
    "MultiStepDecay",
    "NaturalExpDecay",
    "NoamDecay",
    "ParallelEnv",
    "ParameterList",
    "PiecewiseDecay",
    "PolynomialDecay",
    "Pool2D",
    "Sequential",
    "StepDecay",
    "TracedLayer",
    "base",
    "checkpoint",
    "declarative",
    "disable_dygraph",
    "dygraph_to_static_func",
    "enable_dygraph",
    "enabled",
    "grad",
    "guard",
    "jit",
    "learning_rate_scheduler",
    "load_dygraph",
    "load_persistables",
    "nn",
    "no_grad",
    "parallel",
    "prepare_context",
    "save_dygraph",
    "save_persistables",
    "to_variable",
]

__getattr__ = lookup("fluid.dygraph")
