# Whether the parts of a program fit together, before memory is read and written where they say.

cdef list checked(program):
    """What planned() needs to know of activity; ValueError for a program whose parts do not fit together."""
    cdef Py_ssize_t n = program.n_slots, n_uniform = program.n_uniform
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
        what = f"instruction {number}, '{instruction.op.name}'"
        outer, inner, length, out = instruction.outer, instruction.inner, instruction.length, instruction.out
        vectors = programs.VECTORS.get(instruction.op.name, 0)
        count = outer * inner
        if outer < 1 or inner < 1 or length < 1 or (out.inner != 1 and inner > 1) or (out.outer != inner and outer > 1):
            raise ValueError(f"{what} has outer {outer}, inner {inner}, length {length} and results in {out}")
        if not uniform and out.base < n_uniform:
            raise ValueError(f"{what} has uniform results after one that has none")
        uniform = out.base < n_uniform
        if not 0 <= out.base <= out.base + count <= (n_uniform if uniform else n):
            raise ValueError(f"{what} has results in slots that do not exist, or of both kinds")
        wants = []
        for i, run in enumerate(instruction.operands):
            size = length if i < vectors else 1
            if run.base < 0 or run.outer < 0 or run.inner < 0 or run.stride < 0:
                raise ValueError(f"{what} counts backwards in {run}")
            last = run.base + (outer - 1) * run.outer + (inner - 1) * run.inner + (size - 1) * run.stride
            if last >= (n_uniform if run.base < n_uniform else n):
                raise ValueError(f"{what} has an operand in slots that do not exist, or of both kinds: {run}")
            if uniform and run.base >= n_uniform:
                raise ValueError(f"{what} has uniform results of an operand that has lanes")
            slots = None
            if run.base < out.base + count and last >= out.base:
                slots = slots_of_run(instruction, run, size)
                if not slots.isdisjoint(range(out.base, out.base + count)):
                    raise ValueError(f"{what} has a result among its own operands")
            begin = active.find(1, run.base, last + 1) >= 0
            if begin and active.find(0, run.base, last + 1) >= 0:
                begin = any([active[slot] for slot in slots or slots_of_run(instruction, run, size)])
            wants.append(begin)
        dead = []
        if active.find(0, out.base, out.base + count) >= 0:
            dead = [slot for slot in range(out.base, out.base + count) if not active[slot]]
        actives.append((dead, wants))
    return actives


cdef set slots_of_run(instruction, run, Py_ssize_t size):
    return {slot for j in range(instruction.outer) for i in range(instruction.inner) for slot in run.slots(j, i, size)}
