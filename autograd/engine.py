"""The textbook engine: Value, a number that remembers how it was computed, and backward(). Read it from top to bottom.

An operation on Values does three things: it computes the result; it remembers its operands, the parents of the result;
and it remembers its local gradient, how much each parent moves the result. backward() goes from the result back to
the leaves and applies the chain rule at every node. The mathematics of the operations is in the table, derivatives.py.
"""

from collections.abc import Callable, Iterable, Sequence
from types import MethodType
from typing import TYPE_CHECKING, Any, Union

from autograd import derivatives as table
from autograd.accumulation import add_up, go_back, start_afresh
from autograd.derivatives import Operation
from autograd.messages import checked_parents, contributions_of
from autograd.reading import NUMBERS, Holder
from autograd.recording import calls, is_paused, open_blocks

Number = Union["Value", float]


class Value(Holder):
    """A number that remembers how it was computed.

    data: the number, a float.
    parents: the Values that it was computed from; none for a leaf.
    op: the name of the operation, "*"; "" for a leaf; "constant" for a plain number that met a Value.
    local_gradient: from the gradient that arrives at this node to one contribution per parent. An operation of
        your own is a Value with a closure of your own. It computes with its parents as Values if its derivative is
        to be differentiated again; with their data, that is an error.
    label: a name to show in pictures and errors.
    grad: 0.0, and after backward() the derivative of its result with respect to this node.

    Values are equal only to themselves; <, <=, > and >= compare their data. TypeError for data that is not a
    real number, and for parents that are not Values.

    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> c = a * b + 10
    >>> c.backward()
    >>> c.data, a.grad, b.grad
    (4.0, -3.0, 2.0)
    >>> def cube(v):
    ...     return Value(v.data**3, (v,), "cube", local_gradient=lambda gradient: (gradient * 3 * v**2,))
    >>> cube(b).backward()
    >>> b.grad
    29.0
    """

    __slots__ = ("__dict__", "__weakref__", "_born", "label", "local_gradient", "op", "parents")

    def __init__(
        self,
        data: float,
        parents: Iterable["Value"] = (),
        op: str = "",
        local_gradient: Callable[[Any], Sequence[Any]] | None = None,
        label: str = "",
    ) -> None:
        self.data, self.grad, self.label = data, 0.0, label
        self._born = calls[0]  # for grad() and the like, which pass over what is older than their own call
        self.parents, self.op, self.local_gradient = checked_parents(parents), op, local_gradient
        if self.parents and is_paused():
            self.parents, self.op, self.local_gradient = (), "", None

    # fmt: off
    def __add__(self, other: Number) -> "Value": return operate(table.add, self, other)
    def __sub__(self, other: Number) -> "Value": return operate(table.subtract, self, other)
    def __mul__(self, other: Number) -> "Value": return operate(table.multiply, self, other)
    def __truediv__(self, other: Number) -> "Value": return operate(table.divide, self, other)
    def __pow__(self, other: Number) -> "Value": return operate(table.power, self, other)
    def __radd__(self, other: float) -> "Value": return reflected(table.add, other, self)
    def __rsub__(self, other: float) -> "Value": return reflected(table.subtract, other, self)
    def __rmul__(self, other: float) -> "Value": return reflected(table.multiply, other, self)
    def __rtruediv__(self, other: float) -> "Value": return reflected(table.divide, other, self)
    def __rpow__(self, other: float) -> "Value": return reflected(table.power, other, self)
    def __neg__(self) -> "Value": return record(table.negative, (self,))
    def __abs__(self) -> "Value": return record(table.absolute, (self,))
    def __pos__(self) -> "Value": return self
    # fmt: on

    def __repr__(self) -> str:
        return f"Value(data={self._data!r}, grad={self._grad!r}{f', label={self.label!r}' if self.label else ''})"

    def detach(self) -> "Value":
        """A new leaf with the same data and label, through which no gradient flows back."""
        return Value(self._data, label=self.label)

    def backward(self) -> None:
        """Apply the chain rule from this node back to the leaves.

        Afterwards the grad of every node in between is the derivative of this node with respect to it. That of a
        leaf has grown by this derivative: over several calls the gradients of leaves add up. If a local_gradient
        fails, its error is raised and every grad stays as it was.
        """
        order = topological_order(self)
        before: list[float] = []  # their gradients
        try:
            start_afresh(order, before)
            self._grad = 1.0
            for node in reversed(order):
                if node.parents:
                    for parent, contribution in zip(node.parents, contributions_of(node)):
                        parent._grad += contribution
            add_up(order, before)
        except BaseException:
            go_back(order, before)
            raise

    if TYPE_CHECKING:  # its methods, one for each function of the table, and attributes of your own

        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, thing: Any) -> None: ...


blank: Any = Value.__new__  # makes a Value with nothing in it yet


def operate(op: Operation, left: Value, right: Any) -> Any:
    """Record an operation on two operands, of which the right one may be a plain number."""
    if not isinstance(right, Value):
        if not isinstance(right, NUMBERS):
            return NotImplemented
        right = constant(right)
    x, y = left._data, right._data
    try:
        out = op.value(x, y)
    except (ValueError, ArithmeticError) as error:
        raise op.explained(error, [left, right]) from None
    node: Value = blank(Value)
    node._data, node._grad = out, 0.0
    node.label, node._born = "", calls[0]
    if open_blocks and is_paused():  # within no_grad()
        node.parents, node.op, node.local_gradient = (), "", None
    else:
        node.parents = parents = left, right
        node.op = op.name
        node.local_gradient = MethodType(chain_rule_of_two, (op, parents, out, x, y))
    return node


def chain_rule_of_two(recorded: tuple[Any, ...], gradient: Any) -> Sequence[Any]:
    """The local gradient of such a node: the gradient times each partial derivative, one contribution per parent.

    recorded: what MethodType binds to it. It has the numbers of the forward pass, so that changing some .data later
        changes no gradient; it has not the node itself, so that a graph has no cycles and is freed at once.
    """
    op, parents, out, x, y = recorded
    if isinstance(gradient, Value):  # a derivative that is to be differentiated again
        return op.as_values(gradient, parents, (x, y))
    dx, dy = op.local_gradient(out, x, y)
    return gradient * dx, gradient * dy


def reflected(op: Operation, left: Any, right: Value) -> Any:
    """The same for 2 * v: the left operand is a plain number."""
    return operate(op, constant(left), right) if isinstance(left, NUMBERS) else NotImplemented


def record(op: Operation, parents: tuple[Value, ...]) -> Value:
    """The same for any number of operands."""
    xs = [parent._data for parent in parents]
    try:
        out = op.value(*xs)
    except (ValueError, ArithmeticError) as error:
        raise op.explained(error, parents) from None
    return new_node(out, parents, op.name, MethodType(chain_rule, (op, parents, out, xs)))


def chain_rule(recorded: tuple[Any, ...], gradient: Any) -> Sequence[Any]:
    """The local gradient of such a node."""
    op, parents, out, xs = recorded
    if isinstance(gradient, Value):
        return op.as_values(gradient, parents, xs)
    return [gradient * dx for dx in op.local_gradient(out, *xs)]


def new_node(data: float, parents: tuple[Value, ...], op: str, local_gradient: Any) -> Value:
    """What Value(...) makes, without checks."""
    node: Value = blank(Value)
    node._data, node._grad = data, 0.0
    node.label, node._born = "", calls[0]
    node.parents, node.op, node.local_gradient = parents, op, local_gradient
    if parents and open_blocks and is_paused():
        node.parents, node.op, node.local_gradient = (), "", None
    return node


def constant(number: Any) -> Value:
    """A plain number that meets a Value."""
    return new_node(float(number), (), "constant", None)


def topological_order(root: Value) -> list[Value]:
    """Every node of the graph of `root`, parents before children, `root` last. There is no recursion.

    root: a Value. TypeError for anything else. The order, a list, is that in which a recursive depth-first search
    finishes the nodes.

    >>> a = Value(1.0, label="a")
    >>> [node.label or node.op for node in topological_order((a + a) * a)]
    ['a', '+', '*']
    """
    if not isinstance(root, Value):
        raise TypeError(f"a graph ends in a Value, got {root!r}")
    order: list[Value] = []
    seen = {root}
    path = [(root, iter(root.parents))]  # from the root to where we are, with the parents that are left to visit
    while path:
        node, left = path[-1]
        for parent in left:
            if parent not in seen:
                seen.add(parent)
                if parent.parents:
                    path.append((parent, iter(parent.parents)))
                    break
                order.append(parent)
        else:
            order.append(node)
            path.pop()
    return order
