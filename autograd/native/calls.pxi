# Calls a compiled function: the shortest way from arguments to a Value that knows the way back. For other cases it asks
# compiler.py.

cdef extern from "Python.h":
    tuple PyTuple_New(Py_ssize_t)
    void PyTuple_SET_ITEM(tuple, Py_ssize_t, PyObject*)  # takes the reference
    Py_ssize_t PyDict_GET_SIZE(PyObject*)


cdef enum:
    MOST_PREPARED = 64

cdef enum:
    IS_FLOAT, IS_VALUE, ARE_FLOATS, ARE_VALUES, ARE_OTHERS, ARE_BY_NAME, IS_THE_SAME

cdef tuple COMPARED = (int, bool, str, type(None))  # comparing these runs no code of users
cdef tuple CONTAINERS = (list, tuple, dict)


cdef bint is_among(kind, tuple kinds):
    """Whether it is one of these types. (A class of users may say that it equals them.)"""
    for each in kinds:
        if kind is each:
            return True
    return False


cdef class Shape:
    """The shape of arguments, as taken_apart() in shapes.py gives it, in a form that is quick to compare with others.

    ValueError for a shape with arrays, constants, keys that are not text, or things that only code of others can compare.
    """

    cdef int what
    cdef object kind, own
    cdef Py_ssize_t n  # of a container
    cdef list children
    cdef list names  # of a dict
    cdef readonly list wants  # for each number whether it is a Value

    def __init__(self, key):
        cdef Shape child
        self.children, self.wants = [], []
        self.n = 1
        if key is float or key is Value:
            self.what = IS_VALUE if key is Value else IS_FLOAT
            self.wants = [key is Value]
            return
        if type(key) is not tuple or not key:
            raise ValueError
        if type(key[0]) is str:  # "same"
            _, self.kind, self.own = key
            self.what = IS_THE_SAME
            if not is_among(self.kind, COMPARED):
                raise ValueError
            return
        self.kind = key[0]
        if not is_among(self.kind, CONTAINERS):
            raise ValueError
        if self.kind is dict:
            self.names = [name for name, _ in key[1:]]
            if not all([type(name) is str for name in self.names]):
                raise ValueError
            self.what, key = ARE_BY_NAME, (dict, *[part for _, part in key[1:]])
        else:
            self.what = ARE_OTHERS
        if len(key) > 1 and type(key[1]) is int:
            self.n = key[1]
            self.what = ARE_VALUES if len(key) > 2 else ARE_FLOATS
            self.wants = [len(key) > 2] * self.n
            return
        self.n = len(key) - 1
        for part in key[1:]:
            child = Shape(part)
            self.children.append(child)
            self.wants += child.wants


cdef bint matches(Shape shape, PyObject* o, double** to, Vector* values) except -1:
    """Whether arguments are of this shape; their numbers are written one after the other, and the Values appended."""
    cdef Py_ssize_t i, place = 0
    cdef PyObject** items
    cdef PyObject* name
    cdef PyObject* item
    if shape.what == IS_FLOAT:
        if Py_TYPE(o) != <PyTypeObject*>float:
            return False
        to[0][0] = PyFloat_AS_DOUBLE(<object>o)
        to[0] += 1
        return True
    if shape.what == IS_VALUE:
        if not is_variable(o):
            return False
        to[0][0] = (<Value>o).at[DATA]
        to[0] += 1
        append(values, (<Value>o).at[DATA], o)
        return True
    if Py_TYPE(o) != <PyTypeObject*>shape.kind:
        return False
    if shape.what == IS_THE_SAME:
        return o == <PyObject*>shape.own or <object>o == shape.own
    if shape.what == ARE_BY_NAME:
        if PyDict_GET_SIZE(o) != shape.n:
            return False
        for i in range(shape.n):
            if not PyDict_Next(<object>o, &place, &name, &item):
                return False
            if name != <PyObject*>shape.names[i] and (type(<object>name) is not str or <object>name != shape.names[i]):
                return False
            if not matches(<Shape>shape.children[i], item, to, values):
                return False
        return True
    if Py_TYPE(o) == <PyTypeObject*>list:
        if PyList_GET_SIZE(o) != shape.n:
            return False
        items = (<PyListObject*>o).ob_item
    else:
        if PyTuple_GET_SIZE(o) != shape.n:
            return False
        items = items_of(<tuple>o)
    for i in range(shape.n):
        if shape.what == ARE_FLOATS:
            if Py_TYPE(items[i]) != <PyTypeObject*>float:
                return False
            to[0][i] = PyFloat_AS_DOUBLE(<object>items[i])
        elif shape.what == ARE_VALUES:
            if not is_variable(items[i]):
                return False
            to[0][i] = (<Value>items[i]).at[DATA]
            append(values, (<Value>items[i]).at[DATA], items[i])
        elif not matches(<Shape>shape.children[i], items[i], to, values):
            return False
    if shape.what != ARE_OTHERS:
        to[0] += shape.n
    return True


@cython.final
cdef class Prepared:
    """A recording with one Value as its result, ready to be called with arguments of one shape.

    recording, name: of replay.py, and of the function. key: what taken_apart() says of the arguments; ValueError for one
    that Shape does not know. WayBack: that of replay.py.
    """

    cdef readonly object recording
    cdef object WayBack, name
    cdef bint any_settings
    cdef Machine machine
    cdef tuple captured
    cdef bint to_leaves  # whether all captured Values are leaves
    cdef Shape shape
    cdef Py_ssize_t n_arguments
    cdef uint8_t* forms  # IS_FLOAT or IS_VALUE for each argument; NULL where there are containers and others
    cdef Py_ssize_t n_places
    cdef Py_ssize_t* places  # of the Values among the numbers in the arguments
    cdef Py_ssize_t* gradients_at  # where their gradients are; -1 for those without
    cdef Room room

    def __cinit__(self, recording, key, name, WayBack):
        cdef Py_ssize_t i
        self.shape = Shape(key)
        self.recording, self.WayBack, self.name = recording, WayBack, name
        self.any_settings = len(recording.settings) > 0
        self.machine, self.captured, self.to_leaves = recording.machine, recording.captured, recording.at_once
        places = [i for i in range(len(self.shape.wants)) if self.shape.wants[i]]
        self.room = Room()
        self.n_places = len(places)
        self.places = <Py_ssize_t*>self.room.take(self.n_places, sizeof(Py_ssize_t))
        self.gradients_at = <Py_ssize_t*>self.room.take(self.n_places, sizeof(Py_ssize_t))
        if len(self.shape.wants) != self.machine.n_inputs or self.machine.n_outputs != 1:
            raise ValueError
        for i in range(self.n_places):
            self.places[i] = places[i]
            self.gradients_at[i] = (self.machine.input_at[self.places[i]]
                                    if self.machine.active[self.machine.input_slots[self.places[i]]] else -1)
        forms = forms_of(self.shape)
        if forms is not None:
            self.n_arguments = len(forms)
            self.forms = <uint8_t*>self.room.take(self.n_arguments, 1)
            for i in range(self.n_arguments):
                self.forms[i] = forms[i]

    cdef inline Replay ran(self, PyObject** arguments, Py_ssize_t n):
        """The forward pass; None for arguments of another shape, or if it does not fit."""
        cdef Replay replay
        if self.any_settings and not self.recording.fits():
            return None
        replay = new_replay(self.machine)
        replay.prepared = self
        if not self.read(arguments, n, replay):
            return None
        if self.machine.n_captured:
            self.machine.read_captured(self.captured, replay.numbers.at)
        self.machine.run_once(replay.numbers, &replay.finite_, &replay.holds_)
        replay.lost_ = self.machine.order and any_mark()
        return replay

    cdef inline bint read(self, PyObject** arguments, Py_ssize_t n, Replay replay) except -1:
        """The numbers in the arguments, into a run, and the Values among them; False for another shape."""
        cdef Block* block = replay.numbers
        cdef double* numbers = block.at + (
            self.machine.inputs_from if self.machine.inputs_from >= 0 else block.room + 2 * self.machine.longest)
        cdef Vector* values = NULL
        cdef Py_ssize_t i
        cdef double x
        cdef PyObject* o
        replay.to_leaves = self.to_leaves
        if self.forms == NULL:
            if not self.read_containers(arguments, n, replay, numbers):
                return False
        else:
            if n != self.n_arguments:
                return False
            if self.n_places:
                values = replay.room_for_values(self.n_places)
            for i in range(n):
                o = arguments[i]
                if self.forms[i] == IS_FLOAT:
                    if Py_TYPE(o) != <PyTypeObject*>float:
                        return False
                    numbers[i] = PyFloat_AS_DOUBLE(<object>o)
                else:
                    if not is_variable(o):
                        return False
                    x = (<Value>o).at[DATA]
                    numbers[i] = x
                    append(values, x, o)
                    if (<Value>o).kind != LEAF:
                        replay.to_leaves = False
        if self.machine.inputs_from < 0:
            for i in range(self.machine.n_inputs):
                block.at[self.machine.input_at[i]] = numbers[i]
        return True

    cdef bint read_containers(self, PyObject** arguments, Py_ssize_t n, Replay replay, double* numbers) except -1:
        """Of arguments that are not all numbers."""
        cdef double* end = numbers
        cdef Vector* values = NULL
        cdef Py_ssize_t i
        if n != self.shape.n:
            return False
        if self.n_places:
            values = replay.room_for_values(self.n_places)
        for i in range(n):
            if not matches(<Shape>self.shape.children[i], arguments[i], &end, values):
                return False
        assert end - numbers == self.machine.n_inputs
        for i in range(self.n_places):
            if (<Value>values.parents[i]).kind != LEAF:
                replay.to_leaves = False
        return True

    cdef inline Vector* parents(self, Replay replay) except NULL:
        """Those of a result: the captured, and the Values among the arguments."""
        cdef Py_ssize_t i
        cdef Vector* found
        if self.n_places == 0:
            return self.machine.parents_for(self.captured, self.name)
        if self.machine.n_captured == 0:
            replay.own.name = <PyObject*>self.name
            return replay.own
        found = new_parents(self.captured, self.n_places, self.name)
        for i in range(self.n_places):
            append(found, replay.own.xs[i], replay.own.parents[i])
        return found


cdef inline bint is_variable(PyObject* o) noexcept:
    """Whether it is a Value of this class, and neither a constant nor a neuron, whose gradient has parts."""
    return Py_TYPE(o) == VALUE and (<Value>o).kind != CONSTANT and (<Value>o).kind != NEURON


cdef list forms_of(Shape shape):
    """IS_FLOAT or IS_VALUE for each of some arguments that are numbers; else None."""
    cdef Shape child
    if shape.what == ARE_FLOATS or shape.what == ARE_VALUES:
        return [IS_VALUE if shape.what == ARE_VALUES else IS_FLOAT] * shape.n
    for child in shape.children:
        if child.what != IS_FLOAT and child.what != IS_VALUE:
            return None
    return [(<Shape>child).what for child in shape.children]


cdef tuple tuple_of(PyObject** items, Py_ssize_t n):
    cdef Py_ssize_t i
    cdef tuple made = PyTuple_New(n)
    for i in range(n):
        Py_INCREF(items[i])
        PyTuple_SET_ITEM(made, i, items[i])
    return made


cdef dict dict_of(PyObject* names, PyObject** items):
    """Arguments by names, as Python hands them over."""
    cdef Py_ssize_t i
    return {} if names == NULL else {(<tuple>names)[i]: <object>items[i] for i in range(len(<tuple>names))}


cdef class Caller:
    """Calls what was prepared, if that is enough; else `_call` and `_value_and_grad` of a subclass."""

    cdef void* vectorcall
    cdef list prepared  # those that ran last first; or None
    cdef Watch watch
    cdef public Py_ssize_t _guard_misses

    def __cinit__(self):
        self.vectorcall = <void*>call_at_once

    def __call__(self, *args, **named):
        """What the function returns, as Values that know how to go back."""
        return self._call(args, named) if named else call_at_once(<PyObject*>self, items_of(args), len(args), NULL)

    cdef inline bint is_ready(self, PyObject* names) noexcept:
        return self.prepared is not None and (names == NULL or PyTuple_GET_SIZE(names) == 0) and not any_tracer()

    cdef inline Replay replayed(self, PyObject** arguments, Py_ssize_t n):
        """The forward pass; None if compiler.py must do it."""
        cdef Prepared each
        cdef Replay replay
        cdef Watch watch = self.watch
        if not watch.has_changed() and self.prepared is not None:  # the look may run code that forgets them
            each = <Prepared>(<PyListObject*>self.prepared).ob_item[0]
            replay = each.ran(arguments, n)
            if replay is not None and replay.holds_ and replay.finite_:
                return replay
            if replay is None or not replay.holds_:
                return self.replayed_by_others(arguments, n, replay is not None)
        return None

    cdef Replay replayed_by_others(self, PyObject** arguments, Py_ssize_t n, Py_ssize_t misses):
        """The same, by what did not run last."""
        cdef Replay replay
        cdef list prepared = self.prepared
        cdef Py_ssize_t i = 1
        while prepared is not None and i < len(prepared):
            replay = (<Prepared>prepared[i]).ran(arguments, n)
            if replay is not None and replay.holds_:
                if not replay.finite_:
                    return None
                self._guard_misses += misses
                if i < len(prepared):
                    prepared.insert(0, prepared.pop(i))
                return replay
            misses += replay is not None
            i += 1
        return None

    def _keep(self, list entries, list prepared):
        """Call these from now on, as long as nothing in the entries changes; see surroundings.py.

        Those that were kept before, for arguments of other shapes, are kept too, the latest ones.
        """
        cdef list before = self.prepared or []
        if self.watch is None or self.watch.entries is not entries:
            before = []
        if self.watch is None or self.watch.entries is not entries or self.watch.n != len(entries):
            self.watch = Watch(entries)
        self.prepared = (prepared + [each for each in before if each not in prepared])[:MOST_PREPARED] or None

    def _is_unchanged(self):
        """Whether something is kept, and all that it depends on is as it was."""
        cdef Watch watch = self.watch
        return watch is not None and not watch.has_changed()

    def _keep_nothing(self):
        """Call nothing at once."""
        self.prepared = self.watch = None


cdef object call_at_once(PyObject* self, PyObject** arguments, size_t counted, PyObject* names):
    """What calling a Caller does."""
    cdef Py_ssize_t n = PyVectorcall_NARGS(counted)
    cdef Replay replay
    if (<Caller>self).is_ready(names):
        replay = (<Caller>self).replayed(arguments, n)
        if replay is not None and not recording():
            return new(replay.numbers.at[replay.machine.output_at[0]])
        if replay is not None:
            replay.compiled = <object>self
            if replay.prepared.forms == NULL:
                if n == 1:
                    replay.argument = <object>arguments[0]
                else:
                    replay.arguments = tuple_of(arguments, n)
            return new_result(replay.numbers.at[replay.machine.output_at[0]], replay.prepared.parents(replay), replay)
    return (<object>self)._call(tuple_of(arguments, n), dict_of(names, arguments + n))


cdef object value_and_grad_at_once(PyObject* self, PyObject** arguments, Py_ssize_t n, PyObject* names):
    """What value_and_grad() of a Caller does."""
    cdef Replay replay
    if (<Caller>self).is_ready(names):
        replay = (<Caller>self).replayed(arguments, n)
        if replay is not None and replay.to_leaves and replay.give_back(replay.own, 0, 1.0):
            return replay.numbers.at[replay.machine.output_at[0]]
    return (<object>self)._value_and_grad(tuple_of(arguments, n), dict_of(names, arguments + n))


cdef extern from *:
    """
    static PyMethodDef VALUE_AND_GRAD = {"value_and_grad", NULL, METH_FASTCALL | METH_KEYWORDS,
        "value_and_grad($self, /, *args, **named)\\n--\\n\\n"
        "The result, one number, and at once its backward(): the gradients are added to the grad of all parameters.\\n\\n"
        "It does what `result = step(*args); result.backward()` does, without making a graph; returns result.data."};

    static PyObject* method_of(PyTypeObject* kind, PyMethodDef* method, void* function) {
        method->ml_meth = (PyCFunction)function;
        return PyDescr_NewMethod(kind, method);
    }
    static void make_callable(PyTypeObject* kind, Py_ssize_t offset) {
        kind->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
        kind->tp_vectorcall_offset = offset;
        kind->tp_call = PyVectorcall_Call;
    }
    """
    ctypedef struct PyMethodDef:
        pass
    PyMethodDef VALUE_AND_GRAD
    object method_of(PyTypeObject* kind, PyMethodDef* method, void* function)
    void make_callable(PyTypeObject* kind, Py_ssize_t offset)


def shorten_calls(type kind):
    """Make a call run call_at_once(), instead of Python's longer way to the same."""
    cdef Caller any = Caller.__new__(Caller)
    if not issubclass(kind, Caller):
        raise TypeError(f"{kind!r} is no Caller")
    make_callable(<PyTypeObject*>kind, <char*>&any.vectorcall - <char*><PyObject*>any)


(<dict>(<PyTypeObject*>Caller).tp_dict)["value_and_grad"] = method_of(
    <PyTypeObject*>Caller, &VALUE_AND_GRAD, <void*>value_and_grad_at_once)
PyType_Modified(<PyTypeObject*>Caller)
