"""Divides a lesson's file into cells: code, text in Markdown, and notes that are for the teacher alone.

A cell begins with a comment, as in Jupytext, VS Code and Spyder:

    # %%                                    code
    # %% [markdown]                         text, as comments or as one string in triple quotes
    # %% [markdown] tags=["notes"]          a note for the teacher; code may be one too, and is not run then
"""

import io
import re
import tokenize
from dataclasses import dataclass

MOST_CELLS = 500  # of one lesson; the rest is part of the last
LONGEST_TITLE = 100  # characters

_MARKER = re.compile(r"# ?%%(?!%)(?P<options>.*)")
_MARKDOWN = re.compile(r"\[(?:markdown|md)\]", re.IGNORECASE)
_OPTION = re.compile(r"""(\w[\w.-]*)=(\[[^\]]*\]|\{[^}]*\}|"[^"]*"|'[^']*'|\S+)""")
_TAGS = re.compile(r"""["']([^"']*)["']""")
_STRING = re.compile(r"""[rR]?(\"{3}|'{3})(.*?)(?:\1|\Z)""", re.DOTALL)
_HEADING = re.compile(r"(#{1,6}) +(.+?)(?: +#+)? *", re.ASCII)


@dataclass(frozen=True)
class Cell:
    """A part of a lesson.

    kind: "code" or "markdown". text: the code, or what the Markdown says. line: in the file, from 1, where it begins.
    n_lines: of it in the file, for code. is_note: whether it is for the teacher alone.
    title: behind its marker. Of a text without one it is the first heading.
    level: of the heading that the text begins with, from 1; 0 where it begins with none.
    """

    kind: str
    text: str
    line: int
    n_lines: int = 0
    is_note: bool = False
    title: str = ""
    level: int = 0


def cells_of(source: str) -> list[Cell]:
    """The cells of a file; none if it has no marker, so that it is a plain program.

    >>> for cell in cells_of("# %% [markdown]\\n# # Sums\\n# %%\\nx = 1\\n"):
    ...     print(cell.kind, repr(cell.text), cell.line, repr(cell.title), cell.level)
    markdown '# Sums' 2 'Sums' 1
    code 'x = 1' 4 '' 0
    """
    lines = source.split("\n")
    starts = [number for number, line in enumerate(lines) if _MARKER.fullmatch(line) is not None]
    if not starts:
        return []
    within = _lines_in_strings(source) if len(starts) > 1 else set()
    starts = [number for number in starts if number + 1 not in within][:MOST_CELLS]
    if not starts:
        return []
    before = _code(lines, 0, starts[0], "", False)
    cells = [before] if _is_code(before.text) else []
    for start, end in zip(starts, [*starts[1:], len(lines)]):
        options = _MARKER.fullmatch(lines[start])["options"]  # type: ignore[index]
        is_note = "notes" in _tags(options)
        title = _OPTION.sub("", _MARKDOWN.sub("", options)).strip()[:LONGEST_TITLE]
        make = _markdown if _MARKDOWN.search(options) else _code
        cell = make(lines, start + 1, end, title, is_note)
        if cell.text:
            cells.append(cell)
    return cells


def _code(lines: list[str], start: int, end: int, title: str, is_note: bool) -> Cell:
    while start < end and not lines[start].strip():
        start += 1
    while start < end and not lines[end - 1].strip():
        end -= 1
    return Cell("code", "\n".join(lines[start:end]), start + 1, end - start, is_note, title)


def _markdown(lines: list[str], start: int, end: int, title: str, is_note: bool) -> Cell:
    code = _code(lines, start, end, title, is_note)
    if string := _STRING.match(code.text):
        text = string[2].strip("\n")
    else:
        text = "\n".join(re.sub(r"^# ?", "", line) for line in code.text.split("\n"))
    headings = [found for line in text.split("\n") if (found := _HEADING.fullmatch(line))]
    begins = _HEADING.fullmatch(text.partition("\n")[0])
    title = title or (headings[0][2][:LONGEST_TITLE] if headings else "")
    return Cell("markdown", text, code.line, code.n_lines, is_note, title, len(begins[1]) if begins else 0)


def _tags(options: str) -> list[str]:
    """The tags of a cell; a slide of the type "notes" counts as tagged so."""
    found = dict(_OPTION.findall(options))
    return _TAGS.findall(found.get("tags", "")) + _TAGS.findall(found.get("slideshow", ""))


def _is_code(text: str) -> bool:
    """Whether something before the first marker is more than comments, such as the header that Jupytext writes."""
    return any(line.strip() and not line.startswith("#") for line in text.split("\n"))


def _lines_in_strings(source: str) -> set[int]:
    """The lines, from 1, that begin within a string, as far as Python can read the file."""
    within: set[int] = set()
    starts: list[int] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            name = tokenize.tok_name[token.type]
            if name == "STRING":
                within |= set(range(token.start[0] + 1, token.end[0] + 1))
            elif name == "FSTRING_START":  # from Python 3.12 on
                starts.append(token.start[0])
            elif name == "FSTRING_END":
                within |= set(range(starts.pop() + 1, token.end[0] + 1))
    except (tokenize.TokenError, SyntaxError, IndexError):
        pass
    return within
