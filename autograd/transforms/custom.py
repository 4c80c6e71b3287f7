"""Derivatives of one's own: custom_derivative gives a function of floats one, stop_gradient takes it from a number."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from autograd.derivatives import Operation, is_value, to_float
from autograd.transforms.containers import mapped
from autograd.transforms.finite_differences import check_grad
from autograd.value import constant_of


def custom_derivative(derivative: Callable[..., Any], check: bool = False) -> Callable[[Callable[..., float]], Any]:
    """A decorator: the function below it, of floats, becomes an operation on Values with this derivative.

    derivative: from the result and the operands to the partial derivatives, a tuple with one per operand (for one
        operand the number itself will do), as in the table of derivatives. Written with operators and functions of
        `autograd` it can be differentiated again.
    check: whether to compare it, at the first call, with finite differences; AssertionError if they disagree.

    The function is called with floats and returns a float; given Values the operation records one node.

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
        raise TypeError(f"custom_derivative takes a function, (out, x) to the derivative, got {derivative!r}")

    def decorate(f: Callable[..., float]) -> Callable[..., Any]:
        name = getattr(f, "__name__", repr(f))

        def value(*operands: float) -> float:
            return to_float(f(*operands), f"the result of {name}")

        def local_gradient(out: Any, *operands: Any) -> tuple[Any, ...]:
            found = derivative(out, *operands)
            partials = tuple(found) if isinstance(found, (tuple, list)) else (found,)
            if len(partials) != len(operands):
                raise ValueError(
                    f"the derivative of {name} must answer one number per operand, {len(operands)}, got {found!r}"
                )
            return tuple(p if is_value(p) else to_float(p, f"the derivative of {name}") for p in partials)

        op, unchecked = Operation(name, value, local_gradient), [None] * check

        def operation(*operands: Any) -> Any:
            if unchecked:
                check_grad(op, *[x.data if is_value(x) else to_float(x, f"an operand of {name}") for x in operands])
                unchecked.clear()
            return op(*operands)

        return update_wrapper(operation, f)

    return decorate


def stop_gradient(x: Any) -> Any:
    """The same numbers as constants, through which no gradient flows; everything else in a container as it is.

    >>> from autograd import grad
    >>> grad(lambda x: x * stop_gradient(x))(3.0)
    3.0
    """
    return mapped(constant_of, x)
