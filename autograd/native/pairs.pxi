# Keeps the numbers of parameters side by side: buffers of pairs, data and grad, into which the Values look.
#
# A Value has room for a pair of its own. Leaves that a compiled function uses, or that are moved together, are taken into
# buffers: then the numbers of all are read and written in one go through memory, and no Value is looked at.

from libc.string cimport memcpy

cdef enum:
    BUFFER = 1 << 16  # bytes; a buffer begins at a multiple of it, so that a place in it says which it is
    MOST_PAIRS = BUFFER // 16 - 4
    REMEMBERED = 4
    WORTH_REMEMBERING = 8  # Values


cdef struct PairBuffer:
    void* memory  # what was allocated
    Py_ssize_t users  # Values whose pair is here
    Py_ssize_t taken  # pairs that are in use, or were
    Py_ssize_t unused
    double pairs[2 * MOST_PAIRS]


cdef struct Stretch:
    # Pairs side by side, whose numbers have slots side by side in a program
    double* pairs
    Py_ssize_t slot, n


cdef struct Together:
    # A list of leaves that were moved together, as it was. No reference is held to them
    uint64_t departures
    Py_ssize_t n, n_stretches
    PyObject** leaves
    Stretch* stretches


cdef PairBuffer* filling = NULL  # the buffer that takes the next
cdef uint64_t departures = 0  # counts the Values in buffers that were freed: their addresses may be given to others
cdef Together remembered[REMEMBERED]
cdef int next_to_remember = 0


cdef int take_into_buffer(PyObject* leaf) except -1:
    """Let a Value have its pair in a buffer from now on, if it is a leaf, and no object of a subclass."""
    global filling
    cdef Value value = <Value>leaf
    cdef void* memory
    cdef double* pair
    if Py_TYPE(leaf) != VALUE or value.kind != LEAF or value.at != value.pair:
        return 0
    if filling == NULL or filling.taken == MOST_PAIRS:
        memory = room_for(2, BUFFER)
        filling = <PairBuffer*>((<uintptr_t>memory + BUFFER - 1) & ~<uintptr_t>(BUFFER - 1))
        filling.memory, filling.users, filling.taken = memory, 0, 0
    pair = filling.pairs + 2 * within(filling.taken, MOST_PAIRS)
    pair[DATA], pair[GRAD] = value.at[DATA], value.at[GRAD]
    value.at = pair
    filling.users += 1
    filling.taken += 1
    return 0


cdef void leave_buffer(PyObject* leaf) noexcept:
    """When a Value is freed whose pair is in a buffer."""
    global departures
    cdef PairBuffer* buffer = <PairBuffer*>(<uintptr_t>(<Value>leaf).at & ~<uintptr_t>(BUFFER - 1))
    (<Value>leaf).at = (<Value>leaf).pair  # (a pointer, because nothing may refer to it any more)
    departures += 1
    buffer.users -= 1
    if buffer.users == 0 and buffer == filling:
        buffer.taken = 0
    elif buffer.users == 0:
        PyMem_Free(buffer.memory)


cdef inline Stretch* extended(Stretch* first, Py_ssize_t* n, Py_ssize_t room, double* pair, Py_ssize_t slot) noexcept:
    """Stretches, of which the last one is made longer by a pair, or a new one begun; there is room for so many."""
    cdef Stretch* last = first + n[0] - 1
    if n[0] and last.pairs + 2 * last.n == pair and last.slot + last.n == slot:
        last.n += 1
        return first
    last = first + within(n[0], room)
    last.pairs, last.slot, last.n = pair, slot, 1
    n[0] += 1
    return first


cdef Together* together(list leaves) except? NULL:
    """Leaves by their places in buffers, into which they are taken; NULL for few, or if they are not all leaves."""
    global next_to_remember
    cdef Py_ssize_t i, n = len(leaves)
    cdef PyObject** items = (<PyListObject*>leaves).ob_item
    cdef Together* found
    if n < WORTH_REMEMBERING:
        return NULL
    for i in range(REMEMBERED):
        found = &remembered[i]
        if found.n == n and found.departures == departures and memcmp(found.leaves, items, n * sizeof(void*)) == 0:
            return found
    for i in range(n):
        if Py_TYPE(items[i]) != VALUE or (<Value>items[i]).kind != LEAF:
            return NULL
    found = &remembered[next_to_remember]
    next_to_remember = (next_to_remember + 1) % REMEMBERED
    PyMem_Free(found.leaves)
    found.n, found.n_stretches, found.leaves = 0, 0, NULL
    found.leaves = <PyObject**>room_for(n, sizeof(void*) + sizeof(Stretch))
    found.stretches = <Stretch*>(found.leaves + n)
    for i in range(n):
        take_into_buffer(items[i])
        extended(found.stretches, &found.n_stretches, n, (<Value>items[i]).at, i)
        found.leaves[i] = items[i]
    found.departures, found.n = departures, n
    return found
