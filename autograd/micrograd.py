"""The names by which code written for micrograd uses a Value: _prev, _op and _backward.

In micrograd a node's _backward, a function without arguments, adds contributions to the gradients of the parents. Here
its local_gradient returns these contributions. This file turns each into the other. So out._backward = … defines an
operation, and out._backward() takes one step of the chain rule by hand.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from autograd.recording import is_paused


class ByHand:
    """The local gradient of an operation whose _backward was assigned. It leaves all grads as they were."""

    def __init__(self, node: Any, function: Callable[[], object]) -> None:
        self.node, self.function = node, function

    def __call__(self, gradient: float) -> Sequence[float]:
        """What the function adds to the gradient of each parent."""
        if not isinstance(gradient, (int, float)):
            raise TypeError(
                f"the _backward of {self.node!r} computes with floats, so it has no derivatives of derivatives. Give "
                "Value(…) a local_gradient instead"
            )
        nodes = [self.node, *self.node.parents]
        before = [node.grad for node in nodes]
        try:
            for node in nodes:
                node.grad = 0.0
            self.node.grad = gradient
            self.function()
            return [_taken(parent) for parent in self.node.parents]
        finally:
            for node, grad in zip(nodes, before):
                node.grad = grad


def _taken(node: Any) -> float:
    grad: float = node.grad
    node.grad = 0.0  # a parent that stands there twice gets it once
    return grad


def _get_prev(node: Any) -> set[Any]:
    """The parents as a set, as micrograd keeps them."""
    return set(node.parents)


def _get_op(node: Any) -> str:
    """The name of the operation; "" for a leaf, and for a plain number, which is a leaf in micrograd."""
    return node.op if node.parents else ""


def _get_backward(node: Any) -> Callable[[], object]:
    """A function that takes the step of the chain rule at this node: it adds to the gradients of the parents."""
    rule = node.local_gradient
    return rule.function if isinstance(rule, ByHand) else partial(_step, node)


def _set_backward(node: Any, function: Callable[[], object]) -> None:
    if node.parents:
        if not (node.local_gradient is None or isinstance(node.local_gradient, ByHand)):
            raise AttributeError(
                f"{node!r} already has a derivative. Set _backward only for a Value that you made with Value(…)"
            )
        node.local_gradient = ByHand(node, function)
    elif not is_paused():
        raise AttributeError(
            f"{node!r} has no parents, so _backward has nothing to do. Give it parents: Value(x, (a, b))"
        )


def _step(node: Any) -> None:
    if node.parents:
        for parent, contribution in zip(node.parents, node.local_gradient(node.grad)):
            if parent.op != "constant":
                parent.grad += contribution


NAMES = {
    "_prev": property(_get_prev),
    "_op": property(_get_op),
    "_backward": property(_get_backward, _set_backward),
}


def takes_its_names(init: Callable[..., None]) -> Callable[..., None]:
    """The __init__ of a Value that takes parents and op under micrograd's names, too."""

    def __init__(
        self: Any,
        data: float,
        parents: Any = (),
        op: str = "",
        local_gradient: Any = None,
        label: str = "",
        *,
        _children: Any = (),
        _op: str = "",
    ) -> None:
        init(self, data, _children or parents, _op or op, local_gradient, label)

    return __init__
