# Your own operations: Values whose local gradient is a closure from outside.


cdef class Way:
    """A local gradient in C, of a compiled function: it passes contributions to the parents without a list of them."""

    cdef bint to_leaves  # whether all parents are leaves or constants

    cdef bint give(self, Vector* parents, double gradient) except -1:
        """Whether it could be done. If not, nothing has been passed on, and the caller calls the closure."""
        return False


cdef object closure_of(Value v):
    if type(v) is OwnValue:
        return (<OwnValue>v).closure
    closure = <object>v.b
    if Py_TYPE(<PyObject*>closure) == REPLAY:  # held, because code that runs meanwhile may give the node another
        (<Replay>closure).keep_arguments(<Vector*>v.a)
    return closure


cdef inline bint owns(PyObject* closure, Vector* parents) noexcept:
    """Whether it is the run of a compiled function that has the memory of its parents."""
    return closure != NULL and Py_TYPE(closure) == REPLAY and (<Replay>closure).own == parents


cdef inline Way way_of(Value v):
    """The local gradient of a CLOSURE, if it is one in C; else None."""
    if v.b != NULL and (Py_TYPE(<PyObject*>v.b) == REPLAY or isinstance(<object>v.b, Rows)):
        return <Way>v.b
    return None


cdef int record_closure(Value v, tuple parents, op, closure) except -1:
    cdef Vector* kept = <Vector*>v.a if v.kind <= CONSTANT else NULL
    cdef Vector* vector
    for parent in parents:
        if not isinstance(parent, Value):
            raise TypeError(f"parents must be Values of this engine, got {parent!r}")
    if kept != NULL:  # by row_vector
        v.a = kept.home = NULL
        if kept.users == 0:
            PyMem_Free(kept)
    vector = new_vector(len(parents))
    for parent in parents:
        append(vector, (<Value>parent).at[DATA], <PyObject*>parent)
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


cdef int set_closure(Value v, closure) except -1:
    cdef PyObject* before
    if v.kind != CLOSURE:
        raise AttributeError("local_gradient can be set only for an operation of your own")
    if type(v) is OwnValue:
        (<OwnValue>v).closure = closure
    else:
        before = <PyObject*>v.b
        if owns(before, <Vector*>v.a):
            (<Replay>before).own = NULL  # it is the node's from now on
        v.b = <PyObject*>closure
        Py_INCREF(<PyObject*>closure)
        Py_XDECREF(before)
    return 0


def new_node(double data, tuple parents not None, op, local_gradient):
    """A Value made by the engine itself: what Value(...) makes, without checks."""
    cdef Value v = new(data)
    if parents and recording():
        record_closure(v, parents, op, local_gradient)
        if any_tracer():
            tell_computed(v)
    return v


def chain_rule(tuple recorded, gradient):
    """The local gradient of a node made by an operation of the table, as in engine.py."""
    op, parents, out, xs = recorded
    if isinstance(gradient, Value):
        return op.as_values(gradient, parents, xs)
    return [gradient * dx for dx in op.partials(out, *xs)]


def record_by_table(op, tuple parents):
    """The node of an operation on Values."""
    cdef Value parent
    for parent in parents:
        pass
    node = applied(CODES.get(op, CLOSURE), parents)
    return record_closed(op, parents) if node is None else node


cdef Value record_closed(op, tuple parents):
    """A node of an operation that is not in C, computed by the table."""
    cdef list xs = [(<Value?>parent).at[DATA] for parent in parents]
    try:
        out = op.value(*xs)
    except (ValueError, ArithmeticError) as error:
        raise op.explained(error, parents) from None
    return new_node(out, parents, op.name, MethodType(chain_rule, (op, parents, out, xs)))


cdef object operation_within(closure):
    """The operation of a local gradient that record_by_table() made; None for one from outside."""
    if type(closure) is MethodType and closure.__func__ is chain_rule:
        return (<tuple>closure.__self__)[0]
    return None


def _constant(number):
    cdef Value v = new(float(number))
    v.kind = CONSTANT
    return v


cdef void release_closure(PyObject* o) noexcept:
    # the closure first, while the Vector still holds the parents, so that none of them is freed from within it
    cdef PyObject* closure = <PyObject*>(<Value>o).b
    cdef Vector* parents = <Vector*>(<Value>o).a
    cdef PyObject* name = parents.name
    cdef bint owned = owns(closure, parents)  # then they go with it
    cdef PyObject* error[3]
    (<Value>o).b = NULL
    if owned and PyErr_Occurred() == NULL:
        Py_DECREF(closure)
        Py_DECREF(name)
        return
    PyErr_Fetch(&error[0], &error[1], &error[2])  # freeing the closure may run any code
    Py_XDECREF(closure)
    Py_XDECREF(name)
    PyErr_Restore(error[0], error[1], error[2])
    if not owned:
        release_vector(parents)


cdef int pass_back_closure(Value v) except -1:
    cdef Vector* parents = <Vector*>v.a
    cdef Py_ssize_t i = 0
    cdef double x
    cdef Way way
    way = way_of(v)
    if way is not None and way.give(parents, v.at[GRAD]):
        return 0
    closure = closure_of(v)
    try:
        contributions = closure(v.at[GRAD])
        if len(contributions) != parents.n:
            raise wrong_number_of_contributions(v.op, len(contributions), parents.n)
        for contribution in contributions:
            if i == parents.n:
                break
            x = (PyFloat_AS_DOUBLE(contribution) if type(contribution) is float
                 else to_float(number_of(contribution), what_came_of(v.op)))
            arrive(parents.parents[i], x)
            i += 1
    except Exception as error:
        error.add_note(about_closure(v.op, parents.n))
        raise
    return 0
