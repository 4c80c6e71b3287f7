# A graph as numbers, for tracing.py: every node with the numbers of its parents.
#
# Plain numbers beside Values, and the nodes within a NEURON, get numbers too, without becoming Values.


@cython.final
cdef class GraphNumbers:
    """The nodes of the graph before some roots, parents first.

    nodes: the Values, None for plain numbers and for what is within a neuron. numbers: their data.
    ops: the operation that made each, None for leaves and for local gradients from outside.
    operands: the numbers of the parents. of_roots: those of the roots.
    """

    cdef readonly list nodes, numbers, ops, operands, of_roots
    cdef dict number

    def __cinit__(self, list roots):
        cdef Nodes order
        cdef Py_ssize_t i
        cdef Value root
        self.nodes, self.numbers, self.ops, self.operands = [], [], [], []
        self.number = {}
        self.of_roots = []
        if not roots:
            return
        with_recording = many(SUM, roots) if recording() else None
        if with_recording is None:
            raise RuntimeError("a graph cannot be numbered within no_grad()")
        root = with_recording
        order.before = NULL
        walk(root, &order, False)
        forget_walk(&order)
        try:
            for i in range(order.n - 1):  # the last one is the root
                self.add(<Value>order.at[i])
        finally:
            free_nodes(&order)
        self.of_roots = [self.number[each] for each in roots]

    cdef int emit(self, node, double x, op, tuple operands) except -1:
        self.nodes.append(node)
        self.numbers.append(x)
        self.ops.append(op)
        self.operands.append(operands)
        return 0

    cdef object number_at(self, PyObject* parent, double x):
        """The number of a parent; NULL is the plain number x."""
        if parent != NULL:
            return self.number[<object>parent]
        self.emit(None, x, None, ())
        return len(self.nodes) - 1

    cdef list numbers_in(self, Vector* vector):
        cdef Py_ssize_t i
        return [self.number_at(vector.parents[i], vector.xs[i]) for i in range(vector.n)]

    cdef int add(self, Value v) except -1:
        cdef int kind = v.kind
        cdef Vector* weights
        cdef Vector* inputs
        op = operation_at(kind, v.place) if kind != NEURON else None
        operands = ()
        if kind == NEURON:
            weights, inputs = <Vector*>v.a, <Vector*>v.b
            self.emit(None, v.y, table.dot, tuple(self.numbers_in(weights) + self.numbers_in(inputs)))
            operands = (len(self.nodes) - 1, self.number_at(weights.bias, weights.bias_x))
            op = table.add
            if v.place:
                self.emit(None, v.x, op, operands)
                op, operands = OPERATIONS[v.place], (len(self.nodes) - 1,)
        elif kind == CLOSURE:
            op = operation_within(closure_of(v))
            operands = tuple(self.numbers_in(<Vector*>v.a))
        elif kind == DOT:
            operands = tuple(self.numbers_in(<Vector*>v.a) + self.numbers_in(<Vector*>v.b))
        elif kind >= MAX:
            operands = tuple(self.numbers_in(<Vector*>v.a))
        elif kind >= ADD:
            operands = (self.number_at(<PyObject*>v.a, v.x), self.number_at(<PyObject*>v.b, v.y))
        elif kind > CLOSURE:
            operands = (self.number_at(<PyObject*>v.a, v.x),)
        self.emit(v, v.at[DATA], op, operands)
        self.number[v] = len(self.nodes) - 1
        return 0
