"""check(): holds a student's Value against the facts of an engine, or the answer of an exercise against its own."""

import contextlib
import inspect
import io
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from autograd.classroom.engine_facts import ENGINE
from autograd.classroom.exercises import EXERCISES
from autograd.classroom.facts import Facts, Odd, Result
from autograd.classroom.mistakes import OPERATORS
from autograd.classroom.reports import Report
from autograd.classroom.student import dialect, run

Runner = Callable[[str], dict[str, Any]]  # from a program to {"got": …} or {"error": …, "where": …}

CHECKED_LATER = {"grad", "backward", "exp", "log", "tanh", "relu", *(f"__{name}__" for name in OPERATORS.values())}


def check(
    subject: Any, exercise: str | None = None, *, stages: Sequence[str] | None = None, timeout: float = 10.0
) -> Report:
    """Check a student's own Value class; or, with the number of an exercise, the answer of that exercise.

    A notebook shows the Report as a table, print() as text.

    subject: the class; or whatever the exercise asks for: a function, a class, an object, a number.
    exercise: its number in the lessons, such as "03.2".
    stages: the stages to check, such as ["operators"]; None for all.
    timeout: seconds for each fact, where the system can interrupt a program.

    It runs in this process: what is checked is the class as it is now. `python -m autograd check file.py` runs a
    student's file in a process of its own. TypeError if there is no class; ValueError for an unknown exercise or stage.

    >>> from autograd import Value
    >>> print(check(Value, stages=["data"]))
    Value: all 3 facts hold
    """
    if exercise is not None:
        facts, names = _chosen(EXERCISES, [exercise], "exercise"), {"answer": subject}
        spelled = {"answer": getattr(subject, "__name__", "answer")}
        spoken: dict[str, Any] = {"attributes": {}, "functions": {}, "has": None}
    else:
        if not inspect.isclass(subject):
            raise TypeError(
                f"check takes a class, check(Value), got {subject!r:.60}; the answer of an exercise goes with its "
                'number, check(answer, "01.1")'
            )
        facts, names, spelled = _chosen(ENGINE, stages, "stage"), {"Value": subject}, {"Value": subject.__name__}
        spoken = dialect(subject, vars(sys.modules.get(subject.__module__, sys)))
        names |= spoken["functions"]
    names |= {name: names[used] for used, name in spelled.items()}

    def here(program: str) -> dict[str, Any]:
        with _limited(timeout), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return run(program, names)

    title = f"exercise {exercise}" if exercise is not None else subject.__name__
    return Report(title, tuple(_results(facts, here, spelled, spoken)))


def _chosen(facts: Facts, wanted: Sequence[str] | None, what: str) -> Facts:
    unknown = [name for name in wanted or () if name not in facts]
    if unknown:
        raise ValueError(f"there is no {what} {unknown[0]!r}; there are {', '.join(facts) or 'none'}")
    return {name: facts[name] for name in facts if wanted is None or name in wanted}


def _results(facts: Facts, run_it: Runner, spelled: Mapping[str, str], spoken: Mapping[str, Any]) -> Iterator[Result]:
    has = spoken["has"]
    for stage, several in facts.items():
        for fact in several:
            program = _translated(fact.program, spelled, spoken)
            outcome = run_it(program)
            got = _revived(outcome.get("got"))
            error, where = outcome.get("error", ""), outcome.get("where", "")
            missing = _missing(error, has) if has is not None else ""
            status = "not yet" if missing else "passed" if not error and fact.holds(got) else "failed"
            yield Result(stage, fact, status, program, got, error, where, missing)


def _translated(program: str, spelled: Mapping[str, str], spoken: Mapping[str, Any]) -> str:
    """A program with the student's own names."""
    for used, name in spelled.items():
        if name.isidentifier():
            program = re.sub(rf"\b{used}\b", name, program)
    for used, name in spoken["attributes"].items():
        program = re.sub(rf"\.{used}\b", f".{name}", program)
    for name in spoken["functions"]:
        program = re.sub(rf"(\w+)\.{name}\(\)", rf"{name}(\1)", program)
    return program


def _missing(error: str, has: Sequence[str]) -> str:
    """What the student has not written yet, if that is what the error comes from."""
    attribute = re.search(r"^AttributeError: (?:type object )?'\w+' object has no attribute '(\w+)'", error)
    operator = re.search(r"^TypeError: (?:unsupported|bad) operand type(?:\(s\))? for (unary )?(.+?): ", error)
    name = ""
    if attribute:
        name = attribute[1]
    elif operator and operator[2] in OPERATORS:
        name = "__neg__" if operator[1] else f"__{OPERATORS[operator[2]]}__"
    return name if name in CHECKED_LATER | {"__neg__"} and name not in has else ""


def _revived(got: Any) -> Any:
    if isinstance(got, dict):
        return Odd(str(got.get("kind")), str(got.get("shown")))
    return [_revived(each) for each in got] if isinstance(got, list) else got


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
        raise _TimeLimit(f"not at its end after {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
