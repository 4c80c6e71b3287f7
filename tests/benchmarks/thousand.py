"""Simulates a thousand machines that train or sweep: python -m tests.benchmarks.thousand.

The sign of autograd/compiling/exports has its figures. The simulation is small: steps take longer or shorter by chance,
machines end by chance, and a scheduler hands out one training at a time. If the plan uses a formula for a figure, the
formula's result stands beside it.
"""

import heapq
import math
import random
from statistics import NormalDist, fmean

MACHINES = 1000
HOUR = 3600.0
YEAR = 365 * 24 * HOUR
HAND = 0.003  # seconds of the scheduler and the client for one training, measured with Dask and trainings of no length


def slowest(machines: int, jitter: float, steps: int, rng: random.Random) -> float:
    """How much longer than usual a step takes that ends with the slowest of all machines.

    jitter: the standard deviation of the time of one machine, as a part of it.
    """
    return fmean(max(rng.gauss(1.0, jitter) for _ in range(machines)) for _ in range(steps))


def slowest_by_formula(machines: int, jitter: float) -> float:
    """The same for normal chances: the quantile that one of so many is expected to pass, by Blom's formula."""
    return 1.0 + jitter * NormalDist().inv_cdf((machines - 0.375) / (machines + 0.25))


def lost(machines: int, life: float, interval: float, write: float, restart: float, rng: random.Random) -> float:
    """The part of its time that a training in step loses, when one machine that ends stops all.

    life: seconds that one machine lives on average. interval: between two checkpoints. write, restart: seconds that a
    checkpoint, and a new start, take.
    """
    done, clock, kept = 0.0, 0.0, 0.0
    failure = rng.expovariate(machines / life)
    while clock < 500 * life / machines:
        end = clock + interval + write
        if failure < end:
            done = kept
            clock = failure + restart
            failure = clock + rng.expovariate(machines / life)
        else:
            done += interval
            kept, clock = done, end
    return 1.0 - done / clock


def lost_by_formula(machines: int, life: float, interval: float, write: float, restart: float) -> float:
    """The same, as Young has it: writing, half an interval for each failure, and the new start."""
    between = life / machines
    return write / interval + (interval / 2 + restart) / between


def sweep(machines: int, life: float, trainings: int, seconds: float, hand: float, rng: random.Random) -> float:
    """The part of the machines' time that goes into trainings that end, in a sweep.

    seconds: that a training takes on average, evenly from half to one and a half of it. hand: that the scheduler takes
    for each, one after the other. A machine that ends loses its training alone, and comes back.
    """
    free = [(0.0, k) for k in range(machines)]
    scheduler, left, useful, end = 0.0, trainings, 0.0, 0.0
    while left:
        clock, machine = heapq.heappop(free)
        scheduler = max(scheduler, clock) + hand
        length = rng.uniform(0.5, 1.5) * seconds
        if rng.expovariate(1 / life) < length:
            heapq.heappush(free, (scheduler + rng.random() * length + 60.0, machine))
            continue
        left -= 1
        useful += length
        end = max(end, scheduler + length)
        heapq.heappush(free, (scheduler + length, machine))
    return useful / (end * machines)


def figures() -> dict[str, str]:
    """All figures of the sign, by what they are called there."""
    rng = random.Random(1)
    write, restart = 0.1, 60.0
    best = math.sqrt(2 * write * YEAR / MACHINES)
    told = {
        "kB that a machine sends in a step, for 337 parameters": f"{2 * 8 * 337 / 1000:.1f}",
        "longer step, for it waits for the slowest of 1,000": f"{slowest(MACHINES, 0.05, 200, rng) - 1:.0%}",
        "the same by Blom's formula": f"{slowest_by_formula(MACHINES, 0.05) - 1:.0%}",
        "hours between two failures, if a machine lives a year": f"{YEAR / MACHINES / HOUR:.1f}",
        "best seconds between two checkpoints": f"{best:.0f}",
        "time lost with these": f"{lost(MACHINES, YEAR, best, write, restart, rng):.2%}",
        "the same by Young's formula": f"{lost_by_formula(MACHINES, YEAR, best, write, restart):.2%}",
        "time lost with one checkpoint an hour": f"{lost(MACHINES, YEAR, HOUR, write, restart, rng):.1%}",
    }
    for seconds in (0.1, 1.0, 10.0, 60.0, 600.0):
        n = 20 * MACHINES if seconds < 60 else 100 * MACHINES
        at_work = sweep(MACHINES, YEAR, n, seconds, HAND, rng)
        told[f"machines at work in a sweep of trainings of {seconds:g} s"] = f"{at_work:.0%}"
    return told


if __name__ == "__main__":
    for name, figure in figures().items():
        print(f"{name:56}{figure:>8}")
