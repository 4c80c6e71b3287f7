"""What single precision could save at most in a training step: python -m tests.benchmarks.single.

Numbers of half the size let a vector instruction do twice as many. So all that is done in lanes would take half the
time at best. Of digits that is what a step takes longer with more rows; of microgpt it is forward and backward.
Parameters stay Values of double precision: reading, crediting and the optimiser stay as they are.
"""

import time
from collections.abc import Callable

from tests.benchmarks import gpt, programs

ROUNDS = 400


def least(*works: Callable[[], object]) -> list[float]:
    """The least seconds of many, in turn, so that what others do troubles all alike."""
    found = [float("inf")] * len(works)
    for work in works:
        work()
    for _ in range(ROUNDS):
        for i, work in enumerate(works):
            start = time.perf_counter()
            for _ in range(20):
                work()
            found[i] = min(found[i], (time.perf_counter() - start) / 20)
    return found


def say(name: str, step: float, in_lanes: float) -> None:
    """A line."""
    print(f"{name:20} {1e6 * step:10.1f} µs {1e6 * in_lanes:10.1f} µs {step / (step - in_lanes / 2):10.2f}")


def digits() -> None:
    """64-32-10, with 32 rows and with 8."""
    layers, (xs, ys) = programs.network(64, 32, 10), programs.digits(32)
    step, few = least(programs.compiled(layers, xs, ys, True), programs.compiled(layers, xs[:8], ys[:8], True))
    say("digits, 32 rows", step, (step - few) * 32 / 24)


def microgpt() -> None:
    """A name of six letters, the canonical one with Adam."""
    loss, step = programs.gpt_compiled([next(name for name in gpt.names() if len(name) == 6)])
    (whole,) = least(step)
    parts = [loss.costs(20) for _ in range(ROUNDS)]
    say("microgpt, one name", whole, sum(1e-6 * min(part[name] for part in parts) for name in ("forward", "backward")))


if __name__ == "__main__":
    print("                         a step        in lanes   at most times as fast")
    digits()
    microgpt()
