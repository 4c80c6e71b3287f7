"""What a Value promises: its numbers, its operators, its words to mistakes, and that NumPy arrays may hold it."""

import copy
import gc
import math
import pickle
import weakref
from array import array
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import autograd
from autograd import Value, grad, gradients, log


@pytest.mark.parametrize("number", [2, 2.0, True, Fraction(1, 2), Decimal("0.5"), np.float64(2), np.int32(2)])
def test_data_is_always_a_float(number):
    v = Value(number)
    assert type(v.data) is float
    assert v.data == float(number)
    v.data = 1
    assert type(v.data) is float
    v.data = number
    assert type(v.data) is float
    v.grad = number
    assert type(v.grad) is float


@pytest.mark.parametrize("thing", ["2", [1, 2], None, 1j, np.array([1.0, 2.0]), np.complex128(1j), b"2", Value(1.0)])
def test_data_and_grad_that_are_no_real_numbers_are_refused_by_type(thing):
    name = type(thing).__name__
    with pytest.raises(TypeError, match=name):
        Value(thing)
    v = Value(1.0)
    with pytest.raises(TypeError, match=name):
        v.data = thing
    with pytest.raises(TypeError, match=name):
        v.grad = thing
    assert (v.data, v.grad) == (1.0, 0.0)


def test_a_leaf_and_a_result_record_what_they_are():
    a, b = Value(2.0, label="a"), Value(3.0)
    c = a * b
    assert (a.grad, a.label, a.op, a.parents, a.local_gradient) == (0.0, "a", "", (), None)
    assert (c.data, c.grad, c.label, c.op, c.parents) == (6.0, 0.0, "", "*", (a, b))


def test_a_plain_number_becomes_a_constant_without_gradient():
    a = Value(3.0)
    c = a * 2
    c.backward()
    assert [parent.op for parent in c.parents] == ["", "constant"]
    assert [parent.grad for parent in c.parents] == [2.0, 0.0]


def test_a_plain_number_among_many_operands_is_a_constant_too():
    a = Value(3.0)
    c = autograd.sum([a, 1.0])
    c.backward()
    assert [(parent.op, parent.grad) for parent in c.parents] == [("", 1.0), ("constant", 0.0)]


def test_a_number_beyond_all_floats_is_refused_in_words():
    for make in (lambda: Value(10**400), lambda: autograd.exp(10**400)):
        with pytest.raises(OverflowError, match="is beyond the largest float"):
            make()


def test_the_local_gradient_answers_floats_for_a_float_and_values_for_a_value():
    a, b = Value(2.0), Value(3.0)
    c = a * b
    assert tuple(c.local_gradient(10.0)) == (30.0, 20.0)
    contributions = c.local_gradient(Value(10.0))
    assert all(isinstance(contribution, Value) for contribution in contributions)
    assert [contribution.data for contribution in contributions] == [30.0, 20.0]


def test_an_operation_of_ones_own_is_a_value_with_its_own_closure():
    def cube(x):
        return Value(x.data**3, (x,), "cube", lambda gradient, at=x.data: (gradient * 3 * at**2,))

    a = Value(2.0)
    (cube(a) * a).backward()  # a⁴
    assert a.grad == 4 * 2.0**3


def test_parents_must_be_values():
    with pytest.raises(
        TypeError, match=r"parents must be a tuple of Values, \(a, b\), got \('a',\); write a name as label"
    ):
        Value(1.0, "a")
    with pytest.raises(TypeError, match=r"Values, \(a, b\), got Value\(data=2.0"):
        Value(1.0, Value(2.0))


@pytest.mark.parametrize("method", ["log", "sin", "tanh"])
def test_a_method_takes_no_further_operand(method):
    with pytest.raises(TypeError, match="argument"):
        getattr(Value(8.0), method)(Value(2.0))


def test_a_value_keeps_attributes_of_ones_own():
    """As micrograd's does: optimisers and notebooks keep their numbers there."""
    p = Value(1.0)
    with pytest.raises(AttributeError, match="m"):
        p.m  # noqa: B018
    p.m = 0.5
    p.m += 1
    assert (p.m, vars(p)) == (1.5, {"m": 1.5})
    assert not hasattr(Value(2.0), "m")
    (p * p).backward()
    assert (p.data, p.grad, p.m) == (1.0, 2.0, 1.5)
    for duplicate in (copy.copy(p), copy.deepcopy(p), pickle.loads(pickle.dumps(p))):
        assert (duplicate.data, duplicate.grad, duplicate.m) == (1.0, 2.0, 1.5)
        duplicate.m = 7.0
    assert p.m == 1.5
    own = Value(2.0, (p,), "own", lambda gradient: (gradient,))
    own.note = kept = lambda: None
    (p * 2).note = kept
    freed = weakref.ref(kept)
    del kept, own
    gc.collect()
    assert freed() is None
    del p.m
    assert not hasattr(p, "m")


def test_equality_and_hash_are_identity():
    a, b = Value(1.0), Value(1.0)
    assert a != b
    assert a == a
    assert len({a, b, a}) == 2
    assert b not in [a]


def test_a_plain_number_is_equal_to_the_data():
    v = Value(1.0)
    for number in (1.0, 1, True, np.float32(1), np.int64(1), Fraction(1), Decimal(1), 1 + 0j):
        assert v == number
        assert number == v
        assert not v != number  # noqa: SIM202
    for other in (2.0, 0, Fraction(1, 3), 2**53 + 1, Decimal("1.1"), 1j, "1", None, math.nan):
        assert v != other
        assert other != v
    assert Value(2.0**53) != 2**53 + 1
    assert v in (0, 1)
    assert Value(math.nan) != math.nan
    assert (np.array([v, Value(2.0)]) == 1.0).tolist() == [True, False]


def test_a_derivative_takes_the_branch_of_an_equality():
    def loss(p, y):
        return -log(p) if y == 1 else -log(1 - p)

    for y in (0.0, 1.0):
        right = grad(loss)(0.3, y)
        assert grad(lambda both: loss(*both))([0.3, y])[0] == right
        assert gradients(loss(p := Value(0.3), Value(y)), p) == right


def test_ordering_compares_data():
    a, b = Value(1.0), Value(2.0)
    assert a < b
    assert a <= 1
    assert 3 > b  # noqa: SIM300
    assert b >= a
    assert not a > 1.5
    assert [v.data for v in sorted([b, a])] == [1.0, 2.0]
    with pytest.raises(TypeError, match="Value' and 'str'"):
        a < "x"  # noqa: B015


def test_truth_is_that_of_the_data():
    assert Value(-0.5)
    assert not Value(0.0)


def test_formatting_shows_the_data():
    assert f"{Value(math.pi):.4f}" == "3.1416"
    assert f"{Value(2.0, label='a')}" == "Value(data=2.0, grad=0.0, label='a')"


@pytest.mark.parametrize("lose", [float, math.exp, complex, np.float64])
def test_a_value_is_never_turned_into_a_float_silently(lose):
    with pytest.raises(TypeError) as refusal:
        lose(Value(2.0))
    assert "v.data" in str(refusal.value)
    assert "autograd.exp" in str(refusal.value)


def test_plus_is_the_value_itself():
    a = Value(2.0)
    assert +a is a


@pytest.mark.parametrize("other", ["x", None, [1.0], 1j])
def test_an_operand_that_is_no_number_is_a_type_error_of_the_operator(other):
    for operate in (lambda x: Value(2) + x, lambda x: x * Value(2), lambda x: Value(2) ** x):
        with pytest.raises(TypeError, match="Value"):
            operate(other)


def test_a_function_says_which_operand_is_no_number():
    with pytest.raises(TypeError, match="'atan2' must be a real number, got str"):
        autograd.atan2(Value(1.0), "x")
    with pytest.raises(TypeError, match="'exp' must be a real number, got str"):
        autograd.exp("1")


def test_an_error_names_operation_operand_and_label():
    with pytest.raises(ValueError, match=r"'log' is not defined at x = 0\.0 \(labelled 'loss'\): it needs x > 0"):
        Value(0.0, label="loss").log()
    with pytest.raises(ZeroDivisionError, match=r"'/'.* x = 1\.0 \(labelled 'a'\), y = 0\.0 \(labelled 'b'\)"):
        Value(1.0, label="a") / Value(0.0, label="b")
    with pytest.raises(OverflowError, match=r"'exp' overflows at x = 1000\.0 \(labelled 'z'\)"):
        Value(1000, label="z").exp()
    with pytest.raises(ValueError, match=r"'\*\*' is not defined at x = -8\.0, y = 0\.5"):
        Value(-8.0) ** 0.5


# NumPy object arrays


def test_numpy_functions_work_on_arrays_of_values():
    x = np.array([Value(0.5), Value(-1.0)])
    assert [v.data for v in np.exp(x)] == [math.exp(0.5), math.exp(-1.0)]
    assert [v.data for v in np.tanh(x)] == [math.tanh(0.5), math.tanh(-1.0)]
    assert x.sum().data == -0.5
    assert (x @ x).data == 1.25
    assert x.mean().data == -0.25


def test_numpy_finds_the_functions_that_it_names_differently():
    x = np.array([Value(0.5), Value(-0.25)])
    assert [v.data for v in np.arctan(x)] == [math.atan(0.5), math.atan(-0.25)]
    assert [v.data for v in np.arcsin(x)] == [math.asin(0.5), math.asin(-0.25)]
    assert np.var(x).data == 0.140625
    assert [v.data for v in np.rint(np.array([Value(1.5), Value(-2.5)]))] == [2.0, -2.0]


def test_gradients_flow_through_numpy_expressions():
    x = np.array([Value(0.5), Value(-1.0), Value(2.0)])
    weights = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    (weights @ x).sum().backward()
    assert [v.grad for v in x] == [5.0, 7.0, 9.0]


@pytest.mark.parametrize("number", [np.float64(3), np.float32(3), np.int64(3)])
def test_numpy_numbers_work_on_either_side(number):
    a = Value(2.0)
    for product in (a * number, number * a):
        assert isinstance(product, Value)
        assert product.data == 6.0


def test_a_value_times_an_array_is_an_array_of_values():
    a = Value(2.0)
    for products in (a * np.array([1.0, 3.0]), np.array([1.0, 3.0]) * a):
        assert [v.data for v in products] == [2.0, 6.0]


def test_a_row_of_weights_is_read_anew_after_any_change():
    w, x = [Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]

    def products():
        with_bias = autograd.linear([w], x, [Value(0.0)])[0]
        assert with_bias.data == autograd.dot(w, x).data
        return with_bias.data

    assert products() == 11.0
    w[1].data = 5.0
    assert products() == 23.0
    w[1] = Value(6.0)
    assert products() == 27.0
    w[0].__init__(2.0)
    assert products() == 30.0
    w[1].grad = 1.0
    autograd.descend(w, array("d", [0.0, 0.0]), lr=1.0)
    assert products() == 26.0
    w.append(Value(1.0))
    x.append(Value(1.0))
    assert products() == 27.0
    assert autograd.dot(w, w).data == 2.0**2 + 5.0**2 + 1.0


def test_a_row_with_values_that_come_and_go_is_read_anew():
    w = Value(0.5)

    def product(x):
        passing = Value(x)
        return autograd.dot([w, passing], [1.0, 1.0]).data

    assert [product(float(x)) for x in range(6)] == [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]

    def layer(x):
        hidden = w * x
        return autograd.linear([[w, hidden]], [1.0, 1.0])[0].data

    assert [layer(float(x)) for x in range(6)] == [0.5, 1.0, 1.5, 2.0, 2.5, 3.0]


@pytest.mark.parametrize("name", ["backward", "exp", "relu", "detach", "__format__", "sin"])
def test_an_unbound_method_checks_what_it_is_given(name):
    with pytest.raises((TypeError, AttributeError)):
        getattr(Value, name)(2.0, *[".3f"] * (name == "__format__"))


def test_comparisons_are_exact():
    assert Value(2.0**53) < 2**53 + 1
    assert Value(0.1) > Fraction(1, 10)
    assert Value(1.0) < 10**400


@pytest.mark.parametrize("slots", [{}, {"__slots__": ("extra",)}])
def test_a_subclass_of_value_behaves_as_a_value(slots):
    subclass = type("Own", (Value,), slots)
    a, b = subclass(2.0), Value(3.0)
    a.extra = "more"
    (a * b + autograd.dot([a, b], [b, a])).backward()
    assert (a.grad, b.grad) == (9.0, 6.0)
    own = subclass(4.0, (a,), "own", lambda gradient: (2 * gradient,))
    own.backward()
    assert (a.grad, own.op, own.parents) == (11.0, "own", (a,))
    watched = weakref.ref(a)
    del a, own
    assert watched() is None


def test_a_class_explains_itself():
    assert Value.__doc__.startswith("A number that remembers how it was computed.")
