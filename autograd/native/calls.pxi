# Calls a compiled function: the shortest way from arguments to a Value that knows the way back. For other cases it asks
# compiler.py.

cdef enum:
    MOST_PREPARED = 64

cdef enum:
    IS_FLOAT, IS_VALUE, ARE_FLOATS, ARE_VALUES, ARE_OTHERS, IS_THE_SAME

cdef tuple COMPARED = (int, bool, str, type(None))  # comparing these runs no code of users


cdef class Shape:
    """The shape of arguments, as taken_apart() in shapes.py gives it, in a form that is quick to compare with others.

    ValueError for a shape with dicts, arrays, constants, or things that only code of others can compare.
    """

    cdef int what
    cdef object kind, own
    cdef Py_ssize_t n  # of a container
    cdef list children
    cdef readonly list wants  # for each number whether it is a Value

    def __init__(self, key):
        cdef Shape child
        self.children, self.wants = [], []
        self.n = 1
        if key is float or key is Value:
            self.what = IS_VALUE if key is Value else IS_FLOAT
            self.wants = [key is Value]
            return
        if type(key) is not tuple or not key or (key[0] != "same" and key[0] is not list and key[0] is not tuple):
            raise ValueError
        if key[0] == "same":
            _, self.kind, self.own = key
            self.what = IS_THE_SAME
            if self.kind not in COMPARED:
                raise ValueError
            return
        self.kind = key[0]
        if len(key) > 1 and type(key[1]) is int:
            self.n = key[1]
            self.what = ARE_VALUES if len(key) > 2 else ARE_FLOATS
            self.wants = [len(key) > 2] * self.n
            return
        self.what, self.n = ARE_OTHERS, len(key) - 1
        for part in key[1:]:
            child = Shape(part)
            self.children.append(child)
            self.wants += child.wants


cdef bint matches(Shape shape, PyObject* o, double** to, Vector* values) except -1:
    """Whether arguments are of this shape; their numbers are written one after the other, and the Values appended."""
    cdef Py_ssize_t i
    cdef PyObject** items
    if shape.what == IS_FLOAT:
        if Py_TYPE(o) != <PyTypeObject*>float:
            return False
        to[0][0] = PyFloat_AS_DOUBLE(<object>o)
        to[0] += 1
        return True
    if shape.what == IS_VALUE:
        if Py_TYPE(o) != VALUE or (<Value>o).kind == CONSTANT or (<Value>o).kind == NEURON:
            return False
        to[0][0] = (<Value>o).at[DATA]
        to[0] += 1
        append(values, (<Value>o).at[DATA], o)
        return True
    if Py_TYPE(o) != <PyTypeObject*>shape.kind:
        return False
    if shape.what == IS_THE_SAME:
        return o == <PyObject*>shape.own or <object>o == shape.own
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
            if Py_TYPE(items[i]) != VALUE or (<Value>items[i]).kind == CONSTANT or (<Value>items[i]).kind == NEURON:
                return False
            to[0][i] = (<Value>items[i]).at[DATA]
            append(values, (<Value>items[i]).at[DATA], items[i])
        elif not matches(<Shape>shape.children[i], items[i], to, values):
            return False
    if shape.what != ARE_OTHERS:
        to[0] += shape.n
    return True


cdef class Prepared:
    """A recording with one Value as its result, ready to be called with arguments of one shape.

    recording, name: of replay.py, and of the function. key: what taken_apart() says of the arguments; ValueError for one
    that Shape does not know. WayBack: that of replay.py.
    """

    cdef readonly object recording
    cdef object WayBack, settings, name
    cdef Machine machine
    cdef tuple captured
    cdef bint to_leaves  # whether all captured Values are leaves
    cdef Shape shape
    cdef Py_ssize_t n_places
    cdef Py_ssize_t* places  # of the Values among the numbers in the arguments
    cdef Room room

    def __cinit__(self, recording, key, name, WayBack):
        cdef Py_ssize_t i
        self.shape = Shape(key)
        self.recording, self.WayBack, self.settings, self.name = recording, WayBack, recording.settings, name
        self.machine, self.captured, self.to_leaves = recording.machine, recording.captured, recording.at_once
        places = [i for i in range(len(self.shape.wants)) if self.shape.wants[i]]
        self.room = Room()
        self.n_places = len(places)
        self.places = <Py_ssize_t*>self.room.take(self.n_places, sizeof(Py_ssize_t))
        for i in range(self.n_places):
            self.places[i] = places[i]
        if len(self.shape.wants) != self.machine.n_inputs or self.machine.n_outputs != 1:
            raise ValueError

    cdef bint fits(self) except -1:
        return len(self.settings) == 0 or self.recording.fits()

    cdef bint read(self, tuple arguments, Block* block, Vector** given) except -1:
        """The numbers in the arguments, into the block, and the Values among them; False for another shape."""
        cdef Machine machine = self.machine
        cdef double* numbers = block.at + (machine.inputs_at if machine.inputs_at >= 0 else block.room + 2 * machine.longest)
        cdef double* end = numbers
        cdef Py_ssize_t i
        given[0] = new_vector(self.n_places) if self.n_places else NULL
        if not matches(self.shape, <PyObject*>arguments, &end, given[0]):
            release_vector(given[0])
            return False
        assert end - numbers == machine.n_inputs
        for i in range(machine.n_inputs if machine.inputs_at < 0 else 0):
            block.at[place(machine.single, machine.input_slots[i])] = numbers[i]
        return True

    cdef Vector* parents(self, Vector* given) except NULL:
        """Those of a result: the captured, and the Values among the arguments, which are handed over."""
        cdef Py_ssize_t i
        cdef Vector* found
        if given == NULL:
            return self.machine.parents_for(self.captured, self.name)
        if self.machine.n_captured == 0:
            given.name = <PyObject*>self.name
            return given
        try:
            found = new_parents(self.captured, given.n, self.name)
            for i in range(given.n):
                append(found, given.xs[i], given.parents[i])
            return found
        finally:
            release_vector(given)


cdef bint are_leaves(Vector* given) noexcept:
    cdef Py_ssize_t i
    for i in range(given.n if given != NULL else 0):
        if (<Value>given.parents[i]).kind > CONSTANT:
            return False
    return True


cdef class Caller:
    """Calls what was prepared, if that is enough; else `_call` and `_value_and_grad` of a subclass."""

    cdef list prepared  # those that ran last first; or None
    cdef Watch watch
    cdef public Py_ssize_t _guard_misses

    def __call__(self, *args, **named):
        """What the function returns, as Values that know how to go back."""
        return call_at_once(self, args, <PyObject*>named if named else NULL)

    def value_and_grad(self, *args, **named):
        """The result, one number, and at once its backward(): the gradients are added to the grad of all parameters.

        It does what `result = step(*args); result.backward()` does, without making a graph; returns result.data.
        """
        cdef Replay replay
        cdef Vector* given = NULL
        cdef bint done = False
        if self.prepared is not None and not named and not any_tracer():
            replay = self.replayed(args, &given)
            if replay is not None:
                try:
                    done = replay.to_leaves and replay.give_back(given, 0, 1.0)
                finally:
                    release_vector(given)
                if done:
                    return replay.numbers.at[place(replay.machine.single, replay.machine.output_slots[0])]
        return self._value_and_grad(args, named)

    cdef Replay replayed(self, tuple args, Vector** given):
        """The forward pass, with the Values among the arguments, which the caller releases; None if compiler.py must do
        it."""
        cdef Prepared each
        cdef Replay replay
        cdef Py_ssize_t i, misses = 0
        cdef list prepared
        if self.watch.has_changed():
            return None
        prepared = self.prepared
        i = 0
        while i < (len(prepared) if prepared is not None else 0):  # the look may run code that forgets them
            each = prepared[i]
            if not each.fits():
                i += 1
                continue
            replay = new_replay(each.machine)
            replay.prepared = each
            if not each.read(args, replay.numbers, given):
                i += 1
                continue
            try:
                each.machine.read_captured(each.captured, replay.numbers.at)
                each.machine.run_once(replay.numbers, &replay.finite_, &replay.holds_)
            except:
                release_vector(given[0])
                raise
            if replay.holds_ and replay.finite_:
                replay.to_leaves = each.to_leaves and are_leaves(given[0])
                self._guard_misses += misses
                if i and i < len(prepared):
                    prepared.insert(0, prepared.pop(i))
                return replay
            release_vector(given[0])
            if replay.holds_:
                return None
            misses += 1
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
        return self.watch is not None and not self.watch.has_changed()

    def _keep_nothing(self):
        """Call nothing at once."""
        self.prepared = self.watch = None


cdef object call_at_once(object self, object args, PyObject* named):
    """What calling a Caller does."""
    cdef Caller caller = <Caller>self
    cdef Replay replay
    cdef Vector* given = NULL
    cdef Vector* parents
    if caller.prepared is not None and (named == NULL or not <dict>named) and not any_tracer():
        replay = caller.replayed(<tuple>args, &given)
        if replay is not None:
            replay.compiled, replay.arguments = caller, <tuple>args
            if given != NULL and len(replay.prepared.shape.wants) > len(<tuple>args):  # in containers, which may change
                try:
                    replay.inputs = []
                    fast_shape_of(args, replay.inputs)
                except:
                    release_vector(given)
                    raise
            parents = replay.prepared.parents(given)
            return new_result(replay.numbers.at[place(replay.machine.single, replay.machine.output_slots[0])], parents,
                              replay)
    return caller._call(args, {} if named == NULL else <dict>named)


def shorten_calls(type kind):
    """Make a call run call_at_once(), instead of Python's longer way to the same."""
    if not issubclass(kind, Caller):
        raise TypeError(f"{kind!r} is no Caller")
    (<PyTypeObject*>kind).tp_call = call_at_once
