"""Photographs the pages that the README shows: python -m tests.pictures.portraits writes them to demos/pictures."""

import runpy
import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image

from tests.helpers.browser import chromium, load

DEMOS = Path(__file__).parents[2] / "demos"
SIZE = {"width": 1280, "height": 720}
# The picture, the demo and its page, and what is done on it before
PORTRAITS = {
    "explore.png": ("explore_chain.py", "chain.html", "() => {}"),
    "training.png": (
        "explore_moons.py",
        "moons.html",
        "() => { for (let k = 0; k < 118; k++) trainer.forward(); actions.chooseWeight(30); actions.choosePoint(46); }",
    ),
}


def main() -> None:
    """Run the demos, open their pages, and photograph them."""
    with chromium() as browser, tempfile.TemporaryDirectory() as folder:
        for picture, (demo, name, action) in PORTRAITS.items():
            sys.argv = [demo, "--out", folder]
            runpy.run_path(str(DEMOS / demo), run_name="__main__")
            page = browser.new_page(viewport=SIZE)
            load(page, Path(folder) / name)
            page.evaluate(action)
            page.wait_for_timeout(500)
            image = Image.open(BytesIO(page.screenshot()))
            image.quantize(160, dither=Image.Dither.NONE).save(DEMOS / "pictures" / picture, optimize=True)


if __name__ == "__main__":
    main()
