"""fit(checkpoint=folder) goes on after any end, to the same last bit, and refuses what is of another training."""

import json
import random
import signal
import subprocess
import sys

import pytest

import nn
from nn import MLP, Activation, BatchNorm, Dropout, Sequential, mse_loss, optim

DATA = [([x / 10, (x * x) % 7 / 7], x * x / 100) for x in range(-10, 11)]


@pytest.fixture(autouse=True)
def after_every_epoch(monkeypatch):
    monkeypatch.setattr(nn.checkpoints, "PAUSE", 0.0)


def plain(seed, **options):
    model = MLP(2, [4, 1], "tanh", rng=random.Random(seed))
    return model, options


def with_momentum(seed):
    model = MLP(2, [4, 1], "tanh", rng=random.Random(seed))
    optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True)
    return model, {"optimizer": optimizer, "schedule": optim.StepLR(optimizer, 2, 0.5)}


def with_warm_up(seed):
    model = MLP(2, [4, 1], "tanh", rng=random.Random(seed))
    optimizer = optim.AdamW(model.parameters(), lr=0.05)
    parts = [optim.LinearLR(optimizer, 0.5, total_iters=3), optim.CosineAnnealingLR(optimizer, T_max=5)]
    return model, {"optimizer": optimizer, "schedule": optim.SequentialLR(optimizer, parts, [3])}


def with_dropout(seed):
    rng = random.Random(seed)
    layers = [nn.Layer(2, 4, rng=rng), BatchNorm(4), Activation("tanh"), Dropout(0.3, rng=rng), nn.Layer(4, 1, rng=rng)]
    return Sequential(*layers), {"validation": 0.25}


def with_pythons_own_rng(seed):
    random.seed(seed)
    return Sequential(nn.Layer(2, 4), Activation("relu"), Dropout(0.3), nn.Layer(4, 1)), {"rng": None}


def with_patience(seed):
    return plain(seed, validation=DATA[:5], patience=3, optimizer=None)


def compiled(seed):
    return plain(seed, compile=True)


def loss(outputs, targets):
    return mse_loss([output[0] if isinstance(output, list) else output for output in outputs], targets)


class Killed(BaseException):
    pass


def train(make, seed, folder=None, ends_in=None, epochs=8):
    def end(history):
        if len(history.losses) == ends_in:
            raise Killed

    model, options = make(seed)
    options = {"rng": random.Random(seed), "batch_size": 5} | options
    history = nn.fit(
        model, loss, DATA, epochs=epochs, progress=False, checkpoint=folder, callbacks=[end] * bool(ends_in), **options
    )
    return model.state_dict(), history.losses, history.validation_losses


MAKERS = [plain, with_momentum, with_warm_up, with_dropout, with_pythons_own_rng, with_patience, compiled]


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_an_interrupted_training_ends_as_an_uninterrupted_one(make, tmp_path):
    """The second process has another seed: all that is random comes from the checkpoint."""
    whole = train(make, 1)
    with pytest.raises(Killed):
        train(make, 1, tmp_path / "run", ends_in=4)
    assert len(json.loads((tmp_path / "run" / "checkpoint.json").read_text())["state"]["progress"]["losses"]) == 3
    assert train(make, 2, tmp_path / "run") == whole
    assert train(make, 3, tmp_path / "run") == whole  # it has ended, and nothing is done again


def test_more_epochs_go_on_from_where_fewer_ended(tmp_path):
    train(with_momentum, 1, tmp_path, epochs=3)
    assert train(with_momentum, 1, tmp_path, epochs=8) == train(with_momentum, 1)


KILLED = """
import os, random, signal, sys
import nn
from tests.nn.test_checkpoints import DATA, loss, with_momentum

nn.checkpoints.PAUSE = 0.0
model, options = with_momentum(1)
kill = lambda history: len(history.losses) == int(sys.argv[2]) and os.kill(os.getpid(), signal.SIGKILL)
options |= {"checkpoint": sys.argv[1], "callbacks": [kill]}
nn.fit(model, loss, DATA, 8, 5, rng=random.Random(1), progress=False, **options)
print(model.state_dict())
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
def test_kill_9_loses_nothing_but_the_epoch_that_was_running(tmp_path):
    def run(epoch):
        command = [sys.executable, "-c", KILLED, str(tmp_path), str(epoch)]
        return subprocess.run(command, capture_output=True, text=True)

    assert run(5).returncode == -signal.SIGKILL
    assert run(99).stdout.strip() == repr(train(with_momentum, 1)[0])


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"batch_size": 4}, "batch_size"),
        ({"shuffle": False}, "shuffle"),
        ({"compile": True}, "compile"),
        ({"data": DATA[1:]}, "data"),
        ({"model": MLP(2, [5, 1], "tanh")}, "model"),
        ({"model": MLP(2, [4, 1], "relu")}, "model"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(changed, name, tmp_path):
    def fit(model, data=DATA, **options):
        nn.fit(model, loss, data, 2, progress=False, checkpoint=tmp_path, **options)

    fit(MLP(2, [4, 1], "tanh"), batch_size=5)
    model = changed.pop("model", MLP(2, [4, 1], "tanh"))
    before = model.state_dict()
    with pytest.raises(ValueError, match=f"of another training: its {name} is .*name another folder, or delete"):
        fit(model, **({"batch_size": 5} | changed))
    assert model.state_dict() == before


def test_another_optimiser_or_size_is_refused(tmp_path):
    train(with_momentum, 1, tmp_path, epochs=2)
    with pytest.raises(ValueError, match="its optimizer is 'SGD', and here it is 'AdamW'"):
        train(with_warm_up, 1, tmp_path)
    wider = MLP(2, [5, 1], "tanh")
    sgd = optim.SGD(wider.parameters(), lr=0.05)
    with pytest.raises(ValueError, match="another"):
        nn.fit(wider, loss, DATA, 2, 5, sgd, optim.StepLR(sgd, 2, 0.5), progress=False, checkpoint=tmp_path)


@pytest.mark.parametrize("damage", ["", "{", "[]", "{}", '{"form": "x"}'])
def test_a_damaged_checkpoint_is_told_and_kept(damage, tmp_path):
    path = tmp_path / "checkpoint.json"
    path.write_text(damage)
    with pytest.raises(ValueError, match="is not a checkpoint that fit"):
        train(plain, 1, tmp_path)
    assert path.read_text() == damage


def test_a_number_changed_by_hand_is_noticed(tmp_path):
    train(plain, 1, tmp_path, epochs=2)
    path = tmp_path / "checkpoint.json"
    content = json.loads(path.read_text())
    content["state"]["model"]["layers[0].neurons[0].b"] = 5.0
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match="is not a checkpoint that fit"):
        train(plain, 1, tmp_path)


def test_what_cannot_be_kept_is_told_before_the_training(tmp_path):
    class Odd(optim.SGD):
        def __init__(self, parameters):
            super().__init__(parameters, lr=0.1)
            self.seen = {1: 2}

    model = MLP(2, [4, 1])
    with pytest.raises(TypeError, match=r"its seen is \{1: 2\}"):
        nn.fit(model, loss, DATA, optimizer=Odd(model.parameters()), checkpoint=tmp_path, progress=False)
    assert not (tmp_path / "checkpoint.json").exists()
