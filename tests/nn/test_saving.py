"""What is saved comes back to the last bit, and what is wrong with a file is said, with the model left as it was."""

import array
import json
import math
import os
import stat
import struct
import sys

import pytest

import nn
from autograd import Value
from nn import BatchNorm, Embedding, Layer, Module, Sequential

safetensors = pytest.importorskip("safetensors", reason="safetensors is not installed")
ENDINGS = ["json", "safetensors"]


class Ragged(Module):
    def __init__(self, numbers=(0.1, 1e-320, -0.0, 5e-324, 1e308, 1 / 3)):
        a, b, c, d, e, f = map(Value, numbers)
        self.ragged = [[a, b], (c,)]
        self.by_name = {"bias": d, 7: e}
        self.single = f


def model():
    return Sequential(Layer(2, 3), BatchNorm(3), Layer(3, 1))


def used():
    """A model whose running numbers have moved."""
    net = model()
    net([[1.0, 2.0], [0.3, -1.0]])
    return net


def bits(net):
    return {name: number.hex() for name, number in net.state_dict().items()}


# In memory


def test_the_state_is_every_parameter_and_every_running_number():
    net = used()
    state = net.state_dict()
    parameters = dict(net.named_parameters())
    assert all(state[name] == parameter.data for name, parameter in parameters.items())
    assert {name: number for name, number in state.items() if name not in parameters} == {
        f"layers.1.{buffer}[{i}]": getattr(net.layers[1], buffer)[i]
        for buffer in ("running_mean", "running_var")
        for i in range(3)
    }


def test_a_loaded_state_makes_an_equal_model():
    net, twin = used(), model()
    before = net.state_dict()
    twin.load_state_dict(before)
    assert bits(net) == bits(twin)
    assert net.eval()([0.1, 0.2]).data == twin.eval()([0.1, 0.2]).data
    net.layers[0].neurons[0].b.data = 7.0
    assert before["layers.0.neurons.0.b"] == 0.0


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda s: s.pop("layers.0.neurons.1.w[0]"), ValueError, r"layers.0.neurons.1.w\[0\] is missing"),
        (lambda s: s.update(c=1.0), ValueError, "the state is not of Sequential.*: c is not expected"),
        (lambda s: s.update({"layers.2.neurons.0.b": "0"}), TypeError, "layers.2.neurons.0.b must be a real number"),
        (lambda s: s.update({"layers.1.running_var[2]": None}), TypeError, r"running_var\[2\] must be a real number"),
        (dict.clear, ValueError, r"layers.0.neurons.0.b, .* and \d+ more are missing"),
    ],
)
def test_a_wrong_state_changes_nothing(change, error, message):
    net = model()
    before = bits(net)
    state = {name: number + 1.0 for name, number in net.state_dict().items()}
    change(state)
    with pytest.raises(error, match=message):
        net.load_state_dict(state)
    assert bits(net) == before


def test_two_numbers_of_one_name_are_refused():
    net = Module()
    net.table = {1: Value(1.0), "1": Value(2.0)}
    with pytest.raises(ValueError, match=r"two numbers of .* are called 'table\[1\]'"):
        net.state_dict()


def test_a_state_that_is_none_is_refused():
    with pytest.raises(TypeError, match=r"takes what state_dict returns.*got \[1.0\]"):
        model().load_state_dict([1.0])


# In files


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("make", [used, Ragged, lambda: Embedding(3, 2)])
def test_a_file_brings_back_every_bit(tmp_path, ending, make):
    net = make()
    file = tmp_path / f"model.{ending}"
    nn.save(net, file)
    twin = model() if make is used else Ragged([0.0] * 6) if make is Ragged else make()
    assert bits(twin) != bits(net)
    nn.load(twin, str(file))
    assert bits(twin) == bits(net)
    assert list(tmp_path.iterdir()) == [file]


def test_tensors_are_those_that_others_read(tmp_path):
    np = pytest.importorskip("numpy", reason="NumPy is not installed")
    from safetensors.numpy import load_file, save_file

    net = Embedding(3, 2)
    nn.save(net, tmp_path / "a.safetensors")
    found = load_file(tmp_path / "a.safetensors")
    assert found["weight"].tolist() == [[w.data for w in row] for row in net.weight]
    save_file({"weight": np.arange(6, dtype=np.float32).reshape(3, 2) / 3}, tmp_path / "b.safetensors")
    nn.load(net, tmp_path / "b.safetensors")
    assert [[w.data for w in row] for row in net.weight] == (np.arange(6, dtype=np.float32).reshape(3, 2) / 3).tolist()
    nn.save(net, tmp_path / "c.json")
    assert json.loads((tmp_path / "c.json").read_text())["weight"] == [[w.data for w in row] for row in net.weight]


def written(header, data=b""):
    """A file of safetensors, made by hand from the description of the format."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def tensor(shape=(1,), data=(0, 8), dtype="F64"):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(data)}


ONE = struct.pack("<d", 1.0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is damaged"),
        (b"\0" * 7, "is damaged"),
        (b"\xff" * 100, "is damaged"),
        (written(b"{"), "is damaged"),
        (written({"w": tensor(), "b": tensor(data=(8, 16))}, ONE), "is damaged"),
        (
            written(
                json.dumps({"w": tensor(), "v": tensor(), "b": tensor((), (8, 16))}).replace('"v"', '"w"').encode(),
                ONE * 2,
            ),
            "a name is there twice",
        ),
        (written({"w": tensor((2,)), "b": tensor(data=(8, 16))}, ONE * 2), "is damaged"),
        (written({"w": tensor(), "b": tensor(data=(8, 16))}, ONE * 3), "is damaged"),
        (written({"w": tensor()}, ONE), r"another model than Neuron\(1, linear\): b is missing"),
        (written({"w": tensor(), "b": tensor(data=(8, 16))}, ONE * 2), r"b has the shape \[1\], not \[\]"),
        (written({"w": tensor((1, 1)), "b": tensor((), (8, 16))}, ONE * 2), r"w has the shape \[1, 1\], not \[1\]"),
        (written({"w": tensor((0,), (0, 0)), "b": tensor((), (0, 8))}, ONE), r"w has the shape \[0\], which holds"),
        (
            written({"w": tensor(dtype="I64"), "b": tensor((), (8, 16))}, ONE * 2),
            "w is of the type I64, not F64 or F32",
        ),
        (written({"w": tensor(data=(0, 2), dtype="BF16"), "b": tensor((), (2, 10))}, ONE + b"ab"), "the type BF16"),
        (
            written({"w": tensor(), "b": tensor((), (8, 16))}, ONE + struct.pack("<d", math.nan)),
            "b is nan, and a model must have finite numbers",
        ),
        (
            written({"w": tensor(), "b": tensor((), (8, 16))}, struct.pack("<d", -math.inf) + ONE),
            r"w\[0\] is -inf, and a model must have finite numbers",
        ),
    ],
)
def test_a_wrong_safetensors_file_is_refused_and_changes_nothing(tmp_path, content, message):
    check_refusal(tmp_path / "wrong.safetensors", content, message)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is damaged"),
        (b'{"w": [1.0], "b"', "is damaged"),
        (b"\xff\xfe", "is damaged"),
        (b"[" * 100_000, "is damaged"),
        (b"[1.0]", "not an object with a list of numbers for each name"),
        (b'{"w": [NaN], "b": 0}', "NaN is not JSON"),
        (b'{"w": [1e999], "b": 0}', r"w\[0\] is inf, and a model"),
        (b'{"w": [1' + b"0" * 400 + b'], "b": 0}', r"w\[0\] is inf, and a model"),
        (b'{"w": [1' + b"0" * 5000 + b'], "b": 0}', "is damaged"),
        (b'{"w": [true], "b": 0}', "w is True instead of numbers"),
        (b'{"w": ["1"], "b": 0}', "w is '1' instead of numbers"),
        (b'{"w": {"0": 1}, "b": 0}', "w is .* instead of numbers"),
        (b'{"w": [1], "b": 0, "w": [2]}', "a name is there twice"),
        (b'{"w": [[1], 1], "b": 0}', "the rows of w are not of one length"),
        (b'{"w": [1, 2], "b": 0}', r"w has the shape \[2\], not \[1\]"),
        (b'{"w": [], "b": 0}', r"w has the shape \[0\], not \[1\]"),
        (b'{"w": [1], "c": 0}', "b is missing; c is not expected"),
        (b"{}", "b, w are missing"),
    ],
)
def test_a_wrong_json_file_is_refused_and_changes_nothing(tmp_path, content, message):
    check_refusal(tmp_path / "wrong.json", content, message)


def check_refusal(file, content, message):
    file.write_bytes(content)
    neuron = nn.Neuron(1, initialisation=[0.25])
    with pytest.raises(ValueError, match=message) as caught:
        nn.load(neuron, file)
    assert str(file) in str(caught.value)
    assert bits(neuron) == {"w[0]": (0.25).hex(), "b": (0.0).hex()}


@pytest.mark.parametrize("name", ["__metadata__", "\udc80"])
def test_a_name_that_the_format_has_no_room_for_is_refused_and_json_takes_it(tmp_path, name):
    net = Module()
    setattr(net, name, Value(2.0))
    with pytest.raises(ValueError, match=r"safetensors file cannot hold the name .*; a \.json file can"):
        nn.save(net, tmp_path / "model.safetensors")
    assert not list(tmp_path.iterdir())
    nn.save(net, tmp_path / "model.json")
    getattr(net, name).data = 0.0
    nn.load(net, tmp_path / "model.json")
    assert getattr(net, name).data == 2.0


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_truncation_of_a_file_is_refused(tmp_path, ending):
    file = tmp_path / f"model.{ending}"
    nn.save(nn.Neuron(2), file)
    content = file.read_bytes().rstrip()
    neuron = nn.Neuron(2)
    before = bits(neuron)
    for n in range(len(content)):
        file.write_bytes(content[:n])
        with pytest.raises(ValueError, match="is damaged"):
            nn.load(neuron, file)
    assert bits(neuron) == before


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_number_that_is_not_finite_is_not_saved(tmp_path, ending):
    file = tmp_path / f"model.{ending}"
    neuron = nn.Neuron(1)
    nn.save(neuron, file)
    before = file.read_bytes()
    neuron.w[0].data = math.nan
    with pytest.raises(ValueError, match=r"w\[0\] is nan, and a model must have finite numbers"):
        nn.save(neuron, file)
    assert file.read_bytes() == before


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_interrupted_saving_leaves_the_old_file_whole(tmp_path, monkeypatch, broken):
    file = tmp_path / "model.json"
    nn.save(nn.Neuron(1, initialisation=[1.0]), file)
    before = file.read_bytes()

    def interrupt(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(os, broken, interrupt)
        with pytest.raises(KeyboardInterrupt):
            nn.save(nn.Neuron(1, initialisation=[2.0]), file)
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions, and links for the privileged only")
def test_a_file_keeps_its_permissions_and_the_links_to_it(tmp_path):
    file, link = tmp_path / "model.json", tmp_path / "link.json"
    nn.save(nn.Neuron(1), file)
    file.chmod(0o640)
    link.symlink_to(file)
    nn.save(nn.Neuron(1, initialisation=[2.0]), link)
    assert link.is_symlink()
    assert json.loads(file.read_text())["w"] == [2.0]
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_another_ending_is_refused(tmp_path):
    for function in (nn.save, nn.load):
        with pytest.raises(ValueError, match=r"saved as \.safetensors or \.json, by the ending.*got .*model\.pkl"):
            function(nn.Neuron(1), tmp_path / "model.pkl")


def test_wrong_arguments_and_folders_are_named(tmp_path):
    with pytest.raises(TypeError, match=r"save\(model, 'model.json'\); got .*json'\) and Neuron"):
        nn.save(tmp_path / "model.json", nn.Neuron(1))
    with pytest.raises(TypeError, match="give a Module and a path"):
        nn.load({}, tmp_path / "model.json")
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere: .*model\.json"):
        nn.save(nn.Neuron(1), tmp_path / "nowhere" / "model.json")


def test_without_safetensors_json_is_left(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(ImportError, match=r'pip install "chalkgrad\[save\]"; a \.json file needs none'):
        nn.save(nn.Neuron(1), tmp_path / "model.safetensors")
    nn.save(nn.Neuron(1), tmp_path / "model.json")


def test_numbers_are_little_endian_on_every_machine(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "byteorder", "big")
    nn.save(nn.Neuron(1, initialisation=[1.0]), tmp_path / "swapped.safetensors")
    content = (tmp_path / "swapped.safetensors").read_bytes()
    assert array.array("d", ONE).tobytes()[::-1] in content  # as a big-endian machine would have turned its own


@pytest.mark.parametrize("shape", ["[0,1000000000]", f"[0,{2**63}]", "[0]"])
def test_a_shape_without_numbers_is_refused_before_it_takes_memory(tmp_path, shape):
    pytest.importorskip("safetensors", reason="safetensors is not installed")
    header = f'{{"w":{{"dtype":"F64","shape":{shape},"data_offsets":[0,0]}}}}'.encode()
    path = tmp_path / "x.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    model = nn.Neuron(1)
    before = model.state_dict()
    with pytest.raises(ValueError, match=r"x\.safetensors"):
        nn.load(model, path)
    assert model.state_dict() == before


@pytest.mark.parametrize("keys", [["01", "02"], ["1", "01"], ["\u0663"], [10**9], [0, 2]])
def test_any_keys_of_a_dict_come_back(tmp_path, keys):
    class Keyed(Module):
        def __init__(self):
            self.d = {key: Value(float(i)) for i, key in enumerate(keys)}

    saved, loaded = Keyed(), Keyed()
    nn.save(saved, tmp_path / "x.json")
    for parameter in loaded.parameters():
        parameter.data = -1.0
    nn.load(loaded, tmp_path / "x.json")
    assert loaded.state_dict() == saved.state_dict()


# What was saved says what it was


def saved_and_loaded(tmp_path, ending, saved, loaded):
    nn.save(saved, tmp_path / f"model.{ending}")
    nn.load(loaded, tmp_path / f"model.{ending}")


class Net(nn.MLP):
    """A class of one's own."""


OTHERS = [
    (lambda: nn.MLP(2, [3, 1], "relu"), lambda: nn.MLP(2, [3, 1], "tanh"),
     r"layers.0.neurons.0 is Neuron\(activation=relu\) in the file, and Neuron\(activation=tanh\) here"),
    (lambda: Layer(2, 3), lambda: Layer(2, 3, "gelu"), r"neurons.0 is Neuron\(activation=linear\) in the file"),
    (lambda: Sequential(Layer(2, 2), "tanh"), lambda: Sequential(Layer(2, 2), "relu"),
     r"layers.1 is Activation\(activation=tanh\) in the file, and Activation\(activation=relu\) here"),
    (lambda: Sequential(Layer(2, 2), "tanh"), lambda: Sequential(Layer(2, 2)),
     r"layers.1 is Activation\(activation=tanh\) in the file, and nothing here"),
    (lambda: Sequential(Layer(2, 2)), lambda: Sequential(Layer(2, 2), nn.Dropout(0.5)),
     r"layers.1 is nothing in the file, and Dropout\(\) here"),
    (lambda: nn.LayerNorm(2), lambda: nn.LayerNorm(2, eps=0.1), r"it is LayerNorm\(eps=1e-05\) in the file"),
    (lambda: nn.LayerNorm(2), lambda: Affine(), r"it is LayerNorm\(eps=1e-05\) in the file, and Module\(\) here"),
]  # fmt: skip


class Affine(Module):
    def __init__(self):
        self.weight, self.bias = [Value(1.0), Value(1.0)], [Value(0.0), Value(0.0)]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(("saved", "loaded", "message"), OTHERS)
def test_another_model_of_the_same_shape_is_refused(tmp_path, ending, saved, loaded, message):
    model = loaded()
    before = bits(model)
    with pytest.raises(ValueError, match=f"holds the parameters of another model than .*{message}"):
        saved_and_loaded(tmp_path, ending, saved(), model)
    assert bits(model) == before


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_same_model_is_loaded_also_under_a_name_of_ones_own(tmp_path, ending):
    for saved, loaded in (
        (nn.MLP(2, [3, 1]), Net(2, [3, 1])),
        (nn.Dropout(0.5), nn.Dropout(0.1)),
        (Layer(1, 2, lambda x: x * x), Layer(1, 2, lambda x: x * x * x)),  # whose names are the same
    ):
        saved_and_loaded(tmp_path, ending, saved, loaded)
        assert bits(saved) == bits(loaded)


class Heads(Module):
    saved_settings = ("heads",)

    def __init__(self, heads):
        self.heads, self.w = heads, Value(1.0)


def test_a_module_of_ones_own_names_what_decides(tmp_path):
    saved_and_loaded(tmp_path, "json", Heads(2), Heads(2))
    with pytest.raises(ValueError, match=r"it is Module\(heads=2\) in the file, and Module\(heads=4\) here"):
        saved_and_loaded(tmp_path, "json", Heads(2), Heads(4))


def test_files_that_do_not_say_what_they_hold_are_loaded(tmp_path):
    (tmp_path / "old.json").write_text('{"w": [0.5], "b": 1.0}')
    header = {"__metadata__": {"format": "pt"}, "w": tensor(), "b": tensor((), (8, 16))}
    (tmp_path / "old.safetensors").write_bytes(written(header, ONE * 2))
    for ending in ENDINGS:
        neuron = nn.Neuron(1, "tanh")
        nn.load(neuron, tmp_path / f"old.{ending}")
        assert neuron.b.data == 1.0


@pytest.mark.parametrize("said", [3, "text", [], {"": 3}, {"": None}, {"": {"": ""}}])
def test_what_a_file_says_of_its_modules_is_checked(tmp_path, said):
    content = json.dumps({"__metadata__": {"modules": said}, "w": [1.0], "b": 0.0}).encode()
    check_refusal(tmp_path / "wrong.json", content, "is damaged.*its entry for the modules is not a text for each")
    header = {"__metadata__": {"modules": json.dumps(said)}, "w": tensor(), "b": tensor((), (8, 16))}
    check_refusal(tmp_path / "wrong.safetensors", written(header, ONE * 2), "its entry for the modules is not a text")


def test_what_a_stranger_says_at_length_is_quoted_in_short(tmp_path):
    content = json.dumps({"__metadata__": {"modules": {"a" * 10_000: "b" * 10_000}}, "w": [1.0], "b": 0.0}).encode()
    (tmp_path / "long.json").write_bytes(content)
    with pytest.raises(ValueError, match="holds the parameters of another model") as caught:
        nn.load(nn.Neuron(1), tmp_path / "long.json")
    assert len(str(caught.value)) < 1000
