# A layer in one call: a dot for each row of weights, all with the same inputs, and the sums with the biases.

def fast_linear(weights, xs, biases=()):
    cdef list rows = listed(weights), inputs = listed(xs), offsets = listed(biases)
    nodes = None
    if rows and inputs and offsets is not None and (not offsets or len(rows) == len(offsets)):
        try:
            nodes = linear_of(rows, inputs, offsets)
        except TypeError:
            pass
    if nodes is not None:
        return nodes
    return TEXTBOOK["linear"](*[each if made is None else made
                                for each, made in ((weights, rows), (xs, inputs), (biases, offsets))])


cdef list linear_of(list rows, list inputs, list offsets):
    """A dot for each row, all with the same Vector of inputs, and a sum for each bias; None to ask functions.py."""
    cdef int any_value = False
    cdef Py_ssize_t i
    cdef Vector* x = vector_of(inputs, &any_value)
    cdef Vector* w
    cdef Value product
    cdef list nodes = []
    cdef int of_inputs = any_value
    cdef bint biased = len(offsets) > 0
    rows, offsets = list(rows), list(offsets)  # to read a number may run any code, which may change the lists
    try:
        for i in range(len(rows)):
            row = rows[i]
            if type(row) is not list or len(<list>row) != x.n or (biased and type(offsets[i]) is not Value):
                return None
            any_value = of_inputs
            w = row_vector(<list>row, &any_value)
            if not any_value or w.n != x.n:
                release_vector(w)
                return None
            x.users += 1
            product = record_vectors(DOT, dot_product(w.xs, x.xs, x.n), w, x)
            if biased:
                product = record(ADD, product.data_ + (<Value>offsets[i]).data_, product.data_,
                                 (<Value>offsets[i]).data_, <PyObject*>product, <PyObject*>offsets[i])
            nodes.append(product)
    finally:
        release_vector(x)
    return nodes


cdef Vector* row_vector(list row, int* any_value) except NULL:
    """The Vector of a row of weights, which is used again and again while no data changes.

    It is kept by the first weight, in its field a, which a leaf does not need. While no node uses it, it holds no
    reference; the pointers to its parents are then only compared with those in the row.
    """
    cdef Py_ssize_t i, n = len(row)
    cdef Vector* v
    first = row[0] if n else None
    if type(first) is not Value or (<Value>first).kind != LEAF:
        return vector_of(row, any_value)
    v = <Vector*>(<Value>first).a
    if v != NULL:
        if v.n == n and memcmp(v.parents, (<PyListObject*>row).ob_item, n * sizeof(void*)) == 0:
            if v.clock == clock:
                any_value[0] = True
                if v.users == 0:
                    for i in range(n):
                        Py_INCREF(v.parents[i])
                v.users += 1
                return v
        v.home = NULL
        (<Value>first).a = NULL
        if v.users == 0:
            PyMem_Free(v)
    v = vector_of(row, any_value)
    if v.n != n or (<Value>first).kind != LEAF or (<Value>first).a != NULL:
        return v
    for i in range(n):
        if v.parents[i] == NULL or Py_TYPE(v.parents[i]) != VALUE or (<Value>v.parents[i]).kind != LEAF:
            return v
    for i in range(n):
        (<Value>v.parents[i]).flags |= IN_ROW
    v.home = <PyObject*>first
    (<Value>first).a = v
    return v
