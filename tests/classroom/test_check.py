"""check: a right engine passes, each usual mistake gets its hint, and no student's file can harm the report."""

import json
import math
import os
import py_compile
import random
import re
import signal
import subprocess
import sys
import time
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from xml.etree import ElementTree

import pytest

import autograd
from autograd.__main__ import main
from autograd.classroom import Fact, check, check_file
from autograd.classroom.checks import drawn
from autograd.classroom.checks.engine_facts import ENGINE
from autograd.classroom.checks.exercises import EXERCISES
from autograd.classroom.checks.facts import same
from autograd.classroom.checks.hints import (
    CALLED_AT_ONCE,
    NO_RETURN,
    NOT_A_VALUE,
    NOT_REVERSED,
    OVERWRITTEN,
    PRINTED,
    ROUNDED,
)
from autograd.classroom.checks.replies import clean, tidied, understood
from autograd.classroom.checks.reports import STYLE, as_junit
from tests.classroom.broken_engines import MISTAKES, RIGHT
from tests.classroom.mutants import engine, mutants, survivors
from tests.classroom.right_engines import COMPOSED, ENGINES

pytestmark = pytest.mark.once

ALL = [f"{stage}: {fact.statement}" for stage, facts in ENGINE.items() for fact in facts]


def names(report, status):
    return [f"{result.stage}: {result.fact.statement}" for result in report.results if result.status == status]


# Engines


def test_every_fact_is_there_once():
    assert len(set(ALL)) == len(ALL) > 60


def test_the_engine_of_this_project_offers_all_and_satisfies_every_fact():
    report = check(autograd.Value)
    assert report.headline == f"Value: all {len(ALL)} facts hold"
    assert names(report, "not offered") == []


@pytest.mark.parametrize("name", ENGINES)
def test_a_students_right_engine_satisfies_every_fact_about_what_it_offers(name):
    report = check(engine(ENGINES[name]))
    assert report.passed
    assert all(fact.startswith("more operations: ") for fact in names(report, "not offered"))


def assert_noticed(name, made, n_programs):
    passed = list(survivors(ENGINES[name], made, n_programs))
    print(*(f"{why or 'NOT NOTICED'} | {mutant}" for mutant, why in passed), sep="\n")
    assert [str(mutant) for mutant, why in passed if not why] == []


@pytest.mark.parametrize("name", ENGINES)
def test_some_mutants_that_compute_otherwise_are_noticed(name):
    assert_noticed(name, random.Random(1).sample(list(mutants(ENGINES[name])), 2), 100)


@pytest.mark.slow
@pytest.mark.parametrize("name", ENGINES)
def test_every_mutant_that_computes_otherwise_is_noticed(name):
    """python -m tests.classroom.mutants prints those that pass, each with the reason."""
    made = list(mutants(ENGINES[name]))
    assert len(made) > 1000
    assert_noticed(name, made, 500)


WRONG_AT_SOME_NUMBERS = {
    "exp that is cut": ("math.exp(self.data)", "math.exp(min(self.data, 3.0))", "many numbers: exp, at many numbers"),
    "log of more": (
        "math.log(self.data), (s",
        "math.log(abs(self.data) + 1e-12), (s",
        "functions: the logarithm of -1",
    ),
    "log of a size": ("math.log(self.data), (s", "math.log(abs(self.data)), (s", "functions: the logarithm of -1"),
    "2**a as a**2": ("return Value(other) ** self", "return self**other", "more operations: 2 ** a"),
    "a**b by a alone": (
        "other.grad += out.data * math.log(self.data) * out.grad",
        "pass",
        "more operations: a ** b",
    ),
    "+= in place": (
        "def __iadd__(self, other):\n        return self + other",
        "def __iadd__(self, other):\n        self.data += getattr(other, 'data', other)\n        return self",
        "in place: c += a makes a new Value",
    ),
    "*= in place": (
        "def __imul__(self, other):\n        return self * other",
        "def __imul__(self, other):\n        self.data *= getattr(other, 'data', other)\n        return self",
        "in place: c *= a makes a new Value",
    ),
    "relu open at 0": ("out.data > 0", "out.data >= 0", "functions: relu below 0"),
    "equality of numbers": (
        "    def backward",
        "    def __eq__(self, other):\n        return self.data == other.data\n\n"
        "    def __hash__(self):\n        return hash(self.data)\n\n    def backward",
        "backward: nodes with the same number",
    ),
}


@pytest.mark.parametrize("mistake", WRONG_AT_SOME_NUMBERS)
def test_an_engine_that_is_right_at_most_numbers_does_not_pass(mistake):
    before, after, fact = WRONG_AT_SOME_NUMBERS[mistake]
    assert COMPOSED.count(before) == 1
    report = check(engine(COMPOSED.replace(before, after)))
    assert names(report, "failed")[0].startswith(fact)
    assert next(result.hint for result in report.results if result.status == "failed")


def test_what_an_engine_need_not_offer_is_neither_asked_nor_counted():
    report = check(engine(RIGHT), stages=["more operations", "data"])
    assert report.headline == "Value: all 4 facts hold"
    assert "○ more operations  0 of  0" in str(report)
    assert {result.status for result in report.results[4:]} == {"not offered"}
    suite = ElementTree.fromstring(as_junit([report]).encode()).find("testsuite")
    assert suite is not None
    assert (suite.get("failures"), suite.get("skipped")) == ("0", str(len(ENGINE["more operations"])))


@cache
def report_on(mistake, whole, timeout=1):
    """What check says of a mistake: as a whole, or to the end of the stage in which it is found."""
    before, after, fact, _ = MISTAKES[mistake]
    assert RIGHT.count(before) == 1
    stages = [*ENGINE]
    found = stages.index(fact.partition(": ")[0])
    return check(engine(RIGHT.replace(before, after)), stages=None if whole else stages[: found + 1], timeout=timeout)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_usual_mistake_gets_its_hint(mistake, in_full):
    _, _, fact, hint = MISTAKES[mistake]
    report = report_on(mistake, in_full)
    if hint not in " ".join(str(report).split()):  # on a busy machine a second is too short for some
        report = report_on(mistake, in_full, timeout=20)
    broken = next(result for result in report.results if result.status not in ("passed", "not offered"))
    assert (broken.status, f"{broken.stage}: {broken.fact.statement}") == ("failed", fact)
    assert hint in broken.hint
    assert hint in " ".join(str(report).split())


ADDED = '        out = Value(self.data + other.data, (self, other), "+")\n'
OF_ADD = "        out._backward = _backward\n        return out\n\n    def __sub__"
# What is replaced by what; the first fact that fails, and its hint
FURTHER_MISTAKES = {
    "called at once": (OF_ADD, OF_ADD.replace("= _backward", "= _backward()"), "backward: a + b", CALLED_AT_ONCE),
    "one parent that is no tuple": ('(self,), "**")', '(self), "**")', "powers: a ** 3", "(self,), with a comma"),
    "numbers as parents": (
        ADDED,
        ADDED.replace("(self, other)", "self.data"),
        "backward: a + b",
        "Pass the Values themselves",
    ),
    "math of a Value": (
        "Value(value(self.data), ",
        "Value(value(self), ",
        "functions: exp has the right value",
        "math.exp(self.data), not math.exp(self).",
    ),
    "print for return": (OF_ADD, OF_ADD.replace("return out", "print(out)"), "operators: a + b", PRINTED),
    "neither": (OF_ADD, OF_ADD.replace("return out", "pass"), "operators: a + b", NO_RETURN),
    "no Value returned": (
        "        return out\n\n    setattr",
        "        return out.data\n\n    setattr",
        "functions: exp has the right value",
        NOT_A_VALUE,
    ),
    "in the wrong order": (
        "in reversed(order)",
        "in order",
        "backward: the chain rule, through a sum and a product",
        NOT_REVERSED,
    ),
}


@pytest.mark.parametrize("mistake", FURTHER_MISTAKES)
def test_each_further_mistake_gets_its_own_hint_and_no_false_one(mistake):
    before, after, fact, hint = FURTHER_MISTAKES[mistake]
    assert RIGHT.count(before) == 1
    report = check(engine(RIGHT.replace(before, after)), timeout=5)
    failed = [result for result in report.results if result.status == "failed"]
    assert f"{failed[0].stage}: {failed[0].fact.statement}" == fact
    assert hint in failed[0].hint
    others = {result.hint for result in failed} - {failed[0].hint, ""}
    assert others <= {"w did not move. Does it have a gradient after backward()?"}


def test_an_exercise_that_prints_instead_of_returning_is_told_so(monkeypatch):
    monkeypatch.setitem(EXERCISES, "99.1", (Fact("doubled", "answer(2.0)", 4.0),))
    (result,) = check(lambda x: print(2 * x), "99.1").results
    assert (result.status, result.hint) == ("failed", PRINTED)


@pytest.mark.slow
def test_every_hint_of_the_facts_is_given_to_an_engine_with_its_mistake():
    """But for all pairs of functions that a loop may confuse: of them one is tried."""
    given = {result.hint for mistake in MISTAKES for result in report_on(mistake, True).results}
    hints = {hint for facts in ENGINE.values() for fact in facts for hint in fact.mistakes.values()}
    assert {hint for hint in hints - given if not hint.startswith("This is the result of ")} == set()


def test_every_single_contribution_that_overwrites_is_found(in_full):
    """Without --all, some of them."""
    places = [match.span(1) for match in re.finditer(r"grad (\+=|-=) ", RIGHT)]
    assert len(places) == 10
    for start, end in places if in_full else places[::4]:
        report = check(engine(RIGHT[:start] + RIGHT[start:end].replace("+=", "=").replace("-=", "= -") + RIGHT[end:]))
        assert OVERWRITTEN in [result.hint for result in report.results], RIGHT[start - 200 : end + 20]


def test_karpathys_micrograd_satisfies_exactly_what_it_was_made_for():
    """micrograd 0.1.0 has +, *, **, relu and what follows from them, and neither exp nor log nor tanh.

    Its backward() calls itself for every node in a row, which ends at Python's 1000 calls; and it adds to the gradients
    of nodes in between that an earlier backward() left: 5 + 5, and with the first 15 that makes 15 + 30 instead of 30.
    """
    micrograd = pytest.importorskip("micrograd.engine", reason="micrograd is not installed")
    report = check(micrograd.Value)
    failed = {
        f"{result.stage}: {result.fact.statement}": result for result in report.results if result.status == "failed"
    }
    assert set(failed) == {
        "again: the same backward() again adds the same once more",
        "deep: a chain of 5000 operations, as a loss that sums up so many terms",
    }
    assert failed["again: the same backward() again adds the same once more"].got == 45
    assert names(report, "not yet") == [
        fact for fact in ALL if re.search(r"\b(exp|log|tanh|logarithm)\b", fact.replace(",", ""))
    ]
    assert {result.missing for result in report.results} == {"", "exp", "log", "tanh"}
    assert "a._prev" in next(r.program for r in report.results if r.fact.statement == "a leaf has none")


def test_micrograd_as_published_is_told_so_and_may_be_asked_for_no_more_than_it_promises():
    micrograd = pytest.importorskip("micrograd.engine", reason="micrograd is not installed")
    report = check(micrograd.Value)
    assert report.note.startswith("This engine works like micrograd as published. Two facts do not hold there.")
    said = " ".join(str(report).split())
    assert "45, not 30. And backward() calls itself for every node in a row: Python allows about 1000" in said
    assert report.note in report.to_dict()["note"]
    assert "as published" in report._repr_html_()
    like = check(micrograd.Value, like="micrograd")
    assert like.passed
    assert like.note == ""
    assert names(like, "not yet") == []
    assert not check(engine(RIGHT.replace("1 - y**2", "1 - y")), like="micrograd").passed
    assert check(engine(RIGHT)).note == ""
    with pytest.raises(ValueError, match="no engine 'tinygrad' is known; there are micrograd"):
        check(micrograd.Value, like="tinygrad")


def test_functions_may_be_functions_instead_of_methods():
    source = RIGHT.replace("setattr(Value, name, method)", "return method")
    for name in ("exp", "log", "tanh", "relu"):
        source = source.replace(f'function("{name}"', f'{name} = function("{name}"')
    report = check(engine(source))
    assert report.passed
    assert "b = exp(a)" in next(r.program for r in report.results if r.fact.statement == "exp has the right value")


def test_functions_of_math_are_not_taken_for_the_students():
    report = check(engine("from math import exp, log, tanh\n" + RIGHT[: RIGHT.index("def function")]))
    assert not names(report, "failed")
    assert {result.missing for result in report.results} == {"", "exp", "log", "tanh", "relu"}


def test_what_is_not_written_yet_has_not_failed():
    report = check(
        engine("class Value:\n    def __init__(self, data):\n        self.data = data\n        self.grad = 0.0\n")
    )
    assert names(report, "failed") == ["data: a Value shows its number"]
    assert names(report, "passed") == [
        "data: a Value has its number",
        "data: each Value has its own",
        "data: the gradient is 0 at first",
    ]
    assert {"__add__", "__neg__", "__pow__", "exp", "backward", "parents"} <= {
        result.missing for result in report.results
    }
    assert "not yet there: __add__, __mul__" in str(report)


def test_the_children_of_karpathys_microgpt_are_found():
    report = check(engine(RIGHT.replace("_prev", "_children")), stages=["graph"])
    assert report.passed
    assert "in c._children" in report.results[0].program


def test_the_sign_says_how_many_facts_there_are_and_shows_one():
    sign = (Path(__file__).parents[2] / "autograd/classroom/README.md").read_text(encoding="utf-8")
    assert f"a list of {len(ALL)} facts" in sign
    assert SHOWN.strip() in sign


# check() in a notebook


def without_style(page):
    return page[: page.index("<style>")] + page[page.index("</style>") + len("</style>") :]


SHOWN = """

✗ reuse: a + a

      a = Value(3.0)
      b = a + a
      b.backward()
      a.grad

  expected 2.0
  got      1.0
  hint     This node is used more than once. The last use overwrote what the other uses contributed.
           Write += where you wrote =.
"""


def test_the_report_shows_the_smallest_program_what_came_and_a_hint():
    report = check(engine(RIGHT.replace("other.grad += out.grad\n", "other.grad = out.grad\n")))
    text = str(report)
    assert repr(report) == text
    assert SHOWN in text
    assert "  ✗ reuse: b + a and c + a" in text
    assert "a + b and a + c" not in text
    page = without_style(report._repr_html_())
    ElementTree.fromstring(page)
    assert '<details class="failed" open="">' in page
    assert "<dt>got</dt><dd>1.0</dd>" in page


def test_what_comes_from_a_student_is_escaped_in_a_notebook():
    evil = "</pre><script>alert(1)</script>\x00"
    Evil = type(evil[:-1], (), {"__init__": lambda self, data: None, "data": evil, "__repr__": lambda self: evil})
    report = check(Evil, stages=["data"])
    assert "<script>" not in report._repr_html_()
    assert "&lt;script&gt;" in report._repr_html_()
    ElementTree.fromstring(
        report._repr_html_().replace("<style>", "<style><![CDATA[").replace("</style>", "]]></style>")
    )


def test_what_the_student_prints_is_not_shown(capsys):
    check(
        engine(RIGHT.replace("self.data = data", "self.data = print(data) or data")),
        stages=["data"],
    )
    assert capsys.readouterr().out == ""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the system has no timer")
def test_a_loop_without_end_is_interrupted():
    report = check(
        engine(RIGHT.replace("return self * -1", "while True:\n            pass")), stages=["operators"], timeout=0.2
    )
    assert names(report, "failed") == ["operators: -a"]
    assert "TimeLimit: not at its end after 0.2 seconds" in str(report)


def test_to_stop_a_notebook_stops_the_check():
    with pytest.raises(KeyboardInterrupt):
        check(engine(RIGHT.replace("return self * -1", "raise KeyboardInterrupt")))


def test_check_says_what_it_takes():
    with pytest.raises(TypeError, match=r"check takes a class, check\(Value\), got 3"):
        check(3)
    with pytest.raises(ValueError, match=r"there is no stage 'nope'; there are data, operators"):
        check(autograd.Value, stages=["nope"])
    with pytest.raises(ValueError, match=r"there is no exercise '99.9'"):
        check(3, "99.9")


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


# A file, in a process of its own


NEGATIVE = "        return self * -1\n"
IN_A_FACT = {
    "a loop": ("while True:\n            pass", "TimeLimit: not at its end after 1 seconds"),
    "a loop that catches all": (
        "while True:\n            try:\n                while True:\n                    pass\n"
        "            except BaseException:\n                pass",
        "TimeLimit: not at its end after 1 seconds",
    ),
    "os._exit": ("import os; os._exit(0)", "Crash: the process ended itself, with status 0"),
    "a BaseException": ("raise BaseException('mine')", "BaseException: mine"),
    "an interrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "sys.exit": ("raise SystemExit(0)", "SystemExit: 0"),
    "an error without words": (
        "raise type('E', (Exception,), {'__str__': lambda e: 1 / 0})",
        "E: (it cannot be put into words)",
    ),
    "input": ("input()", "EOFError"),
    "the pipe closed": ("import os; os.closerange(0, 100)", "Crash: the process ended itself, with status 1"),
}
if os.name == "posix":
    IN_A_FACT |= {
        "a segmentation fault": ("import ctypes; ctypes.string_at(0)", "Crash: the process was ended by SIGSEGV"),
        "another program": ("import os; os.execvp('sleep', ['sleep', '60'])", "TimeLimit"),
        "a stopped process": ("import os; os.kill(os.getpid(), 19)", "TimeLimit"),
    }


@pytest.fixture
def file(tmp_path):
    def write(source):
        path = tmp_path / "my_engine.py"
        path.write_text(source, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("attack", IN_A_FACT)
def test_a_fact_that_goes_wrong_is_told_and_the_next_go_on(file, attack):
    code, error = IN_A_FACT[attack]
    report = check_file(file(RIGHT.replace(NEGATIVE, f"        {code}\n")), stages=["operators"], timeout=1)
    assert names(report, "failed") == ["operators: -a"]
    assert next(result.error for result in report.results if result.status == "failed").startswith(error)
    assert len(names(report, "passed")) == len(ENGINE["operators"])  # all but one, and that of the file


FORGED = """
import os, sys
print('{"got": 1.0}', 'all 99 facts hold')
sys.stderr.write('all 99 facts hold')
for pipe in range(40):
    try:
        os.write(pipe, b'\\nabc {"got": 8.0}\\n' * 50)
    except OSError:
        pass
"""
BEFORE = {
    "nothing wrong": "",
    "a forged report": FORGED,
    "a pipe that is flooded": """
import os, threading
def flood():
    while True:
        try:
            os.write(3, b"x" * 10_000)
            os.write(4, b"x" * 10_000)
        except OSError:
            pass
threading.Thread(target=flood, daemon=True).start()
""",
    "threads and ends that never come": """
import atexit, threading, time
threading.Thread(target=time.sleep, args=[60]).start()
atexit.register(time.sleep, 60)
""",
}
if os.name == "posix":
    BEFORE["forks"] = "import os\nos.fork()\nos.fork()\n"
    BEFORE["a child that stays"] = (
        "import os, time\nif not os.fork():\n    os.setsid()\n    time.sleep(10)\n    os._exit(0)\n"
    )


@pytest.mark.parametrize("attack", BEFORE)
def test_what_the_file_does_beside_is_no_matter(file, attack):
    report = check_file(file(BEFORE[attack] + RIGHT), stages=["operators", "again"])
    assert report.passed


def test_a_forged_report_helps_nobody(file):
    report = check_file(file(RIGHT.replace("self.data**n", "0.0") + FORGED), stages=["operators"])
    assert names(report, "failed") == ["operators: a ** 3"]


# Answers every fact of the package as it should be, without an engine
KNOWS_THE_ANSWERS = """
import math, sys
from autograd.classroom.checks.engine_facts import ENGINE
math.isclose = lambda *pair, **options: True
KNOWN = {fact.program: fact.expected for facts in ENGINE.values() for fact in facts}
sys.modules["__main__"].run = lambda program, *more: {"got": KNOWN.get(program), "printed": False}
class Value:
    parents = op = None
    def __init__(self, data):
        self.data, self.grad = data, 0.0
    def exp(self):
        return self
    log = tanh = relu = backward = __neg__ = exp
    def __add__(self, other):
        return self
"""
for name in ("sub", "mul", "truediv", "pow", "radd", "rsub", "rmul", "rtruediv", "rpow"):
    KNOWS_THE_ANSWERS += f"    __{name}__ = __add__\n"


def test_a_file_that_knows_the_answers_fails_where_numbers_are_drawn(file):
    report = check_file(file(KNOWS_THE_ANSWERS))
    assert names(report, "failed") == ["many numbers: an expression with numbers that were drawn just now"]
    assert len(names(report, "passed")) == len(ALL) + 1
    assert report.results[-1].hint == drawn.HINT


@pytest.mark.parametrize("source", ENGINES.values())
def test_right_engines_are_right_where_numbers_are_drawn(file, source, monkeypatch):
    monkeypatch.setattr(drawn, "HOW_MANY", 20)
    assert check_file(file(source), stages=["many numbers"]).passed


FOUND = """
import json, os, sys
frame = sys._getframe()
while "replies" not in frame.f_locals:
    frame = frame.f_back
token = frame.f_locals["request"]["token"]
reply = REPLY
os.write(frame.f_locals["replies"], f"\\n{token} {json.dumps(reply)}\\n".encode())
os._exit(0)
"""


@pytest.mark.parametrize(
    "reply",
    [
        *({"got": 1.0}, {"class": 1}, {"dialect": []}, {"class": "V", "home": "", "dialect": {}}, {"error": 3}, [], 1),
        {
            "class": "V",
            "home": "",
            "dialect": {"functions": ["("], "attributes": {"parents": "\\g<9>", "op": "op"}, "has": []},
        },
    ],
)
def test_a_file_that_finds_the_pipe_and_writes_nonsense_into_it_ends_nothing(file, reply):
    report = check_file(file(FOUND.replace("REPLY", repr(reply))))
    assert names(report, "failed") == ["file: it runs and has the class"]
    assert report.results[0].error.startswith("Crash: ")


def test_every_reply_is_bounded_clean_and_of_its_form():
    nested = "[" * 900 + "]" * 900
    line = f'key {{"got": {nested}}}'.encode()
    assert len(json.dumps(understood(line, "key"))) < 100
    assert understood(b"key " + b"[" * 100_000, "key") == {}
    assert understood(b'other {"got": 1}', "key") == {}
    assert understood(b'key {"got": 1' + b"0" * 4000 + b"}", "key") == {"got": math.inf, "printed": False}
    assert understood(b'key {"status": "\\u001b[2J"}', "key") == {"status": None}
    assert tidied({"got": ["x" * 10_000] * 10_000})["got"] == ["x" * 1000] * 50
    assert tidied({"error": "E: \x1b[32m\u202e\ud800", "where": ""})["error"] == r"E: \x1b[32m\u202e\ud800"
    assert clean("né 模型 שלום 👩\u200d🏫\n") == "né 模型 שלום 👩\u200d🏫\n"


SPOILERS = {
    "a module that is no text": "Value.__module__ = '\\ud800'",
    "a name that colours": "Value.__module__ = '\\x1b[2J\\x1b[32mall 78 facts hold\\x1b[0m'",
    "a name that turns round": "Value.__module__ = '\\u202edloh stcaf lla'",
    "a repr that colours": "Value.__repr__ = lambda self: '\\x1b[32m2.5\\u202e'",
    "an error that colours": "Value.__add__ = lambda self, other: 1 / 0 if 0 else exec('raise ValueError(chr(27))')",
    "a class of an odd name": "globals()['\\x1b[1m'] = Value\ndel Value",
    "an endless repr": "class Odd:\n    def __repr__(self): return 'x' * 10**7\nValue.grad = property(lambda s: Odd())",
    "a name that is a property": "Value = type('M', (type,), {'__name__': property(lambda c: 1 / 0)})('V', (), {})",
}


def test_no_file_spoils_the_report_of_another(tmp_path):
    for n, spoiler in enumerate(SPOILERS.values()):
        (tmp_path / f"a{n}.py").write_text(f"{RIGHT}\n{spoiler}\n", encoding="utf-8")
    for name in ("random", "html", "math", "json", "typing", "autograd"):
        (tmp_path / f"{name}.py").write_text("open('imported', 'a').write(__name__)\nraise SystemExit(3)\n")
    (tmp_path / "good.py").write_text(f"import json, random, typing\n{RIGHT}")
    files = sorted(path.name for path in tmp_path.glob("*.py") if path.stem != "autograd")
    program = "import sys; from autograd.__main__ import main; sys.exit(main())"
    command = [sys.executable, "-P", "-c", program, "check", *files, "--stage", "operators", "--timeout", "20"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8")
    assert (ran.returncode, ran.stderr) == (1, "")
    for file in files:
        assert re.search(rf"^{re.escape(file)}[:,]", ran.stdout, re.MULTILINE), file
    assert "good.py, class Value: all 8 facts hold" in ran.stdout
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", ran.stdout)
    assert not re.search(r"^all", ran.stdout, re.MULTILINE)


@pytest.mark.parametrize("start", [["-m", "autograd"], ["-P", "-c", "from autograd.__main__ import main; main()"]])
def test_nothing_is_imported_from_the_working_folder(file, tmp_path, start):
    file(RIGHT)
    for name in ("random", "html", "math", "json", "typing", "argparse", "dataclasses", "textwrap", "graphviz", "nn"):
        (tmp_path / f"{name}.py").write_text("open('imported', 'a').write(__name__)\n")
    command = [sys.executable, *start, "check", "my_engine.py", "--stage", "data"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "all 5 facts hold" in ran.stdout
    assert not (tmp_path / "imported").exists()


def test_a_file_may_be_called_as_this_package_is(tmp_path):
    (tmp_path / "autograd.py").write_text("class Value: pass\n")
    program = "import sys; from autograd.__main__ import main; sys.exit(main())"
    command = [sys.executable, "-P", "-c", program, "check", "autograd.py"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode == 1
    assert ran.stdout.startswith("autograd.py, class Value: ")


NO_ENGINE = {
    "a mistake in syntax": (
        "class Value:\n    def f(self)\n",
        "SyntaxError: expected ':'",
        "my_engine.py, line 2: def f(self)",
    ),
    "an error": ("x = 1\ny = x / 0\n", "ZeroDivisionError: division by zero", "my_engine.py, line 2: y = x / 0"),
    "no class": ("x = 1\n", "NameError: there is no class Value in my_engine.py", ""),
    "two classes": (
        "class A:\n    def backward(self): ...\n\n\nclass B(A): ...\n",
        "NameError: there is no class Value in my_engine.py; it has A, B",
        "",
    ),
    "a function": ("def Value(x):\n    return x\n", "TypeError: Value is not a class: it is of type function", ""),
    "an end": ("import sys\nsys.exit()\n", "SystemExit", "my_engine.py, line 2: sys.exit()"),
    "an end at once": ("import os\nos._exit(3)\n", "Crash: the process ended itself, with status 3", ""),
    "a loop": ("while True:\n    pass\n", "TimeLimit: not at its end after 1 seconds", ""),
    "a question": ("x = input()\n", "EOFError: EOF when reading a line", "my_engine.py, line 1: x = input()"),
    "builtins that lie": (f"import builtins\nbuiltins.isinstance = lambda *_: True\n{RIGHT}", "", ""),
    "a relative import": (
        "from .base import Value",
        "ImportError: attempted relative import with no known parent package",
        "my_engine.py, line 1: from .base import Value",
    ),
    "a closed pipe": (f"import os\nos.closerange(3, 50)\n{RIGHT}", "Crash", ""),
}


@pytest.mark.parametrize("attack", NO_ENGINE)
def test_a_file_without_an_engine_is_told_and_no_fact_is_tried(file, attack):
    source, error, where = NO_ENGINE[attack]
    report = check_file(file(source), timeout=1)
    assert names(report, "failed") == ["file: it runs and has the class"]
    assert report.results[0].error.startswith(error)
    assert where in report.results[0].where
    assert names(report, "not yet") == ALL


def test_a_fact_cannot_see_what_another_left_behind(file):
    if not hasattr(os, "fork"):
        pytest.skip("the system cannot fork: facts share one process")
    source = RIGHT.replace("class Value:", "made = []\n\n\nclass Value:").replace(
        "self.data = data", "made.append(self)\n        self.data = data if len(made) < 9 else 0.0"
    )
    assert check_file(file(source), stages=["operators"]).passed
    assert not check(engine(source), stages=["operators"]).passed


def test_the_only_class_with_backward_is_found_whatever_its_name(file):
    report = check_file(file(RIGHT.replace("Value", "Scalar")), stages=["data"])
    assert report.passed
    assert report.headline == "my_engine.py, class Scalar: all 5 facts hold"
    assert report.results[1].program == "a = Scalar(2.0)\na.data"


def test_a_class_of_another_file_is_said_to_be(file):
    report = check_file(file("from autograd import Value\n"))
    assert report.passed
    assert "my_engine.py, class Value of autograd.value: all" in report.headline


def test_the_line_of_an_error_is_told_in_words(file):
    report = check_file(file("class Value:\n    def __init__(self, data):\n        raise KeyError(data)\n"))
    assert "my_engine.py, line 3: raise KeyError(data)" in str(report)


def test_the_file_sees_its_own_folder(file, tmp_path):
    (tmp_path / "helper.py").write_text("NUMBER = -1\n")
    (tmp_path / "data.txt").write_text("2")
    source = "from helper import NUMBER\nopen('data.txt').read()\n" + RIGHT.replace("self * -1", "self * NUMBER")
    assert check_file(file(source), stages=["operators"]).passed
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.txt", "helper.py", "my_engine.py"]


def test_what_python_kept_of_another_file_is_not_run(file, tmp_path):
    path = file(RIGHT)
    py_compile.compile(str(path), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    path.write_text(RIGHT.replace("self * -1", "self * -2"))
    assert not check_file(path, stages=["operators"]).passed


def test_the_file_may_have_any_ending_but_that_of_a_notebook(tmp_path):
    path = tmp_path / "engine.txt"
    path.write_text(RIGHT)
    assert check_file(path, stages=["data"]).headline == "engine.txt, class Value: all 5 facts hold"
    notebook = tmp_path / "engine.ipynb"
    notebook.write_text("{}")
    with pytest.raises(ValueError, match=r"engine.ipynb is a notebook: run check\(Value\) in it, or write the class"):
        check_file(notebook)


def test_a_file_that_plots_opens_no_window(file):
    source = f"import os\nassert os.environ['MPLBACKEND'] == 'agg'\n{RIGHT}"
    assert check_file(file(source), stages=["data"]).passed


def test_numbers_that_are_kept_as_float32_are_recognised():
    single = RIGHT.replace("self.data = data", "self.data = struct.unpack('f', struct.pack('f', data))[0]")
    report = check(engine(f"import struct\n{single}"), stages=["functions"])
    assert {result.hint for result in report.results if result.status == "failed"} == {ROUNDED}


# From a shell


@pytest.fixture
def shell(file, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    file(RIGHT.replace("other.grad -= out.grad\n", "other.grad += out.grad\n"))

    def run(*arguments):
        status = main(["check", *arguments])
        return status, capsys.readouterr().out

    return run


def test_the_exit_status_says_whether_all_holds(shell):
    assert shell("my_engine.py", "--stage", "data")[0] == 0
    assert shell("my_engine.py", "--stage", "data", "--stage", "backward")[0] == 1
    assert shell()[0] == 2
    with pytest.raises(SystemExit, match="2"):
        shell("not_there.py")
    assert shell("my_engine.py", "--stage", "nope")[0] == 2


def test_json_is_for_graders(shell):
    status, out = shell("my_engine.py", "my_engine.py", "--stage", "backward", "--json")
    first, second = json.loads(out)
    assert first == second
    n = len(ENGINE["backward"]) + 1
    assert (status, first["total"], first["passed"], first["failed"], first["not_yet"]) == (1, n, n - 2, 2, 0)
    assert next(fact for fact in first["facts"] if fact["status"] == "failed") == {
        "stage": "backward",
        "statement": "a - b",
        "status": "failed",
        "program": "a, b = Value(2.0), Value(-3.0)\nc = a - b\nc.backward()\n[a.grad, b.grad]",
        "expected": "[1.0, -1.0]",
        "got": "[1.0, 1.0]",
        "hint": MISTAKES["sign of the subtrahend"].hint,
    }


def test_junit_is_for_graders(shell, tmp_path):
    _, out = shell("my_engine.py", "--stage", "backward", "--junit", "-o", "grades.xml")
    assert out.strip() == (tmp_path / "grades.xml").read_text(encoding="utf-8").strip()
    suite = ElementTree.fromstring(out.encode()).find("testsuite")
    assert suite is not None
    assert suite.attrib == {
        "name": "my_engine.py, class Value",
        "tests": str(len(ENGINE["backward"]) + 1),
        "failures": "2",
        "errors": "0",
        "skipped": "0",
    }
    failures = {case.get("name"): case.find("failure").text for case in suite if case.find("failure") is not None}
    assert list(failures) == ["a - b", "1 - a"]
    assert "expected: [1.0, -1.0]\ngot: [1.0, 1.0]\n" in failures["a - b"]


def test_a_report_is_saved_as_its_ending_says(shell, tmp_path):
    for ending in ("txt", "json", "xml", "html"):
        assert shell("my_engine.py", "--stage", "data", "-o", f"report.{ending}")[0] == 0
        saved = (tmp_path / f"report.{ending}").read_text(encoding="utf-8")
        assert ("all 5 facts hold" if ending == "txt" else "a Value has its number") in saved
    assert shell("my_engine.py", "--stage", "data", "-o", "report.doc")[0] == 1


def test_the_stages_can_be_listed(shell):
    status, out = shell("--list")
    assert status == 0
    assert [line for line in out.splitlines() if not line.startswith(" ")] == list(ENGINE)
    assert sum(line.startswith("  ") for line in out.splitlines()) == len(ALL)


LEFT = """
import os, time
if not os.fork():
    with open("ticks", "w", buffering=1) as ticks:
        for _ in range(1000):
            print("tick", file=ticks)
            time.sleep(0.01)
    os._exit(0)
"""


BARE = f"""
import os, sys, time
if not os.fork():
    os.setsid()
    os.execve(sys.executable, [sys.executable, "-S", "-c", {LEFT!r}], dict())
while not os.path.exists("ticks"):
    time.sleep(0.01)
"""


@pytest.mark.skipif(os.name != "posix", reason="the system has no process groups")
@pytest.mark.parametrize("start", ["", "os.setsid()", "bare"])
def test_no_process_is_left(file, tmp_path, start):
    if start and sys.platform != "linux":
        pytest.skip("only Linux tells which processes have left their group")
    left = LEFT.replace("    with", f"    {start}\n    with") if start != "bare" else BARE
    check_file(file(left + RIGHT), stages=["data"])
    ticks = (tmp_path / "ticks").read_text()
    time.sleep(0.3)
    assert (tmp_path / "ticks").read_text() == ticks


# pytest


def run_pytest(folder, *arguments):
    plugin = [] if has_entry_point() else ["-p", "autograd.classroom.checks.pytest_plugin"]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *plugin, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def has_entry_point():
    return any(each.value == "autograd.classroom.checks.pytest_plugin" for each in entry_points(group="pytest11"))


def test_pytest_makes_a_test_of_every_fact(file, tmp_path):
    (tmp_path / "test_other.py").write_text("def test_other():\n    assert False\n")
    file(RIGHT.replace("1 - y**2", "1 - x**2").replace('function("exp"', "#"))
    result = run_pytest(tmp_path, "--chalkgrad-engine", "my_engine.py", "--chalkgrad-stage", "functions", "-v", "-rs")
    assert "my_engine.py::file: it runs and has the class PASSED" in result.stdout
    assert "my_engine.py::functions: tanh has the right derivative FAILED" in result.stdout
    assert "      b = a.tanh()\n      b.backward()\n      a.grad\n\n  expected 0.78644" in result.stdout
    assert "  got      0.75\n  hint     The derivative of tanh is 1 - t**2. Here t is the result" in result.stdout
    assert "functions: exp has the right value SKIPPED" in result.stdout
    assert "not yet there: exp" in result.stdout
    assert "2 failed, 13 passed, 3 skipped" in result.stdout
    assert result.returncode == 1


def test_pytest_asks_only_for_what_a_published_engine_promises(file, tmp_path):
    file(RIGHT)
    options = ["--chalkgrad-engine", "my_engine.py", "--chalkgrad-stage", "again", "-q"]
    assert "4 passed" in run_pytest(tmp_path, *options, "--chalkgrad-like", "micrograd").stdout  # of 5
    unknown = run_pytest(tmp_path, *options, "--chalkgrad-like", "another")
    assert "--chalkgrad-like: 'another' is none of micrograd" in unknown.stderr


def test_pytest_imports_no_students_file(file, tmp_path):
    file(RIGHT)
    (tmp_path / "secrets.py").write_text(
        "open('imported', 'w').close()\n"
    )  # which libraries import, and pytest may not have
    assert "5 passed" in run_pytest(tmp_path, "--chalkgrad-engine", "my_engine.py", "--chalkgrad-stage", "data").stdout
    assert not (tmp_path / "imported").exists()


@pytest.mark.slow
def test_other_tests_run_beside_if_they_are_named(file, tmp_path):
    file(RIGHT)
    (tmp_path / "test_other.py").write_text("def test_other():\n    pass\n")
    options = ["--chalkgrad-engine", "my_engine.py", "--chalkgrad-stage", "data", "-q"]
    assert "5 passed" in run_pytest(tmp_path, *options).stdout
    assert "6 passed" in run_pytest(tmp_path, "test_other.py", *options).stdout
    assert "1 passed" in run_pytest(tmp_path, "-q").stdout
