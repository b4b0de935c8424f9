"""What all teaching figures share: size, type, colours, and the language of their words."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib import font_manager
from matplotlib.figure import Figure

from mnist_paddle.errors import ConfigError
from mnist_paddle.plots import BLUE, ORANGE

from .chinese import CHINESE

WIDTH, HEIGHT = 1920, 1080  # pixels of every figure: a slide
DPI = 150
STYLE = {
    "figure.figsize": (WIDTH / DPI, HEIGHT / DPI),
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
    "font.size": 14,
    "axes.titlesize": 15,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 2.5,
    "lines.markersize": 7,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.12,
    "figure.constrained_layout.w_pad": 0.12,
}
GREY = "#BBBBBB"
# Lines side by side: told apart by colour-blind eyes (Okabe and Ito 2008), and in grey print.
LINES: tuple[dict[str, Any], ...] = (
    {"color": BLUE, "linestyle": "-", "marker": "o"},
    {"color": ORANGE, "linestyle": "--", "marker": "s"},
    {"color": "#009E73", "linestyle": "-.", "marker": "^"},
    {"color": "#000000", "linestyle": ":", "marker": "D"},
)
# Fonts with Chinese characters: of Linux, Windows and macOS.
FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",  # in the same file as SC, of which older matplotlib reads the first face
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "SimHei",
    "PingFang HK",
    "Heiti TC",
    "Arial Unicode MS",
)


class Translator:
    """Put the words of a figure into a language: English ("en") or Chinese ("zh")."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, words: str, **values: object) -> str:
        """Return the words in the language, with the values in their places."""
        return (CHINESE[words] if self.language == "zh" else words).format(**values)


def chinese_font() -> str:
    """Return the name of a font with Chinese characters.

    Raises:
        ConfigError: there is none on this machine.
    """
    if font := _first_known(font_manager.fontManager):
        return font
    today = font_manager.FontManager()  # matplotlib's own is a list of the fonts there were once
    if font := _first_known(today):
        for path in {entry.fname for entry in today.ttflist if entry.name == font}:
            font_manager.fontManager.addfont(path)
        return font
    raise ConfigError(
        "--language zh: matplotlib finds no font with Chinese characters; install one, for "
        "example the package fonts-noto-cjk, or draw with --language en."
    )


def _first_known(fonts: font_manager.FontManager) -> str | None:
    names = {entry.name for entry in fonts.ttflist}
    return next((font for font in FONTS if font in names), None)


@contextmanager
def paper(language: str) -> Iterator[None]:
    """Let figures be drawn in our style, whatever matplotlibrc says, and in that language.

    Raises:
        ConfigError: there is no font for it.
    """
    fonts = ["DejaVu Sans", *([chinese_font()] if language == "zh" else [])]
    with matplotlib.style.context({**STYLE, "font.family": fonts}, after_reset=True):
        yield


def new_figure(title: str, note: str) -> Figure:
    """Return an empty figure with a title above and a note on what it was made from below."""
    figure = Figure()
    figure.suptitle(title, fontsize=20)
    figure.supxlabel(note, fontsize=11, x=0.99, ha="right", color="0.35")
    return figure


def show_ink(axes: Any, ink: np.ndarray) -> None:
    """Show an image of ink 0..255 as it would be on paper: ink dark."""
    axes.imshow(255 - ink, cmap="gray", vmin=0, vmax=255)
    axes.spines[:].set(visible=True, color=GREY)
