"""A compiled function as a file of C that needs nothing but math.h: its value, and its gradient.

Each instruction of the program becomes a statement in loops, so that a large network is a small file. The mathematics
comes from the table of derivatives by translation; only the operations of many numbers, which are loops in C, are
written here.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from autograd import derivatives as table
from autograd.compiling.exports.arrays import refuse
from autograd.compiling.listing import of_instruction, of_slots
from autograd.compiling.program import Instruction, Program, Run, accumulate, affine, copy, fold, held
from autograd.derivatives import TABLE, Operation
from autograd.native.translation import Translator, number
from autograd.transforms.containers import leaves
from autograd.value import Value

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
KEYWORDS = {
    *("auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern"),
    *("float", "for", "goto", "if", "inline", "int", "long", "register", "restrict", "return", "short", "signed"),
    *("sizeof", "static", "struct", "switch", "typedef", "union", "unsigned", "void", "volatile", "while"),
}

HEAD = """\
/* {name}: a function of {n_inputs} and {n_parameters}, with its gradient, in C99 that needs only math.h.

   {name}_value computes the outputs; {name}_gradient also the gradient of the sum of seeds[k] * outputs[k], with 1 for
   every seed if seeds is 0. Both return {name}_OK; or {name}_GUARD_MISSED if a comparison comes out otherwise than it
   did when the function was recorded, so that these instructions are not what it would do; or {name}_NOT_FINITE if a
   number is infinite or not defined. Then nothing that they have written is of use. A thread needs a workspace of its
   own.

   parameters   {name}_parameters has them as they were when this was written
   inputs       {arguments}

   For example, compiled with -std=c99 and linked with -lm:

       #include <stdio.h>
       #include "{name}.c"

       int main(void)
       {{
           static {name}_workspace work;
           double inputs[] = {{{example}}};
           double outputs[{outputs}], of_parameters[{at_least_1}], of_inputs[{inputs_at_least_1}];
           if ({name}_gradient({name}_parameters, inputs, 0, outputs, of_parameters, of_inputs, &work) != {name}_OK)
               return 1;
           printf("%g\\n", outputs[0]);
           return 0;
       }}

   Every number has a slot: s[7] is %7, and g[7] is the derivative with respect to it.

   parameters   {slots_of_parameters}
   inputs       {slots_of_inputs}
   constants    {slots_of_constants}
   outputs      {slots_of_outputs}
*/
#include <math.h>

enum {{
    {name}_PARAMETERS = {parameters},
    {name}_INPUTS = {inputs},
    {name}_OUTPUTS = {outputs},
    {name}_SLOTS = {slots}
}};
enum {{ {name}_OK, {name}_GUARD_MISSED, {name}_NOT_FINITE }};

typedef struct {{
    double numbers[{name}_SLOTS], gradients[{name}_SLOTS];
}} {name}_workspace;
"""


def to_c(recording: Any, name: str) -> str:
    """The file. ValueError for a name that C does not take; TypeError for an operation of the user's own."""
    if not re.fullmatch("[A-Za-z][A-Za-z0-9_]*", name) or name in KEYWORDS:
        raise ValueError(f"name must be a name in C, made of letters and digits; got {name!r}")
    known = {*TABLE.values(), copy, held, affine, accumulate, fold}
    refuse(recording.program, name, "C", known)
    return _File(recording, name).text()


class _File:
    def __init__(self, recording: Any, name: str) -> None:
        self.recording, self.name = recording, name
        self.program: Program = recording.program
        self.translator = Translator()
        self.called: dict[str, None] = {}  # functions of OF_MANY

    def text(self) -> str:
        forward, backward = list(self.value()), list(self.gradient())
        parts = [self.head(), *self.data(), *self.helpers(), *self.translator.functions.values()]
        return "\n\n".join([*(part.strip("\n") for part in parts), "\n".join(forward), "\n".join(backward)]) + "\n"

    def head(self) -> str:
        program, arguments = self.program, []
        first = 0
        for k, argument in enumerate(self.recording.arguments):
            n = sum(isinstance(x, Value) for x in leaves(argument))
            if n:
                arguments.append(f"{first} to {first + n - 1}: " if n > 1 else f"{first}: ")
                arguments[-1] += f"argument {k}" + (", number by number" if n > 1 else "")
            first += n
        n_parameters, n_inputs, n_outputs = len(program.captured), len(program.inputs), len(program.outputs)
        return HEAD.format(
            name=self.name,
            parameters=n_parameters,
            inputs=n_inputs,
            n_inputs=f"{n_inputs} input{'s' * (n_inputs != 1)}",
            n_parameters=f"{n_parameters} parameter{'s' * (n_parameters != 1)}",
            outputs=n_outputs,
            slots=program.n_slots,
            at_least_1=f"{self.name}_PARAMETERS" if n_parameters else 1,
            inputs_at_least_1=f"{self.name}_INPUTS" if n_inputs else 1,
            example=", ".join(["0.5"] * min(n_inputs, 3)) + (", ..." if n_inputs > 3 else "") or "0",
            arguments="; ".join(arguments) or "none",
            slots_of_parameters=in_ascii(of_slots(sorted(program.captured))) or "none",
            slots_of_inputs=in_ascii(of_slots(program.inputs)) or "none",
            slots_of_constants=in_ascii(of_slots([slot for slot, _ in program.constants])) or "none",
            slots_of_outputs=in_ascii(of_slots(program.outputs)),
        )

    def data(self) -> Iterator[str]:
        if self.program.captured:
            numbers = [v.data for v in self.recording.captured]
            yield array(f"const double {self.name}_parameters[{self.name}_PARAMETERS]", numbers)
        else:
            yield f"const double {self.name}_parameters[1] = {{0}}; /* there are none */"
        if self.program.constants:
            numbers = [x for _, x in self.program.constants]
            yield array(f"static const double constants[{len(numbers)}]", numbers)

    def helpers(self) -> Iterator[str]:
        """The functions of OF_MANY that are called, with those that they call, in their order."""
        wanted, stack = set(), list(self.called)
        while stack:
            name = stack.pop()
            if name not in wanted:
                wanted.add(name)
                stack += [other for other in FUNCTIONS if re.search(rf"\b{other}\(", FUNCTIONS[name])]
        return (text for name, text in FUNCTIONS.items() if name in wanted)

    def value(self) -> Iterator[str]:
        program, name = self.program, self.name
        yield f"int {name}_value(const double *parameters, const double *inputs, double *outputs,"
        yield f"{' ' * len(f'int {name}_value(')}{name}_workspace *work)"
        yield "{"
        yield "    double *const s = work->numbers;"
        yield from unused(parameters=program.captured, inputs=program.inputs)
        yield from filled("parameters", program.captured)
        yield from filled("inputs", program.inputs)
        yield from filled("constants", [slot for slot, _ in program.constants])
        for x in program.instructions:
            yield from self.commented(x)
            yield from loops(x, [f"{at('s', x.out, x)} = {self.result(x)};"])
        for condition, guards in self.guards().items():
            comparison, outcome = condition
            yield ""
            for n, (left, right), (left_step, right_step) in progressions(guards):
                sides = f"s[{index(left, k=left_step)}]", f"s[{index(right, k=right_step)}]"
                holds = self.call(f"same({', '.join(sides)})") if comparison == "is" else f" {comparison} ".join(sides)
                yield from counted(n, f"if ({f'!({holds})' if outcome else holds})", f"    return {name}_GUARD_MISSED;")
        yield ""
        yield from self.all_finite("s", f"{name}_SLOTS")
        for n, (k, slot), (one, step) in progressions(list(enumerate(program.outputs))):
            yield from counted(n, f"outputs[{index(k, k=one)}] = s[{index(slot, k=step)}];")
        yield f"    return {name}_OK;"
        yield "}"

    def gradient(self) -> Iterator[str]:
        program, name = self.program, self.name
        indent = " " * len(f"int {name}_gradient(")
        yield f"int {name}_gradient(const double *parameters, const double *inputs, const double *seeds,"
        yield f"{indent}double *outputs, double *parameters_gradient, double *inputs_gradient,"
        yield f"{indent}{name}_workspace *work)"
        yield "{"
        yield "    double *const s = work->numbers, *const g = work->gradients;"
        yield f"    const int code = {name}_value(parameters, inputs, outputs, work);"
        yield from unused(parameters_gradient=program.captured, inputs_gradient=program.inputs)
        yield f"    if (code != {name}_OK)"
        yield "        return code;"
        yield f"    for (int k = 0; k < {name}_SLOTS; k++)"
        yield "        g[k] = 0;"
        for n, (k, slot), (one, step) in progressions(list(enumerate(program.outputs))):
            yield from counted(n, f"g[{index(slot, k=step)}] += seeds ? seeds[{index(k, k=one)}] : 1.0;")
        active = self.active()
        for x in reversed(program.instructions):
            statements = list(self.contributions(x, active))
            if statements:
                yield from self.commented(x)
                yield from loops(x, statements)
        yield ""
        for target, slots in ("parameters", program.captured), ("inputs", program.inputs):
            for n, (k, slot), (one, step) in progressions(list(enumerate(slots))):
                yield from counted(n, f"{target}_gradient[{index(k, k=one)}] = g[{index(slot, k=step)}];")
        for target, slots in ("parameters", program.captured), ("inputs", program.inputs):
            if slots:
                yield from self.all_finite(f"{target}_gradient", f"{name}_{target.upper()}")
        yield f"    return {name}_OK;"
        yield "}"

    def commented(self, x: Instruction) -> Iterator[str]:
        yield ""
        yield f"    /* {in_ascii(of_instruction(x))} */"

    def all_finite(self, what: str, n: str) -> Iterator[str]:
        yield f"    for (int k = 0; k < {n}; k++)"
        yield f"        if (!isfinite({what}[k]))"
        yield f"            return {self.name}_NOT_FINITE;"

    def guards(self) -> dict[tuple[str, bool], list[tuple[int, int]]]:
        """The two slots of each guard, of the guards that look for the same."""
        found: dict[tuple[str, bool], list[tuple[int, int]]] = {}
        for guard in self.program.guards:
            found.setdefault((guard.comparison, guard.outcome), []).append((guard.left, guard.right))
        return found

    def call(self, text: str) -> str:
        """A call of a function of OF_MANY, which is noted."""
        self.called[text.split("(")[0]] = None
        return text

    def result(self, x: Instruction) -> str:
        """What an instruction computes, for one instance."""
        first = x.operands[0]
        if x.op in CALLS:
            return self.call(CALLS[x.op][0].format(x=f"&{at('s', first, x)}", step=first.stride, n=x.length))
        if x.op is table.dot or x.op is affine:
            vectors = ", ".join(f"&{at('s', run, x)}, {run.stride}" for run in x.operands[:2])
            found = self.call(f"dot({vectors}, {x.length})")
            return f"{found} + {at('s', x.operands[2], x)}" if x.op is affine else found
        if x.op is accumulate:
            vectors = ", ".join(f"&{at('s', run, x)}, {run.stride}" for run in x.operands[:2])
            return self.call(f"accumulate({at('s', x.operands[2], x)}, {vectors}, {x.length})")
        if x.op is copy or x.op is held:
            return at("s", first, x)
        return self.translator.value(x.op, [at("s", run, x) for run in x.operands])

    def contributions(self, x: Instruction, active: bytearray) -> Iterator[str]:
        """What adds to the gradients of the operands of one instance."""
        d, wanted = at("g", x.out, x), [x.op is not held and reaches(active, run, x, n) for run, n in runs(x)]
        if x.op in CALLS:
            (run,) = x.operands
            if wanted[0]:
                call = CALLS[x.op][1].format(
                    d=d,
                    out=at("s", x.out, x),
                    x=f"&{at('s', run, x)}",
                    gradient=f"&{at('g', run, x)}",
                    step=run.stride,
                    n=x.length,
                )
                yield self.call(call) + ";"
            return
        for k, run in enumerate(x.operands):
            if not wanted[k]:
                continue
            if x.op in (table.dot, affine, accumulate) and k < 2:
                other = x.operands[1 - k]
                vectors = f"&{at('s', other, x)}, {other.stride}, &{at('g', run, x)}, {run.stride}, {x.length}"
                yield self.call(f"add_multiple({d}, {vectors});")
                continue
            if x.op in (copy, affine, accumulate):
                partial = "1.0"
            else:
                names = dict(zip(x.op.operands, [at("s", operand, x) for operand in x.operands]))
                partial = self.translator.partial(x.op, k, {"out": at("s", x.out, x), **names})
            if partial in ("1.0", "-1.0"):
                yield f"{at('g', run, x)} {'-' if partial[0] == '-' else '+'}= {d};"
            elif partial != "0.0":
                yield f"{at('g', run, x)} += {d} * {partial};"

    def active(self) -> bytearray:
        """Which slots depend on a parameter or an input; of those that one instruction fills, all or none."""
        program = self.program
        active = bytearray(program.n_slots)
        for slot in [*program.captured, *program.inputs]:
            active[slot] = 1
        for x in program.instructions:
            if x.op is not held and any(reaches(active, run, x, n) for run, n in runs(x)):
                n = x.outer * x.inner
                active[x.out.base : x.out.base + n] = b"\1" * n
        return active


def runs(x: Instruction) -> list[tuple[Run, int]]:
    """The operands of an instruction, and how many numbers each has."""
    return list(zip(x.operands, x.lengths))


def reaches(active: bytearray, run: Run, x: Instruction, length: int) -> bool:
    """Whether a slot between the first and the last of an operand is active."""
    axes = ((x.outer, run.outer), (x.inner, run.inner), (length, run.stride))
    low, high = (run.base + sum((n - 1) * pick(step, 0) for n, step in axes) for pick in (min, max))
    return active.find(1, low, high + 1) >= 0


def index(base: int, **steps: int) -> str:
    """base + step * variable + …"""
    terms = [str(base)] if base or not any(steps.values()) else []
    for variable, step in steps.items():
        if step:
            terms.append(variable if step == 1 else f"{step} * {variable}")
    return " + ".join(terms)


def at(array: str, run: Run, x: Instruction) -> str:
    """The first number of an operand in instance (j, i) of an instruction."""
    j, i = run.outer if x.outer > 1 else 0, run.inner if x.inner > 1 else 0
    return f"{array}[{index(run.base, j=j, i=i)}]"


def loops(x: Instruction, statements: Sequence[str]) -> Iterator[str]:
    """The statements in loops over the instances of an instruction."""
    indent = "    "
    axes = [(variable, n) for variable, n in (("j", x.outer), ("i", x.inner)) if n > 1]
    for k, (variable, n) in enumerate(axes):
        brace = " {" if len(statements) > 1 and k == len(axes) - 1 else ""
        yield f"{indent}for (int {variable} = 0; {variable} < {n}; {variable}++){brace}"
        indent += "    "
    yield from (indent + statement for statement in statements)
    if axes and len(statements) > 1:
        yield indent[4:] + "}"


def counted(n: int, *lines: str) -> Iterator[str]:
    """One statement in a loop over k, or without one if n is 1."""
    if n > 1:
        yield f"    for (int k = 0; k < {n}; k++)"
    for line in lines:
        yield ("        " if n > 1 else "    ") + line


def progressions(rows: Sequence[tuple[int, int]]) -> Iterator[tuple[int, tuple[int, int], tuple[int, int]]]:
    """Pairs of numbers as few progressions: how many pairs, the first one, and the step to the next."""
    begin = 0
    while begin < len(rows):
        end, (x, y), step = begin + 1, rows[begin], (0, 0)
        if end < len(rows):
            step = rows[end][0] - x, rows[end][1] - y
            while end < len(rows) and rows[end] == (x + (end - begin) * step[0], y + (end - begin) * step[1]):
                end += 1
        yield end - begin, (x, y), step if end - begin > 1 else (0, 0)
        begin = end


def filled(source: str, slots: Sequence[int]) -> Iterator[str]:
    """Numbers put into their slots."""
    for n, (k, slot), (one, step) in progressions(list(enumerate(slots))):
        yield from counted(n, f"s[{index(slot, k=step)}] = {source}[{index(k, k=one)}];")


def unused(**arguments: Any) -> Iterator[str]:
    """Words to the compiler about arguments that are not used, for there is nothing in them."""
    yield from (f"    (void){name};" for name, used in arguments.items() if not used)


def array(head: str, numbers: Sequence[float]) -> str:
    """An array with its numbers, in lines of medium length."""
    lines = [head + " = {"]
    for text in map(number, numbers):
        if lines[-1].endswith("{") or len(lines[-1]) + len(text) > 116:
            lines.append("   ")
        lines[-1] += f" {text},"
    return "\n".join([*lines, "};"])


def in_ascii(text: str) -> str:
    """The text of a comment as every compiler takes it."""
    return text.replace("…", "...")
