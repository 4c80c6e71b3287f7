"""A lesson's file as the page shows it: its cells, which of them have run, and where the teacher is."""

import os
import re
import stat
import threading
import time
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass, field
from errno import EINVAL
from io import BytesIO
from pathlib import Path
from typing import Any

from autograd.classroom.live.cells import Cell, cells_of
from autograd.classroom.live.highlighting import highlighted
from autograd.classroom.live.markdown import rendered
from autograd.classroom.live.mishaps import ended
from autograd.classroom.live.modules import Stamp, stamp
from autograd.classroom.live.runs import Runs
from autograd.classroom.live.shown import Page, Shown
from autograd.classroom.live.source import decoded
from autograd.classroom.live.stage import Stage
from autograd.languages import say

LONGEST_SOURCE = 400_000  # bytes
LONGEST_SENTENCE = 1000  # characters
LONGEST_PLACE = 2000  # characters of what a page within the page says of its place
LONGEST_NAME = 20  # characters of what a page calls itself


@dataclass(frozen=True)
class Script:
    """What a lesson's file says.

    source: its text. cells: those that are presented; none for a plain program. notes: for the teacher, each with the
    number of the cell that it belongs to. code: the text and the first line of each cell of code.
    """

    source: str = ""
    cells: list[Cell] = field(default_factory=list)
    notes: list[tuple[int, Cell]] = field(default_factory=list)
    code: list[tuple[str, int]] = field(default_factory=list)

    def n_code(self, cell: int) -> int:
        """How many cells of code there are up to a cell."""
        return sum(each.kind == "code" for each in self.cells[: cell + 1])

    def beside(self, cell: int) -> int | None:
        """The cell of code whose results stand beside a cell: the last one, but not from before a heading."""
        for number in range(min(cell, len(self.cells) - 1), -1, -1):
            if self.cells[number].kind == "code":
                return self.n_code(number) - 1
            if self.cells[number].level:
                break
        return None


class Lesson:
    """A file that is run, and what its runs have shown.

    A plain program runs from the beginning at each save. In a presentation the cells run up to the teacher's cell.
    modules: the files in its folder, and below, that it imports. started: when it ran last, as time.time() has it.
    stamp: of the file as it was read last.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.modules: set[str] = set()
        self._lock = threading.RLock()
        self.stage = Stage(self._refresh, self._lock)
        self._shown = Shown(self.stage)
        self._runs = Runs(path, self._lock, self)
        self.stamp: Stamp | None = None
        self._source: bytes | None = None  # of the file as it was read last; None if that failed
        self._script = Script()
        self._at = self._furthest = 0  # the cell that is shown, and the last one that was
        self._number = 0  # of the run
        self._last = 0  # the cell of code that was over last
        self._began = self.started = 0.0
        self._is_problem = False
        self._asks = False  # whether the program waits for an answer
        self._contents: list[dict[str, Any]] = []  # of the cells, as the page gets them
        self._put: dict[str, Any] = {}
        self._show_state("waiting")

    # What the teacher does

    def run(self) -> None:
        """Run the file from the beginning, and end a run that is not over. The page goes on, whatever the file is."""
        self._do(lambda: self._read(0))

    def follow(self) -> None:
        """Follow a change of the file, if it is another one than was read: a watcher may tell one save twice.

        In a presentation only changed cells run, and those after them.
        """
        with self._lock:
            if not self._is_as_read():
                self._do(lambda: self._read(None))

    def again(self) -> None:
        """Run the teacher's cell again, or the last one before that has code. A plain program runs from the
        beginning."""
        code = self._script.n_code(self._at) - 1
        self._do(lambda: self._read(max(0, code)))

    def go(self, cell: int) -> None:
        """Show a cell, and run what has not run up to it."""
        with self._lock:
            cells = self._script.cells
            if cells and not self._is_problem:
                self._at = max(0, min(len(cells) - 1, cell))
                self.show_alone("")
                self.read(0)
                self._furthest = max(self._furthest, self._at)
                self._show_cells()
                self._do(lambda: self._present(None))

    def step(self, by: int) -> None:
        """Show the next cell, or the one before."""
        with self._lock:
            at = self._at + by
            if 0 <= at < len(self._script.cells):
                self.go(at)

    def show_alone(self, panel: str, by: str = "") -> None:
        """Show the class one panel alone, by its number, or what was "printed"; all again with "".

        by: which page asks. It does not follow its own request, because it may have gone on since.
        """
        known = panel if re.fullmatch("[0-9]{1,6}|printed", panel) else ""
        self.stage.put("alone", {"panel": known, "by": by[:LONGEST_NAME]})

    def read(self, share: int, by: str = "") -> None:
        """Bring the class to the part of a high cell that the teacher reads.

        share: how much of the cell is above the page, in thousandths. by: which page asks.
        """
        self.stage.put("read", {"share": min(share, 1000), "by": by[:LONGEST_NAME]})

    def place(self, panel: int, at: str, by: str = "") -> None:
        """Bring the page in a panel to a place in it, such as a step of a player. by: which page asks."""
        if 0 < panel <= self._shown.n_panels:
            self.stage.put(f"at {panel}", {"at": at[:LONGEST_PLACE], "by": by[:LONGEST_NAME]})

    def stop(self) -> None:
        """End the run."""
        with self._lock:
            self._runs.stop()

    def answer(self, text: str) -> None:
        """Answer the program's input()."""
        with self._lock:
            if self._asks:
                self._ask(None)
                self._runs.answer(text[:LONGEST_SENTENCE])

    def close(self) -> None:
        """End the run, and all that waits."""
        with self._lock:
            self._runs.close()

    def page(self, name: str) -> Page | None:
        """A page within the page."""
        return self._shown.page(name)

    def _do(self, action: Any) -> None:
        with self._lock:
            self._number += 1
            self._began, self.started = time.monotonic(), time.time()
            try:
                action()
            except OSError as error:
                self._fail(say("cannot start", error.strerror))
            except Exception as error:
                self._fail(say("cannot be shown", self.path.name, type(error).__name__, error)[:LONGEST_SENTENCE])

    def _read(self, again_from: int | None) -> None:
        """Read the file, show its source, and run it."""
        self.stamp, self._source = stamp(self.path), None
        try:
            source = self._source = _bytes_of(self.path)
        except OSError as error:
            self._runs.stop()
            self._fail(say("cannot be read", self.path.name, error.strerror))
            return
        if len(source) > LONGEST_SOURCE:
            self._runs.stop()
            self._fail(say("too long", self.path.name, LONGEST_SOURCE))
            return
        self._is_problem = False
        self.stage.put("problem", {})
        self._script = script_of(source)
        self._at = max(0, min(self._at, len(self._script.cells) - 1))
        self._furthest = self._at  # the class has not seen the new text of later cells
        lines = highlighted(source)
        self._show_source(lines)
        if self._script.cells:
            self._shown.place(line for _, line in self._script.code)
            self._present(again_from)
        else:
            self._shown.place([1])
            self._show_state("running")
            self._runs.program(source)

    def _is_as_read(self) -> bool:
        try:
            return stamp(self.path) == self.stamp and _bytes_of(self.path) == self._source
        except OSError:
            return self._source is None

    def _present(self, again_from: int | None) -> None:
        self._show_state("running")
        self._runs.present(self._script, self._script.n_code(self._at), again_from)

    # What it says of its runs

    def began(self, cell: int) -> None:
        """A cell has begun to run."""
        self._ask(None)
        self._shown.began(cell)

    def took(self, cell: int, message: Mapping[str, Any]) -> None:
        """Its process says something."""
        if "show" in message:
            self._shown.show(cell, message["show"])
        if "error" in message:
            self._shown.fail(cell, message["error"])
            self._runs.halt()
        if "ask" in message:
            self._ask(message["ask"])
        if "modules" in message:  # a run that failed adds to those of the run before, because it came less far
            found = set(message["modules"])
            self.modules = found | self.modules if self._shown.has_failed(cell) or self._script.cells else found

    def printed(self, cell: int, data: bytes) -> None:
        """It prints something."""
        self._shown.printed(cell, data)

    def over(self, cell: int, status: int, was_stopped: bool, line: int | None) -> None:
        """A cell is over."""
        self._last = cell
        self._ask(None)
        problem = None if was_stopped else ended(status, False)
        if was_stopped and line is not None:
            problem = _told(say("stopped here"), line)
        if problem is not None:
            self._shown.fail(cell, problem)
        self._shown.over(cell, not was_stopped and not self._shown.has_failed(cell))

    def rests(self, was_stopped: bool) -> None:
        """Nothing runs any more."""
        has_failed = self._shown.has_failed(self._last)
        self._show_state("stopped" if was_stopped else "failed" if has_failed else "good")

    # What it puts on the stage

    def _fail(self, sentence: str) -> None:
        self._is_problem = True
        self.stage.put("problem", _told(sentence, None))
        self._show_state("failed")

    def _ask(self, prompt: str | None) -> None:
        self._asks = prompt is not None
        self.stage.put("ask", {"prompt": prompt} if self._asks else {})

    def _show_state(self, state: str) -> None:
        self.stage.put("state", {"state": state, "run": self._number, "seconds": time.monotonic() - self._began})

    def _show_source(self, lines: list[list[list[str]]]) -> None:
        """The cells as the page gets them. Only the teacher gets later cells and the notes."""
        script, contents, n_code = self._script, [], 0
        for cell in script.cells or [Cell("code", script.source, 1, len(lines))]:
            if cell.kind == "code":
                part = lines[cell.line - 1 : cell.line - 1 + cell.n_lines]
                contents.append({"kind": "code", "code": n_code, "first": cell.line, "lines": part})
                n_code += 1
            else:
                contents.append({"kind": "markdown", "html": rendered(cell.text), "first": cell.line})
        self._contents = contents
        self._put_if_new("source", {"name": self.path.name, "n": len(contents), "presents": bool(script.cells)})
        outline = [{"title": cell.title, "level": cell.level, "kind": cell.kind} for cell in script.cells]
        self._put_if_new("own outline", outline)
        notes = [{"cell": at, "html": rendered(_as_text(note))} for at, note in script.notes]
        self._put_if_new("notes", notes)
        self._show_cells()

    def _show_cells(self) -> None:
        for number, content in enumerate(self._contents):
            self._put_if_new(f"cell {number}", content if number <= self._furthest else None)
        for name in [name for name in self._put if name.startswith("cell ")]:
            if int(name[5:]) >= len(self._contents):
                self._put_if_new(name, None)
        presents = bool(self._script.cells)
        beside = self._script.beside(self._at) if presents else 0
        self._put_if_new("place", {"cell": self._at, "beside": beside})
        following = self._contents[self._at + 1] if self._at + 1 < len(self._contents) else {}
        self._put_if_new("notes following", following)

    def _put_if_new(self, name: str, content: Any) -> None:
        if self._put.get(name) != content:
            self.stage.put(name, content)
            self._put[name] = content
            if content is None:
                del self._put[name]

    def _refresh(self) -> None:
        self._shown.refresh()


def script_of(source: bytes) -> Script:
    """The cells of a file. It is a plain program if it has no markers, or does not fit its encoding.

    >>> script_of(b"# %% [markdown]\\n# One\\n# %%\\nx = 1").code
    [('x = 1', 4)]
    """
    text = decoded(source)
    try:
        source.decode(tokenize.detect_encoding(BytesIO(source).readline)[0])
    except (SyntaxError, LookupError, UnicodeError, ValueError):
        return Script(text)
    presented: list[Cell] = []
    notes: list[tuple[int, Cell]] = []
    for cell in cells_of(text):
        if cell.is_note:
            notes.append((max(0, len(presented) - 1), cell))
        else:
            presented.append(cell)
    return Script(text, presented, notes, [(cell.text, cell.line) for cell in presented if cell.kind == "code"])


def _as_text(cell: Cell) -> str:
    return cell.text if cell.kind == "markdown" else f"~~~~python\n{cell.text}\n~~~~"


def _told(sentence: str, line: int | None) -> dict[str, Any]:
    return {"sentence": sentence, "meaning": "", "line": line, "start": None, "end": None, "callers": [], "trace": ""}


def _bytes_of(path: Path) -> bytes:
    """The beginning of a file, a little more than LONGEST_SOURCE. OSError if it is no file."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # reading would wait for a pipe, and a device never ends
            raise OSError(EINVAL, say("no file"))
        return file.read(LONGEST_SOURCE + 1)
