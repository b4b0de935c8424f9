"""Small data files for the tests of the data stage: good ones, and what a test may spoil."""

import gzip
import json
import struct

import numpy as np
import pytest

from mnist_paddle.data import MODES, load_data
from mnist_paddle.data.sources.download import UNPACKED_MD5
from mnist_paddle.errors import DataError

SIZES = {"train": 1050, "valid": 130, "eval": 170}  # of the fixture tiny_data
NAMES = tuple(UNPACKED_MD5)


def random_splits(sizes=(513, 512, 5), seed=0):
    rng = np.random.default_rng(seed)
    return {
        mode: (
            rng.integers(0, 256, (size, 28, 28), np.uint8)
            * rng.integers(0, 2, (size, 1, 1), np.uint8),
            rng.integers(0, 10, size, np.uint8),
        )
        for mode, size in zip(MODES, sizes, strict=True)
    }


def document(images=2):
    """The content of a small good file, as lists that a test may spoil."""
    return [[[[0.0] * 784 for _ in range(images)], [3] * images] for _ in MODES]


def write_text(path, text):
    text = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(gzip.compress(text, 1))
    return path


def write_document(path, content):
    return write_text(path, json.dumps(content))


def sentence_about(path, mode="train"):
    with pytest.raises(DataError) as caught:
        load_data(mode, path)
    sentence = str(caught.value)
    assert sentence.startswith(f"{path}: "), sentence
    assert sentence.endswith("."), sentence
    assert "\n" not in sentence
    return sentence


def idx_bytes(array):
    header = struct.pack(">I", 0x0800 + array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


def idx_files(train=60, test=13):
    """The content of the four files, of random pixels."""
    rng = np.random.default_rng(0)
    arrays = [
        rng.integers(0, 256, (train, 28, 28), np.uint8),
        rng.integers(0, 10, train, np.uint8),
        rng.integers(0, 256, (test, 28, 28), np.uint8),
        rng.integers(0, 10, test, np.uint8),
    ]
    return {name: idx_bytes(array) for name, array in zip(NAMES, arrays, strict=True)}, arrays
