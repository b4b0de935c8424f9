"""Figures of a run: how the loss fell, which digits are taken for which; and of its data.

Drawn with matplotlib's Figure, without pyplot: no screen is needed and nothing is shown. It is
imported when something is drawn: the first step of a training need not wait for its last figure.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .files import atomic_write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLUE, ORANGE = "#0072B2", "#D55E00"  # told apart by colour-blind eyes too (Okabe and Ito 2008)


def draw_curve(rows: Sequence[Mapping[str, str]], path: str | Path, title: str) -> None:
    """Draw the loss of each step and the valid accuracy of each epoch from metrics.csv's rows.

    Epochs without an accuracy, of a training on valid too, leave its axis out.
    """
    steps = [row for row in rows if row["kind"] == "step"]
    epochs = [row for row in rows if row["kind"] == "epoch" and row["valid_total"]]
    positions = np.array([int(row["step"]) for row in steps])
    losses = np.array([float(row["loss"]) for row in steps])
    width = max(1, len(losses) // 50)
    smooth = np.convolve(losses, np.ones(width) / width, mode="valid")

    figure = _new_figure(8, 4.5)
    axes = figure.add_subplot()
    axes.plot(positions, losses, color=BLUE, alpha=0.25, linewidth=0.8)
    label = f"training loss, mean of {width} steps" if width > 1 else "training loss"
    axes.plot(positions[width - 1 :], smooth, color=BLUE, label=label)
    axes.set(xlabel="step", ylabel="loss", title=title)
    axes.set_ylim(bottom=0, top=1.1 * np.quantile(losses, 0.99))
    if epochs:
        right = axes.twinx()
        right.plot(
            [int(row["step"]) for row in epochs],
            [100 * int(row["valid_correct"]) / int(row["valid_total"]) for row in epochs],
            color=ORANGE,
            marker="o",
            label="accuracy on valid, %",
        )
        right.set_ylabel("accuracy on valid, %")
        right.set_ylim(top=100)
    figure.legend(loc="outside lower center", ncols=2)
    _save(figure, path)


def draw_confusion(confusion: np.ndarray, path: str | Path, title: str) -> None:
    """Draw a confusion matrix `[10, 10]`: labels down, digits read across; mistakes stand out."""
    figure = _new_figure(6, 5.5)
    axes = figure.add_subplot()
    mistakes = confusion.astype(float) / np.maximum(confusion.sum(1, keepdims=True), 1)
    np.fill_diagonal(mistakes, 0)
    axes.imshow(mistakes, cmap="Oranges", vmin=0, vmax=max(mistakes.max(), 1e-9))
    for (label, digit), count in np.ndenumerate(confusion):
        text = axes.text(digit, label, str(count), ha="center", va="center", fontsize=8)
        text.set_fontweight("bold" if label == digit else "normal")
        text.set_color("white" if mistakes[label, digit] > 0.6 * mistakes.max() else "black")
    axes.set(xlabel="digit read", ylabel="label", title=title)
    axes.set(xticks=range(10), yticks=range(10))
    _save(figure, path)


def draw_contact_sheet(
    rows: Sequence[np.ndarray], counts: Sequence[int], path: str | Path, title: str
) -> None:
    """Draw a row of images `[K, 28, 28] uint8` for each digit, ink dark, and how many there are."""
    cell, columns = 30, max(1, *(len(images) for images in rows))
    sheet = np.full((cell * len(rows), cell * columns), 96, np.uint8)  # grey between the images
    for row, images in enumerate(rows):
        for column, image in enumerate(images):
            top, left = row * cell + 1, column * cell + 1
            sheet[top : top + 28, left : left + 28] = 255 - image
    figure = _new_figure(2 + columns * 0.45, 1 + len(rows) * 0.45)
    axes = figure.add_subplot()
    axes.imshow(sheet, cmap="gray", vmin=0, vmax=255)
    labels = [f"{digit}   {count:,}×" for digit, count in enumerate(counts)]
    axes.set_yticks([row * cell + cell / 2 for row in range(len(rows))], labels)
    axes.set(xticks=[], ylabel="label, and how many", title=title)
    _save(figure, path)


def _new_figure(width: float, height: float) -> "Figure":
    from matplotlib.figure import Figure  # not above: it takes its time

    return Figure(figsize=(width, height), layout="constrained")


def _save(figure: "Figure", path: str | Path) -> None:
    with atomic_write(path) as temporary:
        figure.savefig(temporary, dpi=120, format="png")
