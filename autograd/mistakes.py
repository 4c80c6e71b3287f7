"""What both engines say to mistakes with parents and local gradients."""

from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any

from autograd.derivatives import is_value, to_float


def checked_parents(parents: Any) -> tuple[Any, ...]:
    """The parents of a new Value as a tuple; TypeError if they are not Values."""
    if isinstance(parents, Iterable):
        parents = tuple(parents)
        if all(is_value(parent) for parent in parents):
            return parents
    raise TypeError(f"parents must be a tuple of Values, such as (a, b), got {parents!r}; a name is label=...")


def about_closure(op: str, n_parents: int) -> str:
    """What is added to an error at a local_gradient that failed, or that returned something else than it must."""
    return (
        f"in backward(), at the local_gradient of '{op}'. Given the gradient, it must return a tuple of numbers, one "
        f"per parent, here {n_parents}. Every grad is as it was before backward()."
    )


def only_a_number(gradient: Any, node: Any, order: Sequence[Any]) -> float:
    """What arrived at a node from a careless local_gradient as a float: an int, or a number of NumPy.

    TypeError, naming the operation that it came from, if it is no number.
    """
    if isinstance(gradient, Real):
        return float(gradient)
    ops = ", ".join(sorted({f"'{child.op}'" for child in order if node in child.parents}))
    return to_float(gradient, f"what the local_gradient of {ops} returned for {node!r}")
