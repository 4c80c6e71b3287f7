"""What backward(), local gradients and topological_order() promise, sentence by sentence."""

import copy
import math

import numpy as np
import pytest

import autograd
from autograd import Value, engine, topological_order


def test_gradients_of_a_small_expression():
    a, b, c = Value(2.0), Value(-3.0), Value(10.0)
    e = a * b + c
    d = e.tanh()
    d.backward()
    slope = 1 - math.tanh(4.0) ** 2
    assert [a.grad, b.grad, c.grad, e.grad] == pytest.approx([-3 * slope, 2 * slope, slope, slope], rel=1e-12)
    assert d.grad == 1.0


def test_a_node_used_twice_receives_both_contributions():
    a = Value(3.0)
    (a + a).backward()
    assert a.grad == 2.0
    b = Value(3.0)
    (b * b).backward()
    assert b.grad == 6.0


def test_a_diamond_is_visited_once():
    visits = []
    a = Value(2.0)
    middle = Value(4.0, (a,), "twice", lambda gradient: (visits.append(gradient) or 2 * gradient,))
    ((middle + 1) * (middle + 2)).backward()
    assert visits == [11.0]  # 5 + 6, arrived before the visit
    assert a.grad == 22.0


def test_interior_gradients_are_fresh_and_leaf_gradients_add_up():
    a = Value(3.0)
    b = a * 2
    c = b * b
    c.backward()
    assert (a.grad, b.grad, c.grad) == (24.0, 12.0, 1.0)
    c.backward()
    assert (a.grad, b.grad, c.grad) == (48.0, 12.0, 1.0)


def test_backward_of_a_leaf_adds_one():
    a = Value(3.0)
    a.backward()
    a.backward()
    assert a.grad == 2.0


def test_gradients_are_those_at_the_forward_values():
    a, b = Value(3.0), Value(2.0)
    c = (a * b).tanh() + autograd.dot([a, b], [b, a]) + a**b
    c.backward()
    expected = (a.grad, b.grad)
    a.grad = b.grad = 0.0
    a.data, b.data = 100.0, -7.0
    c.backward()
    assert (a.grad, b.grad) == expected


def test_the_local_gradient_of_a_power_tells_both_derivatives():
    power = Value(3.0) ** 2
    assert list(power.local_gradient(1.0)) == [6.0, 9.0 * math.log(3.0)]


def test_on_the_textbook_engine_a_local_gradient_that_is_set_takes_the_place_of_that_of_the_table():
    a, b = engine.Value(3.0), engine.Value(4.0)
    c = a * b
    c.local_gradient = lambda gradient: (7.0 * gradient, 0.5 * gradient)
    c.backward()
    assert (a.grad, b.grad, c.local_gradient(2.0)) == (7.0, 0.5, (14.0, 1.0))


def test_a_result_has_no_label_until_it_is_given_one():
    c = Value(2.0, label="a") * 3.0
    assert (c.label, vars(c)) == ("", {})
    c.label = "c"
    assert (c.label, vars(c), repr(c)) == ("c", {}, "Value(data=6.0, grad=0.0, label='c')")


def test_derivatives_of_derivatives_after_a_change_of_data_are_refused():
    a = Value(3.0, label="a")
    c = a * a
    a.data = 4.0
    with pytest.raises(RuntimeError, match=r"label='a'.* was 3\.0 when '\*' was computed"):
        c.local_gradient(Value(1.0))


@pytest.mark.parametrize(
    ("operation", "derivative"),
    [
        (lambda a, b: a.exp(), math.exp(2.0)),
        (lambda a, b: a.sqrt(), 0.5 / math.sqrt(2.0)),
        (lambda a, b: a.sigmoid(), math.exp(-2.0) / (1 + math.exp(-2.0)) ** 2),
        (lambda a, b: a / b, 0.25),
        (lambda a, b: a**b, 4.0 * 2.0**3),
        (lambda a, b: a**4, 4.0 * 2.0**3),
        (lambda a, b: autograd.min(a, b), 1.0),
    ],
)
def test_derivatives_are_those_of_the_result_whatever_its_data_became(operation, derivative):
    a, b = Value(2.0), Value(4.0)
    c = operation(a, b)
    c.data = 100.0
    c.backward()
    assert a.grad == pytest.approx(derivative, rel=1e-15)
    for gradient in (1.0, Value(1.0)):
        contribution = c.local_gradient(gradient)[0]
        assert getattr(contribution, "data", contribution) == pytest.approx(derivative, rel=1e-15)


def test_a_closure_may_compute_with_its_parents_themselves():
    v = Value(2.0)
    Value(8.0, (v,), "cube", lambda gradient: (gradient * 3 * v**2,)).backward()
    assert v.grad == 12.0


def faulty_closures():
    return {
        "too many contributions": lambda gradient: (gradient, gradient),
        "too few contributions": lambda gradient: (),
        "no tuple": lambda gradient: gradient,
        "nothing": lambda gradient: None,
        "text": lambda gradient: ("1",),
        "an error of its own": lambda gradient: (gradient / 0.0,),
        "an interrupt": lambda gradient: (_ for _ in ()).throw(KeyboardInterrupt()),
    }


@pytest.mark.parametrize("fault", [*faulty_closures(), "no closure"])
def test_a_faulty_closure_is_named_and_leaves_every_gradient_as_it_was(fault):
    a = Value(2.0, label="a")
    inner = Value(4.0, (a,), "faulty", faulty_closures().get(fault))
    result = inner * 3 + a
    nodes = topological_order(result)
    for i, node in enumerate(nodes):
        node.grad = i + 0.5
    with pytest.raises((ValueError, TypeError, ZeroDivisionError, KeyboardInterrupt)) as failure:
        result.backward()
    if fault != "an interrupt":
        assert "faulty" in str(failure.value) + "".join(getattr(failure.value, "__notes__", []))
    assert [node.grad for node in nodes] == [i + 0.5 for i in range(len(nodes))]


def test_contributions_of_numpy_are_taken_as_floats():
    a = Value(2.0)
    Value(4.0, (a,), "numpy", lambda gradient: np.array([2.0]) * gradient).backward()
    assert type(a.grad) is float
    assert a.grad == 2.0


def test_a_closure_may_call_backward_itself():
    w, x = Value(2.0), Value(3.0)

    def recomputed(gradient):  # as in checkpointing: forward and backward of a part, within backward()
        inner = x.detach()
        (inner * w * gradient).backward()
        return (inner.grad,)

    (Value(6.0, (x,), "checkpoint", recomputed) + w * 5).backward()
    assert (w.grad, x.grad) == (8.0, 2.0)


@pytest.mark.parametrize("number", [1, True, np.float64(1.0), np.float32(1.0)])
def test_a_closure_may_answer_any_kind_of_number(number):
    a = Value(2.0)
    x = a
    for _ in range(5_000):  # at a cost that grows with the length of the chain, not with its square
        x = Value(2.0, (x,), "own", lambda gradient: (number * gradient,))
    x.backward()
    assert type(a.grad) is float
    assert a.grad == 1.0


def test_contributions_in_single_precision_are_added_in_double():
    a = Value(0.0)
    own = [Value(0.0, (a,), "own", lambda gradient, k=k: (np.float32(k / 10),)) for k in range(20)]
    autograd.sum(own).backward()
    assert a.grad == sum(float(np.float32(k / 10)) for k in reversed(range(20)))


def test_a_leaf_keeps_the_op_and_the_closure_that_it_was_given():
    def closure(gradient):
        return ()

    a = Value(3.0, (), "input", closure)
    a.backward()
    a.backward()
    assert (a.op, a.local_gradient, a.parents, a.grad) == ("input", closure, (), 2.0)
    assert (copy.copy(a).op, copy.copy(a).local_gradient) == ("input", None)
    a.__init__(4.0)
    assert (a.op, a.local_gradient) == ("", None)


def test_a_gradient_of_zero_still_meets_a_pole():
    a = Value(0.0)
    (a.sqrt() * 0).backward()
    assert math.isnan(a.grad)  # 0 · inf, as in PyTorch


def recursive_order(root):
    order, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            for parent in node.parents:
                visit(parent)
            order.append(node)

    visit(root)
    return order


def test_topological_order_is_that_of_the_recursive_search():
    a, b = Value(1.0), Value(2.0)
    c = a * b
    root = (c + a) * (b - c).tanh() + autograd.sum([a, c, b, a])
    assert topological_order(root) == recursive_order(root)
    assert topological_order(root)[-1] is root
    assert topological_order(a) == [a]


def test_a_closure_sees_the_gradients_of_this_pass_alone():
    a, b = Value(2.0), Value(3.0)
    b.grad = 100.0
    seen = []

    def own(v):
        def local_gradient(gradient):
            seen.append(b.grad)
            b.grad = 0.0
            return (gradient,)

        return Value(v.data, (v,), "own", local_gradient)

    (own(a) * b).backward()
    assert seen == [2.0]
    assert (a.grad, b.grad) == (3.0, 100.0)
