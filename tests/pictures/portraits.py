"""Photographs the pages that the README shows: python -m tests.pictures.portraits writes them to demos/pictures."""

import runpy
import sys
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from tests.classroom.live import served, wait_for
from tests.helpers.browser import chromium, load

DEMOS = Path(__file__).parents[2] / "demos"
SIZE = {"width": 1280, "height": 720}
# The picture, the demo and its page, and what is done on it before
PORTRAITS = {
    "tour-player.png": ("first_graph.py", "steps.html", "() => go(6)"),
    "explore.png": ("explore_chain.py", "chain.html", "() => {}"),
    "training.png": (
        "explore_moons.py",
        "moons.html",
        "() => { for (let k = 0; k < 118; k++) trainer.forward(); actions.chooseWeight(30); actions.choosePoint(6); }",
    ),
}


def main() -> None:
    """Run the demos, open their pages and the live page, and photograph them."""
    with chromium() as browser, tempfile.TemporaryDirectory() as folder:
        for picture, (demo, name, action) in PORTRAITS.items():
            sys.argv = [demo, "--out", folder]
            runpy.run_path(str(DEMOS / demo), run_name="__main__")
            page = browser.new_page(viewport=SIZE)
            load(page, Path(folder) / name)
            page.evaluate(action)
            page.wait_for_timeout(500)
            keep(page, picture)
        with served(Path(folder), None) as live:
            page = browser.new_page(viewport={"width": 1440, "height": 1060})
            page.goto(live.link)
            wait_for(page, "good", 1)
            live.save(live.path.read_text(encoding="utf-8").replace("Value(2.0)", "Value(1.9)"))
            wait_for(page, "good", 2)
            page.evaluate('() => { document.getElementById("shown").scrollTop = 0 }')
            page.wait_for_timeout(3500)  # until the changed line has gone out again
            keep(page, "live.png")


def keep(page: Any, picture: str) -> None:
    """Photograph what is seen, in few colours."""
    image = Image.open(BytesIO(page.screenshot()))
    image.quantize(160, dither=Image.Dither.NONE).save(DEMOS / "pictures" / picture, optimize=True)


if __name__ == "__main__":
    main()
