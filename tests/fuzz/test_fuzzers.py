"""The fuzzers, for a moment each. By hand they run for hours: python -m tests.fuzz.replies 3600."""

import importlib

import pytest

from tests.classroom.live import need_the_extra
from tests.fuzz import chance


@pytest.fixture
def seconds(in_full):
    return 3.0 if in_full else 0.5


def one(name):
    return importlib.import_module(f"tests.fuzz.{name}").one


@pytest.mark.once
@pytest.mark.parametrize("name", ["replies", "formulas", "files"])
def test_what_comes_as_data(name, seconds):
    assert chance.tried(one(name), seconds, 1) > 0


@pytest.mark.once
@pytest.mark.parametrize("name", ["messages", "lessons", "requests"])
def test_the_live_page(name, seconds):
    need_the_extra()
    assert chance.tried(one(name), seconds, 1) > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["calls", "containers"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of the odd things, which fail as well
def test_the_engine(name, seconds):
    assert chance.tried(one(name), seconds, 1) > 0


@pytest.mark.slow
@pytest.mark.once
def test_a_class_with_hostile_files_is_graded(tmp_path):
    from tests.fuzz import classes

    reports, _ = classes.graded(tmp_path, 20)
    classes.check(reports, 20)
