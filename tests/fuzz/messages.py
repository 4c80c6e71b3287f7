"""What a lesson's process may write into its pipe: the page goes on, and what it publishes is JSON."""

import json
import random
import threading
from io import BytesIO
from pathlib import Path

from autograd.classroom.live.lesson import Lesson
from tests.fuzz import chance as odd

SHOWN = [
    {"kind": "text", "content": {"text": "x"}},
    {"kind": "drawing", "content": {"svg": "<svg/>"}},
    {"kind": "image", "content": {"type": "image/png", "base64": "AAAA"}},
    {"kind": "page", "content": {"html": "<p>", "scripts": True}},
    {"kind": "table", "content": {"head": ["a"], "rows": [["1", ["2", "#fff"]]], "more": 3}},
]
ERROR = {"sentence": "E: x", "meaning": "", "line": 3, "start": 0, "end": None, "callers": [1], "trace": "T"}


def message(chance: random.Random) -> object:
    """A message with something odd in it."""
    shown = {"place": chance.choice(["a", "b", odd.text(chance)]), "title": "t", "line": 7, **chance.choice(SHOWN)}
    whole = {"show": shown} if chance.random() < 0.6 else {"error": ERROR, "modules": ["/tmp/x.py"]}
    if chance.random() < 0.2:
        number = chance.choice([0, 1, 2, 10**6])
        whole = {"begins": {"cell": number, "pid": 1, "parent": None}, "ask": "name? "}
        whole |= {"waits": {"state": number, "pid": chance.choice([0, 1, 2]), "status": chance.choice([None, 0, -9])}}
    return odd.changed(chance, whole) if chance.random() < 0.8 else whole


def one(chance: random.Random) -> None:
    """Write some messages and other bytes, and publish what comes of it."""
    said = [json.dumps(message(chance)).encode() for _ in range(20)]
    pipe = BytesIO(odd.mangled(chance, b"\n".join(said) + b"\n"))
    failed: list[threading.ExceptHookArgs] = []
    threading.excepthook = failed.append
    lesson = Lesson(Path("lesson.py"))
    runs = lesson._runs
    runs._running = 0
    lesson.began(0)
    reader = threading.Thread(target=runs._read_messages, args=[0, pipe, lambda: None])
    reader.start()
    reader.join()
    threading.excepthook = threading.__excepthook__
    assert not failed, failed
    lesson.stage.publish_now()
    runs._family_ended(chance.choice([0, 1, -9]))
    lesson.stage.publish_now()
    _, event = lesson.stage.since(0)
    json.loads(event.removeprefix(b"event: all\ndata: "))
    assert all(isinstance(name, str) for name in lesson.modules)


if __name__ == "__main__":
    odd.run(one)
