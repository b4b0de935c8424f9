"""The maximum likelihood example of the tutorial: from which box came the black ball?"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from mnist_paddle.plots import BLUE, ORANGE

from .material import Material
from .paper import Translator, new_figure

BOXES = {"A": {"white": 99, "black": 1}, "B": {"white": 1, "black": 99}}  # part 1, item 8
DRAWN = "black"


@dataclass(frozen=True)
class Boxes:
    """For each box, how likely it makes what was drawn; priors of B, and its posteriors."""

    likelihoods: list[Fraction]
    priors: list[Fraction]
    posteriors: list[Fraction]


def posterior(priors: Sequence[Fraction], likelihoods: Sequence[Fraction]) -> list[Fraction]:
    """Return the probability of each cause after what was seen, by Bayes' rule."""
    together = [p * q for p, q in zip(priors, likelihoods, strict=True)]
    return [each / sum(together) for each in together]


def two_boxes(material: Material) -> Boxes:
    """Compute the likelihoods of the two boxes, and the posterior of B for priors from 0 to 1."""
    likelihoods = [Fraction(balls[DRAWN], sum(balls.values())) for balls in BOXES.values()]
    priors = [Fraction(number, 1000) for number in range(1001)]
    posteriors = [posterior([1 - prior, prior], likelihoods)[1] for prior in priors]
    return Boxes(likelihoods, priors, posteriors)


def draw_boxes(boxes: Boxes, translate: Translator) -> Figure:
    """Draw the boxes, the likelihood of each, and the posterior of B against its prior."""
    note = translate(
        "posterior by Bayes' rule: prior × likelihood, divided by the sum over both boxes"
    )
    figure = new_figure(translate("A black ball was drawn: from which box?"), note)
    panels = figure.subplot_mosaic(
        [["A", "likelihood", "posterior"], ["B", "likelihood", "posterior"]], width_ratios=[1, 1, 2]
    )
    for name, balls in BOXES.items():
        _draw_box(panels[name], balls)
        title = translate("box {name}: {white} white, {black} black", name=name, **balls)
        panels[name].set_title(title)

    axes = panels["likelihood"]
    bars = axes.bar(list(BOXES), list(map(float, boxes.likelihoods)), color=[ORANGE, BLUE])
    axes.bar_label(bars, [f"{float(each):.2f}" for each in boxes.likelihoods], padding=3)
    axes.set(xlabel=translate("box"), ylabel=translate("likelihood P(black | box)"), ylim=(0, 1.05))
    chosen = max(zip(boxes.likelihoods, BOXES, strict=True))[1]
    axes.set_title(translate("maximum likelihood chooses {box}", box=chosen))

    axes = panels["posterior"]
    axes.plot(
        [0, 1], [0, 1], color="0.6", linestyle="--", linewidth=1.5, label=translate("no ball seen")
    )
    label = translate("a black ball seen")
    axes.plot(list(map(float, boxes.priors)), list(map(float, boxes.posteriors)), BLUE, label=label)
    for prior, offset in ((Fraction(1, 100), (25, 40)), (Fraction(1, 2), (-110, -45))):
        after = boxes.posteriors[boxes.priors.index(prior)]
        axes.plot(float(prior), float(after), "o", color="black", markersize=10)
        axes.annotate(
            translate(
                "prior {prior:.0%}: posterior {after:.0%}", prior=float(prior), after=float(after)
            ),
            (float(prior), float(after)),
            xytext=offset,
            textcoords="offset points",
            va="center",
            arrowprops={"arrowstyle": "-", "color": "0.5"},
        )
    axes.set(xlabel=translate("prior P(box B)"), ylabel=translate("posterior P(box B | black)"))
    axes.set(xlim=(-0.02, 1.02), ylim=(0, 1.05))
    axes.set_title(translate("the posterior weighs the prior too"))
    axes.legend(loc="lower right")
    return figure


def _draw_box(axes: Any, balls: dict[str, int]) -> None:
    """Draw a hundred balls in a square, the few among the many."""
    colours = ["white"] * balls["white"] + ["black"] * balls["black"]
    places = np.random.default_rng(0).permutation(len(colours))
    side = round(len(colours) ** 0.5)
    axes.scatter(places % side, places // side, c=colours, edgecolors="black", s=90)
    axes.set(xticks=[], yticks=[], aspect="equal")
    axes.spines[:].set_visible(True)
