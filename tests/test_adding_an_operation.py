"""An operation is an entry of the table and a documented name: all else takes it from there.

The worked example of the sign is done here in a copy of the package, on whichever engine serves.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import autograd

ENTRY = '''

def stable_logcosh(x: float) -> float:
    """log(cosh(x)), where cosh would overflow too."""
    return abs(x) + math.log1p(math.exp(-2 * abs(x))) - LN2


logcosh = operation("logcosh", stable_logcosh, lambda out, x: (tanh(x),))
'''

NAME = '''

def logcosh(x: N) -> N:
    """log(cosh(x)), a loss that is x²/2 near 0 and |x| - log(2) far away; it does not overflow.

    >>> logcosh(0.0)
    0.0
    """
    return table.logcosh(x)
'''

PROGRAM = """
import doctest
import math
from importlib.util import find_spec

import autograd
from autograd import Value, check_grad, compile, draw, explain, functions, grad, logcosh, no_grad, taylor
from autograd.expressions import evaluate

assert "logcosh" in autograd.__all__
assert logcosh(1000.0) == 1000.0 - math.log(2)
slope, bend = math.tanh(0.5), 1 - math.tanh(0.5) ** 2
for make in (logcosh, Value.logcosh, lambda x: evaluate("logcosh(x)", {"x": 0.5}) if x is None else x.logcosh()):
    x = Value(0.5, label="x")
    y = make(x)
    y.backward()
    assert (y.op, y.parents) == ("logcosh", (x,))
    assert abs(y.data - math.log(math.cosh(0.5))) < 1e-15
    assert x.grad == slope
assert abs(grad(grad(logcosh))(0.5) - bend) < 1e-15
assert abs(taylor(logcosh, 0.5, 2)[2] - bend / 2) < 1e-15
check_grad(logcosh, 0.5, order=2)
assert evaluate("logcosh(2*x)", {"x": 0.5}).parents[0].op == "*"
assert "logcosh(x)" in str(explain(y))
assert "logcosh" in draw(y).svg
f = compile(lambda x: logcosh(3 * x))
result = f(Value(0.25))
assert abs(result.data - math.log(math.cosh(0.75))) < 1e-15
assert f.map([0.25, 0.5], reduction="none")[1].data == logcosh(1.5)
assert "log1p" in f.to_c(0.25, name="f")
assert "log1p" in f.to_js(0.25, name="f")
if find_spec("torch"):
    import torch

    x = torch.tensor(0.25, dtype=torch.float64, requires_grad=True)
    there = f.to_torch(0.25)(torch.zeros(0, dtype=torch.float64), x)
    (slope,) = torch.autograd.grad(there, x, create_graph=True)
    (bend,) = torch.autograd.grad(slope, x)
    assert abs(float(there.detach()) - result.data) < 1e-15
    assert abs(float(slope.detach()) - 3 * math.tanh(0.75)) < 1e-15
    assert abs(float(bend) - 9 * (1 - math.tanh(0.75) ** 2)) < 1e-14
with no_grad():
    assert logcosh(Value(0.5)).parents == ()
assert doctest.run_docstring_examples(functions.logcosh, vars(functions)) is None
print("added to", autograd.__file__, "on the engine", autograd.engine_name)
"""


def added(path: Path, before: str, text: str) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count(before) == 1
    path.write_text(source.replace(before, text + before), encoding="utf-8")


def test_an_operation_is_an_entry_and_a_name(tmp_path):
    package = Path(autograd.__file__).parent
    shutil.copytree(package, tmp_path / "autograd", ignore=shutil.ignore_patterns("__pycache__", "*.c"))
    added(tmp_path / "autograd/derivatives.py", "\n\ndef stable_gelu", ENTRY)
    added(tmp_path / "autograd/functions.py", "\n\n# Selections", NAME)
    added(tmp_path / "autograd/functions.py", '    "logsumexp",\n', '    "logcosh",\n')
    environment = os.environ | {"CHALKGRAD_ENGINE": autograd.engine_name, "PYTHONPATH": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", PROGRAM], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == f"added to {tmp_path / 'autograd/__init__.py'} on the engine {autograd.engine_name}"
