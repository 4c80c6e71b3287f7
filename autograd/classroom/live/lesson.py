"""Runs the file of a lesson in its own process, again at every save, and puts the results on the stage."""

import hashlib
import json
import os
import secrets
import stat
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from errno import EINVAL
from pathlib import Path
from subprocess import PIPE
from typing import Any

from autograd.classroom.family import Family
from autograd.classroom.live.highlighting import highlighted
from autograd.classroom.live.messages import messages
from autograd.classroom.live.mishaps import ended
from autograd.classroom.live.output import Output
from autograd.classroom.live.stage import Stage

LONGEST_SOURCE = 400_000  # bytes
LONGEST_SENTENCE = 1000  # characters
MOST_IN_ALL = 32_000_000  # characters of all panels together
MOST_PANELS = 100  # a lesson that shows more of them by itself is told so before
MOST_PAGES = 40  # within the page, kept while a program runs
# What is shown as HTML, and brings no type of its own, has one that is read from the last row.
LONG = 1.0  # seconds after which a run may be a long one
LAST_WORDS = 2.0  # seconds to read what a process has left behind when it has ended


@dataclass
class Panel:
    """What a place shows.

    number: which of the page it is. title, line: what was shown, and at which line. size: in characters.
    run: the number of the run that has shown it.
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


class Lesson:
    """A file that is run, and what its runs have shown.

    What a run has shown stays until the next one shows something else at its place, or ends well without it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stage = Stage(self._refresh)
        self.modules: set[str] = set()  # files in its folder, and below, that it imports
        self._pages: dict[str, Page] = {}
        self._secret = secrets.token_bytes(32)
        self._lock = threading.RLock()
        self._number = 0  # of the run
        self._process: Family | None = None
        self._spare: Family | None = None  # has started already, and waits for a source
        self._was_stopped = self._is_closed = False
        self._began = 0.0
        self._panels: dict[str, Panel] = {}
        self._order: list[str] = []  # of the places on the page
        self._last = ""  # the place that this run has shown last
        self._n_panels = 0
        self._output = Output()
        self._is_old_output = False
        self._blocks: set[int] = set()
        self._error: Mapping[str, Any] | None = None
        self._is_old_error = False
        self._show_state("waiting")

    def run(self) -> None:
        """Run the file from the beginning; a run that is not over is ended. Whatever the file is, the page goes on."""
        try:
            self._run()
        except Exception as error:
            with self._lock:
                self._fail(f"{self.path.name} cannot be shown: {type(error).__name__}: {error}"[:LONGEST_SENTENCE])

    def _run(self) -> None:
        source, problem = b"", ""
        try:
            source = _read(self.path)
        except OSError as error:
            problem = f"{self.path.name} cannot be read: {error.strerror}"
        if len(source) > LONGEST_SOURCE:
            problem = f"{self.path.name} is too long: the page shows files of up to {LONGEST_SOURCE:,} bytes"
        lines = highlighted(source) if not problem else []
        with self._lock:
            self._kill()
            self._number += 1
            self._last = ""
            self._was_stopped = False
            self._is_old_output = self._is_old_error = True
            self._began = time.monotonic()
            if problem:
                self._fail(problem)
                return
            self.stage.put("source", {"name": self.path.name, "lines": lines})
            try:
                self._process = self._start(source)
            except OSError as error:
                self._fail(f"the program cannot be started: {error.strerror}")
                return
            self._show_state("running")
            self._show_layout()

    def stop(self) -> None:
        """End the run."""
        with self._lock:
            self._was_stopped = True
            self._kill()

    def close(self) -> None:
        """End the run, and all that waits."""
        with self._lock:
            self._is_closed = True
            self.stop()
            if self._spare is not None:
                with self._spare as spare:  # closes its pipes and waits for it
                    spare.end()
                self._spare = None

    def page(self, name: str) -> Page | None:
        """A page within the page."""
        return self._pages.get(name)

    def _start(self, source: bytes) -> Family:
        process, self._spare = self._spare, None
        if process is None or process.poll() is not None:
            process = self._new_process()
        readers = [
            threading.Thread(target=self._read_output, args=[self._number, process.stderr], daemon=True),
            threading.Thread(target=self._read_messages, args=[self._number, process.stdout], daemon=True),
        ]
        for thread in readers:
            thread.start()
        threading.Thread(target=self._wait, args=[self._number, process, readers, source], daemon=True).start()
        timer = threading.Timer(LONG, self._prepare)  # for this run may go on until the file is saved
        timer.daemon = True
        timer.start()
        return process

    def _prepare(self) -> None:
        """Start the process of the next run, so that a save is soon followed by a picture."""
        with self._lock, suppress(OSError):
            if self._spare is None and not self._is_closed:
                self._spare = self._new_process("ahead")

    def _new_process(self, *options: str) -> Family:
        environment = {
            "MPLBACKEND": "module://autograd.classroom.live.plotting",
            **os.environ,
            "PYTHONIOENCODING": "utf-8:backslashreplace",
        }
        return Family(
            [sys.executable, "-u", "-m", "autograd.classroom.live.child", str(self.path), *options],
            environment,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            bufsize=0,
        )

    def _wait(self, number: int, process: Any, readers: list[threading.Thread], source: bytes) -> None:
        data = len(source).to_bytes(8, "big") + source
        with suppress(OSError):  # it has already ended
            while data:
                data = data[process.stdin.write(data) :]
        status = process.wait()
        process.end()  # what it has started and left behind
        until = time.monotonic() + LAST_WORDS
        for thread in readers:
            thread.join(max(0.0, until - time.monotonic()))
        process.stdin.close()
        with self._lock:
            if number == self._number:
                self._finish(status)
        self._prepare()

    def _read_output(self, number: int, pipe: Any) -> None:
        with pipe:
            while data := pipe.read(65536):
                with self._lock:
                    if number != self._number:
                        return
                    if self._is_old_output:
                        self._output, self._is_old_output = Output(), False
                    self._is_alive()
                    self._output.write(data)
                self.stage.touch()

    def _read_messages(self, number: int, pipe: Any) -> None:
        with pipe:
            for message in messages(pipe):
                with self._lock:
                    if number != self._number:
                        return
                    self._take(message)

    def _take(self, message: Mapping[str, Any]) -> None:
        if "show" in message:
            self._is_alive()
            self._show(message["show"])
        if "error" in message and (self._is_old_error or self._error is None):
            self._error, self._is_old_error = message["error"], False
        if "modules" in message:  # of a run that fails, besides those of the one before, for it came less far
            is_failed = self._error is not None and not self._is_old_error
            self.modules = set(message["modules"]) | (self.modules if is_failed else set())

    def _kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.end()

    def _is_alive(self) -> None:
        """The run has shown something: the error of the one before is out of date."""
        if self._is_old_error and self._error is not None:
            self._error = None
            self.stage.put("error", {})

    def _show(self, shown: Mapping[str, Any]) -> None:
        place, title, line, kind = (shown[name] for name in ("place", "title", "line", "kind"))
        content = shown["content"]
        size = len(json.dumps(content))
        others = sum(panel.size for other, panel in self._panels.items() if other != place)
        if others + size > MOST_IN_ALL:
            kind, content = "text", {"text": f"The page is full: {size + others:,} characters in all its pictures."}
            size = 0
        if kind == "page":
            page = Page(content["html"], bool(content["scripts"]))
            content = {"page": self._kept(page), "scripts": page.has_scripts}
        panel = self._panels.get(place)
        if panel is None and len(self._panels) >= MOST_PANELS:
            return
        if panel is None:
            self._n_panels += 1
        if panel is None or panel.run != self._number:  # behind that which this run has shown before
            if panel is not None:
                self._order.remove(place)
            self._order.insert(self._order.index(self._last) + 1 if self._last in self._order else 0, place)
            self._last = place
        number = panel.number if panel else self._n_panels
        self._panels[place] = Panel(number, title, line, size, self._number)
        self.stage.put(f"panel {number}", {"kind": kind, **content})
        self._show_layout()

    def _finish(self, status: int) -> None:
        if self._is_old_error:
            self._error, self._is_old_error = None, False
        self._error = self._error or ended(status, self._was_stopped)
        if self._is_old_output:
            self._output, self._is_old_output = Output(), False
        is_good = not self._was_stopped and self._error is None
        if is_good:
            for place in [place for place, panel in self._panels.items() if panel.run != self._number]:
                self.stage.put(f"panel {self._panels.pop(place).number}", None)
                self._order.remove(place)
        self._process = None
        self.stage.put("error", self._error or {})
        self._show_state("stopped" if self._was_stopped else "good" if is_good else "failed")
        self._show_layout()
        self._forget_pages()

    def _fail(self, sentence: str) -> None:
        self._error = {"sentence": sentence, "meaning": "", "line": None, "callers": [], "trace": ""}
        self._is_old_error = False
        self.stage.put("error", self._error)
        self._show_state("failed")

    def _show_state(self, state: str) -> None:
        self.stage.put("state", {"state": state, "run": self._number, "seconds": time.monotonic() - self._began})

    def _show_layout(self) -> None:
        panels = [
            {"number": panel.number, "title": panel.title, "line": panel.line, "old": panel.run != self._number}
            for panel in map(self._panels.__getitem__, self._order)
        ]
        self.stage.put("panels", panels)

    def _refresh(self) -> None:
        """Put what was printed since the last time."""
        with self._lock:
            blocks = self._output.blocks()
            changed = self._output.changed()
            if not changed and blocks.keys() == self._blocks:
                return
            for number in self._blocks - blocks.keys():
                self.stage.put(f"output {number}", None)
            for number, lines in changed.items():
                self.stage.put(f"output {number}", lines)
            self._blocks = set(blocks)
            self.stage.put("output", {"blocks": sorted(blocks), "gone": self._output.n_gone})

    def _kept(self, page: Page) -> str:
        """The name of a page, which nobody can guess; that of the same page is the same."""
        name = hashlib.blake2b(f"{page.has_scripts} {page.html}".encode(), key=self._secret, digest_size=18).hexdigest()
        self._pages[name] = page
        if len(self._pages) > MOST_PAGES:
            self._forget_pages()
            self._pages[name] = page
        return name

    def _forget_pages(self) -> None:
        """Forget the pages that no panel shows, neither here nor, where the stage is frozen, to its audience."""
        for name in list(self._pages):
            if not self.stage.mentions(name):
                del self._pages[name]


def _read(path: Path) -> bytes:
    """The beginning of a file, of which more than LONGEST_SOURCE is not shown. OSError if it is none."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # a pipe would be waited for, and a device never ends
            raise OSError(EINVAL, "it is no file")
        return file.read(LONGEST_SOURCE + 1)
