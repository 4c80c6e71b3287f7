"""The bar of fit and sweep."""

import sys
from itertools import count

import pytest

from nn.progress import progress_bar


@pytest.mark.parametrize("is_own", [True, False])
def test_a_file_keeps_the_first_and_the_last_bar_alone(is_own, tmp_path, monkeypatch):
    pytest.importorskip("tqdm")
    with open(tmp_path / "log", "w+") as log:
        monkeypatch.setattr(sys, "stderr", log)
        monkeypatch.setattr(sys, "__stderr__", log if is_own else None)
        monkeypatch.setattr("tqdm.std.time", count().__next__)  # a second passes whenever it looks at the clock
        bar = progress_bar(True, "training", "epoch", 0, 20)
        for _ in range(20):
            bar.update()
        bar.close()
        log.seek(0)
        written = log.read()
    drawn = [line for line in written.replace("\r", "\n").splitlines() if line.strip()]
    assert ("| 0/20 " in drawn[0], "| 20/20 " in drawn[-1]) == (True, True)
    assert (len(drawn) == 2) is is_own
