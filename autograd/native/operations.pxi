# From operands to a node: reading Values and numbers, computing, and recording how the result came about.

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


cdef object computed_by_the_table(int kind, operands):
    """The value where C and Python may differ, with the table's errors explained."""
    op = OPERATIONS[kind]
    operands = [operand if isinstance(operand, Value) else float(operand) for operand in operands]
    try:
        return op.value(*[(<Value>operand).data_ if isinstance(operand, Value) else operand for operand in operands])
    except (ValueError, ArithmeticError) as error:
        raise op.explained(error, operands) from None


cdef inline object binary(int kind, object left, object right):
    cdef double x, y, out
    cdef PyObject* a
    cdef PyObject* b
    if not read(left, &x, &a) or not read(right, &y, &b):
        return NotImplemented
    out = value_of_two(kind, x, y)
    if may_fail(kind) and not isfinite(out):
        out = computed_by_the_table(kind, (left, right))
    return record(kind, out, x, y, a, b)


cdef inline object unary(int kind, Value operand):
    cdef double x = operand.data_, out = value_of_one(kind, x)
    if may_fail(kind) and not isfinite(out):
        out = computed_by_the_table(kind, (operand,))
    return record(kind, out, x, 0.0, <PyObject*>operand, NULL)


cdef Value many(int kind, list numbers):
    """A node of many parents; None if there is no Value among them, TypeError if one is not a number."""
    cdef int any_value = False
    cdef Vector* v = vector_of(numbers, &any_value)
    cdef double out
    if not any_value:
        release_vector(v)
        return None
    out = value_of_many(kind, v.xs, v.n)
    if may_fail(kind) and not isfinite(out):
        try:
            out = computed_by_the_table(kind, numbers)
        except:
            release_vector(v)
            raise
    return record_vectors(kind, out, v, NULL)


cdef Value dot_of(list xs, list ys):
    """The scalar product; None if there is no Value in it, TypeError if something is not a number."""
    cdef int any_value = False
    cdef Vector* a = row_vector(xs, NULL, &any_value)
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
