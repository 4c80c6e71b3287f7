# The machine: a program run for one example, or for many at once in lanes.

from cpython.buffer cimport PyBUF_FORMAT, PyBUF_C_CONTIGUOUS, PyBuffer_Release, PyObject_CheckBuffer, PyObject_GetBuffer
from libc.stdlib cimport free as c_free
from libc.stdlib cimport malloc as c_malloc
from libc.string cimport memcpy, memset

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


GUARD, NOT_FINITE = "guard", "not finite"  # why there is no result


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

    Captured numbers are given as a tuple of Values, which are read at every call.
    """

    cdef readonly object program, structure
    cdef Structure arguments
    cdef const Lanes* lanes
    cdef list actives
    cdef dict plans
    cdef Plan single_
    cdef Route* single
    cdef Py_ssize_t n_captured, n_inputs, n_outputs, longest
    cdef Py_ssize_t* captured_slots
    cdef Py_ssize_t* input_slots
    cdef Py_ssize_t* output_slots
    cdef char* active
    cdef list memory
    cdef bytes active_bytes
    cdef bint any_input_active
    cdef Block* spare_numbers
    cdef Block* spare_gradients
    cdef Py_ssize_t n_spare
    cdef Py_ssize_t spare_bytes

    def __cinit__(self, program, structure=None, kernels=""):
        cdef Py_ssize_t i
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
        self.active_bytes = bytes(program.active)
        self.active = <char*>self.active_bytes
        for i in range(self.n_inputs):
            self.any_input_active = self.any_input_active or self.active[self.input_slots[i]] != 0
        self.longest = max([instruction.length for instruction in program.instructions], default=1)
        self.single_ = planned(program, self.actives, 1)
        self.single = &self.single_.route
        self.plans = {1: self.single_}

    def __dealloc__(self):
        cdef Block* block
        for i in range(2):
            block = self.spare_gradients if i else self.spare_numbers
            while block != NULL:
                following = <size_t>block.next
                c_free(block)
                block = <Block*>following

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
                self.plans = {1: self.single_}
            self.plans[width] = plan = planned(self.program, self.actives, width)
        return plan

    # Memory

    cdef Block* take_block(self, Py_ssize_t room, bint for_numbers) except NULL:
        cdef Block** link = &self.spare_numbers if for_numbers else &self.spare_gradients
        cdef Block* block = link[0]
        if block != NULL and block.room >= room:
            link[0] = block.next
            self.n_spare -= 1
            self.spare_bytes -= block.room * sizeof(double)
            return block
        block = <Block*>c_malloc(sizeof(Block) + ALIGNMENT + (room + 2 * self.longest) * sizeof(double))
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

    # One example

    cdef int read_captured(self, tuple captured, double* numbers) except -1:
        cdef Py_ssize_t i
        cdef PyObject* value
        if len(captured) != self.n_captured:
            raise ValueError(f"{self.n_captured} captured Values are needed, got {len(captured)}")
        for i in range(self.n_captured):
            value = <PyObject*>captured[i]
            if Py_TYPE(value) != VALUE and not isinstance(<object>value, Value):
                raise TypeError(f"captured numbers are Values, got {<object>value!r}")
            numbers[self.captured_slots[i]] = (<Value>value).data_
        return 0

    cdef int read_arguments(self, arguments, double* numbers, list values) except -1:
        """values grows by the Values among the arguments, each after its place."""
        cdef Reader reader
        cdef Py_ssize_t i
        cdef double* inputs = <double*>c_malloc((self.n_inputs + 1) * sizeof(double))
        reader.to, reader.stride, reader.at, reader.values = inputs, 1, 0, <PyObject*>values
        try:
            if inputs == NULL:
                raise MemoryError
            try:
                read_structure(self.arguments, arguments, &reader)
            except (TypeError, ValueError) as error:
                sentence = mismatch(self.arguments, arguments, "the arguments")
                raise type(error)(sentence) if sentence is not None else error from None
            for i in range(self.n_inputs):
                numbers[place(self.single, self.input_slots[i])] = inputs[i]
        finally:
            c_free(inputs)
        return 0

    cdef int run_once(self, Route* plan, double* numbers, double* scratch, bint* finite, bint* holds) except -1:
        """The forward pass of one example."""
        cdef Machinery m
        cdef double failure = 0
        cdef Py_ssize_t i
        m.lanes, m.numbers, m.gradients, m.used, m.scratch, m.work = self.lanes, numbers, NULL, 1, scratch, 0
        if plan.work > WORTH_RELEASING:
            with nogil:
                forward(plan, &m, 0, plan.n_steps, &failure)
        else:
            forward(plan, &m, 0, plan.n_steps, &failure)
        for i in range(self.n_outputs):
            failure += 0.0 * numbers[place(plan, self.output_slots[i])]
        finite[0] = failure == 0
        holds[0] = holds_in(plan, numbers, 0)
        return 0

    cdef int run_back(self, Route* plan, double* numbers, Block* block, seeds, bint* finite) except -1:
        """The backward pass of one example, into the block."""
        cdef Machinery m
        cdef double failure = 0
        cdef Py_ssize_t i
        m.lanes, m.numbers, m.gradients, m.used, m.work = self.lanes, numbers, block.at, 1, 0
        m.scratch = block.at + plan.room
        memset(block.at, 0, plan.room * sizeof(double))
        if seeds is None:
            for i in range(self.n_outputs):
                block.at[place(plan, self.output_slots[i])] += 1.0
        else:
            if len(seeds) != self.n_outputs:
                raise ValueError(f"one seed for each of {self.n_outputs} outputs is needed, got {len(seeds)}")
            for i in range(self.n_outputs):
                block.at[place(plan, self.output_slots[i])] += <double>seeds[i]
        if plan.work > WORTH_RELEASING // 2:
            with nogil:
                backward(plan, &m, 0, plan.n_steps)
        else:
            backward(plan, &m, 0, plan.n_steps)
        for i in range(self.n_captured):
            failure += 0.0 * self.gradient_of(plan, block.at, self.captured_slots[i])
        for i in range(self.n_inputs):
            failure += 0.0 * self.gradient_of(plan, block.at, self.input_slots[i])
        finite[0] = failure == 0
        return 0

    cdef inline double gradient_of(self, Route* plan, double* gradients, Py_ssize_t slot) noexcept:
        return gradients[place(plan, slot)] if self.active[slot] else 0.0

    def run(self, tuple captured, arguments):
        """The forward pass, as a Replay that keeps its numbers for backward()."""
        cdef Replay replay = Replay.__new__(Replay)
        replay.machine = self
        replay.numbers = self.take_block(self.single.room, True)
        self.read_captured(captured, replay.numbers.at)
        self.read_arguments(arguments, replay.numbers.at, [])
        self.run_once(self.single, replay.numbers.at, replay.numbers.at + self.single.room, &replay.finite_, &replay.holds_)
        return replay

    def value_and_grad(self, tuple captured, arguments, seeds=None):
        """The outputs, as floats. The gradients are added to those of the captured, and of the arguments if Values.

        seeds: the derivatives with respect to the outputs; 1 for each if left out.
        GUARD or NOT_FINITE instead, with nothing changed, if the function itself is to be asked.
        """
        cdef Block* numbers = self.take_block(self.single.room, True)
        cdef Block* gradients = NULL
        cdef bint finite = False, holds = False
        cdef list values = []
        cdef Route* plan = self.single
        cdef Py_ssize_t i
        try:
            self.read_captured(captured, numbers.at)
            self.read_arguments(arguments, numbers.at, values)
            self.run_once(plan, numbers.at, numbers.at + plan.room, &finite, &holds)
            if not holds or not finite:
                return GUARD if not holds else NOT_FINITE
            gradients = self.take_block(plan.room, False)
            self.run_back(plan, numbers.at, gradients, seeds, &finite)
            if not finite:
                return NOT_FINITE
            self.hand_out(captured, gradients.at)
            for i in range(0, len(values), 2):
                add_gradient(values[i + 1], self.gradient_of(plan, gradients.at, self.input_slots[<Py_ssize_t>values[i]]))
            return [numbers.at[place(plan, self.output_slots[i])] for i in range(self.n_outputs)]
        finally:
            self.give_block(numbers, True)
            self.give_block(gradients, False)

    cdef int hand_out(self, tuple captured, double* gradients) except -1:
        cdef Py_ssize_t i
        cdef PyObject* value
        for i in range(self.n_captured):
            value = <PyObject*>captured[i]
            if (<Value>value).kind == LEAF:
                (<Value>value).grad_ += gradients[self.captured_slots[i]] if self.active[self.captured_slots[i]] else 0.0
            else:
                add_gradient(<object>value, gradients[self.captured_slots[i]])
        return 0

    # Many examples

    def run_rows(self, tuple captured, arguments, reduction="mean"):
        """The forward pass over the rows of the arguments, as Rows that keep what backward() needs; or Misses.

        arguments: one for each of the structure, each a sequence over the rows, or an array with one more leading
            axis; a dict may hold such.
        reduction: "mean" or "sum" of each output over the rows, or "none" for the outputs of every row.
        TypeError or ValueError, saying where, for arguments of another structure.
        """
        cdef Rows rows = Rows(self, reduction)
        rows.read(captured, arguments, True)
        rows.sweep(True, False, None)
        return rows.misses() or rows

    def value_and_grad_rows(self, tuple captured, arguments, reduction="mean", seeds=None):
        """The mean or sum of each output over the rows, as floats; the gradients are added to the Values.

        As value_and_grad, and Misses instead of a result.
        """
        cdef Rows rows = Rows(self, reduction)
        rows.read(captured, arguments, False)
        rows.sweep(True, True, seeds)
        misses = rows.misses()
        if misses is not None:
            return misses
        rows.hand_out(captured)
        return rows.outputs()


cdef int add_gradient(value, double gradient) except -1:
    if (<Value>value).kind == NEURON:
        split_neuron(<Value>value)
    if (<Value>value).kind != CONSTANT:
        (<Value>value).grad_ += gradient
    return 0


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
        cdef Py_ssize_t i
        return [self.numbers.at[place(self.machine.single, self.machine.output_slots[i])]
                for i in range(self.machine.n_outputs)]

    def backward(self, seeds=None):
        """The gradients of the captured and of the inputs, as lists of floats; None if one is not finite."""
        cdef Machine machine = self.machine
        cdef Block* block = machine.take_block(machine.single.room, False)
        cdef bint finite = False
        cdef Py_ssize_t i
        try:
            machine.run_back(machine.single, self.numbers.at, block, seeds, &finite)
            if not finite:
                return None
            return ([machine.gradient_of(machine.single, block.at, machine.captured_slots[i])
                     for i in range(machine.n_captured)],
                    [machine.gradient_of(machine.single, block.at, machine.input_slots[i])
                     for i in range(machine.n_inputs)])
        finally:
            machine.give_block(block, False)


cdef struct Column:
    # Some of the inputs in all rows: number k of row r is at[r * row + k * number]
    double* at
    Py_ssize_t first, n, row, number


cdef class Rows:
    """One pass over many examples, in blocks of lanes."""

    cdef Machine machine
    cdef bint per_row, averaged  # by the reduction
    cdef Route* plan  # of all blocks
    cdef Route* last  # of the last one
    cdef Py_ssize_t n, n_blocks
    cdef Column* columns
    cdef Py_ssize_t n_columns
    cdef list memory, buffers, values
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
        self.memory, self.buffers, self.values = [], [], []
        self.guards_missed, self.rows_not_finite = [], []
        self.finite = True
        self.n = -1

    def __dealloc__(self):
        self.machine.give_block(self.numbers, True)
        self.machine.give_block(self.gradients, False)

    cdef void* take(self, size_t size) except NULL:
        room = bytearray(size + 8)
        self.memory.append(room)
        return <void*><char*>room

    cdef Route* route_for(self, Py_ssize_t width) except NULL:
        cdef Plan plan = self.machine.plan_for(width)
        self.memory.append(plan)
        return &plan.route

    # Reading

    cdef int read(self, tuple captured, arguments, bint keep) except -1:
        """keep: whether the numbers are needed after this call, when those in arrays may have changed."""
        cdef Structure structure = self.machine.arguments
        cdef Py_ssize_t i, blocks, width
        cdef list given = list(arguments)
        if structure.form != A_SEQUENCE or len(given) != len(structure.children):
            raise ValueError(f"{len(structure.children or ())} arguments are needed, got {len(given)}")
        self.columns = <Column*>self.take(structure.n * sizeof(Column))
        self.n_columns = 0
        i = 0
        for k, argument in enumerate(given):
            self.read_column(structure.children[k], argument, i, f"argument {k}")
            i += (<Structure>structure.children[k]).n
        if self.n < 1:
            raise ValueError("there are no rows")
        for _, _, value in self.values:
            if (<Value>value).kind > CONSTANT:
                raise TypeError("a row has a Value that was computed from others")
        width = max(8, BLOCK_BYTES // 8 // max(1, self.machine.program.n_slots - self.machine.program.n_uniform) // 8 * 8)
        blocks = (self.n + width - 1) // width
        width = ((self.n + blocks - 1) // blocks + 7) // 8 * 8
        self.n_blocks = (self.n + width - 1) // width
        self.plan = self.route_for(width)
        self.last = self.route_for((self.n - (self.n_blocks - 1) * width + 7) // 8 * 8)
        self.whole = self.n_blocks == 1
        self.numbers = self.machine.take_block(self.plan.room, True)
        self.machine.read_captured(captured, self.numbers.at)
        if keep and not self.whole:
            self.keep_columns()
        self.results = <double*>self.take(
            (self.n if self.per_row else 1) * self.machine.n_outputs * sizeof(double))
        return 0

    cdef int read_column(self, Structure structure, argument, Py_ssize_t first, str path) except -1:
        cdef Py_ssize_t row
        cdef Column* column
        cdef Reader reader
        cdef Buffer buffer
        if structure.form == A_DICT and isinstance(argument, dict):
            if set(argument) != set(structure.keys):
                raise ValueError(f"{path} has other keys than at the first call")
            for key, child in zip(structure.keys, structure.children):
                self.read_column(child, argument[key], first, f"{path}[{key!r}]")
                first += (<Structure>child).n
            return 0
        if is_an_array(argument) and argument.dtype.kind != "O":
            if argument.dtype.kind not in "fiu":
                raise TypeError(f"{path} is an array of {argument.dtype}, and real numbers are needed")
            if structure.shape is None or tuple(argument.shape[1:]) != structure.shape:
                raise ValueError(f"{path} has rows of the shape {tuple(argument.shape[1:])}, "
                                 f"and had {structure.shape} at the first call")
            self.count_rows(len(argument), path)
            buffer = Buffer(argument if argument.dtype.str == native_double else argument.astype(float))
            self.buffers.append(buffer)
            column = self.new_column(first, structure.n)
            column.at, column.row, column.number = <double*>buffer.view.buf, structure.n, 1
            return 0
        if not isinstance(argument, (list, tuple)) and not is_an_array(argument):
            raise TypeError(f"{path} is of type {type(argument).__name__}, where a list, tuple or array of rows is needed")
        self.count_rows(len(argument), path)
        column = self.new_column(first, structure.n)
        column.row, column.number = 1, self.n
        column.at = <double*>self.take(structure.n * self.n * sizeof(double))
        reader.stride = self.n
        reader.values = NULL
        seen = []
        reader.values = <PyObject*>seen
        row = 0
        for item in argument:
            if row == self.n:
                raise RuntimeError(f"{path} changed while its numbers were read")
            reader.to = column.at + row
            reader.at = first
            try:
                read_structure(structure, item, &reader)
            except (TypeError, ValueError) as error:
                sentence = mismatch(structure, item, f"{path}, row {row}")
                raise type(error)(sentence) if sentence is not None else error from None
            if seen:
                for i in range(0, len(seen), 2):
                    self.values.append((row, seen[i], seen[i + 1]))
                seen.clear()
            row += 1
        if row < self.n:
            raise RuntimeError(f"{path} changed while its numbers were read")
        return 0

    cdef int count_rows(self, Py_ssize_t n, str path) except -1:
        if self.n >= 0 and n != self.n:
            raise ValueError(f"{path} has {n} rows, and those before it {self.n}")
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
        self.buffers = []
        return 0

    # Running

    cdef int sweep(self, bint forwards, bint backwards, seeds) except -1:
        """Over all blocks. What comes out is in results, gradients, input_gradients, and the lists of misses."""
        cdef Machine machine = self.machine
        cdef double* seed = NULL
        cdef Py_ssize_t i, j, n_seeds = machine.n_outputs * (self.n if self.per_row else 1)
        cdef double work = self.plan.work * self.n_blocks
        if backwards:
            seed = <double*>self.take(n_seeds * sizeof(double))
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
            for i in range(self.machine.n_captured):
                if self.machine.active[self.machine.captured_slots[i]]:
                    failure += 0.0 * m.gradients[self.machine.captured_slots[i]]
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
        self.finite = False
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

    @property
    def has_values(self):
        """Whether there are Values among the arguments."""
        return bool(self.values)

    cdef misses(self):
        return None if self.finite else Misses(self.guards_missed, self.rows_not_finite)

    cdef int hand_out(self, tuple captured) except -1:
        cdef Py_ssize_t row, k
        self.machine.hand_out(captured, self.gradients.at)
        if self.values and self.input_gradients != NULL:
            for row, k, value in self.values:
                add_gradient(value, self.input_gradients[row * self.machine.n_inputs + k])
        return 0

    def outputs(self):
        """The mean or sum of each output, as floats; with the reduction "none" a list of them for each row."""
        cdef Py_ssize_t i, row, n = self.machine.n_outputs
        if self.per_row:
            return [[self.results[row * n + i] for i in range(n)] for row in range(self.n)]
        return [self.results[i] for i in range(n)]

    def backward(self, seeds=None):
        """The gradients of the captured, as floats, and of the inputs, a list for each row or None if none wants them.

        None if one is not finite. seeds: the derivatives with respect to the outputs, in their form.
        """
        cdef Machine machine = self.machine
        cdef Py_ssize_t i, row
        cdef Rows pass_ = self
        pass_.sweep(False, True, seeds)
        if not self.finite:
            self.finite = True
            return None
        captured = [self.gradients.at[machine.captured_slots[i]] if machine.active[machine.captured_slots[i]] else 0.0
                    for i in range(machine.n_captured)]
        if self.input_gradients == NULL:
            return captured, None
        return captured, [[self.input_gradients[row * machine.n_inputs + i] for i in range(machine.n_inputs)]
                          for row in range(self.n)]


cdef bint check_all(Check* check, double* numbers, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t l
    cdef Py_ssize_t wrong = 0
    for l in range(n):
        wrong += comes_out(check.comparison, numbers[check.left + l * check.left_step],
                           numbers[check.right + l * check.right_step]) != check.outcome
    return wrong == 0


cdef class Buffer:
    # The memory of a contiguous array of doubles
    cdef Py_buffer view
    cdef bint held

    def __cinit__(self, array):
        PyObject_GetBuffer(array, &self.view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT)
        self.held = True

    def __dealloc__(self):
        if self.held:
            PyBuffer_Release(&self.view)


native_double = "<f8" if __import__("sys").byteorder == "little" else ">f8"


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
