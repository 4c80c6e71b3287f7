"""The messages of both engines about mistakes with parents and local gradients."""

from collections.abc import Iterable
from typing import Any

from autograd.derivatives import is_value


def checked_parents(parents: Any) -> tuple[Any, ...]:
    """The parents of a new Value as a tuple; TypeError if they are not Values."""
    if type(parents) is tuple and not parents:
        return parents
    if isinstance(parents, Iterable):
        parents = tuple(parents)
        if all(is_value(parent) for parent in parents):
            return parents
    raise TypeError(f"parents must be a tuple of Values, (a, b), got {parents!r}; write a name as label=...")


def about_closure(op: str, n_parents: int) -> str:
    """The note on an error in a local_gradient that failed, or that returned something wrong."""
    return (
        f"this happened in backward(), in the local_gradient of '{op}'. It must return a tuple with one number for "
        f"each parent, here {n_parents}. Every grad is as it was before backward()."
    )


def what_came_of(op: str) -> str:
    """The name of a contribution in the error that says it is no number."""
    return f"what the local_gradient of '{op}' returned"


def no_local_gradient(op: str) -> TypeError:
    """The error of a Value with parents that was made without a local_gradient."""
    return TypeError(
        f"the Value made by '{op}' has parents but no local_gradient, so it has no derivative: "
        "Value(data, parents, op, local_gradient)"
    )


def wrong_number_of_contributions(op: str, found: int, n_parents: int) -> ValueError:
    """The error of a local_gradient that does not return one contribution per parent."""
    return ValueError(
        f"the local_gradient of '{op}' returned {found} contributions, not {n_parents}: one for each parent"
    )


def no_float() -> TypeError:
    """The error of float(v), and of math.exp(v), which calls it."""
    return TypeError(
        "float(v) would lose the gradient. So would math.exp(v), which calls float(v). Write autograd.exp(v), or "
        "v.data for the number alone"
    )
