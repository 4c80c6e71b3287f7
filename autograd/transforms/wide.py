"""Numbers with the digits of a float whose size has no limits, for what runs out of range on the way to a result.

The coefficients of a power series shrink or grow with every order: those of √x at 1e160 are about 1e80, 1e-80, 1e-240,
1e-400. The last one is no float, although a product with x would be.
"""

import math
from collections.abc import Callable, Sequence
from functools import cache, reduce
from typing import Any

from autograd.derivatives import Operation, Operators
from autograd.transforms.order import nodes_before
from autograd.value import Value, operation_of


class Wide(Operators):
    """digits · 2 ** exponent, with digits from 0.5 to 1 like those of math.frexp. The exponent of 0, inf and nan is 0.

    >>> x = Wide(1e-300)
    >>> float(x * x * 1e300)
    1e-300
    """

    __slots__ = ("digits", "exponent")

    def __init__(self, digits: float, exponent: int = 0) -> None:
        self.digits, shift = math.frexp(digits)
        self.exponent = exponent + shift if digits and math.isfinite(digits) else 0

    def __float__(self) -> float:
        try:
            return math.ldexp(self.digits, self.exponent)
        except OverflowError:
            return math.copysign(math.inf, self.digits)

    @staticmethod
    def __operation__(op: Operation, operands: Sequence[Any]) -> "Wide":
        """How the table's operations answer wide numbers: arithmetic keeps their size, all others take floats."""
        if op.name in ARITHMETIC:
            return ARITHMETIC[op.name](*map(widened, operands))
        if len(operands) == 1 and operands[0].exponent < -1021 and slope_at_0(op):
            return operands[0] * Wide(slope_at_0(op))
        return Wide(op(*map(float, operands)))

    def __lt__(self, other: Any) -> bool:
        return (self - other).digits < 0

    def __le__(self, other: Any) -> bool:
        return (self - other).digits <= 0

    def __gt__(self, other: Any) -> bool:
        return (self - other).digits > 0

    def __ge__(self, other: Any) -> bool:
        return (self - other).digits >= 0


@cache
def slope_at_0(op: Operation) -> float:
    """The slope of an operation on one number that is 0 at 0, and a straight line beside it; else 0.0."""
    try:
        (slope,) = op.partials(op(0.0), 0.0) if op(0.0) == 0 else (0.0,)
    except (ValueError, ArithmeticError):
        return 0.0
    return slope if math.isfinite(slope) else 0.0


def widened(x: Any) -> Wide:
    """A number as a wide one."""
    return x if isinstance(x, Wide) else Wide(x)


def sum_of(x: Wide, y: Wide) -> Wide:
    """x + y."""
    if not (x.digits and y.digits and math.isfinite(x.digits) and math.isfinite(y.digits)):
        finite = math.isfinite(x.digits + y.digits)
        return Wide(x.digits + y.digits, x.exponent + y.exponent if finite else 0)  # of which that of 0 is 0
    if y.exponent > x.exponent:
        x, y = y, x
    return Wide(x.digits + math.ldexp(y.digits, max(y.exponent - x.exponent, -200)), x.exponent)


def power(x: Wide, y: Wide) -> Wide:
    """x ** y: the product of smaller powers where it is no normal float itself."""
    exponent = float(y)
    if x.digits <= 0 or not (math.isfinite(x.digits) and math.isfinite(exponent)):
        return Wide(float(x) ** exponent)
    if abs(x.exponent) > 1000:
        half = x.exponent // 2
        return power(Wide(x.digits, x.exponent - half), y) * power(Wide(1.0, half), y)
    if abs(exponent * x.exponent) > 1000:
        root = power(x, Wide(exponent / 2))
        return root * root
    return Wide(float(x) ** exponent)


def logarithm(x: Wide) -> Wide:
    """log(x)."""
    is_normal = -1021 <= x.exponent <= 1024
    return Wide(math.log(float(x)) if is_normal else math.log(x.digits) + x.exponent * math.log(2))


ARITHMETIC: dict[str, Callable[..., Wide]] = {
    "+": sum_of,
    "-": lambda x, y: sum_of(x, Wide(-y.digits, y.exponent)),
    "*": lambda x, y: Wide(x.digits * y.digits, x.exponent + y.exponent),
    "/": lambda x, y: Wide(x.digits / y.digits, x.exponent - y.exponent),
    "**": power,
    "sqrt": lambda x: Wide(math.sqrt(x.digits if x.exponent % 2 == 0 else x.digits * 2), x.exponent // 2),
    "log": logarithm,
    "relu": lambda x: x if x.digits > 0 or x.digits != x.digits else Wide(0.0),
    "abs": lambda x: Wide(abs(x.digits), x.exponent),
    "sum": lambda *xs: reduce(sum_of, xs) if xs else Wide(0.0),
    "neg": lambda x: Wide(-x.digits, x.exponent),
    "reciprocal": lambda x: Wide(1 / x.digits, -x.exponent) if x.digits else Wide(math.inf),
}


def wide_numbers(results: Sequence[Any], since: int) -> dict[Value, Wide]:
    """The number of every node before some results, computed again."""
    numbers: dict[Value, Wide] = {}
    for node in nodes_before([x for x in results if isinstance(x, Value)], since=since):
        op = operation_of(node)
        operands = [numbers.get(parent) or Wide(parent._data) for parent in node.parents]
        numbers[node] = Wide(node._data)
        if op is not None and (op.name in ARITHMETIC or any(map(is_lost, operands))):
            numbers[node] = computed(op, operands)
    return numbers


def is_lost(x: Wide) -> bool:
    """Whether a wide number is no normal float."""
    return not -1021 <= x.exponent <= 1024


def computed(op: Operation, operands: Sequence[Wide]) -> Wide:
    """The result of an operation; nan where floats cannot say it."""
    try:
        return op(*operands)
    except (ValueError, ArithmeticError):
        return Wide(math.nan)
