"""What is compared: each training once, and which of them stand side by side.

The settings are the tutorial's wherever it states them; the claims are the tutorial's in our words,
each with the item that it comes from, and a check that decides from the results. All trainings of
one seed together cost about as much as 65 passes of the CNN over MNIST's 50,000 images.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.claims.verdicts import (
    Check,
    equal,
    faster_from_memory,
    higher,
    lower,
    never_below,
    not_comparable,
    overlaps,
    perfect_score_of_softmax_twice,
)

TRAIN = "mnist_paddle", "train"  # module and words of a usual training
TRAIN_SOFTMAX_TWICE = "benchmarks.support.prepared", "benchmarks.claims.softmax_twice"


@dataclass(frozen=True)
class Run:
    """One training: settings, whether its images are ordered by label, and what trains."""

    settings: Mapping[str, Any]
    by_label: bool = False
    program: tuple[str, ...] = TRAIN


@dataclass(frozen=True)
class Claim:
    """A sentence of the tutorial in our words, where it stands, and what decides it."""

    place: str
    says: str
    check: Check


@dataclass(frozen=True)
class Comparison:
    """Runs side by side: `runs` maps the name in tables and legends to a key of RUNS."""

    title: str
    runs: Mapping[str, str]
    claims: tuple[Claim, ...]
    panels: tuple[str, str] = ("loss", "accuracy")
    loss: str = "training loss"
    floor: float | None = None  # a loss that no network can get below
    timed: bool = False  # benchmarks.speed.readers belongs to it


def _sgd(model: str, loss: str, lr: float, epochs: int = 5, **more: Any) -> dict[str, Any]:
    settings = {"model": model, "loss": loss, "opt": "sgd", "lr": lr, "epochs": epochs}
    return {**settings, **more}


RUNS = {
    # part 0, item 13; part 1, items 3 and 5
    "linear_mse": Run(_sgd("linear", "mse", 0.001, 10)),
    "mlp_mse": Run(_sgd("mlp", "mse", 0.01)),
    "cnn_mse": Run(_sgd("cnn", "mse", 0.01)),
    "cnn_mse_slow": Run(_sgd("cnn", "mse", 0.001)),  # ours: the tutorial's rate kills some seeds
    # part 1, item 11
    "mlp_ce": Run(_sgd("mlp", "ce", 0.01)),
    "cnn_ce": Run(_sgd("cnn", "ce", 0.01)),
    # part 1, item 15
    "cnn_ce_small": Run(_sgd("cnn", "ce", 0.001)),
    "cnn_ce_large": Run(_sgd("cnn", "ce", 0.1)),
    # part 1, item 16
    "momentum": Run(_sgd("cnn", "ce", 0.01, opt="momentum")),
    "adagrad": Run(_sgd("cnn", "ce", 0.01, opt="adagrad")),
    "adam": Run(_sgd("cnn", "ce", 0.01, opt="adam")),
    # part 1, item 22, which names no coefficients
    "adam_l2": Run(_sgd("cnn", "ce", 0.01, opt="adam", weight_decay=0.0001)),
    "adam_strong_l2": Run(_sgd("cnn", "ce", 0.01, opt="adam", weight_decay=0.001)),
    # part 0, items 14 to 16, with a network that is trained in seconds
    "mlp_async": Run(_sgd("mlp", "ce", 0.01, reader="async")),
    "mlp_workers": Run(_sgd("mlp", "ce", 0.01, reader="workers")),
    "mlp_resident": Run(_sgd("mlp", "ce", 0.01, reader="resident")),
    # part 0, item 16. `finite` is file order; a batch's gradient is a mean, whatever its order
    "in_file_order": Run(_sgd("cnn", "ce", 0.01, generator="finite")),
    "by_label": Run(_sgd("cnn", "ce", 0.01, generator="finite"), by_label=True),
    "softmax_twice": Run(_sgd("cnn", "ce", 0.01), program=TRAIN_SOFTMAX_TWICE),
}

COMPARISONS = {
    "models": Comparison(
        "Three networks under square error",
        {
            "linear, lr 0.001": "linear_mse",
            "MLP, lr 0.01": "mlp_mse",
            "CNN, lr 0.01": "cnn_mse",
            "CNN, lr 0.001 (ours)": "cnn_mse_slow",
        },
        (
            Claim(
                "part 1, item 6",
                "The CNN's loss falls faster than the MLP's",
                lower("first_loss", "cnn_mse", "mlp_mse"),
            ),
            Claim(
                "part 1, item 6",
                "The CNN's loss ends lower than the MLP's",
                lower("last_loss", "cnn_mse", "mlp_mse"),
            ),
            Claim(
                "part 1, item 6, at a rate of ours",
                "A tenth of the learning rate: the CNN's loss ends lower than the MLP's",
                lower("last_loss", "cnn_mse_slow", "mlp_mse"),
            ),
        ),
        loss="square error",
    ),
    "losses": Comparison(
        "Square error and cross entropy, on the axis of accuracy",
        {
            "MLP, square error": "mlp_mse",
            "CNN, square error": "cnn_mse",
            "CNN, square error, lr 0.001 (ours)": "cnn_mse_slow",
            "MLP, cross entropy": "mlp_ce",
            "CNN, cross entropy": "cnn_ce",
        },
        (
            Claim(
                "part 1, item 7",
                "Square error is the wrong loss for labels: the CNN reads more with cross entropy",
                higher("valid", "cnn_ce", "cnn_mse"),
            ),
            Claim(
                "part 1, item 7",
                "Square error is the wrong loss for labels: the MLP reads more with cross entropy",
                higher("valid", "mlp_ce", "mlp_mse"),
            ),
            Claim(
                "part 1, item 12",
                "The two losses cannot be compared with each other: accuracy must be compared",
                not_comparable(("mlp_mse", "cnn_mse", "cnn_mse_slow"), ("mlp_ce", "cnn_ce")),
            ),
        ),
        panels=("accuracy", "accuracy_and_loss"),
        loss="training loss, square error or cross entropy",
    ),
    "learning_rates": Comparison(
        "Three learning rates",
        {"lr 0.001": "cnn_ce_small", "lr 0.01": "cnn_ce", "lr 0.1": "cnn_ce_large"},
        (
            Claim(
                "part 1, item 15",
                "A rate that is too small, 0.001, is slow",
                lower("valid", "cnn_ce_small", "cnn_ce"),
            ),
            Claim(
                "part 1, item 15",
                "A rate that is too large, 0.1, makes the loss oscillate",
                higher("taken_back", "cnn_ce_large", "cnn_ce"),
            ),
            Claim(
                "part 1, item 15",
                "0.1 is too large: it reads less than 0.01",
                lower("valid", "cnn_ce_large", "cnn_ce"),
            ),
        ),
    ),
    "optimizers": Comparison(
        "Four optimizers at the same learning rate",
        {"SGD": "cnn_ce", "Momentum": "momentum", "Adagrad": "adagrad", "Adam": "adam"},
        (
            *(
                Claim(
                    "part 1, item 16",
                    f"Compare the loss: {name} gets lower than SGD in as many epochs",
                    lower("last_loss", name.lower(), "cnn_ce"),
                )
                for name in ("Momentum", "Adagrad", "Adam")
            ),
            Claim(
                "part 1, item 16",
                "Compare the time: Adam needs more of it than SGD",
                higher("seconds", "adam", "cnn_ce"),
            ),
        ),
    ),
    "readers": Comparison(
        "Four ways to read, one result",
        {
            "MLP, sync": "mlp_ce",
            "MLP, async": "mlp_async",
            "MLP, workers": "mlp_workers",
            "MLP, resident": "mlp_resident",
        },
        (
            Claim(
                "part 0, item 14",
                "Reading in another way changes the time and not the result",
                equal("mlp_ce", "mlp_async", "mlp_workers", "mlp_resident"),
            ),
            Claim(
                "part 0, item 16",
                "Sync waits for the data, async reads through a queue meanwhile (a slow source)",
                overlaps,
            ),
            Claim(
                "part 0, item 16",
                "Async is faster than sync (the CNN, the data in memory)",
                faster_from_memory,
            ),
        ),
        timed=True,
    ),
    "shuffling": Comparison(
        "Three orders of the same images",
        {
            "shuffled anew in each epoch": "cnn_ce",
            "in the order of the file": "in_file_order",
            "sorted by label": "by_label",
        },
        (
            Claim(
                "part 0, item 16",
                "The last batches weigh more: after images sorted by label, more is read as a 9",
                higher("nines", "by_label", "cnn_ce"),
            ),
            Claim(
                "part 0, item 16",
                "Hence shuffle: shuffled images teach more than sorted ones",
                higher("valid", "cnn_ce", "by_label"),
            ),
            Claim(
                "part 0, item 16",
                "Hence shuffle: shuffled images teach more than the order of the file",
                higher("valid", "cnn_ce", "in_file_order"),
            ),
        ),
    ),
    "regularization": Comparison(
        "L2 weight decay, with Adam",
        {"none": "adam", "L2 0.0001": "adam_l2", "L2 0.001": "adam_strong_l2"},
        tuple(
            claim
            for name, run in (("0.0001", "adam_l2"), ("0.001", "adam_strong_l2"))
            for claim in (
                Claim(
                    "part 1, item 22",
                    f"L2 {name} keeps the network from learning the training images by heart",
                    higher("last_loss", run, "adam"),
                ),
                Claim(
                    "part 1, item 22",
                    f"L2 {name} makes it better on images that it has not seen",
                    higher("valid", run, "adam"),
                ),
            )
        ),
    ),
    "softmax_twice": Comparison(
        "The fault of the tutorial's successor: softmax twice",
        {"softmax once (right)": "cnn_ce", "softmax twice (the fault)": "softmax_twice"},
        (
            Claim(
                "not in the tutorial, but in its successor",
                "With softmax twice even a perfect answer has a loss of "
                f"{perfect_score_of_softmax_twice():.3f} and not of 0",
                never_below(perfect_score_of_softmax_twice(), "softmax_twice", "cnn_ce"),
            ),
            Claim(
                "not in the tutorial, but in its successor",
                "The network with softmax twice learns less in as many epochs",
                lower("valid", "softmax_twice", "cnn_ce"),
            ),
        ),
        floor=perfect_score_of_softmax_twice(),
    ),
}
