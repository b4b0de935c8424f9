"""Which images does this process take next, and which reader brings them?

The generator (stage 1) says which images each batch holds, the ranks (stage 7) share it out, the
reader (stage 2) brings it to the device. Only the generator decides what is seen and when:
reader, workers, device and resume change nothing of it.
"""

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass

from paddle import Tensor

from ..data import Split
from ..data.augment import Augmentation, make_augmentation
from ..data.generators import ENDLESS, Plan, steps_in_pass
from ..parallel import Ranks
from ..readers import Batch, read_async, read_resident, read_sync, read_workers
from .state import Training


def plan_epoch(training: Training) -> Plan:
    """Return the indices of each batch that is left of the epoch, of all ranks together.

    A generator that ends gives one pass for an epoch. One that never ends is one long stream: an
    epoch is the next `steps_per_epoch` batches of it.
    """
    config, images = training.config, len(training.splits["train"])
    size = training.images_per_step
    steps, done = training.steps_per_epoch, training.progress.batch
    pass_steps = steps if config.generator in ENDLESS else steps_in_pass(images, size)
    first = training.progress.epoch * pass_steps + done
    return Plan(config.generator, images, size, seed=config.seed, first=first, steps=steps - done)


@dataclass(frozen=True)
class MakeBatch:
    """Make the batches of a plan by number; it can be sent to worker processes."""

    split: Split
    plan: Plan
    ranks: Ranks
    label_dtype: str
    augmentation: Augmentation | None
    seed: int
    epoch: int

    def __call__(self, number: int) -> Batch:
        """Return this rank's part of a batch: images `[B, 1, 28, 28]` and labels `[B, 1]`."""
        return self.split.batch(
            self.ranks.part(self.plan[number]),
            self.label_dtype,
            self.augmentation,
            seed=self.seed,
            epoch=self.epoch,
        )


def read_epoch(training: Training) -> Generator[tuple[tuple[Tensor, Tensor], int]]:
    """Yield what is left of the epoch: images `[B, 1, 28, 28]` and labels `[B, 1]`, and a count.

    The images are this rank's part of a batch, the count says how many the whole batch has.
    """
    config, ranks, place = training.config, training.ranks, training.place
    plan = plan_epoch(training)
    make = MakeBatch(
        training.splits["train"],
        plan,
        ranks,
        training.objective.label_dtype,
        make_augmentation(config.augment, config.max_shift),
        config.seed,
        training.progress.epoch,
    )
    numbers = range(len(plan))
    readers: dict[str, Callable[[], Generator[tuple[Tensor, Tensor]]]] = {
        "sync": lambda: read_sync(map(make, numbers), place),
        "async": lambda: read_async(map(make, numbers), place, config.capacity),
        "workers": lambda: read_workers(make, len(plan), place, config.num_workers),
        "resident": lambda: read_resident(training.resident, map(ranks.part, plan)),  # type: ignore
    }
    with closing(readers[config.reader]()) as batches:
        yield from zip(batches, map(len, plan), strict=True)
