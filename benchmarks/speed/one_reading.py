"""One measurement of readers.py, in a process of its own: JSON in, JSON out.

python -m benchmarks.support.prepared benchmarks.speed.one_reading \
    '{"train": true, "batches": 20, "wait": 0, "reader": "async", "model": "cnn"}'
"""

import json
import os
import re
import sys
import time
from multiprocessing import active_children
from pathlib import Path
from typing import Any

from benchmarks.support.measuring import peak_mebibytes
from mnist_paddle.config import Config
from mnist_paddle.data import Split
from mnist_paddle.run.batches import read_epoch
from mnist_paddle.run.setup import prepare_training
from mnist_paddle.trainer import train_step


class Slow:
    """Images that take so many seconds for each batch, as from a disk or a network far away."""

    def __init__(self, images: Any, seconds: float) -> None:
        self.images, self.seconds = images, seconds

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, chosen: Any) -> Any:
        time.sleep(self.seconds)
        return self.images[chosen]


def main(train: bool, batches: int, wait: float, **settings: Any) -> dict[str, float]:
    """Read, or train on, so many batches; return how long it took and what it cost."""
    started = time.perf_counter()
    training = prepare_training(Config(limit_batches=batches, **settings))
    if wait:
        split = training.splits["train"]
        images = Slow(split.images, wait)
        training.splits["train"] = Split("train", images, split.labels, split.name, split.digest)
    reader = read_epoch(training)
    batch, size = next(reader)
    first = time.perf_counter() - started
    if train:
        train_step(training, *batch)  # Paddle prepares what it needs for it
    begun, cpu, images, workers = time.perf_counter(), _cpu_seconds(), 0, 0.0
    for number, (batch, size) in enumerate(reader):
        if train:
            train_step(training, *batch)
        images += size
        if number == batches // 2:
            workers = sum(_private_mebibytes(worker.pid) for worker in active_children())
    reader.close()  # the workers' processor time is known once they have ended
    seconds = time.perf_counter() - begun
    reader.close()
    return {
        "first": first,
        "seconds": seconds,
        "images_per_second": images / seconds,
        "batches": batches - 1,
        "cpu": (_cpu_seconds() - cpu) / seconds,
        "mebibytes": peak_mebibytes() + workers,
    }


def _cpu_seconds() -> float:
    """Return the processor time of this process and of the workers that have ended."""
    return sum(os.times()[:4])


def _private_mebibytes(pid: int | None) -> float:
    """Return what a process has for itself alone, in MiB: what it was forked with is shared."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(size) for size in re.findall(r"Private_\w+:\s+(\d+)", text)) / 1024


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
