"""Pictures in a real notebook: a cell that ends in one shows it."""

import xml.etree.ElementTree as ElementTree

import pytest

from tests.helpers.notebook import run_notebook

pytestmark = [pytest.mark.once, pytest.mark.slow]


def test_a_cell_that_ends_in_a_drawing_shows_the_picture(tmp_path):
    shown = run_notebook(
        [
            "from autograd import Value, draw",
            "a, b = Value(2.0, label='a'), Value(-3.0, label='b'); c = a * b; c.backward()",
            "draw(c)",
            "c",
        ],
        tmp_path,
    )
    assert [len(outputs) for outputs in shown] == [0, 0, 1, 1]
    svg = ElementTree.fromstring(shown[2][0]["image/svg+xml"])
    texts = {element.text for element in svg.iter("{http://www.w3.org/2000/svg}text")}
    assert {"a", "data 2", "grad −3", "b", "data −3", "grad 2", "×", "data −6", "grad 1"} <= texts
    assert shown[3][0]["text/plain"] == "Value(data=-6.0, grad=1.0)"


def test_an_error_in_a_cell_fails_the_test(tmp_path):
    with pytest.raises(AssertionError, match="'log' is not defined"):
        run_notebook(["from autograd import Value", "Value(0.0).log()"], tmp_path)
