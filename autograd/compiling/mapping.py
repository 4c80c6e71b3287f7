"""A compiled function over rows of examples: all side by side in lanes, or in groups that take the same path."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from autograd.compiling.batches import in_batches, over_batches
from autograd.compiling.machine import Misses
from autograd.compiling.replay import Recording, WayBackOfRows, in_lanes
from autograd.compiling.shapes import number_of_rows, reduced, row_at, taken_apart
from autograd.recording import is_paused, leaves_graphs, tell
from autograd.transforms.containers import is_array, mapped
from autograd.value import Value, new_node

MOST_GROUPS = 64  # of rows that take different paths


class MappedFunction:
    """A compiled function over rows: every argument has one more leading axis, a list or NumPy array of rows.

    All rows are computed side by side, in lanes, and Values from outside are shared by all. Numbers in the rows vary,
    the whole ones too. Rows that take the same path are computed together.

    If the rows do not fit in memory, pass one argument instead: an iterable of batches, which are tuples of columns,
    (xs, ys). It may also be something of Arrow: a table, a dataset, a Parquet file, or batches of one. Its columns
    then have the names of the arguments. Arrays on the disk, numpy.memmap, are read in parts.
    """

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled
        self._latest: tuple[Recording, Any] | None = None  # and its machine
        self._kinds: list[type] | None = None  # of the rows for which it was

    def __repr__(self) -> str:
        return f"<{self._compiled.name}, compiled, over rows>"

    def __call__(self, *columns: Any, reduction: str = "mean") -> Any:
        """The mean of the results over all rows; their "sum"; or all of them, "none", as a list.

        "none" computes them side by side within no_grad(), and else one by one, each with its own way back.
        """
        if reduction != "none" and not leaves_graphs():
            found = self._by_latest("run_rows", columns, reduction)
            if found is not None and not found[1].has_values and not found[0].has_floats:
                return self._result(*found, columns, reduction)
        batches = in_batches(self._compiled.function, columns)
        if batches is not None:
            return over_batches(self._compiled, batches, reduction)
        n = number_of_rows(columns, reduction)
        one_by_one = reduction == "none" and not is_paused()  # each with a way back of its own
        found = None if one_by_one or within_another() else self._in_lanes("run_rows", columns, reduction)
        if found is not None and reduction == "none":
            its, rows = found
            return [its.put_together([Value(x) for x in outputs]) for outputs in rows.outputs()]
        if found is None and not one_by_one and not within_another():
            result = self._in_groups(columns, reduction, n)
            if result is not None:
                return result
        if found is None or found[1].has_values or found[0].has_floats:
            results = [self._compiled(*row_at(columns, i)) for i in range(n)]
            return results if reduction == "none" else reduced(results, reduction)
        return self._result(*found, columns, reduction)

    def _result(self, its: Recording, rows: Any, columns: Sequence[Any], reduction: str) -> Any:
        """The mean or sum of all rows, which were computed side by side."""
        compiled = self._compiled
        if its.form is Value:
            way_back = partial(WayBackOfRows, compiled, its, 0, columns, reduction)
            return rows.node(its.captured, compiled.name, its.at_once, way_back)
        ways = [WayBackOfRows(compiled, its, k, columns, reduction, rows) for k in range(len(its.program.outputs))]
        return its.put_together([new_node(x, its.captured, compiled.name, way) for x, way in zip(rows.outputs(), ways)])

    def _in_groups(self, columns: Sequence[Any], reduction: str, n: int) -> Any:
        """The same if rows take different paths; None if that cannot be done."""
        groups = self._groups(columns)
        if groups is None:
            return None
        compiled, parts = self._compiled, []
        everything: list[Any] = [None] * n
        for its, machine, own, chosen in groups:
            rows = in_lanes(machine, "run_rows", its, chosen, "none" if reduction == "none" else "sum")
            if isinstance(rows, Misses) or rows.has_values or its.has_floats:
                return None
            if reduction == "none":
                for row, outputs in zip(own, rows.outputs()):
                    everything[row] = its.put_together([Value(x) for x in outputs])
                continue
            ways = [WayBackOfRows(compiled, its, k, chosen, "sum", rows) for k in range(len(its.program.outputs))]
            nodes = [new_node(x, its.captured, compiled.name, way) for x, way in zip(rows.outputs(), ways)]
            parts.append(its.put_together(nodes))
        if reduction == "none":
            return everything
        total = reduced(parts, "sum")
        return mapped(lambda x: x / n, total) if reduction == "mean" else total

    def value_and_grad(self, *columns: Any, reduction: str = "mean") -> float:
        """The mean or sum, and at once its backward(); see Compiled.value_and_grad."""
        if within_another():
            tell("read", "backward")
        how = "value_and_grad_rows"
        found = self._by_latest(how, columns, reduction) if reduction != "none" else None
        if found is None:
            batches = in_batches(self._compiled.function, columns)
            if batches is not None:
                result = over_batches(self._compiled, batches, reduction)
                result.backward()
                return result.data
            number_of_rows(columns, reduction)
            found = self._by_recordings(how, columns, reduction) if reduction != "none" else None
        if found is not None:
            return one_of(self._compiled.name, found[1])
        result = self(*columns, reduction=reduction)
        result.backward()
        return result.data

    def update(self, optimizer: Any, *columns: Any, reduction: str = "mean") -> float:
        """A whole step of training on the rows; see Compiled.update."""
        check_optimizer(optimizer)
        optimizer.zero_grad()
        loss = self.value_and_grad(*columns, reduction=reduction)
        optimizer.step()
        return loss

    def _in_lanes(self, how: str, columns: Sequence[Any], reduction: str) -> tuple[Recording, Any] | None:
        """What a method of the machine answers for all rows; None where there are no lanes, where rows take different
        paths, or where something is not finite."""
        return self._by_latest(how, columns, reduction) or self._by_recordings(how, columns, reduction)

    def _by_latest(self, how: str, columns: Sequence[Any], reduction: str) -> tuple[Recording, Any] | None:
        """The same by the machine of the latest call, which mostly serves again; None where it does not. The columns
        need not have been looked at."""
        self._compiled._is_unchanged() or self._compiled._look_around()
        if self._latest is not None and kinds_of(columns) == self._kinds and self._latest[0].fits():
            its, machine = self._latest
            answer = in_lanes(machine, how, its, columns, reduction)
            if not isinstance(answer, Misses):
                self._compiled._refuse_own(columns)
                return its, answer
        return None

    def _by_recordings(self, how: str, columns: Sequence[Any], reduction: str) -> tuple[Recording, Any] | None:
        """The same by that of a recording for such rows, or of a new one."""
        first = row_at(columns, 0)
        key, inputs = taken_apart(first)
        found = self._compiled._recordings.setdefault(key, [])
        if not any(its.fits() for its in found) and self._compiled._run(key, inputs, first) is None:
            return None
        if self._compiled._asks_which:  # one by one
            return None
        for its in filter(Recording.fits, found):
            machine = its.machine_of_rows(first) if its.at_once else None
            if machine is None:
                return None
            answer = in_lanes(machine, how, its, columns, reduction)
            if not isinstance(answer, Misses):
                self._compiled._refuse_own(columns)
                self._latest, self._kinds = (its, machine), kinds_of(columns)
                self._compiled._keep(self._compiled._surroundings.entries, [])
                return its, answer
            if not answer.guards:
                return None
        return None

    def _groups(self, columns: Sequence[Any]) -> list[tuple[Recording, Any, list[int], Sequence[Any]]] | None:
        """Rows that take the same path together: their recording, its machine, which rows they are, and these rows.

        None where there are no lanes, where something is not finite, or where there are too many paths.
        """
        compiled, rest = self._compiled, list(range(len(columns[0])))
        groups: list[tuple[Recording, Any, list[int], Sequence[Any]]] = []
        while rest:
            first = row_at(columns, rest[0])
            key, inputs = taken_apart(first)
            if compiled._run(key, inputs, first) is None or compiled._asks_which:
                return None
            its = compiled._recordings[key][0]  # the one that fits comes first
            machine = its.machine_of_rows(first) if its.at_once else None
            if machine is None or len(groups) == MOST_GROUPS:
                return None
            own, chosen = rest, chosen_rows(columns, rest)
            answer = in_lanes(machine, "run_rows", its, chosen, "none")
            if isinstance(answer, Misses):
                missed = set(answer.guards)
                if not missed or len(missed) == len(rest) or answer.not_finite:
                    return None
                own = [row for k, row in enumerate(rest) if k not in missed]
                chosen = chosen_rows(columns, own)
            compiled._refuse_own(chosen)
            groups.append((its, machine, own, chosen))
            taken = set(own)
            rest = [row for row in rest if row not in taken]
        return groups


def chosen_rows(columns: Sequence[Any], rows: list[int]) -> Sequence[Any]:
    """These rows of the arguments."""
    return [column[rows] if is_array(column) else [column[i] for i in rows] for column in columns]


def kinds_of(columns: Sequence[Any]) -> list[type] | None:
    """The types of the rows in lists and tuples, and of arrays of rows; None where something else is among them."""
    kinds = []
    for column in columns:
        kind = type(column)
        if kind is list or (kind.__name__ != "ndarray" and not is_array(column)):
            if not isinstance(column, (list, tuple)) or not column:
                return None
            kind = type(column[0])
        kinds.append(kind)
    return kinds


def within_another() -> bool:
    """Whether this is called by another function, which is being recorded or differentiated twice."""
    return leaves_graphs()


def check_optimizer(optimizer: Any) -> None:
    """TypeError for what is no optimiser."""
    if not (hasattr(optimizer, "zero_grad") and hasattr(optimizer, "step")):
        raise TypeError(f"update takes an optimiser, then the arguments of the function; got {optimizer!r:.60} first")


def one_of(name: str, outputs: Sequence[float]) -> float:
    """The only output of a function of this name."""
    if len(outputs) != 1:
        raise TypeError(f"{name} returns {len(outputs)} Values; value_and_grad needs one")
    return outputs[0]
