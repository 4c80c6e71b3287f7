# The machine: a program run for one example, or for many at once in lanes.

from cpython.buffer cimport PyBUF_FORMAT, PyBUF_C_CONTIGUOUS, PyBuffer_Release, PyObject_CheckBuffer, PyObject_GetBuffer
from libc.stdlib cimport free as c_free
from libc.stdlib cimport malloc as c_malloc
from libc.string cimport memcpy, memset

cdef extern from *:
    """
    #define items_of(values) (((PyTupleObject*)(values))->ob_item)
    """
    PyObject** items_of(tuple values) noexcept

cdef enum:
    ALIGNMENT = 64
    MOST_SPARE_BLOCKS = 256
    MOST_SPARE_BYTES = 1 << 25
    WORTH_RELEASING = 1 << 15  # work for which it pays to let go of Python's lock
    BLOCK_BYTES = 1 << 18  # about how large the numbers of a block of lanes are


cdef struct Block:
    # Memory of a machine: for numbers or gradients, and behind them for the operands of one instance
    Block* next
    Py_ssize_t room
    double* at


cdef struct Segment:
    Py_ssize_t first, n


GUARD, NOT_FINITE, COMPUTED = "guard", "not finite", "computed"  # why there is no result


class Misses:
    """Why there is no result for many examples, and nothing was changed.

    guards: the rows in which a comparison comes out otherwise than recorded.
    not_finite: the other rows in which a result is not finite, or not defined.
    Where both are empty a sum over the rows, or a gradient, is not finite.
    """

    def __init__(self, guards, not_finite):
        self.guards, self.not_finite = guards, not_finite

    def __repr__(self):
        return f"Misses(guards={self.guards}, not_finite={self.not_finite})"


cdef class Machine:
    """Runs a program, as TextbookMachine does, at the speed of C.

    program: a Program; ValueError if its numbers of slots do not fit together.
    structure: how the inputs are nested in the arguments, as an example of the arguments or a Structure; without it
        the arguments are one list of numbers.
    kernels: "avx512", "avx2" or "any" for kernels that are not the best for this processor.

    Captured numbers are given as a list or tuple of Values, which are read at every call; the same tuple every time is
    read fastest. Gradients are added to their grads as they are, also if they have parents.
    """

    cdef readonly object program, structure
    cdef Structure arguments
    cdef const Lanes* lanes
    cdef list actives
    cdef dict plans
    cdef Plan single_plan
    cdef Route* single
    cdef Py_ssize_t n_captured, n_inputs, n_outputs, longest, n_wanted, n_segments
    cdef Py_ssize_t* captured_slots
    cdef Py_ssize_t* input_slots
    cdef Py_ssize_t* output_slots
    cdef Py_ssize_t* wanted  # the captured that want derivatives
    cdef Segment* segments  # their slots
    cdef char* active
    cdef list memory
    cdef tuple seen  # the captured of the last call, all of them Values, leaves if they want derivatives
    cdef bint any_input_active
    cdef Block* spare_numbers
    cdef Block* spare_gradients
    cdef Py_ssize_t n_spare
    cdef Py_ssize_t spare_bytes

    def __cinit__(self, program, structure=None, kernels=""):
        cdef Py_ssize_t i, slot
        self.lanes = lanes_named(kernels.encode())
        if self.lanes == NULL:
            raise ValueError(f"this processor has no kernels {kernels!r}")
        self.actives = checked(program)
        self.program = program
        self.structure = structure
        self.arguments = structure if isinstance(structure, Structure) else Structure(
            [0.0] * len(program.inputs) if structure is None else structure)
        if self.arguments.n != len(program.inputs):
            raise ValueError(f"the structure has {self.arguments.n} numbers, the program {len(program.inputs)} inputs")
        self.memory = []
        self.n_captured, self.n_inputs, self.n_outputs = len(program.captured), len(program.inputs), len(program.outputs)
        self.captured_slots = self.slots_of(program.captured)
        self.input_slots = self.slots_of(program.inputs)
        self.output_slots = self.slots_of(program.outputs)
        flags = bytes(program.active)
        self.memory.append(flags)
        self.active = <char*>flags
        wanted = [i for i in range(self.n_captured) if self.active[self.captured_slots[i]]]
        self.n_wanted = len(wanted)
        self.wanted = self.slots_of(wanted)
        room = bytearray((self.n_wanted + 1) * sizeof(Segment))
        self.memory.append(room)
        self.segments = <Segment*><char*>room
        for i in wanted:
            slot = self.captured_slots[i]
            if self.n_segments and self.segments[self.n_segments - 1].first + self.segments[self.n_segments - 1].n == slot:
                self.segments[self.n_segments - 1].n += 1
            else:
                self.segments[self.n_segments].first, self.segments[self.n_segments].n = slot, 1
                self.n_segments += 1
        for i in range(self.n_inputs):
            self.any_input_active = self.any_input_active or self.active[self.input_slots[i]] != 0
        self.longest = max([instruction.length for instruction in program.instructions], default=1)
        self.single_plan = planned(program, self.actives, 1)
        self.single = &self.single_plan.route
        self.plans = {1: self.single_plan}

    def __dealloc__(self):
        free_blocks(self.spare_numbers)
        free_blocks(self.spare_gradients)

    @property
    def kernels(self):
        """The name of the kernels, which says for what processors they are."""
        return (<bytes>self.lanes.name).decode()

    cdef Py_ssize_t* slots_of(self, slots) except NULL:
        cdef Py_ssize_t i
        room = bytearray((len(slots) + 1) * sizeof(Py_ssize_t))
        self.memory.append(room)
        cdef Py_ssize_t* at = <Py_ssize_t*><char*>room
        for i in range(len(slots)):
            at[i] = slots[i]
        return at

    cdef Plan plan_for(self, Py_ssize_t width):
        plan = self.plans.get(width)
        if plan is None:
            if len(self.plans) > 16:
                self.plans = {1: self.single_plan}
            self.plans[width] = plan = planned(self.program, self.actives, width)
        return plan

    # Memory

    cdef Block* take_block(self, Py_ssize_t room, bint for_numbers) except NULL:
        cdef Block** link = &self.spare_numbers if for_numbers else &self.spare_gradients
        cdef Block* block
        while link[0] != NULL and link[0].room != room:
            link = &link[0].next
        block = link[0]
        if block != NULL:
            link[0] = block.next
            self.n_spare -= 1
            self.spare_bytes -= room * sizeof(double)
            return block
        block = <Block*>c_malloc(sizeof(Block) + ALIGNMENT + (room + 2 * self.longest + self.n_inputs) * sizeof(double))
        if block == NULL:
            raise MemoryError
        block.room = room
        block.at = <double*>((<size_t>(block + 1) + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT)
        if for_numbers:
            for slot, number in self.program.constants:
                block.at[<Py_ssize_t>slot] = number
        return block

    cdef void give_block(self, Block* block, bint for_numbers) noexcept:
        cdef Block** link = &self.spare_numbers if for_numbers else &self.spare_gradients
        if block == NULL:
            return
        if self.n_spare >= MOST_SPARE_BLOCKS or self.spare_bytes + block.room * sizeof(double) > MOST_SPARE_BYTES:
            c_free(block)
            return
        block.next = link[0]
        link[0] = block
        self.n_spare += 1
        self.spare_bytes += block.room * sizeof(double)

    # Captured numbers and arguments

    cdef tuple read_captured(self, captured, double* numbers):
        """All of them, as a tuple."""
        cdef Py_ssize_t i, n = self.n_captured
        cdef Py_ssize_t* slots = self.captured_slots
        cdef PyObject** items
        cdef tuple values
        if captured is not self.seen:
            values = tuple(captured)
            if len(values) != self.n_captured:
                raise ValueError(f"{self.n_captured} captured Values are needed, got {len(values)}")
            for value in values:
                if not isinstance(value, Value):
                    raise TypeError(f"captured numbers are Values, got {value!r}")
            for i in range(self.n_wanted):
                value = values[self.wanted[i]]
                if (<Value>value).kind == NEURON:
                    split_neuron(value)
            self.seen = values
        else:
            values = self.seen
        items = items_of(values)
        for i in range(n):
            numbers[slots[i]] = (<Value>items[i]).data_
        return values

    cdef int hand_out(self, tuple captured, double* gradients) except -1:
        cdef Py_ssize_t i, k, n = self.n_wanted
        cdef Py_ssize_t* wanted = self.wanted
        cdef Py_ssize_t* slots = self.captured_slots
        cdef PyObject** values = items_of(captured)
        for i in range(n):
            k = wanted[i]
            (<Value>values[k]).grad_ = (<Value>values[k]).grad_ + gradients[slots[k]]
        return 0

    cdef double zero_if_captured_finite(self, double* gradients) noexcept nogil:
        cdef Py_ssize_t i
        cdef double failure = 0
        for i in range(self.n_segments):
            failure += self.lanes.zero_if_finite(self.segments[i].n, gradients + self.segments[i].first)
        return failure

    cdef object read_arguments(self, arguments, Block* block):
        """None, or a list of the Values among the arguments, each after its place."""
        cdef Reader reader
        cdef Py_ssize_t i
        cdef double* inputs = block.at + block.room + 2 * self.longest
        cdef list values = None
        reader.to, reader.stride, reader.at, reader.values = inputs, 1, 0, NULL
        if self.any_input_active:
            values = []
            reader.values = <PyObject*>values
        try:
            read_structure(self.arguments, arguments, &reader)
        except (TypeError, ValueError) as error:
            sentence = mismatch(self.arguments, arguments, "the arguments")
            raise type(error)(sentence) if sentence is not None else error from None
        for i in range(self.n_inputs):
            block.at[place(self.single, self.input_slots[i])] = inputs[i]
        return values

    # One example

    cdef int run_once(self, Block* block, bint* finite, bint* holds) except -1:
        """The forward pass of one example."""
        cdef Machinery m
        cdef Route* route = self.single
        cdef double failure = 0
        cdef Py_ssize_t i
        m.lanes, m.numbers, m.gradients, m.used, m.work = self.lanes, block.at, NULL, 1, 0
        m.scratch = block.at + route.room
        if route.work > WORTH_RELEASING:
            with nogil:
                forward(route, &m, 0, route.n_steps, &failure)
        else:
            forward(route, &m, 0, route.n_steps, &failure)
        for i in range(self.n_outputs):
            failure += 0.0 * block.at[place(route, self.output_slots[i])]
        finite[0] = failure == 0
        holds[0] = holds_in(route, block.at, 0)
        return 0

    cdef bint run_back(self, Block* numbers, Block* block, seeds) except -1:
        """The backward pass of one example, into the block. Whether all gradients are finite."""
        cdef Machinery m
        cdef Route* route = self.single
        cdef double failure = 0
        cdef Py_ssize_t i, n
        m.lanes, m.numbers, m.gradients, m.used, m.work = self.lanes, numbers.at, block.at, 1, 0
        m.scratch = block.at + route.room
        memset(block.at, 0, route.room * sizeof(double))
        n = self.n_outputs
        if seeds is not None and len(seeds) != n:
            raise ValueError(f"one seed for each of {n} outputs is needed, got {len(seeds)}")
        for i in range(n):
            block.at[place(route, self.output_slots[i])] += 1.0 if seeds is None else <double>seeds[i]
        if route.work > WORTH_RELEASING // 2:
            with nogil:
                backward(route, &m, 0, route.n_steps)
        else:
            backward(route, &m, 0, route.n_steps)
        failure = self.zero_if_captured_finite(block.at)
        if self.any_input_active:
            for i in range(self.n_inputs):
                failure += 0.0 * self.gradient_of(block.at, self.input_slots[i])
        return failure == 0

    cdef inline double gradient_of(self, double* gradients, Py_ssize_t slot) noexcept:
        return gradients[place(self.single, slot)] if self.active[slot] else 0.0

    cdef list outputs_in(self, double* numbers):
        cdef Py_ssize_t i
        return [numbers[place(self.single, self.output_slots[i])] for i in range(self.n_outputs)]

    def run(self, captured, arguments):
        """The forward pass, as a Replay that keeps its numbers for backward()."""
        cdef Replay replay = Replay.__new__(Replay)
        replay.machine = self
        replay.numbers = self.take_block(self.single.room, True)
        self.read_captured(captured, replay.numbers.at)
        self.read_arguments(arguments, replay.numbers)
        self.run_once(replay.numbers, &replay.finite_, &replay.holds_)
        return replay

    def value_and_grad(self, captured, arguments, seeds=None):
        """The outputs, as floats. The gradients are added to those of the captured, and of the arguments if Values.

        seeds: the derivatives with respect to the outputs; 1 for each if left out.
        GUARD or NOT_FINITE instead, with nothing changed, if the function itself is to be asked; COMPUTED if a Value among
        the arguments was computed from others, to which its gradient must go on.
        """
        cdef Block* numbers = self.take_block(self.single.room, True)
        cdef Block* gradients = NULL
        cdef bint finite = False, holds = False
        cdef Py_ssize_t i
        try:
            values_captured = self.read_captured(captured, numbers.at)
            values = self.read_arguments(arguments, numbers)
            if values is not None:
                for i in range(1, len(<list>values), 2):
                    if (<Value?>(<list>values)[i]).kind > CONSTANT:
                        return COMPUTED
            self.run_once(numbers, &finite, &holds)
            if not holds or not finite:
                return NOT_FINITE if holds else GUARD
            gradients = self.take_block(self.single.room, False)
            if not self.run_back(numbers, gradients, seeds):
                return NOT_FINITE
            self.hand_out(values_captured, gradients.at)
            if values is not None:
                for i in range(0, len(<list>values), 2):
                    add_gradient((<list>values)[i + 1],
                                 self.gradient_of(gradients.at, self.input_slots[<Py_ssize_t>(<list>values)[i]]))
            return self.outputs_in(numbers.at)
        finally:
            self.give_block(numbers, True)
            self.give_block(gradients, False)

    # Many examples

    def run_rows(self, captured, arguments, reduction="mean"):
        """The forward pass over the rows of the arguments, as Rows that keep what backward() needs; or Misses.

        arguments: one for each of the structure, each a sequence over the rows, or an array with one more leading
            axis; a dict may hold such.
        reduction: "mean" or "sum" of each output over the rows, or "none" for the outputs of every row.
        TypeError or ValueError, saying where, for arguments of another structure.
        """
        cdef Rows rows = Rows(self, reduction)
        rows.read(captured, arguments, True)
        rows.sweep(True, False, None)
        return rows if rows.finite else rows.misses()

    def value_and_grad_rows(self, captured, arguments, reduction="mean", seeds=None):
        """The mean or sum of each output over the rows, as floats; the gradients are added to the Values.

        As value_and_grad, and Misses instead of a result.
        """
        cdef Rows rows = Rows(self, reduction)
        rows.read(captured, arguments, False)
        if not rows.hands_out_to_all():
            return Misses([], [])
        rows.sweep(True, True, seeds)
        if not rows.finite:
            return rows.misses()
        rows.hand_out()
        return rows.outputs()


cdef void free_blocks(Block* block) noexcept:
    cdef Block* following
    while block != NULL:
        following = block.next
        c_free(block)
        block = following


cdef int add_gradient(value, double gradient) except -1:
    if (<Value>value).kind == NEURON:
        split_neuron(<Value>value)
    if (<Value>value).kind != CONSTANT:
        (<Value>value).grad_ += gradient
    return 0


@cython.no_gc_clear
cdef class Replay:
    """One forward pass: its outputs, and the way back."""

    cdef Machine machine
    cdef Block* numbers
    cdef bint finite_, holds_

    def __dealloc__(self):
        if self.numbers != NULL:
            self.machine.give_block(self.numbers, True)

    @property
    def holds(self):
        """Whether all comparisons came out as they did when the program was recorded."""
        return self.holds_

    @property
    def finite(self):
        """Whether all results that must be finite are."""
        return self.finite_

    def outputs(self):
        """The outputs, as floats."""
        return self.machine.outputs_in(self.numbers.at)

    def backward(self, seeds=None):
        """The gradients of the captured and of the inputs, as lists of floats; None if one is not finite.

        seeds: the derivatives with respect to the outputs; 1 for each if left out.
        """
        cdef Machine machine = self.machine
        cdef Block* block = machine.take_block(machine.single.room, False)
        cdef Py_ssize_t i
        try:
            if not machine.run_back(self.numbers, block, seeds):
                return None
            return ([machine.gradient_of(block.at, machine.captured_slots[i]) for i in range(machine.n_captured)],
                    [machine.gradient_of(block.at, machine.input_slots[i]) for i in range(machine.n_inputs)])
        finally:
            machine.give_block(block, False)


cdef struct Column:
    # Some of the inputs in all rows: number k of row r is at[r * row + k * number]
    double* at
    Py_ssize_t first, n, row, number


cdef enum:
    FEW = 6

@cython.no_gc_clear
cdef class Rows:
    """One pass over many examples, in blocks of lanes."""

    cdef Machine machine
    cdef bint per_row, averaged  # by the reduction
    cdef Route* plan  # of all blocks
    cdef Route* last  # of the last one
    cdef Py_ssize_t n, n_blocks
    cdef Column* columns
    cdef Column few_columns[FEW]
    cdef double few_results[FEW]
    cdef double few_seeds[FEW]
    cdef Py_ssize_t n_columns
    cdef tuple captured
    cdef list values  # of the arguments: row, place and Value of each, one after the other
    cdef object kept  # what the pointers point to: pairs of an object and the pairs before it
    cdef Plan plan_, last_
    cdef Block* numbers
    cdef Block* gradients
    cdef double* results  # sums of the outputs over the rows, or the outputs of each row
    cdef double* input_gradients
    cdef list guards_missed, rows_not_finite
    cdef bint finite, whole  # whole: the numbers of all rows are still there

    def __cinit__(self, Machine machine, reduction):
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(f"the reduction is 'mean', 'sum' or 'none', got {reduction!r}")
        self.machine = machine
        self.per_row, self.averaged = reduction == "none", reduction == "mean"
        self.finite = True
        self.n = -1

    def __dealloc__(self):
        self.machine.give_block(self.numbers, True)
        self.machine.give_block(self.gradients, False)

    cdef void* take(self, size_t size) except NULL:
        room = bytearray(size + 8)
        self.kept = room, self.kept
        return <void*><char*>room

    # Reading

    cdef int read(self, captured, arguments, bint keep) except -1:
        """keep: whether the numbers are needed after this call, when those in arrays may have changed."""
        cdef Structure structure = self.machine.arguments
        cdef Py_ssize_t i, blocks, width
        cdef Py_ssize_t k = 0
        cdef Structure child
        arguments = tuple(arguments)
        if structure.form != A_SEQUENCE or len(arguments) != len(structure.children):
            raise ValueError(f"{len(structure.children or ())} arguments are needed, got {len(arguments)}")
        self.columns = &self.few_columns[0] if structure.n <= FEW else <Column*>self.take(structure.n * sizeof(Column))
        i = 0
        for argument in arguments:
            child = structure.children[k]
            self.read_column(child, argument, i, (k,))
            i += child.n
            k += 1
        if self.n < 1:
            raise ValueError("there are no rows")
        width = max(8, BLOCK_BYTES // 8 // max(1, self.machine.single.room - self.machine.single.uniform_room) // 8 * 8)
        blocks = (self.n + width - 1) // width
        width = ((self.n + blocks - 1) // blocks + 7) // 8 * 8
        self.n_blocks = (self.n + width - 1) // width
        self.plan_ = self.machine.plan_for(width)
        self.last_ = self.machine.plan_for((self.n - (self.n_blocks - 1) * width + 7) // 8 * 8)
        self.plan, self.last = &self.plan_.route, &self.last_.route
        self.whole = self.n_blocks == 1
        self.numbers = self.machine.take_block(self.plan.room, True)
        self.captured = self.machine.read_captured(captured, self.numbers.at)
        if keep and not self.whole:
            self.keep_columns()
        i = self.machine.n_outputs * (self.n if self.per_row else 1)
        self.results = &self.few_results[0] if i <= FEW else <double*>self.take(i * sizeof(double))
        memset(self.results, 0, i * sizeof(double))
        return 0

    cdef int read_column(self, Structure structure, argument, Py_ssize_t first, tuple path) except -1:
        """The rows of an argument, or of a part of it. path: the number of the argument, and the keys in dicts."""
        cdef Py_ssize_t row = 0, i
        cdef Column* column
        cdef Reader reader
        cdef list seen = None
        if structure.form == A_DICT and isinstance(argument, dict):
            if set(argument) != set(structure.keys):
                raise ValueError(f"{named(path)} has other keys than at the first call")
            for key, child in zip(structure.keys, structure.children):
                self.read_column(child, argument[key], first, (*path, key))
                first += (<Structure>child).n
            return 0
        if type(argument) is not list and is_an_array(argument) and argument.dtype.kind != "O":
            return self.read_rows_of_array(structure, argument, first, path)
        if not isinstance(argument, (list, tuple)) and not is_an_array(argument):
            raise TypeError(
                f"{named(path)} is of type {type(argument).__name__}, where a list, tuple or array of rows is needed")
        self.count_rows(len(argument), path)
        column = self.new_column(first, structure.n)
        column.row, column.number = 1, self.n
        column.at = <double*>self.take(structure.n * self.n * sizeof(double))
        reader.stride = self.n
        seen = []
        reader.values = <PyObject*>seen
        for item in argument:
            if row == self.n:
                raise RuntimeError(f"{named(path)} changed while its numbers were read")
            reader.to = column.at + row
            reader.at = first
            try:
                read_structure(structure, item, &reader)
            except (TypeError, ValueError) as error:
                sentence = mismatch(structure, item, f"{named(path)}, row {row},")
                raise type(error)(sentence) if sentence is not None else error from None
            if seen:
                self.values = self.values if self.values is not None else []
                for i in range(0, len(seen), 2):
                    self.values.append((row, seen[i], seen[i + 1]))
                seen.clear()
            row += 1
        if row < self.n:
            raise RuntimeError(f"{named(path)} changed while its numbers were read")
        return 0

    cdef int read_rows_of_array(self, Structure structure, array, Py_ssize_t first, tuple path) except -1:
        cdef Column* column
        cdef Buffer buffer
        if array.dtype.kind not in "fiu":
            raise TypeError(f"{named(path)} is an array of {array.dtype}, and real numbers are needed")
        shape = array.shape
        if structure.shape is None or shape[1:] != structure.shape:
            raise ValueError(
                f"{named(path)} has rows of the shape {shape[1:]}, and had {structure.shape} at the first call")
        self.count_rows(shape[0], path)
        buffer = Buffer(array)
        self.kept = buffer, self.kept
        column = self.new_column(first, structure.n)
        column.at, column.row, column.number = <double*>buffer.view.buf, structure.n, 1
        return 0

    cdef int count_rows(self, Py_ssize_t n, tuple path) except -1:
        if self.n >= 0 and n != self.n:
            raise ValueError(f"{named(path)} has {n} rows, and those before it {self.n}")
        self.n = n
        return 0

    cdef Column* new_column(self, Py_ssize_t first, Py_ssize_t n):
        cdef Column* column = &self.columns[self.n_columns]
        column.first, column.n = first, n
        self.n_columns += 1
        return column

    cdef int keep_columns(self) except -1:
        cdef Py_ssize_t i
        cdef double* copy
        for i in range(self.n_columns):
            if self.columns[i].number == 1 and self.columns[i].row == self.columns[i].n:
                copy = <double*>self.take(self.n * self.columns[i].n * sizeof(double))
                memcpy(copy, self.columns[i].at, self.n * self.columns[i].n * sizeof(double))
                self.columns[i].at = copy
        return 0

    # Running

    cdef int sweep(self, bint forwards, bint backwards, seeds) except -1:
        """Over all blocks. What comes out is in results, gradients, input_gradients, and the lists of misses."""
        cdef Machine machine = self.machine
        cdef double* seed = NULL
        cdef Py_ssize_t i, j, n_seeds = machine.n_outputs * (self.n if self.per_row else 1)
        cdef double work = self.plan.work * self.n_blocks
        if backwards:
            seed = &self.few_seeds[0] if n_seeds <= FEW else <double*>self.take(n_seeds * sizeof(double))
            if seeds is None:
                for i in range(n_seeds):
                    seed[i] = 1.0
            elif len(seeds) != (self.n if self.per_row else machine.n_outputs):
                raise ValueError(f"seeds for {self.n if self.per_row else machine.n_outputs} are needed, got {len(seeds)}")
            elif self.per_row:
                for i in range(self.n):
                    if len(seeds[i]) != machine.n_outputs:
                        raise ValueError(f"one seed for each of {machine.n_outputs} outputs is needed in every row")
                    for j in range(machine.n_outputs):
                        seed[i * machine.n_outputs + j] = seeds[i][j]
            else:
                for j in range(machine.n_outputs):
                    seed[j] = seeds[j]
            if self.averaged:
                for j in range(machine.n_outputs):
                    seed[j] = seed[j] / self.n
            if self.gradients == NULL:
                self.gradients = machine.take_block(self.plan.room, False)
            if machine.any_input_active and self.input_gradients == NULL:
                self.input_gradients = <double*>self.take(self.n * machine.n_inputs * sizeof(double))
        if work > WORTH_RELEASING:
            with nogil:
                self.run_blocks(forwards, backwards, seed)
        else:
            self.run_blocks(forwards, backwards, seed)
        return 0

    cdef int run_blocks(self, bint forwards, bint backwards, double* seed) except -1 nogil:
        cdef Machinery m
        cdef Route* plan = self.plan
        cdef Py_ssize_t b, i, place, begin, n_uniform = plan.n_uniform_steps
        cdef double failure = 0
        m.lanes, m.numbers, m.used, m.work = self.machine.lanes, self.numbers.at, 1, 0
        m.scratch = self.numbers.at + self.plan.room
        if forwards:
            forward(plan, &m, 0, n_uniform, &failure)
        if backwards:
            m.gradients = self.gradients.at
            memset(m.gradients, 0, plan.uniform_room * sizeof(double))
        for b in range(self.n_blocks):
            begin = b * self.plan.width
            if b == self.n_blocks - 1:
                plan = self.last
            m.used = min(self.n - begin, plan.width)
            if forwards or not self.whole:
                self.fill(plan, begin, m.used)
                forward(plan, &m, n_uniform, plan.n_steps, &failure)
            if forwards:
                self.look(plan, begin, m.used, &failure)
            if backwards and self.finite:
                memset(m.gradients + plan.uniform_room, 0, (plan.room - plan.uniform_room) * sizeof(double))
                self.plant(plan, begin, m.used, seed)
                backward(plan, &m, n_uniform, plan.n_steps)
                if self.input_gradients != NULL:
                    self.collect(plan, begin, m.used)
        if backwards and self.finite:
            backward(plan, &m, 0, n_uniform)
            failure = 0
            failure += self.machine.zero_if_captured_finite(m.gradients)
            if self.input_gradients != NULL:
                failure += m.lanes.zero_if_finite(self.n * self.machine.n_inputs, self.input_gradients)
            self.finite = failure == 0
        if forwards and not self.per_row and self.finite:
            for i in range(self.machine.n_outputs):
                if self.averaged:
                    self.results[i] = self.results[i] / self.n
            self.finite = m.lanes.zero_if_finite(self.machine.n_outputs, self.results) == 0
        return 0

    cdef void fill(self, Route* plan, Py_ssize_t begin, Py_ssize_t used) noexcept nogil:
        """The inputs of a block; lanes that are left over repeat the last example."""
        cdef Py_ssize_t c, k, l
        cdef Column* column
        cdef double* to
        cdef double* at
        for c in range(self.n_columns):
            column = &self.columns[c]
            for k in range(column.n):
                to = self.numbers.at + place(plan, self.machine.input_slots[column.first + k])
                at = column.at + begin * column.row + k * column.number
                for l in range(used):
                    to[l] = at[l * column.row]
                for l in range(used, plan.width):
                    to[l] = to[used - 1]

    cdef int look(self, Route* plan, Py_ssize_t begin, Py_ssize_t used, double* failure) except -1 nogil:
        """Guards, finiteness and outputs of a block."""
        cdef Py_ssize_t i, l, slot
        cdef double* out
        cdef bint uniform, bad = False
        for i in range(plan.n_checks):
            bad = bad or not check_all(&plan.checks[i], self.numbers.at, used)
        for i in range(self.machine.n_outputs):
            slot = self.machine.output_slots[i]
            uniform = slot < plan.n_uniform
            out = self.numbers.at + place(plan, slot)
            failure[0] += self.machine.lanes.zero_if_finite(1 if uniform else used, out)
            if not self.per_row:
                self.results[i] += out[0] * used if uniform else self.machine.lanes.sum(used, out)
            else:
                for l in range(used):
                    self.results[(begin + l) * self.machine.n_outputs + i] = out[0 if uniform else l]
        if bad or failure[0] != 0:
            self.find_misses(plan, begin, used)
        return 0

    cdef int find_misses(self, Route* plan, Py_ssize_t begin, Py_ssize_t used) except -1 with gil:
        cdef Py_ssize_t l, i, slot
        cdef bint finite
        if self.finite:
            self.finite = False
            self.guards_missed, self.rows_not_finite = [], []
        for l in range(used):
            if not holds_in(plan, self.numbers.at, l):
                self.guards_missed.append(begin + l)
                continue
            finite = is_finite_in(plan, self.numbers.at, l)
            for i in range(self.machine.n_outputs):
                slot = self.machine.output_slots[i]
                finite = finite and isfinite(self.numbers.at[place(plan, slot) + l * lane_step(plan, slot)])
            if not finite:
                self.rows_not_finite.append(begin + l)
        return 0

    cdef void plant(self, Route* plan, Py_ssize_t begin, Py_ssize_t used, double* seed) noexcept nogil:
        """The derivatives with respect to the outputs of a block."""
        cdef Py_ssize_t i, l, slot, n = self.machine.n_outputs
        cdef double s
        cdef double* to
        for i in range(n):
            slot = self.machine.output_slots[i]
            to = self.gradients.at + place(plan, slot)
            for l in range(used):
                s = seed[(begin + l) * n + i] if self.per_row else seed[i]
                to[l if slot >= plan.n_uniform else 0] += s

    cdef void collect(self, Route* plan, Py_ssize_t begin, Py_ssize_t used) noexcept nogil:
        """The gradients of the inputs of a block."""
        cdef Py_ssize_t k, l, n = self.machine.n_inputs
        cdef double* g
        for k in range(n):
            g = self.gradients.at + place(plan, self.machine.input_slots[k])
            for l in range(used):
                self.input_gradients[(begin + l) * n + k] = g[l] if self.machine.active[self.machine.input_slots[k]] else 0.0

    # What comes out

    cdef misses(self):
        return Misses(self.guards_missed or [], self.rows_not_finite or [])

    cdef int hand_out(self) except -1:
        cdef Py_ssize_t row, k
        self.machine.hand_out(self.captured, self.gradients.at)
        if self.values is not None and self.input_gradients != NULL:
            for row, k, value in self.values:
                add_gradient(value, self.input_gradients[row * self.machine.n_inputs + k])
        return 0

    @property
    def has_values(self):
        """Whether there are Values among the arguments."""
        return self.values is not None

    cdef bint hands_out_to_all(self) except -1:
        """Whether all Values among the arguments are leaves, and inputs that want derivatives."""
        cdef Py_ssize_t k
        if self.values is not None:
            for _, k, value in self.values:
                if (<Value?>value).kind > CONSTANT or (
                        not self.machine.active[self.machine.input_slots[k]] and (<Value>value).kind != CONSTANT):
                    return False
        return True

    def outputs(self):
        """The mean or sum of each output, as floats; with the reduction "none" a list of them for each row."""
        cdef Py_ssize_t i, row, n = self.machine.n_outputs
        if self.per_row:
            return [[self.results[row * n + i] for i in range(n)] for row in range(self.n)]
        return [self.results[i] for i in range(n)]

    def backward(self, seeds=None):
        """The gradients of the captured, as floats, and of the inputs, a list for each row or None if none wants them.

        seeds: the derivatives with respect to the outputs, in their form. None if a gradient is not finite.
        """
        cdef Machine machine = self.machine
        cdef Py_ssize_t i, row
        self.sweep(False, True, seeds)
        if not self.finite:
            self.finite = True
            return None
        captured = [self.gradients.at[machine.captured_slots[i]] if machine.active[machine.captured_slots[i]] else 0.0
                    for i in range(machine.n_captured)]
        if self.input_gradients == NULL:
            return captured, None
        return captured, [[self.input_gradients[row * machine.n_inputs + i] for i in range(machine.n_inputs)]
                          for row in range(self.n)]


cdef str named(tuple path):
    """How an argument is called in errors."""
    return f"argument {path[0]}" + "".join([f"[{key!r}]" for key in path[1:]])


cdef bint check_all(Check* check, double* numbers, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t l
    cdef Py_ssize_t wrong = 0
    for l in range(n):
        wrong += comes_out(check.comparison, numbers[check.left + l * check.left_step],
                           numbers[check.right + l * check.right_step]) != check.outcome
    return wrong == 0


cdef class Buffer:
    # The memory of an array of numbers as contiguous doubles: its own, or that of a copy
    cdef Py_buffer view
    cdef bint held

    def __cinit__(self, array):
        try:
            PyObject_GetBuffer(array, &self.view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT)
            self.held = True
        except (ValueError, BufferError):
            pass
        if self.held and (self.view.format[0] != b"d" or self.view.format[1] != 0):
            PyBuffer_Release(&self.view)
            self.held = False
        if not self.held:
            PyObject_GetBuffer(array.astype(float, order="C"), &self.view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT)
            self.held = True

    def __dealloc__(self):
        if self.held:
            PyBuffer_Release(&self.view)


cdef list checked(program):
    """What planned() needs to know of activity; ValueError for a program whose parts do not fit together."""
    cdef Py_ssize_t n = program.n_slots, n_uniform = program.n_uniform
    cdef list actives = []
    cdef bytearray active = bytearray(program.active)
    if not 0 <= n_uniform <= n or len(active) != n:
        raise ValueError(f"{n_uniform} of {n} slots are uniform, and {len(active)} are active or not")
    for what, slots, first, last in (
        ("captured", program.captured, 0, n_uniform),
        ("constant", [slot for slot, _ in program.constants], 0, n_uniform),
        ("input", program.inputs, n_uniform, n),
        ("output", program.outputs, 0, n),
        ("guard", [slot for guard in program.guards for slot in (guard.left, guard.right)], 0, n),
    ):
        for slot in slots:
            if not first <= slot < last:
                raise ValueError(f"the slot of a {what} must be from {first} to {last - 1}, got {slot}")
    uniform = True
    for number, instruction in enumerate(program.instructions):
        what = f"instruction {number}, '{instruction.op.name}'"
        outer, inner, length, out = instruction.outer, instruction.inner, instruction.length, instruction.out
        vectors = programs.VECTORS.get(instruction.op.name, 0)
        count = outer * inner
        if outer < 1 or inner < 1 or length < 1 or (out.inner != 1 and inner > 1) or (out.outer != inner and outer > 1):
            raise ValueError(f"{what} has outer {outer}, inner {inner}, length {length} and results in {out}")
        if not uniform and out.base < n_uniform:
            raise ValueError(f"{what} has uniform results after one that has none")
        uniform = out.base < n_uniform
        if not 0 <= out.base <= out.base + count <= (n_uniform if uniform else n):
            raise ValueError(f"{what} has results in slots that do not exist, or of both kinds")
        wants = []
        for i, run in enumerate(instruction.operands):
            size = length if i < vectors else 1
            if run.base < 0 or run.outer < 0 or run.inner < 0 or run.stride < 0:
                raise ValueError(f"{what} counts backwards in {run}")
            last = run.base + (outer - 1) * run.outer + (inner - 1) * run.inner + (size - 1) * run.stride
            if last >= (n_uniform if run.base < n_uniform else n):
                raise ValueError(f"{what} has an operand in slots that do not exist, or of both kinds: {run}")
            if uniform and run.base >= n_uniform:
                raise ValueError(f"{what} has uniform results of an operand that has lanes")
            slots = None
            if run.base < out.base + count and last >= out.base:
                slots = slots_of_run(instruction, run, size)
                if not slots.isdisjoint(range(out.base, out.base + count)):
                    raise ValueError(f"{what} has a result among its own operands")
            begin = active.find(1, run.base, last + 1) >= 0
            if begin and active.find(0, run.base, last + 1) >= 0:
                begin = any([active[slot] for slot in slots or slots_of_run(instruction, run, size)])
            wants.append(begin)
        dead = []
        if active.find(0, out.base, out.base + count) >= 0:
            dead = [slot for slot in range(out.base, out.base + count) if not active[slot]]
        actives.append((dead, wants))
    return actives


cdef set slots_of_run(instruction, run, Py_ssize_t size):
    return {slot for j in range(instruction.outer) for i in range(instruction.inner) for slot in run.slots(j, i, size)}
