"""Writes the table of derivatives in C, for the native engine: python -m autograd.native.table_in_c.

The build of the engine translates every operation with a fixed number of operands into two loops: one for its values,
and one for what it passes back. So the table stays the one source of the mathematics, and neither a node nor a compiled
function calls Python for a sine.

Python computes its math functions by the library of C, and agrees with it to the last bit. The exception is hypot,
which Python computes by itself. An operation that needs it is written twice: with the hypot of C for compiled
functions, and with that of Python for nodes, which agree with the textbook engine to the last bit.
"""

from pathlib import Path

from autograd.derivatives import TABLE, Operation
from autograd.native.translation import Translator, identifier

PLACE = Path(__file__).with_name("table.c")
HEAD = """\
/* The operations of the table of derivatives, written by table_in_c.py when the native engine is built.

   What is not defined is not a number. */
#include "lanes.h"

double (*length_of_two)(double x, double y) = hypot;
"""
AS_PYTHON = "_as_python"  # the end of the names of loops that compute lengths like Python


def source() -> str:
    """The text of the file.

    >>> print(source()[source().index("static void sin_values") :].partition("static void cos")[0].strip())
    static void sin_values(ptrdiff_t n, const double *const *x, const ptrdiff_t *step, double *out, ptrdiff_t apart)
    {
        for (ptrdiff_t i = 0; i < n; i++)
            out[i * apart] = sin(x[0][i * step[0]]);
    }
    <BLANKLINE>
    static void sin_back(ptrdiff_t n, const double *g, const double *out, ptrdiff_t apart, const double *const *x,
                         const ptrdiff_t *step, double *const *to)
    {
        for (ptrdiff_t i = 0; to[0] && i < n; i++)
            to[0][i * step[0]] += g[i * apart] * cos(x[0][i * step[0]]);
    }
    """
    translator = Translator()
    functions, loops, rows = translator.functions, [], []
    for op in TABLE.values():
        if op.operands:
            loops.append(loops_of(op, translator))
            as_python = Translator({"hypot": "length_of_two"}, AS_PYTHON)
            exact = loops_of(op, as_python)
            differs = "length_of_two" in "".join([exact, *as_python.functions.values()])
            if differs:
                functions |= as_python.functions
                loops.append(exact)
            names = [f"{identifier(op)}_{what}{suffix}" for suffix in ("", AS_PYTHON * differs) for what in LOOPS]
            rows.append(f'    {{"{op.name}", {", ".join(names)}}},')
    table = "\n".join(["const Written WRITTEN[] = {", *rows, "    {NULL, NULL, NULL, NULL, NULL},", "};"])
    return "\n\n".join([HEAD, *functions.values(), *loops, table]) + "\n"


LOOPS = ("values", "back")


def loops_of(op: Operation, translator: Translator) -> str:
    """The two loops of an operation."""
    values, back = (f"{identifier(op)}_{what}{translator.suffix}" for what in LOOPS)
    numbers = [f"x[{k}][i * step[{k}]]" for k in range(len(op.operands))]
    indent = " " * len(f"static void {back}(")
    lines = [
        f"static void {values}(ptrdiff_t n, const double *const *x, const ptrdiff_t *step, double *out,"
        " ptrdiff_t apart)",
        "{",
        "    for (ptrdiff_t i = 0; i < n; i++)",
        f"        out[i * apart] = {translator.value(op, numbers)};",
        "}",
        "",
        f"static void {back}(ptrdiff_t n, const double *g, const double *out, ptrdiff_t apart, const double *const *x,",
        f"{indent}const ptrdiff_t *step, double *const *to)",
        "{",
    ]
    names = dict(zip(("out", *op.operands), ("out[i * apart]", *numbers)))
    for k in range(len(op.operands)):
        lines += [
            f"    for (ptrdiff_t i = 0; to[{k}] && i < n; i++)",
            f"        to[{k}][i * step[{k}]] += g[i * apart] * {translator.partial(op, k, names)};",
        ]
    return "\n".join([*lines, "}"])


def write() -> None:
    """Write it beside the engine."""
    PLACE.write_text(source(), encoding="ascii")


if __name__ == "__main__":
    write()
