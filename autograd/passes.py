"""What makes a recorded function smaller before it runs: constant folding, common subexpressions, dead code, sums.

Each pass takes the operations in order, operands first, and answers new ones; all take time linear in their number.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from autograd import derivatives as table
from autograd.derivatives import Operation
from autograd.program import affine
from autograd.recorder import Recorded


@dataclass
class Operations:
    """Numbered operations: ops[i] of operands[i]; ops[i] is None for an input, a captured number, or a constant.

    The inputs come first, then the captured numbers. constants: their numbers. roots: what must be computed.
    """

    n_inputs: int
    n_captured: int
    ops: list[Operation | None]
    operands: list[tuple[int, ...]]
    constants: dict[int, float]
    outputs: list[int]
    comparisons: list[tuple[str, int, int, bool]]

    def count(self) -> int:
        """How many operations there are."""
        return sum(op is not None for op in self.ops)


def folded(recorded: Recorded) -> Operations:
    """Without operations on constants alone, and with one operation where the same was done several times.

    Powers by 2, 1 and 0.5, and sums with 0, become what they are. (A product with 1 does not: its neighbours may be
    products with other numbers, and are done together.)
    """
    n_leaves = recorded.n_inputs + len(recorded.captured)
    ops: list[Operation | None] = [None] * n_leaves
    operands: list[tuple[int, ...]] = [()] * n_leaves
    constants: dict[int, float] = {}
    known: dict[object, int] = {}
    new = list(range(n_leaves))  # the new number of each operation

    def constant(x: float) -> int:
        key = (x, math.copysign(1.0, x)) if x == x else "nan"
        if key not in known:
            known[key] = len(ops)
            constants[len(ops)] = x
            ops.append(None)
            operands.append(())
        return known[key]

    for i in range(n_leaves, len(recorded.ops)):
        op = recorded.ops[i]
        if op is None:
            new.append(constant(recorded.numbers[i]))
            continue
        own = tuple([new[x] for x in recorded.operands[i]])
        if constants and all(x in constants for x in own):
            new.append(constant(recorded.numbers[i]))
            continue
        if op is table.add and own[0] in constants:
            own = own[::-1]
        if op in SIMPLER and own[-1] in constants:
            op, own = SIMPLER[op](constants[own[-1]], op, own)
        if op is None:
            new.append(own[0])
            continue
        key = (op, own)
        if key not in known:
            known[key] = len(ops)
            ops.append(op)
            operands.append(own)
        new.append(known[key])
    comparisons = [(symbol, new[x], new[y], outcome) for symbol, x, y, outcome in recorded.comparisons]
    comparisons = list(dict.fromkeys(c for c in comparisons if not (c[1] in constants and c[2] in constants)))
    outputs = [new[x] for x in recorded.outputs]
    return Operations(recorded.n_inputs, len(recorded.captured), ops, operands, constants, outputs, comparisons)


Simplified = tuple[Operation | None, tuple[int, ...]]


def _power(y: float, op: Operation, own: tuple[int, ...]) -> Simplified:
    x = own[0]
    if y == 2:
        return table.multiply, (x, x)
    return (None, (x,)) if y == 1 else (table.sqrt, (x,)) if y == 0.5 else (op, own)


def _sum(y: float, op: Operation, own: tuple[int, ...]) -> Simplified:
    return (None, own[:1]) if y == 0 else (op, own)


# What becomes of an operation whose last operand is the constant y: None for its first operand itself
SIMPLER: dict[Operation, Callable[[float, Operation, tuple[int, ...]], Simplified]] = {
    table.power: _power,
    table.add: _sum,
}


def alive(found: Operations) -> Operations:
    """Without operations on which no output and no comparison depends."""
    wanted = bytearray(len(found.ops))
    for i in [*found.outputs, *(x for c in found.comparisons for x in c[1:3])]:
        wanted[i] = 1
    for i in range(len(found.ops) - 1, -1, -1):
        if wanted[i]:
            for x in found.operands[i]:
                wanted[x] = 1
    n_leaves = found.n_inputs + found.n_captured
    kept = [i for i in range(len(found.ops)) if wanted[i] or i < n_leaves]
    new = dict(zip(kept, range(len(kept))))
    return Operations(
        found.n_inputs,
        found.n_captured,
        [found.ops[i] for i in kept],
        [tuple([new[x] for x in found.operands[i]]) for i in kept],
        {new[i]: x for i, x in found.constants.items() if i in new},
        [new[i] for i in found.outputs],
        [(symbol, new[x], new[y], outcome) for symbol, x, y, outcome in found.comparisons],
    )


def summed(found: Operations) -> Operations:
    """With one operation for a chain of sums, a dot for a sum of products, and an affine function where one number more
    is added to it."""
    ops, operands = list(found.ops), list(found.operands)
    uses = [0] * len(ops)
    for own in operands:
        for x in own:
            uses[x] += 1
    for i in [*found.outputs, *(x for c in found.comparisons for x in c[1:3])]:
        uses[i] += 2  # it must stay
    inside = bytearray(len(ops))  # whether it has become part of another
    later: list[tuple[int, tuple[int, ...]]] = []
    for i in range(len(ops) - 1, -1, -1):
        if (ops[i] is not table.add and ops[i] is not table.total) or inside[i]:
            continue
        terms, stack = [], list(operands[i][::-1])
        while stack:
            x = stack.pop()
            if uses[x] == 1 and (ops[x] is table.add or ops[x] is table.total):
                inside[x] = 1
                stack.extend(operands[x][::-1])
            else:
                terms.append(x)
        products = [x for x in terms if ops[x] is table.multiply and uses[x] == 1]
        dots = [x for x in terms if ops[x] is table.dot and uses[x] == 1]
        if len(products) > 1:
            for x in products:
                inside[x] = 1
            pairs = [operands[x] for x in products]
            whole = tuple([x for x, _ in pairs] + [y for _, y in pairs])
        elif len(dots) == 1:
            inside[dots[0]] = 1
            products, whole = dots, operands[dots[0]]
        else:
            if len(terms) > 2 and len(terms) != len(operands[i]):
                ops[i], operands[i] = table.total, tuple(terms)
            continue
        taken = set(products)
        others = [x for x in terms if x not in taken]
        if len(others) > 1:
            later.append((i, whole))
            ops[i], operands[i] = table.total, (*others, i)
        else:
            ops[i], operands[i] = (affine, (*whole, others[0])) if others else (table.dot, whole)
    return with_dots(
        Operations(found.n_inputs, found.n_captured, ops, operands, found.constants, found.outputs, found.comparisons),
        inside,
        dict(later),
    )


def with_dots(found: Operations, dropped: bytearray, dots: dict[int, tuple[int, ...]]) -> Operations:
    """Without those dropped, and with a dot before each sum that has itself as its last operand, in the place of it."""
    ops: list[Operation | None] = []
    operands: list[tuple[int, ...]] = []
    new = [0] * len(found.ops)
    for i, own in enumerate(found.operands):
        if dropped[i]:
            continue
        if i in dots:
            new[i] = len(ops)
            ops.append(table.dot)
            operands.append(tuple([new[x] for x in dots[i]]))
        ops.append(found.ops[i])
        operands.append(tuple([new[x] for x in own]))
        new[i] = len(ops) - 1
    return Operations(
        found.n_inputs,
        found.n_captured,
        ops,
        operands,
        {new[i]: x for i, x in found.constants.items()},
        [new[i] for i in found.outputs],
        [(symbol, new[x], new[y], outcome) for symbol, x, y, outcome in found.comparisons],
    )


PASSES = {"folding constants and common subexpressions": folded, "dead code": alive, "sums of products": summed}
