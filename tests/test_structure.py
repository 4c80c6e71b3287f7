"""The structure of the source: imports run one way, nn is thin, and the README leads to every file."""

import ast
import re
from graphlib import TopologicalSorter
from itertools import combinations
from pathlib import Path

import pytest

import autograd

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FILES = sorted(path for package in ("autograd", "nn") for path in (ROOT / package).rglob("*.py"))
MODULES = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in FILES}
# What nn takes of autograd beside the public names
HELPERS = {
    "autograd.derivatives": {"Operation", "to_float"},
    "autograd.files": {"write_whole"},
    "autograd.installation": {"refuse_mixed_installation"},
    "autograd.recording": {"cannot_be_done_again", "depends_on"},
}


class Imports(ast.NodeVisitor):
    """What a module imports of our own, in functions too, as (module, name); not what only its annotations need."""

    def __init__(self, path):
        self.found = set()
        self.visit(ast.parse(path.read_text(encoding="utf-8")))

    def visit_If(self, node):
        for each in node.orelse if ast.unparse(node.test) == "TYPE_CHECKING" else [*node.body, *node.orelse]:
            self.visit(each)

    def visit_Import(self, node):
        self.found |= {(each.name, "") for each in node.names if each.name.split(".")[0] in ("autograd", "nn", "demos")}

    def visit_ImportFrom(self, node):
        assert not node.level, "imports are written in full"
        if node.module.split(".")[0] in ("autograd", "nn", "demos"):
            self.found |= {(node.module, each.name) for each in node.names}


IMPORTS = {name: Imports(path).found for name, path in MODULES.items()}


def module_of(module, name):
    return f"{module}.{name}" if f"{module}.{name}" in MODULES else module


GRAPH = {name: {module_of(*each) for each in found} for name, found in IMPORTS.items()}


def reached(module):
    """All that is imported when a module is."""
    found, stack = set(), [module]
    while stack:
        new = GRAPH.get(stack.pop(), set()) - found
        found |= new
        stack += new
    return found


def test_the_graph_of_imports_is_not_empty():
    assert len(MODULES) > 60
    assert {"autograd.derivatives", "autograd.recording"} < GRAPH["autograd.engine"]
    assert "autograd.engine" in reached("nn.layers")


def test_imports_have_no_cycles_not_even_within_functions():
    assert len(list(TopologicalSorter(GRAPH).static_order())) >= len(MODULES)


def test_imports_run_in_the_direction_that_the_readme_says():
    said = re.search(r"Imports run one way: (.*?), and in autograd\s+(.*?)\.\n", README, re.DOTALL)
    assert said[1] == "demos → nn → autograd"
    assert not any(module.startswith("demos") for found in GRAPH.values() for module in found)
    for module in MODULES:
        if module.startswith("autograd"):
            assert not any(each.startswith("nn") for each in reached(module)), module
    rooms = [[f"autograd.{name}" for name in room.split(", ")] for room in said[2].split(" → ")]
    assert len(rooms) == 5
    for higher, lower in combinations(rooms, 2):
        for module in MODULES:
            if any(module == room or module.startswith(f"{room}.") for room in lower):
                back = {each for each in reached(module) if any(each.startswith(room) for room in higher)}
                assert back == set(), module


def test_nothing_but_the_shell_imports_the_classroom():
    importing = {name for name, found in GRAPH.items() if any(each.startswith("autograd.classroom") for each in found)}
    assert {name for name in importing if not name.startswith("autograd.classroom")} == {"autograd.__main__"}


def test_nn_is_built_on_public_names_and_a_few_helpers():
    helpers = {}
    for module in MODULES:
        if module.startswith("nn"):
            for source, name in IMPORTS[module]:
                if source == "autograd" and name:
                    assert name in autograd.__all__, (module, name)
                elif source.startswith("autograd."):
                    helpers.setdefault(source, set()).add(name)
    assert helpers == HELPERS


def test_no_module_has_the_name_of_something_public():
    """Else autograd.draw, once imported, would turn from a function into a module."""
    assert not {path.stem for path in FILES if path.parent.name == "autograd"} & {*autograd.__all__}


@pytest.mark.parametrize("path", FILES, ids=[path.relative_to(ROOT).as_posix() for path in FILES])
def test_the_readme_leads_to_every_file_and_that_begins_with_its_purpose(path):
    place = path.relative_to(ROOT).as_posix()
    table = README[README.index("## Reading the source") : README.index("## An environment of its own")]
    assert f"]({place})" in table or place == "autograd/classroom/__init__.py"
    first = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").splitlines()
    assert first
    assert first[0].endswith(".")
