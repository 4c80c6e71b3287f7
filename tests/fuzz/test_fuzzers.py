"""The fuzzers of the classroom, for a moment each. By hand they run for hours: python -m tests.fuzz.replies 3600."""

import pytest

from tests.classroom.live import need_the_extra
from tests.fuzz import chance, replies


@pytest.fixture
def seconds(in_full):
    return 3.0 if in_full else 0.5


def test_replies(seconds):
    assert chance.tried(replies.one, seconds, 1) > 0


@pytest.mark.parametrize("name", ["messages", "lessons", "requests"])
def test_the_live_page(name, seconds):
    need_the_extra()
    import importlib

    assert chance.tried(importlib.import_module(f"tests.fuzz.{name}").one, seconds, 1) > 0
