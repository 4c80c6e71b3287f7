"""What must not change while a recording is valid: an entry for each thing, and the look whether it has changed."""

import os
import sysconfig
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from types import CellType, FunctionType
from typing import Any, NamedTuple

from autograd.value import Value, engine_name

FOLDER = Path(__file__).parents[1]
OURS = f"{FOLDER}{os.sep}"
MODELS = f"{FOLDER.parent / 'nn'}{os.sep}"
INSTALLED = tuple(
    {
        OURS,
        *(f"{sysconfig.get_path(name)}{os.sep}" for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    }
)
MISSING: Any = object()

# The kinds of entries. What each expects is compared by identity, item by item
NAME, LIST, DICT, CELL, TYPE, FUNCTION, ITEMS, ARRAY, OTHER = range(9)


class Entry(NamedTuple):
    """Something that must not change: its kind, its owner, a name or a function to read it, and what it is."""

    kind: int
    subject: Any
    key: Any
    expected: Any


def cell_contents(cell: CellType) -> Any:
    """What is in the variable of an outer function; MISSING if nothing is."""
    try:
        return cell.cell_contents
    except ValueError:
        return MISSING


def parts_of_array(x: Any) -> tuple[Any, ...]:
    """The bytes, the shape and the type of an array."""
    return x.tobytes(), x.shape, x.dtype


def parts_of_function(f: FunctionType) -> tuple[Any, ...]:
    """What can be replaced in a function, beside the variables of outer ones."""
    return f.__code__, f.__defaults__, f.__kwdefaults__


def flat(x: dict[Any, Any]) -> tuple[Any, ...]:
    """Keys and values, one after the other."""
    return tuple([y for item in (x.items() if isinstance(x, OrderedDict) else dict.items(x)) for y in item])


def same_items(items: Sequence[Any], expected: Sequence[Any]) -> bool:
    """Whether these are the same objects."""
    return len(items) == len(expected) and all(x is y for x, y in zip(items, expected))


STILL: dict[int, Callable[[Any, Any, Any], bool]] = {
    NAME: lambda subject, key, expected: subject.get(key, MISSING) is expected,
    LIST: lambda subject, _, expected: same_items(list.__getitem__(subject, slice(None)), expected),
    DICT: lambda subject, _, expected: same_items(flat(subject), expected),
    CELL: lambda subject, _, expected: cell_contents(subject) is expected,
    TYPE: lambda subject, _, expected: type(subject) is expected,
    FUNCTION: lambda subject, _, expected: same_items(parts_of_function(subject), expected),
    ITEMS: lambda subject, key, expected: same_items(tuple(key(subject)), expected),
    ARRAY: lambda subject, _, expected: parts_of_array(subject) == expected,
    OTHER: lambda subject, key, expected: key(subject) is expected,
}


def first_change(entries: list[tuple[int, Any, Any, Any]]) -> tuple[int, Any, Any, Any] | None:
    """The first entry that has changed."""
    for entry in entries:
        kind, subject, key, expected = entry
        if not STILL[kind](subject, key, expected):
            return entry
    return None


if engine_name == "native":
    from autograd.native import _engine
    from autograd.native._engine import hand_over

    MISSING = _engine.MISSING
    first_change = hand_over(first_change)


@lru_cache(maxsize=4096)
def is_installed(file: str) -> bool:
    """Whether the file belongs to Python or to an installed package, so that its code does not change."""
    return file.startswith(("<frozen", *INSTALLED)) and not file.startswith(MODELS)


if engine_name == "native":
    from autograd.native._engine import own_attributes as own_attributes
else:

    def own_attributes(value: Value) -> dict[str, Any] | None:
        """The attributes that its user gave to a Value; None if there are none."""
        return vars(value)
