"""Gives a panel to each line or label that shows something, and draws it no more often than people can see."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from autograd.classroom.panels.views import View, not_finite_in, view_of
from autograd.pictures.names import names_from
from autograd.recording import aside

PAUSE = 0.1  # seconds, at least, between two pictures in the same place
SHARE = 4  # the next picture waits this many times as long as the last one took: a fifth of the time goes into pictures
MOST_PANELS = 60


class Board:
    """The places where a program shows things. If things come quickly, it draws only some of them, and the last one.

    tell: takes what is to be seen: the place, its title, the line of the program and the View.
    wake: takes in how many seconds to call catch_up(), in the thread of the program, if it has nothing more to show.
    """

    def __init__(
        self, tell: Callable[[str, str, int, View], None], wake: Callable[[float], None] = lambda seconds: None
    ) -> None:
        self._tell, self._wake = tell, wake
        self._is_at_work = False
        self._lines: dict[str, list[int]] = {}  # of the calls that show the same words
        self._waiting: dict[str, tuple[Any, str, int, FrameType]] = {}
        self._next: dict[str, float] = {}
        self._lock = threading.RLock()

    def show(self, x: Any, label: str, title: str, frame: FrameType) -> None:
        """Show a thing now, or, if its place has just been drawn, later."""
        with self._work():
            place = self._place(label, title, frame.f_lineno)
            if place not in self._next and len(self._next) >= MOST_PANELS:
                if len(self._next) == MOST_PANELS:
                    self._next[place] = float("inf")
                    text = f"There are {MOST_PANELS} panels already: no more are made. Things with one label share one."
                    self._tell("most", "", frame.f_lineno, view_of(text))
                return
            self._waiting[place] = (x, title, frame.f_lineno, frame)
            self._draw_what_is_due()

    def catch_up(self) -> None:
        """Draw what waits, between any two steps of the program. What fails here waits until the program itself meets
        it."""
        if self._is_at_work:  # the two steps are steps of its own
            self._wake(PAUSE)
            return
        with self._work():
            waiting = dict(self._waiting)
            try:
                self._draw_what_is_due()
            except Exception:
                self._waiting = waiting | self._waiting

    def finish(self) -> None:
        """Draw what waits."""
        with self._work():
            for place in list(self._waiting):
                self._draw(place)

    @contextmanager
    def _work(self) -> Iterator[None]:
        with self._lock:
            before, self._is_at_work = self._is_at_work, True
            try:
                yield
            finally:
                self._is_at_work = before

    def _place(self, label: str, title: str, line: int) -> str:
        if label:
            return f"label {label}"
        lines = self._lines.setdefault(title, [])
        if line not in lines:
            lines.append(line)
        return f"{lines.index(line)} {title}"  # the same when lines before it come and go

    def _draw_what_is_due(self) -> None:
        now = time.monotonic()
        for each in [each for each in self._waiting if self._next.get(each, 0.0) <= now]:
            self._draw(each)
        if self._waiting:
            self._wake(max(0.01, min(self._next[each] for each in self._waiting) - time.monotonic()))

    def _draw(self, place: str) -> None:
        if place not in self._waiting:  # what was drawn before this has shown something itself
            return
        x, title, line, frame = self._waiting.pop(place)
        began = time.monotonic()
        with aside(), names_from(frame):  # also where a function is being recorded
            view, found = view_of(x, title), not_finite_in(x)
        self._tell(place, title, line, view)
        if found:
            self._tell(f"nan of {place}", f"why {title} is not finite", line, view_of(found))
        took = time.monotonic() - began
        self._next[place] = began + took + max(PAUSE, SHARE * took)
