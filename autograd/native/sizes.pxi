# Computes sizes and asks for memory: every size that depends on arguments is computed here, and no other file allocates.
#
# An engine that is built for checks, with CHALKGRAD_SANITIZE, gives each array memory of its own. So a sanitizer sees
# what is read or written beyond it. Where several arrays share memory, within() looks at each index.

cdef extern from *:
    """
    #if defined(CHALKGRAD_CHECKED)
    #include <stdio.h>
    #define MOST_AT_ONCE 0
    static ptrdiff_t within(ptrdiff_t i, ptrdiff_t room) {
        if (0 <= i && i < room) return i;
        fprintf(stderr, "place %td is used where there was asked for room for %td\\n", i, room);
        abort();
    }
    #else
    #define MOST_AT_ONCE (1 << 16)
    #define within(i, room) (i)
    #endif
    """
    enum:
        MOST_AT_ONCE  # bytes that a Room takes beyond what is wanted
    Py_ssize_t within(Py_ssize_t i, Py_ssize_t room) noexcept nogil  # i

cdef extern from "Python.h":
    Py_ssize_t PY_SSIZE_T_MAX


cdef inline Py_ssize_t product_of(Py_ssize_t n, Py_ssize_t m) except -1:
    """n times m; MemoryError if no memory is as large."""
    if n < 0 or m < 0 or (m > 0 and n > PY_SSIZE_T_MAX // 4 // m):
        raise MemoryError
    return n * m


cdef inline void* room_for(Py_ssize_t n, Py_ssize_t size) except NULL:
    """Memory for n things, for PyMem_Free."""
    cdef void* found = room_or_null(n, size)
    if found == NULL:
        raise MemoryError
    return found


cdef inline void* room_or_null(Py_ssize_t n, Py_ssize_t size) noexcept:
    """The same; NULL if there is none."""
    return NULL if n < 0 or n > PY_SSIZE_T_MAX // 4 // size else PyMem_Malloc(n * size)


cdef inline void* more_room(void* before, Py_ssize_t n, Py_ssize_t size) noexcept:
    """Memory for n things, which begins with what was in other memory; NULL, and that stays, if there is none."""
    return NULL if n < 0 or n > PY_SSIZE_T_MAX // 4 // size else PyMem_Realloc(before, n * size)


cdef inline void* zeros_for(Py_ssize_t n, Py_ssize_t size) except NULL:
    """Memory for n things, for PyMem_Free, with nothing but zeros in it."""
    cdef void* found = PyMem_Calloc(product_of(n, size), 1)
    if found == NULL:
        raise MemoryError
    return found


cdef struct Piece:
    Piece* before
    Py_ssize_t unused  # what comes behind it begins at a multiple of 16


@cython.final
cdef class Room:
    """Memory for arrays, which lives as long as this object."""

    cdef Piece* last
    cdef char* free
    cdef Py_ssize_t n_free, n_taken

    def __dealloc__(self):
        cdef Piece* piece = self.last
        while piece != NULL:
            self.last = piece.before
            PyMem_Free(piece)
            piece = self.last

    cdef void* take(self, Py_ssize_t n, Py_ssize_t size) except NULL:
        """Room for n things, all zeros; what is taken next may lie behind it."""
        cdef Py_ssize_t wanted = (product_of(n, size) + 15) // 16 * 16 if MOST_AT_ONCE else product_of(n, size), room
        cdef Piece* piece
        cdef void* taken
        if wanted > self.n_free or self.free == NULL or not MOST_AT_ONCE:
            room = max(wanted, min(self.n_taken + 256, <Py_ssize_t>MOST_AT_ONCE))
            piece = <Piece*>zeros_for(sizeof(Piece) + room, 1)
            piece.before = self.last
            self.last = piece
            self.free, self.n_free = <char*>(piece + 1), room
            self.n_taken += room
        taken = self.free
        self.free += wanted
        self.n_free -= wanted
        return taken


cdef int check_unchanged(Py_ssize_t n, Py_ssize_t before) except -1:
    """RuntimeError for a list that has changed, because reading a number may run any code."""
    if n != before:
        raise RuntimeError("the lists changed while their numbers were read")
    return 0
