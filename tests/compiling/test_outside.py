"""What no recording can keep: the time, files, random numbers, and which objects the arguments are."""

import cProfile
import io
import itertools
import json
import logging
import math
import operator
import os
import random
import secrets
import sys
import threading
import time
from collections import deque
from datetime import date, datetime
from functools import partial
from math import pi
from pathlib import Path

import numpy as np
import pytest

import autograd
from autograd import CannotCompile, Value, grad, hessian

CHANCE, NUMPY_CHANCE = random.Random(0), np.random.default_rng(0)
DRAW = random.Random(1).random


class Clock:
    """A callable object with a clock."""

    def __init__(self):
        self.now = time.perf_counter

    def __call__(self, x):
        return x * (1.0 if self.now() >= 0 else 2.0)


def whole_file(x):
    with open(__file__) as file:
        return x * len(file.read())


def imports_within(x):
    import glob

    return x * len(glob.glob(__file__))


ASKS = {  # all of them come out alike in two calls
    "the hour": lambda x: x * int(time.time() / 1e7),
    "the year": lambda x: x * datetime.now().year,
    "the day": lambda x: x * date.today().day,
    "a clock of an object": Clock(),
    "a file": whole_file,
    "a path": lambda x: x * len(Path(__file__).read_text()),
    "whether a file exists": lambda x: x * os.path.exists(__file__),
    "a folder": imports_within,
    "random": lambda x: x * (1.0 if random.random() < 2 else 2.0),
    "random of its own": lambda x: x * (1.0 if CHANCE.uniform(0, 1) < 2 else 2.0),
    "a method of random": lambda x: x * (1.0 if DRAW() < 2 else 2.0),
    "NumPy's random": lambda x: x * (1.0 if np.random.rand() < 2 else 2.0),
    "a generator of NumPy": lambda x: x * (1.0 if NUMPY_CHANCE.normal() < 20 else 2.0),
    "secrets": lambda x: x * (1.0 if secrets.randbelow(2) < 2 else 2.0),
    "the system": lambda x: x * (1.0 if os.urandom(1)[0] < 256 else 2.0),
}


@pytest.mark.parametrize("name", ASKS)
def test_what_would_be_another_answer_later_is_refused(name: str) -> None:
    compiled = autograd.compile(ASKS[name])
    for _ in range(2):
        with pytest.raises(CannotCompile, match=r"it (asks what|draws random numbers|uses in one)"):
            compiled(2.0)


def test_what_is_asked_is_heard_beside_a_profiler() -> None:
    profiler, calls = cProfile.Profile(), []
    with profiler, pytest.raises(CannotCompile, match="asks what time it is"):
        autograd.compile(ASKS["the hour"])(2.0)
    profiler.create_stats()
    assert any("time.time" in name for _, _, name in profiler.stats)
    sys.setprofile(lambda *event: calls.append(event))
    try:
        with pytest.raises(CannotCompile, match="asks what time it is"):
            autograd.compile(ASKS["the hour"])(2.0)
        assert sys.getprofile() is not None
    finally:
        sys.setprofile(None)
    assert calls


def test_an_open_file_is_refused() -> None:
    with open(__file__) as file:

        def f(x):
            file.seek(0)
            return x * sum(1 for line in file)

        with pytest.raises(CannotCompile, match="what is in a file"):
            autograd.compile(f)(1.0)


def numbers():
    yield from (1.0, 1.0, 1.0, 1.0, 2.0)


class Warming:
    """A rate that grows after some calls, which is not yet seen when it is recorded."""

    def __init__(self):
        self.step = 0

    def __call__(self, x):
        self.step += 1
        return x if self.step < 6 else x * 2


def counts_without_a_class():
    n = 0

    def f(x):
        nonlocal n
        n += 1
        return x if n < 6 else x * 2

    return f


MOVES = {
    "a generator": lambda: partial(lambda rates, x: x * next(rates), numbers()),
    "a loop over a generator": lambda: partial(lambda rates, x: x * sum(r for _, r in zip("a", rates)), numbers()),
    "a list's iterator": lambda: partial(lambda rates, x: x * next(rates), iter([1.0] * 5 + [2.0])),
    "a chain": lambda: partial(lambda rates, x: x * next(rates), itertools.chain([1.0] * 5, [2.0])),
    "a count": lambda: partial(lambda count, x: x * (1.0 if next(count) < 5 else 2.0), itertools.count()),
    "a list": lambda: partial(lambda rates, x: x * rates.pop(), [2.0] + [1.0] * 5),
    "a deque": lambda: partial(lambda rates, x: x * rates.popleft(), deque([1.0] * 5 + [2.0])),
    "a file in memory": lambda: partial(lambda file, x: x * len(file.read(1)), io.StringIO("aaaaa")),
    "an array": lambda: partial(lambda n, x: x * (1.0 if n.__iadd__(1)[0] < 6 else 2.0), np.zeros(1)),
    "an attribute": Warming,
    "a variable of an outer function": counts_without_a_class,
}


@pytest.mark.parametrize("name", MOVES)
def test_what_every_call_moves_on_is_refused(name: str) -> None:
    with pytest.raises(CannotCompile, match=r"takes items of an iterator|every call changes .*, on which it depends"):
        autograd.compile(MOVES[name]())(3.0)


def test_what_a_call_has_computed_may_be_kept_to_be_looked_at() -> None:
    class Layer:
        def __call__(self, x):
            self.out = autograd.tanh(x * 2)
            self.all = [self.out, 3.0]
            self.array, self.more = np.array([self.out, x]), {"x": x, "of": self.out, "how": lambda: x}
            return self.out

    layer = Layer()
    assert autograd.compile(lambda x: layer(x) + layer.out + 0 * len(layer.array) + 0 * len(layer.more))(
        0.5
    ).data == 2 * (math.tanh(1.0))


def test_a_lock_that_is_entered_and_not_asked_may_change() -> None:
    lock = threading.Lock()

    def f(x):
        with lock:
            return x * 2

    compiled = autograd.compile(f)
    assert compiled(1.0).data == 2.0
    program = compiled.program
    with lock:  # another thread would be within it
        assert compiled(2.0).data == 4.0
    assert compiled.program is program


def test_what_looks_like_it_and_is_not() -> None:
    def logs(x):
        logging.getLogger("chalkgrad.tests").debug("a line")
        return x * 2

    def joins(x):
        return x * len(os.path.join("a", "b")) * pi * len(json.dumps([1]))

    def subtracts(x):
        return x * (date(2020, 1, 2) - date(2020, 1, 1)).days

    def measures(x):
        return x * float(np.linalg.norm([3.0, 4.0])) * float(np.mean([1.0, 3.0]))

    for function in (logs, joins, subtracts, measures):
        assert autograd.compile(function)(2.0).data == function(2.0)


def test_the_environment_is_watched(monkeypatch) -> None:
    for read in (
        lambda x: x * float(os.environ["CHALKGRAD_TEST"]),
        lambda x: x * float(os.getenv("CHALKGRAD_TEST", "7")),
        lambda x: x * float(os.environ.get("CHALKGRAD_TEST", "7")),
    ):
        monkeypatch.setenv("CHALKGRAD_TEST", "2")
        compiled = autograd.compile(read)
        assert compiled(3.0).data == 6.0
        monkeypatch.setenv("CHALKGRAD_TEST", "5")
        assert compiled(3.0).data == 15.0


def test_attributes_that_a_user_gave_to_a_value_are_watched() -> None:
    w, ws = Value(2.0), [Value(3.0), Value(4.0)]
    w.frozen = False
    for v in ws:
        v.scale = 10.0

    def f(x):
        first = x if w.frozen else w * x
        return first + autograd.sum([v * v.scale for v in ws]) + (1.0 if getattr(ws[0], "extra", False) else 0.0)

    compiled = autograd.compile(f)
    assert compiled(1.0).data == 72.0
    w.frozen = True
    assert compiled(1.0).data == 71.0
    ws[1].scale = 20.0
    assert compiled(1.0).data == 111.0
    ws[0].extra = True
    assert compiled(1.0).data == 112.0


def test_arguments_that_are_one_object_are_told_from_others() -> None:
    def values(a, b):
        return a * b if a is b else a + b

    def by_function(a, b):
        return a * b if operator.is_(a, b) else a + b

    def by_number(a, b):
        return a * b if id(a) == id(b) else a + b

    for f in (values, by_function, by_number):
        compiled, v = autograd.compile(f), Value(3.0)
        for _ in range(2):
            assert compiled(v, v).data == 9.0
            assert compiled(v, Value(3.0)).data == 6.0
        v.grad = 0.0
        compiled(v, v).backward()
        assert v.grad == 6.0
        assert compiled.value_and_grad(v, v) == 9.0
        assert v.grad == 12.0
        assert grad(lambda x, c=compiled: c(x, x))(3.0) == 6.0
        assert hessian(lambda x, c=compiled: c(x, x))(3.0) == 2.0

    lists = autograd.compile(lambda a, b: a[0] * 10.0 if a is b else a[0])
    xs = [2.0]
    assert [lists(xs, xs).data, lists([2.0], [2.0]).data, lists(xs, xs).data] == [20.0, 2.0, 20.0]
    rows = [[1.0], [2.0]]
    assert lists.map(rows, [[1.0], [2.0]]).data == 1.5
    assert lists.map(rows, rows).data == 15.0


def test_an_argument_that_is_known_from_outside_is_recognised() -> None:
    w, data = Value(3.0), [1.0, 2.0]
    values = autograd.compile(lambda a: a * w if a is w else a + w)
    lists = autograd.compile(lambda a: a[0] * 10.0 if a is data else a[0])
    for _ in range(2):
        assert values(Value(2.0)).data == 5.0
        assert values(w).data == 9.0
        assert lists([1.0, 2.0]).data == 1.0
        assert lists(data).data == 10.0


def test_is_none_is_asked_of_no_object() -> None:
    compiled = autograd.compile(lambda a, b=None: a * 2.0 if b is None else a * b)
    assert [compiled(2.0).data, compiled(2.0, 3.0).data, compiled(2.0, None).data] == [4.0, 6.0, 4.0]
    assert compiled.statistics["recordings"] == 3
