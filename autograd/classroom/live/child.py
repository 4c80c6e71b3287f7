"""The process of a lesson: runs its source from beginning to end and tells the page what it shows and where it failed.

Started by lesson.py as `python -m autograd.classroom.live.child PATH`, with `ahead` behind it before it is needed. Its
standard input brings the length of the source and the source; when that closes, the page is gone and so is this
process. What it has to tell goes out at standard output, one JSON object a line. Whatever the lesson itself prints goes
to standard error, that of compiled code too.
"""

import faulthandler
import json
import linecache
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from autograd.classroom.live.mishaps import told
from autograd.classroom.live.oversights import oversights
from autograd.classroom.live.source import decoded
from autograd.classroom.panels.places import Board
from autograd.classroom.panels.showing import show_on
from autograd.classroom.panels.views import View, view_of
from autograd.pictures.drawing import draw
from autograd.value import Value

MOST_MEMORY, PART_OF_MEMORY = 4 << 30, 0.5  # bytes, and of what this machine has, that a lesson may take


class Channel:
    """The way to the page."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message; what cannot be sent, for the page is gone, is of no use any more."""
        data = (json.dumps(message, ensure_ascii=True) + "\n").encode()
        with self._lock, suppress(OSError):
            while data:
                data = data[os.write(self._descriptor, data) :]


class Alarm:
    """Does something in some time, in the lesson's own thread, also while that computes or sleeps.

    Where the system has no such timer it does nothing; and a lesson that sets an alarm of its own has it to itself.
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


def main() -> None:
    """Run the lesson."""
    path = sys.argv[1]
    channel = Channel(os.dup(1))
    os.dup2(2, 1)
    given = os.fdopen(os.dup(0), "rb", buffering=0)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    if "ahead" in sys.argv[2:]:  # a thread, for where Graphviz is embedded it takes a second, and the source may come
        threading.Thread(target=_warm_up, daemon=True).start()
    source = _read(given, int.from_bytes(_read(given, 8), "big"))
    threading.Thread(target=_end_with_the_page, args=[given], daemon=True).start()
    faulthandler.enable(all_threads=False)
    _bound_memory()
    sys.argv[:] = [path]
    sys.path.insert(0, str(Path(path).parent))
    module = ModuleType("__main__")
    module.__dict__.update(__file__=path, __builtins__=__builtins__)
    sys.modules["__main__"] = module

    n_modules = 0
    failed: BaseException | None = None

    def tell(place: str, title: str, line: int, view: View) -> None:
        nonlocal n_modules
        if n_modules != len(sys.modules):  # the lesson may go on for long
            n_modules = len(sys.modules)
            channel.send({"modules": _own_files(path)})
        shown = {"place": place, "title": title, "line": line, "kind": view.kind, "content": view.content}
        channel.send({"show": shown})

    alarm = Alarm(lambda: board.catch_up())
    board = Board(tell, alarm.set)
    show_on(board.show)
    try:
        lines = [f"{line}\n" for line in decoded(source).split("\n")]
        linecache.cache[path] = (len(source), None, lines, path)
        exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)
        for number, sentence in oversights(decoded(source)):
            tell(f"oversight {number}", f"look at line {number}", number, view_of(sentence))
    except BaseException as error:
        failed = error
        alarm.off()
        if not isinstance(error, SystemExit) or error.code not in (None, 0):
            channel.send({"error": told(error, path)})
    alarm.off()
    try:
        board.finish()
    except BaseException as error:
        channel.send({"error": told(error, path)})
    channel.send({"modules": _own_files(path, failed)})
    # from here on it ends as any program does: threads are waited for, and what atexit has is called


def _warm_up() -> None:
    """Load what draws, while nobody waits for it."""
    with suppress(Exception):
        _ = draw(Value(1.0) + 1.0).svg


def _read(file: Any, n: int) -> bytes:
    data = b""
    while len(data) < n:
        part = file.read(n - len(data))
        if not part:
            os._exit(0)
        data += part
    return data


def _end_with_the_page(given: Any) -> None:
    with suppress(OSError):
        while given.read(4096):
            pass
    if hasattr(os, "killpg"):  # what it has started, too
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(0)


def _bound_memory() -> None:
    """Where the system allows, let a lesson that takes too much fail, and not the machine."""
    with suppress(ImportError, OSError, ValueError, AttributeError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        most = min(MOST_MEMORY, int(physical * PART_OF_MEMORY))
        resource.setrlimit(
            resource.RLIMIT_DATA, (most, most)
        )  # not the address space, of which compiled code reserves much
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
