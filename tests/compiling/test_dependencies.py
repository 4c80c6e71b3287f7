"""What a compiled function depends on is seen when it changes: whatever it reads, and wherever that is."""

import copy
import ctypes
import dataclasses
import functools
import io
import mmap
import operator
import sys
import types
import weakref
from collections import ChainMap, OrderedDict, UserDict, UserList, defaultdict, deque, namedtuple
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache, partial, partialmethod, wraps
from queue import Queue
from types import SimpleNamespace

import numpy as np
import pytest

import autograd
from autograd import CannotCompile, Value, tanh
from nn import MLP

K = 2.0
SETTINGS = {"k": 2.0, "inner": {"k": [1.0, 2.0]}}
WEIGHTS = np.array([1.0, 2.0])
VAR = ContextVar("VAR", default=2.0)
Point = namedtuple("Point", "x y")


def helper(x):
    return x * K


def deep_helper(x):
    return helper(x) + SETTINGS["inner"]["k"][1]


def with_default(x, rates=[2.0]):  # noqa: B006
    return x * rates[0]


class Model:
    rate = 2.0

    def __init__(self):
        self.scale = 2.0
        self.parts = [1.0, 2.0]

    def __call__(self, x):
        return self.forward(x)

    def forward(self, x):
        return x * self.scale * self.rate + self.parts[1]


class Slotted:
    __slots__ = ("k",)

    def __init__(self):
        self.k = 2.0

    def of(self, x):
        return x * self.k


class Described:
    @property
    def k(self):
        return self._k

    def __init__(self):
        self._k = 2.0


@dataclass
class Config:
    k: float = 2.0


class Listed(UserList):
    pass


class Unit(float):
    pass


def imported(name):
    sys.modules[name] = types.ModuleType(name)


def decorated(function):
    factor = [2.0]

    @wraps(function)
    def wrapper(x):
        return function(x) * factor[0]

    wrapper.factor = factor
    return wrapper


@decorated
def of_decorated(x):
    return x * K


def numbers_beyond(n):
    return [float(k) for k in range(n)]


# Each makes a function, and something that changes what the function computes
def cases():
    module = types.ModuleType("settings_of_a_test")
    exec("K = 2.0\ndef f(x):\n    return x * K", vars(module))
    model, slotted, described, config = Model(), Slotted(), Described(), Config()
    many, s, d, order = numbers_beyond(20_000), {1.0, 2.0}, deque([1.0, 2.0]), OrderedDict(a=1.0, b=2.0)
    namespace, users, chain = SimpleNamespace(k=2.0), UserDict(k=2.0), ChainMap({"k": 2.0}, {"k": 3.0})
    array, matrix = np.array([1.0, 2.0]), np.array([[1.0, 2.0], [3.0, 4.0]])[:, 1]
    a, b = [2.0], [3.0]
    keep = partial(lambda k, x: x * k[0], a)
    byte = bytearray(b"ab")
    mlp = MLP(1, [2, 1], "tanh")
    cell = 2.0

    def of_cell(x):
        return x * cell

    def set_cell():
        nonlocal cell
        cell = 5.0

    class Own(Model):
        pass

    class Wrapped:
        k = property(lambda self: 2.0)
        still = staticmethod(lambda x: x * 2.0)
        of = classmethod(lambda cls, x: x * 2.0)
        times = partialmethod(lambda self, k, x: x * k, 2.0)

    own, wrapped, parts, made = Own(), Wrapped(), vars(Wrapped), defaultdict(lambda: 2.0)
    point = Point([2.0], 1.0)
    of_default = with_default
    byte_of_view = bytearray(b"ab")
    view, behind = memoryview(byte_of_view), {"k": 2.0}
    c_array, c_number, mapped = (ctypes.c_double * 2)(2.0, 3.0), ctypes.c_double(2.0), mmap.mmap(-1, 8)
    mapped[0] = 2
    masked, array_again, in_memory = np.ma.array([2.0, 3.0]), np.array([1.0, 2.0]), io.StringIO("ab")
    values, proxy, queued, listed = behind.values(), types.MappingProxyType(behind), Queue(), Listed([2.0])
    queued.put(1)
    weak, unit = weakref.ref(described), Unit(2.0)
    unit.size = 2.0
    yield "a global of a helper", lambda x: helper(x) + 1, lambda: globals().update(K=5.0)
    yield "a global two helpers down", lambda x: deep_helper(x), lambda: globals().update(K=5.0)
    yield "an item two containers down", deep_helper, lambda: SETTINGS["inner"]["k"].__setitem__(1, 9.0)
    yield "a helper that is replaced", lambda x: helper(x), lambda: globals().update(helper=lambda x: x * 7.0)
    yield (
        "the code of a helper",
        lambda x: deep_helper(x),
        lambda: setattr(helper, "__code__", (lambda x: x * 8.0).__code__),
    )
    yield "a module", lambda x: x * module.K, lambda: setattr(module, "K", 5.0)
    yield "a global of another module", lambda x: module.f(x), lambda: setattr(module, "K", 5.0)
    yield "a function of another module", lambda x: module.f(x), lambda: setattr(module, "f", lambda x: x * 9.0)
    yield "an attribute", lambda x: model(x), lambda: setattr(model, "scale", 5.0)
    yield "an item of an attribute", lambda x: model(x), lambda: model.parts.__setitem__(1, 9.0)
    yield "an attribute of the class", lambda x: model(x), lambda: setattr(Model, "rate", 5.0)
    yield "an attribute that hides that of the class", lambda x: model(x), lambda: setattr(model, "rate", 5.0)
    yield "an attribute of a class between", lambda x: own(x), lambda: setattr(Own, "rate", 5.0)
    yield "a method that is replaced", lambda x: model(x), lambda: setattr(Model, "forward", lambda self, x: x * 9.0)
    yield "the call that is replaced", lambda x: model(x), lambda: setattr(Model, "__call__", lambda self, x: x * 9.0)
    yield (
        "the class that is replaced",
        lambda x: own(x),
        lambda: setattr(own, "__class__", type("T", (Model,), {"rate": 7.0})),
    )
    yield (
        "a class by its name",
        lambda x: Model()(x),
        lambda: globals().update(Model=type("M", (Model,), {"rate": 7.0})),
    )
    yield "a slot", lambda x: slotted.of(x), lambda: setattr(slotted, "k", 5.0)
    yield "a property", lambda x: x * described.k, lambda: setattr(described, "_k", 5.0)
    yield "a dataclass", lambda x: x * config.k, lambda: setattr(config, "k", 5.0)
    yield "by getattr", lambda x: x * getattr(config, "k", 1.0), lambda: setattr(config, "k", 5.0)
    yield "by globals()", lambda x: x * globals()["K"], lambda: globals().update(K=5.0)
    yield "by getattr, not there", lambda x: x * getattr(model, "extra", 1.0), lambda: setattr(model, "extra", 5.0)
    yield "a default", lambda x: of_default(x), lambda: with_default.__defaults__[0].__setitem__(0, 5.0)
    yield "another default", lambda x: of_default(x), lambda: setattr(with_default, "__defaults__", ([7.0],))
    yield "a partial", keep, lambda: a.__setitem__(0, 5.0)
    yield "another number in a partial", keep, lambda: keep.__setstate__((lambda k, x: x * k, (5.0,), {}, {}))
    yield "a property made again", lambda x: x * wrapped.k, lambda: parts["k"].__init__(lambda self: 5.0)
    yield "a static method made again", lambda x: wrapped.still(x), lambda: parts["still"].__init__(lambda x: x * 5.0)
    yield "a class method made again", lambda x: wrapped.of(x), lambda: parts["of"].__init__(lambda cls, x: x * 5.0)
    yield "the arguments of a partial method", lambda x: wrapped.times(x), lambda: setattr(parts["times"], "args", (5,))
    yield (
        "what makes items",
        lambda x: x * made.default_factory(),
        lambda: setattr(made, "default_factory", lambda: 5.0),
    )
    yield "a callable object", model, lambda: setattr(model, "scale", 5.0)
    yield "a bound method", model.forward, lambda: setattr(model, "scale", 5.0)
    yield "a decorated function", lambda x: of_decorated(x), lambda: of_decorated.factor.__setitem__(0, 5.0)
    yield "what is within the decorated function", of_decorated, lambda: globals().update(K=5.0)
    yield "a variable of an outer function", of_cell, set_cell
    yield "a set", lambda x: x * sum(s), lambda: s.add(5.0)
    yield "a deque", lambda x: x * d[1], lambda: d.rotate()
    yield "the order of a dict", lambda x: x * next(iter(order.values())), lambda: order.move_to_end("a")
    yield "a key of a dict", lambda x: x * len("".join(order)), lambda: order.update(ccc=2.0)
    yield "a number of very many", lambda x: x * many[15_000], lambda: many.__setitem__(15_000, 1.0)
    yield "an array", lambda x: x * float(array[1]), lambda: array.__setitem__(1, 5.0)
    yield "a view of an array", lambda x: x * float(matrix[1]), lambda: matrix.__setitem__(1, 5.0)
    yield "an array of the module", lambda x: x * WEIGHTS[1], lambda: WEIGHTS.__setitem__(1, 5.0)
    yield "a namespace", lambda x: x * namespace.k, lambda: setattr(namespace, "k", 5.0)
    yield "a UserDict", lambda x: x * users["k"], lambda: users.update(k=5.0)
    yield "a ChainMap", lambda x: x * chain["k"], lambda: chain.maps[0].update(k=5.0)
    yield "bytes", lambda x: x * byte[0], lambda: byte.__setitem__(0, 5)
    yield "a named tuple", lambda x: x * point.x[0], lambda: point.x.__setitem__(0, 5.0)
    yield "a list of a list", lambda x: x * [a, b][0][0], lambda: a.__setitem__(0, 5.0)
    yield "a context variable", lambda x: x * VAR.get(), lambda: VAR.set(5.0)
    yield (
        "a weight that is replaced",
        lambda x: mlp([x]),
        lambda: setattr(mlp.layers[0].neurons[0], "w", [Value(0.125)]),
    )
    yield "an item of the weights", lambda x: mlp([x]), lambda: mlp.layers[0].neurons[0].w.__setitem__(0, Value(0.25))
    yield (
        "an activation",
        lambda x: mlp([x]),
        lambda: setattr(mlp.layers[0].neurons[1], "activation", autograd.sigmoid),
    )
    yield "a layer", lambda x: mlp([x]), lambda: mlp.layers.__setitem__(0, MLP(1, [2], "tanh").layers[0])
    yield "a memoryview", lambda x: x * view[1], lambda: byte_of_view.__setitem__(1, 5)
    yield "an array of ctypes", lambda x: x * c_array[0], lambda: c_array.__setitem__(0, 5.0)
    yield "a number of ctypes", lambda x: x * c_number.value, lambda: setattr(c_number, "value", 5.0)
    yield "mapped memory", lambda x: x * mapped[0], lambda: mapped.__setitem__(0, 5)
    yield "a masked array", lambda x: x * float(masked[0]), lambda: masked.__setitem__(0, 5.0)
    yield "an iterator over an array", lambda x: x * float(array_again.flat[1]), lambda: array_again.fill(5.0)
    yield "a file in memory", lambda x: x * len(in_memory.getvalue()), lambda: in_memory.write("more")
    yield "a view of a dict", lambda x: x * next(iter(values)), lambda: behind.update(k=5.0)
    yield "a proxy of a dict", lambda x: x * proxy["k"], lambda: behind.update(k=5.0)
    yield "the length of a queue", lambda x: x * queued.qsize(), lambda: queued.put(1)
    yield "a list that an own class keeps", lambda x: x * sum(listed), lambda: listed.data.append(5.0)
    yield "what is behind a weak reference", lambda x: x * weak().k, lambda: setattr(described, "_k", 5.0)
    yield "an attribute of a float", lambda x: x * unit.size, lambda: setattr(unit, "size", 5.0)
    yield "by attrgetter", lambda x: x * operator.attrgetter("k")(config), lambda: setattr(config, "k", 5.0)
    yield "by astuple", lambda x: x * dataclasses.astuple(config)[0], lambda: setattr(config, "k", 5.0)
    yield "by copy", lambda x: x * copy.copy(slotted).of(1.0), lambda: setattr(slotted, "k", 5.0)
    yield "by globals(), not there", lambda x: x * globals().get("ABSENT", 1.0), lambda: globals().update(ABSENT=5.0)
    yield "a module that is not there", lambda x: x * (1.0 + ("absent" in sys.modules)), lambda: imported("absent")
    yield "-0.0", lambda x: autograd.atan2(a[0] * x, -1.0), lambda: a.__setitem__(0, -2.0)


NAMES = [name for name, _, _ in cases()]


@pytest.fixture(autouse=True)
def as_before():
    """Undo what a case changes."""
    known = dict(globals())
    attributes, defaults, code = dict(vars(Model)), with_default.__defaults__, helper.__code__
    yield
    globals().update(known)
    globals().pop("ABSENT", None)
    sys.modules.pop("absent", None)
    for name in ("rate", "forward", "__call__"):
        setattr(Model, name, attributes[name])
    with_default.__defaults__ = defaults
    defaults[0][0] = 2.0
    helper.__code__ = code
    SETTINGS["inner"]["k"][1] = 2.0
    of_decorated.factor[0] = 2.0
    WEIGHTS[1] = 2.0
    VAR.set(2.0)


@pytest.mark.parametrize("name", NAMES)
def test_what_changes_is_seen(name) -> None:
    function, change = next((function, change) for each, function, change in cases() if each == name)
    compiled = autograd.compile(function)

    def both(x):
        expected = function(Value(x)).data
        with autograd.no_grad():
            rows = compiled.map([x, x + 1])
        assert compiled(x).data == compiled(x).data == pytest.approx(expected)
        assert rows.data == pytest.approx((expected + function(Value(x + 1)).data) / 2)
        return expected

    before = both(3.0)
    recordings = compiled.statistics["recordings"]
    program = compiled.program
    both(2.0)
    assert compiled.program is program
    assert compiled.statistics["recordings"] == recordings
    change()
    assert both(3.0) != before
    program = compiled.program
    both(2.0)
    assert compiled.program is program


def test_a_global_that_is_defined_after_the_function() -> None:
    known = {"Value": Value}
    exec("def f(x):\n    return x * LATER", known)
    compiled = autograd.compile(known["f"])
    with pytest.raises(NameError):
        compiled(1.0)
    for k in (2.0, 5.0):
        known["LATER"] = k
        assert compiled(3.0).data == 3.0 * k


def test_a_name_that_hides_a_builtin() -> None:
    known = {}
    exec("def f(x):\n    return x * max(1.0, 2.0)", known)
    compiled = autograd.compile(known["f"])
    assert compiled(3.0).data == 6.0
    known["max"] = min
    assert compiled(3.0).data == 3.0


def test_what_is_imported_within_the_function() -> None:
    module = types.ModuleType("imported_by_a_test")
    module.K = 2.0
    sys.modules["imported_by_a_test"] = module

    def f(x):
        from imported_by_a_test import K

        return x * K

    try:
        compiled = autograd.compile(f)
        assert compiled(3.0).data == 6.0
        module.K = 5.0
        assert compiled(3.0).data == 15.0
    finally:
        del sys.modules["imported_by_a_test"]


def test_what_is_remembered_is_no_program() -> None:
    @lru_cache
    def square(x):
        return x * x

    remembered = {}

    def by_dict(x):
        if x not in remembered:
            remembered[x] = x * 2.0
        return remembered[x] + 1.0

    class Keeping:
        def __call__(self, x):
            if not hasattr(self, "kept"):
                self.kept = tanh(x)
            return self.kept * x

    for function, points in ((square, [3.0, 4.0]), (by_dict, [3.0, 4.0]), (functools.cache(by_dict), [1.0, 2.0])):
        compiled = autograd.compile(lambda x, function=function: function(x) * 1.0)
        for x in points:
            try:
                found = compiled(x).data
            except CannotCompile:
                continue
            assert found == (x * x if function is square else x * 2.0 + 1.0)
    with pytest.raises(CannotCompile, match="uses in one call what it computed"):
        autograd.compile(Keeping())(2.0)


def test_a_tensor_of_pytorch_is_seen_when_it_changes() -> None:
    torch = pytest.importorskip("torch")
    tensor = torch.tensor([2.0], requires_grad=True)
    compiled = autograd.compile(lambda x: x * tensor[0].item())
    assert compiled(3.0).data == 6.0
    tensor.data[0] = 5.0
    assert compiled(3.0).data == 15.0


def test_an_open_file_that_is_only_reached_is_left_as_it_is(tmp_path) -> None:
    with open(tmp_path / "log.txt", "w") as log:
        known = {"log": log, "k": 2.0}
        compiled = autograd.compile(lambda x: x * known["k"])
        assert compiled(3.0).data == 6.0
        print("still open", file=log)
    assert (tmp_path / "log.txt").read_text() == "still open\n"


def test_a_cache_that_is_emptied_is_seen() -> None:
    k = [2.0]

    @lru_cache
    def scale():
        return k[0]

    compiled = autograd.compile(lambda x: x * scale())
    assert compiled(3.0).data == 6.0
    k[0] = 5.0
    scale.cache_clear()
    assert compiled(3.0).data == 15.0


def test_what_keeps_changing_is_said_once_and_stays_right() -> None:
    k = [1.0]
    compiled = autograd.compile(lambda x: x * k[0])

    def calls():
        for n in range(70):
            k[0] = float(n)
            assert compiled(2.0).data == 2.0 * n

    with pytest.warns(UserWarning, match="keeps changing"):
        calls()


def test_training_records_once() -> None:
    import random

    model = MLP(2, [4, 1], "tanh", rng=random.Random(0))
    from nn import optim

    optimizer = optim.Adam(model.parameters(), lr=0.01)
    step = autograd.compile(lambda x, y: (model(x) - y) ** 2)
    history = []
    for _ in range(5):
        history.append(step.map.update(optimizer, [[1.0, 2.0], [3.0, 4.0]], [1.0, 0.0]))
        MLP(2, [2, 1])  # another model is nobody's business
        model([1.0, 2.0])
        program = step.program
    assert step.statistics["recordings"] == 1
    assert step.program is program
