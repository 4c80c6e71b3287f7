/* Vector kernels of plain arithmetic, for vectors of WIDTH doubles; lanes.c includes this once for each width.
 *
 * Elements are counted in doubles. A product of two numbers plus a third may be rounded once or twice. Sums run in any
 * order, unless they are IN_ORDER. So the results agree with the table of derivatives to some units in the last place.
 */

#if !defined(INLINE)
#if defined(__GNUC__) || defined(__clang__)
#define INLINE static inline __attribute__((always_inline))
#else
#define INLINE static __forceinline
#endif
#endif

#define vec NAME(vec)
#define ivec NAME(ivec)
#define mask NAME(mask)
#define load NAME(load)
#define store NAME(store)
#define load_part NAME(load_part)
#define first_of NAME(first_of)
#define store_part NAME(store_part)
#define splat NAME(splat)
#define fma_of NAME(fma_of)
#define less NAME(less)
#define less_equal NAME(less_equal)
#define both NAME(both)
#define all_of NAME(all_of)
#define select NAME(select)
#define sqrt_vec NAME(sqrt_vec)
#define bits_of NAME(bits_of)
#define of_bits NAME(of_bits)
#define sum_across NAME(sum_across)

/* The vectors */

#if WIDTH == 8
typedef double vec __attribute__((vector_size(64)));
typedef int64_t ivec __attribute__((vector_size(64)));
typedef __mmask8 mask;
INLINE vec splat(double x) { return _mm512_set1_pd(x); }
INLINE vec load(const double* p) { return _mm512_loadu_pd(p); }
INLINE void store(double* p, vec x) { _mm512_storeu_pd(p, x); }
INLINE vec load_part(const double* p, ptrdiff_t n) { return _mm512_maskz_loadu_pd((mask)((1u << n) - 1), p); }
INLINE void store_part(double* p, vec x, ptrdiff_t n) { _mm512_mask_storeu_pd(p, (mask)((1u << n) - 1), x); }
INLINE vec first_of(vec a, vec b, ptrdiff_t n) { return _mm512_mask_blend_pd((mask)((1u << n) - 1), b, a); }
INLINE vec fma_of(vec a, vec b, vec c) { return _mm512_fmadd_pd(a, b, c); }
INLINE mask less(vec a, vec b) { return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ); }
INLINE mask less_equal(vec a, vec b) { return _mm512_cmp_pd_mask(a, b, _CMP_LE_OQ); }
INLINE mask both(mask a, mask b) { return a & b; }
INLINE int all_of(mask m) { return m == 0xff; }
INLINE vec select(mask m, vec a, vec b) { return _mm512_mask_blend_pd(m, b, a); }
INLINE vec sqrt_vec(vec x) { return _mm512_sqrt_pd(x); }
INLINE ivec bits_of(vec x) { return (ivec)x; }
INLINE vec of_bits(ivec x) { return (vec)x; }
INLINE double sum_across(vec x) { return _mm512_reduce_add_pd(x); }
#elif WIDTH == 4
typedef double vec __attribute__((vector_size(32)));
typedef int64_t ivec __attribute__((vector_size(32)));
typedef vec mask;
INLINE vec splat(double x) { return _mm256_set1_pd(x); }
INLINE vec load(const double* p) { return _mm256_loadu_pd(p); }
INLINE void store(double* p, vec x) { _mm256_storeu_pd(p, x); }
INLINE __m256i NAME(first)(ptrdiff_t n) {
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_set_epi64x(3, 2, 1, 0));
}
INLINE vec load_part(const double* p, ptrdiff_t n) { return _mm256_maskload_pd(p, NAME(first)(n)); }
INLINE void store_part(double* p, vec x, ptrdiff_t n) { _mm256_maskstore_pd(p, NAME(first)(n), x); }
INLINE vec first_of(vec a, vec b, ptrdiff_t n) { return _mm256_blendv_pd(b, a, (vec)NAME(first)(n)); }
INLINE vec fma_of(vec a, vec b, vec c) { return _mm256_fmadd_pd(a, b, c); }
INLINE mask less(vec a, vec b) { return _mm256_cmp_pd(a, b, _CMP_LT_OQ); }
INLINE mask less_equal(vec a, vec b) { return _mm256_cmp_pd(a, b, _CMP_LE_OQ); }
INLINE mask both(mask a, mask b) { return _mm256_and_pd(a, b); }
INLINE int all_of(mask m) { return _mm256_movemask_pd(m) == 15; }
INLINE vec select(mask m, vec a, vec b) { return _mm256_blendv_pd(b, a, m); }
INLINE vec sqrt_vec(vec x) { return _mm256_sqrt_pd(x); }
INLINE ivec bits_of(vec x) { return (ivec)x; }
INLINE vec of_bits(ivec x) { return (vec)x; }
INLINE double sum_across(vec x) { return (x[0] + x[1]) + (x[2] + x[3]); }
#elif WIDTH == 2
typedef double vec __attribute__((vector_size(16)));
typedef int64_t ivec __attribute__((vector_size(16)));
typedef ivec mask;
INLINE vec splat(double x) { return (vec){x, x}; }
INLINE vec load(const double* p) {
    vec x;
    memcpy(&x, p, sizeof x);
    return x;
}
INLINE void store(double* p, vec x) { memcpy(p, &x, sizeof x); }
INLINE vec load_part(const double* p, ptrdiff_t n) { return (vec){p[0], 0}; }
INLINE void store_part(double* p, vec x, ptrdiff_t n) { p[0] = x[0]; }
INLINE vec first_of(vec a, vec b, ptrdiff_t n) { return n > 1 ? a : (vec){a[0], b[1]}; }
INLINE mask less(vec a, vec b) { return (mask)(a < b); }
INLINE mask less_equal(vec a, vec b) { return (mask)(a <= b); }
INLINE mask both(mask a, mask b) { return a & b; }
INLINE int all_of(mask m) { return (m[0] & m[1]) != 0; }
INLINE vec select(mask m, vec a, vec b) { return (vec)(((ivec)a & m) | ((ivec)b & ~m)); }
INLINE ivec bits_of(vec x) { return (ivec)x; }
INLINE vec of_bits(ivec x) { return (vec)x; }
INLINE double sum_across(vec x) { return x[0] + x[1]; }
#if defined(__aarch64__)
INLINE vec fma_of(vec a, vec b, vec c) { return (vec)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b); }
INLINE vec sqrt_vec(vec x) { return (vec)vsqrtq_f64((float64x2_t)x); }
#else
INLINE vec fma_of(vec a, vec b, vec c) { return a * b + c; }
INLINE vec sqrt_vec(vec x) { return (vec){sqrt(x[0]), sqrt(x[1])}; }
#endif
#else
typedef double vec;
typedef int64_t ivec;
typedef int mask;
INLINE vec splat(double x) { return x; }
INLINE vec load(const double* p) { return *p; }
INLINE void store(double* p, vec x) { *p = x; }
INLINE vec load_part(const double* p, ptrdiff_t n) { return *p; }
INLINE void store_part(double* p, vec x, ptrdiff_t n) { *p = x; }
INLINE vec first_of(vec a, vec b, ptrdiff_t n) { return n > 0 ? a : b; }
INLINE vec fma_of(vec a, vec b, vec c) { return a * b + c; }
INLINE mask less(vec a, vec b) { return a < b; }
INLINE mask less_equal(vec a, vec b) { return a <= b; }
INLINE mask both(mask a, mask b) { return a && b; }
INLINE int all_of(mask m) { return m; }
INLINE vec select(mask m, vec a, vec b) { return m ? a : b; }
INLINE vec sqrt_vec(vec x) { return sqrt(x); }
INLINE ivec bits_of(vec x) {
    ivec bits;
    memcpy(&bits, &x, sizeof x);
    return bits;
}
INLINE vec of_bits(ivec bits) {
    vec x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
INLINE double sum_across(vec x) { return x; }
#endif

#define get(p) (left >= WIDTH ? load(p) : load_part(p, left))
#define put(p, x) (left >= WIDTH ? store(p, x) : store_part(p, x, left))
#define add_to(p, x) put(p, get(p) + (x))
#define VECTORS(n) for (ptrdiff_t i = 0, left; (left = (n) - i) > 0; i += WIDTH)

INLINE vec NAME(absolute)(vec x) { return select(less_equal(x, splat(0)), splat(0) - x, x); }

/* y, which is 0 or more, with the sign of x, of -0.0 too */
INLINE vec NAME(with_sign)(vec y, vec x) { return of_bits(bits_of(y) | (bits_of(x) & bits_of(splat(-0.0)))); }

INLINE vec NAME(sign)(vec x) {
    return select(less(x, splat(0)), splat(-1), select(less(splat(0), x), splat(1), x * splat(0)));
}

/* Exponentials and logarithms. The reductions are those of Cody & Waite, Software Manual for the Elementary
 * Functions; the polynomials are Taylor's, which reach the last place on the short intervals that are left. */

#define LN2_HEAD 6.93147180369123816490e-01 /* 33 bits of log 2 … */
#define LN2_TAIL 1.90821492927058770002e-10 /* … and the next 53 */
#define LOG2_OF_E 1.44269504088896338700e+00
#define TO_WHOLE 6755399441055744.0 /* 1.5 · 2⁵²: adding and subtracting it rounds to a whole number */

/* 2ⁿ for whole n between -1022 and 1023 */
INLINE vec NAME(two_to)(vec n) { return of_bits(bits_of(n + splat(TO_WHOLE + 1023)) << 52); }

INLINE vec NAME(scaled)(vec x, vec n) {
#if WIDTH == 8
    return _mm512_scalef_pd(x, n);
#else
    vec half = n * splat(0.5) + splat(TO_WHOLE) - splat(TO_WHOLE); /* in two steps, for 2ⁿ may be out of range */
    return x * NAME(two_to)(half) * NAME(two_to)(n - half);
#endif
}

/* exp(r) = 1 + r + r² · rest, for |r| <= log(2) / 2 */
INLINE vec NAME(exp_rest)(vec r) {
    vec s = r * r, q = s * s;
    vec a = fma_of(splat(1.0 / 6), r, splat(1.0 / 2)), b = fma_of(splat(1.0 / 120), r, splat(1.0 / 24));
    vec c = fma_of(splat(1.0 / 5040), r, splat(1.0 / 720)), d = fma_of(splat(1.0 / 362880), r, splat(1.0 / 40320));
    vec e = fma_of(splat(1.0 / 39916800), r, splat(1.0 / 3628800));
    vec f = fma_of(splat(1.0 / 6227020800), r, splat(1.0 / 479001600));
    return fma_of(fma_of(fma_of(f, s, e), q, fma_of(d, s, c)), q, fma_of(b, s, a));
}

/* n and r with x = n · log 2 + r */
INLINE vec NAME(reduced)(vec x, vec* n) {
    *n = fma_of(x, splat(LOG2_OF_E), splat(TO_WHOLE)) - splat(TO_WHOLE);
    return fma_of(*n, splat(-LN2_TAIL), fma_of(*n, splat(-LN2_HEAD), x));
}

INLINE vec NAME(exp_vec)(vec x) {
    vec n, r;
    x = select(less(x, splat(-746)), splat(-746), x);
    x = select(less(splat(710), x), splat(710), x);
    r = NAME(reduced)(x, &n);
    return NAME(scaled)(fma_of(r * r, NAME(exp_rest)(r), r) + splat(1), n);
}

INLINE vec NAME(tanh_vec)(vec x) {
    vec n, r, s, y = NAME(absolute)(x) * splat(2);
    y = select(less(splat(50), y), splat(50), y);
    r = NAME(reduced)(y, &n);
    s = NAME(two_to)(n);
    y = fma_of(s, fma_of(r * r, NAME(exp_rest)(r), r), s - splat(1)); /* exp(2|x|) - 1 */
    y = y / (y + splat(2));
    return NAME(with_sign)(y, x);
}

/* sech² */
INLINE vec NAME(tanh_slope)(vec x) {
    vec t = NAME(exp_vec)(NAME(absolute)(x) * splat(-2)), s = t + splat(1);
    return splat(4) * t / (s * s);
}

INLINE vec NAME(sigmoid_vec)(vec x) {
    vec t = NAME(exp_vec)(-NAME(absolute)(x));
    return select(less(x, splat(0)), t, splat(1)) / (t + splat(1));
}

INLINE vec NAME(sigmoid_slope)(vec x) {
    vec t = NAME(exp_vec)(-NAME(absolute)(x)), s = t + splat(1);
    return t / (s * s);
}

/* nan where x is not above 0 or not finite */
INLINE vec NAME(log_vec)(vec x) {
    mask defined = both(less(splat(0), x), less(x, splat(INFINITY)));
    mask small = less(x, splat(2.2250738585072014e-308));
    vec y = select(small, x * splat(18014398509481984.0), x), e, m, f, s, z, p; /* 2⁵⁴ */
    ivec bits = bits_of(y);
#if WIDTH == 8
    ivec exponent = (ivec)_mm512_srli_epi64((__m512i)bits, 52);
#elif WIDTH == 4
    ivec exponent = (ivec)_mm256_srli_epi64((__m256i)bits, 52);
#else
    ivec exponent = (bits >> 52) & 0x7ff;
#endif
    e = of_bits(exponent | bits_of(splat(4503599627370496.0))) - splat(4503599627370496.0 + 1023); /* 2⁵² */
    e = e - select(small, splat(54), splat(0));
    m = of_bits((bits & bits_of(splat(2.2250738585072009e-308))) | bits_of(splat(1.0))); /* the bits of the fraction */
    z = splat(1.4142135623730951);
    e = e + select(less(z, m), splat(1), splat(0));
    f = select(less(z, m), m * splat(0.5), m) - splat(1);
    s = f / (f + splat(2));
    z = s * s;
    p = splat(2.0 / 23);
    p = fma_of(p, z, splat(2.0 / 21));
    p = fma_of(p, z, splat(2.0 / 19));
    p = fma_of(p, z, splat(2.0 / 17));
    p = fma_of(p, z, splat(2.0 / 15));
    p = fma_of(p, z, splat(2.0 / 13));
    p = fma_of(p, z, splat(2.0 / 11));
    p = fma_of(p, z, splat(2.0 / 9));
    p = fma_of(p, z, splat(2.0 / 7));
    p = fma_of(p, z, splat(2.0 / 5));
    p = fma_of(p, z, splat(2.0 / 3));
    y = fma_of(e, splat(LN2_HEAD), f - (s * (f - p * z) - e * splat(LN2_TAIL)));
    return select(defined, y, splat(NAN));
}

/* log(1 + x) for x >= 0: the rounding of 1 + x is put right (Higham, Accuracy and Stability, 1.14.1) */
INLINE vec NAME(log1p_vec)(vec x) {
    vec y = x + splat(1);
    return NAME(log_vec)(y) + (x - (y - splat(1))) / y;
}

/* sin x, or cos x where a quarter of a turn is added, for |x| <= WAVES_TO. It takes x to within an eighth of a turn of 0,
 * with what the rounding leaves behind, and computes both of Taylor's polynomials there */

#define PI_HALF_HEAD 1.5707963267341256 /* 33 bits of pi / 2 … */
#define PI_HALF_NEXT 6.077100506303966e-11 /* … the next 33 … */
#define PI_HALF_TAIL 2.0222662487959506e-21 /* … and 53 more */
#define TWO_OVER_PI 0.6366197723675814
#define WAVES_TO 1000.0 /* so that the first two products are exact, and the third is small */

INLINE vec NAME(wave)(vec x, int quarter) {
    vec shifted = fma_of(x, splat(TWO_OVER_PI), splat(TO_WHOLE)), n = shifted - splat(TO_WHOLE);
    ivec turns = bits_of(shifted) + quarter;
    vec first = fma_of(n, splat(-PI_HALF_HEAD), x), r = fma_of(n, splat(-PI_HALF_NEXT), first);
    vec low = fma_of(n, splat(-PI_HALF_TAIL), fma_of(n, splat(-PI_HALF_NEXT), first - r));
    vec z = r * r, q = z * z, half = z * splat(0.5), rest = splat(1) - half;
    vec a = fma_of(splat(1.0 / 120), z, splat(-1.0 / 6)), b = fma_of(splat(1.0 / 362880), z, splat(-1.0 / 5040));
    vec c = fma_of(splat(1.0 / 6227020800), z, splat(-1.0 / 39916800));
    vec d = fma_of(splat(1.0 / 355687428096000), z, splat(-1.0 / 1307674368000));
    vec sine = fma_of(fma_of(fma_of(d, q, c), q, b), q, a);
    a = fma_of(splat(-1.0 / 720), z, splat(1.0 / 24));
    b = fma_of(splat(-1.0 / 3628800), z, splat(1.0 / 40320));
    c = fma_of(splat(-1.0 / 87178291200), z, splat(1.0 / 479001600));
    vec cosine = fma_of(fma_of(fma_of(splat(1.0 / 20922789888000), q, c), q, b), q, a);
    sine = r + fma_of(r * z, sine, low * rest);
    cosine = rest + (fma_of(q, cosine, -r * low) + ((splat(1) - rest) - half));
    sine = NAME(with_sign)(sine, r); /* that of -0.0 too */
    vec y = select(less(of_bits((turns << 63) | bits_of(splat(1.0))), splat(0)), cosine, sine);
    return of_bits(bits_of(y) ^ ((turns << 62) & bits_of(splat(-0.0))));
}

INLINE vec NAME(waves)(vec x, int quarter) {
    vec y = NAME(wave)(x, quarter);
    double xs[WIDTH], ys[WIDTH];
    if (all_of(both(less_equal(splat(-WAVES_TO), x), less_equal(x, splat(WAVES_TO))))) return y;
    store(xs, x);
    store(ys, y);
    for (int k = 0; k < WIDTH; k++)
        if (!(fabs(xs[k]) <= WAVES_TO)) ys[k] = quarter ? cos(xs[k]) : sin(xs[k]);
    return load(ys);
}

/* Operations on one number */

#define EACH(expression)          \
    VECTORS(n) {                  \
        vec a = get(x + i);       \
        put(out + i, expression); \
    }                             \
    break

static void NAME(one)(int kind, ptrdiff_t n, const double* x, double* out) {
    switch (kind) {
        case V_COPY: memcpy(out, x, n * sizeof(double)); break;
        case V_NEG: EACH(-a);
        case V_RELU: EACH(select(less_equal(a, splat(0)), splat(0), a));
        case V_EXP: EACH(NAME(exp_vec)(a));
        case V_LOG: EACH(NAME(log_vec)(a));
        case V_SQRT: EACH(sqrt_vec(a));
        case V_TANH: EACH(NAME(tanh_vec)(a));
        case V_SIGMOID: EACH(NAME(sigmoid_vec)(a));
        case V_SOFTPLUS:
            EACH(select(less(splat(0), a), a, splat(0)) + NAME(log1p_vec)(NAME(exp_vec)(-NAME(absolute)(a))));
        case V_ABS: EACH(NAME(absolute)(a));
    }
}
#undef EACH

#define EACH(expression)           \
    VECTORS(n) {                   \
        vec a = get(g + i);        \
        add_to(gx + i, expression); \
    }                              \
    break

static void NAME(one_back)(
    int kind, ptrdiff_t n, const double* g, const double* x, const double* out, double* gx
) {
    switch (kind) {
        case V_COPY: EACH(a);
        case V_NEG: EACH(-a);
        case V_RELU: EACH(a * select(less_equal(get(x + i), splat(0)), splat(0), splat(1)));
        case V_EXP: EACH(a * get(out + i));
        case V_LOG: EACH(a * (splat(1) / get(x + i)));
        case V_SQRT: EACH(a * (splat(0.5) / get(out + i)));
        case V_TANH: EACH(a * NAME(tanh_slope)(get(x + i)));
        case V_SIGMOID: EACH(a * NAME(sigmoid_slope)(get(x + i)));
        case V_SOFTPLUS: EACH(a * NAME(sigmoid_vec)(get(x + i)));
        case V_ABS: EACH(a * NAME(sign)(get(x + i)));
    }
}
#undef EACH

/* The same for numbers that stand anywhere: a vector is put together of them, and not read back from memory */

#define NUMBER(k) s[at[k < n ? k : n - 1]]
INLINE vec NAME(gathered)(const double* s, const int32_t* at, ptrdiff_t n) {
#if WIDTH == 8
    return (vec){NUMBER(0), NUMBER(1), NUMBER(2), NUMBER(3), NUMBER(4), NUMBER(5), NUMBER(6), NUMBER(7)};
#elif WIDTH == 4
    return (vec){NUMBER(0), NUMBER(1), NUMBER(2), NUMBER(3)};
#elif WIDTH == 2
    return (vec){NUMBER(0), NUMBER(1)};
#else
    return NUMBER(0);
#endif
}
#undef NUMBER

#define EACH(expression)                          \
    VECTORS(n) {                                  \
        vec a = NAME(gathered)(s, at + i, left);  \
        put(out + i, expression);                 \
    }                                             \
    break

static void NAME(one_at)(int kind, ptrdiff_t n, const double* s, const int32_t* at, double* out) {
    switch (kind) {
        case V_EXP: EACH(NAME(exp_vec)(a));
        case V_LOG: EACH(NAME(log_vec)(a));
        case V_SQRT: EACH(sqrt_vec(a));
        case V_TANH: EACH(NAME(tanh_vec)(a));
        case V_SIGMOID: EACH(NAME(sigmoid_vec)(a));
        case V_SOFTPLUS:
            EACH(select(less(splat(0), a), a, splat(0)) + NAME(log1p_vec)(NAME(exp_vec)(-NAME(absolute)(a))));
        case V_ABS: EACH(NAME(absolute)(a));
    }
}
#undef EACH

#define EACH(expression)                                                              \
    VECTORS(n) {                                                                      \
        vec a = NAME(gathered)(s, at + i, left);                                      \
        double passed[WIDTH];                                                         \
        store(passed, get(g + i) * (expression));                                     \
        for (ptrdiff_t k = 0; k < WIDTH && k < left; k++) gradients[at[i + k]] += passed[k]; \
    }                                                                                 \
    break

static void NAME(one_back_at)(
    int kind, ptrdiff_t n, const double* g, const double* s, const int32_t* at, double* gradients
) {
    switch (kind) {
        case V_TANH: EACH(NAME(tanh_slope)(a));
        case V_SIGMOID: EACH(NAME(sigmoid_slope)(a));
        case V_SOFTPLUS: EACH(NAME(sigmoid_vec)(a));
        case V_ABS: EACH(NAME(sign)(a));
    }
}
#undef EACH

/* sin or cos, apart from the others: to keep what is far away would make these slower */

static void NAME(waves_at)(int kind, ptrdiff_t n, const double* s, const int32_t* at, double* out) {
    VECTORS(n) put(out + i, NAME(waves)(NAME(gathered)(s, at + i, left), kind == V_COS));
}

static void NAME(waves_back_at)(
    int kind, ptrdiff_t n, const double* g, const double* s, const int32_t* at, double* gradients
) {
    VECTORS(n) {
        double slopes[WIDTH];
        store(slopes, NAME(waves)(NAME(gathered)(s, at + i, left), kind == V_SIN));
        for (ptrdiff_t k = 0; k < WIDTH && k < left; k++)
            gradients[at[i + k]] += g[i + k] * (kind == V_SIN ? slopes[k] : -slopes[k]);
    }
}

/* Operations on two numbers */

#define EACH(expression)                                           \
    VECTORS(n) {                                                   \
        vec a = sx ? get(x + i) : x0, b = sy ? get(y + i) : y0;     \
        put(out + i, expression);                                  \
    }                                                              \
    break

INLINE void NAME(two_with)(
    int kind, ptrdiff_t n, const double* x, const int sx, const double* y, const int sy, double* out
) {
    vec x0 = splat(*x), y0 = splat(*y);
    switch (kind) {
        case V_ADD: EACH(a + b);
        case V_SUB: EACH(a - b);
        case V_MUL: EACH(a * b);
        case V_DIV: EACH(a / b);
    }
}
#undef EACH

static void NAME(two)(
    int kind, ptrdiff_t n, const double* x, int sx, const double* y, int sy, double* out
) {
    if (sx && sy) NAME(two_with)(kind, n, x, 1, y, 1, out);
    else if (sx) NAME(two_with)(kind, n, x, 1, y, 0, out);
    else NAME(two_with)(kind, n, x, 0, y, sy, out);
}

/* gx += slope_x and gy += slope_y, or their sums where one number serves all n */
#define EACH(slope_x, slope_y)                                                            \
    VECTORS(n) {                                                                          \
        vec a = get(g + i), u = sx ? get(x + i) : x0, v = sy ? get(y + i) : y0;           \
        if (gx && sx) add_to(gx + i, slope_x);                                            \
        if (gx && !sx) sum_x += left >= WIDTH ? slope_x : NAME(cut)(slope_x, left);        \
        if (gy && sy) add_to(gy + i, slope_y);                                            \
        if (gy && !sy) sum_y += left >= WIDTH ? slope_y : NAME(cut)(slope_y, left);        \
        (void)u, (void)v;                                                                 \
    }                                                                                     \
    break

/* The first n, and zeros */
INLINE vec NAME(cut)(vec x, ptrdiff_t n) {
    double numbers[WIDTH];
    store(numbers, x);
    return load_part(numbers, n);
}

INLINE void NAME(two_back_with)(
    int kind, ptrdiff_t n, const double* g, const double* x, const int sx, const double* y, const int sy,
    const double* out, double* gx, double* gy
) {
    vec x0 = splat(*x), y0 = splat(*y), sum_x = splat(0), sum_y = splat(0);
    switch (kind) {
        case V_ADD: EACH(a, a);
        case V_SUB: EACH(a, -a);
        case V_MUL: EACH(a * v, a * u);
        case V_DIV: EACH(a * (splat(1) / v), a * (-get(out + i) / v));
    }
    if (gx && !sx) *gx += sum_across(sum_x);
    if (gy && !sy) *gy += sum_across(sum_y);
}
#undef EACH

static void NAME(two_back)(
    int kind, ptrdiff_t n, const double* g, const double* x, int sx, const double* y, int sy, const double* out,
    double* gx, double* gy
) {
    if (sx && sy) NAME(two_back_with)(kind, n, g, x, 1, y, 1, out, gx, gy);
    else if (sx) NAME(two_back_with)(kind, n, g, x, 1, y, 0, out, gx, gy);
    else NAME(two_back_with)(kind, n, g, x, 0, y, sy, out, gx, gy);
}

/* x ** exponent. Where that is infinite, or steep without end, what comes out is not finite */

#define EACH(expression)              \
    {                                 \
        VECTORS(n) {                  \
            vec a = get(x + i);       \
            put(out + i, expression); \
        }                             \
        return;                       \
    }

static void NAME(power)(double exponent, ptrdiff_t n, const double* x, double* out) {
    if (exponent == 1) EACH(a)
    if (exponent == 2) EACH(a * a)
    if (exponent == 3) EACH(a * a * a)
    if (exponent == 4) EACH((a * a) * (a * a))
    if (exponent == -1) EACH(splat(1) / a)
    if (exponent == -2) EACH(splat(1) / (a * a))
    if (exponent == 0.5) EACH(sqrt_vec(a + splat(0))) /* of -0.0 it is 0.0 */
    if (exponent == -0.5) EACH(splat(1) / sqrt_vec(a))
    if (exponent == 1.5) EACH(a * sqrt_vec(a))
}
#undef EACH

#define EACH(expression)                               \
    {                                                  \
        VECTORS(n) {                                   \
            vec a = get(x + i);                        \
            add_to(gx + i, get(g + i) * (expression)); \
        }                                              \
        return;                                        \
    }

static void NAME(power_back)(
    double exponent, ptrdiff_t n, const double* g, const double* x, const double* out, double* gx
) {
    if (exponent == 1) EACH(splat(1) + splat(0) * a)
    if (exponent == 2) EACH(splat(2) * a)
    if (exponent == 3) EACH(splat(3) * a * a)
    if (exponent == 4) EACH(splat(4) * a * a * a)
    if (exponent == 1.5) EACH(splat(1.5) * sqrt_vec(a))
    EACH(splat(exponent) * get(out + i) / a)
}
#undef EACH

/* Operations on many numbers, lane by lane */

static void NAME(many)(int kind, ptrdiff_t n, ptrdiff_t length, const double* x, ptrdiff_t sk, double* out) {
    VECTORS(n) {
        vec best = get(x + i), sum = best, whole, others, seen;
        if (kind == V_SUM || kind == V_MEAN) {
            for (ptrdiff_t k = 1; k < length; k++) sum = sum + get(x + k * sk + i);
            /* where the sum overflows, infinity or nan: the caller asks the table */
            put(out + i, kind == V_SUM ? sum : sum / splat((double)length));
            continue;
        }
        /* a nan stays, because no comparison removes it: whole is then nan too */
        whole = best * splat(0);
        for (ptrdiff_t k = 1; k < length; k++) {
            vec a = get(x + k * sk + i);
            best = select(kind == V_MIN ? less(a, best) : less(best, a), a, best);
            whole = fma_of(a, splat(0), whole);
        }
        if (kind != V_LOGSUMEXP) {
            /* of an infinite number too, nan: the caller asks the table */
            put(out + i, select(less_equal(whole, splat(0)), best, splat(NAN)));
            continue;
        }
        others = seen = splat(0);
        for (ptrdiff_t k = 0; k < length; k++) {
            vec d = get(x + k * sk + i) - best, e = NAME(exp_vec)(d);
            mask first = both(less_equal(splat(0), d), less_equal(seen, splat(0))); /* its exp(0) is the 1 below */
            others = others + select(first, splat(0), e);
            seen = select(first, splat(1), seen);
        }
        put(out + i, best + NAME(log1p_vec)(others) + whole);
    }
}

static void NAME(many_back)(
    int kind, ptrdiff_t n, ptrdiff_t length, const double* g, const double* x, ptrdiff_t sk, const double* out, double* gx
) {
    VECTORS(n) {
        vec a = get(g + i), o = get(out + i), sum = splat(0), best;
        switch (kind) {
            case V_MEAN: a = a * splat(1.0 / length);
            /* fallthrough */
            case V_SUM:
                for (ptrdiff_t k = 0; k < length; k++) add_to(gx + k * sk + i, a);
                break;
            case V_LOGSUMEXP:
                best = get(x + i);
                for (ptrdiff_t k = 1; k < length; k++) {
                    vec b = get(x + k * sk + i);
                    best = select(less(best, b), b, best);
                }
                for (ptrdiff_t k = 0; k < length; k++) sum = sum + NAME(exp_vec)(get(x + k * sk + i) - best);
                a = a / sum;
                for (ptrdiff_t k = 0; k < length; k++)
                    add_to(gx + k * sk + i, a * NAME(exp_vec)(get(x + k * sk + i) - best));
                break;
            default: /* V_MAX and V_MIN: those that are the result share equally */
                for (ptrdiff_t k = 0; k < length; k++) {
                    vec b = get(x + k * sk + i);
                    sum = sum + select(both(less_equal(b, o), less_equal(o, b)), splat(1), splat(0));
                }
                a = a / sum;
                for (ptrdiff_t k = 0; k < length; k++) {
                    vec b = get(x + k * sk + i);
                    add_to(gx + k * sk + i, select(both(less_equal(b, o), less_equal(o, b)), a, splat(0)));
                }
        }
    }
}

/* -0.0 only if all are */
static double NAME(sum)(ptrdiff_t n, const double* x) {
    vec sum = splat(-0.0);
    ptrdiff_t i = 0;
    if (n == 0) return 0;
    for (; i + WIDTH <= n; i += WIDTH) sum = sum + load(x + i);
    if (i < n) sum = first_of(sum + load_part(x + i, n - i), sum, n - i);
    return sum_across(sum);
}

static double NAME(zero_if_finite)(ptrdiff_t n, const double* x) {
    vec sum = splat(0);
    VECTORS(n) sum = fma_of(get(x + i), splat(0), sum);
    return sum_across(sum);
}

/* Products of matrices, by tiles whose sums stay in registers */

#if WIDTH == 8
#define TILE_ROWS 8
#else
#define TILE_ROWS 4
#endif
#define TILE_VECTORS 2
#if WIDTH == 8 || defined(__aarch64__)
#define VECTOR_REGISTERS 32
#else
#define VECTOR_REGISTERS 16
#endif

/* rows x (vectors * WIDTH) of c; rows and vectors are constants where this is called. part: how many of the last
 * vector count, WIDTH for all */
INLINE void NAME(tile)(
    const int rows, const int vectors, const ptrdiff_t part, ptrdiff_t n_k, const double* a, ptrdiff_t am,
    ptrdiff_t ak, const double* b, ptrdiff_t bk, double* c, ptrdiff_t cm, const double* bias, ptrdiff_t bias_m,
    const int how
) {
    vec sums[TILE_ROWS][TILE_VECTORS], right[TILE_VECTORS];
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++) {
            const double* from = c + r * cm + v * WIDTH;
            sums[r][v] = how != IN_ORDER ? splat(-0.0) : part == WIDTH ? load(from) : load_part(from, part);
        }
    for (ptrdiff_t k = 0; k < n_k; k++, a += ak, b += bk) {
        for (int v = 0; v < vectors; v++) right[v] = part == WIDTH ? load(b + v * WIDTH) : load_part(b, part);
        for (int r = 0; r < rows; r++) {
            vec left = splat(a[r * am]);
            for (int v = 0; v < vectors; v++) sums[r][v] = fma_of(left, right[v], sums[r][v]);
        }
    }
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++) {
            double* to = c + r * cm + v * WIDTH;
            vec sum = sums[r][v];
            if (how == ADD_TO) sum = (part == WIDTH ? load(to) : load_part(to, part)) + sum;
            else if (bias) sum = sum + splat(bias[r * bias_m]);
            if (part == WIDTH) store(to, sum);
            else store_part(to, sum, part);
        }
}

/* All columns of some rows */
INLINE void NAME(band)(
    const int rows, ptrdiff_t n, ptrdiff_t k, const double* a, ptrdiff_t am, ptrdiff_t ak, const double* b,
    ptrdiff_t bk, double* c, ptrdiff_t cm, const double* bias, ptrdiff_t bias_m, const int how
) {
    ptrdiff_t i = 0;
    for (; i + 2 * WIDTH <= n; i += 2 * WIDTH)
        NAME(tile)(rows, 2, WIDTH, k, a, am, ak, b + i, bk, c + i, cm, bias, bias_m, how);
    for (; i + WIDTH <= n; i += WIDTH)
        NAME(tile)(rows, 1, WIDTH, k, a, am, ak, b + i, bk, c + i, cm, bias, bias_m, how);
    if (i < n) NAME(tile)(rows, 1, n - i, k, a, am, ak, b + i, bk, c + i, cm, bias, bias_m, how);
}

INLINE void NAME(rows_with)(
    ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const double* a, ptrdiff_t am, ptrdiff_t ak, const double* b, ptrdiff_t bk,
    double* c, ptrdiff_t cm, const double* bias, ptrdiff_t bias_m, const int how
) {
    ptrdiff_t r = 0;
#define BAND(rows)                                                                                              \
    for (; r + rows <= m; r += rows)                                                                            \
        NAME(band)(rows, n, k, a + r * am, am, ak, b, bk, c + r * cm, cm, bias ? bias + r * bias_m : NULL, bias_m, how)
#if TILE_ROWS == 8
    BAND(8);
#endif
    BAND(4);
    BAND(2);
    BAND(1);
#undef BAND
}

static void NAME(rows)(
    ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const double* a, ptrdiff_t am, ptrdiff_t ak, const double* b, ptrdiff_t bk,
    double* c, ptrdiff_t cm, const double* bias, ptrdiff_t bias_m, int how
) {
    if (how == ADD_TO) NAME(rows_with)(m, n, k, a, am, ak, b, bk, c, cm, NULL, 0, ADD_TO);
    else if (how == IN_ORDER) NAME(rows_with)(m, n, k, a, am, ak, b, bk, c, cm, NULL, 0, IN_ORDER);
    else NAME(rows_with)(m, n, k, a, am, ak, b, bk, c, cm, bias, bias_m, ASSIGN);
}

/* The sums of each of n vectors, side by side; n is at most 8, and a constant where this is called */
INLINE void NAME(sums_of)(const int n, const vec* x, double* sums) {
#if WIDTH == 8
    if (n >= 4) { /* two, then four, then the halves */
        __m512d ab = _mm512_unpacklo_pd(x[0], x[1]) + _mm512_unpackhi_pd(x[0], x[1]);
        __m512d cd = _mm512_unpacklo_pd(x[2], x[3]) + _mm512_unpackhi_pd(x[2], x[3]);
        if (n == 8) {
            __m512d ef = _mm512_unpacklo_pd(x[4], x[5]) + _mm512_unpackhi_pd(x[4], x[5]);
            __m512d gh = _mm512_unpacklo_pd(x[6], x[7]) + _mm512_unpackhi_pd(x[6], x[7]);
            __m512d first = _mm512_shuffle_f64x2(ab, cd, 0x88) + _mm512_shuffle_f64x2(ab, cd, 0xdd);
            __m512d second = _mm512_shuffle_f64x2(ef, gh, 0x88) + _mm512_shuffle_f64x2(ef, gh, 0xdd);
            store(sums, _mm512_shuffle_f64x2(first, second, 0x88) + _mm512_shuffle_f64x2(first, second, 0xdd));
            return;
        }
        __m256d two = _mm512_castpd512_pd256(ab) + _mm512_extractf64x4_pd(ab, 1);
        __m256d more = _mm512_castpd512_pd256(cd) + _mm512_extractf64x4_pd(cd, 1);
        _mm256_storeu_pd(sums, _mm256_permute2f128_pd(two, more, 0x20) + _mm256_permute2f128_pd(two, more, 0x31));
        return;
    }
#elif WIDTH == 4
    if (n == 4) {
        vec ab = _mm256_unpacklo_pd(x[0], x[1]) + _mm256_unpackhi_pd(x[0], x[1]);
        vec cd = _mm256_unpacklo_pd(x[2], x[3]) + _mm256_unpackhi_pd(x[2], x[3]);
        store(sums, _mm256_permute2f128_pd(ab, cd, 0x20) + _mm256_permute2f128_pd(ab, cd, 0x31));
        return;
    }
#elif WIDTH == 2
    if (n > 1) {
        for (int i = 0; i < n; i += 2)
            store(sums + i, (vec){x[i][0], x[i + 1][0]} + (vec){x[i][1], x[i + 1][1]});
        return;
    }
#endif
    for (int i = 0; i < n; i++) sums[i] = sum_across(x[i]);
}

INLINE void NAME(add_few)(const int n, double* to, const double* x) {
    int i = 0;
    for (; i + WIDTH <= n; i += WIDTH) store(to + i, load(to + i) + load(x + i));
#if WIDTH == 8
    for (; i + 4 <= n; i += 4) _mm256_storeu_pd(to + i, _mm256_loadu_pd(to + i) + _mm256_loadu_pd(x + i));
#endif
    for (; i < n; i++) to[i] += x[i];
}

/* Without the pragma GCC keeps the sums in memory */
#if defined(__GNUC__) && !defined(__clang__)
#define UNROLLED _Pragma("GCC unroll 8")
#else
#define UNROLLED
#endif

/* rows x columns of c, each of which is a dot product along k. The sums begin with -0.0, and what a part of a vector
 * does not have is left out, because a sum of zeros is -0.0 only if all are */
INLINE void NAME(dots_tile)(
    const int rows, const int columns, ptrdiff_t n, const double* a, ptrdiff_t am, const double* b, ptrdiff_t bn,
    double* c, ptrdiff_t cm, ptrdiff_t cn, const double* bias, ptrdiff_t bias_m, ptrdiff_t bias_n, int add
) {
    vec sums[4][8], right[8];
    ptrdiff_t i = 0;
    UNROLLED for (int r = 0; r < rows; r++)
        UNROLLED for (int s = 0; s < columns; s++) sums[r][s] = splat(-0.0);
    for (; i + WIDTH <= n; i += WIDTH) {
        UNROLLED for (int s = 0; s < columns; s++) right[s] = load(b + s * bn + i);
        UNROLLED for (int r = 0; r < rows; r++) {
            vec x = load(a + r * am + i);
            UNROLLED for (int s = 0; s < columns; s++) sums[r][s] = fma_of(x, right[s], sums[r][s]);
        }
    }
    if (i < n) {
        UNROLLED for (int s = 0; s < columns; s++) right[s] = load_part(b + s * bn + i, n - i);
        UNROLLED for (int r = 0; r < rows; r++) {
            vec x = load_part(a + r * am + i, n - i);
            UNROLLED for (int s = 0; s < columns; s++)
                sums[r][s] = first_of(fma_of(x, right[s], sums[r][s]), sums[r][s], n - i);
        }
    }
    UNROLLED for (int r = 0; r < rows; r++) {
        double numbers[8], *to = c + r * cm;
        NAME(sums_of)(columns, sums[r], numbers);
        const double* plus = add ? to : bias ? bias + r * bias_m : NULL;
        const ptrdiff_t step = add ? cn : bias_n;
        if (plus && step == 1)
            NAME(add_few)(columns, numbers, plus);
        else if (plus)
            for (int s = 0; s < columns; s++) numbers[s] += plus[s * step];
        if (cn == 1)
            memcpy(to, numbers, columns * sizeof(double));
        else
            for (int s = 0; s < columns; s++) to[s * cn] = numbers[s];
    }
}

static void NAME(dots)(
    ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const double* a, ptrdiff_t am, const double* b, ptrdiff_t bn, double* c,
    ptrdiff_t cm, ptrdiff_t cn, const double* bias, ptrdiff_t bias_m, ptrdiff_t bias_n, int add
) {
    ptrdiff_t r = 0, s;
    if (n < 4 && n < m) { /* sums of four columns and more are found together */
        NAME(dots)(n, m, k, b, bn, a, am, c, cn, cm, bias, bias_n, bias_m, add);
        return;
    }
#define TILE(rows, columns)                                                                            \
    for (; s + columns <= n; s += columns)                                                             \
        NAME(dots_tile)(rows, columns, k, a + r * am, am, b + s * bn, bn, c + r * cm + s * cn, cm, cn, \
                        bias ? bias + r * bias_m + s * bias_n : NULL, bias_m, bias_n, add)
#define BAND(rows, columns)            \
    for (; r + rows <= m; r += rows) { \
        s = 0;                         \
        TILE(rows, columns);           \
        TILE(rows, 4);                 \
        TILE(rows, 2);                 \
        TILE(rows, 1);                 \
    }
#if VECTOR_REGISTERS == 32
    BAND(4, 4)
#endif
    BAND(2, 4)
#if WIDTH == 8
    BAND(1, 8)
#else
    BAND(1, 4)
#endif
#undef BAND
#undef TILE
}

static void NAME(pairs)(
    ptrdiff_t n, ptrdiff_t k, const double* a, ptrdiff_t ak, const double* b, ptrdiff_t bk, double* c, int how
) {
    VECTORS(n) {
        vec sum = how == IN_ORDER ? get(c + i) : splat(-0.0);
        for (ptrdiff_t j = 0; j < k; j++) sum = fma_of(get(a + j * ak + i), get(b + j * bk + i), sum);
        put(c + i, how == IN_ORDER ? sum : get(c + i) + sum);
    }
}

/* Of n pairs of data and grad the first WIDTH, to two vectors; and back */
INLINE vec NAME(load_some)(const double* p, ptrdiff_t n) {
    return n >= WIDTH ? load(p) : n > 0 ? load_part(p, n) : splat(0);
}
INLINE void NAME(store_some)(double* p, vec x, ptrdiff_t n) {
    if (n >= WIDTH) store(p, x);
    else if (n > 0) store_part(p, x, n);
}

INLINE void NAME(from_pairs)(const double* pairs, ptrdiff_t n, vec* data, vec* grad) {
    const int all = n >= WIDTH;
    const vec a = all ? load(pairs) : NAME(load_some)(pairs, 2 * n);
    const vec b = all ? load(pairs + WIDTH) : NAME(load_some)(pairs + WIDTH, 2 * n - WIDTH);
#if WIDTH == 8
    *data = _mm512_permutex2var_pd(a, _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14), b);
    *grad = _mm512_permutex2var_pd(a, _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15), b);
#elif WIDTH == 4
    *data = _mm256_permute4x64_pd(_mm256_unpacklo_pd(a, b), 0xD8);
    *grad = _mm256_permute4x64_pd(_mm256_unpackhi_pd(a, b), 0xD8);
#elif WIDTH == 2
    *data = (vec){a[0], b[0]};
    *grad = (vec){a[1], b[1]};
#else
    *data = a;
    *grad = b;
#endif
}

INLINE void NAME(to_pairs)(double* pairs, ptrdiff_t n, vec data, vec grad) {
    vec a, b;
#if WIDTH == 8
    a = _mm512_permutex2var_pd(data, _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11), grad);
    b = _mm512_permutex2var_pd(data, _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15), grad);
#elif WIDTH == 4
    data = _mm256_permute4x64_pd(data, 0xD8);
    grad = _mm256_permute4x64_pd(grad, 0xD8);
    a = _mm256_unpacklo_pd(data, grad);
    b = _mm256_unpackhi_pd(data, grad);
#elif WIDTH == 2
    a = (vec){data[0], grad[0]};
    b = (vec){data[1], grad[1]};
#else
    a = data;
    b = grad;
#endif
    if (n >= WIDTH) {
        store(pairs, a);
        store(pairs + WIDTH, b);
    } else {
        NAME(store_some)(pairs, a, 2 * n);
        NAME(store_some)(pairs + WIDTH, b, 2 * n - WIDTH);
    }
}

#define PAIRS(n)                                                        \
    vec data, grad;                                                     \
    for (ptrdiff_t i = 0, left; (left = (n) - i) > 0 && (               \
            NAME(from_pairs)(pairs + 2 * i, left, &data, &grad), 1); i += WIDTH)
#define PUT_PAIRS(x, g) NAME(to_pairs)(pairs + 2 * i, left, x, g)

static void NAME(read)(ptrdiff_t n, double* pairs, double* numbers) {
    PAIRS(n) put(numbers + i, data);
}

static void NAME(clear)(ptrdiff_t n, double* pairs) {
    ptrdiff_t i = 0;
#if WIDTH == 8
    for (; i + WIDTH / 2 <= n; i += WIDTH / 2) _mm512_mask_storeu_pd(pairs + 2 * i, 0xAA, splat(0));
#elif WIDTH == 4
    for (; i + WIDTH / 2 <= n; i += WIDTH / 2) store(pairs + 2 * i, _mm256_blend_pd(load(pairs + 2 * i), splat(0), 0xA));
#endif
    for (; i < n; i++) pairs[2 * i + 1] = 0;
}

static void NAME(credit)(ptrdiff_t n, double* pairs, const double* gradients) {
    PAIRS(n) {
        PUT_PAIRS(data, grad + get(gradients + i));
    }
}

/* Both rounded as updates.py rounds it, product by product and sum by sum, so that both engines train alike to the last
 * bit */
static void NAME(descend)(ptrdiff_t n, double* pairs, double* before, double rate, double kept, double decay) {
    PAIRS(n) {
        vec velocity = grad + decay * data;
        if (before) {
            velocity = kept * get(before + i) + velocity;
            put(before + i, velocity);
        }
        PUT_PAIRS(data - rate * velocity, grad);
    }
}

static void NAME(adapt)(const Adaptation* how, ptrdiff_t n, double* pairs, ptrdiff_t first) {
    const vec rate = splat(how->rate), kept = splat(how->mean_kept), fresh = splat(1 - how->mean_kept);
    const vec squares_kept = splat(how->square_kept), added = splat(how->square_added), root = splat(how->root);
    const vec momentum = splat(how->momentum), decay = splat(how->decay), shrinkage = splat(how->shrinkage);
    const vec eps = splat(how->root * how->eps);
    double* squares = how->squares + first;
    PAIRS(n) {
        vec mean = grad + decay * data, square = added * mean * mean, velocity;
        square = squares_kept * get(squares + i) + square;
        put(squares + i, square);
        if (how->means) {
            mean = kept * get(how->means + first + i) + fresh * mean;
            put(how->means + first + i, mean);
        }
        velocity = root * mean / (sqrt_vec(square) + eps);
        if (how->velocities) {
            velocity = momentum * get(how->velocities + first + i) + velocity;
            put(how->velocities + first + i, velocity);
        }
        PUT_PAIRS(shrinkage * data - rate * velocity, grad);
    }
}

static const Lanes NAME(lanes) = {
#if WIDTH == 8
    "avx512",
#elif WIDTH == 4
    "avx2",
#elif defined(__aarch64__)
    "neon",
#else
    "any",
#endif
    NAME(one), NAME(one_back), NAME(one_at), NAME(one_back_at), NAME(waves_at), NAME(waves_back_at),
    NAME(two), NAME(two_back), NAME(power), NAME(power_back), NAME(many), NAME(many_back),
    NAME(rows), NAME(dots), NAME(pairs), NAME(sum), NAME(zero_if_finite), NAME(read), NAME(clear), NAME(credit), NAME(descend), NAME(adapt),
};

#undef vec
#undef ivec
#undef mask
#undef load
#undef store
#undef load_part
#undef first_of
#undef store_part
#undef splat
#undef fma_of
#undef less
#undef less_equal
#undef both
#undef all_of
#undef select
#undef sqrt_vec
#undef bits_of
#undef of_bits
#undef sum_across
#undef get
#undef put
#undef add_to
#undef VECTORS
#undef PAIRS
#undef PUT_PAIRS
#undef TILE_ROWS
#undef TILE_VECTORS
#undef VECTOR_REGISTERS
#undef UNROLLED
