"""Builds the native engine where a compiler is; without one, or with CHALKGRAD_PURE=1, the textbook engine serves."""

import os

from setuptools.command.build_ext import build_ext


class OptionalBuild(build_ext):
    """The usual build of extensions, or none."""

    def finalize_options(self) -> None:
        """Leave out the extensions where plain Python was asked for."""
        if os.environ.get("CHALKGRAD_PURE", "0") not in ("", "0"):
            self.distribution.ext_modules = []
        super().finalize_options()
