# From operands to a node: reads Values and numbers, computes, and records how the result was computed.

cdef inline int read(object o, double* x, PyObject** parent) except -1:
    """Whether o is a Value or a number: its number and, for a Value, itself as a parent."""
    parent[0] = NULL
    if type(o) is Value:
        x[0] = (<Value>o).at[DATA]
        parent[0] = <PyObject*>o
    elif type(o) is float:
        x[0] = PyFloat_AS_DOUBLE(o)
    elif type(o) is int:
        x[0] = PyLong_AsDouble(o)
    elif isinstance(o, Value):
        x[0] = (<Value>o).at[DATA]
        parent[0] = <PyObject*>o
    elif type(o) in REAL_TYPES:
        x[0] = o
    elif is_plain(o):
        x[0] = float(o)
        REAL_TYPES.add(type(o))
    else:
        return 0
    return 1


# The types of plain numbers so far, NumPy's too, because asking whether a number is plain takes long
cdef set REAL_TYPES = set()


cdef inline Value record(int kind, double out, double x, double y, PyObject* a, PyObject* b, int place=0):
    """A node with one or two parents, of which one may be NULL: the plain number beside it."""
    cdef Value v = new(out)
    if recording():
        v.kind = kind
        v.place = place
        v.x = x
        v.y = y
        v.a = a
        v.b = b
        if a != NULL:
            Py_INCREF(a)
        if b != NULL:
            Py_INCREF(b)
        if may_fail(kind) and any_tracer():
            tell_computed(v)
    return v


cdef Value record_vectors(int kind, double out, Vector* a, Vector* b, int place=0):
    """A node with the parents in a and b, which it owns from now on."""
    cdef Value v = new(out) if n_spare > 0 else new_or_release(out, a, b)
    if recording():
        v.kind = kind
        v.place = place
        v.a = a
        v.b = b
        if may_fail(kind) and any_tracer():
            tell_computed(v)
    else:
        release_vector(a)
        release_vector(b)
    return v


cdef Value new_or_release(double out, Vector* a, Vector* b):
    """A new Value; without memory for it, nobody owns the parents."""
    try:
        return new(out)
    except:
        release_vector(a)
        release_vector(b)
        raise


cdef object computed_by_the_table(int kind, int place, operands):
    """The value where C and Python may differ, with the table's errors explained."""
    op = operation_at(kind, place)
    operands = [operand if isinstance(operand, Value) else float(operand) for operand in operands]
    try:
        return op.value(*[(<Value>operand).at[DATA] if isinstance(operand, Value) else operand for operand in operands])
    except (ValueError, ArithmeticError) as error:
        raise op.explained(error, operands) from None


cdef inline object binary(int kind, object left, object right, int place=0):
    cdef double[2] xs
    cdef double out
    cdef PyObject* a
    cdef PyObject* b
    if not read(left, &xs[0], &a) or not read(right, &xs[1], &b):
        return NotImplemented
    out = value_at(place, xs, 2) if kind == TWO else value_of_two(kind, xs[0], xs[1])
    if may_fail(kind) and not isfinite(out):
        out = computed_by_the_table(kind, place, (left, right))
    return record(kind, out, xs[0], xs[1], a, b, place)


cdef inline object unary(int kind, Value operand, int place=0):
    cdef double x = operand.at[DATA], out = value_at(place, &x, 1) if kind == ONE else value_of_one(kind, x)
    if may_fail(kind) and not isfinite(out):
        out = computed_by_the_table(kind, place, (operand,))
    return record(kind, out, x, 0.0, <PyObject*>operand, NULL, place)


cdef Value many(int kind, numbers, int place=0):
    """A node of many parents, in a list or tuple; None if there is no Value among them, TypeError if one is not a number."""
    cdef int any_value = False
    cdef Vector* v = vector_of(numbers, &any_value)
    cdef double out
    if not any_value:
        release_vector(v)
        return None
    out = value_of_vector(kind, place, v.xs, v.n)
    if may_fail(kind) and not isfinite(out):
        try:
            out = computed_by_the_table(kind, place, numbers)
        except:
            release_vector(v)
            raise
    return record_vectors(kind, out, v, NULL, place)


cdef object applied(int code, operands):
    """The node of an operation of that code, whose operands are Values and floats; None where it is left to the table."""
    cdef int kind = code & 0xFF, place = code >> 8
    cdef Py_ssize_t n = len(operands)
    if kind == DOT:
        return dot_of(list(operands[:n // 2]), list(operands[n // 2:])) if n and n % 2 == 0 else None
    if kind == SEVERAL:
        return many(kind, operands, place) if n == N_OPERANDS[place] else None
    if kind >= MAX:
        return many(kind, operands) if n else None
    if kind >= ADD:
        return binary(kind, operands[0], operands[1], place) if n == 2 else None
    return unary(kind, operands[0], place) if kind >= NEG and n == 1 else None


cdef Value dot_of(list xs, list ys):
    """The scalar product; None if there is no Value in it, TypeError if something is not a number."""
    cdef int any_value = False
    cdef Vector* a = row_vector(xs, NULL, &any_value)
    cdef Vector* b
    cdef Py_ssize_t n = a.n
    try:
        check_unchanged(len(ys), n)
        b = vector_of(ys, &any_value)
    except:
        release_vector(a)
        raise
    if not any_value:
        release_vector(a)
        release_vector(b)
        return None
    return record_vectors(DOT, dot_product(a.xs, b.xs, a.n), a, b)
