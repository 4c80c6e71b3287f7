"""Finds rows that take no recorded path. An exported program cannot do so itself, because it cannot stop."""

from collections.abc import Callable, Sequence
from math import isclose
from typing import Any

from autograd.compiling.machine import TextbookMachine
from autograd.compiling.program import COMPARISONS
from autograd.compiling.shapes import as_floats, number_of_rows, taken_apart, with_inputs
from autograd.compiling.tracing import Watcher, place_in_program
from autograd.recording import traced
from autograd.transforms.containers import in_turn, paths
from autograd.value import Value


def common_shape(name: str, results: Sequence[Any]) -> None:
    """ValueError for results of paths that are containers of different shapes: an array cannot be both."""
    for result in results[1:]:
        if paths(result, "") != paths(results[0], ""):
            raise ValueError(
                f"{name} returns containers of different shapes on different paths, so they cannot be exported together"
            )


def check_path(name: str, function: Callable[..., Any], recordings: Sequence[Any], columns: Sequence[Any]) -> None:
    """ValueError for the first row that takes none of the recorded paths: which comparison it is, and what to write."""
    columns = [column if isinstance(column, (list, tuple)) else column.tolist() for column in columns]
    for row in range(number_of_rows(columns, "none")):
        args = tuple([as_floats(column[row]) for column in columns])
        inputs = taken_apart(args)[1]
        if not any(its.machine.run(its.captured, inputs).holds for its in recordings):
            what = comparison(name, function, recordings[0], args, inputs)
            write = f"Call {name} with rows of each path, then export all_paths=True, where each row takes its own"
            raise ValueError(f"row {row} takes another path of {name} than what was recorded: {what}. {write}")


def comparison(name: str, function: Callable[..., Any], recording: Any, args: Any, inputs: Sequence[Any]) -> str:
    """The first comparison that comes out differently than in a recording, in words."""
    program = recording.program
    numbers = [[getattr(x, "_data", x) for x in each] for each in (recording.captured, inputs)]
    slots = TextbookMachine(program).filled(*numbers)[0]
    missed = [
        (g.comparison, slots[g.left], slots[g.right], g.outcome)
        for g in program.guards
        if COMPARISONS[g.comparison](slots[g.left], slots[g.right]) != g.outcome
    ]
    listener = Listener(name)
    given = [Value(float(getattr(x, "_data", x))) for x in inputs]
    listener.begin(given, [True] * len(given))
    try:
        with traced(listener):
            function(*with_inputs(args, in_turn(given)))
    except Exception:  # the row itself may be a mistake; what it compared until then is known
        pass
    for symbol, left, right, place in listener.heard:
        for other, x, y, outcome in missed:
            if symbol == other and isclose(left, x, rel_tol=1e-9, abs_tol=1e-12) and isclose(right, y, abs_tol=1e-12):
                return f"{left:.6g} {symbol} {right:.6g} is {not outcome} there, and {outcome} in the recording{place}"
    symbol, left, right, outcome = missed[0]
    return f"{left:.6g} {symbol} {right:.6g} is {not outcome} there, and {outcome} in the recording"


class Listener(Watcher):
    """Hears the comparisons of a call, each with the line that makes it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.heard: list[tuple[str, float, float, str]] = []

    def compared(self, comparison: str, left: Value, right: Any, outcome: bool) -> None:
        """Note a comparison too."""
        super().compared(comparison, left, right, outcome)
        if self.is_asked():
            symbol, _, other, _ = self.comparisons[-1]
            other = other._data if isinstance(other, Value) else other
            self.heard.append((symbol, left._data, other, place_in_program(1) or ""))
