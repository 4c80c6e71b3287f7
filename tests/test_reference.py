"""The reference: every public name says what goes in and what is raised, and has an example; its pages work offline."""

import ast
import inspect
import re
import textwrap
from importlib import import_module
from pathlib import Path

import pytest

import autograd
from autograd import engine, functions
from autograd.classroom.site import reference
from autograd.derivatives import TABLE

pytestmark = pytest.mark.once

DOMAINS = {name: op.domain for name, op in TABLE.items() if op.domain}
NAMES = [(page, name) for page in reference.PAGES for name in reference.public_names(import_module(page))]
WITHOUT_EXAMPLE = {
    "CannotCompile": "compile() shows it",
    "Drawing": "draw() returns it",
    "Explanation": "explain() returns it",
    "Exploration": "explore() returns it",
    "Report": "check() returns it",
}


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
described = pytest.mark.parametrize(("page", "name"), DESCRIBED, ids=[f"{page}.{name}" for page, name in DESCRIBED])


def text_of(public):
    """The docstring of a function; of a class with those of its constructor and what it inherits from of ours."""
    texts = [inspect.getdoc(public) or ""]
    if inspect.isclass(public):
        texts += [
            inspect.getdoc(base) or ""
            for base in public.__mro__[1:]
            if base.__module__.split(".")[0] in ("autograd", "nn")
        ]
    return "\n".join(texts)


@described
def test_it_has_a_docstring_and_an_example_that_runs(page, name):
    text = inspect.getdoc(thing(page, name))
    assert text
    assert re.search(r"\.(?: \(.*\))?$", text.split("\n\n")[0])
    if name not in WITHOUT_EXAMPLE:
        assert ">>> " in text  # pytest --doctest-modules runs it


@described
def test_it_says_what_goes_in(page, name):
    public = thing(page, name)
    text = text_of(public)
    parameters = (
        () if isinstance(public, type) and issubclass(public, Exception) else inspect.signature(public).parameters
    )
    for parameter in parameters:
        if not parameter.startswith("_"):
            assert re.search(rf"(?<![\w.]){parameter}\b", text), parameter


@described
def test_it_says_what_is_raised(page, name):
    """As far as its own body raises it; for a class, that of its constructor."""
    public = thing(page, name)
    body = vars(public).get("__init__") if inspect.isclass(public) else public
    if body is not None and body.__code__.co_filename != "<string>":  # a dataclass has a constructor without a text
        tree = ast.parse(textwrap.dedent(inspect.getsource(body)))
        raised = {
            ast.unparse(node.exc.func)
            for node in ast.walk(tree)
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
        }
        text = text_of(public)
        assert {each for each in raised if each.endswith("Error") and each not in text} == set()


@pytest.mark.parametrize("name", sorted({*DOMAINS} & {*vars(functions)}))
def test_a_function_says_where_it_is_not_defined(name):
    assert "Error" in inspect.getdoc(getattr(autograd, name))


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
