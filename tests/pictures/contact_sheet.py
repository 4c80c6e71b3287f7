"""Makes contact sheets of all pictures, to be looked at: python -m tests.pictures.contact_sheet out/sheet makes them.

Writes light.png and dark.png of the gallery, demos-*.png of the demos' pictures, and the players and pages at three
sizes of the screen. Needs the extras browser and pictures.
"""

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import autograd
from autograd import Value, explain
from nn import MLP
from tests.helpers.browser import chromium
from tests.helpers.gallery import pictures

ROOT = Path(__file__).parents[2]
SCREENS = {"laptop": (1280, 720), "projector": (1920, 1080), "phone": (390, 844)}
SHEET = """<!doctype html><meta charset="utf-8"><style>
body { margin: 16px; font: 15px system-ui, sans-serif; columns: 4; column-gap: 16px; background: %s; color: %s }
figure { break-inside: avoid; margin: 0 0 16px; border: 1px solid #8888 }
figcaption { padding: 2px 8px; background: #8883 }
img { display: block; max-width: 100%%; max-height: 560px; margin: auto }
</style>"""


def players() -> Iterator[tuple[str, Any, list[int]]]:
    """Explanations, and the steps of each that are looked at."""
    a, b, c = Value(2.0), Value(-3.0), Value(6.5)
    loss = (a * b + c).tanh()
    yield "simple", explain(loss), [0, 2, 6, -1]
    model, target = MLP(2, [4, 1], activation="tanh", rng=random.Random(1)), 0.5
    x, y = Value(1.25), Value(-0.5)
    error = (model([x, y]) - target) ** 2
    yield "network", explain(error), [0, 20, -1]
    model = MLP(2, [16, 16, 1], rng=random.Random(1))
    total = autograd.mean([(model([i / 8 - 1, 1 - i / 8]) - 0.5).relu() for i in range(16)])
    yield "large", explain(total), [0, 5, 700, -1]


def sheet(browser: Any, folder: Path, name: str, files: dict[str, Path], scheme: str) -> None:
    """One picture of many."""
    colours = ("#ffffff", "#1f2933") if scheme == "light" else ("#0d1117", "#eef1f4")
    figures = "".join(
        f'<figure><figcaption>{each}</figcaption><img src="{path.resolve().as_uri()}"></figure>'
        for each, path in files.items()
    )
    (folder / f"{name}.html").write_text(SHEET % colours + figures, encoding="utf-8")
    with browser.new_context(viewport={"width": 1900, "height": 1000}, color_scheme=scheme) as context:
        page = context.new_page()
        page.goto((folder / f"{name}.html").resolve().as_uri())
        page.screenshot(path=folder / f"{name}-{scheme}.png", full_page=True)


def main(folder: Path) -> None:
    """Make them all."""
    (folder / "svg").mkdir(parents=True, exist_ok=True)
    files = {}
    for name, make in pictures().items():
        files[name] = folder / "svg" / f"{name}.svg"
        files[name].write_text(make().svg, encoding="utf-8")
    own = {path.name: path for path in sorted((ROOT / "demos/pictures").iterdir())}
    with chromium() as browser:
        for scheme in ("light", "dark"):
            sheet(browser, folder, "gallery", files, scheme)
            sheet(browser, folder, "demos", own, scheme)
        for name, explanation, steps in players():
            path = explanation.save(folder / f"player-{name}.html")
            for screen, (width, height) in SCREENS.items():
                for scheme in ("light", "dark"):
                    with browser.new_context(
                        viewport={"width": width, "height": height}, color_scheme=scheme
                    ) as context:
                        page = context.new_page()
                        page.goto(path.resolve().as_uri())
                        for step in steps:
                            page.evaluate("step => go(step < 0 ? steps.length + step : step)", step)
                            page.wait_for_timeout(500)
                            page.screenshot(path=folder / f"player-{name}-{step}-{screen}-{scheme}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/contact_sheet"))
