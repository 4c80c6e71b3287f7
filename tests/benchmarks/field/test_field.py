"""The field's evaluations: values and gradients, eager and compiled, beside independent computations of the same."""

import math
from functools import partial

import numpy as np
import pytest
import scipy.special
import scipy.stats
from mpmath import mp

import autograd
from autograd import Value, grad
from tests.benchmarks.field import (
    ba,
    black_scholes,
    burgers,
    det,
    fastest,
    gmm,
    hello,
    heston,
    kmeans,
    llsq,
    lse,
    lstm,
    ode,
    particle,
    saddle,
)
from tests.benchmarks.field.libraries import floats, numpy_like, ours, torch_arrays

SMALL = {
    "hello": hello.problem(),
    "gmm": gmm.problem(6, 3, 3),
    "gmm in one dimension": gmm.of([0.1, -0.2], [0.3, 0.4], [0.5, -0.6], [], [[0.7], [-0.8], [0.9]], 2, 0.5),
    "ba": ba.problem(2, 3, 5),
    "lstm": lstm.problem(2, 4, 3),
    "lse": lse.problem(20),
    "llsq": llsq.problem(9, 5),
    "ode": ode.problem(5, 3),
    "det": det.problem(4),
    "kmeans": kmeans.problem(12, 3, 2),
    "fastest": fastest.problem(43, 40),
    "Black–Scholes": black_scholes.problem(),
    "Heston": heston.problem(24),
    "Burgers": burgers.problem(8, 5),
}


def eager(problem):
    xs = [Value(x) for x in problem.inputs]
    result = problem.scalars(xs, ours())
    result.backward()
    return result.data, [x.grad for x in xs]


def close(result, value, gradient, rel=1e-11):
    largest = max(map(abs, gradient))
    assert largest > 1e-6  # or nothing is compared
    assert result[0] == pytest.approx(value, rel=rel)
    assert result[1] == pytest.approx(gradient, abs=rel * largest)


@pytest.mark.parametrize("name", SMALL)
def test_compiled_is_eager(name):
    problem, m = SMALL[name], ours()
    xs = [Value(x) for x in problem.inputs]
    value = autograd.compile(lambda xs: problem.scalars(xs, m)).value_and_grad(xs)
    close((value, [x.grad for x in xs]), *eager(problem), rel=1e-13)


@pytest.mark.parametrize("name", [name for name, problem in SMALL.items() if problem.by_hand])
def test_derivatives_by_hand_are_the_same(name):
    problem = SMALL[name]
    data = [np.array(each) if isinstance(each, list) else each for each in problem.data]
    value, gradient = problem.by_hand(np.array(problem.inputs), *data)
    close(eager(problem), value, gradient.tolist())


@pytest.mark.parametrize("name", [name for name, problem in SMALL.items() if problem.arrays])
def test_pytorch_finds_the_same_in_arrays(name):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    x = torch.tensor(SMALL[name].inputs, dtype=torch.float64, requires_grad=True)
    value = SMALL[name].arrays(x, torch_arrays())
    value.backward()
    close(eager(SMALL[name]), value.item(), x.grad.tolist())


@pytest.mark.parametrize("name", [name for name, problem in SMALL.items() if problem.arrays])
def test_numpy_finds_the_same_values_in_arrays(name):
    problem = SMALL[name]
    assert problem.arrays(np.array(problem.inputs), numpy_like(np)) == pytest.approx(eager(problem)[0], rel=1e-11)


@pytest.mark.parametrize("name", SMALL)
def test_plain_numbers_give_the_same_value(name):
    problem = SMALL[name]
    assert problem.scalars(problem.inputs, floats()) == pytest.approx(eager(problem)[0], rel=1e-12)


# What else is known of each


def test_lse_is_that_of_scipy():
    problem = SMALL["lse"]
    close(eager(problem), scipy.special.logsumexp(problem.inputs), scipy.special.softmax(problem.inputs).tolist())


def test_det_is_that_of_an_elimination_and_its_gradient_the_adjugate():
    problem = SMALL["det"]
    matrix = np.array(problem.inputs).reshape(4, 4)
    determinant = np.linalg.det(matrix)
    close(eager(problem), determinant, (determinant * np.linalg.inv(matrix).T).ravel().tolist())


def test_gmm_is_the_posterior_that_scipy_computes_with_covariances():
    k, d, points, freedom, gamma = 2, 3, np.array([[0.1, 0.5, -0.3], [1.0, -0.7, 0.2]]), 2, 0.8
    rng = np.random.default_rng(1)
    alpha, mu, q, low = rng.normal(size=k), rng.normal(size=(k, d)), rng.normal(size=(k, d)), rng.normal(size=(k, 3))
    posterior = 0.0
    precisions = []
    for c in range(k):
        lower = np.array([[0, 0, 0], [low[c, 0], 0, 0], [low[c, 1], low[c, 2], 0]]) + np.diag(np.exp(q[c]))
        precisions.append(lower.T @ lower)
        prior = scipy.stats.wishart(df=d + freedom + 1, scale=np.eye(d) / gamma**2)
        posterior += prior.logpdf(precisions[c])
    probabilities = scipy.special.softmax(alpha)
    for x in points:
        densities = [scipy.stats.multivariate_normal(mu[c], np.linalg.inv(precisions[c])).pdf(x) for c in range(k)]
        posterior += math.log(probabilities @ densities)
    problem = gmm.of(alpha.tolist(), mu.ravel().tolist(), q.ravel().tolist(), low.ravel().tolist(), points.tolist(),
                     freedom, gamma)  # fmt: skip
    assert eager(problem)[0] == pytest.approx(posterior, rel=1e-10)


def test_ode_is_the_solution_where_the_method_is_exact():
    xs = [1.5, -0.5, 2.0, 0.7]  # y of degree 4 at most: y3 = x0 x1 x2 x3 t⁴ / 4!
    value = math.prod(xs) * 2**4 / math.factorial(4)
    close(eager(ode.of(xs, 3)), value, [value / x for x in xs])


def test_llsq_is_least_where_numpy_finds_the_least():
    ts = np.linspace(-1, 1, 9)
    best = np.linalg.lstsq(np.vander(ts, 5, increasing=True), np.sign(ts), rcond=None)[0]
    _, gradient = eager(llsq.of(best.tolist(), 9))
    assert gradient == pytest.approx([0] * 5, abs=1e-12)


def test_ba_turns_as_scipy_does():
    from scipy.spatial.transform import Rotation

    rotation, v = [0.3, -0.5, 0.7], [1.0, 2.0, -0.5]
    assert ba.rotated(rotation, v, floats()) == pytest.approx(Rotation.from_rotvec(rotation).apply(v))


def test_black_scholes_by_mpmath():
    def price(spot, strike, rate, volatility, years):
        spread = volatility * mp.sqrt(years)
        d1 = (mp.log(spot / strike) + rate * years) / spread + spread / 2
        return spot * mp.ncdf(d1) - strike * mp.exp(-rate * years) * mp.ncdf(d1 - spread)

    xs = SMALL["Black–Scholes"].inputs
    with mp.workdps(40):
        expected = [mp.diff(price, tuple(xs), n=tuple(int(i == j) for j in range(5))) for i in range(5)]
        close(eager(SMALL["Black–Scholes"]), float(price(*xs)), [float(x) for x in expected], rel=1e-12)


def test_heston_without_randomness_of_the_volatility_is_black_and_scholes():
    spot, strike, rate, years, variance = 100.0, 105.0, 0.03, 0.75, 0.06
    problem = heston.problem(64)
    nearly = [spot, strike, rate, years, variance, variance, 1.5, 1e-4, 0.0]
    expected = black_scholes.problem(spot, strike, rate, math.sqrt(variance), years)
    assert problem.scalars(nearly, floats()) == pytest.approx(expected.scalars(expected.inputs, floats()), abs=1e-5)


def test_heston_by_an_adaptive_integral_in_complex_numbers():
    """Gatheral's form, integrated by mpmath."""
    problem = heston.problem(128)
    spot, strike, rate, years, v0, mean, speed, sigma, rho = problem.inputs

    def characteristic(u):
        drift = speed - rho * sigma * 1j * u
        d = mp.sqrt(drift**2 + sigma**2 * (1j * u + u**2))
        g, decay = (drift - d) / (drift + d), mp.exp(-d * years)
        c = (drift - d) / sigma**2 * (1 - decay) / (1 - g * decay)
        e = speed / sigma**2 * ((drift - d) * years - 2 * mp.log((1 - g * decay) / (1 - g)))
        return mp.exp(e * mean + c * v0 + 1j * u * (mp.log(spot) + rate * years))

    def integrand(u, shift):
        scale = characteristic(-1j) if shift else 1
        return mp.re(mp.exp(-1j * u * mp.log(strike)) * characteristic(u - (1j if shift else 0)) / (1j * u * scale))

    first, second = (0.5 + mp.quad(partial(integrand, shift=s), [0, 10, 40, 100]) / mp.pi for s in (True, False))
    price = spot * first - strike * mp.exp(-rate * years) * second
    assert problem.scalars(problem.inputs, floats()) == pytest.approx(float(price), abs=1e-8)


def test_a_wave_keeps_its_mass():
    problem = burgers.problem(8, 5)
    wanted, steps, carried, spread = problem.data
    u = np.array(problem.inputs) + 0.3
    for _ in range(steps):
        before, after = np.roll(u, 1), np.roll(u, -1)
        u = u + spread * (before - 2 * u + after) - carried * (after**2 - before**2)
    assert u.sum() == pytest.approx(8 * 0.3)
    assert problem.scalars(list(np.array(problem.inputs) + 0.3), floats()) == pytest.approx(
        0.5 * ((u - np.array(wanted)) ** 2).sum()
    )


# Gradients within


def forward(f):
    """The gradient of a function by its first argument, forward."""

    def gradient(x, *others):
        units = [[float(i == j) for j in range(len(x))] for i in range(len(x))]
        return [autograd.jvp(lambda x: f(x, *others), (x,), (unit,))[1] for unit in units]

    return gradient


WAYS = {"reverse": grad, "forward": forward, "compiled": lambda f: autograd.compile(grad(f))}


def miss(w):
    """The particle with forces by hand, in plain or complex numbers."""
    x, y, vx, vy = 0.0, 8.0, 0.75, 0.0
    while True:
        pull_x = pull_y = 0.0
        for charge in (10 - w, 0.0):
            cube = ((x - 10) ** 2 + (y - charge) ** 2) ** 1.5
            pull_x, pull_y = pull_x + (x - 10) / cube, pull_y + (y - charge) / cube
        new_x, new_y = x + 0.1 * vx, y + 0.1 * vy
        if new_y.real <= 0:
            return (x - y / vy * vx) ** 2
        x, y, vx, vy = new_x, new_y, vx + 0.1 * pull_x, vy + 0.1 * pull_y


@pytest.mark.parametrize("way", WAYS)
def test_the_particle_flies_as_by_hand_and_its_derivative_is_a_complex_step(way):
    missed = particle.made(WAYS[way], ours())
    value, slope = autograd.value_and_grad(missed)([0.5])
    assert value == pytest.approx(miss(0.5), rel=1e-12)
    assert slope == pytest.approx([miss(0.5 + 1e-30j).imag / 1e-30], rel=1e-10)


@pytest.mark.parametrize("way", ["reverse", "compiled", pytest.param("forward", marks=pytest.mark.slow)])
def test_the_saddle_is_found_as_with_derivatives_by_hand(way):
    def twice(f):
        return lambda x, *others: [2 * each for each in x]

    outer = grad if way == "compiled" else WAYS[way]
    found = saddle.found([1.0, 0.5], outer, WAYS[way], ours(), small=1e-2)
    assert found == pytest.approx(saddle.found([1.0, 0.5], twice, twice, floats(), small=1e-2), rel=1e-12)
    assert max(map(abs, found)) < 0.2


@pytest.mark.slow
def test_the_published_results_of_the_nested_evaluations():
    """Those that GradBench expects of every library."""
    inside = WAYS["compiled"]
    assert particle.found([0.0], grad, inside, ours()) == pytest.approx([0.2071918746486116], rel=1e-9)
    assert saddle.found([1.0, 1.0], grad, inside, ours()) == pytest.approx([8.246324826140356e-06] * 4, rel=1e-9)
