"""What a student's process may answer: whatever it is, there is a report that can be printed and saved."""

import json
import random
import re
from xml.etree import ElementTree

from autograd.classroom.checks.checking import _results, reported
from autograd.classroom.checks.engine_facts import ENGINE
from autograd.classroom.checks.facts import Fact, Result
from autograd.classroom.checks.replies import clean, understood
from autograd.classroom.checks.reports import as_json, as_junit
from tests.fuzz import chance as odd

LOADED = {
    "class": "Value",
    "home": "mine.py",
    "dialect": {"functions": ["exp"], "attributes": {"parents": "_prev", "op": "_op"}, "has": ["data", "grad"]},
}
REPLIES = [
    {"got": [1.0, 2.0, [True, None, "x"]], "printed": False},
    {"got": {"kind": "object", "shown": "<x>"}, "printed": True},
    {"error": "TypeError: unsupported operand type(s) for +: 'int' and 'V'", "where": "mine.py, line 3: x"},
    {"error": "AttributeError: 'float' object has no attribute 'data'", "where": ""},
    {"status": -11},
]
FACTS = {stage: facts[:2] for stage, facts in ENGINE.items()}
UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def one(chance: random.Random) -> None:
    """Introduce a file, answer every fact, and write the report in all forms."""

    def answered(reply: object) -> dict[str, object]:
        said = json.dumps(reply).encode() if chance.random() < 0.9 else odd.mangled(chance, json.dumps(reply).encode())
        return understood(b"key " + said, "key")

    def run_it(program: str) -> dict[str, object]:
        reply = answered(odd.changed(chance, chance.choice(REPLIES)))
        return {"error": "Crash: it ended"} if not reply or "status" in reply else reply

    loaded = answered(odd.changed(chance, LOADED))
    if "dialect" not in loaded:
        loaded = understood(b"key " + json.dumps(LOADED).encode(), "key")
    title = f"{clean(odd.text(chance))}, class {loaded['class']} of {loaded['home']}"
    first = Result("file", Fact("it runs", "import mine", None), "passed", "import mine")
    spelled, spoken = {"Value": loaded["class"]}, loaded["dialect"]
    report = reported(title, (first, *_results(FACTS, run_it, spelled, spoken, "")), "")
    text = str(report)
    assert not UNSEEN.search(text), text
    assert len(text) < 200_000
    text.encode()
    report._repr_html_().encode()
    json.loads(as_json([report]).encode())
    ElementTree.fromstring(as_junit([report]).encode())


if __name__ == "__main__":
    odd.run(one)
