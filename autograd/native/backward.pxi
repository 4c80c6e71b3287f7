# The chain rule: what every node passes back to its parents.

cdef enum:
    FEW_PARENTS = 16  # parents, for whose partial derivatives no memory is asked for

cdef int differentiate(Value root) except -1:
    """backward() of a Value."""
    cdef Nodes order
    cdef Py_ssize_t i
    cdef double* gathered = NULL
    cdef double* room
    cdef PyObject* node
    cdef bint done = False
    cdef Way way
    if root.kind == CLOSURE:
        way = way_of(root)
        if way is not None and way.to_leaves and way.give(<Vector*>root.a, 1.0):
            root.at[GRAD] = 1.0  # a compiled function of leaves: there is nothing to walk over
            return 0
    walk(root, &order, True)
    if order.closures:
        # code of users comes in between: it may look at any node, and begin other walks
        forget_walk(&order)
        if order.neurons:
            restore_grads(&order)
            free_nodes(&order)
            materialise_graph(root)
            walk(root, &order, True)
            forget_walk(&order)
    elif order.to_gather > 0:
        gathered = <double*>room_or_null(order.to_gather, sizeof(double))
    room = gathered
    root.at[GRAD] = 1.0
    try:
        for i in range(order.n - 1, -1, -1):
            node = order.at[i]
            (<Value>node).flags &= ~(VISITED | SHARED)
            if (<Value>node).kind <= CONSTANT:
                if not order.closures:  # its gradient is complete, because all its children were before it
                    settle(node, order.before[i])
            else:
                pass_back(node, &room)
            if order.closures and i & 0xFFFF == 0xFFFF:
                PyErr_CheckSignals()
        if order.n > 0xFFFF:
            PyErr_CheckSignals()
        if order.closures:  # their code sees the gradients of this pass alone
            for i in range(order.n):
                if (<Value>order.at[i]).kind <= CONSTANT:
                    settle(order.at[i], order.before[i])
        done = True
    finally:
        if not done:
            forget_walk(&order)
            restore_grads(&order)
        PyMem_Free(gathered)
        free_nodes(&order)
    return 0


cdef inline void settle(PyObject* leaf, double before) noexcept:
    """The gradient of a leaf adds up over the calls of backward(); that of a constant stays."""
    (<Value>leaf).at[GRAD] = before + (<Value>leaf).at[GRAD] if (<Value>leaf).kind == LEAF else before


cdef inline void arrive(PyObject* parent, double contribution) noexcept:
    if parent != NULL and (<Value>parent).kind != CONSTANT:
        (<Value>parent).at[GRAD] += contribution


cdef inline int pass_back(PyObject* o, double** room) except -1:
    """The contributions of a node to the gradients of its parents. (It takes a pointer, because counting references
    costs time.)"""
    cdef double g = (<Value>o).at[GRAD], dx, dy
    cdef int kind = (<Value>o).kind
    if kind == NEURON:
        pass_back_neuron(o, room)
    elif kind == DOT:
        pass_to(<Vector*>(<Value>o).a, g, (<Vector*>(<Value>o).b).xs, room)
        pass_to(<Vector*>(<Value>o).b, g, (<Vector*>(<Value>o).a).xs, room)
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
    elif kind == ONE or kind == TWO:
        return pass_back_by_table(<Value>o)
    elif kind < ADD:
        arrive(<PyObject*>(<Value>o).a, g * partial_of_one(kind, (<Value>o).x, result_of(<Value>o)))
    elif kind == POW and (<Value>o).b == NULL:  # a plain number needs no derivative, and this one would cost a logarithm
        arrive(<PyObject*>(<Value>o).a, g * power_by_base((<Value>o).x, (<Value>o).y, result_of(<Value>o)))
    elif kind < MAX:
        partials_of_two(kind, (<Value>o).x, (<Value>o).y, result_of(<Value>o), &dx, &dy)
        arrive(<PyObject*>(<Value>o).a, g * dx)
        arrive(<PyObject*>(<Value>o).b, g * dy)
    else:
        return pass_back_vector(<Value>o)
    return 0


cdef double NOT_GATHERED = 0.0


cdef inline void pass_to(Vector* v, double g, double* partials, double** room) noexcept:
    """What a dot passes back to one of its Vectors.

    If several nodes share the Vector, and nothing else has its parents, their contributions are added up in one row.
    The order is the same as in the parents themselves. The last node hands the sums over.
    """
    cdef Py_ssize_t i
    if room[0] != NULL and v.gradients == NULL:
        v.gradients = place_to_gather(v, room)
    if room[0] == NULL or v.gradients == &NOT_GATHERED:
        for i in range(v.n):
            arrive(v.parents[i], g * partials[i])
        return
    add_multiple(v.gradients, g, partials, v.n)
    v.in_walk -= 1
    if v.in_walk == 0:
        for i in range(v.n):
            arrive(v.parents[i], v.gradients[i])


cdef double* place_to_gather(Vector* v, double** room) noexcept:
    cdef double* place = room[0]
    cdef Py_ssize_t i
    for i in range(v.n):
        if v.parents[i] != NULL and (<Value>v.parents[i]).flags & SHARED:
            return &NOT_GATHERED
        place[i] = 0.0
    room[0] += v.n
    return place


cdef int pass_back_by_table(Value v) except -1:
    cdef double[2] ds
    try:
        partials_of(v, &ds[0], &ds[1])
    except Exception as error:
        error.add_note(about_closure(v.op, count(v)))
        raise
    arrive(<PyObject*>v.a, v.at[GRAD] * ds[0])
    arrive(<PyObject*>v.b, v.at[GRAD] * ds[1])
    return 0


cdef int pass_back_vector(Value v) except -1:
    cdef Vector* a = <Vector*>v.a
    cdef double[FEW_PARENTS] here
    cdef double* ds = here
    cdef double g = v.at[GRAD]
    cdef Py_ssize_t i
    try:
        if a.n <= FEW_PARENTS:
            partials_of_vector(v.kind, v.place, a.xs, a.n, result_of(v), ds)
        else:
            ds = new_partials_of(v)
    except Exception as error:
        error.add_note(about_closure(v.op, a.n))
        raise
    for i in range(a.n):
        arrive(a.parents[i], g * ds[i])
    if ds != here:
        PyMem_Free(ds)
    return 0


cdef double* new_partials_of(Value v) except NULL:
    """The partial derivatives of a node with a Vector of parents, in memory that the caller frees."""
    cdef Vector* a = <Vector*>v.a
    cdef double out = result_of(v)
    cdef double* ds = <double*>room_for(a.n, sizeof(double))
    try:
        partials_of_vector(v.kind, v.place, a.xs, a.n, out, ds)
    except:
        PyMem_Free(ds)
        raise
    return ds


cdef inline int partials_of(Value v, double* dx, double* dy) except -1:
    """The partial derivatives of a node with one or two parents."""
    cdef double[2] xs, ds
    if v.kind == ONE or v.kind == TWO:
        xs[0], xs[1], ds[1] = v.x, v.y, 0.0
        partials_at(v.place, xs, 1 if v.kind == ONE else 2, result_of(v), ds)
        dx[0], dy[0] = ds[0], ds[1]
    elif v.kind < ADD:
        dx[0], dy[0] = partial_of_one(v.kind, v.x, result_of(v)), 0.0
    else:
        partials_of_two(v.kind, v.x, v.y, result_of(v), dx, dy)
    return 0


cdef object operation_of(Value v):
    """The operation that a node shows; of a NEURON its last."""
    return operation_at(v.kind, v.place) if v.kind != NEURON else OPERATIONS[v.place or ADD]


cdef inline double result_of(Value v) noexcept:
    """What an operation computed: .data, unless that was set since."""
    cdef double[2] xs
    if not v.flags & OVERWRITTEN:
        return v.at[DATA]
    if v.kind == NEURON:
        return value_of_one(v.place, v.x)
    if v.kind >= MAX:
        return value_of_vector(v.kind, v.place, (<Vector*>v.a).xs, (<Vector*>v.a).n)
    if v.kind == POW:
        return c_pow(v.x, v.y)
    if v.kind == ONE or v.kind == TWO:
        xs[0], xs[1] = v.x, v.y
        return value_at(v.place, xs, 1 if v.kind == ONE else 2)
    return value_of_two(v.kind, v.x, v.y) if v.kind >= ADD else value_of_one(v.kind, v.x)


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
