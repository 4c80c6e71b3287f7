"""Checks what the process of a lesson tells the page, because the lesson itself could write to the same pipe."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

LONGEST_MESSAGE = 16_000_000  # bytes
LONGEST_NAME = 4096  # characters of a place, a title or a file
MOST_FILES = 1000
MOST_CALLERS = 100
MOST_LINES = 10_000_000

# What faulthandler writes of each call, the innermost first
WHERE = re.compile(rb'  File "(.{1,4096})", line ([0-9]{1,8}) in .*')

Form = Callable[[Any], bool]


def messages(pipe: Any) -> Iterator[dict[str, Any]]:
    """The messages of a process, without what is none."""
    rest = b""
    while data := pipe.read(1 << 20):
        *lines, rest = (rest + data).split(b"\n")
        if len(rest) > LONGEST_MESSAGE:
            rest = b""
        for line in lines:
            if found := WHERE.fullmatch(line):
                yield {"where": (found[1].decode("utf-8", "replace"), int(found[2]))}
                continue
            with suppress(ValueError, RecursionError):
                if message := understood(json.loads(line)):
                    yield message


def understood(message: Any) -> dict[str, Any]:
    """The parts of a message that have their form."""
    if not isinstance(message, dict):
        return {}
    return {name: _sendable(message[name]) for name, form in MESSAGE.items() if name in message and form(message[name])}


def _sendable(x: Any) -> Any:
    """The same without half characters, which UTF-8 cannot hold."""
    if isinstance(x, str):
        return x if x.isascii() else x.encode("utf-8", "replace").decode()
    if isinstance(x, list):
        return [_sendable(each) for each in x]
    return {name: _sendable(each) for name, each in x.items()} if isinstance(x, dict) else x


def _is_text(x: Any) -> bool:
    return isinstance(x, str)


def _is_name(x: Any) -> bool:
    return isinstance(x, str) and len(x) <= LONGEST_NAME


def _is_number(x: Any) -> bool:
    return type(x) is int and abs(x) <= MOST_LINES


def _is_count(x: Any) -> bool:
    return _is_number(x) and x >= 0


def _or_none(form: Form) -> Form:
    return lambda x: x is None or form(x)


def _is_one_of(*names: str) -> Form:
    return lambda x: isinstance(x, str) and x in names


def _is_list(form: Form, most: int) -> Form:
    return lambda x: isinstance(x, list) and len(x) <= most and all(map(form, x))


def _has(**forms: Form) -> Form:
    """Whether it is an object with exactly these members, each of its form."""
    return lambda x: isinstance(x, dict) and x.keys() == forms.keys() and all(forms[name](x[name]) for name in forms)


def _is_cell(x: Any) -> bool:
    """A text, or a text and its colour."""
    return _is_text(x) or (isinstance(x, list) and len(x) == 2 and all(map(_is_text, x)))


CONTENTS: Mapping[str, Form] = {
    "drawing": _has(svg=_is_text, narrow=_is_text),
    "image": _has(type=_is_one_of("image/svg+xml", "image/png"), base64=_is_text),
    "page": _has(html=_is_text, scripts=lambda x: isinstance(x, bool)),
    "table": _has(
        head=_is_list(_is_text, LONGEST_MESSAGE),
        rows=_is_list(_is_list(_is_cell, LONGEST_MESSAGE), LONGEST_MESSAGE),
        more=lambda x: type(x) is int and abs(x) < 2**53,
    ),
    "text": _has(text=_is_text),
}


def _is_shown(x: Any) -> bool:
    has_frame = _has(place=_is_name, title=_is_name, line=_is_number, kind=_is_one_of(*CONTENTS), content=bool)
    return has_frame(x) and CONTENTS[x["kind"]](x["content"])


MESSAGE: Mapping[str, Form] = {
    "show": _is_shown,
    "error": _has(
        sentence=_is_text,
        meaning=_is_text,
        line=_or_none(_is_number),
        start=_or_none(_is_number),
        end=_or_none(_is_number),
        callers=_is_list(_or_none(_is_number), MOST_CALLERS),
        trace=_is_text,
    ),
    "modules": _is_list(_is_name, MOST_FILES),
    "ask": _is_name,
    "begins": _has(cell=_is_count, pid=_is_count, parent=_or_none(_is_count)),
    "waits": _has(state=_is_count, pid=_is_count, status=_or_none(_is_number)),
}
