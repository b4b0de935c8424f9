"""Compare this package with a plain Paddle program: one run, one table, everything as ratios.

python -m benchmarks.speed.against_plain [--data work/mnist.json.gz] [--runs 3] [--steps 30]
                                         [--pages]
python -m benchmarks.speed.against_plain --quick    # every measurement once, on one size

Reading the data, making batches, a training step of each network, one process and two, prediction,
memory; each on a 16th, a fourth and the whole of the data. What it is compared with is
plain_paddle.py. Each figure is the median of RUNS processes of their own, in turn with those that
it is compared with. Where there is a GPU, it gets rows too. About six minutes on 2 cores, which
should have nothing else to do.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import paddle
from cyclopts import run
from tqdm import tqdm

from benchmarks.report import find_pages, machine, table, write_into_pages
from benchmarks.speed.loading import load_once
from benchmarks.speed.plain_paddle import BATCH
from benchmarks.support import ROOT
from benchmarks.support.measuring import (
    measure_ours,
    medians,
    run_python,
    users_environment,
)
from benchmarks.support.run_files import rows as rows_of
from benchmarks.support.trainings import TRAIN, Trainings
from mnist_paddle.data import Split, load_splits, write_data
from mnist_paddle.device import use_device
from mnist_paddle.errors import DeviceError

MARK = "<!-- table of the benchmark: python -m benchmarks.speed.against_plain -->"
PARTS = {"1×": 16, "4×": 4, "16×": 1}  # size: which part of the data it is
NETWORKS = ("linear", "mlp", "cnn")
Figures = dict[str, float]


@dataclass(frozen=True)
class Row:
    """One thing that was measured, at each size or only at the greatest."""

    what: str
    unit: str
    plain: list[float]
    ours: list[float]
    more_is_better: bool = False

    def cells(self) -> list[str]:
        """Return the cells of its line; a ratio above 1 says that ours is better."""
        pairs = zip(self.plain, self.ours, strict=True)
        ratios = [ours / plain if self.more_is_better else plain / ours for plain, ours in pairs]
        texts = [" / ".join(map(_short, figures)) for figures in (self.plain, self.ours, ratios)]
        return [self.what, self.unit, *texts]


class Benchmark:
    """All measurements, each in processes of its own."""

    def __init__(self, folder: Path, data: Path, runs: int, steps: int, sizes: list[str]) -> None:
        self.folder, self.runs, self.steps, self.sizes = folder, runs, steps, sizes
        self.devices = ["cpu", "gpu"] if _gpu_is_usable() else ["cpu"]
        splits = load_splits(str(data))
        self.name, self.images = splits["train"].name, len(splits["train"])
        self.files = {size: self._part(data, splits, size) for size in sizes}
        devices = len(self.devices)
        measurements = runs * (len(sizes) * (1 + 2 * devices) + 4 + 2 * devices)
        self.bar = tqdm(total=measurements, desc="benchmark", unit="process", disable=None)

    def _part(self, data: Path, splits: dict[str, Split], size: str) -> Path:
        path = self.folder / f"{size}.json.gz"
        if PARTS[size] == 1:
            shutil.copy(data, path)  # its cache stays as it is
        else:
            some = {}
            for mode, split in splits.items():
                count = max(len(split) // PARTS[size], 1)
                some[mode] = np.asarray(split.images[:count]), split.labels[:count]
            write_data(path, some, "part")
        return path

    def _plain(self, *words: object) -> Figures:
        self.bar.update()
        return json.loads(run_python("-m", "benchmarks.speed.plain_paddle", *words))

    def _ours(self, **task: object) -> Figures:
        self.bar.update()
        return measure_ours("benchmarks.speed.one_measurement", **task)

    def _cold(self, path: Path) -> Figures:
        self.bar.update()
        return load_once(path, "train", cold=True)

    def _in_turn(self, *measurements: Callable[[], Figures]) -> list[Figures]:
        """Do these one after the other, several times; return the medians of each."""
        found = [[measure() for measure in measurements] for _ in range(self.runs)]
        return [medians(figures) for figures in zip(*found, strict=True)]

    def training(self) -> list[Row]:
        """Measure reading, batches, steps and memory at each size, on each device."""
        found: dict[str, list[list[Figures]]] = {device: [] for device in self.devices}
        for file in self.files.values():
            for device in self.devices:
                task = {"what": "train", "data": str(file), "steps": self.steps}
                measurements = [
                    partial(self._plain, "train", file, self.steps, device),
                    partial(self._ours, **task, gpu=device == "gpu"),
                ]
                if device == "cpu":  # before ours, which finds the cache then
                    measurements.insert(0, partial(self._cold, file))
                found[device].append(self._in_turn(*measurements))
        return [row for device in self.devices for row in self._rows(device, found[device])]

    def _rows(self, device: str, found: list[list[Figures]]) -> list[Row]:
        *cold, plain, ours = zip(*found, strict=True)

        def row(what: str, unit: str, key: str, our_key: str = "", more: bool = False) -> Row:
            figures = [size[key] for size in plain], [size[our_key or key] for size in ours]
            return Row(what + on, unit, *figures, more_is_better=more)

        on = ", on the GPU" if device == "gpu" else ""
        rows = [
            row(f"batches of {BATCH}, sync", "batches/s", "sync", more=True),
            row(f"batches of {BATCH}, resident", "batches/s", "sync", "resident", more=True),
            *(row(f"a step, {name}", "ms", f"step {name}") for name in NETWORKS),
            row("getting a batch, of the CNN's time, sync", "%", "share", "share sync"),
            row("getting a batch, of the CNN's time, resident", "%", "share", "share resident"),
        ]
        if device == "gpu":
            return rows
        self.plain_images = plain[-1]["images"]
        loads = [size["load"] for size in plain]
        first = [size["seconds"] for size in cold[0]]
        return [
            Row("reading the data file, the first time", "s", loads, first),
            row("reading the data file, later", "s", "load"),
            *rows,
            row("peak memory of reading and training", "MiB", "peak"),
        ]

    def processes(self) -> list[Row]:
        """Measure training the CNN, reading included, with one process and with two."""
        trainings = Trainings(self.folder)
        batches = min(3 * self.steps, self.images // BATCH)
        words = ["--epochs", "1", "--limit_batches", batches, "--data", self.files[self.sizes[-1]]]

        def train(count: int) -> Figures:
            self.bar.update()
            run_folder = self.folder / f"procs_{count}"
            shutil.rmtree(run_folder, ignore_errors=True)
            trainings.run(TRAIN, run_folder.name, "--procs", count, *words, small=False)
            (epoch,) = rows_of(run_folder, "epoch")
            return {"images": batches * BATCH / float(epoch["seconds"])}

        one, two = self._in_turn(partial(train, 1), partial(train, 2))
        names = {"training the CNN, 1 process": one, "training the CNN, 2 processes": two}
        return [
            Row(name, "images/s", [self.plain_images], [found["images"]], more_is_better=True)
            for name, found in names.items()
        ]

    def prediction(self) -> list[Row]:
        """Measure from the command to the digit, one image, and a thousand at once."""
        picture = ROOT / "work" / "example_0.jpg"
        imported, started = self._in_turn(
            partial(self._seconds, "-c", "import paddle"),
            partial(self._seconds, ROOT / "scripts" / "predict.py", picture),
        )
        what = "from the command to the digit; plain: `import paddle` alone"
        rows = [Row(what, "s", [imported["seconds"]], [started["seconds"]])]
        for device in self.devices:
            gpu, times = device == "gpu", 10 * self.steps
            plain, ours = self._in_turn(
                partial(self._plain, "predict", times, device),
                partial(self._ours, what="predict", times=times, gpu=gpu),
            )
            names = {"dygraph": "dygraph", "inference": "Paddle inference"}
            if gpu:
                names = {"dygraph": "dygraph, on the GPU"}
            for way, name in names.items():
                one, many = [ours[f"one {way}"]], [ours[f"many {way}"]]
                rows.append(Row(f"predicting one image, {name}", "ms", [plain["one"]], one))
                what = f"predicting 1,000 images at once, {name}"
                rows.append(Row(what, "images/s", [plain["many"]], many, more_is_better=True))
        return rows

    def _seconds(self, *words: object) -> Figures:
        self.bar.update()
        started = time.perf_counter()
        command = [sys.executable, *map(str, words)]
        subprocess.run(command, env=users_environment(), capture_output=True, check=True)
        return {"seconds": time.perf_counter() - started}


def benchmark(
    *,
    data: Path = Path("work/mnist.json.gz"),
    runs: int = 3,
    steps: int = 30,
    quick: bool = False,
    pages: bool = False,
) -> None:
    """Measure everything, and print the table or write it into the page."""
    if pages:
        find_pages(MARK)  # now, not after the measurements
    if quick:
        runs, steps = 1, 2
    sizes = ["16×"] if quick else list(PARTS)
    with tempfile.TemporaryDirectory() as folder:
        measured = Benchmark(Path(folder), data, runs, steps, sizes)
        rows = [*measured.training(), *measured.processes(), *measured.prediction()]
        measured.bar.close()
    at = " / ".join(sizes)
    amounts = ", ".join(f"{size} {measured.images // PARTS[size]:,}" for size in sizes)
    options = " --quick" if quick else f" --runs {runs} --steps {steps}"
    lines = [
        f"Written by `python -m benchmarks.speed.against_plain{options}` on {date.today()}: "
        f"{machine()}, Paddle {paddle.__version__}, NumPy {np.__version__}; {measured.name}, "
        f"training images: {amounts}. Medians of {runs}; a ratio above 1 says that this package "
        "is better.",
        "",
        *table(
            ["", "unit", f"plain Paddle, {at}", f"this package, {at}", f"ratio, {at}"],
            [row.cells() for row in rows],
            "llrrr",
        ),
    ]
    if pages:
        write_into_pages(MARK, lines)
    else:
        print("\n".join(lines))


def _short(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"


def _gpu_is_usable() -> bool:
    try:
        use_device(gpu=True)
    except DeviceError:
        return False
    use_device(gpu=False)
    return True


if __name__ == "__main__":
    run(benchmark)
