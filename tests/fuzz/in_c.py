"""Runs what was exported to C: many functions by one call of the compiler."""

import ctypes
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

HOW = ["-std=c99", "-O0", "-ffp-contract=off", "-shared", "-fPIC"]
OK, GUARD_MISSED, NOT_FINITE = range(3)


class InC:
    """Functions in C. sources: what to_c(…, name=name) writes, by its name."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder, f"{name}.c") for name in sources]
            for file, source in zip(files, sources.values()):
                file.write_text(source)
            subprocess.run(["gcc", *HOW, "-o", f"{folder}/all.so", *files, "-lm"], check=True)
            self._library = ctypes.CDLL(f"{folder}/all.so")

    def gradient(self, name: str, inputs: Sequence[float]) -> tuple[int, float, list[float]]:
        """What a function of one output answers: its status, its value, and its gradient by the inputs."""
        room, n = ctypes.c_double * 10_000, max(1, len(inputs))
        output, slopes = (ctypes.c_double * 1)(), (ctypes.c_double * n)()
        parameters = (ctypes.c_double * 1).in_dll(self._library, f"{name}_parameters")
        call = getattr(self._library, f"{name}_gradient")
        status = call(parameters, (ctypes.c_double * n)(*inputs), None, output, room(), slopes, room())
        return status, output[0], list(slopes[: len(inputs)])
