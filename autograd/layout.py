"""Where the numbers of a program live, and which operations are done together: from operations to instructions.

Operations that do the same with numbers that do not depend on each other stand in one level of the graph. Their results
get consecutive slots, in their order, and so do the parameters, in the order of their use. Thus the operands of
neighbours are found by counting: the neurons of a layer become one instruction, a matrix times a vector, though nobody
said so.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from autograd import derivatives as table
from autograd.derivatives import Operation
from autograd.passes import Operations
from autograd.program import VECTORS, Guard, Instruction, Program, Run, affine, copy, held

LANES = 1 << 40  # added to the slots that hold a number per lane, until the number of the others is known
COMMUTING = {table.dot, affine}


def laid_out(found: Operations, wants: Sequence[bool]) -> Program:
    """The program of operations. wants: for each input whether derivatives with respect to it are wanted."""
    return _Layout(found, wants).program()


class _Layout:
    def __init__(self, found: Operations, wants: Sequence[bool]) -> None:
        self.found = found
        n = len(found.ops)
        self.slot: list[int | None] = [None] * n
        self.n_uniform = self.n_lanes = 0
        self.constants: list[tuple[int, float]] = []
        self.packed: dict[tuple[int, ...], tuple[int, int]] = {}
        self.instructions: dict[bool, list[Instruction]] = {False: [], True: []}
        self.active_uniform, self.active_lanes = bytearray(), bytearray()
        self.of_lanes, self.active = bytearray(n), bytearray(n)
        self.of_lanes[: found.n_inputs] = b"\1" * found.n_inputs
        self.active[: found.n_inputs] = bytes(wants)
        for i, x in found.captured.items():
            self.active[i] = x.op != "constant"
        for i in range(found.n_inputs):
            self.slot[i] = self.new_slot(i)

    def program(self) -> Program:
        found = self.found
        for (_, _, op, *_), members in sorted(self.levels().items(), key=lambda each: each[0][:2]):
            self.place(op, members)
        for i in [*found.captured, *found.looked_at()]:
            self.place_leaf(i)
        n_uniform = self.n_uniform

        def final(slot: int) -> int:
            return slot - LANES + n_uniform if slot >= LANES else slot

        def moved(run: Run) -> Run:
            return Run(final(run.base), run.outer, run.inner, run.stride)

        instructions = [
            Instruction(x.op, x.outer, x.inner, x.length, moved(x.out), tuple(map(moved, x.operands)))
            for x in self.instructions[False] + self.instructions[True]
        ]
        slots = [-1 if s is None else final(s) for s in self.slot]
        return Program(
            n_uniform,
            n_uniform + self.n_lanes,
            [slots[i] for i in found.captured],
            self.constants,
            slots[: found.n_inputs],
            instructions,
            [Guard(symbol, slots[x], slots[y], outcome) for symbol, x, y, outcome in found.comparisons],
            [slots[i] for i in found.outputs],
            self.active_uniform + self.active_lanes,
        )

    def levels(self) -> dict[tuple[bool, int, Operation, int, tuple[int, ...]], list[int]]:
        """The operations that can be done together: by level, operation, and where their operands live."""
        found, of_lanes, active = self.found, self.of_lanes, self.active
        level = [0] * len(found.ops)
        together: dict[tuple[bool, int, Operation, int, tuple[int, ...]], list[int]] = defaultdict(list)
        for i, (op, own) in enumerate(zip(found.ops, found.operands)):
            if op is None:
                continue
            if op in COMMUTING:
                own = found.operands[i] = self.weights_first(own)
            kinds = tuple([of_lanes[x] for x in own])
            of_lanes[i] = 1 in kinds
            active[i] = op is not held and any(active[x] for x in own)
            level[i] = 1 + max(level[x] for x in own)
            together[bool(of_lanes[i]), level[i], op, len(own), kinds].append(i)
        return together

    def weights_first(self, own: tuple[int, ...]) -> tuple[int, ...]:
        """The two vectors of a dot, that of uniform numbers first."""
        n = len(own) // 2
        xs, ys = own[:n], own[n : 2 * n]
        if any(self.of_lanes[x] > self.of_lanes[y] for x, y in zip(xs, ys)):
            pairs = [(y, x) if self.of_lanes[x] > self.of_lanes[y] else (x, y) for x, y in zip(xs, ys)]
            xs, ys = tuple([x for x, _ in pairs]), tuple([y for _, y in pairs])
        return xs + ys + own[2 * n :]

    def new_slot(self, i: int) -> int:
        """A slot for the result of operation i, or for the leaf i."""
        if self.of_lanes[i]:
            self.active_lanes.append(self.active[i])
            self.n_lanes += 1
            return LANES + self.n_lanes - 1
        self.active_uniform.append(self.active[i])
        self.n_uniform += 1
        return self.n_uniform - 1

    def place_leaf(self, i: int) -> None:
        """A slot for a captured number or a constant, when it is first used."""
        if self.slot[i] is None:
            self.slot[i] = slot = self.new_slot(i)
            if i in self.found.constants:
                self.constants.append((slot, self.found.constants[i]))

    def place(self, op: Operation, members: list[int]) -> None:
        """Instructions for operations that can be done together."""
        operands = [self.found.operands[i] for i in members]
        n_vectors, n = VECTORS.get(op.name, 0), len(operands[0])
        length = n if n_vectors == 1 else n // 2 if n_vectors == 2 else 1
        starts = [k * length for k in range(n_vectors)] + list(range(n_vectors * length, n))
        columns = []  # for each operand the (base, stride) in each of the operations
        for k, start in enumerate(starts):
            if k < n_vectors:
                columns.append(self.vectors([own[start : start + length] for own in operands]))
            else:
                columns.append([(slot, 0) for slot in self.scalars([own[start] for own in operands])])
        first = [self.new_slot(i) for i in members]
        for i, slot in zip(members, first):
            self.slot[i] = slot
        self.emit(op, length, first[0], columns, bool(self.of_lanes[members[0]]))

    def scalars(self, column: list[int]) -> list[int]:
        """The slots of single operands, one for each operation."""
        constants = self.found.constants
        if all(x in constants and self.slot[x] is None for x in column) and len(set(column)) > 1:
            return [self.constant_slot(x) for x in column]  # side by side, so that they are found by counting
        for x in column:
            if self.slot[x] is None:
                self.place_leaf(x)
        return [self.slot[x] for x in column]  # type: ignore[misc]

    def constant_slot(self, x: int) -> int:
        slot = self.new_slot(x)
        self.constants.append((slot, self.found.constants[x]))
        return slot

    def vectors(self, column: list[tuple[int, ...]]) -> list[tuple[int, int]]:
        """The base and the stride of vectors, one for each operation; what is scattered is copied together before."""
        slot, constants = self.slot, self.found.constants
        for vector in dict.fromkeys(column):
            if vector in self.packed:
                continue
            if all(x in constants for x in vector) and len(set(vector)) > 1:
                slots = [self.constant_slot(x) for x in vector]
            else:
                for x in vector:
                    if slot[x] is None:
                        self.place_leaf(x)
                slots = [slot[x] for x in vector]  # type: ignore[misc]
            stride = slots[1] - slots[0] if len(slots) > 1 else 0
            regular = stride >= 0 and all(y - x == stride for x, y in pairwise(slots))
            if not regular or (slots[0] < LANES) != (slots[-1] < LANES):
                slots, stride = self.copies(vector, slots), 1
            self.packed[vector] = slots[0], stride
        return [self.packed[vector] for vector in column]

    def copies(self, vector: tuple[int, ...], slots: list[int]) -> list[int]:
        """Scattered numbers, copied into consecutive slots."""
        representative = max(vector, key=lambda x: (self.of_lanes[x], self.active[x]))
        of_lanes, active = self.of_lanes[representative], any(self.active[x] for x in vector)
        new = []
        for x in vector:
            before = self.of_lanes[x], self.active[x]
            self.of_lanes[x], self.active[x] = of_lanes, active
            new.append(self.new_slot(x))
            self.of_lanes[x], self.active[x] = before
        begin = 0
        for end in range(1, len(vector) + 1):  # uniform numbers and those of lanes in instructions of their own
            if end == len(vector) or (slots[end] < LANES) != (slots[begin] < LANES):
                self.emit(copy, 1, new[begin], [[(s, 0) for s in slots[begin:end]]], bool(of_lanes))
                begin = end
        return new

    def emit(self, op: Operation, length: int, out: int, columns: list[list[tuple[int, int]]], of_lanes: bool) -> None:
        """Instructions for operations whose results stand side by side: as few as counting allows."""
        runs = []  # begin, how many, and of each operand the base, the step, and the stride
        begin, n = 0, len(columns[0])
        while begin < n:
            firsts = [column[begin] for column in columns]
            steps = [0] * len(columns)
            end = begin + 1
            if end < n and all(column[end][1] == stride for column, (_, stride) in zip(columns, firsts)):
                steps = [column[end][0] - base for column, (base, _) in zip(columns, firsts)]
                while (
                    end < n
                    and min(steps) >= 0
                    and all(
                        column[end] == (base + (end - begin) * step, stride)
                        for column, (base, stride), step in zip(columns, firsts, steps)
                    )
                ):
                    end += 1
            if end == begin + 1:
                steps = [0] * len(columns)
            runs.append(
                (
                    begin,
                    end - begin,
                    tuple(base for base, _ in firsts),
                    tuple((step, stride) for step, (_, stride) in zip(steps, firsts)),
                )
            )
            begin = end
        k = 0
        while k < len(runs):
            begin, inner, bases, shapes = runs[k]
            outer, leaps = 1, [0] * len(bases)
            while k + outer < len(runs) and runs[k + outer][1] == inner and runs[k + outer][3] == shapes:
                next_bases = runs[k + outer][2]
                if outer == 1:
                    leaps = [y - x for x, y in zip(bases, next_bases)]
                if min(leaps) < 0 or any(y != x + outer * leap for x, y, leap in zip(bases, next_bases, leaps)):
                    break
                outer += 1
            if outer == 1:
                leaps = [0] * len(bases)
            operands = [Run(base, leap, step, stride) for base, leap, (step, stride) in zip(bases, leaps, shapes)]
            self.instructions[of_lanes].append(
                Instruction(
                    op, outer, inner, length, Run(out + begin, inner if outer > 1 else 0, 1, 0), tuple(operands)
                )
            )
            k += outer
