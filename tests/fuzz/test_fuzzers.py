"""The fuzzers, for a moment each. By hand they run for hours: python -m tests.fuzz.replies 3600."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from tests.classroom.live import need_the_extra
from tests.fuzz import chance

ROOT = Path(__file__).parents[2]


@pytest.fixture
def seconds(in_full):
    return 3.0 if in_full else 0.5


def one(name):
    return importlib.import_module(f"tests.fuzz.{name}").one


@pytest.mark.once
@pytest.mark.parametrize("name", ["replies", "formulas", "files", "arguments"])
def test_what_comes_as_data(name, seconds):
    assert chance.tried(one(name), seconds, 1) > 0


@pytest.mark.once
@pytest.mark.parametrize("name", ["messages", "lessons", "requests"])
def test_the_live_page(name, seconds):
    need_the_extra()
    assert chance.tried(one(name), seconds, 1) > 0


@pytest.mark.slow
def test_calls_of_the_engine():
    """In a process of its own, for its memory runs out again and again."""
    command = [sys.executable, "-m", "tests.fuzz.calls", "1", "1"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "nothing found" in run.stdout


@pytest.mark.slow
@pytest.mark.once
def test_a_class_with_hostile_files_is_graded(tmp_path):
    from tests.fuzz import classes

    reports, _ = classes.graded(tmp_path, 20)
    classes.check(reports, 20)
