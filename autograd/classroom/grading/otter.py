"""Otter-Grader: the test files that it reads, one for each part that gives points, with a case for each fact.

The form is published: https://otter-grader.readthedocs.io/en/stable/test_files/ok_format.html
"""

import re
from collections.abc import Mapping
from pprint import pformat
from typing import Any

from autograd.classroom.checks.checking import check
from autograd.classroom.checks.engine_facts import ENGINE
from autograd.classroom.checks.facts import Fact, Result
from autograd.classroom.checks.reports import Report, as_text, not_yet
from autograd.classroom.grading.scheme import Part, Scheme, understood
from autograd.languages import chosen, speaking


def test_files(scheme: Scheme, class_name: str) -> dict[str, str]:
    """The test files by their names.

    scheme: the points. class_name: that of the student's class, "" for Value.
    """
    asked = [Result(stage, fact, "passed", "") for stage, several in scheme.facts.items() for fact in several]
    parts = scheme.score(Report("", tuple(asked))).parts
    files: dict[str, str] = {}
    for part in parts:
        stem = re.sub(r"\W+", "_", part.name).strip("_") or "fact"
        name = f"{stem}_hidden" if part.hidden else stem
        while f"{name}.py" in files:
            name = f"{name}_"
        files[f"{name}.py"] = _test(name, part, scheme.entries, class_name or "Value")
    return files


def _test(name: str, part: Part, own: Mapping[str, Mapping[str, Any]], class_name: str) -> str:
    cases = [
        {
            "code": f">>> from {__name__} import held\n>>> held({', '.join(_asked(result.fact, own, class_name))})\n",
            "hidden": part.hidden,
            "locked": False,
        }
        for result in part.results
    ]
    suite = {"cases": cases, "scored": True, "setup": "", "teardown": "", "type": "doctest"}
    test = {"name": name, "points": [part.maximum / len(cases)] * len(cases), "suites": [suite]}
    return f"OK_FORMAT = True\n\ntest = {pformat(test, sort_dicts=False, width=100)}\n"


def _asked(fact: Fact, own: Mapping[str, Mapping[str, Any]], class_name: str) -> list[str]:
    words = [class_name, repr(fact.statement)]
    words += [repr(dict(own[fact.statement]))] if fact.statement in own else []
    return [*words, f"language={chosen()!r}"] if chosen() else words


def held(subject: Any, statement: str, own: Mapping[str, Any] | None = None, language: str | None = None) -> None:
    """Print what failed if a fact does not hold; nothing if it holds, or if it is about what need not be offered.

    subject: the student's class. statement: that of a fact. own: the fact, as it stands in the file of points, if it is
    one of the teacher's own. language: of what is printed, None for the one that was chosen. Otter takes any text as a
    failure, and shows it.

    >>> from autograd import Value
    >>> held(Value, "a + a")
    """
    table = ENGINE if own is None else understood({"fact": [own]}).own
    stage, fact = next((stage, each) for stage, facts in table.items() for each in facts if each.statement == statement)
    (result,) = check(subject, facts={stage: [fact]}).results
    with speaking(language):
        if result.status == "failed":
            print(as_text(result))
        elif result.status == "not yet":
            print(not_yet(result.missing))
