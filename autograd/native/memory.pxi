# Makes Values and frees graphs: freed memory is kept for the next Values, and freeing does not recurse.

cdef extern from *:
    """
    #if defined(CHALKGRAD_CHECKED)  /* a sanitizer sees what is used after it was freed, if little is kept */
    #define MOST_SPARE 1
    #define MOST_SPARE_NUMBERS (1 << 16)
    #define MOST_SPARE_STEPS 0
    #else
    #define MOST_SPARE (1 << 16)
    #define MOST_SPARE_NUMBERS (1 << 22)
    #define MOST_SPARE_STEPS (1 << 18)
    #endif
    #if defined(CHALKGRAD_CHECKED) && defined(__SANITIZE_ADDRESS__)  /* and if nobody may touch what is kept */
    #include <sanitizer/asan_interface.h>
    #define forbid(place, n, size) ASAN_POISON_MEMORY_REGION(place, (size) * (n))
    #define allow(place, n, size) ASAN_UNPOISON_MEMORY_REGION(place, (size) * (n))
    #else
    #define forbid(place, n, size) ((void)0)
    #define allow(place, n, size) ((void)0)
    #endif
    """
    enum:
        MOST_SPARE  # Values
        MOST_SPARE_NUMBERS  # in the blocks of a machine
        MOST_SPARE_STEPS  # of a walk over a graph
    void forbid(void* place, size_t n, size_t size) noexcept nogil  # until it is allowed again; for a sanitizer
    void allow(void* place, size_t n, size_t size) noexcept nogil

cdef PyObject* spare[MOST_SPARE]
cdef int n_spare = 0, n_outside_slabs = 0
cdef PyTypeObject* VALUE = <PyTypeObject*>Value


cdef PyObject* new_memory() except NULL:
    """A Value without contents: from Python's allocator as long as spare can keep them all, then from slabs."""
    global n_outside_slabs
    cdef void* place = take_from_slab() if n_outside_slabs >= MOST_SPARE else NULL
    cdef bint in_slab = place != NULL
    if not in_slab:
        n_outside_slabs = min(n_outside_slabs + 1, MOST_SPARE)
        place = PyObject_Malloc(VALUE.tp_basicsize)
        if place == NULL:
            raise MemoryError
    PyObject_Init(<PyObject*>place, VALUE)
    (<PyObject**>(<char*>place + VALUE.tp_weaklistoffset))[0] = NULL
    (<Value>place).own = NULL
    (<Value>place).at = (<Value>place).pair
    (<Value>place).in_slab = in_slab
    return <PyObject*>place


cdef inline Value new(double data):
    global n_spare
    cdef PyObject* o
    if n_spare > 0:
        n_spare -= 1
        o = spare[n_spare]
        _Py_NewReference(o)
    else:
        o = new_memory()
    (<Value>o).pair[DATA] = data
    (<Value>o).pair[GRAD] = 0.0
    (<Value>o).a = NULL
    (<Value>o).b = NULL
    (<Value>o).kind = LEAF
    (<Value>o).flags = INITIALISED
    (<Value>o).born = calls
    return <Value>OWNED(o)


cdef void value_dealloc(PyObject* o) noexcept:
    global n_spare
    if (<PyObject**>(<char*>o + VALUE.tp_weaklistoffset))[0] != NULL:
        PyObject_ClearWeakRefs(o)
    if (<Value>o).own != NULL:
        release_own(o)
    release_label(o)
    release_parents(o)
    if (<Value>o).at != (<Value>o).pair:
        leave_buffer(o)
    if (<Value>o).in_slab:
        give_to_slab(o)
    elif Py_TYPE(o) == VALUE and n_spare < MOST_SPARE:
        spare[n_spare] = o
        n_spare += 1
    else:
        Py_TYPE(o).tp_free(o)


# A parent that would be freed is put on a stack first, so that nothing recurses

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
        larger = <PyObject**>more_room(doomed, 2 * room_for_doomed + 64, sizeof(void*))
        if larger == NULL:
            Py_DECREF(parent)
            return
        doomed = larger
        room_for_doomed = 2 * room_for_doomed + 64
    doomed[n_doomed] = parent
    n_doomed += 1


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
        release(<PyObject*>(<Value>o).b)
    elif kind == CLOSURE:
        release_closure(o)
    elif kind >= MAX:  # a NEURON too
        release_vector(<Vector*>(<Value>o).a)
        release_vector(<Vector*>(<Value>o).b)
    else:
        release(<PyObject*>(<Value>o).a)
        release(<PyObject*>(<Value>o).b)
    free_doomed()
