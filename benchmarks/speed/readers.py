"""Compare the ways to read: sync, async, worker processes, the whole set on the device.

python -m benchmarks.speed.readers [--data work/mnist.json.gz] [--batches 200] [--runs 3]
                                  [--out work/compare_readers] [--pages]

Prints two tables, and draws them into OUT/readers.png: reading from memory and from one file per
sample, alone and while the CNN trains; and a source that needs 10 ms for a batch, which async
reading must hide. Each figure is the median of RUNS processes of their own.
"""

import json
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import paddle
from cyclopts import run

from benchmarks.claims.figures import draw_readers
from benchmarks.report import machine, table, write_into_pages
from benchmarks.support.measuring import measure_ours, medians
from mnist_paddle.data import load_splits
from mnist_paddle.data.folder.write import write_folder
from mnist_paddle.files import atomic_write

READERS = ("sync", "async", "workers", "resident")
WAIT = 0.010  # seconds for a batch, of the slow source
MARK = "<!-- table of readers: python -m benchmarks.speed.readers -->"


def compare_readers(
    *,
    data: Path = Path("work/mnist.json.gz"),
    batches: int = 200,
    runs: int = 3,
    out: Path = Path("work/compare_readers"),
    pages: bool = False,
) -> None:
    """Measure every reader on every source, print the tables and draw them."""
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "samples"
        data = data.resolve()
        splits = load_splits(data)
        write_folder(files, splits)
        measure = Measure(batches, runs)
        sources = {"memory": data, "one file per sample": files}
        reading = {
            source: {
                reader: {
                    "alone": measure(train=False, reader=reader, data=str(path)),
                    "training": measure(train=True, reader=reader, data=str(path)),
                }
                for reader in READERS
            }
            for source, path in sources.items()
        }
        slow = {model: _slow_source(measure, model, str(data)) for model in ("mlp", "cnn")}
    lines = [
        f"Written by `python -m benchmarks.speed.readers` on {date.today()}: {machine()}, "
        f"Paddle {paddle.__version__}. {batches} batches of 100 images, medians of {runs}:",
        "",
        *_reading_table(reading),
        "",
        f"A source that needs {1000 * WAIT:.0f} ms for each batch, seconds for {batches} batches:",
        "",
        *_slow_table(slow),
    ]
    timing = {"data_digest": splits["train"].digest, "batches": batches, "runs": runs}
    timing |= {"wait": WAIT, "reading": reading, "slow": slow}
    draw_readers(timing, out / "readers.png")
    with atomic_write(out / "readers.json") as temporary:
        temporary.write_text(json.dumps(timing, indent=2) + "\n", encoding="utf-8")
    if pages:
        write_into_pages(MARK, lines)
    else:
        print("\n".join(lines))
    print(out / "readers.png")


class Measure:
    """Run one measurement several times, each in a process of its own; return the medians."""

    def __init__(self, batches: int, runs: int) -> None:
        self.batches, self.runs = batches, runs

    def __call__(self, train: bool, wait: float = 0.0, **settings: Any) -> dict[str, float]:
        task = {"train": train, "wait": wait, "batches": self.batches, **settings}
        one = "benchmarks.speed.one_reading"
        return medians([measure_ours(one, **task) for _ in range(self.runs)])


def _slow_source(measure: Measure, model: str, data: str) -> dict[str, float]:
    """Return seconds: computing alone, reading alone, and both together with each reader."""
    settings = {"model": model, "data": data}
    return {
        "computing alone": measure(train=True, **settings)["seconds"],
        "reading alone": measure(train=False, wait=WAIT, **settings)["seconds"],
        **{
            reader: measure(train=True, wait=WAIT, reader=reader, **settings)["seconds"]
            for reader in ("sync", "async", "workers")
        },
    }


def _reading_table(reading: dict[str, dict[str, dict[str, dict[str, float]]]]) -> list[str]:
    rows = [
        [
            source,
            reader,
            f"{1000 * each['alone']['first']:.0f}",
            f"{each['alone']['images_per_second']:,.0f}",
            f"{each['training']['images_per_second']:,.0f}",
            f"{each['training']['mebibytes']:,.0f}",
            f"{each['training']['cpu']:.0%}",
        ]
        for source, readers in reading.items()
        for reader, each in readers.items()
    ]
    head = ["source", "reader", "ms to the first batch", "images/s, reading alone"]
    head += ["images/s, training the CNN", "peak MiB, training", "CPU, training"]
    return table(head, rows, "llrrrrr")


def _slow_table(slow: dict[str, dict[str, float]]) -> list[str]:
    rows = []
    for model, seconds in slow.items():
        larger = max(seconds["computing alone"], seconds["reading alone"])
        alone = [f"{seconds[key]:.2f}" for key in ("computing alone", "reading alone")]
        both = [
            f"{seconds[reader]:.2f} ({seconds[reader] / larger:.2f})"
            for reader in ("sync", "async", "workers")
        ]
        rows.append([model, *alone, *both])
    head = ["network", "computing alone", "reading alone"]
    head += [f"{reader} (times the larger of the two)" for reader in ("sync", "async", "workers")]
    return table(head, rows, "lrrrrr")


if __name__ == "__main__":
    run(compare_readers)
