# The functions of updates.py in C: all parameters in one call, if the other numbers are arrays of doubles.

from cpython.array cimport array

cdef PyObject** values_in(list parameters) except? NULL:
    """The parameters, borrowed from their list; TypeError if one is not a Value."""
    cdef Py_ssize_t i
    cdef PyObject** items = (<PyListObject*>parameters).ob_item
    for i in range(len(parameters)):
        if Py_TYPE(items[i]) != <PyTypeObject*>Value:
            <Value?><object>items[i]
    return items


def fast_clear(parameters):
    cdef list listed = parameters if type(parameters) is list else list(parameters)
    cdef PyObject** items
    cdef Py_ssize_t i
    cdef Together* leaves = together(listed)
    for i in range(leaves.n_stretches if leaves != NULL else 0):
        LANES.clear(leaves.stretches[i].n, leaves.stretches[i].pairs)
    if leaves != NULL:
        return
    items = values_in(listed)
    for i in range(len(listed)):
        if (<Value>items[i]).kind == NEURON:
            split_neuron(<Value>items[i])
        (<Value>items[i]).at[GRAD] = 0.0


cdef double* doubles(numbers, Py_ssize_t n) except? NULL:
    """The numbers of an array.array of n doubles; NULL for anything else."""
    if type(numbers) is not array or (<array>numbers).ob_descr.typecode != b"d" or len(numbers) != n:
        return NULL
    return (<array>numbers).data.as_doubles


def fast_descend(parameters, velocities, lr, momentum=0.0, weight_decay=0.0):
    global clock
    cdef double rate = to_float(lr, "lr"), kept = to_float(momentum, "momentum")
    cdef double decay = to_float(weight_decay, "weight_decay")
    cdef Py_ssize_t i, k, n = len(parameters)
    cdef double* before = doubles(velocities, n)
    cdef PyObject** items
    cdef Together* leaves
    cdef Stretch* at
    if type(parameters) is not list or (before == NULL and velocities is not None):
        return TEXTBOOK["descend"](parameters, velocities, lr, momentum, weight_decay)
    leaves = together(parameters)
    items = values_in(parameters) if leaves == NULL else NULL
    clock += 1
    for k in range(leaves.n_stretches if leaves != NULL else 0):
        at = &leaves.stretches[k]
        LANES.descend(at.n, at.pairs, before + at.slot if before != NULL else NULL, rate, kept, decay)
    for i in range(n if leaves == NULL else 0):
        LANES.descend(1, (<Value>items[i]).at, before + i if before != NULL else NULL, rate, kept, decay)
        (<Value>items[i]).flags |= OVERWRITTEN


def fast_adapt(parameters, means, squares, velocities, lr, mean_kept, square_kept, square_added, root, eps,
               momentum=0.0, weight_decay=0.0, shrinkage=1.0):
    global clock
    cdef Adaptation how
    cdef Py_ssize_t i, n
    cdef Together* leaves
    cdef PyObject** items
    how.rate, how.mean_kept, how.momentum = to_float(lr, "lr"), to_float(mean_kept, "mean_kept"), to_float(momentum, "momentum")
    how.square_kept, how.square_added = to_float(square_kept, "square_kept"), to_float(square_added, "square_added")
    how.decay, how.shrinkage = to_float(weight_decay, "weight_decay"), to_float(shrinkage, "shrinkage")
    how.root, how.eps = to_float(root, "root"), to_float(eps, "eps")
    n = len(parameters)  # only now, because reading a number may run any code
    how.means, how.squares, how.velocities = doubles(means, n), doubles(squares, n), doubles(velocities, n)
    if (not (how.root > 0 and how.eps > 0) or type(parameters) is not list or how.squares == NULL
            or (how.means == NULL and means is not None) or (how.velocities == NULL and velocities is not None)
            or means is squares or squares is velocities or (means is velocities and means is not None)):
        return TEXTBOOK["adapt"](parameters, means, squares, velocities, lr, mean_kept, square_kept, square_added,
                                 root, eps, momentum, weight_decay, shrinkage)
    leaves = together(parameters)
    items = values_in(parameters) if leaves == NULL else NULL
    clock += 1
    for i in range(leaves.n_stretches if leaves != NULL else 0):
        LANES.adapt(&how, leaves.stretches[i].n, leaves.stretches[i].pairs, leaves.stretches[i].slot)
    for i in range(n if leaves == NULL else 0):
        LANES.adapt(&how, 1, (<Value>items[i]).at, i)
        (<Value>items[i]).flags |= OVERWRITTEN
