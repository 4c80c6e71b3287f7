# The machine: a program run for one example; rows.pxi has many at once.

from time import perf_counter

from libc.string cimport memset

cdef extern from *:
    """
    #define items_of(values) (((PyTupleObject*)(values))->ob_item)
    """
    PyObject** items_of(tuple values) noexcept

cdef enum:
    ALIGNMENT = 64
    COST_OF_BLOCK = 1 << 14  # so that there are no more than 256 spare ones
    WORTH_RELEASING = 1 << 15  # work for which it pays to let go of Python's lock


cdef struct Block:
    # Memory of a machine: for numbers or gradients, and behind them for the operands of one instance
    Block* next
    Py_ssize_t room
    double* at


cdef class Prepared  # in calls.pxi
cdef class Replay(Way)


cdef struct Segment:
    Py_ssize_t first, n


GUARD, NOT_FINITE, COMPUTED = "guard", "not finite", "computed"  # why there is no result


@cython.final
cdef class Machine:
    """Runs a program, as TextbookMachine does, at the speed of C.

    program: a Program; ValueError if its numbers of slots do not fit together.
    structure: how the inputs are nested in the arguments, as an example of the arguments or a Structure; without it
        the arguments are one list of numbers.
    kernels: "avx512", "avx2" or "any" for kernels that are not the best for this processor.

    Captured numbers come as a list or tuple of Values, which every call reads. The same tuple is fastest to read.
    Gradients are added to their grads, also if they have parents.
    """

    cdef readonly object program, structure
    cdef object own_program  # a copy that stays as it is
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
    cdef Py_ssize_t* input_at  # the places of these slots in a single example
    cdef Py_ssize_t* output_at
    cdef Py_ssize_t* active_inputs_at
    cdef Py_ssize_t n_active_inputs
    cdef Py_ssize_t inputs_from  # the place of the first if they are side by side, in their order; else -1
    cdef Py_ssize_t* wanted  # the captured that want derivatives
    cdef Segment* segments  # their slots
    cdef char* active
    cdef Room room
    cdef Vector* parents  # the captured, for the nodes that runs leave; see parents_for
    cdef object parents_of, name
    cdef tuple seen  # the captured of the last call, all of them Values, leaves if they want derivatives
    cdef Stretch* captured_at  # where their numbers are
    cdef Stretch* wanted_at  # and those of the captured that want derivatives
    cdef Py_ssize_t n_captured_at, n_wanted_at
    cdef bint any_input_active
    cdef int order  # of the derivatives within the program
    cdef Spans* only_tape  # where the whole program is one, and short
    cdef Block* spare_numbers
    cdef Block* spare_gradients
    cdef PyObject* spare_replays  # each with a block of numbers; they refer to nothing
    cdef Py_ssize_t n_spare  # numbers in all of these

    def __cinit__(self, program, structure=None, kernels=""):
        cdef Py_ssize_t i, slot
        self.lanes = lanes_named(kernels.encode())
        if self.lanes == NULL:
            raise ValueError(f"this processor has no kernels {kernels!r}")
        self.program = program
        self.own_program = program = own_copy(program)
        self.actives = checked(program)
        self.structure = structure
        self.arguments = structure if isinstance(structure, Structure) else Structure(
            [0.0] * len(program.inputs) if structure is None else structure)
        if self.arguments.n != len(program.inputs):
            raise ValueError(f"the structure has {self.arguments.n} numbers, the program {len(program.inputs)} inputs")
        self.room = Room()
        self.n_captured, self.n_inputs, self.n_outputs = len(program.captured), len(program.inputs), len(program.outputs)
        self.captured_slots = self.slots_of(program.captured)
        self.input_slots = self.slots_of(program.inputs)
        self.output_slots = self.slots_of(program.outputs)
        self.active = <char*>self.room.take(len(program.active), 1)
        memcpy(self.active, <char*>(<bytearray?>program.active), len(program.active))
        wanted = [i for i in range(self.n_captured) if self.active[self.captured_slots[i]]]
        self.n_wanted = len(wanted)
        self.wanted = self.slots_of(wanted)
        self.captured_at = <Stretch*>self.room.take(self.n_captured, sizeof(Stretch))
        self.wanted_at = <Stretch*>self.room.take(self.n_wanted, sizeof(Stretch))
        self.segments = <Segment*>self.room.take(self.n_wanted, sizeof(Segment))
        for i in wanted:
            slot = self.captured_slots[i]
            if self.n_segments and self.segments[self.n_segments - 1].first + self.segments[self.n_segments - 1].n == slot:
                self.segments[self.n_segments - 1].n += 1
            else:
                self.segments[self.n_segments].first, self.segments[self.n_segments].n = slot, 1
                self.n_segments += 1
        for i in range(self.n_inputs):
            self.any_input_active = self.any_input_active or self.active[self.input_slots[i]] != 0
        self.order = program.order
        self.longest = max([each.length for each in program.instructions], default=1)
        self.single_plan = planned(program, self.actives, 1)
        self.single = &self.single_plan.route
        assert is_within(self.single, self.longest)
        if self.single.n_steps == 1 and self.single.steps[0].live and self.single.work <= WORTH_RELEASING // 2:
            self.only_tape = self.single.steps[0].tape
        self.input_at, self.output_at = self.slots_of(program.inputs), self.slots_of(program.outputs)
        self.active_inputs_at = self.slots_of(program.inputs)
        for i in range(self.n_inputs):
            slot = place(self.single, self.input_slots[i])
            self.input_at[i] = slot
            if self.active[self.input_slots[i]]:
                self.active_inputs_at[self.n_active_inputs] = slot
                self.n_active_inputs += 1
        for i in range(self.n_outputs):
            self.output_at[i] = place(self.single, self.output_slots[i])
        self.inputs_from = self.input_at[0] if self.n_inputs else 0
        for i in range(self.n_inputs):
            if self.input_at[i] != self.inputs_from + i:
                self.inputs_from = -1
                break
        self.plans = {1: self.single_plan}

    def __dealloc__(self):
        cdef PyObject* replay
        while self.spare_replays != NULL:
            replay = self.spare_replays
            allow(replay, 1, REPLAY.tp_basicsize)
            self.spare_replays = <PyObject*>(<Replay>replay).next_spare
            PyMem_Free((<Replay>replay).numbers)  # it alone: its `next` is from when it was spare itself
            (<Replay>replay).numbers = NULL
            free_replay(replay)
        free_blocks(self.spare_numbers)
        free_blocks(self.spare_gradients)
        release_vector(self.parents)

    @property
    def kernels(self):
        """The name of the kernels, which says for what processors they are."""
        return (<bytes>self.lanes.name).decode()

    cdef Py_ssize_t* slots_of(self, slots) except NULL:
        cdef Py_ssize_t i
        cdef Py_ssize_t* at = <Py_ssize_t*>self.room.take(len(slots), sizeof(Py_ssize_t))
        for i in range(len(slots)):
            at[i] = slots[i]
        return at

    cdef Plan plan_for(self, Py_ssize_t width):
        plan = self.plans.get(width)
        if plan is None:
            if len(self.plans) > 16:
                self.plans = {1: self.single_plan}
            self.plans[width] = plan = planned(self.own_program, self.actives, width)
            assert is_within(&(<Plan>plan).route, self.longest)
        return plan

    # Memory

    cdef inline Block* take_block(self, Py_ssize_t room, bint for_numbers) except NULL:
        cdef Block** link = &self.spare_numbers if for_numbers else &self.spare_gradients
        cdef Block* block = link[0]
        if block == NULL or block.room != room:
            return self.find_block(room, for_numbers)
        link[0] = block.next
        self.n_spare -= room + COST_OF_BLOCK
        allow(block.at, self.numbers_in(room), sizeof(double))
        return block

    cdef inline size_t numbers_in(self, Py_ssize_t room) noexcept:
        """How many numbers there are in a block of so much room, with the operands and the inputs behind it."""
        return room + 2 * self.longest + self.n_inputs

    cdef Block* find_block(self, Py_ssize_t room, bint for_numbers) except NULL:
        cdef Block** link = &self.spare_numbers if for_numbers else &self.spare_gradients
        cdef Block* block
        while link[0] != NULL and link[0].room != room:
            link = &link[0].next
        block = link[0]
        if block != NULL:
            link[0] = block.next
            self.n_spare -= room + COST_OF_BLOCK
            allow(block.at, self.numbers_in(room), sizeof(double))
            return block
        block = <Block*>room_for(
            sizeof(Block) + ALIGNMENT + product_of(self.numbers_in(room), sizeof(double)), 1)
        block.room, block.next = room, NULL
        block.at = <double*>((<size_t>(block + 1) + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT)
        if for_numbers:
            for slot, number in self.own_program.constants:
                block.at[within(slot, room)] = number
        return block

    cdef inline void give_block(self, Block* block, bint for_numbers) noexcept:
        cdef Block** link = &self.spare_numbers if for_numbers else &self.spare_gradients
        if block == NULL:
            return
        if self.has_room_for_spare(block):
            forbid(block.at, self.numbers_in(block.room), sizeof(double))
            block.next = link[0]
            link[0] = block
        else:
            PyMem_Free(block)

    cdef inline bint has_room_for_spare(self, Block* block) noexcept:
        """Whether a block may be kept; if so, it is counted."""
        cdef Py_ssize_t more = self.n_spare + block.room + COST_OF_BLOCK
        if more > MOST_SPARE_NUMBERS:
            return False
        self.n_spare = more
        return True

    # Captured numbers and arguments

    cdef inline tuple read_captured(self, captured, double* numbers):
        """Their numbers, into their slots. All of them, as a tuple."""
        cdef Py_ssize_t i
        cdef Stretch* at
        if captured is not self.seen:
            self.find_captured(tuple(captured))
        for i in range(self.n_captured_at):
            at = &self.captured_at[i]
            self.lanes.read(at.n, at.pairs, numbers + at.slot)
        return self.seen

    cdef int find_captured(self, tuple values) except -1:
        """Where the pairs of the captured are: of leaves in buffers, which they never leave."""
        cdef Py_ssize_t i
        cdef PyObject** items = items_of(values)
        if len(values) != self.n_captured:
            raise ValueError(f"{self.n_captured} captured Values are needed, got {len(values)}")
        for value in values:
            if not isinstance(value, Value):
                raise TypeError(f"captured numbers are Values, got {value!r}")
        for i in range(self.n_wanted):
            value = values[self.wanted[i]]
            if (<Value>value).kind == NEURON:
                split_neuron(value)
        self.seen = None  # which may run any code
        self.n_captured_at = self.n_wanted_at = 0
        for i in range(self.n_captured):
            take_into_buffer(items[i])
            extended(self.captured_at, &self.n_captured_at, self.n_captured, (<Value>items[i]).at, self.captured_slots[i])
        for i in range(self.n_wanted):
            value = values[self.wanted[i]]
            if (<Value>value).kind != CONSTANT:
                extended(self.wanted_at, &self.n_wanted_at, self.n_wanted, (<Value>value).at,
                         self.captured_slots[self.wanted[i]])
        self.seen = values
        return 0

    cdef Vector* parents_for(self, tuple captured, name) except NULL:
        """The captured as parents of nodes of this name: one Vector for all of them, with a user more."""
        cdef Vector* found = self.parents
        cdef Vector* before
        if found == NULL or self.parents_of is not captured or self.name is not name:
            kept = self.parents_of, self.name  # until all is in place: what frees them may run any code
            found, before = new_parents(captured, 0, name), self.parents
            self.parents, self.parents_of, self.name = found, captured, name
            found.users += 1
            release_vector(before)
            return found
        found.users += 1
        return found

    cdef inline int hand_out(self, tuple captured, double* gradients) except -1:
        """Add to the gradients of the captured."""
        cdef Py_ssize_t i
        cdef Stretch* at
        if captured is not self.seen:
            self.find_captured(captured)
        for i in range(self.n_wanted_at):
            at = &self.wanted_at[i]
            self.lanes.credit(at.n, at.pairs, gradients + at.slot)
        return 0

    cdef inline double zero_if_captured_finite(self, double* gradients) noexcept nogil:
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
        reader.to, reader.stride, reader.at, reader.room, reader.values = inputs, 1, 0, self.n_inputs, NULL
        if self.any_input_active:
            values = []
            reader.values = <PyObject*>values
        try:
            read_structure(self.arguments, arguments, &reader)
        except (TypeError, ValueError) as error:
            sentence = mismatch(self.arguments, arguments, "the arguments")
            raise type(error)(sentence) if sentence is not None else error from None
        for i in range(self.n_inputs):
            block.at[self.input_at[i]] = inputs[i]
        return values

    # One example

    cdef inline int run_once(self, Block* block, bint* finite, bint* holds) except -1:
        """The forward pass of one example."""
        cdef double failure = 0
        cdef Py_ssize_t i
        if self.order:
            forget_marks()
        if self.only_tape != NULL:
            failure = tape_forward(self.only_tape, self.lanes, block.at)
        else:
            self.run_steps(block, &failure)
        for i in range(self.n_outputs):
            failure += 0.0 * block.at[self.output_at[i]]
        finite[0] = failure == 0 and not (self.order > 1 and any_mark())
        holds[0] = self.single.n_checks == 0 or holds_in(self.single, block.at, 0)
        return 0

    cdef int run_steps(self, Block* block, double* failure) except -1:
        cdef Machinery m
        cdef Route* route = self.single
        m.lanes, m.numbers, m.gradients, m.used, m.work = self.lanes, block.at, NULL, 1, 0
        m.scratch = block.at + route.room
        if route.work > WORTH_RELEASING:
            with nogil:
                forward(route, &m, 0, route.n_steps, failure)
        else:
            forward(route, &m, 0, route.n_steps, failure)
        return 0

    cdef double* new_seeds(self, seeds) except? NULL:
        """The seeds, in memory that the caller frees; NULL for 1 for each."""
        cdef Py_ssize_t i
        cdef double* found
        if seeds is None:
            return NULL
        seeds = numbers_of_seeds(seeds)
        if len(seeds) != self.n_outputs:
            raise ValueError(f"one seed for each of {self.n_outputs} outputs is needed, got {len(seeds)}")
        found = <double*>room_for(self.n_outputs, sizeof(double))
        for i in range(self.n_outputs):
            found[i] = seeds[i]
        return found

    cdef inline bint run_back(self, Block* numbers, Block* block, double* seeds) except -1:
        """The backward pass of one example, into the block. Whether all gradients are finite.

        seeds: NULL for 1 for each output.
        """
        cdef double failure = 0
        cdef Py_ssize_t i
        memset(block.at, 0, self.single.room * sizeof(double))
        if self.n_outputs == 1:  # without waiting for what was just set to 0
            block.at[self.output_at[0]] = 0.0 + (1.0 if seeds == NULL else seeds[0])
        else:
            for i in range(self.n_outputs):
                block.at[self.output_at[i]] += 1.0 if seeds == NULL else seeds[i]
        if self.only_tape != NULL:
            tape_backward(self.only_tape, self.lanes, numbers.at, block.at)
        else:
            self.run_steps_back(numbers, block)
        failure = self.zero_if_captured_finite(block.at)
        for i in range(self.n_active_inputs):
            failure += 0.0 * block.at[self.active_inputs_at[i]]
        return failure == 0

    cdef int run_steps_back(self, Block* numbers, Block* block) except -1:
        cdef Machinery m
        cdef Route* route = self.single
        m.lanes, m.numbers, m.gradients, m.used, m.work = self.lanes, numbers.at, block.at, 1, 0
        m.scratch = block.at + route.room
        if route.work > WORTH_RELEASING // 2:
            with nogil:
                backward(route, &m, 0, route.n_steps)
        else:
            backward(route, &m, 0, route.n_steps)
        return 0

    cdef inline double gradient_of(self, double* gradients, Py_ssize_t slot) noexcept:
        return gradients[place(self.single, slot)] if self.active[slot] else 0.0

    cdef list outputs_in(self, double* numbers):
        cdef Py_ssize_t i
        return [numbers[self.output_at[i]] for i in range(self.n_outputs)]

    def run(self, captured, arguments):
        """The forward pass, as a Replay that keeps its numbers for backward()."""
        cdef Replay replay = new_replay(self)
        self.read_captured(captured, replay.numbers.at)
        self.read_arguments(arguments, replay.numbers)
        self.run_once(replay.numbers, &replay.finite_, &replay.holds_)
        replay.lost_ = self.order and any_mark()
        return replay

    def value_and_grad(self, captured, arguments, seeds=None):
        """The outputs, as floats. The gradients are added to those of the captured, and of the arguments if Values.

        seeds: the derivatives with respect to the outputs; 1 for each if left out.
        GUARD or NOT_FINITE instead, with nothing changed, if the caller must run the function itself; COMPUTED if a
        Value among the arguments was computed from others, to which its gradient must go on.
        """
        cdef Block* numbers = self.take_block(self.single.room, True)
        cdef Block* gradients = NULL
        cdef double* given = NULL
        cdef bint finite = False, holds = False
        cdef Py_ssize_t i
        try:
            given = self.new_seeds(seeds)
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
            if not self.run_back(numbers, gradients, given):
                return NOT_FINITE
            self.hand_out(values_captured, gradients.at)
            if values is not None:
                for i in range(0, len(<list>values), 2):
                    add_gradient((<list>values)[i + 1],
                                 self.gradient_of(gradients.at, self.input_slots[<Py_ssize_t>(<list>values)[i]]))
            return self.outputs_in(numbers.at)
        finally:
            PyMem_Free(given)
            self.give_block(numbers, True)
            self.give_block(gradients, False)

    def costs(self, captured, arguments, Py_ssize_t times):
        """The time of each part of one gradient, in seconds, measured over so many times: a dict.

        reading: the captured and the arguments; forward; backward; crediting: adding gradients to those of the captured.
        """
        cdef Block* numbers = self.take_block(self.single.room, True)
        cdef Block* gradients = NULL
        cdef bint finite = False, holds = False
        cdef Py_ssize_t i, part
        cdef dict found = {}
        try:
            gradients = self.take_block(self.single.room, False)
            for part, name in enumerate(("reading", "forward", "backward", "crediting")):
                if part == 3:
                    for i in range(gradients.room):
                        gradients.at[i] = -0.0  # what can be added to anything
                start = perf_counter()
                for i in range(times):
                    if part == 0:
                        values = self.read_captured(captured, numbers.at)
                        self.read_arguments(arguments, numbers)
                    elif part == 1:
                        self.run_once(numbers, &finite, &holds)
                    elif part == 2:
                        self.run_back(numbers, gradients, NULL)
                    else:
                        self.hand_out(values, gradients.at)
                found[name] = (perf_counter() - start) / times
            return found
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


cdef Vector* new_parents(tuple captured, Py_ssize_t more, name) except NULL:
    """The captured, and room for more. Each node that has them as parents holds the name too, and so must its owner."""
    cdef Vector* parents = new_vector(len(captured) + more)
    for value in captured:
        append(parents, (<Value>value).at[DATA], <PyObject*>value)
    parents.name = <PyObject*>name
    return parents


cdef inline Value new_result(double data, Vector* parents, Way closure):
    """A node that a compiled function leaves, where operations are recorded; the parents have one user more already."""
    cdef Value found = new(data)
    if parents.n == 0:
        release_vector(parents)
        return found
    Py_INCREF(parents.name)
    Py_INCREF(<PyObject*>closure)
    found.a, found.b, found.kind = <void*>parents, <void*>closure, CLOSURE
    return found


cdef tuple numbers_of_seeds(seeds):
    """All of them. They are read before anything is sized, because reading a number may run any code."""
    return tuple([to_float(seed, "a seed") for seed in tuple(seeds)])


cdef void free_blocks(Block* block) noexcept:
    cdef Block* following
    while block != NULL:
        following = block.next
        PyMem_Free(block)
        block = following


cdef int add_gradient(value, double gradient) except -1:
    if (<Value>value).kind == NEURON:
        split_neuron(<Value>value)
    if (<Value>value).kind != CONSTANT:
        (<Value>value).at[GRAD] += gradient
    return 0


cdef Machine running = None  # it makes a Replay; to hand it over as an argument takes longer than a small program


cdef inline Replay new_replay(Machine machine):
    cdef PyObject* spare = machine.spare_replays
    if spare == NULL:
        return made_replay(machine)
    allow(spare, 1, REPLAY.tp_basicsize)
    allow((<Replay>spare).numbers.at, machine.numbers_in(machine.single.room), sizeof(double))
    machine.spare_replays = <PyObject*>(<Replay>spare).next_spare
    machine.n_spare -= machine.single.room + COST_OF_BLOCK
    _Py_NewReference(spare)
    (<Replay>spare).machine = machine
    return <Replay>OWNED(spare)


cdef Replay made_replay(Machine machine):
    global running
    running = machine
    try:
        return Replay.__new__(Replay)
    finally:
        running = None


@cython.final
@cython.no_gc  # a cycle through it goes through a Value, which the collector does not track either
cdef class Replay(Way):
    """One forward pass: its outputs, and the way back.

    As the local gradient of a Value it knows the call that it belongs to: see calls.pxi. When it is freed, its machine
    keeps it, with its block, for the next run.
    """

    cdef Machine machine
    cdef Block* numbers
    cdef bint finite_, holds_
    cdef bint lost_  # digits of a derivative, forward
    cdef Prepared prepared
    cdef object compiled
    cdef tuple arguments  # None where they are numbers and Values, for keep_arguments() to make of the parents
    cdef object argument  # if it is the only one, and no number; else None
    cdef list inputs  # the numbers and Values in them, when keep_arguments() has been there
    cdef Vector* own  # the Values among the arguments, and the parents of the result where nothing is captured
    cdef Py_ssize_t room_in_own
    cdef void* next_spare

    def __cinit__(self):
        if running is None:
            raise TypeError("a Machine makes a Replay, when it runs")
        self.machine = running
        self.numbers = running.take_block(running.single.room, True)

    def __dealloc__(self):
        if self.own != NULL:
            release_all(self.own)
            PyMem_Free(self.own)
            free_doomed()
        if self.numbers != NULL:
            self.machine.give_block(self.numbers, True)

    cdef inline Vector* room_for_values(self, Py_ssize_t n) except NULL:
        """Where the Values among the arguments are kept."""
        if self.own == NULL or self.room_in_own != n:
            PyMem_Free(self.own)
            self.own = NULL
            self.own = new_vector(n)
            self.room_in_own = n
        return self.own

    @property
    def holds(self):
        """Whether all comparisons came out as they did when the program was recorded."""
        return self.holds_

    @property
    def finite(self):
        """Whether all results that must be finite are, and second derivatives lost nothing on the way."""
        return self.finite_

    def outputs(self):
        """The outputs, as floats."""
        return self.machine.outputs_in(self.numbers.at)

    def backward(self, seeds=None):
        """The gradients of the captured and of the inputs, as lists of floats; None if one is not finite, or if a
        derivative of a derivative lost digits on the way.

        seeds: the derivatives with respect to the outputs; 1 for each if left out.
        """
        cdef Machine machine = self.machine
        cdef double* given = machine.new_seeds(seeds)
        cdef Block* block = NULL
        cdef Py_ssize_t i
        try:
            if self.lost_:
                return None
            block = machine.take_block(machine.single.room, False)
            if machine.order:
                forget_marks()
            if not machine.run_back(self.numbers, block, given) or (machine.order and any_mark()):
                return None
            return ([machine.gradient_of(block.at, machine.captured_slots[i]) for i in range(machine.n_captured)],
                    [machine.gradient_of(block.at, machine.input_slots[i]) for i in range(machine.n_inputs)])
        finally:
            PyMem_Free(given)
            machine.give_block(block, False)

    cdef bint give(self, Vector* parents, double gradient) except -1:
        """To the captured, and to the Values among the arguments, which come after them."""
        return self.prepared is not None and self.give_back(parents, self.machine.n_captured, gradient)

    cdef inline bint give_back(self, Vector* given, Py_ssize_t first, double gradient) except -1:
        """given: from the first on, those of the Values among the arguments."""
        cdef Block* block = self.machine.take_block(self.machine.single.room, False)
        cdef Py_ssize_t i, at
        cdef bint finite
        try:
            finite = self.machine.run_back(self.numbers, block, &gradient)
            if finite:
                if self.machine.n_captured:
                    self.machine.hand_out(self.prepared.captured, block.at)
                for i in range(self.prepared.n_places):
                    at = self.prepared.gradients_at[i]
                    arrive(given.parents[first + i], block.at[at] if at >= 0 else 0.0)
        finally:
            self.machine.give_block(block, False)
        return finite

    cdef int keep_arguments(self, Vector* parents) except -1:
        """What the function was called with, which nobody has needed until now."""
        cdef Py_ssize_t i
        cdef list found
        if self.inputs is not None or self.prepared is None:
            return 0
        found = [self.numbers.at[self.machine.input_at[i]] for i in range(self.machine.n_inputs)]
        for i in range(self.prepared.n_places):
            found[self.prepared.places[i]] = <object>parents.parents[self.machine.n_captured + i]
        if self.arguments is None:
            self.arguments = tuple(found) if self.argument is None else (self.argument,)
        self.inputs = found
        return 0

    def __call__(self, gradient):
        """One contribution for each parent; Values for a gradient that is one. See WayBack in replay.py."""
        return self.way_back()(gradient)

    cdef object way_back(self):
        return self.prepared.WayBack(self.compiled, self.prepared.recording, self, 0, self.arguments, self.inputs)


cdef PyTypeObject* REPLAY = <PyTypeObject*>Replay
cdef void (*free_replay)(PyObject*) noexcept
free_replay = REPLAY.tp_dealloc


cdef void replay_dealloc(PyObject* o) noexcept:
    cdef PyObject* machine = <PyObject*>(<Replay>o).machine
    if (<Replay>o).machine is None or (<Replay>o).numbers == NULL or not (<Machine>machine).has_room_for_spare((<Replay>o).numbers):
        free_replay(o)
        return
    (<Replay>o).prepared = (<Replay>o).compiled = (<Replay>o).argument = None
    if (<Replay>o).arguments is not None:
        (<Replay>o).arguments = (<Replay>o).inputs = None
    if (<Replay>o).own != NULL and (<Replay>o).own.n:
        release_all((<Replay>o).own)
        free_doomed()
    Py_INCREF(machine)
    (<Replay>o).machine = None
    (<Replay>o).next_spare = <void*>(<Machine>machine).spare_replays
    (<Machine>machine).spare_replays = o
    forbid((<Replay>o).numbers.at, (<Machine>machine).numbers_in((<Machine>machine).single.room), sizeof(double))
    forbid(o, 1, REPLAY.tp_basicsize)
    Py_DECREF(machine)


REPLAY.tp_dealloc = replay_dealloc
