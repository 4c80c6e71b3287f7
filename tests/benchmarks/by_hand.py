"""The GPT's training step by gpt_by_hand.c, compiled for this processor: derivatives by hand, in single precision."""

import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

from tests.benchmarks import gpt

SOURCE = Path(__file__).with_name("gpt_by_hand.c")


def gpt_step() -> Callable[[], object] | None:
    """A function that takes one training step on the next name; None where there is no C compiler."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        # compiled and linked in two steps: a library that is linked with -ffast-math rounds all tiny numbers of its
        # process to 0 from then on
        library, compiled = Path(folder) / "gpt.so", Path(folder) / "gpt.o"
        flags = ["-O3", "-march=native", "-ffast-math", "-fPIC"]
        subprocess.run([compiler, *flags, "-c", str(SOURCE), "-o", str(compiled)], check=True)
        subprocess.run([compiler, "-shared", str(compiled), "-o", str(library), "-lm"], check=True)
        made = ctypes.CDLL(str(library))
    numbers = [x for rows in gpt.weights().values() for row in rows for x in row]
    made.set((ctypes.c_double * len(numbers))(*numbers))
    made.train.restype = ctypes.c_float
    made.train.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_float, ctypes.c_int]
    queue, step = cycle(gpt.names()), 0

    def run() -> float:
        nonlocal step
        tokens = gpt.numbered(next(queue))
        step += 1
        n = len(tokens)
        return float(made.train(n - 1, (ctypes.c_int * n)(*tokens), gpt.rate(step - 1), step))

    return run
