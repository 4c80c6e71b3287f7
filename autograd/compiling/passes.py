"""Makes a recorded function smaller before it runs: constant folding, common subexpressions, dead code, sums.

Each pass takes the operations in order, operands first, and returns new ones. It takes time linear in their number.
"""

import math
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from autograd import derivatives as table
from autograd.compiling.program import accumulate, affine, fold
from autograd.compiling.tracing import CannotCompile, Recorded
from autograd.derivatives import Operation
from autograd.transforms.operators import passed_on
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
    """Computes operations on constants alone, and leaves one operation where the same was done several times.

    A power by 1, a product with 1 and a sum with -0.0 are the number itself. (A sum with 0.0 is not: -0.0 + 0.0 is 0.0.
    A square stays a power, which overflows with an error.)
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
            if constants.keys() >= set(own) and not (recorded.order and is_lost(numbers[i])):
                new[i] = constant(numbers[i])
                continue
            if op is table.add or op is table.multiply:
                own = own[::-1]
        if op is passed_on:
            new[i] = own[0]
            continue
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


def is_lost(x: float) -> bool:
    """Whether a number may have lost digits. Within derivatives it is computed at every call, which notices that."""
    return not sys.float_info.min <= abs(x) <= sys.float_info.max


Simplified = tuple[Operation | None, tuple[int, ...]]


def _power(y: float, op: Operation, own: tuple[int, ...]) -> Simplified:
    x = own[0]
    return (None, (x,)) if y == 1 else (op, own)


def _sum(y: float, op: Operation, own: tuple[int, ...]) -> Simplified:
    return (None, own[:1]) if y == 0 and math.copysign(1.0, y) < 0 else (op, own)


def _product(y: float, op: Operation, own: tuple[int, ...]) -> Simplified:
    return (None, own[:1]) if y == 1 else (op, own)


# What becomes of an operation whose last operand is the constant y: None for its first operand itself
SIMPLER: dict[Operation, Callable[[float, Operation, tuple[int, ...]], Simplified]] = {
    table.power: _power,
    table.add: _sum,
    table.multiply: _product,
}


def alive(found: Operations) -> Operations:
    """Leaves out operations on which no output and no comparison depends. Keeps those that may be undefined: where
    log(x) is undefined, 1 / x is not its derivative."""
    wanted = bytearray([op is not None and op.domain != "" for op in found.ops])
    for i in found.looked_at():
        wanted[i] = 1
    for i in range(len(found.ops) - 1, -1, -1):
        if wanted[i]:
            for x in found.operands[i]:
                wanted[x] = 1
    wanted[: found.n_inputs] = b"\1" * found.n_inputs
    return found.only([i for i, each in enumerate(wanted) if each]) if 0 in wanted else found


def summed(found: Operations) -> Operations:
    """Puts one operation in the place of a sum of products, of a dot plus a number, and of a chain of sums.

    A call of sum may be computed in any order. A chain of + keeps the order in which it was written: only whole steps
    from left to right become one operation. What does not depend on an input stays by itself, because it is computed
    once for all rows.
    """
    return _Sums(found).together()


class _Sums:
    def __init__(self, found: Operations) -> None:
        self.found = found
        self.ops, self.operands, self.constants = list(found.ops), list(found.operands), dict(found.constants)
        n = len(self.ops)
        self.uses = [0] * n
        for own in self.operands:
            for x in own:
                self.uses[x] += 1
        for i in found.looked_at():
            self.uses[i] += 2  # it must stay
        self.varies = bytearray(b"\1" * found.n_inputs + bytes(n - found.n_inputs))
        does_vary = self.varies.__getitem__
        for i in range(found.n_inputs, n):
            self.varies[i] = 1 in map(does_vary, self.operands[i])
        self.inside = bytearray(n)  # whether it has become part of another
        self.steps: dict[int, list[int]] = {}  # operations that are new, and come right before another
        self.zero: int | None = None  # the constant -0.0, to which anything can be added

    def together(self) -> Operations:
        n = len(self.ops)
        for i in range(n):
            if self.ops[i] is table.total:
                self.sum_products(i)
        for i in range(n - 1, -1, -1):
            if self.ops[i] is table.add and not self.inside[i]:
                self.follow(i)
        if 1 not in self.inside:
            return self.found
        order = list(range(self.found.n_inputs)) + ([] if self.zero is None else [self.zero])
        for i in range(self.found.n_inputs, n):
            if not self.inside[i]:
                order += [*self.steps.get(i, ()), i]
        found = self.found
        return Operations(
            found.n_inputs,
            found.captured,
            self.constants,
            self.ops,
            self.operands,
            found.outputs,
            found.comparisons,
        ).only(order)

    def is_part(self, x: int, op: Operation, whole: int) -> bool:
        """Whether x is such an operation, and used in this other one alone."""
        return self.ops[x] is op and self.uses[x] == 1 and self.varies[x] == self.varies[whole]

    def factors(self, products: list[int]) -> tuple[int, ...]:
        """The first factors of all products, then the second ones; the products are gone."""
        for x in products:
            self.inside[x] = 1
        pairs = [self.operands[x] for x in products]
        return tuple([x for x, _ in pairs] + [y for _, y in pairs])

    def write(self, i: int, steps: list[tuple[Operation, tuple[int, ...]]]) -> None:
        """Put these in the place of operation i; -1 among the operands is the result of the step before."""
        before = -1
        for op, own in steps[:-1]:
            self.ops.append(op)
            self.operands.append(tuple([before if x < 0 else x for x in own]))
            before = len(self.ops) - 1
            self.steps.setdefault(i, []).append(before)
        self.ops[i], own = steps[-1]
        self.operands[i] = tuple([before if x < 0 else x for x in own])

    def sum_products(self, i: int) -> None:
        """A sum that was called as one, in any order: its products become a dot."""
        terms = self.operands[i]
        products = [x for x in terms if self.is_part(x, table.multiply, i)]
        if len(products) < 2:
            return
        others = [x for x in terms if x not in set(products)]
        whole = self.factors(products)
        if len(others) > 1:
            self.write(i, [(table.dot, whole), (table.total, (*others, -1))])
        else:
            self.write(i, [(affine, (*whole, others[0])) if others else (table.dot, whole)])

    def follow(self, i: int) -> None:
        """A chain of +, from its end i: s + x and x + s are the same."""
        terms, x = [], i
        while True:
            first, second = self.operands[x]
            inner = [y for y in (first, second) if self.is_part(y, table.add, i)]
            if not inner:
                break
            terms.append(second if inner[0] == first else first)
            x = inner[0]
            self.inside[x] = 1
        terms += [second, first]
        self.write(i, self.chain(i, terms[::-1]))

    def chain(self, i: int, terms: list[int]) -> list[tuple[Operation, tuple[int, ...]]]:
        """The steps from left to right that add the terms."""
        is_product = [self.is_part(x, table.multiply, i) for x in terms]
        dots = [k for k, x in enumerate(terms) if self.is_part(x, table.dot, i)]
        dot = dots[0] if len(dots) == 1 else -1
        steps: list[tuple[Operation, tuple[int, ...]]] = []
        n, k, sum_so_far = len(terms), 1, terms[0]

        def end_of_products(k: int) -> int:
            while k < n and is_product[k]:
                k += 1
            return k

        if dot == 0:
            k, dot, sum_so_far = 2, -1, -1
            self.inside[terms[0]] = 1
            steps.append((affine, (*self.operands[terms[0]], terms[1])))
        elif (end := end_of_products(0)) > 1:
            factors = self.factors(terms[:end])
            k, sum_so_far = end, -1
            steps.append((table.dot, factors) if end == 2 else (accumulate, (*factors, self.negative_zero())))
        while k < n:
            end = end_of_products(k)
            if end > k + 1:
                steps.append((accumulate, (*self.factors(terms[k:end]), sum_so_far)))
            elif k == dot:
                end = k + 1
                self.inside[terms[k]] = 1
                steps.append((affine, (*self.operands[terms[k]], sum_so_far)))
            else:
                end = k + 1
                while end < n and end != dot and end_of_products(end) < end + 2:
                    end += 1
                steps.append((fold if end > k + 1 else table.add, (sum_so_far, *terms[k:end])))
            k, sum_so_far = end, -1
        return steps

    def negative_zero(self) -> int:
        if self.zero is None:
            self.zero = len(self.ops)
            self.ops.append(None)
            self.operands.append(())
            self.constants[self.zero] = -0.0
        return self.zero


PASSES: dict[str, Callable[[Operations], Operations]] = {"dead code": alive, "sums of products": summed}
