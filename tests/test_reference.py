"""The reference: its pages hold every public name, and work offline, in the dark and on a phone."""

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

from autograd import engine
from tests import reference

NAMES = [(page, name) for page in reference.PAGES for name in reference.public_names(import_module(page))]


def thing(page, name):
    found = getattr(import_module(page), name)
    if name in ("Value", "topological_order") and page == "autograd":
        return getattr(engine, name)  # whose signatures can be read
    return found


DESCRIBED = [
    (page, name)
    for page, name in NAMES
    if not isinstance(thing(page, name), str) and not inspect.ismodule(thing(page, name))
]


def test_the_pages_hold_every_name_and_need_no_network(tmp_path):
    pytest.importorskip("pdoc", reason="pdoc is not installed: python -m pip install -e '.[docs]'")
    reference.write_reference(tmp_path)
    for page, name in DESCRIBED:
        html = (tmp_path / f"{page.replace('.', '/')}.html").read_text(encoding="utf-8")
        assert f'id="{name}"' in html
        assert not re.search(r'(?:src|href)="(?:https?:)?//', html)
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'href="([\w/]+\.html)(?:#(\w+))?"', index)
    assert len(links) > len(DESCRIBED)
    assert all(Path(tmp_path, link).exists() for link, _ in links)


def test_the_pages_work_in_a_browser_offline_in_the_dark_and_on_a_phone(tmp_path, browser):
    pytest.importorskip("pdoc", reason="pdoc is not installed: python -m pip install -e '.[docs]'")
    reference.write_reference(tmp_path)
    for scheme, width in (("light", 1280), ("dark", 1920), ("dark", 390)):
        with browser.new_context(
            color_scheme=scheme, viewport={"width": width, "height": 800}, offline=True
        ) as context:
            page = context.new_page()
            page.goto((tmp_path / "index.html").as_uri())
            page.get_by_role("searchbox", name="search").fill("cross_entropy")
            page.get_by_role("link", name="nn.cross_entropy").first.wait_for()
            page.goto((tmp_path / "nn.html").as_uri() + "#fit")
            assert page.locator("#fit").is_visible()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            red, green, blue = page.evaluate(
                "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
            )
            assert (red + green + blue < 384) == (scheme == "dark")
