"""The table of the teaching figures: what each computes, and how it is drawn."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from . import curves, descents, likelihood, pictures
from .material import Material
from .paper import Translator


@dataclass(frozen=True)
class TeachingFigure:
    """Compute the facts once, draw them in any language."""

    compute: Callable[[Material], Any]
    draw: Callable[[Any, Translator], Figure]


FIGURES = {
    "sigmoid": TeachingFigure(curves.sigmoid_curve, curves.draw_sigmoid),
    "log": TeachingFigure(curves.log_curve, curves.draw_log),
    "softmax": TeachingFigure(curves.doubtful_digit, curves.draw_softmax),
    "learning_rate": TeachingFigure(descents.three_rates, descents.draw_rates),
    "optimizers": TeachingFigure(descents.four_optimizers, descents.draw_optimizers),
    "likelihood": TeachingFigure(likelihood.two_boxes, likelihood.draw_boxes),
    "samples": TeachingFigure(pictures.first_of_each, pictures.draw_samples),
    "layers": TeachingFigure(pictures.layers_of_one_digit, pictures.draw_layers),
    "mistakes": TeachingFigure(pictures.worst_mistakes, pictures.draw_mistakes),
}
