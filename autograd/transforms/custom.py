"""Your own derivatives: custom_derivative gives one to a function of floats, stop_gradient makes a constant."""

from collections.abc import Callable, Sequence
from functools import update_wrapper
from typing import Any

from autograd.derivatives import Operation, is_value, number_of, to_float
from autograd.recording import aside, tell
from autograd.transforms.containers import mapped
from autograd.transforms.finite_differences import check_grad
from autograd.value import constant_of


def custom_derivative(derivative: Callable[..., Any], check: bool = False) -> Callable[[Callable[..., float]], Any]:
    """A decorator: the function below it, of floats, becomes an operation on Values with this derivative.

    derivative: a function of the result and the operands that returns the partial derivatives, as in the table of
        derivatives: a tuple with one for each operand, or for one operand the number itself. Written with operators and
        functions of `autograd` it can be differentiated again.
    check: whether to compare it with finite differences at the first call. AssertionError if they disagree.

    The function is called with floats, and returns a float. Given Values, the operation records one node. TypeError if
    derivative is not a function, and if it is asked for further derivatives that it cannot give. ValueError for another
    count of partial derivatives.

    >>> from autograd import Value, log
    >>> @custom_derivative(lambda out, x, y: (y * out / x, out * log(x)), check=True)
    ... def power(x, y):
    ...     return x**y
    >>> power(2.0, 3.0)
    8.0
    >>> a = Value(2.0)
    >>> power(a, 3.0).backward()
    >>> a.grad
    12.0
    """
    if not callable(derivative):
        raise TypeError(
            f"custom_derivative needs a function of (out, x) that returns the derivative, got {derivative!r}"
        )

    def decorate(f: Callable[..., float]) -> Callable[..., Any]:
        name = getattr(f, "__name__", repr(f))

        def value(*operands: float) -> float:
            return to_float(f(*operands), f"the result of {name}")

        def partials_at(out: Any, *operands: Any) -> tuple[Any, ...]:
            found = derivative(out, *operands)
            partials = tuple(found) if isinstance(found, (tuple, list)) else (found,)
            if len(partials) != len(operands):
                raise ValueError(
                    f"the derivative of {name} must return one number for each operand, {len(operands)}, got {found!r}"
                )
            return partials

        def partials(out: Any, *operands: Any) -> tuple[Any, ...]:
            partials = partials_at(out, *operands)
            moves = any(map(is_value, operands))
            for place, partial in enumerate(partials):
                if moves and not is_value(partial) and changes(place, operands):
                    raise TypeError(
                        f"the derivative of {name} returned the plain number {partial!r}, and this number changes "
                        "with the operands. So it cannot be differentiated again. Compute it with operators and "
                        "functions of autograd, for example custom_derivative(lambda out, x: 3 * x**2)"
                    )
            return tuple(
                p if moves and is_value(p) else to_float(p, f"the derivative of {name}, computed from its operands,")
                for p in partials
            )

        def changes(place: int, operands: Sequence[Any]) -> bool:
            """Whether a partial derivative is another number on both sides of an operand."""
            with aside():  # a function that is being compiled may be checked at the numbers it is recorded with
                xs = [float(number_of(x)) for x in operands]
            here = partials_at(value(*xs), *xs)[place]
            for k, x in enumerate(xs):
                outcomes = []
                for step in (1e-6, -1e-6) if is_value(operands[k]) else ():
                    near = [*xs[:k], x + step * max(abs(x), 1.0), *xs[k + 1 :]]
                    try:
                        there = partials_at(value(*near), *near)[place]
                    except (ValueError, ArithmeticError):  # beyond the border of the domain
                        continue
                    outcomes.append(not (there == here or (there != there and here != here)))
                if outcomes and all(outcomes):
                    return True
            return False

        op, unchecked = Operation(name, value, partials), [None] * check

        def operation(*operands: Any) -> Any:
            if unchecked:
                with aside():
                    check_grad(op, *[x.data if is_value(x) else to_float(x, f"an operand of {name}") for x in operands])
                unchecked.clear()
            try:
                return op(*operands)
            except (ValueError, ArithmeticError):  # which op has told
                raise
            except Exception:  # a function that is being compiled may catch it
                tell("failed", op, operands)
                raise

        return update_wrapper(operation, f)

    return decorate


def stop_gradient(x: Any) -> Any:
    """The same numbers as constants, through which no gradient flows; everything else in a container as it is.

    >>> from autograd import grad
    >>> grad(lambda x: x * stop_gradient(x))(3.0)
    3.0
    """
    return mapped(constant_of, x)
