# Reads containers of numbers in C: the arguments of a compiled function, with the structure of the first call.

cdef extern from "Python.h":
    int Py_EnterRecursiveCall(const char*) except *  # 1 where there is an error, not -1
    void Py_LeaveRecursiveCall()
    Py_ssize_t PyTuple_GET_SIZE(PyObject*)


def fast_shape_of(tree, list inputs):
    cdef bint all_floats = True, all_values = True
    if type(tree) is float:
        inputs.append(tree)
        return float
    if type(tree) is not list and type(tree) is not tuple:
        return TEXTBOOK["shape_of"](tree, inputs)
    for child in tree:
        all_floats = all_floats and type(child) is float
        all_values = all_values and type(child) is Value and (<Value>child).kind != CONSTANT
        if not all_floats and not all_values:
            break
    else:
        inputs.extend(tree)
        return (type(tree), len(tree)) if all_floats else (type(tree), len(tree), Value)
    Py_EnterRecursiveCall(" while the arguments of a compiled function are read")
    try:
        return (type(tree), *[fast_shape_of(child, inputs) for child in tree])
    finally:
        Py_LeaveRecursiveCall()


def fast_are_all(list xs, set kinds):
    cdef PyTypeObject* latest = NULL
    for x in xs:
        if Py_TYPE(<PyObject*>x) != latest:
            if type(x) not in kinds:
                return False
            latest = Py_TYPE(<PyObject*>x)
    return True


cdef enum:
    A_NUMBER, A_SEQUENCE, A_DICT, AN_ARRAY

cdef class Structure:
    """How containers are nested: lists, tuples, dicts and NumPy arrays, with a number at every leaf.

    Made from an example. Another container has the same structure if it has the same types, lengths and keys; for a
    list or tuple of numbers, nested evenly, an array of that shape will do.

    >>> Structure([1.0, (2.0, 3.0)]).n
    3
    """

    cdef readonly Py_ssize_t n  # numbers
    cdef readonly object kind, keys, shape  # shape: of an array, or of evenly nested sequences
    cdef int form
    cdef bint flat  # a sequence of nothing but numbers
    cdef list children

    def __cinit__(self, example):
        self.kind = type(example)
        self.n = 1
        self.shape = ()
        if isinstance(example, dict):
            self.form = A_DICT
            self.keys = list(example)
            self.children = structures_of([example[key] for key in self.keys])
        elif isinstance(example, (list, tuple)):
            self.form = A_SEQUENCE
            self.children = structures_of(list(example))
        elif is_an_array(example):
            self.form = AN_ARRAY
            self.shape = tuple(example.shape)
            self.n = len(example.ravel().tolist())
            return
        else:
            self.form = A_NUMBER
            return
        self.n = sum([(<Structure>child).n for child in self.children])
        shapes = {(<Structure>child).shape for child in self.children}
        shape = shapes.pop() if len(shapes) == 1 else None if shapes else ()
        self.shape = None if shape is None or self.form == A_DICT else (len(self.children), *shape)
        self.flat = self.form == A_SEQUENCE and self.n == len(self.children) and self.shape == (self.n,)


cdef list structures_of(list examples):
    Py_EnterRecursiveCall(" while the arguments of a compiled function are read")
    try:
        return [Structure(child) for child in examples]
    finally:
        Py_LeaveRecursiveCall()


def is_an_array(tree):
    """Whether it is an array of NumPy with at least one dimension."""
    return type(tree).__module__ == "numpy" and hasattr(tree, "tolist") and getattr(tree, "ndim", 0) > 0


cdef struct Reader:
    double* to  # where the next number goes
    Py_ssize_t stride
    Py_ssize_t at  # how many numbers have been read
    Py_ssize_t room  # the place after the last one
    PyObject* values  # a list: the Values among the numbers, each after its place; or NULL


cdef inline int read_number(object o, Reader* reader) except -1:
    cdef double x
    if type(o) is float:
        x = PyFloat_AS_DOUBLE(o)
    elif type(o) is Value or isinstance(o, Value):
        x = (<Value>o).at[DATA]
        if reader.values != NULL:
            (<list>reader.values).append(reader.at)
            (<list>reader.values).append(o)
    elif isinstance(o, bool):
        raise TypeError("a number is needed, and this is a bool")
    else:
        x = to_float(o, "an argument")
    assert reader.at < reader.room
    reader.to[0] = x
    reader.to += reader.stride
    reader.at += 1
    return 0


cdef int read_structure(Structure structure, object o, Reader* reader) except -1:
    """The numbers of a container, in order; TypeError or ValueError for one of another structure."""
    cdef Py_ssize_t i, n
    cdef PyObject* child
    if structure.form == A_NUMBER:
        return read_number(o, reader)
    if type(o) is not structure.kind:
        if structure.form == A_DICT or structure.shape is None or not is_an_array(o):
            raise TypeError("another type than the first time")
        return read_array(structure, o, reader)
    if structure.form == AN_ARRAY:
        return read_array(structure, o, reader)
    n = len(structure.children)
    if len(o) != n:
        raise ValueError("another length than the first time")
    if structure.form == A_DICT:
        for i in range(n):
            key = structure.keys[i]
            if key not in o:
                raise ValueError("another key than the first time")
            read_structure(<Structure>structure.children[i], o[key], reader)
    elif type(o) is list:
        for i in range(n):
            if i >= len(<list>o):  # reading a number may run any code
                raise RuntimeError("the list changed while its numbers were read")
            item = (<list>o)[i]
            if structure.flat:
                read_number(item, reader)
            else:
                read_structure(<Structure>structure.children[i], item, reader)
    else:
        for i in range(n):
            if isinstance(o, tuple) and i >= PyTuple_GET_SIZE(<PyObject*>o):
                raise ValueError("another length than the first time")  # a user's subclass of tuple may say another length
            item = <object>items_of(<tuple>o)[i] if isinstance(o, tuple) else o[i]
            if structure.flat:
                read_number(item, reader)
            else:
                read_structure(<Structure>structure.children[i], item, reader)
    return 0


cdef int read_array(Structure structure, object o, Reader* reader) except -1:
    cdef list items
    if tuple(o.shape) != structure.shape:
        raise ValueError("another shape than the first time")
    if o.dtype.kind not in "fiuO":
        raise TypeError("real numbers are needed")
    items = o.ravel().tolist()
    if len(items) != structure.n:
        raise ValueError("another shape than the first time")
    for item in items:
        read_number(item, reader)
    return 0


def mismatch(Structure structure, tree, path):
    """The sentence that says where a container differs from the structure; None if it does not."""
    cdef Reader reader
    cdef double x
    if structure.form == A_NUMBER:
        reader.to, reader.stride, reader.at, reader.room, reader.values = &x, 0, 0, 1, NULL
        try:
            read_number(tree, &reader)
        except (TypeError, ValueError, OverflowError) as error:
            if isinstance(tree, (bool, list, tuple, dict)) or is_an_array(tree):
                return f"{path} is {tree!r:.60}, of type {type(tree).__name__}, where the first call had a number"
            return f"{path}: {error}"
        return None
    if type(tree) is not structure.kind and not (structure.form != A_DICT and structure.shape is not None and is_an_array(tree)):
        return f"{path} is of type {type(tree).__name__}, and was of type {structure.kind.__name__} at the first call"
    if is_an_array(tree):
        if tuple(tree.shape) != structure.shape:
            return f"{path} has the shape {tuple(tree.shape)}, and had {structure.shape} at the first call"
        for i, item in enumerate(tree.ravel().tolist()):
            found = mismatch(NUMBER, item, f"{path}.flat[{i}]")
            if found is not None:
                return found
        return None
    if len(tree) != len(structure.children):
        return f"{path} has {len(tree)} elements, and had {len(structure.children)} at the first call"
    for i, child in enumerate(structure.children):
        key = structure.keys[i] if structure.form == A_DICT else i
        if structure.form == A_DICT and key not in tree:
            return f"{path} has no key {key!r}, as it had at the first call"
        found = mismatch(child, tree[key], f"{path}[{key!r}]")
        if found is not None:
            return found
    return None


cdef Structure NUMBER = Structure(0.0)
