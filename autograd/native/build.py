"""Builds the native engine where a compiler is; without one, or with CHALKGRAD_PURE=1, the textbook engine serves."""

import os
import subprocess
import sys
from pathlib import Path

from setuptools import Distribution, Extension
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext


def leave_out_extensions(distribution: Distribution) -> None:
    """Where plain Python was asked for."""
    if os.environ.get("CHALKGRAD_PURE", "0") not in ("", "0"):
        distribution.ext_modules = []


class OptionalBuild(build_ext):
    """The usual build of extensions, or none."""

    def finalize_options(self) -> None:
        """Leave out the extensions where plain Python was asked for."""
        leave_out_extensions(self.distribution)
        super().finalize_options()

    def build_extension(self, ext: Extension) -> None:
        """Keep the compiler from rounding x * y + z once instead of twice, as some do where the processor can."""
        if self.compiler.compiler_type != "msvc":
            ext.extra_compile_args = [*ext.extra_compile_args, "-ffp-contract=off"]
        # in a process of its own, for this one, whose packages are those of the build, has no `autograd`
        here = {"PYTHONPATH": str(Path(__file__).parents[2]), "CHALKGRAD_ENGINE": "python"}
        subprocess.run([sys.executable, "-m", "autograd.native.table_in_c"], env=os.environ | here, check=True)
        super().build_extension(ext)


class OptionalWheel(bdist_wheel):
    """The usual wheel; one of plain Python is for every system, and says so in its name."""

    def finalize_options(self) -> None:
        """Leave out the extensions where plain Python was asked for."""
        leave_out_extensions(self.distribution)
        super().finalize_options()
