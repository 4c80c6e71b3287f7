"""The pages that the server of the live page answers: the page itself, and pages within it."""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from autograd.classroom.live.lesson import Lesson

# The parts of the page, in their order; a browser gets them as one
STYLES = ("frame.css", "source.css", "panels.css", "drawings.css", "screens.css")
SCRIPTS = ("sections.js", "source.js", "drawings.js", "panels.js", "output.js", "keys.js")
EVERYWHERE = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
# Before HTML of a lesson that has no look of its own, such as a report: as large, and as dark, as the page around it
PLAIN = """<!doctype html><style>
:root { color-scheme: light dark; font: SIZEpx/1.45 system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif }
body { margin: 0.6rem 0.8rem }
pre, code { font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.93em }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
td, th { text-align: right; padding: 0.2rem 0.9rem; border: 0; border-bottom: 1px solid #8886 }
</style>"""
NO_MORE = "default-src 'none'; base-uri 'none'; form-action 'none'"


def page(is_teacher: bool) -> Callable[[Request], Response]:
    """The endpoint that answers the page, which may run and ask for nothing but what is in it."""
    folder = files("autograd.classroom.live").joinpath("page")

    def joined(names: Iterable[str]) -> str:
        return "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names)

    parts = {"style": joined(STYLES), "script": joined(SCRIPTS), "role": "teacher" if is_teacher else "viewer"}
    text = joined(["page.html"])
    for name, part in parts.items():
        text = text.replace(f"{{{{{name}}}}}", part)
    kinds = {kind: re.findall(rf"<{kind}>(.*?)</{kind}>", text, re.DOTALL) for kind in ("script", "style")}
    hashes = {kind: " ".join(f"'sha256-{_digest(part)}'" for part in parts) for kind, parts in kinds.items()}
    policy = (
        f"{NO_MORE}; script-src {hashes['script']}; style-src {hashes['style']}; connect-src 'self'; frame-src 'self'; "
        "img-src blob: data:; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types drawing"
    )
    return lambda request: HTMLResponse(text, headers={**EVERYWHERE, "content-security-policy": policy})


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def inner_page(lesson: Lesson) -> Callable[[Request], Response]:
    """The endpoint that answers pages within the page: in a sandbox, without access to anything.

    ?size=24 says how many pixels the letters of a plain one have.
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
        html = found.html if found.has_scripts else plain + found.html
        return HTMLResponse(html, headers={**EVERYWHERE, "content-security-policy": policy})

    return answer
