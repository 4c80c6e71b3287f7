"""Frees deep graphs where the stack is as small as a browser's."""

from typing import Any

_freed: list[Any] = []  # what freed nodes referred to
_is_at_it = [False]


def one_by_one(node: Any) -> None:
    """What a node does that is freed: it lets go of its parents after it, not within.

    Python frees what only a freed object referred to within the call that frees the object, and so on, call within
    call. CPython sees to it that the stack bears this. In Pyodide the calls are those of the JavaScript engine, whose
    stack is full after a thousand or two.
    """
    if getattr(node, "parents", ()):  # a Value that refused its data has none
        _freed.append((node.parents, node._rule))
        node.parents, node._rule = (), None
        if not _is_at_it[0]:
            _is_at_it[0] = True
            try:
                while _freed:
                    _freed.pop()
            finally:
                _is_at_it[0] = False
