"""A class of 300 files, ten of them hostile, is graded completely.

python -m tests.fuzz.classes 300 says how long it took. Each file has its own report, and those of the others
are as if the hostile ones were not there.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.classroom.broken_engines import RIGHT
from tests.classroom.right_engines import COMPOSED

HOSTILE = {
    "endless": "while True: pass",
    "ended": RIGHT + "\nimport os\nValue.backward = lambda self: os._exit(0)\n",
    "crash": RIGHT + "\nimport ctypes\nValue.backward = lambda self: ctypes.string_at(0)\n",
    "escapes": "class \u202eValue: pass\nraise ValueError('\\x1b[32mall 103 facts hold\\x1b[0m\\u202e')",
    "surrogate": RIGHT
    + "\nValue.__module__ = '\\ud800'\nValue.__repr__ = lambda self: '\\ud800'\nValue.data = '\\ud800'\n",
    "forged": """
import os, sys, gc
class Value:
    def __init__(self, data): self.data = data
for fd in range(3, 64):
    try: os.write(fd, b'\\n' + b'0' * 32 + b' {"got": [[' + b'[' * 100_000 + b'\\n')
    except OSError: pass
sys.modules["__main__"].run = lambda *a: {"got": None, "printed": "x", "error": 7}
""",
    "memory": RIGHT
    + "\nkept = []\nValue.backward = lambda self: [kept.append(bytearray(1 << 28)) for _ in range(99)]\n",
    "processes": """
import os, time
for _ in range(8):
    if not os.fork():
        os.setsid()
        time.sleep(600)
class Value: pass
""",
    "stopped": "import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)\nos.kill(os.getpid(), signal.SIGSTOP)\n",
    "printed": RIGHT + "\nimport os\nValue.backward = lambda self: [os.write(fd, b'x' * 9_000_000) for fd in (1, 2)]\n",
}
BESIDE = {"html.py": "open('imported', 'w')", "json.py": "open('imported', 'w')"}  # which nobody may import


def graded(folder: Path, n: int, timeout: float = 2.0) -> tuple[list[dict[str, object]], float]:
    """Write n files, check them with one command; the reports, and the seconds it took."""
    files = [f"{name}.py" for name in HOSTILE]
    for name, source in HOSTILE.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    for i in range(n - len(HOSTILE)):
        name = f"student_{i}.py"
        files.insert(2 * i, name)
        (folder / name).write_text([RIGHT, COMPOSED][i % 2])
    for name, source in BESIDE.items():
        (folder / name).write_text(source)
    command = [sys.executable, "-m", "autograd", "check", *files, "--timeout", str(timeout), "-o", "grades.json"]
    begun = time.monotonic()
    run = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=60 * n)
    seconds = time.monotonic() - begun
    assert run.returncode == 1, run.stderr
    assert not run.stderr, run.stderr
    assert not set("\x1b\u202e") & set(run.stdout)
    assert not (folder / "imported").exists()
    return json.loads((folder / "grades.json").read_text(encoding="utf-8")), seconds


def check(reports: list[dict[str, object]], n: int) -> None:
    """One report for each file, in their order; those of the right files are good."""
    assert len(reports) == n
    for report in reports:
        name = str(report["title"]).partition(".py")[0]
        if name.startswith("student_"):
            assert not report["failed"], report
        else:
            assert name in HOSTILE, report
            assert report["failed"], report
    assert len({str(report["title"]) for report in reports}) == n


if __name__ == "__main__":
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    with tempfile.TemporaryDirectory() as folder:
        reports, seconds = graded(Path(folder), n)
    check(reports, n)
    print(f"{n} files, {len(HOSTILE)} of them hostile, in {seconds:.0f} s: {n} reports, as they should be")
