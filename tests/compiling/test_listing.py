"""Reads the print of compiled programs: what is in the slots, the instructions, the counts."""

import random
from functools import reduce

import autograd
from autograd import Value, dot, stop_gradient
from autograd.compiling.compiler import compile
from autograd.compiling.listing import ListedProgram, of_instruction
from autograd.compiling.program import Guard, Instruction, Run, affine, held
from autograd.derivatives import TABLE


def printed(name: str, outer: int, inner: int, length: int, out: int, *operands: Run) -> str:
    return of_instruction(Instruction(TABLE[name], outer, inner, length, Run(out, inner, 1), operands))


def test_an_instruction_shows_the_first_the_second_and_the_last_of_its_operands() -> None:
    assert printed("dot", 1, 1, 16, 32, Run(0, stride=1), Run(16, stride=1)) == "%32 = dot %0..%15, %16..%31"
    assert printed("relu", 1, 4, 1, 9, Run(5, inner=1)) == "%9..%12 = relu %5..%8"
    assert printed("*", 1, 1, 1, 9, Run(5), Run(5)) == "%9 = %5 * %5"
    assert printed("-", 1, 3, 1, 9, Run(0, inner=2), Run(5)) == "%9..%11 = [%0, %2 … %4] - %5"
    assert printed("sum", 1, 2, 3, 20, Run(0, inner=3, stride=1)) == "%20..%21 = sum [%0..%2, %3..%5]"
    assert printed("max", 1, 1, 5, 20, Run(0, stride=2)) == "%20 = max [%0, %2 … %8]"
    assert printed("exp", 2, 3, 1, 20, Run(0, outer=3, inner=1)) == "%20..%25 = exp %0..%5"
    assert printed("exp", 2, 3, 1, 20, Run(0, outer=10, inner=1)) == "%20..%25 = exp [%0, %1 … %12]"


def test_everything_in_a_program_is_said() -> None:
    program = ListedProgram(
        n_uniform=9,
        n_slots=17,
        captured=[0, 1, 2, 3, 4, 5, 6, 7],
        constants=[(8, 0.5)],
        inputs=[9, 10],
        instructions=[
            Instruction(affine, 1, 2, 2, Run(11, 2, 1), (Run(0, 0, 3, 1), Run(9, 0, 0, 1), Run(2, 0, 3))),
            Instruction(TABLE["tanh"], 1, 2, 1, Run(13, 2, 1), (Run(11, 0, 1),)),
            Instruction(held, 1, 1, 1, Run(15), (Run(13),)),
            Instruction(TABLE["*"], 1, 1, 1, Run(16), (Run(15), Run(8))),
        ],
        guards=[Guard("<", 11, 8, True), Guard(">=", 12, 8, False)],
        outputs=[14, 16],
        active=bytearray(17),
        counts={"recorded": 12, "dead code": 10, "instructions": 4},
        statistics={"nodes": 12, "bytes": 1234},
    )
    assert (
        str(program)
        == """\
captured    %0..%7 (8)
inputs      %9..%10 (2)
constants   %8 = 0.5

%11..%12 = affine [%0..%1, %3..%4], %9..%10, [%2, %5]
%13..%14 = tanh %11..%12
%15 = stop_gradient %13
%16 = %15 * %8

guards      %11 < %8 is true, %12 >= %8 is false
outputs     %14, %16 (2)

operations  12 recorded, 10 after dead code
statistics  nodes 12, bytes 1,234"""
    )


def test_a_compiled_function_has_its_program_with_the_counts_of_now() -> None:
    w = Value(2.0)
    step = compile(lambda x: dot(x, [w, w]) * stop_gradient(w) if x[0] > w else w)
    step([3.0, 1.0])
    assert "stop_gradient %" in str(step.program)
    assert "operations  3 recorded, 3 after folding constants and common subexpressions, " in str(step.program)
    assert str(step.program).endswith(", recordings 1, guard misses 0")
    step([1.0, 1.0])
    assert "\noutputs     %0\n" in str(step.program)
    assert str(step.program).endswith(", recordings 2, guard misses 1")


def test_the_statistics_say_how_much_of_a_program_is_on_tapes() -> None:
    weights = [[Value(0.1 * i + 0.01 * j) for j in range(8)] for i in range(8)]
    layer = compile(lambda x: autograd.sum([autograd.tanh(dot(row, x)) for row in weights]))
    layer([0.5] * 8)
    assert layer.statistics["on tapes"] < layer.statistics["instructions"] < 8
    chain = compile(lambda x: reduce(lambda y, k: (y * x + k).tanh(), (0.1, 0.2, 0.3), x))
    chain(0.5)
    assert chain.statistics["on tapes"] == chain.statistics["instructions"] >= 6


def test_the_print_of_a_scattered_program_is_short() -> None:
    places = random.Random(0).sample(range(400), 400)
    step = compile(lambda xs: [autograd.sum([xs[k] for k in places]), *[xs[k] for k in places if xs[k] > 200.0]])
    step([float(k) for k in range(400)])
    lines = str(step.program).splitlines()
    assert max(map(len, lines)) < 200
    assert "and 394 more" in str(step.program)
