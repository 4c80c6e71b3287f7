"""The messages of both engines to mistakes with parents and local gradients."""

from collections.abc import Iterable, Sequence
from typing import Any

from autograd.derivatives import is_value, number_of, to_float


def checked_parents(parents: Any) -> tuple[Any, ...]:
    """The parents of a new Value as a tuple; TypeError if they are not Values."""
    if type(parents) is tuple and not parents:
        return parents
    if isinstance(parents, Iterable):
        parents = tuple(parents)
        if all(is_value(parent) for parent in parents):
            return parents
    raise TypeError(f"parents must be a tuple of Values, such as (a, b), got {parents!r}; a name is label=...")


def contributions_of(node: Any) -> Sequence[float]:
    """What a node passes back: its local gradient of the gradient that has arrived, one number per parent."""
    try:
        found = node.local_gradient(node._grad)
        if len(found) != len(node.parents):
            raise ValueError(f"{len(found)} contributions came for {len(node.parents)} parents")
        for x in found:
            if type(x) is not float:  # an int, a number of NumPy, or a mistake
                return [to_float(number_of(x), what_came_of(node.op)) for x in found]
        return found
    except Exception as error:
        error.add_note(about_closure(node.op, len(node.parents)))
        raise


def about_closure(op: str, n_parents: int) -> str:
    """What is added to an error at a local_gradient that failed, or that returned something else than it must."""
    return (
        f"in backward(), at the local_gradient of '{op}'. Given the gradient, it must return a tuple of numbers, one "
        f"per parent, here {n_parents}. Every grad is as it was before backward()."
    )


def what_came_of(op: str) -> str:
    """What a contribution is called in the error where it is no number."""
    return f"what the local_gradient of '{op}' returned"


def no_local_gradient(op: str) -> TypeError:
    """What a Value with parents is told that was made without one."""
    return TypeError(f"the Value made by '{op}' has parents but no local_gradient, which its derivative needs")


def wrong_number_of_contributions(op: str, found: int, n_parents: int) -> ValueError:
    """What a local_gradient is told that does not return one contribution per parent."""
    return ValueError(f"the local_gradient of '{op}' returned {found} contributions for {n_parents} parents")
