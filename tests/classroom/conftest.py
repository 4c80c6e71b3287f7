"""What the tests of the classroom share: a live page with its teacher, and a student's file."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.classroom.live import LESSON, Live, home, served, wait_for_any
from tests.helpers.browser import watched


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One server for the tests of a file, each of which saves a lesson of its own. It is shared on loopback."""
    with served(tmp_path_factory.mktemp("live"), LESSON, "--share", "--address", "127.0.0.1") as live:
        yield live


@pytest.fixture(scope="module")
def teachers_page(browser: Any, live: Live) -> Iterator[Any]:
    """The teacher's page, open all the time, as in a lesson."""
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
        page = context.new_page()
        page.goto(live.link)
        wait_for_any(page)
        yield page


@pytest.fixture
def teacher(teachers_page: Any, live: Live) -> Iterator[Any]:
    """The same, watched."""
    with watched(teachers_page, home(live.link)) as page:
        yield page


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], Path]:
    """Writes what a student hands in, and says where it is."""

    def write(source: str) -> Path:
        path = tmp_path / "my_engine.py"
        path.write_text(source, encoding="utf-8")
        return path

    return write
