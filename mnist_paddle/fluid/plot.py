"""`paddle.utils.plot.Ploter`: curves that grow while a script trains.

In a notebook each plot() shows the figure anew; elsewhere plt.show() shows it, plot(path) saves it.
Today one writes these few lines of Matplotlib.
"""

import sys
from importlib import import_module

from .missing import lookup

__all__ = ["Ploter"]


class Ploter:
    """1.x: `Ploter(*titles)` with append(title, step, value), plot(path=None), reset()."""

    def __init__(self, *args: str) -> None:
        self.titles = args
        self.reset()

    def reset(self) -> None:
        """1.x: `reset()`: empty curves."""
        self.curves: dict[str, list[tuple[float, float]]] = {title: [] for title in self.titles}

    def append(self, title: str, step: float, value: float) -> None:
        """1.x: `append(title, step, value)`: a point on the curve of that title.

        Raises:
            KeyError: the title was not given to Ploter.
        """
        self.curves[title].append((float(step), float(value)))

    def plot(self, path: str | None = None) -> None:
        """1.x: `plot(path=None)`: draw all curves into the current figure."""
        from matplotlib import pyplot  # late: it takes its time, and chooses its backend

        pyplot.cla()
        for title, points in self.curves.items():
            if points:
                pyplot.plot(*zip(*points, strict=True), label=title)
                pyplot.legend(loc="upper left")
        if path is not None:
            pyplot.savefig(path)
        elif "IPython" in sys.modules and hasattr(sys.modules["IPython"].get_ipython(), "kernel"):
            display = import_module("IPython.display")  # a script may be without it
            display.clear_output(True)
            display.display(pyplot.gcf())


__getattr__ = lookup("utils.plot")
