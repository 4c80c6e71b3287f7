"""Runs a recording of a function: forward on a machine, and backward for the gradients."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograd.compiling.calls import Prepared
from autograd.compiling.machine import Machine, Misses
from autograd.compiling.program import Program
from autograd.compiling.shapes import number_of_rows, reduced, row_at, taken_apart
from autograd.recording import recording
from autograd.transforms.containers import leaves, rebuilt
from autograd.transforms.operators import passed_on
from autograd.transforms.ranges import settled
from autograd.transforms.sweeps import Graph, constant
from autograd.value import Value, engine_name, new_call

SET_SINCE = "a number that {} was called with has been set since; for derivatives of derivatives call it again"


@dataclass
class Recording:
    """A function recorded for arguments of one shape, and for one outcome of its comparisons."""

    program: Program
    machine: Any
    captured: tuple[Value, ...]  # those that the program uses, in its order
    arguments: Any  # those it was recorded with, with Values in the places of the inputs
    result: Any  # what the function returned, with Values in the places of the outputs
    counts: dict[str, int]
    settings: Sequence[tuple[Any, str, Any]] = ()  # what must be as it was; see Recorded
    _machine_of_rows: Any = None
    _prepared: Any = None  # False where that cannot be

    def __post_init__(self) -> None:
        # whether gradients need not go on from what is captured, so that the machine can add them at once
        kind = type(self.result)
        simple = kind in (list, tuple) and all(type(x) is Value for x in self.result)
        self.form = kind if kind is Value or simple else None  # of a result that is quickly put together
        self.has_floats = any(type(x) is float for x in leaves(self.result))
        self.at_once = engine_name == "native" and not any(x.parents for x in self.captured)

    def fits(self) -> bool:
        """Whether all that the function depends on beside numbers, such as the mode of a model, is as it was."""
        return not self.settings or all(getattr(owner, name) == setting for owner, name, setting in self.settings)

    def value_and_grad(self, inputs: list[Any]) -> Any:
        """The output in a list, with the gradients added; something else where that cannot be done at once."""
        if not self.at_once or not self.fits() or len(self.program.outputs) != 1:
            return None
        return self.machine.value_and_grad(self.captured, inputs)

    def machine_of_rows(self, row: tuple[Any, ...]) -> Any:
        """The machine for many rows; None where there is something else in them than numbers."""
        if self._machine_of_rows is None and len(leaves(row)) == len(self.program.inputs):
            self._machine_of_rows = Machine(self.program, row)
        return self._machine_of_rows

    def prepared(self, key: Any, name: str) -> Any:
        """What the native engine calls at once; None where it cannot. key: what is said of the arguments; name: of the
        function."""
        if self._prepared is None:
            try:
                self._prepared = Prepared(self, key, name, WayBack) if Prepared is not None else False
            except ValueError:
                self._prepared = False
        return self._prepared or None

    def put_together(self, outputs: Sequence[Any]) -> Any:
        """The result with other Values in the places of the outputs."""
        if self.form is Value:
            return outputs[0]
        if self.form is not None:
            return self.form(outputs)
        rest = iter(outputs)
        return rebuilt(self.result, [next(rest) if isinstance(x, Value) else x for x in leaves(self.result)])


def in_lanes(machine: Any, how: str, its: Recording, columns: Sequence[Any], reduction: str) -> Any:
    """What a method of the machine answers; Misses without any for rows of another structure."""
    try:
        return getattr(machine, how)(its.captured, columns, reduction)
    except (TypeError, ValueError):
        return Misses([], [])


@dataclass
class WayBack:
    """The local gradient of one output of a run."""

    compiled: Any
    recording: Recording
    run: Any
    output: int
    args: tuple[Any, ...]
    inputs: list[Any]

    def __call__(self, gradient: Any) -> Sequence[Any]:
        """One contribution for each Value from outside and each Value among the arguments.

        A gradient that is a Value wants derivatives of derivatives, which the function itself knows.
        """
        if isinstance(gradient, Value):
            return self.by_the_function(gradient)
        found = self.run.backward(self.seeds(gradient))
        if found is None:
            return [x.data for x in self.by_the_function(Value(gradient))]
        of_captured, of_inputs = found
        return of_captured + [g for x, g in zip(self.inputs, of_inputs) if isinstance(x, Value)]

    def seeds(self, gradient: float) -> list[float]:
        """The gradient of this output, and 0 for the others."""
        return [gradient if k == self.output else 0.0 for k in range(len(self.recording.program.outputs))]

    def by_the_function(self, gradient: Value) -> Sequence[Any]:
        """The same as Values, from the graph of the function itself."""
        again, seeds = self.recording.machine.run(self.recording.captured, taken_apart(self.args)[1]), self.seeds(1.0)
        if (
            not self.recording.fits()
            or again.outputs() != self.run.outputs()
            or again.backward(seeds) != self.run.backward(seeds)
        ):
            raise RuntimeError(SET_SINCE.format(self.compiled.name))
        with recording():
            # New Values for the arguments: one may be computed from another, or be known to the function from outside,
            # and what flows from there to here is no matter of this node
            links = [passed_on(x) if isinstance(x, Value) else x for x in self.inputs]
            began = new_call()
            given = [passed_on(x) if isinstance(x, Value) else Value(x) for x in links]
            result = self.compiled._by_itself(self.args, given, [not isinstance(x, Value) for x in links])
        parents = [*self.recording.captured, *[new for new, x in zip(given, links) if isinstance(x, Value)]]
        root = [x for x in leaves(result) if isinstance(x, Value)][self.output]
        found = [gradient * g for g in Graph([root], parents, began).pull([constant(1.0)])]
        return settled(found, began) if self.recording.program.order else found  # first derivatives are as eagerly


@dataclass
class WayBackOfRows:
    """The local gradient of the mean or sum over rows of one output."""

    compiled: Any
    recording: Recording
    output: int
    columns: Sequence[Any]
    reduction: str
    rows: Any

    def __call__(self, gradient: Any) -> Sequence[Any]:
        """One contribution for each Value from outside."""
        if isinstance(gradient, Value):
            return self.by_the_function(gradient)
        seeds = [0.0] * len(self.recording.program.outputs)
        seeds[self.output] = gradient
        found = self.rows.backward(seeds)
        if found is None:
            return [x.data for x in self.by_the_function(Value(gradient))]
        return found[0]

    def by_the_function(self, gradient: Value) -> list[Any]:
        """The same as Values, from the graph of the function itself."""
        its, seeds = self.recording, [float(k == self.output) for k in range(len(self.recording.program.outputs))]
        again = in_lanes(its._machine_of_rows, "run_rows", its, self.columns, self.reduction)
        if (
            not its.fits()
            or isinstance(again, Misses)
            or again.outputs() != self.rows.outputs()
            or again.backward(seeds) != self.rows.backward(seeds)
        ):
            raise RuntimeError(SET_SINCE.format(self.compiled.name))
        n = number_of_rows(self.columns, self.reduction)
        began = new_call()
        with recording():
            rows = [row_at(self.columns, i) for i in range(n)]
            results = [self.compiled._by_itself(row, taken_apart(row)[1]) for row in rows]
            root = reduced(
                [[x for x in leaves(y) if isinstance(x, Value)][self.output] for y in results], self.reduction
            )
        return [gradient * g for g in Graph([root], self.recording.captured, began).pull([constant(1.0)])]
