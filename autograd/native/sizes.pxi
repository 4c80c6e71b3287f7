# Computes sizes in bytes and asks for memory: every size that depends on arguments is computed here.

cdef extern from "Python.h":
    Py_ssize_t PY_SSIZE_T_MAX


cdef inline Py_ssize_t bytes_of(Py_ssize_t n, Py_ssize_t size) except -1:
    """n times size; MemoryError if no memory is as large."""
    if n < 0 or size < 0 or (size > 0 and n > PY_SSIZE_T_MAX // 4 // size):
        raise MemoryError
    return n * size


cdef inline void* room_for(Py_ssize_t n, Py_ssize_t size) except NULL:
    """Memory for n things, for PyMem_Free."""
    cdef void* found = PyMem_Malloc(bytes_of(n, size))
    if found == NULL:
        raise MemoryError
    return found


cdef inline void* zeros_for(Py_ssize_t n, Py_ssize_t size) except NULL:
    """The same with nothing but zeros in it."""
    cdef void* found = PyMem_Calloc(bytes_of(n, size), 1)
    if found == NULL:
        raise MemoryError
    return found


cdef int check_unchanged(Py_ssize_t n, Py_ssize_t before) except -1:
    """RuntimeError for a list that has changed, because reading a number may run any code."""
    if n != before:
        raise RuntimeError("the lists changed while their numbers were read")
    return 0
