"""Decides where the numbers of a program live, and which operations are done together: from operations to instructions.

Operations of one kind that do not depend on each other are in one level of the graph. Their results get consecutive
slots in their order. The parameters get consecutive slots in the order of their use. So the operands of neighbours are
found by counting: the neurons of a layer become one instruction, a matrix times a vector. Operations without this
regularity go on a tape, and have no instruction of their own.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from enum import Enum
from itertools import chain, pairwise
from operator import sub
from typing import cast

from autograd import derivatives as table
from autograd.compiling.listing import ListedProgram
from autograd.compiling.machine import can_be_on_a_tape
from autograd.compiling.passes import Operations
from autograd.compiling.program import (
    VECTORS,
    Guard,
    Instruction,
    Program,
    Run,
    Tape,
    accumulate,
    affine,
    copy,
    fold,
    held,
)
from autograd.compiling.schedule import levels_of, scheduled
from autograd.derivatives import Operation

MOST_OPERANDS = 4  # of an operation on a tape
FIT = [op for op in table.TABLE.values() if 1 <= len(op.operands) <= MOST_OPERANDS]
ON_TAPES = {copy, held, *filter(can_be_on_a_tape, FIT)}
MANY = 16  # operations that one instruction should do on average: on a tape, fewer take less time
FEW = 4  # numbers that one instruction should multiply for each that is copied
TAKEN_APART = {fold, table.total, table.dot, affine, accumulate}
LANES = 1 << 40  # added to the slots that hold a number per lane, until the number of the others is known
COMMUTING = {table.dot, affine, accumulate}
COMMUTING_ON_TAPES = {table.add, table.multiply, accumulate}  # the first two operands

# An instruction before that number is known: its operation, outer, inner and length, and Runs as tuples
Draft = tuple[Operation, int, int, int, tuple[int, int, int, int], list[tuple[int, int, int, int]]]
# A tape before that: kinds, codes, the first slot, and the slots of the operands
DraftOfTape = tuple[tuple[tuple[Operation, int], ...], bytes, int, list[int]]
# The operands of operations that are done together: for each the first slots, one for each operation, and the strides
Column = tuple[Sequence[int], Sequence[int]]


def laid_out(found: Operations, wants: Sequence[bool]) -> Program:
    """The program of operations. wants: for each input whether derivatives with respect to it are wanted."""
    return _Layout(found, wants).program()


class Way(Enum):
    """How operations that are alike are done."""

    AT_ONCE, STEP_BY_STEP, ON_A_TAPE = range(3)  # step by step: the first addition of all sums, the second of all, …


class _Layout:
    def __init__(self, found: Operations, wants: Sequence[bool]) -> None:
        self.found = found
        self.ops = cast(list[Operation], found.ops)  # None for leaves, which are in no level
        n = len(found.ops)
        self.slot: list[int | None] = [None] * n
        self.n_uniform = self.n_lanes = 0
        self.constants: list[tuple[int, float]] = []
        self.packed: dict[tuple[int, ...], tuple[int, int]] = {}
        self.drafts: dict[bool, list[Draft | DraftOfTape]] = {False: [], True: []}
        self.rank: list[int | None] = [None] * n  # of which slots are to be expected
        self.rank[: found.n_inputs] = range(found.n_inputs)
        self.n_ranked = found.n_inputs
        self.alone: list[int] = []  # operations that wait to be put on a tape
        self.uses: Counter[int] = Counter()
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
        self.uses.update(chain.from_iterable(found.operands))
        self.uses.update(2 * found.looked_at())
        for kind in self.levels():
            for level in kind:
                if len(level) == 1 and self.ops[level[0]] in ON_TAPES:
                    self.alone += level
                    continue
                for members in self.together(level):
                    way = self.way_for(members)
                    if way is Way.ON_A_TAPE:
                        self.alone += members
                        continue
                    self.place_alone()
                    if way is Way.STEP_BY_STEP:
                        members = self.placed_steps(members)
                    self.place(members)
            self.place_alone()
        for i in [*found.captured, *found.looked_at()]:
            self.place_leaf(i)
        n_uniform, shift = self.n_uniform, LANES - self.n_uniform
        instructions: list[Instruction | Tape] = []
        for draft in self.drafts[False] + self.drafts[True]:
            if len(draft) == 4:
                kinds, codes, first, slots = draft
                on_tape = array("i", [x if x < LANES else x - shift for x in slots])
                instructions.append(Tape(kinds, codes, first if first < LANES else first - shift, on_tape))
                continue
            op, outer, inner, length, (out, j, i, k), operands = draft
            runs = tuple([Run(x if x < LANES else x - shift, j, i, k) for x, j, i, k in operands])
            out = out if out < LANES else out - shift
            instructions.append(Instruction(op, outer, inner, length, Run(out, j, i, k), runs))
        slots = [-1 if s is None else s if s < LANES else s - shift for s in self.slot]
        return ListedProgram(
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

    def levels(self) -> tuple[list[list[int]], list[list[int]]]:
        """The operations that do not depend on each other, level by level; first those whose results are uniform."""
        found = self.found
        levels = levels_of(self.ops, found.operands, self.of_lanes, self.active, held)
        for i, op in enumerate(self.ops):
            if op in COMMUTING:
                found.operands[i] = self.weights_first(found.operands[i])
        return levels

    def together(self, level: list[int]) -> Iterable[list[int]]:
        """Those of a level that are the same operation, on numbers that live in the same places."""
        if len(level) == 1:
            return [level]
        alike: dict[tuple[Operation, bytes], list[int]] = defaultdict(list)
        for i in level:
            alike[self.ops[i], bytes([self.of_lanes[x] for x in self.found.operands[i]])].append(i)
        return alike.values()

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

    def new_slots(self, members: list[int]) -> int:
        """The first of the slots for the results of operations that stand side by side."""
        active = bytes([self.active[i] for i in members])
        if self.of_lanes[members[0]]:
            self.active_lanes += active
            self.n_lanes += len(members)
            return LANES + self.n_lanes - len(members)
        self.active_uniform += active
        self.n_uniform += len(members)
        return self.n_uniform - len(members)

    def place_leaf(self, i: int) -> None:
        """A slot for a captured number or a constant, when it is first used."""
        if self.slot[i] is None:
            self.slot[i] = slot = self.new_slot(i)
            if i in self.found.constants:
                self.constants.append((slot, self.found.constants[i]))

    def way_for(self, members: list[int]) -> Way:
        """How to do operations that are alike: with as few instructions as possible, each for many of them."""
        own, op, n = self.found.operands, self.ops[members[0]], len(members)
        begin = self.n_ranked
        self.n_ranked += n
        way = self.way_for_single(members) if op in ON_TAPES else Way.AT_ONCE
        if op in TAKEN_APART:
            way = self.way_for_vectors(members, len(own[members[0]]) // VECTORS[op.name])
        for k, i in enumerate(members, begin):
            self.rank[i] = k
        return way

    def way_for_single(self, members: list[int]) -> Way:
        """For operations on single numbers."""
        n = len(members)
        if n < MANY // 2:
            return Way.ON_A_TAPE
        return Way.AT_ONCE if self.fewest_blocks(members) <= max(1, n // MANY) else Way.ON_A_TAPE

    def way_for_vectors(self, members: list[int], length: int) -> Way:
        """For sums of so many numbers or products. What is scattered would have to be copied together, in instructions
        of its own; but the first of all sums may lie in a row, and the second, and so on."""
        own, constants, n = self.found.operands, self.found.constants, len(members)
        n_vectors, copied = len(own[members[0]]) // length, 0
        if self.ops[members[0]] is table.total and not 1 < length < MANY:
            return Way.AT_ONCE
        if length < 3 and n * length < MANY:
            return Way.ON_A_TAPE
        for start in range(0, n_vectors * length, length):
            for vector in dict.fromkeys([own[i][start : start + length] for i in members]):
                if constants.keys() >= set(vector):  # which are put side by side
                    continue
                steps = {y - x for x, y in pairwise(self.ranks(vector))}
                if len(steps) > 1 or min(steps, default=0) < 0:
                    copied += length
        if FEW * copied <= n * length:
            return Way.AT_ONCE
        in_rows = n >= MANY and length < n and MANY * self.fewest_blocks(members) <= n
        return Way.STEP_BY_STEP if in_rows else Way.ON_A_TAPE

    def fewest_blocks(self, members: list[int]) -> int:
        """How many instructions serve for operations on single numbers. They are put in the order that needs fewest.

        The order is as they were found, or as one of their operands stands: the way back from the result, by which
        they were found, may come to the numbers of a row in any order.
        """
        own, constants, ranked = self.found.operands, self.found.constants, self.n_ranked
        still = [0] * len(members)  # constants are put side by side where they are first used
        columns: list[Column] = [
            (still if constants.keys() >= set(column) else self.ranks(column), still)
            for column in zip(*[own[i] for i in members])
        ]
        fewest = len(blocks_of(columns))
        if fewest == 1 or len(members) < MANY or self.n_ranked != ranked:
            return fewest
        best: Sequence[int] = ()
        for places, _ in columns:
            order = sorted(range(len(members)), key=places.__getitem__)
            blocks = len(blocks_of([([each[k] for k in order], still) for each, _ in columns]))
            if blocks < fewest:
                fewest, best = blocks, order
        if best:
            members[:] = [members[k] for k in best]
        return fewest

    def ranks(self, column: Iterable[int]) -> list[int]:
        """Slots that are to be expected; those of leaves follow each other as they are first used."""
        rank = self.rank
        for x in column:
            if rank[x] is None:
                rank[x] = self.n_ranked
                self.n_ranked += 1
        return [rank[x] for x in column]  # type: ignore[misc]

    def place_alone(self) -> None:
        """Put the operations that wait for it on a tape."""
        if not self.alone:
            return
        waiting, self.alone[:] = self.alone[:], []
        ops, operands, of_lanes, active, slot = self.ops, self.found.operands, self.of_lanes, self.active, self.slot
        members = self.with_products_in_sums(self.taken_apart(waiting))
        for i in members:  # those that want derivatives first, so that more of them are of one kind
            if ops[i] in COMMUTING_ON_TAPES and active[operands[i][1]] > active[operands[i][0]]:
                x, y, *more = operands[i]
                operands[i] = (y, x, *more)
        code_of: dict[tuple[Operation, int], int] = {}
        kinds = [code_of.setdefault((ops[i], len(operands[i])), len(code_of)) for i in members]
        known: dict[tuple[int, bytes], int] = {}
        alike = [
            known.setdefault((kind, bytes([active[x] for x in operands[i]])), len(known))
            for kind, i in zip(kinds, members)
        ]
        order = scheduled(alike, members, operands)
        for x in chain.from_iterable([operands[i] for i in members]):
            if slot[x] is None and ops[x] is None:
                self.place_leaf(x)
        in_order = [members[k] for k in order]
        first, kind = self.new_slots(in_order), bool(of_lanes[members[0]])
        for new, i in enumerate(in_order, first):
            slot[i] = new
        codes = bytes([kinds[k] for k in order])
        slots = [slot[x] for i in in_order for x in operands[i]]
        self.drafts[kind].append((tuple(code_of), codes, first, slots))  # type: ignore[arg-type]

    def taken_apart(self, members: list[int]) -> list[int]:
        """With sums and products of two in the place of longer ones."""
        ops, operands = self.ops, self.found.operands
        if all(ops[i] in ON_TAPES for i in members):
            return members
        found: list[int] = []
        for i in members:
            if ops[i] not in ON_TAPES:
                steps = self.steps(ops[i], operands[i])
                before = -1
                for op, own in steps[:-1]:
                    before = self.new_operation(op, tuple([before if x < 0 else x for x in own]), self.of_lanes[i])
                    found.append(before)
                op, own = steps[-1]
                ops[i], operands[i] = op, tuple([before if x < 0 else x for x in own])
            found.append(i)
        return found

    def steps(self, op: Operation, own: tuple[int, ...]) -> list[tuple[Operation, tuple[int, ...]]]:
        """A chain of sums or of products, step by step; -1 among the operands is the result of the step before."""
        if op is fold or op is table.total:
            return [(table.add, own[:2]), *[(table.add, (-1, x)) for x in own[2:]]]
        length = len(own) // 2
        pairs = list(zip(own, own[length : 2 * length]))
        if op is accumulate and repr(self.found.constants.get(own[-1])) != "-0.0":
            return [(accumulate, (*pair, own[-1] if k == 0 else -1)) for k, pair in enumerate(pairs)]
        found = [(table.multiply, pairs[0]), *[(accumulate, (*pair, -1)) for pair in pairs[1:]]]
        return [*found, (table.add, (-1, own[-1]))] if op is affine else found

    def new_operation(self, op: Operation, own: tuple[int, ...], of_lanes: int) -> int:
        """One more operation, which goes on a tape."""
        self.ops.append(op)
        self.found.operands.append(own)
        self.slot.append(None)
        self.of_lanes.append(of_lanes)
        self.active.append(max([self.active[x] for x in own]))
        return len(self.ops) - 1

    def with_products_in_sums(self, members: list[int]) -> list[int]:
        """With one operation, x * y + z, in the place of a product and a sum that alone uses it."""
        ops, operands, uses = self.ops, self.found.operands, self.uses
        products = {i for i in members if ops[i] is table.multiply and uses[i] == 1}
        gone = set()
        for i in members if products else ():
            if ops[i] is table.add:
                x, y = operands[i]
                if x in products and (y not in products or y < x):
                    x, y = y, x
                if y in products and y not in gone:
                    ops[i], operands[i] = accumulate, (*operands[y], x)
                    gone.add(y)
        return [i for i in members if i not in gone] if gone else members

    def placed_steps(self, members: list[int]) -> list[int]:
        """The last steps of chains, of which all others have been placed, each with those of the other chains."""
        ops, operands = self.ops, self.found.operands
        chains = [self.steps(ops[i], operands[i]) for i in members]
        before = members
        for k in range(len(chains[0])):
            step = [(chain[k][0], tuple([b if x < 0 else x for x in chain[k][1]])) for chain, b in zip(chains, before)]
            if k == len(chains[0]) - 1:
                for i, (op, own) in zip(members, step):
                    ops[i], operands[i] = op, own
                break
            before = [self.new_operation(op, own, self.of_lanes[i]) for i, (op, own) in zip(members, step)]
            self.place(before)
        return members

    def place(self, members: list[int]) -> None:
        """Instructions for operations that can be done together."""
        op = self.ops[members[0]]
        operands = [self.found.operands[i] for i in members]
        n_vectors, n = VECTORS.get(op.name, 0), len(operands[0])
        length = n // n_vectors if n_vectors else 1
        columns = [
            self.vectors([own[start : start + length] for own in operands])
            for start in range(0, n_vectors * length, length)
        ]
        columns += [self.scalars([own[k] for own in operands]) for k in range(n_vectors * length, n)]
        first = self.new_slots(members)
        for slot, i in enumerate(members, first):
            self.slot[i] = slot
        self.emit(op, length, first, columns, bool(self.of_lanes[members[0]]))

    def scalars(self, column: list[int]) -> Column:
        """The slots of single operands, one for each operation."""
        slot, constants = self.slot, self.found.constants
        if len(set(column)) > 1 and constants.keys() >= set(column):  # side by side, so that they are found by counting
            return [self.constant_slot(x) for x in column], [0] * len(column)
        for x in column:
            self.place_leaf(x)
        return [slot[x] for x in column], [0] * len(column)  # type: ignore[misc]

    def constant_slot(self, x: int) -> int:
        slot = self.new_slot(x)
        self.constants.append((slot, self.found.constants[x]))
        return slot

    def vectors(self, column: list[tuple[int, ...]]) -> Column:
        """The base and the stride of vectors, one for each operation; what is scattered is copied together before."""
        if len(column[0]) == 1:
            return self.scalars([x for (x,) in column])
        slot, constants = self.slot, self.found.constants
        for vector in dict.fromkeys(column):
            if vector in self.packed:
                continue
            if all(x in constants for x in vector) and len(set(vector)) > 1:
                slots = [self.constant_slot(x) for x in vector]
            else:
                for x in vector:
                    self.place_leaf(x)
                slots = [slot[x] for x in vector]  # type: ignore[misc]
            stride = slots[1] - slots[0] if len(slots) > 1 else 0
            regular = stride >= 0 and all(y - x == stride for x, y in pairwise(slots))
            if not regular or (slots[0] < LANES) != (slots[-1] < LANES):
                slots, stride = self.copies(vector, slots), 1
            self.packed[vector] = slots[0], stride
        bases, strides = zip(*[self.packed[vector] for vector in column])
        return bases, strides

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
                self.emit(copy, 1, new[begin], [(slots[begin:end], [0] * (end - begin))], bool(of_lanes))
                begin = end
        return new

    def emit(self, op: Operation, length: int, out: int, columns: list[Column], of_lanes: bool) -> None:
        """Instructions for operations whose results stand side by side: as few as counting allows."""
        for begin, outer, inner, operands in blocks_of(columns):
            results = out + begin, inner if outer > 1 else 0, 1, 0
            self.drafts[of_lanes].append((op, outer, inner, length, results, operands))


Block = tuple[int, int, int, list[tuple[int, int, int, int]]]


def blocks_of(columns: list[Column]) -> list[Block]:
    """Neighbours whose operands are found by counting in two loops: where each block of them begins, how often the
    outer and the inner loop run, and of each operand the first slot, the steps of both loops, and the stride."""
    still = [0] * len(columns)
    runs = runs_of(columns)
    found: list[Block] = []
    k = 0
    while k < len(runs):
        begin, inner, bases, steps, strides = runs[k]
        outer, leaps = 1, still
        while k + outer < len(runs) and runs[k + outer][1] == inner and runs[k + outer][3:] == (steps, strides):
            following = list(map(sub, runs[k + outer][2], runs[k + outer - 1][2]))
            if min(following) < 0 or (outer > 1 and following != leaps):
                break
            leaps = following
            outer += 1
        found.append((begin, outer, inner, list(zip(bases, leaps, steps, strides))))
        k += outer
    return found


def runs_of(columns: list[Column]) -> list[tuple[int, int, tuple[int, ...], tuple[int, ...], tuple[int, ...]]]:
    """Neighbours whose operands are found by counting: where each run of them begins and how many they are, and of each
    operand the first slot, the step to that of the next operation, and the stride."""
    bases, strides = (list(zip(*each)) for each in zip(*columns))
    n, still = len(bases), (0,) * len(columns)
    if n == 1:
        return [(0, 1, bases[0], still, strides[0])]
    steps = list(zip(*[map(sub, column[1:], column) for column, _ in columns]))
    found = []
    begin = 0
    while begin < n:
        end, step, stride = begin + 1, still, strides[begin]
        if end < n and strides[end] == stride and min(steps[begin]) >= 0:
            step = steps[begin]
            while end < n and steps[end - 1] == step and strides[end] == stride:
                end += 1
        found.append((begin, end - begin, bases[begin], step, stride))
        begin = end
    return found
