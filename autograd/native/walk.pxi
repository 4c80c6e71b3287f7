# The topological order of a graph: a depth-first search with a stack of its own.

cdef uint64_t walks = 0  # counts the walks over graphs


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
