"""Keeps what the cells of a lesson have shown and printed, and where it is on the page. A plain program is one cell."""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from autograd.classroom.live.output import Output
from autograd.classroom.live.stage import Stage
from autograd.languages import say

MOST_IN_ALL = 32_000_000  # characters of all panels together
MOST_PANELS = 100  # of a cell; places.py tells a lesson before it shows more
MOST_PAGES = 40  # within the page, kept while a program runs, besides those that are on it


@dataclass
class Panel:
    """What a place shows.

    number: its number on the page. title, line: what was shown, and at which line, counted from the first of the cell.
    size: in characters. run: the number of the run of its cell that has shown it.
    """

    number: int
    title: str
    line: int
    size: int
    run: int


@dataclass(frozen=True)
class Page:
    """A page within the page, such as a player. has_scripts: whether they may run."""

    html: str
    has_scripts: bool


@dataclass
class Results:
    """What a cell has shown and printed. The panels of a run stay until the next run of the cell is over.

    line: at which the cell begins. run: how many times it has begun. order: of the places on the page.
    last: the place that this run has shown last. blocks: of the output, as far as they are on the stage.
    """

    line: int = 1
    run: int = 0
    panels: dict[str, Panel] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    last: str = ""
    output: Output = field(default_factory=Output)
    is_old_output: bool = False
    blocks: set[int] = field(default_factory=set)
    error: Mapping[str, Any] | None = None
    is_old_error: bool = False


class Shown:
    """Puts on the stage what cells show: "panels", "panel 3", "output 0", "output 0 12" and "error 0"."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._cells: dict[int, Results] = {}
        self._lines = [1]
        self._n_panels = 0
        self._size = 0
        self._pages: dict[str, Page] = {}
        self._secret = secrets.token_bytes(32)

    @property
    def n_panels(self) -> int:
        """The largest number that a panel has."""
        return self._n_panels

    def page(self, name: str) -> Page | None:
        """A page within the page."""
        return self._pages.get(name)

    def place(self, lines: Iterable[int]) -> None:
        """Say at which lines the cells begin now. Forget what later cells have shown."""
        lines = list(lines)
        for cell in [cell for cell in self._cells if cell >= len(lines)]:
            self.forget(cell)
        for cell, line in enumerate(lines):
            if cell in self._cells and self._cells[cell].line != line:
                self._cells[cell].line = line
                self._put_error(cell)
        self._lines = lines
        self._put_panels()

    def forget(self, cell: int) -> None:
        """Take away what a cell has shown."""
        results = self._cells.pop(cell, None)
        if results is not None:
            for panel in results.panels.values():
                self._remove(panel)
            for block in results.blocks:
                self._stage.put(f"output {cell} {block}", None)
            self._stage.put(f"output {cell}", None)
            self._stage.put(f"error {cell}", {})

    def began(self, cell: int) -> None:
        """A cell has begun to run: its panels are now those of the run before."""
        results = self._cells.setdefault(cell, Results())
        results.line = self._lines[cell] if cell < len(self._lines) else 1
        results.run += 1
        results.last = ""
        results.is_old_output = results.is_old_error = True
        self._put_panels()
        self._put_error(cell)

    def printed(self, cell: int, data: bytes) -> None:
        """A cell has printed something."""
        results = self._cells.get(cell)
        if results is not None:
            self._renew_output(results)
            self._is_alive(cell, results)
            results.output.write(data)
            self._stage.touch()

    def show(self, cell: int, shown: Mapping[str, Any]) -> None:
        """A cell shows something."""
        results = self._cells.get(cell)
        if results is None:
            return
        self._is_alive(cell, results)
        place, title, line, kind = (shown[name] for name in ("place", "title", "line", "kind"))
        content, panel = shown["content"], results.panels.get(place)
        size = len(json.dumps(content))
        others = self._size - (panel.size if panel else 0)
        if others + size > MOST_IN_ALL:
            kind, content, size = "text", {"text": say("page full", size + others)}, 0
        if kind == "page":
            page = Page(content["html"], bool(content["scripts"]))
            content = {"page": self._kept(page), "scripts": page.has_scripts}
        if panel is None and len(results.panels) >= MOST_PANELS:
            return
        if panel is None:
            self._n_panels += 1
        if panel is None or panel.run != results.run:  # behind that which this run has shown before
            if panel is not None:
                results.order.remove(place)
            at = results.order.index(results.last) + 1 if results.last in results.order else 0
            results.order.insert(at, place)
            results.last = place
        number = panel.number if panel else self._n_panels
        self._size = others + size
        results.panels[place] = Panel(number, title, line - results.line, size, results.run)
        self._stage.put(f"panel {number}", {"kind": kind, **content})
        self._put_panels()

    def fail(self, cell: int, error: Mapping[str, Any]) -> None:
        """A cell has failed. The page shows its first error."""
        results = self._cells.setdefault(cell, Results())
        if results.is_old_error or results.error is None:
            line = None if error["line"] is None else error["line"] - results.line
            results.error, results.is_old_error = {**error, "line": line}, False
            self._put_error(cell)

    def has_failed(self, cell: int) -> bool:
        """Whether this run of a cell has failed."""
        results = self._cells.get(cell)
        return results is not None and results.error is not None and not results.is_old_error

    def over(self, cell: int, is_whole: bool) -> None:
        """A cell is over. is_whole: whether it came to its end, so that panels that it did not show again go."""
        results = self._cells.get(cell)
        if results is None:
            return
        if results.is_old_error:
            results.error, results.is_old_error = None, False
        self._renew_output(results)
        if is_whole:
            for place in [place for place, panel in results.panels.items() if panel.run != results.run]:
                self._remove(results.panels.pop(place))
                results.order.remove(place)
        self._put_error(cell)
        self._put_panels()
        self._forget_pages()
        self._stage.touch()

    def refresh(self) -> None:
        """Put what was printed since the last time."""
        for cell, results in self._cells.items():
            blocks, changed = results.output.blocks(), results.output.changed()
            if not changed and blocks.keys() == results.blocks:
                continue
            for number in results.blocks - blocks.keys():
                self._stage.put(f"output {cell} {number}", None)
            for number, lines in changed.items():
                self._stage.put(f"output {cell} {number}", lines)
            results.blocks = set(blocks)
            self._stage.put(f"output {cell}", {"blocks": sorted(blocks), "gone": results.output.n_gone})

    def _renew_output(self, results: Results) -> None:
        if results.is_old_output:
            results.output, results.is_old_output = Output(), False

    def _is_alive(self, cell: int, results: Results) -> None:
        """The run has shown something: the error of the one before is out of date."""
        if results.is_old_error and results.error is not None:
            results.error = None
            self._put_error(cell)

    def _put_error(self, cell: int) -> None:
        results = self._cells[cell]
        error: Mapping[str, Any] = results.error or {}
        if error:
            lines = {} if error["line"] is None else {"line": error["line"] + results.line}
            error = {**error, **lines, "old": results.is_old_error}
        self._stage.put(f"error {cell}", error)

    def _put_panels(self) -> None:
        panels = [
            {
                "number": panel.number,
                "title": panel.title,
                "line": panel.line + results.line,
                "cell": cell,
                "age": results.run - panel.run,
            }
            for cell, results in sorted(self._cells.items())
            for panel in map(results.panels.__getitem__, results.order)
        ]
        self._stage.put("panels", panels)

    def _remove(self, panel: Panel) -> None:
        self._size -= panel.size
        self._stage.put(f"panel {panel.number}", None)

    def _kept(self, page: Page) -> str:
        """The name of a page, which nobody can guess. The same page has the same name."""
        name = hashlib.blake2b(f"{page.has_scripts} {page.html}".encode(), key=self._secret, digest_size=18).hexdigest()
        self._pages[name] = page
        if len(self._pages) > MOST_PAGES:
            self._forget_pages()
            self._pages[name] = page
        return name

    def _forget_pages(self) -> None:
        """Forget the pages that no panel shows, neither here nor, where the stage is frozen, to its audience."""
        for name in list(self._pages):
            if not self._stage.mentions(name):
                del self._pages[name]
