"""Train with a FAULT, to show what it does: softmax in the network, and again in the loss.

python -m benchmarks.claims.softmax_twice --model cnn --lr 0.01

The tutorial's official successor ends its networks with softmax and hands the result to
F.cross_entropy, which applies softmax by itself. `python -m benchmarks.claims softmax_twice` runs
this; the options are those of scripts/train.py. Everything else is as there: which digit is read
does not change by a softmax more.
"""

import dataclasses
from typing import TYPE_CHECKING

from mnist_paddle.commands import main
from mnist_paddle.losses import OBJECTIVES, Objective

if TYPE_CHECKING:
    from paddle import Tensor


def with_softmax_twice(right: Objective) -> Objective:
    """Return the objective with the fault: of `[N, 10]` outputs the loss is 1.461 at the least."""

    def loss(outputs: "Tensor", labels: "Tensor") -> "Tensor":
        assert right.probabilities is not None  # softmax
        return right.loss(right.probabilities(outputs), labels)

    return dataclasses.replace(right, loss=loss)


if __name__ == "__main__":
    print("THE FAULT: softmax twice, in the network and in the loss.")
    OBJECTIVES["ce"] = with_softmax_twice(OBJECTIVES["ce"])
    main("train")
