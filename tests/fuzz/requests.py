"""What may come over the network: the live page answers a right request after all of it, and takes no more memory."""

import asyncio
import contextlib
import http.client
import random
import socket
import tempfile
import threading
from collections import Counter
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from autograd.classroom.live.lesson import Lesson
from autograd.classroom.live.server import Live
from tests.fuzz import chance as odd

sent = Counter[str]()
PANEL = 1_000_000  # characters of what the page shows
MOST_MEMORY = 400 << 20  # bytes more than at the beginning


@cache
def page() -> Live:
    """A page that is served and shared on loopback, in a thread of its own."""
    folder = Path(tempfile.mkdtemp())
    (folder / "lesson.py").write_text("print(1)")
    own, shared = (socket.create_server(("127.0.0.1", 0), backlog=64) for _ in range(2))
    page = Live(Lesson(folder / "lesson.py"), own, shared, "127.0.0.1")
    page.lesson.stage.put("panel 1", {"kind": "text", "text": "x" * PANEL})
    threading.Thread(target=served, args=(page,), daemon=True).start()
    return page


def served(page: Live) -> None:
    """Serve until Python ends: then no thread can be had any more, which is no fault of the page."""
    with contextlib.suppress(RuntimeError):
        asyncio.run(page._serve())


def request(chance: random.Random, link: str) -> bytes:
    """A request with something odd in it."""
    address = urlsplit(link)
    token = address.path.strip("/")
    path = chance.choice(["", "events", "page/x", "notes", "run", "x/", "../", "%2e", odd.text(chance), "page/"])
    start = chance.choice([f"/{token}/", "/", f"//{token}/", f"/{token[:-1]}/", odd.text(chance)])
    method = chance.choice(["GET", "GET", "GET", "POST", "HEAD", "OPTIONS", "X" * 99, odd.text(chance)])
    headers = [f"Host: {chance.choice([address.netloc, address.netloc, 'x', ''])}"]
    some = ["Origin: null", f"Origin: http://{address.netloc}", "Content-Length: 9", "Content-Length: -1", "Cookie: x"]
    some += ["Transfer-Encoding: chunked", "Accept-Encoding: gzip", "Connection: Upgrade\r\nUpgrade: websocket"]
    some += [
        "Range: bytes=0-1",
        "Expect: 100-continue",
        f"X: {'y' * 70_000}",
        odd.text(chance),
        "Sec-Fetch-Site: same-site",
    ]
    headers += chance.sample(some, chance.randrange(3))
    said = f"{method} {start}{path} HTTP/{chance.choice(['1.1', '1.1', '1.0', '2', '9.9'])}\r\n"
    whole = (said + "\r\n".join(headers) + "\r\n\r\n").encode("utf-8", "replace")
    return odd.mangled(chance, whole) if chance.random() < 0.3 else whole


def one(chance: random.Random) -> None:
    """Some odd requests, of which some read nothing; then a right one."""
    for link in (page().link, page().shared_link):
        address = urlsplit(link)
        opened = []
        for _ in range(20):
            with contextlib.suppress(OSError):
                connection = socket.create_connection((address.hostname, address.port), timeout=5)
                opened.append(connection)
                connection.sendall(request(chance, link))
                sent["requests"] += 1
                if chance.random() < 0.3:
                    connection.settimeout(0.02)
                    connection.recv(1000)
        for connection in opened:
            connection.close()
        right = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
        right.request("GET", address.path)
        answer = right.getresponse()
        assert answer.status == 200
        assert b"<!doctype html>" in answer.read().lower()
        right.close()
    grown = odd.memory() - at_first()
    assert grown < MOST_MEMORY, f"{grown:,} bytes more"


@cache
def at_first() -> int:
    """The memory after the first requests."""
    return odd.memory()


if __name__ == "__main__":
    odd.run(one, lambda: f"{sent['requests']:,} requests, {odd.memory() >> 20} MiB")
