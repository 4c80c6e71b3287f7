"""Two engines, one behaviour: what the tests show of one holds for the other, and their numbers agree bit for bit."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import autograd

ROOT = Path(__file__).parents[2]


def run(engine, *arguments):
    environment = os.environ | {"CHALKGRAD_ENGINE": engine}
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)


def test_the_same_tests_pass_on_the_textbook_engine(textbook_run):
    status, output = textbook_run
    if status:
        said = output[max(0, output.find("\n=")) :]  # what stands before are dots; all of it if pytest itself has died
        pytest.fail(f"{said}\nits status was {status}", pytrace=False)


@pytest.mark.skipif(autograd.engine_name == "python", reason="the native engine was not built here")
@pytest.mark.skipif(bool(os.environ.get("CHALKGRAD_ENGINE")), reason="this is a run on one engine alone")
def test_both_engines_agree_to_the_last_bit(in_full):
    trace = ["-m", "tests.native.traces", *["--all"] * in_full]
    with ThreadPoolExecutor() as side_by_side:
        traces = list(side_by_side.map(lambda engine: run(engine, *trace), ("native", "python")))
    assert [trace.returncode for trace in traces] == [0, 0], traces[0].stderr[-5000:] + traces[1].stderr[-5000:]
    native, textbook = (trace.stdout.splitlines() for trace in traces)
    assert len(native) > 5_000
    differences = [pair for pair in zip(native, textbook, strict=True) if pair[0] != pair[1]]
    assert not differences, differences[:10]


def test_the_engine_can_be_chosen_and_says_which_it_is():
    assert run("python", "-c", "import autograd; print(autograd.engine_name)").stdout.strip() == "python"
    if autograd.engine_name == "native":
        assert run("native", "-c", "import autograd; print(autograd.engine_name)").stdout.strip() == "native"


def test_an_engine_that_is_not_there_is_an_error_in_words(tmp_path):
    unknown = run("fast", "-c", "import autograd")
    assert "ValueError: CHALKGRAD_ENGINE is 'python' or 'native', got 'fast'" in unknown.stderr
    code = "import sys; sys.modules['autograd.native._engine'] = None; import autograd"
    missing = run("native", "-c", code)
    assert "ImportError: CHALKGRAD_ENGINE=native asks for the native engine, which is not built here" in missing.stderr
