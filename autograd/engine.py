"""The textbook engine: Value, a number that remembers how it was computed, and backward().

An operation on Values does three things: it computes the result, it remembers its operands as parents, and it
remembers its local gradient, how much each parent moves the result. backward() then walks the graph from the
result back to the leaves and applies the chain rule at every node. The mathematics of each operation is not
here but in the table, derivatives.py.
"""

import operator
import sys
from collections.abc import Callable, Container, Iterable, Sequence
from functools import cache, partial
from numbers import Real
from typing import Any, Union

from autograd import derivatives as table
from autograd.derivatives import Operation, number_of, to_float
from autograd.freeing import one_by_one
from autograd.messages import about_closure, checked_parents, what_came_of
from autograd.micrograd import BACKWARD, OP, PREV
from autograd.recording import is_paused, paused

Number = Union["Value", float]
LocalGradient = Callable[[Any], Sequence[Any]]

# How many calls of functions operators.py has begun. A node that is older than a call cannot depend on what it made.
_calls = [0]

# How an operation is recorded. For * alone one would write
#
#     def __mul__(self, other):
#         x, y = self.data, other.data
#         return Value(x * y, (self, other), "*", lambda gradient: (gradient * y, gradient * x))
#
# and so for every operation; here one function does it for all of the table. The local gradient is the chain rule,
# waiting for its last argument, the gradient. It keeps the numbers of the forward pass, so that changing some .data
# later changes no gradient. It does not keep its own node, so that a graph has no cycles and is freed at once.


@cache
def _recorder(op: Operation) -> Callable[..., "Value"]:
    def chain_rule(parents: Any, out: float, xs: list[float], gradient: Any) -> Sequence[Any]:
        if isinstance(gradient, Value):
            return op.as_values(gradient, parents, xs)
        return [gradient * dx for dx in op.local_gradient(out, *xs)]

    chain_rule.op = op  # type: ignore[attr-defined]

    def record(*parents: "Value") -> "Value":
        xs = [parent._data for parent in parents]
        try:
            out = op.value(*xs)
        except (ValueError, ArithmeticError) as error:
            raise op.explained(error, parents) from None
        return new_node(out, parents, op.name, partial(chain_rule, parents, out, xs))

    return record


def _method(op: Operation) -> Callable[["Value"], "Value"]:
    record = _recorder(op)

    def method(self: "Value") -> "Value":
        return record(self)

    method.__name__, method.__qualname__ = op.name, f"Value.{op.name}"
    method.__doc__ = f"autograd.{op.name} of this Value, as a new Value."
    return method


# The same for the operators, which are used most: spelled out for two operands, of which the right one may be a number.


@cache
def _operator(op: Operation) -> Callable[["Value", Number], "Value"]:
    name, value, partials = op.name, op.value, op.local_gradient

    def chain_rule(parents: Any, out: float, x: float, y: float, gradient: Any) -> Sequence[Any]:
        if isinstance(gradient, Value):
            return op.as_values(gradient, parents, [x, y])
        dx, dy = partials(out, x, y)
        return gradient * dx, gradient * dy

    chain_rule.op = op  # type: ignore[attr-defined]

    def record(left: "Value", right: Any) -> "Value":
        if not isinstance(right, Value):
            if not isinstance(right, (float, int, Real)):
                return NotImplemented
            right = _constant(right)
        x, y = left._data, right._data
        try:
            out = value(x, y)
        except (ValueError, ArithmeticError) as error:
            raise op.explained(error, [left, right]) from None
        parents = left, right
        return new_node(out, parents, name, partial(chain_rule, parents, out, x, y))

    return record


def _reflected(op: Operation) -> Callable[["Value", float], "Value"]:
    def record(right: "Value", left: Any) -> "Value":
        return _operator(op)(_constant(left), right) if isinstance(left, (float, int, Real)) else NotImplemented

    return record


def _comparison(compare: Callable[[float, Any], bool]) -> Callable[["Value", Number], bool]:
    def compared(left: "Value", right: Any) -> bool:
        if isinstance(right, Value):
            return compare(left._data, right._data)
        return compare(left._data, right) if isinstance(right, (float, int, Real)) else NotImplemented

    return compared


class Value:
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

    __slots__ = ("__weakref__", "_born", "_data", "_grad", "label", "local_gradient", "op", "parents")

    def __init__(
        self,
        data: float,
        parents: Iterable["Value"] = (),
        op: str = "",
        local_gradient: LocalGradient | None = None,
        label: str = "",
        *,
        _children: Iterable["Value"] = (),  # what micrograd calls parents and op
        _op: str = "",
    ) -> None:
        self.data = data
        self.grad = 0.0
        self.label = label
        self._born = _calls[0]
        self.parents = checked_parents(_children or parents)
        self.op = _op or op
        self.local_gradient = local_gradient
        if self.parents and is_paused():
            self.parents, self.op, self.local_gradient = (), "", None

    @property
    def data(self) -> float:
        """The number."""
        return self._data

    @data.setter
    def data(self, number: float) -> None:
        self._data: float = to_float(number, "the data of a Value")

    @property
    def grad(self) -> float:
        """The derivative of the result of backward() with respect to this number."""
        return self._grad

    @grad.setter
    def grad(self, number: float) -> None:
        self._grad: float = to_float(number, "the grad of a Value")

    def backward(self) -> None:
        """Apply the chain rule from this node back to the leaves.

        Afterwards the grad of every node in between is the derivative of this node with respect to it. That of a
        leaf has grown by this derivative: over several calls the gradients of leaves add up. If a local_gradient
        fails, its error is raised and every grad stays as it was.
        """
        order = topological_order(self)
        earlier: list[float] = []
        try:
            for node in order:
                grad, node._grad = node._grad, 0.0  # in one step, for threads may share leaves: none is lost
                earlier.append(grad)
            self._grad = 1.0
            for node in reversed(order):
                parents = node.parents
                if parents:
                    try:
                        contributions = node.local_gradient(node._grad)  # type: ignore[misc]
                        if len(contributions) != len(parents):
                            raise ValueError(f"{len(contributions)} contributions came for {len(parents)} parents")
                        for parent, contribution in zip(parents, contributions):
                            if type(contribution) is not float:  # an int, a number of NumPy, or a mistake
                                contribution = to_float(number_of(contribution), what_came_of(node.op))
                            parent._grad += contribution
                    except Exception as error:
                        error.add_note(about_closure(node.op, len(parents)))
                        raise
            for node, grad in zip(order, earlier):
                if not node.parents:
                    node._grad = grad if node.op == "constant" else grad + node._grad
        except BaseException:
            for node, grad in zip(order, earlier):
                node._grad = grad
            raise

    def detach(self) -> "Value":
        """A new leaf with the same data and label, through which no gradient flows back."""
        return Value(self._data, label=self.label)

    __add__, __radd__ = _operator(table.add), _reflected(table.add)
    __sub__, __rsub__ = _operator(table.subtract), _reflected(table.subtract)
    __mul__, __rmul__ = _operator(table.multiply), _reflected(table.multiply)
    __truediv__, __rtruediv__ = _operator(table.divide), _reflected(table.divide)
    __pow__, __rpow__ = _operator(table.power), _reflected(table.power)
    __neg__, __abs__ = _recorder(table.negative), _recorder(table.absolute)
    __lt__, __le__ = _comparison(operator.lt), _comparison(operator.le)
    __gt__, __ge__ = _comparison(operator.gt), _comparison(operator.ge)
    exp, exp2, expm1 = map(_method, (table.exp, table.exp2, table.expm1))
    log, log2, log10, log1p = map(_method, (table.log, table.log2, table.log10, table.log1p))
    sqrt, cbrt, erf, erfc = map(_method, (table.sqrt, table.cbrt, table.erf, table.erfc))
    sin, cos, tan = map(_method, (table.sin, table.cos, table.tan))
    asin, acos, atan = map(_method, (table.asin, table.acos, table.atan))
    sinh, cosh, tanh = map(_method, (table.sinh, table.cosh, table.tanh))
    asinh, acosh, atanh = map(_method, (table.asinh, table.acosh, table.atanh))
    relu, sigmoid, softplus = map(_method, (table.relu, table.sigmoid, table.softplus))
    silu, gelu = map(_method, (table.silu, table.gelu))
    arcsin, arccos, arctan, arcsinh, arccosh, arctanh = asin, acos, atan, asinh, acosh, atanh  # as NumPy calls them

    _prev, _op, _backward = PREV, OP, BACKWARD  # as micrograd calls them

    if sys.platform == "emscripten":  # a browser's stack is too small for freeing a deep graph as Python does
        __del__ = one_by_one

    @staticmethod
    def __operation__(op: Operation, operands: Sequence[Any]) -> "Value":
        """How the table's operations, called with Values among their operands, come to be recorded."""
        what = f"an operand of '{op.name}'"
        return _recorder(op)(*[x if isinstance(x, Value) else _constant(to_float(x, what)) for x in operands])

    def __pos__(self) -> "Value":
        return self

    conjugate = __pos__  # NumPy asks for it

    def __bool__(self) -> bool:
        return self._data != 0.0

    def __float__(self) -> float:
        raise TypeError("float(v) would lose the gradient: use v.data, or autograd.exp(v) and the like")

    def __reduce__(self) -> Any:
        if self.parents:
            raise TypeError(f"{self!r} was computed from others and cannot be copied or pickled; take v.detach()")
        return Value, (self.data, (), self.op, None, self.label), self.grad

    def __setstate__(self, grad: float) -> None:
        self._grad = grad

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        return f"Value(data={self._data!r}, grad={self._grad!r}{label})"

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else repr(self)


def topological_order(root: Value) -> list[Value]:
    """Every node of the graph of `root`, parents before children, `root` last. There is no recursion.

    root: a Value. TypeError for anything else.

    Returns a list, in the order in which a recursive depth-first search finishes the nodes.

    >>> a = Value(1.0, label="a")
    >>> [node.label or node.op for node in topological_order((a + a) * a)]
    ['a', '+', '*']
    """
    if not isinstance(root, Value):
        raise TypeError(f"a graph ends in a Value, got {root!r}")
    return nodes_before([root])


def nodes_before(roots: Sequence[Value], beyond: Container[Value] = (), since: int = 0) -> list[Value]:
    """The same for several roots; nodes in `beyond` or made before `since`, and what lies before them, are left out.

    since: what new_call() answered; 0 for no limit.
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


def new_node(
    data: float, parents: tuple[Value, ...], op: str, local_gradient: LocalGradient | None, new: Any = Value.__new__
) -> Value:
    """A Value made by the engine itself: what Value(...) makes, without checks."""
    node: Value = new(Value)
    node._data = data
    node._grad = 0.0
    node.label = ""
    node._born = _calls[0]
    if paused and is_paused():
        node.parents, node.op, node.local_gradient = (), "", None
    else:
        node.parents = parents
        node.op = op
        node.local_gradient = local_gradient
    return node


def new_call() -> int:
    """Begin a call: its number, from which on nodes are newer than the call; 0 if that cannot be told."""
    _calls[0] += 1
    return _calls[0]


def _constant(number: Any) -> Value:
    return new_node(float(number), (), "constant", None)
