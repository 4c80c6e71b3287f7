"""What a recording cannot do again is refused with the line, and mistakes with arguments get their sentence."""

import random
import re

import pytest

import nn
from autograd import Value, gradients, no_grad
from autograd import functions as f
from autograd.compiling.compiler import compile
from autograd.compiling.tracing import CannotCompile

W = Value(1.5, label="w")


def reads_data(x):
    return x * W.data


def reads_a_result(x):
    y = x * W
    return y * (1 if y.data > 0 else 2)


def sets_data(x):
    W.data = 3.0
    return x * W


def reads_grad(x):
    return x * W.grad


def goes_back(x):
    y = x * W
    y.backward()
    return y


def pauses(x):
    with no_grad():
        y = x * W
    return y * W


def has_a_closure(x):
    return Value(1.0, (x,), "mine", lambda gradient: (gradient,))


def asks_for_floats(x):
    return x * gradients(x * W, W)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (reads_data, r"reads the data of a Value(?s:.*)test_refusals.py, line \d+: return x \* W.data"),
        (reads_a_result, "reads the data of a Value"),
        (sets_data, "sets the data or the grad"),
        (reads_grad, "reads the grad"),
        (goes_back, r"calls backward\(\) itself"),
        (pauses, r"within no_grad\(\)"),
        (has_a_closure, "'mine' has a local gradient of its own(?s:.*)custom_derivative"),
        (asks_for_floats, "asks for derivatives as plain numbers"),
    ],
)
def test_what_a_program_cannot_do_again_is_an_error_that_names_the_line(function, message) -> None:
    with pytest.raises(CannotCompile, match=message) as caught:
        compile(function)(2.0)
    assert function.__name__ in str(caught.value)
    assert W.data == 1.5
    (W * 2.0).backward()  # the engine works as before
    assert W.data > 1


def test_an_error_that_the_function_catches_is_raised_all_the_same() -> None:
    def careless(x):
        try:
            return x * W.data
        except Exception:
            return x

    with pytest.raises(CannotCompile, match="reads the data"):
        compile(careless)(1.0)


def many_times(function, n):
    for _ in range(n):
        function(1.0)
        function._forget()


def test_random_numbers_and_counters_are_found() -> None:
    rng, calls = random.Random(0), []

    def counting(x):
        calls.append(x)
        return x * len(calls)

    for function in (lambda x: x * rng.random(), lambda x: x if rng.random() < 0.5 else x + 1, counting):
        with pytest.raises(CannotCompile, match=r"two calls with the same arguments|draws random numbers"):
            many_times(compile(function), 20)
    dropout = nn.Sequential(nn.Layer(2, 8), nn.Dropout(0.5))
    with pytest.raises(CannotCompile, match="random numbers"):
        compile(lambda x: f.sum(dropout(x)))([1.0, 2.0])
    dropout.eval()
    compile(lambda x: f.sum(dropout(x)))([1.0, 2.0])


def test_looking_at_a_value_is_allowed(capsys) -> None:
    def chatty(x):
        print(x, f"{x:.2f}")
        return x * W

    step = compile(chatty)
    step(2.0)
    step(3.0)
    assert capsys.readouterr().out.count("2.00") == 2  # when it was recorded, and not again


@pytest.mark.parametrize(
    ("function", "x", "says"),
    [
        (lambda x: f.log(x), -1.0, "'log' is not defined at x = -1.0"),
        (lambda x: 1 / x, 0.0, "'/' is not defined at x = 1.0, y = 0.0"),
        (lambda x: f.exp(x), 1000.0, "'exp' overflows at x = 1000.0"),
    ],
)
def test_a_number_outside_of_the_domain_is_told_so_at_the_first_call_as_well(function, x, says) -> None:
    with pytest.raises((ValueError, ArithmeticError), match=re.escape(says)):
        compile(function)(x)


def test_mistakes_with_arguments_get_sentences() -> None:
    with pytest.raises(TypeError, match="compile takes a function"):
        compile(3)
    with pytest.raises(TypeError, match="tell apart"):
        compile(lambda x: W)(bytearray(b"x"))
    with pytest.raises(TypeError, match="value_and_grad needs one"):
        compile(lambda x: [x * W, x])(2.0) and compile(lambda x: [x * W, x]).value_and_grad(2.0)
    with pytest.raises(ValueError, match="same number of rows"):
        compile(lambda x, y: x * W + y).map([1.0], [2.0, 3.0])
    with pytest.raises(ValueError, match="at least one row"):
        compile(lambda x: x * W).map([])
    with pytest.raises(ValueError, match="'mean', 'sum' or 'none'"):
        compile(lambda x: x * W).map([1.0], reduction="max")
