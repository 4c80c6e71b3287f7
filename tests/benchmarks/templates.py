"""Machine code put together from templates, beside the tape of compiled programs: python -m tests.benchmarks.templates.

It says what a template compiler could save in a program without layers: sums, differences and products of single
numbers, as beside_casadi.py makes them. For every operation it copies the bytes of a few instructions and puts in where
the numbers are. Only for x86-64 and Linux. Both ways compute the same numbers, which are compared.
"""

import ctypes
import mmap
import platform
import struct
import sys
import time
from typing import Any

import numpy as np

import autograd
from autograd import Value
from autograd import derivatives as table
from autograd.compiling.program import Program, accumulate, copy, fold
from tests.benchmarks import beside_casadi

LOAD, STORE, ADD, MULTIPLY, SUBTRACT = 0x10, 0x11, 0x58, 0x59, 0x5C  # movsd, movsd, addsd, mulsd, subsd
OF_TWO = {table.add: ADD, table.subtract: SUBTRACT, table.multiply: MULTIPLY}
NUMBERS, GRADIENTS = 7, 6  # the registers of the two arguments, rdi and rsi


def in_memory(operation: int, register: int, base: int, slot: int) -> bytes:
    """An instruction on a register and the number in a slot."""
    return struct.pack("<4Bi", 0xF2, 0x0F, operation, 0x80 | register << 3 | base, 8 * slot)


def between(operation: int, register: int, other: int) -> bytes:
    """An instruction on two registers."""
    return bytes([0xF2, 0x0F, operation, 0xC0 | register << 3 | other])


def forward(op: Any, out: int, xs: Any) -> bytes:
    """The code of one operation."""
    first = in_memory(LOAD, 0, NUMBERS, xs[0])
    if op is copy or op is fold:
        code = b"".join([in_memory(ADD, 0, NUMBERS, x) for x in xs[1:]])
    elif op is accumulate and len(xs) == 3:
        code = in_memory(MULTIPLY, 0, NUMBERS, xs[1]) + in_memory(ADD, 0, NUMBERS, xs[2])
    elif op in OF_TWO:
        code = in_memory(OF_TWO[op], 0, NUMBERS, xs[1])
    else:
        raise NotImplementedError(f"there is no template for {op.name}")
    return first + code + in_memory(STORE, 0, NUMBERS, out)


def backward(op: Any, out: int, xs: Any, active: bytearray) -> bytes:
    """The code that passes its gradient on."""
    code = in_memory(LOAD, 0, GRADIENTS, out)
    for q, x in enumerate(xs):
        if not active[x]:
            continue
        if op is table.subtract and q == 1:
            code += in_memory(LOAD, 1, GRADIENTS, x) + between(SUBTRACT, 1, 0)
        elif op is table.multiply or (op is accumulate and q < 2):
            code += in_memory(LOAD, 1, NUMBERS, xs[1 - q]) + between(MULTIPLY, 1, 0) + in_memory(ADD, 1, GRADIENTS, x)
        else:
            code += in_memory(LOAD, 1, GRADIENTS, x) + between(ADD, 1, 0)
        code += in_memory(STORE, 1, GRADIENTS, x)
    return code


class Code:
    """Two functions of the addresses of numbers and gradients."""

    def __init__(self, program: Program) -> None:
        each = [
            (x.op, x.out.slots(j, i, 1)[0], [s for run, k in zip(x.operands, x.lengths) for s in run.slots(j, i, k)])
            for x in program.each()
            for j in range(x.outer)
            for i in range(x.inner)
        ]
        ends = b"\xc3"  # ret
        there = b"".join([forward(*one) for one in each]) + ends
        back = b"".join([backward(*one, program.active) for one in reversed(each) if program.active[one[1]]]) + ends
        self.size = len(there) + len(back)
        self.memory = mmap.mmap(-1, self.size, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        self.memory.write(there + back)
        self.held = ctypes.c_char.from_buffer(self.memory)
        at, function = ctypes.addressof(self.held), ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
        self.forward, self.backward = function(at), function(at + len(there))
        self.nothing = function(at + self.size - len(ends))


def least(times: int, *works: Any) -> list[float]:
    """The least of many, in microseconds; in turn, so that what others do troubles all alike."""
    found = [float("inf")] * len(works)
    for _ in range(times):
        for i, work in enumerate(works):
            start = time.perf_counter()
            work()
            found[i] = min(found[i], time.perf_counter() - start)
    return [1e6 * x for x in found]


def measure(n: int) -> None:
    """Print a line for a random program."""
    steps = beside_casadi.scattered(n, "+ - *")
    compiled = autograd.compile(lambda *xs: steps(list(xs), autograd))
    values = [Value(0.1 * (i + 1)) for i in range(10)]
    result = compiled.value_and_grad(*values)
    program = compiled.program
    start = time.perf_counter()
    code = Code(program)
    made = time.perf_counter() - start
    numbers, gradients = np.zeros(program.n_slots), np.zeros(program.n_slots)
    for slot, x in [*program.constants, *zip(program.inputs, [x.data for x in values])]:
        numbers[slot] = x
    at, to = numbers.ctypes.data, gradients.ctypes.data

    def run(there: Any, back: Any) -> None:
        there(at, to)
        gradients[program.outputs[0]] = 1.0
        back(at, to)

    run(code.forward, code.backward)
    assert numbers[program.outputs[0]] == result
    assert np.allclose(gradients[program.inputs], [x.grad for x in values], rtol=1e-12)
    operations = sum(1 for _ in program.each())
    times = max(20, 3_000_000 // operations)
    by_code, nothing, whole = least(
        times,
        lambda: run(code.forward, code.backward),
        lambda: run(code.nothing, code.nothing),
        lambda: compiled.value_and_grad(*values),
    )
    by_code -= nothing  # calls through ctypes
    parts = [compiled.costs(4) for _ in range(times // 4)]
    tape = min(each["forward"] for each in parts) + min(each["backward"] for each in parts)
    print(
        f"{operations:9,}  {tape:10.1f} µs {by_code:10.1f} µs {by_code / tape:10.2f}"
        f" {code.size / operations:14.0f} bytes {1e3 * made:8.1f} ms {whole:10.1f} µs"
    )


if __name__ == "__main__":
    if platform.machine() != "x86_64" or sys.platform != "linux" or autograd.engine_name != "native":
        sys.exit("this needs Linux on x86-64, and the native engine")
    print("operations      on tape          code   code:tape   an operation     to make   a whole call")
    for n in (1_000, 10_000, 100_000):
        measure(n)
