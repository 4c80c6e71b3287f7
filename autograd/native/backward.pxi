# The chain rule: what every node passes back to its parents.

cdef int differentiate(Value root) except -1:
    """backward() of a Value."""
    cdef Py_ssize_t i, n = 0
    cdef PyObject** order = walk(root, &n)
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
    root.grad_ = 1.0
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
    return 0


cdef inline void arrive(PyObject* parent, double contribution) noexcept:
    if parent != NULL and (<Value>parent).kind != CONSTANT:
        (<Value>parent).grad_ += contribution


cdef inline int pass_back(PyObject* o) except -1:
    """The contributions of a node to the gradients of its parents. (A pointer, for counting references costs.)"""
    cdef double g = (<Value>o).grad_, dx, dy
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
    elif kind < ADD:
        arrive(<PyObject*>(<Value>o).a, g * partial_of_one(kind, (<Value>o).x, result_of(<Value>o)))
    elif kind == POW and (<Value>o).b == NULL:  # a plain number needs no derivative, which costs a logarithm
        arrive(<PyObject*>(<Value>o).a, g * power_by_base((<Value>o).x, (<Value>o).y, result_of(<Value>o)))
    elif kind < MAX:
        partials_of_two(kind, (<Value>o).x, (<Value>o).y, result_of(<Value>o), &dx, &dy)
        arrive(<PyObject*>(<Value>o).a, g * dx)
        arrive(<PyObject*>(<Value>o).b, g * dy)
    else:
        return pass_back_vector(<Value>o)
    return 0


cdef int pass_back_vector(Value v) except -1:
    cdef Vector* a = <Vector*>v.a
    cdef double* ds = new_partials_of(v)
    cdef Py_ssize_t i
    for i in range(a.n):
        arrive(a.parents[i], v.grad_ * ds[i])
    PyMem_Free(ds)
    return 0


cdef double* new_partials_of(Value v) except NULL:
    """The partial derivatives of a node with a Vector of parents, in memory that the caller frees."""
    cdef Vector* a = <Vector*>v.a
    cdef double out = result_of(v)
    cdef double* ds = <double*>PyMem_Malloc((a.n + 1) * sizeof(double))
    if ds == NULL:
        raise MemoryError
    partials_of_many(v.kind, a.xs, a.n, out, ds)
    return ds


cdef inline double result_of(Value v) except? -1:
    """What an operation computed, which .data says unless it was set since."""
    cdef double out
    if not v.flags & OVERWRITTEN:
        return v.data_
    if v.kind >= MAX:
        return value_of_many(v.kind, (<Vector*>v.a).xs, (<Vector*>v.a).n)
    out = value_of_two(v.kind, v.x, v.y) if v.kind >= ADD else value_of_one(v.kind, v.x)
    return OPERATIONS[v.kind].value(*numbers_of(v)) if may_fail(v.kind) and not isfinite(out) else out


def chain_rule(Value v not None, gradient):
    """The local gradient of a node of an operation written out here, as engine.py's closures answer it."""
    materialise(v)
    cdef double g, dx, dy
    cdef double* ds
    if isinstance(gradient, Value):
        return OPERATIONS[v.kind].as_values(gradient, v.parents, numbers_of(v))
    g = gradient
    if v.kind < ADD:
        return [g * partial_of_one(v.kind, v.x, result_of(v))]
    if v.kind < MAX:
        partials_of_two(v.kind, v.x, v.y, result_of(v), &dx, &dy)
        return [g * dx, g * dy]
    if v.kind == DOT:
        return [g * x for x in numbers_in(<Vector*>v.b) + numbers_in(<Vector*>v.a)]
    ds = new_partials_of(v)
    contributions = [g * ds[i] for i in range((<Vector*>v.a).n)]
    PyMem_Free(ds)
    return contributions


cdef list numbers_of(Value v):
    """The numbers of the parents in the forward pass."""
    if v.kind == DOT:
        return numbers_in(<Vector*>v.a) + numbers_in(<Vector*>v.b)
    if v.kind >= MAX:
        return numbers_in(<Vector*>v.a)
    return [v.x, v.y] if v.kind >= ADD else [v.x]


cdef list numbers_in(Vector* vector):
    cdef Py_ssize_t i
    return [vector.xs[i] for i in range(vector.n)]
