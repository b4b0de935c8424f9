"""Sigmoid, log and softmax: the functions that turn numbers into probabilities and losses."""

from dataclasses import dataclass

import numpy as np
import paddle
from matplotlib.figure import Figure
from paddle.nn import functional as F

from mnist_paddle.data import scale_pixels
from mnist_paddle.plots import BLUE, ORANGE

from .material import Material, eval_images
from .paper import GREY, LINES, Translator, new_figure, show_ink

DOUBT = 0.6  # of the right digit: sure enough to be read right, and a second digit to be seen
SEARCHED = 1000  # images


@dataclass(frozen=True)
class Curve:
    """Points of a function, and another number at each."""

    x: np.ndarray
    y: np.ndarray
    other: np.ndarray


def sigmoid_curve(material: Material) -> Curve:
    """Compute sigmoid and its slope, by Paddle, from -8 to 8 in steps of 0.2. Source: 1.1."""
    x = paddle.to_tensor(np.round(np.arange(-8, 8.1, 0.2), 1), stop_gradient=False)
    y = F.sigmoid(x)
    (slope,) = paddle.grad(y.sum(), x)
    return Curve(x.numpy(), y.numpy(), slope.numpy())


def draw_sigmoid(curve: Curve, translate: Translator) -> Figure:
    """Draw sigmoid and its slope."""
    note = translate("81 points from -8 to 8 in steps of 0.2; the slope is Paddle's gradient")
    figure = new_figure(translate("Sigmoid: any number becomes one between 0 and 1"), note)
    axes = figure.add_subplot()
    axes.plot(curve.x, curve.y, color=BLUE, marker=".", label="sigmoid(x) = 1 / (1 + exp(-x))")
    label = translate("its slope, at most {most:.2f}", most=curve.other.max())
    axes.plot(curve.x, curve.other, color=ORANGE, linestyle="--", label=label)
    middle = curve.y[curve.x == 0].item()
    axes.plot(0, middle, "o", color="black", markersize=10)
    words = f"sigmoid(0) = {middle}"
    axes.annotate(words, (0, middle), xytext=(18, -6), textcoords="offset points")
    for x, words in ((-5.5, "saturated: almost no slope"), (5.5, "saturated: almost no slope")):
        axes.annotate(translate(words), (x, 0.12), ha="center", color="0.35")
    axes.set(xlabel="x", ylabel=translate("value"), xlim=(-8, 8), ylim=(0, 1.02))
    axes.legend(loc="upper left")
    axes.grid(alpha=0.3)
    return figure


def log_curve(material: Material) -> Curve:
    """Compute log and (1 - p)² from 0.01 to 1 in steps of 0.01. Source: 1.9."""
    p = np.arange(1, 101) / 100
    return Curve(p, np.log(p), (1 - p) ** 2)


def draw_log(curve: Curve, translate: Translator) -> Figure:
    """Draw y = log(x), and what it becomes as the loss of a probability."""
    note = translate("100 points from 0.01 to 1 in steps of 0.01; log is the natural logarithm")
    figure = new_figure(translate("The logarithm, and the loss that is made of it"), note)
    left, right = figure.subplots(1, 2)
    left.plot(curve.x, curve.y, color=BLUE)
    left.set(title="y = log(x)", xlabel="x", ylabel="y")
    right.plot(curve.x, -curve.y, color=BLUE, label=translate("cross entropy, -log p"))
    label = translate("square error, (1 - p)²")
    right.plot(curve.x, curve.other, color=ORANGE, linestyle="--", label=label)
    for p in (0.01, 0.1, 0.5, 1.0):
        loss = -curve.y[np.isclose(curve.x, p)].item() + 0.0
        right.plot(p, loss, "o", color="black")
        words = translate("one of ten: {loss:.2f}", loss=loss) if p == 0.1 else f"{loss:.2f}"
        right.annotate(words, (p, loss), xytext=(10, 6), textcoords="offset points")
    right.set_title(translate("a confident mistake costs without limit"))
    right.set(
        xlabel=translate("p, the probability given to the right digit"), ylabel=translate("loss")
    )
    right.set(xlim=(0, 1.15), ylim=(0, None))
    right.legend(loc="upper right")
    for axes in (left, right):
        axes.grid(alpha=0.3)
    return figure


@dataclass(frozen=True)
class Doubt:
    """A digit that the network is not sure of: image, label, ten outputs and probabilities.

    `many[k]` are the probabilities `[10]` when the outputs are multiplied by `factors[k]`.
    """

    image: np.ndarray
    label: int
    outputs: np.ndarray
    probabilities: np.ndarray
    factors: np.ndarray
    many: np.ndarray
    source: tuple[str, int, str]  # data, place in eval, model


def doubtful_digit(material: Material) -> Doubt:
    """Find the image of eval that is read right with a probability nearest to 0.6."""
    split, trained = material.splits["eval"], material.trained
    images, labels = eval_images(split, SEARCHED)
    with paddle.no_grad():
        outputs = trained.model(paddle.to_tensor(scale_pixels(images[:, None])))
        probabilities = F.softmax(outputs).numpy()
    right = probabilities.argmax(1) == labels
    distance = np.abs(probabilities[np.arange(len(labels)), labels] - DOUBT)
    place = int(np.where(right, distance, 2).argmin())
    factors = np.linspace(0, 4, 161)
    scaled = paddle.to_tensor(factors[:, None].astype("float32")) * outputs[place]
    return Doubt(
        images[place],
        int(labels[place]),
        outputs[place].numpy(),
        probabilities[place],
        factors,
        F.softmax(scaled).numpy(),
        (split.name, place, material.model_name),
    )


def draw_softmax(doubt: Doubt, translate: Translator) -> Figure:
    """Draw ten outputs, their softmax, and the softmax as the gaps between them grow."""
    data, place, model = doubt.source
    note = translate(
        "data: {data}, eval, image {place}; model: {model}", data=data, place=place, model=model
    )
    title = translate("Softmax: ten outputs become ten probabilities that sum to 1")
    figure = new_figure(title, note)
    picture, before, after, grown = figure.subplots(1, 4, width_ratios=[0.8, 1, 1, 1.2])
    show_ink(picture, doubt.image)
    picture.set(xticks=[], yticks=[])
    picture.set_title(translate("label {label}", label=doubt.label))
    best = np.argsort(-doubt.probabilities)[:3]
    colours = [LINES[list(best).index(d)]["color"] if d in best else GREY for d in range(10)]
    before.bar(range(10), doubt.outputs, color=colours)
    before.axhline(0, color="black", linewidth=0.8)
    before.set(xlabel=translate("digit"), ylabel=translate("output"), xticks=range(10))
    before.set_title(translate("outputs, sum {total:.1f}", total=doubt.outputs.sum()))
    bars = after.bar(range(10), doubt.probabilities, color=colours)
    texts = [f"{p:.2f}" if p >= 0.005 else "" for p in doubt.probabilities]
    after.bar_label(bars, texts, padding=2, fontsize=12)
    after.set(
        xlabel=translate("digit"), ylabel=translate("probability"), xticks=range(10), ylim=(0, 1)
    )
    after.set_title(translate("their softmax, sum {total:.1f}", total=doubt.probabilities.sum()))
    for digit, line in zip(best, LINES, strict=False):
        label = translate("digit {digit}", digit=digit)
        grown.plot(doubt.factors, doubt.many[:, digit], label=label, markevery=20, **line)
    grown.axvline(1, color="black", linewidth=0.8)
    grown.annotate(translate("as trained"), (1.05, 0.94))
    grown.set(
        xlabel=translate("factor on all outputs"), ylabel=translate("probability"), ylim=(0, 1)
    )
    grown.set(xlim=(0, 1.02 * doubt.factors[-1]))
    grown.set_title(translate("larger gaps, surer answers"))
    grown.legend(loc="center right")
    return figure
