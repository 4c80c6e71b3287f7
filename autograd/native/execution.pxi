# Runs the steps of a plan, forward over the numbers and backward over the gradients, without Python's lock.

from libc.string cimport memcpy, memset

cdef enum:
    CHUNK = 64  # how many numbers are gathered at once, if they do not lie side by side

cdef struct Machinery:
    # What a run works on
    const Lanes* lanes
    double* numbers
    double* gradients
    Py_ssize_t used  # how many lanes have an example of their own; the others repeat one
    double* scratch  # room for the operands of one instance, twice
    double work  # since signals were looked at


cdef enum:
    MOST_OPERANDS = 4
    MOST_WORK = 1 << 23  # some milliseconds


cdef int look_at_signals(Machinery* m) except -1 with gil:
    m.work = 0
    PyErr_CheckSignals()
    return 0


cdef int forward(Route* plan, Machinery* m, Py_ssize_t first, Py_ssize_t last, double* failure) except -1 nogil:
    """The steps from first to before last; failure becomes nan if a result that must be finite is not."""
    cdef Py_ssize_t i
    cdef Stage* step
    for i in range(first, last):
        step = &plan.steps[i]
        m.work += step.work
        if m.work > MOST_WORK:
            look_at_signals(m)
        if step.tape != NULL:
            failure[0] += tape_forward(step.tape, m.lanes, m.numbers)
            continue
        if step.moves != NULL:
            forward_moves(m, step)
        elif step.kind < V_MAX:
            forward_elements(m, step)
        elif step.kind < V_DOT:
            forward_many(m, step)
        elif step.written != NULL:
            run_written(m, step, False)
        elif step.kind == V_PYTHON:
            call_values(plan, m, step)
        else:
            forward_product(m, step)
        if step.may_fail:
            failure[0] += m.lanes.zero_if_finite(step.n_out, m.numbers + step.out)
    return 0


cdef int backward(Route* plan, Machinery* m, Py_ssize_t first, Py_ssize_t last) except -1 nogil:
    """The steps from last - 1 back to first: the gradients of the results are passed on to the operands."""
    cdef Py_ssize_t i, k
    cdef Stage* step
    for i in range(last - 1, first - 1, -1):
        step = &plan.steps[i]
        if not step.live:
            continue
        m.work += 2 * step.work
        if m.work > MOST_WORK:
            look_at_signals(m)
        for k in range(step.n_dead):
            m.gradients[step.dead[k]] = 0.0
        if step.tape != NULL:
            tape_backward(step.tape, m.lanes, m.numbers, m.gradients)
        elif step.moves != NULL:
            backward_moves(m, step)
        elif step.kind < V_MAX:
            backward_elements(m, step)
        elif step.kind < V_DOT:
            backward_many(m, step)
        elif step.written != NULL:
            run_written(m, step, True)
        elif step.kind == V_PYTHON:
            call_partials(plan, m, step)
        else:
            if step.wants_bias:
                add_up(m, step.walk)
            if step.to_x != NULL:
                multiply(m.lanes, step.to_x, m.gradients, m.gradients, m.numbers, NULL, ADD_TO)
            if step.to_y != NULL:
                multiply(m.lanes, step.to_y, m.gradients, m.gradients, m.numbers, NULL, ADD_TO)
    return 0


# Copies

cdef void forward_moves(Machinery* m, Stage* step) noexcept nogil:
    cdef Py_ssize_t k, i, l, n, apart, lanes = step.lanes
    cdef Move* move
    cdef double* to
    cdef double* at
    for k in range(step.n_moves):
        move = &step.moves[k]
        to, at, n, apart = m.numbers + move.to, m.numbers + move.at, move.n, move.step
        if lanes == 1:
            for i in range(n):
                to[i] = at[i * apart]
        elif move.spread:
            for i in range(n):
                for l in range(lanes):
                    to[i * lanes + l] = at[i * apart]
        else:
            for i in range(n):
                memcpy(to + i * lanes, at + i * apart, lanes * sizeof(double))


cdef void backward_moves(Machinery* m, Stage* step) noexcept nogil:
    cdef Py_ssize_t k, i, n, apart, lanes = step.lanes
    cdef Move* move
    cdef double* g
    cdef double* to
    for k in range(step.n_moves - 1, -1, -1):
        move = &step.moves[k]
        g, to, n, apart = m.gradients + move.to, m.gradients + move.at, move.n, move.step
        if lanes == 1:
            for i in range(n):
                to[i * apart] += g[i]
        elif move.spread:
            for i in range(n):
                to[i * apart] += m.lanes.sum(lanes, g + i * lanes)
        else:
            for i in range(n):
                m.lanes.one_back(V_COPY, lanes, g + i * lanes, NULL, NULL, to + i * apart)


# Operations on one or two numbers

cdef inline void value_of(const Lanes* lanes, int kind, Py_ssize_t n, double* x, int sx, double* y, int sy,
                          double* out) noexcept nogil:
    cdef Py_ssize_t i
    if kind < V_ADD:
        lanes.one(kind, n, x, out)
    elif kind != V_POW:
        lanes.two(kind, n, x, sx, y, sy, out)
    elif sx and (not sy or n == 1) and is_easy_power(y[0]):
        lanes.power(y[0], n, x, out)
    else:
        for i in range(n):
            out[i] = 0.0 if x[i * sx] == 0 and 0 < y[i * sy] != floor(y[i * sy]) else value_of_two(POW, x[i * sx], y[i * sy])


cdef inline void pass_back_elements(const Lanes* lanes, int kind, Py_ssize_t n, double* g, double* x, int sx, double* y, int sy,
                                    double* out, double* gx, double* gy) noexcept nogil:
    """gx and gy are NULL if they are not wanted."""
    cdef Py_ssize_t i
    if kind < V_ADD:
        lanes.one_back(kind, n, g, x, out, gx)
    elif kind != V_POW:
        lanes.two_back(kind, n, g, x, sx, y, sy, out, gx, gy)
    elif sx and (not sy or n == 1) and gy == NULL and is_easy_power(y[0]):
        lanes.power_back(y[0], n, g, x, out, gx)
    else:
        for i in range(n):
            if gx != NULL:
                gx[i * sx] += g[i] * power_by_base(x[i * sx], y[i * sy], out[i])
            if gy != NULL:
                gy[i * sy] += g[i] * power_by_exponent(x[i * sx], out[i])


cdef void forward_elements(Machinery* m, Stage* step) noexcept nogil:
    cdef Walk* w = step.walk
    cdef Py_ssize_t i, j
    cdef double* out
    cdef double* x
    cdef double* y
    for j in range(w.n0):
        out = m.numbers + w.at[0] + j * w.s0[0]
        x = m.numbers + w.at[1] + j * w.s0[1]
        y = m.numbers + w.at[2] + j * w.s0[2]
        for i in range(w.n1):
            if w.plain:
                value_of(m.lanes, step.kind, w.n, x, w.step[1], y, w.step[2], out)
            else:
                forward_scattered(m.lanes, step, out, x, y)
            out += w.s1[0]
            x += w.s1[1]
            y += w.s1[2]


cdef void forward_scattered(const Lanes* lanes, Stage* step, double* out, double* x, double* y) noexcept nogil:
    """One vector whose numbers do not lie side by side."""
    cdef Walk* w = step.walk
    cdef double xs[CHUNK]
    cdef double ys[CHUNK]
    cdef double results[CHUNK]
    cdef Py_ssize_t i, n, begin = 0
    while begin < w.n:
        n = min(w.n - begin, CHUNK)
        for i in range(n):
            xs[i] = x[(begin + i) * w.step[1]]
        if step.kind >= V_ADD:
            for i in range(n):
                ys[i] = y[(begin + i) * w.step[2]]
        value_of(lanes, step.kind, n, xs, 1, ys, 1, results)
        for i in range(n):
            out[(begin + i) * w.step[0]] = results[i]
        begin += n


cdef void backward_elements(Machinery* m, Stage* step) noexcept nogil:
    cdef Walk* w = step.walk
    cdef Py_ssize_t i, j, at, to_x, to_y
    cdef bint two = step.kind >= V_ADD
    if step.kind == V_COPY:  # of which some results are dead
        add_up(m, w)
        return
    for j in range(w.n0):
        at = w.at[0] + j * w.s0[0]
        to_x = w.at[1] + j * w.s0[1]
        to_y = w.at[2] + j * w.s0[2]
        for i in range(w.n1):
            if w.plain:
                pass_back_elements(m.lanes, step.kind, w.n, m.gradients + at, m.numbers + to_x, w.step[1],
                                   m.numbers + to_y, w.step[2], m.numbers + at,
                                   m.gradients + to_x if step.wants_x else NULL,
                                   m.gradients + to_y if step.wants_y else NULL)
            else:
                backward_scattered(m, step, at, to_x, to_y)
            at += w.s1[0]
            to_x += w.s1[1]
            to_y += w.s1[2]


cdef void backward_scattered(Machinery* m, Stage* step, Py_ssize_t at, Py_ssize_t to_x, Py_ssize_t to_y) noexcept nogil:
    cdef Walk* w = step.walk
    cdef double g[CHUNK]
    cdef double out[CHUNK]
    cdef double xs[CHUNK]
    cdef double ys[CHUNK]
    cdef double gx[CHUNK]
    cdef double gy[CHUNK]
    cdef Py_ssize_t i, n, begin = 0
    cdef bint two = step.kind >= V_ADD
    while begin < w.n:
        n = min(w.n - begin, CHUNK)
        for i in range(n):
            g[i] = m.gradients[at + (begin + i) * w.step[0]]
            out[i] = m.numbers[at + (begin + i) * w.step[0]]
            xs[i] = m.numbers[to_x + (begin + i) * w.step[1]]
            gx[i] = 0.0
            if two:
                ys[i] = m.numbers[to_y + (begin + i) * w.step[2]]
                gy[i] = 0.0
        pass_back_elements(m.lanes, step.kind, n, g, xs, 1, ys, 1, out, gx if step.wants_x else NULL,
                           gy if step.wants_y else NULL)
        for i in range(n):
            if step.wants_x:
                m.gradients[to_x + (begin + i) * w.step[1]] += gx[i]
            if step.wants_y:
                m.gradients[to_y + (begin + i) * w.step[2]] += gy[i]
        begin += n


cdef void add_up(Machinery* m, Walk* w) noexcept nogil:
    """Passes the gradients of the results to the operand as they are, one to one or many to one."""
    cdef Py_ssize_t i, j, k
    cdef double* g
    cdef double* to
    for j in range(w.n0):
        g = m.gradients + w.at[0] + j * w.s0[0]
        to = m.gradients + w.at[1] + j * w.s0[1]
        for i in range(w.n1):
            if w.step[0] == 1 and w.step[1] == 1:
                m.lanes.one_back(V_COPY, w.n, g, NULL, NULL, to)
            elif w.step[0] == 1 and w.step[1] == 0:
                to[0] += m.lanes.sum(w.n, g)
            else:
                for k in range(w.n):
                    to[k * w.step[1]] += g[k * w.step[0]]
            g += w.s1[0]
            to += w.s1[1]


# Operations on many numbers

cdef void forward_many(Machinery* m, Stage* step) noexcept nogil:
    cdef Walk* w = step.walk
    cdef Py_ssize_t i, j, k, l
    cdef double* out
    cdef double* x
    for j in range(w.n0):
        for i in range(w.n1):
            out = m.numbers + w.at[0] + j * w.s0[0] + i * w.s1[0]
            x = m.numbers + w.at[1] + j * w.s0[1] + i * w.s1[1]
            if w.plain and w.n > 1:
                m.lanes.many(step.kind, w.n, step.length, x, step.stride, out)
                continue
            for l in range(w.n):
                if step.stride == 1 and not step.in_order and (step.kind == V_SUM or step.kind == V_MEAN):
                    out[0] = m.lanes.sum(step.length, x)
                    if step.kind == V_MEAN:
                        out[0] = out[0] / step.length
                else:
                    for k in range(step.length):
                        m.scratch[k] = x[k * step.stride]
                    if step.kind == V_LOGSUMEXP:
                        out[0] = logsumexp_in(m.lanes, m.scratch, step.length)
                    else:
                        out[0] = value_of_many(step.kind, m.scratch, step.length)
                out += w.step[0]
                x += w.step[1]


cdef double logsumexp_in(const Lanes* lanes, double* xs, Py_ssize_t n) noexcept nogil:
    """logsumexp_of() some numbers, which are lost: their exponentials are computed several at a time."""
    cdef double largest = extreme_of(xs, n, True)
    cdef Py_ssize_t i, place = place_of_largest(xs, n)
    if not isfinite(largest):
        return largest
    for i in range(n):
        xs[i] -= largest
    lanes.one(V_EXP, n, xs, xs)
    xs[place] = 0.0  # its exp(0) = 1 is the 1 in log1p
    return largest + log1p(lanes.sum(n, xs))


cdef void shares_in(const Lanes* lanes, double* xs, Py_ssize_t n, double* shares) noexcept nogil:
    """The partial derivatives of a logsumexp that is finite: the softmax."""
    cdef Py_ssize_t i, place = place_of_largest(xs, n)
    cdef double total, rounding
    for i in range(n):
        shares[i] = xs[i] - xs[place]
    lanes.one(V_EXP, n, shares, shares)
    for i in range(n):
        rounding = rounding_of_difference(xs[i], xs[place])
        shares[i] += shares[i] * rounding
    total = lanes.sum(n, shares)
    for i in range(n):
        shares[i] /= total


cdef void backward_many(Machinery* m, Stage* step) noexcept nogil:
    cdef Walk* w = step.walk
    cdef Py_ssize_t i, j, k, l, at, to
    cdef double* partials = m.scratch + step.length
    for j in range(w.n0):
        for i in range(w.n1):
            at = w.at[0] + j * w.s0[0] + i * w.s1[0]
            to = w.at[1] + j * w.s0[1] + i * w.s1[1]
            if w.plain and w.n > 1:
                m.lanes.many_back(step.kind, w.n, step.length, m.gradients + at, m.numbers + to, step.stride,
                                  m.numbers + at, m.gradients + to)
                continue
            for l in range(w.n):
                for k in range(step.length):
                    m.scratch[k] = m.numbers[to + k * step.stride]
                if step.kind == V_LOGSUMEXP and isfinite(m.numbers[at]):
                    shares_in(m.lanes, m.scratch, step.length, partials)
                else:
                    partials_of_many(step.kind, m.scratch, step.length, m.numbers[at], partials)
                for k in range(step.length):
                    m.gradients[to + k * step.stride] += m.gradients[at] * partials[k]
                at += w.step[0]
                to += w.step[1]


# Products

cdef void forward_product(Machinery* m, Stage* step) noexcept nogil:
    cdef Product* p = step.forward
    cdef bint bias_is_last = p.form == SINGLES and not step.in_order
    cdef Py_ssize_t i
    if p.fresh and not step.in_order:
        multiply(m.lanes, p, m.numbers, m.numbers, m.numbers, m.numbers, ASSIGN)
        return
    if step.kind == V_DOT or bias_is_last:
        for i in range(step.n_out):
            m.numbers[step.out + i] = -0.0
    else:
        take_bias(m, step.walk, False)
    multiply(m.lanes, p, m.numbers, m.numbers, m.numbers, NULL, IN_ORDER if step.in_order else ADD_TO)
    if step.kind == V_AFFINE and bias_is_last:
        take_bias(m, step.walk, True)


cdef void take_bias(Machinery* m, Walk* w, bint add) noexcept nogil:
    """The bias as the result, or added to it."""
    cdef Py_ssize_t i, j, k
    cdef double* out
    cdef double* bias
    for j in range(w.n0):
        for i in range(w.n1):
            out = m.numbers + w.at[0] + j * w.s0[0] + i * w.s1[0]
            bias = m.numbers + w.at[1] + j * w.s0[1] + i * w.s1[1]
            for k in range(w.n):
                out[k * w.step[0]] = out[k * w.step[0]] + bias[k * w.step[1]] if add else bias[k * w.step[1]]


cdef void multiply(const Lanes* lanes, Product* p, double* c, double* a, double* b, double* bias, int how) noexcept nogil:
    """c += a * b, or with ASSIGN c = a * b + bias."""
    cdef Py_ssize_t counts[4]
    cdef double* swap
    cdef int q
    if p.swapped:
        swap = a
        a = b
        b = swap
    c += p.c
    a += p.a
    b += p.b
    bias = bias + p.bias if how == ASSIGN and p.bias >= 0 else NULL
    for q in range(p.n_loops):
        counts[q] = 0
    while True:  # over the indices that the kernel leaves
        if p.form == ROWS:
            lanes.rows(p.m.n, p.n.n, p.k.n, a, p.m.a, p.k.a, b, p.k.b, c, p.m.c, bias, p.m.bias, how)
        elif p.form == DOTS:
            lanes.dots(p.m.n, p.n.n, p.k.n, a, p.m.a, b, p.n.b, c, p.m.c, p.n.c, bias, p.m.bias, p.n.bias, how)
        elif p.form == PAIRS:
            lanes.pairs(p.n.n, p.k.n, a, p.k.a, b, p.k.b, c, how)
        else:
            c[0] += a[0] * b[0]
        q = p.n_loops - 1
        while q >= 0:
            counts[q] += 1
            c += p.loops[q].c
            a += p.loops[q].a
            b += p.loops[q].b
            if bias != NULL:
                bias += p.loops[q].bias
            if counts[q] < p.loops[q].n:
                break
            c -= p.loops[q].c * counts[q]
            a -= p.loops[q].a * counts[q]
            b -= p.loops[q].b * counts[q]
            if bias != NULL:
                bias -= p.loops[q].bias * counts[q]
            counts[q] = 0
            q -= 1
        if q < 0:
            return


# Operations without a vector kernel: written in C from the table

cdef void run_written(Machinery* m, Stage* step, bint back) noexcept nogil:
    """The values, or what they pass back, in loops around the lanes, or around the inner index where there are none."""
    cdef Operand* out = &step.operands[step.n_operands]
    cdef bint lanes = out.s[3] != 0
    cdef int along = 3 if lanes else 1
    cdef Py_ssize_t i, j, q, n = step.n_out // (step.outer * step.inner) if lanes else step.inner
    cdef const double* xs[MOST_OPERANDS]
    cdef double* to[MOST_OPERANDS]
    cdef Py_ssize_t apart[MOST_OPERANDS]
    cdef Py_ssize_t at
    for j in range(step.outer):
        for i in range(step.inner if lanes else 1):
            for q in range(step.n_operands):
                at = step.operands[q].at + j * step.operands[q].s[0] + i * step.operands[q].s[1]
                apart[q] = step.operands[q].s[along]
                xs[q] = m.numbers + at
                to[q] = m.gradients + at if back and step.operands[q].active else NULL
            at = out.at + j * out.s[0] + i * out.s[1]
            if back:
                step.written.back(n, m.gradients + at, m.numbers + at, out.s[along], xs, apart, to)
            else:
                step.written.values(n, xs, apart, m.numbers + at, out.s[along])


# Operations of the user's own, and those of many numbers without a kernel: called through Python, one number at a time

cdef list operands_at(Route* plan, double* numbers, Stage* step, Py_ssize_t j, Py_ssize_t i, Py_ssize_t lane):
    cdef list xs = []
    cdef Py_ssize_t q, k, at
    cdef Operand* operand
    for q in range(step.n_operands):
        operand = &step.operands[q]
        at = operand.at + j * operand.s[0] + i * operand.s[1] + lane * operand.s[3]
        for k in range(operand.length):
            xs.append(numbers[at + k * operand.s[2]])
    return xs


cdef int call_values(Route* plan, Machinery* m, Stage* step) except -1 with gil:
    cdef Py_ssize_t i, j, lane, at
    cdef Operand* out = &step.operands[step.n_operands]
    cdef double x
    value = (<object>step.op).value
    for j in range(step.outer):
        for i in range(step.inner):
            at = out.at + j * out.s[0] + i * out.s[1]
            x = 0.0
            for lane in range(m.used if out.s[3] else 1):
                try:
                    x = value(*operands_at(plan, m.numbers, step, j, i, lane))
                except Exception:  # whatever an operation of your own may raise
                    x = NAN
                m.numbers[at + lane] = x
            for lane in range(m.used if out.s[3] else 1, plan.width if out.s[3] else 1):
                m.numbers[at + lane] = x
    return 0


cdef int call_partials(Route* plan, Machinery* m, Stage* step) except -1 with gil:
    cdef Py_ssize_t i, j, lane, at, to, k, q
    cdef Operand* out = &step.operands[step.n_operands]
    cdef Operand* operand
    cdef double partial_, g
    partials_of = (<object>step.op).partials
    for j in range(step.outer):
        for i in range(step.inner):
            for lane in range(m.used if out.s[3] else 1):
                at = out.at + j * out.s[0] + i * out.s[1] + lane
                g = m.gradients[at]
                try:
                    partials = iter(partials_of(m.numbers[at], *operands_at(plan, m.numbers, step, j, i, lane)))
                except Exception:  # whatever an operation of your own may raise
                    partials = None
                for q in range(step.n_operands):
                    operand = &step.operands[q]
                    to = operand.at + j * operand.s[0] + i * operand.s[1] + lane * operand.s[3]
                    for k in range(operand.length):
                        partial_ = NAN if partials is None else next(partials)
                        if operand.active:
                            m.gradients[to + k * operand.s[2]] += g * partial_
    return 0


# Guards

cdef inline bint comes_out(int comparison, double x, double y) noexcept nogil:
    if comparison == V_LESS:
        return x < y
    if comparison == V_LESS_EQUAL:
        return x <= y
    if comparison == V_GREATER:
        return x > y
    if comparison == V_GREATER_EQUAL:
        return x >= y
    if comparison == V_SAME:
        return memcmp(&x, &y, sizeof(double)) == 0 or (x != x and y != y)
    return x != y


cdef bint holds_in(Route* plan, double* numbers, Py_ssize_t lane) noexcept nogil:
    """Whether all comparisons come out in this lane as they did while the program was recorded."""
    cdef Py_ssize_t i
    cdef Check* check
    for i in range(plan.n_checks):
        check = &plan.checks[i]
        if comes_out(check.comparison, numbers[check.left + lane * check.left_step],
                     numbers[check.right + lane * check.right_step]) != check.outcome:
            return False
    return True


cdef bint is_finite_in(Route* plan, double* numbers, Py_ssize_t lane) noexcept nogil:
    """Whether all results in this lane that must be finite are."""
    cdef Py_ssize_t i, k
    cdef Stage* step
    cdef bint uniform
    for i in range(plan.n_steps):
        step = &plan.steps[i]
        if step.tape != NULL and step.may_fail:
            if not is_finite_on(step.tape, numbers, lane):
                return False
        elif step.may_fail:
            uniform = i < plan.n_uniform_steps
            for k in range(step.outer * step.inner):
                if not isfinite(numbers[step.out + (k if uniform else k * plan.width + lane)]):
                    return False
    return True


cdef bint is_finite_on(Spans* tape, double* numbers, Py_ssize_t lane) noexcept nogil:
    """Whether all results of a tape in this lane that must be finite are."""
    cdef Py_ssize_t i, k
    cdef double* out = numbers + tape.first + (lane if tape.width > 1 else 0)
    for i in range(tape.n_spans):
        for k in range(tape.spans[i].n):
            if tape.spans[i].may_fail and not isfinite(out[0]):
                return False
            out += tape.width
    return True
