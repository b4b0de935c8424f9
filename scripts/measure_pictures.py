#!/usr/bin/env python
"""Read rendered pictures of every kind, and time it; the table goes into README.

python scripts/measure_pictures.py [--checkpoint FILE] [--each 100] [--readme]

Each kind is rendered from MNIST's eval images, with a fixed seed: a different `--seed` gives other
pictures. `--exact` beside it is the tutorial's preprocessing on the same pictures. Cold is the time
of the whole command, median of five; a folder of 1000 pictures of 280×280 gives the rate.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from cyclopts import run
from readme import ROOT, machine, table, write_into_readme

from mnist_paddle.data import load_data
from mnist_paddle.predict import TrainedModel, default_model, load_model
from mnist_paddle.reading import read_pictures

sys.path.insert(0, str(ROOT / "tests"))
from rendered_pictures import KINDS, enlarge, pack, paint, render

START = "<!-- written by scripts/measure_pictures.py -->\n"


def measure_pictures(
    *,
    checkpoint: Path | None = None,
    data: Path = Path("work/mnist.json.gz"),
    each: int = 100,
    seed: int = 0,
    readme: bool = False,
) -> None:
    """Print how many of `each` pictures are read right, kind by kind; or write it into README."""
    checkpoint = checkpoint or default_model()
    trained = load_model(checkpoint)
    split = load_data("eval", data)
    rows, all_ours, all_exact = [], 0, 0
    for place, kind in enumerate(KINDS):
        rng = np.random.default_rng([seed, place])
        chosen = rng.integers(0, len(split.images), each)
        pictures = [(kind, render(kind, split.images[i, 0], rng)) for i in chosen]
        labels = [str(split.labels[i, 0]) for i in chosen]
        ours, exact = (_right(trained, pictures, labels, way) for way in (False, True))
        rows.append([kind, _share(ours, each), _share(exact, each)])
        all_ours, all_exact = all_ours + ours, all_exact + exact
    total = each * len(KINDS)
    rows.append(["**all**", f"**{_share(all_ours, total)}**", f"**{_share(all_exact, total)}**"])
    cold, rate = _cold_start(checkpoint), _rate(checkpoint, split.images[:1000, 0])
    lines = [
        *table(["pictures", "read right", "`--exact`, the tutorial's way"], rows, "lrr"),
        "",
        f"First answer {cold:.2f} s after the command; {rate:.0f} pictures per second in a folder "
        f"of 1000, 280×280, one process. {machine()}.",
    ]
    if readme:
        write_into_readme(START, lines)
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
    subprocess.run(command, check=True, capture_output=True)
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
