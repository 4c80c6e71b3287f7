# Declares what the engine calls of lanes.c: the best vector kernels for this processor.

cdef extern from "lanes.h":
    enum:
        V_COPY, V_NEG, V_EXP, V_LOG, V_SQRT, V_TANH, V_SIGMOID, V_RELU, V_SOFTPLUS, V_ABS, V_ADD, V_SUB, V_MUL, V_DIV
        V_POW
        V_MAX, V_MIN, V_SUM, V_MEAN, V_LOGSUMEXP, V_DOT, V_AFFINE, V_PYTHON
        V_SIN, V_COS
        V_LESS, V_LESS_EQUAL, V_GREATER, V_GREATER_EQUAL, V_UNEQUAL, V_SAME
        ASSIGN, ADD_TO, IN_ORDER
    ctypedef struct Adaptation:
        double rate, mean_kept, square_kept, square_added, momentum, decay, shrinkage, root, eps
        double* means
        double* squares
        double* velocities
    ctypedef struct Lanes:
        const char* name
        void (*one)(int, Py_ssize_t, const double*, double*) noexcept nogil
        void (*one_back)(int, Py_ssize_t, const double*, const double*, const double*, double*) noexcept nogil
        void (*one_at)(int, Py_ssize_t, const double*, const int32_t*, double*) noexcept nogil
        void (*one_back_at)(int, Py_ssize_t, const double*, const double*, const int32_t*, double*) noexcept nogil
        void (*two)(int, Py_ssize_t, const double*, int, const double*, int, double*) noexcept nogil
        void (*two_back)(int, Py_ssize_t, const double*, const double*, int, const double*, int, const double*, double*,
                         double*) noexcept nogil
        void (*power)(double, Py_ssize_t, const double*, double*) noexcept nogil
        void (*power_back)(double, Py_ssize_t, const double*, const double*, const double*, double*) noexcept nogil
        void (*many)(int, Py_ssize_t, Py_ssize_t, const double*, Py_ssize_t, double*) noexcept nogil
        void (*many_back)(int, Py_ssize_t, Py_ssize_t, const double*, const double*, Py_ssize_t, const double*,
                          double*) noexcept nogil
        void (*rows)(Py_ssize_t, Py_ssize_t, Py_ssize_t, const double*, Py_ssize_t, Py_ssize_t, const double*, Py_ssize_t,
                     double*, Py_ssize_t, const double*, Py_ssize_t, int) noexcept nogil
        void (*dots)(Py_ssize_t, Py_ssize_t, Py_ssize_t, const double*, Py_ssize_t, const double*, Py_ssize_t, double*,
                     Py_ssize_t, Py_ssize_t, const double*, Py_ssize_t, Py_ssize_t, int) noexcept nogil
        void (*pairs)(Py_ssize_t, Py_ssize_t, const double*, Py_ssize_t, const double*, Py_ssize_t,
                      double*, int) noexcept nogil
        double (*sum)(Py_ssize_t, const double*) noexcept nogil
        double (*zero_if_finite)(Py_ssize_t, const double*) noexcept nogil
        void (*read)(Py_ssize_t, double*, double*) noexcept nogil
        void (*clear)(Py_ssize_t, double*) noexcept nogil
        void (*credit)(Py_ssize_t, double*, const double*) noexcept nogil
        void (*descend)(Py_ssize_t, double*, double*, double, double, double) noexcept nogil
        void (*adapt)(const Adaptation*, Py_ssize_t, double*, Py_ssize_t) noexcept nogil
    const Lanes* lanes_named(const char*)
    bint is_easy_power(double) noexcept nogil
    enum:
        TAPE_OPERANDS
    ctypedef struct Span:
        int32_t n
        uint8_t op, arity, wants, may_fail
        const Written* written
    ctypedef struct Spans:
        Py_ssize_t width, first, n, n_spans, n_operands, n_uniform
        Span* spans
        int32_t* operands
    double tape_forward(const Spans*, const Lanes*, double*) noexcept nogil
    void tape_backward(const Spans*, const Lanes*, const double*, double*) noexcept nogil

cdef const Lanes* LANES = lanes_named("")
