"""gradient_report() measures what is in the graph, layer by layer."""

import math
import random

import matplotlib
import pytest

import nn
from autograd import Value, no_grad
from nn import MLP, BatchNorm, Embedding, Layer, Module, Neuron, Sequential, gradient_report, mse_loss

matplotlib.use("svg")
import matplotlib.pyplot as plt

pytestmark = pytest.mark.once


def test_a_report_by_hand():
    model = MLP(1, [2, 1], initialisation=lambda rng, fan_in, fan_out: [[1.0] * fan_in, [-1.0] * fan_in][:fan_out])
    loss = mse_loss([model([1.0]), model([3.0])], [0.0, 0.0])
    loss.backward()
    first, last = gradient_report(model, loss).rows
    assert (first.name, first.parameters, first.neurons, first.dead, first.flat) == ("layers.0", 4, 2, 1, 0.5)
    assert (last.name, last.parameters, last.neurons, last.dead, last.flat) == ("layers.1", 3, 1, 0, 0.0)
    # outputs 1, 3, 0, 0 and then 1, 3; as the loss is the mean of their squares, deltas 1, 3, 0, 0 and 1, 3
    assert (first.outputs, first.deltas) == pytest.approx((math.sqrt(10 / 4), math.sqrt(10 / 4)), rel=1e-15)
    assert (last.outputs, last.deltas) == pytest.approx((math.sqrt(5), math.sqrt(5)), rel=1e-15)
    # gradients 10, 4, 0, 0 and 10, 0, 4
    assert (first.gradients, last.gradients) == pytest.approx((math.sqrt(116 / 4), math.sqrt(116 / 3)), rel=1e-15)
    assert (first.weights, last.weights) == pytest.approx((math.sqrt(2 / 4), math.sqrt(2 / 3)), rel=1e-15)


def test_a_report_is_the_same_within_no_grad():
    model = MLP(2, [3, 1], "tanh", rng=random.Random(0))
    loss = mse_loss(model([1.0, 2.0]), 3.0)
    loss.backward()
    with no_grad():
        within = gradient_report(model, loss)
    assert within.rows == gradient_report(model, loss).rows
    assert [row.dead for row in within.rows] == [0, 0]


def test_a_sum_with_a_bias_is_no_neuron():
    model = MLP(2, [3, 1], "tanh", rng=random.Random(0))
    plain, penalised = (mse_loss(model([1.0, 2.0]), 3.0) for _ in range(2))
    for neuron in model.layers[0].neurons:
        penalised = penalised + neuron.b
    rows = []
    for loss in (plain, penalised):
        loss.backward()
        rows.append([(row.outputs, row.flat, row.deltas) for row in gradient_report(model, loss).rows])
    assert rows[0] == rows[1]


def test_vanishing_gradients_are_seen():
    def first_to_last(activation, initialisation):
        model = MLP(2, [8] * 8 + [1], activation, initialisation, rng=random.Random(0))
        loss = mse_loss([model([x, -x]) for x in (0.5, 1.0, -2.0)], [1.0, 0.0, -1.0])
        loss.backward()
        deltas = [row.deltas for row in gradient_report(model, loss).rows]
        return deltas[0] / deltas[-1]

    assert first_to_last("sigmoid", "xavier_uniform") < 1e-4
    assert first_to_last("tanh", "normal") > 0.1
    assert 0.05 < first_to_last("tanh", "orthogonal") < 20


def test_every_parameter_is_in_a_report_once():
    model = Module()
    model.embedding = Embedding(5, 4)
    model.query = [[Value(1.0), Value(2.0)], [Value(3.0)]]
    model.scale = Value(1.0)
    model.head = Sequential(Layer(4, 3), BatchNorm(3), Neuron(3))
    rows = gradient_report(model).rows
    assert {row.name: row.parameters for row in rows} == {
        "embedding.weight": 20,
        "query": 3,
        "scale": 1,
        "head.layers.0": 15,
        "head.layers.1.weight": 3,
        "head.layers.1.bias": 3,
        "head.layers.2": 4,
    }
    assert all(row.outputs is None for row in rows)
    assert "head.layers.1.bias" in repr(gradient_report(model))
    assert gradient_report(Neuron(2)).rows[0].name == "Neuron"


def test_a_report_changes_no_gradient():
    slope = Value(0.5)
    model = Neuron(1, lambda x: nn.layers.autograd.leaky_relu(x, slope), [1.0])
    loss = model([-2.0])
    loss.backward()
    before = [parameter.grad for parameter in (*model.parameters(), slope)]
    assert gradient_report(model, loss).rows[0].outputs == 1.0
    assert [parameter.grad for parameter in (*model.parameters(), slope)] == before == [-1.0, 0.5, -2.0]


def test_a_report_is_drawn():
    model = MLP(2, [3, 3, 1], rng=random.Random(0))
    loss = mse_loss(model([1.0, 2.0]), 3.0)
    loss.backward()
    report = gradient_report(model, loss)
    axes = report.plot()
    assert [list(line.get_ydata()) for line in axes.lines] == [
        [getattr(row, column) for row in report.rows] for column in ("gradients", "deltas", "outputs")
    ]
    assert axes.get_yscale() == "log"
    assert report.plot(axes) is axes
    plt.close(axes.figure)


def test_a_report_needs_a_backward_on_this_model():
    model, other = MLP(1, [1]), MLP(1, [1])
    loss = model([1.0])
    with pytest.raises(ValueError, match=r"call loss.backward\(\) before"):
        gradient_report(model, loss)
    loss.backward()
    with pytest.raises(ValueError, match="is it the loss of another model"):
        gradient_report(other, loss)
    with pytest.raises(TypeError, match="takes the loss on which backward"):
        gradient_report(model, 1.0)
    with pytest.raises(TypeError, match="gradient_report takes a Module, got "):
        gradient_report([model])
    with pytest.raises(ValueError, match="has no parameters"):
        gradient_report(Module())
