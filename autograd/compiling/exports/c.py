"""A compiled function as a file of C that needs nothing but math.h: its value, and its gradient."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from autograd.compiling.exports.text import Text, in_ascii, rows_of
from autograd.compiling.listing import of_slots

KEYWORDS = {
    *("auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern"),
    *("float", "for", "goto", "if", "inline", "int", "long", "register", "restrict", "return", "short", "signed"),
    *("sizeof", "static", "struct", "switch", "typedef", "union", "unsigned", "void", "volatile", "while"),
}

HEAD = """\
/* {name}: a function of {n_inputs} and {n_parameters}, with its gradient, in C99 that needs only math.h.

   {name}_value computes the outputs; {name}_gradient also the gradient of the sum of seeds[k] * outputs[k], with 1 for
   every seed if seeds is 0. Both return {name}_OK; or {name}_GUARD_MISSED if a comparison comes out differently than in
   the recording, so that the function would take another path; or {name}_NOT_FINITE if a number is infinite or not
   defined. Then do not use what they have written. A thread needs a workspace of its own.

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
    return _File(recording, name).text()


class _File(Text):
    def __init__(self, recording: Any, name: str) -> None:
        super().__init__(recording, name)
        self.prefix = f"{name}_"

    def text(self) -> str:
        forward, backward = list(self.value()), list(self.gradient())
        parts = [self.head(), *self.data(), *self.helpers(), *self.translator.functions.values()]
        return "\n\n".join([*(part.strip("\n") for part in parts), "\n".join(forward), "\n".join(backward)]) + "\n"

    def head(self) -> str:
        program = self.program
        n_parameters, n_inputs, n_outputs = len(program.captured), len(program.inputs), len(program.outputs)
        words = self.sizes()
        return HEAD.format(
            name=self.name,
            parameters=n_parameters,
            inputs=n_inputs,
            n_inputs=words["n_inputs"],
            n_parameters=words["n_parameters"],
            outputs=n_outputs,
            slots=program.n_slots,
            at_least_1=f"{self.name}_PARAMETERS" if n_parameters else 1,
            inputs_at_least_1=f"{self.name}_INPUTS" if n_inputs else 1,
            example=words["example"] or "0",
            arguments=self.arguments(),
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

    def value(self) -> Iterator[str]:
        program, name = self.program, self.name
        yield f"int {name}_value(const double *parameters, const double *inputs, double *outputs,"
        yield f"{' ' * len(f'int {name}_value(')}{name}_workspace *work)"
        yield "{"
        yield "    double *const s = work->numbers;"
        yield from unused(parameters=program.captured, inputs=program.inputs)
        yield from self.loaded()
        yield from self.forward()
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
        yield from self.backward()
        yield "}"


def unused(**arguments: Any) -> Iterator[str]:
    """Tells the compiler that empty arguments are not used."""
    yield from (f"    (void){name};" for name, used in arguments.items() if not used)


def array(head: str, numbers: Sequence[float]) -> str:
    """An array with its numbers, in lines of medium length."""
    return "\n".join([head + " = {", *rows_of(numbers), "};"])
