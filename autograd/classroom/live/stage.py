"""Holds what the page shows, in sections. A section that changes is written once, for all viewers."""

import asyncio
import json
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PAUSE = 0.06  # seconds between two changes of the page
MOST_KEPT = 32 << 20  # bytes of events, for viewers who come from different versions
# Who may see what: the class, the teacher's page, and the teacher's notes, which no page of the class shows
CLASS, TEACHER, NOTES = range(3)
ALWAYS = {"frozen", "viewers", "notes", "own invitation"}  # what changes on a page that is held, too
HEAD_OF_PACKED = b"\x1f\x8b\x08" + bytes(6) + b"\xff"  # of a stream of gzip (RFC 1952), before its parts


@dataclass(frozen=True)
class Section:
    """A part of the page as it is sent.

    version: the version of the whole stage when it changed last.
    member: its name and its content, as JSON has them in an object.
    """

    version: int
    member: bytes


class Stage:
    """Sections by their names. Any thread may put one; everything else belongs to the event loop.

    refresh: is called before something is published, to put sections that cost too much to put at every change.
    together: a lock. What is put while it is held is published together.
    """

    def __init__(self, refresh: Callable[[], None] = lambda: None, together: Any = None) -> None:
        self._refresh = refresh
        self._together = together or threading.RLock()
        self._lock = threading.Lock()
        self._sections: dict[str, Any] = {}
        self._changed: set[str] = set()
        self._wake: Callable[[], None] | None = None
        self._is_woken = False
        self._published: dict[str, Section] = {}
        self._version = 0
        self._deltas: dict[tuple[int, int, bool], bytes] = {}
        self._news = asyncio.Event()
        self.is_frozen = False

    def put(self, name: str, content: Any) -> None:
        """Set a section to anything that JSON can hold. None forgets it, without telling the viewers."""
        with self._lock:
            if content is None:
                self._sections.pop(name, None)
            else:
                self._sections[name] = content
            self._changed.add(name)
        self.touch()

    def touch(self) -> None:
        """Say that there is something to be published."""
        with self._lock:
            wake, self._is_woken = None if self._is_woken else self._wake, True
        if wake is not None:
            wake()

    def freeze(self, is_frozen: bool) -> None:
        """Let the page stay as it is, or follow again. Then it shows what happened meanwhile."""
        self.is_frozen = is_frozen
        self.put("frozen", is_frozen)

    async def publish(self) -> None:
        """Publish what has changed, again and again, for ever."""
        loop, something = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            loop.call_soon_threadsafe(something.set)

        self._wake = wake
        something.set()
        while True:
            await something.wait()
            something.clear()
            with self._lock:
                self._is_woken = False
            self.publish_now()
            await asyncio.sleep(PAUSE)

    def publish_now(self) -> None:
        """Publish what has changed."""
        with self._together:
            self._refresh()
            with self._lock:
                changed = {name for name in self._changed if not self.is_frozen or name in ALWAYS}
                self._changed -= changed
                contents = {name: self._sections.get(name) for name in changed}
        if contents:
            self._version += 1
            self._deltas.clear()
            for name, content in contents.items():
                if content is None:
                    self._published.pop(name, None)
                else:
                    self._published[name] = Section(self._version, _member(name, content))
            news, self._news = self._news, asyncio.Event()
            news.set()

    def since(self, version: int, is_packed: bool = False, audience: int = TEACHER) -> tuple[int, bytes]:
        """The present version, and an event of HTML's event stream that leads to it from an earlier version.

        "all" has all sections, for new viewers. "some" has those that have changed since. They are the same bytes for
        all viewers. is_packed: whether it is a part of a compressed stream. audience: who asks.
        """
        key = version, audience, is_packed
        delta = self._deltas.pop(key, None)
        if delta is None and is_packed:
            delta = packed(self.since(version, False, audience)[1])
        elif delta is None:
            members = [
                section.member
                for name, section in self._published.items()
                if section.version > version and audience >= _least(name)
            ]
            head = b"event: some\ndata: {" if version else b"event: all\ndata: {"
            delta = b"%b%b}\n\n" % (head, b",".join(members))
        self._deltas[key] = delta
        while len(self._deltas) > 1 and sum(map(len, self._deltas.values())) > MOST_KEPT:
            del self._deltas[next(iter(self._deltas))]  # that which was asked for longest ago
        return self._version, delta

    def mentions(self, word: str) -> bool:
        """Whether a section has this word in it, as it was put or as it was published."""
        with self._lock:
            contents = list(self._sections.values())
        members = [section.member for section in list(self._published.values())]
        return any(word in content.values() for content in contents if isinstance(content, dict)) or any(
            word.encode() in member for member in members
        )

    async def changed(self, version: int) -> None:
        """Wait until there is more than this version."""
        while self._version <= version:
            await self._news.wait()


def _least(name: str) -> int:
    """Who may see a section, and those after them."""
    return NOTES if name.startswith("notes") else TEACHER if name.startswith("own ") else CLASS


def _member(name: str, content: Any) -> bytes:
    return f"{json.dumps(name)}:{json.dumps(content, ensure_ascii=False)}".encode("utf-8", "replace")


def packed(part: bytes) -> bytes:
    """A part of a stream, compressed by itself, so that it is compressed once for all viewers."""
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(part) + compressor.flush(zlib.Z_FULL_FLUSH)
