# A NEURON: a dot, the sum with a bias, and perhaps an activation, made by one call and kept as one node.
#
# No user holds the nodes in between, so they are made only when somebody asks for the parents. The first Vector of a
# NEURON has the weights and the bias, the second the inputs.

cdef inline Value record_neuron(int activation, double product, Vector* weights, Vector* inputs):
    """The activation of product + bias. It owns a use of both Vectors from now on."""
    cdef double total = product + weights.bias_x
    cdef Value v = record_vectors(NEURON, value_of_one(activation, total) if activation else total, weights, inputs)
    v.place = activation
    v.x = total
    v.y = product
    return v


cdef int split_neuron(Value v) except -1:
    """Make the nodes in between, as if each operation had made its own node."""
    cdef Vector* weights = <Vector*>v.a
    cdef double gradient = v.at[GRAD] if v.flags & DIFFERENTIATED else 0.0
    cdef Value product = new(v.y), total
    if v.place:
        total = new(v.x)
        if v.flags & DIFFERENTIATED:
            gradient = 0.0 + gradient * partial_of_one(v.place, v.x, result_of(v))
        total.at[GRAD] = gradient
    else:
        total = v
    product.at[GRAD] = gradient
    product.kind = DOT
    product.a = v.a
    product.b = v.b
    if v.place:
        v.kind = v.place
        v.a = <void*>total
        v.b = NULL
        v.y = 0.0
        Py_INCREF(<PyObject*>total)
    total.kind = ADD
    total.x = product.at[DATA]
    total.y = weights.bias_x
    total.a = <void*>product
    total.b = weights.bias
    Py_INCREF(<PyObject*>product)
    Py_INCREF(weights.bias)
    return materialise(product)


cdef inline void pass_back_neuron(PyObject* o, double** room) noexcept:
    """As the activation, the sum and the dot would one after the other: the bias is a leaf, nothing is in between."""
    cdef Vector* weights = <Vector*>(<Value>o).a
    cdef Vector* inputs = <Vector*>(<Value>o).b
    cdef int activation = (<Value>o).place
    cdef double g = (<Value>o).at[GRAD]
    (<Value>o).flags |= DIFFERENTIATED
    if activation == RELU:
        g = 0.0 + g * (0.0 if (<Value>o).x <= 0 else 1.0)
    elif activation:
        g = 0.0 + g * partial_of_one(activation, (<Value>o).x, result_of(<Value>o))
    arrive(weights.bias, g)
    pass_to(weights, g, inputs.xs, room)
    pass_to(inputs, g, weights.xs, room)
