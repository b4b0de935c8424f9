"""Stage 4, losses: how wrong is an output, and which digit does it mean?

An Objective is the one place that knows what belongs together: the loss, how many outputs the
network has, the type of the labels, and how outputs become digits and probabilities.
Paddle 1.x's cross_entropy took probabilities; today's takes raw outputs and applies softmax.
Today's Paddle lets wrong shapes and label types pass without a word; here they are errors.

阶段 4，损失：输出错了多少？它代表哪个数字？
Objective 把必须配套的东西放在一处：损失函数、网络的输出个数、标签的类型、
怎样从输出得到数字和概率。
Paddle 1.x 的 cross_entropy 接收概率；今天的接收原始输出，并自己做 softmax。
今天的 Paddle 对错误的形状和标签类型一声不响；这里会报错。
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import paddle
from paddle import Tensor
from paddle.nn import functional as F


@dataclass(frozen=True)
class Objective:
    """Say what a network is trained for.

    `loss(outputs [N, K], labels [N, 1])` is a scalar, the mean over the batch;
    `digits(outputs [N, K])` is `[N] int64`; `probabilities(outputs [N, K])` is `[N, 10]`, or
    None where the outputs say nothing about probability.
    """

    outputs: int
    label_dtype: str
    loss: Callable[[Tensor, Tensor], Tensor]
    digits: Callable[[Tensor], Tensor]
    probabilities: Callable[[Tensor], Tensor] | None


def square_error(outputs: Tensor, labels: Tensor) -> Tensor:
    """Return the mean of (output - label)², for `[N, 1]` outputs and `[N, 1]` float labels.

    Raises:
        ValueError: the shapes differ (Paddle would silently broadcast `[N, 1]` and `[N]` to
            `[N, N]`) or the labels are not floats.
    """
    if outputs.shape != labels.shape:
        raise ValueError(
            f"square error needs outputs and labels of one shape, "
            f"not {list(outputs.shape)} and {list(labels.shape)}"
        )
    if not labels.is_floating_point():
        raise ValueError(f"square error needs float labels, not {labels.dtype}")
    return F.square_error_cost(outputs, labels).mean()


def cross_entropy(outputs: Tensor, labels: Tensor, smoothing: float = 0.0) -> Tensor:
    """Return the mean of -log softmax(outputs)[label], for `[N, 10]` outputs, `[N, 1]` int labels.

    With `smoothing` each label gives so much of its 1 away to all ten digits alike, so that the
    network is not driven to be surer and surer (Szegedy et al. 2015, arXiv 1512.00567).

    Raises:
        ValueError: a shape is another, or the labels are not integers (Paddle would silently
            truncate them).
    """
    if len(outputs.shape) != 2 or list(labels.shape) != [outputs.shape[0], 1]:
        raise ValueError(
            f"cross entropy needs outputs [N, K] and labels [N, 1], "
            f"not {list(outputs.shape)} and {list(labels.shape)}"
        )
    if labels.dtype not in (paddle.int64, paddle.int32):
        raise ValueError(f"cross entropy needs integer labels, not {labels.dtype}")
    if not smoothing:
        return F.cross_entropy(outputs, labels)
    certain = F.one_hot(labels.squeeze(1), outputs.shape[1])  # [N, 10]
    return F.cross_entropy(outputs, F.label_smooth(certain, epsilon=smoothing), soft_label=True)


def with_smoothing(objective: Objective, smoothing: float) -> Objective:
    """Return the objective of cross entropy with label smoothing: another loss, nothing else."""
    return replace(objective, loss=partial(cross_entropy, smoothing=smoothing))


def _rounded_digits(outputs: Tensor) -> Tensor:
    outputs = paddle.nan_to_num(outputs)  # of a network whose weights are spoilt
    return outputs.squeeze(1).round().clip(0, 9).astype("int64")


def _most_probable_digits(outputs: Tensor) -> Tensor:
    return outputs.argmax(axis=1)


OBJECTIVES = {
    "mse": Objective(1, "float32", square_error, _rounded_digits, None),
    "ce": Objective(10, "int64", cross_entropy, _most_probable_digits, F.softmax),
}
