"""Makes contact sheets of all pictures, to be looked at: python -m tests.pictures.contact_sheet out/sheet makes them.

Writes gallery-*.png, demos-*.png of the demos' pictures, pages-*.png of every kind of page, and live-*.png of the live
page, at three sizes of the screen, light and dark, with each page as a picture of its own. Needs the extras browser,
pictures and live.
"""

import sys
from pathlib import Path
from typing import Any

from tests.helpers.browser import chromium
from tests.helpers.gallery import pictures
from tests.helpers.lives import STATES, lives
from tests.helpers.looks import settle
from tests.helpers.pages import PAGES, saved

ROOT = Path(__file__).parents[2]
SCREENS = {"laptop": (1280, 720), "projector": (1920, 1080), "phone": (390, 844)}
SHEET = """<!doctype html><meta charset="utf-8"><style>
body { margin: 16px; font: 15px system-ui, sans-serif; columns: 4; column-gap: 16px; background: %s; color: %s }
figure { break-inside: avoid; margin: 0 0 16px; border: 1px solid #8888 }
figcaption { padding: 2px 8px; background: #8883 }
img { display: block; max-width: 100%%; max-height: 560px; margin: auto }
</style>"""


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
        for scheme in ("light", "dark"):
            for screen, (width, height) in SCREENS.items():
                seen = {}
                size, is_phone = {"width": width, "height": height}, screen == "phone"
                with browser.new_context(
                    viewport=size, color_scheme=scheme, reduced_motion="reduce", has_touch=is_phone, is_mobile=is_phone
                ) as context:
                    page = context.new_page()
                    for name, (_, states) in PAGES.items():
                        page.goto(saved(name, folder).resolve().as_uri())
                        for k, state in enumerate(states):
                            page.evaluate(state)
                            seen[f"{name} {k}"] = folder / f"{name}-{k}-{screen}-{scheme}.png"
                            page.screenshot(path=seen[f"{name} {k}"])
                sheet(browser, folder, f"pages-{screen}", seen, scheme)
        (folder / "live").mkdir(exist_ok=True)
        photograph_live(browser, folder)


def photograph_live(browser: Any, folder: Path) -> None:
    """The live page in all its states."""
    seen: dict[tuple[str, str], dict[str, Path]] = {}
    with lives(browser, folder / "live") as show:
        for name in STATES:
            teacher, phone = show(name)
            for screen, (width, height) in SCREENS.items():
                page = phone if screen == "phone" else teacher
                page.set_viewport_size({"width": width, "height": height})
                for scheme in ("light", "dark"):
                    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                    settle(page)
                    page.wait_for_timeout(200)  # until the pages within it are as dark
                    file = folder / f"live-{name}-{screen}-{scheme}.png"
                    page.screenshot(path=file)
                    seen.setdefault((screen, scheme), {})[name] = file
    for (screen, scheme), files in seen.items():
        sheet(browser, folder, f"live-{screen}", files, scheme)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/contact_sheet"))
