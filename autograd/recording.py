"""Says whether operations are recorded, and which tracer is told what no graph shows: no_grad() and compiling.

Both are blocks, which may be nested, and hold for one context: one thread, or one task of asyncio, as in Python's
contextvars. A block ends with its `with`, whatever ends that.
"""

import inspect
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ContextDecorator, nullcontext
from contextvars import ContextVar
from types import TracebackType
from typing import Any

calls = [0]  # how many calls of grad() and the like have begun, on the textbook engine; see new_call in value.py


class Block:
    """The state within a block: whether recording pauses, the tracer of a function that is being compiled, and whether
    compiled functions are to leave their whole graphs."""

    __slots__ = ("outer", "paused", "tracer", "whole")

    def __init__(self, outer: "Block | None", paused: bool, tracer: Any, whole: bool = False) -> None:
        self.outer, self.paused, self.tracer, self.whole = outer, paused, tracer, whole


# Of all contexts. Mostly both are empty, and that is quick to ask
open_blocks: set[Block] = set()
traced_blocks: set[Block] = set()  # those of them in which a tracer is told, or whole graphs are wanted

latest: ContextVar[Block | None] = ContextVar("latest", default=None)  # of this context; it may have ended since
as_it_is = nullcontext()  # where no block is open, recording goes on without one


def block() -> Block | None:
    """The innermost block that is open in this context."""
    found = latest.get()
    while found is not None and found not in open_blocks:  # a generator may end a block that is not the innermost
        found = found.outer
    return found


def end(own: Block) -> None:
    """End a block, in whichever context this is called."""
    open_blocks.discard(own)
    traced_blocks.discard(own)
    if latest.get() is own:
        latest.set(own.outer)


class within:
    """`with within(paused, tracer):` is a block.

    Only the `with` holds this object. If Ctrl-C comes before __exit__ has begun, the block ends with the object.
    """

    def __init__(self, paused: bool, tracer: Any, whole: bool = False) -> None:
        self._paused, self._tracer, self._whole = paused, tracer, whole
        self._entered: list[Block] = []

    def __enter__(self) -> None:
        own = Block(block() if open_blocks else None, self._paused, self._tracer, self._whole)
        self._entered.append(own)
        latest.set(own)
        if self._tracer is not None or self._whole:
            traced_blocks.add(own)
        open_blocks.add(own)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        end(self._entered[-1])
        self._entered.pop()

    def __del__(self) -> None:
        for own in self._entered:
            end(own)


def is_paused() -> bool:
    """Whether this context is within no_grad()."""
    found = block() if open_blocks else None
    return found is not None and found.paused


def tracer() -> Any:
    """The tracer of the function that is being compiled in this context; None if there is none."""
    found = block() if traced_blocks else None
    return None if found is None else found.tracer


class no_grad(within, ContextDecorator):
    """Within `with no_grad():` operations compute numbers and record nothing, in this thread or asyncio task only.

    Values made there have no parents and no local gradient: they cost less, and no gradient flows through them. Used as
    `@no_grad()` it does the same for a whole function; TypeError for one that runs in pieces, a generator or coroutine.
    A generator that yields within it stops recording in its caller, too, until the generator goes on.

    >>> from autograd import Value, no_grad
    >>> a = Value(2.0)
    >>> with no_grad():
    ...     b = a * 3
    >>> b.data, b.parents
    (6.0, ())
    """

    def __init__(self, *_given: object) -> None:
        super().__init__(True, None)
        if _given:
            raise TypeError(f"write @no_grad() before a function, or with no_grad(): before a block; got {_given[0]!r}")

    def __enter__(self) -> None:
        cannot_be_done_again("no_grad")
        self._tracer = tracer()
        super().__enter__()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:  # type: ignore[override]
        """The function, recording nothing."""
        if not callable(function):
            raise TypeError(f"write @no_grad() before a function, got {function!r}")
        pieces = inspect.isgeneratorfunction, inspect.iscoroutinefunction, inspect.isasyncgenfunction
        if any(runs_in(function) for runs_in in pieces):
            raise TypeError("a generator or coroutine runs in pieces: write 'with no_grad():' inside it")
        return super().__call__(function)


def recording(whole: bool = False) -> AbstractContextManager[None]:
    """Within `with recording():` this context records, whatever no_grad() is open around it.

    whole: compiled functions that are called leave the graphs of what they do, which is differentiated twice at once.
    """
    if not open_blocks and not whole:
        return as_it_is
    return within(False, tracer(), whole or leaves_graphs())


def leaves_graphs() -> bool:
    """Whether a compiled function that is called in this context is to leave the graph of what it does."""
    found = block() if traced_blocks else None
    return found is not None and (found.whole or found.tracer is not None)


def traced(by: Any) -> within:
    """Within `with traced(tracer):` this context records and tells the tracer what no graph shows."""
    return within(False, by)


def aside() -> within:
    """Within `with aside():` this context records, and tells no tracer: for observers, such as a picture."""
    return within(False, None)


def tell(what: str, *details: Any) -> None:
    """Tell the tracer, if there is one."""
    listener = tracer()
    if listener is not None:
        getattr(listener, what)(*details)


def depends_on(owner: Any, name: str, setting: Any) -> None:
    """Tell a function that is being compiled that its path depends on the present owner.name."""
    tell("depends_on", owner, name, setting)


def cannot_be_done_again(what: str) -> None:
    """CannotCompile, in a function that is being compiled, for what tracing.HINTS says, such as "random"."""
    tell("read", what)


def must_be_defined(values: Sequence[Any]) -> None:
    """Tell a function that is being compiled that these must be defined, though it returns others: if a function is not
    defined, it has no derivative."""
    tell("must_be_defined", values)


def keep_own() -> None:
    """Forget, in a process that was forked, the blocks of threads that it does not have."""
    own, found = set(), latest.get()
    while found is not None:
        own.add(found)
        found = found.outer
    open_blocks.intersection_update(own)
    traced_blocks.intersection_update(own)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=keep_own)
