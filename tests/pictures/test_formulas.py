"""Formulas shown to people: equal to the table's, proven by SymPy, and worth what they say when read back."""

import math
import re

import pytest
import sympy

import autograd
from autograd import Value
from autograd.derivatives import TABLE
from autograd.pictures.formulas import BLACKBOARD, BLACKBOARD_GRADIENTS, partials
from autograd.pictures.numerals import shown
from autograd.pictures.wording import Wording

X, Y = sympy.symbols("x y", positive=True)
SYMPY = {
    "/": lambda x, y: x / y,
    "**": lambda x, y: x**y,
    "cbrt": lambda x: x ** sympy.Rational(1, 3),
    "tan": sympy.tan,
    "asin": sympy.asin,
    "acos": sympy.acos,
    "atan": sympy.atan,
    "atan2": lambda y, x: sympy.atan(y / x),  # where x > 0
    "tanh": sympy.tanh,
    "asinh": sympy.asinh,
    "acosh": sympy.acosh,
    "atanh": sympy.atanh,
    "erf": sympy.erf,
    "erfc": sympy.erfc,
    "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
    "logsumexp": lambda x, y: sympy.log(sympy.exp(x) + sympy.exp(y)),
    "sech": sympy.sech,
    "bell": lambda x: sympy.exp(-(x**2) / 2),
    "gauss": lambda x: sympy.exp(-(x**2)),
    "reciprocal": lambda x: 1 / x,
}


class Symbol:
    """A SymPy expression that the table's operations take."""

    def __init__(self, expression):
        self.expression = sympy.Rational(expression) if isinstance(expression, float) else sympy.sympify(expression)

    @staticmethod
    def __operation__(op, operands):
        functions = SYMPY | {
            "+": lambda x, y: x + y,
            "-": lambda x, y: x - y,
            "*": lambda x, y: x * y,
            "/": lambda x, y: x / y,
            "neg": lambda x: -x,
            "exp": sympy.exp,
            "log": sympy.log,
            "sqrt": sympy.sqrt,
            "cosh": sympy.cosh,
        }
        return Symbol(functions[op.name](*[getattr(x, "expression", x) for x in operands]))

    __add__ = lambda self, other: TABLE["+"](self, other)  # noqa: E731
    __radd__ = lambda self, other: TABLE["+"](other, self)  # noqa: E731
    __sub__ = lambda self, other: TABLE["-"](self, other)  # noqa: E731
    __rsub__ = lambda self, other: TABLE["-"](other, self)  # noqa: E731
    __mul__ = lambda self, other: TABLE["*"](self, other)  # noqa: E731
    __rmul__ = lambda self, other: TABLE["*"](other, self)  # noqa: E731
    __truediv__ = lambda self, other: TABLE["/"](self, other)  # noqa: E731
    __rtruediv__ = lambda self, other: TABLE["/"](other, self)  # noqa: E731
    __pow__ = lambda self, other: TABLE["**"](self, other)  # noqa: E731
    __neg__ = lambda self: TABLE["neg"](self)  # noqa: E731
    __gt__ = lambda self, other: True  # noqa: E731 (x and y are positive)
    __le__ = lambda self, other: False  # noqa: E731
    __ge__ = lambda self, other: True  # noqa: E731


@pytest.mark.parametrize("name", BLACKBOARD_GRADIENTS)
def test_the_gradients_of_the_blackboard_are_the_derivatives(name):
    n_operands = 2 if name == "logsumexp" else len(TABLE[name].operands)
    operands = [X, Y][:n_operands]
    out = SYMPY[name](*operands)
    written = BLACKBOARD_GRADIENTS[name](Symbol(out), *map(Symbol, operands))
    for operand, partial in zip(operands, written, strict=True):
        difference = sympy.diff(out, operand) - getattr(partial, "expression", partial)
        point = {X: sympy.Rational(10 if name == "acosh" else 3, 7), Y: sympy.Rational(5, 3)}
        # 2/√π is a float in the table, so the difference of expressions with it is only nearly 0
        assert abs(sympy.N(difference.subs(point), 30)) < (1e-15 if "erf" in name else 1e-28)
        assert name in ("erf", "erfc") or sympy.simplify(sympy.expand(difference.rewrite(sympy.exp))) == 0


@pytest.mark.parametrize("name", BLACKBOARD)
def test_the_names_of_the_blackboard_are_the_same_functions(name):
    written = BLACKBOARD[name](Symbol(X)).expression
    assert sympy.simplify((written - SYMPY[name](X)).rewrite(sympy.exp)) == 0


def read_back(text):
    """The number that a formula in numbers is worth."""
    for sign, python in (("−", "-"), ("×", "*"), ("÷", "/"), ("^", "**")):
        text = text.replace(sign, python)
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda m: "**" + m[0].translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")), text)
    text = re.sub(r"√(\(|[\d.]+)", lambda m: "sqrt" + (m[1] if m[1] == "(" else f"({m[1]})"), text)
    text = re.sub(r"\|([^|]*)\|", r"abs(\1)", text)
    functions = {name: getattr(autograd, name) for name in autograd.__all__} | {"abs": abs, "max": max, "min": min}
    functions["round"] = round
    functions |= {"mean": lambda *xs: math.fsum(xs) / len(xs), "norm": math.hypot}
    functions["logsumexp"] = lambda *xs: math.log(math.fsum(map(math.exp, xs)))
    return eval(text, {"__builtins__": {}}, functions)


def examples():
    a, b, c = Value(1.75), Value(-2.5), Value(0.3)
    yield from (a + b, a - b, b - a, a * b, b * a, a / b, b / a, a**2, b**2, b**3, a**-1, a**0.5, a**c, -b, abs(b))
    for name, op in TABLE.items():
        if len(op.operands) == 1 and name != "neg":
            yield op(a if name == "acosh" else c)
    yield from (autograd.hypot(a, b), autograd.atan2(b, a), autograd.atan2(a, b), autograd.clip(a, 0.0, 1.0))
    yield from (autograd.leaky_relu(b), autograd.leaky_relu(a), autograd.elu(b), autograd.relu(b), b.relu(), a.relu())
    yield from (autograd.max(a, b), autograd.min(a, b), autograd.sum([a, b, c, 1.0]), autograd.prod([a, b, c]))
    yield from (autograd.mean([a, b]), autograd.dot([a, b], [b, 2.0]), autograd.dot([b], [c]), autograd.norm([a, b]))
    yield from (autograd.logsumexp([a, b, c]), 2 - (b - c), 1 / b)


@pytest.mark.parametrize("node", list(examples()), ids=lambda node: node.op)
def test_what_is_written_is_worth_what_it_says(node):
    word = Wording(dict.fromkeys(node.parents, "p") | {node: "out"}, ".17g")
    _, *written, result = word.computed(node).split(" = ")
    assert read_back(result) == node.data
    for text in written:
        assert read_back(text) == pytest.approx(node.data, rel=1e-12)
    for parent, partial in zip(node.parents, partials(node), strict=True):
        if parent.op == "constant":
            continue
        *_, in_numbers, number = ["", *word.derived(partial).split(", as ")[0].split(" = ")]
        assert read_back(number) == partial.number
        if in_numbers and not re.search("[po]", in_numbers.replace("exp", "").replace("log", "").replace("cosh", "")):
            assert read_back(in_numbers) == pytest.approx(partial.number, rel=1e-9)


def both(node, **named):
    """How a node was computed, and its local gradients."""
    word = Wording({value: name for name, value in named.items()} | {node: "y"})
    return word.computed(node), [word.derived(partial) for partial in partials(node)]


def test_formulas_read_as_on_the_blackboard():
    a, b = Value(2.0), Value(-3.0)
    named = {"a": a, "b": b}
    assert both(a * b, **named) == ("a × b = 2 × (−3) = −6", ["b = −3", "a = 2"])
    assert both(a**3, **named) == ("a³ = 2³ = 8", ["3 × a² = 3 × 2² = 12", "y × log(a) = 8 × log(2) ≈ 5.545"])
    assert both(a / b, **named)[1] == ["1 ÷ b = 1 ÷ (−3) ≈ −0.3333", "−a ÷ b² = −2 ÷ (−3)² ≈ −0.2222"]
    assert both(a.tanh(), **named)[1] == ["1 − y² ≈ 1 − 0.9640² ≈ 0.07065"]
    assert both(a.exp(), **named)[1] == ["y ≈ 7.389"]
    assert both(b.relu(), **named) == ("relu(b) = relu(−3) = 0", ["0, as b ≤ 0"])
    assert both(a.relu(), **named) == ("relu(a) = relu(2) = 2", ["1, as a > 0"])
    assert both(abs(b), **named)[1] == ["−1, as b < 0"]
    assert both(autograd.dot([a, b], [b, 1.0]), **named)[0] == "a × b + b × 1 = 2 × (−3) + (−3) × 1 = −9"
    assert both(autograd.sum([a] * 8), **named)[0] == "a + a + a + a + … + a = 2 + 2 + 2 + 2 + … + 2 = 16"


@pytest.mark.parametrize("function", [abs, autograd.relu, autograd.leaky_relu])
def test_at_a_kink_the_convention_is_named(function):
    zero = Value(0.0)
    assert "as x = 0, where there is a kink: a convention" in both(function(zero), x=zero)[1][0]


def test_a_local_gradient_says_by_which_of_two_equal_operands():
    x = Value(3.0)
    y = x * x
    word = Wording({x: "x", y: "y"})
    assert [word.slope(y, k) for k in (0, 1)] == ["∂y/∂x by the 1st x", "∂y/∂x by the 2nd x"]
    z = x * 2.0
    assert Wording({x: "x", z: "z"}).slope(z, 0) == "∂z/∂x"


def test_the_sign_tells_whether_a_calculator_would_find_the_same():
    word = Wording({})
    assert word.times(0.7864477, 1.0, 0.7864477) == "0.7864 × 1 = 0.7864"
    assert word.times(0.7864477, -3.0, -2.3593431) == "0.7864 × (−3) ≈ −2.359"
    assert word.times(1 / 3, 3.0, 1.0) == "0.3333 × 3 ≈ 1"
    assert word.plus(0.1, 0.2, 0.1 + 0.2) == "0.1 + 0.2 = 0.3"
    assert word.plus(1.0, -math.inf, -math.inf) == "1 + (−inf) = −inf"
    assert word.equation("w", 0.96403) == "w ≈ 0.9640"


def test_where_data_was_set_after_the_forward_pass_no_wrong_equation_is_shown():
    a, b = Value(2.0), Value(-3.0)
    y = a * b
    a.data = 100.0
    assert [partial.number for partial in partials(y)] == [-3.0, 2.0]
    assert both(y, a=a, b=b) == (
        "a × b = −6 (some data was set since the forward pass)",
        ["b = −3", "a = 2 at the numbers of the forward pass"],
    )
    v = Value(2.0)
    z = v.log()
    v.data = -1.0  # where log is not defined
    assert both(z, v=v)[1] == ["1 ÷ v = 0.5 at the numbers of the forward pass"]


def test_an_operation_of_ones_own_has_numbers_only():
    x = Value(3.0)
    y = Value(9.0, (x,), "square", lambda gradient: (gradient * 6.0,))
    assert both(y, x=x) == ("square(x) = square(3) = 9", ["6"])


def test_numbers_for_people():
    assert [shown(x) for x in (0.0, -0.0, -1.5, 1e-300, math.inf, -math.inf)] == [
        "0",
        "0",
        "−1.5",
        "1e−300",
        "inf",
        "−inf",
    ]
    assert shown(math.nan) == "nan"
    assert [shown(x) for x in (0.96403, 1.07002, 100.04, 1234.5, 1e10 / 3)] == [
        "0.9640",
        "1.070",
        "100.0",
        "1234",
        "3.333e+09",
    ]
    assert [shown(x) for x in (0.1 + 0.2, 2.5, 1e6)] == ["0.3", "2.5", "1e+06"]
    assert [shown(-2.0, ".2f"), shown(1234.5, ",.2f"), shown(1 / 3, "")] == ["−2.00", "1,234.50", repr(1 / 3)]


@pytest.mark.parametrize("node", [Value(20.0).tanh(), Value(40.0).sigmoid(), Value(math.nan) * Value(2.0)])
def test_nobody_is_told_of_changed_data_where_none_changed(node):
    names = dict(zip("ab", node.parents, strict=False))
    equation, slopes = both(node, **names)
    assert "forward pass" not in equation + "".join(slopes)


def test_powers_with_any_exponent_and_base():
    a = Value(2.0)
    assert both(a**math.inf, a=a)[0] == "a^inf = 2^inf = inf"
    assert both(a**math.nan, a=a)[0] == "a^nan = 2^nan = nan"
    tiny = Value(1e-20)
    assert both(tiny**2, t=tiny)[0] == "t² = (1e−20)² = 1e−40"


def own(op, parents, local_gradient):
    return Value(1.0, parents, op, local_gradient)


def test_an_operation_of_ones_own_with_a_name_of_the_table_is_not_the_tables():
    a, b, c = Value(2.0), Value(-3.0), Value(5.0)
    named = {"a": a, "b": b, "c": c}
    thirds = own("+", (a, b, c), lambda gradient: (gradient, 2 * gradient, 3 * gradient))
    assert both(thirds, **named) == ("+(a, b, c) = +(2, −3, 5) = 1", ["1", "2", "3"])
    for op, parents in [("-", (a,)), ("/", (a,)), ("**", (a,)), ("neg", (a, b)), ("sqrt", (a, b)), ("dot", (a, b, c))]:
        node = own(op, parents, lambda gradient: (7 * gradient,) * len(parents))  # noqa: B023
        assert both(node, **named)[1] == ["7"] * len(parents)
    weighted = Value(0.8, (a, b), "mean", lambda gradient: (0.7 * gradient, 0.2 * gradient))
    assert both(weighted, **named)[1] == ["0.7", "0.2"]
    unhashable = own(["+"], (a,), lambda gradient: (gradient,))
    assert both(unhashable, **named)[0] == "['+'](a) = ['+'](2) = 1"
