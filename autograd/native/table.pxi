# The operations of the table that are not written out in kernels.pxi.
#
# Those with a fixed number of operands are in table.c, to which the table is translated. A node of the kind ONE, TWO or
# SEVERAL was made by one of them; its place says by which. PROD and NORM, of any number of operands, are written here.
# If a result is not finite, Python decides whether that is an error.

import math

from libc.math cimport frexp, ldexp

cdef extern from "lanes.h":
    ctypedef struct Written:
        const char* name
        void (*values)(Py_ssize_t, const double**, const Py_ssize_t*, double*, Py_ssize_t) noexcept nogil
        void (*back)(Py_ssize_t, const double*, const double*, Py_ssize_t, const double**, const Py_ssize_t*,
                     double**) noexcept nogil
        void (*values_as_python)(Py_ssize_t, const double**, const Py_ssize_t*, double*, Py_ssize_t) noexcept
        void (*back_as_python)(Py_ssize_t, const double*, const double*, Py_ssize_t, const double**, const Py_ssize_t*,
                               double**) noexcept
    const Written* WRITTEN
    double (*length_of_two)(double, double) noexcept

cdef enum:
    MOST_IN_C = 8  # of the operation in table.c that makes a node

cdef list WRITTEN_OPERATIONS = []  # in their places
while WRITTEN[len(WRITTEN_OPERATIONS)].name != NULL:
    WRITTEN_OPERATIONS.append(table.TABLE[WRITTEN[len(WRITTEN_OPERATIONS)].name.decode()])
cdef dict WRITTEN_AT = {operation: place for place, operation in enumerate(WRITTEN_OPERATIONS)}

# The kind of every operation, and its place: kind + (place << 8)
cdef dict CODES = {
    operation: {1: ONE, 2: TWO}.get(len(operation.operands), SEVERAL) + (place << 8)
    for operation, place in WRITTEN_AT.items()
    if len(operation.operands) <= MOST_IN_C
} | KINDS
assert len(WRITTEN_OPERATIONS) <= 256  # a Value keeps the place in a byte
cdef list N_OPERANDS = [len(operation.operands) for operation in WRITTEN_OPERATIONS]
cdef int REMAINDER = WRITTEN_AT[table.remainder], FLOOR_DIVIDE = WRITTEN_AT[table.floor_divide]
cdef int ROUND = WRITTEN_AT[table.round_to_whole]

cdef object math_hypot = math.hypot


cdef double python_hypot(double x, double y) noexcept:
    return math_hypot(x, y)


length_of_two = python_hypot


cdef object operation_at(int kind, int place):
    """The operation of a kind; None for a CLOSURE, and where there is none."""
    return WRITTEN_OPERATIONS[place] if kind == ONE or kind == TWO or kind == SEVERAL else OPERATIONS[kind]


cdef double value_at(int place, double* xs, Py_ssize_t n) noexcept:
    """The value of an operation of table.c."""
    cdef const double* at[MOST_IN_C]
    cdef Py_ssize_t step[MOST_IN_C]
    cdef Py_ssize_t k
    cdef double out
    for k in range(n):
        at[k], step[k] = &xs[k], 0
    WRITTEN[place].values_as_python(1, at, step, &out, 0)
    return out


cdef int partials_at(int place, double* xs, Py_ssize_t n, double out, double* ds) except -1:
    """The partial derivatives of an operation of table.c."""
    cdef const double* at[MOST_IN_C]
    cdef Py_ssize_t step[MOST_IN_C]
    cdef double* to[MOST_IN_C]
    cdef Py_ssize_t k
    cdef double one = 1.0
    cdef bint finite = True
    for k in range(n):
        at[k], step[k], to[k] = &xs[k], 0, &ds[k]
        ds[k] = -0.0  # to which everything can be added, 0.0 too, and is what it was
    WRITTEN[place].back_as_python(1, &one, &out, 0, at, step, to)
    for k in range(n):
        finite = finite and isfinite(ds[k])
    if not finite:
        for k, partial in enumerate(WRITTEN_OPERATIONS[place].partials(out, *[xs[k] for k in range(n)])):
            ds[k] = partial
    return 0


cdef double value_of_vector(int kind, int place, double* xs, Py_ssize_t n) noexcept:
    """The value of an operation whose operands are a Vector, other than a dot."""
    if kind == PROD:
        return product_without(xs, n, -1)
    if kind == NORM:
        return math_hypot(xs[0], xs[1]) if n == 2 else math_hypot(*[xs[i] for i in range(n)])
    return value_at(place, xs, n) if kind == SEVERAL else value_of_many(kind, xs, n)


cdef int partials_of_vector(int kind, int place, double* xs, Py_ssize_t n, double out, double* ds) except -1:
    if kind == PROD:
        products_of_others(xs, n, ds)
    elif kind == NORM:
        directions(xs, n, out, ds)
    elif kind == SEVERAL:
        partials_at(place, xs, n, out, ds)
    else:
        partials_of_many(kind, xs, n, out, ds)
    return 0


cdef double product_without(double* xs, Py_ssize_t n, Py_ssize_t left_out) noexcept:
    """stable_product of the table, of all numbers but one."""
    cdef double mantissa = 1.0, digits
    cdef int magnitude, shift
    cdef Py_ssize_t i, exponent = 0
    for i in range(n):
        if i != left_out:
            digits = parted(xs[i], &magnitude)
            mantissa = parted(mantissa * digits, &shift)
            exponent += magnitude + shift
    return ldexp(mantissa, <int>max(-100_000, min(exponent, 100_000))) if isfinite(mantissa) else mantissa


cdef inline double parted(double x, int* exponent) noexcept:
    """math.frexp of Python."""
    exponent[0] = 0
    return frexp(x, exponent) if isfinite(x) else x


cdef void products_of_others(double* xs, Py_ssize_t n, double* ds) noexcept:
    """What the table says of that name."""
    cdef Py_ssize_t i
    cdef double after = 1.0
    cdef bint any_zero = False, fine = True
    for i in range(n):
        any_zero = any_zero or xs[i] == 0
    ds[0] = 1.0
    for i in range(1, n):
        ds[i] = ds[i - 1] * xs[i - 1]
        fine = fine and is_medium(ds[i], any_zero)
    for i in range(n - 1, -1, -1):
        fine = fine and is_medium(after, any_zero)
        ds[i] = ds[i] * after
        after = after * xs[i]
    for i in range(0 if fine or n == 1 else n):
        ds[i] = product_without(xs, n, i)


cdef inline bint is_medium(double product, bint any_zero) noexcept:
    return 1e-150 < fabs(product) < 1e150 or (product == 0 and any_zero)


cdef int directions(double* xs, Py_ssize_t n, double out, double* ds) except -1:
    """What the table says of that name."""
    cdef Py_ssize_t i
    cdef double larger = 1.0
    if 0 < out < 1e-290:
        larger = ldexp(1.0, 600)
        out = math_hypot(*[xs[i] * larger for i in range(n)])
    for i in range(n):
        ds[i] = 0.0 if out == 0 else xs[i] * larger / out
    return 0
