"""show(x): shows a thing to the class, on the live page, in a notebook, or as text where a program just runs."""

import ast
import inspect
import linecache
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from autograd.classroom.panels.places import Board
from autograd.classroom.panels.views import View, text_of, view_of
from autograd.pictures.names import names_from
from autograd.recording import aside

LONGEST_TITLE = 80  # characters

# Where things are shown: (what, label, title, frame). The live page puts its own in here, in the lesson's process.
Place = Callable[[Any, str, str, FrameType], None]


def show(x: Any, label: str = "") -> None:
    """Show a thing to the class, in the way that fits it.

    x: a Value is shown as its graph, a model as its network, an Explanation as its player, an Exploration as its page.
        A list of numbers or Values, a dict of lists and nn's History become curves. Rows, dicts, and arrays of two
        dimensions become tables. A Drawing, a figure of matplotlib and a string are shown as they are, anything else as
        its repr().
    label: its name. Without it, the text between the parentheses of show().

    Returns None. On the page of `python -m autograd live`, x appears beside the source. It takes the place of what the
    same line, or the same label, showed before. So a curve grows, and a graph changes its numbers. A notebook displays
    x below the cell, in the same way. A program that just runs prints it as text; no window opens, and no file is
    written.

    >>> losses = [4.0, 2.0, 1.0]
    >>> show(losses, "the losses")
    the losses: 3 numbers, from 4 to 1 █▃▁
    """
    frame = sys._getframe(1)
    show_from(frame, x, str(label)[:LONGEST_TITLE], _argument(frame))


def show_from(frame: FrameType, x: Any, label: str = "", title: str = "") -> None:
    """Show a thing as the code at this frame would. title: its name if it has no label."""
    _places[-1](x, label, label or title, frame)


class Cell:
    """The cell of a notebook that runs. If a place in it shows something again, the display changes."""

    def __init__(self, number: int, ipython: Any) -> None:
        self.number = number
        self.board = Board(self._display)
        self._ipython = ipython
        self._handles: dict[str, Any] = {}

    def _display(self, place: str, title: str, line: int, view: View) -> None:
        if place in self._handles:
            self._handles[place].update(view)
            return
        if place.startswith("label ") and view.kind != "text":
            print(title)
        self._handles[place] = self._ipython.display.display(view, display_id=True)


_cells: list[Cell] = []  # the one that is run, or was last


def _cell(ipython: Any) -> Cell:
    shell = ipython.get_ipython()
    if not _cells:
        shell.events.register("post_run_cell", lambda *result: _cells[-1].board.finish())
    if not _cells or _cells[-1].number != shell.execution_count:
        _cells[:] = [Cell(shell.execution_count, ipython)]
    return _cells[-1]


class MarimoCell:
    """The cell of a marimo notebook that is run: it displays all that it shows, each place once."""

    def __init__(self, begun: FrameType | None, marimo: Any) -> None:
        self.begun, self._marimo = begun, marimo
        self._places: dict[str, Any] = {}

    def show(self, x: Any, label: str, title: str, frame: FrameType) -> None:
        """Show a thing, or change what this line or this label has shown."""
        place = f"label {label}" if label else f"line {frame.f_lineno}"
        with aside(), names_from(frame):
            view = view_of(x, title)
        named = [self._marimo.plain_text(title)] if label and view.kind != "text" else []
        self._places[place] = self._marimo.vstack([*named, view])
        self._marimo.output.replace(self._marimo.vstack([*self._places.values()]))


_marimo_cells: list[MarimoCell] = []  # the one that is run, or was last


def _marimo_cell(marimo: Any, frame: FrameType) -> MarimoCell:
    code, begun = frame.f_code.co_filename, frame.f_back
    while begun is not None and (
        begun.f_code.co_filename == code or "__marimo__" in begun.f_code.co_filename
    ):  # up to what runs the cell, once for each run
        begun = begun.f_back
    if not _marimo_cells or _marimo_cells[-1].begun is not begun:
        _marimo_cells[:] = [MarimoCell(begun, marimo)]
    return _marimo_cells[-1]


def _usually(x: Any, label: str, title: str, frame: FrameType) -> None:
    """Show a thing where no page follows the program."""
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        _cell(ipython).board.show(x, label, title, frame)
        pyplot = sys.modules.get("matplotlib.pyplot")
        figure = pyplot.gcf() if pyplot is not None and x is pyplot else getattr(x, "figure", x)
        if pyplot is not None and hasattr(figure, "savefig"):
            pyplot.close(figure)  # or the cell shows it once more
        return
    marimo = sys.modules.get("marimo")
    if marimo is not None and marimo.running_in_notebook():
        _marimo_cell(marimo, frame).show(x, label, title, frame)
        return
    text = text_of(x)
    if title and title != text:
        text = f"{title}:\n{text}" if "\n" in text else f"{title}: {text}"
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding))


_places: list[Place] = [_usually]


def show_on(place: Place) -> None:
    """Show everything there from now on."""
    _places.append(place)


def _argument(frame: FrameType) -> str:
    """What stands between the brackets of the call of show() that a frame is at; "" where there is no source."""
    place = inspect.getframeinfo(frame, context=0).positions
    lines = linecache.getlines(frame.f_code.co_filename, frame.f_globals)
    first, last, start, end = (
        (place.lineno, place.end_lineno, place.col_offset, place.end_col_offset) if place else [None] * 4
    )
    if not lines or first is None or last is None or start is None or end is None:
        return ""
    text = "".join(lines[first - 1 : last]).encode()
    n_after = len(lines[last - 1].encode()) - end
    try:
        argument = ast.parse(text[start : len(text) - n_after].decode(), mode="eval").body.args[0]  # type: ignore[attr-defined]
    except (SyntaxError, ValueError, AttributeError, IndexError):
        return ""
    if isinstance(argument, (ast.Constant, ast.JoinedStr)):  # says the same as what is shown
        return ""
    title = ast.unparse(argument)
    return title if len(title) <= LONGEST_TITLE else f"{title[:LONGEST_TITLE]}…"
