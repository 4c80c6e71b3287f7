"""Whether operations are recorded, and who watches: no_grad(), and the watchers of functions that are compiled."""

import inspect
import threading
from collections.abc import Callable, Iterator
from contextlib import ContextDecorator, contextmanager
from types import TracebackType
from typing import Any

watchers: list[Any] = []  # while a function is compiled, they are told what no graph shows; see tracing.py
paused: list[None] = []  # one entry for each no_grad() that is open anywhere; mostly empty, which is quickly asked


class _Thread(threading.local):
    def __init__(self) -> None:
        self.depth = [0]  # how many no_grad() are open in this thread; a list, so that another thread can close one


_thread = _Thread()


def is_paused() -> bool:
    """Whether this thread is within no_grad()."""
    return _thread.depth[0] > 0


class no_grad(ContextDecorator):
    """Within `with no_grad():` operations compute numbers and record nothing, in this thread only.

    Values made there have no parents and no local gradient: they cost less, and no gradient flows through them.
    Used as `@no_grad()` it does the same for a whole function; TypeError for one that runs in pieces, a generator
    or coroutine.

    >>> from autograd import Value, no_grad
    >>> a = Value(2.0)
    >>> with no_grad():
    ...     b = a * 3
    >>> b.data, b.parents
    (6.0, ())
    """

    def __init__(self) -> None:
        self._entered: list[list[int]] = []

    def __enter__(self) -> None:
        cannot_be_done_again("no_grad")
        _thread.depth[0] += 1
        self._entered.append(_thread.depth)
        paused.append(None)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._entered.pop()[0] -= 1
        paused.pop()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:  # type: ignore[override]
        """The function, recording nothing."""
        if not callable(function):
            raise TypeError(f"@no_grad() stands before a function, got {function!r}")
        if inspect.isgeneratorfunction(function) or inspect.iscoroutinefunction(function):
            raise TypeError("a generator or coroutine runs in pieces: write 'with no_grad():' within it")
        return super().__call__(function)


@contextmanager
def recording() -> Iterator[None]:
    """Within `with recording():` this thread records, whatever no_grad() is open around it."""
    outer, _thread.depth = _thread.depth, [0]
    try:
        yield
    finally:
        _thread.depth = outer


def depends_on(owner: Any, name: str, setting: Any) -> None:
    """Tell a function that is being compiled that it goes on as it does because owner.name is this now."""
    for watcher in watchers[-1:]:
        watcher.depends_on(owner, name, setting)


def cannot_be_done_again(what: str) -> None:
    """CannotCompile, in a function that is being compiled, for what recorder.HINTS says, such as "random"."""
    for watcher in watchers[-1:]:
        watcher.read(what)
