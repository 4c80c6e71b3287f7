"""Puts a page together from a template of this folder, the styles and scripts that it names, and its data."""

import html
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from autograd.languages import embedded

FOLDER = Path(__file__).parent
PALETTE = (FOLDER / "palette.css").read_text(encoding="utf-8")  # the live page and the site have these colours too


@cache
def _file(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


@cache
def _filled(name: str) -> str:
    """A file, with those in it that it names. Only HTML names others."""
    file = _file(name)
    return (
        re.sub(r"\{\{([\w/]*\.[\w./]+)\}\}", lambda found: _filled(found[1]), file) if name.endswith(".html") else file
    )


def page(template: str, **parts: str) -> str:
    """A page that needs nothing else.

    template: a file of this folder. In it {{viewer.js}} stands for the file of that name, {{title}} for the part
    `title`, and {{texts}} for what the page says in other languages. Parts come in as they are: pass texts through
    `text` or `data`.
    """
    whole = _filled(template)
    parts["texts"] = embedded("pictures", within=whole)
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], whole)


def text(shown: object) -> str:
    """A text that a page shows as it is, whatever is in it."""
    return html.escape(str(shown))


def data(thing: Any) -> str:
    """A thing as JSON for a <script type="application/json">: data and not markup, whatever the labels say."""
    return json.dumps(thing, separators=(",", ":")).replace("<", "\\u003c").replace("&", "\\u0026")


def framed(content: str, height: str = "min(680px, 72vh)") -> str:
    """A page as HTML for a notebook, in a frame with the title of the page.

    In a frame of its own, its styles and keys do not meet those of the notebook, and it may do nothing outside.
    """
    found = re.search("<title>(.*?)</title>", content)
    title = html.unescape(found[1]) if found else "a page"
    return (
        f'<iframe srcdoc="{html.escape(content)}" sandbox="allow-scripts" allow="fullscreen; clipboard-write" '
        f'title="{html.escape(title)}" style="box-sizing:border-box;width:100%;height:{height};min-height:320px;'
        'border:1px solid #8c949c;border-radius:8px"></iframe>'
    )
