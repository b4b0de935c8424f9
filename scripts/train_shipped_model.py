#!/usr/bin/env python
"""Train the model in the box again, and put it into the package.

python scripts/train_shipped_model.py [--data work/mnist.json.gz]

Trains configs/14_cnn_ce_augmented.yaml (20 epochs, 15 minutes and more) and copies its
model.safetensors to mnist_paddle/weights/digits.safetensors. The file says itself what it was made
from: settings, digest of the data, accuracy on valid and eval, versions. What a confidence means
depends on the weights: scripts/calibrate.py has to follow.
"""

from pathlib import Path

from cyclopts import run
from readme import ROOT

from mnist_paddle.atomic import atomic_write
from mnist_paddle.config import Config, read_config_file
from mnist_paddle.errors import DataError
from mnist_paddle.trainer import train_and_evaluate

SHIPPED = ROOT / "mnist_paddle" / "weights" / "digits.safetensors"
CONFIG = "14_cnn_ce_augmented"


def train_shipped_model(*, data: Path = Path("work/mnist.json.gz")) -> None:
    """Train, and copy the model into the package if it was trained on MNIST."""
    config = Config(**{**read_config_file(CONFIG), "data": str(data)})
    result = train_and_evaluate(config)
    if result["data"] != "MNIST":
        raise DataError(f"{data} is {result['data']}: the model in the box is trained on MNIST.")
    with atomic_write(SHIPPED) as temporary:
        temporary.write_bytes((Path(str(config.run_dir)) / "model.safetensors").read_bytes())
    print(SHIPPED)


if __name__ == "__main__":
    run(train_shipped_model)
