# Checks that the parts of a program fit together, before memory is read and written where they say. An engine that is
# built for checks also asserts that the steps stay within that memory.

from libc.string cimport memchr

cdef enum:
    MOST_SLOTS = 1 << 30  # 8 GiB; as long as three counts are no larger, no sum of their products overflows


cdef own_copy(program):
    """A copy of a Program, so that nobody can change it after the check."""
    return programs.Program(
        program.n_uniform, program.n_slots, list(program.captured), [(slot, float(x)) for slot, x in program.constants],
        list(program.inputs),
        [x._replace(operands=x.operands[:]) if isinstance(x, programs.Tape) else x for x in program.instructions],
        list(program.guards), list(program.outputs),
        bytearray(program.active), program.order)


cdef list checked(program):
    """What planned() needs to know of activity, for each instruction; ValueError for a program whose parts do not fit together."""
    cdef Py_ssize_t n = program.n_slots, n_uniform = program.n_uniform
    cdef Py_ssize_t i
    cdef bint uniform, some
    cdef list actives = []
    cdef bytearray active = bytearray(program.active)
    if not 0 <= n_uniform <= n or len(active) != n:
        raise ValueError(f"{n_uniform} of {n} slots are uniform, and {len(active)} are active or not")
    if n > MOST_SLOTS:
        raise MemoryError
    for what, slots, first, last in (
        ("captured", program.captured, 0, n_uniform),
        ("constant", [slot for slot, _ in program.constants], 0, n_uniform),
        ("input", program.inputs, n_uniform, n),
        ("output", program.outputs, 0, n),
        ("guard", [slot for guard in program.guards for slot in (guard.left, guard.right)], 0, n),
    ):
        for slot in slots:
            if not first <= slot < last:
                raise ValueError(f"the slot of a {what} must be from {first} to {last - 1}, got {slot}")
    uniform = True
    for number, instruction in enumerate(program.instructions):
        if isinstance(instruction, programs.Tape):
            uniform = check_tape(number, instruction, n_uniform, n, uniform)
            actives.append(active)
            continue
        op, outer, inner, length, (first, out_outer, out_inner, _), runs = instruction
        vectors = programs.VECTORS.get(op.name, 0)
        count = outer * inner
        if max(outer, inner, length) > MOST_SLOTS:
            wrong(number, op, f"has outer {outer}, inner {inner}, length {length}")
        if not runs or len(runs) != (number_of_runs(PROGRAM_KINDS.get(op, V_PYTHON)) or len(op.operands) or len(runs)):
            wrong(number, op, f"has {len(runs)} operands")
        if outer < 1 or inner < 1 or length < 1 or (out_inner != 1 and inner > 1) or (out_outer != inner and outer > 1):
            wrong(number, op, f"has outer {outer}, inner {inner}, length {length} and results in {instruction.out}")
        if not uniform and first < n_uniform:
            wrong(number, op, "has uniform results after one that has none")
        uniform = first < n_uniform
        if not 0 <= first <= first + count <= (n_uniform if uniform else n):
            wrong(number, op, "has results in slots that do not exist, or of both kinds")
        wants = []
        for i, run in enumerate(runs):
            base, by_outer, by_inner, stride = run
            size = length if i < vectors else 1
            if base < 0 or by_outer < 0 or by_inner < 0 or stride < 0:
                wrong(number, op, f"counts backwards in {run}")
            if max(run) > MOST_SLOTS:
                wrong(number, op, f"has an operand in slots that do not exist: {run}")
            last = base + (outer - 1) * by_outer + (inner - 1) * by_inner + (size - 1) * stride
            if last >= (n_uniform if base < n_uniform else n):
                wrong(number, op, f"has an operand in slots that do not exist, or of both kinds: {run}")
            if uniform and base >= n_uniform:
                wrong(number, op, "has uniform results of an operand that has lanes")
            slots = None
            if base < first + count and last >= first:
                slots = slots_of_run(instruction, run, size)
                if not slots.isdisjoint(range(first, first + count)):
                    wrong(number, op, "has a result among its own operands")
            some = has(active, 1, base, last + 1)
            if some and has(active, 0, base, last + 1):
                some = any([active[slot] for slot in slots or slots_of_run(instruction, run, size)])
            wants.append(some)
        dead = []
        if has(active, 0, first, first + count):
            dead = [slot for slot in range(first, first + count) if not active[slot]]
        actives.append((dead, wants))
    return actives


cdef bint check_tape(number, instruction, Py_ssize_t n_uniform, Py_ssize_t n_slots, bint uniform) except -1:
    """ValueError for a tape whose parts do not fit together. Whether it is uniform."""
    cdef Py_ssize_t first = instruction.first, n = len(instruction.codes), n_operands = len(instruction.operands)
    cdef Py_ssize_t at = 0, k, q, end
    cdef Py_ssize_t arities[256]
    cdef uint8_t* codes
    cdef int* operands
    if (type(instruction.codes) is not bytes or type(instruction.operands) is not array
            or (<array>instruction.operands).ob_descr.typecode != b"i"):
        raise TypeError(f"instruction {number}, a tape, has codes that are no bytes, or operands that are no array of ints")
    codes, operands = <uint8_t*><char*>instruction.codes, (<array>instruction.operands).data.as_ints
    if n == 0 or len(instruction.kinds) > 256:
        raise ValueError(f"instruction {number}, a tape, has {n} operations of {len(instruction.kinds)} kinds")
    for k, (op, arity) in enumerate(instruction.kinds):
        arities[k] = arity
        known = PROGRAM_KINDS.get(op, V_PYTHON)
        expected = 3 if op is programs.accumulate else len(op.operands)
        if (known == V_PYTHON and op not in WRITTEN_AT) or MAX <= known < V_AFFINE or arity != expected:
            wrong(number, op, f"cannot be on a tape with {arity} operands")
        if not 1 <= arity <= TAPE_OPERANDS:
            wrong(number, op, f"has {arity} operands")
    if not uniform and first < n_uniform:
        raise ValueError(f"instruction {number}, a tape, has uniform results after one that has none")
    uniform = first < n_uniform
    end = n_uniform if uniform else n_slots
    if first < 0 or n > end - first:  # first + n may be beyond all numbers of C
        raise ValueError(f"instruction {number}, a tape, has results in slots that do not exist, or of both kinds")
    for k in range(n):
        if codes[k] >= len(instruction.kinds) or at + arities[codes[k]] > n_operands:
            raise ValueError(f"instruction {number}, a tape, has operations of unknown kinds, or too few operands")
        for q in range(arities[codes[k]]):
            if not 0 <= operands[at + q] < end or first + k <= operands[at + q] < first + n:
                raise ValueError(f"instruction {number}, a tape, has an operand in a slot that is not filled")
        at += arities[codes[k]]
    if at != n_operands:
        raise ValueError(f"instruction {number}, a tape, has too many operands")
    return uniform


cdef inline bint has(bytearray flags, char flag, Py_ssize_t first, Py_ssize_t end):
    """Whether one of some flags is this one."""
    return memchr(<char*>flags + first, flag, end - first) != NULL


cdef int wrong(number, op, str text) except -1:
    raise ValueError(f"instruction {number}, '{op.name}' {text}")


cdef set slots_of_run(instruction, run, Py_ssize_t size):
    return {slot for j in range(instruction.outer) for i in range(instruction.inner) for slot in run.slots(j, i, size)}


cdef inline Py_ssize_t number_of_runs(int kind) noexcept:
    """How many operands an operation with a kernel has; 0 for others."""
    if kind == V_PYTHON:
        return 0
    if kind == V_AFFINE:
        return 3
    return 2 if V_ADD <= kind < V_MAX or kind == V_DOT else 1


# Asserts that the steps of a plan stay within its memory, in an engine that is built with CHALKGRAD_SANITIZE

cdef bint is_within(Route* route, Py_ssize_t longest) noexcept:
    """Whether no step reads or writes a number that is not among those of the route, or longer operands than there is
    room for."""
    cdef Py_ssize_t i, k
    cdef Stage* step
    cdef Check* check
    cdef bint within = True
    for i in range(route.n_steps):
        step = &route.steps[i]
        within = within and 0 <= step.out <= route.room - step.n_out and step.length <= longest
        for k in range(step.n_dead):
            within = within and 0 <= step.dead[k] < route.room
        for k in range(step.n_moves):
            within = within and is_move_within(route, &step.moves[k], step.lanes)
        if step.walk != NULL:
            within = within and is_walk_within(route, step)
        within = (within and is_product_within(route, step.forward) and is_product_within(route, step.to_x)
                  and is_product_within(route, step.to_y))
        if step.operands != NULL:
            for k in range(step.n_operands + 1):
                within = within and is_operand_within(route, step, &step.operands[k])
    for i in range(route.n_checks):
        check = &route.checks[i]
        within = (within and is_inside(route, check.left + (route.width - 1) * check.left_step)
                  and is_inside(route, check.right + (route.width - 1) * check.right_step))
    return within


cdef inline bint is_inside(Route* route, Py_ssize_t place) noexcept:
    return 0 <= place < route.room


cdef bint is_move_within(Route* route, Move* move, Py_ssize_t lanes) noexcept:
    return (0 <= move.to <= route.room - move.n * lanes and 0 <= move.at
            and is_inside(route, move.at + (move.n - 1) * move.step + (0 if move.spread else lanes - 1)))


cdef bint is_walk_within(Route* route, Stage* step) noexcept:
    cdef Walk* w = step.walk
    cdef int j, n = 3 if V_ADD <= step.kind < V_MAX else 2
    cdef Py_ssize_t last
    for j in range(n):
        last = w.at[j] + (w.n - 1) * w.step[j] + (w.n1 - 1) * w.s1[j] + (w.n0 - 1) * w.s0[j]
        if j == 1 and V_MAX <= step.kind < V_DOT:
            last += (step.length - 1) * step.stride
        if w.at[j] < 0 or not is_inside(route, last):
            return False
    return True


cdef bint is_product_within(Route* route, Product* p) noexcept:
    cdef Py_ssize_t c, a, b, bias
    cdef Dimension d
    cdef int i
    if p == NULL:
        return True
    c, a, b, bias = p.c, p.a, p.b, p.bias
    for i in range(p.n_loops + 3):
        d = p.m if i == 0 else p.n if i == 1 else p.k if i == 2 else p.loops[i - 3]
        c, a, b, bias = c + (d.n - 1) * d.c, a + (d.n - 1) * d.a, b + (d.n - 1) * d.b, bias + (d.n - 1) * d.bias
    return (min(p.c, p.a, p.b) >= 0 and is_inside(route, c) and is_inside(route, a) and is_inside(route, b)
            and (p.bias < 0 or is_inside(route, bias)))


cdef bint is_operand_within(Route* route, Stage* step, Operand* operand) noexcept:
    cdef Py_ssize_t lanes = step.n_out // (step.outer * step.inner)
    return operand.at >= 0 and is_inside(
        route, operand.at + (step.outer - 1) * operand.s[0] + (step.inner - 1) * operand.s[1]
        + (operand.length - 1) * operand.s[2] + (lanes - 1) * operand.s[3])
