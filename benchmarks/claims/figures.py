"""The figures of the comparisons, for a slide and for black-and-white print.

Colours are told apart by colour-blind eyes (Okabe and Ito 2008); each line has its own style and
marker, each bar its own hatch, so that colour is never needed.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from PIL import Image

from benchmarks.claims.comparisons import Comparison
from benchmarks.claims.verdicts import Outcome, Results
from mnist_paddle.files import atomic_write

STYLE = {
    "figure.figsize": (12.8, 7.2),
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.1,
    "figure.constrained_layout.w_pad": 0.1,
    "savefig.dpi": 120,
    "font.size": 14,
    "axes.titlesize": 15,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.alpha": 0.3,
    "lines.linewidth": 2.2,
    "lines.markersize": 8,
    "legend.frameon": False,
    "hatch.linewidth": 0.8,
}
# colour, line, marker; as grey: dark, light, black, light, middle
LINES = (
    ("#0072B2", "-", "o"),
    ("#E69F00", (0, (5, 1.5)), "s"),
    ("#000000", (0, (7, 1.5, 1.5, 1.5)), "^"),
    ("#CC79A7", (0, (1.2, 1.2)), "D"),
    ("#009E73", (0, (7, 1.5, 1.5, 1.5, 1.5, 1.5)), "v"),
)
PALE: dict[str, Any] = {"alpha": 0.15, "linewidth": 0.5, "zorder": 1}
BARS = (("#0072B2", ""), ("#E69F00", "//"), ("#009E73", ".."), ("#CC79A7", "xx"))


@contextmanager
def _our_style() -> Iterator[None]:
    with matplotlib.style.context(STYLE, after_reset=True):
        yield


def draw_curves(comparison: Comparison, results: Results, path: Path) -> None:
    """Draw two panels with a line for each run, and write them as a PNG.

    Thick lines are the median of the seeds: the mean of one that died and two that did not would
    show what none of them did.
    """
    panels = {
        "loss": _draw_loss,
        "accuracy": _draw_accuracy,
        "accuracy_and_loss": _draw_accuracy_and_loss,
    }
    with _our_style():
        figure = Figure()
        figure.suptitle(comparison.title, fontsize=20)
        places = figure.subplots(1, 2)
        for axes, panel in zip(places, comparison.panels, strict=True):
            panels[panel](axes, comparison, results)
        lines, labels = places[comparison.panels.index("accuracy")].get_legend_handles_labels()
        columns = 2 if len(labels) in (2, 4) else 3
        figure.legend(
            lines,
            labels,
            title=_note(comparison, results),
            title_fontsize=12,
            loc="outside lower center",
            ncols=columns,
            handlelength=3.5,
        )
        _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    """Write a PNG of 256 colours: they are enough, and the docs' figures stay small."""
    pixels = io.BytesIO()
    figure.savefig(pixels, format="png")
    with atomic_write(path) as temporary, Image.open(pixels) as picture:
        few = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        few.save(temporary, format="PNG", optimize=True)


def _note(comparison: Comparison, results: Results) -> str:
    """Return what the lines are, in words."""
    outcomes = next(iter(_each(comparison, results)))[1]
    words = []
    if "loss" in comparison.panels:
        words.append(f"loss: running mean of {outcomes[0].smoothing} batches, pale: every batch")
    if len(outcomes) > 1:
        words.append(f"thin: each of {len(outcomes)} seeds, thick: their median")
    return "; ".join(words)


def _each(
    comparison: Comparison, results: Results
) -> Iterator[tuple[str, Sequence[Outcome], dict[str, Any]]]:
    """Yield for each run its name, its outcomes, and how its line is drawn."""
    for (label, run), (colour, line, marker) in zip(comparison.runs.items(), LINES, strict=False):
        style = {"color": colour, "linestyle": line, "marker": marker, "markeredgecolor": "white"}
        yield label, results.outcomes[run], style


def _draw_loss(axes: Axes, comparison: Comparison, results: Results) -> None:
    """Draw the running mean of the loss over every batch's loss of the first seed."""
    lowest, highest = [], []
    for number, (label, outcomes, style) in enumerate(_each(comparison, results)):
        raw, every, width = outcomes[0].losses, outcomes[0].steps_per_epoch, outcomes[0].smoothing
        axes.plot((np.arange(len(raw)) + 1) / every, raw, color=style["color"], **PALE)
        smooth = np.array([outcome.smooth() for outcome in outcomes])  # [seeds, steps]
        steps = (np.arange(smooth.shape[1]) + (width + 1) / 2) / every
        gap = max(1, len(steps) // 6)
        first = gap * (2 * number + 1) // (2 * len(comparison.runs))  # not all at one place
        _draw_seeds(axes, steps, smooth, style)
        axes.plot(steps, np.median(smooth, 0), **style, markevery=(first, gap), label=label)
        lowest.append(smooth.min() / 1.7)
        highest.append(max(smooth.max(), np.quantile(raw, 0.99)) * 1.1)
    if comparison.floor:
        axes.axhline(comparison.floor, color="0.3", linewidth=1.2)
        axes.annotate(
            f"the least loss with softmax twice: {comparison.floor:.3f}",
            (0.98, comparison.floor),
            xycoords=("axes fraction", "data"),
            xytext=(0, -6),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=12,
        )
    axes.set(yscale="log", ylim=(min(lowest), max(highest)), xlim=(0, None))
    _plain_numbers(axes)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="epoch", ylabel=comparison.loss)


def _draw_accuracy(axes: Axes, comparison: Comparison, results: Results) -> None:
    """Draw the accuracy on valid after each epoch."""
    for label, outcomes, style in _each(comparison, results):
        valid = np.array([outcome.epoch_valid for outcome in outcomes])  # [seeds, epochs]
        epochs = np.arange(valid.shape[1]) + 1
        _draw_seeds(axes, epochs, valid, style)
        axes.plot(epochs, np.median(valid, 0), **style, label=label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="epoch", ylabel="accuracy on valid, %")


def _draw_accuracy_and_loss(axes: Axes, comparison: Comparison, results: Results) -> None:
    """Draw the accuracy over the loss: one loss value is another accuracy with each loss."""
    for _, outcomes, style in _each(comparison, results):
        for outcome in outcomes:
            thin = {**style, "linewidth": 1.0, "markersize": 7, "alpha": 0.9}
            axes.plot(outcome.epoch_losses, outcome.epoch_valid, **thin)
    axes.set(xscale="log", xlabel=comparison.loss, ylabel="accuracy on valid, %")
    axes.set_title("each epoch of each seed")
    _plain_numbers(axes)


def _draw_seeds(axes: Axes, x: np.ndarray, values: np.ndarray, style: Mapping[str, Any]) -> None:
    """Draw a thin line for each seed, `values` `[seeds, points]`, where there are several."""
    thin = {"color": style["color"], "linewidth": 0.8}
    for each in values if len(values) > 1 else ():
        axes.plot(x, each, **thin, alpha=0.6)


def _plain_numbers(axes: Axes) -> None:
    """Write 0.1 and not 10⁻¹ on an axis of powers, and the numbers between where there is room."""
    for axis, scale in ((axes.xaxis, axes.get_xscale()), (axes.yaxis, axes.get_yscale())):
        if scale == "log":
            low, high = axis.get_view_interval()
            axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high / low < 1000 else (1,)))
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
            axis.set_minor_formatter(NullFormatter())


def draw_readers(timing: Mapping[str, Any], path: Path) -> None:
    """Draw what benchmarks.speed.readers measured: images per second, and a slow source."""
    with _our_style():
        figure = Figure()
        figure.suptitle("Four ways to read", fontsize=20)
        upper, lower = figure.subplots(2, 2)
        for axes, (what, title) in zip(
            upper, (("alone", "reading alone"), ("training", "while the CNN trains")), strict=True
        ):
            _draw_sources(axes, timing["reading"], what)
            axes.set(ylabel="images/s", title=title)
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        for axes, (model, seconds) in zip(lower, timing["slow"].items(), strict=True):
            alone = [name for name in seconds if name.endswith("alone")]
            for place, (name, value) in enumerate(seconds.items()):
                colour, hatch = ("0.8", "") if name in alone else BARS[2]
                axes.bar(place, value, color=colour, hatch=hatch, edgecolor="black", linewidth=0.8)
            larger = max(seconds[name] for name in alone)
            label = "the longer of computing and reading alone"
            axes.axhline(larger, color="black", linewidth=1.5, linestyle="--", label=label)
            names = [name.replace(" alone", "\nalone") for name in seconds]
            axes.set_xticks(range(len(names)), names, fontsize=12)
            title = f"a source of {1000 * timing['wait']:.0f} ms a batch, the {model.upper()}"
            axes.set(ylabel="seconds", title=title)
        for axes in (*upper, *lower):
            axes.grid(visible=False, axis="x")
        entries = [axes.get_legend_handles_labels() for axes in (upper[0], lower[0])]
        both = [first + second for first, second in zip(*entries, strict=True)]
        figure.legend(*both, loc="outside lower center", ncols=3)
        _save(figure, path)


def _draw_sources(axes: Axes, reading: Mapping[str, Any], what: str) -> None:
    for shift, (source, readers) in enumerate(reading.items()):
        colour, hatch = BARS[shift]
        heights = [reader[what]["images_per_second"] for reader in readers.values()]
        places = np.arange(len(readers)) + 0.4 * shift
        label = f"from {source}"
        axes.bar(places, heights, 0.4, color=colour, hatch=hatch, edgecolor="black", label=label)
        axes.set_xticks(np.arange(len(readers)) + 0.2, readers)
    if what == "alone":  # from 1,000 to 1,000,000 and more
        least = min(r[what]["images_per_second"] for s in reading.values() for r in s.values())
        axes.set(yscale="log", ylim=(10 ** np.floor(np.log10(least)), None))
