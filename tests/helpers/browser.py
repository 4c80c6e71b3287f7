"""A real browser for tests of pages: Chromium, by Playwright, and an eye on all that a page must not do."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")  # as the systems call it
PICTURES = Path(__file__).parents[2] / "out" / "pictures"  # made by the tests, for a person to look at
PATIENCE = 120_000  # milliseconds, on a machine that is busy
# A promise that is kept in the next task of a page. A test may have stopped the clock, so no timer serves
NEXT_TASK = """() => new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => done();
    port2.postMessage(0);
})"""
# A promise that is kept when the page has been drawn
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
AT_HOME = ("file:", "data:", "blob:", "about:")  # what a self-contained page may ask for


@contextmanager
def chromium() -> Iterator[Any]:
    """The system's Chromium, else the one that `playwright install chromium` brought; skips the test without both."""
    from playwright.sync_api import Error, sync_playwright

    system = next(filter(None, map(shutil.which, CHROMIUM)), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=system, timeout=PATIENCE)
        except Error as error:
            if system is None and "Executable doesn't exist" in str(error):
                pytest.skip("there is no Chromium: install that of the system, or run 'playwright install chromium'")
            raise
        with browser:
            browser.on("context", lambda context: context.set_default_timeout(PATIENCE))
            yield browser


@contextmanager
def watched(page: Any, home: str = "file:") -> Iterator[Any]:
    """The page; AssertionError at the end if it logged or raised an error, or if a request left it.

    home: how the addresses begin where a page that is served may ask for more.
    """
    mistakes: list[str] = []

    def requested(request: Any) -> None:
        if not request.url.startswith((*AT_HOME, home)):
            mistakes.append(f"asked for {request.url}")

    def logged(message: Any) -> None:
        if message.type in ("error", "warning"):
            mistakes.append(f"logged: {message.text}")

    page.on("request", requested)
    page.on("websocket", requested)
    page.on("console", logged)
    page.on("pageerror", lambda error: mistakes.append(f"raised: {error}"))
    yield page
    page.evaluate(NEXT_TASK)  # what was under way is heard of
    assert not mistakes, f"the page {'; '.join(mistakes)}"


class Quiet(SimpleHTTPRequestHandler):
    """Serves the files of a folder, and does not say so."""

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def served(folder: Path, port: int = 0) -> Iterator[str]:
    """The address at which a folder can be looked at, on loopback."""
    with ThreadingHTTPServer(("127.0.0.1", port), partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


def until(condition: Callable[[], Any]) -> Any:
    """Wait until something is true, and return it. For what a page cannot wait for by itself."""
    end = time.monotonic() + PATIENCE / 1000
    while not (answer := condition()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
    return answer


def load(page: Any, path: Path) -> None:
    """Open a file as a person does who clicks on it, and sees it: what is told of its size has taken its place then."""
    page.goto(path.resolve().as_uri())
    page.evaluate(DRAWN)


def contrasts(page: Any) -> dict[str, float]:
    """The contrast of every text on the screen with what is around its letters, measured from the pixels.

    As the Web Content Accessibility Guidelines 2.1 define it. The colour of the letters is that of their style, for
    the pixels of thin ones are mixed with the ground; the ground is the commonest colour in the box of the text.
    """
    import io

    from PIL import Image

    page.evaluate(DRAWN)  # a page hears of another scheme of colours as it is drawn
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    found = {}
    for text, colour, box in page.evaluate(TEXTS):
        x, y, width, height = box
        around = image.crop((max(0, int(x) - 1), max(0, int(y)), int(x + width) + 1, int(y + height)))
        counts = around.getcolors(around.width * around.height)  # a larger table would take most of the time
        if counts:
            ground = max(counts)[1]
            found[f"{text} at {x:.0f}, {y:.0f}"] = _contrast(colour, ground)
    return found


def _contrast(one: Sequence[float], other: Sequence[float]) -> float:
    def light(colour: Sequence[float]) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (each / 255 for each in colour)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05

    high, low = sorted([light(one), light(other)], reverse=True)
    return high / low


# Every text that is seen: what it says, its colour, and its box. What lies outside the screen, or in what is scrolled
# away, under another element, or belongs to a button that cannot be pressed, is not seen.
TEXTS = """() => {
    const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgb = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const isCut = (element, box) => {  // at the edge of what scrolls
        for (let each = element.parentElement; each && each !== document.body; each = each.parentElement) {
            const { overflowX, overflowY } = getComputedStyle(each), room = each.getBoundingClientRect();
            const isOut = box.x < room.left - 1 || box.y < room.top - 1 || box.x + box.width > room.right + 1;
            const scrolls = overflowX !== "visible" || overflowY !== "visible";
            if (scrolls && (isOut || box.y + box.height > room.bottom + 1)) return true;
        }
        return false;
    };
    while (walker.nextNode()) {
        const node = walker.currentNode, parent = node.parentElement;
        if (!node.data.trim() || parent.closest("script, style, title, option, :disabled, [hidden]")) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        const { x, y, width, height } = range.getClientRects()[0] ?? { width: 0, height: 0 };
        if (width < 3 || height < 3 || x < 0 || y < 0 || x + width > innerWidth || y + height > innerHeight) continue;
        if (isCut(parent, { x, y, width, height })) continue;
        const top = document.elementFromPoint(x + width / 2, y + height / 2);
        const group = parent.closest("g.node, g.edge, g.operation") ?? parent;
        if (!top || !(group.contains(top) || top.contains(parent))) continue;
        const style = getComputedStyle(parent);
        const colour = rgb(parent.namespaceURI.endsWith("svg") ? style.fill : style.color);
        found.push([node.data.trim(), colour, [x, y, width, height]]);
    }
    return found;
}"""


PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "reduced_motion": "reduce"}


def fingers(page):
    """A function that lets some fingers at these points do something: touchStart, touchMove or touchEnd.

    The browser answers before the page has heard of it, so a test must wait for what comes of it.
    """
    touch = page.context.new_cdp_session(page)

    def send(kind, *points):
        touches = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    return send
