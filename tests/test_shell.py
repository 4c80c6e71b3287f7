"""The shell, python -m autograd: formulas are computed as Python computes them, and all else gets a sentence."""

import math
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import topological_order
from autograd.__main__ import COMMANDS, main
from autograd.derivatives import TABLE
from autograd.expressions import FUNCTIONS, ExpressionError, evaluate, read_values
from tests.classroom.broken_engines import RIGHT

pytestmark = pytest.mark.once

NUMBERS = {"w": 0.5, "x": 2.0, "b": -1.25}


# Formulas


@pytest.mark.parametrize(
    "expression",
    [
        "x",
        "w*x + b",
        "-x**2",
        "x**-w",
        "2**3**w",
        "x - w - b",
        "x / w / 4",
        "--x * +b",
        "(x + w) * (x - w)",
        "1.5e-3 * 1_000 + .5",
        "tanh(w*x + b)",
        "exp(-x) / (1 + exp(-x))**2",
        "sqrt(hypot(x, w)) * log(x)",
        "atan2(x, b)",
        "max(x, w, b) - min([x, w, b])",
        "abs(b) + sum([x, w, 3])",
        "pi * x - e",
        "  x\n + \t w ",
    ],
)
def test_a_formula_has_the_value_that_python_finds(expression):
    value = evaluate(expression, {name: NUMBERS[name] for name in NUMBERS if name in expression.replace("exp", "")})
    assert value.data == pytest.approx(eval(f"({expression})", {**vars(math), **NUMBERS}), rel=1e-15)


def test_gradients_arrive_at_leaves_that_are_named_and_there_once():
    value = evaluate("tanh(w*x + b) * x", {"w": 0.5, "x": 2, "b": 1})
    value.backward()
    slope = 1 - math.tanh(2.0) ** 2
    leaves = {node.label: node.grad for node in topological_order(value) if not node.parents}
    assert leaves == pytest.approx({"w": 4 * slope, "x": math.tanh(2.0) + slope, "b": 2 * slope})
    assert value.label == ""


def test_the_graph_is_what_was_written():
    value = evaluate("2*3*x - -1", {"x": 5})
    assert [(node.op, node.data) for node in topological_order(value)] == [
        ("constant", 2),
        ("constant", 3),
        ("*", 6),
        ("", 5),
        ("*", 30),
        ("constant", -1),
        ("-", 31),
    ]


def test_what_remains_of_a_division_is_written_as_in_python():
    value = evaluate("x % 3 + x // 3", {"x": 7.5})
    assert value.data == 7.5 % 3 + 7.5 // 3
    value.backward()
    (x,) = {node for node in topological_order(value) if node.label == "x"}
    assert x.grad == 1.0  # of % alone: // is a step


def test_functions_take_lists_where_they_take_them():
    assert evaluate("dot([a, 2], [b, c])", {"a": 3, "b": 5, "c": 7}).data == 29
    assert evaluate("dot(softmax([a, a]), [1, 3])", {"a": 1}).data == 2
    assert evaluate("sum(linear([[a, 1], [0, a]], [2, 3], [10, 20]))", {"a": 1}).data == 38
    assert evaluate("sum([])", {}).data == 0


def test_every_public_function_can_be_called():
    public = {name for name in dir(autograd) if getattr(autograd, name) in FUNCTIONS.values()}
    assert public == set(FUNCTIONS)
    assert {name for name in TABLE if name.isidentifier()} - {"neg"} <= public


def test_a_value_may_be_called_like_a_constant_or_a_function():
    assert evaluate("e * exp(0) + max", {"e": 2, "max": 3}).data == 5


def test_names_are_compared_as_python_compares_them():
    assert evaluate("𝐱 + ﬁ", read_values(["x=1", "𝐟𝐢=2"])).data == 3
    assert evaluate("λ * größe", {"λ": 2, "größe": 3}).data == 6


def test_values_are_numbers_or_expressions_of_numbers():
    values = read_values(["a=2", " b =-1e-3", "c=pi/4", "d=-inf", "e=1_000", "f=2**-1"])
    assert values == {"a": 2, "b": -1e-3, "c": math.pi / 4, "d": -math.inf, "e": 1000, "f": 0.5}
    assert math.isnan(read_values(["x=nan"])["x"])


class Refused(NamedTuple):
    """A text, the column that the message points at, and what it says."""

    expression: str
    column: int
    sentence: str


REFUSED = [
    Refused("x^2", 1, "'^' is not allowed: for a power write **"),
    Refused("x²", 1, "(SUPERSCRIPT TWO) is not allowed: for a square write **2"),
    Refused("w·x", 1, "(MIDDLE DOT) is not allowed: to multiply write *"),
    Refused("w × x", 2, "to multiply write *"),
    Refused("x − w", 2, "for minus write -"),
    Refused("2x", 0, "write 2*x instead of 2x"),
    Refused("2 x", 2, "write 2*x instead of 2x"),
    Refused("x +", 3, "something is missing"),
    Refused("2(x)", 0, "to multiply write *"),
    Refused("x(w + 1)", 0, "'x' is not a function here; if it is a number, write * to multiply: x*(…)"),
    Refused("1 + tanhh(x)", 4, "'tanhh' is not a function here; did you mean tanh?"),
    Refused("ln(x)", 0, "did you mean log(x)?"),
    Refused("exp", 0, "exp is a function: write exp(x)"),
    Refused("x * (w + x", 4, "'(' was never closed"),
    Refused("x)", 1, "unmatched ')'"),
    Refused("x + y*z + y", 4, "'y', 'z': has no value; add y=… z=…"),
    Refused("х", 0, "'х' (CYRILLIC SMALL LETTER HA): has no value"),
    Refused("größe + y", 8, "'y': has no value"),
    Refused("hypot(x)", 0, "it is hypot(x, y); the number of arguments here is 1"),
    Refused("1 + leaky_relu()", 4, "it is leaky_relu(x, slope=0.01); the number of arguments here is 0"),
    Refused("leaky_relu(x, slope=0.1)", 19, "write arguments in order, without their names"),
    Refused("sum(x)", 0, "sum takes the numbers as one list"),
    Refused("1 + max(x, softmax([w]))", 4, "an operand of 'max' must be a real number"),
    Refused("1 + softmax([x])", 4, "this is a list"),
    Refused("[x]*2", 0, "use a list only as an argument of a function"),
    Refused("x, w", 0, "a list of numbers is written [a, b]"),
    Refused("x.tanh()", 0, "write tanh(x), not x.tanh()"),
    Refused("().__class__.__base__", 0, "a dot after a name is not allowed"),
    Refused("__import__(x)", 0, "'__import__' is not a function here"),
    Refused("x[0]", 0, "an index is not allowed"),
    Refused("sum(*[x])", 4, "a * before an argument is not allowed"),
    Refused("x < 2", 2, "'<' is not allowed"),
    Refused("x if w else 1", 2, "'if', a Python keyword, is not allowed"),
    Refused("1if w else x", 1, "'if', a Python keyword, is not allowed"),
    Refused("lambda: x", 0, "'lambda', a Python keyword"),
    Refused("x and None", 2, "'and', a Python keyword"),
    Refused("True", 0, "'True', a Python keyword"),
    Refused("[x for x in [1]]", 3, "'for', a Python keyword"),
    Refused("(y := 3)", 3, "':' is not allowed"),
    Refused("f'{x}'", 1, "is not allowed: an expression is made of numbers, names"),
    Refused('"x"', 0, "is not allowed: an expression is made of numbers, names"),
    Refused("x # w", 2, "'#' is not allowed"),
    Refused("x; w", 1, "';' is not allowed"),
    Refused("x\\\nw", 1, "is not allowed"),
    Refused("x\0", 1, r"'\x00' (U+0000) is not allowed"),
    Refused("x\u202e", 1, "(RIGHT-TO-LEFT OVERRIDE) is not allowed"),
    Refused("\ud800", 0, "is not allowed"),
    Refused("...", 0, "this is not allowed"),
    Refused("2j", 0, "Values are real"),
    Refused("x*1e999", 2, "number is too large"),
    Refused("x*" + "9" * 400, 2, "number is too large"),
    Refused("x*" + "9" * 5000, 2, "number is too large"),
]


@pytest.mark.parametrize("refused", REFUSED, ids=[repr(refused.expression[:20]) for refused in REFUSED])
def test_anything_else_is_refused_with_a_message_that_points_at_it(refused):
    values = {name: 1.0 for name in ("x", "w", "größe") if name in refused.expression}
    with pytest.raises(ExpressionError) as caught:
        evaluate(refused.expression, values)
    *sentence, line, caret = str(caught.value).split("\n")
    assert refused.sentence in "\n".join(sentence)
    assert line.isprintable()
    assert caret == " " * (4 + refused.column) + "^"


def test_of_a_long_line_the_message_shows_the_part_around_the_mistake():
    with pytest.raises(ExpressionError) as caught:
        evaluate("1+" * 2000 + "$" + "+1" * 2000, {})
    line, caret = str(caught.value).split("\n")[1:]
    assert len(line) < 80
    assert line[caret.index("^")] == "$"
    assert line.strip().startswith("…")
    assert line.endswith("…")


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("", "the expression is empty"),
        (" \n", "the expression is empty"),
        ("x" * 10_001, "10,001 characters; the limit is 10,000"),
        ("-" * 9_999 + "x", "nested too deeply"),
        ("+".join("x" * 5_000), "too many terms"),
        ("**".join("x" * 3_000), "nested too deeply"),
        ("(" * 5_000 + "x" + ")" * 4_999, "too many nested parentheses|never closed|too deeply"),
        ("tanh(" * 1_500 + "x" + ")" * 1_500, "too many nested parentheses|too deeply"),
        ("sum(" + "[" * 4_000 + "x" + "]" * 4_000 + ")", "too many nested parentheses|too deeply"),
    ],
)
def test_expressions_without_end_are_refused(expression, sentence):
    with pytest.raises(ExpressionError, match=sentence):
        evaluate(expression, {"x": 1.0})


def test_as_many_terms_as_can_be_drawn_are_no_trouble():
    assert evaluate("+".join("x" * 200), {"x": 1.0}).data == 200


@given(st.text() | st.text(" \t+-*/().,[]_^=·1e9xσ²tanhsum\0\ud800") | st.text("(x+1)*-[],").map("sum({})".format))
def test_any_text_is_computed_or_refused_in_words(text):
    said = ""
    try:
        number = evaluate(text, {"x": 1.5} if "x" in text else {}).data
    except (ValueError, ArithmeticError) as error:
        said = str(error)
    assert said or isinstance(number, float)


@pytest.mark.parametrize(
    ("assignments", "sentence"),
    [
        (["x=1", "x=2"], r"'x' has two values"),
        (["x=1", "𝐱=2"], r"'x' has two values"),
        (["x"], r"for example x=2; got 'x'"),
        (["=1"], r"is not a name"),
        (["2x=1"], r"'2x', in '2x=1', is not a name"),
        (["w·x=1"], r"is not a name"),
        (["x.y=1"], r"is not a name"),
        (["lambda=0.1"], r"'lambda' is a Python keyword; use another name, for example lambda_"),
        (["x="], r"the value of 'x' is not a number: the expression is empty"),
        (["x=1,5"], r"the value of 'x' is not a number"),
        (["x=y"], r"the value of 'x' is not a number: 'y': has no value"),
        (["x=1e999"], r"the value of 'x' is not a number: this number is too large"),
        (["x=__import__('os')"], r"the value of 'x' is not a number: \"'\" is not allowed"),
    ],
)
def test_what_is_no_value_is_refused(assignments, sentence):
    with pytest.raises(ExpressionError, match=sentence):
        read_values(assignments)


def test_a_value_without_a_name_is_refused():
    with pytest.raises(ExpressionError, match="'y': has a value, but the expression has x, w"):
        evaluate("x + w", {"x": 1, "w": 2, "y": 3})


# The commands


class Shell(NamedTuple):
    """What a command answered."""

    status: int
    out: str
    err: str


@pytest.fixture
def shell(capsys, tmp_path, monkeypatch) -> Callable[..., Shell]:
    """Run `python -m autograd` with these arguments, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Shell:
        status = main(arguments)
        return Shell(status, *capsys.readouterr())

    return run


def texts(svg):
    return [element.text for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_draw_writes_the_picture_to_a_file(shell, tmp_path):
    answer = shell("draw", "tanh(w*x + b)", "w=0.5", "x=2", "b=1", "-o", "out.svg")
    assert answer == (0, "", "")
    shown = texts((tmp_path / "out.svg").read_text(encoding="utf-8"))
    assert {"w", "x", "b", "tanh", "data 0.9640", "grad 0.1413", "grad 0.03533"} <= set(shown)


def test_draw_without_a_file_prints_the_picture(shell):
    answer = shell("draw", "x*x", "x=-3")
    assert answer[::2] == (0, "")
    assert {"x", "data −3", "grad −6", "data 9"} <= set(texts(answer.out))


@pytest.mark.parametrize(
    "arguments",
    [
        ("x*y", "x=2", "y=-3", "-o", "out.dot"),
        ("-o", "out.dot", "x*y", "x=2", "y=-3"),
        ("x*y", "-o", "out.dot", "x=2", "y=-3"),
        ("x*y", "x=2", "-o", "out.dot", "y=-3"),
    ],
)
def test_options_stand_anywhere(shell, tmp_path, arguments):
    assert shell("draw", *arguments).status == 0
    assert "data −6" in (tmp_path / "out.dot").read_text(encoding="utf-8")


def test_options_change_the_picture(shell):
    usual = shell("draw", "x*y", "x=2", "y=pi").out
    assert "data 3.142" in texts(usual)
    assert "data 3.14159265" in texts(shell("draw", "x*y", "x=2", "y=pi", "--digits", "9").out)
    gradients = set(texts(shell("draw", "x*y", "x=2", "y=pi", "--local-gradients").out)) - set(texts(usual))
    assert any("3.142" in text for text in gradients)


def test_a_picture_grows_to_the_right_or_downwards(shell):
    across, down = (
        ElementTree.fromstring(shell("draw", "sin(cos(x))", "x=2", *options).out).get("viewBox").split()
        for options in ((), ("--direction", "TB"))
    )
    assert float(across[2]) > float(across[3])
    assert float(down[2]) < float(down[3])


def test_the_result_is_named_after_no_variable_of_this_program(shell):
    assert set(texts(shell("draw", "x*y", "x=2", "y=5").out)) == {
        *("x", "data 2", "grad 5", "y", "data 5", "grad 2"),
        *("×", "data 10", "grad 1"),
    }
    assert "value" not in shell("explain", "x*y", "x=2", "y=5").out.lower().replace("every value", "")


def test_explain_prints_the_steps(shell):
    answer = shell("explain", "x*y + x", "x=2", "y=5")
    assert answer[::2] == (0, "")
    assert "x = 2" in answer.out
    assert answer.out.rstrip().endswith("= 2.")  # the gradient of y, the last of the results
    assert "6" in answer.out.splitlines()[-1]


def test_explain_writes_the_player_or_the_text_to_a_file(shell, tmp_path):
    text = shell("explain", "x*y", "x=2", "y=5").out
    assert shell("explain", "x*y", "x=2", "y=5", "-o", "out.txt") == (0, "", "")
    assert (tmp_path / "out.txt").read_text(encoding="utf-8") == text
    assert shell("explain", "x*y", "x=2", "y=5", "-o", "out.html") == (0, "", "")
    assert (tmp_path / "out.html").read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html>")
    assert "an explanation can be saved as one of" in shell("explain", "x*y", "x=2", "y=5", "-o", "out.svg").err


@pytest.mark.parametrize(
    ("expression", "name"),
    [(each, "x") for each in ("-x", "-x*2", "-tanh(x)", "-3.5 + x", "(-x)", "--x*2", "-(x)", "- x", "--(x)")]
    + [("-omega*2", "omega"), ("-o*2", "o"), ("-h*2", "h"), ("-help + 1", "help"), ("-o + .5", "o"), ("--o - 1", "o")],
)
def test_an_expression_may_begin_with_a_minus(shell, expression, name):
    assert "<svg" in shell("draw", expression, f"{name}=1").out


def test_a_file_to_check_may_begin_with_a_minus(shell, tmp_path):
    (tmp_path / "-x.py").write_text(RIGHT)
    assert "all 5 facts hold" in shell("check", "-x.py", "--stage", "data").out


@pytest.mark.parametrize(
    "arguments",
    [
        ("draw", "x", "x=1", "y" * 600_000),
        ("draw", "x", "y" * 600_000 + "=1"),
        ("draw", "x", "x=1", "--direction", "y" * 600_000),
        ("check", "y" * 600_000),
        ("draw", "x", "x=1", "--" + "y" * 600_000),
    ],
)
def test_no_message_quotes_more_than_can_be_read(shell, capsys, arguments):
    try:
        said = shell(*arguments).err
    except SystemExit:
        said = capsys.readouterr().err
    assert 0 < len(said) < 5000


@pytest.mark.skipif(os.name != "posix", reason="there is no POSIX shell")
def test_a_closed_standard_output_is_said():
    for command in ("draw x x=1", "explain x x=1", "check --list"):
        answer = run_shell(f'"{sys.executable}" -m autograd {command} >&-')
        assert answer.returncode == 1
        assert re.fullmatch(r"\w+: cannot write to standard output: .*\n", answer.stderr)


@pytest.mark.parametrize("expression", [refused.expression for refused in REFUSED] + ["", "x" * 10_001])
def test_what_is_no_expression_ends_with_status_2(shell, expression):
    status, out, err = shell("draw", expression, "x=1")
    assert (status, out) == (2, "")
    assert err.startswith("draw: ")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("log(x)", "'log' is not defined at x = 0.0 (labelled 'x'): it needs x > 0"),
        ("1/x", "'/' is not defined at x = 1.0, y = 0.0 (labelled 'x'): it needs y != 0"),
        ("exp(1000 + x)", "'exp' overflows at x = 1000.0"),
        ("9**9**9**9 + x", "'**' overflows at x = 9.0, y = 387420489.0"),
        ("dot([x], [x, 1])", "dot needs two sequences of equal length, got 1 and 2 numbers"),
    ],
)
def test_errors_of_the_mathematics_end_with_status_1_and_leave_the_file(shell, tmp_path, expression, sentence):
    (tmp_path / "out.svg").write_text("before")
    status, out, err = shell("draw", expression, "x=0", "-o", "out.svg")
    assert (status, out) == (1, "")
    assert sentence in err
    assert (tmp_path / "out.svg").read_text() == "before"


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("missing/out.svg", "draw: cannot write to missing"),
        ("folder.svg", "draw: cannot write to folder.svg"),
        ("out.gif", "a drawing can be saved as one of .svg"),
        ("out", "a drawing can be saved as one of .svg"),
        ("", "a drawing can be saved as one of .svg"),
        ("nul\0.svg", "draw: "),
    ],
)
def test_what_cannot_be_written_is_said(shell, tmp_path, file, sentence):
    (tmp_path / "folder.svg").mkdir()
    status, out, err = shell("draw", "x", "x=0", "-o", file)
    assert (status, out) == (1, "")
    assert sentence in err
    assert [path.name for path in tmp_path.iterdir()] == ["folder.svg"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "open a page that follows a Python file as you edit it"),
        (["drew"], "invalid choice: 'drew'"),
        (["draw"], "required: EXPRESSION"),
        (["draw", "x", "x=1", "--wrong"], "unrecognized arguments: --wrong"),
        (["draw", "x", "x=1", "--digits", "0"], "argument --digits: invalid choice: 0"),
        (["draw", "x", "x=1", "--direction", "UP"], "argument --direction: invalid choice: 'UP'"),
        (["draw", "x", "x=1", "-o"], "argument -o: expected one argument"),
        (["draw"], "for more: python -m autograd draw --help"),
    ],
)
def test_misuse_is_said(shell, capsys, arguments, sentence):
    with pytest.raises(SystemExit) as caught:
        shell(*arguments)
    assert caught.value.code == 2
    assert sentence in capsys.readouterr().err


# live goes on and on; site needs Pyodide
@pytest.mark.parametrize("command", [each for each in COMMANDS if each not in ("live", "site")])
def test_the_examples_of_help_run(shell, capsys, tmp_path, command):
    (tmp_path / "points.toml").write_text("[points]\ndata = 5\n")
    for folder in (tmp_path, tmp_path / "anna", tmp_path / "handed_in"):
        folder.mkdir(exist_ok=True)
        (folder / "my_engine.py").write_text(RIGHT)
    with pytest.raises(SystemExit) as caught:
        shell(command, "--help")
    assert caught.value.code == 0
    prefix = "  python -m autograd "
    examples = [line.removeprefix(prefix) for line in capsys.readouterr().out.splitlines() if line.startswith(prefix)]
    assert len(examples) >= 2
    for example in [each for each in examples if not each.startswith("live")]:
        assert run_shell(f'"{sys.executable}" -m autograd {example}').returncode == 0


def test_the_help_names_every_command(shell, capsys):
    with pytest.raises(SystemExit):
        shell("--help")
    said = capsys.readouterr().out
    assert all(f"  {name} " in said and command.purpose in said for name, command in COMMANDS.items())


# In a real shell


def run_shell(line, **environment):
    return subprocess.run(
        line, shell=True, capture_output=True, encoding="utf-8", env={**os.environ, **environment}, timeout=120
    )


def test_a_picture_is_utf_8_wherever_it_is_sent(tmp_path):
    line = f'"{sys.executable}" -m autograd draw "w - x" w=1 x=-2'
    answer = run_shell(line, PYTHONIOENCODING="ascii")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "data −2" in texts(answer.stdout)


def test_a_mistake_can_be_told_in_any_encoding():
    answer = run_shell(f'"{sys.executable}" -m autograd draw "х" x=1', PYTHONIOENCODING="ascii")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr.startswith("draw: '\\u0445' (CYRILLIC SMALL LETTER HA): has no value")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")
def test_a_full_disk_is_said():
    answer = run_shell(f'"{sys.executable}" -m autograd draw x x=1 > /dev/full')
    assert answer.returncode == 1
    assert answer.stderr == "draw: cannot write to standard output: No space left on device\n"


@pytest.mark.skipif(os.name != "posix", reason="there is no POSIX shell")
def test_a_reader_that_has_seen_enough_is_no_error():
    answer = run_shell(f'("{sys.executable}" -m autograd draw x x=1; echo $? >&2) | true')
    assert answer.stderr in ("1\n", "0\n")  # 0: the pipe took all before it was closed


@pytest.mark.parametrize("file", ["-x.svg", "-o.svg", "--x.svg"])
def test_a_file_may_begin_with_a_sign(shell, tmp_path, monkeypatch, file):
    monkeypatch.chdir(tmp_path)
    assert main(["draw", "-x", "x=1", "-o", file]) == 0
    assert [each.name for each in tmp_path.iterdir()] == [file]
