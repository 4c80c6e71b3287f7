"""Forty pictures at three sizes, light and dark: labels are apart, on the screen, large enough and clear."""

import pytest

from autograd.pictures.rendering import Drawing
from tests.helpers.browser import contrasts
from tests.helpers.gallery import pictures

pytestmark = pytest.mark.once

SIZES = [(1280, 720), (1920, 1080), (390, 844)]
SMALLEST = 12  # pixels of a letter's height, as fonts have it

# Of every label in a picture that is seen as a whole: what it says, its box, and the size of its letters
LABELS = """(all) => [...document.querySelectorAll("svg text")].filter((text) => text.textContent.trim()).map(
(text) => {
    const { x, y, width, height } = text.getBoundingClientRect();
    const size = parseFloat(getComputedStyle(text).fontSize) * Math.abs(text.getScreenCTM().d);
    return { text: text.textContent, box: [x, y, x + width, y + height], size };
}).filter(({ box }) => all || (box[0] >= 0 && box[1] >= 0 && box[2] <= innerWidth && box[3] <= innerHeight))"""


def overlapping(labels, slack=1.5):
    """Pairs of labels that lie over each other by more than the slack of a font's box, in pixels."""
    found = []
    for i, one in enumerate(labels):
        left, top, right, bottom = one["box"]
        for other in labels[:i]:
            x, y, end, below = other["box"]
            if (
                min(right, end) - max(left, x) > slack
                and min(bottom, below) - max(top, y) > (bottom - top) * 0.25 + slack
            ):
                found.append((one["text"], other["text"]))
    return found


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
        page.goto(file.as_uri())
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
