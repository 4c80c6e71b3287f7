"""Shows what was there when an operation failed: the graph of its operands, the operation marked, and its sentence."""

from math import nan
from typing import Any

from autograd.derivatives import is_value
from autograd.recording import recording
from autograd.value import Value


def failed_operation(error: BaseException) -> Value | None:
    """A Value in place of the one that an operation did not make; None if the error is none of an operation.

    Its parents are the operands; its data is nan. Nothing flows back through it.

    >>> x = Value(0.0)
    >>> try:
    ...     x.log()
    ... except ValueError as error:
    ...     failed = failed_operation(error)
    >>> failed.op, failed.parents == (x,)
    ('log', True)
    """
    operands: tuple[Any, ...] = getattr(error, "operands", ())
    op = getattr(error, "operation", "")
    if not (isinstance(op, str) and op and isinstance(operands, tuple) and any(map(is_value, operands))):
        return None
    with recording():
        parents = [each if isinstance(each, Value) else Value(each, op="constant") for each in operands]
        return Value(nan, parents, op, lambda gradient: (0.0,) * len(parents))
