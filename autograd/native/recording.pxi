# Asks recording.py in C whether operations are recorded, and which tracer is told what no graph shows.

cdef extern from "Python.h":
    Py_ssize_t PySet_GET_SIZE(PyObject*)
    int PyContextVar_Get(object variable, PyObject* default, PyObject** value) except -1

cdef set OPEN_BLOCKS = open_blocks
cdef set TRACED_BLOCKS = traced_blocks
cdef object LATEST = latest


cdef inline bint any_tracer() noexcept:
    """Whether a function is being compiled in any context; mostly not."""
    return PySet_GET_SIZE(<PyObject*>TRACED_BLOCKS) != 0


cdef object block():
    """The innermost block that is open in this context, or None."""
    cdef PyObject* found = NULL
    PyContextVar_Get(LATEST, NULL, &found)
    own = OWNED(found)
    while own is not None and own not in OPEN_BLOCKS:
        own = own.outer
    return own


cdef object tracer():
    """The tracer of the function that is being compiled in this context, or None."""
    own = block()
    return None if own is None else own.tracer


cdef bint is_paused():
    own = block()
    return own is not None and own.paused


cdef inline bint recording():
    return PySet_GET_SIZE(<PyObject*>OPEN_BLOCKS) == 0 or not is_paused()


cdef int tell_read(str what) except -1:
    listener = tracer()
    if listener is not None:
        listener.read(what)
    return 0


cdef int tell_compared(str symbol, left, right, outcome) except -1:
    listener = tracer()
    if listener is not None:
        listener.compared(symbol, left, right, outcome)
    return 0


cdef int tell_looked(value, str what) except -1:
    listener = tracer()
    if listener is not None:
        listener.looked(value, what)
    return 0


cdef int tell_computed(value) except -1:
    listener = tracer()
    if listener is not None:
        listener.computed(value)
    return 0
