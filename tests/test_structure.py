"""The plan of the house: arrows between wings run one way, faces hold public names, and signs lead to every file."""

import ast
import re
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

import autograd
import nn
from autograd import extending

ROOT = Path(__file__).parent.parent
FILES = sorted(path for folder in ("autograd", "nn", "demos") for path in (ROOT / folder).rglob("*.py"))
NATIVE = ROOT / "autograd/native"
MODULES = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in FILES}
MODULES["autograd.native._engine"] = NATIVE / "_engine.pyx"

# Arrows run from left to right. A room is a wing, or files of the front room, and what is data for those above it.
ROOMS = {
    "demos": ["demos"],
    "nn": ["nn"],
    "autograd's face": ["autograd", "autograd.__main__", "autograd.expressions"],
    "classroom": ["autograd.classroom"],
    "pictures": ["autograd.pictures"],
    "compiling": ["autograd.compiling"],
    "transforms": ["autograd.transforms"],
    "functions": ["autograd.functions", "autograd.updates"],
    "value": ["autograd.value"],
    "native": ["autograd.native"],
    "engine": ["autograd.engine"],
    "derivatives": ["autograd.derivatives", "autograd.compiling.program"],
}
WINGS = ["classroom", "compiling", "native", "pictures", "transforms"]
FACES = {"autograd": autograd, "nn": nn, **{wing: import_module(f"autograd.{wing}") for wing in WINGS}}
NAMED_LIKE_BUILTINS = {"abs", "compile", "max", "min", "sum"}
PUBLIC = {*autograd.__all__, *NAMED_LIKE_BUILTINS}

pytestmark = pytest.mark.once


def is_ours(module):
    return module.split(".")[0] in ("autograd", "nn", "demos")


def imports_of_python(path):
    """What a file imports of ours, as (module, name): in functions, for annotations, and by the name of a face too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {(each.name, "") for each in node.names if is_ours(each.name)}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are written in full"
            if is_ours(node.module):
                found |= {(node.module, each.name) for each in node.names}
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "face":
            names = ast.literal_eval(node.args[1])
            found |= {(module, name) for name, module in names.items()}
    return found


def imports_of_cython(paths):
    found = set()
    for path in paths:
        text = path.read_text(encoding="utf-8")
        for module, names in re.findall(r"^ *from ([\w.]+) c?import (\([^)]*\)|.*)$", text, re.MULTILINE):
            if is_ours(module):
                found |= {(module, name.split(" as ")[0]) for name in re.findall(r"\w+(?: as \w+)?", names)}
        found |= {(name, "") for name in re.findall(r"^ *c?import ([\w.]+)", text, re.MULTILINE) if is_ours(name)}
    return found


IMPORTS = {name: imports_of_python(path) for name, path in MODULES.items() if path.suffix == ".py"}
IMPORTS["autograd.native._engine"] = imports_of_cython([*NATIVE.glob("*.pyx"), *NATIVE.glob("*.pxi")])


def module_of(module, name):
    return f"{module}.{name}" if f"{module}.{name}" in MODULES else module


ARROWS = {(name, module_of(*each)) for name, found in IMPORTS.items() for each in found}
GRAPH = {name: {target for source, target in ARROWS if source == name} for name in MODULES}


def room_of(module):
    """The room with the longest name that the module's begins with; None for a file that any room may use."""
    found = [
        (len(part), room) for room, parts in ROOMS.items() for part in parts if f"{module}.".startswith(f"{part}.")
    ]
    length, room = max(found, default=(0, None))
    return None if length == len("autograd") and module.count(".") == 1 else room


def wing_of(module):
    parts = module.split(".")
    return parts[1] if parts[0] == "autograd" and len(parts) > 1 and parts[1] in WINGS else parts[0]


def reached(module):
    """All that is imported when a module is."""
    found, stack = set(), [module]
    while stack:
        new = GRAPH[stack.pop()] - found
        found |= new
        stack += new
    return found


def test_the_graph_of_imports_is_whole():
    assert len(MODULES) > 100
    assert {target for _, target in ARROWS} <= {*MODULES}
    assert "autograd.engine" in reached("nn.layers")
    assert "autograd.compiling.program" in GRAPH["autograd.native._engine"]  # in plan.pxi
    assert "autograd.pictures.drawing" in GRAPH["autograd.pictures"]  # by the names of a face
    included = set(re.findall(r'^include "(.*)"$', (NATIVE / "_engine.pyx").read_text(encoding="utf-8"), re.MULTILINE))
    assert included == {path.name for path in NATIVE.glob("*.pxi")}


def test_no_circle_not_even_by_an_import_within_a_function():
    assert len(list(TopologicalSorter(GRAPH).static_order())) == len(MODULES)


def test_nothing_is_imported_by_its_name_as_text():
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        if path.name not in ("importing.py", "arrays.py"):  # the faces; JAX and PyTorch where they are installed
            assert "import_module" not in text, path
        assert "__import__" not in text or path.is_relative_to(ROOT / "autograd/classroom/checks"), path


@pytest.mark.parametrize("module", MODULES)
def test_arrows_between_rooms_run_one_way(module):
    order = [*ROOMS]
    room = room_of(module)
    if room is not None:
        higher = order[: order.index(room)]
        assert [each for each in reached(module) if room_of(each) in higher] == []


def test_the_sign_of_autograd_shows_the_arrows():
    sign = (ROOT / "autograd/README.md").read_text(encoding="utf-8")
    assert " → ".join(room for room in ROOMS if room != "native") in " ".join(sign.split())


def test_nn_takes_public_names_alone():
    for module in MODULES:
        if module.split(".")[0] == "nn":
            ours = {(source, name) for source, name in IMPORTS[module] if not source.startswith("nn")}
            public = {("autograd", name) for name in {"", *PUBLIC}}
            assert ours <= public | {("autograd.extending", name) for name in extending.__all__}, module
            tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
            used = {
                node.attr
                for node in ast.walk(tree)
                if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "autograd"
            }
            assert used <= PUBLIC, module


def test_demos_take_public_names_alone():
    public = {"autograd": PUBLIC, "nn": {*nn.__all__}, "nn.optim": {*nn.optim.__all__}}
    public["autograd.classroom"] = {*FACES["classroom"].__all__}
    for module in MODULES:
        if module.split(".")[0] == "demos":
            for source, name in IMPORTS[module]:
                assert name in public[source] or not name, module


def test_private_names_stay_in_their_wing():
    crossing = {
        (module, source, name)
        for module, found in IMPORTS.items()
        for source, name in found
        if name.startswith("_") and f"{source}.{name}" not in MODULES and wing_of(source) != wing_of(module)
    }
    assert crossing == set()


@pytest.mark.parametrize("wing", ["transforms", "compiling", "pictures", "native"])
def test_a_face_has_no_names_that_only_its_own_wing_uses(wing):
    face = FACES[wing]
    names = {*getattr(face, "__all__", [])}
    assert names <= PUBLIC
    own = {(f"autograd.{wing}", name) for found in IMPORTS.values() for _, name in found if name in names}
    for module, found in IMPORTS.items():
        if wing_of(module) == wing:
            assert not own & found, "a wing reaches its own names where they are made"


@pytest.mark.parametrize("face", FACES)
def test_a_face_holds_its_names_and_nothing_else(face):
    path = ROOT / (face if face in ("autograd", "nn") else f"autograd/{face}") / "__init__.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not any(isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.For, ast.While)) for node in ast.walk(tree))
    assert all(hasattr(FACES[face], name) for name in getattr(FACES[face], "__all__", []))


@pytest.mark.parametrize("face", FACES)
def test_no_file_or_folder_bears_the_name_of_a_public_function_beside_it(face):
    """Else autograd.draw, once imported, would turn from a function into a module."""
    folder = ROOT / (face if face in ("autograd", "nn") else f"autograd/{face}")
    names = {path.stem for path in folder.iterdir() if not path.name.startswith((".", "__"))}
    public = PUBLIC if face == "autograd" else {*getattr(FACES[face], "__all__", [])}
    modules = {name for name in public if type(getattr(FACES[face], name)) is type(ast)}  # nn.optim is a module
    assert not names & (public - modules)


TEXTS = sorted(
    path
    for folder in ("autograd", "nn", "demos", "tests")
    for suffix in ("py", "pyx", "pxi", "c", "h", "html", "mjs", "mplstyle")
    for path in (ROOT / folder).rglob(f"*.{suffix}")
    if path.name not in ("_engine.c", "table.c") and path.stat().st_size
)


def first_words(path):
    text = path.read_text(encoding="utf-8")
    if path.suffix in (".py", ".pyx"):
        found = re.match(r'(?:#[^\n]*\n|\s)*"""\s*(.*?)(?:\n\s*\n|""")', text, re.DOTALL)
    elif path.suffix == ".html":
        found = re.match(r"(?:<!doctype html>\n)?<!--\s*(.*?)\s*-->", text, re.DOTALL)
    else:
        found = re.match(r"(?:#|//|/\*) *(.*?)(?:\n(?: \*|#)? *\n|\n[^#/ ]|\*/)", text, re.DOTALL)
    assert found, f"{path} does not begin with a sentence"
    return re.sub(r"\s+(?:#|//|\*)?\s*", " ", found[1]).strip()


@pytest.mark.parametrize("path", TEXTS, ids=[path.relative_to(ROOT).as_posix() for path in TEXTS])
def test_a_file_begins_with_a_sentence_that_says_what_it_is_for(path):
    words = first_words(path)
    if path.parent.name == "lessons" and words.startswith("# "):
        assert re.match(r"# \d\. \w", words)  # a lesson begins with its title
    else:
        assert re.search(r"[\w)`'\"…]\.(?: |$)", words) or words.endswith((".", "…")), words
        assert len(words) > 10


def sign_of(path):
    """The README.md of the folder, or of the nearest one above it."""
    return next(folder / "README.md" for folder in path.parents if (folder / "README.md").exists())


def led_to(sign):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", sign.read_text(encoding="utf-8"))
    return {(sign.parent / link).resolve() for link in links}


@pytest.mark.parametrize("path", TEXTS, ids=[path.relative_to(ROOT).as_posix() for path in TEXTS])
def test_a_sign_leads_to_every_file(path):
    if path.name != "__init__.py":
        sign = sign_of(path)
        assert sign.parent != ROOT, "its folder has no sign"
        found = led_to(sign)
        if sign.parent == ROOT / "tests" and path.parent != sign.parent:  # there a link to the folder will do
            path = path.parent
        assert path in found, f"name it in {sign.relative_to(ROOT)}"


@pytest.mark.parametrize("folder", ["autograd", *[f"autograd/{wing}" for wing in WINGS], "nn", "demos", "tests"])
def test_every_wing_has_a_sign_and_the_readme_leads_to_it(folder):
    assert (ROOT / folder / "README.md") in led_to(ROOT / "README.md")
