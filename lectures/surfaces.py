"""The loss of a real network as a function of two of its numbers, and descents to its minimum.

Everything else in the network stays as it was trained. The descents are real training steps, with
the package's optimizers and Paddle's gradients, on those two numbers alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import paddle
from paddle import Tensor
from paddle.nn import functional as F

from mnist_paddle.losses import cross_entropy, square_error
from mnist_paddle.models import MLP, Linear
from mnist_paddle.optimizers import make_optimizer

Surface = Callable[[Tensor], Tensor]  # a position [2] float32 → the loss there, a scalar


def two_weights(model: Linear, images: Tensor, labels: Tensor, pixels: Sequence[int]) -> Surface:
    """Return the square error of the linear model by the weights of two of the 784 pixels."""
    places = paddle.to_tensor(pixels)
    seen = paddle.index_select(paddle.flatten(images, 1), places, axis=1)  # [N, 2]
    with paddle.no_grad():
        weights = paddle.index_select(model.output.weight, places)  # [2, 1]
        others = model(images) - seen @ weights  # what the other pixels and the bias add up to

    def loss_at(position: Tensor) -> Tensor:
        return square_error(others + seen @ position.reshape([2, 1]), labels)

    return loss_at


def two_gains(model: MLP, images: Tensor, labels: Tensor) -> Surface:
    """Return the cross entropy of the MLP by a factor on its hidden layers and one on its last.

    A gain multiplies all weights and biases of a layer: 1, 1 is the network as it was trained.
    """
    with paddle.no_grad():
        first = model.hidden1(paddle.flatten(images, 1))  # [N, hidden], before its gain

    def loss_at(position: Tensor) -> Tensor:
        hidden, last = position[0], position[1]
        x = F.sigmoid(hidden * first)
        x = F.sigmoid(hidden * model.hidden2(x))
        return cross_entropy(last * model.output(x), labels)

    return loss_at


def loss_on_grid(surface: Surface, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the loss `[M, N]` at every pair of the N first and the M second numbers."""
    losses = np.empty([len(second), len(first)])
    with paddle.no_grad():
        for (row, column), _ in np.ndenumerate(losses):
            position = np.array([first[column], second[row]], "float32")
            losses[row, column] = float(surface(paddle.to_tensor(position)))
    return losses


@dataclass(frozen=True)
class Descent:
    """The positions `[steps + 1, 2]` that an optimizer came to, and the loss at each."""

    optimizer: str
    rate: float
    path: np.ndarray
    losses: np.ndarray


def descend(
    surface: Surface, optimizer: str, rate: float, start: np.ndarray, steps: int
) -> Descent:
    """Take `steps` real training steps from `start`."""
    value = paddle.nn.initializer.Assign(start.astype("float32"))
    position = paddle.create_parameter([2], "float32", default_initializer=value)
    rule = make_optimizer(optimizer, rate, [position])
    path, losses = [], []
    for _ in range(steps + 1):
        loss = surface(position)
        path.append(position.numpy().copy())
        losses.append(float(loss))
        loss.backward()
        rule.step()
        rule.clear_grad()
    return Descent(optimizer, rate, np.array(path), np.array(losses))


def curvatures(inputs: np.ndarray) -> np.ndarray:
    """Return the curvatures of the mean square error of a linear model, smallest first.

    `inputs` is `[N, K]`, what the model's K weights multiply. They are the eigenvalues of the
    Hessian 2 XᵀX / N: plain gradient descent diverges where the rate is above 2 / the largest.
    """
    return np.linalg.eigvalsh(2 * inputs.T @ inputs / len(inputs))
