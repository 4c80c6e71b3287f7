"""What the live page says to people, in one place, so that it can be said in another language."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def texts() -> Mapping[str, str]:
    """Every text of the page by its name. {0} and {1} stand for what is filled in."""
    found: Mapping[str, str] = json.loads(
        files("autograd.classroom.live").joinpath("texts.json").read_text(encoding="utf-8")
    )
    return found


def say(name: str, *parts: object) -> str:
    """A text, filled in.

    >>> say("too long", "lesson.py", 400_000)
    'lesson.py is too long: the page shows files of up to 400,000 bytes'
    """
    return texts()[name].format(*parts)
