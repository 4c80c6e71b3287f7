# The functions of updates.py: all parameters in one call.

def fast_clear(parameters):
    cdef Value parameter
    for each in parameters:
        parameter = <Value?>each
        if parameter.kind == NEURON:
            split_neuron(parameter)
        parameter.grad_ = 0.0


def fast_descend(parameters, velocities, lr, momentum=0.0, weight_decay=0.0):
    global clock
    cdef double rate = to_float(lr, "lr"), kept = to_float(momentum, "momentum")
    cdef double decay = to_float(weight_decay, "weight_decay"), velocity
    cdef Py_ssize_t i
    cdef Value parameter
    if type(parameters) is not list or type(velocities) is not list or len(parameters) != len(velocities):
        return TEXTBOOK["descend"](parameters, velocities, lr, momentum, weight_decay)
    for velocity_ in <list>velocities:
        if type(velocity_) is not float:
            return TEXTBOOK["descend"](parameters, velocities, lr, momentum, weight_decay)
    clock += 1
    for i in range(len(<list>parameters)):
        parameter = <Value?>(<list>parameters)[i]
        velocity = kept * <double>(<list>velocities)[i] + (parameter.grad_ + decay * parameter.data_)
        (<list>velocities)[i] = velocity
        parameter.data_ = parameter.data_ - rate * velocity
        parameter.flags |= OVERWRITTEN


def fast_adapt(parameters, means, squares, velocities, lr, mean_kept, square_kept, square_added, root, eps,
               momentum=0.0, weight_decay=0.0, shrinkage=1.0):
    global clock
    cdef double rate = to_float(lr, "lr"), mean_part = to_float(mean_kept, "mean_kept")
    cdef double velocity_part = to_float(momentum, "momentum"), square_part = to_float(square_kept, "square_kept")
    cdef double added = to_float(square_added, "square_added"), decay = to_float(weight_decay, "weight_decay")
    cdef double shrunk = to_float(shrinkage, "shrinkage"), divisor = to_float(root, "root"), least = to_float(eps, "eps")
    cdef double gradient, mean, square, velocity
    cdef Py_ssize_t i
    cdef Value parameter
    if (not (divisor > 0 and least > 0) or type(parameters) is not list
            or means is squares or squares is velocities or means is velocities
            or not (floats(means) == floats(squares) == floats(velocities) == len(parameters))):
        return TEXTBOOK["adapt"](parameters, means, squares, velocities, lr, mean_kept, square_kept, square_added,
                                 root, eps, momentum, weight_decay, shrinkage)
    for each in <list>parameters:
        <Value?>each
    clock += 1
    for i in range(len(<list>parameters)):
        parameter = <Value>(<list>parameters)[i]
        gradient = parameter.grad_ + decay * parameter.data_
        mean = mean_part * <double>(<list>means)[i] + (1 - mean_part) * gradient
        square = square_part * <double>(<list>squares)[i] + added * gradient * gradient
        velocity = velocity_part * <double>(<list>velocities)[i] + mean / (c_sqrt(square) / divisor + least)
        (<list>means)[i] = mean
        (<list>squares)[i] = square
        (<list>velocities)[i] = velocity
        parameter.data_ = shrunk * parameter.data_ - rate * velocity
        parameter.flags |= OVERWRITTEN


cdef Py_ssize_t floats(numbers) except -2:
    """How many floats are in a list; -1 if it is none, or has anything else in it."""
    if type(numbers) is not list:
        return -1
    for number in <list>numbers:
        if type(number) is not float:
            return -1
    return len(<list>numbers)
