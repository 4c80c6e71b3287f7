"""Python's operations for whole numbers on a Value: v % 2, v // 2, divmod, floor, ceil, round, int(v); and v ^ 2.

A step has slope 0, so floor, ceil, round and // pass no gradient on. An operation that would lose the gradient
silently, or means something else, gets an error message.
"""

from collections.abc import Callable
from typing import Any, NoReturn

from autograd import derivatives as table
from autograd.derivatives import Operation, is_value
from autograd.reading import is_plain


def of_two(op: Operation) -> Callable[[Any, Any], Any]:
    """An operation as a method of an operator. If the other side is no number, the method leaves it to that side."""

    def operation(x: Any, y: Any) -> Any:
        return op(x, y) if all(is_plain(z) or is_value(z) for z in (x, y)) else NotImplemented

    return operation


def reflected(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The same with the operands the other way round."""
    return lambda y, x: operation(x, y)


modulo, floor_divide = of_two(table.remainder), of_two(table.floor_divide)


def both(x: Any, y: Any) -> Any:
    """divmod(x, y)."""
    quotient = floor_divide(x, y)
    return NotImplemented if quotient is NotImplemented else (quotient, modulo(x, y))


def floor(value: Any) -> Any:
    """math.floor(v), as a Value with gradient 0."""
    return table.floor(value)


def ceil(value: Any) -> Any:
    """math.ceil(v), as a Value with gradient 0."""
    return -table.floor(-value)


def rounded(value: Any, digits: object = None) -> Any:
    """round(v), as a Value with gradient 0; TypeError for a number of digits."""
    if digits is not None:
        raise TypeError(f'to show a Value with {digits} digits write f"{{v:.{digits}f}}", or round(v.data, {digits})')
    return table.round_to_whole(value)


def refuse_int(_: Any) -> NoReturn:
    """The error of int(v) and math.trunc(v)."""
    raise TypeError("int(v) would lose the gradient: use int(v.data), or autograd.floor(v), whose gradient is 0")


def refuse_xor(_: Any, other: Any) -> NoReturn:
    """The error of v ^ 2."""
    raise TypeError("^ combines the bits of whole numbers: for a power write **, as in v ** 2")


NAMES: dict[str, Callable[..., Any]] = {
    "__mod__": modulo,
    "__rmod__": reflected(modulo),
    "__floordiv__": floor_divide,
    "__rfloordiv__": reflected(floor_divide),
    "__divmod__": both,
    "__rdivmod__": reflected(both),
    "__floor__": floor,
    "__ceil__": ceil,
    "__round__": rounded,
    "__trunc__": refuse_int,
    "__int__": refuse_int,
    "__xor__": refuse_xor,
    "__rxor__": refuse_xor,
}
