"""Oversights of training loops in a lesson: told where they are sure, and nowhere else."""

from pathlib import Path

import pytest

from autograd.classroom.live.oversights import oversights
from autograd.languages import say
from tests.classroom.live import need_the_extra, until

pytestmark = pytest.mark.once

LOOP = """
for step in range(10):
    loss = f(w)
    {clear}
    loss.backward()
    {update}
"""


@pytest.mark.parametrize(
    "update",
    [
        "w = w - 0.1 * w.grad",
        "w = w + -0.1 * w.grad",
        "w -= 0.1 * w.grad",
        "for w in ws: w = w - w.grad * lr",
    ],
)
def test_a_parameter_that_is_replaced_is_told(update):
    assert oversights(LOOP.format(update=update, clear="w.grad = 0.0")) == [(6, say("replaced", "w"))]


@pytest.mark.parametrize(
    "update",
    [
        "w.data -= 0.1 * w.grad",
        "w.data = w.data - 0.1 * w.grad",
        "for w in (a, b): w.data -= 0.1 * w.grad",
        "for w in model.parameters(): w.data += -0.1 * w.grad",
    ],
)
def test_gradients_that_add_up_are_told(update):
    assert oversights(LOOP.format(update=update, clear="pass")) == [(2, say("adds up", "w"))]


@pytest.mark.parametrize(
    "clear",
    ["w.grad = 0.0", "model.zero_grad()", "zero_grad(ws)", "clear(ws)", "setattr(w, 'grad', 0)", "w = Value(2.0)"],
)
def test_a_loop_that_clears_or_makes_anew_what_it_trains_is_right(clear):
    assert oversights(LOOP.format(update="w.data -= 0.1 * w.grad", clear=clear)) == []


@pytest.mark.parametrize(
    "source",
    [
        "w = Value(w.data - 0.1 * w.grad)",
        "x = x - w.grad",
        "slope = slope + w.grad",
        "import torch\nw = w - 0.1 * w.grad",
        "a = Value(2.0)\na.backward()\na.data -= a.grad",
        "for x in xs:\n    loss(x).backward()\nfor p in ps:\n    p.data -= p.grad",
        "for (",
        "(" * 5000,
        "\0",
    ],
)
def test_nothing_else_is_told(source):
    assert oversights(source) == []


def test_no_demo_and_no_lesson_is_told_anything():
    files = list((Path(__file__).parents[2] / "demos").rglob("*.py"))
    assert len(files) > 10
    told = {file.name: oversights(file.read_text(encoding="utf-8")) for file in files}
    assert {name: found for name, found in told.items() if found} == {}


def panels_of(tmp_path, source):
    """The titles, lines and contents of what a lesson shows."""
    need_the_extra()
    from autograd.classroom.live.lesson import Lesson

    path = tmp_path / "lesson.py"
    path.write_text(source)
    lesson = Lesson(path)
    lesson.run()
    until(lambda: lesson.stage._sections["state"]["state"] != "running")
    lesson.close()
    sections = lesson.stage._sections
    return [(each["title"], each["line"], sections[f"panel {each['number']}"]) for each in sections["panels"]]


def test_it_is_said_once_beside_the_result(tmp_path):
    first, second = panels_of(
        tmp_path,
        "from autograd import Value, show\nw = Value(3.0)\nfor step in range(3):\n    loss = w * w\n"
        "    loss.backward()\n    w.data -= 0.1 * w.grad\nshow(loss)\n",
    )
    assert first[:2] == ("loss", 7)
    assert second == ("look at line 3", 3, {"kind": "text", "text": say("adds up", "w")})


def test_where_a_nan_came_from_is_told_beside_the_result(tmp_path):
    source = (
        "from autograd import Value, show, sqrt\nx = Value({})\nloss = sqrt(x) * 0.0\nloss.backward()\nshow(loss)\n"
    )
    graph, why = panels_of(tmp_path, source.format(0.0))
    assert graph[0] == "loss"
    assert why[:2] == ("why loss is not finite", 5)
    assert why[2]["text"].startswith("The gradient of x is nan. It comes from v₁ = √x = √0 = 0")
    assert [title for title, _, _ in panels_of(tmp_path, source.format(1.0))] == ["loss"]
