/* Holds the vector kernels of lanes.c against plain loops and the C library; test_kernels.py compiles and runs it.
 *
 * It prints what differs, then how many results were compared for each kind of kernels that this processor can run.
 */
#include "lanes.c"

#include <stdio.h>
#include <stdlib.h>

enum { MOST = 41, ROOM = 64 * 64 };
static const Lanes* own;
static long compared, wrong;

static uint64_t state = 88172645463325252u;
static double number(double low, double high) { /* xorshift of Marsaglia, 2003 */
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return low + (high - low) * (double)(state >> 11) / 9007199254740992.0;
}

static void fill(double* x, ptrdiff_t n, double low, double high) {
    for (ptrdiff_t i = 0; i < n; i++) x[i] = number(low, high);
}

static int negative(double x) { return signbit(x) != 0; }

/* units: how many in the last place of the expected number, or of `size` where that is larger */
static void compare(
    const char* what, ptrdiff_t n, ptrdiff_t i, double found, double expected, double size, double units
) {
    double most = units * 2.2204460492503131e-16 * fmax(fabs(expected), size);
    compared++;
    if (isnan(expected) && isnan(found)) return;
    if (found == expected ? negative(found) == negative(expected) : fabs(found - expected) <= most) return;
    if (wrong++ < 20) printf("%s: %s of %td, number %td: %.17g, not %.17g\n", own->name, what, n, i, found, expected);
}

/* What a kernel must not touch */
static void guard(double* x, ptrdiff_t n) {
    for (ptrdiff_t i = 0; i < 8; i++) x[n + i] = 12345;
}
static void guarded(const char* what, const double* x, ptrdiff_t n) {
    for (ptrdiff_t i = 0; i < 8; i++) compare(what, n, n + i, x[n + i], 12345, 0, 0);
}

/* Operations on one number */

static double sigmoid(double x) { return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)); }

static double value_of(int kind, double x) {
    switch (kind) {
        case V_NEG: return -x;
        case V_EXP: return exp(x);
        case V_LOG: return log(x);
        case V_SQRT: return sqrt(x);
        case V_TANH: return tanh(x);
        case V_SIGMOID: return sigmoid(x);
        case V_RELU: return x <= 0 ? 0 : x;
        case V_SOFTPLUS: return (x > 0 ? x : 0) + log1p(exp(-fabs(x)));
        case V_ABS: return fabs(x);
    }
    return x;
}

static double slope_of(int kind, double x) {
    switch (kind) {
        case V_NEG: return -1;
        case V_EXP: return exp(x);
        case V_LOG: return 1 / x;
        case V_SQRT: return 0.5 / sqrt(x);
        case V_TANH: return 1 / (cosh(x) * cosh(x));
        case V_SIGMOID: return sigmoid(x) * sigmoid(-x);
        case V_RELU: return x > 0;
        case V_SOFTPLUS: return sigmoid(x);
        case V_ABS: return (x > 0) - (x < 0);
    }
    return 1;
}

static void one_number(void) {
    static const int kinds[] = {V_COPY, V_NEG, V_EXP, V_LOG, V_SQRT, V_TANH, V_SIGMOID, V_RELU, V_SOFTPLUS, V_ABS};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (ptrdiff_t n = 1; n < MOST; n++) {
            double x[MOST], out[MOST + 8], g[MOST], gx[MOST + 8], before[MOST];
            int kind = kinds[k], positive = kind == V_LOG || kind == V_SQRT;
            fill(x, n, positive ? 1e-3 : -20, 20);
            if (!positive && n > 3) x[1] = 0, x[2] = -0.0;
            fill(g, n, -1, 1);
            fill(before, n, -1, 1);
            memcpy(gx, before, sizeof before);
            guard(out, n);
            guard(gx, n);
            own->one(kind, n, x, out);
            own->one_back(kind, n, g, x, out, gx);
            for (ptrdiff_t i = 0; i < n; i++) {
                compare("a function", n, i, out[i], value_of(kind, x[i]), 0, 6);
                double passed = g[i] * slope_of(kind, x[i]);
                compare("its slope", n, i, gx[i], before[i] + passed, 1 + fabs(passed), 10);
            }
            guarded("a function", out, n);
            guarded("its slope", gx, n);
            if (kind < V_EXP || kind == V_RELU) continue;
            double s[2 * MOST], gradients[2 * MOST] = {0}, expected[2 * MOST] = {0};
            int32_t at[MOST];
            fill(s, 2 * MOST, positive ? 1e-3 : -20, 20);
            for (ptrdiff_t i = 0; i < n; i++) at[i] = (int32_t)number(0, 2 * MOST);
            own->one_at(kind, n, s, at, out);
            for (ptrdiff_t i = 0; i < n; i++)
                compare("a function of scattered numbers", n, i, out[i], value_of(kind, s[at[i]]), 0, 6);
            guarded("a function of scattered numbers", out, n);
            if (kind != V_TANH && kind != V_SIGMOID && kind != V_SOFTPLUS && kind != V_ABS) continue;
            own->one_back_at(kind, n, g, s, at, gradients);
            for (ptrdiff_t i = 0; i < n; i++) expected[at[i]] += g[i] * slope_of(kind, s[at[i]]);
            for (ptrdiff_t i = 0; i < 2 * MOST; i++)
                compare("scattered slopes", n, i, gradients[i], expected[i], 2, 10);
        }
}

/* sin and cos of scattered numbers: small ones, near and far from multiples of pi / 2, and beyond what has vectors */

static void waves(void) {
    static const double ends[] = {0, -0.0, 1e-9, -1e-300, 5e-324, 999.99999, 1000, -1000.0001, 1e6, -1e22, 1e300, INFINITY, NAN};
    enum { ENDS = sizeof ends / sizeof *ends };
    for (int kind = V_SIN; kind <= V_COS; kind++)
        for (int times = 0; times < 40; times++)
            for (ptrdiff_t n = 1; n < MOST; n++) {
                double s[2 * MOST], out[MOST + 8], g[MOST], gradients[2 * MOST] = {0}, passed[2 * MOST] = {0};
                int32_t at[MOST];
                fill(s, 2 * MOST, times % 2 ? -4 : -1000, times % 2 ? 4 : 1000);
                fill(g, n, 0.5, 1);
                for (ptrdiff_t i = 0; i < n; i++) {
                    at[i] = (int32_t)(2 * i + times % 2); /* each once, so that slopes are not added up */
                    if (i % 3 == 1) s[at[i]] = floor(number(-600, 600)) * 1.5707963267948966 * (1 + floor(number(-2, 3)) * 1.1e-16);
                    if (i % 3 == 2) s[at[i]] = ends[(int)number(0, ENDS)];
                }
                guard(out, n);
                own->waves_at(kind, n, s, at, out);
                own->waves_back_at(kind, n, g, s, at, gradients);
                for (ptrdiff_t i = 0; i < n; i++) {
                    double x = s[at[i]];
                    compare("a wave", n, i, out[i], kind == V_SIN ? sin(x) : cos(x), 0, 1);
                    passed[at[i]] = g[i] * (kind == V_SIN ? cos(x) : -sin(x));
                }
                for (ptrdiff_t i = 0; i < 2 * MOST; i++)
                    compare("its slope", n, i, gradients[i], 0 + passed[i], 0, 2);
                guarded("a wave", out, n);
            }
}

/* Operations on two numbers, and powers */

static void two_numbers(void) {
    for (int kind = V_ADD; kind <= V_DIV; kind++)
        for (int form = 0; form < 3; form++)
            for (ptrdiff_t n = 1; n < MOST; n++) {
                int sx = form != 1, sy = form != 2;
                double x[MOST], y[MOST], g[MOST], sum_x = 0, sum_y = 0;
                double out[MOST + 8], gx[MOST + 8] = {0}, gy[MOST + 8] = {0};
                fill(x, n, -2, 2);
                fill(y, n, 0.5, 2);
                fill(g, n, -1, 1);
                guard(out, n);
                guard(gx, sx ? n : 1);
                guard(gy, sy ? n : 1);
                own->two(kind, n, x, sx, y, sy, out);
                own->two_back(kind, n, g, x, sx, y, sy, out, gx, gy);
                for (ptrdiff_t i = 0; i < n; i++) {
                    double a = x[i * sx], b = y[i * sy];
                    double value = kind == V_ADD ? a + b : kind == V_SUB ? a - b : kind == V_MUL ? a * b : a / b;
                    double to_x = g[i] * (kind == V_MUL ? b : kind == V_DIV ? 1 / b : 1);
                    double to_y = g[i] * (kind == V_MUL ? a : kind == V_DIV ? -value / b : kind == V_SUB ? -1 : 1);
                    compare("an operation", n, i, out[i], value, 0, 0);
                    if (sx) compare("its first slope", n, i, gx[i], 0.0 + to_x, 0, 2);
                    if (sy) compare("its second slope", n, i, gy[i], 0.0 + to_y, 1, 2);
                    sum_x += to_x;
                    sum_y += to_y;
                }
                if (!sx) compare("the sum of first slopes", n, 0, gx[0], sum_x, n, 4);
                if (!sy) compare("the sum of second slopes", n, 0, gy[0], sum_y, 8 * n, 4);
                guarded("an operation", out, n);
                guarded("its first slope", gx, sx ? n : 1);
                guarded("its second slope", gy, sy ? n : 1);
            }
}

static void powers(void) {
    static const double exponents[] = {2, 3, 4, 1, -1, -2, 0.5, -0.5, 1.5};
    for (size_t k = 0; k < sizeof exponents / sizeof *exponents; k++)
        for (ptrdiff_t n = 1; n < MOST; n++) {
            double y = exponents[k], x[MOST], out[MOST + 8], g[MOST], gx[MOST + 8] = {0};
            fill(x, n, 0.1, 3);
            fill(g, n, -1, 1);
            guard(out, n);
            guard(gx, n);
            own->power(y, n, x, out);
            own->power_back(y, n, g, x, out, gx);
            for (ptrdiff_t i = 0; i < n; i++) {
                compare("a power", n, i, out[i], pow(x[i], y), 0, 4);
                compare("its slope", n, i, gx[i], 0.0 + g[i] * (y * pow(x[i], y - 1)), 0, 8);
            }
            guarded("a power", out, n);
            guarded("its slope", gx, n);
        }
}

/* Operations on many numbers */

static double of_many(int kind, ptrdiff_t length, const double* x, ptrdiff_t step) {
    double best = x[0], sum = 0;
    for (ptrdiff_t k = 0; k < length; k++) {
        sum += x[k * step];
        best = kind == V_MIN ? fmin(best, x[k * step]) : fmax(best, x[k * step]);
    }
    if (kind == V_SUM || kind == V_MEAN) return kind == V_SUM ? sum : sum / (double)length;
    if (kind != V_LOGSUMEXP) return best;
    sum = 0;
    for (ptrdiff_t k = 0; k < length; k++) sum += exp(x[k * step] - best);
    return best + log(sum);
}

static void many_numbers(void) {
    static const int kinds[] = {V_MAX, V_MIN, V_SUM, V_MEAN, V_LOGSUMEXP};
    static double x[MOST * 8], out[MOST + 8], g[MOST], gx[MOST * 8];
    for (int k = 0; k < 5; k++)
        for (ptrdiff_t n = 1; n < MOST; n++)
            for (ptrdiff_t length = 1; length < 8; length++) {
                int kind = kinds[k];
                fill(x, MOST * 8, -3, 3);
                fill(g, n, -1, 1);
                guard(out, n);
                memset(gx, 0, sizeof gx);
                own->many(kind, n, length, x, MOST, out);
                own->many_back(kind, n, length, g, x, MOST, out, gx);
                for (ptrdiff_t i = 0; i < n; i++) {
                    double expected = of_many(kind, length, x + i, MOST), slope;
                    compare("many numbers", n, i, out[i], expected, 3 * length, 4);
                    for (ptrdiff_t q = 0; q < length; q++) {
                        double own_x = x[q * MOST + i];
                        slope = kind == V_SUM ? 1 : kind == V_MEAN ? 1.0 / (double)length : own_x == expected;
                        if (kind == V_LOGSUMEXP) slope = exp(own_x - expected);
                        compare("their slopes", n, i, gx[q * MOST + i], 0.0 + g[i] * slope, 1, 8);
                    }
                }
                guarded("many numbers", out, n);
            }
}

/* Products of matrices, sums of products, and sums */

static void products(void) {
    static double a[ROOM], b[ROOM], c[ROOM], before[ROOM], bias[ROOM];
    static const ptrdiff_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 17, 31};
    enum { N = sizeof sizes / sizeof *sizes };
    fill(a, ROOM, -1, 1);
    fill(b, ROOM, -1, 1);
    fill(before, ROOM, -1, 1);
    fill(bias, ROOM, -1, 1);
    for (int trial = 0; trial < N * N * N; trial++) {
        ptrdiff_t m = sizes[trial % N], n = sizes[trial / N % N], k = sizes[trial / N / N];
        for (int how = ASSIGN; how <= IN_ORDER; how++)
            for (int with_bias = 0; with_bias <= (how == ASSIGN); with_bias++) {
                memcpy(c, before, sizeof c);
                own->rows(m, n, k, a, k + 1, 1, b, n, c, n + 2, with_bias ? bias : NULL, 2, how);
                for (ptrdiff_t i = 0; i < m * (n + 2); i++) {
                    ptrdiff_t r = i / (n + 2), s = i % (n + 2);
                    double sum = how == ASSIGN ? with_bias ? bias[2 * r] : 0 : before[i];
                    for (ptrdiff_t q = 0; q < k; q++) sum += a[r * (k + 1) + q] * b[q * n + s];
                    compare("rows", n, i, c[i], s < n ? sum : before[i], s < n ? k + 1 : 0, s < n ? 2 : 0);
                }
                if (how == IN_ORDER) continue;
                memcpy(c, before, sizeof c);
                ptrdiff_t cm = n + 2, cn = 1, turned = trial % 3 == 0; /* also by columns */
                if (turned) cm = 1, cn = m + 2;
                own->dots(m, n, k, a, k + 1, b, k + 3, c, cm, cn, with_bias ? bias : NULL, 3, 5, how == ADD_TO);
                for (ptrdiff_t i = 0; i < (turned ? n * cn : m * cm); i++) {
                    ptrdiff_t r = turned ? i % cn : i / cm, s = turned ? i / cn : i % cm;
                    double sum = how == ADD_TO ? before[i] : with_bias ? bias[3 * r + 5 * s] : 0;
                    if (r >= m || s >= n) {
                        compare("what is beside dots", n, i, c[i], before[i], 0, 0);
                        continue;
                    }
                    for (ptrdiff_t q = 0; q < k; q++) sum += a[r * (k + 1) + q] * b[s * (k + 3) + q];
                    compare("dots", n, i, c[i], sum, k + 1, 2);
                }
            }
        for (int how = ADD_TO; how <= IN_ORDER; how++) {
            memcpy(c, before, sizeof c);
            own->pairs(n, k, a, n, b, n + 1, c, how);
            for (ptrdiff_t i = 0; i < n + 8; i++) {
                double sum = before[i];
                for (ptrdiff_t q = 0; i < n && q < k; q++) sum += a[q * n + i] * b[q * (n + 1) + i];
                compare("pairs", n, i, c[i], sum, i < n ? k + 1 : 0, i < n ? 2 : 0);
            }
        }
    }
}

static void sums(void) {
    static double a[ROOM], b[ROOM], c[4];
    for (ptrdiff_t n = 0; n < 2 * MOST; n++) {
        double sum = 0;
        fill(a, n + 1, -1, 1);
        for (ptrdiff_t i = 0; i < n; i++) sum += a[i];
        compare("a sum", n, 0, own->sum(n, a), sum, n, 2);
        compare("finite numbers", n, 0, own->zero_if_finite(n, a) + 0.0, 0, 0, 0);
        for (ptrdiff_t i = 0; i < n; i++) {
            double kept = a[i];
            a[i] = i % 2 ? INFINITY : NAN;
            compare("a number that is not finite", n, i, own->zero_if_finite(n, a), NAN, 0, 0);
            a[i] = kept;
        }
        if (n == 0) continue;
        for (ptrdiff_t i = 0; i < n; i++) a[i] = -0.0, b[i] = 1; /* -0.0 only if all are */
        compare("a sum of -0.0", n, 0, own->sum(n, a), -0.0, 0, 0);
        own->dots(1, 1, n, a, n, b, n, c, 1, 1, NULL, 0, 0, 0);
        compare("a dot of -0.0", n, 0, c[0], -0.0, 0, 0);
        a[n / 2] = 0.0;
        compare("a sum of zeros", n, 0, own->sum(n, a), 0.0, 0, 0);
        own->dots(1, 1, n, a, n, b, n, c, 1, 1, NULL, 0, 0, 0);
        compare("a dot of zeros", n, 0, c[0], 0.0, 0, 0);
    }
}

/* Parameters: to the last bit as updates.py does it, product by product and sum by sum */

static void parameters(void) {
    for (ptrdiff_t n = 1; n < MOST; n++)
        for (int form = 0; form < 4; form++) {
            double pairs[2 * MOST + 8], before[2 * MOST], numbers[MOST + 8], g[MOST];
            double means[MOST], squares[MOST], velocities[MOST], m0[MOST], s0[MOST], v0[MOST];
            fill(before, 2 * n, -1, 1);
            fill(g, n, -1, 1);
            fill(m0, n, -1, 1);
            fill(s0, n, 0.1, 1);
            fill(v0, n, -1, 1);
            memcpy(pairs, before, 2 * n * sizeof(double));
            guard(pairs, 2 * n);
            guard(numbers, n);
            own->read(n, pairs, numbers);
            own->credit(n, pairs, g);
            for (ptrdiff_t i = 0; i < n; i++) {
                compare("reading", n, i, numbers[i], before[2 * i], 0, 0);
                compare("a number that is credited", n, i, pairs[2 * i], before[2 * i], 0, 0);
                compare("crediting", n, i, pairs[2 * i + 1], before[2 * i + 1] + g[i], 0, 0);
            }
            guarded("reading", numbers, n);
            guarded("crediting", pairs, 2 * n);
            own->clear(n, pairs);
            for (ptrdiff_t i = 0; i < n; i++) {
                compare("a number that is cleared", n, i, pairs[2 * i], before[2 * i], 0, 0);
                compare("clearing", n, i, pairs[2 * i + 1], 0, 0, 0);
            }
            guarded("clearing", pairs, 2 * n);
            memcpy(pairs, before, 2 * n * sizeof(double));
            memcpy(velocities, v0, n * sizeof(double));
            own->descend(n, pairs, form & 1 ? velocities : NULL, 0.1, 0.9, 0.01);
            for (ptrdiff_t i = 0; i < n; i++) {
                double decayed = 0.01 * before[2 * i], v = before[2 * i + 1] + decayed, kept = 0.9 * v0[i];
                if (form & 1) v = kept + v;
                if (form & 1) compare("a velocity", n, i, velocities[i], v, 0, 0);
                double step = 0.1 * v;
                compare("a descent", n, i, pairs[2 * i], before[2 * i] - step, 0, 0);
                compare("a gradient after a descent", n, i, pairs[2 * i + 1], before[2 * i + 1], 0, 0);
            }
            guarded("a descent", pairs, 2 * n);
            memcpy(pairs, before, 2 * n * sizeof(double));
            memcpy(velocities, v0, n * sizeof(double));
            memcpy(means, m0, n * sizeof(double));
            memcpy(squares, s0, n * sizeof(double));
            Adaptation how = {0.1, 0.9, 0.99, 0.01, 0.5, 0.02, 0.999, 0.3, 1e-8, form & 1 ? means : NULL, squares,
                              form & 2 ? velocities : NULL};
            own->adapt(&how, n, pairs, 0);
            for (ptrdiff_t i = 0; i < n; i++) {
                double x = before[2 * i], decayed = 0.02 * x, mean = before[2 * i + 1] + decayed;
                double part = 0.01 * mean, fresh = part * mean, kept = 0.99 * s0[i], square = kept + fresh;
                double old = 0.9 * m0[i], added = (1 - 0.9) * mean;
                if (form & 1) mean = old + added;
                double up = 0.3 * mean, down = sqrt(square) + 0.3 * 1e-8, v = up / down, moved = 0.5 * v0[i];
                if (form & 2) v = moved + v;
                double shrunk = 0.999 * x, step = 0.1 * v;
                compare("a square", n, i, squares[i], square, 0, 0);
                if (form & 1) compare("a mean", n, i, means[i], mean, 0, 0);
                if (form & 2) compare("a velocity", n, i, velocities[i], v, 0, 0);
                compare("an adaptive step", n, i, pairs[2 * i], shrunk - step, 0, 0);
            }
            guarded("an adaptive step", pairs, 2 * n);
        }
}

int main(void) {
    static const char* names[] = {"avx512", "avx2", "neon", "any"};
    const Lanes* latest = NULL;
    for (int i = 0; i < 4; i++) {
        own = lanes_named(names[i]);
        if (own == NULL || own == latest) continue;
        latest = own;
        compared = 0;
        one_number();
        waves();
        two_numbers();
        powers();
        many_numbers();
        products();
        sums();
        parameters();
        printf("%s: %ld\n", own->name, compared);
    }
    if (wrong) printf("%ld are wrong\n", wrong);
    return wrong != 0;
}
