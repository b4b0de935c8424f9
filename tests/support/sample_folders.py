"""Folders of samples for the tests: digits drawn by our program, as arrays and as pictures."""

import logging

import numpy as np
from PIL import Image

from mnist_paddle.data.folder.open import open_folder
from mnist_paddle.data.sources.drawn_digits import draw_digit


def drawn(digit, seed=0, size=28):
    """Return a drawn digit `[size, size] uint8`, ink high."""
    return draw_digit(digit, np.random.default_rng([seed, digit]), size=size)


def write_png(path, image, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path, **options)


def digit_folders(folder, count=10, digits=range(10)):
    """Make `count` grey 28x28 PNGs in each of 0/ to 9/."""
    for digit in digits:
        for number in range(count):
            write_png(folder / str(digit) / f"{number:03}.png", drawn(digit, number))
    return folder


def listed(folder, rows, header="file,label"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "labels.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return folder


def names(split):
    return [split.images.name(index) for index in range(len(split))]


def pixels(split):
    return split.images[np.arange(len(split))]


def warnings_of(caplog, folder, **options):
    """Open a folder; return its splits and what was warned of."""
    caplog.clear()
    with caplog.at_level(logging.WARNING, "mnist_paddle"):
        splits = open_folder(folder, **options)
    return splits, [record.getMessage() for record in caplog.records]
