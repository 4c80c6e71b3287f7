"""draw(a, against=b): a seeded difference is marked where it begins, and nothing else is."""

import random

import pytest

import nn
from autograd import Value, draw, topological_order
from autograd.pictures.differences import compared
from autograd.pictures.names import named
from autograd.pictures.wording import Wording
from tests.helpers.svg import parts


def program(a=2.0, b=-3.0, c=6.5, sign="+", last="tanh", factor=2.0, more=False):
    """tanh(a b + c) · 2 with new leaves, after backward()."""
    x, y, z = Value(a, label="a"), Value(b, label="b"), Value(c, label="c")
    inner = x * y + z if sign == "+" else x * y - z
    result = getattr(inner, last)() * factor
    if more:
        result = result + Value(1.0, label="d")
    result.label = "result"
    result.backward()
    return result


def begins(one, other):
    """What differs where it begins, in words."""
    order, others = topological_order(one), topological_order(other)
    names, other_names = named(order, None), named(others, None)
    found = compared(order, names, others, other_names, Wording(names.of))
    return [each.words for each in found.differences.values() if each.begins]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({}, []),
        ({"c": 6.6}, ["c: data 6.5 here, 6.6 in the other"]),
        ({"a": 2.1}, ["a: data 2 here, 2.1 in the other"]),
        ({"sign": "-"}, ["v₂: + here, − in the other"]),
        ({"last": "sigmoid"}, ["v₃: tanh here, sigmoid in the other"]),
        ({"factor": 3.0}, ["result: 2 in its operation here, 3 in the other"]),
    ],
)
def test_a_seeded_change_is_marked_and_nothing_else(other, expected):
    assert begins(program(), program(**other)) == expected


def test_a_node_that_only_one_graph_has_is_marked():
    x = Value(2.0, label="x")
    one = x * 3.0
    two = one + Value(1.0, label="d")
    assert begins(one, two) == ["d is only in the other", "v₂ is only in the other"]
    assert begins(two, one) == ["d is only here", "v₂ is only here"]
    svg = draw(one, against=two).svg
    assert sum("differs" in classes for classes, _, _ in parts(svg, "node")) == 2


def test_a_wrong_local_gradient_is_marked_at_the_operand_that_it_reaches_first():
    def square(x, slope):
        return Value(x.data**2, (x,), "square", lambda gradient: (gradient * slope * x.data,))

    def graph(slope):
        w = Value(1.5, label="w")
        x = w * 2.0
        x.label = "x"
        result = square(x, slope) + 1.0
        result.backward()
        return result

    assert begins(graph(2.0), graph(3.0)) == ["x: grad 6 here, 9 in the other"]
    assert begins(graph(2.0), graph(2.0)) == []


@pytest.mark.parametrize("seed", range(8))
def test_in_any_leaf_of_a_network_a_change_is_found(seed):
    rng = random.Random(seed)

    def loss(changed):
        model = nn.MLP(2, [3, 2, 1], activation="tanh", rng=random.Random(1))
        if changed is not None:
            model.parameters()[changed].data += 0.5
        x, y = Value(0.3, label="x"), Value(-0.8, label="y")
        result = (model([x, y]) - 0.25) ** 2
        result.backward()
        return result

    changed = rng.randrange(len(nn.MLP(2, [3, 2, 1]).parameters()))
    found = begins(loss(None), loss(changed))
    assert len(found) == 1
    assert "data" in found[0]
    assert begins(loss(None), loss(None)) == []


def test_two_steps_of_training_differ_in_what_was_computed():
    w = Value(0.5, label="w")

    def loss():
        result = (w * 3.0 - 2.0) ** 2
        result.backward()
        return result

    first = loss()
    gradient, w.grad = w.grad, 0.0
    w.data -= 0.1 * gradient
    second = loss()
    assert draw(first, against=second).title.startswith("the graph of first against another: ")
    words = begins(first, second)
    assert any("data −0.5 here" in each or "data 1.5 here" in each for each in words)


def test_values_of_other_engines_can_be_compared():
    micrograd = pytest.importorskip("micrograd.engine")

    def product(engine):
        a, b = engine(2.0), engine(-3.0)
        result = a * b
        result.backward()
        return result

    assert draw(product(Value), against=product(micrograd.Value)).title.endswith(": no difference")


def test_what_is_no_value_is_refused():
    with pytest.raises(TypeError, match=r"draw\(value, against=other\) takes another Value, got int"):
        draw(Value(1.0), against=3)


def test_the_page_has_both_graphs():
    drawing = draw(program(), against=program(more=True))
    nodes = {node["name"]: node for node in drawing.scene["nodes"]}
    assert nodes["d"]["mark"] == "d is only in the other"
    assert "2 differences" in drawing.scene["caption"]
