# The sweeps of sweeps.py in C: the graph is laid out once in rows of numbers, for any number of sweeps.

from autograd.messages import no_local_gradient

cdef extern from "<fenv.h>" nogil:
    int FE_OVERFLOW, FE_UNDERFLOW
    int feclearexcept(int)
    int fetestexcept(int)


cdef inline void forget_marks() noexcept nogil:
    """Those of the processor for results of this thread that floats are too short for."""
    if any_mark():
        feclearexcept(FE_OVERFLOW | FE_UNDERFLOW)


cdef inline bint any_mark() noexcept nogil:
    """Whether since then a result was beyond the largest float, or lost digits because it was so small."""
    return fetestexcept(FE_OVERFLOW | FE_UNDERFLOW) != 0


cdef enum:
    INNER = 2


def forget_losses():
    """Begin to watch for results of this thread that floats are too short for: see has_losses."""
    forget_marks()


def has_losses():
    """Whether since then a result was beyond the largest float, or lost digits because it was so small."""
    return any_mark()


cdef class Tape:
    """The graph between inputs and outputs of a computation; pull, push and bend are those of sweeps.Graph, in floats.

    since: nodes made before this call depend on no input, so the graph before them is left out.
    moving_partials: answers, for a node that is not written out here and for the tangents of its parents, its tangent
    and its partial derivatives with their speeds; None for a local gradient from outside, which may use any node.
    Graph: that of sweeps.py, which answers in its place then.
    """

    cdef readonly bint captures  # whether it depends on Values from outside beside the inputs
    cdef readonly bint reaches  # whether it depends on an input
    cdef uint32_t since
    cdef list inputs, outputs  # which keep the nodes alive
    cdef object moving_partials, Graph, graph
    cdef Value root
    cdef Py_ssize_t n
    cdef PyObject** nodes  # parents before children
    cdef Py_ssize_t* first  # the first place of a node among the parents
    cdef Py_ssize_t* parents  # their places among the nodes, -1 for those that depend on no input
    cdef uint8_t* depends  # on an input: 1 if it is one, INNER if through a parent
    cdef list places_of_inputs, places_of_outputs  # -1 for what is not in the graph

    def __cinit__(self, outputs, inputs, since, moving_partials, Graph):
        self.inputs, self.outputs, self.since = list(inputs), list(outputs), since
        self.moving_partials, self.Graph = moving_partials, Graph
        self.places_of_inputs, self.places_of_outputs = [-1] * len(self.inputs), [-1] * len(self.outputs)
        cdef list values = [output for output in self.outputs if isinstance(output, Value)]
        if values:
            self.root = values[0] if len(values) == 1 else above(values)
            self.lay_out()

    def __dealloc__(self):
        PyMem_Free(self.nodes)
        PyMem_Free(self.first)
        PyMem_Free(self.parents)
        PyMem_Free(self.depends)

    cdef int lay_out(self) except -1:
        cdef Nodes order
        cdef Py_ssize_t i, edges = 0
        walk(self.root, &order, True, self.since)
        if order.neurons:
            forget_walk(&order)
            restore_grads(&order)
            free_nodes(&order)
            materialise_graph(self.root, self.since)
            walk(self.root, &order, True, self.since)
        self.n, self.nodes = order.n, order.at
        for i in range(order.n):
            edges += count(<Value>order.at[i])
            (<Value>order.at[i]).at[GRAD] = i  # for a moment, so that every parent can say where it is
        try:
            self.first = <Py_ssize_t*>room_for(order.n + 1, sizeof(Py_ssize_t))
            self.parents = <Py_ssize_t*>room_for(edges, sizeof(Py_ssize_t))
            self.depends = <uint8_t*>room_for(order.n, 1)
            self.find_places(&order)
        finally:
            forget_walk(&order)
            restore_grads(&order)
            PyMem_Free(order.before)
        return 0

    cdef int find_places(self, Nodes* order) except -1:
        cdef Py_ssize_t i, j, edge = 0
        cdef PyObject* node
        cdef PyObject* parent
        cdef bint is_input
        for i in range(self.n):
            self.depends[i] = False
        for i in range(len(self.inputs)):
            node = <PyObject*>self.inputs[i]
            if (<Value>node).flags & VISITED:
                self.places_of_inputs[i] = <Py_ssize_t>(<Value>node).at[GRAD]
                self.depends[<Py_ssize_t>(<Value>node).at[GRAD]] = True
                self.reaches = True
        for i in range(len(self.outputs)):
            if isinstance(self.outputs[i], Value):
                node = <PyObject*>self.outputs[i]
                if (<Value>node).flags & VISITED:
                    self.places_of_outputs[i] = <Py_ssize_t>(<Value>node).at[GRAD]
        for i in range(self.n):
            node = order.at[i]
            self.first[i] = edge
            is_input = self.depends[i]
            if not is_input and is_from_outside(<Value>node, self.since):
                self.captures = True
            for j in range(count(<Value>node)):
                parent = parent_at(<Value>node, j)
                self.parents[edge] = -1
                if parent == NULL:
                    pass
                elif not (<Value>parent).flags & VISITED:  # older than the call
                    if not is_input and is_from_outside(<Value>parent, self.since):
                        self.captures = True
                elif self.depends[<Py_ssize_t>(<Value>parent).at[GRAD]]:
                    self.parents[edge] = <Py_ssize_t>(<Value>parent).at[GRAD]
                    self.depends[i] = INNER
                edge += 1
        self.first[self.n] = edge
        return 0

    cdef double* zeros(self) except NULL:
        return <double*>zeros_for(self.n, sizeof(double))

    cdef uint8_t* marks(self) except NULL:
        """For every node whether a sweep has reached it."""
        return <uint8_t*>zeros_for(self.n, 1)

    cdef inline bint is_inner(self, Py_ssize_t i):
        """Whether a parent depends on an input. (An input may have parents of which none does.)"""
        return self.depends[i] == INNER

    def pull(self, seeds):
        """The derivative of Σ seed · output with respect to every input: reverse mode."""
        cdef double* gradients = self.zeros()
        cdef uint8_t* reached = NULL
        cdef Py_ssize_t i
        try:
            reached = self.marks()
            for place, seed in zip(self.places_of_outputs, seeds):
                if place >= 0 and self.depends[<Py_ssize_t>place] and seed != 0:
                    gradients[<Py_ssize_t>place] += <double>seed
                    reached[<Py_ssize_t>place] = True
            for i in range(self.n - 1, -1, -1):
                if reached[i] and self.is_inner(i):
                    self.pull_node(i, gradients)
                    self.reach_parents(i, reached)
                if i & 0xFFFF == 0xFFFF:
                    PyErr_CheckSignals()
            return [gradients[<Py_ssize_t>place] if place >= 0 else 0.0 for place in self.places_of_inputs]
        finally:
            PyMem_Free(gradients)
            PyMem_Free(reached)

    cdef inline void reach_parents(self, Py_ssize_t i, uint8_t* reached) noexcept:
        cdef Py_ssize_t edge
        for edge in range(self.first[i], self.first[i + 1]):
            if self.parents[edge] >= 0:
                reached[self.parents[edge]] = True

    cdef inline int pull_node(self, Py_ssize_t i, double* gradients) except -1:
        cdef Value node = <Value>self.nodes[i]
        cdef double g = gradients[i], dx, dy
        cdef Py_ssize_t* parents = self.parents + self.first[i]
        cdef Py_ssize_t j, n = self.first[i + 1] - self.first[i]
        cdef double* ds
        if node.kind == CLOSURE or node.kind >= MAX:
            ds = self.new_partials(node, n, g)
            for j in range(n):
                if parents[j] >= 0:
                    gradients[parents[j]] += ds[j] if node.kind == CLOSURE else g * ds[j]
            PyMem_Free(ds)
        elif node.kind < ADD:
            partials_of(node, &dx, &dy)
            gradients[parents[0]] += g * dx
        else:
            self.two_partials(node, parents, &dx, &dy)
            if parents[0] >= 0:
                gradients[parents[0]] += g * dx
            if parents[1] >= 0:
                gradients[parents[1]] += g * dy
        return 0

    cdef inline int two_partials(self, Value node, Py_ssize_t* parents, double* dx, double* dy) except -1:
        if node.kind == POW and parents[1] < 0:  # the derivative by an exponent costs a logarithm
            dx[0], dy[0] = power_by_base(node.x, node.y, result_of(node)), 0.0
        else:
            partials_of(node, dx, dy)
        return 0

    cdef double* new_partials(self, Value node, Py_ssize_t n, double gradient) except NULL:
        """The partial derivatives of a node with many parents; for a CLOSURE, times the gradient. The caller frees
        it."""
        cdef double* ds
        cdef Py_ssize_t j
        if node.kind != CLOSURE and node.kind != DOT:
            return new_partials_of(node)
        ds = <double*>room_for(n, sizeof(double))
        if node.kind == DOT:
            for j in range(n // 2):
                ds[j] = (<Vector*>node.b).xs[j]
                ds[n // 2 + j] = (<Vector*>node.a).xs[j]
            return ds
        try:
            if closure_of(node) is None:
                raise no_local_gradient(node.op)
            contributions = closure_of(node)(gradient)
            if len(contributions) != n:
                raise wrong_number_of_contributions(node.op, len(contributions), n)
            for j, contribution in zip(range(n), contributions):
                ds[j] = to_float(number_of(contribution), what_came_of(node.op))
        except:
            PyMem_Free(ds)
            raise
        return ds

    def push(self, tangents, as_values=False):
        """How fast every output moves, when the inputs move as fast as their tangents say: forward mode."""
        cdef double* moving = self.zeros()
        cdef uint8_t* moves = NULL
        cdef Py_ssize_t* movers = NULL
        cdef Py_ssize_t i
        cdef double own
        try:
            moves, movers = self.marks(), self.new_movers()
            self.begin(moving, moves, tangents)
            for i in range(self.n):
                if self.is_inner(i) and self.find_movers(i, moves, movers):
                    own = moving[i]
                    moving[i] = self.push_node(i, moving, movers)
                    if moves[i]:  # an input that is computed from another
                        moving[i] += own
                    moves[i] = True
                if i & 0xFFFF == 0xFFFF:
                    PyErr_CheckSignals()
            return [moving[<Py_ssize_t>place] if place >= 0 and self.depends[<Py_ssize_t>place] else 0.0
                    for place in self.places_of_outputs]
        finally:
            PyMem_Free(moving)
            PyMem_Free(moves)
            PyMem_Free(movers)

    cdef int begin(self, double* moving, uint8_t* moves, tangents) except -1:
        for place, tangent in zip(self.places_of_inputs, tangents):
            if place >= 0 and tangent != 0:
                moving[<Py_ssize_t>place] += <double>tangent
                moves[<Py_ssize_t>place] = True
        return 0

    cdef Py_ssize_t* new_movers(self) except NULL:
        """Room for the places of the parents of any one node."""
        cdef Py_ssize_t i, most = 2
        for i in range(self.n):
            most = max(most, self.first[i + 1] - self.first[i])
        return <Py_ssize_t*>room_for(most, sizeof(Py_ssize_t))

    cdef inline bint find_movers(self, Py_ssize_t i, uint8_t* moves, Py_ssize_t* movers) noexcept:
        """The places of the parents that move, -1 for those that do not; whether there are any."""
        cdef Py_ssize_t j, place
        cdef bint found = False
        for j in range(self.first[i + 1] - self.first[i]):
            place = self.parents[self.first[i] + j]
            movers[j] = place if place >= 0 and moves[place] else -1
            found = found or movers[j] >= 0
        return found

    cdef inline double push_node(self, Py_ssize_t i, double* moving, Py_ssize_t* parents) except? -1.0:
        """parents: their places, -1 for those that do not move; at least one does."""
        cdef Value node = <Value>self.nodes[i]
        cdef Py_ssize_t j, n = self.first[i + 1] - self.first[i]
        cdef double dx, dy, total = 0.0
        cdef bint begun = False
        cdef double* ds
        if node.kind == CLOSURE or node.kind >= MAX:
            ds = self.new_partials(node, n, 1.0)
            for j in range(n):
                if parents[j] >= 0:
                    total = total + ds[j] * moving[parents[j]] if begun else ds[j] * moving[parents[j]]
                    begun = True
            PyMem_Free(ds)
            return total
        if node.kind < ADD:
            partials_of(node, &dx, &dy)
            return dx * moving[parents[0]]
        self.two_partials(node, self.parents + self.first[i], &dx, &dy)
        if parents[1] < 0:
            return dx * moving[parents[0]]
        if parents[0] < 0:
            return dy * moving[parents[1]]
        return dx * moving[parents[0]] + dy * moving[parents[1]]

    def bend(self, tangents):
        """The gradient of the only output, and how fast it moves along the tangents: forward over reverse."""
        cdef double* moving = self.zeros()
        cdef double* gradients = NULL
        cdef double* speeds = NULL
        cdef uint8_t* moves = NULL
        cdef uint8_t* bent = NULL  # whether the gradient moves
        cdef Py_ssize_t* movers = NULL
        cdef dict others = {}  # what moving_partials answered
        cdef Py_ssize_t i
        try:
            gradients, speeds = self.zeros(), self.zeros()
            moves, bent, movers = self.marks(), self.marks(), self.new_movers()
            self.begin(moving, moves, tangents)
            for i in range(self.n):
                if self.is_inner(i) and self.find_movers(i, moves, movers):
                    moves[i] = True
                    if self.is_other(i):
                        others[i] = self.moving_partials(
                            <Value>self.nodes[i], tangents_of(movers, self.first[i + 1] - self.first[i], moving)
                        )
                        if others[i] is None:
                            self.graph = self.graph or self.Graph(self.outputs, self.inputs, self.since)
                            return self.graph.bend(tangents)
                        moving[i] = others[i][0]
                    else:
                        moving[i] = self.push_node(i, moving, movers)
            for place in self.places_of_outputs:
                if place >= 0 and self.depends[<Py_ssize_t>place]:
                    gradients[<Py_ssize_t>place] = 1.0
            for i in range(self.n - 1, -1, -1):
                if self.is_inner(i):
                    self.find_movers(i, moves, movers)
                    self.bend_node(i, gradients, speeds, bent, moving, moves[i], movers, others)
                if i & 0xFFFF == 0xFFFF:
                    PyErr_CheckSignals()
            return (
                [gradients[<Py_ssize_t>place] if place >= 0 else 0.0 for place in self.places_of_inputs],
                [speeds[<Py_ssize_t>place] if place >= 0 else 0.0 for place in self.places_of_inputs],
            )
        finally:
            PyMem_Free(moving)
            PyMem_Free(gradients)
            PyMem_Free(speeds)
            PyMem_Free(moves)
            PyMem_Free(bent)
            PyMem_Free(movers)

    cdef inline bint is_other(self, Py_ssize_t i):
        """Whether Python must do a node: its second derivatives are not written out here, or its data was set since."""
        cdef int kind = (<Value>self.nodes[i]).kind
        if kind == ONE or kind == TWO or kind == PROD or kind == NORM or kind == SEVERAL:
            return True
        return kind == CLOSURE or (kind == POW and self.parents[self.first[i] + 1] >= 0) or self.has_changed(i)

    cdef bint has_changed(self, Py_ssize_t i):
        """Whether the data of a node or of its parents, other than a CLOSURE's, is not that of the forward pass."""
        cdef Value node = <Value>self.nodes[i]
        cdef Vector* vector
        cdef Py_ssize_t j
        if node.flags & OVERWRITTEN:
            return True
        if node.kind < MAX:
            return has_changed(node.a, node.x) or (node.kind >= ADD and has_changed(node.b, node.y))
        vector = <Vector*>node.a
        for j in range(vector.n):
            if has_changed(vector.parents[j], vector.xs[j]):
                return True
        vector = <Vector*>node.b
        for j in range(vector.n if node.kind == DOT else 0):
            if has_changed(vector.parents[j], vector.xs[j]):
                return True
        return False

    cdef int bend_node(self, Py_ssize_t i, double* gradients, double* speeds, uint8_t* bent, double* moving, bint moves,
                       Py_ssize_t* movers, dict others) except -1:
        cdef Value node = <Value>self.nodes[i]
        cdef Py_ssize_t* parents = self.parents + self.first[i]
        cdef Py_ssize_t j, n = self.first[i + 1] - self.first[i]
        cdef double* slopes = <double*>room_for(n + 1, 3 * sizeof(double))
        cdef double* changes = slopes + n + 1
        cdef double* bends = changes + n + 1  # 1.0 where a partial derivative moves, 0.0 where it cannot
        try:
            if not moves:
                self.resting_slopes(node, parents, n, slopes, bends)
            elif i in others:
                for j in range(n):
                    slopes[j] = others[i][1][j][0]
                    bends[j] = others[i][1][j][1] is not None
                    changes[j] = others[i][1][j][1] if bends[j] else 0.0
            else:
                self.moving_slopes(node, i, movers, n, moving, slopes, changes, bends)
            for j in range(n):
                if parents[j] >= 0:
                    gradients[parents[j]] += gradients[i] * slopes[j]
                    if bent[i]:
                        speeds[parents[j]] += speeds[i] * slopes[j]
                        bent[parents[j]] = True
                    if bends[j]:
                        speeds[parents[j]] += gradients[i] * changes[j]
                        bent[parents[j]] = True
        finally:
            PyMem_Free(slopes)
        return 0

    cdef int resting_slopes(self, Value node, Py_ssize_t* parents, Py_ssize_t n, double* slopes, double* bends) except -1:
        """The partial derivatives of a node that does not move, and 0 for each."""
        cdef double* ds
        cdef Py_ssize_t j
        if node.kind == CLOSURE or node.kind >= MAX:
            ds = self.new_partials(node, n, 1.0)
            for j in range(n):
                slopes[j] = ds[j]
            PyMem_Free(ds)
        elif node.kind < ADD:
            partials_of(node, &slopes[0], &slopes[1])
        else:
            self.two_partials(node, parents, &slopes[0], &slopes[1])
        for j in range(n):
            bends[j] = 0.0
        return 0

    cdef int moving_slopes(self, Value node, Py_ssize_t i, Py_ssize_t* parents, Py_ssize_t n, double* moving,
                           double* slopes, double* changes, double* bends) except -1:
        """The partial derivatives, and how fast they move: what series.py computes from the table, written out.

        parents: their places, -1 for those that do not move. bends: whether a partial derivative moves; if it can
        move but is at rest just there, infinity times its change is nan.
        """
        cdef double out = result_of(node), x = node.x, y = node.y, t = moving[i]
        cdef double tx = moving[parents[0]] if parents[0] >= 0 else 0.0
        cdef double ty = moving[parents[1]] if n > 1 and parents[1] >= 0 else 0.0
        cdef Py_ssize_t j
        cdef int kind = node.kind
        for j in range(n):
            changes[j] = bends[j] = 0.0
        if kind < ADD:
            slopes[0] = partial_of_one(kind, x, out)
            changes[0] = change_of_one(kind, x, out, slopes[0], tx, t)
            bends[0] = kind != NEG and kind != RELU and kind != ABS
        elif kind == MUL:
            slopes[0], slopes[1], changes[0], changes[1] = y, x, ty, tx
            bends[0], bends[1] = parents[1] >= 0, parents[0] >= 0
        elif kind == DIV:
            slopes[0], slopes[1] = 1 / y, -out / y
            bends[0], bends[1] = parents[1] >= 0, True
            changes[1] = slopes[0] * -t
            if parents[1] >= 0:
                changes[0] = -slopes[0] / y * ty
                changes[1] = changes[1] + -slopes[1] / y * ty
        elif kind == POW:
            slopes[0], slopes[1] = power_by_base(x, y, out), 0.0
            changes[0] = change_of_power(x, y, slopes[0], tx, t)
            bends[0] = x != 0 or y != 0
        elif kind < MAX:
            partials_of_two(kind, x, y, out, &slopes[0], &slopes[1])
        elif kind == DOT:
            n = n // 2
            for j in range(n):
                slopes[j], slopes[n + j] = (<Vector*>node.b).xs[j], (<Vector*>node.a).xs[j]
                changes[j] = moving[parents[n + j]] if parents[n + j] >= 0 else 0.0
                changes[n + j] = moving[parents[j]] if parents[j] >= 0 else 0.0
                bends[j], bends[n + j] = parents[n + j] >= 0, parents[j] >= 0
        else:
            partials_of_many(kind, (<Vector*>node.a).xs, n, out, slopes)
            if kind == LOGSUMEXP:
                self.changes_of_logsumexp((<Vector*>node.a).xs, n, parents, moving, slopes, changes)
                for j in range(n):
                    bends[j] = n > 1
        return 0

    cdef int changes_of_logsumexp(self, double* xs, Py_ssize_t n, Py_ssize_t* parents, double* moving, double* slopes,
                                  double* changes) except -1:
        cdef double total, difference, speed = 0.0
        cdef bint begun = False, largest_moves
        cdef Py_ssize_t j, place = place_of_largest(xs, n)
        for j in range(n):
            changes[j] = 1.0 if j == place else exp_of_difference(xs[j], xs[place])
        total = sum_of(changes, n)
        largest_moves = parents[place] >= 0
        for j in range(n):
            if j != place and (largest_moves or parents[j] >= 0):
                difference = moving[parents[j]] if parents[j] >= 0 else -moving[parents[place]]
                if largest_moves and parents[j] >= 0:
                    difference = difference - moving[parents[place]]
                changes[j] = moving_exp_of_difference(xs[j], xs[place], difference)
                speed = speed + changes[j] if begun else changes[j]
                begun = True
        for j in range(n):
            if not begun:
                changes[j] = 0.0
            elif j != place and (largest_moves or parents[j] >= 0):
                changes[j] = 1 / total * changes[j] + -slopes[j] / total * speed
            else:
                changes[j] = -slopes[j] / total * speed
        return 0


cdef inline bint is_from_outside(Value x, uint32_t since) noexcept:
    """What is_from_outside in sweeps.py says."""
    return x.kind != CONSTANT and (x.born < since if since else x.kind == LEAF)


cdef list tangents_of(Py_ssize_t* movers, Py_ssize_t n, double* moving):
    """None for those that do not move."""
    cdef Py_ssize_t j
    return [moving[movers[j]] if movers[j] >= 0 else None for j in range(n)]


cdef inline bint has_changed(void* parent, double x) noexcept:
    return parent != NULL and (<Value>parent).at[DATA] != x and x == x


cdef Value above(list values):
    """A node with all of them as parents."""
    cdef int any_value = False
    cdef Vector* vector = vector_of(values, &any_value)
    cdef Value node = new(0.0)
    node.kind = SUM
    node.a = vector
    node.b = NULL
    return node
