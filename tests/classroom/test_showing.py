"""show(x): what becomes of a thing on the page, in a notebook and on a terminal; and what the page is made of."""

import base64
import io
import itertools
import json
import math
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd import Value, draw, explain, show
from autograd.classroom.live.mishaps import ended, told
from autograd.classroom.live.output import BLOCK, LONGEST_LINE, MOST_BLOCKS, Output
from autograd.classroom.live.stage import Stage
from autograd.classroom.panels import places, showing
from autograd.classroom.panels.views import LONGEST_TEXT, MOST_ROWS, text_of, view_of
from autograd.pictures.charts import MOST_POINTS, chart
from autograd.pictures.names import names_from
from tests.helpers.notebook import run_notebook

pytestmark = pytest.mark.once

SVG = "{http://www.w3.org/2000/svg}"


class Broken:
    def __repr__(self):
        raise ZeroDivisionError("no text")


class OfMicrogpt:
    """A leaf of another engine, whose parents are called otherwise than those of a Value."""

    def __init__(self):
        self.data, self.grad, self._children = 2.0, 0.0, ()


class Html:
    def _repr_html_(self):
        return "<b>bold</b>"


class Svg:
    def _repr_svg_(self):
        return "<svg/>"


class Png:
    def _repr_png_(self):
        return b"\x89PNG"


def history():
    return nn.History(losses=[3.0, 2.0], validation_losses=[4.0, 3.0])


def texts(svg):
    return [element.text for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


# What a thing becomes


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda: Value(2.0) * 3.0, "drawing"),
        (OfMicrogpt, "drawing"),
        (lambda: draw(Value(2.0)), "drawing"),
        (lambda: explain(Value(2.0) * 3.0), "page"),
        (lambda: nn.MLP(2, [3, 1]), "drawing"),
        (lambda: nn.MLP(2, [3, 1]).layers[0], "drawing"),
        (history, "drawing"),
        (lambda: [1.0, 2, Value(3.0)], "drawing"),
        (lambda: (np.float64(1.0), np.int64(2)), "drawing"),
        (lambda: {"a": [1.0, 2.0], "b": [3.0]}, "drawing"),
        (lambda: np.arange(5.0), "drawing"),
        (lambda: np.array([Value(1.0), Value(2.0)]), "drawing"),
        (lambda: np.eye(3), "table"),
        (lambda: [[1, 2], [3, 4]], "table"),
        (lambda: [{"step": 1, "loss": 0.5}, {"step": 2}], "table"),
        (lambda: [("a", 1.0), ("b",)], "table"),
        (lambda: {"accuracy": 0.5, "steps": 3}, "table"),
        (lambda: "two\nlines", "text"),
        (lambda: 3.5, "text"),
        (lambda: True, "text"),
        (list, "text"),
        (dict, "text"),
        (lambda: None, "text"),
        (lambda: Value, "text"),
        (lambda: nn.MLP, "text"),
        (lambda: ["a", "b"], "text"),
        (lambda: np.zeros((2, 2, 2)), "text"),
        (lambda: np.array(["a"]), "text"),
        (lambda: np.float64(1.5), "text"),
        (Broken, "text"),
        (Html, "page"),
        (Svg, "image"),
        (Png, "image"),
    ],
)
def test_everything_can_be_shown_as_what_it_is(make, kind):
    view = view_of(make())
    assert view.kind == kind
    assert view.text
    json.dumps(view.content)
    assert "text/plain" in view._repr_mimebundle_()


def test_a_network_that_is_no_chain_of_layers_is_told_in_words():
    class Own(nn.Module):
        def __init__(self):
            self.weights = [Value(1.0)]
            self.twice = {"a": Value(2.0)}

    view = view_of(Own())
    assert view.kind == "text"
    assert "cannot be drawn as columns of neurons" in view.content["text"]


def test_a_figure_is_shown_and_so_are_its_axes_and_pyplot():
    plt = pytest.importorskip("matplotlib.pyplot", reason="matplotlib is not installed")
    figure, axes = plt.subplots()
    axes.plot([1, 2])
    axes.set(title="the loss")
    for x in (figure, axes, plt):
        assert (view_of(x).kind, view_of(x).content["type"]) == ("image", "image/svg+xml")
        assert text_of(x) == "Figure 'the loss': shown by a notebook, or .savefig('x.svg')"
    axes.plot(np.random.default_rng(0).random(40_000), "o")
    assert view_of(figure).content["type"] == "image/png"  # as SVG it would be larger than all else together
    plt.close(figure)


def test_numbers_in_tables_are_those_of_pictures():
    content = view_of([{"loss": 1 / 3, "step": 10}, {"loss": -2.0}]).content
    assert (content["head"], content["rows"]) == (["loss", "step"], [["0.3333", "10"], ["−2", ""]])
    large = view_of([[i] for i in range(MOST_ROWS + 7)])
    assert (len(large.content["rows"]), large.content["more"]) == (MOST_ROWS, 7)
    matrix = view_of(np.array([[1.0, -1.0], [0.0, np.nan]])).content["rows"]
    assert [[text for text, _ in row] for row in matrix] == [["1", "−1"], ["0", "nan"]]
    assert len({colour for row in matrix for _, colour in row}) == 4


def test_markup_in_a_table_is_text_in_a_notebook():
    page = view_of([["<b>"]])._repr_mimebundle_()["text/html"]
    assert "&lt;b&gt;" in page
    assert "<b>" not in page


def test_what_has_html_of_its_own_takes_the_room_it_needs_in_a_notebook():
    assert "<b>bold</b>" in view_of(Html())._repr_mimebundle_()["text/html"]
    assert "<iframe" not in view_of(Html())._repr_mimebundle_()["text/html"]
    player = explain(Value(2.0) * 3.0)
    assert view_of(player)._repr_mimebundle_()["text/html"] == player._repr_mimebundle_()["text/html"]


def test_a_long_text_is_cut():
    assert view_of("x" * (LONGEST_TEXT + 5)).content["text"].endswith("… 5 more characters")


# Where it is shown


def test_a_program_prints_what_it_shows_under_the_words_between_the_brackets(capsys):
    losses, a = [4.0, 2.0], Value(2.0)
    show(losses)
    show([x * 2 for x in losses])
    show(  # a comment
        a * 3,
    )
    ü = "é"
    show(ü)
    show(losses, "the losses")
    show(losses, label="again")
    show("words")
    show({"training": losses, "validation": losses})
    assert capsys.readouterr().out.splitlines() == [
        "losses: 2 numbers, from 4 to 2 █▁",
        "[x * 2 for x in losses]: 2 numbers, from 8 to 4 █▁",
        "a * 3: Value(data=6.0, grad=0.0)",
        "ü: é",
        "the losses: 2 numbers, from 4 to 2 █▁",
        "again: 2 numbers, from 4 to 2 █▁",
        "words",
        "{'training': losses, 'validation': losses}:",
        "training: 2 numbers, from 4 to 2 █▁",
        "validation: 2 numbers, from 4 to 2 █▁",
    ]


def test_no_picture_is_drawn_for_a_terminal_and_nothing_heavy_is_imported():
    code = """
import sys
from autograd import Value, explain, show
a = Value(2.0); show(a * 3); show([1.0, 2.0]); show(explain(a * 3))
heavy = {"graphviz", "IPython", "matplotlib", "numpy", "starlette", "uvicorn", "pygments"}
print(heavy & {name.split(".")[0] for name in sys.modules})
"""
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
    assert answer.stdout.splitlines()[-1] == "set()", answer.stderr


def test_a_terminal_without_the_signs_gets_others(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    show([1.0, 2.0], "−")
    sys.stdout.flush()
    assert raw.getvalue() == b"?: 2 numbers, from 1 to 2 ??\n"


def test_a_graph_has_the_names_of_the_variables_of_who_shows_it(monkeypatch):
    seen = []

    def keep(x, label, title, frame):
        with names_from(frame):
            seen.append((label, title, view_of(x, title)))

    monkeypatch.setattr(showing, "_places", [keep])

    def of_two(left, right):
        product = left * right
        show(product, "theirs")

    of_two(Value(2.0), Value(3.0))
    ((label, title, view),) = seen
    assert (label, title) == ("theirs", "theirs")
    assert {"left", "right", "product"} <= set(texts(view.content["svg"]))


@pytest.mark.slow
def test_a_notebook_displays_what_is_shown(tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    shown = run_notebook(
        [
            "from autograd import Value, explain, show",
            "a = Value(2.0); c = a * 3; c.backward(); show(c)",
            "show([3.0, 2.0, 1.0])",
            "show([{'x': 1}])",
            "show(explain(c))",
            "import matplotlib.pyplot as plt; figure, axes = plt.subplots(); axes.plot([1, 2]); show(figure)",
            "show('text')",
            "a = [1.0]\nfor i in range(2000):\n    a.append(1 / (2 + i)); show(a)",
        ],
        tmp_path,
    )
    assert [len(outputs) for outputs in shown] == [0, 1, 1, 1, 1, 1, 1, 1]
    assert {"a", "data 2", "grad 3"} <= set(texts(shown[1][0]["image/svg+xml"]))
    assert "[3.0, 2.0, 1.0]" in texts(shown[2][0]["image/svg+xml"])
    assert "<table>" in shown[3][0]["text/html"]
    assert 'sandbox="allow-scripts"' in shown[4][0]["text/html"]
    assert 'src="data:image/svg+xml' in shown[5][0]["text/html"]
    assert shown[6][0]["text/plain"] == "text"
    assert shown[7][0]["text/plain"].startswith("2,001 numbers, from 1 to 0.0004998")  # grew to the end


# Curves


def points(svg):
    """The corners of all polylines."""
    lines = ElementTree.fromstring(svg).iter(f"{SVG}polyline")
    return [[tuple(map(float, point.split(","))) for point in line.get("points").split()] for line in lines]


@given(st.lists(st.floats(), min_size=1, max_size=40))
def test_any_numbers_make_a_picture_within_its_frame(numbers):
    svg = chart({"<b>&": numbers})
    width, height = map(float, re.search(r'viewBox="0 0 (\d+) (\d+)"', svg).groups())
    for x, y in (point for run in points(svg) for point in run):
        assert 0 <= x <= width
        assert 0 <= y <= height
    assert "<b>&" in texts(svg)


def test_a_curve_goes_up_where_its_numbers_do_and_gaps_are_gaps():
    ((a, b, c),) = points(chart({"": [1.0, 3.0, 2.0]}))
    assert a[0] < b[0] < c[0]
    assert b[1] < c[1] < a[1]
    assert c[1] - b[1] == pytest.approx(a[1] - c[1], abs=0.2)
    first, second = points(chart({"": [1.0, 2.0, math.nan, 2.0, 1.0]}))
    assert (len(first), len(second)) == (2, 2)


@pytest.mark.parametrize(
    ("number", "written"),
    [(3109.25, "3109"), (9999.75, "9,999.75"), (896701.0, "896,701"), (50000.04, "50,000.0"), (1e6, "1e+06")],
)
def test_the_last_number_of_a_curve_is_written_as_those_at_its_axis(number, written):
    assert f">{written}<" in chart({"": [0.0, number]})


def test_many_curves_look_different():
    root = ElementTree.fromstring(chart({f"curve {k}": [0.0, float(k)] for k in range(12)}))
    looks = [(line.get("stroke"), line.get("stroke-dasharray")) for line in root.iter(f"{SVG}polyline")]
    assert len(set(looks)) == len(looks) == 12


def test_a_long_curve_is_thinned_but_keeps_its_peaks():
    numbers = [0.0] * 100_000
    numbers[54_321], numbers[77_777] = 9.0, -3.0
    ((*run,),) = points(chart({"": numbers}))
    assert len(run) <= MOST_POINTS + 2
    heights = sorted({y for _, y in run})
    assert len(heights) == 3
    assert (heights[2] - heights[1]) / (heights[1] - heights[0]) == pytest.approx(1 / 3, rel=0.01)


def test_the_scale_of_a_curve_has_round_numbers_around_it():
    ticks = [text for text in texts(chart({"loss": [0.13, 0.87]})) if re.fullmatch(r"[\d.]+", text)]
    assert ticks == ["0", "0.2", "0.4", "0.6", "0.8", "1", "0", "1", "0.87"]
    long = texts(chart({"loss": [50_000.0 - i for i in range(25_001)]}))
    assert "50,000" in long
    assert "20,000" in long
    assert "step" in long


# What is printed


def whole(output):
    return [line for _, lines in sorted(output.blocks().items()) for line in lines]


@given(st.text("ab\n\r\x1b[0mé", max_size=60), st.lists(st.integers(0, 80), max_size=4))
def test_output_is_the_same_however_it_arrives(text, cuts):
    data = text.encode()
    at_once, in_parts = Output(), Output()
    at_once.write(data)
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for begin, end in itertools.pairwise(edges):
        in_parts.write(data[begin:end])
    assert whole(in_parts) == whole(at_once)


def test_a_plot_in_which_a_colour_says_something_keeps_its_paper():
    pyplot = pytest.importorskip("matplotlib.pyplot")

    def may_be_dark(draw_in):
        figure, axes = pyplot.subplots()
        draw_in(axes)
        picture = base64.b64decode(view_of(figure).content["base64"])
        pyplot.close(figure)
        return b"prefers-color-scheme: dark" in picture

    numbers = [[0.0, 1.0], [1.0, 0.0]]
    assert may_be_dark(lambda axes: axes.plot([1, 2]))
    assert may_be_dark(lambda axes: (axes.plot([1, 2]), axes.text(0, 1, "here")))
    assert may_be_dark(lambda axes: axes.figure.colorbar(axes.imshow(numbers)))
    assert not may_be_dark(lambda axes: (axes.imshow(numbers), axes.text(0, 0, "0.0")))
    assert may_be_dark(lambda axes: axes.contour(numbers))  # lines alone
    assert not may_be_dark(lambda axes: (axes.contourf(numbers), axes.text(0, 0, "0.0")))
    assert not may_be_dark(lambda axes: axes.text(0, 0, "good", bbox={"facecolor": "orange"}))


def test_a_field_of_colours_and_the_lines_on_it_are_pixels_so_that_its_paper_may_be_dark():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    numbers = [[0.0, 1.0], [1.0, 0.0]]
    for draw_in in (lambda axes: axes.contourf(numbers), lambda axes: axes.pcolormesh(numbers)):
        figure, (left, right) = pyplot.subplots(1, 2)
        draw_in(left)
        left.contour(numbers, levels=[0.5], colors="black")
        (line,) = left.plot([0, 1], color="#123456")
        (other,) = right.plot([0, 1], color="#654321")
        picture = base64.b64decode(view_of(figure).content["base64"])
        pyplot.close(figure)
        assert b"prefers-color-scheme: dark" in picture
        assert b"<image" in picture
        assert b"#123456" not in picture
        assert b"#654321" in picture
        assert not line.get_rasterized()  # as it was
        assert not other.get_rasterized()


def test_a_board_catches_up_between_any_two_of_its_own_lines(monkeypatch):  # as an alarm may go off anywhere
    monkeypatch.setattr(places, "PAUSE", 0.0)
    monkeypatch.setattr(places, "SHARE", 0.0)

    def shown(when):
        """What a board tells that is to catch up at a certain one of its steps, and how many there are."""
        told, n_steps = [], 0
        board = places.Board(lambda place, title, line, view: told.append(view.content["text"]))

        def between(frame, event, argument):
            nonlocal n_steps
            if frame.f_code.co_filename == places.__file__:
                n_steps += 1
                if n_steps == when:
                    board.catch_up()
            return between

        before = sys.gettrace()
        try:
            sys.settrace(between)
            for i in range(2):
                board.show(i, "", "i", sys._getframe())
            board.finish()
        finally:
            sys.settrace(before)
        return told, n_steps

    _, n_steps = shown(0)
    assert n_steps > 30
    for when in range(1, n_steps + 1):
        assert shown(when)[0] == ["0", "1"]


def test_output_is_what_a_terminal_shows_of_it():
    output = Output()
    output.write(b"\x1b[1;31mred\x1b[0m\r\n 10 %\r 20 %\r100 %\nlast\r")
    assert whole(output) == ["red", "100 %", "last"]


def test_endless_output_takes_a_bounded_place():
    output = Output()
    for i in range(3000):
        output.write(b"".join(b"line %d\n" % (100 * i + j) for j in range(100)))
    lines = whole(output)
    assert lines[-1] == "line 299999"
    assert (MOST_BLOCKS - 1) * BLOCK <= len(lines) <= MOST_BLOCKS * BLOCK
    assert output.n_gone + len(lines) == 300_000
    for _ in range(1000):
        output.write(b"x" * 10_000)
    assert len(whole(output)[-1]) == LONGEST_LINE + 1
    output.write(b"\r100 %\n")
    assert whole(output)[-1] == "100 %"


def test_only_blocks_that_changed_are_sent_again():
    output = Output()
    output.write(b"\n" * (2 * BLOCK + 1))
    assert output.changed().keys() == {0, 1, 2}
    assert output.changed() == {}
    output.write(b"more")
    assert output.changed() == {2: ["", "more"]}


# Errors in words


def failed(source, path="lesson.py"):
    import linecache

    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    try:
        exec(compile(source, path, "exec"), {"__name__": "__main__"})
    except BaseException as error:
        return told(error, path)
    raise AssertionError("it did not fail")


@pytest.mark.parametrize(
    ("source", "line", "word", "sentence"),
    [
        ("x = 1\nprint(y)", 2, "y", "NameError: name 'y' is not defined"),
        ("number = 1\nprint(numbr)", 2, "numbr", "NameError: name 'numbr' is not defined. Did you mean: 'number'?"),
        (
            "ä = '€'; ä.uper()",
            1,
            "ä.uper",
            "AttributeError: 'str' object has no attribute 'uper'. Did you mean: 'upper'?",
        ),
        ("def f(n):\n    return 1 / n\n\nf(0)", 2, "1 / n", "ZeroDivisionError: division by zero"),
        ("import json\njson.loads('{')", 2, "json.loads('{')", "JSONDecodeError: Expecting property name"),
        ("if 1:\nprint()", 2, "print", "IndentationError: expected an indented block"),
        ("x = (1,\ny = 2", 1, "(", "SyntaxError: '(' was never closed"),
        ("import sys\nsys.exit(2)", 2, "sys.exit(2)", "the program ended itself: sys.exit(2)"),
        ("raise ValueError('a\\nb')", 1, "raise ValueError('a\\nb')", "ValueError: a\nb"),
    ],
)
def test_an_error_is_told_at_its_place(source, line, word, sentence):
    error = failed(source)
    assert error["line"] == line
    text = source.splitlines()[line - 1]
    end = len(text) if error["end"] is None else error["end"]
    assert text[error["start"] : end].startswith(word)
    assert error["sentence"].startswith(sentence) or sentence in error["sentence"]
    assert "test_showing" not in error["trace"]
    json.dumps(error)


def test_a_recursion_names_few_callers():
    error = failed("def f(n):\n    return f(n + 1)\nf(0)")
    assert (error["line"], set(error["callers"])) == (2, {2})
    assert len(error["callers"]) <= 12
    assert len(error["trace"]) < 2000


def test_how_a_process_ended_is_told():
    assert ended(0, False) is None
    assert ended(-9, True) is None
    assert "status 3" in ended(3, False)["sentence"]
    assert "outside of Python" in ended(0xC0000005, False)["meaning"]


# The stage


def events(delta):
    (kind, data) = re.fullmatch(rb"event: (\w+)\ndata: (.*)\n\n", delta, re.DOTALL).groups()
    return kind.decode(), json.loads(data)


def test_whoever_looks_gets_the_same_bytes_and_only_what_is_new():
    stage = Stage()
    stage.put("a", 1)
    stage.put("b", "ä\n\u2028</script>")
    stage.publish_now()
    first, delta = stage.since(0)
    assert events(delta) == ("all", {"a": 1, "b": "ä\n\u2028</script>"})
    assert stage.since(0)[1] is delta
    stage.put("a", 2)
    stage.publish_now()
    second, delta = stage.since(first)
    assert events(delta) == ("some", {"a": 2})
    stage.put("b", None)
    stage.publish_now()
    assert events(stage.since(0)[1]) == ("all", {"a": 2})
    assert stage.since(second)[0] > second


def test_a_frozen_stage_keeps_what_it_shows_and_then_catches_up():
    stage = Stage()
    stage.put("a", 1)
    stage.freeze(True)
    stage.publish_now()
    before = events(stage.since(0)[1])[1]
    for i in range(5):
        stage.put("a", 10 + i)
        stage.publish_now()
    assert events(stage.since(0)[1])[1] == before
    stage.freeze(False)
    stage.publish_now()
    assert events(stage.since(0)[1])[1] == {"a": 14, "frozen": False}
