# The class Value: its fields and what users see of a node.

cdef tuple COMPARISONS = ("<", "<=", "==", "!=", ">", ">=")  # in the order of Python's C interface

cdef enum:
    DATA, GRAD  # the two numbers of a Value; see pairs.pxi

# What is known of a node beside its kind
cdef enum:
    VISITED = 1  # within a walk over the graph
    OVERWRITTEN = 2  # the data was set after it had been computed
    INITIALISED = 4  # if it is initialised again, its data changes
    IN_ROW = 8  # a Vector kept by row_vector points to it, perhaps without a reference
    SHARED = 16  # within a walk: it is a parent in more than one place
    DIFFERENTIATED = 32  # of a NEURON: backward() has been here
    FOUND = 64  # while leaves.pxi sorts out what it found twice
    LABELLED = 128  # LABELS has its label


cdef uint64_t clock = 0  # counts the changes of data
cdef uint32_t calls = 0  # how many calls of functions operators.py has begun; see new_call

cdef struct Vector:
    # Many parents and their numbers in the forward pass; a parent that is NULL is a plain number.
    # Several nodes may share one, as the neurons of a layer share their inputs.
    Py_ssize_t users
    Py_ssize_t n
    uint64_t walk  # the last walk over a graph that came by
    Py_ssize_t in_walk  # how many nodes of that walk share it
    double* gradients  # of the parents, within that walk; see pass_to
    uint64_t clock  # the time, in changes of data, at which the numbers were read
    PyObject* home  # the leaf that keeps this Vector for later use; see row_vector
    PyObject* name  # of the operation of a CLOSURE
    PyObject* bias  # of a NEURON
    double bias_x  # the number of the bias in the forward pass
    PyObject** parents
    double* xs


cdef inline double float_of(number, str what) except? -1.0:
    """to_float() of derivatives.py, at once for the commonest types."""
    if type(number) is float:
        return PyFloat_AS_DOUBLE(number)
    if type(number) is int:
        try:
            return PyLong_AsDouble(number)
        except OverflowError:  # to_float raises it in better words
            pass
    return to_float(number, what)


@cython.no_gc
@cython.auto_pickle(False)
cdef class Value:
    cdef double* at  # its data and its grad: its own pair, or one in a buffer
    cdef double[2] pair
    cdef uint8_t kind, flags, in_slab
    cdef uint8_t place  # of the operation in table.c; of a NEURON the kind of its activation, LEAF for none
    cdef uint32_t born  # how many calls had begun
    cdef void* a  # the first parent, NULL if it is a plain number; or the Vector of all parents; or see row_vector
    cdef void* b  # the second parent, likewise; or the second Vector of a dot; or the closure of a CLOSURE; or NULL,
                  # or op and local gradient, if a LEAF was given any, as a tuple
    cdef double x, y  # the numbers of the forward pass; of a NEURON the sum and the dot
    cdef PyObject* own  # a dict of attributes that a user gave it, or NULL; the garbage collector does not track it
    cdef object __weakref__

    def __cinit__(self):
        self.at = self.pair

    def __init__(self, data, parents=(), op="", local_gradient=None, label="", *, _children=(), _op=""):
        global clock
        parents, op = _children or parents, _op or op
        cdef double x = float_of(data, "the data of a Value")
        cdef PyObject* given
        parents = () if type(parents) is tuple and not parents else checked_parents(parents)
        self.label = label
        # only now, because all this may have run any code, which may have changed this Value
        if self.kind != LEAF:
            raise TypeError("a Value is initialised once")
        if self.flags & INITIALISED:
            clock += 1  # its data changes
        self.flags |= INITIALISED
        self.born = calls
        self.at[GRAD] = 0.0
        self.at[DATA] = x
        given = <PyObject*>self.b
        self.b = NULL
        try:
            if parents:
                if recording():
                    record_closure(self, parents, op, local_gradient)
            elif type(op) is str and op == "constant":
                self.kind = CONSTANT
            elif type(op) is not str or op or local_gradient is not None:
                own = (op, local_gradient)
                Py_INCREF(<PyObject*>own)
                self.b = <void*>own
        finally:
            Py_XDECREF(given)  # last, because its end may run any code too

    def __dealloc__(self):  # of an OwnValue; a Value has value_dealloc
        release_own(<PyObject*>self)
        release_label(<PyObject*>self)
        release_parents(<PyObject*>self)

    @property
    def data(self):
        """The number."""
        if any_tracer():
            tell_read("data")
        return self.at[DATA]

    @data.setter
    def data(self, number):
        global clock
        cdef double x = float_of(number, "the data of a Value")
        if any_tracer():
            tell_read("set")
        self.at[DATA] = x
        self.flags |= OVERWRITTEN
        clock += 1

    @property
    def _data(self):
        return self.at[DATA]

    @property
    def _born(self):
        return self.born

    @property
    def grad(self):
        """The derivative of the result of backward() with respect to this number."""
        if any_tracer():
            tell_read("grad")
        return self.at[GRAD]

    @grad.setter
    def grad(self, number):
        cdef double x = float_of(number, "the grad of a Value")
        if any_tracer():
            tell_read("set")
        if self.kind == NEURON:
            split_neuron(self)
        self.at[GRAD] = x

    @property
    def label(self):
        """A name to show in pictures and errors."""
        if any_tracer():
            tell_looked(self, "label")
        return label_of(self)

    @label.setter
    def label(self, text):
        release_label(<PyObject*>self)
        self.flags &= ~LABELLED
        if type(text) is not str or text:
            LABELS[<size_t><void*>self] = text
            self.flags |= LABELLED
        free_doomed()

    @property
    def op(self):
        """The name of the operation; "" for a leaf; "constant" for a plain number that met a Value."""
        if any_tracer():
            tell_looked(self, "op")
        if self.kind == CLOSURE:
            return <object>(<Vector*>self.a).name
        if self.kind <= CONSTANT:
            return "constant" if self.kind == CONSTANT else (<tuple>self.b)[0] if self.b != NULL else ""
        return operation_of(self).name

    @property
    def parents(self):
        """The Values that this one was computed from."""
        if any_tracer():
            tell_looked(self, "parents")
        materialise(self)
        cdef Py_ssize_t i, n = count(self)
        return tuple([<object>parent_at(self, i) for i in range(n)])

    @property
    def local_gradient(self):
        """From the gradient that arrives here to one contribution per parent."""
        if any_tracer():
            tell_looked(self, "local_gradient")
        if self.kind <= CONSTANT:
            return (<tuple>self.b)[1] if self.b != NULL else None
        if self.kind == CLOSURE:
            return closure_of(self)
        materialise(self)
        return MethodType(chain_rule, (operation_of(self), self.parents, result_of(self), numbers_of(self)))

    @local_gradient.setter
    def local_gradient(self, closure):
        set_closure(self, closure)

    @cython.binding(False)
    def backward(self):
        """Apply the chain rule from this node back to the leaves.

        Afterwards the grad of every node in between is the derivative of this node with respect to it. That of a
        leaf has grown by this derivative: over several calls the gradients of leaves add up. If a local_gradient
        fails, its error is raised and every grad stays as it was.
        """
        if any_tracer():
            tell_read("backward")
        differentiate(self)

    @cython.binding(False)
    def detach(self):
        """A new leaf with the same data and label, through which no gradient flows back."""
        cdef Value leaf
        if any_tracer():
            listener = tracer()
            if listener is not None:
                return listener.held(self)
        leaf = new(self.at[DATA])
        leaf.label = self.label
        return leaf

    @staticmethod
    def __operation__(op, operands):
        """Records an operation of the table that was called with Values among its operands."""
        operands = [x if type(x) is Value or type(x) is float or isinstance(x, Value)
                    else to_float(x, f"an operand of '{op.name}'") for x in operands]
        node = applied(CODES.get(op, CLOSURE), operands)
        if node is None:
            node = record_closed(op, tuple([x if isinstance(x, Value) else _constant(x) for x in operands]))
        return node

    def __add__(a, b):
        if type(a) is Value and type(b) is Value:
            return record(ADD, (<Value>a).at[DATA] + (<Value>b).at[DATA], (<Value>a).at[DATA], (<Value>b).at[DATA], <PyObject*>a, <PyObject*>b)
        return binary(ADD, a, b)

    def __sub__(a, b):
        if type(a) is Value and type(b) is Value:
            return record(SUB, (<Value>a).at[DATA] - (<Value>b).at[DATA], (<Value>a).at[DATA], (<Value>b).at[DATA], <PyObject*>a, <PyObject*>b)
        return binary(SUB, a, b)

    def __mul__(a, b):
        if type(a) is Value and type(b) is Value:
            return record(MUL, (<Value>a).at[DATA] * (<Value>b).at[DATA], (<Value>a).at[DATA], (<Value>b).at[DATA], <PyObject*>a, <PyObject*>b)
        return binary(MUL, a, b)

    def __truediv__(a, b):
        return binary(DIV, a, b)

    def __pow__(a, b, modulus):
        return binary(POW, a, b) if modulus is None else NotImplemented

    def __mod__(a, b):
        return binary(TWO, a, b, REMAINDER)

    def __floordiv__(a, b):
        return binary(TWO, a, b, FLOOR_DIVIDE)

    def __divmod__(a, b):
        quotient = binary(TWO, a, b, FLOOR_DIVIDE)
        return NotImplemented if quotient is NotImplemented else (quotient, binary(TWO, a, b, REMAINDER))

    def __xor__(a, b):
        return whole_numbers.refuse_xor(a, b)

    def __int__(self):
        return whole_numbers.refuse_int(self)

    def __neg__(self):
        return unary(NEG, self)

    def __pos__(self):
        return self

    @cython.binding(False)
    def exp(self):
        """autograd.exp of this Value, as a new Value."""
        return unary(EXP, self)

    @cython.binding(False)
    def log(self):
        """autograd.log of this Value, as a new Value."""
        return unary(LOG, self)

    @cython.binding(False)
    def sqrt(self):
        """autograd.sqrt of this Value, as a new Value."""
        return unary(SQRT, self)

    @cython.binding(False)
    def tanh(self):
        """autograd.tanh of this Value, as a new Value."""
        return unary(TANH, self)

    @cython.binding(False)
    def sigmoid(self):
        """autograd.sigmoid of this Value, as a new Value."""
        return unary(SIGMOID, self)

    @cython.binding(False)
    def relu(self):
        """autograd.relu of this Value, as a new Value."""
        return unary(RELU, self)

    @cython.binding(False)
    def softplus(self):
        """autograd.softplus of this Value, as a new Value."""
        return unary(SOFTPLUS, self)

    def __abs__(self):
        return unary(ABS, self)

    def __richcmp__(self, other, int comparison):
        cdef double x, y
        cdef PyObject* parent
        cdef bint outcome
        if comparison == Py_EQ or comparison == Py_NE:
            listener = tracer() if any_tracer() else None
            if listener is not None:
                found = listener.equal(self, other)
                if found is not NotImplemented:
                    return found is (comparison == Py_EQ)
            elif isinstance(other, Value) and other is not self and (<Value>other).at[DATA] == self.at[DATA]:
                note_tie(self, other)
            if type(other) is float or (not isinstance(other, Value) and isinstance(other, Number)):
                return PyObject_RichCompare(self.at[DATA], other, comparison)
            return NotImplemented
        if type(other) is not float and not isinstance(other, Value) and (
                isinstance(other, (int, float)) or isinstance(other, Number)):  # a Decimal too
            outcome = PyObject_RichCompare(self.at[DATA], other, comparison)  # exactly, without rounding the other
        else:
            if not read(other, &y, &parent):
                return NotImplemented
            x = self.at[DATA]
            if comparison == Py_LT:
                outcome = x < y
            elif comparison == Py_LE:
                outcome = x <= y
            else:
                outcome = x > y if comparison == Py_GT else x >= y
        if any_tracer():
            tell_compared(COMPARISONS[comparison], self, other, outcome)
        return outcome

    def __hash__(self):
        listener = tracer() if any_tracer() else None
        if listener is not None:
            found = listener.hashed(self)
            if found is not None:
                return found
        return <Py_hash_t>(<size_t><void*>self >> 4)

    def __bool__(self):
        if any_tracer():
            tell_compared("!=", self, 0.0, self.at[DATA] != 0.0)
        return self.at[DATA] != 0.0

    def __float__(self):
        raise no_float()

    def __repr__(self):
        listener = tracer() if any_tracer() else None
        if listener is not None:
            found = listener.shown(self)
            if found is not None:
                return found
        label = f", label={label_of(self)!r}" if label_of(self) else ""
        return f"Value(data={self.at[DATA]!r}, grad={self.at[GRAD]!r}{label})"


cdef class OwnValue(Value):
    # A Value whose closure comes from outside. It is tracked by the garbage collector, because the closure may
    # refer to the Value itself.
    cdef object closure


def new_call():
    """Begin a call: its number, from which on nodes are newer than the call; 0 when there are no more numbers."""
    global calls
    if calls == 0xFFFFFFFF:
        return 0
    calls += 1
    return calls


cdef newfunc new_value = (<PyTypeObject*>Value).tp_new
cdef newfunc new_own_value = (<PyTypeObject*>OwnValue).tp_new


cdef object parents_in(dict keywords):
    return keywords.get("_children") or keywords.get("parents", ())


cdef object chosen_new(type kind, PyObject* args, PyObject* kwargs):
    given = (<tuple>args)[1] if len(<tuple>args) > 1 else parents_in(<dict>kwargs) if kwargs != NULL else ()
    if kind is Value and not (type(given) is tuple and not given):
        return new_own_value(OwnValue, args, kwargs)
    return new_value(kind, args, kwargs)


cdef object called(PyObject* kind, PyObject** args, size_t counted, PyObject* names):
    """Value(...): a shorter way for the commonest case, one number; otherwise what calling a type always does."""
    cdef Py_ssize_t i, n = PyVectorcall_NARGS(counted)
    if names == NULL and n == 1:
        if type(<object>args[0]) is float:
            return new(PyFloat_AS_DOUBLE(<object>args[0]))
        if type(<object>args[0]) in REAL_TYPES:
            try:
                return new(<object>args[0])
            except (OverflowError, TypeError):  # __init__ raises it in better words
                pass
    positional = tuple([<object>args[i] for i in range(n)])
    keywords = {}
    if names != NULL:
        for i in range(len(<tuple>names)):
            keywords[(<tuple>names)[i]] = <object>args[n + i]
    return (<PyTypeObject*>type).tp_call(<object>kind, positional, <PyObject*>keywords)


(<PyTypeObject*>Value).tp_new = <newfunc>chosen_new
(<PyTypeObject*>Value).tp_vectorcall = <void*>called
(<PyTypeObject*>Value).tp_dealloc = value_dealloc
(<PyTypeObject*>Value).tp_name = "autograd.value.Value"  # where pickle looks, in either engine
(<PyTypeObject*>OwnValue).tp_name = "autograd.value.Value"
