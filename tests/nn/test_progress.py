"""The bar of fit and sweep."""

import os
import sys
from itertools import count

import pytest

from nn.progress import CONSOLES, progress_bar


def drawn_in(stream, monkeypatch, is_own=True):
    """Draw a bar of 20 steps, each a second after the one before."""
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(sys, "__stderr__", stream if is_own else None)
    monkeypatch.setattr("tqdm.std.time", count().__next__)  # a second passes whenever it looks at the clock
    bar = progress_bar(True, "training", "epoch", 0, 20)
    for _ in range(20):
        bar.update()
    bar.close()


def bars(written):
    return [line for line in written.replace("\r", "\n").splitlines() if line.strip()]


@pytest.mark.parametrize("console", [None, *CONSOLES])
@pytest.mark.parametrize("is_own", [True, False])
def test_a_file_or_a_pipe_keeps_the_first_and_the_last_bar_alone(is_own, console, tmp_path, monkeypatch):
    pytest.importorskip("tqdm")
    for name in CONSOLES:
        monkeypatch.delenv(name, raising=False)
    if console:
        monkeypatch.setenv(console, "1")
    with open(tmp_path / "log", "w+") as log:
        drawn_in(log, monkeypatch, is_own)
        log.seek(0)
        in_file = bars(log.read())
    reads, writes = os.pipe()
    with open(writes, "w") as pipe:
        drawn_in(pipe, monkeypatch, is_own)
    with open(reads) as end:
        in_pipe = bars(end.read())
    for drawn in (in_file, in_pipe):
        assert ("| 0/20 " in drawn[0], "| 20/20 " in drawn[-1]) == (True, True)
        assert (len(drawn) == 2) is (is_own and not console)


def test_a_terminal_shows_a_bar_that_moves(monkeypatch):
    pytest.importorskip("tqdm")
    pty = pytest.importorskip("pty")
    for name in CONSOLES:
        monkeypatch.delenv(name, raising=False)
    ours, theirs = pty.openpty()
    pytest.importorskip("termios").tcsetwinsize(theirs, (24, 80))
    with open(theirs, "w") as terminal:
        drawn_in(terminal, monkeypatch)
        written = b""
        while b"| 20/20 " not in written:
            written += os.read(ours, 1 << 16)
    os.close(ours)
    assert len(bars(written.decode())) > 2
