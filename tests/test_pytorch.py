"""Coming from PyTorch: what is called otherwise here gets an error that says what to write."""

import traceback

import pytest

import autograd
import nn
from autograd import Value, compile, no_grad
from autograd.classroom.live.mishaps import told
from autograd.pytorch import OF_AUTOGRAD, OF_VALUE
from nn.pytorch import OF_MODULE, OF_NN, OF_OPTIMIZER

PLACES = [
    (Value(2.0), "'Value' object", OF_VALUE),
    (nn.Neuron(2), "'Neuron' object", OF_MODULE),
    (nn.optim.SGD([Value(1.0)], lr=0.1), "'SGD' object", OF_OPTIMIZER),
    (autograd, "module 'autograd'", OF_AUTOGRAD),
    (nn, "module 'nn'", OF_NN),
]
NAMES = [(thing, what, name, instead) for thing, what, names in PLACES for name, instead in names.items()]


@pytest.mark.parametrize(("thing", "what", "name", "instead"), NAMES)
def test_a_name_of_pytorch_is_missing_and_its_error_says_what_to_write(thing, what, name, instead):
    with pytest.raises(AttributeError) as error:
        getattr(thing, name)
    assert "".join(traceback.format_exception_only(error.value)) == (
        f"AttributeError: {what} has no attribute '{name}': {instead}\n"
    )
    assert told(error.value, __file__)["sentence"] == f"AttributeError: {what} has no attribute '{name}': {instead}"
    assert not hasattr(thing, name)
    assert name not in dir(thing)


def test_the_names_are_free_for_your_own_attributes():
    v = Value(2.0)
    v.shape = "round"
    assert (v.shape, "shape" in dir(v)) == ("round", True)
    del v.shape
    assert not hasattr(v, "shape")

    class Net(nn.Module):
        def __init__(self):
            self.weight = Value(3.0)

        def forward(self, x):
            return self.weight * x

    net = Net()
    assert (net.forward(2.0).data, [name for name, _ in net.named_parameters()]) == (6.0, ["weight"])
    with pytest.raises(NotImplementedError, match=r"Net does not define __call__.*; rename forward to __call__"):
        net(2.0)


def test_a_parameter_is_not_frozen_in_vain():
    v = Value(2.0)
    with pytest.raises(AttributeError, match=r"every Value gets a gradient.*v\.detach\(\)"):
        v.requires_grad = False


@pytest.mark.parametrize("wrap", [lambda model: model, compile], ids=["plain", "compiled"])
@pytest.mark.parametrize("make", [nn.Neuron, lambda n: nn.Layer(n, 3), lambda n: nn.MLP(n, [2, 1])])
def test_the_inputs_of_a_network_come_as_one_list(make, wrap):
    model = make(2)
    with pytest.raises(TypeError, match=r"the inputs come as one list, model\(\[x0, x1\]\); got .*1\.0.*, .*2\.0"):
        wrap(model)(1.0, 2.0)


def test_no_grad_needs_its_parentheses():
    with pytest.raises(TypeError, match=r"write @no_grad\(\) before a function, or with no_grad\(\): before a block"):

        @no_grad
        def f(x):
            return x


def test_what_the_errors_say_works():
    neuron = nn.Layer(2, 3).neurons[0]
    v, w = Value(2.0), Value(3.0)
    assert autograd.dot([v], [w]).data == (v * w).data == 6.0
    assert [getattr(autograd, name)([v, w]).data for name in ("sum", "mean", "max", "min")] == [5.0, 2.5, 3.0, 2.0]
    assert [len(getattr(autograd, name)([v, w])) for name in ("softmax", "log_softmax")] == [2, 2]
    assert autograd.norm([Value(3.0), Value(4.0)]).data == 5.0
    assert autograd.clip(v, 0.0, 1.0).data == 1.0
    assert [(v * w).op, v.parents, len(neuron.w), neuron.b.data] == ["*", (), 2, 0.0]
    for kind in ("ELU", "GELU", "ReLU", "SiLU", "Sigmoid", "Softplus", "Tanh"):
        nn.Activation(kind.lower())
