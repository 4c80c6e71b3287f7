"""Walks the table of derivatives at ordinary points and at its edges: orders 1 to 4, by every route.

Without --all it walks to order 3, on the textbook engine to order 2, and to a few points.

The true derivatives are SymPy's, evaluated by mpmath with hundreds of digits; where one does not exist, its limit from
within the domain. At kinks the branch is that of PyTorch. At an edge the answer may be infinite or nan, but never a
finite number that is wrong; and all routes agree.
"""

import itertools
import math
import random
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import mpmath
import pytest
import sympy

import autograd
from autograd import Value, derivative, grad, gradients, hessian, hvp, jacobian, jvp
from autograd.derivatives import TABLE
from tests.helpers.operations import IN_SYMPY, KINKS, POINTS

inf, nan = math.inf, math.nan
mp = mpmath.mp.clone()
mp.dps = 400

# Where one branch of a function with kinks ends, the branch that PyTorch takes.
BRANCHES: dict[str, Callable[..., Any]] = {
    "abs": lambda at, x: x if at[0] > 0 else -x,
    "relu": lambda at, x: x if at[0] > 0 else 0 * x,
    "leaky_relu": lambda at, x, slope: x if at[0] > 0 else slope * x,
    "elu": lambda at, x, alpha: x if at[0] > 0 else alpha * (sympy.exp(x) - 1),
    "clip": lambda at, x, low, high: low if at[0] < at[1] else high if at[0] > at[2] else x,
    "max": lambda at, *xs: sum(x for x, number in zip(xs, at) if number == max(at)) / at.count(max(at)),
    "min": lambda at, *xs: sum(x for x, number in zip(xs, at) if number == min(at)) / at.count(min(at)),
    "floor": lambda at, x: 0 * x + math.floor(at[0]),
    "round": lambda at, x: 0 * x + round(at[0]),
    "%": lambda at, x, y: x - y * int(at[0] // at[1]),
    "//": lambda at, x, y: 0 * x + int(at[0] // at[1]),
    "cbrt": lambda at, x: sympy.cbrt(x) if at[0] > 0 else -sympy.cbrt(-x),
    "dot": lambda at, *xy: sum(x * y for x, y in zip(xy[: len(at) // 2], xy[len(at) // 2 :], strict=True)),
    "norm": lambda at, *xs: sympy.sqrt(sum(x**2 for x in xs)) if len(xs) > 1 else xs[0] * int(math.copysign(1, at[0])),
}

MORE_EDGES: dict[str, list[tuple[float, ...]]] = {
    "/": [(0.0, 5e-324), (1.0, 5e-324), (1.0, 1e-320), (5e-324, 2.0)],
    "**": [
        *[(x, y) for x in (0.0, -0.0) for y in (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0)],
        *[(-2.0, y) for y in (-2.0, -1.0, 0.0, 1.0, 2.0, 3.0)],
        (1e-300, 3.0),
    ],
    "log": [(5e-324,)],
    "log2": [(5e-324,)],
    "log10": [(5e-324,)],
    "reciprocal": [(0.0,), (5e-324,), (1e-320,)],
    "sqrt": [(0.0,), (-0.0,), (5e-324,)],
    "cbrt": [(0.0,), (-0.0,)],
    "tanh": [(400.0,), (-400.0,)],
    "sech": [(400.0,)],
    "logsumexp": [(0.0, 0.0, 0.0), (1e4, -1e4)],
    "atan2": [(0.0, 0.0), (0.0, 2.0), (2.0, 0.0), (0.0, -2.0), (-0.0, -2.0)],
    "norm": [(0.0, 0.0, 0.0)],
    "gelu": [(-37.0,), (-39.0,), (-1e4,), (1e4,)],
    "softplus": [(-90.0,), (800.0,)],
    "xlogy": [(0.0, 0.0), (0.0, 5e-324), (1.0, 5e-324)],
    "erfc": [(-1e4,), (1e4,)],
}


TINY = [(5e-324, 1.0), (1e-300, 1e-300)]  # which have a test of their own


def edges(name: str) -> list[tuple[float, ...]]:
    return [
        *[at for at in POINTS[name].edges if at not in TINY],
        *[at for kink, at, _ in KINKS if kink == name],
        *MORE_EDGES.get(name, []),
    ]


@cache
def slope_of(name: str, at: tuple[float, ...], orders: tuple[int, ...]) -> Callable[..., Any]:
    """A derivative as a function of mpmath."""
    symbols = sympy.symbols(f"x:{len(at)}", real=True)
    expression = BRANCHES[name](at, *symbols) if name in BRANCHES else IN_SYMPY[name](*symbols)
    for symbol, order in zip(symbols, orders, strict=True):
        expression = sympy.diff(expression, symbol, order)
    return sympy.lambdify(symbols, expression, mp)


def number(f: Callable[..., Any], at: Sequence[Any]) -> Any:
    """What mpmath finds; None where there is nothing."""
    try:
        found = f(*at)
    except (ValueError, ArithmeticError):
        return None
    return found if mp.isfinite(found) and not isinstance(found, mpmath.ctx_mp_python._mpc) else None


def truth(name: str, at: tuple[float, ...], orders: tuple[int, ...]) -> set[float]:
    """The derivative, or where there is none its limits from within the domain."""
    if name in BRANCHES:
        key: tuple[float, ...] = at
    else:
        key = (0.0,) * len(at)
    f, exact = slope_of(name, key, orders), [mp.mpf(x) for x in at]
    found = number(f, exact)
    if found is not None:
        return {float(found)}
    limits = set()
    for signs in itertools.product((1, 0, -1), repeat=len(at)):
        near, nearer = (
            number(f, [x + s * h for x, s in zip(exact, signs)]) for h in (mp.mpf("1e-80"), mp.mpf("1e-90"))
        )
        if any(signs) and near is not None and nearer is not None:
            grows = abs(nearer) > 1.5 * abs(near) and abs(nearer) > 1
            shrinks = abs(nearer) < 1e-6 and abs(nearer) <= abs(near)
            limits.add(math.copysign(inf, nearer) if grows else 0.0 if shrinks else float(nearer))
    return limits


Univariate = Callable[[Any], Any]


def nested(f: Univariate, x: float, n: int) -> float:
    for _ in range(n):
        f = grad(f)
    return f(x)


def by_graphs(f: Univariate, x: float, n: int) -> float:
    v = Value(x)
    found = f(v)
    for _ in range(n):
        found = gradients(found, v, create_graph=True)
    return found.data


def by_hessians(f: Univariate, x: float, n: int) -> float:
    for _ in range(n // 2):
        f = lambda x, f=f: hessian(lambda v: f(v[0]))([x])[0][0]  # noqa: E731
    return grad(f)(x) if n % 2 else f(x)


def by_products(f: Univariate, x: float, n: int) -> float:
    for _ in range(n // 2):
        f = lambda x, f=f: hvp(f, x, 1.0)  # noqa: E731
    return grad(f)(x) if n % 2 else f(x)


def forward(f: Univariate, x: float, n: int) -> float:
    for _ in range(n):
        f = lambda x, f=f: jvp(f, (x,), (1.0,))[1]  # noqa: E731
    return f(x)


def back_and_forward(f: Univariate, x: float, n: int) -> float:
    for i in range(n):
        f = jacobian(f) if i % 2 else grad(f)
    return f(x)


def compiled(f: Univariate, x: float, n: int) -> float:
    return nested(autograd.compile(f), x, n)


ROUTES = {
    "grad of grad": nested,
    "power series": lambda f, x, n: derivative(f, n)(x),
    "gradients": by_graphs,
    "hessian": by_hessians,
    "hvp": by_products,
    "jvp": forward,
    "jacobian": back_and_forward,
    "compiled": compiled,
}


def same(a: float, b: float, near: float) -> bool:
    """Whether two numbers agree: to ten digits, or to the tenth digit of those next to them."""
    return a == b or (math.isnan(a) and math.isnan(b)) or abs(a - b) <= 1e-9 * max(abs(a), abs(b), near)


def wrong(answers: dict[str, float], true: set[float], strict: bool, agree: bool = True) -> list[str]:
    """What is wrong with what the routes answer."""
    found = []
    for route, answer in answers.items():
        right = any(same(answer, limit, 1e-290 if strict else 1e-5) for limit in true)
        excused = not strict and (math.isnan(answer) or (math.isinf(answer) and answer in true | {inf, -inf}))
        if not right and not excused:
            found.append(f"{route}: {answer}, not {true}")
    kinds = {route: "nan" if math.isnan(a) else a if math.isinf(a) else "finite" for route, a in answers.items()}
    others = {kind for route, kind in kinds.items() if route != "power series"}
    if others == {"nan"}:  # the series has numbers without limits, and may answer where all others cannot
        kinds.pop("power series", None)
    if agree and len(set(kinds.values())) > 1:
        found.append(f"routes disagree: {answers}")
    return found


def complaints(name: str, at: tuple[float, ...], strict: bool, orders: int = 4, agree: bool = True) -> list[str]:
    """What is wrong at a point, by each operand alone."""
    found = []
    conventions = {(kink, where): slopes for kink, where, slopes in KINKS}
    for i, x in enumerate(at):

        def f(x: Any, i: int = i) -> Any:
            return TABLE[name](*at[:i], x, *at[i + 1 :])

        for n in range(1, orders + 1):
            convention = conventions.get((name, at)) if n == 1 else None
            true = {convention[i]} if convention else truth(name, at, tuple(n * (i == j) for j in range(len(at))))
            answers = {route: way(f, x, n) for route, way in ROUTES.items()}
            found += [f"{name}{at} by operand {i}, order {n}, {each}" for each in wrong(answers, true, strict, agree)]
    return found


def mixed_complaints(name: str, at: tuple[float, ...], strict: bool, agree: bool = True) -> list[str]:
    """What is wrong with the Hessian at a point, where all operands move."""

    def f(v: Any) -> Any:
        return TABLE[name](*v)

    n, point = len(at), list(at)
    units = [[float(i == j) for j in range(n)] for i in range(n)]
    leaves = [Value(x) for x in at]
    slopes = gradients(f(leaves), leaves, create_graph=True)
    rows = {
        "hessian": hessian(f)(point),
        "grad of grad": [grad(lambda v, i=i: grad(f)(v)[i])(point) for i in range(n)],
        "jacobian of grad": jacobian(grad(f))(point),
        "jacobian of jacobian": jacobian(jacobian(f))(point),
        "hvp": [hvp(f, point, unit) for unit in units],
        "jvp of grad": [jvp(grad(f), (point,), (unit,))[1] for unit in units],
        "gradients": [gradients(slope, leaves) for slope in slopes],
        "compiled": hessian(autograd.compile(f))(point),
    }
    found = []
    for i, j in itertools.product(range(n), repeat=2):
        true = truth(name, at, tuple((i == k) + (j == k) for k in range(n)))
        answers = {route: hessian[i][j] for route, hessian in rows.items()}
        found += [f"{name}{at} by operands {i} and {j}, {each}" for each in wrong(answers, true, strict, agree)]
    return found


def all_complaints(name: str, points: Sequence[tuple[float, ...]], in_full: bool, strict: bool) -> list[str]:
    """What is wrong at some points; not in full, to order 3 or 2, and without Hessians of one number."""
    orders = 4 if in_full else 3 if autograd.engine_name == "native" else 2
    found = [each for at in points for each in complaints(name, at, strict, orders)]
    return found + [each for at in points if in_full or len(at) > 1 for each in mixed_complaints(name, at, strict)]


COMPOSITIONS = [  # with the second derivative, and what else PyTorch, JAX or a limit from within the domain may say
    (lambda x: autograd.norm([x, 0.0]) ** 2, 0.0, 2.0),
    (lambda x: autograd.hypot(x, 0.0) ** 2, 0.0, 2.0),
    (lambda x: autograd.sqrt(x) ** 4, 0.0, 2.0),
    (lambda x: x * autograd.sqrt(x), 0.0, inf),
    (lambda x: autograd.sqrt(autograd.sin(x)), 0.0, -inf),
    (lambda x: autograd.sqrt(2 * x), 0.0, -inf),
    (lambda x: 1 - autograd.sqrt(1 - x), 1.0, inf),
    (lambda x: autograd.asin(x / 2), 2.0, inf),
    (lambda x: autograd.acos(1 - x), 0.0, -inf),
    (lambda x: (x * x) ** 0.5, 0.0, 0.0),
    (lambda x: abs(x) ** 1.5, 0.0, inf),
    (lambda x: abs(x) ** 3, 0.0, 0.0),
    (lambda x: autograd.relu(x) ** 2, 0.0, 0.0),
    (lambda x: autograd.tanh(400 * x), 1.0, 0.0),
    (lambda x: autograd.exp(-x * x), 40.0, 0.0),
    (lambda x: autograd.exp(-1 / x**2), 1e-3, 0.0),
    (lambda x: 1 / (1 / x), 5e-300, 0.0),
    (lambda x: x**0 + x, 0.0, 0.0),
    (lambda x: autograd.prod([x, x, x]), 0.0, 0.0),
    (lambda x: autograd.logsumexp([x, -inf]), 0.5, 0.0),
    (lambda x: autograd.atan2(x, 0.0), 0.0, nan),
]


@pytest.mark.parametrize(("f", "x", "true"), COMPOSITIONS)
def test_compositions_at_their_edges(f: Univariate, x: float, true: float) -> None:
    for route, way in ROUTES.items():
        found = way(f, x, 2)
        assert found == pytest.approx(true, abs=1e-300) or not math.isfinite(found), route


def test_the_hessian_of_a_power_is_nan_where_a_negative_base_meets_its_exponent() -> None:
    def f(v: Any) -> Any:
        return v[0] ** v[1]

    for found in (hessian(f)([-2.0, 3.0]), jacobian(grad(f))([-2.0, 3.0]), jacobian(jacobian(f))([-2.0, 3.0])):
        assert found[0][0] == -12.0
        assert all(math.isnan(x) for x in (found[0][1], *found[1]))


@pytest.mark.parametrize("name", TABLE)
def test_all_routes_find_the_derivatives_at_ordinary_points(name: str, in_full: bool) -> None:
    points = POINTS[name].ordinary
    assert all_complaints(name, points if in_full else points[:1], in_full, strict=True) == []


@pytest.mark.parametrize("name", TABLE)
def test_no_route_answers_a_finite_wrong_number_at_an_edge(name: str, in_full: bool) -> None:
    found = edges(name)
    if not in_full:  # a few of them, in any order that stays
        found = random.Random(name).sample(found, min(1 if autograd.engine_name == "python" else 2, len(found)))
    assert all_complaints(name, found, in_full, strict=False) == []


def tiny_points(name: str) -> list[tuple[float, ...]]:
    """Points with one of the smallest numbers among the operands, or with nothing else."""
    ordinary = POINTS[name].ordinary[0]
    found = [
        *[(*ordinary[:i], x, *ordinary[i + 1 :]) for i in range(len(ordinary)) for x in (5e-324, -5e-324, 1e-310)],
        *[(x,) * len(ordinary) for x in (5e-324, -5e-324, 1e-300)],
    ]
    return [at for at in found if is_defined(name, at) and not (name in ("%", "//") and abs(at[1]) < 1e-300)]


def is_defined(name: str, at: tuple[float, ...]) -> bool:
    try:
        return math.isfinite(TABLE[name](*at))
    except (ValueError, ArithmeticError):
        return False


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLE)
def test_no_route_answers_a_finite_wrong_number_next_to_zero(name: str) -> None:
    """There 1 / x is out of range: one route may answer an infinity, or nan, where another answers the number."""
    with mp.workdps(1600 if name == "sinc" else 400):  # of which a slope is a small difference of large numbers
        for at in tiny_points(name):
            assert complaints(name, at, strict=False, agree=False) == []
            assert mixed_complaints(name, at, strict=False, agree=False) == []
