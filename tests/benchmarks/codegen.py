"""The machine of compiled programs beside code by LLVM and by a C compiler: python -m tests.benchmarks.codegen.

All compute the same from the same program: outputs, and the gradients of parameters and arguments. They are compared.
Two times are measured: to make the code, once the program is laid out, and to run it. Generated code computes from
arrays into arrays. The machine also reads numbers out of Values and gives gradients back. A program that does hardly
anything else measures how long that takes, and this is taken off. The last columns are a whole call of the compiled
function, and what it would be with generated code instead of the machine.
"""

import argparse
import ctypes
import math
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import autograd
import nn
from autograd import Value
from autograd.compiling.compiler import Compiled, without_collecting
from autograd.compiling.machine import Machine
from autograd.compiling.program import Program
from autograd.compiling.shapes import taken_apart
from autograd.transforms.containers import leaves
from tests.benchmarks import gpt, programs
from tests.benchmarks.engines import Ours
from tests.benchmarks.llvm import REASSOCIATED, Generator, MachineCode

TOLERANCE = 1e-12
SECONDS_A_ROUND = 0.02
INSTALL = "llvmlite is not installed; no part of chalkgrad needs it: python -m pip install llvmlite"
REASSOCIATED_IN_C = ("-fassociative-math", "-fno-signed-zeros", "-fno-trapping-math")
Repeated = Callable[[int], object]  # runs as often as it is told


@dataclass
class Case:
    """A compiled function with arguments, or with rows of arguments, and all that it computes of them."""

    name: str
    step: Compiled
    args: tuple[Any, ...]
    by_rows: bool = False

    def __post_init__(self) -> None:
        step, args = self.step, self.args
        whole: Callable[..., float] = step.map.value_and_grad if self.by_rows else step.value_and_grad
        self.whole = lambda: whole(*args)
        self.first_call = timed(self.whole)
        self.program, self.captured = step.program, tuple(step.captured)
        self.parameters = np.array([x.data for x in self.captured])
        self.n = len(args[0]) if self.by_rows else 1
        inputs = taken_apart(args)[1]

        @autograd.compile
        def around(*args: Any) -> Any:
            return autograd.sum(self.captured) * autograd.sum(leaves(args))

        (around.map if self.by_rows else around)(*args)
        machine, others = self.machine(self.program), self.machine(around.program)
        if self.by_rows:
            self.call = lambda: machine.value_and_grad_rows(self.captured, args)
            self.surroundings = lambda: others.value_and_grad_rows(self.captured, args)
            run = machine.run_rows(self.captured, args)
            self.expected = [*run.outputs(), *run.backward()[0]]
            self.inputs = np.concatenate([each.reshape(self.n, -1).T for each in args])
        else:
            self.call = lambda: machine.value_and_grad(self.captured, inputs)
            self.surroundings = lambda: others.value_and_grad(self.captured, inputs)
            run = machine.run(self.captured, inputs)
            of_parameters, of_inputs = run.backward()
            self.expected = [*run.outputs(), *of_parameters, *of_inputs]
            self.inputs = np.array([[float(getattr(x, "data", x))] for x in inputs])

    def machine(self, program: Program) -> Machine:
        return Machine(program, tuple(each[0] for each in self.args)) if self.by_rows else Machine(program)

    def repeated(self, f: Any, lanes: int = 1) -> Repeated:
        """Calls of generated code on arrays, after one whose results are compared with those of the machine."""
        rows = -(-self.n // lanes) * lanes
        inputs, seeds = np.zeros((len(self.inputs), rows)), np.zeros(rows)
        inputs[:, : self.n], seeds[: self.n] = self.inputs, 1 / self.n
        outputs, of_parameters, of_inputs = (np.zeros(len(x)) for x in ([0], self.parameters, self.inputs))
        arrays = [self.parameters, inputs, seeds, outputs, of_parameters, of_inputs]
        run = ctypes.CFUNCTYPE(None, ctypes.c_int64, *[ctypes.c_void_p] * len(arrays))(f)
        run(1, *[x.ctypes.data for x in arrays])
        wanted = [self.program.active[slot] for slot in self.program.inputs]
        found = np.concatenate([outputs, of_parameters, of_inputs * wanted])[: len(self.expected)]
        worst = abs(found - self.expected).max() / np.abs(self.expected).max()
        if not worst <= TOLERANCE:
            raise AssertionError(f"{self.name}: generated code differs from the machine by {worst:.1e}")
        return lambda n: run(n, *[x.ctypes.data for x in arrays])


def timed(f: Callable[[], object]) -> float:
    """The seconds that a call takes, of the processor's time: others may work on the machine."""
    start = processor_time()
    f()
    return processor_time() - start


def processor_time() -> float:
    """Of this thread, and of processes that it waited for, as a C compiler."""
    used = os.times()
    return time.thread_time() + used.children_user + used.children_system


def one_example() -> Case:
    layers, (xs, ys) = of_values(programs.network(2, 16, 16, 1)), programs.points(1)

    @autograd.compile
    def loss(x: Any, y: Any) -> Any:
        return nn.mse_loss(network(layers, x)[0], y)

    return Case("one example, 2-16-16-1", loss, (xs[0], ys[0]))


def moons() -> Case:
    layers, (xs, ys) = of_values(programs.network(2, 16, 16, 1)), programs.points(100)

    @autograd.compile
    def loss(x: Any, y: Any) -> Any:
        return autograd.relu(1 - y * network(layers, x)[0])

    return Case("moons, 100 rows", loss, (np.array(xs), np.array(ys)), by_rows=True)


def of_values(layers: programs.Layers) -> Any:
    return [([[Value(x) for x in row] for row in w], [Value(x) for x in b]) for w, b in layers]


def network(layers: Any, x: Any) -> Any:
    for w, b in layers[:-1]:
        x = autograd.linear(w, x, b, autograd.relu)
    return autograd.linear(layers[-1][0], x, layers[-1][1])


def gpt_loss() -> Case:
    engine = Ours()
    w = {name: [[Value(x) for x in row] for row in rows] for name, rows in gpt.weights().items()}
    step = autograd.compile(lambda tokens, wanted: gpt.loss_of(engine, w, tokens, wanted))
    numbers = gpt.numbered("isabella")
    certain = [[float(i == j) for j in range(len(gpt.ALPHABET))] for i in numbers[1:]]
    return Case("GPT, one document", step, ([w["tokens"][t] for t in numbers[:-1]], certain))


def chain(n: int) -> Case:
    links, args = programs.chain(n)
    return Case(f"a chain of {n:,}", autograd.compile(links), args)


# Generated code. All answer the seconds that it takes to be made, and how it is run.


def by_llvm(case: Case, unrolled: bool, flags: str, lanes: int) -> tuple[float, Repeated]:
    start = processor_time()
    code = MachineCode(Generator(case.program, unrolled, flags, lanes, -(-case.n // lanes)).module())
    seconds = processor_time() - start
    run = case.repeated(code.repeated, lanes)
    return seconds, lambda n, code=code: run(n)


def by_c_compiler(case: Case, flags: tuple[str, ...]) -> tuple[float, Repeated]:
    """Row after row: to_c() writes functions of one example."""
    row = tuple(each[0] for each in case.args) if case.by_rows else case.args
    with tempfile.TemporaryDirectory() as folder:
        start = processor_time()
        source, library = Path(folder, "step.c"), Path(folder, "step.so")
        source.write_text(case.step.to_c(*row, name="step") + REPEATED_IN_C % {"rows": case.n})
        command = ["cc", "-O3", "-march=native", *flags, "-shared", "-fPIC", source, "-o", library, "-lm"]
        subprocess.run(command, check=True)
        f = ctypes.CDLL(str(library)).repeated
        seconds = processor_time() - start
    return seconds, case.repeated(ctypes.cast(f, ctypes.c_void_p).value)


REPEATED_IN_C = """
void repeated(long times, const double *parameters, const double *inputs, const double *seeds, double *outputs,
              double *of_parameters, double *of_inputs)
{
    enum { ROWS = %(rows)d };
    static step_workspace work;
    static double row[step_INPUTS + 1], of_row[step_PARAMETERS + 1];
    double out;
    while (times-- > 0) {
        if (ROWS == 1) {
            step_gradient(parameters, inputs, seeds, outputs, of_parameters, of_inputs, &work);
            continue;
        }
        outputs[0] = 0;
        for (int k = 0; k < step_PARAMETERS; k++)
            of_parameters[k] = 0;
        for (int i = 0; i < ROWS; i++) {
            for (int k = 0; k < step_INPUTS; k++)
                row[k] = inputs[k * ROWS + i];
            step_gradient(parameters, row, seeds + i, &out, of_row, of_inputs, &work);
            outputs[0] += seeds[i] * out;
            for (int k = 0; k < step_PARAMETERS; k++)
                of_parameters[k] += of_row[k];
        }
    }
}
"""


def ways(case: Case, has_llvm: bool, unrolled: bool) -> Iterator[tuple[str, Callable[[], tuple[float, Repeated]]]]:
    """The ways to generate code for a case, by name."""
    forms = [("unrolled", True), ("in loops", False)] if unrolled else [("in loops", False)]
    for form, is_unrolled in forms if has_llvm else []:
        for lanes in (8, 16) if case.by_rows else (1,):
            for flags in ("", REASSOCIATED):
                name = f"LLVM, {form}" + (f", {lanes} lanes" if lanes > 1 else "") + (", reassociated" if flags else "")
                yield name, lambda a=is_unrolled, f=flags, n=lanes: by_llvm(case, a, f, n)
    if shutil.which("cc"):
        yield "C compiler", lambda: by_c_compiler(case, ())
        yield "C compiler, reassociated", lambda: by_c_compiler(case, REASSOCIATED_IN_C)


def measure(case: Case, has_llvm: bool, unrolled: bool, rounds: int) -> None:
    """Print what each way takes to be made, and for a run, and the ratios to the machine."""
    made = {name: make() for name, make in ways(case, has_llvm, unrolled)}
    runs: dict[str, Repeated] = {name: run for name, (_, run) in made.items()}
    runs |= {"whole": times(case.whole), "call": times(case.call), "surroundings": times(case.surroundings)}
    repeats = {name: max(1, round(SECONDS_A_ROUND / timed(lambda run=run: run(1)))) for name, run in runs.items()}
    found: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            found[name].append(timed(lambda run=run, name=name: run(repeats[name])) / repeats[name])
    whole = found["whole"]
    found["the machine"] = [call - rest for call, rest in zip(found["call"], found["surroundings"])]
    to_make = {"the machine": statistics.median(timed(lambda: case.machine(case.program)) for _ in range(rounds))}
    to_make |= {name: seconds for name, (seconds, _) in made.items()}
    print(
        f"\n{case.name}: {case.program.counts['recorded']:,} operations, {len(case.program.instructions)} instructions"
    )
    print(f"{'':40}{'to make':>13}{'×':>9}{'a run':>13}{'×':>7}{'a call':>13}{'×':>7}")
    for name, seconds in to_make.items():
        own = found[name]
        with_call = [x + rest - machine for x, rest, machine in zip(own, whole, found["the machine"])]
        print(
            f"{name:40}{seconds * 1e3:>10.4g} ms{seconds / to_make['the machine']:>9.3g}"
            f"{statistics.median(own) * 1e6:>10.4g} µs{ratio(own, found['the machine']):>7.2f}"
            f"{statistics.median(with_call) * 1e6:>10.4g} µs{ratio(with_call, whole):>7.2f}",
            flush=True,
        )


def times(f: Callable[[], object]) -> Repeated:
    """A function of Python, called as often as it is told."""

    def run(n: int) -> None:
        for _ in range(n):
            f()

    return run


def ratio(own: list[float], others: list[float]) -> float:
    """The median of the ratios, round by round."""
    return statistics.median(a / b for a, b in zip(own, others))


def grow(has_llvm: bool, limit: float, sizes: list[int]) -> None:
    """Print how long each way takes for longer and longer chains, and what is to be expected beyond the limit."""
    print("\nchains of single operations: seconds to make, and in brackets µs of a run")
    print(f"{'':40}" + "".join(f"{n:>18,}" for n in sizes))
    cases = [chain(n) for n in sizes]

    def row(name: str, make: Callable[[Case], tuple[float, Repeated]]) -> None:
        print(f"{name:40}", end="")
        before: list[tuple[int, float]] = []
        for case in cases:
            n = case.program.counts["recorded"]
            expected = projected(before, n)
            if expected > limit:
                print(f"{f'about {expected:,.0f}':>18}", end="", flush=True)
                continue
            with without_collecting():  # as compile() does
                seconds, run = make(case)
            before.append((n, seconds))
            run(1)
            each = statistics.median(timed(lambda run=run: run(1)) for _ in range(5))
            print(f"{f'{seconds:.4f} ({each * 1e6:,.0f})':>18}", end="", flush=True)
        print()

    row("the machine", lambda case: (timed(lambda: case.machine(case.program)), times(case.call)))
    row("the first call, with recording", lambda case: (case.first_call, times(case.whole)))
    for name, _ in ways(cases[0], has_llvm, True):
        row(name, lambda case, name=name: dict(ways(case, has_llvm, True))[name]())


def projected(before: list[tuple[int, float]], n: int) -> float:
    """The seconds that the next size takes, if it goes on as between the last two."""
    if len(before) < 2:
        return 0.0
    (n0, t0), (n1, t1) = before[-2:]
    return t1 * (n / n1) ** (math.log(t1 / t0) / math.log(n1 / n0))


def main() -> None:
    """Measure in rounds in which everything has its turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="rounds of runs (default: %(default)s)")
    parser.add_argument(
        "--limit", type=float, default=60, help="seconds for making code of a chain (default: %(default)s)"
    )
    parser.add_argument(
        "--sizes", type=int, nargs="*", default=[1_000, 3_000, 10_000, 30_000, 100_000], help="of chains"
    )
    options = parser.parse_args()
    if autograd.engine_name != "native":
        raise SystemExit("the native engine is not built, and the machine is part of it")
    try:
        import llvmlite
    except ImportError:
        print(INSTALL)
        llvmlite = None
    measure(one_example(), llvmlite is not None, True, options.rounds)
    measure(moons(), llvmlite is not None, True, options.rounds)
    measure(gpt_loss(), llvmlite is not None, False, options.rounds)  # unrolled, LLVM takes many minutes
    if options.sizes:
        grow(llvmlite is not None, options.limit, options.sizes)


if __name__ == "__main__":
    main()
