"""The pages that the server sends: the live page itself, and the pages within it."""

import base64
import hashlib
import html
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from autograd.classroom.live.lesson import Lesson
from autograd.languages import ENGLISH, LANGUAGES, WORDS, chosen, embedded, say, table
from autograd.pictures.pages import PALETTE

# The parts of each page, in their order; a browser gets them as one. What the class and the teacher see is the same
LIVE = (
    "page.html",
    ("frame.css", "source.css", "panels.css", "drawings.css", "screens.css"),
    (
        *("scheme.js", "basics.js", "sections.js", "mishap.js", "source.js", "drawings.js", "panels.js", "output.js"),
        *("presentation.js", "keys.js", "events.js"),
    ),
)
PARTS = {
    "teacher": LIVE,
    "viewer": LIVE,
    "notes": ("notes.html", ("frame.css", "source.css", "notes.css"), ("scheme.js", "basics.js", "notes.js")),
    "door": ("door.html", ("frame.css", "door.css"), ()),
}
EVERYWHERE = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
# Before HTML of a lesson that has no look of its own, such as a report: as large, and as dark, as the page around it
PLAIN = """<!doctype html><style>
:root { color-scheme: SHADE; font: SIZEpx/1.45 system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif }
body { margin: 0.6rem 0.8rem }
pre, code { font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.93em }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
td, th { text-align: right; padding: 0.2rem 0.9rem; border: 0; border-bottom: 1px solid #8886 }
</style>"""
NO_MORE = "default-src 'none'; base-uri 'none'; form-action 'none'"


def page(role: str) -> Callable[[Request], Response]:
    """The endpoint of a page, which may run and load only what is in it.

    role: of who looks at it: "teacher", "viewer", or "notes" for the teacher's second window.
    """
    text, policy = _joined(role, {})
    headers = {**EVERYWHERE, "content-security-policy": policy}
    return lambda request: HTMLResponse(text, headers=headers)


def door() -> Callable[[str, str], Response]:
    """Answers the page for typing the code, in a language of the browser, with the result of the last try.

    This page runs no script. So the server chooses the first language that it knows.
    """

    def answer(what: str, accepted: str) -> Response:
        known = [name for name in re.findall(r"(?:^|,)\s*([a-z]{2})", accepted) if name in LANGUAGES]
        language = chosen() or (known or [ENGLISH])[0]
        text, policy = _joined("door", {"said": html.escape(say(f"code {what}", language=language))}, language)
        status = {"empty": 200, "wait": 429}.get(what, 403)
        return HTMLResponse(text, status, {**EVERYWHERE, "content-security-policy": policy})

    return answer


def _joined(role: str, more: Mapping[str, str], language: str = ENGLISH) -> tuple[str, str]:
    """The page of a role, and what it may do. language: of its HTML; a script of the page may still change that."""
    frame, styles, scripts = PARTS[role]
    parts = {
        "style": "".join([PALETTE, *map(_part, styles)]),
        "script": "".join([WORDS, *map(_part, scripts)] if scripts else []),
        "role": role,
        **more,
    }
    parts |= {"texts": embedded("live"), "language": language}
    text = re.sub(r"\{\{(\w+)\}\}", lambda found: parts.get(found[1], found[0]), _part(frame))
    known = table("live", ENGLISH)
    text = re.sub(
        r"\{\{(.+?)\}\}",
        lambda found: html.escape(say(found[1], language=language)) if found[1] in known else found[0],
        text,
    )
    kinds = {kind: re.findall(rf"<{kind}>(.*?)</{kind}>", text, re.DOTALL) for kind in ("script", "style")}
    hashes = {kind: [f"'sha256-{_digest(part)}'" for part in found] for kind, found in kinds.items()}
    allowed = {kind: " ".join(found) or "'none'" for kind, found in hashes.items()}
    form = "form-action 'self'" if role == "door" else "form-action 'none'"
    policy = (
        f"default-src 'none'; base-uri 'none'; {form}; script-src {allowed['script']}; style-src {allowed['style']}; "
        "connect-src 'self'; frame-src 'self'; img-src blob: data:; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types drawing"
    )
    return text, policy


@cache
def _part(name: str) -> str:
    return files("autograd.classroom.live").joinpath("page", name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _companion() -> str:
    return f"<script>{_part('scheme.js')}{_part('companion.js')}</script>"


def inner_page(lesson: Lesson) -> Callable[[Request], Response]:
    """The endpoint of pages within the page: they are in a sandbox, without access to anything.

    ?size=24&shade=dark says how many pixels the letters of a plain one have, and whether it is light or dark.
    """

    def answer(request: Request) -> Response:
        found = lesson.page(request.path_params["name"])
        if found is None:
            return PlainTextResponse("this is not shown any more\n", 404, EVERYWHERE)
        scripts = ("sandbox allow-scripts", "; script-src 'unsafe-inline'") if found.has_scripts else ("sandbox", "")
        policy = (
            f"{scripts[0]}; {NO_MORE}; style-src 'unsafe-inline'; img-src data:{scripts[1]}; frame-ancestors 'self'"
        )
        size = request.query_params.get("size", "")
        plain = PLAIN.replace("SIZE", size if re.fullmatch("[0-9]{1,3}", size) else "16")
        shade = request.query_params.get("shade", "")
        plain = plain.replace("SHADE", shade if shade in ("light", "dark") else "light dark")
        whole = found.html + _companion() if found.has_scripts else plain + found.html
        return HTMLResponse(whole, headers={**EVERYWHERE, "content-security-policy": policy})

    return answer
