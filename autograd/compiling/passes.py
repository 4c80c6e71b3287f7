"""What makes a recorded function smaller before it runs: constant folding, common subexpressions, dead code, sums.

Each pass takes the operations in order, operands first, and answers new ones; all take time linear in their number.
"""

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from autograd import derivatives as table
from autograd.compiling.program import affine
from autograd.compiling.tracing import CannotCompile, Recorded
from autograd.derivatives import Operation
from autograd.value import Value


@dataclass
class Operations:
    """Numbered operations, operands first: ops[i] of operands[i]; ops[i] is None for an input, which come first, for a
    captured Value, and for a constant.

    outputs, comparisons: what must be computed.
    """

    n_inputs: int
    captured: dict[int, Value]
    constants: dict[int, float]
    ops: list[Operation | None]
    operands: list[tuple[int, ...]]
    outputs: list[int]
    comparisons: list[tuple[str, int, int, bool]]

    def count(self) -> int:
        """How many operations there are."""
        return len(self.ops) - self.ops.count(None)

    def only(self, kept: list[int]) -> "Operations":
        """These operations alone, numbered anew."""
        new = [-1] * len(self.ops)
        for place, i in enumerate(kept):
            new[i] = place
        return Operations(
            self.n_inputs,
            {new[i]: x for i, x in self.captured.items() if new[i] >= 0},
            {new[i]: x for i, x in self.constants.items() if new[i] >= 0},
            [self.ops[i] for i in kept],
            [tuple([new[x] for x in self.operands[i]]) for i in kept],
            [new[i] for i in self.outputs],
            [(symbol, new[x], new[y], outcome) for symbol, x, y, outcome in self.comparisons],
        )

    def looked_at(self) -> list[int]:
        """The outputs and the sides of the comparisons."""
        return [*self.outputs, *(x for comparison in self.comparisons for x in comparison[1:3])]


def folded(recorded: Recorded) -> Operations:
    """Without operations on constants alone, and with one operation where the same was done several times.

    Powers by 2, 1 and 0.5, and sums with 0, become what they are. (A product with 1 does not: its neighbours may be
    products with other numbers, and are done together.)
    """
    n_inputs = len(recorded.inputs)
    ops: list[Operation | None] = [None] * n_inputs
    operands: list[tuple[int, ...]] = [()] * n_inputs
    captured: dict[int, Value] = {}
    constants: dict[int, float] = {}
    known: dict[Operation | None, dict[object, int]] = defaultdict(dict)  # by operation, and what it is done on
    before, numbers = recorded.before, recorded.numbers
    place = {node: i for i, node in enumerate(recorded.nodes) if node in before}
    new = [-1] * len(recorded.ops)  # the new number of each operation
    for k, leaf in enumerate(recorded.inputs):
        if leaf in place:
            new[place[leaf]] = k

    def added(op: Operation | None, own: tuple[int, ...]) -> int:
        ops.append(op)
        operands.append(own)
        return len(ops) - 1

    def constant(x: float) -> int:
        key = (x, math.copysign(1.0, x)) if x == x else "nan"
        found = known[None].setdefault(key, len(ops))
        if found == len(ops):
            constants[added(None, ())] = x
        return found

    def number(i: int) -> int:
        if new[i] < 0:  # not made by the function, which uses it for the first time
            new[i] = added(None, ())
            captured[new[i]] = recorded.nodes[i]  # type: ignore[assignment]
        return new[i]

    for i, (node, op, parents) in enumerate(zip(recorded.nodes, recorded.ops, recorded.operands)):
        if node in before:
            continue
        if not parents:
            new[i] = constant(numbers[i])
            continue
        if op is None:
            raise CannotCompile(
                f"{recorded.name} cannot be compiled: the Value made by '{node.op if node else ''}' has a local "
                "gradient of its own, and how its number was computed is not known. Make the operation with "
                "custom_derivative"
            )
        own = tuple([new[x] for x in parents])
        if -1 in own:
            own = tuple(map(number, parents))
        if own[0] in constants:
            if constants.keys() >= set(own):
                new[i] = constant(numbers[i])
                continue
            if op is table.add:
                own = own[::-1]
        if op in SIMPLER and own[-1] in constants:
            op, own = SIMPLER[op](constants[own[-1]], op, own)
            if op is None:
                new[i] = own[0]
                continue
        new[i] = found = known[op].setdefault(own, len(ops))
        if found == len(ops):
            added(op, own)
    comparisons = [
        (symbol, number(x), constant(y) if isinstance(y, float) else number(y), outcome)
        for symbol, x, y, outcome in recorded.comparisons
    ]
    comparisons = list(dict.fromkeys(c for c in comparisons if not (c[1] in constants and c[2] in constants)))
    outputs = [number(x) for x in recorded.outputs]
    return Operations(n_inputs, captured, constants, ops, operands, outputs, comparisons)


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
    for i in found.looked_at():
        wanted[i] = 1
    for i in range(len(found.ops) - 1, -1, -1):
        if wanted[i]:
            for x in found.operands[i]:
                wanted[x] = 1
    wanted[: found.n_inputs] = b"\1" * found.n_inputs
    return found.only([i for i, each in enumerate(wanted) if each]) if 0 in wanted else found


def summed(found: Operations) -> Operations:
    """With one operation for a chain of sums, a dot for a sum of products, and an affine function where one number more
    is added to it. What does not depend on an input stays by itself: it is computed once for all rows."""
    ops, operands = list(found.ops), list(found.operands)
    uses = [0] * len(ops)
    for own in operands:
        for x in own:
            uses[x] += 1
    for i in found.looked_at():
        uses[i] += 2  # it must stay
    varies = bytearray(b"\1" * found.n_inputs + bytes(len(ops) - found.n_inputs))
    does_vary = varies.__getitem__
    for i in range(found.n_inputs, len(ops)):
        varies[i] = 1 in map(does_vary, operands[i])
    inside = bytearray(len(ops))  # whether it has become part of another
    later: dict[int, tuple[int, ...]] = {}
    sums = {table.add, table.total}
    for i in range(len(ops) - 1, -1, -1):
        if ops[i] not in sums or inside[i]:
            continue
        terms, stack = [], list(operands[i][::-1])
        while stack:
            x = stack.pop()
            if uses[x] == 1 and ops[x] in sums and varies[x] == varies[i]:
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
            later[i] = whole
            ops[i], operands[i] = table.total, (*others, i)
        else:
            ops[i], operands[i] = (affine, (*whole, others[0])) if others else (table.dot, whole)
    if 1 not in inside:
        return found
    whole_sums = Operations(
        found.n_inputs, found.captured, found.constants, ops, operands, found.outputs, found.comparisons
    )
    n = len(ops)
    order: list[int] = []
    for i in range(n):
        if i in later:  # its dot, which must come before it
            operands[i] = (*operands[i][:-1], len(ops))
            order.append(len(ops))
            ops.append(table.dot)
            operands.append(later[i])
        if not inside[i]:
            order.append(i)
    return whole_sums.only(order)


PASSES: dict[str, Callable[[Operations], Operations]] = {"dead code": alive, "sums of products": summed}
