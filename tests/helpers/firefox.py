"""The system's Firefox for tests of pages, by WebDriver BiDi (W3C), which it speaks without a driver."""

import json
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 60  # seconds


class Firefox:
    """A window of it."""

    def __init__(self, socket: Any) -> None:
        self._socket, self._n = socket, 0
        self.version = self._do("session.new", capabilities={})["capabilities"]["browserVersion"]
        self._window = self._do("browsingContext.getTree")["contexts"][0]["context"]

    def go(self, address: str) -> None:
        """Open a page."""
        self._do("browsingContext.navigate", context=self._window, url=address, wait="complete")

    def run(self, expression: str) -> Any:
        """What an expression of JavaScript is on the page: a text, a number or a truth."""
        answer = self._do("script.evaluate", expression=expression, target={"context": self._window}, awaitPromise=True)
        assert answer["type"] == "success", answer
        return answer["result"].get("value")

    def until(self, expression: str) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + PATIENCE
        while not self.run(expression):
            assert time.monotonic() < end, f"{expression} did not become true"
            time.sleep(0.1)

    def close(self) -> None:
        """Close the browser as a person does: what pages have kept is written."""
        self._do("browser.close")

    def _do(self, method: str, **parameters: Any) -> Any:
        self._n += 1
        self._socket.send(json.dumps({"id": self._n, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv(timeout=PATIENCE))
            if answer.get("id") == self._n:
                assert answer["type"] == "success", answer
                return answer["result"]


@contextmanager
def firefox(profile: Path) -> Iterator[Firefox]:
    """The system's Firefox with a profile of its own; skips the test where there is none."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        pytest.skip("there is no Firefox: install that of the system")
    client = pytest.importorskip(
        "websockets.sync.client", reason="websockets is not installed: pip install -e '.[browser]'"
    )
    command = [program, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        assert process.stderr is not None
        lines = iter(process.stderr)
        address = next(found[1] for line in lines if (found := re.search(r"listening on (ws://\S+)", line)))
        threading.Thread(target=lambda: [*lines], daemon=True).start()
        with client.connect(f"{address}/session", max_size=None) as socket:
            window = Firefox(socket)
            yield window
            window.close()
        process.wait(PATIENCE)
    finally:
        process.terminate()
        process.wait(PATIENCE)
        process.stderr.close()
