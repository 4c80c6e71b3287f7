"""Random functions as people write them: loops, branches, closures, containers, errors that are caught, each compiled.

python -m tests.fuzz.functions --programs 1000 --from 7

Each is a text in Python, made from a seed. It is called with plain numbers, with Values, compiled, and differentiated
by every route; all answers must agree. A function that compile refuses is counted, with its reason. What differs is
printed with the seed and the text.
"""

import argparse
import builtins
import collections
import math
import random
import re
import shutil
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import count
from textwrap import indent
from typing import Any

import numpy as np

import autograd
from autograd import CannotCompile, Value, grad, hessian, hvp, jvp, taylor, vjp
from autograd.compiling import compiler
from autograd.compiling.plain_numbers import rounding_of
from autograd.compiling.shapes import taken_apart
from autograd.transforms.containers import leaves, rebuilt
from tests.fuzz.in_c import GUARD_MISSED, NOT_FINITE, InC

PLAIN = [0.0, 1.0, -1.0, 0.5, 2.0, 0.3333333333333333, -0.25, 3.0]
ONE = [
    *("exp", "tanh", "sigmoid", "softplus", "sin", "cos", "atan", "relu", "gelu", "silu", "erf", "cbrt", "asinh"),
    *("sinc", "expm1", "gauss", "abs", "floor"),
]
SMOOTH = [name for name in ONE if name not in ("relu", "abs", "floor", "cbrt")]


# Statements. E, EE: an expression. S: a number that is there. IF: a condition. OF_T: a smooth formula of t
ANYWHERE = """
NAME = EE

NAME = EE

NAME = S
for k in range(N):
    NAME = NAME * 0.5 + E

NAMEs = [E, E]
NAMEs[0] += E
NAMEs.append(E)
NAME = NAMEs[-1] * NAMEs[0]

NAMEs = [E, E, E]
NAMEs.reverse()
del NAMEs[1]
NAME = sum(NAMEs)

NAMEd = {'u': E, 'v': E}
NAMEd['u'] = NAMEd['u'] * E
NAME = NAMEd['u'] + NAMEd.get('v')

def inner_NAME(t, scale=2.0):
    return t * scale + E
NAME = inner_NAME(E) * inner_NAME(E, scale=0.5)

NAME = (lambda t: t * E)(E)

NAME = grad(lambda t: OF_T)(E)

NAME = taylor(lambda t: OF_T, E, 2)[2]

NAME = jvp(lambda t: OF_T, (E,), (1.0,))[1]

NAME = root(lambda t: t ** 3 + t - E, 0.5)

NAME = fixed_point(lambda t: 0.3 * sin(t) + E, 0.5)

pair = Pair(E, E)
pair.first = pair.first * 2
NAME = pair.first - pair.second

NAME, other_NAME = E, E
NAME = NAME * other_NAME

NAME = np.array([E, E]) @ np.array([E, 2.0])

NAME = (np.array([E, E], dtype=object) * 0.1 + S).sum()

NAME = stop_gradient(E) * E

NAME = COMPILED(E, E)
""".strip().split("\n\n")
WITH_KINKS = """
if IF:
    NAME = EE
else:
    NAME = EE

NAME = abs(E) + 0.5
while NAME < 4:
    NAME = NAME * 2 + 0.125

try:
    NAME = log(E)
except ValueError:
    NAME = E

try:
    NAME = E / S
except ZeroDivisionError:
    NAME = E - 1

try:
    NAME = sqrt(E) * 2
except (ValueError, ArithmeticError):
    NAME = 0.0 * E

NAME = 0.0
for t in [E, E, E]:
    if t < 0:
        continue
    NAME = NAME + t
    if NAME > 1:
        break

match bool(S > 0):
    case True:
        NAME = E
    case _:
        NAME = E * 2

best = S
for t in (E, E):
    best = t if t > best else best
NAME = best

NAME = int(2.7) * E

NAME = logaddexp(E, E) + xlogy(abs(E), 2.0)

NAME = atan2(E, 1 + abs(E))
""".strip().split("\n\n")


@dataclass
class Pair:
    """An argument with attributes."""

    first: Any
    second: Any


@autograd.custom_derivative(lambda out, x, y: (2 * x * y, x * x))
def square_times(x: float, y: float) -> float:
    """An operation of one's own."""
    return x * x * y


class Writer:
    """Writes a function of random arguments.

    >>> "def f(" in Writer(3).source
    True
    """

    def __init__(self, seed: int) -> None:
        rng = self.rng = random.Random(seed)
        self.smooth = rng.random() < 0.4
        self.has_parameters = rng.random() < 0.5
        self.fresh = count()
        self.arguments: list[tuple[str, str]] = []
        self.names: list[str] = []
        self.outside: list[str] = []
        for k in range(rng.randint(1, 3)):
            kind = rng.choice(["float"] * 4 + ["list", "dict", "pair", "int", "bool", "text", "array", "star"])
            name = f"{'*' if kind == 'star' else ''}x{k}"
            self.arguments.append((name, kind))
            self.names += {
                "float": [name],
                "list": [f"{name}[0]", f"{name}[1]", f"{name}[-1]"],
                "dict": [f"{name}['a']", f"{name}['b']"],
                "pair": [f"{name}[0]", f"{name}[1]"],
                "array": [f"{name}[0]", f"{name}[1]"],
                "star": [f"x{k}[0]"],
            }.get(kind, [])
            if kind == "star":
                break
        if not self.names:
            self.arguments.insert(0, ("z", "float"))
            self.names.append("z")
        if self.has_parameters:
            self.names += ["w", "params[1]"]
        body = "".join(self.statement() for _ in range(rng.randint(2, 7)))
        result = self.expression(2)
        head = ", ".join(name for name, _ in self.arguments)
        self.source = "\n".join(self.outside) + f"\ndef f({head}):\n{indent(body, '    ')}    return {result}\n"

    def number(self) -> float:
        """A number for an argument or a constant."""
        return self.rng.choice(PLAIN) if self.rng.random() < 0.3 else round(self.rng.uniform(-2, 2), 3)

    def new(self) -> str:
        """A name that is not taken."""
        return f"t{next(self.fresh)}"

    def some(self) -> str:
        """A number that is there."""
        return self.rng.choice(self.names)

    def expression(self, depth: int = 1) -> str:
        """A formula of what is there."""
        rng = self.rng
        if depth == 0:
            return self.some() if rng.random() < 0.8 else repr(self.number())
        a, b = self.expression(depth - 1), self.expression(depth - 1)
        forms = [
            lambda: f"({a} + {b})",
            lambda: f"({a} - {b})",
            lambda: f"({a} * {b})",
            lambda: f"({a} * {b} + {self.some()})",
            lambda: f"{rng.choice(SMOOTH if self.smooth else ONE)}({a})",
            lambda: f"{rng.choice(SMOOTH if self.smooth else ONE)}({a})",
            lambda: f"({a} / (1 + {b} ** 2))",
            lambda: f"sum([{a}, {b}, {self.some()}])",
            lambda: f"dot([{a}, {b}], [{self.some()}, {self.some()}])",
            lambda: f"logsumexp([{a}, {b}])",
            lambda: f"square_times({a}, {b})",
            lambda: f"(-{a})",
            lambda: f"log(1 + ({a}) ** 2)",
            lambda: f"({a}) ** {rng.choice([2, 3, 0, 1])}",
            lambda: f"sum(t * t for t in ({a}, {b}))",
        ]
        if not self.smooth:
            forms += [
                lambda: f"max({a}, {b})",
                lambda: f"min([{a}, {b}, 0.5])",
                lambda: f"clip({a}, -1.0, 1.0)",
                lambda: f"where({self.condition()}, {a}, {b})",
                lambda: f"where({self.some()} > 0, log(max({self.some()}, 1e-3)), {a})",
                lambda: f"({a} if {self.condition()} else {b})",
                lambda: f"norm([{a}, {b}])",
                lambda: f"({a} % 1.5)",
                lambda: f"hypot({a}, {b})",
                lambda: f"builtins_max({a}, {b})",
                lambda: f"sorted([{a}, {b}, {self.some()}])[1]",
                lambda: f"abs({a})",
            ]
        return rng.choice(forms)()

    def condition(self) -> str:
        """A comparison that decides."""
        rng, a = self.rng, self.some()
        return rng.choice(
            [
                f"{a} < {self.some()}",
                f"{a} > Fraction(1, 3)",
                f"{a} <= Decimal('0.1')",
                f"{a} < np.float32(0.1)",
                f"{a} == {self.number()!r}",
                f"{a} != 1",
                f"0 < {a} <= 1",
                f"{a} in (0, 1, 0.5)",
                f"not {a} < 0.25",
                f"{a} < 0.5 and {self.some()} > -0.5",
                f"any(t > 1 for t in ({a}, {self.some()}))",
                f"{a} > 2**53 + 1",
                f"bool({a})",
                f"{a} >= {a}",
                f"isinstance({a}, str)",
            ]
        )

    def statement(self) -> str:
        """A statement that makes another number."""
        rng, name = self.rng, self.new()
        text = rng.choice(ANYWHERE if self.smooth else ANYWHERE + WITH_KINKS)
        if "COMPILED" in text:
            rest = "a * b * b" if self.smooth else "(a if a > 0.5 else b * b)"
            self.outside.append(f"@compile\ndef g_{name}(a, b):\n    return tanh(a) * b + {rest}")
        fill = {
            "COMPILED": lambda: f"g_{name}",
            "NAME": lambda: name,
            "EE": lambda: self.expression(2),
            "E": self.expression,
            "S": self.some,
            "IF": self.condition,
            "OF_T": lambda: self.within("t"),
            "N": lambda: str(rng.randint(0, 4)),
        }
        text = re.sub(r"COMPILED|NAME|OF_T|\b(EE|E|S|IF|N)\b", lambda found: fill[found[0]](), text).strip() + "\n"
        self.names.append(name)
        for argument, kind in self.arguments:
            if rng.random() < 0.1 and kind in ("int", "bool", "text"):
                more = self.new()
                text += {
                    "int": f"{more} = {name} * {argument} + {argument} ** 2\n",
                    "bool": f"{more} = {name} if {argument} else {self.some()} * 3\n",
                    "text": f"{more} = {name} * len({argument}) if {argument} == 'mean' else {name}\n",
                }[kind]
                self.names.append(more)
        return text

    def within(self, name: str) -> str:
        """A smooth formula of a variable and of what is there."""
        return self.rng.choice(
            [
                f"{name} * {name} * {self.some()}",
                f"sin({name}) * {self.some()} + {name} ** 3",
                f"exp({name} * 0.5) / (1 + {self.some()} ** 2)",
                f"tanh({name} + {self.some()})",
            ]
        )

    def point(self) -> tuple[Any, ...]:
        """Arguments as it takes them."""
        rng = self.rng
        make: dict[str, Callable[[], Any]] = {
            "float": self.number,
            "list": lambda: [self.number() for _ in range(rng.choice([2, 3]))],
            "dict": lambda: {"a": self.number(), "b": self.number()},
            "pair": lambda: (self.number(), self.number()),
            "int": lambda: rng.choice([0, 1, 2, 3]),
            "bool": lambda: rng.random() < 0.5,
            "text": lambda: rng.choice(["mean", "sum"]),
            "array": lambda: np.array([self.number(), self.number()]),
            "star": self.number,
        }
        return tuple([make[kind]() for _, kind in self.arguments])


def of(what: Callable[[], Any]) -> Any:
    """What comes out, or the type of the error."""
    try:
        return what()
    except (ValueError, ArithmeticError) as error:
        return type(error)


class Difference(Exception):
    """What is not as it is eagerly."""


def compare(what: str, point: Any, found: Any, right: Any, slack: float = 0.0, tolerance: float = 1e-9) -> None:
    """Difference unless two answers are the same but for rounding."""
    if isinstance(found, type) or isinstance(right, type):
        if found is not right:
            raise Difference(f"{what} at {point!r}: {found!r}, not {right!r}")
        return
    for x, y in zip(leaves(found), leaves(right), strict=True):
        x, y = getattr(x, "data", x), getattr(y, "data", y)
        near = x == y or (x != x and y != y) or math.isclose(x, y, rel_tol=tolerance, abs_tol=max(1e-11, slack))
        if not near:
            raise Difference(f"{what} at {point!r}: {found!r}, not {right!r}")


def is_number(x: Any) -> bool:
    """Whether a leaf of the arguments moves."""
    return type(x) is float or isinstance(x, np.floating)


def in_python(point: tuple[Any, ...]) -> list[Any]:
    """The arguments with Python's numbers in arrays: NumPy's own make infinities where Python raises errors."""
    return [x.astype(object) if isinstance(x, np.ndarray) else x for x in point]


def with_values(point: tuple[Any, ...]) -> tuple[Any, list[Value]]:
    """The arguments with Values in the place of floats."""
    values = [Value(float(x)) if is_number(x) else x for x in leaves(point)]
    return rebuilt(point, values), [x for x in values if isinstance(x, Value)]


@dataclass
class Export:
    """A function in C, and what it has to answer: arguments, its value with its slack, and its gradient."""

    source: str
    answers: list[tuple[list[float], float, float, list[float]]]


def exported(name: str, compiled: Any, f: Any, points: list[tuple[Any, ...]]) -> Export | None:
    """The function at the first of some points in C; None if it cannot be written so, or is nowhere finite."""
    key, _ = taken_apart(points[0])
    try:
        source = compiled.to_c(*points[0], name=name)
    except (ValueError, ArithmeticError, TypeError, NotImplementedError):
        return None
    answers = []
    for point in points:
        args, values = with_values(point)
        result = of(lambda args=args: f(*args))
        given = taken_apart(point)
        if not isinstance(result, Value) or given[0] != key or len(given[1]) != len(values):
            continue
        result.backward()
        answers.append(([x.data for x in values], result.data, 100 * rounding_of(result), [x.grad for x in values]))
    return Export(source, answers)


def compare_in_c(exports: dict[str, Export]) -> list[str]:
    """What differs of functions in C. The first answer is at their example, where no guard may fail."""
    differ, in_c = [], InC({name: its.source for name, its in exports.items()})
    for name, its in exports.items():
        for k, (inputs, value, slack, slopes) in enumerate(its.answers):
            status, found, gradient = in_c.gradient(name, inputs)
            if status == NOT_FINITE or (status == GUARD_MISSED and k):
                continue
            try:
                if status == GUARD_MISSED:
                    raise Difference(f"C at {inputs!r}: a guard fails")
                compare("C", inputs, found, value, slack)
                compare("the gradient in C", inputs, gradient, slopes, 100 * slack, 1e-7)
            except Difference as error:
                differ.append(f"{name}: {error}")
                break
    return differ


def check(seed: int, exports: dict[str, Export] | None = None) -> None:
    """One function in every way. Difference if two do not agree. exports: where one in C is to wait for the others."""
    writer = Writer(seed)
    names = {name: getattr(autograd, name) for name in autograd.__all__ if not name.startswith("_")}
    parameters = [Value(writer.number()), Value(writer.number())]
    scope: dict[str, Any] = {
        **names,
        "np": np,
        "compile": autograd.compile,
        "Fraction": Fraction,
        "Decimal": Decimal,
        "Pair": Pair,
    }
    scope |= {"square_times": square_times, "w": parameters[0], "params": parameters}
    scope |= {"builtins_max": max, "sorted": sorted}
    exec(builtins.compile(writer.source, f"<seed {seed}>", "exec"), scope)
    f = scope["f"]
    compiled = autograd.compile(f)
    points = [writer.point() for _ in range(3)]
    points += [points[0], points[1]]
    for k, point in enumerate(points):
        if k == 3 and exports is not None:
            found = exported(f"seed_{seed}", compiled, f, points[:3])
            if found is not None:
                exports[f"seed_{seed}"] = found
        if k == 3 and writer.has_parameters:
            parameters[0].data = writer.number()
        one(writer, f, compiled, parameters if writer.has_parameters else [], point)
    if writer.smooth:
        for point in points[:2]:
            routes(f, compiled, point)


def one(writer: Writer, f: Any, compiled: Any, parameters: list[Value], point: tuple[Any, ...]) -> None:
    """One call, and its backward()."""
    expected = of(lambda: f(*in_python(point)))
    args, _ = with_values(point)
    result = of(lambda: f(*args))
    slack = 100 * rounding_of(result) if isinstance(result, Value) else 0.0
    compare("of Values", point, result, expected, slack)
    found = of(lambda: compiled(*point))
    compare("compiled", point, found, expected, slack)
    if isinstance(result, type) or not isinstance(result, Value):
        return

    def slopes(function: Any) -> Any:
        args, values = with_values(point)
        for x in parameters:
            x.grad = 0.0
        result = function(*args)
        if not isinstance(result, Value):
            return [0.0] * (len(values) + len(parameters))
        result.backward()
        return [x.grad for x in values + parameters]

    right = of(lambda: slopes(f))
    compare("gradients", point, of(lambda: slopes(compiled)), right, 100 * slack, 1e-7)


def routes(f: Any, compiled: Any, point: tuple[Any, ...]) -> None:
    """All derivatives of first and second order."""
    places = [k for k, x in enumerate(point) if not isinstance(x, (int, str))]
    if not places or not isinstance(of(lambda: f(*with_values(point)[0])), Value):
        return

    def moving(function: Any) -> Any:
        def of_these(*args: Any) -> Any:
            given = dict(zip(places, args))
            return function(*[given.get(k, x) for k, x in enumerate(point)])

        return of_these

    right = of(lambda: leaves(grad(f, places)(*point)))
    for what, route in (
        ("grad(compile(f))", lambda: grad(compiled, places)(*point)),
        ("compile(grad(f))", lambda: autograd.compile(grad(f, places))(*point)),
        ("vjp", lambda: vjp(moving(f), *[point[k] for k in places])[1](1.0)),
        ("vjp of compiled", lambda: vjp(moving(compiled), *[point[k] for k in places])[1](1.0)),
    ):
        compare(what, point, of(lambda route=route: leaves(route())), right, 0.0, 1e-7)
    if isinstance(right, type):
        return
    k = places[0]
    n = len(leaves(point[k]))

    def of_one(function: Any) -> Any:
        return lambda x: function(*point[:k], x, *point[k + 1 :])

    direction = rebuilt(point[k], [1.0 + 0.5 * i for i in range(n)])
    slopes = [getattr(x, "data", x) for x in leaves(grad(of_one(f))(point[k]))]
    along = sum(s * t for s, t in zip(slopes, leaves(direction)))
    compare("jvp", point, of(lambda: jvp(of_one(f), (point[k],), (direction,))[1]), along, 1e-9, 1e-7)
    compare(
        "jvp of compiled", point, of(lambda: jvp(of_one(compiled), (point[k],), (direction,))[1]), along, 1e-9, 1e-7
    )
    right = of(lambda: leaves(hvp(of_one(f), point[k], direction)))
    large = 1e-9 if isinstance(right, type) else 1e-9 * max([1.0, *[abs(getattr(x, "data", x)) for x in right]])
    for what, route in (
        ("hvp of compiled", lambda: hvp(of_one(compiled), point[k], direction)),
        ("compile(hvp)", lambda: autograd.compile(lambda x: hvp(of_one(f), x, direction))(point[k])),
        ("grad of grad", lambda: grad(lambda x: slope_along(of_one(f), x, direction))(point[k])),
        ("grad of grad of compiled", lambda: grad(lambda x: slope_along(of_one(compiled), x, direction))(point[k])),
    ):
        compare(what, point, of(lambda route=route: leaves(route())), right, large, 1e-6)
    if n == 1 and type(point[k]) is float:
        second = of(lambda: hessian(of_one(f))(point[k]))
        compare("taylor", point, of(lambda: 2 * taylor(of_one(f), point[k], 2)[2]), second, large, 1e-6)
        compare("hessian of compiled", point, of(lambda: hessian(of_one(compiled))(point[k])), second, large, 1e-6)


def slope_along(function: Any, x: Any, direction: Any) -> Any:
    """How fast a function changes along a direction."""
    return sum(s * t for s, t in zip(leaves(grad(function)(x)), leaves(direction)))


def main(arguments: list[str] | None = None) -> int:
    """Try functions, and print what differs, and what was refused."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.functions", description=__doc__.split("\n")[0])
    parser.add_argument("--programs", type=int, default=300, help="how many")
    parser.add_argument("--seed", type=int, help="run this one alone, and print it")
    parser.add_argument("--from", type=int, dest="first", help="the first seed; by default another each time")
    parser.add_argument("--refused", action="store_true", help="print each function that is refused, too")
    how = parser.parse_args(arguments)
    compiler.CHECKED, compiler.WORTHWHILE = True, 0
    first = how.seed if how.seed is not None else random.randrange(10**9) if how.first is None else how.first
    n, wrong, start = 1 if how.seed is not None else how.programs, 0, time.monotonic()
    print(f"{autograd.engine_name} engine, seeds from {first}", flush=True)
    refused: collections.Counter[str] = collections.Counter()
    exports: dict[str, Export] | None = {} if shutil.which("gcc") is not None else None
    for seed in range(first, first + n):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                check(seed, exports if seed % 3 == 0 or n == 1 else None)
            except CannotCompile as error:
                refused[str(error).partition(": ")[2][:90]] += 1
                if how.refused:
                    print(f"seed {seed}: {error}")
            except Exception as error:
                wrong += 1
                print(
                    f"seed {seed}: {type(error).__name__}: {error}\n{indent(Writer(seed).source, '    ')}", flush=True
                )
    for difference in compare_in_c(exports) if exports else ():
        wrong += 1
        print(difference, flush=True)
    for reason, times in refused.most_common():
        print(f"{times} refused: {reason}")
    print(f"{n:,} functions, {len(exports or ())} of them in C, in {time.monotonic() - start:.0f} s, {wrong} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
