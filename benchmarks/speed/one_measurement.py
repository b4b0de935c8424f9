"""One measurement of against_plain.py, in a process of its own: JSON in, JSON out.

python -m benchmarks.support.prepared benchmarks.speed.one_measurement \
    '{"what": "predict", "times": 20, "gpu": false}'
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed.plain_paddle import WARM
from benchmarks.support.measuring import peak_mebibytes
from mnist_paddle.config import Config
from mnist_paddle.data import draw_digits, load_data
from mnist_paddle.device import use_device
from mnist_paddle.export import export
from mnist_paddle.predict import TrainedModel, default_model, load_model, predict
from mnist_paddle.run.batches import read_epoch
from mnist_paddle.run.setup import prepare_training
from mnist_paddle.run.state import Training
from mnist_paddle.trainer import train_step


def train(data: str, steps: int, gpu: bool) -> dict[str, float]:
    """Read the data, make batches, train each network; return seconds, rates, shares and MiB."""
    started = time.perf_counter()
    load_data("train", data)
    found = {"load": time.perf_counter() - started}
    settings: dict[str, Any] = {"data": data, "gpu": gpu}
    settings |= {"generator": "infinite", "steps_per_epoch": steps + WARM}

    for reader in ("sync", "resident"):
        batches = read_epoch(prepare_training(Config(model="linear", reader=reader, **settings)))
        times = [time.perf_counter() for _ in batches][WARM - 1 :]
        found[reader] = (len(times) - 1) / (times[-1] - times[0])
    for model in ("linear", "mlp", "cnn"):
        found[f"step {model}"], _ = _step(prepare_training(Config(model=model, **settings)))
    for reader in ("sync", "resident"):
        step, reading = _step(prepare_training(Config(reader=reader, **settings)))
        found[f"share {reader}"] = 100 * reading / (reading + step)
    return {**found, "peak": peak_mebibytes()}


def _step(training: Training) -> tuple[float, float]:
    """Train; return the median ms of a step, and of getting its batch."""
    steps, readings = [], []
    batches: Iterator = read_epoch(training)
    while True:
        started = time.perf_counter()
        batch = next(batches, None)
        if batch is None:
            break
        read = time.perf_counter()
        train_step(training, *batch[0])
        steps.append(time.perf_counter() - read)
        readings.append(read - started)
    return 1000 * statistics.median(steps[WARM:]), 1000 * statistics.median(readings[WARM:])


def prediction(times: int, gpu: bool) -> dict[str, float]:
    """Read digits with the shipped model: by Paddle's layers and, on the CPU, by inference."""
    use_device(gpu)
    images = draw_digits(1000, seed=[5, 0])[0].reshape(-1, 28, 28)
    models = {"dygraph": load_model(default_model())}
    with tempfile.TemporaryDirectory() as folder:
        if not gpu:
            exported = Path(folder) / "paddle"
            export(models["dygraph"], "paddle", exported, images[:100], "drawn digits")
            models["inference"] = load_model(exported)
        found = {}
        for name, trained in models.items():
            found[f"one {name}"] = 1000 * _seconds(trained, images[:1], times)
            found[f"many {name}"] = 1000 / _seconds(trained, images, max(times // 10, 1))
    return found


def _seconds(trained: TrainedModel, images: np.ndarray, times: int) -> float:
    """Return the median time to read these images."""
    seconds = []
    for _ in range(times + WARM):
        started = time.perf_counter()
        predict(trained, images)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[WARM:])


if __name__ == "__main__":
    task = json.loads(sys.argv[1])
    print(json.dumps({"train": train, "predict": prediction}[task.pop("what")](**task)))
