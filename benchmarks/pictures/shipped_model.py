"""Train the shipped model again, and put it into the package.

python -m benchmarks.pictures.shipped_model [--data work/mnist.json.gz] [--drawn 25000]

To MNIST's training images it adds digits drawn by a program, in other hands than MNIST's writers
had; valid and eval stay MNIST's. It trains the tutorial's CNN on them, but not on valid's images,
with the RECIPE below (half an hour on 2 cores), and copies model.safetensors to
mnist_paddle/weights/. The file says itself what it was made from: settings, digest of the data,
accuracy, versions. What a confidence means depends on the weights: calibrate.py follows by itself.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
from cyclopts import run

from benchmarks.support import ROOT
from benchmarks.support.measuring import users_environment
from mnist_paddle.data import draw_digits, load_splits, write_data
from mnist_paddle.errors import DataError
from mnist_paddle.files import atomic_write
from mnist_paddle.predict import SHIPPED

RECIPE = ["--model", "cnn", "--augment", "elastic", "--opt", "adam", "--beta1", "0.8"]
RECIPE += ["--beta2", "0.95", "--lr", "0.005", "--schedule", "onecycle", "--epochs", "40"]
SEED = 14  # of the drawn digits: not those of prepare_data.py, nor of the tests


def train_shipped_model(*, data: Path = Path("work/mnist.json.gz"), drawn: int = 25_000) -> None:
    """Make the data, train, and copy the model into the package."""
    data = data.resolve()
    splits = load_splits(data)
    if splits["train"].name != "MNIST":
        raise DataError(f"{data} is {splits['train'].name}: the shipped model wants MNIST.")
    arrays = {mode: (split.images, split.labels[:, 0]) for mode, split in splits.items()}
    images, labels = draw_digits(drawn, seed=[SEED, 0])
    arrays["train"] = (
        np.concatenate([arrays["train"][0], images.reshape(-1, 1, 28, 28)]),
        np.concatenate([arrays["train"][1], labels.reshape(-1)]),
    )
    mixed = data.with_name("mnist_and_drawn.json.gz")
    write_data(mixed, arrays, "mnist-and-drawn")
    folder = ROOT / "work" / "runs" / "shipped_model"
    _run("mnist_paddle", "train", *RECIPE, "--data", mixed, "--run_dir", folder)
    with atomic_write(SHIPPED) as temporary:
        temporary.write_bytes((folder / "model.safetensors").read_bytes())
    print(SHIPPED)
    _run("benchmarks.pictures.calibrate", "--data", data)


def _run(*words: object) -> None:
    environment = users_environment()
    subprocess.run([sys.executable, "-m", *map(str, words)], cwd=ROOT, env=environment, check=True)


if __name__ == "__main__":
    run(train_shipped_model)
