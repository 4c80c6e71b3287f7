"""check keeps what it has checked: nothing is checked twice, on many machines too, and kill -9 loses nothing."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from autograd.classroom.grading import many
from autograd.classroom.grading.many import as_csv, grade
from autograd.classroom.grading.scheme import Scheme

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
HALF = "class Value:\n    def __init__(self, data): self.data = data\n"  # 2 of 4 facts of the stage "data" hold
ODD = "class Value:\n    def __init__(self, data): self.data = [data, object]\n    def __repr__(self): return 'é{0}'\n"
ONLY: Any = {"stages": ["data", "backward"]}


@pytest.fixture
def handed_in(tmp_path) -> list[Path]:
    folder = tmp_path / "handed_in"
    (folder / "in_folder").mkdir(parents=True)
    (folder / "half.py").write_text(HALF)
    (folder / "odd.py").write_text(ODD)
    (folder / "in_folder" / "mine.py").write_text(HALF)
    (folder / "broken.py").write_text("class Value(:")
    return sorted(folder.iterdir())


def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is checked from now on. On a busy machine a second round would check some again."""
    monkeypatch.setattr(many, "FIRST", 60.0)
    found: list[str] = []
    plain = many.graded

    def graded(submission: Path, *args: Any, **options: Any) -> Any:
        found.append(submission.name)
        return plain(submission, *args, **options)

    monkeypatch.setattr(many, "graded", graded)
    return found


def in_full(several: Any) -> list[str]:
    scheme = Scheme()
    return [
        as_csv(several),
        *(f"{each.submission} {each.report} {each.report._repr_html_()} {each.score}" for each in several),
        *(str(scheme.for_students(each.report)) for each in several),
    ]


def test_a_kept_report_is_the_report(handed_in, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(many, "FIRST", 10.0)
    first = grade(handed_in, Scheme(), keep=tmp_path / "kept", **ONLY)
    names = checked(monkeypatch)
    assert in_full(grade(handed_in, Scheme(), keep=tmp_path / "kept", **ONLY)) == in_full(first)
    assert names == []
    assert any("class Value" in each.report.title for each in first)


def test_what_changed_or_is_asked_otherwise_is_checked_again(handed_in, tmp_path, monkeypatch) -> None:
    grade(handed_in, Scheme(), keep=tmp_path / "kept", **ONLY)
    names = checked(monkeypatch)
    (tmp_path / "handed_in" / "half.py").write_text(HALF + "\n# better\n")
    (tmp_path / "handed_in" / "in_folder" / "mine.py").write_text(HALF * 2)
    grade(handed_in, Scheme(), keep=tmp_path / "kept", **ONLY)
    assert sorted(names) == ["half.py", "in_folder"]
    names.clear()
    grade(handed_in[:1], Scheme(), keep=tmp_path / "kept", stages=["data"])
    assert names == [handed_in[0].name]
    names.clear()
    for path in (tmp_path / "kept").iterdir():
        path.write_text("{")
    grade(handed_in, Scheme(), keep=tmp_path / "kept", **ONLY)
    assert len(names) == 4


def test_what_could_not_be_read_is_not_kept(tmp_path) -> None:
    (found,) = grade([tmp_path / "none.py"], Scheme(), keep=tmp_path / "kept", **ONLY)
    assert found.report.results[0].status == "failed"
    assert list((tmp_path / "kept").iterdir()) == []


def test_an_executor_gets_the_files_themselves(handed_in, monkeypatch) -> None:
    alone = grade(handed_in, Scheme(), **ONLY)
    names = checked(monkeypatch)
    with ThreadPoolExecutor(2) as executor:
        assert in_full(grade(handed_in, Scheme(), executor=executor, **ONLY)) == in_full(alone)
        assert executor.submit(int).result() == 0  # it is still there
    assert sorted(names) == [path.name for path in handed_in]


KILLED = """
import os, signal, sys
from pathlib import Path
from autograd.classroom.grading.many import grade
from autograd.classroom.grading.scheme import Scheme

def told(done):
    if done == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

several = grade(sorted(Path(sys.argv[1]).iterdir()), Scheme(), keep=Path(sys.argv[3]), told=told, stages=["data"])
print(*[each.score for each in several])
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
def test_kill_9_in_the_middle_of_check_loses_nothing(handed_in, tmp_path) -> None:
    def run(ends_at: int) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-c", KILLED, handed_in[0].parent, str(ends_at), tmp_path / "kept"]
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)

    assert run(2).returncode == -signal.SIGKILL
    kept = sorted((path.name, path.stat().st_mtime_ns) for path in (tmp_path / "kept").glob("*.json"))
    assert len(kept) == 2
    alone = grade(handed_in, Scheme(), stages=["data"])
    assert run(99).stdout.strip() == " ".join(str(each.score) for each in alone)
    assert {*kept} < {(path.name, path.stat().st_mtime_ns) for path in (tmp_path / "kept").glob("*.json")}


ON_A_CLUSTER = """
import sys
from distributed import LocalCluster
from autograd.__main__ import main

if __name__ == "__main__":
    with LocalCluster(2, threads_per_worker=1, dashboard_address=None) as cluster:
        sys.exit(main(["check", *sys.argv[1:], "--stage", "data", "--cluster", cluster.scheduler_address]))
"""


@pytest.mark.slow
def test_check_runs_on_the_workers_of_dask(handed_in, tmp_path) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed: python -m pip install -e '.[cluster]'")
    program, table = tmp_path / "program.py", tmp_path / "grades.csv"
    program.write_text(ON_A_CLUSTER)
    told = subprocess.run(
        [sys.executable, program, *handed_in, "--csv", table, "--keep", tmp_path / "kept"],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert told.returncode == 1, told.stderr  # some facts fail
    assert table.read_text("utf-8-sig") == as_csv(grade(handed_in, Scheme(), stages=["data"]))
    assert len(list((tmp_path / "kept").glob("*.json"))) == 4
