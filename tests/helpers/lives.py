"""The live page in the states in which it is looked at: a program, an error, panels of every kind, a presentation."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.classroom.live import served, wait_for

PROGRAM = '''"""A neuron, and how it learns."""

from autograd import Value, show

# The point, and what the neuron should say of it
x, y = [2.0, -1.0], 1.0
w = [Value(0.5, label="w0"), Value(-0.25, label="w1")]
b = Value(0.1, label="b")

losses = []
for step in range(40):
    loss = ((w[0] * x[0] + w[1] * x[1] + b).tanh() - y) ** 2
    loss.backward()
    for each in [*w, b]:
        each.data -= 0.05 * each.grad
        each.grad = 0.0
    losses.append(loss.data)

loss = ((w[0] * x[0] + w[1] * x[1] + b).tanh() - y) ** 2
loss.backward()
show(loss)
show(losses, "training")
print("after 40 steps", round(loss.data, 6))
'''
FAILED = """from autograd import Value, show

a = Value(2.0, label="a")
b = Value(2.0, label="b")
difference = a - b
loss = difference.log() * 3
show(loss)
"""
PANELS = """import random

from autograd import Value, draw, explain, show
from nn import MLP

model = MLP(2, [4, 1], activation="tanh", rng=random.Random(1))
show(draw(model, x=[1.0, -2.0]), "network")
show({"training": [3.0 / (k + 1) for k in range(60)], "validation": [3.2 / (k + 1) + 0.2 for k in range(60)]}, "curves")
show([{"w": 0.5 * k, "loss": round((0.5 * k - 1) ** 2, 3)} for k in range(5)], "table")
show("A text that is shown as it is.", "text")
a = Value(2.0, label="a")
loss = (a - 3) ** 2
show(explain(loss), "player")
"""
LARGE = """import random

import autograd
from autograd import show
from nn import MLP

model = MLP(2, [16, 16, 1], activation="tanh", rng=random.Random(1))
loss = autograd.mean([(model([i / 10, 1 - i / 10]) - 0.5) ** 2 for i in range(10)])
loss.backward()
show(loss)
"""
LESSON = """# %% [markdown]
# # Slopes
# Which way is *downhill*? The derivative says it: a **positive** slope goes up to the right.
#
# | sign of dy/dx | downhill is |
# |---|---|
# | positive | to the left |
# | negative | to the right |

# %% [markdown] tags=["notes"]
# Ask before you go on.

# %%
from autograd import Value, show

x = Value(3.0, label="x")
y = (x**2 + 1).log()
y.backward()
show(y)
print(f"dy/dx = {x.grad:.4f}")

# %% [markdown]
# ## A step
# What it made stays beside this text.

# %%
x.data -= 0.5 * x.grad
y = (x**2 + 1).log()
show({"y": [2.3, y.data]}, "y after a step")
"""


class State(NamedTuple):
    """A state of the page.

    source: of the lesson. ends: how its run ends. keys: what the teacher presses then. opens: a dialog that must be
    open after that, or a panel that stands alone, as a selector.
    """

    source: str
    ends: str = "good"
    keys: tuple[str, ...] = ()
    opens: str = ""


STATES = {
    "program": State(PROGRAM),
    "failed": State(FAILED, "failed"),
    "panels": State(PANELS),
    "alone": State(PANELS, keys=("2",), opens=".panel.big svg.chart"),
    "large": State(LARGE),
    "lesson": State(LESSON),
    "lesson-graph": State(LESSON, keys=("PageDown",), opens=".panel:not([hidden]) svg"),
    "lesson-curve": State(LESSON, keys=("PageDown",) * 3, opens=".panel:not([hidden]) svg"),
    "keys": State(PROGRAM, keys=("?",), opens="#keys[open]"),
    "invitation": State(PROGRAM, keys=("q",), opens="#invitation[open] img[src^=data]"),
    "overview": State(LESSON, keys=("o",), opens="#overview[open]"),
}


@contextmanager
def lives(browser: Any, folder: Path) -> Iterator[Any]:
    """A function that brings the live page into a state, and gives the page of the teacher and that of a phone."""
    options = ("--share", "--address", "127.0.0.1")
    with served(folder, PROGRAM, *options) as live, browser.new_context(reduced_motion="reduce") as context:
        phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
        with browser.new_context(reduced_motion="reduce", **phone) as pocket:
            teacher, follower = context.new_page(), pocket.new_page()
            for page, link in ((teacher, live.link), (follower, live.shared)):
                page.goto(link)
                page.locator("html[data-run]").wait_for(state="attached")

            teacher.locator("#viewers:not([hidden])").wait_for()  # the last that is heard of those who come

            def show(name: str) -> tuple[Any, Any]:
                state = STATES[name]
                back_to_begin(teacher)
                if live.path.read_text(encoding="utf-8") != state.source:
                    run = int(teacher.locator("html").get_attribute("data-run"))
                    live.save(state.source)
                    wait_for(teacher, state.ends, run + 1)
                wait_for(teacher, state.ends)
                for k, key in enumerate(state.keys, 1):
                    teacher.keyboard.press(key)
                    if key == "PageDown":
                        teacher.locator(f"html[data-cell='{k}'][data-state='good']").wait_for(state="attached")
                if state.opens:
                    teacher.locator(state.opens).first.wait_for()
                for page in (teacher, follower):
                    for attribute in ("data-run", "data-cell", "data-state"):
                        wanted = teacher.locator("html").get_attribute(attribute)
                        page.wait_for_function(
                            "([name, is]) => document.documentElement.getAttribute(name) === is",
                            arg=[attribute, wanted],
                        )
                alone = "document.querySelector('.big')?.id ?? ''"
                follower.wait_for_function(f"is => ({alone}) === is", arg=teacher.evaluate(alone))
                return teacher, follower

            yield show


def back_to_begin(teacher: Any) -> None:
    """Close what is open, and go back to the first cell."""
    teacher.keyboard.press("Escape")
    teacher.wait_for_function("() => !document.querySelector('dialog[open], .big') && !nFilling")
    while (cell := teacher.locator("html").get_attribute("data-cell") or "0") != "0":
        teacher.keyboard.press("PageUp")
        teacher.locator(f"html[data-cell='{int(cell) - 1}']").wait_for(state="attached")
