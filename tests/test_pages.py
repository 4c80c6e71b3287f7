"""Pages in a real browser: nothing is logged, nothing is asked of the network; and what watches over that sees it."""

import pytest

from autograd import Value, draw
from tests.browser import load, watched


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
