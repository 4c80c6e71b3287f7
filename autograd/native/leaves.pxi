# The function leaves() of updates.py: a walk over what a thing holds, at the speed of C where it holds plain things.

from types import BuiltinFunctionType, FunctionType

cdef extern from "Python.h":
    bint PyType_IsSubtype(PyTypeObject*, PyTypeObject*)

cdef PyTypeObject* A_FUNCTION = <PyTypeObject*>FunctionType
cdef PyTypeObject* A_BUILTIN = <PyTypeObject*>BuiltinFunctionType
cdef object THIS_ENGINES = type(hand_over)  # its functions are no built-in ones to Python
cdef PyTypeObject* OF_THIS_ENGINE = <PyTypeObject*>THIS_ENGINES


def fast_leaves(thing, kind=(), inside=None):
    cdef list found = []
    cdef bint any_kind = type(kind) is not tuple or len(<tuple>kind) > 0
    if (any_tracer() and tracer() is not None) or (any_kind and not isinstance(kind, type)):
        return TEXTBOOK["leaves"](thing, kind, inside)
    find_leaves(thing, <PyTypeObject*>kind if any_kind else NULL, inside, {}, found)
    return each_once(found)


cdef int find_leaves(object thing, PyTypeObject* kind, object inside, dict seen, list found) except -1:
    """Append the leaves in a thing. It may run code of others, which may change what is walked over."""
    cdef PyTypeObject* its = Py_TYPE(<PyObject*>thing)
    cdef Py_ssize_t i = 0
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
    key = <size_t><PyObject*>thing
    if key in seen:
        return 0
    seen[key] = thing  # kept, so that nothing made later has its address
    Py_EnterRecursiveCall(" while leaves are looked for")
    try:
        if its == <PyTypeObject*>list:
            while i < len(<list>thing):
                part = (<list>thing)[i]
                if type(part) is Value and (<Value>part).kind == LEAF and (<Value>part).b == NULL:
                    found.append(part)
                else:
                    find_leaves(part, kind, inside, seen, found)
                i += 1
        elif its == <PyTypeObject*>tuple:
            for part in <tuple>thing:
                find_leaves(part, kind, inside, seen, found)
        else:
            if its == <PyTypeObject*>dict:
                parts = list((<dict>thing).values())
            elif (kind != NULL and PyType_IsSubtype(its, kind)
                  and _PyType_Lookup(its, "__slots__") == NULL and _PyType_Lookup(its, "__iter__") == NULL):
                parts = list(thing.__dict__.values())
            else:
                parts = () if inside is None else inside(thing)
            for part in parts:
                find_leaves(part, kind, inside, seen, found)
    finally:
        Py_LeaveRecursiveCall()
    return 0


cdef list each_once(list found):
    """Each Value in the place where it came first; all in one go, for the marks are seen by every thread."""
    cdef list once = []
    cdef Py_ssize_t i
    cdef Value leaf
    try:
        for i in range(len(found)):
            leaf = found[i]
            if not leaf.flags & FOUND:
                leaf.flags |= FOUND
                once.append(leaf)
    finally:
        for i in range(len(found)):
            leaf = found[i]
            leaf.flags &= ~FOUND
    return once
