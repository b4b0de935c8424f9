"""How good is a model? Count, over a whole split, which digit it takes each image for.

Correct answers are counted as whole numbers and divided once, so the batch size changes nothing
and no remainder is dropped. The accuracy that the tutorial never printed is `Score`.

模型有多好？在整个数据划分上，数出每张图被认成了哪个数字。
正确的个数按整数累计，最后只除一次，所以批次大小不影响结果，也不会丢掉余数。
教程从未打印的正确率，就是 `Score`。
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import paddle
from paddle import Tensor, nn
from paddle.nn import functional as F

from .data import Split
from .losses import Objective
from .parallel import Ranks


@dataclass(frozen=True)
class Score:
    """What an evaluation counted: `confusion[label, digit]`, `[10, 10] int64`."""

    confusion: np.ndarray

    @property
    def correct(self) -> int:
        """Count the images whose digit is their label."""
        return int(np.trace(self.confusion))

    @property
    def total(self) -> int:
        """Count all images."""
        return int(self.confusion.sum())

    def __str__(self) -> str:
        return f"{self.correct}/{self.total} {self.correct / self.total:.2%}"

    def table(self) -> str:
        """Return a line per label: how many were right, and as which digit each was read."""
        lines = ["label    correct      accuracy   read as" + "".join(f"{d:6d}" for d in range(10))]
        for label, row in enumerate(self.confusion):
            right, total = int(row[label]), int(row.sum())
            share = f"{right / total:9.2%}" if total else "        -"
            counts = "".join(f"{count:6d}" for count in row)
            lines.append(f"{label:5d} {right:6d}/{total:<6d} {share}          {counts}")
        return "\n".join(lines)


def evaluate(
    model: nn.Layer,
    objective: Objective,
    split: Split,
    place: Any,
    batch_size: int = 200,
    ranks: Ranks | None = None,
) -> Score:
    """Count digits against labels over a whole split; the model's mode is put back after.

    Several ranks count a part each, every image once, and all get the sum.
    """
    ranks = ranks or Ranks()
    was_training, confusion = model.training, np.zeros([10, 10], np.int64)
    model.eval()
    with paddle.no_grad():
        for images, labels in split.part(ranks.rank, ranks.size).batches(batch_size):
            digits = objective.digits(model(paddle.to_tensor(images, place=place))).numpy()
            np.add.at(confusion, (labels[:, 0], digits), 1)
    if was_training:
        model.train()
    return Score(ranks.sum(confusion))


class ShiftedTTA(nn.Layer):
    """Test-time augmentation: the mean of a network's outputs for each image at nine places.

    The places are a pixel apart. A network that was trained on digits which were moved about still
    answers a little differently when one is moved by a pixel; the mean makes fewer mistakes and
    takes up to nine times as long (Krizhevsky et al. 2012). The network stays as it is.
    `[N, 1, 28, 28] float32` in, `[N, outputs] float32` out. What an image loses at one edge when it
    is moved comes in as paper, 0, at the other.
    """

    def __init__(self, network: nn.Layer) -> None:
        super().__init__()
        self.network = network
        self.training = network.training

    def forward(self, images: Tensor) -> Tensor:
        height, width = images.shape[2:]
        padded = F.pad(images, [1, 1, 1, 1])
        outputs = [  # one place after the other takes no more memory than a single look
            self.network(padded[:, :, y : y + height, x : x + width])
            for y in range(3)
            for x in range(3)
        ]
        return paddle.stack(outputs).mean(0)  # [9, N, outputs] → [N, outputs]


def with_tta(network: nn.Layer, tta: bool) -> nn.Layer:
    """Return the layer that predicts: `network`, with `tta` at nine places of each image."""
    return ShiftedTTA(network) if tta else network
