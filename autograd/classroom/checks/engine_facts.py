"""The facts that check holds a student's own Value against, in the order in which a student writes it.

What is expected comes from closed forms; which numbers a mistake gives was worked out by hand, and is held against
engines with that mistake by the tests.
"""

import sys
from dataclasses import dataclass
from math import cos, e, exp, inf, log, log2, log10, nan, sin, sqrt, tanh
from typing import Any

from autograd.classroom.checks import hints as m
from autograd.classroom.checks.facts import Fact, Facts
from autograd.classroom.checks.hints import OPERATORS
from autograd.languages import Said

# More than the 1000 calls that Python allows within each other; in Pyodide not much more, which could not free that
DEEP = 1100 if sys.platform == "emscripten" else 5000
AGAIN = "the same backward() again adds the same once more"
LONG_CHAIN = Said("a chain of {0} operations, as a loss that sums up so many terms", DEEP)


@dataclass(frozen=True)
class Published:
    """What a published engine promises less than the facts ask.

    broken: the facts that do not hold. missing: the names that it has not. note: a sentence to who has it.
    """

    broken: frozenset[str]
    missing: frozenset[str]
    note: str


LIKE = {
    "micrograd": Published(
        frozenset({AGAIN, LONG_CHAIN}),
        frozenset({"exp", "log", "tanh"}),
        "This engine works like micrograd as published. Two facts do not hold there. A second backward() adds to "
        "what the first one left in the nodes in between: 45, not 30. And backward() calls itself for every node in "
        'a row: Python allows about 1000 calls inside each other. --like micrograd, or like="micrograd", checks only '
        "what micrograd promises.",
    )
}

NUMBER = r"'(int|float)' object has no attribute 'data'"


def _function(name: str, x: float, value: float, slope: float, wrong: dict[float, str]) -> tuple[Fact, Fact]:
    """The facts of a function at x: its value and its derivative. wrong: hints by wrong derivatives."""
    values = {"exp": exp(x), "log": log(x), "tanh": tanh(x), "relu": x}
    slopes = {"exp": exp(x), "log": 1 / x, "tanh": 1 - tanh(x) ** 2, "relu": 1.0}
    of_another = {values[other]: Said(m.IN_A_LOOP, other) for other in values if other != name}
    slope_of_another = {
        slopes[other]: Said(m.IN_A_LOOP, Said("the slope of {0}", other)) for other in slopes if other != name
    }
    start = f"a = Value({x})\nb = a.{name}()\n"
    return (
        Fact(
            Said("{0} has the right value", name),
            f"{start}b.data",
            value,
            {**of_another, NUMBER: m.NOT_A_VALUE},
        ),
        Fact(
            Said("{0} has the right derivative", name),
            f"{start}b.backward()\na.grad",
            slope,
            {**wrong, **slope_of_another},
        ),
    )


def _twice(
    first: str, second: str, slopes: tuple[float, float], others: tuple[float, float], optional: str = ""
) -> Fact:
    """The fact that two results of an operation both contribute to a. slopes: of the first by a and b; others: of the
    second by a and c.
    """
    (by_a, by_b), (again_by_a, by_c) = slopes, others
    return Fact(
        Said("{0} and {1}", first, second),
        f"""
        a, b, c = Value(3.0), Value(2.0), Value(4.0)
        d = {first}
        f = {second}
        g = d + f
        g.backward()
        [a.grad, b.grad, c.grad]
        """,
        [by_a + again_by_a, by_b, by_c],
        {(by_a, by_b, by_c): m.OVERWRITTEN, (again_by_a, by_b, by_c): m.OVERWRITTEN},
        optional=optional,
    )


# Large and small, of either sign, and none that a sum or a product of others could be. Some have as many digits as a
# float, for an engine that rounds
ARRIVING = "[-20, 0.00075, 20.512345678901234]"
PAIRS = (
    "[(-30.0, 0.7), (2.5, -12.0), (0.0007, 30.0), (-0.0007, -1.5), (12.345678901234567, 2.512345678901234), "
    "(1.25, 0.0007), (3e-7, -2e-8), (1.0, 2.5), (2.5, 1.0)]"
)
PAIRS_WITH_ZERO = f"{PAIRS[:-1]}, (0.0, 2.5), (2.5, 0.0)]"  # where nobody divides by it


# How far an honest engine in double precision may be off: relative to the number, by many ulp; and in all, where an
# honest formula, such as 1 - tanh(x)**2, subtracts numbers of about 1
FEW_ULP, OF_ONE = 1e-13, 1e-14


def _at_many(statement: str, numbers: str, made: str, got: str, right: str, **more: Any) -> Fact:
    """The fact that an operation is right at many numbers, between others: it lists the numbers where it is not.

    numbers: pairs of x and y. made: the operation c of (a + 0), (b + 0), x and y. got, right: what is compared; the
        gradient that arrives at c is k.
    """
    program = f"""
        import math
        wrong = []
        for x, y in {numbers}:
            for k in {ARRIVING}:
                a, b = Value(x), Value(y)
                c = {made}
                d = c * k
                d.backward()
                got, right = [{got}], [{right}]
                if not all(math.isclose(*pair, rel_tol={FEW_ULP}) for pair in zip(got, right)):
                    wrong.append([x, y, k, *got])
        wrong
        """
    return Fact(Said("{0}, at many numbers", statement), program, [], **more)


def _function_at_many(name: str, numbers: str, value: str, slope: str, off: float = 0.0, **more: Any) -> Fact:
    """The same of a function. off: how far the number may be off in all, and the gradient for each 1 that arrives."""
    in_all = f", abs_tol={off} * max(1, abs(k))" if off else ""
    program = f"""
        import math
        wrong = []
        for x in {numbers}:
            for k in {ARRIVING}:
                a = Value(x)
                b = (a + 0).{name}()
                c = b * k
                c.backward()
                got, right = [b.data, a.grad], [{value}, k * {slope}]
                if not all(math.isclose(*pair, rel_tol={FEW_ULP}{in_all}) for pair in zip(got, right)):
                    wrong.append([x, k, *got])
        wrong
        """
    return Fact(Said("{0}, at many numbers", name), program, [], **more)


def _used_twice(name: str, slope: float, **more: Any) -> Fact:
    """The fact that both results of a function contribute. slope: of 4 * f(2 * a) by a, at 0.75."""
    return Fact(
        Said("{0} twice, within more", name),
        f"a = Value(0.75)\nb = a * 2\nc = b.{name}() * 3\nd = c + b.{name}()\nd.backward()\na.grad",
        slope,
        {slope * 3 / 4: m.OVERWRITTEN, slope / 4: m.OVERWRITTEN, slope / 2: m.LOCAL_ONLY, 0.0: m.NOT_REVERSED},
        **more,
    )


def _in_place(sign: str, operand: str, new: float, slope: float) -> Fact:
    """The fact that c += a makes a new Value, as c = c + a does. new: a * 5, changed. slope: of that, by a."""
    return Fact(
        Said("{0} makes a new Value", f"c {sign}= {operand}"),
        f"""
        a = Value(-3.0)
        b = a * 5
        c = b
        c {sign}= {operand}
        c.backward()
        [a.data, b.data, c.data, a.grad]
        """,
        [-3.0, -15.0, new, slope],
        {(-3.0, new, new, 5.0): Said(m.IN_PLACE_OPERATOR, sign, OPERATORS[sign])},
    )


def _compared(sign: str) -> Fact:
    program = f"""
        wrong = []
        for x, y in {COMPARED}:
            a, b = Value(x), Value(y)
            got = [a {sign} b, b {sign} a, a {sign} a, a {sign} y]
            if [bool(each) for each in got] != [x {sign} y, y {sign} x, x {sign} x, x {sign} y]:
                wrong.append([x, y])
        wrong
        """
    return Fact(
        Said("{0} is what it is of their numbers", f"a {sign} b"),
        program,
        [],
        optional=rf"TypeError: '{sign}' not supp",
    )


TWICE = [
    ("a + b", "a + c", (1.0, 1.0), (1.0, 1.0)),
    ("b + a", "c + a", (1.0, 1.0), (1.0, 1.0)),
    ("a * b", "a * c", (2.0, 3.0), (4.0, 3.0)),
    ("b * a", "c * a", (2.0, 3.0), (4.0, 3.0)),
    ("a - b", "a - c", (1.0, -1.0), (1.0, -1.0)),
    ("b - a", "c - a", (-1.0, 1.0), (-1.0, 1.0)),
    ("a / b", "a / c", (1 / 2, -3 / 4), (1 / 4, -3 / 16)),
    ("b / a", "c / a", (-2 / 9, 1 / 3), (-4 / 9, 1 / 3)),
]

# Exclusive or, learned by three neurons of which only +, * and one function are asked
NETWORK = """
hidden = [[Value(w) for w in row] for row in {hidden}]
output = [Value(w) for w in {output}]

def network(x, y):
    total = output[-1]
    for weight, (w1, w2, b) in zip(output, hidden):
        total = total + weight * (w1 * x + w2 * y + b).{activation}()
    return total

points = [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)]
parameters = hidden[0] + hidden[1] + hidden[2] + output
for step in range(60):
    for p in parameters:
        p.grad = 0.0
    loss = Value(0.0)
    for x, y, target in points:
        error = network(x, y) + -target
        loss = loss + error * error
    loss.backward()
    for p in parameters:
        p.data -= 0.1 * p.grad
[round(network(x, y).data) for x, y, target in points]
"""

AB = "a, b = Value(2.0), Value(-3.0)\n"
NO_NUMBER = """
a = Value(-1.0)
try:
    outcome = a.{}().data
except (ValueError, ArithmeticError):
    outcome = float("nan")
outcome
"""
NOT_FINITE = """
{0}
try:
    outcome = ({1}).data
except ArithmeticError:
    outcome = float("inf")
outcome if outcome == outcome else float("inf")
"""
SAME = "a, b = Value(3.0), Value(3.0)\n"
HALVES = "a, b = Value(2.5), Value(1.5)\n"

SIZES = "[(-30.0, 1), (-2.5, 1), (-1e-300, 1), (1e-300, 1), (0.0003, 1), (2.512345678901234, 1), (30.0, 1)]"
COMPARED = "[(-30.0, 0.7), (2.5, -12.0), (-30.0, -12.0), (12.0, 30.0), (0.1 + 0.2, 0.3), (-2.0, 1.0), (1.0, 1.0)]"
POWERS = (
    "[(-30.0, 2), (-2.5, 3), (-0.7, -4), (0.0, 2), (0.0007, 2.00075), (0.7, -4.5), (1.25, 12), (2.5, -1), "
    "(12.345678901234567, 2.512345678901234), "
    "(30.0, 0.5), (30.0, 1), (2.5, 0)]"
)
BOTH_MOVE = "[(0.7, -4.5), (2.5123456789, -1.0123456789), (0.0007, 2.00075), (0.0007, -1.0), (1.25, 12.0), (30.0, 0.7)]"
# What is compared after ((a + 0) + y) * (x + (b + 0)), and with the other signs
_BOTH_SIDES = {
    "+": ("c.data, a.grad, b.grad", "(x + y) * (x + y), k * (x + y), k * (x + y)"),
    "-": ("c.data, a.grad, b.grad", "(x - y) * (x - y), k * (x - y), -k * (x - y)"),
    "*": ("c.data, a.grad, b.grad", "(x * y) * (x * y), k * y * (x * y), k * x * (x * y)"),
    "/": ("c.data, a.grad, b.grad", "(x / y) * (x / y), k / y * (x / y), -k * (x / y) * x / y**2"),
}
MORE_FUNCTIONS = [
    (
        "sigmoid",
        "[-20.0, -2.5, -0.0007, 0.0007, 0.712345678901234, 3.0, 30.0]",
        "1 / (1 + math.exp(-x))",
        "math.exp(-x) / (1 + math.exp(-x)) ** 2",
        OF_ONE,
    ),
    ("sin", "[-30.0, -2.5, -0.0007, 0.7, 3.0, 12.345678901234567]", "math.sin(x)", "math.cos(x)", OF_ONE),
    ("cos", "[-30.0, -2.5, -0.0007, 0.7, 3.0, 12.345678901234567]", "math.cos(x)", "-math.sin(x)", OF_ONE),
    ("sqrt", "[1e-9, 0.0007, 0.7, 1.0, 2.5, 12.345678901234567, 3e7]", "math.sqrt(x)", "0.5 / math.sqrt(x)", 0.0),
]

ENGINE: Facts = {
    "data": (
        Fact(
            "a Value has its number",
            "a = Value(2.0)\na.data",
            2.0,
            {"AttributeError": "The number is lost. Keep it: self.data = data."},
        ),
        Fact("each Value has its own", f"{AB}[a.data, b.data]", [2.0, -3.0], {(-3.0, -3.0): m.SHARED}),
        Fact(
            "the gradient is 0 at first",
            "a = Value(2.0)\na.grad",
            0.0,
            {1.0: "The gradient must begin at 0: self.grad = 0.0. Only backward() sets it to 1, for the result."},
        ),
        Fact(
            "a Value shows its number",
            '["2.5" in repr(Value(2.5)), "-12.5" in repr(Value(-12.5))]',
            [True, True],
            {(False, False): 'The text does not show the number. Write a __repr__: return f"Value(data={self.data})".'},
        ),
    ),
    "operators": (
        Fact("a + b", f"{AB}(a + b).data", -1.0, {NUMBER: m.NOT_A_VALUE}),
        Fact(
            "a * b",
            f"{AB}(a * b).data",
            -6.0,
            {NUMBER: m.NOT_A_VALUE, -1.0: "This is a + b."},
        ),
        Fact(
            "an operation leaves its operands as they are",
            f"{AB}c = a + b\nd = a * b\n[a.data, b.data]",
            [2.0, -3.0],
            {(-1.0, -3.0): m.IN_PLACE, (3.0, -3.0): m.IN_PLACE, (-6.0, -3.0): m.IN_PLACE},
        ),
        Fact("-a", "a = Value(2.0)\n(-a).data", -2.0, {NUMBER: m.NOT_A_VALUE}),
        Fact(
            "a - b",
            f"{AB}(a - b).data",
            5.0,
            {
                -1.0: "This is a + b.",
                -5.0: "This is b - a.",
                NUMBER: m.NOT_A_VALUE,
            },
        ),
        Fact(
            "a / b",
            "a, b = Value(7.0), Value(2.0)\n(a / b).data",
            3.5,
            {
                2 / 7: "This is b / a.",
                14.0: "This is a * b.",
                NUMBER: m.NOT_A_VALUE,
            },
        ),
        Fact("a ** 3", "a = Value(2.0)\n(a**3).data", 8.0, {6.0: "This is 3 * a.", 9.0: "This is 3 ** a."}),
    ),
    "either side": (
        Fact("a + 1", "a = Value(2.0)\n(a + 1).data", 3.0),
        Fact("1 + a", "a = Value(2.0)\n(1 + a).data", 3.0, {"RecursionError": m.R_LOOPS}),
        Fact(
            "2 * a, and a * 2",
            "a = Value(2.0)\n[(2 * a).data, (a * 2).data]",
            [4.0, 4.0],
            {"RecursionError": m.R_LOOPS},
        ),
        Fact("a - 1", "a = Value(3.0)\n(a - 1).data", 2.0),
        Fact("1 - a", "a = Value(3.0)\n(1 - a).data", -2.0, {2.0: m.REVERSED, "RecursionError": m.R_LOOPS}),
        Fact("a / 2", "a = Value(3.0)\n(a / 2).data", 1.5),
        Fact("2 / a", "a = Value(4.0)\n(2 / a).data", 0.5, {2.0: m.REVERSED, "RecursionError": m.R_LOOPS}),
        Fact("sum() of Values, which begins with 0", f"{AB}sum([a, b]).data", -1.0, {"RecursionError": m.R_LOOPS}),
    ),
    "graph": (
        Fact(
            "a result knows its operands",
            f"{AB}c = a * b\n[any(p is a for p in c.parents), any(p is b for p in c.parents), len(c.parents)]",
            [True, True, 2],
            {
                (False, False, 0): m.NO_PARENTS,
                (True, False, 2): m.COPIED,
                (False, True, 2): m.COPIED,
                (False, False, 2): m.COPIED,
            },
        ),
        Fact("a leaf has none", "a = Value(2.0)\nlen(a.parents)", 0),
        Fact(
            "a plain number becomes an operand", "a = Value(2.0)\nsorted(p.data for p in (a * 3).parents)", [2.0, 3.0]
        ),
    ),
    "backward": (
        Fact(
            "the result's own gradient is 1",
            "a = Value(2.0)\na.backward()\na.grad",
            1.0,
            {0.0: m.NO_SEED, 2.0: m.WRONG_SEED, "'NoneType' object is not callable": m.NO_FUNCTION},
        ),
        Fact("a + b", f"{AB}c = a + b\nc.backward()\n[a.grad, b.grad]", [1.0, 1.0], {(0.0, 2.0): m.LATE_PARENT}),
        Fact(
            "a * b",
            f"{HALVES}c = a * b\nc.backward()\n[a.grad, b.grad]",
            [1.5, 2.5],
            {(2.5, 1.5): m.SWAPPED, (1.0, 1.0): "These are the derivatives of a + b.", (0.0, 4.0): m.LATE_PARENT},
        ),
        Fact(
            "the chain rule, through a sum and a product",
            f"{AB}c = a + b\nd = c * 5\ne = d + 1\ne.backward()\n[a.grad, b.grad, c.grad, d.grad]",
            [5.0, 5.0, 5.0, 1.0],
            {
                (0.0, 0.0, 0.0, 1.0): m.NOT_REVERSED,
                (0.0, 0.0, 5.0, 1.0): m.NOT_REVERSED,
                (1.0, 1.0, 5.0, 1.0): m.NO_CHAIN,
            },
        ),
        Fact(
            "the chain rule, through products",
            f"{AB}c = a * b\nd = c * 4\nd.backward()\n[a.grad, b.grad, c.grad]",
            [-12.0, 8.0, 4.0],
            {(0.0, 0.0, 4.0): m.NOT_REVERSED, (-3.0, 2.0, 4.0): m.NO_CHAIN},
        ),
        Fact("-a", "a = Value(2.0)\nb = -a\nb.backward()\na.grad", -1.0),
        Fact(
            "a - b",
            f"{AB}c = a - b\nc.backward()\n[a.grad, b.grad]",
            [1.0, -1.0],
            {(1.0, 1.0): m.SUBTRAHEND},
        ),
        Fact("1 + a", "a = Value(3.0)\nb = 1 + a\nb.backward()\na.grad", 1.0),
        Fact("2 * a", "a = Value(3.0)\nb = 2 * a\nb.backward()\na.grad", 2.0),
        Fact("1 - a", "a = Value(3.0)\nb = 1 - a\nb.backward()\na.grad", -1.0, {1.0: m.SUBTRAHEND}),
        Fact(
            "a / b",
            "a, b = Value(3.0), Value(2.0)\nc = a / b\nc.backward()\n[a.grad, b.grad]",
            [0.5, -0.75],
            {(0.5, 0.75): m.QUOTIENT, (0.5, -1.5): m.QUOTIENT, (0.5, -0.25): m.QUOTIENT, (0.5, 3.0): m.QUOTIENT},
        ),
        Fact(
            "2 / a",
            "a = Value(4.0)\nb = 2 / a\nb.backward()\na.grad",
            -0.125,
            {0.125: m.QUOTIENT, 0.5: m.REVERSED, -0.0625: "The factor 2 is lost: 2 / a is 2 * a**-1."},
        ),
        Fact(
            "nodes with the same number are not the same node",
            f"{SAME}c = a * 2\nd = b * 2\nf = c * d\nf.backward()\n[a.grad, b.grad]",
            [12.0, 12.0],
            {(0.0, 24.0): m.EQUAL, (24.0, 0.0): m.EQUAL, (0.0, 12.0): m.EQUAL, (12.0, 0.0): m.EQUAL},
        ),
    ),
    "reuse": (
        Fact("a + a", "a = Value(3.0)\nb = a + a\nb.backward()\na.grad", 2.0, {1.0: m.OVERWRITTEN}),
        Fact("a * a", "a = Value(3.0)\nb = a * a\nb.backward()\na.grad", 6.0, {3.0: m.OVERWRITTEN}),
        *(_twice(*row) for row in TWICE),
        Fact(
            "a result used twice",
            "a = Value(3.0)\nb = a * 5\nc = b + b\nc.backward()\na.grad",
            10.0,
            {5.0: m.OVERWRITTEN, 20.0: m.TWICE, 0.0: m.NOT_REVERSED},
        ),
        Fact(
            "two ways from a to the result",
            "a = Value(3.0)\nb = a + 1\nc = a * 2\nd = b * c\nd.backward()\na.grad",
            14.0,
            {6.0: m.OVERWRITTEN, 8.0: m.OVERWRITTEN, 3.0: m.NO_CHAIN, 0.0: m.NOT_REVERSED},
        ),
    ),
    "order": (
        Fact(
            "a short way and a long one, the short one first",
            "a = Value(2.0)\nb = a * 3\nc = b * 2\nd = b + c\nd.backward()\na.grad",
            9.0,
            {3.0: m.EARLY, 6.0: m.OVERWRITTEN, 12.0: m.TWICE, 18.0: m.TWICE, 0.0: m.NOT_REVERSED},
        ),
        Fact(
            "a short way and a long one, the long one first",
            "a = Value(2.0)\nb = a * 3\nc = b * 2\nd = c + b\nd.backward()\na.grad",
            9.0,
            {3.0: m.EARLY, 6.0: m.EARLY, 12.0: m.TWICE, 18.0: m.TWICE, 0.0: m.NOT_REVERSED},
        ),
        Fact(
            "a short way and a very long one",
            "a = Value(2.0)\nb = a * 3\nc = b * 2\nd = c * 2\nf = d * 2\ng = f + b\ng.backward()\na.grad",
            27.0,
            {3.0: m.EARLY, 24.0: m.OVERWRITTEN, 30.0: m.TWICE, 54.0: m.TWICE, 0.0: m.NOT_REVERSED},
        ),
        Fact(
            "each node is visited once, however many paths lead to it",
            "a = Value(1.0)\nb = a\nfor _ in range(40):\n    b = b + b\nb.backward()\na.grad",
            2.0**40,
            {1.0: m.OVERWRITTEN},
        ),
    ),
    "again": (
        Fact(
            "after setting the gradients to 0 it starts anew",
            f"{AB}c = a * b\nc.backward()\na.grad = b.grad = 0.0\nd = a * b\nd.backward()\n[a.grad, b.grad]",
            [-3.0, 2.0],
            {
                (-6.0, 4.0): "The first gradients are still there. Does backward() add to something else than grad? Or "
                "does it visit nodes that this result was not computed from?",
                (0.0, 0.0): m.NOT_AGAIN,
            },
        ),
        Fact(
            "the gradients of two results add up",
            "a = Value(2.0)\nb = a * 3\nc = a * 5\nb.backward()\nc.backward()\na.grad",
            8.0,
            {5.0: m.OVERWRITTEN + " And backward() must not set the gradients of leaves to 0.", 3.0: m.NOT_AGAIN},
        ),
        Fact(
            "one result's backward() leaves another's alone",
            "a = Value(2.0)\nb = a * 3\nc = a * 5\nb.backward()\n[a.grad, b.grad, c.grad]",
            [3.0, 1.0, 0.0],
        ),
        Fact(
            AGAIN,
            "a = Value(2.0)\nb = a * 3\nc = b * 5\nc.backward()\nc.backward()\na.grad",
            30.0,
            {45.0: m.NOT_RESET, 15.0: m.NOT_AGAIN, 60.0: m.SEED_ADDS},
        ),
    ),
    "powers": (
        Fact(
            "a ** 3",
            "a = Value(2.0)\nb = a**3\nb.backward()\na.grad",
            12.0,
            {24.0: m.POWER, 4.0: m.POWER_FACTOR, 8 * log(2.0): m.EXPONENT, 6.0: m.POWER, 8.0: m.POWER},
        ),
        Fact(
            "a ** -1",
            "a = Value(4.0)\nb = a**-1\nb.backward()\n[b.data, a.grad]",
            [0.25, -0.0625],
            {(0.25, -0.25): m.POWER, (0.25, 0.0625): m.POWER_FACTOR, (0.25, -1.0): m.POWER},
        ),
        Fact(
            "a ** 0.5",
            "a = Value(6.25)\nb = a**0.5\nb.backward()\n[b.data, a.grad]",
            [2.5, 0.2],
            {(2.5, 1.25): m.POWER, (2.5, 0.4): m.POWER_FACTOR, (2.5, 0.5): m.INTEGER, (1.0, 0.0): m.INTEGER},
        ),
        _twice("a**2", "a**3", (6.0, 0.0), (27.0, 0.0)),
        Fact(
            "a power within a product",
            "a = Value(2.0)\nb = a**3 * 5\nb.backward()\na.grad",
            60.0,
            {12.0: m.LOCAL_ONLY, 120.0: m.POWER, 20.0: m.POWER_FACTOR},
        ),
    ),
    "in place": (
        _in_place("+", "a", -18.0, 6.0),
        _in_place("+", "40", 25.0, 5.0),
        _in_place("-", "a", -12.0, 4.0),
        _in_place("*", "a", 45.0, -30.0),
        _in_place("*", "2", -30.0, 10.0),
        _in_place("/", "2", -7.5, 2.5),
        _in_place("**", "2", 225.0, -150.0),
    ),
    "functions": (
        *_function(
            "exp", 0.5, e**0.5, e**0.5, {0.5 * e**-0.5: m.EXP_AS_POWER, 0.5: "This is x, not exp(x): use out.data."}
        ),
        Fact(
            "log is the natural logarithm",
            "a = Value(8.0)\na.log().data",
            log(8.0),
            {log10(8.0): m.LOG_BASE, log2(8.0): m.LOG_BASE},
        ),
        *_function("log", 0.5, log(0.5), 2.0, {0.5: "The derivative of log(x) is 1/x, not x."}),
        *_function(
            "tanh",
            0.5,
            (e - 1) / (e + 1),
            4 * e / (e + 1) ** 2,
            {
                0.75: m.TANH_OF_X,
                1 - tanh(0.5): m.TANH_SQUARE,
                tanh(0.5): "This is tanh(x): the derivative is 1 - t**2.",
            },
        ),
        *_function("relu", 0.5, 0.5, 1.0, {0.5: "relu has the slope 1 above 0, not x."}),
        Fact(
            "relu below 0",
            "a = Value(-2.0)\nb = a.relu()\nb.backward()\n[b.data, a.grad]",
            [0.0, 0.0],
            {
                (0.0, 1.0): m.RELU_OPEN,
                (-2.0, 1.0): "relu(x) is 0 where x is below 0: max(0, x).",
                (-0.02, 0.01): "relu(x) is 0 where x is below 0: max(0, x).",
                (-0.2, 0.1): "relu(x) is 0 where x is below 0: max(0, x).",
            },
        ),
        Fact(
            "relu at 0, where its slope is 0 by convention",
            "a = Value(0.0)\nb = a.relu()\nb.backward()\n[b.data, a.grad]",
            [0.0, 0.0],
            {(0.0, 1.0): m.RELU_AT_ZERO, (0.0, 0.5): m.RELU_AT_ZERO},
        ),
        Fact(
            "the logarithm of -1 is an error, or nan, and no number",
            NO_NUMBER.format("log"),
            nan,
            {0.0: Said(m.OF_SIZE, Said("logarithm"), "math.log")},
        ),
        Fact("tanh of a large number", "a = Value(1000.0)\na.tanh().data", 1.0, {"OverflowError": m.TANH_OVERFLOW}),
        *(
            _used_twice(name, 8 * slope)
            for name, slope in [("exp", exp(1.5)), ("log", 1 / 1.5), ("tanh", 1 - tanh(1.5) ** 2), ("relu", 1.0)]
        ),
    ),
    "many numbers": (
        _at_many("a + b", PAIRS_WITH_ZERO, "(a + 0) + (b + 0)", "c.data, a.grad, b.grad", "x + y, k, k"),
        _at_many("a - b", PAIRS_WITH_ZERO, "(a + 0) - (b + 0)", "c.data, a.grad, b.grad", "x - y, k, -k"),
        _at_many("a * b", PAIRS_WITH_ZERO, "(a + 0) * (b + 0)", "c.data, a.grad, b.grad", "x * y, k * y, k * x"),
        _at_many("a / b", PAIRS, "(a + 0) / (b + 0)", "c.data, a.grad, b.grad", "x / y, k / y, -k * x / y**2"),
        _at_many(
            Said("{0} and {1}", "a + 1", "1 + a"), PAIRS_WITH_ZERO, "((a + 0) + y) * (x + (b + 0))", *_BOTH_SIDES["+"]
        ),
        _at_many(Said("{0} and {1}", "a - 1", "1 - a"), PAIRS, "((a + 0) - y) * (x - (b + 0))", *_BOTH_SIDES["-"]),
        _at_many(
            Said("{0} and {1}", "a * 2", "2 * a"), PAIRS_WITH_ZERO, "((a + 0) * y) * (x * (b + 0))", *_BOTH_SIDES["*"]
        ),
        _at_many(Said("{0} and {1}", "a / 2", "2 / a"), PAIRS, "((a + 0) / y) * (x / (b + 0))", *_BOTH_SIDES["/"]),
        _at_many("-a", PAIRS_WITH_ZERO, "-(a + 0)", "c.data, a.grad", "-x, -k"),
        _at_many("a ** n", POWERS, "(a + 0) ** y", "c.data, a.grad", "x**y, k * y * x ** (y - 1)"),
        _function_at_many(
            "exp",
            "[-30.0, -2.5, -0.0007, 0.0007, 1.234567890123456, 12.0, 30.0, 60.0, 300.0]",
            "math.exp(x)",
            "math.exp(x)",
        ),
        _function_at_many("log", "[1e-9, 0.0007, 0.7, 1.0, 2.5, 12.345678901234567, 3e7]", "math.log(x)", "1 / x"),
        _function_at_many(
            "tanh",
            "[-20.0, -2.5, -0.0007, 0.0007, 0.712345678901234, 3.0]",
            "math.tanh(x)",
            "(1 - math.tanh(x) ** 2)",
            OF_ONE,
        ),
        _function_at_many(
            "relu", "[-30.0, -1e-300, 1e-300, 0.0003, 2.5, 12.345678901234567, 30.0]", "max(0.0, x)", "(x > 0)"
        ),
        Fact(
            "1 divided by 0 is an error, or infinite, and no number",
            NOT_FINITE.format("a = Value(1.0)\nb = Value(0.0)", "a / b"),
            inf,
            {0.0: m.BY_ZERO},
        ),
        Fact(
            "exp of 1000 is an error, or infinite, and no number",
            NOT_FINITE.format("a = Value(1000.0)", "a.exp()"),
            inf,
            {e**x: m.CUT_OFF for x in (20, 50, 100, 500, 700, 709)},
        ),
    ),
    "more operations": (
        Fact(
            "a ** b",
            "a, b = Value(2.0), Value(3.0)\nc = a**b\nc.backward()\n[c.data, a.grad, b.grad]",
            [8.0, 12.0, 8 * log(2)],
            {(8.0, 12.0, 0.0): m.BY_EXPONENT},
            optional=m.NO_VALUE_AS_EXPONENT,
        ),
        Fact(
            "2 ** a",
            "a = Value(3.0)\nb = 2**a\nb.backward()\n[b.data, a.grad]",
            [8.0, 8 * log(2)],
            {(9.0, 6.0): m.REVERSED, (8.0, 0.0): m.BY_EXPONENT},
            optional=m.NO_VALUE_AS_EXPONENT,
        ),
        _at_many(
            "a ** b",
            BOTH_MOVE,
            "(a + 0) ** (b + 0)",
            "c.data, a.grad, b.grad",
            "x**y, k * y * x ** (y - 1), k * x**y * math.log(x)",
            optional=m.NO_VALUE_AS_EXPONENT,
        ),
        _at_many(
            "2 ** a",
            BOTH_MOVE,
            "x ** (b + 0)",
            "c.data, b.grad",
            "x**y, k * x**y * math.log(x)",
            optional=m.NO_VALUE_AS_EXPONENT,
        ),
        _twice("b**a", "c**a", (8 * log(2), 12.0), (64 * log(4), 48.0), m.NO_VALUE_AS_EXPONENT),
        _twice("2**a", "4**a", (8 * log(2), 0.0), (64 * log(4), 0.0), m.NO_VALUE_AS_EXPONENT),
        *map(_compared, ("<", ">", "<=", ">=")),
        _at_many(
            "abs(a)",
            SIZES,
            "abs(a + 0)",
            "c.data, a.grad",
            "abs(x), k * math.copysign(1, x)",
            optional=r"TypeError: bad operand type for abs\(\)",
        ),
        *(
            _function_at_many(name, numbers, value, slope, off, optional=rf"AttributeError: .* no attribute '{name}'")
            for name, numbers, value, slope, off in MORE_FUNCTIONS
        ),
        *(
            _used_twice(name, 8 * slope, optional=rf"AttributeError: .* no attribute '{name}'")
            for name, slope in [
                ("sigmoid", exp(1.5) / (exp(1.5) + 1) ** 2),
                ("sin", cos(1.5)),
                ("cos", -sin(1.5)),
                ("sqrt", 0.5 / sqrt(1.5)),
            ]
        ),
        Fact(
            "the square root of -1 is an error, or nan, and no number",
            NO_NUMBER.format("sqrt"),
            nan,
            {1.0: Said(m.OF_SIZE, Said("square root"), "math.sqrt")},
            optional="AttributeError: .* no attribute 'sqrt'",
        ),
    ),
    "deep": (
        Fact(
            Said("a chain of {0} operations", 200),
            "a = Value(1.0)\nb = a\nfor _ in range(200):\n    b = b + 1\nb.backward()\n[b.data, a.grad]",
            [201.0, 1.0],
        ),
        Fact(
            LONG_CHAIN,
            f"a = Value(1.0)\nb = a\nfor _ in range({DEEP}):\n    b = b + 1\nb.backward()\n[b.data, a.grad]",
            [DEEP + 1.0, 1.0],
        ),
    ),
    "training": (
        Fact(
            "a neuron with tanh",
            """
            x1, x2, w1, w2, b = Value(2.0), Value(0.5), Value(-1.0), Value(3.0), Value(0.75)
            y = (w1 * x1 + w2 * x2 + b).tanh()
            y.backward()
            [y.data, w1.grad, w2.grad, b.grad]
            """,
            [tanh(0.25), 2 * (1 - tanh(0.25) ** 2), 0.5 * (1 - tanh(0.25) ** 2), 1 - tanh(0.25) ** 2],
        ),
        Fact(
            "gradient descent finds the slope of a line",
            """
            w = Value(0.0)
            for step in range(10):
                error = w * 2 + -6
                loss = error * error
                w.grad = 0.0
                loss.backward()
                w.data -= 0.1 * w.grad
            w.data
            """,
            3 * (1 - 0.2**10),
            {0.0: "w did not move. Does it have a gradient after backward()?"},
        ),
        Fact(
            "a network with relu learns exclusive or",
            NETWORK.format(
                hidden="[[-0.5, 0.9, 0.0], [-1.0, 0.3, 0.0], [0.7, -1.0, 0.0]]",
                output="[0.9, -0.3, 0.9, 0.0]",
                activation="relu",
            ),
            [0, 1, 1, 0],
        ),
        Fact(
            "a network with tanh learns exclusive or",
            NETWORK.format(
                hidden="[[0.9, -1.0, 0.0], [1.0, -0.9, -0.2], [0.7, 0.7, -0.2]]",
                output="[0.3, -0.3, 0.3, 0.0]",
                activation="tanh",
            ),
            [0, 1, 1, 0],
        ),
    ),
}
