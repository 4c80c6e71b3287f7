"""check() and check_file(): hold a student's Value, or the answer of an exercise, against the facts about it."""

import contextlib
import inspect
import io
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from errno import ENOENT
from keyword import iskeyword
from os import PathLike
from pathlib import Path
from typing import Any

from autograd.classroom.checks.drawn import drawn
from autograd.classroom.checks.engine_facts import ENGINE, LIKE
from autograd.classroom.checks.exercises import EXERCISES
from autograd.classroom.checks.facts import NO_ANSWER, Fact, Facts, Odd, Result
from autograd.classroom.checks.hints import OPERATORS
from autograd.classroom.checks.process import NOT_AT_ITS_END, StudentProcess
from autograd.classroom.checks.replies import clean, tidied
from autograd.classroom.checks.reports import Report
from autograd.classroom.checks.student import dialect, run
from autograd.languages import Said

Runner = Callable[[str], dict[str, Any]]  # from a program to {"got": …} or {"error": …, "where": …}

# What one writes later than the class itself: where it is not there, the fact is not reached yet.
LATER = {"grad", "backward", "parents", "op", "exp", "log", "tanh", "relu", "__neg__"}
LATER |= {f"__{name}__" for name in OPERATORS.values()}


def check(
    subject: Any,
    exercise: str | None = None,
    *,
    stages: Sequence[str] | None = None,
    like: str = "",
    timeout: float = 10.0,
    facts: Facts = ENGINE,
) -> Report:
    """Check a student's own Value class; or, with the number of an exercise, the answer of that exercise.

    A notebook shows the Report as a table, print() as text.

    subject: the class; or whatever the exercise asks for: a function, a class, an object, a number.
    exercise: its number in the lessons, such as "3.2".
    stages: the stages to check, such as ["operators"]; None for all.
    like: "micrograd" asks an engine only for what micrograd promises; "" for all.
    timeout: seconds for each fact, where the system can interrupt a program.
    facts: the facts about an engine, by their stage; a teacher may have facts of their own.

    It runs in this process: what is checked is the class as it is now. `python -m autograd check file.py` runs a
    student's file in a process of its own. TypeError if there is no class; ValueError for an unknown exercise, stage or
    published engine.

    >>> from autograd import Value
    >>> print(check(Value, stages=["data"]).headline)
    Value: all 4 facts hold
    """
    if exercise is not None:
        exercise = str(exercise).lstrip("0")  # as notebooks of before have it, "03.2"
        facts = chosen(EXERCISES, [exercise], "exercise")
        name = _usable(getattr(subject, "__name__", ""), "answer")
        title: str = Said("exercise {0}", exercise)
        names, spelled, spoken = {name: subject}, {"answer": name}, None
    else:
        if not inspect.isclass(subject):
            raise TypeError(
                f"check takes a class, check(Value), got {subject!r:.60}; the answer of an exercise goes with its "
                'number, check(answer, "1.1")'
            )
        facts = promised(chosen(facts, stages, "stage"), like)
        title, module = subject.__name__, vars(sys.modules.get(subject.__module__, sys))
        with _silent():
            spoken = dialect(subject, module)
        name = _usable(title, "Value")
        spelled = {"Value": name}
        names = {name: subject, **{name: module[name] for name in spoken["functions"]}}

    def here(program: str) -> dict[str, Any]:
        with _silent():
            try:
                with _limited(timeout):
                    reply = tidied(run(program, names))
                    if not reply.get("error", "").startswith("TimeLimit"):
                        return reply
            except _TimeLimit:  # just after the program had come to its end
                pass
            return {"error": Said(NOT_AT_ITS_END, f"{timeout:g}")}

    return reported(
        title if exercise else clean(title), _results(facts, here, spelled, spoken, like), "" if exercise else like
    )


def check_file(
    path: str | PathLike[str],
    *,
    class_name: str = "",
    stages: Sequence[str] | None = None,
    like: str = "",
    timeout: float = 10.0,
    facts: Facts = ENGINE,
) -> Report:
    r"""Check the Value class of a student's file. The file runs in its own process.

    path: the file.
    class_name: the name of the class. "" for Value, or for the only class that has backward().
    stages, like, facts: as in check().
    timeout: seconds for the file and for each fact; fewer after a fact that does not end. All together may take twice
        as long.

    Returns a Report. Its first fact is that the file runs and has the class. FileNotFoundError if there is no such
    file; ValueError for a notebook and for an unknown stage or engine; RuntimeError in a browser.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "my_engine.py")
    ...     _ = path.write_text("class Value:\n    def __init__(self, data): self.data = data")
    ...     check_file(path, stages=["data"]).results[0].status
    'passed'
    """
    if sys.platform == "emscripten":
        raise RuntimeError(
            "check_file runs the file in its own process, and a browser has no processes: use check(Value)"
        )
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(ENOENT, "there is no such file", str(path))
    if path.suffix == ".ipynb":
        raise ValueError(f"{path.name} is a notebook: run check(Value) in it, or write the class to a .py file")
    facts = promised(chosen(facts, stages, "stage"), like)
    runs = Fact(Said("it runs and has the class"), f"from {path.stem} import {class_name or 'Value'}", None)
    with StudentProcess(path, class_name, timeout) as student:
        loaded = student.load()
        error, where = loaded.get("error", ""), loaded.get("where", "")
        status, hint = ("failed", runs.hint(error=error, where=where)) if error else ("passed", "")
        first = Result("file", runs, status, runs.program, None, error, where, hint=hint)
        if error:
            rest = [
                Result(stage, fact, "not yet", fact.program, missing="file") for stage in facts for fact in facts[stage]
            ]
            return Report(clean(path.name), (first, *rest))
        deadline = time.monotonic() + 2 * timeout

        def there(program: str) -> dict[str, Any]:
            if time.monotonic() > deadline:
                return {
                    "error": Said("TimeLimit: the facts before took more than {0} seconds together", f"{2 * timeout:g}")
                }
            return student.run(program)

        name, home = loaded["class"], loaded["home"]
        title = Said(
            "{0}, class {1}" if home == path.name else "{0}, class {1} of {2}", clean(path.name), name, clean(home)
        )
        spelled, spoken = {"Value": name}, loaded["dialect"]
        results = list(_results(facts, there, spelled, spoken, like))
        results += drawn(results, there, lambda program: _translated(program, spelled, spoken))
        return reported(title, (first, *results), like)


def chosen(facts: Facts, wanted: Sequence[str] | None, what: str) -> Facts:
    """Those of the facts whose keys are wanted; None for all. ValueError for a key that is not there."""
    unknown = [name for name in wanted or () if name not in facts]
    if unknown:
        raise ValueError(f"there is no {what} {unknown[0]!r}; there are {', '.join(facts) or 'none'}")
    return {name: facts[name] for name in facts if wanted is None or name in wanted}


def promised(facts: Facts, like: str) -> Facts:
    """Those of the facts that hold for a published engine; "" for all. ValueError for one that is not known."""
    if not like:
        return facts
    if like not in LIKE:
        raise ValueError(f"no engine {like!r} is known; there are {', '.join(LIKE)}")
    broken = LIKE[like].broken
    return {stage: [fact for fact in several if fact.statement not in broken] for stage, several in facts.items()}


def reported(title: str, results: Iterable[Result], like: str) -> Report:
    """The report, with a note if what fails is what fails of a published engine."""
    results = tuple(results)
    failed = {result.fact.statement for result in results if result.status == "failed"}
    notes = [published.note for published in LIKE.values() if published.broken == failed]
    return Report(title, results, notes[0] if notes and not like else "")


def _usable(name: Any, otherwise: str) -> str:
    """What a program calls the subject: its own name, where that is one."""
    return name if isinstance(name, str) and name.isidentifier() and not iskeyword(name) else otherwise


def _results(
    facts: Facts, run_it: Runner, spelled: Mapping[str, str], spoken: Mapping[str, Any] | None, like: str
) -> Iterator[Result]:
    need_not = LIKE[like].missing if spoken and like else frozenset()
    hints: dict[tuple[str, str], str] = {}  # by the errors: the same one at the same line has the same cause
    for stage, several in facts.items():
        for fact in several:
            program = _translated(fact.program, spelled, spoken)
            outcome = run_it(program)
            got = _revived(outcome.get("got"))
            error, where, printed = (outcome.get(name, "") for name in ("error", "where", "printed"))
            missing = _missing(error, spoken["has"]) if spoken else _unanswered(got, error, printed)
            hint = ""
            if fact.is_refused(error) or missing in need_not:
                status, error, missing = "not offered", "", ""
            elif missing:
                status = "not yet"
            elif not error and fact.holds(got):
                status = "passed"
            else:
                status = "failed"
                key = (error, where) if error and where else ("", program)
                hint = hints.get(key) or fact.hint(got, error, where, bool(printed), hints.values())
                hints[key] = hint
            yield Result(stage, fact, status, program, got, error, where, missing, hint)


def _translated(program: str, spelled: Mapping[str, str], spoken: Mapping[str, Any] | None) -> str:
    """A program with the student's own names."""
    for used, name in spelled.items():
        program = re.sub(rf"\b{used}\b", name, program)
    if spoken:
        for used, name in spoken["attributes"].items():
            program = re.sub(rf"\.{used}\b", f".{name}", program)
        for name in spoken["functions"]:
            program = re.sub(rf"(\w+|\([^()]*\))\.{name}\(\)", rf"{name}(\1)", program)
    return program


def _missing(error: str, has: Sequence[str]) -> str:
    """What the student has not written yet, if that is what the error comes from."""
    attribute = re.search(r"^AttributeError: (?:type object )?'\w+' object has no attribute '(\w+)'", error)
    operator = re.search(r"^TypeError: (?:unsupported|bad) operand type(?:\(s\))? for (unary )?(.+?): ", error)
    name = attribute[1] if attribute else ""
    if operator and (sign := operator[2].removesuffix("=")) in OPERATORS:
        name = "__neg__" if operator[1] else f"__{OPERATORS[sign]}__"
    return name if name in LATER and name not in has else ""


NOTHING = r"'ellipsis'|'NoneType' object (has no attribute|is not iterable|is not subscript)|operand type.*'NoneType'"


def _unanswered(got: Any, error: str, printed: object) -> str:
    """What is missing of an exercise in whose place ... stands still, or that returns nothing."""
    if printed:
        return ""
    if error:
        nothing = bool(re.search(NOTHING, error))
    else:
        parts = got if isinstance(got, list) else [got]
        nothing = any(part is None or (isinstance(part, Odd) and part.kind == "ellipsis") for part in parts)
    return NO_ANSWER if nothing else ""


def _revived(got: Any) -> Any:
    if isinstance(got, dict):
        return Odd(str(got.get("kind")), str(got.get("shown")))
    return [_revived(each) for each in got] if isinstance(got, list) else got


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


class _TimeLimit(BaseException):
    """Not an Exception, so that a student's `except Exception` does not swallow it."""


_TimeLimit.__name__ = "TimeLimit"


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Interrupt what runs within after some seconds, where signals can: not in a thread, on Windows, in a browser."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: Any) -> None:
        raise _TimeLimit

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
