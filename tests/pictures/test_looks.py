"""Forty pictures and every kind of page, at three sizes, light and dark: labels are apart, on the screen, and clear."""

import pytest

from autograd.pictures.rendering import Drawing
from tests.classroom.live import need_the_extra
from tests.helpers.browser import contrasts, load
from tests.helpers.gallery import pictures
from tests.helpers.lives import STATES, lives
from tests.helpers.looks import SMALLEST, faults, overlapping, settle
from tests.helpers.pages import PAGES, saved

pytestmark = pytest.mark.once

SIZES = [(1280, 720), (1920, 1080), (390, 844)]

# Of every label in a picture that is seen as a whole: what it says, its box, and the size of its letters
LABELS = """(all) => [...document.querySelectorAll("svg text")].filter((text) => text.textContent.trim()).map(
(text) => {
    const { x, y, width, height } = text.getBoundingClientRect();
    const size = parseFloat(getComputedStyle(text).fontSize) * Math.abs(text.getScreenCTM().d);
    return { text: text.textContent, box: [x, y, x + width, y + height], size };
}).filter(({ box }) => all || (box[0] >= 0 && box[1] >= 0 && box[2] <= innerWidth && box[3] <= innerHeight))"""


@pytest.mark.parametrize("name", pictures())
def test_labels_are_apart_on_the_screen_large_and_clear_enough(page, name, tmp_path):
    picture = pictures()[name]()
    page.emulate_media(reduced_motion="reduce")
    is_page = isinstance(picture, Drawing)
    look = "body { margin: 0 } @media (prefers-color-scheme: dark) { body { background: #171b20 } }"
    content = picture.page if is_page else f"<!doctype html><style>{look}</style>{picture.svg}"
    file = tmp_path / "picture.html"
    file.write_text(content, encoding="utf-8")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        load(page, file)
        labels = page.evaluate(LABELS, False)
        assert labels
        assert overlapping(labels) == []
        assert [each for each in labels if each["size"] < SMALLEST - 0.05] == []
        for scheme in ("light", "dark") if width == 1280 else ():
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            measured = contrasts(page)
            assert measured
            assert {text: contrast for text, contrast in measured.items() if contrast < 4.5} == {}
        if is_page:
            page.get_by_role("button", name="the whole graph").click()
            labels = page.evaluate(LABELS, True)
            assert overlapping(labels, 1.5 * min(1.0, labels[0]["size"] / SMALLEST)) == []
        for each in page.evaluate(LABELS, True):
            left, top, right, bottom = each["box"]
            assert left >= -1, each
            assert right <= width + 1, each
            if is_page:
                assert top >= -1, each
                assert bottom <= height + 1, each


@pytest.mark.parametrize("name", PAGES)
def test_the_texts_of_every_page_are_apart_on_the_screen_large_and_clear_enough(page, name, tmp_path):
    file, (_, states) = saved(name, tmp_path), PAGES[name]
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        load(page, file)
        for state in states:
            page.evaluate(state)
            assert faults(page) == {}
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                assert {text: contrast for text, contrast in contrasts(page).items() if contrast < 4.5} == {}


@pytest.fixture(scope="module")
def live(browser, tmp_path_factory):
    """What brings the live page into a state."""
    need_the_extra()
    with lives(browser, tmp_path_factory.mktemp("live")) as show:
        yield show


@pytest.mark.parametrize("name", STATES)
def test_the_texts_of_the_live_page_are_apart_on_the_screen_large_and_clear_enough(live, name):
    laptop, phone = live(name)
    for page, (width, height) in zip((laptop, laptop, phone), SIZES):
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.wait_for_function(
                "isDark => document.documentElement.classList.contains('dark') === isDark", arg=scheme == "dark"
            )
            settle(page)
            assert faults(page) == {}
            assert {text: contrast for text, contrast in contrasts(page).items() if contrast < 4.5} == {}


def test_what_an_eye_would_mark_is_found(page):
    page.set_content(
        """<!doctype html><body style="margin: 0; font: 16px sans-serif">
        <p style="font-size: 11px">small</p><p style="transform: scale(0.5)">scaled</p><svg width="99" height="50">
        <g class="node"><text x="0" y="20">one</text></g><g class="node"><text x="5" y="22">two</text></g>
        <g class="node"><text x="50" y="20">under</text></g><rect x="60" width="40" height="40"/></svg>
        <p style="position: absolute; left: -9px; top: 400px">left</p>
        <p style="width: 2000px; margin: 90px 0">wide</p>"""
    )
    found = faults(page)
    assert [text for text, _ in found["too small"]] == ["small", "scaled"]
    assert found["over each other"] == [("two", "one")]
    assert found["covered"] == ["one", "under"]
    assert found["off the screen"] == ["left"]
    assert found["wider than the screen"] == [2000]
