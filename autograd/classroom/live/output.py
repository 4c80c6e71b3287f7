"""Keeps what a program prints, as a screen shows it: the last lines, and the last state of a progress bar."""

import codecs
import re

BLOCK = 100  # lines, which travel together
MOST_BLOCKS = 20
MOST_CHARACTERS = 200_000  # of all lines, as far as those of the last block are not more: a page has to draw them
LONGEST_LINE = 1000  # characters

# what sets colours and moves the cursor on a terminal, and the beginning of such a sequence at the end of a text
ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,500}(?:\x07|\x1b\\)|[@-Z\\^_])")
BEGUN = re.compile(r"\x1b(?:\[[0-?]{0,30}[ -/]{0,30}|\][^\x07\x1b]{0,500})?\Z")


class Output:
    """Bytes go in, lines come out in blocks that are numbered from 0.

    >>> output = Output()
    >>> output.write("a\\n10 %\\r20 %\\r".encode())
    >>> output.blocks()
    {0: ['a', '20 %']}
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._lines: list[str] = []  # those kept, complete ones
        self._gone = 0  # how many are not kept, a multiple of BLOCK
        self._tail = ""  # what came after the last line break, as it came
        self._changed = 0  # the block from which on something is new

    @property
    def n_gone(self) -> int:
        """How many lines are not kept."""
        return self._gone

    def write(self, data: bytes) -> None:
        """Add what was printed."""
        text = self._tail + self._decoder.decode(data)
        begun = BEGUN.search(text, max(0, len(text) - 600))
        text, rest = (text[: begun.start()], begun[0]) if begun else (text, "")
        lines = ESCAPES.sub("", text).split("\n")
        tail = lines.pop()
        self._changed = min(self._changed, (self._gone + len(self._lines)) // BLOCK)
        self._lines += map(_on_screen, lines)
        n_blocks = len(self._lines) // BLOCK
        n = max(0, n_blocks - MOST_BLOCKS + 1)
        while n < n_blocks and sum(map(len, self._lines[n * BLOCK :])) > MOST_CHARACTERS:
            n += 1
        del self._lines[: n * BLOCK]
        self._gone += n * BLOCK
        last = tail[tail.rfind("\r", 0, -1) + 1 :] if "\r" in tail[:-1] else tail
        self._tail = last[: LONGEST_LINE + 1] + rest

    def blocks(self) -> dict[int, list[str]]:
        """All that is kept, by the numbers of the blocks."""
        lines = [*self._lines, *([_on_screen(self._tail)] if self._tail else [])]
        return {(self._gone + i) // BLOCK: lines[i : i + BLOCK] for i in range(0, len(lines), BLOCK)}

    def changed(self) -> dict[int, list[str]]:
        """The blocks that are new or have changed since this was last called."""
        first, blocks = self._changed, self.blocks()
        self._changed = (self._gone + len(self._lines)) // BLOCK + 1
        return {number: lines for number, lines in blocks.items() if number >= first}


def _on_screen(line: str) -> str:
    line = line.rstrip("\r")
    line = line[line.rfind("\r") + 1 :]
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…"
