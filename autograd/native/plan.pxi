# From a Program to steps in C arrays, for a given number of lanes: where each number is in memory, and which kernel
# does each product.
#
# Memory begins with the uniform slots; then each slot of lanes has a row of `width` numbers.

from autograd.compiling import program as programs

# the kernels of kernels.pxi and of lanes.h count the operations alike
assert (V_NEG, V_RELU, V_ADD, V_POW, V_MAX, V_DOT) == (NEG, RELU, ADD, POW, MAX, DOT)
cdef dict PROGRAM_KINDS = {**KINDS, programs.copy: V_COPY, programs.held: V_COPY, programs.affine: V_AFFINE,
                          programs.accumulate: V_AFFINE, programs.fold: V_SUM}
del PROGRAM_KINDS[table.product], PROGRAM_KINDS[table.norm]  # for which there is no kernel
cdef dict COMPARISON_KINDS = {"<": V_LESS, "<=": V_LESS_EQUAL, ">": V_GREATER, ">=": V_GREATER_EQUAL, "!=": V_UNEQUAL,
                               "is": V_SAME}


def is_in_c(op):
    """Whether an operation of the table was translated when this engine was built, and can stand on a tape."""
    return PROGRAM_KINDS.get(op, V_PYTHON) != V_PYTHON or op in WRITTEN_AT


cdef struct Walk:
    # The results of an operation, and with them its operands: of two loops around a vector. `at` is where each begins;
    # in the vector they are `step` apart, in the loops s1 and s0. First the result, then one or two operands.
    Py_ssize_t n, n1, n0
    Py_ssize_t at[3]
    Py_ssize_t step[3]
    Py_ssize_t s1[3]
    Py_ssize_t s0[3]
    bint plain  # the results are side by side, and so are the numbers of each operand, or it is one number


cdef enum:
    ROWS, DOTS, PAIRS, SINGLES

cdef struct Dimension:
    # An index of c += a * b, with what it adds to each place
    Py_ssize_t n, c, a, b, bias

cdef struct Product:
    # c += a * b over up to four indices: up to three of them in a kernel, the others in loops around it
    int form
    bint swapped  # a and b have changed places, for the kernel's sake
    bint fresh  # the kernel can overwrite c, with the bias added
    Py_ssize_t c, a, b, bias
    Dimension m, n, k
    int n_loops
    Dimension loops[4]


cdef struct Operand:
    Py_ssize_t at, length
    Py_ssize_t s[4]  # of the indices: outer, inner, element, lane
    bint active


cdef struct Move:
    # Copies of n numbers, or rows of lanes: from `at` on, `step` apart, to `to` on, side by side
    Py_ssize_t to, at, n, step
    bint spread  # one number to all lanes


cdef struct Stage:
    int kind
    int n_operands
    bint may_fail, live  # whether derivatives pass
    bint in_order  # a chain of +, which is computed as it was written
    double work
    Py_ssize_t n_dead  # some results of the operation let no derivatives pass
    Py_ssize_t* dead
    bint wants_x, wants_y, wants_bias
    Py_ssize_t n_out, out  # the results are side by side
    Py_ssize_t outer, inner, length, stride  # stride: of the elements of an operation of many numbers
    Walk* walk  # of a product: of its bias
    Move* moves  # of copies, which are one stage as long as nothing else comes between
    Py_ssize_t n_moves, lanes
    Product* forward
    Product* to_x
    Product* to_y
    Operand* operands  # of an operation without a kernel
    const Written* written  # its loops in C; NULL for one that is called through Python
    PyObject* op
    Spans* tape  # many operations, each on numbers of its own


cdef struct Check:
    int comparison
    bint outcome
    Py_ssize_t left, left_step, right, right_step


cdef struct Route:
    # All steps of a program, for a number of lanes
    Py_ssize_t width, n_uniform, uniform_room, room, n_steps, n_uniform_steps, n_checks
    Stage* steps
    Check* checks
    double work  # a rough number of vector instructions


cdef inline Py_ssize_t place(Route* route, Py_ssize_t slot) noexcept nogil:
    return slot if slot < route.n_uniform else route.uniform_room + (slot - route.n_uniform) * route.width


cdef inline Py_ssize_t lane_step(Route* route, Py_ssize_t slot) noexcept nogil:
    return 0 if slot < route.n_uniform else 1


cdef class Plan:
    """The owner of a Route."""

    cdef Route route
    cdef Room room  # what the pointers point to
    cdef list operations

    def __cinit__(self):
        self.room, self.operations = Room(), []

    cdef inline void* take(self, Py_ssize_t n, Py_ssize_t each) except NULL:
        return self.room.take(n, each)

    cdef int read_operand(self, Operand* operand, run, Py_ssize_t length) except -1:
        cdef Py_ssize_t base, outer, inner, stride, scale
        base, outer, inner, stride = run
        scale = 1 if base < self.route.n_uniform else self.route.width
        operand.at = place(&self.route, base)
        operand.length = length
        operand.s[0] = outer * scale
        operand.s[1] = inner * scale
        operand.s[2] = stride * scale if length > 1 else 0
        operand.s[3] = lane_step(&self.route, base)
        return 0


cdef Plan planned(program, list actives, Py_ssize_t width):
    """actives: for every instruction its results that no derivatives pass through, and which of its operands have some
    that want them."""
    cdef Plan plan = Plan()
    cdef Route* route = &plan.route
    cdef Py_ssize_t i, n
    cdef Check* check
    cdef list instructions = program.instructions
    route.width = width
    route.n_uniform = program.n_uniform
    route.uniform_room = (route.n_uniform + 7) // 8 * 8
    route.room = route.uniform_room + product_of(program.n_slots - route.n_uniform, width)
    route.steps = <Stage*>plan.take(len(instructions), sizeof(Stage))
    route.n_checks = len(program.guards)
    route.checks = <Check*>plan.take(route.n_checks, sizeof(Check))
    i = 0
    while i < len(instructions):
        n = 1
        if isinstance(instructions[i], programs.Tape):
            plan_tape(plan, &route.steps[route.n_steps], instructions[i], actives[i])
        elif is_plain_copy(instructions[i], actives[i]):
            while i + n < len(instructions) and goes_with(instructions, actives, i, i + n, route.n_uniform):
                n += 1
            plan_moves(plan, &route.steps[route.n_steps], instructions[i:i + n], actives[i])
        else:
            plan_step(plan, &route.steps[route.n_steps], instructions[i], actives[i])
        route.work += route.steps[route.n_steps].work
        route.n_steps += 1
        if instructions[i].first < route.n_uniform:
            route.n_uniform_steps = route.n_steps
        i += n
    for i in range(route.n_checks):
        guard = program.guards[i]
        check = &route.checks[i]
        check.comparison = COMPARISON_KINDS[guard.comparison]
        check.outcome = guard.outcome
        check.left, check.right = place(route, guard.left), place(route, guard.right)
        check.left_step, check.right_step = lane_step(route, guard.left), lane_step(route, guard.right)
    route.work += route.n_checks * width / 4
    return plan


cdef bint is_plain_copy(instruction, active):
    """Whether derivatives pass through all of its results or none."""
    return not isinstance(instruction, programs.Tape) and instruction.op is programs.copy and len(active[0]) in (0, instruction.outer * instruction.inner)


cdef bint goes_with(list instructions, list actives, Py_ssize_t first, Py_ssize_t i, Py_ssize_t n_uniform):
    return (is_plain_copy(instructions[i], actives[i]) and actives[i][1] == actives[first][1]
            and (len(actives[i][0]) == 0) == (len(actives[first][0]) == 0)
            and (instructions[i].out.base < n_uniform) == (instructions[first].out.base < n_uniform))


cdef int plan_moves(Plan plan, Stage* step, list instructions, active) except -1:
    cdef Py_ssize_t room = 0, j
    cdef Operand x, out
    cdef Move* move
    for instruction in instructions:
        room += instruction.outer
    step.kind = V_COPY
    step.live = step.wants_x = active[1][0] and not active[0]
    step.moves = <Move*>plan.take(room, sizeof(Move))
    for instruction in instructions:
        plan.read_operand(&x, instruction.operands[0], 1)
        plan.read_operand(&out, instruction.out, 1)
        step.lanes = plan.route.width if out.s[3] else 1
        step.work += instruction.outer * (1 + instruction.inner * (1 if step.lanes == 1 else step.lanes * 0.3))
        for j in range(instruction.outer):
            move = &step.moves[step.n_moves]
            move.to = out.at + j * out.s[0]
            move.at = x.at + j * x.s[0]
            move.n = instruction.inner
            move.step = x.s[1]
            move.spread = out.s[3] != x.s[3]
            if step.n_moves == 0 or not extends(&step.moves[step.n_moves - 1], move, step.lanes):
                step.n_moves += 1
    return 0


cdef bint extends(Move* before, Move* move, Py_ssize_t lanes) noexcept:
    """Whether it goes on where the one before ends; then that one is made longer."""
    cdef Py_ssize_t step = move.step if move.n > 1 else move.at - before.at - (before.n - 1) * before.step
    if before.n > 1 and step != before.step:
        return False
    if (move.to != before.to + before.n * lanes or move.at != before.at + before.n * step or move.spread != before.spread
            or step < 0 or (move.at + move.n * step >= before.to and before.at < move.to + move.n * lanes)):
        return False
    before.step = step
    before.n += move.n
    return True


cdef int plan_tape(Plan plan, Stage* step, instruction, bytearray active) except -1:
    """active: for every slot whether derivatives pass through it."""
    cdef Route* route = &plan.route
    cdef Spans* tape = <Spans*>plan.take(1, sizeof(Spans))
    cdef uint8_t* codes = <uint8_t*><char*>instruction.codes
    cdef int* operands = (<array>instruction.operands).data.as_ints
    cdef Span kinds[256]
    cdef uint8_t* is_active = <uint8_t*><char*>active
    cdef Py_ssize_t k, q, at = 0, begin = 0, n = len(instruction.codes), first = instruction.first
    cdef Py_ssize_t n_operands = len(instruction.operands)
    cdef Span span
    cdef Span* last = NULL
    cdef bint gathered, depends
    for k, (op, arity) in enumerate(instruction.kinds):
        kinds[k].op, kinds[k].arity, kinds[k].written = PROGRAM_KINDS.get(op, V_PYTHON), arity, NULL
        kinds[k].wants, kinds[k].n = op is not programs.held, 1
        if kinds[k].op == V_PYTHON:
            kinds[k].written = &WRITTEN[<Py_ssize_t>WRITTEN_AT[op]]
            kinds[k].op = V_SIN if op is table.TABLE["sin"] else V_COS if op is table.TABLE["cos"] else V_PYTHON
        kinds[k].may_fail = kinds[k].written != NULL or (kinds[k].op < MAX and may_fail(kinds[k].op))
    step.tape, step.kind, step.n_out, step.out = tape, V_PYTHON, n, place(route, first)
    step.outer, step.inner = n, 1
    tape.width = 1 if first < route.n_uniform else route.width
    tape.first, tape.n, tape.n_operands, tape.n_uniform = step.out, n, n_operands, route.uniform_room
    tape.operands = <int32_t*>plan.take(n_operands, sizeof(int32_t))
    if route.room >= <Py_ssize_t>1 << 31:
        raise MemoryError(f"{n} operations are too many for {route.width} lanes")
    for k in range(n_operands):
        tape.operands[k] = <int32_t>place(route, operands[k])
    tape.spans = <Span*>plan.take(n, sizeof(Span))
    for k in range(n):
        span = kinds[codes[k]]
        depends = False
        if not is_active[first + k] or not span.wants:
            span.wants = 0
        else:
            span.wants = 0
            for q in range(span.arity):
                span.wants |= (is_active[operands[at + q]] != 0) << q
        gathered = span.written != NULL or span.op < V_ADD
        for q in range(span.arity if gathered else 0):
            depends = depends or operands[at + q] >= first + begin
        at += span.arity
        step.live = step.live or span.wants != 0
        step.may_fail = step.may_fail or span.may_fail
        step.work += tape.width * (10.0 if span.written != NULL else 2.0 if gathered else 0.5)
        if (last != NULL and last.op == span.op and last.wants == span.wants and last.written == span.written
                and last.arity == span.arity and not depends):
            last.n += 1
        else:
            begin = k
            last = &tape.spans[tape.n_spans]
            last[0] = span
            tape.n_spans += 1
    return 0


cdef int plan_step(Plan plan, Stage* step, instruction, active) except -1:
    cdef Operand operands[4]
    cdef Operand out
    cdef Py_ssize_t i, lanes, n
    cdef int kind
    op, outer, inner, length, of_results, runs = instruction
    kind = PROGRAM_KINDS.get(op, V_PYTHON)
    vectors = programs.VECTORS.get(op.name, 0)
    if kind == V_PYTHON or len(runs) > 3:
        kind = V_PYTHON
    plan.read_operand(&out, of_results, 1)
    lanes = plan.route.width if out.s[3] else 1
    n = outer * inner
    step.kind = kind
    step.in_order = op is programs.accumulate or op is programs.fold
    step.n_operands = len(runs)
    step.outer, step.inner, step.length = outer, inner, length
    step.out, step.n_out = out.at, n * lanes
    dead, wants = active
    step.live = len(dead) < n
    if step.live and dead:
        step.n_dead = len(dead) * lanes
        step.dead = <Py_ssize_t*>plan.take(step.n_dead, sizeof(Py_ssize_t))
        for i in range(step.n_dead):
            step.dead[i] = place(&plan.route, dead[i // lanes]) + i % lanes
    step.wants_x = len(wants) > 0 and wants[0]
    step.wants_y = len(wants) > 1 and wants[1]
    step.wants_bias = len(wants) > 2 and wants[2]
    step.may_fail = kind == V_PYTHON or (kind < MAX and may_fail(kind)) or MAX <= kind < DOT and kind != SUM
    if kind == V_PYTHON:
        step.op = <PyObject*>op
        plan.operations.append(op)
        step.operands = <Operand*>plan.take(len(runs) + 1, sizeof(Operand))
        step.operands[len(runs)] = out
        if instruction.op in WRITTEN_AT:
            step.written = &WRITTEN[<Py_ssize_t>WRITTEN_AT[instruction.op]]
        for i in range(len(runs)):
            plan.read_operand(&step.operands[i], runs[i], length if i < vectors else 1)
            step.operands[i].active = wants[i]
        step.work = (300.0 if step.written == NULL else 10.0) * n * lanes
        return 0
    for i in range(len(runs)):
        plan.read_operand(&operands[i], runs[i], length if i < vectors else 1)
    step.walk = <Walk*>plan.take(1, sizeof(Walk))
    if kind == V_DOT or kind == V_AFFINE:
        step.forward = <Product*>plan.take(1, sizeof(Product))
        plan_product(step.forward, step, lanes, &out, &operands[0], &operands[1], &operands[2] if kind == V_AFFINE else NULL,
                     step.in_order)
        if step.wants_x:
            step.to_x = <Product*>plan.take(1, sizeof(Product))
            plan_product(step.to_x, step, lanes, &operands[0], &out, &operands[1], NULL, False)
        if step.wants_y:
            step.to_y = <Product*>plan.take(1, sizeof(Product))
            plan_product(step.to_y, step, lanes, &operands[1], &out, &operands[0], NULL, False)
        if kind == V_AFFINE:
            plan_walk(step.walk, step, lanes, &out, &operands[2], NULL)
        step.work = 4 + n * lanes * step.length / 3
        return 0
    if kind >= MAX:
        step.stride = operands[0].s[2]
        operands[0].s[2] = 0
    plan_walk(step.walk, step, lanes, &out, &operands[0], &operands[1] if len(runs) > 1 else NULL)
    step.work = 4 + n * lanes * (step.length if kind >= MAX else 2 if EXP <= kind <= ABS or kind == POW else 0.3)
    return 0


cdef int plan_walk(Walk* walk, Stage* step, Py_ssize_t lanes, Operand* out, Operand* x, Operand* y) except -1:
    cdef Py_ssize_t counts[3]
    cdef Py_ssize_t strides[3][3]
    cdef Operand* of[3]
    cdef int i, j, q, depth = 0, n = 3 if y != NULL else 2
    of[0], of[1], of[2] = out, x, y
    walk.n = walk.n1 = walk.n0 = 1
    for j in range(n):
        walk.at[j] = of[j].at
        walk.step[j] = 1
    for i in range(3):  # from the outermost; those of one instance are left out, and two that can be one are made one
        counts[depth] = step.outer if i == 0 else step.inner if i == 1 else lanes
        if counts[depth] == 1:
            continue
        for j in range(n):
            strides[depth][j] = of[j].s[i if i < 2 else 3]
        if depth > 0 and all_merge(strides[depth - 1], strides[depth], counts[depth], n):
            counts[depth - 1] *= counts[depth]
            for j in range(n):
                strides[depth - 1][j] = strides[depth][j]
        else:
            depth += 1
    for q in range(depth):
        for j in range(n):
            if q == depth - 1:
                walk.step[j] = strides[q][j]
            elif q == depth - 2:
                walk.s1[j] = strides[q][j]
            else:
                walk.s0[j] = strides[q][j]
        if q == depth - 1:
            walk.n = counts[q]
        elif q == depth - 2:
            walk.n1 = counts[q]
        else:
            walk.n0 = counts[q]
    walk.plain = walk.step[0] == 1
    for j in range(1, n):
        walk.plain = walk.plain and (walk.step[j] == 1 or (walk.step[j] == 0 and y != NULL))
    return 0


cdef bint all_merge(Py_ssize_t* outer, Py_ssize_t* inner, Py_ssize_t count, int n) noexcept:
    cdef int j
    for j in range(n):
        if outer[j] != inner[j] * count:
            return False
    return True


cdef int plan_product(Product* p, Stage* step, Py_ssize_t lanes, Operand* c, Operand* a, Operand* b, Operand* bias,
                      bint in_order) except -1:
    """c += a * b over all indices, of which those that do not move c are summed over."""
    cdef Dimension d[4]
    cdef int i, j, n = 0, vector = -1, along = -1, pair = -1, chosen
    cdef bint merged
    cdef Py_ssize_t spare
    for i in range(4):
        d[n].n = step.outer if i == 0 else step.inner if i == 1 else step.length if i == 2 else lanes
        d[n].c, d[n].a, d[n].b = c.s[i], a.s[i], b.s[i]
        d[n].bias = bias.s[i] if bias != NULL else 0
        if d[n].n != 1:
            n += 1
    merged = True
    while merged:
        merged = False
        for i in range(n):
            for j in range(n):
                if i != j and not merged and (d[i].c == d[j].c * d[j].n and d[i].a == d[j].a * d[j].n
                                              and d[i].b == d[j].b * d[j].n and d[i].bias == d[j].bias * d[j].n):
                    d[j].n *= d[i].n
                    d[i] = d[n - 1]
                    n -= 1
                    merged = True
                    break
            if merged:
                break
    p.c, p.a, p.b, p.bias = c.at, a.at, b.at, bias.at if bias != NULL else -1
    for i in range(n):
        if d[i].c == 1 and ((d[i].a == 1 and d[i].b == 0) or (d[i].a == 0 and d[i].b == 1)) and (
                vector < 0 or d[i].n > d[vector].n):
            vector = i
        if d[i].c == 0 and d[i].a == 1 and d[i].b == 1 and (along < 0 or d[i].n > d[along].n):
            along = i
        if d[i].c == 1 and d[i].a == 1 and d[i].b == 1 and (pair < 0 or d[i].n > d[pair].n):
            pair = i
    if in_order:
        along = -1  # along vectors sums run in another order
    if vector >= 0 and along >= 0:
        if d[vector].n >= 8 or d[vector].n >= d[along].n:
            along = -1
        else:
            vector = -1
    p.m.n = p.n.n = p.k.n = 1
    p.fresh = True
    if vector >= 0:
        p.form = ROWS
        if d[vector].b == 0:
            p.swapped = True
            p.a, p.b = p.b, p.a
            for i in range(n):
                d[i].a, d[i].b = d[i].b, d[i].a
        p.n = d[vector]
        p.fresh = d[vector].bias == 0
        n = without(d, n, vector)
        chosen = largest_of(d, n, 0)
        if chosen >= 0:
            p.k = d[chosen]
            n = without(d, n, chosen)
        chosen = largest_of(d, n, 1)
        if chosen >= 0:
            p.m = d[chosen]
            n = without(d, n, chosen)
    elif along >= 0:
        p.form = DOTS
        p.k = d[along]
        n = without(d, n, along)
        chosen = largest_of(d, n, 1)
        if chosen >= 0:
            p.m = d[chosen]
            n = without(d, n, chosen)
        chosen = largest_of(d, n, 2)
        if chosen >= 0:
            p.n = d[chosen]
            n = without(d, n, chosen)
    elif pair >= 0:
        p.form = PAIRS
        p.n = d[pair]
        p.fresh = False
        n = without(d, n, pair)
        chosen = largest_of(d, n, 0)
        if chosen >= 0:
            p.k = d[chosen]
            n = without(d, n, chosen)
    else:
        p.form = SINGLES
        p.fresh = False
    p.n_loops = n
    for i in range(n):
        p.loops[i] = d[i]
        if d[i].c == 0:
            p.fresh = False
    return 0


cdef int without(Dimension* d, int n, int i) noexcept:
    for i in range(i, n - 1):
        d[i] = d[i + 1]
    return n - 1


cdef int largest_of(Dimension* d, int n, int role) noexcept:
    """The index to sum over (role 0), one that does not move b (1), or one that does not move a (2); -1 for none."""
    cdef int i, found = -1
    cdef bint fits
    for i in range(n):
        fits = d[i].c == 0 if role == 0 else d[i].c != 0 and (d[i].b == 0 if role == 1 else d[i].a == 0)
        if fits and (found < 0 or d[i].n > d[found].n):
            found = i
    return found
