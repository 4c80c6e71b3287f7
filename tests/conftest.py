"""How the tests run: the options, the run on the textbook engine beside, the summary; and what many test files use."""

import gc
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import pytest

import autograd
from tests.helpers import examples
from tests.helpers.browser import chromium, watched

ROOT = Path(__file__).parent.parent

# A shell starts what runs in the background deaf to Ctrl-C, and with it what that starts; tests interrupt programs.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# What runs

CLASSROOM = Path(__file__).parent / "classroom"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --all."""
    parser.addoption("--all", action="store_true", help="run the slow tests too")


def pytest_configure(config: pytest.Config) -> None:
    """Choose how many random examples there are."""
    examples.choose(all=config.getoption("--all"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what others run: --all the slow tests, unless they are named, and another process its share."""
    for item in items:
        if {"browser", "built"} & {*getattr(item, "fixturenames", ())}:  # a browser, or a package that is built
            item.add_marker("slow")
        if config.pluginmanager.hasplugin("rerunfailures") and waits_for_others(item):
            item.add_marker(pytest.mark.flaky(reruns=1))
    if not config.getoption("--all") and not any("::" in argument for argument in config.args):
        config.stash[LEFT_OUT] = left_out(config, items, is_slow)
    if BESIDE in config.stash or TEXTBOOK_BESIDE:
        left_out(config, items, is_for_the_other_process)
    items.sort(key=lambda item: "textbook_run" in getattr(item, "fixturenames", ()))
    gc.collect()
    gc.freeze()  # the collector need not look at all that was imported, again and again


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Beside, do not even import the files that the other process runs: that would take seconds."""
    if not TEXTBOOK_BESIDE or collection_path.suffix != ".py":
        return None
    once = "\npytestmark = pytest.mark.once\n" in collection_path.read_text(encoding="utf-8")
    return True if once and CLASSROOM not in collection_path.parents else None


def left_out(config: pytest.Config, items: list[pytest.Item], out: Callable[[pytest.Item], bool]) -> int:
    """Deselect tests, and say how many."""
    deselected = [item for item in items if out(item)]
    config.hook.pytest_deselected(items=deselected)
    items[:] = [item for item in items if not out(item)]
    return len(deselected)


def waits_for_others(item: pytest.Item) -> bool:
    """Browsers, servers and children answer when they can: CI tries once more where a busy machine did, and says so."""
    return CLASSROOM in item.path.parents or bool({"browser", "firefox"} & {*getattr(item, "fixturenames", ())})


def is_slow(item: pytest.Item) -> bool:
    return item.get_closest_marker("slow") is not None


def is_for_the_other_process(item: pytest.Item) -> bool:
    """What shows little of the engine runs once: tests of the classroom beside the textbook's, all others here."""
    return item.get_closest_marker("once") is not None and (CLASSROOM in item.path.parents) != TEXTBOOK_BESIDE


# The textbook engine


class Beside(NamedTuple):
    """The run on the textbook engine, and where its words go."""

    process: "subprocess.Popen[str]"
    output: IO[str]

    def words(self) -> str:
        """What it said, when it has ended."""
        self.process.wait()
        self.output.seek(0)
        return self.output.read()


BESIDE, LEFT_OUT = pytest.StashKey[Beside](), pytest.StashKey[int]()
TEXTBOOK_BESIDE = bool(os.environ.get("CHALKGRAD_BESIDE"))  # whether this is that run


def pytest_sessionstart(session: pytest.Session) -> None:
    """Where everything is tested on the native engine, begin the same on the textbook engine: each needs one core."""
    config = session.config
    narrowed = any(
        config.getoption(each, None) for each in ("collectonly", "keyword", "markexpr", "lf", "deselect", "stepwise")
    )
    everything = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not narrowed
    if everything and autograd.engine_name == "native" and not os.environ.get("CHALKGRAD_ENGINE"):
        options = [*config.invocation_params.args, "--verbosity=-1", "-p", "no:cacheprovider"]
        output = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *options],
            cwd=ROOT,
            env=os.environ | {"CHALKGRAD_ENGINE": "python", "CHALKGRAD_BESIDE": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
        config.stash[BESIDE] = Beside(process, output)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind when the tests end early."""
    if BESIDE in config.stash:
        process, output = config.stash[BESIDE]
        process.kill()
        process.wait()
        output.close()


@pytest.fixture
def textbook_run(request) -> tuple[int, str]:
    """How all tests went on the textbook engine: the status, and what pytest said."""
    if BESIDE not in request.config.stash:
        pytest.skip("the textbook engine runs beside in a run of everything: python -m pytest")
    beside = request.config.stash[BESIDE]
    words = beside.words()
    return beside.process.returncode, words


# The summary

AGAIN = "failed at first, tried again: "


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say why tests were skipped, one line a reason; how many were left out; and how the textbook engine did."""
    skipped = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.getreports("skipped"))
    if skipped:
        terminalreporter.section("skipped")
        for reason, count in skipped.most_common():
            terminalreporter.line(f"{count:5} {reason}")
    tried_again = [
        f"{AGAIN}{report.nodeid}: {str(report.longrepr).splitlines()[-1]}"
        for report in terminalreporter.getreports("rerun")
    ]
    if BESIDE in config.stash and config.stash[BESIDE].process.poll() is not None:
        tried_again += [line for line in config.stash[BESIDE].words().splitlines() if line.startswith(AGAIN)]
    for line in tried_again:
        terminalreporter.line(line)
    if config.stash.get(LEFT_OUT, 0):
        terminalreporter.section("left out")
        terminalreporter.line(f"{config.stash[LEFT_OUT]:5} marked slow: python -m pytest --all runs them too")
    if BESIDE in config.stash and config.stash[BESIDE].process.poll() is not None:
        terminalreporter.section("on the textbook engine")
        terminalreporter.line(config.stash[BESIDE].words().splitlines()[-1])


# What many test files use


@pytest.fixture
def in_full(pytestconfig) -> bool:
    """Whether --all is given: a test that takes long in full takes a smaller size without."""
    return pytestconfig.getoption("--all")


@pytest.fixture
def deep(in_full) -> int:
    """How many operations a deep graph has: a million with --all, and enough to overflow a stack without."""
    return 1_000_000 if in_full else 300_000 if autograd.engine_name == "native" else 30_000


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
