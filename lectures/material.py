"""What the teaching figures are made from: the data and a trained network, read when needed."""

from functools import cached_property
from pathlib import Path

import numpy as np
import paddle
from paddle import Tensor, nn

from mnist_paddle.commands.app import make_default_data
from mnist_paddle.data import Split, load_splits
from mnist_paddle.data.generators import Plan
from mnist_paddle.errors import CheckpointError
from mnist_paddle.losses import OBJECTIVES
from mnist_paddle.models import CNN, build_model
from mnist_paddle.optimizers import make_optimizer
from mnist_paddle.predict import TrainedModel, default_model, load_model

SEED = 1
BATCH_SIZE = 100


class Material:
    """The data file or folder `data`, and the model file `checkpoint` or the shipped model."""

    def __init__(self, data: str, checkpoint: Path | None = None) -> None:
        self.data, self.checkpoint = data, checkpoint

    @cached_property
    def splits(self) -> dict[str, Split]:
        """Read train, valid and eval; the default data file is made if it is missing."""
        make_default_data(self.data)
        return load_splits(self.data)

    @cached_property
    def trained(self) -> TrainedModel:
        """Load the model whose outputs and layers are shown.

        Raises:
            CheckpointError: it is another network than the CNN with ten outputs.
        """
        trained = load_model(self.checkpoint or default_model())
        if not isinstance(trained.model, CNN) or trained.objective.probabilities is None:
            raise CheckpointError(
                f"{trained.path}: the figures show a CNN that was trained with cross entropy, "
                f"and this is another network; train one with --model cnn --loss ce."
            )
        return trained

    @property
    def model_name(self) -> str:
        """Return which model it is, and what it was trained on."""
        trained_on = self.trained.header.get("data", {}).get("name", "unknown data")
        return f"{Path(self.trained.path).name}, {trained_on}"

    def training_images(self, count: int, label_dtype: str = "int64") -> tuple[Tensor, Tensor]:
        """Return `count` images of train, or all there are: `[N, 1, 28, 28]`, labels `[N, 1]`."""
        split = self.splits["train"]
        images, labels = split.batch(split.order(seed=SEED)[:count], label_dtype)
        return paddle.to_tensor(images), paddle.to_tensor(labels)

    def train_network(self, name: str, loss: str, opt: str, lr: float, steps: int) -> nn.Layer:
        """Train a small network of the tutorial for some steps; its weights stay as they are then.

        It takes seconds, and gives the same weights each time.
        """
        objective, split = OBJECTIVES[loss], self.splits["train"]
        paddle.seed(SEED)
        model = build_model(name, objective.outputs)
        optimizer = make_optimizer(opt, lr, model.parameters())
        plan = Plan("infinite", len(split), BATCH_SIZE, seed=SEED, first=0, steps=steps)
        for chosen in plan:
            images, labels = map(paddle.to_tensor, split.batch(chosen, objective.label_dtype))
            objective.loss(model(images), labels).backward()
            optimizer.step()
            optimizer.clear_grad()
        for parameter in model.parameters():
            parameter.stop_gradient = True
        return model


def eval_images(split: Split, count: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return the first `count` images of a split, or all: `[N, 28, 28] uint8`, labels `[N]`."""
    chosen = np.arange(min(count or len(split), len(split)))
    return split.images[chosen][:, 0], split.labels[chosen, 0]
