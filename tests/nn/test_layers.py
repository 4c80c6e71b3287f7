"""The layers beside Neuron, Layer and MLP: as PyTorch's in training and in use; and how weights begin."""

import copy
import math
import random

import numpy as np
import pytest

import autograd
import nn
from autograd import Value
from nn import (
    MLP,
    Activation,
    BatchNorm,
    Dropout,
    Embedding,
    Layer,
    LayerNorm,
    Module,
    Neuron,
    RMSNorm,
    Sequential,
    init,
    mse_loss,
    optim,
)

rng = random.Random(3)
EXAMPLES = [[rng.uniform(-2, 5) for _ in range(4)] for _ in range(6)]
WEIGHTS, BIASES, OUTER = ([rng.uniform(-2, 2) for _ in range(4)] for _ in range(3))


def torch_or_skip():
    return pytest.importorskip("torch", reason="PyTorch is not installed")


def tensor(numbers, **options):
    return torch_or_skip().tensor(numbers, dtype=torch_or_skip().float64, **options)


def twins(ours, name, *arguments, **options):
    """A normalisation of ours and PyTorch's, with the same weights."""
    theirs = getattr(torch_or_skip().nn, name)(*arguments, **options, dtype=torch_or_skip().float64)
    for parameters, numbers, twin in (
        (ours.weight, WEIGHTS, theirs.weight),
        (ours.bias, BIASES, getattr(theirs, "bias", None)),
    ):
        for parameter, number in zip(parameters, numbers):
            parameter.data = number
        if parameters:
            twin.data = tensor(numbers)
    return ours, theirs


def check_agreement(ours, theirs, examples):
    """The outputs, and the gradients of inputs and parameters."""
    inputs = [[Value(x) for x in example] for example in examples]
    twin = tensor(examples, requires_grad=True)
    rows, expected = Sequential(ours)(inputs), theirs(twin)
    ours.zero_grad()
    theirs.zero_grad()
    autograd.sum([autograd.dot([out**2 for out in row], OUTER) for row in rows]).backward()
    (expected**2 @ tensor(OUTER)).sum().backward()
    assert [[out.data for out in row] for row in rows] == [pytest.approx(row, rel=1e-12) for row in expected.tolist()]
    assert [[x.grad for x in example] for example in inputs] == [
        pytest.approx(row, rel=1e-12, abs=1e-13) for row in twin.grad.tolist()
    ]
    for parameters, other in (ours.weight, theirs.weight), (ours.bias, getattr(theirs, "bias", None)):
        if parameters:
            assert [p.grad for p in parameters] == pytest.approx(other.grad.tolist(), rel=1e-12, abs=1e-13)


# Normalisation


@pytest.mark.parametrize(
    ("kind", "name", "options"),
    [
        (LayerNorm, "LayerNorm", {}),
        (LayerNorm, "LayerNorm", {"eps": 0.1}),
        (LayerNorm, "LayerNorm", {"elementwise_affine": False}),
        (RMSNorm, "RMSNorm", {}),
        (RMSNorm, "RMSNorm", {"eps": 0.1}),
        (RMSNorm, "RMSNorm", {"elementwise_affine": False}),
        (BatchNorm, "BatchNorm1d", {}),
        (BatchNorm, "BatchNorm1d", {"eps": 0.1, "momentum": 0.3}),
        (BatchNorm, "BatchNorm1d", {"affine": False}),
    ],
)
def test_normalisations_are_pytorchs_in_training_and_in_use(kind, name, options):
    ours, theirs = twins(kind(4, **options), name, 4, **options)
    for examples in (EXAMPLES, EXAMPLES[:2], EXAMPLES[3:]):
        check_agreement(ours, theirs, examples)
    for buffer in ours.buffers:
        assert getattr(ours, buffer) == pytest.approx(getattr(theirs, buffer).tolist(), rel=1e-12)
    ours.eval()
    theirs.eval()
    check_agreement(ours, theirs, EXAMPLES)
    check_agreement(ours, theirs, EXAMPLES[:1])


def torchs_linear(layer):
    """PyTorch's Linear with the weights of a Layer."""
    n_in, n_out = len(layer.neurons[0].w), len(layer.neurons)
    twin = torch_or_skip().nn.Linear(n_in, n_out, dtype=torch_or_skip().float64)
    twin.weight.data = tensor([[w.data for w in neuron.w] for neuron in layer.neurons])
    twin.bias.data = tensor([neuron.b.data for neuron in layer.neurons])
    return twin


class Masked:
    """Dropout(p) with the mask that one of ours draws from the same seed; nothing in use."""

    def __init__(self, p, seed):
        self.p, self.rng, self.training = p, random.Random(seed), True

    def __call__(self, x):
        kept = [[0.0 if self.rng.random() < self.p else 1 / (1 - self.p) for _ in row] for row in x]
        return x * tensor(kept) if self.training else x


def test_a_network_of_every_layer_is_pytorchs_in_training_and_in_use():
    torch, rng = torch_or_skip(), random.Random(4)
    embedding, single = Embedding(5, 4, rng=rng), Neuron(2, "tanh", rng=rng)
    first, second, mlp = Layer(4, 4, "relu", rng=rng), Layer(4, 3, "sigmoid", rng=rng), MLP(3, [4, 2], "gelu", rng=rng)
    parts = [embedding, LayerNorm(4), first, Dropout(0.4, random.Random(5)), BatchNorm(4), second, "silu", RMSNorm(3)]
    ours = Sequential(*parts, Sequential(mlp), single)
    assert {type(module).__name__ for module in ours.modules()} == {
        name for name in nn.__all__ if isinstance(kind := getattr(nn, name), type) and issubclass(kind, Module)
    } - {"Module"}
    table = torch.nn.Embedding(5, 4, dtype=torch.float64)
    table.weight.data = tensor([[w.data for w in row] for row in embedding.weight])
    last = torch.nn.Linear(2, 1, dtype=torch.float64)
    last.weight.data, last.bias.data = tensor([[w.data for w in single.w]]), tensor([single.b.data])
    f = torch.nn.functional
    steps = [
        *(table, torch.nn.LayerNorm(4, dtype=torch.float64), torchs_linear(first), f.relu, Masked(0.4, 5)),
        *(torch.nn.BatchNorm1d(4, dtype=torch.float64), torchs_linear(second), torch.sigmoid, f.silu),
        torch.nn.RMSNorm(3, dtype=torch.float64),
        *(torchs_linear(mlp.layers[0]), f.gelu, torchs_linear(mlp.layers[1]), last, torch.tanh),
    ]
    modules = [step for step in steps if isinstance(step, torch.nn.Module)]
    rows, norm = [3, 1, 4, 1, 0, 2, 2], ours.layers[4]
    for training in (True, False):
        ours.train(training)
        for step in (*modules, steps[4]):
            step.training = training
        outputs, expected = ours(rows), torch.tensor(rows)
        for step in steps:
            expected = step(expected)
        assert [out.data for out in outputs] == pytest.approx(expected.flatten().tolist(), rel=1e-12)
        ours.zero_grad()
        for step in modules:
            step.zero_grad()
        autograd.dot(outputs, outputs).backward()
        (expected**2).sum().backward()
        gradients = [number for step in modules for p in step.parameters() for number in p.grad.flatten().tolist()]
        assert sorted(p.grad for p in ours.parameters()) == pytest.approx(sorted(gradients), rel=1e-12, abs=1e-14)
    assert norm.running_mean == pytest.approx(steps[5].running_mean.tolist(), rel=1e-12)
    assert norm.running_var == pytest.approx(steps[5].running_var.tolist(), rel=1e-12)


def test_normalisations_by_hand():
    assert [y.data for y in LayerNorm(2, eps=0.0)([5.0, 9.0])] == [-1.0, 1.0]
    assert [y.data for y in RMSNorm(2, eps=0.0)([1.0, 7.0])] == pytest.approx([0.2, 1.4], rel=1e-15)
    norm = BatchNorm(1, eps=0.0, momentum=0.25)
    assert [y.data for (y,) in norm([[5.0], [9.0]])] == [-1.0, 1.0]
    assert (norm.running_mean, norm.running_var) == ([0.25 * 7], [0.75 + 0.25 * 8])
    assert [y.data for y in norm.eval()([3.75])] == pytest.approx([2 / math.sqrt(2.75)], rel=1e-15)
    assert norm.running_mean == [1.75]  # use does not move it


def test_one_example_of_a_batch_is_normalised_in_use_only():
    norm = BatchNorm(2)
    for wrong in ([1.0, 2.0], [[1.0, 2.0]], []):
        with pytest.raises(ValueError, match=r"needs a batch, a list of at least 2 examples.*call eval\(\) first"):
            norm(wrong)
    assert norm.running_mean == [0.0, 0.0]
    assert len(norm.eval()([1.0, 2.0])) == 2


def test_a_wrong_batch_leaves_the_running_numbers_alone():
    norm = BatchNorm(2)
    with pytest.raises(ValueError, match="2 inputs were expected, got 1"):
        norm([[1.0, 2.0], [3.0]])
    with pytest.raises(TypeError, match="must be a real number, got str"):
        norm([[1.0, 2.0], [3.0, "4"]])
    assert (norm.running_mean, norm.running_var) == ([0.0, 0.0], [1.0, 1.0])


def test_running_numbers_are_no_parameters():
    assert [name for name, _ in BatchNorm(2).named_parameters()] == ["weight[0]", "weight[1]", "bias[0]", "bias[1]"]


# Dropout, Embedding, Sequential


def test_dropout_keeps_the_part_and_the_scale_that_it_says():
    dropout = Dropout(0.3, rng=random.Random(0))
    inputs = [Value(2.0) for _ in range(20_000)]
    outputs = dropout(inputs)
    autograd.sum(outputs).backward()
    kept = [out for out in outputs if out.data]
    assert {out.data for out in kept} == {2.0 / 0.7}
    assert len(kept) / len(outputs) == pytest.approx(0.7, abs=0.01)
    assert all((x.grad == 1 / 0.7) == (out.data > 0) for x, out in zip(inputs, outputs))
    assert {x.grad for x in inputs} == {0.0, 1 / 0.7}
    assert [out.data for out in dropout.eval()(inputs)] == [2.0] * 20_000


def test_dropout_of_all_and_of_none():
    assert [out.data for out in Dropout(1.0)([3.0, 4.0])] == [0.0, 0.0]
    assert [out.data for out in Dropout(0.0)([3.0, 4.0])] == [3.0, 4.0]


def test_the_seed_decides_what_is_dropped():
    def outputs(seed):
        return [out.data for out in Dropout(0.5, rng=random.Random(seed))([1.0] * 50)]

    assert outputs(1) == outputs(1)
    assert outputs(1) != outputs(2)


def test_a_model_can_be_copied():
    model = Sequential(Embedding(3, 2), BatchNorm(2), Dropout(), Layer(2, 2, "gelu"))
    twin = copy.deepcopy(model)
    twin([0, 1])
    assert model.state_dict() != twin.state_dict()
    assert [p.data for p in model.parameters()] == [p.data for p in twin.parameters()]


def test_an_embedding_is_a_table():
    embedding = Embedding(5, 3, rng=random.Random(0))
    assert embedding(2) == embedding.weight[2]
    assert embedding(np.int64(2)) == embedding.weight[2]
    assert embedding([4, 0]) == [embedding.weight[4], embedding.weight[0]]
    assert embedding([[1], [2, 3]]) == [[embedding.weight[1]], embedding.weight[2:4]]
    assert len(embedding.parameters()) == 15
    autograd.sum(embedding(2) + embedding(2)).backward()
    assert [[w.grad for w in row] for row in embedding.weight] == [[2.0 * (i == 2)] * 3 for i in range(5)]
    assert embedding(range(2)) == embedding(iter([0, 1])) == embedding.weight[:2]
    embedding(2).clear()
    assert len(embedding(2)) == 3


def test_sequential_does_one_after_the_other():
    layers = Layer(2, 3, rng=random.Random(0)), Layer(3, 1, rng=random.Random(1))
    model = Sequential(layers[0], "tanh", lambda x: x * x, layers[1])
    expected = layers[1]([autograd.tanh(h) ** 2 for h in layers[0]([1.0, -2.0])])[0].data
    assert model([1.0, -2.0]).data == pytest.approx(expected, rel=1e-15)
    assert [out.data for out in model([[0.0, 0.0], [1.0, -2.0]])] == pytest.approx([0.0, expected], rel=1e-15)
    assert [out.data for out in model(np.array([[0.0, 0.0], [1.0, -2.0]]))] == pytest.approx([0.0, expected], rel=1e-15)
    assert [name for name, _ in model.named_parameters()][:2] == ["layers.0.neurons.0.w[0]", "layers.0.neurons.0.w[1]"]


def test_sequential_within_sequential_keeps_lists_between():
    model = Sequential(Sequential(Embedding(3, 1), LayerNorm(1)), BatchNorm(1), Sequential(Layer(1, 2)))
    assert [len(row) for row in model([0, 1, 2])] == [2, 2, 2]


class Scorer(Module):
    """One number for every example of a batch."""

    takes_batch = True

    def __init__(self):
        self.neuron = Neuron(4)

    def __call__(self, batch):
        return [self.neuron(example) for example in batch]


@pytest.mark.parametrize("first", [lambda: MLP(4, [3, 1]), lambda: Neuron(4), Scorer])
def test_a_single_output_goes_on_as_a_list(first):
    module, last = first(), Layer(1, 2, "tanh")
    model = Sequential(module, "sigmoid", LayerNorm(1), last)
    batch = EXAMPLES[:3]
    assert [[out.data for out in row] for row in model(batch)] == [[out.data for out in last([0.0])]] * 3
    model = Sequential(module, "sigmoid")
    outputs = module(batch) if first is Scorer else [module(example) for example in batch]
    assert [out.data for out in model(batch)] == [autograd.sigmoid(out).data for out in outputs]
    if first is not Scorer:
        assert model(batch[0]).data == autograd.sigmoid(outputs[0]).data


@pytest.mark.parametrize(
    "model",
    [
        lambda: Sequential(Layer(4, 3, "relu"), BatchNorm(3), LayerNorm(3), RMSNorm(3), Layer(3, 2)),
        lambda: Sequential(Layer(4, 3), Sequential(MLP(3, [2]), BatchNorm(2)), Layer(2, 2)),
    ],
)
def test_what_a_batch_gives_is_what_its_examples_give(model):
    model = model()
    model(EXAMPLES)
    model.eval()
    assert [[out.data for out in row] for row in model(EXAMPLES)] == [
        [out.data for out in model(example)] for example in EXAMPLES
    ]


def test_a_network_with_every_layer_learns():
    source = random.Random(0)
    model = Sequential(
        *(Layer(1, 4, rng=source), BatchNorm(4), "tanh"),
        *(Layer(4, 4, rng=source), LayerNorm(4), "tanh"),
        *(RMSNorm(4), Layer(4, 1, rng=source)),
    )
    points = [[x / 5] for x in range(-5, 6)]
    targets = [x**2 for (x,) in points]
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    losses = []
    for _ in range(100):
        loss = mse_loss(model(points), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.data)
    assert losses[-1] < 0.005 < 0.1 < losses[0]
    assert mse_loss(model.eval()(points), targets).data < 0.03  # the running numbers lag behind


# How weights begin


@pytest.mark.parametrize(
    ("name", "variance"),
    [
        ("normal", 1.0),
        ("xavier_normal", 2 / (40 + 60)),
        ("kaiming_normal", 2 / 40),
        ("lecun_normal", 1 / 40),
        ("lecun_uniform", 1 / 40),
        ("kaiming_uniform", 2 / 40),
        ("xavier_uniform", 2 / (40 + 60)),
        ("uniform", 1 / 3),
    ],
)
def test_initialisations_have_their_variance_and_shape(name, variance):
    weights = [w.data for n in Layer(40, 60, initialisation=name, rng=random.Random(0)).neurons for w in n.w]
    assert len(weights) == 2400
    assert math.fsum(weights) / 2400 == pytest.approx(0, abs=4 * math.sqrt(variance / 2400))
    assert math.fsum(w * w for w in weights) / 2400 == pytest.approx(variance, rel=0.1)
    beyond = sum(abs(w) > math.sqrt(3 * variance) for w in weights) / 2400  # 8.3 % of a normal distribution
    assert beyond == (0 if name.endswith("uniform") else pytest.approx(0.083, abs=0.02))


def test_an_activation_can_be_set_later_by_its_name():
    parts = [
        nn.Neuron(1, initialisation=[1.0]),
        nn.Layer(1, 1, initialisation=[[1.0]]),
        nn.Sequential(nn.Activation("tanh")),
    ]
    for part, owner in zip(parts, [parts[0], parts[1], list(parts[2].modules())[1]]):
        for activation in ("relu", autograd.relu):
            owner.activation = "sigmoid"
            owner.activation = activation
            assert owner.activation is autograd.relu
            out = part([-2.0])
            assert (out[0] if isinstance(out, list) else out).data == 0.0
        with pytest.raises(ValueError, match="activation"):
            owner.activation = "no such"
        assert owner.activation is autograd.relu
    assert repr(parts[1]) == "Layer(1, 1, relu)"


@pytest.mark.parametrize(("fan_in", "fan_out"), [(1, 1), (7, 7), (9, 4), (4, 9), (40, 40)])
def test_orthogonal_weights_are_orthogonal(fan_in, fan_out):
    matrix = np.array(init.orthogonal(random.Random(0), fan_in, fan_out))
    assert matrix.shape == (fan_out, fan_in)
    product = matrix @ matrix.T if fan_out <= fan_in else matrix.T @ matrix
    assert np.abs(product - np.eye(min(fan_in, fan_out))).max() < 1e-14


def test_orthogonal_weights_are_turned_every_way():
    corners = [init.orthogonal(random.Random(seed), 3, 3)[2][2] for seed in range(2000)]
    assert sum(corners) / 2000 == pytest.approx(0, abs=0.05)  # U(-1, 1) by Archimedes' hat-box theorem
    assert sum(c * c for c in corners) / 2000 == pytest.approx(1 / 3, abs=0.03)


def test_layers_take_their_weights_by_name_by_function_and_as_numbers():
    assert [w.data for w in Neuron(2, "tanh", [0.5, -1]).w] == [0.5, -1.0]
    assert [[w.data for w in n.w] for n in Layer(2, 2, "tanh", [[1, 2], (3, 4)]).neurons] == [[1, 2], [3, 4]]
    assert [[w.data for w in row] for row in Embedding(2, 1, [[1], [2]]).weight] == [[1], [2]]
    rows = [[w.data for w in n.w] for n in MLP(3, [3, 1], "tanh", "orthogonal").layers[0].neurons]
    assert [sum(x * x for x in row) for row in rows] == pytest.approx([1, 1, 1], rel=1e-15)
    assert len(Neuron(3, initialisation="orthogonal").w) == 3
    for matrix in (np.eye(2), lambda rng, fan_in, fan_out: np.eye(fan_in)):
        assert [[w.data for w in n.w] for n in Layer(2, 2, initialisation=matrix).neurons] == [[1, 0], [0, 1]]
    embedding = Embedding(2, 2, initialisation=np.eye(2))
    assert [[w.data for w in row] for row in embedding.weight] == [[1, 0], [0, 1]]
    layer = Layer(2, 2, initialisation=lambda rng, fan_in, fan_out: [[fan_in, 1], [fan_out, 0]])
    assert [[w.data for w in n.w] for n in layer.neurons] == [[2, 1], [2, 0]]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Neuron(2, initialisation=[1.0]), ValueError, r"are 1 rows of 2 numbers, got \[\[1.0\]\]"),
        (lambda: Layer(2, 2, initialisation=[[1.0, 2.0]]), ValueError, "are 2 rows of 2 numbers"),
        (lambda: Layer(2, 1, initialisation=[1.0, 2.0]), ValueError, "are 1 rows of 2 numbers"),
        (lambda: Layer(1, 1, initialisation=[["x"]]), TypeError, "must be a real number, got str"),
        (
            lambda: MLP(1, [1], initialisation=[[1.0]]),
            TypeError,
            "initialisation of an MLP must be a name or a function",
        ),
        (lambda: Layer(2, 2, initialisation="he"), ValueError, "no initialisation is called 'he'; there are uniform"),
        (lambda: Sequential(), ValueError, "Sequential takes the modules.*got none"),
        (lambda: Sequential(Layer), TypeError, r"Layer is a class: Layer\(…\) makes a module of it"),
        (lambda: Sequential([Layer(1, 1)]), TypeError, r"one by one: a list of them as Sequential\(\*modules\)"),
        (lambda: Sequential("tanhh"), ValueError, "no activation is called 'tanhh'"),
        (lambda: Sequential(Layer(2, 1))([1.0]), ValueError, "2 inputs were expected, got 1: Layer"),
        (lambda: Activation("relu")(1.0), TypeError, "inputs come as one list"),
        (lambda: Layer(2, 1, Activation), TypeError, "activation must be a name or a function, got <class"),
        (lambda: Layer(2, 1, rng=random.Random), TypeError, "source of random numbers like Python's"),
        (lambda: Embedding(3, 2)(3), IndexError, r"the rows are 0 to 2, got 3: Embedding\(3, 2\)"),
        (lambda: Embedding(3, 2)(-1), IndexError, "the rows are 0 to 2, got -1"),
        (lambda: Embedding(3, 2)(1.0), TypeError, "an embedding takes whole numbers, got 1.0"),
        (lambda: Embedding(3, 2)("a"), TypeError, "an embedding takes whole numbers, got 'a'"),
        (lambda: Embedding(0, 2), ValueError, "rows of an embedding must be at least 1, got 0"),
        (lambda: Dropout(1.5), ValueError, "p of Dropout must be a probability, from 0 to 1; got 1.5"),
        (lambda: Dropout(rng=3), TypeError, "rng must be a source of random numbers"),
        (
            lambda: Layer(2, 2, rng=np.random.default_rng(0)),
            TypeError,
            "source of random numbers like Python's",
        ),
        (lambda: LayerNorm(2, eps=0.0)([3.0, 3.0]), ZeroDivisionError, r"do not vary .* eps is 0.*: LayerNorm\(2\)"),
        (lambda: RMSNorm(2, eps=0.0)([0.0, 0.0]), ZeroDivisionError, r"do not vary .* eps is 0.*: RMSNorm\(2\)"),
        (lambda: BatchNorm(1, eps=0.0)([[3.0], [3.0]]), ZeroDivisionError, r"do not vary .*: BatchNorm\(1\)"),
        (lambda: Embedding(3, 2)("01"), TypeError, "an embedding takes whole numbers, got '01'"),
        (lambda: Embedding(3, 2)({0, 1}), TypeError, r"an embedding takes whole numbers, got \{0, 1\}"),
        (lambda: Dropout()([[1.0]]), TypeError, "one example at a time"),
        (lambda: LayerNorm(2)([1.0]), ValueError, r"2 inputs were expected, got 1: LayerNorm\(2\)"),
        (lambda: LayerNorm(2, eps=-1.0), ValueError, "eps must be 0 or more, got -1.0"),
        (lambda: RMSNorm(2.0), TypeError, "the number of inputs of RMSNorm must be a whole number, got 2.0"),
        (lambda: BatchNorm(2, momentum=2), ValueError, "momentum of BatchNorm must be from 0 to 1, got 2"),
        (lambda: Module()([1.0]), NotImplementedError, r"Module does not define __call__\(self, x\)"),
    ],
)
def test_mistakes_get_sentences(make, error, message):
    with pytest.raises(error, match=message):
        make()
