# Looks whether something has changed that a compiled function depends on, for surroundings.py, in nanoseconds for each
# thing.

cdef extern from "Python.h":
    PyObject* PyDict_GetItemWithError(object, object) except? NULL
    int PyDict_Next(object, Py_ssize_t*, PyObject**, PyObject**)
    PyObject* PyFunction_GET_CODE(PyObject*)
    PyObject* PyFunction_GET_DEFAULTS(PyObject*)
    PyObject* PyFunction_GET_KW_DEFAULTS(PyObject*)
    PyObject* PyCell_Get(object) except? NULL  # a new reference
    Py_ssize_t PyTuple_GET_SIZE(PyObject*)
    Py_ssize_t PyDict_Size(object) except -1

cdef extern from *:
    """
    /* A number that changes whenever a dict does. Newer Pythons have none, and tell 0 */
    #if PY_VERSION_HEX < 0x030C0000 && !defined(PYPY_VERSION)
    #define version_of(dict) (((PyDictObject*)(dict))->ma_version_tag)
    #else
    #define version_of(dict) ((uint64_t)0)
    #endif
    """
    uint64_t version_of(PyObject* dict) noexcept


cdef enum:
    TYPE = 4  # kinds of entries; see entries.py
    FUNCTION = 5


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


cdef struct Watched:
    # An entry; see surroundings.py
    int kind
    PyObject* subject
    PyObject* key
    PyObject* expected
    PyObject** parts  # what is in expected, if that is a tuple
    uint64_t version  # of a dict, when it was last looked at; 0 where Python does not tell


cdef inline bint is_still_at_once(Watched* seen) noexcept:
    """Whether the class of an object, or a function, is unchanged. This runs no code, and cannot fail."""
    if seen.kind == TYPE:
        return Py_TYPE(seen.subject) == <PyTypeObject*>seen.expected
    return (PyFunction_GET_CODE(seen.subject) == seen.parts[0]
            and or_none(PyFunction_GET_DEFAULTS(seen.subject)) == seen.parts[1]
            and or_none(PyFunction_GET_KW_DEFAULTS(seen.subject)) == seen.parts[2])


cdef inline PyObject* or_none(PyObject* o) noexcept:
    return <PyObject*>None if o == NULL else o


cdef bint is_still(Watched* seen) except -1:
    """Whether something is unchanged."""
    cdef PyObject* found
    cdef bint same
    cdef tuple expected
    cdef int kind = seen.kind
    if kind == 0:  # a name in a dict
        found = PyDict_GetItemWithError(<object>seen.subject, <object>seen.key)
        return found == (NULL if seen.expected == <PyObject*>MISSING else seen.expected)
    if kind == TYPE or kind == FUNCTION:
        return is_still_at_once(seen)
    if kind == 3:  # a variable of an outer function
        found = PyCell_Get(<object>seen.subject)
        same = found == (NULL if seen.expected == <PyObject*>MISSING else seen.expected)
        Py_XDECREF(found)
        return same
    if kind == 8:
        return (<object>seen.key)(<object>seen.subject) is <object>seen.expected
    expected = <tuple>seen.expected
    if kind == 1:
        return same_items((<PyListObject*>seen.subject).ob_item, PyList_GET_SIZE(seen.subject), expected)
    if kind == 2:
        return same_dict(<object>seen.subject, expected)
    if kind == 6:
        items = tuple((<object>seen.key)(<object>seen.subject))
        return same_items(items_of(items), len(items), expected)
    return same_array(<object>seen.subject, expected)


cdef int fill(Watched* seen, tuple entry) except -1:
    seen.kind, seen.version = <object>entry[0], 0
    seen.subject, seen.key, seen.expected = <PyObject*>entry[1], <PyObject*>entry[2], <PyObject*>entry[3]
    seen.parts = items_of(<tuple>entry[3]) if isinstance(entry[3], tuple) else NULL
    return 0


@cython.final
cdef class Watch:
    """Entries, as they are now, in one row of memory."""

    cdef list entries
    cdef Py_ssize_t n
    cdef Watched* seen

    def __cinit__(self, list entries):
        cdef tuple entry
        cdef Watched* each
        cdef list ordered = sorted(entries, key=by_place)
        self.entries = entries  # they are never taken out of the list
        self.seen = <Watched*>room_for(len(ordered) + 1, sizeof(Watched))
        for entry in ordered:
            each = &self.seen[within(self.n, len(ordered))]
            fill(each, entry)
            self.n += 1

    def __dealloc__(self):
        PyMem_Free(self.seen)

    cdef inline bint has_changed(self) except -1:
        """Whether anything has changed, or cannot be asked."""
        cdef Py_ssize_t i = 0
        if self.n != PyList_GET_SIZE(<PyObject*>self.entries):
            return True
        while i < self.n and self.seen[i].kind == FUNCTION:  # which come first
            if not is_still_at_once(&self.seen[i]):
                return True
            i += 1
        return i < self.n and self.have_changed(i)

    cdef bint have_changed(self, Py_ssize_t i) except -1:
        """Whether any has, from the one in place i on."""
        cdef uint64_t version
        cdef Watched* seen
        while i < self.n:
            seen = &self.seen[i]
            if seen.kind == 0:  # all names in one dict, which come together, have not changed if the dict has not
                version = version_of(seen.subject)
                if version == seen.version and version:
                    i += 1
                    while i < self.n and self.seen[i].kind == 0 and self.seen[i].subject == seen.subject:
                        i += 1
                    continue
                while i < self.n and self.seen[i].kind == 0 and self.seen[i].subject == seen.subject:
                    if not is_still(&self.seen[i]):
                        return True
                    i += 1
                seen.version = version
                continue
            if seen.kind == TYPE:
                if not is_still_at_once(seen):
                    return True
                i += 1
                continue
            try:
                if not is_still(seen):
                    return True
            except Exception:  # compiler.py looks again, and says what has changed
                return True
            i += 1
        return False


def by_place(tuple entry):
    """Functions first; the names of one dict side by side."""
    return entry[0] != FUNCTION, entry[0], <size_t><PyObject*>entry[1]


def fast_first_change(list entries):
    """The first entry that has changed, or None; see surroundings.py."""
    cdef tuple entry
    cdef Watched seen
    for entry in entries:
        fill(&seen, entry)
        if not is_still(&seen):
            return entry
    return None


MISSING = object()
