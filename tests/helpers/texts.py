"""All texts that are said to people: collected from the tables and the code where they stand in English."""

import ast
import importlib
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from autograd.classroom.checks import hints
from autograd.classroom.checks.engine_facts import ENGINE, LIKE
from autograd.classroom.checks.exercises import EXERCISES
from autograd.languages import ENGLISH, Said, table

ROOT = Path(__file__).parents[2] / "autograd"
SAME = {"SGD", "Adam", "Ctrl Z", "Ctrl Y"}  # the same in every language
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
                if isinstance(node.args[0], (ast.JoinedStr, ast.Subscript)):  # the name of a text that is put together
                    continue
                for part in ast.walk(node.args[0]):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield part.value
                    elif isinstance(part, ast.Name) and part.id.isupper():
                        text = getattr(importlib.import_module(module), part.id)
                        yield from [str(text)] if isinstance(text, str) else []


def of_scripts(folder: str) -> Iterator[str]:
    """What is handed to say() in the scripts of a folder: the texts in its first argument."""
    for path in sorted((ROOT / folder).rglob("*.*")):
        if path.suffix in (".js", ".html"):
            text = path.read_text(encoding="utf-8")
            for call in re.finditer(r"(?<![.\w])say\(", text):
                yield from re.findall(r'"((?:[^"\\]|\\.)*)"', first_argument(text, call.end()))


def first_argument(text: str, start: int) -> str:
    """The first argument of a call, from where it begins."""
    depth, quoted = 0, False
    for place in range(start, len(text)):
        each = text[place]
        if each == '"':
            quoted = not quoted
        elif not quoted and (each in "([{" or each in ")]},"):
            if depth == 0 and each in "),":
                return text[start:place]
            depth += (each in "([{") - (each in ")]}")
    raise AssertionError("a call without an end")


class Shown(HTMLParser):
    """Collects the texts of a page's own HTML, and of what is said of its elements."""

    def __init__(self) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        self.inside.append(tag)
        self.texts += [text or "" for name, text in attributes if name in ("title", "aria-label", "placeholder")]

    def handle_endtag(self, tag: str) -> None:
        """An element ends."""
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, text: str) -> None:
        """A text."""
        if not {"script", "style", "pre", "title"} & {*self.inside}:
            self.texts.append(text.strip())


def of_pages(folder: str) -> Iterator[str]:
    """What stands in the HTML of the pages of a folder, but for names such as SGD, keys and signs."""
    for path in sorted((ROOT / folder).rglob("*.html")):
        shown = Shown()
        shown.feed(path.read_text(encoding="utf-8"))
        for text in shown.texts:
            if re.search(r"[^\W\d_]{2}", text) and "{{" not in text and text not in SAME:
                yield text


def wanted() -> dict[str, set[str]]:
    """The keys that a language must have, by their subject."""
    notes = {published.note for published in LIKE.values()}
    checks = {*of_facts(ENGINE), *of_hints(), *notes, *of_code("classroom/checks"), *of_code("classroom/grading")}
    checks |= {*ENGINE, "file", "failed", "not yet", "expected", "got", "at", "hint", "all facts", "your own"}
    exercises = {*of_facts(EXERCISES)} - checks
    live = {*table("live", ENGLISH), *of_code("classroom/live")}
    site = {*table("site", ENGLISH), *of_code("classroom/site")} - live
    pictures = {*of_code("pictures"), *of_scripts("pictures"), *of_pages("pictures")}
    return {"pictures": pictures, "checks": checks, "exercises": exercises, "live": live, "site": site}


def places(text: str) -> set[str]:
    """The numbers of the places of a text that are filled in."""
    return set(re.findall(r"\{(\d)[^{}]*\}", text))
