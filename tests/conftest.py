"""What several test files share: a browser, what lays pictures out, and the run of all tests on the textbook engine."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import autograd
from tests.helpers.browser import chromium, watched

ROOT = Path(__file__).parent.parent
BESIDE = pytest.StashKey[tuple[subprocess.Popen, Any]]()

# A shell starts what runs in the background deaf to Ctrl-C, and with it what that starts; tests interrupt programs.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits for the textbook engine comes last."""
    items.sort(key=waits_for_the_textbook)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin all tests on the textbook engine beside those on the native one, for each needs a core of its own."""
    wanted = any(map(waits_for_the_textbook, session.items)) and not session.config.option.collectonly
    if wanted and autograd.engine_name == "native" and not os.environ.get("CHALKGRAD_ENGINE"):
        output = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        environment = os.environ | {"CHALKGRAD_ENGINE": "python"}
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
        session.config.stash[BESIDE] = process, output


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind when the tests end early."""
    if BESIDE in config.stash:
        process, output = config.stash[BESIDE]
        process.kill()
        process.wait()
        output.close()


def waits_for_the_textbook(item: pytest.Item) -> bool:
    return "textbook_run" in getattr(item, "fixturenames", ())


@pytest.fixture
def textbook_run(request) -> tuple[int, str]:
    """How all tests went on the textbook engine: the status, and what pytest said."""
    if os.environ.get("CHALKGRAD_ENGINE"):
        pytest.skip("this is a run on one engine alone, as CHALKGRAD_ENGINE asks for")
    if BESIDE not in request.config.stash:
        pytest.skip("the native engine was not built here: all other tests have run on the textbook engine")
    process, output = request.config.stash[BESIDE]
    status = process.wait()
    output.seek(0)
    return status, output.read()


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


@pytest.fixture(params=["embedded", "system"])
def renderer(request, monkeypatch):
    """Draw by the Graphviz embedded in a package, and by the system's dot program where there is one."""
    if request.param == "embedded":
        monkeypatch.setattr(shutil, "which", lambda name: None)
    elif not shutil.which("dot"):
        pytest.skip("the system has no dot program")
    return request.param
