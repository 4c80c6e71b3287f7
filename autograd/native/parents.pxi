# The parents of a node: one or two are fields of the Value, many are a Vector, a plain number is none until asked for.

cdef Vector* new_vector(Py_ssize_t n) except NULL:
    cdef Vector* v = <Vector*>room_for(sizeof(Vector) + product_of(n, sizeof(double) + sizeof(void*)), 1)
    v.users = 1
    v.n = 0  # grows while it is filled
    v.walk = 0
    v.in_walk = 0
    v.gradients = NULL
    v.clock = clock
    v.home = NULL
    v.name = NULL
    v.bias = NULL
    v.xs = <double*>(v + 1)
    v.parents = <PyObject**>(v.xs + n)
    return v


cdef void append(Vector* v, double x, PyObject* parent) noexcept:
    v.xs[within(v.n, <double*>v.parents - v.xs)] = x
    v.parents[v.n] = parent
    if parent != NULL:
        Py_INCREF(parent)
    v.n += 1


cdef Vector* vector_of(numbers, int* any_value) except NULL:
    """A Vector of the Values and numbers in a list or tuple; TypeError for anything else."""
    cdef bint is_tuple = type(numbers) is tuple
    cdef Py_ssize_t i, n = PyTuple_GET_SIZE(<PyObject*>numbers) if is_tuple else PyList_GET_SIZE(<PyObject*>numbers)
    cdef Vector* v = new_vector(n)
    cdef double x
    cdef PyObject* parent
    cdef bint copied = is_tuple
    try:
        for i in range(n):
            number = <object>(items_of(<tuple>numbers) if is_tuple else (<PyListObject*>numbers).ob_item)[i]
            if not copied and type(number) is not Value and type(number) is not float:
                numbers, copied = list(numbers), True  # to read it may run any code, which may change the list
                check_unchanged(len(numbers), n)
            if not read(number, &x, &parent):
                raise TypeError
            if parent != NULL:
                any_value[0] = True
            append(v, x, parent)
    except:
        release_vector(v)
        raise
    return v


cdef inline void release_all(Vector* v) noexcept:
    """Let go of the parents. None is freed before free_doomed() comes."""
    cdef Py_ssize_t i
    for i in range(v.n):
        release(v.parents[i])
    v.n = 0


cdef void release_vector(Vector* v) noexcept:
    cdef Py_ssize_t i
    if v == NULL:
        return
    v.users -= 1
    if v.users == 0:
        for i in range(v.n):
            release(v.parents[i])
        release(v.bias)
        if v.home == NULL:
            PyMem_Free(v)
    free_doomed()


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


cdef int materialise_vector(void** at) except -1:
    cdef Vector* vector = <Vector*>at[0]
    cdef Vector* own
    cdef Py_ssize_t i, j
    for i in range(vector.n):
        if vector.parents[i] == NULL:
            if vector.users > 1:  # no two nodes share the constants
                own = new_vector(vector.n)
                for j in range(vector.n):
                    append(own, vector.xs[j], vector.parents[j])
                release_vector(vector)
                at[0] = vector = own
            vector.parents[i] = owned_constant(vector.xs[i])
    return 0


cdef int materialise(Value v) except -1:
    """Make nodes of the plain numbers among the parents."""
    if v.kind == NEURON:
        split_neuron(v)
    elif v.kind >= MAX:
        materialise_vector(&v.a)
        if v.kind == DOT:
            materialise_vector(&v.b)
    elif v.kind >= ADD:
        if v.a == NULL:
            v.a = owned_constant(v.x)
        if v.b == NULL:
            v.b = owned_constant(v.y)
    return 0
