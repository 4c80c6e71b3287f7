# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: c_api_binop_methods=True
"""The native engine: the Value of engine.py in C fields, without detours through Python objects.

What engine.py says of Value, backward() and topological_order() holds here too, bit for bit. The most common operations
are written out; all others are translated from the table. These things make it fast:

- The numbers of the forward pass, and the one or two parents, are C fields; many parents are one Vector.
  The partial derivatives are computed in backward(), from the numbers of the forward pass.
- A plain number that meets a Value is kept as a number. It becomes a node when somebody asks for the parents.
- The garbage collector does not track Values, because they form no cycles by themselves. The exception is a Value with
  a closure from outside, which may refer to the Value: an OwnValue, which is tracked. (The collector does not find a
  cycle that a user makes through an untracked result.)
- Freed memory is kept for the next Values, and a graph is freed without recursion.

It is one module, so that the compiler sees all of it at once. Each of its files has one subject.
"""

cimport cython
from cpython.exc cimport PyErr_CheckSignals
from cpython.float cimport PyFloat_AS_DOUBLE
from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_Malloc, PyMem_Realloc
from cpython.object cimport PyObject_RichCompare, Py_EQ, Py_GE, Py_GT, Py_LE, Py_LT, Py_NE, PyObject, newfunc
from libc.stdint cimport int32_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcmp

from collections.abc import Iterable
from inspect import signature
from numbers import Number
from types import MethodType

from autograd import whole_numbers
from autograd.derivatives import number_of, to_float
from autograd.messages import about_closure, checked_parents, no_float, what_came_of, wrong_number_of_contributions
from autograd.reading import is_plain, note_tie
from autograd.recording import latest, open_blocks, traced_blocks

cdef extern from "Python.h":
    Py_ssize_t Py_REFCNT(PyObject*)
    void Py_INCREF(PyObject*)
    void Py_DECREF(PyObject*)
    void Py_XDECREF(PyObject*)
    void Py_XINCREF(PyObject*)
    Py_ssize_t PyList_GET_SIZE(PyObject*)
    Py_ssize_t PyVectorcall_NARGS(size_t)
    void PyErr_Fetch(PyObject**, PyObject**, PyObject**)
    void PyErr_Restore(PyObject*, PyObject*, PyObject*)
    PyObject* PyErr_Occurred()
    double PyLong_AsDouble(object) except? -1.0
    void* PyObject_Malloc(size_t)
    PyObject* PyObject_Init(PyObject*, PyTypeObject*)
    void _Py_NewReference(PyObject*)
    void PyObject_ClearWeakRefs(PyObject*)
    PyObject* PyDict_GetItemWithError(object, object) except? NULL
    PyTypeObject* Py_TYPE(PyObject*)
    void PyType_Modified(PyTypeObject*)
    object PyObject_GenericGetDict(object, void*)
    ctypedef struct PyTypeObject:
        const char* tp_name
        PyObject* tp_dict
        Py_ssize_t tp_basicsize
        Py_ssize_t tp_weaklistoffset
        Py_ssize_t tp_dictoffset
        newfunc tp_new
        object (*tp_call)(object, object, PyObject*)
        void* tp_getattro
        void* tp_vectorcall
        void (*tp_dealloc)(PyObject*) noexcept
        void (*tp_free)(void*) noexcept

    ctypedef struct PyListObject:
        PyObject** ob_item

cdef extern from *:
    """
    #define OWNED(pointer) ((PyObject*)(pointer))
    """
    object OWNED(void*)  # a pointer whose reference is ours already, as an object

include "sizes.pxi"
include "kernels.pxi"
include "table.pxi"
include "recording.pxi"
include "value.pxi"
include "slabs.pxi"
include "pairs.pxi"
include "memory.pxi"
include "attributes.pxi"
include "parents.pxi"
include "operations.pxi"
include "closures.pxi"
include "neuron.pxi"
include "walk.pxi"
include "backward.pxi"
include "sweeps.pxi"
include "functions.pxi"
include "layers.pxi"
include "lanes.pxi"
include "updates.pxi"
include "leaves.pxi"
include "recorded.pxi"
include "schedule.pxi"
include "structures.pxi"
include "plan.pxi"
include "execution.pxi"
include "checking.pxi"
include "machine.pxi"
include "rows.pxi"
include "surroundings.pxi"
include "calls.pxi"
