# The arithmetic: values and partial derivatives of the operations that are written out in C, on doubles.
#
# It is that of the table, operation by operation in the same order, so that both engines agree to the last bit.

from libc.math cimport exp as c_exp
from libc.math cimport fabs, floor, isfinite, isinf, isnan, log1p
from libc.math cimport log as c_log
from libc.math cimport pow as c_pow
from libc.math cimport sqrt as c_sqrt
from libc.math cimport tanh as c_tanh

from autograd import derivatives as table

cdef extern from *:
    """
    /* a * b + c rounds twice, as it does in Python: no fused multiply-add */
    #if defined(__clang__)
    #pragma STDC FP_CONTRACT OFF
    #elif defined(__GNUC__)
    #pragma GCC optimize ("fp-contract=off")
    #elif defined(_MSC_VER)
    #pragma fp_contract (off)
    #endif

    #if defined(_MSC_VER)
    #define restrict __restrict
    #endif

    static inline void add_multiple(double* restrict sums, double factor, const double* restrict xs, Py_ssize_t n) {
        for (Py_ssize_t i = 0; i < n; i++) sums[i] += factor * xs[i];
    }
    """
    void add_multiple(double* sums, double factor, double* xs, Py_ssize_t n) noexcept nogil

cdef double INFINITY = float("inf")
cdef double NAN = float("nan")

# The kinds of nodes. A LEAF has no parents; a CLOSURE has its local gradient from outside; the others are operations
# with one parent (NEG to ONE), two (ADD to TWO) or a Vector of parents (MAX to DOT). ONE, TWO and SEVERAL are all those
# that are not written out here; see table.pxi. A NEURON is a dot, the sum with a bias, and perhaps an activation in
# one; see neuron.pxi.
cdef enum:
    LEAF, CONSTANT, CLOSURE, NEG, EXP, LOG, SQRT, TANH, SIGMOID, RELU, SOFTPLUS, ABS, ONE, ADD, SUB, MUL, DIV, POW, TWO
    MAX, MIN, SUM, MEAN, LOGSUMEXP, PROD, NORM, SEVERAL, DOT, NEURON

cdef list OPERATIONS = [
    None, None, None, table.negative, table.exp, table.log, table.sqrt, table.tanh, table.sigmoid, table.relu,
    table.softplus, table.absolute, None, table.add, table.subtract, table.multiply, table.divide, table.power, None,
    table.maximum, table.minimum, table.total, table.mean, table.logsumexp, table.product, table.norm, None, table.dot,
]
cdef dict KINDS = {operation: kind for kind, operation in enumerate(OPERATIONS) if operation is not None}


# Values. C and Python may differ at errors and infinities. There the result is not finite, and the caller asks the
# table.

cdef inline bint may_fail(int kind) noexcept nogil:
    """Whether the caller must ask the table for a result that is not finite."""
    return (kind == EXP or kind == LOG or kind == SQRT or kind == DIV or kind == POW or kind == ONE or kind == TWO
            or kind == SEVERAL)


cdef inline double sigmoid_of(double x) noexcept nogil:
    cdef double t = c_exp(-fabs(x)), sum_of = 1 + t, result = (1.0 if x >= 0 else t) / sum_of
    return result - result * (t - (sum_of - 1)) / sum_of


cdef inline double value_of_one(int kind, double x) noexcept nogil:
    if kind == NEG:
        return -x
    if kind == RELU:
        return 0.0 if x <= 0 else x
    if kind == TANH:
        return c_tanh(x)
    if kind == SIGMOID:
        return sigmoid_of(x)
    if kind == SOFTPLUS:
        return (x if x > 0 else 0.0) + log1p(c_exp(-fabs(x)))
    if kind == ABS:
        return fabs(x)
    if kind == EXP:
        return c_exp(x)
    if kind == LOG:
        return c_log(x) if x > 0 else NAN
    return c_sqrt(x) if x >= 0 else NAN


cdef inline double value_of_two(int kind, double x, double y) noexcept nogil:
    if kind == ADD:
        return x + y
    if kind == SUB:
        return x - y
    if kind == MUL:
        return x * y
    if kind == DIV:
        return x / y if y != 0 else NAN
    return c_pow(x, y) if x > 0 or y == floor(y) else NAN


cdef inline double value_of_many(int kind, double* xs, Py_ssize_t n) noexcept nogil:
    """Of at least one number."""
    if kind == SUM:
        return sum_of(xs, n)
    if kind == MEAN:
        return mean_of(xs, n)
    if kind == LOGSUMEXP:
        return logsumexp_of(xs, n)
    return extreme_of(xs, n, kind == MAX)


cdef inline double sum_of(double* xs, Py_ssize_t n) noexcept nogil:
    cdef double s
    cdef Py_ssize_t i
    if n == 0:
        return 0.0
    s = xs[0]
    for i in range(1, n):
        s = s + xs[i]
    return s


cdef double mean_of(double* xs, Py_ssize_t n) noexcept nogil:
    cdef double s = sum_of(xs, n)
    cdef Py_ssize_t i
    if isfinite(s):
        return s / n
    s = xs[0] / n
    for i in range(1, n):
        s = s + xs[i] / n
    return s


cdef inline double dot_product(double* xs, double* ys, Py_ssize_t n) noexcept nogil:
    cdef double s
    cdef Py_ssize_t i
    if n == 0:
        return 0.0
    s = xs[0] * ys[0]
    for i in range(1, n):
        s = s + xs[i] * ys[i]
    return s


cdef double extreme_of(double* xs, Py_ssize_t n, bint largest) noexcept nogil:
    cdef double best = xs[0]
    cdef Py_ssize_t i
    for i in range(n):
        if isnan(xs[i]):
            return NAN
        if (xs[i] > best) if largest else (xs[i] < best):
            best = xs[i]
    return best


cdef double logsumexp_of(double* xs, Py_ssize_t n) noexcept nogil:
    cdef double largest = extreme_of(xs, n, True), s = 0.0
    cdef Py_ssize_t i, first = -1
    cdef bint begun = False
    if isinf(largest) or isnan(largest):
        return largest
    for i in range(n):
        if first < 0 and xs[i] == largest:
            first = i  # its exp(0) = 1 is the 1 in log1p
        elif begun:
            s = s + c_exp(xs[i] - largest)
        else:
            s = c_exp(xs[i] - largest)
            begun = True
    return largest + log1p(s)


# Partial derivatives

cdef inline double sech_of(double x) noexcept nogil:
    cdef double t = c_exp(-fabs(x))
    return 2 * t / (1 + t * t)


cdef inline double partial_of_one(int kind, double x, double out) noexcept nogil:
    cdef double t
    if kind == RELU:
        return 0.0 if x <= 0 else 1.0
    if kind == TANH:
        return 1 - out * out if fabs(out) < 0.5 else sech_of(x) * sech_of(x)
    if kind == EXP:
        return out
    if kind == LOG:
        return 1 / x
    if kind == SQRT:
        return INFINITY if out == 0 else 0.5 / out
    if kind == SIGMOID:
        t = c_tanh(x / 2) if fabs(x) < 1 else 0.0
        return (1 - t * t) / 4 if fabs(x) < 1 else out * sigmoid_of(-x)
    if kind == SOFTPLUS:
        return sigmoid_of(x)
    if kind == ABS:
        return 1.0 if x > 0 else -1.0 if x < 0 else 0.0
    return -1.0  # of NEG


cdef inline void partials_of_two(int kind, double x, double y, double out, double* dx, double* dy) noexcept nogil:
    if kind == ADD:
        dx[0], dy[0] = 1.0, 1.0
    elif kind == SUB:
        dx[0], dy[0] = 1.0, -1.0
    elif kind == MUL:
        dx[0], dy[0] = y, x
    elif kind == DIV:
        dx[0], dy[0] = 1 / y, -out / y
    else:
        dx[0] = power_by_base(x, y, out)
        dy[0] = power_by_exponent(x, out)


cdef inline double power_by_base(double x, double y, double out) noexcept nogil:
    if x == 0 and y < 1:
        return 0.0 if y == 0 else INFINITY
    if y == 2:
        return y * x  # x to the power 1, which takes long to compute
    return y * out / x if y < 0.5 and isfinite(x) else y * c_pow(x, y - 1)


cdef inline double power_by_exponent(double x, double out) noexcept nogil:
    return out * c_log(x) if x > 0 else 0.0 if x == 0 else NAN


cdef inline void partials_of_many(int kind, double* xs, Py_ssize_t n, double out, double* ds) noexcept nogil:
    """The partial derivatives of the operations with a Vector of parents other than a dot."""
    cdef Py_ssize_t i, place, chosen = 0
    cdef double s
    if kind == SUM or kind == MEAN:
        s = 1.0 if kind == SUM else 1.0 / n
        for i in range(n):
            ds[i] = s
    elif kind == LOGSUMEXP:
        place = place_of_largest(xs, n)
        for i in range(n):
            ds[i] = 1.0 if i == place else exp_of_difference(xs[i], xs[place])
        s = sum_of(ds, n)
        for i in range(n):
            ds[i] = ds[i] / s
    else:  # MAX and MIN
        for i in range(n):
            if not (xs[i] < out or xs[i] > out):
                chosen += 1
        for i in range(n):
            ds[i] = 0.0 if xs[i] < out or xs[i] > out else 1.0 / chosen


cdef Py_ssize_t place_of_largest(double* xs, Py_ssize_t n) noexcept nogil:
    """The first place where the largest number stands."""
    cdef Py_ssize_t i, place = 0
    for i in range(1, n):
        if xs[i] > xs[place]:
            place = i
    return place


cdef inline double rounding_of_difference(double x, double y) noexcept nogil:
    cdef double d = x - y
    cdef double back = d - x
    return (x - (d - back)) + (-y - back) if isfinite(d) else 0.0


cdef inline double exp_of_difference(double x, double y) noexcept nogil:
    cdef double rounding = rounding_of_difference(x, y), e = c_exp(x - y)
    return e + e * rounding if rounding != 0 else e


# How fast partial derivatives change when the operands move: the derivatives of the table's local gradients

cdef inline double change_of_one(int kind, double x, double out, double partial, double tx, double t) noexcept nogil:
    """tx and t: how fast x and out move."""
    cdef double s
    if kind == EXP:
        return t
    if kind == LOG:
        return -partial / x * tx
    if kind == SQRT:
        return -partial / fabs(out) * t
    if kind == TANH:
        if fabs(out) < 0.5:
            return -(out * t + out * t)
        s = sech_of(x)
        return s * (-s * c_tanh(x) * tx) + s * (-s * c_tanh(x) * tx)
    if kind == SIGMOID:
        if fabs(x) < 1:
            s = c_tanh(x / 2)
            t = (1 - s * s) * (0.5 * tx)  # how fast tanh(x / 2) moves
            return 0.25 * -(s * t + s * t)
        s = sigmoid_of(-x)
        return s * t + out * (s * sigmoid_of(x) * -tx)
    if kind == SOFTPLUS:
        return partial_of_one(SIGMOID, x, partial) * tx
    return 0.0


cdef inline double change_of_power(double x, double y, double partial, double tx, double t) noexcept nogil:
    """Of the derivative by the base, while the exponent does not move."""
    if x == 0 and y < 1:
        return -INFINITY * tx if y != 0 else 0.0
    if y < 0.5 and isfinite(x):
        return 1 / x * (y * t) + -partial / x * tx
    return y * (power_by_base(x, y - 1, c_pow(x, y - 1)) * tx)


cdef inline double moving_exp_of_difference(double x, double y, double t) noexcept nogil:
    """t: how fast the difference moves."""
    cdef double rounding = rounding_of_difference(x, y), speed = c_exp(x - y) * t
    return speed + rounding * speed if rounding != 0 else speed
