"""The gradients of a graph in backward(): they start afresh, those of leaves add up, and all go back if it fails.

order: the nodes of the graph. before: the gradients that they had.
"""

from typing import Any


def start_afresh(order: list[Any], before: list[float]) -> None:
    """Set every grad to 0, and append what it was to `before`."""
    for node in order:
        grad, node._grad = node._grad, 0.0  # in one step, for threads may share leaves: none is lost
        before.append(grad)


def add_up(order: list[Any], before: list[float]) -> None:
    """Add what leaves had before to what they have now; constants have no gradient."""
    for node, grad in zip(order, before):
        if not node.parents:
            node._grad = grad if node.op == "constant" else grad + node._grad


def go_back(order: list[Any], before: list[float]) -> None:
    """Give every node the grad that it had."""
    for node, grad in zip(order, before):
        node._grad = grad
