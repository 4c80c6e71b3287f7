# Memory for large graphs: Values lie side by side in slabs, which the system gives in large pieces.
#
# A node of a graph of a million nodes costs more time than one of a small graph, mostly because the system hands out
# memory page by page. So on Linux, after the first 65,536 spare places, Values live in slabs. Some slabs without Values
# are kept for the next graph.

from libc.stdint cimport uintptr_t

cdef extern from *:
    """
    #define SLAB ((size_t)1 << 21)

    #if defined(__linux__) && !defined(CHALKGRAD_CHECKED)
    #include <stdint.h>
    #include <sys/mman.h>
    #ifndef MADV_POPULATE_WRITE
    #define MADV_POPULATE_WRITE 23  /* older systems refuse it, and hand out page by page */
    #endif
    #define PAGE ((uintptr_t)4096)

    static void populate(void* start, size_t size) {
        uintptr_t first = ((uintptr_t)start + PAGE - 1) & ~(PAGE - 1), last = ((uintptr_t)start + size) & ~(PAGE - 1);
        if (size >= SLAB / 2) madvise((void*)first, last - first, MADV_POPULATE_WRITE);
    }
    static void* map_slab(void) {  /* at a multiple of its size */
        char* space = mmap(NULL, 2 * SLAB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (space == MAP_FAILED) return NULL;
        size_t before = (SLAB - ((uintptr_t)space & (SLAB - 1))) & (SLAB - 1);
        if (before) munmap(space, before);
        munmap(space + before + SLAB, SLAB - before);
        populate(space + before, SLAB);
        return space + before;
    }
    static void unmap_slab(void* slab) { munmap(slab, SLAB); }
    #else
    static void populate(void* start, size_t size) {}
    static void* map_slab(void) { return NULL; }
    static void unmap_slab(void* slab) {}
    #endif
    """
    const size_t SLAB
    void populate(void* start, size_t size) noexcept
    void* map_slab() noexcept
    void unmap_slab(void* slab) noexcept


cdef struct Slab:
    Slab* next  # of those with room
    Slab* previous
    PyObject* freed  # the first of the places that were given back; each begins with a pointer to the next
    char* fresh  # from here on no place has been used
    Py_ssize_t used


cdef enum:
    MOST_EMPTY_SLABS = 64  # 128 MiB, for 1.5 million Values

cdef Slab* slabs = NULL  # those with room
cdef int n_empty_slabs = 0


cdef inline bint is_full(Slab* slab) noexcept:
    return slab.freed == NULL and slab.fresh + VALUE.tp_basicsize > <char*>slab + SLAB


cdef inline void* take_from_slab() noexcept:
    """A place for a Value; NULL if there is no memory, or no slabs on this system."""
    global n_empty_slabs
    cdef Slab* slab = slabs
    cdef PyObject* place
    if slab == NULL:
        slab = <Slab*>map_slab()
        if slab == NULL:
            return NULL
        slab.used = 0
        n_empty_slabs += 1
        add_to_slabs(slab)
    if slab.used == 0:
        n_empty_slabs -= 1
        slab.freed = NULL
        slab.fresh = <char*>(slab + 1)
    place = slab.freed
    if place != NULL:
        slab.freed = (<PyObject**>place)[0]
    else:
        place = <PyObject*>slab.fresh
        slab.fresh += VALUE.tp_basicsize
    slab.used += 1
    if is_full(slab):
        remove_from_slabs(slab)
    return place


cdef inline void give_to_slab(PyObject* place) noexcept:
    global n_empty_slabs
    cdef Slab* slab = <Slab*>(<uintptr_t>place & ~<uintptr_t>(SLAB - 1))
    if is_full(slab):
        add_to_slabs(slab)
    (<PyObject**>place)[0] = slab.freed
    slab.freed = place
    slab.used -= 1
    if slab.used == 0:
        if n_empty_slabs < MOST_EMPTY_SLABS:
            n_empty_slabs += 1
        else:
            remove_from_slabs(slab)
            unmap_slab(slab)


cdef void add_to_slabs(Slab* slab) noexcept:
    global slabs
    slab.previous = NULL
    slab.next = slabs
    if slabs != NULL:
        slabs.previous = slab
    slabs = slab


cdef void remove_from_slabs(Slab* slab) noexcept:
    global slabs
    if slab.previous != NULL:
        slab.previous.next = slab.next
    else:
        slabs = slab.next
    if slab.next != NULL:
        slab.next.previous = slab.previous
