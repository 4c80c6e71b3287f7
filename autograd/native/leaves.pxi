# leaves() of updates.py in C: finds the Values in plain lists, tuples, dicts and objects.

from types import BuiltinFunctionType, FunctionType

cdef extern from "Python.h":
    bint PyType_IsSubtype(PyTypeObject*, PyTypeObject*)
    object PyDict_Values(object)
    object PyObject_GenericGetDict(object, void*)
    int PyGC_Disable() noexcept
    int PyGC_Enable() noexcept
    list PyList_New(Py_ssize_t)
    PyTypeObject PyGetSetDescr_Type

cdef PyTypeObject* A_FUNCTION = <PyTypeObject*>FunctionType
cdef PyTypeObject* A_BUILTIN = <PyTypeObject*>BuiltinFunctionType
cdef object THIS_ENGINES = type(hand_over)  # its functions are no built-in ones to Python
cdef PyTypeObject* OF_THIS_ENGINE = <PyTypeObject*>THIS_ENGINES


cdef enum:
    MOST_MET = 1 << 12  # lists, dicts and objects, of which half as many are looked through at once
    MOST_NESTED = 64


cdef struct Met:
    PyObject* thing
    uint64_t search  # the one that met it


cdef Met met[MOST_MET]
cdef uint64_t searches = 0


cdef struct Search:
    # Through things that ask no code of others, so that nothing changes or ends meanwhile
    PyTypeObject* kind
    PyTypeObject* plain  # one of this kind that keeps its attributes in a dict, as objects do
    PyObject** leaves  # each once; they are marked
    Py_ssize_t n, room
    Py_ssize_t n_met
    int depth


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
    at_once = found_at_once(thing, <PyTypeObject*>kind if any_kind else NULL)
    if at_once is not None:
        return at_once
    find_leaves(thing, <PyTypeObject*>kind if any_kind else NULL, inside, Seen(), found)
    return each_once(found)


cdef list found_at_once(object thing, PyTypeObject* kind):
    """All leaves, each once, if they can be found without code of others; else None."""
    global searches
    cdef Search search
    cdef Py_ssize_t i
    cdef list found = None
    cdef int collects = PyGC_Disable()  # it might run such code
    search.kind, search.plain, search.n, search.n_met, search.depth = kind, NULL, 0, 0, 0
    search.room, search.leaves = 0, NULL
    searches += 1
    try:
        if search_at_once(<PyObject*>thing, &search):
            found = PyList_New(search.n)
            for i in range(search.n):
                Py_INCREF(search.leaves[i])
                (<PyListObject*>found).ob_item[i] = search.leaves[i]
    finally:
        for i in range(search.n):
            (<Value>search.leaves[i]).flags &= ~FOUND
        PyMem_Free(search.leaves)
        if collects:
            PyGC_Enable()
    return found


cdef inline bint is_a_leaf(PyObject* thing) noexcept:
    return Py_TYPE(thing) == VALUE and (<Value>thing).kind == LEAF and (<Value>thing).b == NULL


cdef inline int keep_leaf(PyObject* leaf, Search* search) except -1:
    if (<Value>leaf).flags & FOUND:
        return 0
    if search.n == search.room:
        make_room(search)
    search.leaves[search.n] = leaf
    search.n += 1
    (<Value>leaf).flags |= FOUND
    return 0


cdef int make_room(Search* search) except -1:
    cdef Py_ssize_t room = 2 * search.room + 512
    cdef void* larger = more_room(search.leaves, room, sizeof(void*))
    if larger == NULL:
        raise MemoryError
    search.leaves, search.room = <PyObject**>larger, room
    return 0


cdef bint search_at_once(PyObject* thing, Search* search) except -1:
    """Keep the leaves in a thing. False if that needs code of others, or if there is too much in it."""
    cdef PyTypeObject* its = Py_TYPE(thing)
    cdef PyObject** items
    cdef Py_ssize_t i = 0, n
    cdef PyObject* key
    cdef PyObject* part
    cdef size_t at
    if its == VALUE:
        if is_a_leaf(thing):
            keep_leaf(thing, search)
        return (<Value>thing).kind != LEAF or (<Value>thing).b == NULL
    if holds_no_leaf(its, thing):
        return True
    at = (<size_t>thing >> 4) * <size_t>0x9E3779B1 & (MOST_MET - 1)
    while met[at].search == searches and met[at].thing != thing:
        at = (at + 1) & (MOST_MET - 1)
    if met[at].search == searches:
        return True
    if search.n_met == MOST_MET // 2 or search.depth == MOST_NESTED:
        return False
    met[at].thing, met[at].search = thing, searches
    search.n_met += 1
    search.depth += 1
    if its == <PyTypeObject*>list or its == <PyTypeObject*>tuple:
        items = (<PyListObject*>thing).ob_item if its == <PyTypeObject*>list else items_of(<tuple>thing)
        n = PyList_GET_SIZE(thing) if its == <PyTypeObject*>list else PyTuple_GET_SIZE(thing)
        for i in range(n):
            if is_a_leaf(items[i]):
                keep_leaf(items[i], search)
            elif not search_at_once(items[i], search):
                return False
    else:
        if its == <PyTypeObject*>dict:
            parts = <object>thing
        elif its == search.plain or has_plain_attributes(its, search):
            parts = PyObject_GenericGetDict(<object>thing, NULL)
        else:
            return False
        if type(parts) is not dict:
            return False
        while PyDict_Next(parts, &i, &key, &part):
            if not search_at_once(part, search):
                return False
    search.depth -= 1
    return True


cdef inline bint holds_no_leaf(PyTypeObject* its, PyObject* thing) noexcept:
    """Whether there are no leaves in things of this type."""
    return (thing == <PyObject*>None or its == <PyTypeObject*>float or its == <PyTypeObject*>int
            or its == <PyTypeObject*>str or its == <PyTypeObject*>bool or its == A_FUNCTION or its == A_BUILTIN
            or its == OF_THIS_ENGINE)


cdef bint has_plain_attributes(PyTypeObject* its, Search* search) noexcept:
    cdef PyObject* of_attributes
    if (search.kind == NULL or not PyType_IsSubtype(its, search.kind) or its.tp_getattro != <void*>PyObject_GenericGetAttr
            or _PyType_Lookup(its, "__slots__") != NULL or _PyType_Lookup(its, "__iter__") != NULL):
        return False
    of_attributes = _PyType_Lookup(its, "__dict__")
    if of_attributes == NULL or Py_TYPE(of_attributes) != &PyGetSetDescr_Type:
        return False
    search.plain = its
    return True


cdef int find_leaves(object thing, PyTypeObject* kind, object inside, Seen seen, list found) except -1:
    """Append the leaves in a thing. It may run code of others, which may change what is walked over."""
    cdef PyTypeObject* its = Py_TYPE(<PyObject*>thing)
    if its == VALUE:
        if (<Value>thing).kind == LEAF and ((<Value>thing).b == NULL or not thing.op):
            found.append(thing)
        return 0
    if holds_no_leaf(its, <PyObject*>thing):
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
