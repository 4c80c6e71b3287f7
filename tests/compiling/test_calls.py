"""Calls a compiled function again and again: the short way to the result is the same as the function itself."""

import gc
import inspect

import pytest

import autograd
from autograd import Value, compile, gradients, no_grad, relu, tanh
from nn import MLP

W, B = Value(0.5), Value(-0.25)


def gradients_of(function, *args):
    """The result, and the gradients that its backward() gives to the leaves, which are put back."""
    leaves = [x for x in (*args, W, B) if isinstance(x, Value)]
    for x in leaves:
        x.grad = 0.0
    result = function(*args)
    result.backward()
    return result.data, [x.grad for x in leaves]


def agree(function, *args):
    """Whether a compiled function does what it does by itself, at the first call and at later ones."""
    compiled = compile(function)
    expected = gradients_of(function, *args)
    for _ in range(3):
        found = gradients_of(compiled, *args)
        assert found[0] == pytest.approx(expected[0], rel=1e-14)
        assert found[1] == pytest.approx(expected[1], rel=1e-14)
    for x in (W, B):
        x.grad = 0.0
    assert compiled.value_and_grad(*args) == pytest.approx(expected[0], rel=1e-14)
    return compiled


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (lambda x: x * W + B, (2.0,)),
        (lambda x: x * x, (Value(3.0),)),
        (lambda x, y: tanh(x * y) + x * W, (Value(3.0), Value(-1.0))),
        (lambda xs, y: (xs[0] * W + xs[1]) * y, ([1.0, 2.0], 3.0)),
        (lambda xs, y: (xs[0] * W + xs[1]) * y, ([Value(1.0), Value(2.0)], Value(3.0))),
        (lambda xs, n: sum(xs) ** n * W, ((1.0, Value(2.0)), 2)),
        (lambda points, sign: autograd.sum([x * W - y for x, y in points]) * sign, ([(1.0, 2.0), (3.0, 4.0)], 1.0)),
        (lambda x, kind: tanh(x * W) if kind == "tanh" else x * W, (0.5, "tanh")),
        (lambda x, y: x * W if y is None else y * W, (0.5, None)),
        (lambda x: x["a"] * W + x["b"], ({"a": 1.0, "b": Value(2.0)},)),
        (lambda x, y: x["a"]["c"][0] * W - x["b"][1] * y, ({"b": (1.0, Value(2.0)), "a": {"c": [Value(3.0)]}}, 4.0)),
        (lambda x, y: x[1] * W if not y else x[1] * B, ([Value(5.0), 3.0, "kind"], {})),
        (lambda x: x[0] * x[1] + x[2]["a"] * W, ([V := Value(1.5), V, {"a": V}],)),
        (lambda x: x[2] * W + x["b"], ({2: 1.0, "b": Value(2.0)},)),
    ],
)
def test_a_call_is_that_of_the_function(function, args) -> None:
    agree(function, *args)


def test_arguments_of_another_shape_are_not_taken_for_those_before() -> None:
    f = compile(lambda x, y: x * W + y)
    for args in ((1.0, 2.0), (Value(1.0), 2.0), (1.0, 2), (1.0, Value(2.0)), (1.0, 2.0), (1.0, True), (1.0, 3)):
        expected = args[0] * W + args[1]
        for _ in range(2):
            assert f(*args).data == expected.data
    g = compile(lambda xs: xs[0] * W + xs[-1])
    for xs in ([1.0, 2.0], [1.0, 2.0, 3.0], (1.0, 2.0), [Value(1.0), 2.0], [1.0, Value(2.0)]):
        for _ in range(2):
            assert g(xs).data == (xs[0] * W + xs[-1]).data


def test_dicts_are_the_same_arguments_if_their_keys_and_values_are_in_type_and_order() -> None:
    def by_keys(d):
        first, *others = d
        return d[first] * W + sum(d[each] for each in others)

    class Named(dict):  # type: ignore[type-arg]
        pass

    f = compile(by_keys)
    a, b = "ab", "".join(["a", "b"])  # equal keys that are not the same object
    for d in (
        {a: 1.0, "c": Value(2.0)},
        {b: 3.0, "c": Value(4.0)},
        {"c": Value(2.0), a: 1.0},
        {a: Value(1.0), "c": Value(2.0)},
        {"other": 1.0, "c": Value(2.0)},
        {a: 1.0, "c": Value(2.0), "d": 5.0},
        {a: 1.0},
        {1: 1.0, "c": Value(2.0)},
        Named({a: 1.5, "c": Value(2.0)}),
        {a: 6.0, "c": Value(4.0)},
    ):
        for _ in range(2):
            assert f(d).data == by_keys(d).data


def test_what_becomes_of_a_container_after_the_call_is_not_seen_by_backward() -> None:
    f = compile(lambda xs, d: xs[0] * xs[1] * d["a"] * W)
    x, y = Value(3.0), Value(4.0)
    for change in (lambda xs, d: xs.clear(), lambda xs, d: xs.__setitem__(0, y), lambda xs, d: d.update(a=x, b=1.0)):
        f([x, 2.0], {"a": y})
        xs, d = [x, 2.0], {"a": y}
        result = f(xs, d)
        change(xs, d)
        x.grad = y.grad = W.grad = 0.0
        result.backward()
        assert (x.grad, y.grad, W.grad) == (2.0 * 4.0 * 0.5, 3.0 * 2.0 * 0.5, 24.0)
        assert result.parents == (W, x, y)
        assert result.local_gradient(1.0) == [24.0, 4.0, 3.0]


class Meddler:
    """Does something at one of the times when its hash is asked for."""

    act, asked, at = staticmethod(lambda: None), 0, 2  # at first the arguments are read, then a recording is looked for

    def __hash__(self) -> int:
        Meddler.asked += 1
        if Meddler.asked == Meddler.at:
            Meddler.act()
        return 1


@pytest.mark.parametrize(
    "change",
    [
        lambda xs: xs.clear(),
        lambda xs: xs.pop(0),
        lambda xs: xs.append(5.0),
        lambda xs: xs.insert(0, 5.0),
        lambda xs: xs.__setitem__(2, 7),
        lambda xs: xs.__setitem__(1, [1.0]),
    ],
)
def test_arguments_that_change_while_a_function_is_recorded_are_refused(change, monkeypatch) -> None:
    def f(xs):
        return autograd.sum([x * W for x in xs if isinstance(x, (float, int, Value))])

    compiled = compile(f)
    xs = [1.0, 2.0, 3, Meddler()]
    monkeypatch.setattr(Meddler, "asked", 0)
    monkeypatch.setattr(Meddler, "act", staticmethod(lambda: change(xs)))
    with pytest.raises(RuntimeError, match=r"arguments of f changed while it was recorded|more numbers now than when"):
        compiled(xs)
    for _ in range(3):
        for given in ([1.0, 2.0, 3, Meddler()], [1.0, 2.0, 3], xs):
            assert (compiled(given) + Value(0.0)).data == (f(given) + Value(0.0)).data


@pytest.mark.parametrize("at", range(1, 7))
def test_what_changes_in_the_middle_of_a_call_counts_from_the_next_on(at, monkeypatch) -> None:
    scales, xs = [Value(2.0)], [1.0, Meddler()]

    def f(xs):
        return xs[0] * scales[0]

    def change():
        scales[0] = Value(1.5)
        assert compiled(xs).data == 1.5

    compiled = compile(f)
    monkeypatch.setattr(Meddler, "asked", 0)
    monkeypatch.setattr(Meddler, "at", at)
    monkeypatch.setattr(Meddler, "act", staticmethod(change))
    first = compiled(xs).data
    assert first in (2.0, 1.5)
    for _ in range(3):
        assert compiled(xs).data == 1.5 or Meddler.asked < at
        assert compiled.value_and_grad(xs) == 1.5 or Meddler.asked < at


def test_both_ways_of_a_comparison_are_kept_and_counted() -> None:
    f = compile(lambda x: x * W if x > 0 else x * B)
    for x in (1.0, -1.0, 2.0, -2.0, 3.0, 4.0, -3.0):
        assert f(x).data == (x * W if x > 0 else x * B).data
        assert f.value_and_grad(x) == f(x).data
    assert f.statistics["recordings"] == 2


def test_what_comes_after_the_call_goes_on_from_it() -> None:
    f = compile(lambda x: tanh(x * W))
    x = Value(0.75)
    f(x)
    for _ in range(2):
        W.grad = x.grad = 0.0
        (f(x) * f(x) + 2 * f(0.5)).backward()
        found = W.grad, x.grad
        W.grad = x.grad = 0.0
        (tanh(x * W) * tanh(x * W) + 2 * tanh(0.5 * W)).backward()
        assert found == pytest.approx((W.grad, x.grad), rel=1e-14)
    y = x * 2.0  # an argument that was computed
    W.grad = x.grad = 0.0
    f(y).backward()
    assert x.grad == pytest.approx(2 * W.data * (1 - f(y).data ** 2), rel=1e-14)


def test_derivatives_of_derivatives_of_a_later_call() -> None:
    f = compile(lambda x, y: x**3 * y)
    f(Value(1.0), 1.0)
    x = Value(2.0)
    (slope,) = gradients(f(x, 3.0), [x], create_graph=True)
    (curvature,) = gradients(slope, [x])
    assert (slope.data, curvature) == (36.0, 36.0)
    g = compile(lambda xs: xs[0] ** 2 * xs[1])
    xs = [Value(3.0), 5.0]
    g(xs)
    result = g(xs)
    (slope,) = gradients(result, [xs[0]], create_graph=True)
    assert slope.data == 30.0


def test_nothing_is_recorded_within_no_grad() -> None:
    f = compile(lambda x: x * W)
    f(1.0)
    with no_grad():
        assert f(2.0).parents == ()
    assert f(2.0).parents == (W,)
    assert f(2.0).op == f.name


def test_a_change_of_an_attribute_is_seen_however_python_stores_it() -> None:
    class Scale:
        def __init__(self) -> None:
            self.factor = 1.0

    scale = Scale()
    f = compile(lambda x: x * scale.factor)
    for k in range(40):  # Python writes an attribute in a quicker way after some times
        scale.factor = 2.0 if k % 8 == 0 else scale.factor
        scale.other = k
        if k % 8 == 7:
            scale.factor = float(k)
        assert f(3.0).data == 3.0 * scale.factor


def test_a_model_is_followed_when_its_parts_are_replaced() -> None:
    model = MLP(2, [4, 1])
    f = compile(lambda x: relu(model(x)))
    for _ in range(3):
        assert f([1.0, 2.0]).data == pytest.approx(relu(model([1.0, 2.0])).data, rel=1e-12)
    model.layers[0].neurons[1].w[0] = Value(5.0)
    assert f([1.0, 2.0]).data == pytest.approx(relu(model([1.0, 2.0])).data, rel=1e-12)
    model.layers[1].neurons[0].b = Value(7.0)
    assert f([1.0, 2.0]).data == pytest.approx(relu(model([1.0, 2.0])).data, rel=1e-12)


def test_what_is_not_finite_is_the_error_of_the_function() -> None:
    f = compile(lambda x: W / x)
    f(1.0)
    with pytest.raises(ZeroDivisionError):
        f(0.0)
    with pytest.raises(ZeroDivisionError):
        f.value_and_grad(0.0)
    assert f(2.0).data == 0.25


def test_a_result_outlives_the_compiled_function() -> None:
    f = compile(lambda x: x * W)
    f(1.0)
    result = f(3.0)
    del f
    gc.collect()
    W.grad = 0.0
    result.backward()
    assert W.grad == 3.0


def test_a_local_gradient_outlives_its_result() -> None:
    f = compile(lambda x, y, z: x * y + z * W)
    x, z = Value(3.0), Value(4.0)
    f(x, 2.0, z)
    result = f(x, 2.0, z)
    back = result.local_gradient
    parents = result.parents
    del result
    for k in range(3):
        f(Value(float(k)), 1.0, Value(0.0)).backward()  # in the memory of the others
    assert parents == (W, x, z)
    assert back(2.0) == [8.0, 4.0, 1.0]
    x.data, z.data = 3.0, 4.0
    assert [g.data for g in back(Value(1.0))] == [4.0, 2.0, 0.5]


def test_another_local_gradient_leaves_the_parents_as_they_are() -> None:
    f = compile(lambda x, y: x * y)
    x, y = Value(3.0), Value(2.0)
    f(x, y)
    result = f(x, y)
    if autograd.engine_name == "native":  # elsewhere an attribute like others
        result.local_gradient = lambda gradient: [10 * gradient, 20 * gradient]
    later = [f(Value(float(k)), Value(1.0)) for k in range(5)]
    result.backward()
    assert result.parents == (x, y)
    assert (x.grad, y.grad) == ((10.0, 20.0) if autograd.engine_name == "native" else (2.0, 3.0))
    del result
    assert [each.data for each in later] == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert f(x, y).data == 6.0


def test_results_may_be_freed_in_any_order() -> None:
    f = compile(lambda x, y: tanh(x * y) - x)
    f(Value(1.0), Value(1.0))
    made = [(Value(0.1 * k), Value(0.3)) for k in range(20)]
    results = [f(x, y) for x, y in made]
    del results[::3], made[::3]
    results += [f(x, y) for x, y in made]
    for result, (x, y) in zip(results, made + made):
        assert result.data == pytest.approx((tanh(x * y) - x).data, rel=1e-14)
        result.backward()
    for x, y in made:
        slope = 1 - (tanh(x * y)).data ** 2
        assert x.grad == pytest.approx(2 * (y.data * slope - 1), rel=1e-12)
        assert y.grad == pytest.approx(2 * x.data * slope, rel=1e-12)


def test_what_becomes_of_an_argument_after_the_call_is_seen_by_backward() -> None:
    f = compile(lambda x, y: x * y)
    x, y = Value(3.0), Value(2.0)
    f(x, y)
    result = f(x, y)
    y.__init__(2.0, op="constant")  # type: ignore[misc]
    result.backward()
    assert (x.grad, y.grad) == (2.0, 0.0)


def test_a_long_chain_of_calls_is_freed_without_recursion() -> None:
    f, g = compile(lambda x: x + 1.0), compile(lambda xs: xs[0] + 1.0)
    x = Value(0.0)
    for _ in range(3_000):
        x = g([f(x)])
    assert x.data == 6_000.0
    del x


def test_value_and_grad_says_what_it_does() -> None:
    f = compile(lambda x: x * W)
    assert str(inspect.signature(type(f).value_and_grad)).replace(": Any", "").replace(" -> float", "") in (
        "(self, /, *args, **named)",
        "(self, *args, **named)",
    )
    assert "the gradients are added" in (f.value_and_grad.__doc__ or "")
    assert f.value_and_grad(x=2.0) == f.value_and_grad(2.0) == f(x=2.0).data == 1.0


def test_costs_are_measured_part_by_part() -> None:
    f = compile(lambda x: tanh(x * W + B))
    f(1.0)
    W.grad = -0.0
    costs = f.costs(3)
    assert list(costs) == ["watching", "reading", "forward", "backward", "crediting"]
    assert all(x >= 0 for x in costs.values())
    assert str(W.grad) == "-0.0"  # nothing was added
