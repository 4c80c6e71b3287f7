# Whether the parts of a program fit together, before memory is read and written where they say.

from libc.string cimport memchr

cdef list checked(program):
    """What planned() needs to know of activity; ValueError for a program whose parts do not fit together."""
    cdef Py_ssize_t n = program.n_slots, n_uniform = program.n_uniform
    cdef Py_ssize_t i
    cdef bint uniform, some
    cdef list actives = []
    cdef bytearray active = bytearray(program.active)
    if not 0 <= n_uniform <= n or len(active) != n:
        raise ValueError(f"{n_uniform} of {n} slots are uniform, and {len(active)} are active or not")
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
        op, outer, inner, length, (first, out_outer, out_inner, _), runs = instruction
        vectors = programs.VECTORS.get(op.name, 0)
        count = outer * inner
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


cdef inline bint has(bytearray flags, char flag, Py_ssize_t first, Py_ssize_t end):
    """Whether one of some flags is this one."""
    return memchr(<char*>flags + first, flag, end - first) != NULL


cdef int wrong(number, op, str text) except -1:
    raise ValueError(f"instruction {number}, '{op.name}' {text}")


cdef set slots_of_run(instruction, run, Py_ssize_t size):
    return {slot for j in range(instruction.outer) for i in range(instruction.inner) for slot in run.slots(j, i, size)}
