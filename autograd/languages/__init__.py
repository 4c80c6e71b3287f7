"""What is said to people, in English or in another language: a table of texts for each subject and language.

The key of a text is the English text itself; or a short name, for which live.en.json has the English text. {0} and {1}
stand for what is filled in. The variable CHALKGRAD_LANGUAGE chooses the language, for this process and those that it
begins; `--language de` sets it. A page in a browser follows the browser where nobody chose.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

ENGLISH = "en"
LANGUAGES = (ENGLISH, "de")
VARIABLE = "CHALKGRAD_LANGUAGE"
# Between thousands. A German point would be read as that of Python's numbers, which stand beside them: 4.357
SEPARATORS = {"en": ",", "de": "\N{NO-BREAK SPACE}"}
SEPARATED = re.compile(r"\{(\d):,\}")
FOLDER = Path(__file__).parent
WORDS = (FOLDER / "words.js").read_text(encoding="utf-8")  # say() for pages


class Said(str):
    """An English text that was filled in, and knows with what: it can still be said in another language.

    >>> Said("This is the {0} of |x|.", "logarithm")
    'This is the logarithm of |x|.'
    """

    text: str
    parts: tuple[object, ...]

    def __new__(cls, text: str, *parts: object) -> "Said":
        """Fill in a text."""
        self = super().__new__(cls, text.format(*parts) if parts else text)
        self.text, self.parts = text, parts
        return self


def chosen() -> str:
    """The language that was chosen; "" if none was. ValueError for one that there is not.

    Names such as de_AT.UTF-8 are understood too.
    """
    wanted = os.environ.get(VARIABLE, "").strip().lower()
    if wanted and wanted[:2] not in LANGUAGES:
        raise ValueError(f"{VARIABLE} is {wanted!r:.40}, and there are only {', '.join(LANGUAGES)}")
    return wanted[:2]


@contextmanager
def speaking(language: str | None) -> Iterator[None]:
    """Choose a language for what runs within; None leaves it as it is."""
    before = os.environ.get(VARIABLE)
    if language is not None:
        os.environ[VARIABLE] = language
    try:
        yield
    finally:
        os.environ.pop(VARIABLE, None)
        if before is not None:
            os.environ[VARIABLE] = before


@cache
def table(subject: str, language: str) -> Mapping[str, str]:
    """The texts of a subject in a language: "checks", "exercises", "live", "pictures". English ones may be missing."""
    path = FOLDER / f"{subject}.{language}.json"
    found: Mapping[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


@cache
def _all(language: str) -> Mapping[str, str]:
    subjects = sorted({path.name.partition(".")[0] for path in FOLDER.glob("*.json")})
    return {key: text for subject in subjects for key, text in table(subject, language).items()}


def say(text: str, *parts: object, language: str | None = None) -> str:
    """A text in a language, filled in.

    text: the English text, or its name. What is not in the tables, as texts of a teacher's own, stays as it is.
    parts: stand in the places {0}, {1}, …; those that are Said are said in the same language. In {0:,} stands a
        whole number, with what separates thousands in that language.
    language: None for the one that was chosen, or English.

    >>> say("{0} of {1} facts hold", 3, 4, language="de")
    '3 von 4 Fakten stimmen'
    """
    language = language or chosen() or ENGLISH
    key, parts = (text.text, text.parts or parts) if isinstance(text, Said) else (text, parts)
    told = _all(language).get(key) or _all(ENGLISH).get(key, key)
    if not parts:
        return told
    told = SEPARATED.sub(lambda place: separated(f"{parts[int(place[1])]:,}", language), told)
    return told.format(*(say(part, language=language) if isinstance(part, Said) else part for part in parts))


def separated(number: int | str, language: str | None = None) -> str:
    """A whole number, or one that was written with commas, with what a language has between thousands.

    >>> separated(4357, "en"), separated("4,357.5", "de").split()
    ('4,357', ['4', '357.5'])
    """
    text = number if isinstance(number, str) else f"{number:,}"
    return text.replace(",", SEPARATORS[language or chosen() or ENGLISH])


def embedded(*subjects: str, within: str | None = None) -> str:
    """The tables that words.js needs, as JSON for a <script id="texts" type="application/json">.

    subjects: of the texts. within: the page, to leave out texts that are not in it; None to leave out none.
    """
    languages = [chosen()] if chosen() else [language for language in LANGUAGES if language != ENGLISH]
    tables: dict[str, Any] = {"chosen": chosen(), "separators": SEPARATORS}
    for language in dict.fromkeys([ENGLISH, *languages]):
        found = {key: text for subject in subjects for key, text in table(subject, language).items()}
        tables[language] = {key: text for key, text in found.items() if within is None or key in within}
    return json.dumps(tables, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
