"""What several test files share: a browser, started once for each file, and a page in it that is watched."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser import chromium, watched


@pytest.fixture(scope="module")  # while it lasts Playwright's event loop runs, and no other can
def browser() -> Iterator[Any]:
    """Chromium; skips the test where there is none, or no Playwright."""
    pytest.importorskip("playwright", reason="Playwright is not installed: python -m pip install -e '.[browser]'")
    with chromium() as started:
        yield started


@pytest.fixture
def page(browser) -> Iterator[Any]:
    """An empty page as wide as a laptop's; the test fails if an error is logged, or if a request leaves the page."""
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context, watched(context.new_page()) as page:
        yield page
