"""Learning rates and optimizers, seen from above: real steps on a real surface of the loss."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from .material import Material
from .paper import LINES, Translator, new_figure
from .surfaces import Descent, curvatures, descend, loss_on_grid, two_gains, two_weights

IMAGES = 1000  # of which the loss is the mean: the whole surface for every step
PIXELS = ((14, 14), (14, 16))  # row and column: in the middle, where most digits have ink
PLACES = [28 * row + column for row, column in PIXELS]
START = np.array([-3.2, 1.2])  # from the minimum: across the bowl, and along it
EDGE = 4.0  # of the map, from the minimum
SHARES = (0.02, 0.5, 1.05)  # of the rate from which on the steps diverge
STEPS = 20
GRID = 41

OPTIMIZERS = {"sgd": "SGD", "momentum": "Momentum", "adagrad": "Adagrad", "adam": "Adam"}
RATE = 0.01  # the tutorial's, for all four: part 1, item 16
RATES = (0.001, 0.01, 0.1)  # the tutorial's three: part 1, item 15
GAINS_START = np.array([2.5, 0.0])  # an output gain of 0: ten equal probabilities, a loss of log 10
GAINS_STEPS = 100
MLP_STEPS = 1000  # two passes over MNIST


@dataclass(frozen=True)
class Map:
    """A surface by its losses `[M, N]` at N values of one number and M of another."""

    first: np.ndarray
    second: np.ndarray
    losses: np.ndarray


@dataclass(frozen=True)
class Rates:
    """Three descents of SGD; the rate from which on they diverge, with two weights and with all."""

    map: Map
    descents: list[Descent]
    minimum: np.ndarray
    lowest: float
    limit: float
    limit_of_all: float
    source: tuple[str, int]


def train_linear(material: Material) -> Any:
    """Train the linear model as the tutorial does, for one pass over MNIST."""
    return material.train_network("linear", "mse", "sgd", 0.001, steps=500)


def three_rates(material: Material) -> Rates:
    """Train the linear model, then two of its weights anew with rates too small, right, too large.

    Square error is a bowl over the weights, so its minimum and the largest rate that can work are
    computed, not searched.
    """
    model = train_linear(material)
    images, labels = material.training_images(IMAGES, "float32")
    surface = two_weights(model, images, labels, PLACES)
    pixels = images.numpy().reshape([len(images), -1]).astype("float64")
    seen = pixels[:, PLACES]
    biased = np.hstack([pixels, np.ones([len(pixels), 1])])
    limit = 2 / curvatures(seen)[-1]

    here = model.output.weight.numpy()[PLACES, 0]
    wrong = (labels - model(images)).numpy()[:, 0] + seen @ here  # what the two are to make up for
    minimum = np.linalg.lstsq(seen, wrong, rcond=None)[0]
    lowest = float(np.mean((wrong - seen @ minimum) ** 2))
    descents = [descend(surface, "sgd", share * limit, minimum + START, STEPS) for share in SHARES]
    first, second = (np.linspace(centre - EDGE, centre + EDGE, GRID) for centre in minimum)
    losses = loss_on_grid(surface, first, second)
    return Rates(
        Map(first, second, losses),
        descents,
        minimum,
        lowest,
        limit,
        2 / curvatures(biased)[-1],
        (material.splits["train"].name, len(images)),
    )


def draw_rates(rates: Rates, translate: Translator) -> Figure:
    """Draw the three descents on the surface, and their losses below."""
    data, count = rates.source
    note = translate(
        "linear model, trained, square error; data: {data}, train, {count:,} images a step; "
        "lines: equal loss; pixel: row, column\n"
        "SGD diverges with a rate above {limit:.2f}; if all 785 weights move, above {all:.3f}",
        data=data,
        count=count,
        limit=rates.limit,
        all=rates.limit_of_all,
    )
    figure = new_figure(
        translate("The learning rate: SGD on two weights of the linear model"), note
    )
    panels = figure.subplot_mosaic([["0", "1", "2"], ["losses"] * 3], height_ratios=[3, 2])
    words = "weight of pixel {row}, {column}"
    across, upwards = (translate(words, row=row, column=column) for row, column in PIXELS)
    names = ("too small", "about right", "too large")
    below = panels["losses"]
    for place, (name, each, line) in enumerate(zip(names, rates.descents, LINES, strict=False)):
        axes = panels[str(place)]
        label = translate("{name}: rate {rate:.3g}", name=translate(name), rate=each.rate)
        draw_map(axes, rates.map)
        draw_descent(axes, each, {**line, "linestyle": "-"}, every=1)
        axes.plot(*rates.minimum, "*", color="black", markersize=14)
        axes.set(title=label, xlabel=across)
        below.plot(each.losses - rates.lowest, label=label, **line)
    panels["0"].set_ylabel(upwards)
    for words, (x, y) in (("start", rates.descents[0].path[0]), ("minimum", rates.minimum)):
        panels["0"].annotate(
            translate(words),
            (x, y),
            xytext=(0, -26),
            textcoords="offset points",
            ha="center",
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1},
        )
    below.set(xlabel=translate("step"), ylabel=translate("loss above the minimum"), yscale="log")
    below.set(xticks=range(0, STEPS + 1, 5))
    below.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    below.grid(alpha=0.3)
    return figure


@dataclass(frozen=True)
class Optimizers:
    """Descents of the four optimizers: with one rate for all, and each with its best."""

    map: Map
    same: list[Descent]
    best: list[Descent]
    source: tuple[str, int]


def train_mlp(material: Material, steps: int = MLP_STEPS) -> Any:
    """Train the MLP well."""
    return material.train_network("mlp", "ce", "adam", 0.01, steps)


def four_optimizers(
    material: Material, training: int = MLP_STEPS, steps: int = GAINS_STEPS, grid: int = GRID
) -> Optimizers:
    """Train the MLP, then find its two gains anew from a bad place, with each optimizer."""
    model = train_mlp(material, training)
    images, labels = material.training_images(IMAGES)
    surface = two_gains(model, images, labels)
    descents = {
        (name, rate): descend(surface, name, rate, GAINS_START, steps)
        for name in OPTIMIZERS
        for rate in RATES
    }
    same = [descents[name, RATE] for name in OPTIMIZERS]
    best = [
        min((descents[name, rate] for rate in RATES), key=lambda each: each.losses[-1])
        for name in OPTIMIZERS
    ]
    first, second = np.linspace(0, 3, grid), np.linspace(-0.25, 4.5, grid)
    losses = loss_on_grid(surface, first, second)
    source = material.splits["train"].name, len(images)
    return Optimizers(Map(first, second, losses), same, best, source)


def draw_optimizers(optimizers: Optimizers, translate: Translator) -> Figure:
    """Draw both sets of descents on the surface, and their losses below."""
    data, count = optimizers.source
    note = translate(
        "MLP 784-10-10-10, trained, cross entropy; data: {data}, train, {count:,} images a step; "
        "lines: equal loss\n"
        "a gain multiplies all weights and biases of a layer, 1 is as trained",
        data=data,
        count=count,
    )
    steps = len(optimizers.same[0].losses) - 1
    title = translate("Four optimizers on two numbers of the MLP, {steps} steps", steps=steps)
    figure = new_figure(title, note)
    panels = figure.subplots(2, 2, height_ratios=[2, 1])
    titles = (
        translate("all with the tutorial's rate, {rate}", rate=RATE),
        translate("each with its best of {rates}", rates=", ".join(map(str, RATES))),
    )
    for (above, below), descents, words in zip(
        panels.T, (optimizers.same, optimizers.best), titles, strict=True
    ):
        draw_map(above, optimizers.map)
        for each, line in zip(descents, LINES, strict=True):
            draw_descent(above, each, line, every=5)
            label = translate(
                "{name} {rate}: loss {loss:.2f}",
                name=OPTIMIZERS[each.optimizer],
                rate=each.rate,
                loss=each.losses[-1],
            )
            below.plot(each.losses, markevery=10, label=label, **line)
        above.set(xlabel=translate("gain of the two hidden layers"), title=words)
        above.set_ylabel(translate("gain of the last layer"))
        below.set(xlabel=translate("step"), ylabel=translate("loss"), ylim=(0, 2.5))
        below.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, fontsize=12)
        below.grid(alpha=0.3)
    return figure


def draw_map(axes: Any, surface: Map) -> None:
    """Draw lines of equal loss, the higher the darker."""
    lowest, highest = surface.losses.min(), surface.losses.max()
    levels = lowest + (highest - lowest) * np.linspace(0, 1, 14)[1:] ** 2.5
    grid = (surface.first, surface.second, surface.losses)
    axes.contourf(*grid, levels=[0, *levels], cmap="Greys", alpha=0.35)
    lines = axes.contour(*grid, levels=levels, colors="0.45", linewidths=0.8)
    axes.clabel(lines, lines.levels[::2], fontsize=10, fmt="%.2g")
    axes.set(xlim=surface.first[[0, -1]], ylim=surface.second[[0, -1]])


def draw_descent(axes: Any, each: Descent, line: dict[str, Any], every: int) -> None:
    """Draw a descent from its start, with a mark after each `every` steps."""
    axes.plot(*each.path.T, markevery=every, **{**line, "linewidth": 1.8, "markersize": 5})
    axes.plot(*each.path[0], "X", color="black", markersize=11)
