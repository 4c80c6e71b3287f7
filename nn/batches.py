"""Batches: examples for fit() that are read from the disk a part at a time, in each epoch anew."""

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from autograd.extending import ROWS, arrow_batches, arrow_columns, is_arrow, is_on_disk
from nn.inputs import is_list

Columns = tuple[Any, Any]  # the inputs and the targets of some examples, lists or arrays with a row for each


class Batches:
    """Examples that are larger than memory. fit() takes them in the place of pairs.

    source: a function that reads from the beginning, or an iterable that can be read again and again. It gives pairs of
        the inputs and the targets of some examples, lists or arrays with a row for each. Or data of Arrow: a table, a
        dataset, a Parquet file.
    inputs, targets: for Arrow, the names of the columns. A list of names for several numbers, one name for one number.

    Parts stay in memory one at a time: give batches of some thousand examples. fit() shuffles within each part.
    TypeError for an iterator, which could be read only once, and for a source that does not give pairs.

    >>> import random
    >>> def read():
    ...     for begin in range(0, 1000, 100):
    ...         points = [[k / 1000] for k in range(begin, begin + 100)]
    ...         yield points, [2 * x for x, in points]
    >>> from nn import MLP, fit, mse_loss
    >>> model = MLP(1, [1], rng=random.Random(0))
    >>> history = fit(model, mse_loss, Batches(read), epochs=5, batch_size=10, compile=True, progress=False)
    >>> history.losses[-1] < 0.1 * history.losses[0]
    True
    """

    def __init__(self, source: Any, inputs: Sequence[str] | str | None = None, targets: Any = None) -> None:
        self._source, self._inputs, self._targets = source, inputs, targets
        self._arrays: Columns | None = None
        if is_arrow(source):
            if inputs is None or targets is None:
                raise TypeError(
                    "Batches needs the names of the columns: Batches(dataset, inputs=['x0', 'x1'], targets='y')"
                )
        elif inputs is not None or targets is not None:
            raise TypeError(
                "inputs and targets name columns of Arrow. For arrays write Batches.of_arrays(inputs, targets); got "
                f"{source!r:.60}"
            )
        elif isinstance(source, Iterator):
            raise TypeError(
                "an iterator can be read only once, and each epoch reads the data anew: give the function that makes "
                "it, Batches(read) and not Batches(read())"
            )
        elif not callable(source) and not isinstance(source, Iterable):
            raise TypeError(f"Batches takes a function that reads, or an iterable of pairs; got {source!r:.60}")

    @classmethod
    def of_arrays(cls, inputs: Any, targets: Any) -> "Batches":
        """The rows of two arrays, usually numpy.memmap. Their parts are read in another order in each epoch.

        ValueError if there are none, or not as many of each.

        >>> Batches.of_arrays([[0.0], [1.0]], [0.0, 1.0])
        Batches of 2 examples
        """
        if len(inputs) != len(targets) or not len(inputs):
            raise ValueError(f"as many targets as inputs are needed, got {len(inputs)} inputs, {len(targets)} targets")
        found = cls(())
        found._arrays = inputs, targets
        return found

    def __repr__(self) -> str:
        return "Batches" + (f" of {len(self._arrays[0])} examples" if self._arrays else f"({self._source!r:.60})")

    def parts(self, rng: Any = None) -> Iterator[Columns]:
        """The examples, a part after the other; those of arrays in an order that rng draws."""
        if self._arrays is not None:
            begins = list(range(0, len(self._arrays[0]), ROWS))
            if rng is not None:
                rng.shuffle(begins)
            for begin in begins:
                inputs, targets = (column[begin : begin + ROWS] for column in self._arrays)
                yield _in_memory(inputs), _in_memory(targets)
            return
        if is_arrow(self._source):
            names = [*([self._inputs] if isinstance(self._inputs, str) else self._inputs or ()), self._targets]
            for batch in arrow_batches(self._source, names):
                *inputs, targets = arrow_columns(batch, names)
                yield inputs[0] if isinstance(self._inputs, str) else _side_by_side(inputs), targets
            return
        for pair in self._source() if callable(self._source) else self._source:
            if not isinstance(pair, tuple) or len(pair) != 2 or not all(map(is_list, pair)):
                raise TypeError(f"Batches gives pairs of inputs and targets, (xs, ys), each a list; got {pair!r:.60}")
            if len(pair[0]) != len(pair[1]):
                raise ValueError(f"a batch has {len(pair[0])} inputs and {len(pair[1])} targets")
            yield pair

    def epoch(self, batch_size: int, rng: Any = None) -> Iterator[Columns]:
        """The batches of one epoch, at most batch_size examples each, in an order that rng draws. Of each part they are
        as equal in size as possible. ValueError if there is no example."""
        some = False
        for inputs, targets in self.parts(rng):
            order = _order(inputs, rng)
            n = math.ceil(len(order) / batch_size)
            for i in range(n):
                some = True
                yield _rows(inputs, order[i::n]), _rows(targets, order[i::n])
        if not some:
            raise ValueError("data must have at least one example, got none")

    def digest(self) -> str:
        """What tells whether two trainings have the same data, as far as the first part shows it."""
        said = hashlib.sha256(repr(self).encode() if self._arrays else b"")
        for inputs, targets in self.parts():
            for column in (inputs, targets):
                said.update(repr(column.tolist() if hasattr(column, "tolist") else column).encode())
            break
        return said.hexdigest()


def _side_by_side(columns: list[Any]) -> Any:
    import numpy

    return numpy.stack(columns, axis=1)


def _in_memory(column: Any) -> Any:
    return column.__array__().copy() if is_on_disk(column) else column


def _order(column: Any, rng: Any) -> Any:
    """The places of the rows, in an order that rng draws; NumPy, where it is there, shuffles many much faster."""
    order = list(range(len(column)))
    if rng is not None and hasattr(column, "dtype"):
        import numpy

        return numpy.random.default_rng(int(rng.random() * 2**53)).permutation(len(column))
    if rng is not None:
        rng.shuffle(order)
    return order


def _rows(column: Any, places: Any) -> Any:
    return column[places] if hasattr(column, "dtype") else [column[k] for k in places]
