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
