"""Sets, reads and compares what a Value holds, its number and its gradient, and tells the tracer of it.

A function that is being compiled may compare numbers: that becomes a guard. It may not read or set them, because that
would happen only once. So its tracer is told; see recording.py.
"""

import operator
from collections.abc import Callable
from numbers import Number, Real
from threading import get_ident
from typing import TYPE_CHECKING, Any

from autograd.derivatives import to_float
from autograd.recording import tell, traced_blocks, tracer

PLAIN = (float, int, Real)


def is_plain(thing: object) -> bool:
    """Whether something counts as a plain number. True does, and NumPy's True."""
    if isinstance(thing, PLAIN):
        return True
    return type(thing).__module__ == "numpy" and type(thing).__name__ in ("bool", "bool_")


def comparison(symbol: str, compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """The operator of a symbol, which compares the data, and compares a plain number exactly."""

    def compared(left: "Holder", right: Any) -> bool:
        if isinstance(right, Holder):
            outcome = compare(left._data, right._data)
        elif is_plain(right) or isinstance(right, Number):  # a Decimal too, with which nothing else can be computed
            outcome = bool(compare(left._data, right))
        else:
            return NotImplemented
        if traced_blocks:
            tell("compared", symbol, left, right, outcome)
        return outcome

    return compared


ties: dict[int, int] = {}  # of each thread that found one: the latest call in which both Values were made


def note_tie(left: Any, right: Any) -> None:
    """Remember that two Values with the same number were said to be different ones; see refuse_tie of operators.py."""
    thread = get_ident()
    ties[thread] = max(ties.get(thread, 0), min(left._born, right._born))


class Holder:
    """A number, its gradient and its name."""

    __slots__ = ("_data", "_grad", "_label")  # results have no label until they are given one
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        """Whether a plain number is the data; another Value is equal if it is the same one."""
        listener = tracer() if traced_blocks else None
        if listener is not None:
            found = listener.equal(self, other)
            if found is not NotImplemented:
                return bool(found)
        elif isinstance(other, Holder) and other is not self and other._data == self._data:
            note_tie(self, other)
        return bool(operator.eq(self._data, other)) if isinstance(other, Number) else NotImplemented

    @property
    def data(self) -> float:
        """The number."""
        if traced_blocks:
            tell("read", "data")
        return self._data

    @data.setter
    def data(self, number: float) -> None:
        number = to_float(number, "the data of a Value")
        if traced_blocks:
            tell("read", "set")
        self._data: float = number

    @property
    def grad(self) -> float:
        """The derivative of the result of backward() with respect to this number."""
        if traced_blocks:
            tell("read", "grad")
        return self._grad

    @grad.setter
    def grad(self, number: float) -> None:
        number = to_float(number, "the grad of a Value")
        if traced_blocks:
            tell("read", "set")
        self._grad: float = number

    @property
    def label(self) -> str:
        """A name to show in pictures and errors."""
        return getattr(self, "_label", "")

    @label.setter
    def label(self, name: str) -> None:
        self._label = name

    __lt__, __le__ = comparison("<", operator.lt), comparison("<=", operator.le)
    __gt__, __ge__ = comparison(">", operator.gt), comparison(">=", operator.ge)

    def __bool__(self) -> bool:
        if traced_blocks:
            tell("compared", "!=", self, 0.0, self._data != 0.0)
        return self._data != 0.0

    if TYPE_CHECKING:  # value.py adds a method for every function of the table, v.exp(); attributes can be your own

        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, thing: Any) -> None: ...
