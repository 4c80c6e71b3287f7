"""The process of a lesson: runs the source, and tells the page what it shows and where it fails.

runs.py starts it as `python -m autograd.classroom.live.child PATH`, and with `ahead` if it starts before it is needed.
It writes messages to standard output, one JSON object a line. Everything that the lesson itself prints goes to standard
error, also what compiled code prints. Standard input says what to do, in messages of pipes.py:

    {"program": source in Base64}            run a plain program, and end as programs do
    {"source", "cell", "line", "mark"}       run a cell, which is "text" and begins at "line" of the source
    {"answer": text}                         what input() asked for

If the system can copy a process, each cell runs in a copy, and the original waits. When the copy ends, because its cell
has changed or is stopped, the original goes on from there.
"""

import base64
import builtins
import faulthandler
import linecache
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from autograd.classroom.live.mishaps import told
from autograd.classroom.live.oversights import oversights
from autograd.classroom.live.pipes import Channel, Given
from autograd.classroom.live.source import decoded
from autograd.classroom.panels.failure import show_before
from autograd.classroom.panels.places import PAUSE, Board
from autograd.classroom.panels.showing import show_on
from autograd.classroom.panels.views import View, view_of
from autograd.languages import say
from autograd.pictures.drawing import draw
from autograd.pictures.lines import remember_lines
from autograd.value import Value

MOST_MEMORY, PART_OF_MEMORY = 4 << 30, 0.5  # bytes, and the fraction of this machine's memory, that a lesson may take
SET_PDEATHSIG = 1  # of prctl(2)

_warming: list[threading.Thread] = []  # what loads ahead


class Alarm:
    """Does something after some time, in the lesson's own thread, also while that computes or sleeps.

    It does nothing if the system has no such timer, or if the lesson sets an alarm of its own.
    """

    def __init__(self, do: Callable[[], None]) -> None:
        self._handler: Any = lambda number, frame: do()
        if hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, self._handler)

    def set(self, seconds: float) -> None:
        """Do it in so many seconds."""
        if self._handler and hasattr(signal, "setitimer") and signal.getsignal(signal.SIGALRM) is self._handler:
            signal.setitimer(signal.ITIMER_REAL, seconds)

    def off(self) -> None:
        """Do it no more."""
        self.set(0)
        self._handler = None


class Lesson:
    """What runs here: a program, or the cells of a presentation one by one.

    state: how many cells have run.
    """

    def __init__(self, path: str, channel: Channel, given: Given) -> None:
        self.path, self.channel, self.given = path, channel, given
        self.state = 0
        self.module = ModuleType("__main__")
        self.module.__dict__.update(__file__=path, __builtins__=builtins)
        self._place: Callable[[Any, str, str, Any], None] = lambda *shown: None
        self._n_modules = 0

    def follow(self) -> None:
        """Do what the page says. Returns only at the end of a plain program."""
        sys.modules["__main__"] = self.module
        builtins.input = self._asked
        show_on(lambda *shown: self._place(*shown))
        while True:
            message = self.given.take()
            sys.dont_write_bytecode = True  # a module saved twice in a second, as long as before, would run as it was
            if "program" in message:
                self._begins(0, False)
                self._program(base64.b64decode(message["program"]))
                return
            if "source" in message:
                self._step(message)

    def _program(self, source: bytes) -> None:
        text = decoded(source)
        run = lambda: compile(source, self.path, "exec", dont_inherit=True)  # noqa: E731
        self._run("", text, run, range(1, text.count("\n") + 2))

    def _step(self, message: dict[str, Any]) -> None:
        """Run a cell, in a copy of this process where that is possible."""
        copy = self._copied() if hasattr(os, "fork") else None
        if copy:
            _, status = os.waitpid(copy, 0)
            self.given.start()
            self._waits(os.waitstatus_to_exitcode(status))
            return
        if copy == 0:
            _end_with_parent()
            self.given.start()
        self._begins(message["cell"], copy == 0)
        _write(2, message["mark"].encode())
        text, line = message["text"], message["line"]
        padded = "\n" * (line - 1) + text
        lines = range(line, line + text.count("\n") + 1)
        run = lambda: compile(padded, self.path, "exec", dont_inherit=True)  # noqa: E731
        self._run(f"{message['cell']} ", message["source"], run, lines)
        self.state = message["cell"] + 1
        self._waits(None)

    def _copied(self) -> int | None:
        """The result of fork(); None if the copy would lack a thread that is at work."""
        if _warming:
            _warming.pop().join()
        self.given.stop()
        if threading.active_count() > 1:
            self.given.start()
            return None
        _flush()
        with warnings.catch_warnings():  # other threads, of compiled modules, are idle
            warnings.simplefilter("ignore", DeprecationWarning)
            return os.fork()

    def _begins(self, cell: int, is_copy: bool) -> None:
        parent = os.getppid() if is_copy else None
        self.channel.send({"begins": {"cell": cell, "pid": os.getpid(), "parent": parent}})

    def _waits(self, status: int | None) -> None:
        self.channel.send({"waits": {"state": self.state, "pid": os.getpid(), "status": status}})

    def _run(self, prefix: str, source: str, compiled: Callable[[], Any], own: range) -> None:
        """Run something, show what it shows, and tell how it failed.

        prefix: of the places of what it shows. source: the lesson's, for the lines of a traceback. own: its lines.
        """
        path, failed = self.path, None

        def tell(place: str, title: str, line: int, view: View) -> None:
            if self._n_modules != len(sys.modules):  # the lesson may go on for long
                self._n_modules = len(sys.modules)
                self.channel.send({"modules": _own_files(path)})
            shown = {"place": place, "title": title, "line": line, "kind": view.kind, "content": view.content}
            self.channel.send({"show": shown})

        def catch_up() -> None:
            if self.channel.is_sending:
                alarm.set(PAUSE)
            else:
                board.catch_up()

        alarm = Alarm(catch_up)
        board = Board(lambda place, *rest: tell(f"{prefix}{place}", *rest), alarm.set)
        self._place = board.show
        linecache.cache[path] = (len(source), None, [f"{line}\n" for line in source.split("\n")], path)
        try:
            with remember_lines([path]):
                exec(compiled(), self.module.__dict__)
            for number, sentence in oversights(source):
                if number in own:
                    tell(f"{prefix}oversight {number}", say("look at line", number), number, view_of(sentence))
        except BaseException as error:
            failed = error
            alarm.off()
            if not isinstance(error, SystemExit) or error.code not in (None, 0):
                self.channel.send({"error": told(error, path)})
        alarm.off()
        show_before(failed, path, lambda line, view: tell(f"{prefix}failure", say("before the error"), line, view))
        try:
            board.finish()
        except BaseException as error:
            self.channel.send({"error": told(error, path)})
        self.channel.send({"modules": _own_files(path, failed)})
        _flush()

    def _asked(self, prompt: object = "", /) -> str:
        """input(): the page asks the teacher."""
        _flush()
        self.channel.send({"ask": str(prompt)[:1000]})
        message = self.given.take()
        while "answer" not in message:
            message = self.given.take()
        print(f"{prompt}{message['answer']}", flush=True)
        return str(message["answer"])


def main() -> None:
    """Run the lesson."""
    path = sys.argv[1]
    channel = Channel(os.dup(1))
    os.dup2(2, 1)
    given = Given(os.dup(0))
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    if "ahead" in sys.argv[2:]:  # a thread, for where Graphviz is embedded it takes a second, and the source may come
        _warming.append(threading.Thread(target=_warm_up, daemon=True))
        _warming[0].start()
    faulthandler.enable(all_threads=False)
    if hasattr(faulthandler, "register"):  # tells at which line it is, whatever it does there
        faulthandler.register(signal.SIGUSR1, channel.descriptor, all_threads=False)
    _bound_memory()
    sys.argv[:] = [path]
    sys.path.insert(0, str(Path(path).parent))
    Lesson(path, channel, given).follow()
    # from here on it ends like any program: Python waits for threads, and calls what atexit has


def _warm_up() -> None:
    """Load the drawing modules, while nobody waits."""
    with suppress(Exception):
        _ = draw(Value(1.0) + 1.0).svg


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()


def _write(descriptor: int, data: bytes) -> None:
    with suppress(OSError):
        while data:
            data = data[os.write(descriptor, data) :]


def _end_with_parent() -> None:
    """On Linux, end when the original of this copy ends: nothing else waits for the copy."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _bound_memory() -> None:
    """If the system allows it, let a lesson fail that takes too much memory, and not the machine."""
    with suppress(ImportError, OSError, ValueError, AttributeError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        most = min(MOST_MEMORY, int(physical * PART_OF_MEMORY))
        resource.setrlimit(
            resource.RLIMIT_DATA, (most, most)
        )  # not the address space, because compiled code reserves much of it
    with suppress(OSError):  # Linux: if memory runs out all the same, this process goes first
        Path("/proc/self/oom_score_adj").write_text("800")


def _own_files(path: str, error: BaseException | None = None) -> list[str]:
    """The modules in the folder of the lesson, or below it, that it imported, or tried to before this error."""
    folder = Path(path).parent
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    if error is not None:
        files |= {frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__)}
    if isinstance(error, SyntaxError):
        files.add(error.filename)
    if isinstance(error, ImportError) and error.name:  # which may be about to be written
        files.add(f"{folder.joinpath(*error.name.split('.'))}.py")
    own = {file for file in files if isinstance(file, str) and Path(file).is_relative_to(folder)} - {path}
    return [file for file in own if "site-packages" not in Path(file).parts]


if __name__ == "__main__":
    main()
