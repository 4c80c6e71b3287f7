"""What a student's code answers is data: here it is bounded, cleaned, and held to the form that a reply has."""

import json
import unicodedata
from collections.abc import Mapping
from typing import Any

from autograd.classroom.checks.student import FUNCTIONS, LONGEST, MOST, OP, PARENTS

DEEPEST = 4  # lists within lists
LONGEST_NUMBER = 300  # digits: more are no float
MOST_NAMES = 2000  # that a class may have
JOINERS = "\u200c\u200d"  # which some scripts, and pictures of several, are written with


def clean(text: object, longest: int = 2 * LONGEST) -> str:
    """A text of which every character can be seen: those that move a cursor, colour or turn a line are spelled out.

    >>> print(clean("\\x1b[32mall facts hold\\u202e"))
    \\x1b[32mall facts hold\\u202e
    """
    return "".join(each if _is_seen(each) else _spelled(each) for each in str(text)[:longest])


def _is_seen(character: str) -> bool:
    return character in f"\n{JOINERS}" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _spelled(character: str) -> str:
    return character.encode("unicode_escape").decode()


def understood(line: bytes, token: str) -> dict[str, Any]:
    """A reply of student.py; empty if it is none, or one to a request of before.

    The student's code might find the pipe, and write to it.
    """
    came, _, text = line.partition(b" ")
    try:
        reply = json.loads(text) if came.decode() == token else {}
    except (ValueError, RecursionError):
        return {}
    if not isinstance(reply, dict):
        return {}
    if "dialect" in reply:
        return _introduced(reply)
    has_form = _is_text(reply, "error", "where") or "got" in reply or "status" in reply
    return tidied(reply) if has_form else {}


def tidied(reply: Mapping[str, Any]) -> dict[str, Any]:
    """What a program gave, bounded and clean: "got", or "error" and "where"; and "printed". Or a "status"."""
    if "status" in reply:
        status = reply["status"]
        return {"status": status if isinstance(status, int) and abs(status) < 2**32 else None}
    printed = reply.get("printed") is True
    if _is_text(reply, "error", "where"):
        return {"error": clean(reply["error"]), "where": clean(reply["where"]), "printed": printed}
    return {"got": _bounded(reply.get("got"), DEEPEST), "printed": printed}


def _bounded(got: Any, depth: int) -> Any:
    """A result: numbers that are floats, texts and lists that are short, and {kind, shown}."""
    if isinstance(got, str):
        return clean(got)
    if isinstance(got, int) and not isinstance(got, bool):
        return got if abs(got) < 10**LONGEST_NUMBER else float("inf")
    if isinstance(got, (list, tuple)):
        return [_bounded(each, depth - 1) for each in got[:MOST]] if depth else {"kind": "list", "shown": "[…]"}
    if isinstance(got, dict):
        return {name: clean(got.get(name)) for name in ("kind", "shown")}
    return got if got is None or isinstance(got, (bool, float)) else {"kind": "object", "shown": "?"}


def _introduced(reply: Mapping[str, Any]) -> dict[str, Any]:
    """What student.load() tells of a file, if it can be that."""
    spoken = reply["dialect"]
    if not (_is_text(reply, "class", "home") and reply["class"].isidentifier() and isinstance(spoken, dict)):
        return {}
    functions, attributes, has = (spoken.get(name) for name in ("functions", "attributes", "has"))
    if not (isinstance(functions, list) and isinstance(attributes, dict) and isinstance(has, list)):
        return {}
    known = [name for name in FUNCTIONS if name in functions]
    called = {names[0]: attributes.get(names[0]) for names in (PARENTS, OP)}
    if not all(called[names[0]] in names for names in (PARENTS, OP)):
        return {}
    names = [name for name in has[:MOST_NAMES] if isinstance(name, str)]
    dialect = {"functions": known, "attributes": called, "has": names}
    return {"class": reply["class"], "home": clean(reply["home"]), "dialect": dialect}


def _is_text(reply: Mapping[str, Any], *names: str) -> bool:
    return all(isinstance(reply.get(name), str) for name in names)
