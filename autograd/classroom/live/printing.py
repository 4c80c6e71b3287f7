"""Reads what the process of a lesson prints, and tells which cell has printed it."""

import os
import re
import select
import sys
import threading
from collections.abc import Callable
from typing import Any

MOST = 1 << 20  # bytes to be read at once; no pipe holds more


class Printed:
    """What comes out of a pipe, of which one thread is the reader. Another may catch up with it before it does more.

    mark: stands before the number of a cell and \\x1e where what this cell prints begins.
    took: takes a cell and what it has printed, and returns whether anybody wants more.
    """

    def __init__(self, pipe: Any, mark: bytes, took: Callable[[list[tuple[int, bytes]]], bool]) -> None:
        self._pipe, self._mark, self._took = pipe, mark, took
        self._whole = re.compile(re.escape(mark) + rb"([0-9]{1,5})\x1e")
        self._cell, self._rest = 0, b""
        self._turn = threading.Lock()
        self._poll: Any = None
        if sys.platform != "win32":  # where nothing waits for a pipe but who reads it
            os.set_blocking(pipe.fileno(), False)
            self._poll = select.poll()
            self._poll.register(pipe, select.POLLIN)

    def read(self) -> None:
        """Read until nobody can print any more, or nobody wants it."""
        while self._take():
            if self._poll is not None:
                self._poll.poll()
        with self._turn:
            self._pipe.close()

    def catch_up(self) -> None:
        """Take all that was printed before now."""
        if self._poll is not None:
            self._take()

    def _take(self) -> bool:
        with self._turn:
            data = None if self._pipe.closed else self._pipe.read(MOST)
            return data != b"" and (not data or self._took(self._by_cells(data)))

    def _by_cells(self, data: bytes) -> list[tuple[int, bytes]]:
        first, *more = self._whole.split(self._rest + data)  # text, and then a cell and its text again and again
        pieces = [(self._cell, first), *((int(name), text) for name, text in zip(more[::2], more[1::2]))]
        self._cell, last = pieces[-1]
        at = last.rfind(b"\x1e", max(0, len(last) - len(self._mark) - 5))
        is_begun = at >= 0 and (self._mark.startswith(last[at:]) or last[at:].startswith(self._mark))
        self._rest = last[at:] if is_begun else b""
        pieces[-1] = self._cell, last[: len(last) - len(self._rest)]
        return [(cell, text) for cell, text in pieces if text]
