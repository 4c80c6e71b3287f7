"""The textbook engine: Value, a number that remembers how it was computed, and backward(). Read it from top to bottom.

An operation on Values does three things. It computes the result. It remembers its operands: the parents of the result.
And it remembers itself with its numbers, from which its partial derivatives, one per parent, can be computed.
backward() goes from the result to the leaves, which were not computed, and applies the chain rule at every node.
The mathematics of each operation, its value and its partial derivatives, is in the table, derivatives.py.
"""

from collections.abc import Callable, Iterable, Sequence
from types import MethodType
from typing import Any, Union

from autograd import derivatives as table
from autograd.accumulation import add_earlier, contributions_of, give_up, take_away
from autograd.derivatives import Operation
from autograd.messages import checked_parents
from autograd.reading import Holder, is_plain
from autograd.recording import calls, is_paused, open_blocks

Number = Union["Value", float]
blank: Any = object.__new__  # blank(Value) is a Value with nothing in it yet


class Value(Holder):  # which keeps data, grad and label as _data, _grad and _label, and checks what they are set to
    """A number that remembers how it was computed.

    data: the number, a float.
    parents: the Values that it was computed from; none for a leaf.
    op: the name of the operation, "*"; "" for a leaf; "constant" for a plain number that met a Value.
    local_gradient: a function. Given the gradient of this node it returns a tuple, one contribution per parent. For an
        operation of your own, write this function yourself. If you want second derivatives, compute in it with the
        parents themselves, v, and not with v.data.
    label: a name to show in pictures and errors.
    grad: 0.0; after loss.backward() the derivative of the loss with respect to this node. Leaves add up over calls.

    <, <=, > and >= compare data, and so does == with a plain number; two Values are equal if they are the same one.
    Value(...) raises TypeError if data is not a real number, and if parents are not Values.

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

    __slots__ = ("__dict__", "__weakref__", "_born", "_numbers", "_rule", "op", "parents")

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
        self.parents, self.op = checked_parents(parents), op
        self._rule: Any = local_gradient  # or an operation of the table, with its numbers of the forward pass
        self._numbers: tuple[float, ...] = ()
        if self.parents and is_paused():  # within no_grad()
            self.parents, self.op, self._rule = (), "", None

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

    @property
    def local_gradient(self) -> Callable[[Any], Sequence[Any]] | None:
        """The function that was given to Value(...); after an operation the gradient times each partial derivative."""
        rule = self._rule
        return MethodType(chain_rule, (rule, self.parents, self._numbers)) if isinstance(rule, Operation) else rule

    @local_gradient.setter
    def local_gradient(self, function: Callable[[Any], Sequence[Any]] | None) -> None:
        self._rule, self._numbers = function, ()

    def detach(self) -> "Value":
        """A new leaf with the same data and label, through which no gradient flows back."""
        return Value(self._data, label=self.label)

    def backward(self) -> None:
        """Apply the chain rule from this node back to the leaves.

        The grad of every node between becomes the derivative of this node with respect to it. To the grad of each leaf
        this derivative is added, so over several calls it adds up. If a local_gradient fails, its error is raised and
        every grad stays as it was.
        """
        node, order = self, topological_order(self)
        earlier: list[float] = []
        try:
            take_away(order, earlier)  # every grad becomes 0, and earlier has what it was
            self._grad = 1.0
            for node in reversed(order):
                gradient, rule, numbers = node._grad, node._rule, node._numbers  # those of the forward pass
                if len(numbers) == 3:  # a result and two operands; for speed all is written out here
                    (left, right), (out, x, y), partials = node.parents, numbers, rule.partials
                    to_left, to_right = partials(out, x, y)
                    left._grad += gradient * to_left
                    right._grad += gradient * to_right
                elif numbers:  # and of any number of operands
                    for parent, partial in zip(node.parents, rule.partials(*numbers)):
                        parent._grad += gradient * partial
                elif node.parents:  # of an operation of your own
                    for parent, contribution in zip(node.parents, contributions_of(node)):
                        parent._grad += contribution
            add_earlier(order, earlier)  # to the leaves
        except BaseException as error:
            give_up(error, node, order, earlier)  # every grad becomes what it was
            raise


def operate(op: Operation, left: Value, right: Any) -> Any:
    """Record an operation on two operands; the right one may be a plain number. For speed all is written out here."""
    if type(right) is not Value and not isinstance(right, Value):
        if not is_plain(right):
            return NotImplemented
        right = constant(right)
    compute, x, y = op.value, left._data, right._data
    try:
        out = compute(x, y)
    except (ValueError, ArithmeticError) as error:
        raise op.explained(error, [left, right]) from None
    node: Value = blank(Value)
    node._data, node._grad, node._born = out, 0.0, calls[0]
    if open_blocks and is_paused():  # within no_grad()
        node.parents, node.op, node._rule, node._numbers = (), "", None, ()
    else:
        node.parents, node.op, node._rule, node._numbers = (left, right), op.name, op, (out, x, y)
    return node


def reflected(op: Operation, left: Any, right: Value) -> Any:
    """operate() for 2 * v, where Python calls v.__rmul__(2)."""
    return operate(op, constant(left), right) if is_plain(left) else NotImplemented


def record(op: Operation, parents: tuple[Value, ...]) -> Value:
    """operate() for any number of operands, all Values."""
    xs = [parent._data for parent in parents]
    try:
        out = op.value(*xs)
    except (ValueError, ArithmeticError) as error:
        raise op.explained(error, parents) from None
    return new_node(out, parents, op.name, op, (out, *xs))


def new_node(data: float, parents: tuple[Value, ...], op: str, rule: Any, numbers: tuple[float, ...] = ()) -> Value:
    """Make a Value as Value(...) does, without the checks. rule: an operation and its numbers, or a local gradient."""
    node: Value = blank(Value)
    node._data, node._grad, node._born = data, 0.0, calls[0]
    node.parents, node.op, node._rule, node._numbers = parents, op, rule, numbers
    if parents and open_blocks and is_paused():  # within no_grad()
        node.parents, node.op, node._rule, node._numbers = (), "", None, ()
    return node


def chain_rule(recorded: tuple[Any, ...], gradient: Any) -> Sequence[Any]:
    """The local gradient of an operation: the gradient times each partial derivative."""
    op, parents, numbers = recorded
    if isinstance(gradient, Value):  # not in backward(), but where grad() is differentiated again
        return op.as_values(gradient, parents, numbers[1:])
    return [gradient * partial for partial in op.partials(*numbers)]


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
    seen, path = {root}, []  # the path from the root to where we are; each iterator goes on where it stopped
    node, remaining = root, iter(root.parents)
    while True:
        for parent in remaining:
            if parent not in seen:
                seen.add(parent)
                if parent.parents:
                    path.append((node, remaining))
                    node, remaining = parent, iter(parent.parents)
                    break
                order.append(parent)
        else:  # no parent remains: the node comes next
            order.append(node)
            if not path:
                return order
            node, remaining = path.pop()
