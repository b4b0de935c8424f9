"""Draw what was read: the picture, what the network saw of it, and its ten probabilities.
Most wrong answers explain themselves there: it saw something else than you do.
"""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from ..files import atomic_write
from ..pictures.digit import FoundDigit, open_picture
from ..plots import BLUE
from .model import Prediction
from .pictures import Reading

MOST_ROWS = 30  # digits, each a row
GREY = "#BBBBBB"


def draw_readings(readings: Sequence[Reading], path: str | Path) -> None:
    """Draw for each digit the picture, what the network saw of it, and its ten probabilities."""
    rows = [
        (reading, found, prediction)
        for reading in readings
        for found, prediction in zip(reading.found, reading.predictions, strict=True)
    ]
    rows = list(islice(rows, MOST_ROWS))
    figure = Figure(figsize=(9, 0.5 + 2 * max(1, len(rows))), layout="constrained")
    if not rows:
        figure.text(0.5, 0.5, "no digit found", ha="center", va="center")
    for place, (reading, found, prediction) in enumerate(rows):
        picture, seen, bars = (
            figure.add_subplot(len(rows), 3, 3 * place + column) for column in (1, 2, 3)
        )
        _draw_picture(picture, reading, found)
        seen.imshow(found.ink, cmap="gray", vmin=0, vmax=255)
        seen.set_title("what the network saw", fontsize=8)
        seen.set(xticks=[], yticks=[])
        _draw_bars(bars, prediction)
    with atomic_write(path) as temporary:
        figure.savefig(temporary, dpi=100, format="png")


def _draw_picture(axes: Any, reading: Reading, found: FoundDigit) -> None:
    with open_picture(reading.source, reading.path) as image:
        width, height = image.size
        small = image.convert("RGBA").resize(
            (max(1, round(width * share)), max(1, round(height * share)))
            if (share := min(1, 300 / max(width, height))) < 1
            else (width, height)
        )
    paper = Image.new("RGBA", small.size, "white")
    axes.imshow(Image.alpha_composite(paper, small), extent=(0, width, height, 0))
    left, top, right, bottom = found.box
    frame = Rectangle((left, top), right - left, bottom - top, fill=False, edgecolor=BLUE)
    axes.add_patch(frame)
    axes.set(xticks=[], yticks=[])
    axes.set_title(reading.path[-40:].replace("$", r"\$"), fontsize=8)


def _draw_bars(axes: Any, prediction: Prediction) -> None:
    if prediction.probabilities is None:
        axes.set_axis_off()
        axes.text(0.5, 0.5, str(prediction), ha="center", transform=axes.transAxes)
        return
    colours = [BLUE if digit == prediction.digit else GREY for digit in range(10)]
    axes.bar(range(10), prediction.probabilities, color=colours)
    axes.set(xticks=range(10), ylim=(0, 1), yticks=[])
    axes.set_title(f"{prediction.digit}   {prediction.confidence:.1%}", fontsize=8)
