# Computes a layer in one call: for each row of weights a dot with the same inputs, the sum with a bias, and an
# activation.

cdef extern from "Python.h":
    PyObject* _PyType_Lookup(PyTypeObject*, object)
    object PyObject_GenericGetAttr(object, object)


def fast_linear(weights, xs, biases=(), activation=None):
    cdef list rows = listed(weights), inputs = listed(xs), offsets = listed(biases)
    nodes = None
    if rows and inputs and offsets is not None:
        # in lists of its own, because reading a number may run any code, which may change the given lists
        rows, offsets = list(rows), list(offsets)
    if rows and inputs and offsets is not None and (not offsets or len(rows) == len(offsets)):
        try:
            nodes = linear_of(rows, inputs, offsets, activation)
        except TypeError:
            pass
    if nodes is not None:
        return nodes if activation is None or kind_of(activation) else [activation(node) for node in nodes]
    return TEXTBOOK["linear"](*[each if made is None else made
                                for each, made in ((weights, rows), (xs, inputs), (biases, offsets))], activation)


def fast_as_values(xs):
    cdef list numbers = listed(xs)
    if numbers is None:
        return TEXTBOOK["as_values"](xs)
    return [x if type(x) is Value else new(PyFloat_AS_DOUBLE(x)) if type(x) is float
            else x if isinstance(x, Value) else Value(x) for x in numbers]


def fast_side_by_side(neurons, xs, formula):
    nodes = None
    if type(neurons) is list and type(xs) is list and not (any_tracer() and tracer() is not None):
        nodes = neurons_of(<list>neurons, <list>xs, formula)
    return TEXTBOOK["side_by_side"](neurons, xs, formula) if nodes is None else nodes


cdef object NOT_THERE = object()


cdef list neurons_of(list neurons, list inputs, formula):
    """The answers of neurons that keep w, b and activation in their __dict__; None if any neuron is different."""
    cdef list rows = [], offsets = [], activations = None, nodes
    cdef PyTypeObject* kind = NULL
    cdef Py_ssize_t i = 0
    cdef dict attributes
    alike = None  # the activation of all
    while i < len(neurons):  # making room may run any code, because it may start the garbage collector
        neuron = neurons[i]
        if Py_TYPE(<PyObject*>neuron) != kind:
            kind = Py_TYPE(<PyObject*>neuron)
            if not computes(kind, formula):
                return None
        attributes = <dict?>PyObject_GenericGetDict(neuron, NULL)
        weights, bias = attributes.get("w", NOT_THERE), attributes.get("b", NOT_THERE)
        activate = attributes.get("activation", NOT_THERE)
        if weights is NOT_THERE or bias is NOT_THERE or activate is NOT_THERE:
            return None
        rows.append(weights)
        offsets.append(bias)
        if activations is not None:
            activations.append(activate)
        elif i == 0:
            alike = activate
        elif activate is not alike:
            activations, alike = [alike] * i + [activate], None
        i += 1
    if not rows or not inputs:
        return None
    try:
        nodes = linear_of(rows, inputs, offsets, alike)
    except TypeError:
        return None
    if nodes is None or kind_of(alike):
        return nodes
    return [activate(node) for activate, node in zip([alike] * i if activations is None else activations, nodes)]


cdef bint computes(PyTypeObject* kind, formula):
    """Whether objects of a class are called by this formula, and find w, b and activation in their __dict__."""
    return (_PyType_Lookup(kind, "__call__") == <PyObject*>formula and kind.tp_getattro == <void*>PyObject_GenericGetAttr
            and _PyType_Lookup(kind, "__dict__") != NULL and _PyType_Lookup(kind, "w") == NULL
            and _PyType_Lookup(kind, "b") == NULL and _PyType_Lookup(kind, "activation") == NULL)


cdef inline int kind_of(activation):
    """The kind of an operation that can end a NEURON; LEAF for any other function."""
    if activation is None:
        return LEAF
    if activation is ACTIVATIONS["relu"]:
        return RELU
    return TANH if activation is ACTIVATIONS["tanh"] else SIGMOID if activation is ACTIVATIONS["sigmoid"] else LEAF


cdef list linear_of(list rows, list inputs, list offsets, function):
    """The nodes of a layer, before the activation if that cannot end a NEURON; None to ask functions.py."""
    cdef int activation = kind_of(function)
    cdef int any_value = False, of_inputs
    cdef Py_ssize_t i, n = len(rows), made = 0
    cdef Vector* x = vector_of(inputs, &any_value)
    cdef Vector** w = NULL
    cdef double* products = NULL
    cdef PyObject* bias
    cdef bint biased = len(offsets) > 0
    cdef list nodes = []
    of_inputs = any_value
    try:
        w = <Vector**>room_for(n, sizeof(void*))
        products = <double*>room_for(n, sizeof(double))
        for i in range(n):
            row = rows[i]
            if type(row) is not list or len(<list>row) != x.n or (biased and type(offsets[i]) is not Value):
                return None
            any_value = of_inputs
            bias = <PyObject*>offsets[i] if biased else NULL
            w[i] = row_vector(<list>row, bias if biased and (<Value>bias).kind <= CONSTANT else NULL, &any_value)
            made += 1
            if not any_value or w[i].n != x.n:
                return None
        dot_products(w, x.xs, n, x.n, products)
        for i in range(n):
            w[i].users += 1
            x.users += 1
            if w[i].bias != NULL:
                nodes.append(record_neuron(activation, products[i], w[i], x))
                continue
            node = record_vectors(DOT, products[i], w[i], x)
            if biased:
                node = binary(ADD, node, offsets[i])
            nodes.append(unary(activation, node) if activation else node)
    finally:
        for i in range(made):
            release_vector(w[i])
        release_vector(x)
        PyMem_Free(w)
        PyMem_Free(products)
    return nodes


cdef void dot_products(Vector** rows, double* xs, Py_ssize_t n_rows, Py_ssize_t n, double* products) noexcept:
    """Four at a time, because the additions within one wait for each other."""
    cdef Py_ssize_t row = 0, i
    cdef double a, b, c, d
    while n > 0 and row + 4 <= n_rows:
        a = rows[row].xs[0] * xs[0]
        b = rows[row + 1].xs[0] * xs[0]
        c = rows[row + 2].xs[0] * xs[0]
        d = rows[row + 3].xs[0] * xs[0]
        for i in range(1, n):
            a = a + rows[row].xs[i] * xs[i]
            b = b + rows[row + 1].xs[i] * xs[i]
            c = c + rows[row + 2].xs[i] * xs[i]
            d = d + rows[row + 3].xs[i] * xs[i]
        products[row], products[row + 1], products[row + 2], products[row + 3] = a, b, c, d
        row += 4
    while row < n_rows:
        products[row] = dot_product(rows[row].xs, xs, n)
        row += 1


cdef Vector* row_vector(list row, PyObject* bias, int* any_value) except NULL:
    """The Vector of a row of weights and a bias or NULL. It is used again as long as no data changes.

    The first weight keeps it in its field a, which a leaf does not need. While no node uses it, it holds no reference:
    its pointers to parents are only compared with those in the row.
    """
    cdef Py_ssize_t i, n = len(row)
    cdef Vector* v
    first = row[0] if n else None
    if type(first) is not Value or (<Value>first).kind != LEAF:
        return with_bias(vector_of(row, any_value), bias)
    v = <Vector*>(<Value>first).a
    if v != NULL:
        if v.n == n and v.bias == bias and memcmp(v.parents, (<PyListObject*>row).ob_item, n * sizeof(void*)) == 0:
            if v.clock == clock:
                any_value[0] = True
                if v.users == 0:
                    for i in range(n):
                        Py_INCREF(v.parents[i])
                    Py_XINCREF(bias)
                v.users += 1
                return v
        v.home = NULL
        (<Value>first).a = NULL
        if v.users == 0:
            PyMem_Free(v)
    v = with_bias(vector_of(row, any_value), bias)
    if v.n != n or (<Value>first).kind != LEAF or (<Value>first).a != NULL:
        return v
    for i in range(n):
        if v.parents[i] == NULL or Py_TYPE(v.parents[i]) != VALUE or (<Value>v.parents[i]).kind != LEAF:
            return v
    for i in range(n):
        (<Value>v.parents[i]).flags |= IN_ROW
    if bias != NULL:
        (<Value>bias).flags |= IN_ROW
    v.home = <PyObject*>first
    (<Value>first).a = v
    return v


cdef inline Vector* with_bias(Vector* v, PyObject* bias) noexcept:
    if bias != NULL:
        v.bias = bias
        v.bias_x = (<Value>bias).at[DATA]
        Py_INCREF(bias)
    return v
