"""What a lesson's file may contain: its text is shown, and its run comes to an end that the page tells."""

import random
import tempfile
import time
from pathlib import Path

from autograd.classroom.live.highlighting import highlighted
from autograd.classroom.live.lesson import Lesson
from autograd.classroom.live.source import decoded
from tests.fuzz import chance as odd

COOKIES = [
    *("rot13", "utf-16", "utf-32-be", "hex", "zip", "bz2", "base64", "uu", "quopri", "idna", "punycode", "undefined"),
    *("unicode_escape", "raw_unicode_escape", "mbcs", "utf-7", "latin-1", "cp037", "utf-8-sig", "x", "../x", "\x00"),
]
LINES = [
    *("x = 1", "def f(:", "'''", '"', "(((((", "print('é')", "\x00", "\x0c", "\t if", "class A: pass", "x = '\\N{x}'"),
    *("from autograd import Value, show", "show(Value(1.0) * 2)", "raise ValueError", "1 / 0", "f'{x!r:>{", "0x", "@"),
    *("import sys; sys.stdout = None", "import os; os.close(1)", "import os; os._exit(7)", "del __builtins__", "..."),
    *("import sys; sys.modules.clear()", "raise SyntaxError('x', ('lesson.py', -1, -5, '\\ud800'))", "exec('x' * 9)"),
    *("import sys; sys.excepthook = 1", "class E(Exception):\n    __str__ = 1\nraise E", "raise SystemExit('\\ud800')"),
    *(
        "import sys; sys.settrace(1 .__add__)",
        "import signal; signal.alarm(1)",
        "import linecache; linecache.cache = 1",
    ),
]
SECONDS = 60.0  # for a run that has no endless loop in it, on a busy machine


def source(chance: random.Random) -> bytes:
    """A file: a cookie perhaps, odd lines, and odd bytes."""
    lines = [f"# -*- coding: {chance.choice(COOKIES)} -*-"] if chance.random() < 0.5 else []
    lines += [chance.choice(LINES) for _ in range(chance.randrange(8))]
    encoding = chance.choice(["utf-8", "utf-8", "utf-16", "latin-1", "utf-8-sig"])
    return odd.mangled(chance, "\n".join(lines).encode(encoding, "replace"))


def shown(chance: random.Random) -> None:
    """Show a file without running it."""
    data = source(chance)
    text = "\n".join("".join(part for _, part in line) for line in highlighted(data))
    assert text == decoded(data).removesuffix("\n").removeprefix("\ufeff"), data  # which nobody sees


def one(chance: random.Random) -> None:
    """Show a file, and run one now and then."""
    for _ in range(50):
        shown(chance)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "lesson.py")
        lesson = Lesson(path)
        path.write_bytes(source(chance))
        lesson.run()
        until = time.monotonic() + SECONDS
        while lesson.stage._sections["state"]["state"] == "running":
            assert time.monotonic() < until, path.read_bytes()
            time.sleep(0.01)
        lesson.stage.publish_now()
        assert lesson.stage._sections["state"]["state"] in ("good", "failed")
        lesson.close()


if __name__ == "__main__":
    odd.run(one)
