"""Runs a reader's code in the browser: cell by cell, in Pyodide, and tells the page what comes of it.

The page's worker calls begin(), and then a Session for each program. What is told are the sections of the live page.
"""

import ast
import base64
import builtins
import io
import json
import linecache
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from autograd.classroom.live.mishaps import told
from autograd.classroom.live.oversights import oversights
from autograd.classroom.live.shown import Shown
from autograd.classroom.live.stage import PAUSE, Stage
from autograd.classroom.panels.failure import show_before
from autograd.classroom.panels.places import Board
from autograd.classroom.panels.showing import show_on
from autograd.classroom.panels.views import LARGEST, View, view_of
from autograd.languages import VARIABLE, say
from autograd.pictures.drawing import draw
from autograd.pictures.lines import remember_lines
from autograd.value import Value

MOST_FILES = 20  # that are shown of what a program writes

Tell = Callable[[str], None]  # takes sections as JSON: an object of contents by their names
Ask = Callable[[], Any]  # returns what the page is going to answer, as a promise of JavaScript


class Told(Stage):
    """Sections that are told as they change, not more often than the page draws them."""

    def __init__(self, tell: Tell) -> None:
        super().__init__()
        self.shown: Shown | None = None
        self._tell = tell
        self._news: dict[str, Any] = {}  # type: ignore[assignment]
        self._next = 0.0

    def put(self, name: str, content: Any) -> None:
        """Set a section. If it has a page within it, it gets the page itself, because no server has it."""
        if isinstance(content, dict) and "page" in content and self.shown is not None:
            page = self.shown.page(content["page"])
            content = {**content, "html": page.html if page else ""}
        self._sections[name] = content
        self._news[name] = content
        if not name.startswith("panel "):  # its place on the page follows
            self.touch()

    def touch(self) -> None:
        """Tell what is new, if it is time."""
        if time.monotonic() >= self._next:
            self.tell_now()

    def tell_now(self) -> None:
        """Tell what is new."""
        if self.shown is not None:
            self._next = float("inf")  # what is put meanwhile goes along
            self.shown.refresh()
        news, self._news = self._news, {}
        if news:
            self._tell(json.dumps(news))
        self._next = time.monotonic() + PAUSE

    def mentions(self, word: str) -> bool:
        """Whether a section has this word in it."""
        return any(isinstance(each, dict) and word in each.values() for each in self._sections.values())


class Session:
    """The cells of a program, which share their names. A plain program is one cell.

    tell: takes the sections of the page. ask: waits for an answer; None where the browser lets no program wait.
    name: of the program.
    """

    def __init__(self, tell: Tell, ask: Ask | None, name: str) -> None:
        self.answers: list[str] = []  # those that the reader gave before the run
        self._ask = ask
        self._name, self._n_cells, self._cell, self._run = name, 1, 0, 0
        self._stage = Told(tell)
        self._stage.shown = self._shown = Shown(self._stage)
        self._module = ModuleType("__main__")
        sys.modules["__main__"] = self._module
        self._place: Callable[[Any, str, str, Any], None] = lambda *shown: None
        show_on(lambda *shown: self._place(*shown))
        sys.stdout = sys.stderr = Printed(self._printed)
        builtins.input, sys.stdin = self._input, Answers(self._input)

    def place(self, n_cells: int, is_fresh: bool) -> None:
        """Say how many cells there are; is_fresh: whether to forget all names that they have given."""
        self._n_cells = n_cells
        self._shown.place([1] * n_cells)
        if is_fresh:
            self._module.__dict__.clear()
            self._module.__dict__.update(__name__="__main__", __builtins__=builtins)

    def _printed(self, data: bytes) -> None:
        self._shown.printed(self._cell, data)

    def _input(self, prompt: object = "", /) -> str:
        """input(): the page asks the reader, or has asked before the run."""
        if self._ask is None and not self.answers:
            raise EOFError(say("site no input"))
        if self._ask is None:
            answer = self.answers.pop(0)
        else:
            from pyodide.ffi import run_sync

            self._stage.put("ask", {"prompt": str(prompt)[:1000]})
            self._stage.tell_now()
            answer = str(run_sync(self._ask()))
            self._stage.put("ask", {})
        print(f"{prompt}{answer}")
        return answer

    def run(self, cell: int, source: str) -> bool:
        """Run a cell, and tell what it shows and how it fails. Returns whether it came to its end."""
        self._cell = cell
        self._run += 1
        file = self._name if self._n_cells == 1 else f"cell {cell} of {self._name}"
        began, failed = time.monotonic(), None
        self._stage.put("state", {"state": "running", "run": self._run, "cell": cell})
        self._shown.began(cell)
        self._stage.tell_now()

        def tell(place: str, title: str, line: int, view: View) -> None:
            self._shown.show(
                cell, {"place": place, "title": title, "line": line, "kind": view.kind, "content": view.content}
            )

        board, before = Board(tell), _files()
        self._place = board.show
        linecache.cache[file] = (len(source), None, [f"{line}\n" for line in source.split("\n")], file)
        try:
            with remember_lines([file]):
                self._execute(source, file, tell)
            for number, sentence in oversights(source):
                tell(f"oversight {number}", say("look at line", number), number, view_of(sentence))
        except BaseException as error:
            if not isinstance(error, SystemExit) or error.code not in (None, 0):
                failed = error
                self._shown.fail(cell, told(error, file))
        show_before(failed, file, lambda line, view: tell("failure", say("before the error"), line, view))
        try:
            board.finish()
        except BaseException as error:
            failed = error
            self._shown.fail(cell, told(error, file))
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):
                stream.flush()
        self._show_files(before, tell)
        self._shown.over(cell, failed is None)
        state = "failed" if failed else "good"
        self._stage.put("state", {"state": state, "run": self._run, "cell": cell, "seconds": time.monotonic() - began})
        self._stage.tell_now()
        return failed is None

    def _execute(self, source: str, file: str, tell: Callable[[str, str, int, View], None]) -> None:
        """Run the source; if it ends with an expression, show what that is, as notebooks do."""
        tree = ast.parse(source, file)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, file, "exec", dont_inherit=True), self._module.__dict__)
        if isinstance(last, ast.Expr):
            made = eval(compile(ast.Expression(last.value), file, "eval", dont_inherit=True), self._module.__dict__)
            if made is not None:
                tell("last", ast.unparse(last)[:80], last.lineno, view_of(made))

    def _show_files(self, before: Mapping[Path, int], tell: Callable[[str, str, int, View], None]) -> None:
        """Show the pictures and pages that the program has written: nobody sees a folder here."""
        for path, when in _files().items():
            if before.get(path) != when:
                content = path.read_bytes()
                if path.suffix == ".html":
                    view = View("page", path.name, {"html": content.decode("utf-8", "replace"), "scripts": True})
                else:
                    kind = {".svg": "image/svg+xml", ".png": "image/png"}[path.suffix]
                    view = View("image", path.name, {"type": kind, "base64": base64.b64encode(content).decode()})
                tell(f"file {path}", path.name, 1, view)


def _files() -> dict[Path, int]:
    """The pictures and pages in the working folder, and when they were written."""
    found = [path for path in sorted(Path.cwd().rglob("*")) if path.suffix in (".svg", ".png", ".html")]
    return {path: path.stat().st_mtime_ns for path in found[:MOST_FILES] if path.stat().st_size <= LARGEST}


class Printed(io.TextIOBase):
    """A stream that hands on what is printed."""

    def __init__(self, printed: Callable[[bytes], None]) -> None:
        self._printed = printed

    def write(self, text: str) -> int:
        """Hand it on."""
        self._printed(text.encode("utf-8", "replace"))
        return len(text)


class Answers(io.TextIOBase):
    """The standard input: a line is what the reader answers."""

    def __init__(self, ask: Callable[[], str]) -> None:
        self._ask = ask

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]
        """Ask for a line."""
        return f"{self._ask()}\n"


def warm_up() -> None:
    """Draw a first graph, because Graphviz takes its time to begin."""
    with suppress(Exception):
        _ = draw(Value(1.0) + 1.0).svg


def begin(tell: Tell, ask: Ask | None, language: str) -> Callable[[str], bool]:
    """Begin in this Python, once, and return what runs cells.

    tell, ask: as a Session has them. language: that of the page.

    What is returned takes JSON: the "name" of the program, "n", how many cells it has, "cells", the numbers and
    sources of those to run, whether to begin anew, "fresh", and "answers" to what it asks. It returns whether all came
    to their end.
    """
    os.environ[VARIABLE] = language
    random.seed()  # the memory may be that of an earlier Python, with its random numbers
    os.chdir(tempfile.mkdtemp())
    sys.argv[:] = ["program.py"]
    sessions: dict[str, Session] = {}

    def run(given: str) -> bool:
        program = json.loads(given)
        name, n, fresh = program["name"], program["n"], program["fresh"]
        if name not in sessions:
            sessions.clear()
            sessions[name] = Session(tell, ask, name)
            fresh = True
        session = sessions[name]
        session.place(n, fresh)
        session.answers = program["answers"]
        return all(session.run(cell, source) for cell, source in program["cells"])

    return run
