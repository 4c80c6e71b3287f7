"""Coming from micrograd: its code runs on this Value unchanged, and its Values are drawn and explained here."""

import gc
import math
import random
import weakref

import pytest

import autograd
from autograd import Value, explain, grad, gradients, no_grad
from nn import MLP, Layer, Neuron


def with_backward(v, data, derivative, kind=Value):
    """An operation as one writes it for micrograd."""
    out = kind(data, (v,), "mine")

    def _backward():
        v.grad += derivative * out.grad

    out._backward = _backward
    return out


def tanh(v):
    t = math.tanh(v.data)
    return with_backward(v, t, 1 - t**2)


# Values under micrograd's names


def test_the_constructor_takes_micrograds_order_and_names():
    a, b = Value(2.0), Value(3.0)
    for c in (
        Value(5.0, (a, b), "+"),
        Value(data=5.0, _children=(a, b), _op="+"),
        Value(5.0, _op="+", _children=[a, b]),
    ):
        assert (c.data, c.parents, c.op, c._op, c._prev) == (5.0, (a, b), "+", "+", {a, b})
    with pytest.raises(TypeError, match="parents must be a tuple of Values"):
        Value(5.0, _children=(2.0,))


def test_prev_is_a_set_and_a_plain_number_a_leaf():
    a = Value(2.0)
    c = a * a + 1
    assert (a._prev, a._op) == (set(), "")
    assert sorted((node.data, node._op) for node in c._prev) == [(1.0, ""), (4.0, "*")]
    assert next(node for node in c._prev if node._op)._prev == {a}


def test_a_backward_that_is_assigned_defines_an_operation():
    a = Value(0.5)
    b = tanh(a * 2) * a + tanh(a)
    b.backward()
    expected = math.tanh(1.0) + 0.5 * 2 * (1 - math.tanh(1.0) ** 2) + 1 - math.tanh(0.5) ** 2
    assert a.grad == pytest.approx(expected, rel=1e-15)
    b.backward()
    assert a.grad == pytest.approx(2 * expected, rel=1e-15)


def test_a_parent_that_stands_there_twice_gets_its_gradient_once():
    a = Value(3.0)
    out = Value(9.0, (a, a), "square")

    def _backward():
        a.grad += 2 * a.data * out.grad

    out._backward = _backward
    out.backward()
    assert a.grad == 6.0


def test_it_is_explained_without_a_trace():
    a = Value(0.5, label="a")
    b = with_backward(a, 7.0, 3.0)
    a.grad, b.grad = 11.0, 13.0
    assert "a gets 1 × 3 = 3" in str(explain(b))
    assert (a.grad, b.grad) == (11.0, 13.0)


def test_an_error_in_it_leaves_all_gradients_as_they_were():
    a = Value(0.5)
    out = Value(1.0, (a,), "mine")

    def _backward():
        a.grad += 1.0
        raise ZeroDivisionError("mine")

    out._backward = _backward
    a.grad = 4.0
    with pytest.raises(ZeroDivisionError, match="mine"):
        out.backward()
    assert (a.grad, out.grad) == (4.0, 0.0)


def test_the_chain_rule_can_be_taken_by_hand_step_by_step():
    a, b = Value(2.0), Value(-3.0)
    c = a * b
    d = c + 10
    e = tanh(d * 0.1)
    e.grad = 1.0
    for node in (e, next(iter(e._prev)), d, c):
        node._backward()
    a.grad, by_hand = 0.0, a.grad
    e.backward()
    assert a.grad == by_hand == pytest.approx(-0.3 * (1 - math.tanh(0.4) ** 2), rel=1e-15)
    assert a._backward() is None


def test_what_cannot_be_is_said():
    a = Value(2.0)
    b = a * 3
    with pytest.raises(AttributeError, match="has its derivative already: _backward is for a Value made by"):
        b._backward = lambda: None
    with pytest.raises(AttributeError, match="has no parents to hand a gradient to"):
        a._backward = lambda: None
    with pytest.raises(TypeError, match=r"computes with floats: it has no derivatives of derivatives"):
        gradients(tanh(a), a, create_graph=True)
    assert grad(tanh)(2.0) == pytest.approx(1 - math.tanh(2.0) ** 2)
    with no_grad():
        assert tanh(a).parents == ()


def test_a_graph_with_it_is_freed_by_the_garbage_collector():
    node = weakref.ref(tanh(Value(1.0) * 2))
    gc.collect()
    assert node() is None


def test_a_subclass_may_assign_it_too():
    class Mine(Value):
        pass

    a = Value(2.0)
    out = with_backward(a, 1.0, 5.0, kind=Mine)
    out._backward = out._backward
    (out * 2).backward()
    assert a.grad == 10.0


# Programs


def graph_as_in_a_notebook(root):
    """The picture that notebooks on micrograd draw: records of data and grad, and ovals of operations."""
    graphviz = pytest.importorskip("graphviz")
    nodes, edges = set(), set()

    def visit(node):
        if node not in nodes:
            nodes.add(node)
            for child in node._prev:
                edges.add((child, node))
                visit(child)

    visit(root)
    picture = graphviz.Digraph(format="svg", graph_attr={"rankdir": "LR"})
    for node in nodes:
        picture.node(name=str(id(node)), label=f"{{ data {node.data:.4f} | grad {node.grad:.4f} }}", shape="record")
        if node._op:
            picture.node(name=str(id(node)) + node._op, label=node._op)
            picture.edge(str(id(node)) + node._op, str(id(node)))
    for parent, child in edges:
        picture.edge(str(id(parent)), str(id(child)) + child._op)
    return picture


def test_a_notebooks_own_drawing_function_works():
    a, b = Value(2.0), Value(-3.0)
    c = (a * b + 10).relu()
    c.backward()
    source = graph_as_in_a_notebook(c).source
    assert "data 2.0000 | grad -3.0000" in source
    assert "data -3.0000 | grad 2.0000" in source
    assert source.count("->") == 3 + 5
    assert all(f"label={op}" in source or f'label="{op}"' in source for op in ("+", "*", "relu"))


def test_a_training_program_for_micrograd_learns_as_there():
    micrograd = pytest.importorskip("micrograd.nn", reason="micrograd is not installed")
    random.seed(1)
    theirs, ours = micrograd.MLP(2, [4, 1]), MLP(2, [4, 1])
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        p.data = q.data
    points = [([2.0, 3.0], 1.0), ([-1.0, 0.5], -1.0), ([0.5, -1.0], -1.0)]

    def trained(model):
        losses = []
        for _ in range(20):
            scores = [model(x) for x, _ in points]
            data_loss = sum((1 + -y * score).relu() for (_, y), score in zip(points, scores)) * (1.0 / len(points))
            loss = data_loss + 1e-4 * sum(p * p for p in model.parameters())
            model.zero_grad()
            loss.backward()
            for p in model.parameters():
                p.data -= 0.1 * p.grad
            losses.append(loss.data)
        return losses

    assert trained(ours) == pytest.approx(trained(theirs), rel=1e-12)
    assert len(Layer(2, 3).parameters()) == 9
    assert len(Neuron(2).parameters()) == 3


def test_the_package_micrograd_and_this_one_agree_on_an_expression():
    theirs = pytest.importorskip("micrograd.engine", reason="micrograd is not installed").Value

    def computed(kind):
        x = kind(-4.0)
        y = 2 * x + 2 + x
        z = y.relu() + y * x
        h = (z * z).relu()
        out = h + z + z * x - x / 3 + 2 / x + (x - 1) ** 3 - (-x)
        out.backward()
        return out.data, x.grad

    assert computed(autograd.Value) == pytest.approx(computed(theirs), rel=1e-14)
