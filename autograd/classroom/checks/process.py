"""A student's file in a process of its own: it may print, hang, crash or end itself, and all goes on."""

import contextlib
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from queue import Empty, SimpleQueue
from subprocess import DEVNULL, PIPE
from typing import Any

from autograd.classroom.checks.replies import understood
from autograd.classroom.family import Family
from autograd.languages import Said

STUDENT = Path(__file__).with_name("student.py")
LONGEST_LINE = 1 << 22  # bytes; nothing that is told is longer
NOT_AT_ITS_END = "TimeLimit: not at its end after {0} seconds"
LESS, LEAST = 4, 1.0  # so many times less for what comes after an endless program; but so many seconds, if there were


class StudentProcess:
    """Runs programs with a student's file.

    file: the file. class_name: of the class to check; "" for Value, or the only one that has backward().
    timeout: seconds for the file, and for each program; after that the process is ended, and another one begun, which
        gets less time: a loop that never ends is in one operation, and most programs need that.
    """

    def __init__(self, file: Path, class_name: str, timeout: float) -> None:
        self._file, self._class_name, self._timeout = file.resolve(), class_name, timeout
        self._process: Family | None = None
        self._token = ""
        self._replies: SimpleQueue[bytes] = SimpleQueue()

    def load(self) -> dict[str, Any]:
        """What student.load() tells of the file; or {"error": …, "where": …}."""
        self.close()
        self._process = process = Family(
            [sys.executable, "-P", "-B", "-X", "utf8", str(STUDENT)],
            {**os.environ, "MPLBACKEND": "agg"},  # a plot opens no window, and waits for nobody
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            cwd=self._file.parent,
        )
        threading.Thread(target=self._listen, args=[process, self._replies], daemon=True).start()
        reply = self._ask({"file": str(self._file), "class": self._class_name})
        if "dialect" not in reply:
            reply = {"error": Said("Crash: the process did not answer")} | reply
            self.close()
        return reply

    def run(self, program: str) -> dict[str, Any]:
        """What student.run() tells of a program. Its error may be a TimeLimit or a Crash, too."""
        if self._process is None:
            reply = self.load()
            if "error" in reply:
                return reply
        return self._ask({"program": program})

    def close(self) -> None:
        """End the process and all that it began."""
        process, self._process = self._process, None
        if process is not None:
            process.end()
            process.wait()
            assert process.stdin is not None
            with contextlib.suppress(OSError):
                process.stdin.close()

    def __enter__(self) -> "StudentProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        self._token = os.urandom(16).hex()
        with contextlib.suppress(OSError):  # it has ended, which is told below
            process.stdin.write(json.dumps({"token": self._token, **request}).encode() + b"\n")
            process.stdin.flush()
        deadline = time.monotonic() + self._timeout
        last_look = False
        while True:
            with contextlib.suppress(Empty):
                reply = understood(self._replies.get(timeout=0.05), self._token)
                if "status" in reply:
                    return {"error": _crash(reply["status"])}
                if reply:
                    return reply
            if last_look:
                status = process.returncode
                self.close()
                return {"error": _crash(status)}
            last_look = process.poll() is not None  # what it said before it ended may still be on its way
            if time.monotonic() > deadline:
                self.close()
                error = Said(NOT_AT_ITS_END, f"{self._timeout:g}")
                self._timeout = max(self._timeout / LESS, min(self._timeout, LEAST))
                return {"error": error}

    def _listen(self, process: Family, replies: "SimpleQueue[bytes]") -> None:
        assert process.stdout is not None
        with process.stdout:
            while line := process.stdout.readline(LONGEST_LINE):
                if line.startswith(self._token.encode()):  # what else comes is not from student.py
                    replies.put(line)


def _crash(status: Any) -> str:
    """In words how a process ended, by its exit status, negative for a signal."""
    try:
        if status < 0:
            return Said("Crash: the process was ended by {0}", signal.Signals(-status).name)
        return Said("Crash: the process ended itself, with status {0}", status)
    except (TypeError, ValueError):
        return Said("Crash: the process ended")
