"""Whether operations are recorded: no_grad()."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident

paused: set[int] = set()  # the threads that are within no_grad(); that it is mostly empty makes asking cheap


def is_paused() -> bool:
    """Whether this thread is within no_grad()."""
    return get_ident() in paused


@contextmanager
def no_grad() -> Iterator[None]:
    """Within `with no_grad():` operations compute numbers and record nothing, in this thread only.

    Values made there have no parents and no local gradient: they cost less, and no gradient flows through them.
    Used as `@no_grad()` it does the same for a whole function.

    >>> from autograd import Value, no_grad
    >>> a = Value(2.0)
    >>> with no_grad():
    ...     b = a * 3
    >>> b.data, b.parents
    (6.0, ())
    """
    inner = is_paused()
    paused.add(get_ident())
    try:
        yield
    finally:
        if not inner:
            paused.discard(get_ident())
