"""Pages in a real browser: nothing is logged, nothing is asked of the network; and what watches over that sees it."""

import random
import re
from pathlib import Path

import pytest

import autograd
from autograd import Value, draw
from nn import MLP
from tests.helpers.browser import PICTURES, load, watched

pytestmark = pytest.mark.once

ROOT = Path(autograd.__file__).parent


@pytest.mark.parametrize(
    ("script", "seen"),
    [
        ("console.error('this went wrong')", "logged: this went wrong"),
        ("console.warn('look out')", "logged: look out"),
        ("nothing.at_all()", "raised: nothing is not defined"),
        ("setTimeout(() => { throw Error('later') })", "raised: later"),
        ("Promise.reject(Error('unhandled'))", "raised: unhandled"),
        ("fetch('http://127.0.0.1:9/asked').catch(() => 0)", "asked for http://127.0.0.1:9/asked"),
        ("new Image().src = 'https://127.0.0.1:9/image.png'", "asked for https://127.0.0.1:9/image.png"),
        ("new WebSocket('ws://127.0.0.1:9/socket').onerror = () => 0", "asked for ws://127.0.0.1:9/socket"),
    ],
)
def test_what_a_page_must_not_do_is_seen(browser, script, seen):
    html = f"<!doctype html><title>A page</title><script>{script}</script>"
    with browser.new_context() as context:
        empty = context.new_page()
        with pytest.raises(AssertionError, match="the page") as caught, watched(empty) as page:
            page.set_content(html)
    assert seen in str(caught.value)


def test_the_colours_of_all_pages_stand_in_one_palette():
    """Colours of their own would go apart: the live page and the site have what a picture has, in both schemes."""
    styles = [path for path in ROOT.rglob("*.css") if path.name != "palette.css"]
    assert len(styles) > 8
    others = [
        (path.name, found)
        for path in styles
        for found in re.findall(r"--[\w-]+: *#\w+|prefers-color-scheme", path.read_text(encoding="utf-8"))
    ]
    assert others == []
    palette = (ROOT / "pictures" / "palette.css").read_text(encoding="utf-8")
    light, dark, printed = (set(re.findall(r"--([\w-]+): *#", part)) for part in palette.split("@media"))
    assert light == dark > printed


def test_no_test_waits_for_a_text_that_it_asks_a_page_again_and_again():
    """A page's policy forbids that from the second time on, on a busy machine alone. A function it can call again."""
    waits = [
        (path.name, text)
        for path in Path(__file__).parents[1].rglob("*.py")
        for text in re.findall(r'wait_for_function\(\s*f?"+([^"]*)"', path.read_text(encoding="utf-8"))
    ]
    assert len(waits) > 10
    assert [(name, text) for name, text in waits if "=>" not in text] == []


def test_what_a_page_may_do_is_let_pass(page):
    image = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="
    page.set_content(f"<!doctype html><img src='{image}'><script>console.log('hello')</script>")
    assert page.evaluate("document.images[0].complete")


def test_a_picture_is_shown_by_a_browser_and_shrinks_to_a_phone(page, tmp_path):
    value = Value(2.0, label="<script>console.error('run')</script>")
    for _ in range(5):
        value = value.sin()
    svg = draw(value).save(tmp_path / "x.svg")
    load(page, svg)
    assert page.locator("g.node").count() == 11
    page.goto("about:blank")
    page.set_viewport_size({"width": 360, "height": 640})
    page.set_content(f"<!doctype html>{svg.read_text(encoding='utf-8')}")
    assert page.locator("svg").bounding_box()["width"] <= 360
    assert page.locator("svg text", has_text="<script>console.error('run')</script>").count() == 1


def moons():
    model = MLP(2, [16, 16, 1], rng=random.Random(1))
    loss = autograd.mean([(model([i / 50 - 1, 1 - i / 50]) - 0.5).relu() for i in range(100)])
    loss.backward()
    return model, loss


def pictures():
    """Pictures of every kind, by name."""
    a, b, c = Value(2.0), Value(-3.0), Value(6.5)
    loss = (a * b + c).tanh()
    loss.backward()
    yield "graph", draw(loss)
    yield "local-gradients", draw(loss, local_gradients=True, direction="TB")
    x, y = Value(1.25), Value(-0.5)
    f = (x - 2 * y) / (x**2 + 1) + autograd.dot([x, y], [y, 3.0])
    f.backward()
    yield "operands", draw(f, local_gradients=True)
    yield "spelled-out", draw(f, spelled_out=True, folded=False)
    model, target = MLP(2, [4, 1], activation="tanh", rng=random.Random(1)), 0.5
    error = (model([x, y]) - target) ** 2
    error.backward()
    yield "training-example", draw(error)
    yield "small-network", draw(model, x=[1.0, -2.0])
    yield "small-network-gradients", draw(model, by="grad")
    model, loss = moons()
    yield "large-network", draw(model, direction="TB")
    yield "summary", draw(loss)
    yield "last-part", draw(moons()[1])
    w, u, h = Value(0.5), Value(0.3), Value(0.0)
    for i in range(12):
        h = (w * h + u * float(i)).tanh()
    h.backward()
    yield "recurrent", draw(h)


@pytest.mark.parametrize(("name", "drawing"), list(pictures()), ids=lambda each: each if isinstance(each, str) else "")
def test_what_a_picture_says_stands_within_its_boxes(page, name, drawing):
    page.set_viewport_size({"width": 1600, "height": 900})
    page.set_content(f"<!doctype html><body style='margin: 0'>{drawing.svg}")
    outside = page.evaluate(
        """() => [...document.querySelectorAll(".node:not(.more):not(.heading):not(.constant)")].flatMap((node) => {
            const box = node.querySelector("path, polygon, ellipse").getBoundingClientRect();
            return [...node.querySelectorAll("text")].filter((text) => {
                const place = text.getBoundingClientRect();
                return place.left < box.left - 1 || place.right > box.right + 1;
            }).map((text) => text.textContent);
        })"""
    )
    assert outside == []
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
