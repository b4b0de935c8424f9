"""Measure the peak memory of training from few samples and from many: it must not grow.

python -m benchmarks.speed.memory [--few 10000] [--many 1000000] [--folder DIR] [--pages]

Makes images.npy (memory-mapped in training) and a folder of one .npy file per sample, of drawn
digits, with FEW and with MANY samples (4 GB and a few minutes for a million files; the folder is
removed afterwards), and trains the MLP for an epoch on each, valid and eval included, with
`mnist-paddle train`, sync. Peak memory is VmHWM, so Linux only; ids are the names, labels and order
of the samples, which do grow.
"""

import sys
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import paddle
from cyclopts import run

from benchmarks.report import machine, table, write_into_pages
from benchmarks.support.measuring import run_python
from mnist_paddle.data import draw_digits, load_splits
from mnist_paddle.data.folder.images import ImageFiles

MARK = "<!-- table of memory: python -m benchmarks.speed.memory -->"
BLOCK = 10_000  # digits that are drawn; they repeat
IN_FOLDER = 1000  # files
CODE = """
import sys
from benchmarks.support.measuring import peak_mebibytes
from mnist_paddle.commands import main

try:
    main("train", sys.argv[1:])
except SystemExit as end:
    assert not end.code
print(peak_mebibytes())
"""


def measure_memory(
    *,
    few: int = 10_000,
    many: int = 1_000_000,
    folder: Path | None = None,
    pages: bool = False,
) -> None:
    """Make the data, train on them, print the table."""
    images, labels = draw_digits(BLOCK, seed=[5, 0])
    rows = []
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        for what, make in (
            ("images.npy, memory-mapped", make_arrays),
            ("a file for each sample", make_files),
        ):
            peaks, ids = [], []
            for count in (few, many):
                data = Path(temporary) / f"{make.__name__}_{count}"
                make(data, images.reshape(-1, 28, 28), labels.reshape(-1), count)
                peaks.append(peak_mebibytes(data))
                ids.append(mebibytes_of_ids(data))
            growth = (peaks[1] - ids[1]) / (peaks[0] - ids[0])
            for count, peak, own in zip((few, many), peaks, ids, strict=True):
                rows.append([what, f"{count:,}", f"{peak:.0f}", f"{own:.1f}", ""])
            rows[-1][-1] = f"{growth:.3f}"
    lines = [
        f"Written by `python -m benchmarks.speed.memory` on {date.today()}: {machine()}, "
        f"Paddle {paddle.__version__}. The MLP, an epoch, with valid and eval:",
        "",
        *table(
            ["samples from", "samples", "peak MiB", "of them ids", "growth without ids"],
            rows,
            "lrrrr",
        ),
    ]
    if pages:
        write_into_pages(MARK, lines)
    else:
        print("\n".join(lines))


def make_arrays(data: Path, images: np.ndarray, labels: np.ndarray, count: int) -> None:
    """Write images.npy and labels.npy of `count` samples, part by part."""
    data.mkdir()
    shape = (count, 28, 28)
    array = np.lib.format.open_memmap(data / "images.npy", "w+", np.uint8, shape)
    for start in range(0, count, len(images)):
        part = array[start : start + len(images)]
        part[:] = images[: len(part)]
    array.flush()
    np.save(data / "labels.npy", np.resize(labels, count))


def make_files(data: Path, images: np.ndarray, labels: np.ndarray, count: int) -> None:
    """Write `count` samples as files of their own, in folders 0/ to 9/ with folders in them."""
    for number in range(count):
        place = number % len(images)
        folder = data / str(labels[place]) / f"{number // IN_FOLDER:04d}"
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / f"{number:07d}.npy", images[place])


def peak_mebibytes(data: Path) -> float:
    """Train for an epoch in a process of its own; return its peak memory."""
    words = ["--model", "mlp", "--epochs", 1, "--data", data, "--log_every", 10_000]
    words += ["--run_dir", f"{data}_run"]
    return float(run_python("-c", CODE, *words))


def mebibytes_of_ids(data: Path) -> float:
    """Return what names, labels, and the order of a pass take."""
    splits = load_splits(data)
    total = 0
    for split in splits.values():
        total += split.labels.nbytes + split.images.chosen.nbytes
        total += 8 * len(split) if split.mode == "train" else 0  # the order of a pass
    images = splits["train"].images
    if isinstance(images, ImageFiles):
        total += sys.getsizeof(images.names) + sum(map(sys.getsizeof, images.names))
    return total / (1 << 20)


if __name__ == "__main__":
    run(measure_memory)
