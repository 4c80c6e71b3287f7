"""The pytest plugin: pytest --chalkgrad-engine my_engine.py makes a test of every fact about a student's engine."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

# Every session of pytest loads this file, also if it needs nothing of it. So the hooks import the rest.
if TYPE_CHECKING:
    from autograd.classroom.checks.facts import Result
    from autograd.classroom.checks.reports import Report


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("chalkgrad", "facts about a student's engine")
    group.addoption(
        "--chalkgrad-engine", action="append", default=[], metavar="FILE", help="check the class Value of this file"
    )
    group.addoption(
        "--chalkgrad-stage", action="append", metavar="STAGE", help="check only this stage; may be repeated"
    )
    group.addoption(
        "--chalkgrad-like", default="", metavar="ENGINE", help="ask only for what ENGINE promises, such as micrograd"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Collect the engines; and nothing else, unless it is asked for."""
    engines = config.getoption("--chalkgrad-engine")
    if engines:
        with _nothing_from_the_working_folder():
            from autograd.classroom.checks import checking as checking
            from autograd.classroom.checks.engine_facts import ENGINE, LIKE

        like = config.getoption("--chalkgrad-like")
        if like and like not in LIKE:
            raise pytest.UsageError(f"--chalkgrad-like: {like!r} is none of {', '.join(LIKE)}")
        for stage in config.getoption("--chalkgrad-stage") or ():
            if stage not in ENGINE:
                raise pytest.UsageError(f"--chalkgrad-stage: {stage!r} is none of {', '.join(ENGINE)}")
        if config.args_source is not config.ArgsSource.ARGS:
            config.args.clear()
        config.args.extend(engine for engine in engines if engine not in config.args)


@contextmanager
def _nothing_from_the_working_folder() -> Iterator[None]:
    """`python -m pytest` imports from there first, and there are the students' files, one perhaps called secrets.py."""
    before, here = sys.path[:], os.getcwd()
    sys.path[:] = [folder for folder in sys.path if os.path.abspath(folder) != here]
    try:
        yield
    finally:
        sys.path[:] = before


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> "EngineFile | None":
    """In the place of a module of tests: an engine is not imported here."""
    engines = [parent.config.invocation_params.dir / file for file in parent.config.getoption("--chalkgrad-engine")]
    if module_path in [engine.resolve() for engine in engines] + engines:
        file: EngineFile = EngineFile.from_parent(parent, path=module_path)
        return file
    return None


class EngineFile(pytest.File):
    """A student's file, with a test for every fact."""

    @cached_property
    def report(self) -> "Report":
        """What became of the facts, all checked at once."""
        from autograd.classroom.checks.checking import check_file

        option = self.config.getoption
        return check_file(self.path, stages=option("--chalkgrad-stage"), like=option("--chalkgrad-like"))

    def collect(self) -> Iterator["FactItem"]:
        """The tests, after the file has been checked."""
        for result in self.report.results:
            name = f"{result.stage}: {result.fact.statement}"
            yield FactItem.from_parent(self, name=name, result=result)


class FactFailedError(Exception):
    """A fact is not true of the engine."""


class FactItem(pytest.Item):
    """A fact about a student's engine, as a test; skipped if what it is about is not there yet."""

    def __init__(self, *, result: "Result", **arguments: Any) -> None:
        super().__init__(**arguments)
        self.result = result

    def runtest(self) -> None:
        """Tell what became of it."""
        from autograd.classroom.checks.reports import as_text, not_yet
        from autograd.languages import say

        if self.result.status == "not yet":
            pytest.skip(not_yet(self.result.missing))
        if self.result.status == "not offered":
            pytest.skip(say("not offered, and need not be"))
        if self.result.status == "failed":
            raise FactFailedError(as_text(self.result))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The program, what was expected, what came, and the hint."""
        return str(excinfo.value) if isinstance(excinfo.value, FactFailedError) else super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where it is: no line of the file."""
        return self.path, None, self.name
