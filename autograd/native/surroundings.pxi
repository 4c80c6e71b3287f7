# Whether what a compiled function depends on is still what it was, for surroundings.py: a few nanoseconds for each thing.

cdef extern from "Python.h":
    PyObject* PyDict_GetItemWithError(object, object) except? NULL
    int PyDict_Next(object, Py_ssize_t*, PyObject**, PyObject**)
    PyObject* PyFunction_GetCode(object)
    PyObject* PyFunction_GetDefaults(object)
    PyObject* PyFunction_GetKwDefaults(object)
    PyObject* PyCell_Get(object) except? NULL  # a new reference
    Py_ssize_t PyTuple_GET_SIZE(PyObject*)
    Py_ssize_t PyDict_Size(object) except -1


cdef inline bint same_items(PyObject** items, Py_ssize_t n, tuple expected) noexcept:
    return n == PyTuple_GET_SIZE(<PyObject*>expected) and (
        n == 0 or memcmp(items, items_of(expected), n * sizeof(PyObject*)) == 0)


cdef bint same_dict(subject, tuple expected) except -1:
    """Whether it has these keys and values, one after the other, in this order."""
    cdef Py_ssize_t place = 0, i = 0
    cdef PyObject* key
    cdef PyObject* value
    cdef PyObject** items = items_of(expected)
    if 2 * PyDict_Size(subject) != PyTuple_GET_SIZE(<PyObject*>expected):
        return False
    while PyDict_Next(subject, &place, &key, &value):
        if items[i] != key or items[i + 1] != value:
            return False
        i += 2
    return True


cdef bint same_array(subject, tuple expected) except -1:
    """Whether it has this shape and these bytes."""
    cdef Py_buffer view
    cdef bytes before = expected[0]
    cdef bint same
    if subject.shape != expected[1] or subject.dtype is not expected[2]:
        return False
    try:
        PyObject_GetBuffer(subject, &view, PyBUF_C_CONTIGUOUS)
    except (ValueError, BufferError):
        return subject.tobytes() == before
    same = view.len == len(before) and memcmp(view.buf, <char*>before, view.len) == 0
    PyBuffer_Release(&view)
    return same


def fast_first_change(list entries):
    """The first entry of which something is no longer what it was, or None; see surroundings.py."""
    cdef PyObject* found
    cdef bint same
    cdef tuple entry
    cdef int kind
    for entry in entries:
        kind, subject, key, expected = <object>entry[0], entry[1], entry[2], entry[3]
        if kind == 0:  # a name in a dict
            found = PyDict_GetItemWithError(subject, key)
            same = found == (NULL if expected is MISSING else <PyObject*>expected)
        elif kind == 1:
            same = same_items((<PyListObject*>subject).ob_item, PyList_GET_SIZE(<PyObject*>subject), expected)
        elif kind == 2:
            same = same_dict(subject, expected)
        elif kind == 3:  # a variable of an outer function
            found = PyCell_Get(subject)
            same = found == (NULL if expected is MISSING else <PyObject*>expected)
            Py_XDECREF(found)
        elif kind == 4:
            same = Py_TYPE(<PyObject*>subject) == <PyTypeObject*>expected
        elif kind == 5:
            same = (PyFunction_GetCode(subject) == <PyObject*>expected[0]
                    and PyFunction_GetDefaults(subject) == (NULL if expected[1] is None else <PyObject*>expected[1])
                    and PyFunction_GetKwDefaults(subject) == (NULL if expected[2] is None else <PyObject*>expected[2]))
        elif kind == 6:
            items = tuple(key(subject))
            same = same_items(items_of(items), len(items), expected)
        elif kind == 7:
            same = same_array(subject, expected)
        else:
            same = key(subject) is expected
        if not same:
            return entry
    return None


MISSING = object()
