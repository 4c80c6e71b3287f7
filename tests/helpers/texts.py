"""All texts that are said to people: collected from the tables and the code where they stand in English."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

from autograd.classroom.checks import hints
from autograd.classroom.checks.engine_facts import ENGINE, LIKE
from autograd.classroom.checks.exercises import EXERCISES
from autograd.languages import ENGLISH, Said, table

ROOT = Path(__file__).parents[2] / "autograd"
SAYING = {"say", "Said", "SubmissionError"}


def is_code(text: str) -> bool:
    """Whether a text is a formula or a piece of Python, such as `a + b`, and the same in every language."""
    if not re.search(r"[^\W\d_]{3}", text):
        return True
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def keys(text: str) -> Iterator[str]:
    """The key of a text, and those of what it is filled in with."""
    if isinstance(text, Said):
        yield text.text
        for part in text.parts:
            if isinstance(part, Said):
                yield from keys(part)
    elif not is_code(text):
        yield text


def of_facts(table: object) -> Iterator[str]:
    """What facts say: their statements, and the hints for their mistakes."""
    for several in table.values():
        for fact in several:
            for text in (fact.statement, *fact.mistakes.values()):
                yield from keys(text)


def of_hints() -> Iterator[str]:
    """What the hints for any fact say."""
    for name, thing in vars(hints).items():
        if name.isupper() and isinstance(thing, str) and name not in ("SIGNS", "NO_VALUE_AS_EXPONENT"):
            yield from keys(thing)
    yield from hints.ERRORS.values()


def of_code(folder: str) -> Iterator[str]:
    """What is handed to say() and the like in the Python files of a folder."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        module = ".".join(("autograd", *path.relative_to(ROOT).with_suffix("").parts))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in SAYING and node.args:
                if isinstance(node.args[0], ast.JoinedStr):  # the name of a text, which is put together
                    continue
                for part in ast.walk(node.args[0]):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield part.value
                    elif isinstance(part, ast.Name) and part.id.isupper():
                        yield getattr(importlib.import_module(module), part.id)


def wanted() -> dict[str, set[str]]:
    """The keys that a language must have, by their subject."""
    notes = {published.note for published in LIKE.values()}
    checks = {*of_facts(ENGINE), *of_hints(), *notes, *of_code("classroom/checks"), *of_code("classroom/grading")}
    checks |= {*ENGINE, "file", "failed", "not yet", "expected", "got", "at", "hint", "all facts", "your own"}
    exercises = {*of_facts(EXERCISES)} - checks
    live = {*table("live", ENGLISH), *of_code("classroom/live")}
    site = {*table("site", ENGLISH), *of_code("classroom/site")} - live
    return {"checks": checks, "exercises": exercises, "live": live, "site": site}


def places(text: str) -> set[str]:
    """The numbers of the places of a text that are filled in."""
    return set(re.findall(r"\{(\d)[^{}]*\}", text))
