"""Power series: a number together with how it moves. Operations on them need only the table of derivatives.

If x moves along a curve x(t) = x₀ + x₁t + x₂t² + …, then out = op(x) moves along one too, and the chain rule
out'(t) = Σ ∂op/∂xᵢ · xᵢ'(t) gives its coefficients one after the other: those of the right side up to tᵏ⁻¹ give that of
out at tᵏ. The partial derivatives on the right are the table's local gradients, computed with series in place of
numbers. (R. D. Neidinger, Introduction to automatic differentiation and MATLAB object-oriented programming, SIAM
Review 52, 2010, section 6.)
"""

from collections.abc import Callable, Sequence
from functools import reduce
from operator import add
from typing import Any

from autograd.derivatives import Operation, Operators


class Series(Operators):
    """A power series whose coefficients, floats or Values, are computed when they are asked for.

    known: the first coefficients, None for those that are 0 because nothing moves, so that an infinite partial
        derivative times this 0 is not nan. Unless `partials` is given, all the following ones are None.
    partials: answers the partial derivatives of the operation that made it, which are Series or numbers.
    operands: what it was applied to, Series or numbers.
    memo: the results of operations so far, for all series of one computation. As sin needs cos, cos needs sin, and so
        on: without it the work would double with every coefficient.

    >>> x = Series([2.0, 1.0], {})
    >>> cube = x * x * x
    >>> [cube[k] for k in range(5)]
    [8.0, 12.0, 6.0, 1.0, None]
    """

    __slots__ = ("known", "memo", "operands", "partials")

    def __init__(
        self,
        known: list[Any],
        memo: dict[Any, "Series"],
        partials: Callable[["Series"], Sequence[Any]] | None = None,
        operands: Sequence[Any] = (),
    ) -> None:
        self.known, self.memo, self.operands = known, memo, operands
        self.partials: Any = partials

    def __getitem__(self, k: int) -> Any:
        if self.partials is None:
            return self.known[k] if k < len(self.known) else None
        while len(self.known) <= k:
            self.known.append(self.following(len(self.known)))
        return self.known[k]

    def following(self, k: int) -> Any:
        """The coefficient of tᵏ, if those before it are known."""
        if callable(self.partials):
            self.partials = self.partials(self)
        terms = [
            slope * (j * speed)
            for x, partial in zip(self.operands, self.partials)
            if isinstance(x, Series)
            for j in range(1 if isinstance(partial, Series) else k, k + 1)
            if (speed := x[j]) is not None and (slope := coefficient(partial, k - j)) is not None
        ]
        return reduce(add, terms) / k if terms else None

    @property
    def data(self) -> float:
        """The number at t = 0, which decides comparisons."""
        return number(self[0])

    @staticmethod
    def __operation__(op: Operation, operands: Sequence[Any]) -> "Series":
        """How the table's operations answer series: the same operation on the same operands is the same series."""
        return recorded(op, operands, lambda own: op.partials(own, *operands))

    # of the first coefficients, Values too, because a function that is compiled must see what is compared
    __lt__, __le__ = (lambda x, y: x[0] < coefficient(y, 0)), (lambda x, y: x[0] <= coefficient(y, 0))
    __gt__, __ge__ = (lambda x, y: x[0] > coefficient(y, 0)), (lambda x, y: x[0] >= coefficient(y, 0))


def recorded(op: Operation, operands: Sequence[Any], partials: Callable[[Series], Sequence[Any]]) -> Series:
    """The result of an operation on operands of which one at least is a Series."""
    memo = next(x.memo for x in operands if isinstance(x, Series))
    key = (op, *[x.hex() if type(x) is float else id(x) for x in operands])
    if key not in memo:
        memo[key] = Series([op(*[coefficient(x, 0) for x in operands])], memo, partials, operands)
    return memo[key]


def coefficient(x: Any, k: int) -> Any:
    """That of tᵏ, also of a number, which does not move; None where nothing moves."""
    return x[k] if isinstance(x, Series) else x if k == 0 else None


def number(x: Any) -> float:
    """The number with which a comparison compares a series, a Value or a number."""
    return float(getattr(x, "_data", x))
