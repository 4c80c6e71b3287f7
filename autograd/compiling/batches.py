"""A compiled function over rows that come in batches, so that only one batch is in memory."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from autograd.compiling.columns import arrow_batches, arrow_columns, is_arrow, is_on_disk, parts
from autograd.compiling.machine import Misses
from autograd.compiling.replay import Recording, WayBack, WayBackOfRows, in_lanes
from autograd.compiling.shapes import number_of_rows, row_at, taken_apart
from autograd.recording import is_paused, tell, tracer
from autograd.transforms.containers import is_array
from autograd.value import Value, new_node

SECOND = (
    "{} was called with batches, of which none is kept, so there are no derivatives of derivatives. Give all rows at "
    "once, map(xs, ys)"
)


def in_batches(function: Callable[..., Any], columns: Sequence[Any]) -> Iterator[Sequence[Any]] | None:
    """The batches, each with a column for each argument; None where all rows are given at once.

    Batches are an iterable of tuples of columns, or something of Arrow, whose columns are named as the arguments are.
    Arrays on the disk are cut into parts.
    """
    for column in columns:
        kind = type(column)
        if kind is not list and kind.__name__ != "ndarray":
            break
    else:  # mostly
        return None
    if any(map(is_on_disk, columns)):
        number_of_rows([c.__array__() if is_on_disk(c) else c for c in columns], "sum")
        return parts(columns)
    if len(columns) != 1:
        return None
    (source,) = columns
    if isinstance(source, zip):
        raise TypeError("zip gives the rows one by one: give the columns themselves, map(xs, ys)")
    if is_arrow(source):
        return (_columns(batch, function) for batch in arrow_batches(source, _names(function)))
    if isinstance(source, (list, tuple, str, dict, Value)) or is_array(source) or not isinstance(source, Iterable):
        return None
    return (_columns(batch, function) for batch in source)


def _names(function: Callable[..., Any]) -> list[str]:
    parameters = inspect.signature(function).parameters
    return [name for name, parameter in parameters.items() if parameter.kind is not parameter.VAR_POSITIONAL]


def _columns(batch: Any, function: Callable[..., Any]) -> Sequence[Any]:
    if is_arrow(batch):
        return arrow_columns(batch, _names(function))
    if not isinstance(batch, tuple):
        raise TypeError(
            f"a batch is a tuple with a column for each argument, (xs, ys), or one of Arrow; got {batch!r:.60}"
        )
    return batch


def over_batches(compiled: Any, batches: Iterable[Sequence[Any]], reduction: str) -> Any:
    """The mean or sum over all rows of all batches, and its way back, for which each batch was read once.

    ValueError for the reduction "none", and where there are no rows.
    """
    if tracer() is not None:
        tell("read", "data")
    if reduction == "none":
        raise ValueError('with batches there is no reduction="none", which keeps a result for each row: map each batch')
    n, its, outputs = 0, None, [0.0]
    slopes: list[dict[Value, float]] = []  # of each output, by the captured Values
    for columns in batches:
        n += number_of_rows(columns, reduction)
        for its, found, ways in _sums(compiled, columns):
            if not slopes:
                outputs, slopes = [0.0] * len(found), [{} for _ in found]
            if len(found) != len(outputs):
                raise ValueError("the results of rows are containers of different shapes, which have no sum or mean")
            outputs = [total + x for total, x in zip(outputs, found)]
            if not is_paused():
                for way, own in zip(ways, slopes):
                    for v, slope in zip(its.captured, way(1.0)):
                        own[v] = own.get(v, 0.0) + slope
    if its is None:
        raise ValueError("map takes at least one row, got none")
    scale = n if reduction == "mean" else 1
    nodes = []
    for x, own in zip(outputs, slopes):
        way_back = _WayBackOfBatches(compiled.name, [slope / scale for slope in own.values()])
        nodes.append(new_node(x / scale, tuple(own), compiled.name, way_back) if own else Value(x / scale))
    return its.put_together(nodes)


class _WayBackOfBatches:
    """The local gradient of a mean or sum over batches that are gone."""

    def __init__(self, name: str, slopes: list[float]) -> None:
        self.name, self.slopes = name, slopes

    def __call__(self, gradient: Any) -> list[float]:
        if isinstance(gradient, Value):
            raise RuntimeError(SECOND.format(self.name))
        return [gradient * slope for slope in self.slopes]


def _sums(compiled: Any, columns: Sequence[Any]) -> Iterator[tuple[Recording, Sequence[float], list[Any]]]:
    """Of all rows, or of rows that take one path, the recording, the sums of the outputs, and their ways back."""
    found = compiled.map._in_lanes("run_rows", columns, "sum")
    groups = [(*found, columns)] if found is not None else []
    if found is None:
        for its, machine, _, chosen in compiled.map._groups(columns) or ():
            groups.append((its, in_lanes(machine, "run_rows", its, chosen, "sum"), chosen))
    if groups and not any(isinstance(rows, Misses) or rows.has_values or its.has_floats for its, rows, _ in groups):
        for its, rows, chosen in groups:
            outputs = rows.outputs()
            yield its, outputs, [WayBackOfRows(compiled, its, k, chosen, "sum", rows) for k in range(len(outputs))]
        return
    for i in range(len(columns[0])):
        row = row_at(columns, i)
        key, inputs = taken_apart(row)
        ran = compiled._run(key, inputs, row)
        if ran is None or any(isinstance(x, Value) for x in inputs):
            compiled._by_itself(row, inputs)  # which says what is not finite
            raise ValueError(f"row {i} of a batch cannot be computed by a program: call {compiled.name} for each batch")
        its, run = ran
        outputs = run.outputs()
        yield its, outputs, [WayBack(compiled, its, run, k, row, inputs) for k in range(len(outputs))]
