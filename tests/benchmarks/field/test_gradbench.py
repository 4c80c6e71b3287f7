"""The tool speaks GradBench's protocol, and answers what is known otherwise: a session of messages with each module."""

import cmath
import json
import math
import subprocess
import sys

import numpy as np
import pytest
import scipy.special

from tests.benchmarks.field import ba, gmm, lstm
from tests.benchmarks.field.libraries import Scalars

pytestmark = pytest.mark.once

RNG = np.random.default_rng(1)


@pytest.fixture(scope="module", params=[[], ["--eager"]], ids=["compiled", "eager"])
def tool(request):
    """A session that has begun: sends a message, and answers the response."""
    command = [sys.executable, "-m", "tests.benchmarks.field.gradbench", *request.param]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    sent = 0

    def send(**message):
        nonlocal sent
        process.stdin.write(json.dumps({"id": sent} | message) + "\n")
        process.stdin.flush()
        response = json.loads(process.stdout.readline())
        assert response["id"] == sent
        sent += 1
        return response

    assert send(kind="start", eval="test")["tool"] == "chalkgrad"
    yield send
    process.stdin.close()
    assert process.wait() == 0
    process.stdout.close()


def output(tool, module, function, given):
    assert tool(kind="define", module=module)["success"]
    response = tool(kind="evaluate", module=module, function=function, input=given)
    assert response["success"], response["error"]
    tool(kind="analysis", of=response["id"], valid=True)
    return response["output"]


def complex_step(f, xs):
    """The gradient of a program of numbers that may be complex."""
    return [f([x + 1e-30j * (i == j) for j, x in enumerate(xs)]).imag / 1e-30 for i in range(len(xs))]


COMPLEX = Scalars(cmath, larger=lambda x, y: x if x.real > y.real else y)


def test_hello(tool):
    assert output(tool, "hello", "square", 3.0) == 9.0
    assert output(tool, "hello", "double", 3.0) == 6.0


def test_runs_are_as_many_as_asked_for_and_each_is_timed(tool):
    given = {"x": [1.0, 2.0], "min_runs": 5, "min_seconds": 0}
    timings = tool(kind="evaluate", module="lse", function="primal", input=given)["timings"]
    assert [each["name"] for each in timings] == ["prepare"] + ["evaluate"] * 5
    given |= {"min_runs": 1, "min_seconds": 0.01}
    timings = tool(kind="evaluate", module="lse", function="primal", input=given)["timings"]
    assert sum(each["nanoseconds"] for each in timings[1:]) >= 0.01e9


def test_what_it_does_not_know_it_says(tool):
    assert tool(kind="define", module="ht") == {"id": pytest.approx(0, abs=1e9), "success": False}
    assert not tool(kind="evaluate", module="lse", function="hessian", input={})["success"]
    missing = tool(kind="evaluate", module="lse", function="primal", input={})
    assert not missing["success"]
    assert "KeyError" in missing["error"]
    assert tool(kind="evaluate", module="hello", function="double", input=1.0)["output"] == 2.0  # and goes on


def test_lse(tool):
    given = {"x": [1.0, 2.0, -800.0]}
    assert output(tool, "lse", "primal", given) == pytest.approx(scipy.special.logsumexp(given["x"]))
    assert output(tool, "lse", "gradient", given) == pytest.approx(scipy.special.softmax(given["x"]))


def test_llsq(tool):
    given = {"x": [0.5, -1.0, 0.25], "n": 8}
    t = np.linspace(-1, 1, 8)
    powers = np.vander(t, 3, increasing=True)
    error = np.sign(t) - powers @ given["x"]
    assert output(tool, "llsq", "primal", given) == pytest.approx(error @ error / 2)
    assert output(tool, "llsq", "gradient", given) == pytest.approx(-powers.T @ error)


def test_ode(tool):
    given = {"x": [1.5, -0.5, 2.0], "s": 4}
    expected = [math.prod(given["x"][: i + 1]) * 2 ** (i + 1) / math.factorial(i + 1) for i in range(3)]
    assert output(tool, "ode", "primal", given) == pytest.approx(expected)
    assert output(tool, "ode", "gradient", given) == pytest.approx([expected[-1] / x for x in given["x"]])


def test_det(tool):
    matrix = RNG.normal(size=(4, 4))
    given = {"A": matrix.ravel().tolist(), "ell": 4}
    assert output(tool, "det", "primal", given) == pytest.approx(np.linalg.det(matrix))
    assert output(tool, "det", "gradient", given) == pytest.approx(
        (np.linalg.det(matrix) * np.linalg.inv(matrix).T).ravel()
    )


def test_kmeans(tool):
    points = RNG.random((20, 2))
    centres = points[-3:]
    distances = ((points[:, None] - centres[None]) ** 2).sum(2)
    nearest = distances.argmin(1)
    means = np.array([points[nearest == c].mean(0) for c in range(3)])  # Newton's step leads there
    given = {"points": points.tolist(), "centroids": centres.tolist()}
    assert output(tool, "kmeans", "cost", given) == pytest.approx(distances.min(1).sum())
    assert np.array(output(tool, "kmeans", "dir", given)) == pytest.approx(centres - means)


def test_gmm(tool):
    k, d, n = 2, 3, 4
    parts = {"alpha": (k,), "mu": (k, d), "q": (k, d), "l": (k, d * (d - 1) // 2), "x": (n, d)}
    given = {name: RNG.normal(size=shape).tolist() for name, shape in parts.items()}
    given |= {"d": d, "k": k, "n": n, "m": 2, "gamma": 0.7}
    flat = [np.ravel(given[name]).tolist() for name in ("alpha", "mu", "q", "l")]
    problem = gmm.of(*flat, given["x"], 2, 0.7)
    value, gradient = problem.by_hand(np.array(problem.inputs), np.array(given["x"]), *problem.data[1:])
    assert output(tool, "gmm", "objective", given) == pytest.approx(value)
    found = output(tool, "gmm", "jacobian", given)
    assert list(found) == ["alpha", "mu", "q", "l"]
    assert np.concatenate([np.ravel(each) for each in found.values()]) == pytest.approx(gradient)
    assert np.shape(found["l"]) == (k, 3)


def test_lstm(tool):
    layers, bits = 2, 3
    main, extra, state = RNG.random((2 * layers, 4 * bits)), RNG.random((3, bits)), RNG.random((2 * layers, bits))
    sequence = RNG.integers(0, 2, (4, bits)).astype(float)
    names = ("main_params", "extra_params", "state", "sequence")
    given = {name: x.tolist() for name, x in zip(names, (main, extra, state, sequence))}
    problem = lstm.of(main.ravel().tolist(), extra.ravel().tolist(), state.tolist(), sequence.tolist())
    expected = complex_step(lambda xs: problem.scalars(xs, COMPLEX), problem.inputs)
    assert output(tool, "lstm", "objective", given) == pytest.approx(problem.scalars(problem.inputs, COMPLEX).real)
    assert output(tool, "lstm", "jacobian", given) == pytest.approx(expected)


def test_ba(tool):
    n, m, p = 2, 3, 12
    one = [0.02, -0.03, 0.04, 0.1, -0.1, -5.0, 0.9, 0.01, -0.02, 0.05, -0.01]
    x, w, feat = [0.3, 0.4, 0.5], 0.8, [0.1, -0.2]
    given = {"n": n, "m": m, "p": p, "cam": one, "x": x, "w": w, "feat": feat}
    off = [each.real for each in ba.errors(one, x, w, feat, COMPLEX)]
    assert output(tool, "ba", "objective", given) == {
        "reproj_error": {"elements": pytest.approx(off), "repeated": p},
        "w_err": {"element": pytest.approx(1 - w * w), "repeated": p},
    }
    both = [
        complex_step(lambda v, i=i: ba.errors(v[:11], v[11:14], v[14], feat, COMPLEX)[i], [*one, *x, w])
        for i in range(2)
    ]
    found = output(tool, "ba", "jacobian", given)
    assert found["vals"] == pytest.approx([*both[0], *both[1], -2 * w])
    assert found["cols"] == [*range(11), *range(22, 25), 31] * 2 + [22 + 9 + p - 1]
    assert found["rows"] == [*range(0, 15 * 2 * p, 15), *range(360, 366), 372]


@pytest.mark.parametrize("tool", [[]], ids=["compiled"], indirect=True)  # eager it takes long
@pytest.mark.parametrize("function", ["fr", "rf"])
@pytest.mark.slow
def test_nested(tool, function):
    assert output(tool, "saddle", function, {"start": [1.0, 1.0]}) == pytest.approx([8.246324826140356e-06] * 4)
