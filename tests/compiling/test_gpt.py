"""The GPT of microgpt trains compiled as it does by derivatives by hand, and in plain Python without any library."""

import sys

import pytest

from tests.benchmarks import by_hand, gpt, programs
from tests.benchmarks.engines import Plain, SpelledOut

pytest.importorskip("numpy")


def test_it_has_the_parameters_of_microgpt():
    assert sum(m * n for m, n in gpt.SHAPES.values()) == 4192


def test_its_losses_are_those_of_derivatives_by_hand(in_full):
    ours, theirs = programs.gpt_compiled(gpt.names())[1], programs.gpt_in_numpy()
    steps = 100 if in_full else 12
    assert [ours() for _ in range(steps)] == pytest.approx([theirs() for _ in range(steps)], abs=1e-9)


@pytest.mark.slow
def test_its_losses_are_those_of_plain_python_for_a_hundred_steps():
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(200_000)
    try:
        ours, theirs = programs.gpt_compiled(gpt.names())[1], gpt.scalar_step(SpelledOut(Plain), adam=True)
        for _ in range(100):
            assert ours() == pytest.approx(theirs(), abs=1e-9)
    finally:
        sys.setrecursionlimit(before)


def test_the_program_in_c_that_it_is_measured_beside_does_the_same():
    theirs = by_hand.gpt_step()
    if theirs is None:
        pytest.skip("there is no C compiler, cc")
    ours = programs.gpt_in_numpy()
    assert [theirs() for _ in range(30)] == pytest.approx([ours() for _ in range(30)], abs=1e-4)  # in single precision
