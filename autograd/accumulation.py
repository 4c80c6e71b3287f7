"""The part of backward() beside the chain rule: takes earlier gradients away, adds them again, or restores them.

order: the nodes of the graph. earlier: the gradients that they had.
"""

from collections.abc import Sequence
from typing import Any

from autograd.derivatives import number_of, to_float
from autograd.messages import about_closure, what_came_of, wrong_number_of_contributions


def take_away(order: list[Any], earlier: list[float]) -> None:
    """Set every grad to 0, and append what it was to `earlier`."""
    for node in order:
        grad, node._grad = node._grad, 0.0  # in one step, for threads may share leaves: none is lost
        earlier.append(grad)


def contributions_of(node: Any) -> Sequence[float]:
    """The contributions of an operation of your own: its local gradient of the gradient, one number per parent."""
    found = node.local_gradient(node._grad)
    if len(found) != len(node.parents):
        raise wrong_number_of_contributions(node.op, len(found), len(node.parents))
    for x in found:
        if type(x) is not float:  # an int, a number of NumPy, or a mistake
            return [to_float(number_of(x), what_came_of(node.op)) for x in found]
    return found


def add_earlier(order: list[Any], earlier: list[float]) -> None:
    """Add what leaves had before to what they have now; constants have no gradient."""
    for node, grad in zip(order, earlier):
        if not node.parents:
            node._grad = grad if node.op == "constant" else grad + node._grad


def give_up(error: BaseException, node: Any, order: list[Any], earlier: list[float]) -> None:
    """Give every node the grad that it had, and say in the error at which node it came."""
    for each, grad in zip(order, earlier):
        each._grad = grad
    if isinstance(error, Exception):
        error.add_note(about_closure(node.op, len(node.parents)))
