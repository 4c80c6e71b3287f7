"""Describes an error in a lesson: its line, its message, and what it usually means."""

import builtins
import linecache
import re
import traceback
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from types import TracebackType
from typing import Any

from autograd.languages import ENGLISH, say, table

LONGEST = 4000  # characters of a sentence
MOST_FRAMES = 12  # of the whole traceback, at either end

# Errors of which live.en.json says what they usually mean, for those who meet them for the first time
MEANINGS = (
    IndentationError,
    SyntaxError,
    ModuleNotFoundError,
    UnboundLocalError,
    NameError,
    AttributeError,
    IndexError,
    KeyError,
    RecursionError,
    MemoryError,
    EOFError,
    KeyboardInterrupt,
)


def told(error: BaseException, path: str) -> dict[str, Any]:
    """An error as the page shows it.

    path: of the lesson. Its lines have to be in linecache, as they were when it ran.

    Returns a dict: "sentence" says what happened, and "meaning" what that usually means. "line" is the line, counted
    from 1, or None. "start" and "end" are the characters of it that are meant. "callers" are the lines that led there,
    and "trace" is the whole traceback.
    """
    trace = _within(error.__traceback__, path)
    summary = traceback.TracebackException(type(error), error, trace, compact=True)
    sentence = "".join(summary.format_exception_only())
    answer: dict[str, Any] = {
        "sentence": _sentence(error, sentence),
        "meaning": next((say(f"error {kind.__name__}") for kind in MEANINGS if isinstance(error, kind)), ""),
        "line": None,
        "start": None,
        "end": None,
        "callers": [],
        "trace": "".join(summary.format()),
    }
    places = [frame for frame in summary.stack if frame.filename == path]
    if places:
        *callers, last = places
        answer |= {"line": last.lineno, "callers": [frame.lineno for frame in callers][-MOST_FRAMES:]}
        if last.lineno == last.end_lineno and last.colno is not None and last.end_colno is not None:
            line = linecache.getline(path, last.lineno or 0).encode()
            answer |= {"start": _characters(line, last.colno), "end": _characters(line, last.end_colno)}
    if isinstance(error, SyntaxError) and re.search("codec|encoding|null bytes", str(error.msg)):
        answer |= {"meaning": say("error not UTF-8")}
    if isinstance(error, SyntaxError) and error.filename == path:
        answer |= {"line": error.lineno, "start": (error.offset or 1) - 1, "trace": ""}
        if error.end_lineno == error.lineno and (error.end_offset or 0) > (error.offset or 0):
            answer |= {"end": (error.end_offset or 1) - 1}
    return answer


def ended(status: int, was_stopped: bool) -> Mapping[str, Any] | None:
    """The error of a process that ended without a message; None if all is well.

    status: as subprocess has it: negative, a signal.
    """
    if was_stopped or status == 0:
        return None
    sentence, meaning = say("ended status", status), say("ended meaning")
    if status < 0:
        import signal

        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = "unknown"
        sentence = say("ended signal", -status, name)
        meaning = say(f"ended {name}") if f"ended {name}" in table("live", ENGLISH) else meaning
    elif status >= 0xC0000000:
        sentence, meaning = say("crashed", f"{status:#x}"), say("crashed meaning")
    return {"sentence": sentence, "meaning": meaning, "line": None, "callers": [], "trace": ""}


def _within(trace: TracebackType | None, path: str) -> TracebackType | None:
    """A traceback from the first line of the lesson on."""
    first = trace
    while first is not None and first.tb_frame.f_code.co_filename != path:
        first = first.tb_next
    return first or trace


def _sentence(error: BaseException, said: str) -> str:
    if isinstance(error, SyntaxError):  # without the line, which is on the page
        said = f"{type(error).__name__}: {error.msg}"
    if isinstance(error, SystemExit):
        said = say("exited", error.code)
    said = said.strip()
    if "Did you mean" not in said and (
        similar := get_close_matches(getattr(error, "name", None) or "", _names(error), 1)
    ):
        said += f". Did you mean: '{similar[0]}'?"  # as Python says from 3.12 on
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"


def _names(error: BaseException) -> Iterable[str]:
    """The names that an error could have meant."""
    if isinstance(error, AttributeError):
        return [name for name in dir(error.obj) if not name.startswith("_")]
    last = error.__traceback__
    if not isinstance(error, NameError) or last is None:
        return []
    while last.tb_next is not None:
        last = last.tb_next
    return [*last.tb_frame.f_locals, *last.tb_frame.f_globals, *vars(builtins)]


def _characters(line: bytes, n_bytes: int) -> int:
    return len(line[:n_bytes].decode("utf-8", "replace"))
