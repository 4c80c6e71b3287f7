"""Reads data that is larger than memory, a part at a time: arrays on the disk, and batches of Arrow and Parquet."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

ROWS = 1 << 16  # of one part of an array


def is_on_disk(column: Any) -> bool:
    """Whether it is an array that NumPy reads from a file when it is needed, numpy.memmap."""
    return any(kind.__name__ == "memmap" and kind.__module__.startswith("numpy") for kind in type(column).__mro__)


def parts(columns: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    """Columns in parts of as many rows as are read at a time; arrays on the disk as ordinary ones."""
    for begin in range(0, len(columns[0]), ROWS):
        some = [column[begin : begin + ROWS] for column in columns]
        yield tuple([part.__array__() if is_on_disk(part) else part for part in some])


def is_arrow(source: Any) -> bool:
    """Whether it is of Arrow: a batch, a table, a dataset or a Parquet file."""
    return hasattr(source, "schema") and any(hasattr(source, name) for name in ("column", "to_batches", "iter_batches"))


def arrow_batches(source: Any, names: Sequence[str]) -> Iterable[Any]:
    """The batches of something of Arrow; of a dataset or a file only the columns with these names are read."""
    if hasattr(source, "scanner"):
        return source.to_batches(columns=list(names))
    if hasattr(source, "iter_batches"):
        return source.iter_batches(batch_size=ROWS, columns=list(names))
    return source.to_batches(max_chunksize=ROWS) if hasattr(source, "to_batches") else [source]


def arrow_columns(batch: Any, names: Sequence[str]) -> tuple[Any, ...]:
    """The columns with these names of a batch of Arrow, arrays of NumPy or lists of rows.

    ValueError for a name that is missing, and for numbers that are missing; TypeError for what is no number.
    """
    there = list(batch.schema.names)
    for name in names:
        if name not in there:
            raise ValueError(f"there is no column {name!r}; there are {', '.join(map(repr, there))}")
    return tuple([_array(batch.column(there.index(name)), name) for name in names])


def _array(column: Any, name: str) -> Any:
    kind = str(column.type)
    if column.null_count:
        raise ValueError(
            f"column {name!r} has {column.null_count} nulls, which are no numbers: leave these rows out, for example "
            "with table.drop_null()"
        )
    if kind.startswith("fixed_size_list"):
        return _array(column.flatten(), name).reshape(len(column), -1)
    if kind.startswith(("list", "large_list")):
        return column.to_pylist()
    if kind == "bool":
        return column.to_numpy(zero_copy_only=False).astype(float)
    if not kind.startswith(("int", "uint", "float", "double", "halffloat")):
        raise TypeError(f"column {name!r} is of the type {kind}, and numbers are needed")
    return column.to_numpy(zero_copy_only=False)
