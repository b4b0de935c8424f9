"""`paddle.dataset.mnist.train()` and `test()`, without a network if need be.

Samples are (784 numbers from -1 to 1, label): 60,000 to train, 10,000 to test, in file order.
They come from work/mnist.json.gz, else from MNIST_DIR, else from a file made once in a cache.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from ..data import load_data, prepare_data
from ..data.formats.mnist_json import DATA_FILE
from .missing import lookup

__all__ = ["fetch", "test", "train"]

Reader = Callable[[], Iterator[tuple[np.ndarray, int]]]


def train() -> Reader:
    """1.x: `paddle.dataset.mnist.train()`; today `paddle.vision.datasets.MNIST(mode="train")`."""
    return _reader("train", "valid")


def test() -> Reader:
    """1.x: `paddle.dataset.mnist.test()`; today `paddle.vision.datasets.MNIST(mode="test")`."""
    return _reader("eval")


def fetch() -> None:
    """1.x: `paddle.dataset.mnist.fetch()`: make the data, so that reading starts at once."""
    _data_file()


def _reader(*modes: str) -> Reader:
    def read() -> Iterator[tuple[np.ndarray, int]]:
        path = _data_file()
        for mode in modes:
            split = load_data(mode, path)
            for image, label in zip(split.images, split.labels, strict=True):
                yield image.reshape(-1).astype(np.float32) / 255.0 * 2.0 - 1.0, int(label.item())

    return read


def _data_file() -> Path:
    """Return the data file, made if there is none; MNIST_DIR is asked before the network."""
    if Path(DATA_FILE).is_file():
        return Path(DATA_FILE)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mnist_paddle"
    folder = os.environ.get("MNIST_DIR")
    name = f"{Path(folder).resolve().name}.json.gz" if folder else "mnist.json.gz"
    if not (cache / name).is_file():
        cache.mkdir(parents=True, exist_ok=True)
        print(f"paddle.dataset.mnist: {prepare_data(cache / name)}", flush=True)
    return cache / name


__getattr__ = lookup("dataset.mnist")
