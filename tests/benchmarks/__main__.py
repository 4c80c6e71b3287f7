"""Prints the same work by this project's engines and by others, side by side, and all operations in units of tanh."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import autograd
from tests.benchmarks import operations, programs
from tests.benchmarks.engines import NAMES
from tests.benchmarks.measurements import FRESH, ROWS

# for the libraries that take several threads where they can
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"}
OURS = ("compiled", "native", "textbook")  # to which of them ratios are


class Worker:
    """An engine in a process of its own, so that no engine's memory is in the way of another."""

    def __init__(
        self,
        name: str,
        module: str = "tests.benchmarks.worker",
        settings: Mapping[str, str] = MappingProxyType({}),
        options: Sequence[str] = (),
    ) -> None:
        setting = {"textbook": "python", "native": "native"}.get(name, "")
        self.name = name
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, name, *options],
            env=os.environ | {"CHALKGRAD_ENGINE": setting} | ONE_THREAD | settings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.missing = self.answer().get("missing")

    def answer(self) -> dict[str, Any]:
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"missing": "its process ended", "none": "its process ended"}

    def __del__(self) -> None:
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def send(self, row: str) -> None:
        self.process.stdin.write(row + "\n")
        self.process.stdin.flush()

    def measure(self, row: str) -> float | None:
        self.send(row)
        return self.answer().get("figure")


def main() -> None:
    """Measure in rounds in which every engine has its turn, so that a slow moment of the machine hits all alike."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="rounds of every row (default: %(default)s)")
    parser.add_argument("--rows", nargs="*", default=list(ROWS), choices=list(ROWS), help="rows (default: all)")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    parser.add_argument("--operations", action="store_true", help="every operation in units of tanh, and nothing else")
    options = parser.parse_args()
    if options.operations:
        operations.main(options.rounds)
        return

    names = [name for name in NAMES if name != "native" or autograd.engine_name == "native"]
    if "native" not in names:
        print("the native engine is not built, so it is left out")
    workers = [Worker(name) for name in names]
    for worker in workers:
        if worker.missing:
            print(f"{worker.name} is left out: {worker.missing}")
    workers = [worker for worker in workers if not worker.missing]

    print(f"Python {platform.python_version()}, {options.rounds} rounds: medians, in brackets the ratio to our own")
    print(f"{'':26}" + "".join(f"{worker.name:>19}" for worker in workers))
    table = {}
    for row in options.rows:
        figures = {worker.name: [] for worker in workers}
        for _ in range(options.rounds):
            for worker in workers:
                figure = (Worker(worker.name) if row in FRESH else worker).measure(row)
                if figure is not None:
                    figures[worker.name].append(figure)
        unit = ROWS[row][1]
        ours = next((name for name in OURS if figures.get(name)), next(name for name, own in figures.items() if own))
        table[row] = {"unit": unit} | {name: summary(own, figures[ours]) for name, own in figures.items() if own}
        print(f"{row:26}" + "".join(cell(table[row].get(worker.name), unit) for worker in workers), flush=True)
        if row in programs.FLOPS:
            flops = {
                name: programs.FLOPS[row] * 1e3 / each["median"] / 1e9
                for name, each in table[row].items()
                if name != "unit"
            }
            print(" " * 26 + "Gflop/s: " + ", ".join(f"{name} {figure:.3g}" for name, figure in flops.items()))
    if options.rows == list(ROWS):
        operations.main(options.rounds)
    if options.json:
        options.json.write_text(json.dumps(table, indent=2, ensure_ascii=False), encoding="utf-8")


def summary(own: list[float], ours: list[float]) -> dict[str, float]:
    """The median, and the median of the ratios to ours, round by round."""
    return {"median": statistics.median(own), "ratio": statistics.median(a / b for a, b in zip(own, ours))}


def cell(figures: dict[str, float] | None, unit: str) -> str:
    """One figure and its ratio, or a dash."""
    return f"{figures['median']:>8.4g} {unit} ({figures['ratio']:.3g})".rjust(19) if figures else f"{'–':>19}"


if __name__ == "__main__":
    main()
