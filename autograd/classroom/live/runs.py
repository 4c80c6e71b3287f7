"""Runs the program of a lesson, or its cells up to one, in a process of its own.

A cell that changed runs again. Before each cell the process copies itself, if the system can do that. A cell that runs
again begins in the state from before it, so nothing before it has to run again.
"""

import base64
import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from subprocess import PIPE
from typing import Any, Protocol

from autograd.classroom.family import IS_WINDOWS, Family
from autograd.classroom.live.messages import messages
from autograd.classroom.live.pipes import framed
from autograd.classroom.live.printing import Printed

LONG = 1.0  # seconds after which a run may be a long one
LAST_WORDS = 2.0  # seconds to read what a process has left behind when it has ended
SOON = 0.2  # seconds for a process to say at which line it is


class Cells(Protocol):
    """A presentation."""

    @property
    def source(self) -> str:
        """The whole source."""

    @property
    def code(self) -> Sequence[tuple[str, int]]:
        """The text and the first line of each of its cells of code."""


class Watcher(Protocol):
    """Is told of the runs, while the lock is held. Cells are counted from 0. A plain program is cell 0."""

    def began(self, cell: int) -> None:
        """A cell has begun to run."""

    def took(self, cell: int, message: Mapping[str, Any]) -> None:
        """Its process says something."""

    def printed(self, cell: int, data: bytes) -> None:
        """It prints something."""

    def over(self, cell: int, status: int, was_stopped: bool, line: int | None) -> None:
        """It is over, with the status of its process. The teacher may have stopped it, at this line if that is
        known."""

    def rests(self, was_stopped: bool) -> None:
        """Nothing runs any more."""


class Runs:
    """The processes of a lesson.

    path: of its file. lock: is held while the watcher is told something. Callers of methods must hold it.
    """

    def __init__(self, path: Path, lock: Any, watcher: Watcher) -> None:
        self._path, self._lock, self._watcher = path, lock, watcher
        self._family: Family | None = None
        self._spare: Family | None = None  # has started already, and waits for what to do
        self._to_family: SimpleQueue[bytes | None] = SimpleQueue()
        self._generation = 0  # of families; messages of earlier ones do not count
        self._mark = ""
        self._cells: Cells | None = None  # None for a plain program
        self._upto = 0  # how many cells are to run
        self._ran: list[str] = []  # the texts of the cells that have run, or run
        self._states: dict[int, int] = {}  # by processes: how many cells had run when it began to wait
        self._waiting: int | None = None  # the process that takes what is told
        self._running: int | None = None  # the cell that runs
        self._pid = 0  # of the process that runs it
        self._line: int | None = None  # at which that says to be
        self._told_line = threading.Condition(lock)
        self._is_ending = self._is_halted = self._is_closed = False

    @property
    def is_running(self) -> bool:
        """Whether something runs, or is about to."""
        return self._running is not None

    def program(self, source: bytes) -> None:
        """Run a plain program, from the beginning. OSError if it cannot be started."""
        self._drop()
        self._cells = None
        self._begin()
        self._running, self._pid = 0, 0
        self._watcher.began(0)
        self._tell({"program": base64.b64encode(source).decode()})

    def present(self, cells: Cells, upto: int, again_from: int | None = None) -> None:
        """Run so many cells, except those that have run as they are now. OSError if they cannot be started.

        again_from: the first cell that is to run again in any case.
        """
        if self._cells is None:
            self._drop()
        self._cells, self._upto = cells, upto
        if again_from is not None:
            del self._ran[again_from:]
        self._is_halted = False
        self._go_on()

    def stop(self) -> None:
        """End the run."""
        self._is_halted = True
        if self._running is None:
            return
        self._ask_for_line()
        if self._running is not None:
            self._is_ending = True
            if self._states and self._pid:
                self._end(self._pid)
            else:
                self._kill()

    def answer(self, text: str) -> None:
        """Say to the program what it has asked for by input()."""
        if self._running is not None:
            self._tell({"answer": text})

    def close(self) -> None:
        """End all."""
        self._is_closed = True
        self._drop()
        if self._spare is not None:
            with self._spare as spare:  # closes its pipes and waits for it
                spare.end()
            self._spare = None

    def _go_on(self) -> None:
        """Run the next cell, or end one that is not as it was."""
        if self._cells is None or self._is_halted or self._is_ending:
            return
        if self._family is None:
            self._begin()
        texts = [text for text, _ in self._cells.code]
        n_same = next((i for i, (ran, text) in enumerate(zip(self._ran, texts)) if ran != text), len(texts))
        n_same = min(n_same, len(self._ran))
        if self._running is not None:
            if self._running >= n_same and self._pid:  # else this is asked again when it has begun
                self._back(n_same)
            return
        state = len(self._ran) if self._waiting is None else self._states.get(self._waiting, 0)
        if state > n_same:
            self._back(n_same)
        elif state < min(self._upto, len(texts)):
            text, line = self._cells.code[state]
            self._ran[state:] = [text]
            self._running, self._pid = state, 0
            self._watcher.began(state)
            mark = f"{self._mark}{state}\x1e"
            self._tell({"source": self._cells.source, "cell": state, "text": text, "line": line, "mark": mark})
        else:
            self._watcher.rests(False)

    def _back(self, n: int) -> None:
        """Go on with the process that waits before cell n, or with the nearest one before; else begin anew."""
        good = {pid: state for pid, state in self._states.items() if state <= n and pid != self._pid_running()}
        if not good:
            self._drop()
            self._go_on()
            return
        best = max(good, key=good.__getitem__)
        doomed = [pid for pid, state in self._states.items() if state > good[best]]
        doomed += [self._pid] if self._running is not None and self._pid not in doomed else []
        del self._ran[good[best] :]
        self._is_ending = True
        for pid in doomed:
            self._states.pop(pid, None)
            self._end(pid)

    def _pid_running(self) -> int:
        return self._pid if self._running is not None else 0

    def _end(self, pid: int) -> None:
        """End one process, if it is of this family, because a message may have any number."""
        with suppress(OSError):
            if self._family is not None and os.getpgid(pid) == self._family.pid != pid:
                os.kill(pid, signal.SIGKILL)

    def _ask_for_line(self) -> None:
        self._line = None
        if IS_WINDOWS or self._family is None:
            return
        with suppress(OSError):
            if os.getpgid(self._pid) == self._family.pid != self._pid:
                os.kill(self._pid, signal.SIGUSR1)
                self._told_line.wait(SOON)

    # The process

    def _begin(self) -> None:
        """Begin a family."""
        process, self._spare = self._spare, None
        if process is None or process.poll() is not None:
            process = self._new(*([] if self._cells is None else ["ahead"]))  # each copy has what is loaded before it
        self._family = process
        self._generation += 1
        number = self._generation
        self._mark = f"\x1e{secrets.token_hex(8)} "
        self._to_family = SimpleQueue()
        self._ran, self._states, self._waiting = [], {}, None
        self._is_ending = False
        printed = Printed(process.stderr, self._mark.encode(), partial(self._took_printed, number))
        readers = [
            threading.Thread(target=printed.read, daemon=True),
            threading.Thread(target=self._read_messages, args=[number, process.stdout, printed.catch_up], daemon=True),
        ]
        threads = [
            *readers,
            threading.Thread(target=self._write, args=[process.stdin, self._to_family], daemon=True),
            threading.Thread(target=self._wait, args=[number, process, readers, self._to_family], daemon=True),
        ]
        for thread in threads:
            thread.start()
        timer = threading.Timer(LONG, self._prepare)  # this run may go on until the file is saved
        timer.daemon = True
        timer.start()

    def _prepare(self) -> None:
        """Start the process of the next run, so that a save is soon followed by a picture."""
        with self._lock, suppress(OSError):
            if self._spare is None and not self._is_closed:
                self._spare = self._new("ahead")

    def _new(self, *options: str) -> Family:
        environment = {
            "MPLBACKEND": "module://autograd.classroom.live.plotting",
            **os.environ,
            "CHALKGRAD_LIVE": "1",  # a bar may move, though all that is printed comes through a pipe
            "PYTHONIOENCODING": "utf-8:backslashreplace",
        }
        return Family(
            [sys.executable, "-u", "-m", "autograd.classroom.live.child", str(self._path), *options],
            environment,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            bufsize=0,
        )

    def _tell(self, message: Mapping[str, Any]) -> None:
        self._to_family.put(framed(message))

    def _drop(self) -> None:
        """End the family, and forget it."""
        self._kill()
        self._generation += 1
        self._family = self._running = self._waiting = None
        self._ran, self._states = [], {}
        self._is_ending = False

    def _kill(self) -> None:
        if self._family is not None and self._family.poll() is None:
            self._family.end()

    def _write(self, pipe: Any, queue: "SimpleQueue[bytes | None]") -> None:
        with suppress(OSError, ValueError):  # it has ended
            while data := queue.get():
                while data:
                    data = data[pipe.write(data) :]

    def _wait(self, number: int, process: Any, readers: list[threading.Thread], queue: Any) -> None:
        status = process.wait()
        process.end()  # what it has started and left behind
        for thread in readers:
            thread.join(LAST_WORDS)
        queue.put(None)
        process.stdin.close()
        with self._lock:
            if number == self._generation:
                self._family_ended(status)
        self._prepare()

    def _family_ended(self, status: int) -> None:
        cell, was_stopped = self._running, self._is_ending
        self._family = self._running = None
        self._ran, self._states, self._waiting, self._is_ending = [], {}, None, False
        if cell is not None:
            self._is_halted = True
            self._watcher.over(cell, status, was_stopped, self._line)
            self._watcher.rests(was_stopped)

    def _took_printed(self, number: int, pieces: list[tuple[int, bytes]]) -> bool:
        with self._lock:
            if number != self._generation:
                return False
            for cell, text in pieces:
                self._watcher.printed(cell, text)
            return True

    def _read_messages(self, number: int, pipe: Any, catch_up: Callable[[], None]) -> None:
        with pipe:
            for message in messages(pipe):
                if "waits" in message or "ask" in message:
                    catch_up()  # or a cell would be over before what it has printed is seen
                with self._lock:
                    if number != self._generation:
                        return
                    self._take(message)

    def _take(self, message: Mapping[str, Any]) -> None:
        if "begins" in message:
            begins = message["begins"]
            self._pid = begins["pid"]
            self._states.pop(self._pid, None)
            if begins["parent"] is not None:
                self._states[begins["parent"]] = begins["cell"]
            self._go_on()
        if "waits" in message:
            self._is_back(**message["waits"])
        if "where" in message:
            file, line = message["where"]
            if file == str(self._path).encode("ascii", "backslashreplace").decode() and self._line is None:
                self._line = line
                self._told_line.notify_all()
        if self._running is not None and not self._is_ending:
            self._watcher.took(self._running, message)

    def _is_back(self, state: int, pid: int, status: int | None) -> None:
        """A process waits for what to do: it has run a cell, or the one that did has ended."""
        cell, was_ended = self._running, self._is_ending
        self._states[pid] = state
        self._waiting = pid
        self._running, self._is_ending = None, False
        if status is not None:
            del self._ran[state:]
        if cell is not None and not was_ended:
            self._watcher.over(cell, status or 0, False, None)
            self._is_halted |= bool(status)
            if self._is_halted:
                self._watcher.rests(False)
        elif cell is not None and self._is_halted:  # the teacher has stopped it
            self._watcher.over(cell, 0, True, self._line)
            self._watcher.rests(True)
        self._go_on()

    def halt(self) -> None:
        """Run no more cells, because this one has failed."""
        self._is_halted = True
