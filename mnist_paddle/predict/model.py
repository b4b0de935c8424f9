"""From a model file to digits: the model file says the rest by itself.

`load_model` rebuilds the network and its objective from the header of the file, whatever it was
trained with. The tutorial's predict knew one of its four models and failed on the others.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import paddle
from paddle import nn

from .. import checkpoint
from ..data import scale_pixels
from ..errors import CheckpointError
from ..evaluation import with_tta
from ..files import printable
from ..losses import OBJECTIVES, Objective
from ..models import build_model
from .runtimes import open_export

SHIPPED = Path(__file__).parents[1] / "weights" / "digits.safetensors"


@dataclass(frozen=True)
class TrainedModel:
    """A network with its weights, what it was trained for, and what its file says of it."""

    model: nn.Layer
    objective: Objective
    header: dict[str, Any]
    path: str | Path

    @property
    def network(self) -> nn.Layer:
        """The layer that predicts: `model`, with test-time augmentation if trained for that."""
        return with_tta(self.model, self.header.get("tta", False))


@dataclass(frozen=True)
class Prediction:
    """A digit, with its ten probabilities (cross entropy) or the raw output (square error)."""

    digit: int
    probabilities: list[float] | None
    output: float | None

    @property
    def confidence(self) -> float | None:
        """The digit's probability, None for a square-error model."""
        return None if self.probabilities is None else self.probabilities[self.digit]

    @property
    def second(self) -> int | None:
        """The second most probable digit, None for a square-error model."""
        if self.probabilities is None:
            return None
        others = (digit for digit in range(10) if digit != self.digit)
        return max(others, key=self.probabilities.__getitem__)

    @property
    def second_confidence(self) -> float | None:
        """The probability of `second`."""
        second = self.second
        return None if second is None or not self.probabilities else self.probabilities[second]

    def __str__(self) -> str:
        if self.probabilities is None:
            return f"{self.digit}  (output {self.output:.3f})"
        shares = "  ".join(f"{digit} {p:.1%}" for digit, p in enumerate(self.probabilities))
        return f"{self.digit}  ({shares})"


def default_model() -> Path:
    """Return the model file that comes with the package.

    Raises:
        CheckpointError: this copy of the package has none.
    """
    if not SHIPPED.is_file():
        raise CheckpointError(
            f"{SHIPPED}: no such model file, this copy of the package comes without a model; "
            "name one with --checkpoint."
        )
    return SHIPPED


def load_model(path: str | Path) -> TrainedModel:
    """Rebuild the network that a model file holds, ready to predict.

    An exported folder, or a file of one, is a model file too; its network may be a layer that
    another runtime computes.

    Raises:
        CheckpointError: not a model file of this package, or its weights do not fit its network.
    """
    exported = open_export(path)
    tensors, header = (exported.tensors, exported.header) if exported else checkpoint.load(path)
    runtime = exported.runtime if exported else None
    if "position" in header:  # a training checkpoint holds the optimizer's state as well
        tensors = checkpoint.weights_of(tensors)
    try:
        objective = OBJECTIVES[header["objective"]]
        _check_header(header, objective, None if runtime else tensors)
        model = runtime or build_model(**header["model"])
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{path}: its header does not describe a network that this version has "
            f"({printable(str(error), 200)})."
        ) from None
    if not runtime:  # it has its weights
        checkpoint.restore_model(model, tensors, path)
    model.eval()
    return TrainedModel(model, objective, header, path)


def _check_header(
    header: dict[str, Any], objective: Objective, tensors: checkpoint.Tensors | None
) -> None:
    """Refuse outputs that are not the objective's, and a network larger than the file's weights.

    A network is built before its weights are compared with the file's, and building takes the
    memory that the header asks for; without tensors none is built. The name of the data is what
    commands print.
    """
    outputs, hidden = header["model"]["outputs"], header["model"]["hidden"]
    if type(outputs) is not int or outputs != objective.outputs:
        raise ValueError(f"{outputs!r} outputs, its objective has {objective.outputs}")
    if header["model"]["name"] == "mlp" and tensors is not None:
        numbers = sum(array.size for array in tensors.values())
        # Two hidden layers of that width have its square of weights between them.
        if type(hidden) is not int or hidden < 1 or hidden**2 > numbers:
            raise ValueError(f"{numbers} weights in all and hidden = {hidden!r}")
    if type(header.get("tta", False)) is not bool:
        raise ValueError(f"tta is {header['tta']!r}")
    name = header["data"]["name"]
    if not isinstance(name, str) or not name.isprintable():
        raise ValueError(f"the name of its data is {name!r}")


def predict(trained: TrainedModel, images: np.ndarray) -> list[Prediction]:
    """Read the digits of `images` `[N, 28, 28] uint8`, ink 255 and paper 0.

    A square-error model's output is rounded and clipped to 0..9. Source: part 1, item 14.

    Raises:
        CheckpointError: the network gives no finite numbers.
    """
    pixels = scale_pixels(images.reshape([-1, 1, 28, 28]))
    with paddle.no_grad():
        outputs = trained.network(paddle.to_tensor(pixels))
        if not np.isfinite(outputs.numpy()).all():
            raise CheckpointError(
                f"{trained.path}: the network's outputs are not finite numbers, its weights are "
                f"spoilt; train the model again."
            )
        digits = trained.objective.digits(outputs).numpy()
        if trained.objective.probabilities is None:
            values = outputs[:, 0].numpy()
            return [Prediction(int(d), None, float(v)) for d, v in zip(digits, values, strict=True)]
        rows = trained.objective.probabilities(outputs).numpy()
    return [Prediction(int(d), row.tolist(), None) for d, row in zip(digits, rows, strict=True)]
