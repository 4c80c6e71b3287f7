"""Plain numbers among the arguments behave as plain numbers: what is asked of them is a guard, right, or refused."""

import copy
import ctypes
import functools
import inspect
import math
import operator
import shutil
import subprocess
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import autograd
import nn
from autograd import CannotCompile, Value, log, tanh

TABLE = {0.0: 10.0, 1.0: 20.0, 2.0: 30.0}


class Kind:
    """What a match looks into."""


class Near:
    """What compares numbers in its own way."""

    def __init__(self, number):
        self.number = number

    def __eq__(self, other):
        return abs(self.number - other) < 0.1

    __hash__ = None


def matched(x):
    match x:
        case 0:
            return x + 1.0
        case 1:
            return x + 5.0
        case _:
            return x * 7.0


def by_type(x):
    return x * 2.0 if isinstance(x, float) else x * 3.0


def by_exact_type(x):
    return x * 2.0 if type(x) is float else x * 3.0


def by_identity(x, y=None):
    return x * (2.0 if x.__class__ is float else 3.0)


def in_a_set(x):
    return x * (2.0 if x in {0.0, 1.0} else 3.0)


def first_place(x):
    return x * [0.0, 1.0, 2.0].index(x) + x


ASKED = {
    "==": lambda x: x * 2.0 if x == 1 else x * 3.0,
    "!=": lambda x: x * 2.0 if x != 1 else x * 3.0,
    "== from the right": lambda x: x * 2.0 if x == 1 else x * 3.0,
    "== of what was computed": lambda x: x * 2.0 if x * 2 == 2 else x * 3.0,
    "== of two": lambda x: x * 2.0 if x * x == x else x * 3.0,
    "in a tuple": lambda x: x * 2.0 if x in (0, 1) else x * 3.0,
    "in a list": lambda x: x * 2.0 if x in [1.0] else x * 3.0,
    "in a set": in_a_set,
    "in a range": lambda x: x * 2.0 if x in range(2) else x * 3.0,
    "a key": lambda x: x * TABLE[x],
    "a key with a default": lambda x: x * TABLE.get(x, 5.0) + x,
    "its place": first_place,
    "counted": lambda x: x * [1.0, 1.0, 0.0].count(x) + 1.0 * x,
    "match": matched,
    "as a bool": lambda x: x * 2.0 if bool(x) else x + 3.0,
    "not": lambda x: x + 3.0 if not x else x * 2.0,
    "and": lambda x: (x and 2.0) * 1.0 + x,
    "as a text": lambda x: x * len(f"{x:.3f}") + float(f"{x:.1f}"),
    "as its own text": lambda x: x * 1.0 if repr(x).count("2") else x * 2.0,
    "the hash": lambda x: x * float(hash(x)) + x,
    "with an int beyond 2**53": lambda x: x * 2.0 if x + 2.0**53 == 2**53 + 1 else x * 3.0,
    "with a fraction": lambda x: x * 2.0 if x == Fraction(1, 3) else x * 3.0,
    "with a decimal": lambda x: x * 2.0 if x == Decimal("0.1") else x * 3.0,
    "with a complex number": lambda x: x * 2.0 if x == 1 + 0j else x * 3.0,
    "with what compares in its own way": lambda x: x * 2.0 if x == Near(1.05) else x * 3.0,
    "with a text": lambda x: x * 2.0 if x == "1" else x * 3.0,
    "with None": lambda x: x * 2.0 if x == None else x * 3.0,  # noqa: E711
    "with nan": lambda x: x * 2.0 if x != x else x * 3.0,
    "a type": by_type,
    "the exact type": by_exact_type,
    "the class": by_identity,
    "int": lambda x: x * int(x) + x,
    "round": lambda x: x * round(x) + x,
    "%": lambda x: x * (x % 2) + x,
    "//": lambda x: x * (x // 2) + x,
    "divmod": lambda x: x * divmod(x, 2)[1] + x,
    "math.floor": lambda x: x * math.floor(x) + x,
    "math.isnan": lambda x: x * (1 if math.isnan(x) else 2),
    "float": lambda x: x * float(x) + x,
    "np.float64": lambda x: x * np.float64(x) + x,
    "%f": lambda x: x * float("%f" % x) + x,  # noqa: UP031
    "a text": lambda x: x * len(f"{x}"),
    "repr": lambda x: x * len(repr(x * 2.0)),
    "a text of a list": lambda x: x * len(f"{[x, 1.0]}"),
    "a range": lambda x: sum(x * k for k in range(int(x) + 1)) + x,
    "is_integer": lambda x: x * 2.0 if x.is_integer() else x * 3.0,
    "a copy": lambda x: x * copy.copy(x),
    "a deep copy": lambda x: x * copy.deepcopy(x),
    "an array of floats": lambda x: x * np.array([x, 1.0], dtype=float)[0] + x,
}


@pytest.mark.parametrize("name", ASKED)
def test_what_is_asked_of_a_plain_number(name) -> None:
    function = ASKED[name]
    compiled = autograd.compile(function)
    for x in (1.0, 0.0, 2.0, 1.0, 0.1, 1 / 3, 2.0, -0.0, 0.0):
        try:
            expected = function(x)
        except (KeyError, ValueError) as error:
            with pytest.raises(type(error)):
                compiled(x)
            continue
        try:
            found = compiled(x)
        except CannotCompile:
            continue
        number = found.data if isinstance(found, Value) else found
        assert number == expected, (name, x)
        if name not in ("%", "//", "divmod"):  # which give the zeros of Values another sign, eagerly too
            assert math.copysign(1.0, number) == math.copysign(1.0, expected), (name, x)


@pytest.mark.parametrize("name", ["==", "in a tuple", "a key", "match", "as a bool", "== of what was computed"])
def test_rows_are_grouped_by_what_comes_out(name) -> None:
    function = ASKED[name]
    xs = [1.0, 0.0, 2.0, 2.0, 1.0, 0.0, 2.0]
    w = Value(3.0)
    compiled = autograd.compile(lambda x: w * function(x) + w * w)
    expected = [3.0 * function(x) + 9.0 for x in xs]
    slopes = [function(x) + 6.0 for x in xs]
    for rows in (xs, [int(x) for x in xs], np.array(xs), np.array(xs).astype(int)):
        with autograd.no_grad():
            assert [x.data for x in compiled.map(rows, reduction="none")] == pytest.approx(expected)
        for reduction, n in (("mean", len(xs)), ("sum", 1)):
            w.grad = 0.0
            result = compiled.map(rows, reduction=reduction)
            assert result.data == pytest.approx(sum(expected) / n)
            result.backward()
            assert w.grad == pytest.approx(sum(slopes) / n)
            w.grad = 0.0
            assert compiled.map.value_and_grad(rows, reduction=reduction) == pytest.approx(sum(expected) / n)
            assert w.grad == pytest.approx(sum(slopes) / n)
    assert compiled.statistics["recordings"] <= 3


def test_fit_with_labels_that_are_compared_trains_the_right_loss() -> None:
    def loss(p, y):
        return -log(p) if y == 1 else -log(1 - p)

    def trained(**how):
        import random

        model = nn.MLP(2, [4, 1], "tanh", rng=random.Random(0))
        points = [[math.cos(k), math.sin(3 * k)] for k in range(24)]
        labels = [int(x * y > 0) for x, y in points]
        optimizer = nn.optim.SGD(model.parameters(), lr=0.5)
        step = autograd.compile(lambda x, y: loss(autograd.sigmoid(model(x)), y))
        losses = []
        for _ in range(20):
            if how["compiled"]:
                losses.append(step.map.update(optimizer, points, labels))
            else:
                optimizer.zero_grad()
                whole = autograd.mean([loss(autograd.sigmoid(model(x)), y) for x, y in zip(points, labels)])
                whole.backward()
                optimizer.step()
                losses.append(whole.data)
        return losses

    assert trained(compiled=True) == pytest.approx(trained(compiled=False), rel=1e-9)


def test_values_are_equal_to_themselves_alone_as_ever() -> None:
    w = Value(1.0)
    among = autograd.compile(lambda x: x * (2.0 if w in [Value(1.0), w] else 3.0))
    assert among(1.0).data == 2.0
    same = autograd.compile(lambda a, b: a * b if a == b else a + b)
    with pytest.raises(CannotCompile, match="the same Value"):
        same(Value(1.0), Value(2.0))
    assert same(3.0, 3.0).data == 9.0
    assert same(3.0, 4.0).data == 7.0


EXACT = [
    Fraction(1, 3),
    Fraction(10**20, 3),
    2**53 + 1,
    -(2**53) - 1,
    10**400,
    -(10**400),
    np.float64(0.1),
    np.int64(2**62 + 1),
    np.float32(0.1),
    np.float32(0.0),
    np.float16(3.0),
    np.float32(3.4e38),
]


@pytest.mark.parametrize("right", EXACT, ids=str)
def test_guards_compare_exactly(right) -> None:
    near = float(right if isinstance(right, np.generic) else max(-1e308, min(1e308, right)))
    points = [near, math.nextafter(near, math.inf), math.nextafter(near, -math.inf), 0.0, 1.0, -1.0]
    points += [0.1, near * 1.0002, near * 0.9998]
    for function in (
        lambda x: x * 2 if x < right else x * 3,
        lambda x: x * 2 if x <= right else x * 3,
        lambda x: x * 2 if x > right else x * 3,
        lambda x: x * 2 if x >= right else x * 3,
        lambda x: x * 2 if right < x else x * 3,
        lambda x: x * 2 if x == right else x * 3,
        lambda x: x * 2 if x != right else x * 3,
    ):
        compiled = autograd.compile(function)
        for first in points:
            compiled(first)
        for x in points * 2:
            assert compiled(x).data == function(x)


def test_what_can_be_asked_of_nodes_is_refused() -> None:
    w = Value(0.5, label="w")
    for function, says in (
        (lambda x: x * len(x.parents), "the parents of a Value"),
        (lambda x: x * tanh(x).local_gradient(1.0)[0], "the local_gradient of a Value"),
        (lambda x: x * (2.0 if tanh(x).op == "tanh" else 3.0), "the op of a Value"),
        (lambda x: x * (2.0 if x.label == "x" else 3.0), "the label of a Value"),
        (lambda x: x * copy.copy(x), "copies a Value"),
    ):
        with pytest.raises(CannotCompile, match=says):
            autograd.compile(function)(1.0)
    compiled = autograd.compile(lambda x: x * (2.0 if w.label == "w" else 3.0))
    assert compiled(1.0).data == 2.0
    w.label = "v"
    assert compiled(1.0).data == 3.0


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no C compiler")
def test_a_guard_is_as_exact_in_c(tmp_path) -> None:
    right = Fraction(1, 3)
    compiled = autograd.compile(lambda x: x * 2 if x < right else x * 3)
    for k, recorded in enumerate((1 / 3, math.nextafter(1 / 3, 1.0))):
        file = tmp_path / f"{k}.c"
        file.write_text(compiled.to_c(recorded, name="f"))
        subprocess.run(["gcc", "-shared", "-fPIC", "-o", file.with_suffix(".so"), file, "-lm"], check=True)
        f = ctypes.CDLL(str(file.with_suffix(".so"))).f_value
        outputs, work = (ctypes.c_double * 1)(), (ctypes.c_double * 100)()
        for x in (1 / 3, math.nextafter(1 / 3, 1.0), math.nextafter(1 / 3, 0.0), 0.5, 0.0):
            as_recorded = (x < right) == (recorded < right)
            status = f((ctypes.c_double * 1)(), (ctypes.c_double * 1)(x), outputs, work)
            assert status == (0 if as_recorded else 1)
            assert not as_recorded or outputs[0] == (x * 2 if x < right else x * 3)


@pytest.mark.parametrize("compare", [operator.lt, operator.le, operator.gt, operator.ge])
def test_values_are_ordered_with_decimals_as_floats_are(compare):
    tenth = Decimal("0.1")
    compiled = autograd.compile(lambda x: x * 2 if compare(x, tenth) else x * 3)
    for x in (0.1, 0.09999999999999999, 0.10000000000000002, 1.0, -1.0):
        assert compare(Value(x), tenth) == compare(x, tenth)
        assert compare(tenth, Value(x)) == compare(tenth, x)
        assert compiled(x).data == (x * 2 if compare(x, tenth) else x * 3)


@pytest.mark.parametrize("transform", ["grad", "jvp", "taylor", "hessian"])
def test_derivatives_at_a_constant_can_be_compiled(transform):
    inner = {
        "grad": lambda x: autograd.grad(lambda t: t * t * x)(0.5) + autograd.grad(lambda t: t * t)(3.0),
        "jvp": lambda x: autograd.jvp(lambda t: t**3 * x, (0.5,), (1.0,))[1],
        "taylor": lambda x: autograd.taylor(lambda t: t**3 * x, 0.5, 2)[2],
        "hessian": lambda x: autograd.hessian(lambda v: v[0] ** 2 * v[1] * x)([0.5, 1.0])[0][1],
    }[transform]
    right = {"grad": lambda x: x + 6, "jvp": lambda x: 0.75 * x, "taylor": lambda x: 1.5 * x, "hessian": lambda x: x}
    compiled = autograd.compile(inner)
    for x in (0.7, 1.3):
        assert compiled(x).data == pytest.approx(right[transform](x))


@autograd.custom_derivative(lambda out, x, y: (2 * x * y, x * x))
def square_times(x, y):
    return x * x * y


def test_an_operation_of_your_own_beside_a_constant_can_be_differentiated_and_compiled():
    f = lambda x: square_times(0.5, x) * square_times(x, 0.5)  # noqa: E731  # x³ / 8
    for x in (0.7, 1.3):
        assert autograd.compile(autograd.grad(f))(x).data == pytest.approx(3 / 8 * x**2)
        assert autograd.compile(autograd.grad(autograd.grad(f)))(x).data == pytest.approx(3 / 4 * x)


SAME = {
    "==": lambda x, y, z: autograd.exp(-z) + (1.0 if x == y else 2.0),
    "!=": lambda x, y, z: autograd.exp(-z) + (2.0 if x != y else 1.0),
    "in": lambda x, y, z: autograd.exp(-z) + (1.0 if x in (y, 5.0) else 2.0),
    "a key": lambda x, y, z: autograd.exp(-z) + {1.0: 1.0, 2.0: 3.0}[x],
    "a set": lambda x, y, z: autograd.exp(-z) + (1.0 if x in {y, 5.0} else 2.0),
    "index": lambda x, y, z: autograd.exp(-z) + [y, 2.0, 3.0].index(x),
    "a text": lambda x, y, z: autograd.exp(-z) + len(f"{x}"),
    "nan": lambda x, y, z: autograd.exp(-z) + (z if z == z else 4.0) * 0.0,
}


@pytest.mark.parametrize("name", SAME)
def test_where_a_number_is_not_finite_the_function_itself_still_sees_plain_numbers(name) -> None:
    function = SAME[name]
    rows = [(1.0, 1.0, 0.5), (1.0, 1.0, math.inf), (2.0, 1.0, math.inf), (1.0, 1.0, math.nan)]
    compiled = autograd.compile(function)
    for row in rows:
        expected, found = function(*row), compiled(*row).data
        assert found == expected or (math.isnan(found) and math.isnan(expected)), row
    expected, columns = [function(*row) for row in rows[:3]], zip(*rows[:3])
    found = [x.data for x in compiled.map(*map(list, columns), reduction="none")]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.filterwarnings("ignore:f was recorded 64 times")
def test_after_too_many_changes_the_function_itself_still_sees_plain_numbers() -> None:
    factors = [0.0]

    def f(x, y):
        return x * factors[0] if x == y else -x

    compiled = autograd.compile(f)
    for k in range(70):
        factors[0] = float(k)
        assert compiled(2.0, 2.0).data == 2.0 * k
    with autograd.no_grad():
        assert not compiled(Value(2.0), 2.0).parents


@pytest.mark.parametrize(
    "function",
    [
        lambda x, y, z: x**3 if y == z else x**2,
        lambda x, y, z: x**3 if y in {z: 0} else x**2,
        lambda x, y, z: x ** {1.0: 3, 2.0: 2}[y],
    ],
)
def test_a_second_derivative_takes_the_branch_that_plain_numbers_chose(function) -> None:
    compiled, w = autograd.compile(function), Value(2.0)
    for y, right in ((1.0, 6 * 2.0), (2.0, 2.0)):
        (slope,) = autograd.gradients(compiled(w, y, 1.0), [w], create_graph=True)
        assert autograd.gradients(slope, w) == right
    rows = autograd.compile(lambda y, z: function(w, y, z))
    (slope,) = autograd.gradients(rows.map([1.0, 2.0], [1.0, 1.0], reduction="sum"), [w], create_graph=True)
    assert autograd.gradients(slope, w) == 6 * 2.0 + 2.0


def test_a_number_is_not_taken_for_a_value_by_singledispatch() -> None:
    @functools.singledispatch
    def kind(x):
        return x * 2.0

    kind.register(Value)(lambda x: x * 5.0)
    with pytest.raises(CannotCompile, match="ask for their types"):
        autograd.compile(lambda x: kind(x))(1.0)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * x.rate,
        lambda x: x * getattr(x, "rate", 1.0),
        lambda x: x * (2.0 if hasattr(x, "rate") else 3.0),
        lambda x: x * vars(x).get("rate", 1.0),
        lambda x: x * getattr(x, "".join(["ra", "te"]), 1.0),
        lambda x: x * len(x.__dict__),
    ],
)
def test_an_attribute_that_was_given_to_an_argument_is_not_lost(function) -> None:
    x = Value(2.0)
    x.rate = 4.0
    with pytest.raises(CannotCompile, match="asks for 'rate', an attribute that you gave to an argument"):
        autograd.compile(function)(x)
    with pytest.raises(CannotCompile, match="asks for 'rate'"):
        autograd.compile(lambda xs: function(xs[0]))([x])
    assert autograd.compile(lambda y: y * function(x))(1.0).data == function(x).data  # from outside it is watched
    assert autograd.compile(lambda y: y * y)(x).data == 4.0


RATE = "rate"


def or_without(x):
    try:
        return x * x.rate
    except AttributeError:
        return x * 1.0


def without_saying(x):
    try:
        return x * x.rate
    except:  # noqa: E722
        return x * 1.0


def by_pattern(x):
    match x:
        case object(rate=rate):
            return x * rate
        case _:
            return x * 1.0


read, has = getattr, hasattr
ASKING_LATER = [
    lambda x: x * getattr(x, "rate", 1.0),
    lambda x: x * (2.0 if hasattr(x, "rate") else 3.0),
    lambda x: x * getattr(x, RATE, 1.0),
    lambda x: x * (operator.attrgetter("rate")(x) if hasattr(x, "rate") else 1.0),
    lambda x: x * getattr(x, "".join(["ra", "te"]), 1.0),
    lambda x: x * read(x, "rate", 1.0),
    lambda x: x * (2.0 if has(x, "rate") else 3.0),
    lambda x: x * sum(map(getattr, [x], ["".join(["ra", "te"])], [1.0])),
    lambda x: x * vars(x).get("".join(["ra", "te"]), 1.0),
    lambda x: x * (1.0 + len(x.__dict__)),
    lambda x: x * (2.0 if "".join(["ra", "te"]) in dir(x) else 3.0),
    lambda x: x * inspect.getattr_static(x, "rate", 1.0),
    or_without,
    without_saying,
    by_pattern,
]


@pytest.mark.parametrize("first", [2.0, Value(2.0)])
@pytest.mark.parametrize("function", ASKING_LATER)
def test_an_attribute_that_only_a_later_argument_has_is_not_lost(function, first) -> None:
    compiled, x = autograd.compile(function), Value(2.0)
    assert compiled(first).data == compiled(first).data == function(Value(2.0)).data
    x.rate = 4.0
    for call in (compiled, compiled.value_and_grad):
        with pytest.raises(CannotCompile, match="asks for 'rate', an attribute that you gave to an argument"):
            call(x)
    assert compiled(first).data == function(Value(2.0)).data


TANH = "tanh"


@pytest.mark.skipif(autograd.engine_name == "python", reason="the textbook engine calls nothing at once")
def test_plain_numbers_have_no_attributes_that_keep_a_function_from_being_called_at_once(monkeypatch) -> None:
    compiled = autograd.compile(lambda x: getattr(autograd, TANH)(x))
    assert compiled(Value(2.0)).data == compiled(2.0).data == math.tanh(2.0)
    monkeypatch.setattr(autograd.compiling.compiler.Compiled, "_call", None)
    assert compiled(0.5).data == math.tanh(0.5)


def test_an_attribute_is_looked_for_at_the_first_call_as_at_later_ones() -> None:
    x = Value(2.0)
    x.rate = 4.0
    with pytest.raises(CannotCompile, match="asks for 'rate', an attribute that you gave to an argument"):
        autograd.compile(lambda x: x * getattr(x, RATE.lower(), 1.0))(x)
    assert autograd.compile(lambda x: getattr(autograd, TANH)(x))(x).data == math.tanh(2.0)


@pytest.mark.parametrize("function", ASKING_LATER)
def test_an_attribute_that_only_a_later_row_has_is_not_lost(function) -> None:
    for column in (list, np.array):
        over_rows, rows = autograd.compile(function).map, [Value(2.0 + i) for i in range(5)]
        plain = sum(function(x).data for x in rows) / 5
        assert math.isclose(over_rows(column(rows)).data, plain)
        rows[3].rate = 4.0
        for each in (over_rows, autograd.compile(function).map):  # known, and new
            for call in (each, each.value_and_grad):
                with pytest.raises(CannotCompile, match="asks for 'rate', an attribute that you gave to an argument"):
                    call(column(rows))


def test_who_asks_others_than_its_arguments_stays_as_quick() -> None:
    model = nn.MLP(1, [1], "tanh")
    compiled = autograd.compile(lambda x: model([x]) * getattr(model, "rate", 1.0))
    other = Value(2.0)
    other.rate = 4.0
    assert compiled(Value(2.0)).data == compiled(other).data == model([2.0]).data  # which asks the model alone
