"""A compiled program's forward pass and gradient as LLVM IR, and as machine code by llvmlite: what codegen.py measures.

There are two forms. Unrolled: every number is a value of LLVM, with no loops, and no memory between parameters and
gradients. In loops: numbers are in memory, and each instruction is a loop over its instances, as in text.py. Many rows
are computed in blocks of lanes: the same code, with vectors instead of numbers. The derivatives of single operations
come from the table of derivatives, as in C.
"""

from collections.abc import Callable, Sequence
from functools import cache
from struct import pack
from typing import Any

from autograd import derivatives as table
from autograd.compiling.exports.text import progressions, reaches
from autograd.compiling.program import Instruction, Program, Run, affine, copy, held
from autograd.native.translation import Choice, Symbol, Translator, Tree

REASSOCIATED = "reassoc contract nsz"  # sums in any order, a product and a sum rounded once: as the machine does
ARITHMETIC = {"+": "fadd", "-": "fsub", "*": "fmul", "/": "fdiv"}
COMPARISONS = {"<": "olt", "<=": "ole", ">": "ogt", ">=": "oge", "==": "oeq"}
INTRINSICS = {"exp", "log", "sqrt", "pow", "fabs"}
SUMS = {table.dot, affine, table.total, table.mean}
NAMES = ("parameters", "inputs", "seeds", "outputs", "of_parameters", "of_inputs")
ARGUMENTS = ", ".join(f"ptr %{name}" for name in NAMES)
PARAMETERS = ", ".join(f"ptr noalias %{name}" for name in NAMES)
LINES_A_PIECE = 500
Place = int | str  # an index: known now, or a value of LLVM


class Generator:
    """Writes `repeated(times, parameters, inputs, seeds, outputs, of_parameters, of_inputs)`, which computes as often
    as its first argument says; all others are pointers to doubles.

    lanes, blocks: how many rows are computed at once, and how many times. With one lane, one example. With more, the
        inputs are columns of lanes * blocks rows; outputs and gradients are summed, with one seed for each row.
    """

    def __init__(self, program: Program, unrolled: bool, flags: str = "", lanes: int = 1, blocks: int = 1) -> None:
        self.program, self.unrolled, self.flags, self.lanes, self.blocks = program, unrolled, flags, lanes, blocks
        self.type = "double" if lanes == 1 else f"<{lanes} x double>"
        self.translator, self.trees = Translator(), cache(self.tree)
        self.declared: set[str] = set()
        self.pieces: list[str] = []  # functions, called one after the other
        self.begin()
        self.n = 0
        self.slots = [""] * program.n_slots  # the values of LLVM in them; none for what is in memory
        self.gradients: dict[int, str] = {}
        if lanes > 1 and any(x.out.base < program.n_uniform for x in program.each()):
            raise ValueError("what is computed of parameters alone is not written for rows")

    def module(self) -> str:
        """The text that LLVM reads."""
        self.body()
        self.end_of_piece()
        self.begin()
        self.loop("%times", lambda _: [self.add(f"call void @piece{k}({ARGUMENTS})") for k in range(len(self.pieces))])
        again = self.written_since()
        room = f"internal global [{self.program.n_slots} x {self.type}] zeroinitializer, align 64"
        return "\n".join(
            [
                f"@numbers = {room}",
                f"@gradients = {room}",
                *sorted(self.declared),
                *(
                    f"define void @piece{k}({PARAMETERS}) noinline {{\n{text}\nret void\n}}"
                    for k, text in enumerate(self.pieces)
                ),
                f"define void @repeated(i64 %times, {PARAMETERS}) {{\n{again}\nret void\n}}",
            ]
        )

    def begin(self) -> None:
        """Begin a function."""
        self.text, self.cells = [], []

    def written_since(self) -> str:
        return "\n".join([*self.cells, *self.text])

    def end_of_piece(self) -> None:
        """End the function, and begin the next one; LLVM takes much more than twice the time for one twice as long."""
        self.pieces.append(self.written_since())
        self.begin()

    def maybe_end_of_piece(self) -> None:
        if not self.unrolled and self.blocks == 1 and len(self.text) > LINES_A_PIECE:
            self.end_of_piece()

    # Values of LLVM

    def add(self, line: str) -> None:
        self.text.append(line)

    def let(self, expression: str) -> str:
        self.n += 1
        self.text.append(f"%v{self.n} = {expression}")
        return f"%v{self.n}"

    def label(self, name: str) -> str:
        self.n += 1
        return f"{name}{self.n}"

    def constant(self, x: float) -> str:
        bits = f"0x{pack('>d', x).hex().upper()}"
        return bits if self.lanes == 1 else "<" + ", ".join([f"double {bits}"] * self.lanes) + ">"

    def computed(self, how: str, x: str, y: str) -> str:
        return self.let(f"{how} {self.flags} {self.type} {x}, {y}")

    def called(self, name: str, *operands: str) -> str:
        """A function of libm; LLVM calls it for each lane."""
        suffix = "f64" if self.lanes == 1 else f"v{self.lanes}f64"
        known = f"llvm.{name}.{suffix}" if name in INTRINSICS else name
        self.declared.add(f"declare {self.type} @{known}({', '.join([self.type] * len(operands))})")
        return self.let(
            f"call {self.flags} {self.type} @{known}({', '.join(f'{self.type} {each}' for each in operands)})"
        )

    def chosen(self, condition: str, yes: str, no: str) -> str:
        of = "i1" if self.lanes == 1 else f"<{self.lanes} x i1>"
        return self.let(f"select {of} {condition}, {self.type} {yes}, {self.type} {no}")

    # Places and loops

    def place(self, base: int, *terms: tuple[Place, int]) -> Place:
        """base + index * step + …"""
        found = base + sum(i * step for i, step in terms if isinstance(i, int))
        moving = [(i, step) for i, step in terms if isinstance(i, str) and step]
        if not moving:
            return found
        last = str(found)
        for i, step in moving:
            last = self.let(f"add nsw i64 {last}, {self.let(f'mul nsw i64 {i}, {step}')}")
        return last

    def at(self, array: str, place: Place, of: str = "double") -> str:
        return self.let(f"getelementptr {of}, ptr {array}, i64 {place}")

    def load(self, address: str, of: str) -> str:
        return self.let(f"load {of}, ptr {address}, align 8")

    def store(self, x: str, address: str, of: str) -> None:
        self.add(f"store {of} {x}, ptr {address}, align 8")

    def cell(self, of: str) -> str:
        """A variable; LLVM keeps it in a register."""
        self.n += 1
        self.cells.append(f"%c{self.n} = alloca {of}")
        return f"%c{self.n}"

    def loop(self, n: Place, body: Callable[[str], object]) -> None:
        """The body for each index from 0 to n - 1."""
        counter, head, inner, end = self.cell("i64"), self.label("head"), self.label("body"), self.label("end")
        self.store("0", counter, "i64")
        self.add(f"br label %{head}\n{head}:")
        i = self.load(counter, "i64")
        self.add(f"br i1 {self.let(f'icmp slt i64 {i}, {n}')}, label %{inner}, label %{end}\n{inner}:")
        body(i)
        self.store(self.let(f"add nsw i64 {i}, 1"), counter, "i64")
        self.add(f"br label %{head}\n{end}:")

    def each(self, n: int, body: Callable[[Place], object]) -> None:
        """The body for each index, written out where code is unrolled."""
        if self.unrolled or n == 1:
            for i in range(n):
                body(i)
        else:
            self.loop(n, body)

    def all(self, slots: Sequence[int], body: Callable[[Place, Place], object]) -> None:
        """The body for each slot and its number in the list, in loops over those that are found by counting."""
        for n, (k, slot), (one, step) in progressions(list(enumerate(slots))):
            self.each(
                n,
                lambda i, k=k, slot=slot, one=one, step=step: body(
                    self.place(k, (i, one)), self.place(slot, (i, step))
                ),
            )

    def over(self, n: int, first: str, step: Callable[[str, Place], str]) -> str:
        """step(… step(step(first, 0), 1) …, n - 1)"""
        if self.unrolled:
            for k in range(n):
                first = step(first, k)
            return first
        cell = self.cell(self.type)
        self.store(first, cell, self.type)
        self.each(n, lambda k: self.store(step(self.load(cell, self.type), k), cell, self.type))
        return self.load(cell, self.type)

    # Slots

    def is_uniform(self, run: Run) -> bool:
        return self.lanes > 1 and run.base < self.program.n_uniform

    def spread(self, x: str) -> str:
        """One number to all lanes."""
        if self.lanes == 1:
            return x
        one = self.let(f"insertelement {self.type} poison, double {x}, i64 0")
        return self.let(f"shufflevector {self.type} {one}, {self.type} poison, <{self.lanes} x i32> zeroinitializer")

    def number(self, run: Run, slot: Place) -> str:
        """The number in a slot of an operand."""
        if isinstance(slot, int) and self.slots[slot]:
            return self.slots[slot]
        if self.is_uniform(run):
            return self.spread(self.load(self.at("@numbers", slot), "double"))
        return self.load(self.at("@numbers", slot, self.type), self.type)

    def put(self, slot: Place, x: str) -> None:
        if self.unrolled:
            self.slots[slot] = x
        else:
            self.store(x, self.at("@numbers", slot, self.type), self.type)

    def put_uniform(self, slot: int, x: str) -> None:
        """A parameter; in memory it takes one number, whatever the lanes."""
        if self.unrolled:
            self.slots[slot] = self.spread(x)
        else:
            self.store(x, self.at("@numbers", slot), "double")

    def gradient(self, slot: Place) -> str | None:
        """The gradient that has arrived; None if none has."""
        if self.unrolled:
            return self.gradients.get(slot)
        return self.load(self.at("@gradients", slot, self.type), self.type)

    def contribute(self, slot: Place, x: str) -> None:
        if self.unrolled:
            before = self.gradients.get(slot)
            if self.program.active[slot]:
                self.gradients[slot] = x if before is None else self.computed("fadd", before, x)
            return
        address = self.at("@gradients", slot, self.type)
        self.store(self.computed("fadd", self.load(address, self.type), x), address, self.type)

    # The program

    def body(self) -> None:
        """One block, or many whose outputs and gradients are summed."""
        program = self.program
        if self.blocks == 1:
            self.block("0")
            return
        for k in range(len(program.outputs)):
            self.store("0.0", self.at("%outputs", k), "double")
        self.clear(0, program.n_uniform)
        self.loop(self.blocks, self.block)
        self.declared.add(f"declare double @llvm.vector.reduce.fadd.v{self.lanes}f64(double, {self.type})")

        def add_up(k: Place, slot: Place) -> None:
            sums = self.load(self.at("@gradients", slot, self.type), self.type)
            self.store(self.across(sums), self.at("%of_parameters", k), "double")

        self.all(program.captured, add_up)

    def across(self, x: str) -> str:
        """The sum over lanes, in any order."""
        return self.let(f"call reassoc double @llvm.vector.reduce.fadd.v{self.lanes}f64(double -0.0, {self.type} {x})")

    def clear(self, first: int, end: int) -> None:
        size = 8 * self.lanes
        self.declared.add("declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)")
        start = self.let(f"getelementptr i8, ptr @gradients, i64 {first * size}")
        self.add(f"call void @llvm.memset.p0.i64(ptr align 8 {start}, i8 0, i64 {(end - first) * size}, i1 false)")

    def block(self, b: str) -> None:
        """Forward and backward, for one example or for block b of rows."""
        program, in_blocks = self.program, self.blocks > 1
        self.gradients = {}
        constants = dict(program.constants)
        for slot in range(program.n_slots):
            self.slots[slot] = self.constant(constants[slot]) if slot in constants else ""
        begin: Place = 0 if self.blocks == 1 else self.let(f"mul i64 {b}, {self.lanes}")
        self.all(
            program.captured, lambda k, slot: self.put_uniform(slot, self.load(self.at("%parameters", k), "double"))
        )
        if not self.unrolled:  # where a loop finds them
            for slot, x in program.constants:
                self.store(f"0x{pack('>d', x).hex()}", self.at("@numbers", slot), "double")

        def read(k: Place, slot: Place) -> None:
            place = self.place(0, (begin, 1), (k, self.lanes * self.blocks))
            self.put(slot, self.load(self.at("%inputs", place), self.type))

        self.all(program.inputs, read)
        for x in program.each():
            self.each(x.outer, lambda j, x=x: self.each(x.inner, lambda i: self.forward(x, j, i)))
            self.maybe_end_of_piece()
        if not self.unrolled:
            self.clear(program.n_uniform if in_blocks else 0, program.n_slots)
        seed = self.load(self.at("%seeds", begin), self.type)
        for k, slot in enumerate(program.outputs):
            self.contribute(slot, seed)
            out = self.number(Run(slot), slot)
            if in_blocks:
                address = self.at("%outputs", k)
                out = self.across(self.computed("fmul", out, seed))
                out = self.let(f"fadd double {self.load(address, 'double')}, {out}")
            self.store(out, self.at("%outputs", k), "double")
        for x in reversed(list(program.each())):
            wanted = [x.op is not held and reaches(program.active, run, x, n) for run, n in zip(x.operands, x.lengths)]
            if any(wanted):
                self.each(x.outer, lambda j, x=x, w=wanted: self.each(x.inner, lambda i: self.backward(x, w, j, i)))
                self.maybe_end_of_piece()
        self.hand_out("%of_parameters", program.captured, in_blocks)
        if not in_blocks:
            self.hand_out("%of_inputs", program.inputs, in_blocks)

    def hand_out(self, array: str, slots: list[int], in_blocks: bool) -> None:
        """The gradients; those of blocks of rows are added to what is in memory, where loops have them anyway."""

        def one(k: Place, slot: Place) -> None:
            found = self.gradient(slot) or self.constant(0.0)
            if in_blocks:
                address = self.at("@gradients", slot, self.type)
                self.store(self.computed("fadd", self.load(address, self.type), found), address, self.type)
            else:
                self.store(found, self.at(array, k), "double")

        if self.unrolled or not in_blocks:
            self.all(slots, one)

    def operands(self, x: Instruction, j: Place, i: Place) -> list[str]:
        """The numbers of an operation of a fixed number of operands."""
        return [self.number(run, self.place(run.base, (j, run.outer), (i, run.inner))) for run in x.operands]

    def element(self, x: Instruction, run: int, j: Place, i: Place, k: Place) -> tuple[Run, Place]:
        own = x.operands[run]
        return own, self.place(own.base, (j, own.outer), (i, own.inner), (k, own.stride))

    def forward(self, x: Instruction, j: Place, i: Place) -> None:
        """One instance of an instruction."""

        def number(run: int, k: Place) -> str:
            return self.number(*self.element(x, run, j, i, k))

        def term(k: Place) -> str:
            return self.computed("fmul", number(0, k), number(1, k)) if x.op in (table.dot, affine) else number(0, k)

        zero, n = self.constant(0.0), x.length
        if x.op in SUMS:
            if self.unrolled:
                found = self.over(n - 1, term(0), lambda sum, k: self.computed("fadd", sum, term(k + 1)))
            else:
                found = self.over(n, zero, lambda sum, k: self.computed("fadd", sum, term(k)))
            if x.op is affine:
                found = self.computed("fadd", found, number(2, 0))
            elif x.op is table.mean:
                found = self.computed("fdiv", found, self.constant(n))
        elif x.op in (table.maximum, table.logsumexp):
            found = self.over(n, number(0, 0), lambda most, k: self.larger(number(0, k), most))
            if x.op is table.logsumexp:
                most = found
                exps = self.over(
                    n,
                    zero,
                    lambda sum, k: self.computed(
                        "fadd", sum, self.called("exp", self.computed("fsub", number(0, k), most))
                    ),
                )
                found = self.computed("fadd", most, self.called("log", exps))
        elif x.op in (copy, held):
            found = number(0, 0)
        else:
            names = dict(zip(x.op.operands, self.operands(x, j, i)))
            found = self.written(self.trees(x.op, None), names)
        self.put(self.place(x.out.base, (j, x.out.outer), (i, x.out.inner)), found)

    def larger(self, x: str, y: str) -> str:
        return self.chosen(self.let(f"fcmp ogt {self.type} {x}, {y}"), x, y)

    def backward(self, x: Instruction, wanted: list[bool], j: Place, i: Place) -> None:
        """What one instance of an instruction adds to the gradients of its operands."""
        out = self.place(x.out.base, (j, x.out.outer), (i, x.out.inner))
        d = self.gradient(out)
        if d is None:
            return

        def to_each(run: int, gradient: Callable[[Place], str]) -> None:
            if wanted[run]:
                self.each(x.length, lambda k: self.contribute(self.element(x, run, j, i, k)[1], gradient(k)))

        def number(run: int, k: Place) -> str:
            return self.number(*self.element(x, run, j, i, k))

        if x.op in (table.dot, affine):
            to_each(0, lambda k: self.computed("fmul", d, number(1, k)))
            to_each(1, lambda k: self.computed("fmul", d, number(0, k)))
            if x.op is affine and wanted[2]:
                self.contribute(self.element(x, 2, j, i, 0)[1], d)
        elif x.op in (table.total, table.mean):
            share = d if x.op is table.total else self.computed("fdiv", d, self.constant(x.length))
            to_each(0, lambda k: share)
        elif x.op in (table.maximum, table.logsumexp):
            value, zero, one = self.number(x.out, out), self.constant(0.0), self.constant(1.0)
            if x.op is table.logsumexp:
                to_each(
                    0,
                    lambda k: self.computed("fmul", d, self.called("exp", self.computed("fsub", number(0, k), value))),
                )
                return

            def if_chosen(k: Place, y: str) -> str:
                return self.chosen(self.let(f"fcmp oeq {self.type} {number(0, k)}, {value}"), y, zero)

            n = self.over(x.length, zero, lambda sum, k: self.computed("fadd", sum, if_chosen(k, one)))
            share = self.computed("fdiv", d, n)
            to_each(0, lambda k: if_chosen(k, share))
        else:
            names = {"out": self.number(x.out, out)}
            names |= {} if x.op is copy else dict(zip(x.op.operands, self.operands(x, j, i)))
            for k, wants in enumerate(wanted):
                if wants:
                    partial = 1.0 if x.op is copy else self.trees(x.op, k)
                    factor = self.written(partial, names)
                    self.contribute(self.element(x, k, j, i, 0)[1], self.computed("fmul", d, factor))

    # The table of derivatives

    def tree(self, op: table.Operation, k: int | None) -> Tree:
        """The value of an operation, or its derivative with respect to operand k, as the translator has them."""
        if k is None:
            return self.translator.applied(op, [self.translator.variable(x) for x in op.operands])
        return self.translator.partial_tree(op, k)

    def written(self, x: Any, names: dict[str, str]) -> str:
        """An expression in instructions of LLVM. Both ways of a choice are computed, as for vectors they must be."""
        if isinstance(x, Choice):
            yes, no = self.written(x.yes, names), self.written(x.no, names)
            return self.chosen(self.written(x.condition, names), yes, no)
        if not isinstance(x, Symbol):
            return self.constant(x)
        if x.operands is None:
            return names[x.name]
        operands = [self.written(each, names) for each in x.operands]
        if x.name in COMPARISONS:
            return self.let(f"fcmp {COMPARISONS[x.name]} {self.type} {operands[0]}, {operands[1]}")
        if x.name in ("&&", "||"):
            of = "i1" if self.lanes == 1 else f"<{self.lanes} x i1>"
            found = operands[0]
            for each in operands[1:]:
                found = self.let(f"{'and' if x.name == '&&' else 'or'} {of} {found}, {each}")
            return found
        if x.name in ARITHMETIC:
            found = operands[0]
            for each in operands[1:]:
                found = self.computed(ARITHMETIC[x.name], found, each)
            return found
        if x.name == "neg":
            return self.let(f"fneg {self.flags} {self.type} {operands[0]}")
        if x.name in self.translator.trees:
            parameters, tree = self.translator.trees[x.name]
            return self.written(tree, dict(zip(parameters, operands)))
        return self.called(x.name, *operands)


class MachineCode:
    """A module compiled for this processor, as well as LLVM can. repeated: the address of its function."""

    def __init__(self, text: str) -> None:
        import llvmlite.binding as llvm

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        features = llvm.get_host_cpu_features().flatten()
        target = llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=features, opt=3
        )
        module = llvm.parse_assembly(text)
        options = llvm.create_pipeline_tuning_options(speed_level=3)
        builder = llvm.create_pass_builder(target, options)
        builder.getModulePassManager().run(module, builder)
        self.engine = llvm.create_mcjit_compiler(module, target)
        self.engine.finalize_object()
        self.repeated = self.engine.get_function_address("repeated")
