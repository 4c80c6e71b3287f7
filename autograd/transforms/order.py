"""The topological order of a part of a graph: before several roots, and not beyond some nodes."""

from collections.abc import Container, Sequence
from typing import Any

from autograd.value import Value


def nodes_before(roots: Sequence[Value], beyond: Container[Value] = (), since: int = 0) -> list[Value]:
    """The topological order of the graph of several roots, without some nodes and what lies before them.

    beyond: those. since: what new_call() answered; nodes that were made before it are left out too. 0 for no limit.
    """
    order: list[Value] = []
    seen: set[Value] = set()
    stack: list[Any] = list(roots[::-1])
    while stack:
        node = stack.pop()
        if node is None:  # the mark that all parents of the node below it are in the order
            order.append(stack.pop())
        elif node not in seen and node._born >= since and node not in beyond:
            seen.add(node)
            if node.parents:
                stack.append(node)
                stack.append(None)
                stack.extend(node.parents[::-1])
            else:
                order.append(node)
    return order
