"""The demos' pictures on a dark page: none is a white slab, and colours keep their meaning."""

import io

import pytest

from tests.helpers.browser import load
from tests.pictures.dark_plots import PICTURES, for_both, is_plain

pytestmark = pytest.mark.once

KEPT = sorted(PICTURES.glob("*.svg"))


@pytest.mark.parametrize("path", KEPT, ids=[path.stem for path in KEPT])
def test_every_picture_of_a_demo_is_made_for_light_and_dark(path):
    picture = path.read_text(encoding="utf-8")
    assert not is_plain(picture), "run: python -m tests.pictures.dark_plots"
    assert "prefers-color-scheme" in picture


def seen(page, address, scheme):
    """The pixels of a picture on a page, as the page shows it in light or dark."""
    from PIL import Image

    page.emulate_media(color_scheme=scheme)
    page.set_content(f"<!doctype html><body style='margin: 0; background: #0d1117'><img src='{address}' width='640'>")
    page.wait_for_function("() => document.images[0].complete && document.images[0].naturalWidth > 0")
    return Image.open(io.BytesIO(page.locator("img").screenshot())).convert("RGB")


@pytest.mark.slow
@pytest.mark.parametrize("path", KEPT, ids=[path.stem for path in KEPT])
def test_no_picture_of_a_demo_is_a_white_slab_on_a_dark_page(page, path, tmp_path):
    (tmp_path / "page.html").write_text("<!doctype html>", encoding="utf-8")
    load(page, tmp_path / "page.html")  # a page that may show files
    for scheme, is_right in (("light", lambda grey: grey > 200), ("dark", lambda grey: grey < 90)):
        pixels = seen(page, path.as_uri(), scheme).convert("L")
        assert is_right(pixels.getpixel((2, 2)))
        counts = pixels.histogram()
        assert sum(counts[200:]) > sum(counts[:90]) if scheme == "light" else sum(counts[:120]) > sum(counts[200:])


def test_blue_and_orange_keep_their_meaning_in_the_dark(page):
    bars = "".join(
        f'<rect x="{40 * i}" width="40" height="40" style="fill: {colour}"/>'
        for i, colour in enumerate(["#ffffff", "#000000", "#2f6fad", "#b05a00", "#808080"])
    )
    plot = f'<svg xmlns="http://www.w3.org/2000/svg" width="200" height="40">\n <g id="figure_1">{bars}</g></svg>'
    page.emulate_media(color_scheme="dark")
    page.set_content(f"<!doctype html><body style='margin: 0'>{for_both(plot)}")
    from PIL import Image

    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    paper, ink, below, above, grey = (image.getpixel((40 * i + 20, 20)) for i in range(5))
    assert paper == pytest.approx((0x17, 0x1B, 0x20), abs=1)  # as our own pictures have it
    assert ink == pytest.approx((0xEE, 0xF1, 0xF4), abs=1)
    assert below[2] > below[1] > below[0] > 90  # a light blue
    assert above[0] > above[1] > above[2]
    assert above[0] > 200  # a light orange
    assert grey == pytest.approx([(one + other) / 2 for one, other in zip(paper, ink, strict=True)], abs=2)
