"""Random programs, compiled in every way, against the function itself: python -m tests.fuzz.compiled --programs 20000.

A program is made from a seed: operations on numbers at the edges (signed zeros, huge and tiny numbers, sums that
cancel), containers, whole numbers, comparisons, equalities, parameters. Its value, gradients and Hessian are computed
eagerly, compiled, by compiled derivatives, in lanes over rows, and sometimes by C. What differs is printed with its
seed, --seed N runs that one alone, and the exit status is 1.
"""

import argparse
import math
import random
import shutil
import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

import autograd
from autograd import Value, compiling, grad, hessian
from autograd.compiling import compiler
from autograd.compiling.plain_numbers import rounding_of
from autograd.transforms.containers import leaves, rebuilt
from tests.fuzz.in_c import GUARD_MISSED, OK, InC

POINTS = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 3.0, -2.5, 1e-8, 1e20, -1e20, 1e-310, 5e-324, 1e150, 1 / 3, 0.1, -0.7, 40.0]
ONE = ["exp", "log", "sqrt", "tanh", "sigmoid", "relu", "softplus", "sin", "cos", "atan", "cbrt", "gelu", "silu", "erf"]
MANY = ["sum", "mean", "max", "min", "norm", "logsumexp", "prod"]


class Program:
    """A random function of a container of numbers, the same for the same seed.

    >>> program = Program(1)
    >>> type(program.function(program.argument())).__name__
    'Value'
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        rng = self.rng = random.Random(seed)
        self.n = rng.randint(1, 5)
        self.form = rng.choice(["list", "tuple", "dict", "nested"])
        self.tame = rng.random() < 0.5  # ordinary numbers alone
        self.smooth = rng.random() < 0.4
        self.parameters = [Value(self.number()) for _ in range(rng.randint(0, 3))]
        self.steps: list[tuple[Any, ...]] = []
        size = self.n + len(self.parameters)
        for _ in range(rng.randint(1, 14)):
            self.steps.append(self.step(size))
            size += 1
        self.returned = [rng.randrange(max(0, size - 3), size) for _ in range(rng.choice([1, 1, 1, 2]))]
        first = self.n + len(self.parameters)
        wanted = set(self.returned)
        for k in range(size - 1, first - 1, -1):  # what nothing needs is no part of a program, but could be an error
            if k in wanted:
                wanted |= needed(self.steps[k - first])
            else:
                self.steps[k - first] = ("nothing",)
        self.has_paths = any(step[0] == "if" for step in self.steps)

    def number(self) -> float:
        """A number for a parameter, a constant, or an argument."""
        return self.rng.uniform(-2, 2) if self.tame or self.rng.random() < 0.4 else self.rng.choice(POINTS)

    def step(self, size: int) -> tuple[Any, ...]:
        """One operation on numbers that are there."""
        rng = self.rng
        at = lambda: rng.randrange(size)  # noqa: E731
        kind = rng.choice(
            ["two"] * 8 + ["one"] * 4 + ["many"] * 3 + ["chain"] * 4 + ["dot"] * 2 + ["constant"] * 3 + ["if"] * 2
        )
        if kind == "two":
            return kind, rng.choice("+-*/" if not self.smooth else "+-*"), at(), at()
        if kind == "one":
            return kind, rng.choice(ONE[:10] if self.smooth else [*ONE, "abs", "neg"]), at()
        if kind == "many":
            return kind, rng.choice(MANY), [at() for _ in range(rng.randint(1, 6))]
        if kind == "chain":
            terms = [(at(), rng.choice([None, at()])) for _ in range(rng.randint(1, 7))]
            return kind, terms, rng.random() < 0.5
        if kind == "dot":
            n = rng.randint(1, 9)
            return kind, [at() for _ in range(n)], [at() for _ in range(n)]
        if kind == "constant":
            return kind, rng.choice("+-*r^"), at(), rng.choice([0.0, -0.0, 1.0, 2.0, 3.0, -1.0, 0.5, self.number()])
        return (
            kind,
            rng.choice(["<", "<=", ">", "==", "!=", "in", "bool"]),
            at(),
            rng.choice([0, 1, 0.5, -0.0, 1 / 3]),
            at(),
            at(),
        )

    def argument(self) -> Any:
        """A container of numbers as it takes one."""
        xs = [self.number() for _ in range(self.n)]
        if self.form == "nested":
            return [xs[:1], {"rest": tuple(xs[1:])}]
        return {"list": list, "tuple": tuple, "dict": lambda xs: {f"x{k}": x for k, x in enumerate(xs)}}[self.form](xs)

    def function(self, tree: Any) -> Any:
        """The function itself."""
        known = [*leaves(tree), *self.parameters]
        for step in self.steps:
            known.append(self.done(step, known))
        results = [known[k] for k in self.returned]
        results = [x if isinstance(x, Value) else x * Value(1.0, op="constant") for x in results]
        return results[0] if len(results) == 1 else autograd.sum(results)

    def done(self, step: tuple[Any, ...], known: list[Any]) -> Any:
        """The result of one operation."""
        kind = step[0]
        if kind == "nothing":
            return 0.0
        if kind == "two":
            x, y = known[step[2]], known[step[3]]
            return {"+": lambda: x + y, "-": lambda: x - y, "*": lambda: x * y, "/": lambda: x / y}[step[1]]()
        if kind == "one":
            x = known[step[2]]
            return abs(x) if step[1] == "abs" else -x if step[1] == "neg" else getattr(autograd, step[1])(x)
        if kind == "many":
            return getattr(autograd, step[1])([known[k] for k in step[2]])
        if kind == "chain":
            terms = [known[i] if j is None else known[i] * known[j] for i, j in step[1]]
            if step[2]:
                return sum(terms)
            found = terms[-1]
            for term in terms[-2::-1]:
                found = term + found
            return found
        if kind == "dot":
            return autograd.dot([known[k] for k in step[1]], [known[k] for k in step[2]])
        if kind == "constant":
            x, c = known[step[2]], step[3]
            if step[1] == "^":
                return abs(x) ** c if c not in (1.0, 2.0, 3.0) else x**c
            return {"+": lambda: x + c, "-": lambda: x - c, "*": lambda: x * c, "r": lambda: c - x}[step[1]]()
        _, comparison, k, c, one, other = step
        x = known[k]
        outcome = {
            "<": lambda: x < c,
            "<=": lambda: x <= c,
            ">": lambda: x > c,
            "==": lambda: x == c,
            "!=": lambda: x != c,
            "in": lambda: x in (0, 1, c),
            "bool": lambda: bool(x),
        }[comparison]()
        return known[one] if outcome else known[other]


def needed(step: tuple[Any, ...]) -> set[int]:
    """The numbers that an operation needs."""
    kind = step[0]
    if kind == "nothing":
        return set()
    if kind == "chain":
        return {k for term in step[1] for k in term if k is not None}
    if kind == "if":
        return {step[2], step[4], step[5]}
    if kind == "two":
        return {step[2], step[3]}
    return {*step[1], *step[2]} if kind == "dot" else {*step[2]} if kind == "many" else {step[2]}


def close(x: float, y: float, scale: float = 0.0, tolerance: float = 1e-9) -> bool:
    """Whether two numbers agree but for rounding, beside numbers of that size; zeros with their signs."""
    if x == y or (x != x and y != y):
        return True
    if scale == math.inf:  # a product in a sum of any order may have been out of range
        return True
    return math.isclose(x, y, rel_tol=tolerance, abs_tol=max(1e-300, scale * 1e-13))


class Difference(Exception):
    """What is not as it is eagerly."""


def of(what: Callable[[], Any]) -> Any:
    """What comes out, or the type of the error."""
    try:
        return what()
    except (ValueError, ArithmeticError) as error:
        return type(error)


def number(x: Any) -> Any:
    """The number of a Value."""
    return x.data if isinstance(x, Value) else x


def compare(what: str, point: Any, found: Any, expected: Any, scale: float, paths: bool = False) -> None:
    """Difference unless both are the same. paths: whether an error may be on a path that is not taken."""
    if isinstance(found, type) or isinstance(expected, type):
        if found is not expected and not (paths and isinstance(expected, type)):
            raise Difference(f"{what} at {point!r}: {found!r}, eagerly {expected!r}")
        return
    pairs = list(zip([number(x) for x in leaves(found)], [number(x) for x in leaves(expected)], strict=True))
    if not all(close(x, y, scale) for x, y in pairs):
        raise Difference(f"{what} at {point!r}: {found!r}, eagerly {expected!r}")


def sizes(program: Program, point: Any) -> float:
    """The largest number on the way, beside which sums are rounded; of a sum that cancels, what it would be without.

    The slope of a division is on the way back: of x / x two large ones cancel.
    """
    known = [*leaves(point), *[p.data for p in program.parameters]]
    large, steep = [abs(x) for x in known], [0.0]
    try:
        for step in program.steps:
            known.append(number(program.done(step, known)))
            large.append(max(abs(known[-1]), uncancelled(step, large)))
            if step[:2] == ("two", "/"):
                steep.append(abs(1 / known[step[3]]))
    except (ValueError, ArithmeticError):
        return 0.0
    finite = [x for x in large + steep if math.isfinite(x)]
    return max([x * x if x < 1e75 else math.inf for x in finite])


def uncancelled(step: tuple[Any, ...], large: list[float]) -> float:
    """The sum or product of magnitudes."""
    if step[0] == "dot":
        return sum(large[i] * large[j] for i, j in zip(step[1], step[2]))
    if step[0] == "chain":
        return sum(large[i] * (1.0 if j is None else large[j]) for i, j in step[1])
    if step[0] == "many" and step[1] in ("sum", "mean"):
        return sum(large[i] for i in step[2])
    if step[0] == "two" and step[1] != "/":
        x, y = large[step[2]], large[step[3]]
        return x * y if step[1] == "*" else x + y
    return 0.0


EXACT = {"two", "constant", "if", "nothing"}  # what gives the same bits, whatever engine does it


def undecided(program: Program, point: Any) -> bool:
    """Whether a kink or a branch lies within the rounding of a sum of any order, or of a function, before it.

    Then each engine may be on another side of it, by the plan.
    """
    known = [Value(x) for x in [*leaves(point), *[p.data for p in program.parameters]]]
    free = [False] * len(known)  # whether the rounding of a number may differ from engine to engine
    try:
        for step in program.steps:
            sides = decided_by(step, known) if any(free[k] for k in needed(step)) else []
            for side in sides:
                rounding = rounding_of(side) if isinstance(side, Value) else 0.0
                if rounding and abs(side.data) <= 16 * rounding:
                    return True
            known.append(program.done(step, known))
            in_order = step[0] in EXACT or step[1:2] in (("abs",), ("neg",), ("max",), ("min",))
            free.append(not in_order or any(free[k] for k in needed(step)))
    except (ValueError, ArithmeticError):
        pass
    return False


def decided_by(step: tuple[Any, ...], known: list[Any]) -> list[Any]:
    """The numbers by whose sign an operation decides."""
    if step[0] == "one" and step[1] in ("abs", "relu"):
        return [known[step[2]]]
    if step[0] == "many" and step[1] in ("max", "min"):
        among = [known[k] for k in step[2]]
        best = getattr(autograd, step[1])(among)
        return [x - best for x in among]
    if step[0] == "many" and step[1] == "norm":
        return [known[k] for k in step[2]]
    if step[0] == "constant" and step[1] == "^":
        return [known[step[2]]]
    return [known[step[2]] - c for c in (0, 1, step[3])] if step[0] == "if" else []


def check(seed: int, with_c: bool = False) -> None:
    """One program in every way. Difference if one is not as it is eagerly."""
    program = Program(seed)
    compiled = autograd.compile(program.function)
    points, paths = [program.argument() for _ in range(4)], program.has_paths
    points.append(points[0])

    def with_gradients(function: Callable[..., Any], point: Any) -> Any:
        xs = [Value(x) for x in leaves(point)]
        for p in program.parameters:
            p.grad = 0.0
        result = function(rebuilt(point, xs))
        result.backward()
        return [result.data, [x.grad for x in xs], [p.grad for p in program.parameters]]

    def both(what: str, found: Callable[[Any], Any], expected: Callable[[Any], Any], scale: float, point: Any) -> Any:
        right = of(lambda: expected(point))
        compare(what, point, of(lambda: found(point)), right, scale, paths)
        return right

    values, edges = [], [undecided(program, point) for point in points]
    for point, edge in zip(points, edges):
        scale = sizes(program, point)
        in_order = 0.0 if exact(program) else scale
        if edge and paths:
            values.append(ValueError)
            continue
        values.append(number(both("the value", compiled, program.function, in_order, point)))
        if edge:
            continue
        slopes = [partial(with_gradients, function) for function in (compiled, program.function)]
        both("with backward()", *slopes, max(1.0, scale * scale), point)  # the way back begins with 1
    if not program.parameters and program.smooth and program.tame:
        for what, transform in (("grad", grad), ("hessian", hessian)):
            plain, inside = transform(program.function), transform(compiled)
            outside = autograd.compile(transform(program.function))
            for point in [x for x, edge in zip(points[:3], edges) if not edge]:
                scale = max(1.0, sizes(program, point) ** 2)  # as above
                both(f"{what}(compile(f))", inside, plain, scale, point)
                both(f"compile({what}(f))", outside, plain, scale, point)
    if program.form in ("list", "tuple") and not any(isinstance(x, type) for x in values):
        rows = points * program.rng.randint(1, 4)
        with autograd.no_grad():
            found = of(lambda: compiled.map(rows, reduction="none"))
        scale = max(sizes(program, point) for point in points)
        compare("rows", rows, found, [values[k % len(points)] for k in range(len(rows))], scale)
    if with_c:
        by_c(program, compiled, points, values)


def exact(program: Program) -> bool:
    """Whether it is computed in one order alone, whatever engine runs it: then cancelling sums agree too."""
    return all(
        step[0] in ("two", "constant", "if", "nothing") or (step[0] == "chain" and all(j is None for _, j in step[1]))
        for step in program.steps
    )


def by_c(program: Program, compiled: Any, points: list[Any], values: list[Any]) -> None:
    """The same by a file of C."""
    for point, expected in zip(points[:2], values):
        if isinstance(expected, type) or not math.isfinite(expected):
            continue
        try:
            source = compiled.to_c(point, name="f")
        except ValueError:  # something on the way is not finite, so the function itself runs there
            continue
        status, value, _ = InC({"f": source}).gradient("f", leaves(point))
        if status == OK:
            compare("C", point, value, expected, sizes(program, point))
        elif status == GUARD_MISSED:
            raise Difference(f"C at {point!r}: a guard fails")


def main(arguments: list[str] | None = None) -> int:
    """Run programs, and print what differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.compiled", description=__doc__.split("\n")[0])
    parser.add_argument("--programs", type=int, default=300, help="how many")
    parser.add_argument("--seed", type=int, help="run this one alone")
    parser.add_argument(
        "--from", type=int, default=None, dest="first", help="the first seed; by default another each time"
    )
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after this time")
    how = parser.parse_args(arguments)
    compiler.CHECKED, compiler.WORTHWHILE = True, 0
    first = how.seed if how.seed is not None else random.randrange(10**9) if how.first is None else how.first
    n = 1 if how.seed is not None else how.programs
    print(f"{autograd.engine_name} engine, seeds from {first}", flush=True)
    has_c, start, wrong, done = shutil.which("gcc") is not None, time.monotonic(), 0, 0
    for seed in count(first):
        if done == n or time.monotonic() - start > 60 * how.minutes:
            break
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                check(seed, with_c=has_c and seed % 50 == 0)
            except (Difference, AssertionError, compiling.CannotCompile, UserWarning) as error:
                wrong += 1
                print(f"seed {seed}: {type(error).__name__}: {error}", flush=True)
        done += 1
    print(f"{done:,} programs in {time.monotonic() - start:.0f} s, {wrong} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
