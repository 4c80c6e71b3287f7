"""Runs a module with an engine that a sanitizer watches: python -m tests.fuzz.sanitized tests.fuzz.calls 600.

The engine is built in build/sanitized/ by GCC, with the sanitizers that CHALKGRAD_SANITIZE names, "address,undefined"
if it is not set. That of the environment stays as it is. A fault ends the run with a report.
"""

import os
import runpy
import subprocess
import sys
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENGINE = "autograd.native._engine"
LIBRARIES = {"address": "libasan.so", "undefined": "libubsan.so", "thread": "libtsan.so"}


class Finder:
    """Finds this engine in place of that of the environment."""

    def __init__(self, built: Path) -> None:
        self.built = built

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name != ENGINE:
            return None
        return spec_from_file_location(name, self.built, loader=ExtensionFileLoader(name, str(self.built)))


def build(sanitizers: str) -> Path:
    """Build the engine; in seconds if nothing has changed."""
    folder = ROOT / "build" / "sanitized" / sanitizers.replace(",", "-")
    subprocess.run(
        [sys.executable, "-c", "import setuptools; setuptools.setup()", "-q", "build_ext", "--build-lib", str(folder)],
        cwd=ROOT,
        env=os.environ | {"CHALKGRAD_SANITIZE": sanitizers, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    (built,) = (folder / "autograd" / "native").glob("_engine.*")
    return built


def environment(sanitizers: str) -> dict[str, str]:
    """What the sanitizers need of a process: to be loaded first, and to see every piece of memory."""
    found = [
        subprocess.run(["gcc", f"-print-file-name={LIBRARIES[name]}"], capture_output=True, text=True, check=True)
        for name in sanitizers.split(",")
    ]
    return {
        "LD_PRELOAD": ":".join(each.stdout.strip() for each in found),
        "PYTHONMALLOC": "malloc",
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1:" + os.environ.get("ASAN_OPTIONS", ""),
        "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1:" + os.environ.get("UBSAN_OPTIONS", ""),
        "TSAN_OPTIONS": "halt_on_error=1:" + os.environ.get("TSAN_OPTIONS", ""),
    }


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit("python -m tests.fuzz.sanitized MODULE ARGUMENTS")
    sanitizers = os.environ.get("CHALKGRAD_SANITIZE", "address,undefined")
    if "SANITIZED" not in os.environ:  # a process without the libraries of the sanitizers: begin anew with them
        built = build(sanitizers)
        again = [sys.executable, "-m", "tests.fuzz.sanitized", *sys.argv[1:]]
        os.execve(sys.executable, again, os.environ | environment(sanitizers) | {"SANITIZED": str(built)})
    sys.meta_path.insert(0, Finder(Path(os.environ["SANITIZED"])))
    sys.argv = sys.argv[1:]
    for name in ("tests.fuzz", "tests"):  # pytest wants to import tests itself
        del sys.modules[name]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
