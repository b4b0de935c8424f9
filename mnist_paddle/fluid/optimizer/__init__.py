"""Optimizers of old scripts: `fluid.optimizer.Adam(learning_rate=0.01, parameter_list=…)`.

Each holds today's optimizer of that name. `minimize` takes one step with the gradients that
`loss.backward()` has left, asks a decay object for the rate, and clears nothing.
The saved state says which parameter is which by its place, so it fits a model built again.
"""

from ..missing import lookup
from .algorithms import (
    AdadeltaOptimizer,
    AdagradOptimizer,
    AdamaxOptimizer,
    AdamOptimizer,
    MomentumOptimizer,
    RMSPropOptimizer,
    SGDOptimizer,
)
from .base import Optimizer

__all__ = [
    "SGD",
    "Adadelta",
    "AdadeltaOptimizer",
    "Adagrad",
    "AdagradOptimizer",
    "Adam",
    "AdamOptimizer",
    "Adamax",
    "AdamaxOptimizer",
    "Momentum",
    "MomentumOptimizer",
    "Optimizer",
    "RMSProp",
    "RMSPropOptimizer",
    "SGDOptimizer",
]

SGD, Momentum, Adagrad, Adam = SGDOptimizer, MomentumOptimizer, AdagradOptimizer, AdamOptimizer
Adamax, Adadelta, RMSProp = AdamaxOptimizer, AdadeltaOptimizer, RMSPropOptimizer

__getattr__ = lookup("fluid.optimizer")
