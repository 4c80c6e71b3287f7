"""Builds the native engine if there is a compiler. Without one, or with CHALKGRAD_PURE=1, the textbook engine serves.

To save time, the kernels are compiled beside the engine, and GCC optimises the engine on all cores. build/engine/ keeps
what was built, under a hash of the sources. An installation of another extra from the same sources takes it from there.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from setuptools import Distribution, Extension
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext
from setuptools.errors import CCompilerError

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
KEPT = ROOT / "build" / "engine"
# what compilers and linkers read besides their arguments
SETTINGS = ["ARCHFLAGS", "CL", "CPATH", "C_INCLUDE_PATH", "INCLUDE", "LIB", "LIBRARY_PATH", "LINK"]
SETTINGS += ["CHALKGRAD_SANITIZE", "MACOSX_DEPLOYMENT_TARGET", "SDKROOT", "_CL_"]

# CHALKGRAD_SANITIZE=address,undefined builds an engine that checks its own memory; see tests/fuzz/sanitized.py
SANITIZERS = os.environ.get("CHALKGRAD_SANITIZE", "")
WITHOUT_CHECKS = "-DCYTHON_WITHOUT_ASSERTIONS"  # which cost time where there are many numbers


def leave_out_extensions(distribution: Distribution) -> None:
    """Whether plain Python was asked for."""
    if os.environ.get("CHALKGRAD_PURE", "0") not in ("", "0"):
        distribution.ext_modules = []


class OptionalBuild(build_ext):
    """Builds extensions as usual, but on more than one core and not twice from the same sources; or builds none."""

    def finalize_options(self) -> None:
        """Leave out the extensions where plain Python was asked for."""
        leave_out_extensions(self.distribution)
        super().finalize_options()

    def build_extension(self, ext: Extension) -> None:
        """Write the table in C, then take what was built of these sources before, or build it."""
        # in a process of its own, because this one has only the packages of the build, and no `autograd`
        here = {"PYTHONPATH": str(ROOT), "CHALKGRAD_ENGINE": "python"}
        subprocess.run([sys.executable, "-m", "autograd.native.table_in_c"], env=os.environ | here, check=True)
        if not getattr(self.compiler, "initialized", True):
            self.compiler.initialize()  # Microsoft's, which is looked for only then
        built = Path(self.get_ext_fullpath(ext.name))
        built.parent.mkdir(parents=True, exist_ok=True)
        kept = KEPT / f"{self.name_of_inputs(ext)}{built.suffix}"
        if self.force or not kept.exists():
            at_link_time = self.at_link_time()
            try:
                self.compile(ext, built, at_link_time)
            except CCompilerError:
                if not at_link_time:
                    raise
                self.compile(ext, built, [])  # by a compiler that lacks its plugin for that
            keep(built, kept)
        else:
            built.unlink(missing_ok=True)  # a running Python may have it loaded
            shutil.copyfile(kept, built)

    def flags(self) -> list[str]:
        """Flags that keep the compiler from rounding x * y + z once instead of twice."""
        if self.compiler.compiler_type == "msvc":
            return [WITHOUT_CHECKS.replace("-D", "/D")]
        if SANITIZERS:
            # a null pointer ends the program anyway; without these checks and -O, GCC takes a third of the time
            less = ["-fno-sanitize=null,alignment,object-size", "-O0", "-g1"]
            return ["-ffp-contract=off", f"-fsanitize={SANITIZERS}", "-DCHALKGRAD_CHECKED", *less]
        return ["-ffp-contract=off", WITHOUT_CHECKS, "-g0"]  # what a debugger needs takes a third of the time

    def at_link_time(self) -> list[str]:
        """Flags that let GCC optimise the parts of the engine side by side when it links them. No other compiler does
        that well."""
        if SANITIZERS:  # which have libraries of their own
            return [f"-fsanitize={SANITIZERS}"]
        return ["-flto=auto"] if "Free Software Foundation" in self.version_of_compiler() else []

    def version_of_compiler(self) -> str:
        """The version that the compiler prints; "" for Microsoft's, whose version is in its path, and if there is
        none."""
        program = getattr(self.compiler, "compiler_so", None)
        try:
            return subprocess.run([*program, "--version"], capture_output=True, text=True).stdout if program else ""
        except OSError:
            return ""

    def compile(self, ext: Extension, built: Path, at_link_time: list[str]) -> None:
        """Compile the files of C while Cython writes the others, and link."""
        from Cython.Build import cythonize  # here, because what was built before needs none

        def objects(sources: list[str], flags: list[str]) -> list[str]:
            folder = str(Path(self.build_temp) / Path(sources[0]).stem)  # one each: of different flags
            flags = [*ext.extra_compile_args, *self.flags(), *flags]
            return self.compiler.compile(sources, folder, include_dirs=ext.include_dirs, extra_postargs=flags)

        written = [source for source in ext.sources if source.endswith(".pyx")]
        with ThreadPoolExecutor() as threads:
            by_hand = [source for source in ext.sources if source not in written]
            kernels = [threads.submit(objects, [source], []) for source in [*by_hand, "autograd/native/table.c"]]
            (translated,) = cythonize([Extension(ext.name, written)], force=True, quiet=True)
            corrected(Path(translated.sources[0]))
            parts = objects(translated.sources, at_link_time)
            parts += [part for each in kernels for part in each.result()]
        self.compiler.link_shared_object(
            parts,
            str(built),
            extra_postargs=[*ext.extra_link_args, *(self.flags() + at_link_time if at_link_time else [])],
            export_symbols=self.get_export_symbols(ext),
            build_temp=self.build_temp,
            target_lang="c",
        )

    def name_of_inputs(self, ext: Extension) -> str:
        """A hash of all that a build depends on: the sources, the compiler and its settings, Python and Cython."""
        import Cython

        places = ("include_dirs", "library_dirs")  # which are Python's and those of its virtual environment
        compiler = {k: v for k, v in vars(self.compiler).items() if isinstance(v, (str, list)) and k not in places}
        inputs = [ext.sources, ext.extra_compile_args, ext.extra_link_args, ext.define_macros, compiler]
        inputs += [{name: os.environ.get(name) for name in SETTINGS}, self.version_of_compiler()]
        inputs += [sys.version, sys.base_prefix, platform.platform(), Cython.__version__]
        digest = hashlib.sha256(repr(inputs).encode())
        for path in sorted(HERE.iterdir()):
            if path.suffix in (".c", ".h", ".pxi", ".py", ".pyx") and path.name != "_engine.c":  # that is Cython's
                digest.update(f"\0{path.name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()[:32]


def corrected(translated: Path) -> None:
    """Correct what Cython 3.3 writes, for the case that there is no memory.

    It frees one more item of a list comprehension twice. And where a call of Python's own has failed without an error,
    as Python 3.11 may then, it looks for the error at NULL.
    """
    text = translated.read_text(encoding="utf-8")
    appended = "int result = PyList_Append(list, x);\n    "
    text = text.replace(f"{appended}Py_DECREF(x);", f"{appended}if (!result) Py_DECREF(x);")
    caught = "PyObject *local_type = NULL, *local_value, *local_tb = NULL;\n"
    text = text.replace(caught, f"{caught}    if (unlikely(!PyErr_Occurred())) PyErr_NoMemory();\n")
    translated.write_text(text, encoding="utf-8")


def keep(built: Path, kept: Path) -> None:
    """Keep what was built, and the newest of the others, for other Pythons and branches. A file is there whole or not
    at all."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    unfinished = kept.with_name(f"{os.getpid()}.unfinished")
    shutil.copyfile(built, unfinished)
    os.replace(unfinished, kept)
    newest = sorted(KEPT.glob(f"*{kept.suffix}"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in newest[8:]:
        path.unlink(missing_ok=True)


class OptionalWheel(bdist_wheel):
    """Builds a wheel as usual. The name of a wheel of plain Python says that it is for every system."""

    def finalize_options(self) -> None:
        """Leave out the extensions where plain Python was asked for."""
        leave_out_extensions(self.distribution)
        super().finalize_options()
