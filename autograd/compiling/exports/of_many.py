"""The operations of many numbers in C: loops, which the translation of the table cannot make."""

import re

from autograd import derivatives as table
from autograd.compiling.program import fold
from autograd.derivatives import Operation

# What operations of many numbers call: x are n numbers, `step` apart, and so are their gradients; d is the gradient
# that arrives, out the result. The largest is taken out of what could overflow.
OF_MANY = """
static double total(const double *x, int step, int n)
{
    double sum = x[0];
    for (int k = 1; k < n; k++)
        sum += x[k * step];
    return sum;
}

static void spread(double d, double *gradient, int step, int n)
{
    for (int k = 0; k < n; k++)
        gradient[k * step] += d;
}

static int same(double x, double y)
{
    return (x == y && !signbit(x) == !signbit(y)) || (x != x && y != y);
}

static double mean(const double *x, int step, int n)
{
    const double sum = total(x, step, n);
    double sum_of_parts = 0;
    if (isfinite(sum))
        return sum / n;
    for (int k = 0; k < n; k++)
        sum_of_parts += x[k * step] / n;
    return sum_of_parts;
}

static double dot(const double *x, int step, const double *y, int y_step, int n)
{
    double sum = x[0] * y[0];
    for (int k = 1; k < n; k++)
        sum += x[k * step] * y[k * y_step];
    return sum;
}

static double accumulate(double sum, const double *x, int step, const double *y, int y_step, int n)
{
    for (int k = 0; k < n; k++)
        sum += x[k * step] * y[k * y_step];
    return sum;
}

static void add_multiple(double d, const double *y, int y_step, double *gradient, int step, int n)
{
    for (int k = 0; k < n; k++)
        gradient[k * step] += d * y[k * y_step];
}

static double maximum(const double *x, int step, int n)
{
    double found = x[0];
    for (int k = 1; k < n; k++)
        if (x[k * step] > found || isnan(x[k * step]))
            found = x[k * step];
    return found;
}

static double minimum(const double *x, int step, int n)
{
    double found = x[0];
    for (int k = 1; k < n; k++)
        if (x[k * step] < found || isnan(x[k * step]))
            found = x[k * step];
    return found;
}

static void share(double d, double out, const double *x, double *gradient, int step, int n)
{
    int chosen = 0;
    for (int k = 0; k < n; k++)
        chosen += x[k * step] == out;
    for (int k = 0; k < n; k++)
        if (x[k * step] == out)
            gradient[k * step] += d / chosen;
}

static double norm(const double *x, int step, int n)
{
    double largest = 0, sum = 0;
    for (int k = 0; k < n; k++)
        if (fabs(x[k * step]) > largest)
            largest = fabs(x[k * step]);
    for (int k = 0; k < n && largest != 0; k++)
        sum += (x[k * step] / largest) * (x[k * step] / largest);
    return largest * sqrt(sum);
}

static void norm_back(double d, double out, const double *x, double *gradient, int step, int n)
{
    for (int k = 0; k < n && out != 0; k++)
        gradient[k * step] += d * (x[k * step] / out);
}

static double logsumexp(const double *x, int step, int n)
{
    const double largest = maximum(x, step, n);
    double others = 0;
    int left_out = 0;
    for (int k = 0; k < n; k++) {
        if (left_out || x[k * step] != largest)
            others += exp(x[k * step] - largest);
        else
            left_out = 1;
    }
    return largest + log1p(others);
}

static void logsumexp_back(double d, const double *x, double *gradient, int step, int n)
{
    const double largest = maximum(x, step, n);
    double sum = 0;
    for (int k = 0; k < n; k++)
        sum += exp(x[k * step] - largest);
    for (int k = 0; k < n; k++)
        gradient[k * step] += d * (exp(x[k * step] - largest) / sum);
}

/* The product of those that are not 0, as a mantissa and an exponent, which do not overflow on the way. */
static double factors(const double *x, int step, int n, int *exponent, int *zeros)
{
    double mantissa = 1;
    *exponent = *zeros = 0;
    for (int k = 0; k < n; k++) {
        int of_factor, of_product;
        if (x[k * step] == 0) {
            ++*zeros;
        } else {
            mantissa = frexp(mantissa * frexp(x[k * step], &of_factor), &of_product);
            *exponent += of_factor + of_product;
        }
    }
    return mantissa;
}

static double product(const double *x, int step, int n)
{
    int exponent, zeros;
    const double mantissa = factors(x, step, n, &exponent, &zeros);
    return zeros ? 0.0 : ldexp(mantissa, exponent);
}

static void product_back(double d, const double *x, double *gradient, int step, int n)
{
    int exponent, zeros, own;
    const double mantissa = factors(x, step, n, &exponent, &zeros);
    for (int k = 0; k < n; k++) {
        if (zeros == 1 && x[k * step] == 0) {
            gradient[k * step] += d * ldexp(mantissa, exponent);
        } else if (zeros == 0) {
            const double factor = frexp(x[k * step], &own);
            gradient[k * step] += d * ldexp(mantissa / factor, exponent - own);
        }
    }
}
"""
FUNCTIONS = {
    re.search(r"(\w+)\(", text.split("*/")[-1]).group(1): text  # type: ignore[union-attr]
    for text in OF_MANY.strip().split("\n\n")
}
# The calls of those with one row of numbers, for the value and for the gradient
CALLS: dict[Operation, tuple[str, str]] = {
    table.total: ("total({x}, {step}, {n})", "spread({d}, {gradient}, {step}, {n})"),
    fold: ("total({x}, {step}, {n})", "spread({d}, {gradient}, {step}, {n})"),
    table.mean: ("mean({x}, {step}, {n})", "spread({d} / {n}, {gradient}, {step}, {n})"),
    table.maximum: ("maximum({x}, {step}, {n})", "share({d}, {out}, {x}, {gradient}, {step}, {n})"),
    table.minimum: ("minimum({x}, {step}, {n})", "share({d}, {out}, {x}, {gradient}, {step}, {n})"),
    table.norm: ("norm({x}, {step}, {n})", "norm_back({d}, {out}, {x}, {gradient}, {step}, {n})"),
    table.logsumexp: ("logsumexp({x}, {step}, {n})", "logsumexp_back({d}, {x}, {gradient}, {step}, {n})"),
    table.product: ("product({x}, {step}, {n})", "product_back({d}, {x}, {gradient}, {step}, {n})"),
}
