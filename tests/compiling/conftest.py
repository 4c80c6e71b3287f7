"""All tests of compiling run with the invariants of every pass and of every program checked."""

import pytest

from autograd.compiling import compiler


@pytest.fixture(autouse=True)
def checked(monkeypatch):
    """What CHALKGRAD_CHECKED=1 does."""
    monkeypatch.setattr(compiler, "CHECKED", True)
