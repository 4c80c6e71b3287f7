"""The vector kernels give the numbers of plain loops, on this processor and on an emulated one of 64-bit ARM."""

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

import autograd

HERE = Path(__file__).parent
KERNELS = Path(autograd.__file__).parent / "native"

pytestmark = pytest.mark.once


def what_it_prints(folder, compiler, *emulator, flags=()):
    """The lines of kernels.c, compiled like the engine: what is wrong, or how many results were compared."""
    program = folder / "kernels"
    settings = ["-O1", "-fwrapv", "-ffp-contract=off", *flags]
    subprocess.run([compiler, *settings, f"-I{KERNELS}", HERE / "kernels.c", "-o", program, "-lm"], check=True)
    return subprocess.run([*emulator, program], capture_output=True, text=True).stdout.splitlines()


def found(name):
    """The path of a program, or the test is skipped."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"there is no {name} here")
    return path


def compared(lines):
    """The names of the kernels, if nothing is wrong and as much was compared for each of them."""
    assert not [line for line in lines if not line.split(": ")[-1].isdigit()]
    names, counts = zip(*[line.split(": ") for line in lines])
    assert len(set(counts)) == 1
    assert int(counts[0]) > 1_000_000
    return names


@pytest.mark.slow
def test_on_this_processor(tmp_path):
    names = compared(what_it_prints(tmp_path, found("cc")))
    assert names[-1] == ("neon" if platform.machine() in ("aarch64", "arm64") else "any")


@pytest.mark.slow
def test_on_64_bit_arm(tmp_path):
    compiler, emulator = found("aarch64-linux-gnu-gcc"), found("qemu-aarch64")
    assert compared(what_it_prints(tmp_path, compiler, emulator, flags=["-static"])) == ("neon",)
