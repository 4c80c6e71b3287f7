"""The process of a lesson on the live page: it may crash, forge messages or start others, and nothing outlives it."""

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.classroom.live import need_the_extra, panel, save, served, until
from tests.helpers.browser import PATIENCE

pytestmark = pytest.mark.once

need_the_extra()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os; os._exit(3)", "the program ended at once, with status 3"),
        ("import sys; sys.exit('enough')", "the program ended itself: sys.exit('enough')"),
        ("def f(): f()\nf()", "RecursionError: maximum recursion depth exceeded"),
        ("import sys; sys.stdin.readline() or input.missing", "AttributeError"),
        ("import faulthandler; faulthandler._sigsegv()", "signal 11 (SIGSEGV)"),
        ("x = bytearray(1 << 50)", "MemoryError"),
        ("import os; os.write(1, b'[' * 100000); os.kill(os.getpid(), 9)", "signal 9 (SIGKILL)"),
    ],
    ids=["exit", "sys.exit", "recursion", "stdin", "segfault", "memory", "killed"],
)
@pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")
def test_a_lesson_that_crashes_leaves_the_page(teacher, live, code, said):
    save(teacher, live, f"from autograd import show\nshow('before', 'kept')\n{code}\n", "failed")
    assert said in teacher.locator(".mishap strong").first.inner_text()
    assert teacher.locator(".panel pre").all_inner_texts() == ["before"]


FORGED = """
import json, os
for pipe in range(3, 20):
    for message in ({"show": {}}, {"show": 3}, {"error": []}, {"modules": [[]]}, {"show": {"place": "x" * 9}}):
        try:
            os.write(pipe, json.dumps(message).encode() + b"\\n[[[[[[[[\\n\\xff\\n")
        except OSError:
            pass
"""


def test_forged_messages_end_nothing(teacher, live):
    save(teacher, live, FORGED + "from autograd import show\nshow('still', 'here')\n")
    assert panel(teacher, "here").locator("pre").inner_text() == "still"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what has left its group")
def test_what_has_an_environment_and_a_session_of_its_own_ends_with_the_run(teacher, live):
    pid = live.path.with_name("pid")
    pid.unlink(missing_ok=True)
    code = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid()) + ' '); time.sleep(1000)"
    source = f"""
import os, sys, time
if os.fork() == 0:
    os.setsid()
    os.execve(sys.executable, [sys.executable, "-S", "-c", {code!r}], dict())
while not os.path.exists({str(pid)!r}) or not open({str(pid)!r}).read().endswith(" "):
    time.sleep(0.01)
"""
    for rest, state in (("", "good"), ("while True: pass", "running")):
        pid.unlink(missing_ok=True)
        save(teacher, live, source + rest, state)
        started = until(lambda: pid.exists() and pid.read_text().endswith(" ") and pid.read_text().strip())
        save(teacher, live, "print('next')")
        until(lambda: not is_running(started))  # noqa: B023 (called at once)


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
def test_nothing_that_a_lesson_has_started_outlives_it(teacher, live):
    """Not even what makes itself a daemon, in the middle of which the lesson goes on, or what the lesson waits for."""
    pids = live.path.with_name("pids")
    start = f"""
import os, subprocess, sys
for own in (True, False):
    process = subprocess.Popen(["sleep", "1000"], start_new_session=own)
    open({str(pids)!r}, "a").write(f"{{process.pid}} ")
if os.fork() == 0:
    os.setsid()
    open({str(pids)!r}, "a").write(f"{{os.getpid()}} ")
    while True: pass
"""
    for rest, state in (("", "good"), ("process.wait()", "running")):
        pids.unlink(missing_ok=True)
        save(teacher, live, start + rest, state)
        started = until(lambda: len(pids.read_text().split()) == 3 and pids.read_text().split() if pids.exists() else 0)
        save(teacher, live, "print('next')")
        until(lambda: not any(map(is_running, started)))  # noqa: B023 (called at once)


def is_running(pid):
    try:
        return ") Z " not in (Path("/proc") / pid / "stat").read_text()
    except OSError:  # it has ended, perhaps while it was looked at
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
@pytest.mark.parametrize(
    "end", ["SIGINT", "SIGKILL", *[pytest.param(end, marks=pytest.mark.slow) for end in ("SIGTERM", "SIGHUP")]]
)
def test_a_lesson_ends_with_its_page_even_if_that_is_killed(tmp_path, end):
    pid = tmp_path / "pid"
    leave = "" if end == "SIGKILL" else "if not child: os.setsid()"  # if it is killed, it ends no daemons
    endless = f"""
import os, time
child = os.fork()
{leave}
open({str(pid)!r}, "a").write(f"{{os.getpid()}} ")
while True: time.sleep(0.01)
"""
    with served(tmp_path, endless) as live:
        pids = until(lambda: pid.exists() and len(pid.read_text().split()) == 2 and pid.read_text().split())
        assert all(map(is_running, pids))
        live.process.send_signal(getattr(signal, end))
        until(lambda: not any(map(is_running, pids)))
        assert live.process.wait(PATIENCE / 1000) == (-9 if end == "SIGKILL" else 0)
