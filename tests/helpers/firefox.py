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

PATIENCE = 120  # seconds
KEYS = {  # as WebDriver spells those that write nothing
    "Shift": "\ue008",
    "Control": "\ue009",
    "Enter": "\ue007",
    "Escape": "\ue00c",
    "Tab": "\ue004",
    "ArrowLeft": "\ue012",
    "ArrowUp": "\ue013",
    "ArrowRight": "\ue014",
    "ArrowDown": "\ue015",
    "Home": "\ue011",
    "End": "\ue010",
}


class Firefox:
    """A window of it."""

    def __init__(self, socket: Any) -> None:
        self._socket, self._n = socket, 0
        self.version = self._do("session.new", capabilities={})["capabilities"]["browserVersion"]
        self._window = self._do("browsingContext.getTree")["contexts"][0]["context"]
        self._do("browsingContext.activate", context=self._window)  # as a window that a person looks at

    def go(self, address: str) -> None:
        """Open a page."""
        self._do("browsingContext.navigate", context=self._window, url=address, wait="complete")

    def run(self, expression: str, frame: int | None = None) -> Any:
        """What an expression of JavaScript is on the page, or in a frame of it: a text, a number or a truth."""
        tree = self._do("browsingContext.getTree", root=self._window)["contexts"][0] if frame is not None else {}
        context = tree["children"][frame]["context"] if frame is not None else self._window
        answer = self._do("script.evaluate", expression=expression, target={"context": context}, awaitPromise=True)
        assert answer["type"] == "success", answer
        return answer["result"].get("value")

    def until(self, expression: str, frame: int | None = None) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + PATIENCE
        while not self.run(expression, frame):
            assert time.monotonic() < end, f"{expression} did not become true"
            time.sleep(0.1)

    def close(self) -> None:
        """Close the browser as a person does: what pages have kept is written."""
        self._do("browser.close")

    def size(self, width: int, height: int) -> None:
        """Make the window so large."""
        viewport = {"width": width, "height": height}
        self._do("browsingContext.setViewport", context=self._window, viewport=viewport)

    def middle(self, element: str) -> tuple[int, int]:
        """Where an element is, which an expression of JavaScript finds; it is brought into view."""
        script = f"(() => {{ const it = {element}; if (!it.closest('svg')) it.scrollIntoView({{ block: 'nearest' }}); "
        script += "const box = it.getBoundingClientRect(); "
        found = self.run(script + "return `${box.x + box.width / 2} ${box.y + box.height / 2}` })()")
        x, y = map(float, found.split())
        return round(x), round(y)

    def click(self, element: str) -> None:
        """Click on the middle of an element."""
        self.drag(element, 0, 0)

    def drag(self, element: str, dx: int, dy: int) -> None:
        """Press the mouse on an element, move it, and let go."""
        x, y = self.middle(element)
        moves = [(x + dx * k // 4, y + dy * k // 4) for k in range(1, 5)] if dx or dy else []
        steps: list[dict[str, Any]] = [{"type": "pointerMove", "x": x, "y": y}, {"type": "pointerDown", "button": 0}]
        steps += [{"type": "pointerMove", "x": x, "y": y, "duration": 20} for x, y in moves]
        self._act({"type": "pointer", "id": "mouse", "actions": [*steps, {"type": "pointerUp", "button": 0}]})

    def wheel(self, element: str, by: int) -> None:
        """Turn the wheel over an element."""
        x, y = self.middle(element)
        turn = {"type": "scroll", "x": x, "y": y, "deltaX": 0, "deltaY": by}
        self._act({"type": "wheel", "id": "wheel", "actions": [turn]})

    def press(self, *keys: str) -> None:
        """Press keys one after the other: "a", "Enter", "Shift+ArrowLeft"."""
        steps = []
        for key in keys:
            parts = [KEYS.get(part, part) for part in (key.split("+") if len(key) > 1 else [key])]
            steps += [{"type": "keyDown", "value": part} for part in parts]
            steps += [{"type": "keyUp", "value": part} for part in reversed(parts)]
        self._act({"type": "key", "id": "keys", "actions": steps})

    def _act(self, source: dict[str, Any]) -> None:
        self._do("input.performActions", context=self._window, actions=[source])

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
    reader: threading.Thread | None = None
    try:
        assert process.stderr is not None
        lines = iter(process.stderr)
        address = next(found[1] for line in lines if (found := re.search(r"listening on (ws://\S+)", line)))
        reader = threading.Thread(target=lambda: [*lines], daemon=True)
        reader.start()
        with client.connect(f"{address}/session", max_size=None) as socket:
            window = Firefox(socket)
            yield window
            window.close()
        process.wait(PATIENCE)
    finally:
        process.terminate()
        process.wait(PATIENCE)
        if reader is not None:
            reader.join(PATIENCE)  # it still reads, and a file that is read cannot be closed
        process.stderr.close()
