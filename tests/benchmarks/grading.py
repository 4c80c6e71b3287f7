"""Grades a class of 300 with one command, and prints what it took: right engines, broken, hostile and endless ones.

Right engines must get all points, and all others less. Each gets its report, whatever the others do.
"""

import argparse
import csv
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from autograd.classroom.checks.engine_facts import ENGINE
from tests.classroom.broken_engines import MISTAKES, RIGHT
from tests.classroom.mutants import mutants
from tests.classroom.right_engines import ENGINES

POINTS = "".join(f'"{stage}" = 5\n' for stage in ENGINE if stage != "more operations")
SCHEME = f"""
[points]
{POINTS}
[[fact]]
stage = "hyperbolic"
statement = "tanh of twice x"
program = "x = Value(0.5)\\ny = (x + x).tanh()\\ny.data"
expected = 0.7615941559557649
points = 30
hidden = true
"""
# What stands before a right engine
HOSTILE = (
    "import os\nos._exit(0)",
    "import os, signal\nos.kill(os.getppid(), signal.SIGSEGV)\nos.abort()",  # its parent is not the grader
    "kept = []\nwhile True:\n    kept.append(bytearray(1 << 24))",
    "import os\nwhile True:\n    os.write(1, b'x' * (1 << 16))",
    "import os\nfor pipe in range(64):\n    try:\n        os.write(pipe, b'{\"got\": 1}\\n' * 100)\n"
    "    except OSError:\n        pass",
    "import os\nos.closerange(0, 64)",
    "import os, time\nif not os.fork():\n    os.setsid()\n    time.sleep(1000)\n    os._exit(0)",
    "import sys\nsys.setrecursionlimit(10**9)\ndef f():\n    return f() + 1\nf()",
    "import builtins\nbuiltins.isinstance = builtins.float = builtins.len = lambda *_: True",
    "raise BaseException('x' * 10**7)",
)
# Lines of a right engine, and what never ends in their place
ENDLESS = (
    ("class Value:", "while True:\n    pass\nclass Value:"),
    ("class Value:", "import time\ntime.sleep(1e6)\nclass Value:"),
    ("class Value:", "from threading import Lock\nlock = Lock()\nlock.acquire()\nlock.acquire()\nclass Value:"),
    (
        "class Value:",
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass\nclass Value:",
    ),
    ("        self.data = data\n", "while True: pass\n"),
    ('        out = Value(self.data + other.data, (self, other), "+")\n', "while True: pass\n"),
    ('        out = Value(self.data * other.data, (self, other), "*")\n', "while True: pass\n"),
    ('        out = Value(self.data**n, (self,), "**")\n', "while True: pass\n"),
    ('        return f"Value(data={self.data}, grad={self.grad})"\n', "while True: pass\n"),
    ("        order, visited, stack = [], set(), [(self, False)]\n", "while True: pass\n"),
)


def the_class(n: int) -> Iterator[tuple[str, str]]:
    """So many submissions: the kind and the content of each."""
    broken = [RIGHT.replace(before, after) for before, after, *_ in MISTAKES.values()]
    hostile = [f"{text}\n{RIGHT}" for text in HOSTILE]
    endless = [
        RIGHT.replace(before, f"{before[: len(before) - len(before.lstrip())]}{loop}") for before, loop in ENDLESS
    ]
    assert all(RIGHT.count(before) == 1 for before, _ in ENDLESS)
    left = n - len(broken) - len(hostile) - len(endless)
    changed = [mutant.source for mutant in random.Random(1).sample(list(mutants(RIGHT)), left // 3)]
    right = [*ENGINES.values()] * left
    kinds = {"broken": broken, "hostile": hostile, "endless": endless, "changed": changed}
    yield from ((kind, text) for kind, texts in kinds.items() for text in texts)
    yield from (("right", text) for text in right[: left - len(changed)])


def main() -> None:
    """Grade the class, and print how long it took and what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=300, help="how many submissions (default: 300)")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--kinds", nargs="*", help="only these kinds: right, broken, changed, hostile, endless")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder = Path(place, "in")
        for number, (kind, text) in enumerate(the_class(options.n)):
            if not options.kinds or kind in options.kinds:
                path = folder / f"{kind}-{number}" / "my_engine.py"
                path.parent.mkdir(parents=True)
                path.write_text(text, encoding="utf-8")
        Path(place, "points.toml").write_text(SCHEME, encoding="utf-8")
        files = sorted(str(path) for path in folder.iterdir())
        command = [
            *("-m", "autograd", "check", *files, "--points", f"{place}/points.toml"),
            "--jobs",
            str(options.jobs),
        ]
        began = time.perf_counter()
        run = subprocess.run(
            [sys.executable, *command, "--csv", f"{place}/grades.csv", "--reports", f"{place}/reports"],
            stdout=subprocess.DEVNULL,
            check=False,
        )
        took = time.perf_counter() - began
        assert run.returncode in (0, 1), f"it ended with status {run.returncode}"
        with open(f"{place}/grades.csv", encoding="utf-8-sig") as table:
            rows = list(csv.DictReader(table))
        assert len(rows) == len(files) == len(list(Path(place, "reports").iterdir()))
    print(f"{len(rows)} submissions, {options.jobs} at a time: {took:.0f} s in all, {took / len(rows):.2f} s each")
    for kind in dict.fromkeys(Path(row["submission"]).name.partition("-")[0] for row in rows):
        points = [float(row["points"]) for row in rows if Path(row["submission"]).name.startswith(kind)]
        print(f"{kind:8} {len(points):3}: {min(points):g} to {max(points):g} points")
        whole = [int(row["hold"]) == int(row["asked"]) for row in rows if Path(row["submission"]).name.startswith(kind)]
        assert kind not in ("right", "broken", "endless") or set(whole) == {kind == "right"}


if __name__ == "__main__":
    main()
