# leaves() of updates.py in C: finds the Values in plain lists, tuples, dicts and objects.

from types import BuiltinFunctionType, FunctionType

cdef extern from "Python.h":
    bint PyType_IsSubtype(PyTypeObject*, PyTypeObject*)
    object PyDict_Values(object)

cdef PyTypeObject* A_FUNCTION = <PyTypeObject*>FunctionType
cdef PyTypeObject* A_BUILTIN = <PyTypeObject*>BuiltinFunctionType
cdef object THIS_ENGINES = type(hand_over)  # its functions are no built-in ones to Python
cdef PyTypeObject* OF_THIS_ENGINE = <PyTypeObject*>THIS_ENGINES


cdef class Seen:
    """A set of things by identity. It keeps them, so that nothing made later has the address of one of them."""

    cdef PyObject** at  # in the place that the address says, or the next one that is free
    cdef size_t n, room

    def __cinit__(self):
        self.room = 256
        self.at = <PyObject**>zeros_for(self.room, sizeof(void*))

    def __dealloc__(self):
        cdef size_t i
        for i in range(self.room if self.at != NULL else 0):
            Py_XDECREF(self.at[i])
        PyMem_Free(self.at)

    cdef bint is_new(self, PyObject* thing) except -1:
        """Whether it comes for the first time."""
        cdef PyObject** before = self.at
        cdef size_t i, n = self.room
        if 2 * self.n > n:
            self.at = <PyObject**>zeros_for(4 * n, sizeof(void*))
            self.room = 4 * n
            for i in range(n):
                if before[i] != NULL:
                    self.place(before[i])[0] = before[i]
            PyMem_Free(before)
        before = self.place(thing)
        if before[0] != NULL:
            return False
        Py_INCREF(thing)
        before[0] = thing
        self.n += 1
        return True

    cdef PyObject** place(self, PyObject* thing) noexcept:
        cdef size_t i = (<size_t>thing >> 4) * <size_t>0x9E3779B1 & (self.room - 1)
        while self.at[i] != NULL and self.at[i] != thing:
            i = (i + 1) & (self.room - 1)
        return &self.at[i]


def fast_leaves(thing, kind=(), inside=None):
    cdef list found = []
    cdef bint any_kind = type(kind) is not tuple or len(<tuple>kind) > 0
    if (any_tracer() and tracer() is not None) or (any_kind and not isinstance(kind, type)):
        return TEXTBOOK["leaves"](thing, kind, inside)
    find_leaves(thing, <PyTypeObject*>kind if any_kind else NULL, inside, Seen(), found)
    return each_once(found)


cdef int find_leaves(object thing, PyTypeObject* kind, object inside, Seen seen, list found) except -1:
    """Append the leaves in a thing. It may run code of others, which may change what is walked over."""
    cdef PyTypeObject* its = Py_TYPE(<PyObject*>thing)
    if its == VALUE:
        if (<Value>thing).kind == LEAF and ((<Value>thing).b == NULL or not thing.op):
            found.append(thing)
        return 0
    if (thing is None or its == <PyTypeObject*>float or its == <PyTypeObject*>int or its == <PyTypeObject*>str
            or its == <PyTypeObject*>bool or its == A_FUNCTION or its == A_BUILTIN or its == OF_THIS_ENGINE):
        return 0
    if isinstance(thing, Value):
        if not thing.op and not thing.parents:
            found.append(thing)
        return 0
    if not seen.is_new(<PyObject*>thing):
        return 0
    Py_EnterRecursiveCall(" while leaves are looked for")
    try:
        if its == <PyTypeObject*>list or its == <PyTypeObject*>tuple:
            find_in(thing, kind, inside, seen, found)
        elif its == <PyTypeObject*>dict:
            find_in(PyDict_Values(thing), kind, inside, seen, found)
        elif (kind != NULL and PyType_IsSubtype(its, kind)
              and _PyType_Lookup(its, "__slots__") == NULL and _PyType_Lookup(its, "__iter__") == NULL):
            attributes = thing.__dict__
            find_in(PyDict_Values(attributes) if type(attributes) is dict else list(attributes.values()), kind, inside, seen,
                    found)
        elif inside is not None:
            for part in inside(thing):
                find_leaves(part, kind, inside, seen, found)
    finally:
        Py_LeaveRecursiveCall()
    return 0


cdef int find_in(object parts, PyTypeObject* kind, object inside, Seen seen, list found) except -1:
    """Append the leaves in a list or a tuple. The list may change during the walk."""
    cdef bint is_list = type(parts) is list
    cdef Py_ssize_t i = 0
    cdef PyObject* part
    while i < (PyList_GET_SIZE(<PyObject*>parts) if is_list else PyTuple_GET_SIZE(<PyObject*>parts)):
        part = (<PyListObject*>parts).ob_item[i] if is_list else items_of(<tuple>parts)[i]
        if Py_TYPE(part) == VALUE and (<Value>part).kind == LEAF and (<Value>part).b == NULL:
            found.append(<object>part)
        else:
            find_leaves(<object>part, kind, inside, seen, found)
        i += 1
    return 0


cdef list each_once(list found):
    """Each Value in the place where it came first. This runs in one go, because every thread sees the marks."""
    cdef Py_ssize_t i, n = len(found)
    cdef PyObject** items = (<PyListObject*>found).ob_item  # nobody else knows the list
    cdef list once = found
    for i in range(n):
        if (<Value>items[i]).flags & FOUND:
            once = []
            break
        (<Value>items[i]).flags |= FOUND
    for i in range(n):
        (<Value>items[i]).flags &= ~FOUND
    if once is found:
        return found
    try:
        for i in range(n):
            if not (<Value>items[i]).flags & FOUND:
                (<Value>items[i]).flags |= FOUND
                once.append(<object>items[i])
    finally:
        for i in range(n):
            (<Value>items[i]).flags &= ~FOUND
    return once
