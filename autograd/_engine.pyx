# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: c_api_binop_methods=True
"""The native engine: the Value of engine.py in C fields, without detours through Python objects.

What engine.py says of Value, backward() and topological_order() holds here too, bit for bit. The operations used
most are written out; all others go through the table, by engine.py's own recorder. What makes it fast:

- The numbers of the forward pass, and the one or two parents, are C fields; many parents are one Vector.
  The partial derivatives are computed in backward(), from the numbers of the forward pass.
- A plain number that meets a Value is kept as a number. It becomes a node when somebody asks for the parents.
- Values are not tracked by the garbage collector, for of themselves they form no cycle. The exception is a Value
  with a closure from outside, which may refer to itself: an OwnValue, which is tracked. (A cycle that somebody
  makes through an untracked result is not found.)
- Freed memory is kept for the next Values, and a graph is freed without recursion.
"""

cimport cython
from cpython.exc cimport PyErr_CheckSignals
from cpython.float cimport PyFloat_AS_DOUBLE
from cpython.mem cimport PyMem_Free, PyMem_Malloc, PyMem_Realloc
from cpython.object cimport PyObject_RichCompare, Py_EQ, Py_GE, Py_GT, Py_LE, Py_LT, Py_NE, PyObject, newfunc
from libc.math cimport exp as c_exp
from libc.math cimport fabs, floor, isfinite, isinf, isnan, log1p
from libc.math cimport log as c_log
from libc.math cimport pow as c_pow
from libc.math cimport sqrt as c_sqrt
from libc.math cimport tanh as c_tanh
from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memcmp

from collections.abc import Iterable
from functools import partial
from numbers import Real

from autograd import derivatives as table
from autograd.derivatives import to_float
from autograd.engine import _method, _recorder
from autograd.mistakes import about_closure, checked_parents
from autograd.recording import is_paused, paused

cdef extern from *:
    """
    /* a * b + c rounds twice, as it does in Python: no fused multiply-add */
    #if defined(__clang__)
    #pragma STDC FP_CONTRACT OFF
    #elif defined(__GNUC__)
    #pragma GCC optimize ("fp-contract=off")
    #elif defined(_MSC_VER)
    #pragma fp_contract (off)
    #endif
    """

cdef extern from "Python.h":
    Py_ssize_t Py_REFCNT(PyObject*)
    void Py_INCREF(PyObject*)
    void Py_DECREF(PyObject*)
    void Py_XDECREF(PyObject*)
    Py_ssize_t PyList_GET_SIZE(PyObject*)
    Py_ssize_t PyVectorcall_NARGS(size_t)
    void PyErr_Fetch(PyObject**, PyObject**, PyObject**)
    void PyErr_Restore(PyObject*, PyObject*, PyObject*)
    void* PyObject_Malloc(size_t)
    PyObject* PyObject_Init(PyObject*, PyTypeObject*)
    void _Py_NewReference(PyObject*)
    void PyObject_ClearWeakRefs(PyObject*)
    PyTypeObject* Py_TYPE(PyObject*)
    ctypedef struct PyTypeObject:
        const char* tp_name
        Py_ssize_t tp_basicsize
        Py_ssize_t tp_weaklistoffset
        newfunc tp_new
        object (*tp_call)(object, object, PyObject*)
        void* tp_vectorcall
        void (*tp_dealloc)(PyObject*) noexcept
        void (*tp_free)(void*) noexcept

    ctypedef struct PyListObject:
        PyObject** ob_item

cdef extern from *:
    """
    #define OWNED(pointer) ((PyObject*)(pointer))
    """
    object OWNED(void*)  # a pointer whose reference is ours already, as an object

cdef double INFINITY = float("inf")
cdef double NAN = float("nan")

# The kinds of nodes. A LEAF has no parents; a CLOSURE has its local gradient from outside; the others are operations
# with one parent (NEG to RELU), two (ADD to POW) or a Vector of parents (MAX to DOT).
cdef enum:
    LEAF, CONSTANT, CLOSURE, NEG, EXP, LOG, SQRT, TANH, SIGMOID, RELU, ADD, SUB, MUL, DIV, POW
    MAX, MIN, SUM, MEAN, LOGSUMEXP, DOT

cdef list OPERATIONS = [
    None, None, None, table.negative, table.exp, table.log, table.sqrt, table.tanh, table.sigmoid, table.relu,
    table.add, table.subtract, table.multiply, table.divide, table.power,
    table.maximum, table.minimum, table.total, table.mean, table.logsumexp, table.dot,
]
cdef dict KINDS = {operation: kind for kind, operation in enumerate(OPERATIONS) if operation is not None}
cdef list PAUSED = paused
cdef uint64_t clock = 0  # counts the changes of data
cdef uint64_t walks = 0  # counts the walks over graphs

# What is known of a node beside its kind
cdef enum:
    VISITED = 1  # within a walk over the graph
    FIXED = 2  # x and y, or the xs, are the partial derivatives: the data was set after it had been computed
    INITIALISED = 4  # if it is initialised again, its data changes
    IN_ROW = 8  # a Vector kept by row_vector points to it, perhaps without a reference


cdef struct Vector:
    # Many parents and their numbers in the forward pass; a parent that is NULL is a plain number.
    # Several nodes may share one, as the neurons of a layer share their inputs.
    Py_ssize_t users
    Py_ssize_t n
    uint64_t walk  # the last walk over a graph that came by
    uint64_t clock  # the time, in changes of data, at which the numbers were read
    PyObject* home  # the leaf that keeps this Vector for later use; see row_vector
    PyObject* name  # of the operation of a CLOSURE
    PyObject** parents
    double* xs


@cython.no_gc
cdef class Value:
    cdef double data_, grad_
    cdef void* a  # the first parent, NULL if it is a plain number; or the Vector of all parents; or see row_vector
    cdef void* b  # the second parent, likewise; or the second Vector of a dot; or the closure of a CLOSURE
    cdef double x, y  # the numbers of the forward pass
    cdef PyObject* label_  # NULL for ""
    cdef uint8_t kind, flags
    cdef object __weakref__

    def __init__(self, data, parents=(), op="", local_gradient=None, label=""):
        global clock
        if self.kind != LEAF:
            raise TypeError("a Value is initialised once")
        if self.flags & INITIALISED:
            clock += 1  # its data changes
        self.flags |= INITIALISED
        self.grad_ = 0.0
        self.data_ = PyFloat_AS_DOUBLE(data) if type(data) is float else to_float(data, "the data of a Value")
        self.label = label
        parents = () if type(parents) is tuple and not parents else checked_parents(parents)
        if op == "constant" and not parents:
            self.kind = CONSTANT
        if parents and not is_paused():
            record_closure(self, parents, op, local_gradient)

    def __dealloc__(self):  # of an OwnValue; a Value has value_dealloc
        Py_XDECREF(self.label_)
        release_parents(<PyObject*>self)

    @property
    def data(self):
        """The number."""
        return self.data_

    @data.setter
    def data(self, number):
        global clock
        cdef double x = to_float(number, "the data of a Value")
        fix(self)
        self.data_ = x
        clock += 1

    @property
    def _data(self):
        return self.data_

    @property
    def grad(self):
        """The derivative of the result of backward() with respect to this number."""
        return self.grad_

    @grad.setter
    def grad(self, number):
        self.grad_ = to_float(number, "the grad of a Value")

    @property
    def label(self):
        """A name to show in pictures and errors."""
        return "" if self.label_ == NULL else <object>self.label_

    @label.setter
    def label(self, text):
        cdef PyObject* before = self.label_
        self.label_ = NULL
        if type(text) is not str or text:
            self.label_ = <PyObject*>text
            Py_INCREF(self.label_)
        Py_XDECREF(before)

    @property
    def op(self):
        """The name of the operation; "" for a leaf; "constant" for a plain number that met a Value."""
        if self.kind == CLOSURE:
            return <object>(<Vector*>self.a).name
        return "" if self.kind == LEAF else "constant" if self.kind == CONSTANT else OPERATIONS[self.kind].name

    @property
    def parents(self):
        """The Values that this one was computed from."""
        materialise(self)
        cdef Py_ssize_t i, n = count(self)
        return tuple([<object>parent_at(self, i) for i in range(n)])

    @property
    def local_gradient(self):
        """From the gradient that arrives here to one contribution per parent."""
        if self.kind <= CONSTANT:
            return None
        return closure_of(self) if self.kind == CLOSURE else partial(chain_rule, self)

    @cython.binding(False)
    def backward(self):
        """Apply the chain rule from this node back to the leaves.

        Afterwards the grad of every node in between is the derivative of this node with respect to it. That of a
        leaf has grown by this derivative: over several calls the gradients of leaves add up. If a local_gradient
        fails, its error is raised and every grad stays as it was.
        """
        cdef Py_ssize_t i, n = 0
        cdef PyObject** order = walk(self, &n)
        cdef double* before = <double*>PyMem_Malloc(n * sizeof(double))
        cdef PyObject* node
        cdef bint done = False
        if before == NULL:
            forget_walk(order, n)
            PyMem_Free(order)
            raise MemoryError
        for i in range(n):
            node = order[i]
            (<Value>node).flags &= ~VISITED
            before[i] = (<Value>node).grad_
            (<Value>node).grad_ = 0.0
        self.grad_ = 1.0
        try:
            for i in range(n - 1, -1, -1):
                node = order[i]
                if (<Value>node).kind == LEAF:  # all that comes has come, for all its children were before it
                    (<Value>node).grad_ = before[i] + (<Value>node).grad_
                elif (<Value>node).kind == CONSTANT:
                    (<Value>node).grad_ = before[i]
                else:
                    pass_back(node)
                if i & 0xFFFF == 0xFFFF:
                    PyErr_CheckSignals()
            done = True
        finally:
            if not done:
                for i in range(n):
                    (<Value>order[i]).grad_ = before[i]
            PyMem_Free(before)
            PyMem_Free(order)

    @cython.binding(False)
    def detach(self):
        """A new leaf with the same data and label, through which no gradient flows back."""
        cdef Value leaf = new(self.data_)
        leaf.label = self.label
        return leaf

    @staticmethod
    def __operation__(op, operands):
        """How the table's operations, called with Values among their operands, come to be recorded."""
        what = f"an operand of '{op.name}'"
        operands = [x if isinstance(x, Value) else to_float(x, what) for x in operands]
        cdef int kind = KINDS.get(op, CLOSURE)
        if kind == DOT and operands and len(operands) % 2 == 0:
            return dot_of(operands[:len(operands) // 2], operands[len(operands) // 2:])
        if MAX <= kind < DOT and operands:
            return many(kind, operands)
        if ADD <= kind < MAX and len(operands) == 2:
            return binary(kind, operands[0], operands[1])
        if NEG <= kind < ADD and len(operands) == 1:
            return unary(kind, operands[0])
        return _recorder(op)(*[x if isinstance(x, Value) else _constant(x) for x in operands])

    def __add__(a, b):
        if type(a) is Value and type(b) is Value:
            return record(ADD, (<Value>a).data_ + (<Value>b).data_, (<Value>a).data_, (<Value>b).data_, <PyObject*>a, <PyObject*>b)
        return binary(ADD, a, b)

    def __sub__(a, b):
        if type(a) is Value and type(b) is Value:
            return record(SUB, (<Value>a).data_ - (<Value>b).data_, (<Value>a).data_, (<Value>b).data_, <PyObject*>a, <PyObject*>b)
        return binary(SUB, a, b)

    def __mul__(a, b):
        if type(a) is Value and type(b) is Value:
            return record(MUL, (<Value>a).data_ * (<Value>b).data_, (<Value>a).data_, (<Value>b).data_, <PyObject*>a, <PyObject*>b)
        return binary(MUL, a, b)

    def __truediv__(a, b):
        return binary(DIV, a, b)

    def __pow__(a, b, modulus):
        return binary(POW, a, b) if modulus is None else NotImplemented

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

    def __abs__(self):
        return _recorder(table.absolute)(self)

    exp2, expm1, softplus = map(_method, (table.exp2, table.expm1, table.softplus))
    log2, log10, log1p = map(_method, (table.log2, table.log10, table.log1p))
    cbrt, erf, erfc = map(_method, (table.cbrt, table.erf, table.erfc))
    sin, cos, tan = map(_method, (table.sin, table.cos, table.tan))
    asin, acos, atan = map(_method, (table.asin, table.acos, table.atan))
    sinh, cosh = map(_method, (table.sinh, table.cosh))
    asinh, acosh, atanh = map(_method, (table.asinh, table.acosh, table.atanh))
    silu, gelu = map(_method, (table.silu, table.gelu))
    arcsin, arccos, arctan, arcsinh, arccosh, arctanh = asin, acos, atan, asinh, acosh, atanh  # as NumPy calls them

    @cython.binding(False)
    def conjugate(self):
        """This Value, which is real; NumPy asks for it."""
        return self

    def __richcmp__(self, other, int comparison):
        cdef double x, y
        cdef PyObject* parent
        if comparison == Py_EQ or comparison == Py_NE:
            return NotImplemented
        if type(other) is not float and not isinstance(other, Value) and isinstance(other, (int, float, Real)):
            return PyObject_RichCompare(self.data_, other, comparison)  # exactly, without rounding the other
        if not read(other, &y, &parent):
            return NotImplemented
        x = self.data_
        if comparison == Py_LT:
            return x < y
        if comparison == Py_LE:
            return x <= y
        return x > y if comparison == Py_GT else x >= y

    def __hash__(self):
        return <Py_hash_t>(<size_t><void*>self >> 4)

    def __bool__(self):
        return self.data_ != 0.0

    def __float__(self):
        raise TypeError("float(v) would lose the gradient: use v.data, or autograd.exp(v) and the like")

    def __repr__(self):
        label = f", label={self.label!r}" if self.label else ""
        return f"Value(data={self.data_!r}, grad={self.grad_!r}{label})"

    @cython.binding(False)
    def __format__(self, spec):
        return format(self.data_, spec) if spec else repr(self)

    @cython.binding(False)
    def __reduce__(self):
        if self.kind > CONSTANT:
            raise TypeError(f"{self!r} was computed from others and cannot be copied or pickled; take v.detach()")
        return Value, (self.data_, (), self.op, None, self.label), self.grad_

    @cython.binding(False)
    def __setstate__(self, grad):
        self.grad = grad


cdef class OwnValue(Value):
    # A Value whose closure comes from outside. It is tracked by the garbage collector, because the closure may
    # refer to the Value itself.
    cdef object closure


# Value(...) with parents makes an OwnValue

cdef newfunc new_value = (<PyTypeObject*>Value).tp_new
cdef newfunc new_own_value = (<PyTypeObject*>OwnValue).tp_new


cdef object chosen_new(type kind, PyObject* args, PyObject* kwargs):
    if kind is Value and (len(<tuple>args) > 1 or (kwargs != NULL and "parents" in <object>kwargs)):
        return new_own_value(OwnValue, args, kwargs)
    return new_value(kind, args, kwargs)


cdef object called(PyObject* kind, PyObject** args, size_t counted, PyObject* names):
    """Value(...): a shorter way for the commonest case, one float; otherwise what calling a type always does."""
    cdef Py_ssize_t i, n = PyVectorcall_NARGS(counted)
    if names == NULL and n == 1 and type(<object>args[0]) is float:
        return new(PyFloat_AS_DOUBLE(<object>args[0]))
    positional = tuple([<object>args[i] for i in range(n)])
    keywords = {}
    if names != NULL:
        for i in range(len(<tuple>names)):
            keywords[(<tuple>names)[i]] = <object>args[n + i]
    return (<PyTypeObject*>type).tp_call(<object>kind, positional, <PyObject*>keywords)


(<PyTypeObject*>Value).tp_new = <newfunc>chosen_new
(<PyTypeObject*>Value).tp_vectorcall = <void*>called
(<PyTypeObject*>Value).tp_dealloc = value_dealloc
(<PyTypeObject*>Value).tp_name = "autograd.engine.Value"  # where the textbook's is found, and where pickle looks


# Making nodes, and keeping the memory of those that are freed for the next

cdef enum:
    MOST_SPARE = 1 << 16

cdef PyObject* spare[MOST_SPARE]
cdef int n_spare = 0
cdef PyTypeObject* VALUE = <PyTypeObject*>Value


cdef inline Value new(double data):
    global n_spare
    cdef PyObject* o
    if n_spare > 0:
        n_spare -= 1
        o = spare[n_spare]
        _Py_NewReference(o)
    else:
        o = <PyObject*>PyObject_Malloc(VALUE.tp_basicsize)
        if o == NULL:
            raise MemoryError
        PyObject_Init(o, VALUE)
        (<PyObject**>(<char*>o + VALUE.tp_weaklistoffset))[0] = NULL
    (<Value>o).data_ = data
    (<Value>o).grad_ = 0.0
    (<Value>o).label_ = NULL
    (<Value>o).a = NULL
    (<Value>o).kind = LEAF
    (<Value>o).flags = INITIALISED
    return <Value>OWNED(o)


cdef void value_dealloc(PyObject* o) noexcept:
    global n_spare
    if (<PyObject**>(<char*>o + VALUE.tp_weaklistoffset))[0] != NULL:
        PyObject_ClearWeakRefs(o)
    if (<Value>o).label_ != NULL:
        Py_DECREF((<Value>o).label_)
    release_parents(o)
    if Py_TYPE(o) == VALUE and n_spare < MOST_SPARE:
        spare[n_spare] = o
        n_spare += 1
    else:
        Py_TYPE(o).tp_free(o)


cdef inline bint recording():
    return PyList_GET_SIZE(<PyObject*>PAUSED) == 0 or not is_paused()


cdef inline int read(object o, double* x, PyObject** parent) except -1:
    """Whether o is a Value or a number: its number and, for a Value, itself as a parent."""
    parent[0] = NULL
    if type(o) is Value:
        x[0] = (<Value>o).data_
        parent[0] = <PyObject*>o
    elif type(o) is float:
        x[0] = PyFloat_AS_DOUBLE(o)
    elif isinstance(o, Value):
        x[0] = (<Value>o).data_
        parent[0] = <PyObject*>o
    elif isinstance(o, (int, float, Real)):
        x[0] = float(o)
    else:
        return 0
    return 1


cdef inline Value record(int kind, double out, double x, double y, PyObject* a, PyObject* b):
    """A node with one or two parents, of which one may be NULL: the plain number beside it."""
    cdef Value v = new(out)
    if recording():
        v.kind = kind
        v.x = x
        v.y = y
        v.a = a
        v.b = b
        if a != NULL:
            Py_INCREF(a)
        if b != NULL:
            Py_INCREF(b)
    return v


cdef object computed_by_the_table(int kind, operands, double x, double y):
    """The value where C and Python may differ, at errors and infinities: by the table, with its errors explained."""
    op = OPERATIONS[kind]
    operands = [operand if isinstance(operand, Value) else float(operand) for operand in operands]
    try:
        return op.value(x, y) if kind >= ADD else op.value(x)
    except (ValueError, ArithmeticError) as error:
        raise op.explained(error, operands) from None


cdef inline object binary(int kind, object left, object right):
    cdef double x, y, out
    cdef PyObject* a
    cdef PyObject* b
    if not read(left, &x, &a) or not read(right, &y, &b):
        return NotImplemented
    if kind == ADD:
        out = x + y
    elif kind == SUB:
        out = x - y
    elif kind == MUL:
        out = x * y
    elif kind == DIV and y != 0:
        out = x / y
    else:
        out = INFINITY
        if kind == POW and (x > 0 or y == floor(y)):
            out = c_pow(x, y)
        if not isfinite(out):
            out = computed_by_the_table(kind, (left, right), x, y)
    return record(kind, out, x, y, a, b)


cdef inline double sigmoid_of(double x) noexcept:
    cdef double t = c_exp(-fabs(x))
    return (1.0 if x >= 0 else t) / (1 + t)


cdef inline object unary(int kind, Value operand):
    cdef double x = operand.data_, out = INFINITY
    if kind == NEG:
        out = -x
    elif kind == RELU:
        out = 0.0 if x <= 0 else x
    elif kind == TANH:
        out = c_tanh(x)
    elif kind == SIGMOID:
        out = sigmoid_of(x)
    else:
        if kind == EXP:
            out = c_exp(x)
        elif kind == LOG and x > 0:
            out = c_log(x)
        elif kind == SQRT and x >= 0:
            out = c_sqrt(x)
        if not isfinite(out):
            out = computed_by_the_table(kind, (operand,), x, 0.0)
    return record(kind, out, x, 0.0, <PyObject*>operand, NULL)


# Many parents

cdef Vector* new_vector(Py_ssize_t n) except NULL:
    cdef Vector* v = <Vector*>PyMem_Malloc(sizeof(Vector) + n * (sizeof(double) + sizeof(void*)))
    if v == NULL:
        raise MemoryError
    v.users = 1
    v.n = 0  # grows while it is filled
    v.walk = 0
    v.clock = clock
    v.home = NULL
    v.name = NULL
    v.xs = <double*>(v + 1)
    v.parents = <PyObject**>(v.xs + n)
    return v


cdef void append(Vector* v, double x, PyObject* parent) noexcept:
    v.xs[v.n] = x
    v.parents[v.n] = parent
    if parent != NULL:
        Py_INCREF(parent)
    v.n += 1


cdef Vector* vector_of(list numbers, int* any_value) except NULL:
    """A Vector of Values and numbers; TypeError for anything else."""
    cdef Py_ssize_t i, n = len(numbers)
    cdef Vector* v = new_vector(n)
    cdef double x
    cdef PyObject* parent
    cdef bint copied = False
    try:
        for i in range(n):
            number = numbers[i]
            if not copied and type(number) is not Value and type(number) is not float:
                numbers, copied = list(numbers), True  # to read it may run any code, which may change the list
            if not read(number, &x, &parent):
                raise TypeError
            if parent != NULL:
                any_value[0] = True
            append(v, x, parent)
    except:
        release_vector(v)
        raise
    return v


cdef Vector* row_vector(list row, int* any_value) except NULL:
    """The Vector of a row of weights, which is used again and again while no data changes.

    It is kept by the first weight, in its field a, which a leaf does not need. While no node uses it, it holds no
    reference; the pointers to its parents are then only compared with those in the row.
    """
    cdef Py_ssize_t i, n = len(row)
    cdef Vector* v
    first = row[0] if n else None
    if type(first) is not Value or (<Value>first).kind != LEAF:
        return vector_of(row, any_value)
    v = <Vector*>(<Value>first).a
    if v != NULL:
        if v.n == n and memcmp(v.parents, (<PyListObject*>row).ob_item, n * sizeof(void*)) == 0:
            if v.clock == clock:
                any_value[0] = True
                if v.users == 0:
                    for i in range(n):
                        Py_INCREF(v.parents[i])
                v.users += 1
                return v
        v.home = NULL
        (<Value>first).a = NULL
        if v.users == 0:
            PyMem_Free(v)
    v = vector_of(row, any_value)
    if v.n != n or (<Value>first).kind != LEAF or (<Value>first).a != NULL:
        return v
    for i in range(n):
        if v.parents[i] == NULL or Py_TYPE(v.parents[i]) != VALUE or (<Value>v.parents[i]).kind != LEAF:
            return v
    for i in range(n):
        (<Value>v.parents[i]).flags |= IN_ROW
    v.home = <PyObject*>first
    (<Value>first).a = v
    return v


cdef Value record_vectors(int kind, double out, Vector* a, Vector* b):
    """A node with the parents in a and b, which it owns from now on."""
    cdef Value v = new(out)
    if recording():
        v.kind = kind
        v.a = a
        v.b = b
    else:
        release_vector(a)
        release_vector(b)
    return v


cdef inline double sum_of(double* xs, Py_ssize_t n) noexcept:
    cdef double s
    cdef Py_ssize_t i
    if n == 0:
        return 0.0
    s = xs[0]
    for i in range(1, n):
        s = s + xs[i]
    return s


cdef inline double dot_product(double* xs, double* ys, Py_ssize_t n) noexcept:
    cdef double s
    cdef Py_ssize_t i
    if n == 0:
        return 0.0
    s = xs[0] * ys[0]
    for i in range(1, n):
        s = s + xs[i] * ys[i]
    return s


cdef double extreme_of(double* xs, Py_ssize_t n, bint largest) noexcept:
    cdef double best = xs[0]
    cdef Py_ssize_t i
    for i in range(n):
        if isnan(xs[i]):
            return NAN
        if (xs[i] > best) if largest else (xs[i] < best):
            best = xs[i]
    return best


cdef double logsumexp_of(double* xs, Py_ssize_t n) noexcept:
    cdef double largest = extreme_of(xs, n, True), s = 0.0
    cdef Py_ssize_t i, first = -1
    cdef bint begun = False
    if isinf(largest) or isnan(largest):
        return largest
    for i in range(n):
        if first < 0 and xs[i] == largest:
            first = i  # its exp(0) = 1 is the 1 in log1p
        elif begun:
            s = s + c_exp(xs[i] - largest)
        else:
            s = c_exp(xs[i] - largest)
            begun = True
    return largest + log1p(s)


cdef Value many(int kind, list numbers):
    """A node of many parents; None if there is no Value among them, TypeError if one is not a number."""
    cdef int any_value = False
    cdef double out = 0.0
    cdef Vector* v = vector_of(numbers, &any_value)
    if not any_value:
        release_vector(v)
        return None
    if kind == SUM:
        out = sum_of(v.xs, v.n)
    elif kind == MEAN:
        out = sum_of(v.xs, v.n) / v.n
    elif kind == MAX or kind == MIN:
        out = extreme_of(v.xs, v.n, kind == MAX)
    elif kind == LOGSUMEXP:
        out = logsumexp_of(v.xs, v.n)
    return record_vectors(kind, out, v, NULL)


cdef Value dot_of(list xs, list ys):
    """The scalar product; None if there is no Value in it, TypeError if something is not a number."""
    cdef int any_value = False
    cdef Vector* a = row_vector(xs, &any_value)
    cdef Vector* b
    try:
        b = vector_of(ys, &any_value)
    except:
        release_vector(a)
        raise
    if a.n != b.n:
        release_vector(a)
        release_vector(b)
        raise RuntimeError("the lists changed while their numbers were read")
    if not any_value:
        release_vector(a)
        release_vector(b)
        return None
    return record_vectors(DOT, dot_product(a.xs, b.xs, a.n), a, b)


# Closures from outside

cdef object closure_of(Value v):
    return (<OwnValue>v).closure if type(v) is OwnValue else <object>v.b


cdef int record_closure(Value v, tuple parents, op, closure) except -1:
    cdef Vector* kept = <Vector*>v.a if v.kind <= CONSTANT else NULL
    cdef Vector* vector
    for parent in parents:
        if not isinstance(parent, Value):
            raise TypeError(f"parents must be Values of this engine, got {parent!r}")
    if kept != NULL:  # by row_vector
        kept.home = NULL
        if kept.users == 0:
            PyMem_Free(kept)
    vector = new_vector(len(parents))
    for parent in parents:
        append(vector, (<Value>parent).data_, <PyObject*>parent)
    v.kind = CLOSURE
    v.a = vector
    vector.name = <PyObject*>op
    Py_INCREF(vector.name)
    if type(v) is OwnValue:
        v.b = NULL
        (<OwnValue>v).closure = closure
    else:
        v.b = <PyObject*>closure
        Py_INCREF(<PyObject*>closure)
    return 0


def _node(double data, tuple parents not None, op, local_gradient):
    """A Value made by the engine itself: what Value(...) makes, without checks."""
    cdef Value v = new(data)
    if parents and recording():
        record_closure(v, parents, op, local_gradient)
    return v


def _constant(number):
    cdef Value v = new(float(number))
    v.kind = CONSTANT
    return v


# The parents of a node

cdef inline Py_ssize_t count(Value v) noexcept:
    if v.kind <= CONSTANT:
        return 0
    if v.kind == CLOSURE:
        return (<Vector*>v.a).n
    if v.kind < ADD:
        return 1
    if v.kind < MAX:
        return 2
    return 2 * (<Vector*>v.a).n if v.kind == DOT else (<Vector*>v.a).n


cdef inline PyObject* parent_at(Value v, Py_ssize_t i) noexcept:
    """The i-th parent, NULL for a plain number."""
    cdef Vector* vector
    if v.kind == CLOSURE or v.kind >= MAX:
        vector = <Vector*>v.a
        if i >= vector.n:
            i -= vector.n
            vector = <Vector*>v.b
        return vector.parents[i]
    return <PyObject*>(v.b if i else v.a)


cdef PyObject* owned_constant(double x) except NULL:
    cdef Value constant = _constant(x)
    Py_INCREF(<PyObject*>constant)
    return <PyObject*>constant


cdef int materialise_vector(Vector* vector) except -1:
    cdef Py_ssize_t i
    for i in range(vector.n):
        if vector.parents[i] == NULL:
            vector.parents[i] = owned_constant(vector.xs[i])
    return 0


cdef int materialise(Value v) except -1:
    """Make nodes of the plain numbers among the parents."""
    if v.kind >= MAX:
        materialise_vector(<Vector*>v.a)
        if v.kind == DOT:
            materialise_vector(<Vector*>v.b)
    elif v.kind >= ADD:
        if v.a == NULL:
            v.a = owned_constant(v.x)
        if v.b == NULL:
            v.b = owned_constant(v.y)
    return 0


# Freeing a graph: a parent that would be freed is put on a stack first, so that nothing recurses

cdef PyObject** doomed = NULL
cdef Py_ssize_t n_doomed = 0, room_for_doomed = 0
cdef bint freeing = False


cdef inline void release(PyObject* parent) noexcept:
    global doomed, n_doomed, room_for_doomed
    cdef PyObject** larger
    if parent == NULL:
        return
    if Py_REFCNT(parent) > 1:
        Py_DECREF(parent)
        return
    if n_doomed == room_for_doomed:
        larger = <PyObject**>PyMem_Realloc(doomed, (2 * room_for_doomed + 64) * sizeof(void*))
        if larger == NULL:
            Py_DECREF(parent)
            return
        doomed = larger
        room_for_doomed = 2 * room_for_doomed + 64
    doomed[n_doomed] = parent
    n_doomed += 1


cdef void release_vector(Vector* v) noexcept:
    cdef Py_ssize_t i
    if v == NULL:
        return
    v.users -= 1
    if v.users == 0:
        for i in range(v.n):
            release(v.parents[i])
        if v.home == NULL:
            PyMem_Free(v)
    free_doomed()


cdef inline void free_doomed() noexcept:
    global n_doomed, freeing
    if freeing or n_doomed == 0:
        return
    freeing = True
    while n_doomed > 0:
        n_doomed -= 1
        Py_DECREF(doomed[n_doomed])  # comes back here for the parents, and returns at once
    freeing = False


cdef inline void release_parents(PyObject* o) noexcept:
    global clock
    cdef int kind = (<Value>o).kind
    if (<Value>o).flags & IN_ROW:
        clock += 1  # its address may be given to another Value: what row_vector kept no longer holds
    if kind <= CONSTANT:
        PyMem_Free((<Value>o).a)  # a Vector kept by row_vector, which nobody uses: it would hold this leaf
    elif kind == CLOSURE:
        release_closure(o)
    elif kind >= MAX:
        release_vector(<Vector*>(<Value>o).a)
        release_vector(<Vector*>(<Value>o).b)
    else:
        release(<PyObject*>(<Value>o).a)
        release(<PyObject*>(<Value>o).b)
        free_doomed()


cdef void release_closure(PyObject* o) noexcept:
    # the closure first, while the Vector still holds the parents, so that none of them is freed from within it
    cdef PyObject* closure = <PyObject*>(<Value>o).b
    cdef PyObject* error[3]
    PyErr_Fetch(&error[0], &error[1], &error[2])  # what is freed with the closure may run any code
    (<Value>o).b = NULL
    Py_XDECREF(closure)
    Py_XDECREF((<Vector*>(<Value>o).a).name)
    PyErr_Restore(error[0], error[1], error[2])
    release_vector(<Vector*>(<Value>o).a)


# The order of the nodes

cdef struct Step:
    PyObject* node
    Py_ssize_t next_parent


cdef struct Nodes:
    PyObject** at
    Py_ssize_t n, room
    bint failed


cdef inline void emit(Nodes* order, PyObject* node) noexcept:
    cdef PyObject** larger
    if order.n == order.room:
        larger = <PyObject**>PyMem_Realloc(order.at, 2 * order.room * sizeof(void*))
        if larger == NULL:
            order.failed = True
            return
        order.at = larger
        order.room *= 2
    order.at[order.n] = node
    order.n += 1


cdef inline PyObject* new_to_walk(PyObject* parent, Nodes* order) noexcept:
    """A parent with parents of its own that is seen for the first time; a leaf is put into the order at once."""
    if parent == NULL or (<Value>parent).flags & VISITED:
        return NULL
    (<Value>parent).flags |= VISITED
    if (<Value>parent).kind > CONSTANT:
        return parent
    emit(order, parent)
    return NULL


cdef inline PyObject* next_parent(Step* step, Nodes* order) noexcept:
    """The next parent to go on with; NULL when there is none left."""
    cdef int kind = (<Value>step.node).kind
    cdef Vector* a = <Vector*>(<Value>step.node).a
    cdef Vector* vector
    cdef Py_ssize_t i
    cdef PyObject* parent = NULL
    if kind != CLOSURE and kind < MAX:
        while parent == NULL and step.next_parent < (1 if kind < ADD else 2):
            parent = <PyObject*>((<Value>step.node).b if step.next_parent else (<Value>step.node).a)
            step.next_parent += 1
            parent = new_to_walk(parent, order)
        return parent
    while True:
        if step.next_parent < a.n:
            vector, i = a, step.next_parent
        elif kind == DOT and step.next_parent < 2 * a.n:
            vector, i = <Vector*>(<Value>step.node).b, step.next_parent - a.n
        else:
            return NULL
        if i == 0:
            if vector.walk == walks:  # by way of another node that shares it
                step.next_parent += vector.n
                continue
            vector.walk = walks
        while parent == NULL and i < vector.n:
            parent = new_to_walk(vector.parents[i], order)
            i += 1
            step.next_parent += 1
        if parent != NULL:
            return parent


cdef void forget_walk(PyObject** order, Py_ssize_t n) noexcept:
    cdef Py_ssize_t i
    for i in range(n):
        (<Value>order[i]).flags &= ~VISITED


cdef PyObject** walk(Value root, Py_ssize_t* n) except NULL:
    """The nodes of the graph in topological order, as a recursive depth-first search finishes them.

    They are left marked as VISITED, for the caller to take that back on its own way over them.
    """
    global walks
    cdef Py_ssize_t depth = 1, room = 256, i
    cdef Nodes order
    cdef Step* stack = <Step*>PyMem_Malloc(room * sizeof(Step))
    cdef Step* larger
    cdef PyObject* parent
    walks += 1
    order.n = 0
    order.room = 256
    order.at = <PyObject**>PyMem_Malloc(order.room * sizeof(void*))
    order.failed = order.at == NULL or stack == NULL
    if not order.failed:
        stack[0].node = <PyObject*>root
        stack[0].next_parent = 0
        root.flags |= VISITED
    while depth > 0 and not order.failed:
        parent = next_parent(&stack[depth - 1], &order) if (<Value>stack[depth - 1].node).kind > CONSTANT else NULL
        if parent == NULL:
            depth -= 1
            emit(&order, stack[depth].node)
            continue
        if depth == room:
            larger = <Step*>PyMem_Realloc(stack, 2 * room * sizeof(Step))
            if larger == NULL:
                (<Value>parent).flags &= ~VISITED
                order.failed = True
                break
            stack = larger
            room *= 2
        stack[depth].node = parent
        stack[depth].next_parent = 0
        depth += 1
    if order.failed:
        if order.at != NULL:
            forget_walk(order.at, order.n)
        for i in range(depth if stack != NULL else 0):
            (<Value>stack[i].node).flags &= ~VISITED
        PyMem_Free(order.at)
        PyMem_Free(stack)
        raise MemoryError
    PyMem_Free(stack)
    n[0] = order.n
    return order.at


def topological_order(Value root not None):
    """Every node of the graph of `root`, parents before children, `root` last; without recursion.

    It is the order in which a recursive depth-first search finishes the nodes.
    """
    cdef Py_ssize_t i, n = 0, before = -1
    cdef PyObject** order
    cdef list nodes = []
    order = walk(root, &n)
    forget_walk(order, n)
    try:
        for i in range(n):
            materialise(<Value>order[i])
    finally:
        PyMem_Free(order)
    order = walk(root, &n)  # once more, with the constants that have just become nodes
    forget_walk(order, n)
    try:
        for i in range(n):
            nodes.append(<object>order[i])
    finally:
        PyMem_Free(order)
    return nodes


# The local gradients, in the arithmetic of the table

cdef inline int partials(Value v, double* dx, double* dy) except -1:
    """The partial derivatives of a node with one or two parents."""
    cdef double x = v.x, y = v.y, out = v.data_, t
    cdef int kind = v.kind
    if v.flags & FIXED:
        dx[0] = x
        dy[0] = y
    elif kind == ADD:
        dx[0] = 1.0
        dy[0] = 1.0
    elif kind == MUL:
        dx[0] = y
        dy[0] = x
    elif kind == SUB:
        dx[0] = 1.0
        dy[0] = -1.0
    elif kind == RELU:
        dx[0] = 0.0 if x <= 0 else 1.0
    elif kind == TANH:
        t = c_exp(-fabs(x))
        dx[0] = c_pow(2 * t / (1 + t * t), 2.0)
    elif kind == EXP:
        dx[0] = out
    elif kind == LOG:
        dx[0] = 1 / x
    elif kind == SQRT:
        dx[0] = INFINITY if out == 0 else 0.5 / out
    elif kind == SIGMOID:
        dx[0] = out * sigmoid_of(-x)
    elif kind == NEG:
        dx[0] = -1.0
    elif kind == DIV:
        dx[0] = 1 / y
        dy[0] = -out / y
    elif kind == POW:
        if x == 0 and y < 1:
            dx[0] = 0.0 if y == 0 else INFINITY
        elif y < 0.5 and isfinite(x):
            dx[0] = y * out / x
        else:
            dx[0] = y * c_pow(x, y - 1)
        if v.b != NULL:
            dy[0] = out * c_log(x) if x > 0 else 0.0 if x == 0 else NAN
        else:
            dy[0] = 0.0  # the exponent is a plain number, which has no gradient
    return 0


cdef void partials_of_vector(Value v, double* ds) noexcept:
    """The partial derivatives of a node with a Vector of parents other than a dot."""
    cdef Vector* vector = <Vector*>v.a
    cdef Py_ssize_t i, n = vector.n, chosen = 0
    cdef double out = v.data_, s
    if v.flags & FIXED:
        for i in range(n):
            ds[i] = vector.xs[i]
    elif v.kind == SUM or v.kind == MEAN:
        s = 1.0 if v.kind == SUM else 1.0 / n
        for i in range(n):
            ds[i] = s
    elif v.kind == LOGSUMEXP:
        s = extreme_of(vector.xs, n, True)
        for i in range(n):
            ds[i] = c_exp(vector.xs[i] - s)
        s = sum_of(ds, n)
        for i in range(n):
            ds[i] = ds[i] / s
    else:  # MAX and MIN
        for i in range(n):
            if not (vector.xs[i] < out or vector.xs[i] > out):
                chosen += 1
        for i in range(n):
            ds[i] = 0.0 if vector.xs[i] < out or vector.xs[i] > out else 1.0 / chosen


cdef int fix(Value v) except -1:
    """Before the data of a node is set: keep the partial derivatives that depend on it."""
    cdef double dx = 0.0, dy = 0.0
    cdef double* ds
    cdef Vector* vector
    cdef Py_ssize_t i
    if v.flags & FIXED or not (v.kind in (EXP, SQRT, SIGMOID, DIV, POW, MAX, MIN)):
        return 0
    materialise(v)
    if v.kind < MAX:
        partials(v, &dx, &dy)
        v.x = dx
        v.y = dy
    else:
        vector = <Vector*>v.a
        ds = <double*>PyMem_Malloc((vector.n + 1) * sizeof(double))
        if ds == NULL:
            raise MemoryError
        partials_of_vector(v, ds)
        for i in range(vector.n):
            vector.xs[i] = ds[i]
        PyMem_Free(ds)
    v.flags |= FIXED
    return 0


cdef inline void arrive(PyObject* parent, double contribution) noexcept:
    if parent != NULL and (<Value>parent).kind != CONSTANT:
        (<Value>parent).grad_ += contribution


cdef inline int pass_back(PyObject* o) except -1:
    """The contributions of a node to the gradients of its parents. (A pointer, for counting references costs.)"""
    cdef double g = (<Value>o).grad_, dx = 0.0, dy = 0.0
    cdef int kind = (<Value>o).kind
    cdef Vector* a
    cdef Vector* b
    cdef Py_ssize_t i
    if kind <= CONSTANT:
        return 0
    if kind == DOT:
        a = <Vector*>(<Value>o).a
        b = <Vector*>(<Value>o).b
        for i in range(a.n):
            arrive(a.parents[i], g * b.xs[i])
        for i in range(a.n):
            arrive(b.parents[i], g * a.xs[i])
    elif kind == ADD:
        arrive(<PyObject*>(<Value>o).a, g)
        arrive(<PyObject*>(<Value>o).b, g)
    elif kind == RELU:
        arrive(<PyObject*>(<Value>o).a, g * (0.0 if (<Value>o).x <= 0 else 1.0))
    elif kind == MUL:
        arrive(<PyObject*>(<Value>o).a, g * (<Value>o).y)
        arrive(<PyObject*>(<Value>o).b, g * (<Value>o).x)
    elif kind == CLOSURE:
        return pass_back_closure(<Value>o)
    elif kind < MAX:
        partials(<Value>o, &dx, &dy)
        arrive(<PyObject*>(<Value>o).a, g * dx)
        if kind >= ADD:
            arrive(<PyObject*>(<Value>o).b, g * dy)
    else:
        return pass_back_vector(<Value>o)
    return 0


cdef int pass_back_vector(Value v) except -1:
    cdef Vector* a = <Vector*>v.a
    cdef double* ds = <double*>PyMem_Malloc((a.n + 1) * sizeof(double))
    cdef Py_ssize_t i
    if ds == NULL:
        raise MemoryError
    partials_of_vector(v, ds)
    for i in range(a.n):
        arrive(a.parents[i], v.grad_ * ds[i])
    PyMem_Free(ds)
    return 0


cdef int pass_back_closure(Value v) except -1:
    cdef Vector* parents = <Vector*>v.a
    cdef Py_ssize_t i = 0
    cdef double x
    try:
        contributions = closure_of(v)(v.grad_)
        if len(contributions) != parents.n:
            raise ValueError(f"{len(contributions)} contributions came for {parents.n} parents")
        for contribution in contributions:
            if i == parents.n:
                break
            x = to_float(contribution, f"what the local_gradient of '{v.op}' returned")
            arrive(parents.parents[i], x)
            i += 1
    except Exception as error:
        error.add_note(about_closure(v.op, parents.n))
        raise
    return 0


def chain_rule(Value v not None, gradient):
    """The local gradient of a node of an operation written out here, as engine.py's closures answer it."""
    materialise(v)
    cdef Py_ssize_t i, n = count(v)
    cdef double g, dx = 0.0, dy = 0.0
    cdef Vector* a
    cdef double* ds
    op = OPERATIONS[v.kind]
    if isinstance(gradient, Value):
        return op.as_values(gradient, v.parents, numbers_of(v))
    g = gradient
    if v.kind < MAX:
        partials(v, &dx, &dy)
        return [g * dx, g * dy] if n == 2 else [g * dx]
    a = <Vector*>v.a
    if v.kind == DOT:
        return [g * (<Vector*>v.b).xs[i] for i in range(a.n)] + [g * a.xs[i] for i in range(a.n)]
    ds = <double*>PyMem_Malloc((n + 1) * sizeof(double))
    if ds == NULL:
        raise MemoryError
    partials_of_vector(v, ds)
    contributions = [g * ds[i] for i in range(n)]
    PyMem_Free(ds)
    return contributions


cdef list numbers_of(Value v):
    """The numbers of the parents in the forward pass."""
    cdef Py_ssize_t i
    cdef Vector* a = <Vector*>v.a
    if v.flags & FIXED:
        raise RuntimeError(
            f"the data of {v!r} has been set since it was computed; for derivatives of derivatives compute the "
            "forward pass again"
        )
    if v.kind >= MAX:
        numbers = [a.xs[i] for i in range(a.n)]
        return numbers + [(<Vector*>v.b).xs[i] for i in range(a.n)] if v.kind == DOT else numbers
    return [v.x, v.y] if v.kind >= ADD else [v.x]


# The functions of functions.py, taken from there where Values are not what comes

cdef dict TEXTBOOK = {}


def hand_over(textbook):
    """The same function at the speed of C for Values; for everything else it asks the one of functions.py."""
    TEXTBOOK[textbook.__name__] = textbook
    native = globals()[f"fast_{textbook.__name__}"]
    native.__name__, native.__qualname__, native.__doc__ = textbook.__name__, textbook.__qualname__, textbook.__doc__
    native.__module__, native.__wrapped__ = textbook.__module__, textbook
    return native


def fast_exp(x):
    return unary(EXP, <Value>x) if type(x) is Value else TEXTBOOK["exp"](x)


def fast_log(x):
    return unary(LOG, <Value>x) if type(x) is Value else TEXTBOOK["log"](x)


def fast_sqrt(x):
    return unary(SQRT, <Value>x) if type(x) is Value else TEXTBOOK["sqrt"](x)


def fast_tanh(x):
    return unary(TANH, <Value>x) if type(x) is Value else TEXTBOOK["tanh"](x)


def fast_sigmoid(x):
    return unary(SIGMOID, <Value>x) if type(x) is Value else TEXTBOOK["sigmoid"](x)


def fast_relu(x):
    return unary(RELU, <Value>x) if type(x) is Value else TEXTBOOK["relu"](x)


cdef list listed(xs):
    """The elements as a list; None where there are none to be had."""
    if type(xs) is list:
        return xs
    if type(xs) is tuple or (isinstance(xs, Iterable) and not isinstance(xs, str)):
        return list(xs)
    return None


cdef object reduced(int kind, str name, numbers):
    """One node of many parents; functions.py answers where there is no Value, or something that is no number."""
    cdef list xs = listed(numbers)
    node = None
    if xs:
        try:
            node = many(kind, xs)
        except TypeError:
            pass
    return TEXTBOOK[name](numbers if xs is None else xs) if node is None else node


def fast_max(first, *more):
    return reduced(MAX, "max", [first, *more] if more or type(first) is Value else first)


def fast_min(first, *more):
    return reduced(MIN, "min", [first, *more] if more or type(first) is Value else first)


def fast_sum(xs):
    return reduced(SUM, "sum", xs)


def fast_mean(xs):
    return reduced(MEAN, "mean", xs)


def fast_logsumexp(xs):
    return reduced(LOGSUMEXP, "logsumexp", xs)


def fast_dot(xs, ys):
    cdef list x = listed(xs), y = listed(ys)
    node = None
    if x and y and len(x) == len(y):
        try:
            node = dot_of(x, y)
        except TypeError:
            pass
    return TEXTBOOK["dot"](xs if x is None else x, ys if y is None else y) if node is None else node


cdef list differences(list xs, double subtrahend, Value node):
    """x - node for each x."""
    cdef double x = 0.0
    cdef PyObject* parent
    cdef list nodes = []
    for each in xs:
        read(each, &x, &parent)
        nodes.append(record(SUB, x - subtrahend, x, subtrahend, parent, <PyObject*>node))
    return nodes


cdef Value maximum_as_constant(list xs):
    """The largest of the numbers as a constant that all can share; None if functions.py is to be asked."""
    cdef int any_value = False
    cdef Vector* v
    cdef Value largest
    if not xs:
        return None
    try:
        v = vector_of(xs, &any_value)
    except TypeError:
        return None
    largest = _constant(extreme_of(v.xs, v.n, True))
    release_vector(v)
    return largest if any_value else None


def fast_softmax(xs):
    cdef list logits = listed(xs), nodes = []
    cdef Value largest = maximum_as_constant(logits), total, difference, e
    if largest is None:
        return TEXTBOOK["softmax"](xs if logits is None else logits)
    for difference in differences(logits, largest.data_, largest):
        nodes.append(record(EXP, c_exp(difference.data_), difference.data_, 0.0, <PyObject*>difference, NULL))
    total = many(SUM, nodes)
    return [record(DIV, e.data_ / total.data_, e.data_, total.data_, <PyObject*>e, <PyObject*>total) for e in nodes]


def fast_log_softmax(xs):
    cdef list logits = listed(xs), shifted
    cdef Value largest = maximum_as_constant(logits), log_of_sum
    if largest is None:
        return TEXTBOOK["log_softmax"](xs if logits is None else logits)
    shifted = differences(logits, largest.data_, largest)
    log_of_sum = many(LOGSUMEXP, shifted)
    return differences(shifted, log_of_sum.data_, log_of_sum)


def fast_linear(weights, xs, biases=()):
    cdef list rows = listed(weights), inputs = listed(xs), offsets = listed(biases)
    nodes = None
    if rows and inputs and offsets is not None and (not offsets or len(rows) == len(offsets)):
        try:
            nodes = linear_of(rows, inputs, offsets)
        except TypeError:
            pass
    if nodes is not None:
        return nodes
    return TEXTBOOK["linear"](*[each if made is None else made
                                for each, made in ((weights, rows), (xs, inputs), (biases, offsets))])


cdef list linear_of(list rows, list inputs, list offsets):
    """A dot for each row, all with the same Vector of inputs, and a sum for each bias; None to ask functions.py."""
    cdef int any_value = False
    cdef Py_ssize_t i
    cdef Vector* x = vector_of(inputs, &any_value)
    cdef Vector* w
    cdef Value product
    cdef list nodes = []
    cdef int of_inputs = any_value
    cdef bint biased = len(offsets) > 0
    rows, offsets = list(rows), list(offsets)  # to read a number may run any code, which may change the lists
    try:
        for i in range(len(rows)):
            row = rows[i]
            if type(row) is not list or len(<list>row) != x.n or (biased and type(offsets[i]) is not Value):
                return None
            any_value = of_inputs
            w = row_vector(<list>row, &any_value)
            if not any_value or w.n != x.n:
                release_vector(w)
                return None
            x.users += 1
            product = record_vectors(DOT, dot_product(w.xs, x.xs, x.n), w, x)
            if biased:
                product = record(ADD, product.data_ + (<Value>offsets[i]).data_, product.data_,
                                 (<Value>offsets[i]).data_, <PyObject*>product, <PyObject*>offsets[i])
            nodes.append(product)
    finally:
        release_vector(x)
    return nodes


# The updates of updates.py

def fast_clear(parameters):
    for parameter in parameters:
        (<Value?>parameter).grad_ = 0.0


def fast_descend(parameters, velocities, lr, momentum=0.0, weight_decay=0.0):
    global clock
    cdef double rate = to_float(lr, "lr"), kept = to_float(momentum, "momentum")
    cdef double decay = to_float(weight_decay, "weight_decay"), velocity
    cdef Py_ssize_t i
    cdef Value parameter
    if type(parameters) is not list or type(velocities) is not list or len(parameters) != len(velocities):
        return TEXTBOOK["descend"](parameters, velocities, lr, momentum, weight_decay)
    for velocity_ in <list>velocities:
        if type(velocity_) is not float:
            return TEXTBOOK["descend"](parameters, velocities, lr, momentum, weight_decay)
    clock += 1
    for i in range(len(<list>parameters)):
        parameter = <Value?>(<list>parameters)[i]
        velocity = kept * <double>(<list>velocities)[i] + (parameter.grad_ + decay * parameter.data_)
        (<list>velocities)[i] = velocity
        fix(parameter)
        parameter.data_ = parameter.data_ - rate * velocity
