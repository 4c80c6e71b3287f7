"""How large one graph may be: a chain of 10,000 to 100,000,000 operations, and what one of them costs.

python -m tests.benchmarks.scale --most 100000000 needs about 10 GB of memory. Each size has a process of its own.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

import autograd
from autograd import Value

TIMES = 5  # the least of so many counts, for chains up to a million


def measured(n: int) -> tuple[float, float, float, float]:
    """Of a chain of n operations: the seconds to build it, to go back and to free it, and its bytes."""
    best = [float("inf")] * 3
    grown = 0.0
    for _ in range(TIMES if n <= 1_000_000 else 1):
        one = x = Value(1.0)
        before, start = resident(), time.perf_counter()
        for _ in range(n // 2):
            x = x * one + one
        built = time.perf_counter()
        x.backward()
        done = time.perf_counter()
        grown = max(grown, resident() - before)
        if one.grad <= 0:
            raise ArithmeticError("the gradient is wrong")
        del x
        freed = time.perf_counter()
        best = [min(each) for each in zip(best, (built - start, done - built, freed - done))]
    return *best, grown


def resident() -> float:
    """The bytes of memory that this process has; nan where the system does not say it."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
    except OSError:
        return float("nan")


def main() -> None:
    """Print a line for each size, up to the one asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--most", type=int, default=10_000_000, help="operations of the longest (default: %(default)s)")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)  # in a process of its own
    options = parser.parse_args()
    if options.one:
        print(*measured(options.one))
        return
    print(f"engine {autograd.engine_name}; nanoseconds and bytes an operation")
    print(f"{'operations':>12} {'build':>7} {'back':>7} {'free':>7} {'all':>7} {'bytes':>7}  to 10,000")
    least, n = 0.0, 10_000
    while n <= options.most:
        command = [sys.executable, "-m", "tests.benchmarks.scale", "--one", str(n)]
        *seconds, grown = map(float, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
        each = [1e9 * s / n for s in seconds]
        least = least or sum(each)
        figures = " ".join(f"{x:7.1f}" for x in (*each, sum(each), grown / n))
        print(f"{n:>12,} {figures}  {sum(each) / least:.2f}", flush=True)
        n *= 10


if __name__ == "__main__":
    main()
