"""The live page for tests: started as a user starts it, its lesson edited, and its page followed in a browser."""

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[2]
REASON = "what the live page needs is not installed: python -m pip install -e '.[live]'"
PATIENCE = 30_000  # milliseconds, on a machine that is busy


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


def written(path: Path, source: str) -> None:
    """Write a file of which nobody ever sees a half."""
    whole = path.with_suffix(".part")
    whole.write_text(source, encoding="utf-8")
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
        live.process.wait(10)
        live.process.stdout.close()


def wait_for(page: Any, state: str, run: int | None = None) -> None:
    """Wait until the page says that a run is in a state: running, good, failed or stopped."""
    which = "" if run is None else f"[data-run='{run}']"
    page.locator(f"html[data-state='{state}']{which}").wait_for(state="attached", timeout=PATIENCE)


def until(condition: Any) -> Any:
    """Wait until something is true, and return it. For what is not on a page."""
    end = time.monotonic() + PATIENCE / 1000
    while not (answer := condition()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
    return answer


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
