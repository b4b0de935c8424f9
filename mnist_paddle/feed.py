"""The whole, fed: which images does this process take next, and by which road do they come?

The generator (stage 1) says which images each batch holds, the ranks (stage 7) share it out, the
reader (stage 2) brings it to the device. Only the generator decides what is seen and when:
reader, workers, device and resume change nothing of it.

喂数据：这个进程接下来取哪些图片？它们走哪条路过来？
生成器（第一阶段）决定每个批次有哪些图片，各个进程（第七阶段）分着取，
读取器（第二阶段）把它们送到设备上。看到什么、按什么顺序，只由生成器决定：
读取方式、进程数、设备和断点续训都不改变它。
"""

from collections.abc import Callable, Generator
from contextlib import closing
from typing import TYPE_CHECKING

from paddle import Tensor

from .data.augment import make_augmentation
from .data.generators import ENDLESS, Plan, steps_in_pass
from .readers import Batch, read_async, read_resident, read_sync, read_workers

if TYPE_CHECKING:
    from .training import Training


def plan_epoch(training: "Training") -> Plan:
    """Return the indices of each batch that is left of the epoch, of all ranks together.

    A generator that ends gives one pass for an epoch. One that never ends is one long stream: an
    epoch is the next `steps_per_epoch` batches of it.
    """
    config, images = training.config, len(training.splits["train"])
    size = training.images_per_step
    steps, done = training.steps_per_epoch, training.position.batch
    pass_steps = steps if config.generator in ENDLESS else steps_in_pass(images, size)
    first = training.position.epoch * pass_steps + done
    return Plan(config.generator, images, size, seed=config.seed, first=first, steps=steps - done)


def read_epoch(training: "Training") -> Generator[tuple[tuple[Tensor, Tensor], int]]:
    """Yield what is left of the epoch: images `[B, 1, 28, 28]` and labels `[B, 1]`, and a count.

    The images are this rank's part of a batch, the count says how many the whole batch has.
    """
    config, split, place = training.config, training.splits["train"], training.place
    dtype = training.objective.label_dtype
    augmentation = make_augmentation(config.augment, config.max_shift)
    seed, epoch = config.seed, training.position.epoch
    plan, part = plan_epoch(training), training.ranks.part

    def make(number: int) -> Batch:
        return split.batch(part(plan[number]), dtype, augmentation, seed=seed, epoch=epoch)

    numbers = range(len(plan))
    readers: dict[str, Callable[[], Generator[tuple[Tensor, Tensor]]]] = {
        "sync": lambda: read_sync(map(make, numbers), place),
        "async": lambda: read_async(map(make, numbers), place, config.capacity),
        "workers": lambda: read_workers(make, len(plan), place, config.num_workers),
        "resident": lambda: read_resident(training.resident, map(part, plan)),  # type: ignore
    }
    with closing(readers[config.reader]()) as batches:
        yield from zip(batches, map(len, plan), strict=True)
