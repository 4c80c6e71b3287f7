"""Numbers with the digits of a float whose size has no limits, for what runs out of range on the way to a result.

The coefficients of a power series shrink or grow with every order: those of √x at 1e160 are about 1e80, 1e-80, 1e-240,
1e-400. The last one is no float, although a product with x would be.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd.derivatives import Operation, Operators


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
        return Wide(op(*map(float, operands)))

    def __lt__(self, other: Any) -> bool:
        return (self - other).digits < 0

    def __le__(self, other: Any) -> bool:
        return (self - other).digits <= 0

    def __gt__(self, other: Any) -> bool:
        return (self - other).digits > 0

    def __ge__(self, other: Any) -> bool:
        return (self - other).digits >= 0


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


ARITHMETIC: dict[str, Callable[..., Wide]] = {
    "+": sum_of,
    "-": lambda x, y: sum_of(x, Wide(-y.digits, y.exponent)),
    "*": lambda x, y: Wide(x.digits * y.digits, x.exponent + y.exponent),
    "/": lambda x, y: Wide(x.digits / y.digits, x.exponent - y.exponent),
    "**": power,
    "neg": lambda x: Wide(-x.digits, x.exponent),
    "reciprocal": lambda x: Wide(1 / x.digits, -x.exponent) if x.digits else Wide(math.inf),
}
