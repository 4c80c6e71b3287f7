"""The thin nn: modules find their parameters, networks compute what they say, and SGD moves as PyTorch's does."""

import copy
import itertools
import math
import pickle
import random
import weakref
from collections import deque

import numpy as np
import pytest

import autograd
import nn
from autograd import Value
from nn import MLP, Layer, Module, Neuron, cross_entropy, hinge_loss, init, mse_loss, optim


class Nested(Module):
    def __init__(self):
        self.scale = Value(2.0)
        self.table = [[Value(1.0), Value(2.0)], (Value(3.0),)]
        self.blocks = [[Neuron(1)], {"left": Neuron(1)}]
        self.by_name = {"bias": Value(4.0)}
        self.shared = self.scale
        self.me = self
        self.seen = Value(1.0) * 2
        self.size = 3


# Modules


def test_parameters_are_found_wherever_attributes_hold_them():
    names = [name for name, _ in Nested().named_parameters()]
    assert names == [
        "scale",
        "table[0][0]",
        "table[0][1]",
        "table[1][0]",
        "blocks.0.0.w[0]",
        "blocks.0.0.b",
        "blocks.1.left.w[0]",
        "blocks.1.left.b",
        "by_name[bias]",
    ]


def test_parameters_are_found_in_arrays_queues_and_slots_and_constants_are_none():
    class Slotted(Module):
        __slots__ = ("inner",)

    model = Slotted()
    model.inner = Value(1.0)
    model.array = np.array([[Value(1.0), Value(2.0)]])
    model.queue = deque([Value(3.0)])
    model.constants = (model.inner * 2).parents[1:]
    assert [name for name, _ in model.named_parameters()] == ["array[0][0]", "array[0][1]", "queue[0]", "inner"]


def test_slots_are_found_however_they_are_written():
    class Slotted(Module):
        __slots__ = "inner"

    class Private(Slotted):
        __slots__ = ("__hidden", "later", "unset")

        def __init__(self):
            self.inner, self.__hidden, self.later = Value(1.0), Value(2.0), [Value(3.0)]

    names = [name for name, _ in Private().named_parameters()]
    assert names == ["_Private__hidden", "later[0]", "inner"]


def test_a_set_of_values_is_refused():
    model = Module()
    model.w = {Value(1.0)}
    with pytest.raises(TypeError, match="w holds Values or Modules in a set, which has no order: use a list"):
        model.parameters()


def test_a_layer_tells_its_neurons_how_many_they_are():
    weights = [w.data for neuron in Layer(50, 10, "tanh").neurons for w in neuron.w]
    assert max(map(abs, weights)) <= math.sqrt(6 / (50 + 10))


def test_the_names_of_an_mlp_are_paths():
    names = dict(MLP(3, [4, 1]).named_parameters())
    assert "layers.0.neurons.3.w[1]" in names
    assert "layers.1.neurons.0.b" in names
    assert len(names) == (3 + 1) * 4 + (4 + 1) * 1


def test_zero_grad_clears_every_parameter():
    model = MLP(2, [3, 1], activation="tanh")
    model([1.0, 2.0]).backward()
    assert any(parameter.grad for parameter in model.parameters())
    model.zero_grad()
    assert not any(parameter.grad for parameter in model.parameters())


def test_train_and_eval_reach_every_module():
    model = Nested()
    assert all(module.training for module in model.modules())
    assert model.eval() is model
    assert len(model.modules()) == 3
    assert not any(module.training for module in model.modules())
    assert all(module.training for module in model.train().modules())


def test_reprs_are_readable():
    assert repr(Neuron(2, "tanh")) == "Neuron(2, tanh)"
    assert repr(Layer(2, 3)) == "Layer(2, 3, linear)"
    assert repr(MLP(2, [16, 16, 1])) == "MLP(2, [16, 16, 1], relu), 337 parameters"
    assert repr(Nested()) == "Nested(9 parameters)"
    assert repr(optim.SGD([Value(1.0)], lr=0.1)) == "SGD(1 parameters, lr=0.1, momentum=0.0, weight_decay=0.0)"


# Networks


def test_a_neuron_is_one_dot_a_bias_and_an_activation():
    neuron = Neuron(2, "tanh")
    neuron.b.data = 0.5
    output = neuron([1.0, -2.0])
    assert output.data == math.tanh(neuron.w[0].data - 2.0 * neuron.w[1].data + 0.5)
    assert [node.op for node in autograd.topological_order(output) if node.parents] == ["dot", "+", "tanh"]


@pytest.mark.parametrize("when_looked_at", ["before", "after"])
def test_the_nodes_within_a_neuron_have_their_own_data_and_gradients(when_looked_at):
    w, x, b = Value(0.5), Value(3.0), Value(-1.0)
    (output,) = autograd.linear([[w]], [x], [b], autograd.tanh)
    held = output.parents if when_looked_at == "before" else ()
    for _ in range(2):
        output.backward()
    (total,) = held or output.parents
    assert output.parents == (total,)
    product, bias = total.parents
    assert (total.op, product.op, product.parents, bias) == ("+", "dot", (w, x), b)
    assert (product.data, total.data, output.data) == (1.5, 0.5, math.tanh(0.5))
    slope = 1 / math.cosh(0.5) ** 2
    assert (product.grad, total.grad, output.grad) == (pytest.approx(slope), pytest.approx(slope), 1.0)
    assert (w.grad, x.grad, b.grad) == (2 * 3.0 * total.grad, 2 * 0.5 * total.grad, 2 * total.grad)
    total.backward()
    assert (total.grad, output.grad) == (1.0, 1.0)


def test_the_outputs_of_a_layer_are_freed_with_their_last_name():
    x = Value(1.0)
    watched = weakref.ref(x)
    outputs = Layer(1, 3, "relu")([x])
    outputs[0].parents[0].backward()
    del x, outputs
    assert watched() is None


def test_each_neuron_of_a_layer_has_its_own_activation():
    layer = Layer(2, 3, "relu")
    layer.neurons[1].activation = autograd.tanh
    assert [output.op for output in layer([1.0, 2.0])] == ["relu", "tanh", "relu"]


def test_a_layer_sees_every_change_of_its_neurons():
    layer, x = Layer(2, 2, "relu", [[1.0, 2.0], [3.0, 4.0]]), [1.0, 1.0]

    def outputs():
        return [out.data for out in layer(x)]

    class Doubled(Neuron):
        @property
        def b(self):
            return Value(next(counter))

        @b.setter
        def b(self, bias):
            pass

    assert outputs() == [3.0, 7.0]
    first, second = layer.neurons
    first.w[0].data = 2.0
    second.b = Value(10.0)
    assert outputs() == [4.0, 17.0]
    first.w[1] = Value(-5.0)
    second.w = [Value(0.5), Value(0.25)]
    assert outputs() == [0.0, 10.75]
    first.activation = second.activation = autograd.tanh
    assert outputs() == [math.tanh(-3.0), math.tanh(10.75)]
    layer.neurons.reverse()
    assert outputs() == [math.tanh(10.75), math.tanh(-3.0)]
    layer.neurons[0] = Neuron(2, "linear", [1.0, 1.0])
    assert outputs() == [2.0, math.tanh(-3.0)]
    del layer.neurons[1]
    assert outputs() == [2.0]
    counter = itertools.count()
    layer.neurons = [Doubled(2, "linear", [1.0, 1.0])]
    assert [outputs(), outputs()] == [[2.0], [3.0]]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_is_a_model_of_its_own(copied):
    model = MLP(2, [3, 1], "tanh", rng=random.Random(0))
    expected = model([1.0, 2.0]).data
    twin = copied(model)
    assert twin([1.0, 2.0]).data == expected
    for parameter in twin.parameters():
        parameter.data = 0.5
    twin.layers[0].neurons[0].b = Value(7.0)
    assert model([1.0, 2.0]).data == expected
    assert twin([1.0, 2.0]).data == pytest.approx(0.5 * (math.tanh(8.5) + 2 * math.tanh(2.0) + 1), rel=1e-15)
    twin([1.0, 2.0]).backward()
    assert not any(parameter.grad for parameter in model.parameters())
    assert all(parameter.grad for parameter in twin.parameters())


def test_neurons_share_the_leaves_of_their_inputs():
    outputs = MLP(2, [3, 2])([1.0, 2.0])
    leaves = {node for output in outputs for node in autograd.topological_order(output) if not node.parents}
    assert len(leaves) == 2 + (2 + 1) * 3 + (3 + 1) * 2


@pytest.mark.parametrize(
    "activation", ["linear", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "silu", "gelu"]
)
def test_an_mlp_agrees_with_pytorch(activation):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    model = MLP(3, [4, 4, 2], activation=activation, rng=random.Random(2))
    x = [0.3, -1.2, 0.8]
    for out in model(x):
        out.backward()

    activate = getattr(torch.nn.functional, activation, getattr(torch, activation, lambda h: h))
    if activation == "linear":
        activate = lambda h: h  # noqa: E731
    h = torch.tensor(x, dtype=torch.float64)
    twins = []
    for i, layer in enumerate(model.layers):
        w = torch.tensor([[w.data for w in n.w] for n in layer.neurons], dtype=torch.float64, requires_grad=True)
        b = torch.tensor([n.b.data for n in layer.neurons], dtype=torch.float64, requires_grad=True)
        twins.append((w, b))
        h = w @ h + b
        h = activate(h) if i < 2 else h
    h.sum().backward()
    assert [out.data for out in model(x)] == pytest.approx(h.tolist(), rel=1e-12)
    for layer, (w, b) in zip(model.layers, twins):
        assert [[w.grad for w in n.w] for n in layer.neurons] == [pytest.approx(r, rel=1e-12) for r in w.grad.tolist()]
        assert [n.b.grad for n in layer.neurons] == pytest.approx(b.grad.tolist(), rel=1e-12)


def test_the_seed_decides_the_weights():
    def weights(seed):
        return [p.data for p in MLP(2, [3, 1], rng=random.Random(seed)).parameters()]

    assert weights(1) == weights(1)
    assert weights(1) != weights(2)


def test_without_a_source_of_its_own_a_network_takes_pythons():
    def weights(seed):
        random.seed(seed)
        return [p.data for p in MLP(2, [3, 1]).parameters()]

    assert weights(1) == weights(1)
    assert weights(1) != weights(2)


def test_initialisations_keep_their_ranges_and_spread():
    rng = random.Random(0)
    for draw_weight, r in (
        (init.uniform, 1.0),
        (init.xavier_uniform, math.sqrt(6 / (50 + 10))),
        (init.kaiming_uniform, math.sqrt(6 / 50)),
    ):
        weights = [draw_weight(rng, 50, 10) for _ in range(20_000)]
        assert -r <= min(weights) < -0.99 * r
        assert 0.99 * r < max(weights) <= r
        assert math.fsum(w * w for w in weights) / len(weights) == pytest.approx(r * r / 3, rel=0.03)


def test_activation_and_initialisation_may_be_functions():
    neuron = Neuron(2, activation=lambda x: x * x, initialisation=lambda rng, fan_in, fan_out: 1.5)
    assert neuron([1.0, 1.0]).data == 9.0

    class Doubling:
        __hash__ = None

        def __call__(self, x):
            return 2 * x

    assert Layer(1, 1, Doubling(), lambda rng, fan_in, fan_out: 1.5)([1.0])[0].data == 3.0
    assert {w.data for layer in MLP(2, [3, 1], initialisation="zeros").layers for n in layer.neurons for w in n.w} == {
        0
    }


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: MLP(2, [0]), ValueError, "neurons of a layer must be at least 1, got 0"),
        (lambda: MLP(0, [1]), ValueError, "inputs of a neuron must be at least 1, got 0"),
        (lambda: MLP(2, []), ValueError, r"MLP\(2, \[16, 16, 1\]\); got \[\]"),
        (lambda: MLP(2, 3), ValueError, "as a list.*got 3"),
        (lambda: MLP(2, [1.5]), TypeError, "must be a whole number, got 1.5"),
        (lambda: MLP(2, [1], activation="tanhh"), ValueError, "no activation is called 'tanhh'; there are linear"),
        (lambda: Neuron(2, initialisation="he"), ValueError, "no initialisation is called 'he'; there are uniform"),
        (
            lambda: MLP(2, [3, 1])([1.0]),
            ValueError,
            r"2 inputs were expected, got 1: MLP\(2, \[3, 1\], relu\)",
        ),
        (lambda: Layer(2, 1)([1.0, 2.0, 3.0]), ValueError, "2 inputs were expected, got 3: Layer"),
        (lambda: Neuron(2)(1.0), TypeError, r"inputs come as one list, model\(\[x0, x1\]\); got 1.0"),
        (lambda: Neuron(1)(["x"]), TypeError, "must be a real number, got str"),
        (lambda: mse_loss([], []), ValueError, "at least one prediction"),
        (lambda: mse_loss([Value(1.0)], [1.0, 2.0]), ValueError, "one target for each prediction, got 1 and 2"),
        (lambda: mse_loss(Value(1.0), 1.0, "average"), ValueError, "reduction must be 'mean' or 'sum', got 'average'"),
        (lambda: hinge_loss([Value(1.0)], [0]), ValueError, "targets of hinge_loss must be -1 or 1, got 0"),
        (lambda: optim.SGD([], lr=0.1), ValueError, "at least one parameter"),
        (lambda: optim.SGD(MLP(1, [1]), lr=0.1), TypeError, r"model.parameters\(\)"),
        (lambda: optim.SGD([1.0], lr=0.1), TypeError, "parameters must be Values, got 1.0"),
        (lambda: optim.SGD([Value(1.0)], lr=-0.1), ValueError, "lr must be a finite number, 0 or more; got -0.1"),
        (lambda: optim.SGD([Value(1.0)], lr="0.1"), ValueError, "lr must be a finite number, 0 or more; got '0.1'"),
        (lambda: optim.SGD([Value(1.0)] * 2 + [Value(1.0)], lr=0.1), ValueError, "a parameter is in the list twice"),
        (lambda: optim.SGD([Value(1.0)], lr=math.inf), ValueError, "lr must be a finite number, 0 or more; got inf"),
        (lambda: MLP(2, b"ab"), ValueError, r"got b'ab'"),
        (lambda: MLP(2, [1])({1.0, 2.0}), TypeError, "inputs come as one list"),
        (lambda: optim.SGD([Value(1.0) * 2], lr=0.1), ValueError, r"leaves, got the result of '\*'"),
        (lambda: MLP(2, [1], rng=0), TypeError, r"such as random.Random\(0\); got 0"),
        (lambda: MLP(2, [1], activation=None), TypeError, "activation must be a name or a function, got None"),
        (lambda: Neuron(2, "tanh", True), TypeError, "initialisation must be a name or a function, got True"),
        (lambda: MLP(2, [1])([[1, 2], [3, 4]]), TypeError, r"one example at a time.*\[model\(x\) for x in examples\]"),
        (lambda: mse_loss([Value(1.0)], [[1.0]]), TypeError, r"targets must be numbers, \[0, 1\], got \[1.0\]"),
        (lambda: optim.SGD([Value(1.0)], lr=math.nan), ValueError, "lr must be a finite number, 0 or more; got nan"),
    ],
)
def test_mistakes_get_sentences(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: MLP([2, 4, 1]), TypeError, r"first, by itself: MLP\(2, \[4, 1\]\); got MLP\(\[2, 4, 1\]\)"),
        (lambda: MLP((2, 4, 1), activation="tanh"), TypeError, r"MLP\(2, \[4, 1\]\); got MLP\(\[2, 4, 1\]\)"),
        (lambda: MLP(2), ValueError, r"as a list, MLP\(2, \[16, 16, 1\]\); got \[\]"),
        (lambda: MLP(2, 16, 1), ValueError, r"as a list, MLP\(2, \[16, 16, 1\]\); got 16"),
        (lambda: MLP([2], [4, 1]), TypeError, r"the number of inputs of a neuron must be a whole number, got \[2\]"),
        (
            lambda: MLP(2, [3, 1], initialisation=[1.0]),
            TypeError,
            r"of an MLP must be a name or a function, got \[1.0\]",
        ),
        (lambda: Neuron(2, True), TypeError, "for micrograd's nonlin=True write 'relu', for nonlin=False 'linear'"),
        (lambda: Layer(2, 3, False), TypeError, "got False; for micrograd's nonlin=True write 'relu'"),
        (lambda: Neuron(nin=2, n_in=2), TypeError, "nin and n_in are two names for the same"),
        (lambda: Neuron(nim=2), TypeError, "unexpected keyword argument 'nim'"),
        (lambda: Layer(2, 1)([[1.0, 2.0]]), TypeError, r"one example at a time.*\[model\(x\) for x in examples\]"),
        (
            lambda: mse_loss([[Value(1.0)]], [1.0]),
            TypeError,
            r"returns a list of one number: write \[out for \(out,\) in",
        ),
        (
            lambda: mse_loss([Value(1.0)], [[1.0]]),
            TypeError,
            r"a column of numbers write y.ravel\(\), or \[t for \(t,\)",
        ),
        (lambda: hinge_loss([Value(1.0)], [0.0]), ValueError, r"-1 or 1, got 0.0; for 0 and 1 write 2 \* y - 1"),
        (
            lambda: cross_entropy([[Value(1.0), Value(0.0)]], [1.0]),
            TypeError,
            r"got 1.0; if the class is a float, write int\(y\)",
        ),
        (
            lambda: cross_entropy([[Value(1.0), Value(0.0)]], [[1]]),
            ValueError,
            r"for a column of numbers write y.ravel",
        ),
        (lambda: nn.binary_cross_entropy([0.0, 1.0], [Value(0.5), Value(0.25)]), TypeError, r"predictions come first"),
        (
            lambda: nn.binary_cross_entropy_with_logits([[1]], [[Value(0.5)]]),
            TypeError,
            r"loss\(outputs, targets\); got the class 1 as the prediction of Value\(data=0.5",
        ),
        (lambda: nn.Sequential([Layer(1, 1), Layer(1, 1)]), TypeError, r"one by one: .*as Sequential\(\*modules\)"),
        (lambda: optim.SGD([Value(1.0) - 0.1], 0.1), ValueError, r"of '-': .*write p.data -= lr \* p.grad"),
    ],
)
def test_other_libraries_ways_get_a_sentence(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_micrograds_names_make_micrograds_neurons():
    assert repr(Neuron(nin=2)) == repr(Neuron(2, nonlin=True)) == "Neuron(2, relu)"
    assert repr(Neuron(nin=2, nonlin=False)) == repr(Neuron(2)) == "Neuron(2, linear)"
    assert repr(Layer(nin=2, nout=3)) == repr(Layer(2, 3, nonlin=True)) == "Layer(2, 3, relu)"
    assert repr(Layer(2, 3, nonlin=False)) == "Layer(2, 3, linear)"
    assert repr(MLP(nin=2, nouts=[4, 1])) == repr(MLP(2, [4, 1])) == "MLP(2, [4, 1], relu), 17 parameters"
    assert repr(Neuron(nin=2, activation="tanh")) == "Neuron(2, tanh)"
    micrograd = pytest.importorskip("micrograd.nn", reason="micrograd is not installed")
    theirs = micrograd.MLP(nin=3, nouts=[4, 2])
    ours = MLP(nin=3, nouts=[4, 2])
    for parameter, twin in zip(ours.parameters(), theirs.parameters(), strict=True):
        parameter.data = twin.data
    x = [0.5, -1.0, 2.0]
    assert [out.data for out in ours(x)] == pytest.approx([out.data for out in theirs(x)], rel=1e-14)
    single, twin = Neuron(nin=3), micrograd.Neuron(nin=3)
    for parameter, other in zip(single.parameters(), twin.parameters(), strict=True):
        parameter.data = other.data
    assert single(x).data == pytest.approx(twin(x).data, rel=1e-14, abs=1e-16)


# Losses and optimisers


def test_hinge_loss_by_hand():
    scores = [Value(0.5), Value(-0.5), Value(2.0)]
    loss = hinge_loss(scores, [1, 1, -1])  # margins missed by 0.5, 1.5 and 3
    loss.backward()
    assert loss.data == pytest.approx(5 / 3, rel=1e-15)
    assert [score.grad for score in scores] == pytest.approx([-1 / 3, -1 / 3, 1 / 3], rel=1e-15)
    assert hinge_loss(scores, [1, 1, -1], reduction="sum").data == 5.0


def test_a_single_prediction_may_stand_without_a_list():
    assert mse_loss(Value(3.0), 1.0).data == 4.0


def test_a_wrong_learning_rate_changes_nothing():
    x = Value(1.0)
    optimizer = optim.SGD([x], lr=0.1, momentum=0.9)
    x.grad = 1.0
    optimizer.lr = "0.1"
    with pytest.raises(TypeError, match="lr must be a real number, got str"):
        optimizer.step()
    assert (x.data, list(optimizer.velocities)) == (1.0, [0.0])


@pytest.mark.parametrize("velocities", [[], [0.0, 0.0], ()])
def test_updates_take_one_velocity_per_parameter(velocities):
    x = Value(1.0)
    with pytest.raises(ValueError, match=f"one velocity per parameter, got {len(velocities)} for 1"):
        autograd.descend([x], velocities, lr=0.1)


@pytest.mark.parametrize("thing", [None, 1.0, "x", [None]])
def test_updates_and_walks_refuse_what_is_no_value(thing):
    for function in (autograd.topological_order, autograd.clear):
        with pytest.raises((TypeError, AttributeError)):
            function(thing)


def test_the_learning_rate_may_be_changed_at_any_time():
    x = Value(1.0)
    optimizer = optim.SGD([x], lr=0.0)
    x.grad = 1.0
    optimizer.step()
    assert x.data == 1.0
    optimizer.lr = 0.5
    optimizer.step()
    assert x.data == 0.5


def test_every_value_of_several_arrays_is_a_parameter():
    class Arrays(Module):
        def __init__(self):
            self.shared = Value(7.0)
            for name in "abcdef":
                setattr(self, name, np.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]], dtype=object))
            self.single = np.array(self.shared, dtype=object)

    names = [name for name, _ in Arrays().named_parameters()]
    assert names == ["shared", *[f"{name}[{i}][{j}]" for name in "abcdef" for i in (0, 1) for j in (0, 1)]]
