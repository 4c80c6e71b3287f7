"""The quick ways of nn are the slow ones: parameters by a walk in C, and neurons side by side in one call."""

import itertools
import math
import random
import threading
from collections import OrderedDict, defaultdict, deque, namedtuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value, leaves, side_by_side
from nn import MLP, Embedding, Layer, Module, Neuron, Sequential
from tests.helpers import examples

Pair = namedtuple("Pair", "left right")


class Rows(list):
    pass


class Plain(Module):
    pass


class Slotted(Module):
    __slots__ = ("first", "second")


class Lower(Slotted):
    __slots__ = "__third"

    def hide(self, thing):
        self.__third = thing


class Calculated(Module):
    @property
    def twice(self):
        raise RuntimeError("a property is looked at")

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Value(1.0)


class Blocks(Module, list):
    pass


class Through(Module):
    def __iter__(self):
        return iter([Value(5.0)])


class Other:
    """An object that is no Module: what it holds is its own affair."""

    def __init__(self):
        self.w = Value(1.0)


POOL = [Value(float(i)) for i in range(6)]
RESULT = POOL[0] * POOL[1]
ATOMS = [
    None,
    1,
    2.5,
    True,
    "text",
    b"bytes",
    math.sin,
    autograd.relu,
    len,
    random.Random,
    random.Random(0),
    1j,
    Other(),
]
ATOMS += [RESULT, RESULT.parents[0], (POOL[0] + 1.0).parents[1], Value(1.0, op="constant"), Value(3.0, op="mine")]
ATOMS += [np.float64(1.0), np.zeros(2), range(3), {1, 2}, frozenset(), Module]


def with_attributes(kind):
    def make(parts):
        module = kind()
        for i, part in enumerate(parts):
            if kind is Slotted and i < 2:
                setattr(module, ("first", "second")[i], part)
            elif kind is Lower and i == 0:
                module.hide(part)
            elif kind is Blocks and i % 2:
                module.append(part)
            else:
                setattr(module, f"a{i}", part)
        return module

    return make


def array_of(values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def dictionary_of(kind):
    return lambda parts: kind(dict(zip((0, "b", ("c", 1), 2.5), parts)))


def grown(parts):
    several = st.lists(parts, max_size=4)
    return st.one_of(
        several,
        several.map(tuple),
        several.map(deque),
        several.map(Rows),
        several.map(dictionary_of(dict)),
        several.map(dictionary_of(OrderedDict)),
        several.map(dictionary_of(lambda items: defaultdict(list, items))),
        st.tuples(parts, parts).map(lambda pair: Pair(*pair)),
        *(several.map(with_attributes(kind)) for kind in (Plain, Slotted, Lower, Calculated, Blocks, Through)),
    )


VALUES = st.sampled_from(POOL)
ARRAYS = st.lists(VALUES, min_size=1, max_size=4).map(array_of)
SQUARES = ARRAYS.map(lambda array: np.array([array, array]))
SINGLE = VALUES.map(lambda value: np.array(value, dtype=object))
THINGS = st.recursive(VALUES | st.sampled_from(ATOMS) | ARRAYS | SQUARES | SINGLE, grown, max_leaves=25)


def check(model):
    slow = [parameter for _, parameter in model.named_parameters()]
    fast = model.parameters()
    assert [id(each) for each in fast] == [id(each) for each in slow]
    assert len(fast) == len({id(each) for each in fast})
    assert all(not each.op and not each.parents for each in fast)
    return fast


@settings(max_examples=examples.of(200))
@given(st.lists(THINGS, max_size=5), st.sampled_from([Plain, Slotted, Lower, Calculated, Blocks]))
def test_the_quick_walk_finds_what_the_slow_one_finds(parts, kind):
    model = with_attributes(kind)(parts)
    check(model)
    model.me = [model, {"again": model}]  # a circle
    check(model)
    for parameter in model.parameters():
        parameter.grad = 3.0
    model.zero_grad()
    assert not any(parameter.grad for _, parameter in model.named_parameters())


@settings(max_examples=examples.of(100))
@given(THINGS)
def test_the_walk_of_both_engines_is_one(thing):
    plain = getattr(leaves, "__wrapped__", leaves)
    assert leaves(thing) == plain(thing)
    assert leaves(thing, Module) == plain(thing, Module)

    def inside(other):
        return list(other) if isinstance(other, (deque, Rows)) else ()

    assert leaves(thing, Module, inside) == plain(thing, Module, inside)


def test_every_change_is_seen_at_once_and_that_by_an_equal_one_too():
    model = Sequential(Layer(2, 2), Embedding(2, 2))
    model.extra = {"scale": Value(1.0), "queue": deque([Value(2.0)])}
    model.array = np.array([Value(3.0)], dtype=object)
    first = check(model)
    neuron = model.layers[0].neurons[0]
    for change in (
        lambda: neuron.w.__setitem__(0, Value(neuron.w[0].data)),
        lambda: setattr(neuron, "b", Value(0.0)),
        lambda: vars(neuron).__setitem__("b", Value(0.0)),
        lambda: setattr(neuron, "w", [Value(w.data) for w in neuron.w]),
        lambda: model.layers[0].neurons.__setitem__(1, Neuron(2, initialisation=[1.0, 1.0])),
        lambda: model.layers[1].weight[1].__setitem__(0, Value(0.0)),
        lambda: model.extra.__setitem__("scale", Value(1.0)),
        lambda: model.extra["queue"].__setitem__(0, Value(2.0)),
        lambda: model.array.__setitem__(0, Value(3.0)),
    ):
        change()
        now = check(model)
        assert len(now) == len(first)
        assert set(now) != set(first)
        first = now
    model.added = Value(1.0)
    assert len(check(model)) == len(first) + 1
    del model.added, neuron.w[1]
    assert len(check(model)) == len(first) - 1
    neuron.w.append(neuron.b)
    assert len(check(model)) == len(first) - 1


def test_a_set_within_a_module_is_named():
    model = MLP(2, [2, 1])
    model.layers[1].extra = [{"here": {Value(1.0)}}]
    with pytest.raises(TypeError, match=r"^layers.1.extra\[0\]\[here\] holds Values or Modules in a set"):
        model.zero_grad()


def test_what_is_changed_during_the_walk_does_no_harm():
    model = Module()
    model.items = [Value(float(i)) for i in range(50)]

    class Clearing(Module):
        __slots__ = ()

        def __getattribute__(self, name):
            if name == "__dict__":
                model.items.clear()
                vars(model).pop("later", None)
            return super().__getattribute__(name)

    model.items.insert(10, Clearing())
    model.later = Value(1.0)
    assert [leaf.data for leaf in model.parameters()] == [*map(float, range(10)), 1.0]


@pytest.mark.parametrize(("depth", "width"), [(10, 5000), (63, 1), (64, 1), (65, 1), (100, 3)])
def test_large_and_deep_things_are_searched_like_small_ones(depth, width):
    """The native engine looks through the others in one go, and gives up in the middle of these."""
    plain = getattr(leaves, "__wrapped__", leaves)
    values = [Value(float(i)) for i in range(20)]
    thing = [[values[i % 20]] for i in range(width)]
    for i in range(depth):
        thing = {"a": values[i % 20], "b": thing, "c": (thing, values)}
    assert leaves(thing) == plain(thing)
    assert leaves(thing) == leaves([thing, thing])


def test_walks_of_two_threads_do_not_disturb_each_other():
    model, wrong = MLP(3, [20, 20, 1]), []
    model.unusual = deque([Value(1.0)])
    expected = model.parameters()

    def look():
        for _ in range(300):
            if model.parameters() != expected:
                wrong.append(1)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_what_is_nested_too_deeply_is_no_crash():
    nested = []
    for _ in range(100_000):
        nested = [nested]
    with pytest.raises(RecursionError):
        leaves(nested)
    while nested:
        nested = nested.pop()


# Neurons side by side


class Doubled(Neuron):
    def __call__(self, x):
        return 2 * super().__call__(x)


class Counting(Neuron):
    @property
    def b(self):
        return Value(float(next(self.counter)))

    @b.setter
    def b(self, bias):
        self.counter = itertools.count()


class Usual(Neuron):
    """With nothing of its own that matters."""

    def double(self):
        return 2


def neuron(kind, activation, w, b):
    made = kind(len(w), activation, list(w))
    made.b.data = b
    return made


NUMBERS = st.floats(-3, 3)
ACTIVATIONS = ["linear", "relu", "tanh", "sigmoid", "gelu", lambda z: z * z]


@given(
    st.lists(
        st.tuples(st.sampled_from([Neuron, Usual, Doubled]), st.sampled_from(ACTIVATIONS),
                  st.tuples(NUMBERS, NUMBERS, NUMBERS), NUMBERS),
        min_size=1, max_size=6,
    ),
    st.tuples(NUMBERS, NUMBERS, NUMBERS),
)  # fmt: skip
def test_a_layer_answers_what_its_neurons_answer(made, numbers):
    layer = Layer(3, 1)
    layer.neurons = [neuron(*each) for each in made]
    found = []
    for answer in (layer, lambda x: [each(x) for each in layer.neurons]):
        inputs = [Value(x) for x in numbers]
        outputs = answer(inputs)
        layer.zero_grad()
        autograd.dot(outputs, [0.5 + i for i in range(len(outputs))]).backward()
        found.append([out.data for out in outputs] + [x.grad for x in (*inputs, *layer.parameters())])
    assert found[0] == found[1]


def test_own_neurons_are_called():
    layer = Layer(2, 1)
    layer.neurons = [Doubled(2, initialisation=[1.0, 2.0])]
    assert layer([1.0, 1.0])[0].data == layer.neurons[0]([1.0, 1.0]).data == 6.0
    program = autograd.compile(lambda x, y: layer([x, y])[0])
    assert [program(1.0, 1.0).data, program.map([1.0, 2.0], [1.0, 1.0]).data] == [6.0, 7.0]


def test_a_call_that_is_given_to_a_class_later_is_seen():
    class Changing(Neuron):
        pass

    layer = Layer(1, 1)
    layer.neurons = [Changing(1, initialisation=[2.0])]
    assert layer([1.0])[0].data == 2.0
    Changing.__call__ = lambda self, x: Value(7.0)
    assert layer([1.0])[0].data == 7.0
    del Changing.__call__
    assert layer([1.0])[0].data == 2.0


def test_a_call_that_takes_the_place_of_neurons_own_is_seen(monkeypatch):
    layer = Layer(1, 1, initialisation=[[2.0]])
    assert layer([1.0])[0].data == 2.0
    monkeypatch.setattr(Neuron, "__call__", lambda self, x: Value(7.0))
    assert layer([1.0])[0].data == 7.0


def test_attributes_that_are_calculated_or_of_the_class_are_seen():
    layer = Layer(1, 2)
    layer.neurons = [Counting(1, initialisation=[1.0]) for _ in range(2)]
    assert [[out.data for out in layer([1.0])] for _ in range(2)] == [[1.0, 1.0], [2.0, 2.0]]

    class OfTheClass(Neuron):
        activation = staticmethod(autograd.tanh)

    layer.neurons = [OfTheClass(1, "relu", [1.0])]
    assert layer([-2.0])[0].data == 0.0
    del layer.neurons[0].activation
    assert layer([-2.0])[0].data == math.tanh(-2.0)


def test_weights_may_be_kept_otherwise_than_in_a_list():
    layer = Layer(2, 2, "relu", [[1.0, 2.0], [3.0, 4.0]])
    layer.neurons[0].w = tuple(layer.neurons[0].w)
    layer.neurons[1].b = 0.5
    layer.neurons = tuple(layer.neurons)
    assert [out.data for out in layer([1.0, 1.0])] == [3.0, 7.5]


def test_a_neuron_with_other_inputs_than_the_first_is_refused():
    layer = Layer(2, 2)
    layer.neurons[1] = Neuron(3)
    with pytest.raises(ValueError, match="3 inputs were expected, got 2: Neuron"):
        layer([1.0, 2.0])


def test_neurons_of_a_class_of_ones_own_are_called():
    class Sum:
        def __call__(self, xs):
            return autograd.sum(xs)

    assert [out.data for out in side_by_side([Sum(), Sum()], [Value(1.0), Value(2.0)], Neuron.__call__)] == [3.0, 3.0]
    assert side_by_side([], [Value(1.0)], Neuron.__call__) == []
