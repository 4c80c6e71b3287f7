"""Coming from micrograd: its code runs on this Value unchanged, and its Values are drawn and explained here."""

import gc
import math
import random
import re
import weakref

import pytest

import autograd
from autograd import Value, draw, explain, grad, gradients, no_grad
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
    with pytest.raises(AttributeError, match="Set _backward only for a Value that you made"):
        b._backward = lambda: None
    with pytest.raises(AttributeError, match="has no parents, so _backward has nothing to do"):
        a._backward = lambda: None
    with pytest.raises(TypeError, match=r"computes with floats, so it has no derivatives of derivatives"):
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


# Values of other engines


class Node:
    """A Value as in karpathy's microgpt: numbers, children, and the local gradients as numbers beside them."""

    def __init__(self, data, children=(), local_grads=()):
        self.data, self.grad = data, 0
        self._children, self._local_grads = children, local_grads

    def __eq__(self, other):
        raise AssertionError("nodes are told apart by what they are")

    __hash__ = None


class Students:
    """An engine in which a + a counts one of them only."""

    def __init__(self, data, parents=(), op=""):
        self.data, self.grad, self.parents, self.op = data, 0.0, parents, op

    def __add__(self, other):
        out = Students(self.data + other.data, (self, other), "+")

        def _backward():
            self.grad = out.grad
            other.grad = out.grad

        out._backward = _backward
        return out


@pytest.fixture
def theirs():
    return pytest.importorskip("micrograd.engine", reason="micrograd is not installed").Value


def test_a_graph_of_micrograd_is_explained_like_ones_own(theirs):
    def computed(kind):
        a, b = kind(2.0), kind(-3.0)
        c = a * b
        d = c.relu() + a
        e = d + d
        f = e**2
        return str(explain(f))

    assert computed(theirs) == computed(Value)


def test_explaining_leaves_the_other_engine_as_it_was(theirs):
    a = theirs(2.0)
    b = a * a + a
    b.backward()
    a.grad, b.grad = 7.0, 5.0
    explain(b)
    assert (a.grad, b.grad, len(b._prev)) == (7.0, 5.0, 2)


def test_a_graph_of_micrograd_is_drawn_with_its_names_and_gradients(theirs):
    a, xs = theirs(2.0), [theirs(-3.0), theirs(4.0)]
    loss = (a * xs[0] + xs[1]) ** 2
    loss.backward()
    source = draw(loss).dot.source
    boxes = re.findall(r'label="([^|"]+)\|data (\S+?)\\lgrad (\S+?)\\l', source)
    assert boxes == [("a", "2", "12"), ("xs[0]", "−3", "−8"), ("xs[1]", "4", "−4"), ("loss", "4", "1")]
    assert 'label="^2' in source
    with no_grad():
        assert draw(loss).dot.source == source


def test_operations_without_names_are_recognised_by_their_numbers():
    x, y = Node(3.0), Node(4.0)
    product = Node(12.0, (x, y), (4.0, 3.0))
    root = Node(12.0**0.5, (product,), (0.5 * 12.0**-0.5,))
    result = Node(root.data + 4.0, (root, y), (1, 1))
    strange = Node(9.0, (result, x), (5.0, 7.0))
    text = str(explain(strange))
    for line in (
        "product = x × y = 3 × 4 = 12",
        "result = root + y",
        "∂root/∂product = 0.5 × product",
        "∂strange/∂x = 7",
    ):
        assert line in text
    assert "strange = ?(result, x)" in text


def test_a_mistake_of_the_other_engine_shows():
    a = Students(3.0)
    b = a + a
    text = str(explain(b))
    assert "Result: ∂b/∂a = 1." in text
    assert (a.grad, b.grad) == (0.0, 0.0)


def test_what_says_nothing_of_its_derivatives_is_drawn_but_not_explained():
    a = Students(3.0)
    b = Students(7.0, (a,), "mine")
    assert "mine" in draw(b).dot.source
    with pytest.raises(TypeError, match="the engine of Students does not tell the derivative"):
        explain(b)
    a.grad = None
    assert "data 3" in draw(a).dot.source


def test_a_deep_graph_of_another_engine_is_no_trouble():
    node = Node(1.0)
    for _ in range(2000):
        node = Node(node.data + 1.0, (node, Node(1.0)), (1.0, 1.0))
    assert "of 4,001 nodes" in draw(node).dot.source


def test_a_model_of_micrograd_is_drawn_as_a_network():
    micrograd = pytest.importorskip("micrograd.nn", reason="micrograd is not installed")
    model = micrograd.MLP(2, [3, 1])
    assert draw(model).dot.source.count("->") == 2 * 3 + 3
    assert f">{model([1.0, 2.0]).data:.2g}<".replace("-", "−") in draw(model, x=[1.0, 2.0]).svg


@pytest.mark.parametrize("thing", [3.0, "x", None, Students, math, [Students(1.0)]])
def test_what_is_no_node_is_refused(thing):
    with pytest.raises(TypeError, match="draw takes a Value or a model"):
        draw(thing)
    with pytest.raises(TypeError, match="explain takes a Value"):
        explain(thing)
