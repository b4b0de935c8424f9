"""Read rendered pictures of every kind, and time it, for a table of the docs.

python -m benchmarks.pictures.rendered [--checkpoint FILE] [--each 100] [--pages]

Each kind is rendered from EACH of MNIST's eval images and from EACH digits drawn by a program, with
a fixed seed: a different `--seed` gives other pictures. `--exact` beside it is the tutorial's
preprocessing on the pictures of MNIST's digits. Cold is the time of the whole command, median of
five; a folder of 1000 pictures of 280×280 gives the rate.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np
from cyclopts import run

from benchmarks.report import machine, table, write_into_pages
from benchmarks.support import ROOT
from benchmarks.support.measuring import users_environment
from benchmarks.support.rendered_pictures import KINDS, drawn_for, enlarge, pack, paint, render
from mnist_paddle.data import load_data
from mnist_paddle.predict import TrainedModel, default_model, load_model
from mnist_paddle.predict.pictures import read_pictures

MNIST, DRAWN, EXACT = "MNIST's digits", "drawn digits", "MNIST's digits, `--exact`"
MARK = "<!-- table of pictures: python -m benchmarks.pictures.rendered -->"


def measure_pictures(
    *,
    checkpoint: Path | None = None,
    data: Path = Path("work/mnist.json.gz"),
    each: int = 100,
    seed: int = 0,
    pages: bool = False,
) -> None:
    """Print how many of EACH pictures are read right, kind by kind; or write it into the page."""
    checkpoint = checkpoint or default_model()
    trained = load_model(checkpoint)
    split = load_data("eval", data)
    right: dict[str, list[int]] = {way: [] for way in (MNIST, DRAWN, EXACT)}
    for place, kind in enumerate(KINDS):
        sources = {
            MNIST: (split.images[:, 0], split.labels[:, 0]),
            DRAWN: drawn_for(kind, each, [seed, 99, place]),
        }
        for number, (source, (images, labels)) in enumerate(sources.items()):
            rng = np.random.default_rng([seed, number, place])
            chosen = rng.choice(len(images), each, replace=False)
            pictures = [(kind, render(kind, images[i], rng)) for i in chosen]
            wanted = [str(labels[i]) for i in chosen]
            right[source].append(_right(trained, pictures, wanted, exact=False))
            if number == 0:
                right[EXACT].append(_right(trained, pictures, wanted, exact=True))
    rows = [
        [kind, *(_share(counts[place], each) for counts in right.values())]
        for place, kind in enumerate(KINDS)
    ]
    total = each * len(KINDS)
    rows.append(["**all**", *(f"**{_share(sum(counts), total)}**" for counts in right.values())])
    cold, rate = _cold_start(checkpoint), _rate(checkpoint, split.images[:1000, 0])
    lines = [
        *table(["pictures of", *right], rows, "lrrr"),
        "",
        f"Written by `python -m benchmarks.pictures.rendered` on {date.today()}: {machine()}. "
        f"First answer {cold:.2f} s after the command; {rate:.0f} pictures per second in a folder "
        "of 1000, 280×280, one process.",
    ]
    if pages:
        write_into_pages(MARK, lines)
    else:
        print("\n".join(lines))


def _right(
    trained: TrainedModel, pictures: list[tuple[str, bytes]], labels: list[str], exact: bool
) -> int:
    readings = read_pictures(trained, pictures, exact=exact)
    return sum(reading.digits == label for reading, label in zip(readings, labels, strict=True))


def _share(right: int, total: int) -> str:
    return f"{right}/{total} {right / total:.1%}"


def _predict(checkpoint: Path, *words: str | Path) -> float:
    """Return the seconds that the command takes."""
    command = [sys.executable, ROOT / "scripts" / "predict.py", *words, "--checkpoint", checkpoint]
    started = time.perf_counter()
    subprocess.run(command, env=users_environment(), check=True, capture_output=True)
    return time.perf_counter() - started


def _cold_start(checkpoint: Path) -> float:
    picture = ROOT / "work" / "example_0.jpg"
    return statistics.median(_predict(checkpoint, picture) for _ in range(5))


def _rate(checkpoint: Path, images: np.ndarray) -> float:
    """Return pictures per second, the start of the process not counted."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for place, ink in enumerate(images):
            pixels = paint(enlarge(ink, 280), 250, 30)
            (folder / f"{place:04}.png").write_bytes(pack(pixels))
        (folder / "one").mkdir()
        (folder / "0000.png").rename(folder / "one" / "0000.png")
        one = statistics.median(_predict(checkpoint, folder / "one") for _ in range(3))
        all_of_them = statistics.median(_predict(checkpoint, folder) for _ in range(3))
    return (len(images) - 1) / (all_of_them - one)


if __name__ == "__main__":
    run(measure_pictures)
