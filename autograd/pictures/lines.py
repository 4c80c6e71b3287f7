"""Remembers which line of a program made each node, within remember_lines() only, because it takes time.

Each node has a number, which grows with every call of grad(). Here it also grows with every line, so the number says at
which line a node was made. The nodes themselves do not change.
"""

import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from autograd.value import Value, new_call

MOST_STEPS = 300_000  # from line to line that are remembered, which takes about 0.3 seconds; then it stops


class _Steps:
    """From which number of nodes on a line was at work."""

    def __init__(self, files: Iterable[str]) -> None:
        self.files = list(files)
        self.numbers, self.places = array("q"), array("q")

    def note(self, frame: FrameType) -> bool:
        """Remember where a frame is; False when there is no more room."""
        place = frame.f_lineno * len(self.files) + self.files.index(frame.f_code.co_filename)
        if not self.places or self.places[-1] != place:
            self.numbers.append(new_call())
            self.places.append(place)
        return len(self.places) < MOST_STEPS

    def end(self) -> None:
        """What is made from now on belongs to no line."""
        if self.places and self.places[-1] >= 0:
            self.numbers.append(new_call())
            self.places.append(-1)


_remembered: list[_Steps] = []  # the latest blocks, the innermost last


@contextmanager
def remember_lines(files: Iterable[str]) -> Iterator[None]:
    """Within it, every node remembers the line that made it, until another such block begins.

    files: the programs, as their functions name them (`__file__`). What these programs call belongs to the line that
    calls it. The debugger's hook of this thread, sys.settrace, is in use meanwhile.

    >>> with remember_lines([__file__]):
    ...     x = Value(2.0)
    >>> line_of(x) is None  # this example is in no file
    True
    """
    steps = _Steps(files)
    names = set(steps.files)

    def inside(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line" and not steps.note(frame):
            steps.end()
            sys.settrace(before)
            return None
        if event == "return" and frame.f_back is not None and frame.f_back.f_code.co_filename in names:
            steps.note(frame.f_back)
        return inside if steps.places[-1] >= 0 else None

    def everywhere(frame: FrameType, event: str, _: Any) -> Any:
        return inside if frame.f_code.co_filename in names else None

    before = sys.gettrace()
    _remembered[:] = [*_remembered[-3:], steps]
    sys.settrace(everywhere)
    try:
        yield
    finally:
        sys.settrace(before)
        steps.end()


def line_of(node: Value) -> tuple[str, int] | None:
    """The file and the line that made a node, if that was within remember_lines(); else None.

    node: a Value.

    >>> with remember_lines(["lesson.py"]):
    ...     exec(compile("x = Value(2.0)", "lesson.py", "exec"))
    >>> line_of(x)
    ('lesson.py', 1)
    """
    for steps in reversed(_remembered):
        if steps.numbers and node._born >= steps.numbers[0]:
            place = steps.places[bisect_right(steps.numbers, node._born) - 1]
            return None if place < 0 else (steps.files[place % len(steps.files)], place // len(steps.files))
    return None
