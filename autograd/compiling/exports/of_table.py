"""An operation of the table as a function of arrays: its entry, followed on whole arrays of a library.

So an operation that is new in the table is at once one of JAX and of PyTorch. The library is told the partial
derivatives of the entry, at kinks and poles too; they are made of operations again, so every order follows.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import add, and_, eq, ge, gt, le, lt, mul, neg, or_, sub, truediv
from typing import Any

from autograd.derivatives import TABLE, Operation
from autograd.native.translation import Choice, Symbol, Translator, Tree

SIGNS: dict[str, Callable[..., Any]] = {
    **dict(zip(("+", "-", "*", "/", "neg"), (add, sub, mul, truediv, neg))),
    **dict(zip(("<", "<=", ">", ">=", "==", "&&", "||"), (lt, le, gt, ge, eq, and_, or_))),
}
# functions of C that are written here
OWN: dict[str, Callable[..., Any]] = {"pow": pow, "ldexp": lambda x, n: x * 2.0**n}
IN_NUMPY = {"fabs": "abs"}  # and what NumPy calls otherwise


class Follower(Translator):
    """Keeps the operations that a partial derivative calls as what they are, and follows all else."""

    def applied(self, op: Operation, operands: Sequence[Any]) -> Symbol:
        """The result of an operation, under the operation's name."""
        return self.symbol(op.name, *operands)

    def value_tree(self, op: Operation) -> Tree:
        """The value of an operation: of the variables that its operands are."""
        variables = [self.variable(x) for x in op.operands]
        return super().applied(op, variables)


def of_table(a: Any, op: Operation, known: Callable[[Operation], Callable[..., Any]]) -> Callable[..., Any]:
    """The operation on arrays of the library `a`, which is one of arrays.py.

    known: gives an operation on arrays, for those that a partial derivative is made of.
    TypeError where the entry uses a function of math that the library does not have, where it calls itself, for on
    arrays both ways of a choice are followed, and where it takes any number of operands.
    """
    if not op.operands:
        raise TypeError(f"'{op.name}' takes any number of operands: give it an entry in IN_ARRAYS of arrays.py")
    within: list[str] = []  # the functions that are being followed
    follower = Follower()
    value = follower.value_tree(op)
    slopes = [follower.partial_tree(op, k) for k in range(len(op.operands))]

    def operation(name: str) -> Callable[..., Any]:
        its = TABLE["**" if name == "pow" else name]
        return lambda *xs: known(its)(a, *(xs if its.operands else [a.np.stack(a.broadcast(*xs), -1)]))

    def function(name: str) -> Callable[..., Any]:
        """A function of math, of the library: what a value is made of has no derivatives of its own."""
        its = getattr(a, name, None) or getattr(a.np, IN_NUMPY.get(name, name), None)
        if its is None:
            raise TypeError(f"'{op.name}' cannot be written for {a.name}, which has no function {name!r}")
        return its

    def follow(tree: Any, names: Mapping[str, Any], called: Callable[[str], Callable[..., Any]]) -> Any:
        found: dict[Any, Any] = {}  # what is used twice is computed once

        def at(x: Any) -> Any:
            if not isinstance(x, (Symbol, Choice)):
                return x
            if x not in found:
                found[x] = chosen(x) if isinstance(x, Choice) else result(x)
            return found[x]

        def chosen(x: Choice) -> Any:
            """One of two ways. From what was not chosen no derivative comes, not even one that is nan."""
            condition = at(x.condition)
            still = {name: a.constant(y) for name, y in names.items()}
            yes = follow(x.yes, {name: a.np.where(condition, y, still[name]) for name, y in names.items()}, called)
            no = follow(x.no, {name: a.np.where(condition, still[name], y) for name, y in names.items()}, called)
            return a.np.where(condition, yes, no)

        def either(x: Any) -> Any:
            return at(x) if isinstance(x, (Symbol, Choice)) else a.numbers(x, next(iter(names.values())))

        def result(x: Symbol) -> Any:
            if x.operands is None:
                return names[x.name]
            operands = [at(operand) for operand in x.operands]
            if x.name in SIGNS:
                return reduce(SIGNS[x.name], operands) if x.name in ("&&", "||") else SIGNS[x.name](*operands)
            if x.name in follower.trees:
                if x.name in within:
                    raise TypeError(f"'{op.name}' calls itself: give it an entry in IN_ARRAYS of arrays.py")
                parameters, tree = follower.trees[x.name]
                within.append(x.name)
                try:
                    return follow(tree, dict(zip(parameters, map(either, x.operands))), function)
                finally:
                    within.pop()
            if called is function and x.name in OWN:
                return OWN[x.name](*operands)
            return (called if x.name in TABLE or x.name == "pow" else function)(x.name)(*map(either, x.operands))

        return at(tree)

    def on_arrays(*xs: Any) -> Any:
        return follow(value, dict(zip(op.operands, xs)), function)

    def partials(out: Any, *xs: Any) -> list[Any]:
        names = dict(zip(("out", *op.operands), (out, *xs)))
        return [follow(slope, names, operation) for slope in slopes]

    differentiable = a.with_partials(on_arrays, partials)
    return lambda a, *xs: differentiable(*a.broadcast(*xs))
