"""The live page for tests: started as a user starts it, its lesson edited, and its page followed in a browser."""

import asyncio
import concurrent.futures
import http.client
import json
import re
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.helpers.browser import PATIENCE, PICTURES, until, watched

ROOT = Path(__file__).parents[2]
REASON = "what the live page needs is not installed: python -m pip install -e '.[live]'"
LESSON = """\
from autograd import Value, show

a, b = Value(2.0), Value(-3.0)
loss = (a * b).tanh()
loss.backward()
print("a is", a.data)
show(loss)
"""
PHONE = {"width": 390, "height": 844}
ANSWERED = "asked.then(() => 0)"  # what a page has asked the server for is done: a page that goes forgets the rest


def need_the_extra() -> None:
    """Skip the test where a package of the extra is not there."""
    for name in ("markdown_it", "pygments", "segno", "starlette", "uvicorn", "watchfiles"):
        pytest.importorskip(name, reason=REASON)


@dataclass
class Live:
    """A page that is served.

    path: the lesson. link, shared: the addresses of the teacher's page and of that for the class, "" if there is none.
    """

    process: "subprocess.Popen[str]"
    path: Path
    link: str = ""
    shared: str = ""
    said: list[str] = field(default_factory=list)

    def save(self, source: str) -> None:
        """Save the lesson, as an editor does that never leaves half a file."""
        written(self.path, source)


def written(path: Path, source: str | bytes) -> None:
    """Write a file of which nobody ever sees a half."""
    whole = path.with_suffix(".part")
    whole.write_bytes(source if isinstance(source, bytes) else source.encode())
    whole.replace(path)


@contextmanager
def served(folder: Path, source: str | None, *options: str, is_opened: bool = False) -> Iterator[Live]:
    """Run `python -m autograd live lesson.py` in a folder.

    source: of the lesson; None for a file that does not exist. is_opened: whether a browser is.
    """
    options = options if is_opened else ("--no-browser", *options)
    live = Live(None, folder / "lesson.py")  # type: ignore[arg-type]
    if source is not None:
        live.save(source)
    live.process = subprocess.Popen(
        [sys.executable, "-m", "autograd", "live", "lesson.py", *options],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    try:
        assert live.process.stdout is not None
        for line in live.process.stdout:
            live.said.append(line)
            if found := re.search(r"(at|class:) (http://\S+/)$", line):
                setattr(live, "link" if found[1] == "at" else "shared", found[2])
            if line.startswith("Ctrl-C"):
                break
        assert live.link, "".join(live.said)
        yield live
    finally:
        live.process.terminate()
        live.process.wait(PATIENCE / 1000)
        live.process.stdout.close()


def wait_for(page: Any, state: str, run: int | None = None) -> None:
    """Wait until the page says that a run is in a state: running, good, failed or stopped."""
    which = "" if run is None else f"[data-run='{run}']"
    page.locator(f"html[data-state='{state}']{which}").wait_for(state="attached")


async def followed(link: str, is_enough: Callable[[dict[str, Any]], bool], has_begun: asyncio.Event) -> dict[str, Any]:
    """The sections that a viewer has when they are enough. Like a browser, it comes again when its connection ends."""
    address = urlsplit(link)
    request = f"GET {address.path}events HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode()
    sections: dict[str, Any] = {}
    while True:
        reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=1 << 24)
        with closing(writer):
            writer.write(request)
            while line := await reader.readline():
                if line == b"event: all\n":
                    sections = {}
                elif line.startswith(b"data: "):
                    sections |= json.loads(line[6:])
                    has_begun.set()
                    if is_enough(sections):
                        return sections


# A page in a browser


def opened(browser: Any, link: str, **options: Any) -> tuple[Any, AbstractContextManager[Any]]:
    """A page of the server, watched: it logs nothing and asks for nothing elsewhere."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, **options)
    page = context.new_page()
    return context, watched(page, home(link))


def home(link: str) -> str:
    """How the addresses begin that a page of this server may ask for."""
    return f"http://{urlsplit(link).netloc}/"


def wait_for_any(page: Any) -> None:
    """Wait until the page shows a run, whichever."""
    page.locator("html[data-run]").wait_for(state="attached")


def run_of(page: Any) -> int:
    """The number of the run that the page shows."""
    return int(page.locator("html").get_attribute("data-run"))


def save(page: Any, live: Live, source: str, state: str = "good") -> None:
    """Save a lesson and wait until the page has what comes of it."""
    before = run_of(page)
    live.save(source)
    wait_for(page, state, before + 1)


def panel(page: Any, title: str) -> Any:
    """The panel that has this title."""
    return page.locator(".panel").filter(has=page.locator("h2", has_text=re.compile(rf"^{re.escape(title)}$")))


def texts(svg: Any) -> Any:
    """All texts of a picture."""
    return svg.locator("text").all_text_contents()


def photograph(page: Any, name: str) -> None:
    """Keep a picture of the page, for a person to look at."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")


# Without a browser


def ask(link: str, path: str | None = None, method: str = "GET", **headers: str | None) -> tuple[int, str]:
    """The status and the body of the answer to a request; headers None are not sent."""
    address = urlsplit(link)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=PATIENCE / 1000)
    connection.putrequest(method, address.path if path is None else path, skip_host=True, skip_accept_encoding=True)
    for name, value in {"Host": address.netloc, **headers}.items():
        if value is not None:
            connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    answer = connection.getresponse()
    is_stream = (answer.getheader("content-type") or "").startswith("text/event-stream")
    found = answer.status, "" if is_stream else answer.read().decode()
    connection.close()
    return found


def in_a_thread(function: Callable[[], Any]) -> Any:
    """Run a coroutine beside the event loop of the browser."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(function())).result()


def serving(folder: Path, follow: Callable[[Any, Any], Awaitable[Any]]) -> Any:
    """What a coroutine finds, which is given a page that is served and shared: by this process, so it can be set."""
    from autograd.classroom.live.lesson import Lesson  # here, because they need the extra
    from autograd.classroom.live.server import Live as Page

    (folder / "lesson.py").write_text("print(1)")

    async def run() -> Any:
        with socket.create_server(("127.0.0.1", 0)) as own, socket.create_server(("127.0.0.1", 0)) as shared:
            page = Page(Lesson(folder / "lesson.py"), own, shared, "127.0.0.1")
            served = asyncio.create_task(page._serve())
            try:
                return await asyncio.wait_for(follow(page, shared.getsockname()), PATIENCE / 1000)
            finally:
                served.cancel()
                await asyncio.gather(served, return_exceptions=True)
                await asyncio.to_thread(until, lambda: page.lesson._runs._family is None)

    return in_a_thread(run)


def state_of(lesson: Any) -> Any:
    """What a lesson says of its run: the number and the state."""
    return lesson.stage._sections["state"]
