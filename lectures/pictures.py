"""The images, what each layer of a network makes of one, and which ones it reads wrongly."""

import itertools
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
import paddle
from matplotlib.figure import Figure
from paddle import nn
from paddle.nn import functional as F

from mnist_paddle.data import scale_pixels
from mnist_paddle.kernels.conv_pool import convolutions_by_paddle
from mnist_paddle.plots import BLUE
from mnist_paddle.predict import Prediction, predict

from .material import Material, eval_images
from .paper import GREY, Translator, new_figure, show_ink

EACH = 10  # samples of a digit
WORST = 15
AT_ONCE = 1000  # images
SHOWN = 7  # the digit whose layers are shown: few strokes, in two directions


@dataclass(frozen=True)
class Samples:
    """The first images of each digit, `images[digit]` is `[K, 28, 28] uint8`, K at most EACH."""

    images: list[np.ndarray]
    source: str


def first_of_each(material: Material) -> Samples:
    """Take the first ten images of each digit of train."""
    split = material.splits["train"]
    labels = split.labels[:, 0]
    places = [np.flatnonzero(labels == digit)[:EACH] for digit in range(10)]
    return Samples([split.images[chosen][:, 0] for chosen in places], split.name)


def draw_samples(samples: Samples, translate: Translator) -> Figure:
    """Draw the images, and one of them as numbers."""
    note = translate("data: {data}, train; ink is drawn dark", data=samples.source)
    figure = new_figure(translate("An image is 28 × 28 numbers from 0 (paper) to 1 (ink)"), note)
    sheet, numbers = figure.subplots(1, 2)
    blank = np.zeros([28, 28], np.uint8)
    rows = [[*images, *[blank] * (EACH - len(images))] for images in samples.images]
    show_ink(sheet, np.block(rows))
    sheet.set_yticks(28 * np.arange(10) + 14, range(10))
    sheet.set(xticks=[], ylabel=translate("label"))
    sheet.set_title(translate("the first {count} images of each digit", count=EACH))
    digit = next(number for number, images in enumerate(samples.images) if len(images))
    image = samples.images[digit][0]
    show_ink(numbers, image)
    for (row, column), value in np.ndenumerate(scale_pixels(image)):
        text = f"{value:.2f}".lstrip("0") if 0 < value < 1 else f"{value:.0f}"
        colour = "white" if value > 0.5 else "black" if value else "0.7"
        numbers.text(column, row, text, ha="center", va="center", color=colour, fontsize=5.5)
    numbers.set(xlabel=translate("column"), ylabel=translate("row"), xticks=range(0, 28, 3))
    numbers.set(
        yticks=range(0, 28, 3), title=translate("the first {digit}, as numbers", digit=digit)
    )
    return figure


@dataclass(frozen=True)
class Layers:
    """One digit on its way through the CNN.

    `maps` has for each layer, by name, its output after ReLU, `[20, rows, columns] float32`.
    """

    image: np.ndarray
    label: int
    maps: dict[str, np.ndarray]
    outputs: np.ndarray
    probabilities: np.ndarray
    source: tuple[str, int, str]


def layers_of_one_digit(material: Material) -> Layers:
    """Record what each layer of the model makes of the first 7 of eval."""
    split, trained = material.splits["eval"], material.trained
    labels = split.labels[:, 0]
    place = int((labels == SHOWN).argmax())  # the first image where there is no such digit
    image = split.images[[place]]
    outputs = outputs_by_layer(trained.model, scale_pixels(image))
    # The network applies ReLU after pooling; before it, the greatest of four would be the same.
    maps = {name: np.maximum(outputs[name][0], 0) for name in ("conv1", "pool1", "conv2", "pool2")}
    logits = outputs["output"][0]
    probabilities = F.softmax(paddle.to_tensor(logits)).numpy()
    source = split.name, place, material.model_name
    return Layers(image[0, 0], int(labels[place]), maps, logits, probabilities, source)


def outputs_by_layer(model: nn.Layer, images: np.ndarray) -> dict[str, np.ndarray]:
    """Compute `images` `[N, 1, 28, 28] float32`; return the output of each layer by its name."""
    outputs: dict[str, np.ndarray] = {}
    names = {id(layer): name for name, layer in model.named_sublayers()}

    def record(layer: nn.Layer, inputs: Any, output: Any) -> None:
        outputs[names[id(layer)]] = output.numpy()

    hook: Any = record  # returns None, which leaves the output as it is
    hooks = [layer.register_forward_post_hook(hook) for layer in model.sublayers()]
    try:
        with paddle.no_grad(), convolutions_by_paddle():  # every layer is called then
            model(paddle.to_tensor(images))
    finally:
        for handle in hooks:
            handle.remove()
    return outputs


def draw_layers(layers: Layers, translate: Translator) -> Figure:
    """Draw the digit, the maps of each layer, and the ten probabilities."""
    data, place, model = layers.source
    note = translate(
        "data: {data}, eval, image {place}; model: {model}", data=data, place=place, model=model
    )
    figure = new_figure(translate("What each layer of the CNN sees of one digit"), note)
    panels = figure.subplots(2, 3).flat
    picture = next(panels)
    show_ink(picture, layers.image)
    picture.set(xticks=[], yticks=[])
    picture.set_title(translate("input: 1×28×28, label {label}", label=layers.label))
    titles = {
        "conv1": "conv1, ReLU: {shape}",
        "pool1": "pool1: {shape}",
        "conv2": "conv2, ReLU: {shape}",
        "pool2": "pool2: {shape}",
    }
    greys = matplotlib.colormaps["Greys"].with_extremes(bad="#A6CEE3")
    for (name, maps), axes in zip(layers.maps.items(), panels, strict=False):
        drawn = axes.imshow(mosaic(maps), cmap=greys, vmin=0)
        axes.set(xticks=[], yticks=[])
        axes.set_title(translate(titles[name], shape="×".join(map(str, maps.shape))))
        figure.colorbar(drawn, ax=axes, label=translate("activation"), fraction=0.04, pad=0.02)
        axes.spines[:].set_visible(False)
    bars = next(panels)
    digit = int(layers.probabilities.argmax())
    colours = [BLUE if d == digit else GREY for d in range(10)]
    bars.bar(range(10), layers.outputs, color=colours)
    bars.axhline(0, color="black", linewidth=0.8)
    words = "10 outputs; softmax: {digit}, {share:.1%}"
    bars.set_title(translate(words, digit=digit, share=layers.probabilities[digit]))
    bars.set(xlabel=translate("digit"), ylabel=translate("output"), xticks=range(10))
    return figure


def mosaic(maps: np.ndarray, columns: int = 5) -> np.ndarray:
    """Put maps `[20, rows, columns]` in lines of five, enlarged to 28 × 28, with NaN between."""
    times = 28 // maps.shape[1]
    enlarged = maps.repeat(times, axis=1).repeat(times, axis=2)
    padded = np.pad(enlarged, ((0, 0), (1, 1), (1, 1)), constant_values=np.nan)
    starts = range(0, len(maps), columns)
    return np.vstack([np.hstack(list(padded[start : start + columns])) for start in starts])


@dataclass(frozen=True)
class Mistakes:
    """The images of a split whose label got the least probability, least first.

    `wrong` of all `total` images were read wrongly.
    """

    images: np.ndarray
    labels: np.ndarray
    places: np.ndarray
    probabilities: np.ndarray  # [K, 10]
    wrong: int
    total: int
    source: tuple[str, str]


def worst_mistakes(material: Material) -> Mistakes:
    """Read all of eval, and find the images with the least probability of their labels."""
    split = material.splits["eval"]
    images, labels = eval_images(split)
    predictions: list[Prediction] = []
    for start in range(0, len(images), AT_ONCE):
        predictions += predict(material.trained, images[start : start + AT_ONCE])
    rows = np.array([prediction.probabilities for prediction in predictions])
    places = np.argsort(rows[np.arange(len(labels)), labels], kind="stable")[:WORST]
    wrong = int(np.count_nonzero(rows.argmax(1) != labels))
    source = split.name, material.model_name
    return Mistakes(
        images[places], labels[places], places, rows[places], wrong, len(labels), source
    )


def draw_mistakes(mistakes: Mistakes, translate: Translator) -> Figure:
    """Draw the images, each with its label and what it was read as."""
    data, model = mistakes.source
    note = translate(
        "data: {data}, eval; model: {model}; #: place in eval; %: probability",
        data=data,
        model=model,
    )
    title = translate(
        "{wrong:,} of {total:,} digits read wrongly; the least probable labels first",
        wrong=mistakes.wrong,
        total=mistakes.total,
    )
    figure = new_figure(title, note)
    panels = figure.subplots(3, WORST // 3).flat
    facts = zip(
        mistakes.images, mistakes.labels, mistakes.places, mistakes.probabilities, strict=True
    )
    for axes, fact in itertools.zip_longest(panels, facts):
        if fact is None:
            axes.set_axis_off()
            continue
        image, label, place, probabilities = fact
        show_ink(axes, image)
        axes.set(xticks=[], yticks=[])
        words = "#{place}, label {label}: {right:.1%}\nread as {digit}: {share:.1%}"
        axes.set_title(
            translate(
                words,
                place=place,
                label=label,
                right=probabilities[label],
                digit=probabilities.argmax(),
                share=probabilities.max(),
            )
        )
    return figure
