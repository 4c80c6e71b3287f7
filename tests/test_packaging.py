"""What is published: an sdist and wheels with all that belongs in them, which install without the repository."""

import ast
import os
import re
import runpy
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

import autograd

ROOT = Path(__file__).parents[1]
TRACKED = [
    path.relative_to(ROOT).as_posix()
    for folder in ("autograd", "nn")
    for path in (ROOT / folder).rglob("*")
    if path.is_file() and "__pycache__" not in path.parts and path.suffix not in (".so", ".pyd")
]
WRITTEN = {"autograd/native/_engine.c", "autograd/native/table.c"}  # by each build

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with the sdist and the wheel of plain Python that is made of it, as `python -m build` makes them."""
    pytest.importorskip("build", reason="build is not installed: python -m pip install -e '.[dev]'")
    folder = tmp_path_factory.mktemp("dist")
    told = subprocess.run(
        [sys.executable, "-m", "build", "--outdir", folder, ROOT],
        env=os.environ | {"CHALKGRAD_PURE": "1"},
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stdout[-2000:] + told.stderr[-2000:]
    return folder


@pytest.fixture(scope="module")
def source(built):
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


@pytest.fixture(scope="module")
def wheel(built):
    (path,) = built.glob("*.whl")
    return path


def test_the_version_stands_in_one_place():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "version" not in project
    assert re.fullmatch(r"\d+\.\d+\.\d+", autograd.__version__)
    changes = (ROOT / "autograd" / "CHANGES.md").read_text(encoding="utf-8")
    assert f"## {autograd.__version__}\n" in changes


def test_the_sdist_has_every_file_of_the_packages(source):
    assert {*TRACKED} - WRITTEN - source == set()
    assert {"README.md", "LICENSE", "pyproject.toml"} <= source
    assert not WRITTEN & source


def test_the_sdist_has_its_tests_and_what_they_need(source):
    wanted = {
        path.relative_to(ROOT).as_posix()
        for folder in ("demos", "tests")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix not in (".pyc", ".ipynb")
    }
    assert wanted - source == set()
    assert not [name for name in source if "__pycache__" in name]


def test_the_wheel_has_every_file_of_the_packages_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    demos = ROOT / "demos"
    lessons = {f"lessons/{path.name}" for path in (demos / "lessons").glob("0*.py")}
    lessons |= {f"demos/{path.name}" for path in demos.glob("*.py")} | {
        f"data/{path.name}" for path in demos.glob("data/*.txt")
    }
    data = {name for name in names if ".data/" in name}  # what `python -m autograd lessons` writes
    assert {name.partition(".data/data/share/chalkgrad/")[2] for name in data} == lessons
    assert names - data == {*TRACKED} - WRITTEN


def test_the_wheel_says_what_it_is(wheel, source):
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        said = message_from_bytes(archive.read(metadata))
        assert archive.read(metadata.replace("METADATA", "licenses/LICENSE"))
        commands = archive.read(metadata.replace("METADATA", "entry_points.txt")).decode()
    assert said["Version"] == autograd.__version__
    assert said["Description-Content-Type"] == "text/markdown"
    assert said["License-Expression"] == "MIT"
    assert wheel.name.endswith("-py3-none-any.whl")
    assert "chalkgrad = autograd.__main__:command" in commands


def test_twine_finds_nothing_wrong(built):
    pytest.importorskip("twine", reason="twine is not installed: python -m pip install -e '.[dev]'")
    told = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", *built.iterdir()], capture_output=True, text=True
    )
    assert told.returncode == 0, told.stdout + told.stderr


def test_the_wheel_installs_in_an_empty_environment_without_the_repository(wheel, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "empty"], check=True)
    scripts = tmp_path / "empty" / ("Scripts" if os.name == "nt" else "bin")
    subprocess.run([scripts / "python", "-m", "pip", "install", "-q", wheel], check=True)
    told = subprocess.run(
        [scripts / "chalkgrad", "explain", "a*b", "a=2", "b=3"],
        cwd=tmp_path,
        env=os.environ | {"CHALKGRAD_ENGINE": ""},  # the wheel has one engine, whichever is tested
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stderr
    assert "6" in told.stdout


# Beside the older package autograd, which has the same import name


@pytest.fixture
def environment(tmp_path):
    """An environment of its own, which finds NumPy: a function that has pip change it, and one that runs code in it."""
    numpy = pytest.importorskip("numpy", reason="NumPy is not installed: python -m pip install -e '.[test]'")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "own"], check=True)
    python = tmp_path / "own" / ("Scripts" if os.name == "nt" else "bin") / "python"
    asked = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())
    (packages / "numpy.pth").write_text(str(Path(numpy.__file__).parents[1]))

    def pip(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "pip", "--python", python, *arguments], capture_output=True, text=True
        )

    def run(code):
        set_free = {name: setting for name, setting in os.environ.items() if name != "CHALKGRAD_ENGINE"}
        return subprocess.run([python, "-c", code], cwd=tmp_path, env=set_free, capture_output=True, text=True)

    if pip("install", "--no-deps", "autograd==1.9.1").returncode:
        pytest.skip("the package autograd 1.9.1 cannot be had here")
    return pip, run


USE = "from autograd import Value; from nn import MLP; print(Value(2.0) * 3)"


def test_one_pip_line_is_enough_where_the_older_package_is(environment, wheel):
    pip, run = environment
    pip("install", "--no-deps", wheel)
    told = run(USE)
    assert told.stdout.startswith("Value(data=6.0"), told.stderr
    assert told.stderr.count("UserWarning: chalkgrad now answers to the name autograd") == 1


def test_where_the_older_package_comes_last_or_goes_one_line_mends_it(environment, wheel):
    pip, run = environment
    again = ["install", "--force-reinstall", "--no-deps"]
    pip(*again, wheel)
    pip(*again, "autograd==1.9.1")
    assert "wrote over" in run("import nn").stderr
    pip(*again, wheel)  # the line that the sentence names
    assert run(USE).stdout.startswith("Value(data=6.0")
    pip("uninstall", "-y", "autograd")
    assert "took along" in run("import nn").stderr
    pip(*again, wheel)
    told = run(USE)
    assert told.stdout.startswith("Value(data=6.0")
    assert not told.stderr


# What is built is kept, and never served for other sources


def test_what_a_build_depends_on_names_what_was_built(tmp_path, monkeypatch):
    pytest.importorskip("Cython", reason="Cython is not installed: python -m pip install -e '.[dev]'")
    build = pytest.importorskip("autograd.native.build")
    from setuptools import Distribution, Extension

    native = tmp_path / "native"
    native.mkdir()
    sources = ["a.c", "b.h", "c.pxi", "d.py", "e.pyx"]
    for name in sources:
        (native / name).write_text("one")
    monkeypatch.setattr(build, "HERE", native)

    def name(arguments=(), flag="-O2", program="cc"):
        command = build.OptionalBuild(Distribution())
        command.compiler = type("Compiler", (), {})()
        command.compiler.compiler_so = [program, flag]
        return command.name_of_inputs(Extension("e", ["e.pyx"], extra_compile_args=[*arguments]))

    names = [name()]
    assert name() == names[0]
    for changed in sources:
        (native / changed).write_text("two")
        names.append(name())
    (native / "new.h").touch()
    names += [name(), name(["-DX"]), name(flag="-O3"), name(program="gcc")]
    monkeypatch.setenv("SDKROOT", "/elsewhere")
    names.append(name())
    monkeypatch.setattr("sys.version", "another Python")
    names.append(name())
    monkeypatch.setattr("Cython.__version__", "another")
    names.append(name())
    assert len(set(names)) == len(names)


def test_every_file_that_the_engine_includes_is_among_the_inputs():
    native = ROOT / "autograd" / "native"
    for path in [path for suffix in ("c", "h", "pxi", "pyx") for path in native.glob(f"*.{suffix}")]:
        if path.name != "_engine.c":
            text = path.read_text(encoding="utf-8")
            for included in re.findall(r'^\s*(?:#?include|cdef extern from) "([\w./]+)"', text, re.MULTILINE):
                assert (native / included).parent == native or included == "Python.h", included


# Demos without their extra


@pytest.mark.parametrize("demo", sorted(path.name for path in (ROOT / "demos").glob("*.py")))
def test_a_demo_says_which_command_installs_what_it_needs(demo):
    tree = ast.parse((ROOT / "demos" / demo).read_text(encoding="utf-8"))
    wanted = {
        node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
    }
    wanted = {name.partition(".")[0] for name in wanted} - sys.stdlib_module_names - {"autograd", "nn"}
    wanted -= {"jax", "torch"}  # which beyond.py does without
    extra = "demos,digits" if "sklearn" in wanted else "demos"
    for missing in wanted:
        with pytest.MonkeyPatch.context() as patched:
            for name in {missing, *(name for name in sys.modules if name.startswith(f"{missing}."))}:
                patched.setitem(sys.modules, name, None)
            with pytest.raises(SystemExit) as told:
                runpy.run_path(str(ROOT / "demos" / demo), run_name="__main__")
        command = re.escape(f'python -m pip install -e ".[{extra}]"')
        assert re.fullmatch(rf"{missing}[\w.]* is not installed\. Run: {command}", told.value.code)
