"""A real browser for tests of pages: Chromium, by Playwright, and an eye on all that a page must not do."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")  # as the systems call it
PICTURES = Path(__file__).parents[2] / "out" / "pictures"  # made by the tests, for a person to look at
AT_HOME = ("file:", "data:", "blob:", "about:")  # what a self-contained page may ask for


@contextmanager
def chromium() -> Iterator[Any]:
    """The system's Chromium, else the one that `playwright install chromium` brought; skips the test without both."""
    from playwright.sync_api import Error, sync_playwright

    system = next(filter(None, map(shutil.which, CHROMIUM)), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=system)
        except Error as error:
            if system is None and "Executable doesn't exist" in str(error):
                pytest.skip("there is no Chromium: install that of the system, or run 'playwright install chromium'")
            raise
        with browser:
            yield browser


@contextmanager
def watched(page: Any, home: str = "file:") -> Iterator[Any]:
    """The page; AssertionError at the end if it logged or raised an error, or if a request left it.

    home: how the addresses begin where a page that is served may ask for more.
    """
    mistakes: list[str] = []

    def requested(request: Any) -> None:
        if not request.url.startswith((*AT_HOME, home)):
            mistakes.append(f"asked for {request.url}")

    def logged(message: Any) -> None:
        if message.type in ("error", "warning"):
            mistakes.append(f"logged: {message.text}")

    page.on("request", requested)
    page.on("websocket", requested)
    page.on("console", logged)
    page.on("pageerror", lambda error: mistakes.append(f"raised: {error}"))
    yield page
    page.evaluate("() => new Promise(done => setTimeout(done))")  # what was under way is heard of
    assert not mistakes, f"the page {'; '.join(mistakes)}"


def load(page: Any, path: Path) -> None:
    """Open a file as a person does who clicks on it."""
    page.goto(path.resolve().as_uri())
