"""Measure training on this machine's GPU: a table of images per second, the CPU's beside it.

python -m benchmarks.support.prepared benchmarks.speed.gpu [--steps 200] [--batch_size 100]
                                                           [--data work/mnist.json.gz]

Every network trains for STEPS steps with batches that are made in turn with computing (sync) and
with the whole set on the device (resident); a step ends when its loss has come back from the
device. Without a GPU there is no table, and the sentence says what is missing.
"""

import statistics
import time
from pathlib import Path

from cyclopts import run

from benchmarks.report import machine, table
from mnist_paddle.commands.app import make_default_data
from mnist_paddle.config import DEFAULT_DATA, Config
from mnist_paddle.device import describe_device, use_device
from mnist_paddle.errors import DeviceError
from mnist_paddle.run.batches import read_epoch
from mnist_paddle.run.setup import prepare_training
from mnist_paddle.trainer import train_step

MODELS = ("linear", "mlp", "cnn", "lenet", "vgg")
WARM = 10  # steps that are not counted


def main(*, steps: int = 200, batch_size: int = 100, data: str = DEFAULT_DATA) -> None:
    """Print the table."""
    try:
        use_device(gpu=True)
    except DeviceError as error:
        print(f"no table of the GPU's speed: {error}")
        return
    make_default_data(data)
    rows = []
    for model in MODELS:
        kinds = [(False, "sync"), (True, "sync"), (True, "resident")]
        rates = [
            images_per_second(model, gpu, reader, steps, batch_size, data) for gpu, reader in kinds
        ]
        rows.append([model, *(f"{rate:,.0f}" for rate in rates), f"{rates[2] / rates[0]:.1f}"])
    print(f"{describe_device(gpu=True)}; {machine()}; batches of {batch_size}; images per second\n")
    head = ["network", "CPU, sync", "GPU, sync", "GPU, resident", "times as fast"]
    print("\n".join(table(head, rows, "lrrrr")))


def images_per_second(
    model: str, gpu: bool, reader: str, steps: int, batch_size: int, data: str
) -> float:
    """Train for some steps; return the images per second, by the median of a step and its batch."""
    settings = {"generator": "infinite", "steps_per_epoch": steps + WARM, "batch_size": batch_size}
    training = prepare_training(
        Config(model=model, gpu=gpu, reader=reader, data=str(Path(data)), **settings)
    )
    seconds, started = [], time.perf_counter()
    for (images, labels), _ in read_epoch(training):
        train_step(training, images, labels)
        now = time.perf_counter()
        seconds.append(now - started)
        started = now
    return batch_size / statistics.median(seconds[WARM:])


if __name__ == "__main__":
    run(main)
