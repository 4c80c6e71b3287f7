"""Writes the table of derivatives in C, for the native engine: python -m autograd.native.table_in_c.

The machine has vector kernels of its own for what networks are made of. Every operation with a fixed number of operands
becomes two loops here, one for its values and one for what it passes back, translated when the engine is built; so the
mathematics stays where it is, and a compiled function need not call Python for a sine.
"""

from pathlib import Path

from autograd.derivatives import TABLE, Operation
from autograd.native.translation import Translator, identifier

PLACE = Path(__file__).with_name("table.c")
HEAD = """\
/* The operations of the table of derivatives, written by table_in_c.py when the native engine is built.

   What is not defined is not a number. */
#include "lanes.h"
"""


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
    operations = [op for op in TABLE.values() if op.operands]
    loops = [loops_of(op, translator) for op in operations]
    rows = [f'    {{"{op.name}", {identifier(op)}_values, {identifier(op)}_back}},' for op in operations]
    table = "\n".join(["const Written WRITTEN[] = {", *rows, "    {NULL, NULL, NULL},", "};"])
    return "\n\n".join([HEAD, *translator.functions.values(), *loops, table]) + "\n"


def loops_of(op: Operation, translator: Translator) -> str:
    """The two loops of an operation."""
    name = identifier(op)
    numbers = [f"x[{k}][i * step[{k}]]" for k in range(len(op.operands))]
    indent = " " * len(f"static void {name}_back(")
    lines = [
        f"static void {name}_values(ptrdiff_t n, const double *const *x, const ptrdiff_t *step, double *out,"
        " ptrdiff_t apart)",
        "{",
        "    for (ptrdiff_t i = 0; i < n; i++)",
        f"        out[i * apart] = {translator.value(op, numbers)};",
        "}",
        "",
        f"static void {name}_back(ptrdiff_t n, const double *g, const double *out, ptrdiff_t apart,"
        " const double *const *x,",
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
