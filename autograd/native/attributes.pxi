# Attributes that value.py gives to the class, and those that a user gives to a Value, in a dict.

def attach(str name, thing):
    """Give Value an attribute; see value.py."""
    (<dict>(<PyTypeObject*>Value).tp_dict)[name] = thing
    PyType_Modified(<PyTypeObject*>Value)


def attributes_of(Value value not None):
    """The dict of the attributes that a user gave to a Value, as its __dict__."""
    return PyObject_GenericGetDict(value, NULL)


def own_attributes(Value value not None):
    """The same; None if there is none yet."""
    return None if value.own == NULL else <object>value.own


cdef Py_ssize_t place_of_own(Value any):
    return <char*>&any.own - <char*><PyObject*>any


(<PyTypeObject*>Value).tp_dictoffset = (<PyTypeObject*>OwnValue).tp_dictoffset = place_of_own(Value.__new__(Value, 0.0))
attach("__dict__", property(attributes_of))


cdef dict LABELS = {}  # by the addresses of Values, most of which have none


cdef object label_of(Value value):
    return LABELS[<size_t><void*>value] if value.flags & LABELLED else ""


cdef void release_label(PyObject* o) noexcept:
    cdef PyObject* error[3]
    cdef PyObject* label
    if not (<Value>o).flags & LABELLED:
        return
    PyErr_Fetch(&error[0], &error[1], &error[2])
    label = PyDict_GetItemWithError(LABELS, <size_t>o)
    Py_INCREF(label)
    del LABELS[<size_t>o]
    release(label)  # which need not be text
    PyErr_Restore(error[0], error[1], error[2])


cdef void release_own(PyObject* o) noexcept:
    cdef PyObject* own = (<Value>o).own
    cdef PyObject* error[3]
    PyErr_Fetch(&error[0], &error[1], &error[2])  # freeing it may run any code
    (<Value>o).own = NULL
    Py_XDECREF(own)
    PyErr_Restore(error[0], error[1], error[2])
