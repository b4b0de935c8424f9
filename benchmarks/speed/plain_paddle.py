"""The tutorial's program as one writes it on today's Paddle: what against_plain.py compares with.

python -m benchmarks.speed.plain_paddle train DATA STEPS [gpu]
python -m benchmarks.speed.plain_paddle predict TIMES [gpu]

Prints what was measured as JSON. Nothing of this package is imported, and nothing is set for speed:
json.load, a generator that takes sample by sample, the layers of paddle.nn, one loop.
"""

import gzip
import json
import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import paddle
from paddle import nn
from paddle.nn import functional as F

BATCH = 100
WARM = 2  # steps before the first that is timed

NETWORKS: dict[str, Callable[[], nn.Layer]] = {
    "linear": lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 10)),
    "mlp": lambda: nn.Sequential(
        *(nn.Flatten(), nn.Linear(784, 10), nn.Sigmoid()),
        *(nn.Linear(10, 10), nn.Sigmoid(), nn.Linear(10, 10)),
    ),
    "cnn": lambda: nn.Sequential(
        *(nn.Conv2D(1, 20, 5, padding=2), nn.ReLU(), nn.MaxPool2D(2, 2)),
        *(nn.Conv2D(20, 20, 5, padding=2), nn.ReLU(), nn.MaxPool2D(2, 2)),
        *(nn.Flatten(), nn.Linear(980, 10)),
    ),
}


def batches(images: list, labels: list) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield a pass over the data as the tutorial's generator did, sample by sample."""
    order = list(range(len(images)))
    random.shuffle(order)
    some_images, some_labels = [], []
    for place in order:
        some_images.append(np.reshape(images[place], [1, 28, 28]).astype("float32"))
        some_labels.append(np.reshape(labels[place], [1]).astype("int64"))
        if len(some_images) == BATCH:
            yield np.array(some_images), np.array(some_labels)
            some_images, some_labels = [], []
    if some_images:
        yield np.array(some_images), np.array(some_labels)


def train(path: str, steps: int) -> dict[str, float]:
    """Read the data, make batches, train each network; return seconds, rates and MiB."""
    started = time.perf_counter()
    with gzip.open(path) as file:
        images, labels = json.load(file)[0]
    found = {"load": time.perf_counter() - started}
    started = time.perf_counter()
    made = list(islice(batches(images, labels), steps))
    found["sync"] = len(made) / (time.perf_counter() - started)
    for name, build in NETWORKS.items():
        seconds = step_seconds(build(), islice(cycle(made), steps + WARM))
        found[f"step {name}"] = 1000 * seconds
    reading, step = 1 / found["sync"], found["step cnn"] / 1000
    found |= {"images": BATCH / (reading + step), "share": 100 * reading / (reading + step)}
    peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    found["peak"] = int(peak[1]) / 1024 if peak else 0.0
    return found


def step_seconds(network: nn.Layer, some: Iterator[tuple[np.ndarray, np.ndarray]]) -> float:
    """Train on these batches; return the median time of a step."""
    optimizer = paddle.optimizer.SGD(0.01, parameters=network.parameters())
    seconds = []
    for images, labels in some:
        started = time.perf_counter()
        outputs = network(paddle.to_tensor(images))
        loss = F.cross_entropy(outputs, paddle.to_tensor(labels))
        loss.backward()
        optimizer.step()
        optimizer.clear_grad()
        float(loss)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[WARM:])


def predict(times: int) -> dict[str, float]:
    """Read digits with an untrained CNN: ms for one image, images per second for a thousand."""
    network = NETWORKS["cnn"]()
    network.eval()
    images = np.random.default_rng(0).random([1000, 1, 28, 28], np.float32)

    def seconds(count: int) -> float:
        started = time.perf_counter()
        with paddle.no_grad():
            F.softmax(network(paddle.to_tensor(images[:count]))).numpy().argmax(axis=1)
        return time.perf_counter() - started

    one = statistics.median([seconds(1) for _ in range(times + WARM)][WARM:])
    many = statistics.median([seconds(1000) for _ in range(max(times // 10, 1) + WARM)][WARM:])
    return {"one": 1000 * one, "many": 1000 / many}


if __name__ == "__main__":
    what, *words = sys.argv[1:]
    paddle.set_device("gpu" if words[-1] == "gpu" else "cpu")
    print(json.dumps(train(words[0], int(words[1])) if what == "train" else predict(int(words[0]))))
