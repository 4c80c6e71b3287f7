"""check on the exercises of the lessons: which answers are right, and what is said of those that are not."""

import json
import math

import pytest

from autograd.classroom import Fact, check
from autograd.classroom.checks.exercises import EXERCISES
from autograd.classroom.checks.facts import same
from autograd.classroom.checks.hints import PRINTED
from autograd.classroom.checks.reports import STYLE, as_junit

pytestmark = pytest.mark.once


def test_an_exercise_that_prints_instead_of_returning_is_told_so(monkeypatch):
    monkeypatch.setitem(EXERCISES, "99.1", (Fact("doubled", "answer(2.0)", 4.0),))
    (result,) = check(lambda x: print(2 * x), "99.1").results
    assert (result.status, result.hint) == ("failed", PRINTED)


def test_the_answer_of_an_exercise_is_checked(monkeypatch):
    facts = (
        Fact("the slope of x² at 3", "answer(lambda x: x**2, 3.0)", 6.0, {9.0: "the value"}, tolerance=1e-3),
        Fact("a pair", "answer(lambda x: [x, (x, True, None, 'x')], 1.0)", 0),
    )
    monkeypatch.setitem(EXERCISES, "99.1", facts)

    def slope(f, x):
        return f(x)

    report = check(slope, "99.1")
    assert [result.hint for result in report.results] == ["the value", ""]
    assert report.results[0].program == "slope(lambda x: x**2, 3.0)"
    assert report.results[1].got == [1.0, [1.0, True, None, "x"]]
    assert check(lambda f, x: (f(x + 1e-6) - f(x)) / 1e-6, "99.1").results[0].status == "passed"


@pytest.mark.parametrize(
    ("exercise", "wrong", "right"),
    [("1.3", 84.0, "85"), ("2.2", {"v": 8, "u": 1, "x": 2}, "224"), ("5.3", 0.5, "0.33"), ("7.1", 8, "9")],
)
def test_a_number_to_be_found_by_hand_is_not_told(exercise, wrong, right):
    report = check(wrong, exercise)
    assert report.counts["failed"]
    for shown in (str(report), report._repr_html_(), json.dumps(report.to_dict()), as_junit([report])):
        told = shown.replace(STYLE, "").replace("not as expected", "")
        assert "expected" not in told
        assert right not in told
    assert "expected" in str(check(lambda x: wrong, "1.2"))


def test_what_is_missing_in_an_answer_is_named():
    report = check({"v": 8, "u": 18}, "2.2")
    assert (
        report.results[-1].hint == "There is no key 'x'. Is it spelled the same everywhere? Is it set before this line?"
    )


@pytest.mark.parametrize(
    ("program", "answer"),
    [
        ("answer", ...),
        ("answer[0]", [...]),
        ("answer[0] + 1", [...]),
        ("answer.parameters()", ...),
        ("answer(1.0)", lambda x: None),
        ("answer(1.0) * 2", lambda x: None),
        ("answer(1.0).data", lambda x: None),
        ("sorted(answer(1.0))", lambda x: None),
        ("[answer(1.0), 2.0]", lambda x: None),
    ],
)
def test_an_exercise_without_an_answer_is_not_yet_answered(program, answer, monkeypatch):
    monkeypatch.setitem(EXERCISES, "99.1", (Fact("something", program, 6.0),))
    report = check(answer, "99.1")
    assert [result.status for result in report.results] == ["not yet"]
    assert str(report).startswith("exercise 99.1: not yet answered.")
    monkeypatch.setitem(EXERCISES, "99.1", (Fact("something else", "1 + 1", 2), *EXERCISES["99.1"]))
    assert check(answer, "99.1").headline == "exercise 99.1: 1 of 2 facts hold, 1 not yet"


@pytest.mark.parametrize(
    ("got", "expected", "is_same"),
    [
        (1.0 + 1e-12, 1, True),
        (1.001, 1, False),
        (math.nan, math.nan, True),
        (math.inf, math.inf, True),
        (math.inf, 1.0, False),
        ([1, [2, 3.0]], (1.0, (2, 3)), True),
        ([1], [1, 2], False),
        (True, True, True),
        (1, True, False),
        (None, 0, False),
        (None, None, True),
        ("a", "a", True),
    ],
)
def test_when_two_results_are_the_same(got, expected, is_same):
    assert same(got, expected, 1e-9) is is_same
