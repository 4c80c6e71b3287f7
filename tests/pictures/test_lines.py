"""Every node knows the line that made it where that was asked for; and what was there when an operation failed."""

import sys
import traceback

import pytest

import autograd
from autograd import Value, draw, grad
from autograd.pictures import line_of, lines, remember_lines
from autograd.pictures.failures import failed_operation
from tests.helpers.svg import parts

PROGRAM = """from autograd import Value, grad
a, b = Value(2.0), Value(-3.0)
def twice(x):
    y = x + x
    return y
c = twice(a) * b
d = [c + i for i in range(2)]
e = c.tanh()
"""


def run(program, tmp_path):
    path = tmp_path / "program.py"
    path.write_text(program, encoding="utf-8")
    names = {}
    with remember_lines([str(path)]):
        exec(compile(program, str(path), "exec"), names)
    return names, str(path)


def test_nodes_remember_their_lines(tmp_path):
    names, path = run(PROGRAM, tmp_path)
    assert line_of(names["a"]) == (path, 2)
    assert line_of(names["c"]) == (path, 6)
    assert line_of(names["c"].parents[0]) == (path, 4)
    assert [line_of(node) for node in names["d"]] == [(path, 7)] * 2
    assert line_of(names["e"]) == (path, 8)
    assert line_of(Value(1.0)) is None  # made after it


def test_pictures_say_the_line(tmp_path):
    names, _ = run(PROGRAM, tmp_path)
    drawing = draw(names["e"])
    lines = {tuple(each[-1:]): title for each, title, _ in parts(drawing.svg, "node") if each[-1].startswith("l")}
    assert "made at program.py, line 8" in lines[("l8",)]
    assert {node.get("line") for node in drawing.scene["nodes"]} == {2, 4, 6, 8}


def test_derivatives_are_the_same_within(tmp_path):
    program = "from autograd import grad\nf = lambda x: x**3\nfirst = grad(f)(2.0)\nsecond = grad(grad(f))(2.0)\n"
    names, _ = run(program, tmp_path)
    assert (names["first"], names["second"]) == (12.0, 12.0)


def test_it_stops_when_there_is_no_more_room(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "MOST_STEPS", 100)
    before = sys.gettrace()
    program = "from autograd import Value\nfirst = Value(1.0)\nfor i in range(1000):\n    x = i\nlast = Value(2.0)\n"
    names, path = run(program, tmp_path)
    assert line_of(names["first"]) == (path, 2)
    assert line_of(names["last"]) is None
    assert sys.gettrace() is before


def failure(make):
    try:
        make()
    except ArithmeticError as error:
        return error
    except ValueError as error:
        return error
    raise AssertionError("nothing failed")


@pytest.mark.parametrize(
    ("make", "op", "operands"),
    [
        (lambda: autograd.log(Value(0.0)), "log", [0.0]),
        (lambda: Value(1.0) / Value(0.0), "/", [1.0, 0.0]),
        (lambda: 1.0 / Value(0.0), "/", [1.0, 0.0]),
        (lambda: Value(-1.0) ** 0.5, "**", [-1.0, 0.5]),
        (lambda: Value(1000.0).exp(), "exp", [1000.0]),
        (lambda: Value(2.0).acosh().log().log().log(), "log", None),
    ],
)
def test_the_error_of_an_operation_knows_its_operands(make, op, operands):
    failed = failed_operation(failure(make))
    assert failed.op == op
    if operands is not None:
        assert [parent.data for parent in failed.parents] == operands


def test_the_graph_before_the_error_is_drawn_with_its_sentence():
    a, b = Value(2.0), Value(-2.0)
    total = a + b
    error = failure(total.log)
    drawing = draw(error)
    [(_, _, sentence)] = parts(drawing.svg, "failure")
    assert " ".join(sentence) == str(error) == "'log' is not defined at x = 0.0: it needs x > 0"
    assert {lines[0] for _, _, lines in parts(drawing.svg, "named")} == {"a", "b", "total"}
    assert [lines for _, _, lines in parts(drawing.svg, "failed")] == [["log"]]
    assert drawing.scene["nodes"][-1]["failed"] is True


def test_another_error_is_none_of_an_operation():
    assert failed_operation(ValueError("mine")) is None
    with pytest.raises(TypeError, match="draw takes a Value or a model, got KeyError"):
        draw(KeyError("x"))
    error = failure(lambda: Value(0.0).log())
    assert grad(lambda x: x * x)(3.0) == 6.0
    assert "log" in "".join(traceback.format_exception_only(error))
