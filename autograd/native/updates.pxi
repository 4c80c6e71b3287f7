# The functions of updates.py: all parameters in one call, where the other numbers are arrays of doubles.

from cpython.array cimport array

def fast_clear(parameters):
    cdef Value parameter
    for each in parameters:
        parameter = <Value?>each
        if parameter.kind == NEURON:
            split_neuron(parameter)
        parameter.grad_ = 0.0


cdef double* doubles(numbers, Py_ssize_t n) except? NULL:
    """The numbers of an array.array of n doubles; NULL for anything else."""
    if type(numbers) is not array or (<array>numbers).ob_descr.typecode != b"d" or len(numbers) != n:
        return NULL
    return (<array>numbers).data.as_doubles


def fast_descend(parameters, velocities, lr, momentum=0.0, weight_decay=0.0):
    global clock
    cdef double rate = to_float(lr, "lr"), kept = to_float(momentum, "momentum")
    cdef double decay = to_float(weight_decay, "weight_decay")
    cdef Py_ssize_t i, n = len(parameters)
    cdef double* velocity = doubles(velocities, n)
    cdef Value parameter
    if velocity == NULL or type(parameters) is not list:
        return TEXTBOOK["descend"](parameters, velocities, lr, momentum, weight_decay)
    for each in <list>parameters:
        <Value?>each
    clock += 1
    for i in range(n):
        parameter = <Value>(<list>parameters)[i]
        velocity[i] = kept * velocity[i] + (parameter.grad_ + decay * parameter.data_)
        parameter.data_ = parameter.data_ - rate * velocity[i]
        parameter.flags |= OVERWRITTEN


def fast_adapt(parameters, means, squares, velocities, lr, mean_kept, square_kept, square_added, root, eps,
               momentum=0.0, weight_decay=0.0, shrinkage=1.0):
    global clock
    cdef double rate = to_float(lr, "lr"), mean_part = to_float(mean_kept, "mean_kept")
    cdef double velocity_part = to_float(momentum, "momentum"), square_part = to_float(square_kept, "square_kept")
    cdef double added = to_float(square_added, "square_added"), decay = to_float(weight_decay, "weight_decay")
    cdef double shrunk = to_float(shrinkage, "shrinkage"), divisor = to_float(root, "root"), least = to_float(eps, "eps")
    cdef double gradient
    cdef Py_ssize_t i, n = len(parameters)
    cdef double* mean = doubles(means, n)
    cdef double* square = doubles(squares, n)
    cdef double* velocity = doubles(velocities, n)
    cdef Value parameter
    if (not (divisor > 0 and least > 0) or type(parameters) is not list
            or mean == NULL or square == NULL or velocity == NULL
            or means is squares or squares is velocities or means is velocities):
        return TEXTBOOK["adapt"](parameters, means, squares, velocities, lr, mean_kept, square_kept, square_added,
                                 root, eps, momentum, weight_decay, shrinkage)
    for each in <list>parameters:
        <Value?>each
    clock += 1
    for i in range(n):
        parameter = <Value>(<list>parameters)[i]
        gradient = parameter.grad_ + decay * parameter.data_
        mean[i] = mean_part * mean[i] + (1 - mean_part) * gradient
        square[i] = square_part * square[i] + added * gradient * gradient
        velocity[i] = velocity_part * velocity[i] + mean[i] / (c_sqrt(square[i]) / divisor + least)
        parameter.data_ = shrunk * parameter.data_ - rate * velocity[i]
        parameter.flags |= OVERWRITTEN
