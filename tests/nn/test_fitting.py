"""fit() trains as a loop by hand does, compiled or not, and says what it cannot do."""

import math
import random
import sys
import warnings
from fractions import Fraction
from functools import partial

import matplotlib
import numpy as np
import pytest

import autograd
import nn
from autograd import Value, no_grad
from nn import MLP, BatchNorm, Dropout, Layer, Module, Sequential, fit, mse_loss, optim

matplotlib.use("svg")
import matplotlib.pyplot as plt

pytestmark = pytest.mark.once


DATA = [([x / 10], x * x / 100) for x in range(-10, 11)]


def network(seed=0):
    return MLP(1, [6, 1], "tanh", rng=random.Random(seed))


def quietly(model, loss=mse_loss, data=DATA, **options):
    return fit(model, loss, data, **({"rng": random.Random(0), "progress": False} | options))


def test_fit_is_the_loop_by_hand():
    model, twin = network(), network()
    history = quietly(model, epochs=3, batch_size=30, optimizer=optim.SGD(model.parameters(), lr=0.1), shuffle=False)
    losses = []
    for _ in range(3):
        loss = mse_loss([twin(x) for x, _ in DATA], [y for _, y in DATA])
        twin.zero_grad()
        loss.backward()
        for p in twin.parameters():
            p.data -= 0.1 * p.grad
        losses.append(loss.data)
    assert history.losses == losses
    assert model.state_dict() == twin.state_dict()


def test_batches_are_equal_and_every_example_comes_once_an_epoch():
    batches = []

    def loss(outputs, targets):
        batches.append(targets)
        return mse_loss(outputs, targets)

    quietly(network(), loss, epochs=2, batch_size=10)
    assert [len(batch) for batch in batches] == [7, 7, 7] * 2
    first, second = ([y for batch in part for y in batch] for part in (batches[:3], batches[3:]))
    assert sorted(first) == sorted(second) == sorted(y for _, y in DATA)
    assert first != second


def test_the_seed_decides_all():
    assert quietly(network(), validation=0.3).losses == quietly(network(), validation=0.3).losses


def test_validation_is_in_use_and_apart():
    seen = {True: set(), False: set()}

    class Watching(Module):
        takes_batch = True

        def __init__(self):
            self.inner = network()

        def __call__(self, inputs):
            seen[self.training].update(x for (x,) in inputs)
            return [self.inner(x) for x in inputs]

    model = Watching().eval()
    history = quietly(model, epochs=2, validation=0.25)
    assert len(history.validation_losses) == 2
    assert (len(seen[True]), len(seen[False])) == (16, 5)
    assert seen[True] | seen[False] == {x for (x,), _ in DATA}
    assert not model.training  # as it was before


def test_the_best_parameters_come_back():
    model, states = network(), []
    history = quietly(
        model,
        epochs=50,
        optimizer=optim.SGD(model.parameters(), lr=1.2),
        validation=DATA[::4],
        patience=5,
        callbacks=[lambda history: states.append(model.state_dict())],
    )
    assert len(history.losses) == history.best_epoch + 1 + 5 < 50
    assert model.state_dict() == states[history.best_epoch] != states[-1]
    with no_grad():
        now = mse_loss([model(x) for x, _ in DATA[::4]], [y for _, y in DATA[::4]]).data
    assert now == min(history.validation_losses)


def test_the_best_parameters_come_back_after_an_interruption_too():
    model, states = network(), []

    def interrupt(history):
        states.append(model.state_dict())
        if len(states) == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        quietly(model, epochs=50, optimizer=optim.SGD(model.parameters(), lr=1.2), validation=0.3, patience=30,
                callbacks=[interrupt])  # fmt: skip
    assert model.state_dict() in states


def test_a_callback_ends_the_training_and_all_of_them_are_called():
    called = []
    history = quietly(network(), epochs=9, callbacks=[lambda h: len(h.losses) == 4, lambda h: called.append(1) or 0])
    assert len(history.losses) == len(called) == 4


def test_a_schedule_steps_after_each_epoch():
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=1.0)
    rates = []
    quietly(
        model,
        epochs=3,
        batch_size=5,
        optimizer=optimizer,
        schedule=optim.ExponentialLR(optimizer, gamma=0.5),
        callbacks=[lambda history: rates.append(optimizer.lr)],
    )
    assert rates == [0.5, 0.25, 0.125]


def test_models_that_take_batches_get_them():
    rng = random.Random(0)
    model = Sequential(Layer(1, 8, rng=rng), BatchNorm(8), "tanh", Dropout(0.1, rng), Layer(8, 1, rng=rng))
    history = quietly(model, epochs=30, batch_size=7, optimizer=optim.Adam(model.parameters(), lr=0.05))
    assert history.losses[-1] < 0.5 * history.losses[0]


def test_classes_are_learned():
    data = [([x / 10, 1.0], int(x > 0)) for x in range(-10, 11)]
    model = MLP(2, [2], rng=random.Random(0))
    history = quietly(model, nn.cross_entropy, data, epochs=60, optimizer=optim.Adam(model.parameters(), lr=0.1))
    assert history.losses[-1] < 0.2 < 0.6 < history.losses[0]


def test_a_loss_that_is_not_finite_ends_the_training_before_the_step():
    model = network()
    before = model.state_dict()
    with pytest.raises(FloatingPointError, match=r"the loss became nan in epoch 0.*smaller learning rate"):
        quietly(model, data=[([math.nan], 1.0)])
    assert model.state_dict() == before


def test_a_square_beyond_the_floats_ends_the_training_in_words():
    model = network()
    wild = optim.SGD(model.parameters(), lr=1e80)
    with pytest.raises(FloatingPointError, match=r"the loss became infinite in epoch \d+, .* a smaller learning rate"):
        fit(model, mse_loss, DATA, optimizer=wild, epochs=50, progress=False)


@pytest.mark.parametrize("part", [np.float32(0.25), np.float64(0.25), Fraction(1, 4)])
def test_a_part_for_validation_is_any_number(part):
    assert len(quietly(network(), validation=part, epochs=2).validation_losses) == 2


def test_progress_is_shown_and_tqdm_is_not_needed(monkeypatch, capsys):
    fit(network(), mse_loss, DATA, epochs=3, validation=0.3)
    shown = capsys.readouterr().err
    assert "3/3" in shown
    assert "validation" in shown
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert len(fit(network(), mse_loss, DATA, epochs=3).losses) == 3
    assert capsys.readouterr().err == ""


def test_a_history_without_epochs_has_no_best():
    with pytest.raises(ValueError, match="there is no best epoch before the first one ends"):
        _ = nn.History().best_epoch


def test_a_history_draws_its_losses():
    history = quietly(network(), epochs=3, validation=0.3)
    axes = history.plot()
    assert [list(line.get_ydata()) for line in axes.lines[:2]] == [history.losses, history.validation_losses]
    assert quietly(network(), epochs=2).plot(axes) is axes
    plt.close(axes.figure)
    assert repr(history).startswith(f"3 epochs: loss {history.losses[-1]:.4g}, validation ")
    assert repr(nn.History()) == "no epochs yet"
    assert nn.History([3.0, 1.0, 2.0]).best_epoch == 1
    assert nn.History([3.0, 1.0, 2.0], [math.nan, 2.0, 1.0]).best_epoch == 2


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: quietly(network(), data=[]), ValueError, "data must have at least one example, got none"),
        (lambda: quietly(network(), data=3), TypeError, r"data must be pairs.*zip\(inputs, targets\); got 3"),
        (lambda: quietly(network(), data=[1.0, 2.0]), ValueError, r"number 0 is not a pair: \(1.0,\)"),
        (lambda: quietly(network(), data=[([1.0], 2.0), ([1.0],)]), ValueError, "number 1 is not a pair"),
        (lambda: quietly(network(), epochs=0), ValueError, "epochs must be at least 1, got 0"),
        (lambda: quietly(network(), batch_size=2.5), TypeError, "batch_size must be a whole number, got 2.5"),
        (lambda: quietly(network(), validation=1.0), ValueError, "part between 0 and 1, with some of the 21"),
        (lambda: quietly(network(), validation=0.001), ValueError, "part between 0 and 1"),
        (lambda: quietly(network(), validation=[]), ValueError, "validation must have at least one example"),
        (lambda: quietly(network(), patience=3), ValueError, "patience waits for the validation loss"),
        (lambda: quietly(network(), patience=0, validation=0.3), ValueError, "patience must be at least 1, got 0"),
        (lambda: quietly(network(), optimizer=0.1), TypeError, "optimizer must be one of nn.optim, .*got 0.1"),
        (lambda: quietly(network(), lambda outputs, targets: 1.0), TypeError, "returns a Value, got 1.0"),
        (lambda: quietly(network(), optimizer=optim.Adam([Value(1.0)])), ValueError, "moves no parameter of MLP"),
        (lambda: quietly(Module()), ValueError, "at least one parameter"),
        (lambda: quietly(network(), "mse"), TypeError, "loss must be a function of the outputs and the targets"),
        (lambda: quietly(network(), schedule=3), TypeError, "schedule must be one of nn.optim, .*got 3"),
        (
            lambda: quietly(network(), schedule=optim.StepLR(optim.SGD([Value(1.0)], 0.1), 3)),
            ValueError,
            "sets the lr of another optimiser",
        ),
        (lambda: quietly(network(), rng=np.random.default_rng(0)), TypeError, "random numbers like Python's"),
        (
            lambda: quietly(network(), callbacks=print),
            TypeError,
            "callbacks must be a list of functions of the history",
        ),
        (lambda: quietly(network(), callbacks=[3]), TypeError, r"callbacks must be a list of functions.* got \[3\]"),
        (lambda: no_grad()(quietly)(network()), ValueError, r"Is this inside no_grad\(\)\?"),
        (lambda: quietly(lambda x: x), TypeError, "fit trains a Module, got "),
    ],
)
def test_mistakes_get_sentences(make, error, message):
    with pytest.raises(error, match=message):
        make()


# compile=True trains the same loss


def penalised(outputs, targets):
    return mse_loss(outputs, targets) + 0.1 * autograd.mean([out * out for out in outputs]) ** 2


def summed(outputs, targets):
    return autograd.sum([(out - y) ** 2 for out, y in zip(outputs, targets)])


def spread(outputs, targets):
    """It depends on the batch as a whole."""
    middle = autograd.mean(outputs)
    return mse_loss(outputs, targets) + autograd.mean([(out - middle) ** 2 for out in outputs])


def worst(outputs, targets):
    return autograd.max([abs(out - y) for out, y in zip(outputs, targets)])


def by_size(outputs, targets):
    return mse_loss(outputs, targets) * (2.0 if len(outputs) > 7 else 1.0)


def of_the_sum(outputs, targets):
    """It is the mean over the examples as long as all outputs are 0, as those of a network are that begins with 0."""
    return mse_loss(outputs, targets) + autograd.sum(outputs) ** 2


SIGNS = [([x / 10, 0.5], 1 if x > 0 else -1) for x in range(-10, 12)]
BITS = [(x, int(y > 0)) for x, y in SIGNS]
COLOURS = [(x, i % 3) for i, (x, _) in enumerate(SIGNS)]
MIXED = [(x, [0.2, 0.3, 0.5]) for x, _ in SIGNS]
ROWS = [(x, [0.5, x[0], -1.0]) for x, _ in SIGNS]


def with_sigmoid(outputs):
    return [autograd.sigmoid(out) for out in outputs]


@pytest.mark.parametrize(
    ("loss", "data", "outputs"),
    [
        (mse_loss, SIGNS, 1),
        (mse_loss, ROWS, 3),
        (partial(mse_loss, reduction="sum"), ROWS, 3),
        (nn.l1_loss, SIGNS, 1),
        (nn.huber_loss, ROWS, 3),
        (partial(nn.huber_loss, delta=0.5), SIGNS, 1),
        (nn.hinge_loss, SIGNS, 1),
        (nn.binary_cross_entropy_with_logits, BITS, 1),
        (lambda outputs, targets: nn.binary_cross_entropy(with_sigmoid(outputs), targets), BITS, 1),
        (nn.cross_entropy, COLOURS, 3),
        (nn.cross_entropy, MIXED, 3),
        (partial(nn.cross_entropy, label_smoothing=0.25), COLOURS, 3),
        (partial(nn.cross_entropy, reduction="sum"), COLOURS, 3),
        (lambda outputs, targets: mse_loss(outputs, targets), SIGNS, 1),
        (penalised, SIGNS, 1),
        (summed, SIGNS, 1),
        (spread, SIGNS, 1),
        (worst, SIGNS, 1),
        (by_size, SIGNS, 1),
        (of_the_sum, SIGNS, 1),
    ],
)
@pytest.mark.parametrize("initialisation", [None, "zeros"])
def test_a_compiled_training_is_the_same(loss, data, outputs, initialisation):
    trained = []
    for compiled in (False, True):
        model = MLP(2, [4, outputs], "tanh", initialisation, rng=random.Random(1))
        for i, parameter in enumerate(model.layers[1].parameters() if initialisation else ()):
            parameter.data = 0.01 * (i - 1)
        by = optim.SGD(model.parameters(), lr=0.005)
        history = quietly(model, loss, data, epochs=3, batch_size=8, optimizer=by, compile=compiled)
        trained.append((history.losses, list(model.state_dict().values())))
    (eager, expected), (losses, found) = trained
    assert losses == pytest.approx(eager, rel=1e-14)
    assert found == pytest.approx(expected, rel=1e-13, abs=1e-16)


def test_a_loss_that_looks_like_a_mean_in_the_first_batch_is_none():
    for compiled in (False, True):
        model = MLP(2, [1], initialisation="zeros")
        by = optim.SGD(model.parameters(), lr=0.01)
        history = quietly(model, of_the_sum, SIGNS, epochs=2, batch_size=11, optimizer=by, compile=compiled)
        if not compiled:
            expected = history.losses
    assert history.losses == pytest.approx(expected, rel=1e-14)


def test_outputs_of_different_lengths_have_their_part_in_the_mean():
    class Ragged(Module):
        def __init__(self):
            self.w = [Value(0.5), Value(-0.25)]

        def __call__(self, x):
            return [w * x[0] for w in self.w] if x[0] > 0 else [self.w[0] * x[0]]

    data = [([x / 4], [1.0, 2.0] if x > 0 else [3.0]) for x in range(-3, 5)]
    for compiled in (False, True):
        model = Ragged()
        by = optim.SGD(model.parameters(), lr=0.1)
        losses = quietly(model, mse_loss, data, epochs=3, batch_size=4, optimizer=by, compile=compiled).losses
        if not compiled:
            expected = losses
    assert losses == pytest.approx(expected, rel=1e-14)


def test_a_sure_answer_is_learned_from_in_the_same_way():
    """The loss at logits far apart is tiny, and keeps its digits."""
    trained = []
    for compiled in (False, True):
        model = Layer(1, 3, initialisation=[[0.0], [40.0], [-40.0]])
        by = optim.SGD(model.parameters(), lr=1.0)
        data = [([1.0], 1), ([-1.0], 2), ([0.9], 1)]
        trained.append(quietly(model, nn.cross_entropy, data, epochs=1, optimizer=by, compile=compiled).losses)
    assert 0 < trained[0][0] < 1e-15
    assert trained[1] == pytest.approx(trained[0], rel=1e-14)


# What passes silently in a loop


def test_a_step_that_makes_new_numbers_is_noticed():
    class Mine(optim.Optimizer):
        def step(self):
            for p in self.parameters:
                p = p - self.lr * p.grad

    model = network()
    said = r"step\(\) of Mine.* moved no parameter.* write p.data -= lr \* p.grad"
    with pytest.warns(UserWarning, match=said) as seen:
        quietly(model, optimizer=Mine(model.parameters(), lr=0.1), epochs=3)
    assert len(seen) == 1


def test_a_parameter_that_was_replaced_by_a_result_is_noticed():
    model = network()
    neuron = model.layers[0].neurons[1]
    neuron.b = neuron.b - 0.1 * 2.0
    by = optim.SGD(model.parameters(), lr=0.1)
    said = r"^layers.0.neurons.1.b of the model is the result of '-', not a param"
    with pytest.warns(UserWarning, match=said) as seen:
        quietly(model, optimizer=by, epochs=3)
    assert len(seen) == 1
    assert seen[0].filename.endswith("test_fitting.py")


@pytest.mark.parametrize("replaced", [lambda p: p - 0.1 * p.grad, lambda p: Value(p.data - 0.1 * p.grad)])
def test_parameters_that_are_replaced_in_training_are_noticed(replaced):
    model = network()

    def callback(history):
        w = model.layers[0].neurons[0].w
        w[0] = replaced(w[0])

    with pytest.warns(UserWarning, match=r"write p.data -= lr \* p.grad") as seen:
        quietly(model, optimizer=optim.SGD(model.parameters(), lr=0.1), epochs=4, callbacks=[callback])
    assert len(seen) == 1


@pytest.mark.parametrize("epochs", [14, 40])
def test_parameters_that_a_loss_replaces_late_in_a_training_are_noticed(epochs):
    model, calls = network(), []

    def loss(outputs, targets):
        calls.append(outputs)
        if len(calls) == 13:  # of the epochs, each of one batch
            w = model.layers[0].neurons[0].w
            w[0] = Value(w[0].data)
        return mse_loss(outputs, targets)

    with pytest.warns(UserWarning, match="the optimiser still moves the old ones") as seen:
        quietly(model, loss, optimizer=optim.SGD(model.parameters(), lr=0.01), epochs=epochs, batch_size=10_000)
    assert len(seen) == 1


def test_a_zero_grad_that_leaves_gradients_is_noticed():
    class Mine(optim.SGD):
        def zero_grad(self):
            pass

    model = network()
    with pytest.warns(UserWarning, match=r"after zero_grad\(\) of Mine.* there are still gradients"):
        quietly(model, optimizer=Mine(model.parameters(), lr=0.01), epochs=3)


def test_a_loss_that_calls_backward_is_noticed():
    def loss(outputs, targets):
        result = mse_loss(outputs, targets)
        result.backward()
        return result

    with pytest.warns(UserWarning, match=r"calls backward\(\), and so does fit"):
        quietly(network(), loss, epochs=1)


def test_gradients_of_several_batches_may_be_taken_together():
    class Patient(optim.SGD):
        calls = 0

        def step(self):
            self.calls += 1
            if self.calls % 2 == 0:
                super().step()

    model = network()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quietly(model, optimizer=Patient(model.parameters(), lr=0.01), epochs=3, batch_size=11)


def test_what_is_meant_passes_without_a_warning():
    class Kept(Module):
        def __init__(self):
            self.inner, self.scale, self.frozen = network(), Value(1.0), Value(2.0)

        def __call__(self, x):
            self.last = self.inner(x) * self.scale * self.frozen
            return self.last

    model, beside = Kept(), Value(0.1)
    by = optim.SGD([*model.inner.parameters(), model.scale, beside], lr=0.0)  # a warm-up begins with no steps

    def grow(history):
        model.added = Value(1.0)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quietly(model, lambda outputs, targets: mse_loss(outputs, targets) + beside * beside, optimizer=by,
                epochs=3, callbacks=[grow])  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1.0], [2.0]], [1.0, 2.0]), r"fit\(model, nn.mse_loss, zip\(X, y\)\).*in the place of the loss"),
        ((np.ones((3, 1)), np.ones(3)), r"fit\(model, nn.mse_loss, zip\(X, y\)\).*in the place of the loss"),
        ((DATA, mse_loss), r"fit takes the loss, and then pairs.*in the place of the loss"),
        ((mse_loss, np.ones((3, 1)), np.ones(3)), r"zip\(X, y\)\); got the targets as an argument of their own"),
        ((mse_loss, [[1.0], [2.0]], [1.0, 2.0]), r"zip\(X, y\)\); got the targets as an argument of their own"),
        ((mse_loss, ([[1.0], [2.0], [3.0]], [1.0, 2.0, 3.0])), r"number 0 is not a pair: .*zip\(X, y\)\)"),
        ((mse_loss, (np.ones((3, 1)), np.ones(3))), r"number 0 is not a pair: .*zip\(X, y\)\)"),
        ((mse_loss, zip(np.ones((3, 1)), np.ones((3, 1)))), r"targets must be numbers.* write y.ravel\(\)"),
    ],
)
def test_other_orders_of_arguments_get_a_sentence(arguments, message):
    with pytest.raises((TypeError, ValueError), match=f"(?s){message}"):
        fit(network(), *arguments, progress=False)


def test_a_loss_that_branches_by_equality_is_trained_as_it_is_eagerly() -> None:
    def branching(outputs, targets):
        def one(p, y):
            return -autograd.log(p) if y == 1 else -autograd.log(1 - p)

        return autograd.mean([one(p, y) for p, y in zip(with_sigmoid(outputs), targets)])

    found = {}
    for compiled in (False, True):
        model = nn.MLP(2, [6, 1], "tanh", rng=random.Random(3))
        history = nn.fit(
            model,
            branching,
            BITS,
            epochs=20,
            batch_size=5,
            optimizer=nn.optim.Adam(model.parameters(), lr=0.05),
            rng=random.Random(1),
            progress=False,
            compile=compiled,
        )
        right = sum((model(x).data > 0) == bool(y) for x, y in BITS)
        found[compiled] = [*history.losses, right]
    assert found[True] == pytest.approx(found[False], rel=1e-8)
    assert found[True][-1] > 0.9 * len(BITS)


@pytest.mark.parametrize("compiled", [False, True])
def test_an_epoch_of_one_batch_has_no_order(compiled):
    data = [([x / 5], x * x / 25) for x in range(-5, 6)]
    found = []
    for shuffle in (False, True):
        model, rng = MLP(1, [3, 1], rng=random.Random(1)), random.Random(2)
        before = rng.getstate()
        history = fit(model, mse_loss, data, epochs=5, batch_size=11, shuffle=shuffle, compile=compiled, rng=rng)
        found.append((history.losses, [p.data for p in model.parameters()]))
        assert rng.getstate() == before
    assert found[0] == found[1]
