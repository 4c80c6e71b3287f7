"""A backend of matplotlib for lessons: plt.show() shows the figures on the page, and opens no window."""

import sys
from types import FrameType
from typing import Any

from matplotlib import pyplot
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg

from autograd.classroom.panels.showing import show_from


class FigureManager(FigureManagerBase):
    """Shows figures for pyplot."""

    @classmethod
    def pyplot_show(cls, *, block: bool | None = None) -> None:
        """Show all figures, and forget them, as if their windows were closed."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_globals.get("__name__", "").startswith("matplotlib"):
            frame = frame.f_back
        for number in pyplot.get_fignums():
            if frame is not None:
                show_from(frame, pyplot.figure(number), title=f"figure {number}")
        pyplot.close("all")

    def show(self) -> None:
        """Show this figure: figure.show()."""
        frame = sys._getframe(2)
        show_from(frame, self.canvas.figure, title=f"figure {self.num}")


class FigureCanvas(FigureCanvasAgg):
    """A canvas that draws in memory."""

    manager_class: Any = FigureManager
