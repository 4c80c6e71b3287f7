"""The textbook engine: Value, a number that remembers how it was computed, and backward(). Read it from top to bottom.

An operation on Values does three things. It computes the result. It remembers its operands: the parents of the result.
And it remembers its local gradient: a function that turns the gradient of the result into one contribution per parent.
backward() goes from the result to the leaves, which were not computed, and applies the chain rule at every node.
The mathematics of each operation, its value and its partial derivatives, is in the table, derivatives.py.
"""

from collections.abc import Callable, Iterable, Sequence
from types import MethodType
from typing import TYPE_CHECKING, Any, Union

from autograd import derivatives as table
from autograd.accumulation import add_earlier, contributions_of, put_back, take_away
from autograd.derivatives import Operation
from autograd.messages import checked_parents
from autograd.reading import PLAIN, Holder
from autograd.recording import calls, is_paused, open_blocks

Number = Union["Value", float]
blank: Any = object.__new__  # blank(Value) is a Value with nothing in it yet


class Value(Holder):  # which keeps data as _data and grad as _grad, and checks what they are set to
    """A number that remembers how it was computed.

    data: the number, a float.
    parents: the Values that it was computed from; none for a leaf.
    op: the name of the operation, "*"; "" for a leaf; "constant" for a plain number that met a Value.
    local_gradient: a function. Given the gradient of this node it returns a tuple, one contribution per parent. For an
        operation of your own, write this function yourself. If you want second derivatives, compute in it with the
        parents themselves, v. With v.data alone a second derivative is an error; mixed with v it is wrong.
    label: a name to show in pictures and errors.
    grad: 0.0; after loss.backward() the derivative of the loss with respect to this node. Leaves add up over calls.

    == compares identity, not data; <, <=, > and >= compare data. Value(...) raises TypeError if data is not a real
    number, and if parents are not Values.

    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> c = a * b + 10
    >>> c.backward()
    >>> c.data, a.grad, b.grad
    (4.0, -3.0, 2.0)
    >>> def cube(v):
    ...     return Value(v.data**3, (v,), "cube", local_gradient=lambda gradient: (gradient * 3 * v**2,))
    >>> cube(b).backward()
    >>> b.grad  # 2 from before, and 3b² = 27
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
        self._born = calls[0]  # the number of the latest grad() call, which skips older nodes; not for backward()
        self.parents, self.op, self.local_gradient = checked_parents(parents), op, local_gradient
        if self.parents and is_paused():  # within no_grad()
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

        The grad of every node between becomes the derivative of this node with respect to it. To the grad of each leaf
        this derivative is added, so over several calls it adds up. If a local_gradient fails, its error is raised and
        every grad stays as it was.
        """
        order = topological_order(self)
        earlier: list[float] = []
        try:
            take_away(order, earlier)  # every grad becomes 0, and earlier has what it was
            self._grad = 1.0
            for node in reversed(order):
                if node.parents:
                    for parent, contribution in zip(node.parents, contributions_of(node)):  # of node._grad
                        parent._grad += contribution
            add_earlier(order, earlier)  # to the leaves
        except BaseException:
            put_back(order, earlier)
            raise

    if TYPE_CHECKING:  # value.py adds a method for every function of the table, v.exp(); attributes can be your own

        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, thing: Any) -> None: ...


def operate(op: Operation, left: Value, right: Any) -> Any:
    """Record an operation on two operands; the right one may be a plain number. For speed all is written out here."""
    if not isinstance(right, Value):
        if not isinstance(right, PLAIN):
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
        node.local_gradient = MethodType(chain_rule_of_two, (op, parents, out, x, y))  # its first argument, filled in
    return node


def chain_rule_of_two(recorded: tuple[Any, ...], gradient: Any) -> Sequence[Any]:
    """The local gradient of a node that operate() made: the gradient times each partial derivative.

    recorded: the numbers of the forward pass, so that changing some .data later changes no gradient. The node itself is
        not in it: node and function would hold each other, and memory would not be freed at once.
    """
    op, parents, out, x, y = recorded
    if isinstance(gradient, Value):  # not in backward(), but where grad() is differentiated again
        return op.as_values(gradient, parents, (x, y))
    dx, dy = op.local_gradient(out, x, y)
    return gradient * dx, gradient * dy


def reflected(op: Operation, left: Any, right: Value) -> Any:
    """operate() for 2 * v, where Python calls v.__rmul__(2)."""
    return operate(op, constant(left), right) if isinstance(left, PLAIN) else NotImplemented


def record(op: Operation, parents: tuple[Value, ...]) -> Value:
    """operate() for any number of operands, all Values."""
    xs = [parent._data for parent in parents]
    try:
        out = op.value(*xs)
    except (ValueError, ArithmeticError) as error:
        raise op.explained(error, parents) from None
    return new_node(out, parents, op.name, MethodType(chain_rule, (op, parents, out, xs)))


def chain_rule(recorded: tuple[Any, ...], gradient: Any) -> Sequence[Any]:
    """The local gradient of a node that record() made."""
    op, parents, out, xs = recorded
    if isinstance(gradient, Value):
        return op.as_values(gradient, parents, xs)
    return [gradient * dx for dx in op.local_gradient(out, *xs)]


def new_node(data: float, parents: tuple[Value, ...], op: str, local_gradient: Any) -> Value:
    """Make a Value as Value(...) does, without the checks."""
    node: Value = blank(Value)
    node._data, node._grad = data, 0.0
    node.label, node._born = "", calls[0]
    node.parents, node.op, node.local_gradient = parents, op, local_gradient
    if parents and open_blocks and is_paused():  # within no_grad()
        node.parents, node.op, node.local_gradient = (), "", None
    return node


def constant(number: Any) -> Value:
    """The leaf that stands for a plain number in a graph."""
    return new_node(float(number), (), "constant", None)


def topological_order(root: Value) -> list[Value]:
    """`root` and all that it was computed from, parents before children, `root` last.

    root: a Value. TypeError for anything else. The list has the order in which a depth-first search finishes the nodes.
    A loop makes it, not recursion: deep graphs would be too deep for Python's stack.

    >>> a = Value(1.0, label="a")
    >>> [node.label or node.op for node in topological_order((a + a) * a)]
    ['a', '+', '*']
    """
    if not isinstance(root, Value):
        raise TypeError(f"a graph ends in a Value, got {root!r}")
    order: list[Value] = []
    seen = {root}
    path = [(root, iter(root.parents))]  # from the root to where we are; each iterator goes on where it stopped
    while path:
        node, remaining = path[-1]
        for parent in remaining:
            if parent not in seen:
                seen.add(parent)
                if parent.parents:
                    path.append((parent, iter(parent.parents)))
                    break
                order.append(parent)
        else:  # no parent remains: the node comes next
            order.append(node)
            path.pop()
    return order
