# The functions of functions.py in C, for Values. Those of functions.py answer for everything else.

cdef dict TEXTBOOK = {}


def hand_over(textbook):
    """The same function at the speed of C for Values. For everything else it asks the one of functions.py.

    If there is no faster one, it is that one itself.
    """
    TEXTBOOK[textbook.__name__] = textbook
    native = globals().get(f"fast_{textbook.__name__}") or operation_with_operands_of(textbook)
    if native is None:
        return textbook
    native.__name__, native.__qualname__, native.__doc__ = textbook.__name__, textbook.__qualname__, textbook.__doc__
    native.__module__, native.__wrapped__ = textbook.__module__, textbook
    if textbook.__name__ in ACTIVATIONS:
        ACTIVATIONS[textbook.__name__] = native
    return native


# In which a NEURON can end
cdef dict ACTIVATIONS = {"relu": None, "tanh": None, "sigmoid": None}


cdef object operation_with_operands_of(textbook):
    """For a function that has the name and the operands of an operation, that operation; None for any other."""
    op = table.TABLE.get(textbook.__name__)
    parameters = signature(textbook).parameters
    if op not in CODES or (*parameters,) != op.operands:
        return None
    if len(parameters) == 1:
        return of_one(CODES[op], textbook)
    given = [parameter.default for parameter in parameters.values() if parameter.default is not parameter.empty]
    return of_several(CODES[op], len(parameters), tuple(given), textbook)


def of_one(int code, textbook):
    cdef int kind = code & 0xFF, place = code >> 8

    def native(x):
        return unary(kind, <Value>x, place) if type(x) is Value else textbook(x)

    return native


cdef bint any_value_among(tuple operands):
    for x in operands:
        if type(x) is Value:
            return True
    return False


def of_several(int code, Py_ssize_t n, tuple defaults, textbook):
    """defaults: of the last operands."""

    def native(*operands, **names):
        cdef Py_ssize_t missing = n - len(operands)
        if names or not 0 <= missing <= len(defaults) or not any_value_among(operands):
            return textbook(*operands, **names)
        if missing:
            operands += defaults[len(defaults) - missing:]
        try:
            node = applied(code, operands)
        except TypeError:
            node = NotImplemented
        return textbook(*operands) if node is NotImplemented else node  # which says what is no number

    return native


cdef list listed(xs):
    """The elements as a list; None if there are none."""
    if type(xs) is list:
        return xs
    if type(xs) is tuple or (isinstance(xs, Iterable) and not isinstance(xs, str)):
        return list(xs)
    return None


cdef list own_list(xs):
    """The same as a list that no one else has, because reading a number may run any code."""
    return list(xs) if type(xs) is list else listed(xs)


cdef object reduced(int kind, str name, numbers):
    """One node of many parents; functions.py answers where there is no Value, or something that is no number."""
    cdef list xs = listed(numbers)
    node = None
    if xs:
        try:
            node = many(kind, xs)
        except TypeError:
            pass
    return TEXTBOOK[name](numbers if xs is None else xs) if node is None else node


def fast_max(first, *more):
    return reduced(MAX, "max", [first, *more] if more or type(first) is Value else first)


def fast_min(first, *more):
    return reduced(MIN, "min", [first, *more] if more or type(first) is Value else first)


def fast_round(x, digits=None):
    return unary(ONE, <Value>x, ROUND) if type(x) is Value and digits is None else TEXTBOOK["round"](x, digits)


def fast_sum(xs):
    return reduced(SUM, "sum", xs)


def fast_mean(xs):
    return reduced(MEAN, "mean", xs)


def fast_prod(xs):
    return reduced(PROD, "prod", xs)


def fast_norm(xs):
    return reduced(NORM, "norm", xs)


def fast_logsumexp(xs):
    return reduced(LOGSUMEXP, "logsumexp", xs)


def fast_logaddexp(x, y):
    node = None
    try:
        node = many(LOGSUMEXP, [x, y])
    except TypeError:
        pass
    return TEXTBOOK["logaddexp"](x, y) if node is None else node


def fast_dot(xs, ys):
    cdef list x = listed(xs), y = listed(ys)
    node = None
    if x and y and len(x) == len(y):
        try:
            node = dot_of(x, y)
        except TypeError:
            pass
    return TEXTBOOK["dot"](xs if x is None else x, ys if y is None else y) if node is None else node


cdef list differences(list xs, double subtrahend, Value node):
    """x - node for each x."""
    cdef double x = 0.0
    cdef PyObject* parent
    cdef list nodes = []
    for each in xs:
        read(each, &x, &parent)
        nodes.append(record(SUB, x - subtrahend, x, subtrahend, parent, <PyObject*>node))
    return nodes


cdef Value maximum_as_constant(list xs):
    """The largest of the numbers as a constant that all can share; None if functions.py must answer.

    It must also answer while a function is compiled, because this constant changes with the numbers.
    """
    cdef int any_value = False
    cdef Vector* v
    cdef Value largest
    if not xs or (any_tracer() and tracer() is not None):
        return None
    try:
        v = vector_of(xs, &any_value)
    except TypeError:
        return None
    largest = _constant(extreme_of(v.xs, v.n, True))
    release_vector(v)
    return largest if any_value else None


def fast_softmax(xs):
    cdef list logits = own_list(xs), nodes = []
    cdef Value largest = maximum_as_constant(logits), total, difference, e
    if largest is None:
        return TEXTBOOK["softmax"](xs if logits is None else logits)
    for difference in differences(logits, largest.at[DATA], largest):
        nodes.append(record(EXP, c_exp(difference.at[DATA]), difference.at[DATA], 0.0, <PyObject*>difference, NULL))
    total = many(SUM, nodes)
    return [record(DIV, e.at[DATA] / total.at[DATA], e.at[DATA], total.at[DATA], <PyObject*>e, <PyObject*>total) for e in nodes]


def fast_log_softmax(xs):
    cdef list logits = own_list(xs), shifted
    cdef Value largest = maximum_as_constant(logits), log_of_sum
    if largest is None:
        return TEXTBOOK["log_softmax"](xs if logits is None else logits)
    shifted = differences(logits, largest.at[DATA], largest)
    log_of_sum = many(LOGSUMEXP, shifted)
    return differences(shifted, log_of_sum.at[DATA], log_of_sum)
