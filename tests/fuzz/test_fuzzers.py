"""The fuzzers of the classroom, for a moment each. By hand they run for hours: python -m tests.fuzz.replies 3600."""

import pytest

from tests.classroom.live import need_the_extra
from tests.fuzz import chance, replies

SECONDS = 3.0


def test_replies():
    assert chance.tried(replies.one, SECONDS, 1) > 1


@pytest.mark.parametrize("name", ["messages", "lessons", "requests"])
def test_the_live_page(name):
    need_the_extra()
    import importlib

    assert chance.tried(importlib.import_module(f"tests.fuzz.{name}").one, SECONDS, 1) > 0
