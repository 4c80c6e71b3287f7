"""Sums and products keep the order in which they were written, and zeros their signs, in lanes and in exports too."""

import ctypes
import math
import shutil
import struct
import subprocess

import pytest

import autograd
import nn
from autograd import Value

BIG = 1e20
CHAINS = {
    "to the right": lambda a, b, c, d: a + (b + (c + d)),
    "to the left": lambda a, b, c, d: ((a + b) + c) + d,
    "in pairs": lambda a, b, c, d: (a + b) + (c + d),
    "of sum()": lambda a, b, c, d: sum([a, b, c, d]),
    "with a start": lambda a, b, c, d: sum([b, c, d], a),
    "of products": lambda a, b, c, d: a * 1.0 + b * 2.0 + c * 2.0 + d * 3.0,
    "of products to the right": lambda a, b, c, d: a * 1.0 + (b * 2.0 + (c * 2.0 + d * 3.0)),
    "of products from a number on": lambda a, b, c, d: sum([b * 2.0, c * 2.0, d * 2.0], a),
    "of products and numbers": lambda a, b, c, d: a + b * 2.0 + c * 2.0 + d + a * 0.5,
    "of a dot and a number": lambda a, b, c, d: autograd.dot([b, c], [2.0, 2.0]) + a + d,
    "of two dots": lambda a, b, c, d: autograd.dot([b, c], [2.0, 2.0]) + autograd.dot([a, d], [1.0, 2.0]) + a,
    "of differences": lambda a, b, c, d: a - (b - (c - d)) + (a + c),
}
POINTS = [
    (1.0, BIG, -BIG, 0.5),
    (BIG, 1.0, -BIG, 3.0),
    (1e-8, 1.0, -1.0, 1e-9),
    (0.1, 0.2, 0.3, 0.4),
    (BIG, -BIG, 1.0, -1.0),
]


def bits(x: float) -> bytes:
    return struct.pack("d", x)


@pytest.mark.parametrize("name", CHAINS)
def test_a_chain_is_added_as_it_was_written(name) -> None:
    function = CHAINS[name]
    compiled = autograd.compile(function)
    for point in POINTS:
        xs = [Value(x) for x in point]
        expected = function(*xs)
        expected.backward()
        again = [Value(x) for x in point]
        found = compiled(*again)
        found.backward()
        assert bits(found.data) == bits(expected.data) == bits(compiled(*point).data)
        assert [x.grad for x in again] == [x.grad for x in xs]


@pytest.mark.parametrize("name", CHAINS)
def test_a_chain_is_added_as_it_was_written_in_rows(name) -> None:
    function = CHAINS[name]
    with autograd.no_grad():
        found = autograd.compile(function).map(*zip(*POINTS * 5), reduction="none")
    expected = [function(*[Value(x) for x in point]).data for point in POINTS * 5]
    assert [x.data for x in found] == expected


@pytest.mark.parametrize("name", CHAINS)
def test_a_chain_is_added_as_it_was_written_in_jax_and_pytorch(name) -> None:
    torch, jax = pytest.importorskip("torch"), pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    function = CHAINS[name]
    compiled = autograd.compile(function)
    for point in POINTS:
        expected = function(*[Value(x) for x in point]).data
        for exported in (compiled.to_jax(*point), compiled.to_torch(*point)):
            numbers = [torch.tensor(x, dtype=torch.float64) if exported._a.name == "PyTorch" else x for x in point]
            assert float(exported([], *numbers)) == expected


@pytest.mark.skipif(not shutil.which("gcc"), reason="there is no C compiler")
def test_chains_are_added_as_they_were_written_in_c(tmp_path) -> None:
    sources = []
    for k, function in enumerate(CHAINS.values()):
        sources.append(autograd.compile(function).to_c(*POINTS[3], name=f"f{k}"))
    for k, source in enumerate(sources):  # one file of C each
        (tmp_path / f"f{k}.c").write_text(source)
        library = tmp_path / f"f{k}.so"
        subprocess.run(
            [
                "gcc",
                "-std=c99",
                "-O1",
                "-ffp-contract=off",
                "-shared",
                "-fPIC",
                "-o",
                library,
                tmp_path / f"f{k}.c",
                "-lm",
            ],
            check=True,
        )
        value = ctypes.CDLL(str(library))[f"f{k}_value"]
        for point in POINTS:
            outputs, work = (ctypes.c_double * 1)(), (ctypes.c_double * 1000)()
            assert value((ctypes.c_double * 1)(), (ctypes.c_double * 4)(*point), outputs, work) == 0
            expected = list(CHAINS.values())[k](*[Value(x) for x in point]).data
            assert bits(outputs[0]) == bits(expected), list(CHAINS)[k]


ZEROS = {
    "a sum with 0.0": lambda x, y: autograd.atan2(x + 0.0, -1.0),
    "0.0 and a sum": lambda x, y: autograd.atan2(0.0 + x, -1.0),
    "a difference with 0.0": lambda x, y: autograd.atan2(x - 0.0, -1.0),
    "0 less a number": lambda x, y: autograd.atan2(0 - x, -1.0),
    "the negative": lambda x, y: autograd.atan2(-x, -1.0),
    "a product with 1": lambda x, y: autograd.atan2(x * 1, -1.0),
    "a product with 0": lambda x, y: autograd.atan2(x * 0, -1.0),
    "a power by 1": lambda x, y: autograd.atan2(x**1, -1.0),
    "a root as a power": lambda x, y: autograd.atan2(abs(x) ** 0.5, -1.0),
    "a power by 3": lambda x, y: autograd.atan2(x**3, -1.0),
    "a power by 5": lambda x, y: autograd.atan2(x**5, -1.0),
    "the absolute": lambda x, y: autograd.atan2(abs(x), -1.0),
    "tanh": lambda x, y: autograd.atan2(autograd.tanh(x), -1.0),
    "the square root": lambda x, y: autograd.atan2(autograd.sqrt(abs(x)), -1.0),
    "relu": lambda x, y: autograd.atan2(autograd.relu(x), -1.0),
    "a dot of one": lambda x, y: autograd.atan2(autograd.dot([x], [1.0]), -1.0),
    "a dot of three": lambda x, y: autograd.atan2(autograd.dot([x, x, x], [1.0, 2.0, 3.0]), -1.0),
    "a sum": lambda x, y: autograd.atan2(autograd.sum([x, x, x]), -1.0),
    "products": lambda x, y: autograd.atan2(x * 2.0 + x * 3.0 + x * 1.0, -1.0),
    "the largest": lambda x, y: autograd.atan2(autograd.max([x, -1.0]), -1.0),
    "the smallest": lambda x, y: autograd.atan2(autograd.min([x, 5.0]), -1.0),
}


@pytest.mark.parametrize("name", ZEROS)
def test_zeros_keep_their_signs(name) -> None:
    function = ZEROS[name]
    compiled = autograd.compile(function)
    points = [(0.0, 1.0), (-0.0, 1.0), (-0.0, -1.0), (0.5, 2.0)] * 3
    expected = [function(Value(x), Value(y)).data for x, y in points]
    assert [compiled(x, y).data for x, y in points] == expected
    with autograd.no_grad():
        assert [x.data for x in compiled.map(*zip(*points), reduction="none")] == expected


def test_a_sum_of_one_term_keeps_its_operand() -> None:
    for function in (
        lambda x, y: autograd.sum([abs(x)]) + y,
        lambda x, y: autograd.sum([x * y]) + autograd.sum([autograd.sum([x])]),
        lambda x, y: autograd.sum([autograd.sum([x * x, y * y])]) + x,
        lambda x, y: nn.cross_entropy([x, y], 0, reduction="sum") + 0.1 * x * x,
        lambda x, y: autograd.mean([autograd.sum([x + y])]) + (x + y),
    ):
        assert autograd.compile(function)(1.5, 3.0).data == pytest.approx(function(Value(1.5), Value(3.0)).data)


def test_an_overflow_within_a_function_is_an_error_where_it_is_one_eagerly() -> None:
    compiled = autograd.compile(lambda x: 1 / x**2)
    assert compiled(2.0).data == 0.25
    with pytest.raises(OverflowError):
        compiled(1e200)
    assert math.isfinite(compiled(1e100).data)
