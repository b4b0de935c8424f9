"""`plt.show()` without a screen: every open figure becomes a file, and its path is printed.

A Matplotlib backend; install() chooses it through MPLBACKEND where there is no screen.
The files lie in the folder the script runs in: SCRIPT_figure_1.png and so on.
"""

import itertools
import sys
from pathlib import Path
from typing import Any

from matplotlib import pyplot
from matplotlib.backend_bases import FigureManagerBase as FigureManager
from matplotlib.backends.backend_agg import FigureCanvasAgg as FigureCanvas

__all__ = ["FigureCanvas", "FigureManager", "show"]

_numbers = itertools.count(1)


def show(*_: Any, **__: Any) -> None:
    """Save all open figures and close them, as a person would have closed the windows."""
    script = Path(sys.argv[0]).stem if sys.argv and sys.argv[0].endswith(".py") else "notebook"
    for number in pyplot.get_fignums():
        path = Path(f"{script}_figure_{next(_numbers)}.png").resolve()
        pyplot.figure(number).savefig(path)
        print(f"plt.show(): {path}", flush=True)
    pyplot.close("all")
