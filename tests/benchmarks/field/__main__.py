"""Prints one table: each evaluation by this project, compiled and eager, and beside it by other libraries.

A rival has a process of its own and a turn in every round. Medians of the rounds are printed, and ratios to the
compiled program in the same round. A result that differs is named in place of its time.
"""

import argparse
import os
import platform
import signal
import statistics
from pathlib import Path
from typing import Any

from tests.benchmarks.__main__ import Worker
from tests.benchmarks.field.problems import PROBLEMS
from tests.benchmarks.field.rivals import RIVALS

ROOT = Path(__file__).parents[3]
CLOSE = 1e-9  # how far results may be apart, relative to the largest entry
WITH_FIRST_CALL = ("compiled", "CasADi", "JAX", "numba by hand")


class Rival(Worker):
    """A rival's process; one that an evaluation takes too long for has ended, and begins anew for the next."""

    def __init__(self, name: str, hips: Path, limit: float) -> None:
        folders = [str(hips)] if name == "HIPS" else []
        paths = os.pathsep.join([*folders, str(ROOT)])
        settings = {"PYTHONPATH": paths, "PYTHONSAFEPATH": "1"}
        super().__init__(name, "tests.benchmarks.field.worker", settings, [f"{limit}"])
        self.hips, self.limit = hips, limit

    def ask(self, row: str) -> dict[str, Any]:
        """The answer, or that there was none in time."""
        self.send(row)
        answer = self.answer()
        if "missing" not in answer:
            return answer
        self.__del__()
        in_time = self.process.returncode != -signal.SIGXCPU
        self.__init__(self.name, self.hips, self.limit)  # type: ignore[misc]
        return {"none": "its process ended" if in_time else f"> {self.limit:g} s"}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="rounds of every evaluation (default: %(default)s)")
    parser.add_argument("--rows", nargs="*", default=list(PROBLEMS), choices=list(PROBLEMS), help="default: all")
    parser.add_argument("--rivals", nargs="*", default=list(RIVALS)[1:], choices=list(RIVALS)[1:], help="default: all")
    parser.add_argument("--limit", type=float, default=20, help="processor seconds for one (default: %(default)s)")
    parser.add_argument("--hips", type=Path, default=ROOT / "build/hips", help="the folder of HIPS autograd")
    options = parser.parse_args()
    rivals = [Rival(name, options.hips, options.limit) for name in ("compiled", *options.rivals)]
    for rival in rivals:
        if rival.missing:
            print(f"{rival.name} is left out: {rival.missing}")
    rivals = [rival for rival in rivals if not rival.missing]

    print(f"Python {platform.python_version()}, {options.rounds} rounds: medians, and ratios to the compiled program\n")
    print("| evaluation | variables | " + " | ".join(rival.name for rival in rivals) + " |")
    print("|---" * (len(rivals) + 2) + "|")
    notes, first_calls = [], {}
    for row in options.rows:
        answers: dict[str, list[dict[str, Any]]] = {rival.name: [] for rival in rivals}
        for _ in range(options.rounds):
            for rival in rivals:
                before = answers[rival.name]
                if not before or "figure" in before[-1]:
                    before.append(rival.ask(row))
        ours = answers["compiled"]
        cells = [cell(answers[rival.name], ours) for rival in rivals]
        print(f"| {row} | {len(PROBLEMS[row]().inputs)} | " + " | ".join(cells) + " |", flush=True)
        first_calls[row] = [first_call(answers.get(name, []), ours) for name in WITH_FIRST_CALL]
        notes += [f"{row}, {name}: {got[-1]['none']}" for name, got in answers.items() if "none" in got[-1]]
    print("\n| the first call | " + " | ".join(WITH_FIRST_CALL) + " |")
    print("|---" * (len(WITH_FIRST_CALL) + 1) + "|")
    for row, cells in first_calls.items():
        print(f"| {row} | " + " | ".join(cells) + " |")
    print()
    for note in notes:
        print(note[:200])


def cell(answers: list[dict[str, Any]], ours: list[dict[str, Any]]) -> str:
    """Our time, or the ratio of another's to it; what is wrong with its result; or a dash."""
    got, base = ([each["figure"] for each in some if "figure" in each] for some in (answers, ours))
    if not got or not base:
        none = answers[-1].get("none", "")
        return none if none.startswith(">") else "–"
    error = apart(answers[0], ours[0])
    if error > CLOSE:
        return f"off by {error:.1g}"
    return time_of(statistics.median(got)) if answers is ours else times(ratio(got, base))


def apart(one: dict[str, Any], other: dict[str, Any]) -> float:
    """How far two results are apart, relative to the largest entry of value and gradient."""
    results = [[answer["value"], *answer["gradient"]] for answer in (one, other)]
    largest = max(map(abs, results[1]))
    return max(abs(a - b) for a, b in zip(*results, strict=True)) / largest


def first_call(answers: list[dict[str, Any]], ours: list[dict[str, Any]]) -> str:
    """The time of our first call, and the ratio of another's."""
    got, base = (next((each["first"] for each in some if "first" in each), None) for some in (answers, ours))
    if not got or not base:  # not measured, or shorter than the clock shows
        return "–"
    return time_of(got) if answers is ours else times(got / base)


def time_of(seconds: float) -> str:
    unit, name = next(((u, n) for u, n in ((1, "s"), (1e-3, "ms")) if seconds >= u), (1e-6, "µs"))
    return f"{seconds / unit:.3g} {name}"


def times(factor: float) -> str:
    """A ratio with two digits."""
    return f"{float(f'{factor:.2g}'):,.0f}" if factor >= 10 else f"{factor:.2g}"


def ratio(own: list[float], others: list[float]) -> float:
    """The median of the ratios, round by round."""
    return statistics.median(a / b for a, b in zip(own, others))


if __name__ == "__main__":
    main()
