# The topological order of a graph: a depth-first search with a stack of its own.

cdef uint64_t walks = 0  # counts the walks over graphs


cdef enum:
    NO_MORE = -1  # parents: so that the node, which may be far from the cache by then, is not looked at again
    MOST_POPULATED = 1 << 18  # nodes for which the system is asked for memory at once


cdef struct Step:
    PyObject* node
    int32_t part  # the first Vector of the parents, the second, the bias; or NO_MORE
    int32_t next_parent
    double before  # the node's grad, if that is set to 0 on the way


cdef struct Nodes:
    PyObject** at
    double* before  # their grads, if those are to be set to 0 on the way; or NULL
    Py_ssize_t n, room, taken  # room: of what was taken, so much as is there; more is asked for a part at a time
    uint32_t since  # nodes born before are left out
    Py_ssize_t to_gather  # the parents in Vectors that several nodes share
    bint closures, neurons  # whether there are any
    bint failed


# The memory of the walk before, for the next one: to get it from the system anew costs more than the walk. It may be NULL
cdef Step* spare_stack = NULL
cdef Py_ssize_t room_in_spare_stack = 0
cdef PyObject** spare_at = NULL
cdef double* spare_before = NULL
cdef Py_ssize_t room_in_spare_nodes = 0


cdef inline void emit(Nodes* order, PyObject* node, double before) noexcept:
    if order.n == order.room and not widen(order):
        take_back(order, node, before)
        order.failed = True
        return
    order.at[order.n] = node
    if order.before != NULL:
        order.before[order.n] = before
    order.n += 1


cdef inline double come_to(Nodes* order, PyObject* node) noexcept:
    """Mark a node, and set its grad to 0 if that is wanted; what it was."""
    cdef double before = (<Value>node).at[GRAD]
    (<Value>node).flags |= VISITED
    if order.before != NULL:
        (<Value>node).at[GRAD] = 0.0
    return before


cdef void take_back(Nodes* order, PyObject* node, double before) noexcept:
    """Leave a node as it was."""
    (<Value>node).flags &= ~(VISITED | SHARED)
    if order.before != NULL:
        (<Value>node).at[GRAD] = before


cdef bint widen(Nodes* order) noexcept:
    cdef Py_ssize_t more
    cdef void* larger
    if order.room == order.taken:
        larger = more_room(order.at, 2 * order.taken, sizeof(void*))
        if larger == NULL:
            return False
        order.at = <PyObject**>larger
        if order.before != NULL:
            larger = more_room(order.before, 2 * order.taken, sizeof(double))
            if larger == NULL:
                return False
            order.before = <double*>larger
        order.taken *= 2
    more = min(order.taken - order.room, MOST_POPULATED)
    populate(order.at + order.room, more * sizeof(void*))
    if order.before != NULL:
        populate(order.before + order.room, more * sizeof(double))
    order.room += more
    return True


cdef inline PyObject* new_to_walk(PyObject* parent, Nodes* order) noexcept:
    """A parent with parents of its own that is seen for the first time; a leaf is put into the order at once."""
    cdef double before
    if parent == NULL or (<Value>parent).born < order.since:
        return NULL
    if (<Value>parent).flags & VISITED:
        if not (<Value>parent).flags & SHARED:
            (<Value>parent).flags |= SHARED
        return NULL
    if (<Value>parent).kind > CONSTANT:
        return parent
    before = come_to(order, parent)
    emit(order, parent, before)
    return NULL


cdef inline PyObject* next_parent(Step* step, Nodes* order) noexcept:
    """The next parent to go on with; NULL when there is none left."""
    cdef int kind = (<Value>step.node).kind
    cdef PyObject* parent = NULL
    cdef PyObject* second
    if kind == CLOSURE or kind >= MAX:
        return next_in_vectors(step, order)
    if kind < ADD:
        step.part = NO_MORE
        return new_to_walk(<PyObject*>(<Value>step.node).a, order)
    if order.before != NULL and step.next_parent == 0:
        # where only the way back follows, a second parent that is a leaf may come before the first
        second = <PyObject*>(<Value>step.node).b
        if second == NULL or (<Value>second).kind <= CONSTANT or (<Value>second).flags & VISITED:
            new_to_walk(second, order)
            step.part = NO_MORE
            return new_to_walk(<PyObject*>(<Value>step.node).a, order)
    while parent == NULL and step.next_parent < 2:
        parent = <PyObject*>((<Value>step.node).b if step.next_parent else (<Value>step.node).a)
        step.next_parent += 1
        parent = new_to_walk(parent, order)
    return parent


cdef PyObject* next_in_vectors(Step* step, Nodes* order) noexcept:
    cdef int kind = (<Value>step.node).kind, parts = 2 if kind >= DOT else 1
    cdef Vector* vector
    cdef PyObject* parent = NULL
    while step.part < parts:
        vector = <Vector*>((<Value>step.node).b if step.part else (<Value>step.node).a)
        if step.next_parent == 0 and not first_use(vector, order):
            step.part += 1
            continue
        while parent == NULL and step.next_parent < vector.n:
            parent = new_to_walk(vector.parents[step.next_parent], order)
            step.next_parent += 1
        if parent != NULL:
            return parent
        step.part += 1
        step.next_parent = 0
    if kind == NEURON:
        order.neurons = True
        return new_to_walk((<Vector*>(<Value>step.node).a).bias, order)
    if kind == CLOSURE:
        order.closures = True
    return NULL


cdef inline bint first_use(Vector* vector, Nodes* order) noexcept:
    """Whether no other node that shares it has been here before in this walk."""
    if vector.walk == walks:
        vector.in_walk += 1
        if vector.in_walk == 2:
            vector.gradients = NULL
            order.to_gather += vector.n
        return False
    vector.walk = walks
    vector.in_walk = 1
    vector.gradients = &NOT_GATHERED
    return True


cdef void forget_walk(Nodes* order) noexcept:
    """Take the marks back."""
    cdef Py_ssize_t i
    for i in range(order.n):
        (<Value>order.at[i]).flags &= ~(VISITED | SHARED)


cdef void restore_grads(Nodes* order) noexcept:
    cdef Py_ssize_t i
    for i in range(order.n):
        (<Value>order.at[i]).at[GRAD] = order.before[i]


cdef void free_nodes(Nodes* order) noexcept:
    global spare_at, spare_before, room_in_spare_nodes
    if spare_at == NULL and order.at != NULL and order.before != NULL and order.taken <= MOST_SPARE_STEPS:
        spare_at, spare_before, room_in_spare_nodes = order.at, order.before, order.taken
        return
    PyMem_Free(order.at)
    PyMem_Free(order.before)


cdef void free_stack(Step* stack, Py_ssize_t room) noexcept:
    global spare_stack, room_in_spare_stack
    if spare_stack == NULL and stack != NULL and room <= MOST_SPARE_STEPS:
        spare_stack, room_in_spare_stack = stack, room
        return
    PyMem_Free(stack)


cdef int walk(Value root, Nodes* order, bint clearing, uint32_t since=0) except -1:
    """The nodes of the graph in topological order, as a recursive depth-first search finishes them.

    They stay marked as VISITED, and SHARED: the caller takes that back on its own way over them.
    clearing: whether their grads become 0. order.before then keeps the old ones.
    since: leave out nodes before the root that were made before this call.
    """
    global walks, spare_stack, spare_at, spare_before
    cdef Py_ssize_t depth = 1, room = 256, taken, i
    cdef Step* stack = spare_stack
    cdef Step* larger
    cdef PyObject* parent
    walks += 1
    order.since = since
    order.n = order.to_gather = 0
    order.closures = order.neurons = False
    if stack != NULL:
        spare_stack, room = NULL, room_in_spare_stack
    else:
        stack = <Step*>room_or_null(room, sizeof(Step))
    if clearing and spare_at != NULL:
        order.at, order.before, order.room = spare_at, spare_before, room_in_spare_nodes
        spare_at, spare_before = NULL, NULL
    else:
        order.room = 256
        order.at = <PyObject**>room_or_null(order.room, sizeof(void*))
        order.before = <double*>room_or_null(order.room, sizeof(double)) if clearing else NULL
    order.taken, taken = order.room, room
    order.failed = order.at == NULL or stack == NULL or (clearing and order.before == NULL)
    if order.failed:
        depth = 0
    else:
        stack[0].node, stack[0].next_parent = <PyObject*>root, 0
        stack[0].part = 0 if root.kind > CONSTANT else NO_MORE
        stack[0].before = come_to(order, <PyObject*>root)
    while depth > 0 and not order.failed:
        parent = next_parent(&stack[depth - 1], order) if stack[depth - 1].part != NO_MORE else NULL
        if parent == NULL:
            depth -= 1
            emit(order, stack[depth].node, stack[depth].before)
            continue
        if depth == room:
            if room == taken:
                larger = <Step*>more_room(stack, 2 * taken, sizeof(Step))
                if larger == NULL:
                    order.failed = True
                    break
                stack, taken = larger, 2 * taken
            populate(stack + room, min(taken - room, MOST_POPULATED) * sizeof(Step))
            room += min(taken - room, MOST_POPULATED)
        stack[depth].node = parent
        stack[depth].part = stack[depth].next_parent = 0
        stack[depth].before = come_to(order, parent)
        depth += 1
    if order.failed:
        for i in range(depth):
            take_back(order, stack[i].node, stack[i].before)
        forget_walk(order)
        if order.before != NULL:
            restore_grads(order)
        free_nodes(order)
        free_stack(stack, taken)
        raise MemoryError
    free_stack(stack, taken)
    return 0


def topological_order(root):
    """Every node of the graph of `root`, parents before children, `root` last; without recursion.

    It is the order in which a recursive depth-first search finishes the nodes.
    """
    cdef Py_ssize_t i
    cdef Nodes order
    cdef list nodes = []
    if not isinstance(root, Value):
        raise TypeError(f"a graph ends in a Value, got {root!r}")
    materialise_graph(root)
    walk(root, &order, False)  # with the nodes that have just been made
    forget_walk(&order)
    try:
        for i in range(order.n):
            nodes.append(<object>order.at[i])
    finally:
        free_nodes(&order)
    return nodes


cdef int materialise_graph(Value root, uint32_t since=0) except -1:
    cdef Py_ssize_t i
    cdef Nodes order
    walk(root, &order, False, since)
    forget_walk(&order)
    try:
        for i in range(order.n):
            materialise(<Value>order.at[i])
    finally:
        free_nodes(&order)
    return 0
