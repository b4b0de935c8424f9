"""What a network's answers cost, and how many are right: `fluid.layers.cross_entropy` and others.

cross_entropy takes probabilities, as 1.x did; today's takes the numbers before softmax.
"""

from typing import Any

import paddle
from paddle.nn import functional as F

from .arithmetic import mean
from .creation import assign
from .elementwise import Var

__all__ = [
    "accuracy",
    "cross_entropy",
    "label_smooth",
    "log_loss",
    "mse_loss",
    "sigmoid_cross_entropy_with_logits",
    "softmax_with_cross_entropy",
    "square_error_cost",
]


def square_error_cost(input: Var, label: Var) -> Var:
    """1.x: `square_error_cost(input, label)`; today `paddle.nn.functional.square_error_cost`."""
    return paddle.square(input - label)


def mse_loss(input: Var, label: Var) -> Var:
    """1.x: `mse_loss(input, label)`, of shape [1]; today `paddle.nn.functional.mse_loss`."""
    return mean(square_error_cost(input, label))


def cross_entropy(
    input: Var, label: Var, soft_label: bool = False, ignore_index: int = -100
) -> Var:
    """1.x: `cross_entropy(input, label, soft_label=False, ignore_index=-100)`, of shape [N, 1].

    Today: `paddle.nn.functional.cross_entropy` of the numbers BEFORE softmax, averaged. Here
    `input` [N, classes] holds probabilities, `label` [N, 1] whole numbers.
    """
    logarithm = paddle.clip(paddle.log(input), min=-1e20)  # 1.x bounded log 0 in this way
    if soft_label:
        return -paddle.sum(label * logarithm, axis=-1, keepdim=True)
    label = paddle.reshape(label, [*input.shape[:-1], 1]) if input.shape != label.shape else label
    label = paddle.cast(label, "int64")
    kept = label != ignore_index
    chosen = paddle.where(kept, label, paddle.zeros_like(label))
    losses = -paddle.take_along_axis(logarithm, chosen, axis=-1)
    return losses * paddle.cast(kept, losses.dtype)


def softmax_with_cross_entropy(
    logits: Var,
    label: Var,
    soft_label: bool = False,
    ignore_index: int = -100,
    numeric_stable_mode: bool = True,
    return_softmax: bool = False,
    axis: int = -1,
) -> Var:
    """1.x: `softmax_with_cross_entropy(logits, label, soft_label, …)`, of shape [N, 1].

    Today: `paddle.nn.functional.cross_entropy(logits, label)`, which averages.
    """
    losses = F.cross_entropy(
        logits,
        label,
        soft_label=soft_label,
        ignore_index=ignore_index,
        reduction="none",
        axis=axis,
    )
    return (losses, F.softmax(logits, axis)) if return_softmax else losses


def sigmoid_cross_entropy_with_logits(
    x: Var, label: Var, ignore_index: int = -100, name: Any = None, normalize: bool = False
) -> Var:
    """1.x: `sigmoid_cross_entropy_with_logits(x, label, ignore_index, name, normalize)`.

    Today: `paddle.nn.functional.binary_cross_entropy_with_logits`, which averages.
    """
    losses = F.binary_cross_entropy_with_logits(x, label, reduction="none")
    kept = paddle.cast(label != ignore_index, losses.dtype)
    return losses * kept / (paddle.sum(kept) if normalize else 1.0)


def log_loss(input: Var, label: Var, epsilon: float = 1e-4, name: Any = None) -> Var:
    """1.x: `log_loss(input, label, epsilon=1e-4)`; today `paddle.nn.functional.log_loss`."""
    return F.log_loss(input, label, epsilon)


def label_smooth(
    label: Var,
    prior_dist: Var = None,
    epsilon: float = 0.1,
    dtype: Any = "float32",
    name: Any = None,
) -> Var:
    """1.x: `label_smooth(label, prior_dist, epsilon=0.1)`; today `nn.functional.label_smooth`."""
    return F.label_smooth(label, prior_dist, epsilon)


def accuracy(input: Var, label: Var, k: int = 1, correct: Var = None, total: Var = None) -> Var:
    """1.x: `accuracy(input, label, k=1, correct=None, total=None)`, of shape [1].

    Today: `paddle.metric.accuracy`, of shape [].
    """
    if len(label.shape) == 1:
        label = paddle.unsqueeze(label, -1)
    accurate = paddle.metric.accuracy(input, label, k=k).reshape([1])
    rows = paddle.shape(label)[0].reshape([1])
    right = paddle.round(accurate * paddle.cast(rows, "float32"))
    for tensor, value in ((correct, right), (total, rows)):
        if tensor is not None:
            assign(paddle.cast(value, tensor.dtype), tensor)
    return accurate
