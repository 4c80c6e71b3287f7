"""What an environment sees: a light import, the public names, and a sentence where two packages lie in one place."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import autograd

PACKAGE = Path(autograd.__file__).parent


def run(code, folder):
    """Run code in a fresh interpreter that finds packages in `folder` first."""
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)


SECOND = """
import sys
import autograd
code = "import autograd; x = autograd.Value(3.0); (x * x).backward(); print(autograd.engine_name, x.grad, flush=True)"
print(autograd.engine_name, flush=True)
try:
    from concurrent import interpreters
except ImportError:
    try:
        import _xxsubinterpreters as interpreters  # Python 3.11 and 3.12
    except ImportError:
        import _interpreters as interpreters
if hasattr(interpreters, "run_string"):
    error = interpreters.run_string(interpreters.create(), code)
    sys.exit(str(error) if error else 0)
interpreters.create().exec(code)
"""


def test_a_second_interpreter_of_a_process_takes_the_textbook_engine():
    result = run(SECOND, PACKAGE.parent)
    assert result.stdout.split() == [autograd.engine_name, "python", "6.0"], result.stdout + result.stderr


LOADED = """
import sys
before = set(sys.modules)
import {imported}
names = {{name.split(".")[0] for name in set(sys.modules) - before}} - sys.stdlib_module_names
print(sorted(name for name in names if "cython" not in name))  # which the native engine brings along
"""


@pytest.mark.parametrize(
    ("imported", "ours"),
    [
        ("autograd", ["autograd"]),
        ("nn", ["autograd", "nn"]),
        ("autograd.classroom.checks.checking", ["autograd"]),
        ("autograd.__main__", ["autograd"]),
    ],
)
def test_importing_takes_in_nothing_but_the_standard_library(imported, ours):
    result = run(LOADED.format(imported=imported), PACKAGE.parent)
    assert result.stdout.strip() == repr(ours), result.stdout + result.stderr


def test_importing_leaves_pictures_compiling_and_the_classroom_for_later():
    """What takes long to import is imported when it is asked for."""
    heavy = [
        "autograd.classroom",
        "asyncio",
        "hashlib",
        "http",
        "importlib.resources",
        "pathlib",
        "shutil",
        "socket",
        "subprocess",
    ]
    code = f"import sys; before = set(sys.modules); import autograd; print({set(heavy)} & set(sys.modules) - before)"
    result = run(code, PACKAGE.parent)
    assert result.stdout.strip() == "set()", result.stdout + result.stderr


def test_the_names_of_what_is_imported_later_are_there_all_the_same():
    code = (
        "import autograd; assert {'draw', 'explain', 'show'} <= set(dir(autograd)); from autograd import *; print(draw)"
    )
    assert "<function draw" in run(code, PACKAGE.parent).stdout
    with pytest.raises(AttributeError, match="module 'autograd' has no attribute 'drow'"):
        _ = autograd.drow


def test_a_star_import_shadows_no_builtin():
    import builtins

    assert not set(autograd.__all__) & set(vars(builtins))
    assert all(hasattr(autograd, name) for name in [*autograd.__all__, "abs", "max", "min", "sum"])


# The older package of the same import name; tests/test_packaging.py has pip install the real one


@pytest.fixture
def both_packages(tmp_path):
    """A folder in which this package was installed over the older package autograd."""
    shutil.copytree(PACKAGE, tmp_path / "autograd")
    shutil.copytree(PACKAGE.parent / "nn", tmp_path / "nn")
    for name in ("tracer.py", "wrap_util.py"):
        (tmp_path / "autograd" / name).touch()
    return tmp_path


def test_this_package_over_the_older_one_works_and_warns(both_packages):
    result = run("from autograd import Value; from nn import MLP; print(Value(2.0) * 3)", both_packages)
    assert result.stdout.startswith("Value(data=6.0")
    assert result.stderr.count("chalkgrad now answers to the name autograd") == 1
    assert "<string>:1: UserWarning" in result.stderr  # the line that imports it


@pytest.mark.parametrize("entrance", ["import nn", "import autograd.__main__"])
@pytest.mark.parametrize("face", ["def grad(): ...\n", None])
def test_a_lost_face_is_recognised(both_packages, entrance, face):
    """Lost under the older package's, or removed together with the older package."""
    path = both_packages / "autograd" / "__init__.py"
    if face is None:
        path.unlink()
    else:
        path.write_text(face)
    # Not one that is installed elsewhere, which would be found in place of a folder without a face
    alone = "import sys; sys.path[1:] = [x for x in sys.path[1:] if 'packages' not in x]; "
    result = run(alone + entrance, both_packages)
    assert "ImportError: the older package autograd" in result.stderr
    assert "python -m pip install --force-reinstall --no-deps chalkgrad" in result.stderr


def test_the_older_package_in_place_of_this_one_is_recognised_by_nn(tmp_path):
    (tmp_path / "older" / "autograd").mkdir(parents=True)
    (tmp_path / "older" / "autograd" / "__init__.py").write_text("def grad(): ...\n")
    # As where this package is installed from its source: its modules are found, behind the older package.
    code = (
        "import sys; sys.path.insert(0, 'older'); import autograd; "
        f"autograd.__path__.append({str(PACKAGE)!r}); sys.path.append({str(PACKAGE.parent)!r}); import nn"
    )
    result = run(code, tmp_path)
    assert "ImportError: 'autograd' was imported from" in result.stderr
    assert "python -m pip uninstall -y autograd" in result.stderr
