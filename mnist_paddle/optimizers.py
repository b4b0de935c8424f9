"""Stage 5, optimizers: how far, and in which direction, does each step go?

SGD, Momentum, Adagrad and Adam as in the tutorial, AdamW, and the rules by which the learning
rate changes from step to step. The training loop steps the schedule after every batch: the tutorial
built a decay for its resumed run and never stepped it, so its learning rate never fell.

阶段 5，优化器：每一步走多远、往哪个方向走？
教程里的 SGD、Momentum、Adagrad、Adam，另有 AdamW，以及学习率逐步变化的规则。
训练循环在每个批次之后推进学习率：教程为断点续训建了衰减，
却从未推进过它，学习率一直没有下降。
"""

from collections.abc import Callable, Sequence
from typing import Any

import paddle
from paddle import Tensor
from paddle.optimizer import SGD, Adagrad, Adam, AdamW, Momentum, Optimizer
from paddle.optimizer.lr import (
    CosineAnnealingDecay,
    LambdaDecay,
    LRScheduler,
    OneCycleLR,
    PolynomialDecay,
)


def make_schedule(name: str, lr: float, steps: int, end_lr: float = 0.0) -> LRScheduler:
    """Make the rule that gives each of `steps` steps its learning rate.

    constant: `lr` throughout. polynomial: a straight line from `lr` to `end_lr` (part 1, item
    21). cosine: half a cosine from `lr` to `end_lr`. onecycle: up from lr/25 to `lr` in the first
    30 % of the steps, then down to `end_lr` (Smith 2018, arXiv 1803.09820).

    Raises:
        ValueError: no schedule has that name.
    """
    schedules: dict[str, Callable[[], LRScheduler]] = {
        "constant": lambda: LambdaDecay(lr, lambda step: 1.0),
        "polynomial": lambda: PolynomialDecay(lr, steps, end_lr),
        "cosine": lambda: CosineAnnealingDecay(lr, steps, end_lr),
        "onecycle": lambda: OneCycleLR(lr, max(steps, 2), end_learning_rate=end_lr),
    }
    if name not in schedules:
        raise ValueError(f"no schedule is named {name!r}; choose from {', '.join(schedules)}")
    return schedules[name]()


def make_optimizer(
    name: str,
    learning_rate: float | LRScheduler,
    parameters: Sequence[Tensor],
    weight_decay: float = 0.0,
    betas: tuple[float, float] = (0.9, 0.999),
) -> Optimizer:
    """Make the optimizer `name` for `parameters`; `betas` are Adam's and AdamW's.

    `weight_decay` is the coefficient of the L2 penalty: coefficient × parameter is added to each
    gradient. AdamW leaves the gradient as it is, and takes rate × coefficient × parameter off each
    parameter (Loshchilov and Hutter 2019, arXiv 1711.05101). Source: part 1, items 16 and 22.

    Raises:
        ValueError: no optimizer has that name.
    """
    decay = paddle.regularizer.L2Decay(weight_decay) if weight_decay else None
    rate: Any = learning_rate  # Paddle's type of Adagrad forgets that it takes schedules too
    optimizers: dict[str, Callable[[], Optimizer]] = {
        "sgd": lambda: SGD(rate, parameters, weight_decay=decay),
        "momentum": lambda: Momentum(rate, 0.9, parameters, weight_decay=decay),
        "adagrad": lambda: Adagrad(rate, parameters=parameters, weight_decay=decay),
        "adam": lambda: Adam(rate, *betas, parameters=parameters, weight_decay=decay),
        "adamw": lambda: AdamW(rate, *betas, parameters=parameters, weight_decay=weight_decay),
    }
    if name not in optimizers:
        raise ValueError(f"no optimizer is named {name!r}; choose from {', '.join(optimizers)}")
    return optimizers[name]()
