"""Runs a program, and at its end ends everything that it has started, in whatever way that has changed.

family.py puts it before each program on Linux. It is a script that imports nothing of this project. What a program
leaves behind becomes a child of this process, even with a session and an environment of its own.
"""

import ctypes
import os
import signal
import sys
import time
from contextlib import suppress
from typing import Any

SET_PDEATHSIG, SET_CHILD_SUBREAPER = 1, 36  # of prctl(2)
LONGEST = 2.0  # seconds to end what keeps starting more


def main() -> None:
    """Run the program and end as it ends."""
    prctl = ctypes.CDLL(None).prctl
    prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    child = os.fork()
    if not child:
        prctl(SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
        os.execv(sys.argv[1], sys.argv[1:])
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)

    def told_to_end(*_: Any) -> None:
        raise SystemExit

    status = 0
    try:
        signal.signal(signal.SIGTERM, told_to_end)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
        ended = 0
        while ended != child:
            ended, status = os.waitpid(-1, 0)
    except SystemExit:
        status = signal.SIGKILL
    end_all()
    if os.WIFSIGNALED(status):
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _leave_no_core()
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def end_all() -> None:
    """End everything that has come from the program."""
    until = time.monotonic() + LONGEST
    while (others := descendants(os.getpid())) and time.monotonic() < until:
        for pid in others:
            with suppress(OSError):  # it has ended, or is another user's
                os.kill(pid, signal.SIGKILL)
        with suppress(OSError):  # nothing is left
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def descendants(ancestor: int) -> list[int]:
    """The processes that have come from one, without those that have ended."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdecimal():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    state, parent = file.read().rpartition(b")")[2].split()[:2]  # after the name, which may be anything
            except (OSError, ValueError):
                continue
            if state not in b"ZX" or int(parent) != ancestor:
                children.setdefault(int(parent), []).append(int(name))
    found = [ancestor]
    for pid in found:
        found += children.get(pid, [])
    return found[1:]


def _leave_no_core() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
