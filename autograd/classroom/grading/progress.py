"""A bar on the terminal: how many submissions are done, how long that took, and about how long the rest takes."""

import shutil
import time
from typing import TextIO

from autograd.languages import say

WIDTH, LEAST, WORDS = 30, 10, 38  # characters of the bar, on a narrow terminal, and of what is said beside it
ENOUGH = 5  # submissions, before it is known how long one takes


class Progress:
    """Draws the bar in one line, which it writes anew each time; nothing on anything but a terminal.

    total: how many submissions there are. terminal: where it is drawn; None for nowhere.
    """

    def __init__(self, total: int, terminal: TextIO | None) -> None:
        self._total = total
        self._terminal = terminal if total > 1 and terminal is not None and terminal.isatty() else None
        self._began = time.monotonic()
        self._first: int | None = None  # those that were done before: they took no time

    def __call__(self, done: int) -> None:
        """So many are done."""
        if self._terminal is None:
            return
        self._first = done - 1 if self._first is None else self._first
        passed, room = time.monotonic() - self._began, shutil.get_terminal_size().columns
        n, left = done - self._first, self._total - done
        text = say("{0} of {1}, {2}", done, self._total, _minutes(passed))
        if left and n >= ENOUGH:
            text = say("{0}, about {1} left", text, _minutes(passed / n * left))
        width = max(LEAST, min(WIDTH, room - WORDS))
        full, empty = ("█", "░") if self._has_blocks() else ("#", ".")
        filled = width * done // self._total
        line = f"[{full * filled}{empty * (width - filled)}] {text}"
        print(f"\r{line[: room - 1]:{room - 1}}", end="" if left else "\n", file=self._terminal, flush=True)

    def _has_blocks(self) -> bool:
        """Whether the terminal can show them."""
        try:
            "█░".encode(getattr(self._terminal, "encoding", None) or "ascii")
        except UnicodeEncodeError:
            return False
        return True


def _minutes(seconds: float) -> str:
    """Minutes and seconds.

    >>> _minutes(75.4)
    '1:15'
    """
    return f"{round(seconds) // 60}:{round(seconds) % 60:02}"
