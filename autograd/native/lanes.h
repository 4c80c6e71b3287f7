/* Declares what the engine calls of lanes.c (vector kernels), table.c (the table of derivatives) and tapes.c. */
#ifndef LANES_H
#define LANES_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The operations, numbered as in kernels.pxi, and those that only programs have */
enum {
    V_COPY = 1, V_NEG = 3, V_EXP, V_LOG, V_SQRT, V_TANH, V_SIGMOID, V_RELU, V_SOFTPLUS, V_ABS, V_ONE, V_ADD, V_SUB, V_MUL, V_DIV,
    V_POW, V_TWO, V_MAX, V_MIN, V_SUM, V_MEAN, V_LOGSUMEXP, V_PROD, V_NORM, V_SEVERAL, V_DOT, V_AFFINE, V_PYTHON,
    V_SIN, V_COS /* on tapes alone */
};
enum { ASSIGN, ADD_TO, IN_ORDER };
enum { V_LESS, V_LESS_EQUAL, V_GREATER, V_GREATER_EQUAL, V_UNEQUAL, V_SAME };

/* The settings of adapt(), and what it keeps from step to step; see updates.py. means and velocities may be NULL */
typedef struct {
    double rate, mean_kept, square_kept, square_added, momentum, decay, shrinkage, root, eps;
    double *means, *squares, *velocities;
} Adaptation;

typedef struct {
    const char* name;
    /* out = f(x), n times; and gx += g * f'(x) */
    void (*one)(int kind, ptrdiff_t n, const double* x, double* out);
    void (*one_back)(int kind, ptrdiff_t n, const double* g, const double* x, const double* out, double* gx);
    /* the same, where the operands are at places in s, and their gradients there in gradients; those kinds alone that
     * tapes.c does not do by itself */
    void (*one_at)(int kind, ptrdiff_t n, const double* s, const int32_t* at, double* out);
    void (*one_back_at)(int kind, ptrdiff_t n, const double* g, const double* s, const int32_t* at, double* gradients);
    /* sin or cos */
    void (*waves_at)(int kind, ptrdiff_t n, const double* s, const int32_t* at, double* out);
    void (*waves_back_at)(int kind, ptrdiff_t n, const double* g, const double* s, const int32_t* at, double* gradients);
    /* out = f(x, y); sx and sy are 1, or 0 for a number that serves all n. gx and gy may be NULL */
    void (*two)(int kind, ptrdiff_t n, const double* x, int sx, const double* y, int sy, double* out);
    void (*two_back)(int kind, ptrdiff_t n, const double* g, const double* x, int sx, const double* y, int sy,
                     const double* out, double* gx, double* gy);
    /* out = x ** exponent for exponents that need no logarithm; see is_easy_power */
    void (*power)(double exponent, ptrdiff_t n, const double* x, double* out);
    void (*power_back)(double exponent, ptrdiff_t n, const double* g, const double* x, const double* out, double* gx);
    /* out[l] of the xs[k * sk + l] in lane l, for each of n lanes; and gx likewise */
    void (*many)(int kind, ptrdiff_t n, ptrdiff_t length, const double* x, ptrdiff_t sk, double* out);
    void (*many_back)(int kind, ptrdiff_t n, ptrdiff_t length, const double* g, const double* x, ptrdiff_t sk,
                      const double* out, double* gx);
    /* c[m, n] = (how ASSIGN) or += (ADD_TO) the sum over k of a[m, k] * b[k, n], and to that bias[m] where there is one;
     * with IN_ORDER each product is added to c by itself */
    void (*rows)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const double* a, ptrdiff_t am, ptrdiff_t ak, const double* b,
                 ptrdiff_t bk, double* c, ptrdiff_t cm, const double* bias, ptrdiff_t bias_m, int how);
    /* c[m, n] = or += the sum over k of a[m, k] * b[n, k], plus bias[m, n] where there is one */
    void (*dots)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const double* a, ptrdiff_t am, const double* b, ptrdiff_t bn,
                 double* c, ptrdiff_t cm, ptrdiff_t cn, const double* bias, ptrdiff_t bias_m, ptrdiff_t bias_n, int add);
    /* c[n] += the sum over k of a[k, n] * b[k, n]; or IN_ORDER */
    void (*pairs)(ptrdiff_t n, ptrdiff_t k, const double* a, ptrdiff_t ak, const double* b, ptrdiff_t bk, double* c, int how);
    double (*sum)(ptrdiff_t n, const double* x);
    /* 0 if all are finite, else nan */
    double (*zero_if_finite)(ptrdiff_t n, const double* x);
    /* n pairs of data and grad: their data; grad 0; gradients added; a step of gradient descent, with velocities or NULL */
    void (*read)(ptrdiff_t n, double* pairs, double* numbers);
    void (*clear)(ptrdiff_t n, double* pairs);
    void (*credit)(ptrdiff_t n, double* pairs, const double* gradients);
    void (*descend)(ptrdiff_t n, double* pairs, double* before, double rate, double kept, double decay);
    /* one step of an adaptive optimiser, of n pairs of data and grad; first: the place of the first in what it keeps */
    void (*adapt)(const Adaptation* how, ptrdiff_t n, double* pairs, ptrdiff_t first);
} Lanes;

static inline int is_easy_power(double exponent) {
    return exponent == 2 || exponent == 3 || exponent == 4 || exponent == 1 || exponent == -1 || exponent == -2 ||
           exponent == 0.5 || exponent == -0.5 || exponent == 1.5;
}

/* NULL if there are none of that name, or if this processor cannot run them; "" asks for the best */
const Lanes* lanes_named(const char* name);

/* An operation of the table. Numbers of one operand are `step` apart, results and their gradients `apart` */
typedef struct {
    const char* name;
    void (*values)(ptrdiff_t n, const double* const* x, const ptrdiff_t* step, double* out, ptrdiff_t apart);
    /* adds to `to`, the gradients of the operands, which are NULL where they are not wanted */
    void (*back)(ptrdiff_t n, const double* g, const double* out, ptrdiff_t apart, const double* const* x,
                 const ptrdiff_t* step, double* const* to);
    /* the same to the last bit as in Python, which may be called for it */
    void (*values_as_python)(ptrdiff_t n, const double* const* x, const ptrdiff_t* step, double* out, ptrdiff_t apart);
    void (*back_as_python)(ptrdiff_t n, const double* g, const double* out, ptrdiff_t apart, const double* const* x,
                           const ptrdiff_t* step, double* const* to);
} Written;

/* A tape; see tapes.c. Of n operations, the k-th has its result at first + k * width, and its operands at the next places
 * in operands. What is before n_uniform is one number for all lanes */
enum { TAPE_OPERANDS = 4 };
typedef struct {
    int32_t n;
    uint8_t op, arity, wants, may_fail; /* wants: a bit for each operand */
    const Written* written;             /* NULL where there is a kernel */
} Span;
typedef struct {
    ptrdiff_t width, first, n, n_spans, n_operands, n_uniform;
    Span* spans;
    int32_t* operands;
} Spans;
/* 0, or nan if a result that must be finite is not */
double tape_forward(const Spans* tape, const Lanes* lanes, double* numbers);
void tape_backward(const Spans* tape, const Lanes* lanes, const double* numbers, double* gradients);

/* All of them; after the last, one whose name is NULL */
extern const Written WRITTEN[];

/* math.hypot of Python, whose last bits are its own; the engine sets it */
extern double (*length_of_two)(double x, double y);

#endif
