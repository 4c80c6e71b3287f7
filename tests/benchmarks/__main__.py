"""Prints how long building and differentiating the same graphs takes with this engine and with others."""

import gc
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import autograd
from tests.benchmarks.graphs import GRAPHS

ROUNDS = 15  # odd, so that the median is one of them
SECONDS_A_ROUND = 0.1  # long enough for the collector to take its part of the time, as in a training loop


def engines() -> dict[str, Any]:
    """The Value of this engine, and of the others that are installed."""
    found: dict[str, Any] = {"chalkgrad": autograd.Value}
    try:
        from micrograd.engine import Value

        found["micrograd 0.1.0"] = Value
    except ImportError:
        print("micrograd is not installed and left out")
    return found


def side_by_side(programs: list[Callable[[], None]]) -> list[list[float]]:
    """The seconds that one call of each program takes, in rounds in which all have their turn."""
    repeats = []
    for program in programs:
        start = time.perf_counter()
        program()
        repeats.append(max(1, round(SECONDS_A_ROUND / (time.perf_counter() - start))))
    times: list[list[float]] = [[] for _ in programs]
    for _ in range(ROUNDS):
        for program, n, own in zip(programs, repeats, times):
            gc.collect()
            start = time.perf_counter()
            for _ in range(n):
                program()
            own.append((time.perf_counter() - start) / n)
    return times


def main() -> None:
    """Print one line per graph: medians, and the median of the ratios round by round."""
    sys.setrecursionlimit(20_000)  # for the others
    found = engines()
    print(f"{'build and backward':20}" + "".join(f"{name:>18}" for name in found) + f"{'ratio to us':>18}")
    for name, graph in GRAPHS.items():
        ours, *others = side_by_side([graph(value) for value in found.values()])
        medians = [statistics.median(times) for times in (ours, *others)]
        ratios = [statistics.median(b / a for a, b in zip(ours, times)) for times in others]
        print(
            f"{name:20}"
            + "".join(f"{median * 1e3:>15.2f} ms" for median in medians)
            + "".join(f"{ratio:>18.2f}" for ratio in ratios)
        )


if __name__ == "__main__":
    main()
