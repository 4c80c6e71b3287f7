"""A compiled function as a module of JavaScript that needs nothing else: its value, and its gradient.

The exported C uses a small part of C. Without types, and with an array and an index for each pointer, it is JavaScript.
So both have the same statements, and the same translation of the table.
"""

import re
from collections.abc import Iterable
from typing import Any

from autograd.compiling.exports.of_many import FUNCTIONS
from autograd.compiling.exports.text import Text, needed, rows_of
from autograd.native.translation import number

# What C has in math.h, and JavaScript in Math, by another name or not at all. Those of Math are within an ulp or two in
# browsers of today. erf: the series 7.1.6 of Abramowitz & Stegun, whose terms are all positive; erfc: beyond 2 the
# continued fraction 7.1.14, with exp(-x²) in two factors, because exp enlarges the rounding error of x * x.
OF_MATH = {
    "fabs": "abs",
    **{
        name: name
        for name in (
            *("exp", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "pow", "hypot", "floor"),
            *("sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
        )
    },
}
WRITTEN = {
    "isfinite": "const isfinite = Number.isFinite;",
    "isnan": "const isnan = Number.isNaN;",
    "isinf": "const isinf = (x) => x === Infinity || x === -Infinity;",
    "signbit": "const signbit = (x) => x < 0 || Object.is(x, -0);",
    "exp2": "const exp2 = (x) => Math.pow(2, x);",
    "fmod": "const fmod = (x, y) => x % y;",
    "ldexp": """\
function ldexp(x, n) {
    for (; n > 1000; n -= 1000) x *= 2 ** 1000;
    for (; n < -1000; n += 1000) x *= 2 ** -1000;
    return x * 2 ** n;
}""",
    "frexp": """\
// the digits of x, from 0.5 to 1, and the exponent of 2
function frexp(x) {
    if (x === 0 || !Number.isFinite(x)) return [x, 0];
    const isTiny = Math.abs(x) < 2 ** -900;
    if (isTiny) x *= 2 ** 200;
    let n = Math.floor(Math.log2(Math.abs(x))) + 1, digits = x * 2 ** -Math.floor(n / 2) * 2 ** -Math.ceil(n / 2);
    while (Math.abs(digits) >= 1) { digits /= 2; n += 1; }
    while (Math.abs(digits) < 0.5) { digits *= 2; n -= 1; }
    return [digits, isTiny ? n - 200 : n];
}""",
    "exp_of_minus_square": """\
function exp_of_minus_square(x) {
    if (Math.abs(x) > 40) return 0;
    const head = x + 4294967296 - 4294967296; // its square is exact
    return Math.exp(-head * head) * Math.exp((head - x) * (head + x));
}""",
    "erf": """\
function erf(x) {
    if (Math.abs(x) > 2) return x > 0 ? 1 - erfc(x) : erfc(-x) - 1;
    let term = x, sum = x;
    for (let k = 1; Math.abs(term) > 1e-17 * Math.abs(sum); k++) {
        term *= 2 * x * x / (2 * k + 1);
        sum += term;
    }
    return 1.1283791670955126 * exp_of_minus_square(x) * sum;
}""",
    "erfc": """\
function erfc(x) {
    if (x !== x) return x;
    if (x < 2) return x < -6 ? 2 : 1 - erf(x);
    let fraction = x;
    for (let k = 100; k > 0; k--) fraction = x + k / 2 / fraction;
    return exp_of_minus_square(x) / fraction * 0.5641895835477563;
}""",
}
OF_PRODUCTS = {  # with frexp, which in C has a pointer to its second result
    "factors": """\
// The product of those that are not 0, as a mantissa and an exponent, which do not overflow on the way; and the zeros.
function factors(x, x_at, step, n) {
    let mantissa = 1, exponent = 0, zeros = 0;
    for (let k = 0; k < n; k++) {
        if (x[x_at + k * step] === 0) {
            zeros++;
        } else {
            const [digits, own] = frexp(x[x_at + k * step]), [product, shift] = frexp(mantissa * digits);
            mantissa = product;
            exponent += own + shift;
        }
    }
    return [mantissa, exponent, zeros];
}""",
    "product": """\
function product(x, x_at, step, n) {
    const [mantissa, exponent, zeros] = factors(x, x_at, step, n);
    return zeros ? 0 : ldexp(mantissa, exponent);
}""",
    "product_back": """\
function product_back(d, x, x_at, gradient, gradient_at, step, n) {
    const [mantissa, exponent, zeros] = factors(x, x_at, step, n);
    for (let k = 0; k < n; k++) {
        if (zeros === 1 && x[x_at + k * step] === 0) {
            gradient[gradient_at + k * step] += d * ldexp(mantissa, exponent);
        } else if (zeros === 0) {
            const [digits, own] = frexp(x[x_at + k * step]);
            gradient[gradient_at + k * step] += d * ldexp(mantissa / digits, exponent - own);
        }
    }
}""",
}

HEAD = """\
/* {name}: a function of {n_inputs} and {n_parameters}, with its gradient, as a module of JavaScript.

   value(parameters, inputs, outputs) computes the outputs; gradient(parameters, inputs, seeds, outputs,
   parametersGradient, inputsGradient) also the gradient of the sum of seeds[k] * outputs[k], with 1 for every seed if
   seeds is null. They write their results into your arrays. Both return OK; or GUARD_MISSED if a comparison comes out
   differently than in the recording, so that the function would take another path; or NOT_FINITE if a number is
   infinite or not defined. Then do not use what they have written.

   parameters   the array of them as they were when this was written
   inputs       {arguments}

   For example:

       import {{ parameters, gradient, OK, OUTPUTS }} from "./{name}.js";

       const outputs = new Float64Array(OUTPUTS), ofParameters = new Float64Array(parameters.length);
       const inputs = [{example}], ofInputs = new Float64Array(inputs.length);
       if (gradient(parameters, inputs, null, outputs, ofParameters, ofInputs) === OK) console.log(outputs[0]);

   Every number has a slot: s[7] is %7, and g[7] is the derivative with respect to it.
*/
export const PARAMETERS = {parameters}, INPUTS = {inputs}, OUTPUTS = {outputs}, SLOTS = {slots};
export const OK = 0, GUARD_MISSED = 1, NOT_FINITE = 2;
"""


def to_js(recording: Any, name: str) -> str:
    """The module. TypeError for an operation of the user's own."""
    return _Module(recording, name).text()


def embedded(recording: Any, name: str) -> str:
    """An object of JavaScript for a page. TypeError for an operation of the user's own.

    load(parameters) comes first. Then value(inputs, outputs) for each example, and after it, where it is wanted,
    gradient(seeds, parametersGradient, inputsGradient). slope(k) is then the derivative with respect to output k.
    """
    return _Module(recording, name).embedded()


def javascript(c: str) -> str:
    """Functions and statements of C as JavaScript.

    >>> print(javascript("static double total(const double *x, int step, int n)\\n{\\n    double sum = x[0];"))
    function total(x, x_at, step, n) {
        let sum = x[x_at];
    """
    head, brace, body = c.partition(")\n{")
    if brace:
        pointers = re.findall(r"\*(\w+)", head)
        for name in pointers:
            body = re.sub(rf"\b{name}(?=,)", f"{name}, {name}_at", body)
            body = re.sub(rf"\b{name}\[(.*?)\]", rf"{name}[{name}_at + \1]", body).replace(
                f"{name}_at + 0]", f"{name}_at]"
            )
        head = re.sub(r"(const )?double \*(\w+)", r"\2, \2_at", re.sub(r"static (double|int|void)", "function", head))
        return re.sub(r"\b(double|int) ", "", head) + ") {" + _statements(body)
    return _statements(c)


def _statements(c: str) -> str:
    c = re.sub(r"\bconst (double|int) ", "const ", c)
    c = re.sub(r"\b(double|int) (?=\w)", "let ", c)
    c = re.sub(r"&(\w+)\[(.*?)\]", r"\1, \2", c)
    return c.replace("NAN", "NaN").replace("INFINITY", "Infinity")


def mathematics(texts: Iterable[str]) -> str:
    """What functions of these texts call that is in math.h."""
    called = re.findall(r"\b(\w+)\(", "\n".join(texts))
    own = needed(WRITTEN, [name for name in called if name in WRITTEN])
    usual = sorted({name for name in called if name in OF_MATH})
    names = ", ".join(name if OF_MATH[name] == name else f"{OF_MATH[name]}: {name}" for name in usual)
    return "\n".join([*([f"const {{ {names} }} = Math;"] if names else []), *own])


def functions_of_many(called: Iterable[str]) -> list[str]:
    """The functions of OF_MANY that are called, with those that they call."""
    return needed({name: OF_PRODUCTS.get(name) or javascript(text) for name, text in FUNCTIONS.items()}, called)


class _Module(Text):
    target = "JavaScript"

    def text(self) -> str:
        statements = [*self.loaded(), *self.forward()], self.backward()
        value, gradient = ([*map(javascript, lines)] for lines in statements)
        functions = [*functions_of_many(self.called), *map(javascript, self.translator.functions.values())]
        parts = [self.head(), *self.data(), mathematics([*functions, *value, *gradient]), *functions]
        return "\n\n".join([*filter(None, map(str.strip, parts)), _whole(value, gradient)]) + "\n"

    def embedded(self) -> str:
        """The same as an expression of a page, for many examples with the same parameters: see embedded()."""
        program = self.program
        loaded, value, gradient = ([*map(javascript, x)] for x in (self.loaded(), self.forward(), self.backward()))
        functions = [*functions_of_many(self.called), *map(javascript, self.translator.functions.values())]
        uses = mathematics([*functions, *value, *gradient])
        numbers = [x for _, x in program.constants]
        sizes = {"PARAMETERS": program.captured, "INPUTS": program.inputs, "OUTPUTS": program.outputs}
        constants = ", ".join(f"{name} = {len(own)}" for name, own in sizes.items())
        rows = [
            "(() => {",
            f"const {constants}, SLOTS = {program.n_slots}, OK = 0, GUARD_MISSED = 1, NOT_FINITE = 2;",
            f"const constants = [{javascript(', '.join(map(number, numbers)))}], outputs_at = {program.outputs};",
            *filter(None, [uses, *functions]),
            "const s = new Float64Array(SLOTS), g = new Float64Array(SLOTS);",
            *("function load(parameters) {", *loaded, "}", "function value(inputs, outputs) {", *value, "}"),
            *("function gradient(seeds, parameters_gradient, inputs_gradient) {", *gradient, "}"),
            "return { PARAMETERS, INPUTS, OUTPUTS, load, value, gradient, slope: (k) => g[outputs_at[k]] };",
            "})()",
        ]
        return "\n".join(row for row in rows if not row.startswith("    /*"))

    def head(self) -> str:
        program, words = self.program, self.sizes()
        return HEAD.format(
            **words,
            name=self.name,
            parameters=len(program.captured),
            inputs=len(program.inputs),
            outputs=len(program.outputs),
            slots=program.n_slots,
            arguments=self.arguments(),
        )

    def data(self) -> list[str]:
        parameters, constants = [v.data for v in self.recording.captured], [x for _, x in self.program.constants]
        arrays = {"export const parameters": parameters, "const constants": constants}
        return [javascript("\n".join([f"{head} = [", *rows_of(own), "];"])) for head, own in arrays.items()]


def _whole(value: list[str], gradient: list[str]) -> str:
    """The two functions that are called."""
    return "\n".join(
        [
            "const s = new Float64Array(SLOTS), g = new Float64Array(SLOTS);",
            "",
            "export function value(parameters, inputs, outputs) {",
            *value,
            "}",
            "",
            "export function gradient(parameters, inputs, seeds, outputs, parameters_gradient, inputs_gradient) {",
            "    const code = value(parameters, inputs, outputs);",
            "    if (code !== OK)",
            "        return code;",
            *gradient,
            "}",
        ]
    )
