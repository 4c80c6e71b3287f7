"""What a program in the browser gets as matplotlib.pyplot: it makes figures, and plots into the latest one."""

import sys
from typing import Any

from autograd.classroom.panels.showing import show_from
from autograd.classroom.site.plots.axes import Axes
from autograd.classroom.site.plots.figures import Figure, Grid
from autograd.classroom.site.plots.lacking import lacks
from autograd.classroom.site.plots.shapes import Point

_current: list[Figure] = []


def subplots(
    nrows: int = 1, ncols: int = 1, *, figsize: Point = (9.0, 4.5), sharex: Any = False, sharey: Any = False
) -> tuple[Figure, Any]:
    """A figure, and its plots: one, a row of them, or a grid."""
    figure = Figure(nrows, ncols, figsize, sharex, sharey)
    _current[:] = [figure]
    if nrows == ncols == 1:
        return figure, figure.rows[0][0]
    rows = [figure.axes] if 1 in (nrows, ncols) else figure.rows
    return figure, Grid(rows)


def gcf() -> Figure:
    """The figure that was made last."""
    return _current[0] if _current else subplots()[0]


def gca() -> Axes:
    """The last plot of it."""
    return gcf().axes[-1]


def figure(figsize: Point = (9.0, 4.5)) -> Figure:
    """A figure of one plot."""
    return subplots(figsize=figsize)[0]


def show() -> None:
    """Show the figure that was made last."""
    if _current:
        show_from(sys._getframe(1), _current.pop(), title="figure")


def close(figure: Any = None) -> None:
    """Forget the figure."""
    _current.clear()


def savefig(file: Any, **how: Any) -> None:
    """Write the figure that was made last."""
    gcf().savefig(file, **how)


def use(name: str) -> None:
    """Accept a backend or a style of matplotlib: here there is one of each."""


class style:
    """matplotlib's styles. There is one here, for a class."""

    use = staticmethod(use)


OF_THE_PLOT = {
    "title": "set_title",
    "xlabel": "set_xlabel",
    "ylabel": "set_ylabel",
    "xlim": "set_xlim",
    "ylim": "set_ylim",
}


def __getattr__(name: str) -> Any:
    """plt.plot and others are those of the last plot."""
    if name.startswith("__"):
        raise AttributeError(name)
    own = OF_THE_PLOT.get(name, name)
    if own in vars(Axes):
        return lambda *given, **look: getattr(gca(), own)(*given, **look)
    return lacks(f"plt.{name}")
