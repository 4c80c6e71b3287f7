"""The two pipes between the page and the process of a lesson: one for each direction."""

import json
import os
import select
import signal
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

SIZE = 8  # bytes before a message to the process, which say how long it is


class Channel:
    """The way to the page."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._lock = threading.Lock()

    @property
    def is_sending(self) -> bool:
        """Whether a message is being sent: code that comes between must not send another."""
        return self._lock.locked()

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message. If the page is gone, nobody needs it."""
        data = (json.dumps(message, ensure_ascii=True) + "\n").encode()
        with self._lock, suppress(OSError):
            while data:
                data = data[os.write(self.descriptor, data) :]


def framed(message: Mapping[str, Any]) -> bytes:
    """A message of the page, with its length before it."""
    data = json.dumps(message, ensure_ascii=True).encode()
    return len(data).to_bytes(SIZE, "big") + data


class Given:
    """What the page tells, read in a thread of its own. When the way closes, the page is gone and so is this process.

    Before a process copies itself, the thread stops, because copies have no threads. Only the copy reads on.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._rest = b""
        self._messages: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self.start()

    def start(self) -> None:
        """Read."""
        self._stop = os.pipe()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop reading until it starts again. Not on Windows, where no call waits for two pipes."""
        os.write(self._stop[1], b"x")
        self._thread.join()
        for descriptor in self._stop:
            os.close(descriptor)

    def take(self) -> dict[str, Any]:
        """Wait for the next message."""
        return self._messages.get()

    def _read(self) -> None:
        while True:
            if sys.platform != "win32":
                ready, _, _ = select.select([self._descriptor, self._stop[0]], [], [])
                if self._stop[0] in ready:
                    return
            data = b""
            with suppress(OSError):
                data = os.read(self._descriptor, 1 << 16)
            if not data:
                end_all()
            self._rest += data
            while len(self._rest) >= SIZE:
                end = SIZE + int.from_bytes(self._rest[:SIZE], "big")
                if len(self._rest) < end:
                    break
                self._messages.put(json.loads(self._rest[SIZE:end]))
                self._rest = self._rest[end:]


def end_all() -> None:
    """End this process and what it has started."""
    if hasattr(os, "killpg"):
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(0)
