"""check_grad: compares the derivatives of a function, or of your own operation, with finite differences."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd.recording import no_grad
from autograd.transforms.containers import leaves, numbers_of, paths, rebuilt
from autograd.transforms.operators import Run, checked, jacobian_in_floats, name_of, second_derivatives
from autograd.value import Value

LEVELS = 18  # halvings of the step
SMALL = 1e-9  # a derivative near 0
IMPURE = "the function answers the same numbers differently every time. Does it draw random numbers, or count calls?"

Point = list[float]


def check_grad(f: Callable[..., Any], *args: Any, order: int = 1, rtol: float = 1e-6, atol: float = 1e-9) -> None:
    """Raise AssertionError unless finite differences find the same derivatives of f at args.

    f: a function of numbers or containers of numbers, as grad takes it. It may return a container of numbers. Your own
        operation, a Value with a closure, is a function too.
    args: the arguments of f.
    order: 1 for the derivatives of the outputs. 2 for second derivatives as well; then f returns one number.
    rtol, atol: by how much the two may differ, relative to the number, and in any case.

    Returns None. The message of the error names the argument, shows both numbers, and says what mistake would explain
    them. ValueError for another order.

    The differences are central ones, extrapolated to a step of 0. The one with the smallest estimated error counts.
    (Ridders, Accurate computation of F'(x) and F'(x)F''(x), Advances in Engineering Software 4, 1982.)

    >>> from autograd import Value
    >>> def cube(v):
    ...     x = v.data
    ...     return Value(x**3, (v,), "cube", local_gradient=lambda gradient: (gradient * 3 * x,))
    >>> check_grad(cube, 2.0)
    Traceback (most recent call last):
    ...
    AssertionError: the derivative of cube with respect to args[0] = 2.0 is 6.0, but finite differences find 12: it is \
half of it. Is a factor 2 missing, or does one contribution overwrite another that should be added to it?
    """
    if order not in (1, 2):
        raise ValueError(f"order must be 1 or 2, got {order!r}")
    checked(f, "check_grad(f, x)")
    args = tuple(rebuilt(args, [x.data if isinstance(x, Value) else x for x in leaves(args)]))
    places, start = paths(args, "args"), numbers_of(args, "args", refuse_counts=True)

    def outputs(point: Point) -> Point:
        """What f returns, as plain numbers. f gets Values, because it may be written for Values only."""
        with no_grad():
            result = f(*rebuilt(args, map(Value, point)))
        return [x.data if isinstance(x, Value) else x for x in numbers_of(result, f"the result of {name_of(f)}")]

    def first(point: Point) -> list[Point]:
        return jacobian_in_floats(Run(f, rebuilt(args, point), range(len(args))))

    run = Run(f, args, range(len(args)))
    shown = [f" of {path}" if path else "" for path in paths(run.result, "")]
    compare(f"the derivative{{}} of {name_of(f)}", outputs, first(start), shown, start, places, rtol, atol)
    if order == 2:
        run.scalar()
        run.as_values = False

        def gradient(point: Point) -> Point:
            return first(point)[0]

        shown = [f" by {place}" for place in places]
        what = f"the derivative of the derivative{{}} of {name_of(f)}"
        compare(what, gradient, second_derivatives(run), shown, start, places, rtol, atol)


def compare(
    what: str,
    function: Callable[[Point], Point],
    jacobian: list[Point],
    outputs: Sequence[str],
    start: Point,
    places: Sequence[str],
    rtol: float,
    atol: float,
) -> None:
    """Every entry of a Jacobian against finite differences."""
    for j, (place, x) in enumerate(zip(places, start)):

        def along(h: float, j: int = j) -> Point:
            return function([*start[:j], start[j] + h, *start[j + 1 :]])

        for i, (numeric, error) in enumerate(extrapolated(along, x, len(outputs))):
            analytic = jacobian[i][j]
            size = max(abs(analytic), abs(numeric))
            if not math.isfinite(analytic) or not abs(analytic - numeric) <= atol + rtol * size + min(
                2 * error, 1e-4 * size
            ):
                step, here = 1e-7 * max(abs(x), 1.0), value(along, 0.0, i)
                slopes = [(value(along, h, i) - here) / h + 0.0 for h in (-step, step)]
                again = value(along, 0.0, i)
                guess = explanation(analytic, numeric, slopes) if again == here or again != again else IMPURE
                raise AssertionError(
                    f"{what.format(outputs[i])} with respect to {place} = {x!r} is {analytic!r}, but finite "
                    f"differences find {numeric:.10g}: {guess}"
                )


def value(along: Callable[[float], Point], h: float, i: int) -> float:
    """One output a step away; nan where it does not exist."""
    try:
        return along(h)[i]
    except (ValueError, ArithmeticError):
        return math.nan


def extrapolated(along: Callable[[float], Point], x: float, n: int) -> list[tuple[float, float]]:
    """The derivatives of n outputs at a step of 0 from x, each with its estimated error."""
    h = max(abs(x), 1.0) / 16
    best = [(math.nan, math.inf)] * n
    before: list[Point] = []  # a row of the extrapolations of all outputs, by growing order
    level = 0
    while level < LEVELS and h > 1e-13 * abs(x):
        try:
            row = [[(a - b) / (2 * h) for a, b in zip(along(h), along(-h), strict=True)]]
        except (ValueError, ArithmeticError):  # beyond the border of the domain: a smaller step
            h, before = h / 8, []
            continue
        level += 1
        for k, coarser in enumerate(before):
            weight = 4.0 ** (k + 1)
            row.append([(weight * a - b) / (weight - 1) for a, b in zip(row[k], coarser)])
            for i, (new, a, b) in enumerate(zip(row[-1], row[k], coarser)):
                error = max(abs(new - a), abs(new - b))
                known, its_error = best[i]
                # relative to the number: if the steps are too coarse for waves, all differences are small
                if its_error == math.inf or error * (abs(known) + SMALL) < its_error * (abs(new) + SMALL):
                    best[i] = (new, error)
        h, before = h / 2, row
    return best


def explanation(analytic: float, numeric: float, slopes: Sequence[float]) -> str:
    """The mistake that would give these two numbers."""
    left, right = slopes

    def near(a: float, b: float, tolerance: float = 1e-4) -> bool:
        return abs(a - b) <= tolerance * max(abs(a), abs(b))

    if not near(left, right, 1e-2) and abs(left - right) > 1e-5:
        return (
            f"the function is not differentiable there. From the left the slope is {left:.6g}, from the right "
            f"{right:.6g}: check another point"
        )
    if math.isnan(numeric):
        return "on one side of this number the function does not exist: check another point"
    if not math.isfinite(analytic):
        return "it is not finite. Does a formula divide by 0, or multiply 0 by infinity?"
    if analytic == 0:
        return (
            "no gradient arrives. Is there a .data, a detach() or a stop_gradient on the way, or a Value that is used "
            "but missing in parents?"
        )
    if near(analytic, -numeric):
        return "the sign is wrong"
    if near(analytic, 2 * numeric):
        return "it is twice as much. Is there a factor 2 too many, or is a contribution added twice?"
    if near(2 * analytic, numeric):
        return (
            "it is half of it. Is a factor 2 missing, or does one contribution overwrite another that should be added "
            "to it?"
        )
    if numeric == 0:
        return "the function does not depend on it"
    for k in range(3, 11):
        if near(k * analytic, numeric):
            return f"it is 1/{k} of it. Do contributions of {k} uses overwrite each other that should be added up?"
    return f"it is {analytic / numeric:.6g} times as much"
