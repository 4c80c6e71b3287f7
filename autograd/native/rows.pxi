# Runs many examples at once: the rows of the arguments go through a machine in blocks of lanes.

from cpython.buffer cimport PyBUF_FORMAT, PyBUF_C_CONTIGUOUS, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport int64_t


cdef enum:
    BLOCK_BYTES = 1 << 18  # about how large the numbers of a block of lanes are


class Misses:
    """Why there is no result for many examples, and nothing was changed.

    guards: the rows in which a comparison comes out otherwise than recorded.
    not_finite: the other rows in which a result is not finite, or not defined.
    If both are empty, a sum over the rows, or a gradient, is not finite.
    """

    def __init__(self, guards, not_finite):
        self.guards, self.not_finite = guards, not_finite

    def __repr__(self):
        return f"Misses(guards={self.guards}, not_finite={self.not_finite})"


cdef struct Column:
    # Some of the inputs in all rows: number k of row r is at[r * row + k * number]
    double* at
    Py_ssize_t first, n, row, number


cdef enum:
    FEW = 6

@cython.no_gc_clear
cdef class Rows(Way):
    """One pass over many examples, in blocks of lanes. It may be the local gradient of its result; see node()."""

    cdef Machine machine
    cdef bint per_row, averaged  # by the reduction
    cdef Route* plan  # of all blocks
    cdef Route* last  # of the last one
    cdef Py_ssize_t n, n_blocks
    cdef Column* columns
    cdef Column few_columns[FEW]
    cdef double few_results[FEW]
    cdef double few_seeds[FEW]
    cdef Py_ssize_t n_columns, room_for_columns
    cdef tuple captured
    cdef list values  # of the arguments: row, place and Value of each, one after the other
    cdef object kept  # arrays that the pointers point to: pairs of one and the pairs before it
    cdef Room room  # what the other pointers point to
    cdef Plan plan_, last_
    cdef Block* numbers
    cdef Block* gradients
    cdef double* results  # sums of the outputs over the rows, or the outputs of each row
    cdef double* input_gradients
    cdef list guards_missed, rows_not_finite
    cdef object way_back  # a function that makes the Python form of this local gradient
    cdef bint finite, whole  # whole: the numbers of all rows are still there

    def __cinit__(self, Machine machine not None, reduction):
        self.machine = machine
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(f"the reduction is 'mean', 'sum' or 'none', got {reduction!r}")
        self.per_row, self.averaged = reduction == "none", reduction == "mean"
        self.finite = True
        self.n = -1

    def __dealloc__(self):
        if self.machine is not None:
            self.machine.give_block(self.numbers, True)
            self.machine.give_block(self.gradients, False)

    cdef void* take(self, Py_ssize_t n, Py_ssize_t size) except NULL:
        """Memory for n things that lives as long as the rows."""
        if self.room is None:
            self.room = Room()
        return self.room.take(n, size)

    # Reading

    cdef int read(self, captured, arguments, bint keep) except -1:
        """keep: whether the numbers are needed after this call. By then those in arrays may have changed."""
        cdef Structure structure = self.machine.arguments
        cdef Py_ssize_t i, blocks, width, uniform
        cdef Py_ssize_t k = 0
        cdef Structure child
        arguments = tuple(arguments)
        if structure.form != A_SEQUENCE or len(arguments) != len(structure.children):
            raise ValueError(f"{len(structure.children or ())} arguments are needed, got {len(arguments)}")
        self.room_for_columns = max(structure.n, FEW)  # each has a number at least
        self.columns = &self.few_columns[0] if structure.n <= FEW else <Column*>self.take(structure.n, sizeof(Column))
        i = 0
        for argument in arguments:
            child = structure.children[k]
            self.read_column(child, argument, i, (k,))
            i += child.n
            k += 1
        if self.n < 1:
            raise ValueError("there are no rows")
        uniform = self.machine.single.uniform_room  # each block reads all of these: the more there are, the fewer blocks
        width = max(BLOCK_BYTES // 8, 2 * uniform) // max(1, self.machine.single.room - uniform) // 8 * 8
        width = max(8, width)
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
        i = product_of(self.n if self.per_row else 1, self.machine.n_outputs)
        self.results = &self.few_results[0] if i <= FEW else <double*>self.take(i, sizeof(double))
        memset(self.results, 0, i * sizeof(double))
        return 0

    cdef int read_column(self, Structure structure, argument, Py_ssize_t first, tuple path) except -1:
        """The rows of an argument, or of a part of it. path: the number of the argument, and the keys in dicts."""
        cdef Py_ssize_t row = 0, i
        cdef double* to
        cdef Reader reader
        cdef list seen = None
        if structure.form == A_DICT and isinstance(argument, dict):
            if set(argument) != set(structure.keys):
                raise ValueError(f"{named(path)} has other keys than at the first call")
            for key, child in zip(structure.keys, structure.children):
                self.read_column(child, argument[key], first, (*path, key))
                first += (<Structure>child).n
            return 0
        if type(argument) is array_type and self.read_doubles(structure, argument, first, path):
            return 0
        if type(argument) is not list and is_an_array(argument) and argument.dtype.kind != "O":
            return self.read_rows_of_array(structure, argument, first, path)
        if not isinstance(argument, (list, tuple)) and not is_an_array(argument):
            raise TypeError(
                f"{named(path)} is of type {type(argument).__name__}, where a list, tuple or array of rows is needed")
        if type(argument) is not list and type(argument) is not tuple:
            argument = [item for item in argument]  # a list that says how many there are
        self.count_rows(len(argument), path)
        to = <double*>self.take(structure.n, product_of(self.n, sizeof(double)))
        reader.stride, reader.room = self.n, first + structure.n
        seen = []
        reader.values = <PyObject*>seen
        for item in argument:
            if row == self.n:
                raise RuntimeError(f"{named(path)} changed while its numbers were read")
            reader.to = to + row
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
        return self.add_column(to, first, structure.n, 1, self.n)

    cdef bint read_doubles(self, Structure structure, array, Py_ssize_t first, tuple path) except -1:
        """Whether the array has rows of this shape, of doubles or whole numbers of 64 bits that lie side by side; they
        are read. This is the quick way: no attribute of the array is asked for."""
        cdef Buffer buffer = Buffer.__new__(Buffer)
        cdef Py_ssize_t k
        cdef double* at
        cdef tuple shape
        if structure.shape is None or not buffer.takes(array, True):
            return False
        shape = structure.shape
        if buffer.view.ndim != len(shape) + 1:
            return False
        for k in range(len(shape)):
            if buffer.view.shape[k + 1] != <Py_ssize_t>shape[k]:
                return False
        self.count_rows(buffer.view.shape[0], path)
        if buffer.view.len != product_of(structure.n, product_of(self.n, sizeof(double))):
            return False
        at = <double*>buffer.view.buf
        if buffer.whole:
            at = <double*>self.take(self.n, product_of(structure.n, sizeof(double)))
            for k in range(buffer.view.len // <Py_ssize_t>sizeof(double)):
                at[k] = <double>(<int64_t*>buffer.view.buf)[k]
        else:
            self.kept = buffer, self.kept
        self.add_column(at, first, structure.n, structure.n, 1)
        return True

    cdef int read_rows_of_array(self, Structure structure, array, Py_ssize_t first, tuple path) except -1:
        global array_type
        cdef Buffer buffer
        if array.dtype.kind not in "fiu":
            raise TypeError(f"{named(path)} is an array of {array.dtype}, and real numbers are needed")
        shape = array.shape
        if structure.shape is None or shape[1:] != structure.shape:
            raise ValueError(
                f"{named(path)} has rows of the shape {shape[1:]}, and had {structure.shape} at the first call")
        self.count_rows(shape[0], path)
        buffer = Buffer.__new__(Buffer)
        if not buffer.takes(array, False) and not buffer.takes(array.astype(float, order="C"), False):
            raise TypeError(f"{named(path)} is an array of {array.dtype} that gives no doubles")
        if type(array).__name__ == "ndarray":
            array_type = type(array)
        self.kept = buffer, self.kept
        if buffer.view.len != product_of(structure.n, product_of(self.n, sizeof(double))):
            raise RuntimeError(f"{named(path)} changed while its numbers were read")
        return self.add_column(<double*>buffer.view.buf, first, structure.n, structure.n, 1)

    cdef int count_rows(self, Py_ssize_t n, tuple path) except -1:
        if self.n >= 0 and n != self.n:
            raise ValueError(f"{named(path)} has {n} rows, and those before it {self.n}")
        self.n = n
        return 0

    cdef int add_column(self, double* at, Py_ssize_t first, Py_ssize_t n, Py_ssize_t row, Py_ssize_t number) except -1:
        """The only place where columns are counted. Rows of empty containers are none."""
        if n == 0:
            return 0
        if self.n_columns == self.room_for_columns:
            raise SystemError("there are more columns than numbers in a row")
        self.columns[self.n_columns] = Column(at, first, n, row, number)
        self.n_columns += 1
        return 0

    cdef int keep_columns(self) except -1:
        cdef Py_ssize_t i, n
        cdef double* copy
        for i in range(self.n_columns):
            if self.columns[i].number == 1 and self.columns[i].row == self.columns[i].n:
                n = product_of(self.n, self.columns[i].n)
                copy = <double*>self.take(n, sizeof(double))
                memcpy(copy, self.columns[i].at, n * sizeof(double))
                self.columns[i].at = copy
        return 0

    # Running

    cdef int sweep(self, bint forwards, bint backwards, seeds) except -1:
        """Over all blocks. What comes out is in results, gradients, input_gradients, and the lists of misses."""
        cdef Machine machine = self.machine
        cdef double* seed = NULL
        cdef Py_ssize_t i, j, n_seeds = product_of(machine.n_outputs, self.n if self.per_row else 1)
        cdef double work = self.plan.work * self.n_blocks
        if backwards:
            seed = &self.few_seeds[0] if n_seeds <= FEW else <double*>self.take(n_seeds, sizeof(double))
            if seeds is not None:
                seeds = tuple([numbers_of_seeds(row) for row in seeds]) if self.per_row else numbers_of_seeds(seeds)
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
                self.input_gradients = <double*>self.take(self.n, product_of(machine.n_inputs, sizeof(double)))
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
        cdef bint lost = False
        m.lanes, m.numbers, m.used, m.work = self.machine.lanes, self.numbers.at, 1, 0
        m.scratch = self.numbers.at + self.plan.room
        if forwards:
            if self.machine.order > 1:
                forget_marks()
            forward(plan, &m, 0, n_uniform, &failure)
            lost = self.machine.order > 1 and any_mark()
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
                if self.machine.order > 1:
                    forget_marks()
                forward(plan, &m, n_uniform, plan.n_steps, &failure)
            if forwards:
                if lost or (self.machine.order > 1 and any_mark()):
                    self.finite = False
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
        self.finite = False
        if self.guards_missed is None:
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


    def node(self, captured, name, at_once, way_back):
        """The only output, a mean or sum, as a Value with the captured as its parents.

        at_once: whether these are leaves. way_back: a function that answers a local gradient in Python.
        """
        self.way_back, self.to_leaves = way_back, at_once
        if not recording():
            return new(self.results[0])
        return new_result(self.results[0], self.machine.parents_for(captured, name), self)

    cdef bint give(self, Vector* parents, double gradient) except -1:
        self.sweep(False, True, (gradient,))
        if not self.finite:
            self.finite = True
            return False
        self.machine.hand_out(self.captured, self.gradients.at)
        return True

    def __call__(self, gradient):
        """One contribution for each parent; Values for a gradient that is one. See WayBackOfRows in replay.py."""
        return self.way_back(self)(gradient)


cdef str named(tuple path):
    """The name of an argument in errors."""
    return f"argument {path[0]}" + "".join([f"[{key!r}]" for key in path[1:]])


cdef bint check_all(Check* check, double* numbers, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t l
    cdef Py_ssize_t wrong = 0
    for l in range(n):
        wrong += comes_out(check.comparison, numbers[check.left + l * check.left_step],
                           numbers[check.right + l * check.right_step]) != check.outcome
    return wrong == 0


cdef object array_type = None  # that of NumPy, once rows were in one


cdef class Buffer:
    # The memory of an array of numbers, held as long as this lives
    cdef Py_buffer view
    cdef bint held
    cdef bint whole

    cdef bint takes(self, array, bint whole_too) except -1:
        """Whether the numbers are doubles that lie side by side, or whole numbers of 64 bits; then it holds them."""
        cdef char letter
        try:
            PyObject_GetBuffer(array, &self.view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT)
        except (ValueError, BufferError):
            return False
        letter = self.view.format[0] if self.view.format[1] == 0 else 0
        self.whole = whole_too and (letter == b"l" or letter == b"q") and self.view.itemsize == sizeof(double)
        self.held = self.whole or letter == b"d"
        if not self.held:
            PyBuffer_Release(&self.view)
        return self.held

    def __dealloc__(self):
        if self.held:
            PyBuffer_Release(&self.view)
