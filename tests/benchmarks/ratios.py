"""How many times as long one work takes as another, in one process and in turn."""

import time
from collections.abc import Callable
from typing import Any

Works = tuple[Callable[[], object], Callable[[], object]]


def fastest(work: Callable[[], object], seconds: float = 0.05) -> float:
    """Seconds, the least of many short times: for ratios of what takes microseconds."""

    def took(repeats: int) -> float:
        start = time.perf_counter()
        for _ in range(repeats):
            work()
        return time.perf_counter() - start

    work()
    repeats = 1
    while (best := took(repeats)) < 1e-4:
        repeats *= 2
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        best = min(best, took(repeats))
    return best / repeats


def ratio(make: Callable[[], Works]) -> Callable[[str], Any]:
    """How many times as long the first of two works takes, that of the compiled engine."""

    def round_of(name: str) -> Callable[[], float] | None:
        if name != "compiled":
            return None
        try:
            first, second = make()
        except ImportError:
            return None
        return lambda: fastest(first) / fastest(second)

    return round_of
