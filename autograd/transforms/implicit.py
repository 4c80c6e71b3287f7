"""Functions that are given by an equation: root and fixed_point, with their exact derivatives and without unrolling.

The solution x of f(x, θ) = 0 moves with the Values θ that f uses from outside. The implicit function theorem says how,
whatever way the solution was found: dx/dθ = -(∂f/∂x)⁻¹ ∂f/∂θ. (Krantz & Parks, The Implicit Function Theorem, 2002;
Christianson, Reverse accumulation and implicit functions, Optimization Methods and Software 9, 1998.)
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd.recording import is_paused, recording, tracer
from autograd.transforms.containers import inputs_of, leaves, numbers_of, rebuilt
from autograd.transforms.operators import Run, checked, jacobian_in_floats, name_of, unit_vectors
from autograd.transforms.sweeps import Graph, constant, tape
from autograd.value import Value, constant_of

Function = Callable[[Any], Any]
Matrix = list[list[Any]]

ROUNDING = 1e-14  # relative: a smaller step changes nothing
NEARLY = 1e-8  # relative: where rounding errors in f forbid a better solution


def root(f: Function, x0: Any, steps: int = 1000) -> Any:
    """The x with f(x) = 0 that Newton's method finds from x0. It is differentiable by the Values that f uses.

    f: from a number to a number, or from a container of numbers to one of as many numbers.
    x0: where to begin: a number, or a container of numbers.
    steps: the most steps to take.

    Returns a float, or a container of floats like x0. If f uses Values from outside, or derivatives within a transform,
    Values come out, and derivatives of any order are right. ArithmeticError if no root is found, and for the derivative
    at a double root, which does not exist.

    >>> from autograd import Value
    >>> root(lambda x: x * x - 2.0, 1.0)
    1.4142135623730951
    >>> a = Value(4.0)
    >>> x = root(lambda x: x * x - a, 1.0)
    >>> x.backward()
    >>> x.data, a.grad  # √a and 1 / (2√a)
    (2.0, 0.25)
    """
    checked(f, "root(f, x0)")
    if tracer() is not None:
        return written_out(f, x0, steps)
    start = plain(x0, "x0")
    solution = newton(f, start, steps)
    return differentiable(f, solution)


def fixed_point(f: Function, x0: Any, steps: int = 10_000, tolerance: float = 1e-15) -> Any:
    """The x with f(x) = x that the iteration x ← f(x) finds from x0. It is differentiable, as root is.

    f: from a number to a number, or from a container of numbers to one of the same form.
    x0: where the iteration begins: a number, or a container of numbers.
    steps: the most steps to take.
    tolerance: the iteration ends when a step changes x by at most this much, relative to x.

    Returns a number or a container like x0; Values if f uses Values from outside. ArithmeticError if the iteration does
    not settle. ValueError if f returns another count of numbers than it takes.

    >>> from autograd import cos
    >>> round(fixed_point(cos, 1.0), 12)
    0.739085133215
    """
    checked(f, "fixed_point(f, x0)")
    if tracer() is not None:
        return iterated(f, x0, steps, tolerance)
    x = plain(x0, "x0")
    numbers = leaves(x)
    with recording():
        for _ in range(steps):
            images = f(rebuilt(x, map(constant, numbers)))  # as Values, next to which no float32 rounds
            following = [number(y) for y in numbers_of(images, f"the result of {name_of(f)}")]
            if len(following) != len(numbers):
                raise ValueError(f"{name_of(f)} must return as many numbers as it takes, {len(numbers)}")
            change = largest([(a - b) / max(abs(a), abs(b), 1e-300) for a, b in zip(numbers, following)])
            numbers = following
            if change <= tolerance:
                break
        else:
            raise ArithmeticError(
                f"x = {name_of(f)}(x) has not settled after {steps} steps: the last step changed x by {change:.2g} "
                f"of itself, to {rebuilt(x, numbers)!r}. If |f'| is 1 or more, it never settles: use root"
            )

    def residual(x: Any) -> Any:
        images = numbers_of(f(x), f"the result of {name_of(f)}")
        return [a - b for a, b in zip(leaves(x), images)]

    return differentiable(residual, rebuilt(x, numbers))


def number(x: Any) -> float:
    """The number of a Value; a number itself."""
    return float(x.data if isinstance(x, Value) else x)


def plain(x: Any, name: str) -> Any:
    """The container with floats in place of Values."""
    return rebuilt(x, map(number, inputs_of(x, name)))


# Finding it


def newton(f: Function, x: Any, steps: int) -> Any:
    """A root by Newton's method; a step that would not make |f| smaller is halved. (Nocedal & Wright, chapter 11.)"""
    try:
        residual, jacobian = evaluated(f, x)
    except (ValueError, ArithmeticError) as error:
        raise type(error)(f"{name_of(f)} has no value at x0 = {x!r}, where root begins: {error}") from error
    if not largest(residual) < math.inf:
        raise ArithmeticError(f"{name_of(f)} is {rebuilt(x, residual)!r} at x0 = {x!r}, where root begins")
    first = largest(residual)
    least = 1e-8 * min(
        largest(leaves(x)) or 1.0, 1.0
    )  # a smaller x may count as 0, if |f| is as small beside the first
    for _ in range(steps):
        size = largest(residual)
        numbers = leaves(x)
        if size == 0:
            return x
        step = solved(jacobian, [[-r] for r in residual], f, x)
        scale = least if size <= 1e-8 * first else 0.0
        moves = [(dx, max(abs(a), abs(a + dx), scale)) for a, (dx,) in zip(numbers, step)]
        relative = largest([dx / near if near else dx for dx, near in moves])
        for halvings in range(60):
            new = rebuilt(x, [a + dx * 0.5**halvings for a, (dx,) in zip(numbers, step)])
            try:
                found = evaluated(f, new)
            except (ValueError, ArithmeticError):  # beyond the border of the domain
                continue
            if largest(found[0]) < size:
                x, (residual, jacobian) = new, found
                break
        else:
            if relative <= NEARLY:
                return x
            break
        if relative <= ROUNDING:
            return x
    raise ArithmeticError(
        f"no root of {name_of(f)} was found: at x = {x!r}, the best so far, its largest number is "
        f"{largest(residual):.3g}. Begin nearer to the root"
    )


def evaluated(f: Function, x: Any) -> tuple[list[float], Matrix]:
    """f(x) and its Jacobian, in floats."""
    run = Run(f, [x], [0], name="x")
    if len(run.outputs) != len(run.inputs):
        raise TypeError(
            f"{name_of(f)} must return as many numbers as it takes: it takes {len(run.inputs)} and returned "
            f"{len(run.outputs)}"
        )
    return [number(y) for y in run.outputs], jacobian_in_floats(run)


def largest(numbers: Sequence[float]) -> float:
    """The largest magnitude; infinite if one is nan."""
    return max((abs(x) if x == x else float("inf") for x in numbers), default=0.0)


def solved(matrix: Matrix, right: Matrix, f: Function, x: Any) -> Matrix:
    """The solution Y of matrix · Y = right, by elimination with the largest pivots, in floats or Values."""
    rows = [[*a, *b] for a, b in zip(matrix, right)]
    n = len(rows)
    for k in range(n):
        pivot = max(range(k, n), key=lambda i: abs(rows[i][k]))
        if not abs(rows[pivot][k]) > 0:
            raise ArithmeticError(
                f"the derivative of {name_of(f)} at x = {x!r} is singular. Newton's method cannot go on there, and a "
                "solution there has no derivative"
            )
        rows[k], rows[pivot] = rows[pivot], rows[k]
        for i in range(k + 1, n):
            factor = rows[i][k] / rows[k][k]
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k])]
    for k in reversed(range(n)):
        rows[k] = [a / rows[k][k] for a in rows[k]]
        for i in range(k):
            rows[i] = [a - rows[i][k] * b for a, b in zip(rows[i], rows[k])]
    return [row[n:] for row in rows]


# Differentiating it


def differentiable(f: Function, x: Any) -> Any:
    """The solution x of f(x) = 0 as it is to be had: floats, or Values that depend on what f uses from outside."""
    run = Run(f, [x], [0], name="x")
    if is_paused() or not run.tape.captures:
        return x
    refuse_singular(f, x, run)
    return rebuilt(x, solution_nodes(f, x, run))


def refuse_singular(f: Function, x: Any, run: Run) -> None:
    """ArithmeticError if the Jacobian is another one within the distance to which the solution is known.

    At a double root it vanishes; but the solution is found beside it only, and the slope there means nothing.
    """
    numbers, jacobian = leaves(x), jacobian_in_floats(run)
    inverse = solved(jacobian, unit_vectors(len(numbers)), f, x)
    lengths = [abs(number(y)) + rounding for y, rounding in zip(run.outputs, roundings(run))]
    unsure = [4 * sum(abs(share) * length for share, length in zip(row, lengths)) for row in inverse]
    for signs in {(1.0, 1.0), (1.0, -1.0)} if len(numbers) > 1 else {(1.0, 1.0)}:
        near = rebuilt(x, [a + signs[i % 2] * da for i, (a, da) in enumerate(zip(numbers, unsure))])
        try:
            there = evaluated(f, near)[1]
        except (ValueError, ArithmeticError):  # beyond the border of the domain
            continue
        changes = [[a - b for a, b in zip(*rows)] for rows in zip(there, jacobian)]
        relative = [sum(map(abs, row)) for row in solved(jacobian, changes, f, x)]
        if not largest(relative) < 0.5:
            raise ArithmeticError(
                f"the derivative of {name_of(f)} is nearly singular at the solution, x = {x!r}. Close to it, at "
                f"{near!r}, it is quite different. So the solution has no derivative, as at a double root"
            )


def roundings(run: Run) -> list[float]:
    """How much of each output may be rounding errors: Σ |∂output/∂node · node| · 2⁻⁵² over all nodes on the way."""
    nodes = Graph(run.outputs, run.inputs, run.began).order
    rows = [tape(run.outputs, nodes, run.began).pull(unit) for unit in unit_vectors(len(run.outputs))]
    return [sum(abs(slope * node.data) for slope, node in zip(row, nodes)) * 2.0**-52 for row in rows]


def solution_nodes(f: Function, x: Any, run: Run) -> list[Value]:
    """One Value per number of the solution, whose parents are the Values from outside."""
    numbers = leaves(x)
    outside = run.graph.captured
    used = [theta.data for theta in outside]
    n = len(numbers)
    # row j: how x_j answers to each residual
    inverse = solved(jacobian_in_floats(run), unit_vectors(n), f, x)
    stopping = Graph(run.outputs, [*outside, *run.inputs], run.began)

    def chain_rule(j: int) -> Callable[[Any], Sequence[Any]]:
        def local_gradient(gradient: Any) -> Sequence[Any]:
            if not isinstance(gradient, Value):
                return stopping.pull([-gradient * a for a in inverse[j]])[: len(outside)]
            for theta, before in zip(outside, used):
                if theta.data != before == before:
                    raise RuntimeError(
                        f"the data of {theta!r} has been set since {name_of(f)} was solved; for derivatives of "
                        "derivatives solve it again"
                    )
            # The same in Values, at a solution that moves; made anew, because a node that knew itself would be a cycle.
            again = Run(f, [rebuilt(x, solution_nodes(f, x, run))], [0], name="x")
            rows = [again.graph.pull([constant(float(i == k)) for k in range(n)]) for i in range(n)]
            columns = [[row[i] for row in rows] for i in range(n)]
            weights = solved(columns, [[constant(-float(i == j)) * gradient] for i in range(n)], f, x)
            moving = Graph(again.outputs, [*outside, *again.inputs], again.began)
            return moving.pull([weight for (weight,) in weights])[: len(outside)]

        return local_gradient

    return [Value(a, outside, "root", chain_rule(j)) for j, a in enumerate(numbers)]


# In a function that is compiled: the steps themselves, with what decides how many they are


LAST_STEPS = 3  # from a solution that is held: Newton's method doubles the number of right derivatives with each


def written_out(f: Function, x0: Any, steps: int) -> Any:
    """root, as operations and comparisons that a program can do again."""
    x = [constant_of(a) if isinstance(a, Value) else constant(float(a)) for a in inputs_of(x0, "x0")]
    residual, jacobian = in_values(f, x0, x)
    for _ in range(steps):
        size = largest_of(residual)
        if not size > 0:
            return held_there(f, x0, x)
        step = [dx for (dx,) in solved(jacobian, [[-r] for r in residual], f, x0)]
        for halvings in range(60):
            new = [a + dx * 0.5**halvings for a, dx in zip(x, step)]
            try:
                found = in_values(f, x0, new)
            except (ValueError, ArithmeticError):  # beyond the border of the domain
                continue
            if largest_of(found[0]) < size:
                break
        else:
            if all(abs(dx) <= NEARLY * abs(a) for a, dx in zip(x, step)):
                return held_there(f, x0, x)
            break
        done = all(abs(b - a) <= ROUNDING * abs(b) for a, b in zip(x, new))
        x, (residual, jacobian) = new, found
        if done:
            return held_there(f, x0, x)
    raise ArithmeticError(f"no root of {name_of(f)} was found from x0 = {x0!r}. Begin nearer to the root")


def iterated(f: Function, x0: Any, steps: int, tolerance: float) -> Any:
    """fixed_point, likewise."""

    def images(x: Any) -> list[Any]:
        return numbers_of(f(x), f"the result of {name_of(f)}")

    x = [constant_of(a) if isinstance(a, Value) else constant(float(a)) for a in inputs_of(x0, "x0")]
    for _ in range(steps):
        following = [constant_of(b) if isinstance(b, Value) else constant(float(b)) for b in images(rebuilt(x0, x))]
        settled = all(abs(a - b) <= tolerance * abs(a) for a, b in zip(x, following))
        x = following
        if settled:
            return held_there(lambda x: [a - b for a, b in zip(leaves(x), images(x))], x0, x)
    raise ArithmeticError(f"x = {name_of(f)}(x) has not settled after {steps} steps. If |f'| is 1 or more, use root")


def in_values(f: Function, x0: Any, x: list[Value]) -> tuple[list[Any], Matrix]:
    """f and its Jacobian, as Values."""
    run = Run(f, [rebuilt(x0, x)], [0], name="x")
    n = len(run.outputs)
    if n != len(x):
        raise TypeError(f"{name_of(f)} must return as many numbers as it takes: it takes {len(x)} and returned {n}")
    return run.outputs, [run.graph.pull([constant(float(i == k)) for k in range(n)]) for i in range(n)]


def largest_of(numbers: Sequence[Any]) -> Any:
    """The largest magnitude, found by comparing."""
    return max(abs(x) for x in numbers)


def held_there(f: Function, x0: Any, x: list[Value]) -> Any:
    """A solution with its derivatives: those of Newton's last steps from there."""
    x = [constant_of(a) for a in x]
    for _ in range(LAST_STEPS):
        residual, jacobian = in_values(f, x0, x)
        x = [a + dx for a, (dx,) in zip(x, solved(jacobian, [[-r] for r in residual], f, x0))]
    return rebuilt(x0, x)
