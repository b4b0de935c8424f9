"""What a comparison's trainings reached, and whether that supports what the tutorial says.

A claim on two runs is taken seed by seed, as both start from the same weights where they can. It
is supported if it is true for every seed and the mean difference is larger than the spread of
the differences, refuted if the opposite is, and else undecided. Spread is the sample standard
deviation over seeds; one seed has none.
"""

import csv
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np

from mnist_paddle.data import Split

SUPPORTED, REFUTED, UNDECIDED = "supported", "refuted", "undecided"
FASTER = 1.05  # times: two medians of a few runs are told apart no closer


class Outcome:
    """What one training left in its run folder; `valid` is the split that the verdicts look at."""

    def __init__(self, folder: Path, valid: Split | None = None) -> None:
        self.folder, self._valid = folder, valid
        self.result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        with (folder / "metrics.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        epochs = [row for row in rows if row["kind"] == "epoch"]
        self.losses = np.array([float(row["loss"]) for row in rows if row["kind"] == "step"])
        self.epoch_losses = np.array([float(row["loss"]) for row in epochs])
        self.epoch_valid = np.array(
            [100 * int(row["valid_correct"]) / int(row["valid_total"]) for row in epochs]
        )
        self.steps_per_epoch = len(self.losses) // len(epochs)

    def accuracy(self, mode: str) -> float:
        """Return the accuracy on valid or eval at the end, in percent."""
        return 100 * self.result[f"{mode}_correct"] / self.result[f"{mode}_total"]

    def smooth(self) -> np.ndarray:
        """Return the running mean of the batches' losses over a tenth of an epoch."""
        width = self.smoothing
        return np.convolve(self.losses, np.ones(width) / width, mode="valid")

    @property
    def smoothing(self) -> int:
        """Batches in the running mean."""
        return max(1, self.steps_per_epoch // 10)

    def taken_back(self) -> float:
        """Return how much of its fall the loss took back by rising, in percent.

        It is the sum of all rises over the sum of all falls, from each tenth of an epoch to the
        next: 0 of a loss that only falls, 100 of one that ends where it began.
        """
        whole = len(self.losses) // self.smoothing * self.smoothing
        steps = np.diff(self.losses[:whole].reshape(-1, self.smoothing).mean(axis=1))
        falls = -steps[steps < 0].sum()
        return float(100 * steps[steps > 0].sum() / falls) if falls else 0.0

    @cached_property
    def nines(self) -> float:
        """The share of valid that is read as a 9, the last label in order, in percent."""
        from mnist_paddle.device import use_device  # Paddle takes its time to load
        from mnist_paddle.evaluation import evaluate
        from mnist_paddle.predict import load_model

        trained = load_model(self.folder / "model.safetensors")
        assert self._valid is not None
        score = evaluate(trained.network, trained.objective, self._valid, use_device(gpu=False))
        return 100 * float(score.confusion[:, 9].sum()) / score.total


@dataclass(frozen=True)
class Measure:
    """A number that a training ends with: what it is called, its decimals and its unit."""

    name: str
    decimals: int
    unit: str
    of: Callable[[Outcome], float]


MEASURES = {
    "valid": Measure("accuracy on valid", 2, " %", lambda outcome: outcome.accuracy("valid")),
    "eval": Measure("accuracy on eval", 2, " %", lambda outcome: outcome.accuracy("eval")),
    "first_loss": Measure("mean loss of the first epoch", 3, "", lambda o: o.epoch_losses[0]),
    "last_loss": Measure("mean loss of the last epoch", 3, "", lambda o: o.epoch_losses[-1]),
    "taken_back": Measure("share of its fall that the loss took back", 1, " %", Outcome.taken_back),
    "seconds": Measure("training time", 0, " s", lambda o: o.result["train_seconds"]),
    "nines": Measure("read as a 9", 1, " % of valid", lambda o: o.nines),
}


@dataclass(frozen=True)
class Results:
    """All outcomes of a comparison: for each run one per seed, in the order of the seeds."""

    labels: Mapping[str, str]  # key of RUNS → name of the run in tables
    outcomes: Mapping[str, Sequence[Outcome]]
    timing: Mapping[str, Any] | None = None  # of benchmarks.speed.readers

    def values(self, measure: str, run: str) -> list[float]:
        return [float(MEASURES[measure].of(outcome)) for outcome in self.outcomes[run]]


@dataclass(frozen=True)
class Verdict:
    """Whether the results support a claim, and the numbers that say so."""

    word: str
    evidence: str


Check = Callable[[Results], Verdict]


def with_spread(values: Sequence[float], decimals: int, unit: str = "") -> str:
    """Write mean ± sample standard deviation; of one value there is no spread."""
    spread = f" ± {stdev(values):.{decimals}f}" if len(values) > 1 else ""
    return f"{mean(values):.{decimals}f}{spread}{unit}"


def decide(differences: Sequence[float]) -> str:
    """Decide on a claim that says: these differences, one for each seed, are above 0."""
    clear = len(differences) == 1 or abs(mean(differences)) >= stdev(differences)
    if clear and all(difference > 0 for difference in differences):
        return SUPPORTED
    if clear and all(difference <= 0 for difference in differences):
        return REFUTED
    return UNDECIDED


def decide_each(true: Sequence[bool]) -> str:
    """Decide on a claim that is simply true or not for each seed."""
    return SUPPORTED if all(true) else UNDECIDED if any(true) else REFUTED


def higher(measure: str, run: str, other: str) -> Check:
    """Claim that `run` has more of the measure than `other`."""
    return lambda results: _compare(results, measure, run, other, 1)


def lower(measure: str, run: str, other: str) -> Check:
    """Claim that `run` has less of the measure than `other`."""
    return lambda results: _compare(results, measure, run, other, -1)


def _compare(results: Results, measure: str, run: str, other: str, sign: int) -> Verdict:
    ours, others = results.values(measure, run), results.values(measure, other)
    differences = [sign * (a - b) for a, b in zip(ours, others, strict=True)]
    name, decimals, unit = (getattr(MEASURES[measure], n) for n in ("name", "decimals", "unit"))
    parts = [
        f"{results.labels[key]} {with_spread(values, decimals, unit)}"
        for key, values in ((run, ours), (other, others))
    ]
    true = sum(difference > 0 for difference in differences)
    seeds = f"{true} of {len(differences)} seeds"
    return Verdict(decide(differences), f"{name}: {parts[0]}, {parts[1]}; true for {seeds}")


def equal(*runs: str) -> Check:
    """Claim that these runs read the same number of images right, seed by seed."""

    def check(results: Results) -> Verdict:
        counts = [
            {(o.result["valid_correct"], o.result["eval_correct"]) for o in seed}
            for seed in zip(*(results.outcomes[run] for run in runs), strict=True)
        ]
        same = [len(count) == 1 for count in counts]
        word = SUPPORTED if all(same) else REFUTED
        return Verdict(word, f"the same on valid and eval for {sum(same)} of {len(same)} seeds")

    return check


def not_comparable(square: Sequence[str], cross: Sequence[str]) -> Check:
    """Claim that of two epochs, one of each loss, that with the lower loss may read less."""

    def check(results: Results) -> Verdict:
        found: list[tuple[float, float, float, float] | None] = []
        for seed in range(len(results.outcomes[square[0]])):
            ours, theirs = (_epochs(results, keys, seed) for keys in (square, cross))
            pairs = [(*a, *b) for a in ours for b in theirs if (a[0] - b[0]) * (a[1] - b[1]) > 0]
            found.append(max(pairs, key=lambda p: abs(p[1] - p[3]), default=None))
        example = next((pair for pair in found if pair), None)
        seeds = f"{sum(map(bool, found))} of {len(found)} seeds"
        evidence = f"a pair of epochs in which the lower loss reads less: found for {seeds}"
        if example:
            texts = [f"{example[i]:.3f} with {example[i + 1]:.2f} % of valid" for i in (0, 2)]
            evidence += f"; square error {texts[0]}, cross entropy {texts[1]}"
        return Verdict(decide_each(list(map(bool, found))), evidence)

    return check


def _epochs(results: Results, runs: Sequence[str], seed: int) -> list[tuple[float, float]]:
    outcomes = [results.outcomes[run][seed] for run in runs]
    return [pair for o in outcomes for pair in zip(o.epoch_losses, o.epoch_valid, strict=True)]


def perfect_score_of_softmax_twice(digits: int = 10) -> float:
    """Return the loss of a perfect answer after a softmax too many: -log(e / (e + 9))."""
    return math.log(math.e + digits - 1) - 1


def never_below(floor: float, run: str, other: str) -> Check:
    """Claim that no batch of `run` has a loss below `floor`; decided once `other` gets there."""

    def check(results: Results) -> Verdict:
        least, others = (
            [float(outcome.losses.min()) for outcome in results.outcomes[key]]
            for key in (run, other)
        )
        below = [value < floor - 1e-4 for value in (*least, *others)]
        word = SUPPORTED if all(below[len(least) :]) else UNDECIDED
        word = REFUTED if any(below[: len(least)]) else word
        pairs = ((run, least), (other, others))
        texts = [f"{results.labels[key]} {with_spread(values, 3)}" for key, values in pairs]
        return Verdict(word, f"lowest loss of a batch: {texts[0]}, {texts[1]}")

    return check


def overlaps(results: Results) -> Verdict:
    """Claim that async takes less time than sync where reading takes some."""
    assert results.timing is not None
    slow = results.timing["slow"]
    texts = []
    for model, seconds in slow.items():
        larger = max(seconds["computing alone"], seconds["reading alone"])
        shares = [f"{name} {seconds[name] / larger:.2f}" for name in ("sync", "async")]
        texts.append(f"{model} {', '.join(shares)}")
    true = [seconds["sync"] > FASTER * seconds["async"] for seconds in slow.values()]
    evidence = "time, where reading or computing alone, the longer of the two, is 1: "
    return Verdict(decide_each(true), evidence + "; ".join(texts))


def faster_from_memory(results: Results) -> Verdict:
    """Claim that async trains more images per second than sync."""
    assert results.timing is not None
    readers = results.timing["reading"]["memory"]
    sync, other = (readers[n]["training"]["images_per_second"] for n in ("sync", "async"))
    word = SUPPORTED if other > FASTER * sync else REFUTED
    return Verdict(word, f"images/s: async {other:,.0f}, sync {sync:,.0f}")
