/* Runs tapes: operations one after the other, each on numbers of its own, which stand anywhere.
 *
 * A tape has no instruction for each operation, but spans of the same operation, for which the processor need not guess
 * what comes next. Where one number is worked on at a time, plain arithmetic goes straight from slot to slot, functions
 * with a vector kernel are done several at a time, and what is written in table.c is gathered first.
 */
#include "lanes.h"

enum { CHUNK = 64 };

static double raised(double x, double y) {
    if (x == 0 && 0 < y && y != floor(y)) return 0.0;
    return x > 0 || y == floor(y) ? pow(x, y) : NAN;
}

static double raised_by_base(double x, double y, double out) {
    if (x == 0 && y < 1) return y == 0 ? 0.0 : INFINITY;
    return y < 0.5 && isfinite(x) ? y * out / x : y * pow(x, y - 1);
}

static double raised_by_exponent(double x, double out) { return x > 0 ? out * log(x) : x == 0 ? 0.0 : NAN; }

/* One number at a time */

static void gathered_forward(const Span* span, ptrdiff_t n, const int32_t* at, const double* s, double* out) {
    double numbers[TAPE_OPERANDS][CHUNK];
    const double* xs[TAPE_OPERANDS];
    ptrdiff_t step[TAPE_OPERANDS];
    for (int q = 0; q < span->arity; q++) {
        xs[q] = numbers[q];
        step[q] = 1;
        for (ptrdiff_t i = 0; i < n; i++) numbers[q][i] = s[at[i * span->arity + q]];
    }
    span->written->values(n, xs, step, out, 1);
}

static void gathered_back(
    const Span* span, ptrdiff_t n, const int32_t* at, const double* s, const double* out, const double* g, double* gradients
) {
    double numbers[TAPE_OPERANDS][CHUNK], passed[TAPE_OPERANDS][CHUNK];
    const double* xs[TAPE_OPERANDS];
    double* to[TAPE_OPERANDS];
    ptrdiff_t step[TAPE_OPERANDS];
    for (int q = 0; q < span->arity; q++) {
        xs[q] = numbers[q];
        to[q] = span->wants >> q & 1 ? passed[q] : NULL;
        step[q] = 1;
        for (ptrdiff_t i = 0; i < n; i++) {
            numbers[q][i] = s[at[i * span->arity + q]];
            passed[q][i] = 0;
        }
    }
    span->written->back(n, g, out, 1, xs, step, to);
    for (int q = 0; q < span->arity; q++)
        if (to[q])
            for (ptrdiff_t i = 0; i < n; i++) gradients[at[i * span->arity + q]] += passed[q][i];
}

#define EACH(arity, statement)            \
    for (i = 0; i < n; i++, at += arity) { \
        statement;                        \
    }                                     \
    break

static double forward(const Spans* tape, const Lanes* lanes, double* s) {
    const int32_t* at = tape->operands;
    double* out = s + tape->first;
    double failure = 0;
    for (ptrdiff_t k = 0; k < tape->n_spans; k++) {
        const Span* span = &tape->spans[k];
        ptrdiff_t n = span->n, i;
        switch (span->op) {
            case V_ADD: EACH(2, out[i] = s[at[0]] + s[at[1]]);
            case V_SUB: EACH(2, out[i] = s[at[0]] - s[at[1]]);
            case V_MUL: EACH(2, out[i] = s[at[0]] * s[at[1]]);
            case V_DIV: EACH(2, out[i] = s[at[0]] / s[at[1]]);
            case V_AFFINE: EACH(3, out[i] = s[at[2]] + s[at[0]] * s[at[1]]);
            case V_COPY: EACH(1, out[i] = s[at[0]]);
            case V_NEG: EACH(1, out[i] = -s[at[0]]);
            case V_RELU: EACH(1, out[i] = s[at[0]] <= 0 ? 0.0 : s[at[0]]);
            case V_POW:
                EACH(2, double x = s[at[0]]; double y = s[at[1]];
                     if (y == 2) out[i] = x * x; else if (is_easy_power(y)) lanes->power(y, 1, &x, out + i);
                     else out[i] = raised(x, y));
            case V_SIN:
            case V_COS:
                lanes->waves_at(span->op, n, s, at, out);
                at += n;
                break;
            case V_PYTHON:
                for (i = 0; i < n; i += CHUNK) {
                    ptrdiff_t m = n - i < CHUNK ? n - i : CHUNK;
                    gathered_forward(span, m, at, s, out + i);
                    at += m * span->arity;
                }
                break;
            default:
                lanes->one_at(span->op, n, s, at, out);
                at += n;
        }
        if (span->may_fail)
            for (i = 0; i < n; i++) failure += 0.0 * out[i];
        out += n;
    }
    return failure;
}
#undef EACH

/* Whether there is no result so near to 1 that its rounding would be seen in 1 minus it */
static int all_far_from_1(const double* out, ptrdiff_t n) {
    int far = 1;
    for (ptrdiff_t i = 0; i < n; i++) far &= fabs(out[i]) < 0.75;
    return far;
}

#define EACH(arity, statement)                     \
    for (i = n - 1, at -= arity; i >= 0; i--, at -= arity) { \
        double d = g[i];                           \
        statement;                                 \
    }                                              \
    at += arity;                                   \
    break
#define GIVE(q, x) gradients[at[q]] += (x)
#define OF(op, wants) ((op) << 3 | (wants))

static void backward(const Spans* tape, const Lanes* lanes, const double* s, double* gradients) {
    const int32_t* at = tape->operands + tape->n_operands;
    const double* out = s + tape->first + tape->n;
    const double* g = gradients + tape->first + tape->n;
    for (ptrdiff_t k = tape->n_spans - 1; k >= 0; k--) {
        const Span* span = &tape->spans[k];
        ptrdiff_t n = span->n, i;
        out -= n;
        g -= n;
        if (!span->wants) {
            at -= n * span->arity;
            continue;
        }
        switch (OF(span->op, span->wants)) {
            case OF(V_ADD, 1): EACH(2, GIVE(0, d));
            case OF(V_ADD, 2): EACH(2, GIVE(1, d));
            case OF(V_ADD, 3): EACH(2, GIVE(0, d); GIVE(1, d));
            case OF(V_SUB, 1): EACH(2, GIVE(0, d));
            case OF(V_SUB, 2): EACH(2, GIVE(1, -d));
            case OF(V_SUB, 3): EACH(2, GIVE(0, d); GIVE(1, -d));
            case OF(V_MUL, 1): EACH(2, GIVE(0, d * s[at[1]]));
            case OF(V_MUL, 2): EACH(2, GIVE(1, d * s[at[0]]));
            case OF(V_MUL, 3): EACH(2, GIVE(0, d * s[at[1]]); GIVE(1, d * s[at[0]]));
            case OF(V_DIV, 1): EACH(2, GIVE(0, d * (1 / s[at[1]])));
            case OF(V_DIV, 2): EACH(2, GIVE(1, d * (-out[i] / s[at[1]])));
            case OF(V_DIV, 3): EACH(2, GIVE(0, d * (1 / s[at[1]])); GIVE(1, d * (-out[i] / s[at[1]])));
            case OF(V_AFFINE, 1): EACH(3, GIVE(0, d * s[at[1]]));
            case OF(V_AFFINE, 2): EACH(3, GIVE(1, d * s[at[0]]));
            case OF(V_AFFINE, 3): EACH(3, GIVE(0, d * s[at[1]]); GIVE(1, d * s[at[0]]));
            case OF(V_AFFINE, 4): EACH(3, GIVE(2, d));
            case OF(V_AFFINE, 5): EACH(3, GIVE(2, d); GIVE(0, d * s[at[1]]));
            case OF(V_AFFINE, 6): EACH(3, GIVE(2, d); GIVE(1, d * s[at[0]]));
            case OF(V_AFFINE, 7): EACH(3, GIVE(2, d); GIVE(0, d * s[at[1]]); GIVE(1, d * s[at[0]]));
            case OF(V_COPY, 1): EACH(1, GIVE(0, d));
            case OF(V_EXP, 1): EACH(1, GIVE(0, d * out[i]));
            case OF(V_SQRT, 1): EACH(1, GIVE(0, d * (0.5 / out[i])));
            case OF(V_LOG, 1): EACH(1, GIVE(0, d * (1 / s[at[0]])));
            case OF(V_NEG, 1): EACH(1, GIVE(0, -d));
            case OF(V_RELU, 1): EACH(1, GIVE(0, d * (s[at[0]] <= 0 ? 0.0 : 1.0)));
            case OF(V_POW, 1):
            case OF(V_POW, 2):
            case OF(V_POW, 3):
                EACH(2, double x = s[at[0]]; double y = s[at[1]];
                     if (y == 2 && span->wants == 1) GIVE(0, d * (2 * x));
                     else if (is_easy_power(y) && span->wants == 1) lanes->power_back(y, 1, &d, &x, out + i, gradients + at[0]);
                     else {
                         if (span->wants & 1) GIVE(0, d * raised_by_base(x, y, out[i]));
                         if (span->wants & 2) GIVE(1, d * raised_by_exponent(x, out[i]));
                     });
            case OF(V_TANH, 1):
                if (all_far_from_1(out, n)) {
                    EACH(1, GIVE(0, d * ((1 - out[i]) * (1 + out[i]))));
                }
                at -= n;
                lanes->one_back_at(V_TANH, n, g, s, at, gradients);
                break;
            case OF(V_SIGMOID, 1):
                if (all_far_from_1(out, n)) {
                    EACH(1, GIVE(0, d * (out[i] * (1 - out[i]))));
                }
                at -= n;
                lanes->one_back_at(V_SIGMOID, n, g, s, at, gradients);
                break;
            case OF(V_SIN, 1):
            case OF(V_COS, 1):
                at -= n;
                lanes->waves_back_at(span->op, n, g, s, at, gradients);
                break;
            case OF(V_SOFTPLUS, 1):
            case OF(V_ABS, 1):
                at -= n;
                lanes->one_back_at(span->op, n, g, s, at, gradients);
                break;
            default:
                while (n > 0) {
                    ptrdiff_t m = n % CHUNK ? n % CHUNK : CHUNK;
                    n -= m;
                    at -= m * span->arity;
                    gathered_back(span, m, at, s, out + n, g + n, gradients);
                }
        }
    }
}
#undef EACH

/* Lanes: each operation on rows of numbers */

static double forward_lanes(const Spans* tape, const Lanes* lanes, double* s) {
    const int32_t* at = tape->operands;
    const ptrdiff_t width = tape->width;
    double* out = s + tape->first;
    double failure = 0;
    for (ptrdiff_t k = 0; k < tape->n_spans; k++) {
        const Span* span = &tape->spans[k];
        for (ptrdiff_t j = 0; j < span->n; j++, out += width, at += span->arity) {
            const double* xs[TAPE_OPERANDS];
            ptrdiff_t step[TAPE_OPERANDS];
            for (int q = 0; q < span->arity; q++) {
                xs[q] = s + at[q];
                step[q] = at[q] >= tape->n_uniform;
            }
            if (span->written)
                span->written->values(width, xs, step, out, 1);
            else if (span->op == V_AFFINE) {
                lanes->two(V_MUL, width, xs[0], (int)step[0], xs[1], (int)step[1], out);
                lanes->two(V_ADD, width, xs[2], (int)step[2], out, 1, out);
            } else if (span->op == V_COPY)
                for (ptrdiff_t l = 0; l < width; l++) out[l] = xs[0][l * step[0]];
            else if (span->op < V_ADD && step[0])
                lanes->one(span->op, width, xs[0], out);
            else if (span->op < V_ADD) {
                lanes->one(span->op, 1, xs[0], out);
                for (ptrdiff_t l = 1; l < width; l++) out[l] = *out;
            } else if (span->op != V_POW)
                lanes->two(span->op, width, xs[0], (int)step[0], xs[1], (int)step[1], out);
            else if (step[0] && !step[1] && is_easy_power(*xs[1]))
                lanes->power(*xs[1], width, xs[0], out);
            else
                for (ptrdiff_t l = 0; l < width; l++) out[l] = raised(xs[0][l * step[0]], xs[1][l * step[1]]);
            if (span->may_fail) failure += lanes->zero_if_finite(width, out);
        }
    }
    return failure;
}

static void backward_lanes(const Spans* tape, const Lanes* lanes, const double* s, double* gradients) {
    const int32_t* at = tape->operands + tape->n_operands;
    const ptrdiff_t width = tape->width;
    ptrdiff_t place = tape->first + tape->n * width;
    for (ptrdiff_t k = tape->n_spans - 1; k >= 0; k--) {
        const Span* span = &tape->spans[k];
        for (ptrdiff_t j = 0; j < span->n; j++) {
            const double *xs[TAPE_OPERANDS], *g = gradients + (place -= width), *out = s + place;
            double* to[TAPE_OPERANDS];
            ptrdiff_t step[TAPE_OPERANDS];
            at -= span->arity;
            if (!span->wants) continue;
            for (int q = 0; q < span->arity; q++) {
                xs[q] = s + at[q];
                step[q] = at[q] >= tape->n_uniform;
                to[q] = span->wants >> q & 1 ? gradients + at[q] : NULL;
            }
            if (span->written) {
                span->written->back(width, g, out, 1, xs, step, to);
                continue;
            }
            if (span->op == V_AFFINE || span->op == V_COPY) { /* what is added: as it is */
                double* sum = to[span->op == V_AFFINE ? 2 : 0];
                if (sum && step[span->op == V_AFFINE ? 2 : 0])
                    lanes->one_back(V_COPY, width, g, NULL, NULL, sum);
                else if (sum)
                    *sum += lanes->sum(width, g);
            }
            if (span->op == V_COPY || (span->op == V_AFFINE && !(span->wants & 3))) continue;
            const int op = span->op == V_AFFINE ? V_MUL : span->op;
            if (op != V_POW && !step[0] && (op < V_ADD || !step[1])) { /* what is the same in all lanes */
                double sum = lanes->sum(width, g);
                if (op < V_ADD)
                    lanes->one_back(op, 1, &sum, xs[0], out, to[0]);
                else
                    lanes->two_back(op, 1, &sum, xs[0], 1, xs[1], 1, out, to[0], to[1]);
            } else if (op < V_ADD)
                lanes->one_back(op, width, g, xs[0], out, to[0]);
            else if (op != V_POW)
                lanes->two_back(op, width, g, xs[0], (int)step[0], xs[1], (int)step[1], out, to[0], to[1]);
            else if (step[0] && !step[1] && !to[1] && is_easy_power(*xs[1]))
                lanes->power_back(*xs[1], width, g, xs[0], out, to[0]);
            else
                for (ptrdiff_t l = 0; l < width; l++) {
                    if (to[0]) to[0][l * step[0]] += g[l] * raised_by_base(xs[0][l * step[0]], xs[1][l * step[1]], out[l]);
                    if (to[1]) to[1][l * step[1]] += g[l] * raised_by_exponent(xs[0][l * step[0]], out[l]);
                }
        }
    }
}

double tape_forward(const Spans* tape, const Lanes* lanes, double* numbers) {
    return tape->width == 1 ? forward(tape, lanes, numbers) : forward_lanes(tape, lanes, numbers);
}

void tape_backward(const Spans* tape, const Lanes* lanes, const double* numbers, double* gradients) {
    if (tape->width == 1)
        backward(tape, lanes, numbers, gradients);
    else
        backward_lanes(tape, lanes, numbers, gradients);
}
