"""Saving a model's numbers to a file and loading them: safetensors, or JSON to read by eye; no pickle.

Both hold tensors by name. The numbers of a list, called "layers.0.neurons.3.w[0]", "…w[1]" and so on in the
state_dict, are one tensor, "layers.0.neurons.3.w"; those of lists within lists are one of several dimensions. Beside
them stands what kind of module there is at each path, with its saved_settings. A file may come from a stranger: it is
read as data, checked as a whole, and nothing of it is run.
"""

import json
import math
import os
import re
import sys
from array import array
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from autograd.extending import write_whole
from nn.module import Module, shown_names

Path_ = str | os.PathLike[str]


class Tensor(NamedTuple):
    """Numbers in a shape: (2, 3) for two rows of three, () for a single number."""

    shape: tuple[int, ...]
    numbers: list[float]


Tensors = dict[str, Tensor]
Modules = dict[str, str]  # by path what each module is, such as "Neuron(activation=relu)"

# A name, and the indices at its end as lists write them: [01] is the key of a dict
INDEXED = r"(.*?)((?:\[(?:0|[1-9][0-9]*)\])*)"


def save(model: Module, path: Path_) -> None:
    """Write the state_dict of a model to a file. The ending of its name, .safetensors or .json, says how.

    model: a Module.
    path: the file. It is written as a whole or not at all: after an error it is as before.

    ValueError for another ending, for a number that is not finite, and for a name that .safetensors cannot hold.
    ImportError for .safetensors without the package safetensors.

    >>> import tempfile
    >>> from nn import Neuron
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(Neuron(2, initialisation=[0.5, -1.0]), f"{folder}/neuron.json")
    ...     print(Path(folder, "neuron.json").read_text(), end="")
    {
    "__metadata__": {"modules": {"": "Neuron(activation=linear)"}},
    "w": [0.5, -1.0],
    "b": 0.0
    }
    """
    write, _ = _format(model, path)
    tensors = _tensors(model.state_dict())
    _check_finite(tensors)
    write_whole(Path(path), write(tensors, kinds_of_modules(model)))


def load(model: Module, path: Path_) -> None:
    """Set the numbers of a model, its parameters and the rest of its state_dict, to those in a file that save() wrote.

    model: a Module, built like the saved one: with the same kinds of modules, activations and other saved_settings.
        Files of other programs and of older versions do not tell these.
    path: the file, .safetensors or .json. Its numbers may have 64 or 32 bits.

    ValueError, which says what is wrong, for a damaged file and for a file of another model. The model then stays as it
    was.

    >>> import tempfile
    >>> from nn import Neuron
    >>> neuron = Neuron(2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(Neuron(2, initialisation=[0.5, -1.0]), f"{folder}/neuron.json")
    ...     load(neuron, f"{folder}/neuron.json")
    >>> [w.data for w in neuron.w]
    [0.5, -1.0]
    """
    _, read = _format(model, path)
    try:
        tensors, modules = read(Path(path).read_bytes())
        _check_finite(tensors)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{os.fspath(path)} is damaged, or not a file of numbers: {error}") from None
    expected = _tensors(model.state_dict())
    if tensors.keys() != expected.keys():
        differences = shown_names(expected.keys() - tensors.keys(), tensors.keys() - expected.keys())
        raise ValueError(f"{os.fspath(path)} holds the parameters of another model than {model!r}: {differences}")
    for name, tensor in tensors.items():
        if tensor.shape != expected[name].shape:
            shapes = f"{name} has the shape {list(tensor.shape)}, not {list(expected[name].shape)}"
            raise ValueError(f"{os.fspath(path)} holds the parameters of another model than {model!r}: {shapes}")
    own = kinds_of_modules(model)
    for name in own | modules if modules else ():
        if modules.get(name) != own.get(name):
            there, here = (f"{each[name]:.100}" if name in each else "nothing" for each in (modules, own))
            raise ValueError(
                f"{os.fspath(path)} holds the parameters of another model than {model!r}: "
                f"{name[:100] or 'it'} is {there} in the file, and {here} here; "
                "build the model as it was when it was saved"
            )
    model.load_state_dict({name: x for tensor in tensors.items() for name, x in _entries(*tensor)})


def kinds_of_modules(model: Module) -> Modules:
    """What each module is: its kind, that of nn if the class is the user's own, and its saved_settings."""
    found = {}
    for path, module in model.named_modules():
        kind = next(each.__name__ for each in type(module).__mro__ if each.__module__.partition(".")[0] == "nn")
        settings = [f"{name}={_said(getattr(module, name, None))}" for name in type(module).saved_settings]
        found[path] = f"{kind}({', '.join(settings)})"
    return found


def _said(setting: Any) -> str:
    """A setting in words that are the same in another process."""
    if callable(setting):
        return str(getattr(setting, "__name__", type(setting).__name__))
    return repr(setting)


# From the state_dict to tensors and back


def _tensors(state: dict[str, float]) -> Tensors:
    groups: dict[str, dict[tuple[int, ...], float]] = {}
    for name, number in state.items():
        base, indices = re.fullmatch(INDEXED, name, re.DOTALL).groups()  # type: ignore[union-attr]
        groups.setdefault(base, {})[tuple(map(int, re.findall(r"\d+", indices)))] = number
    tensors = {}
    for base, group in groups.items():
        shape = tuple(max(index) + 1 for index in zip(*group))
        if len(group) == math.prod(shape) and list(group) == list(_indices(shape)):
            tensors[base] = Tensor(shape, list(group.values()))
        else:  # lists of different lengths, or keys of a dict: each number by itself
            for index, number in group.items():
                tensors[_indexed(base, index)] = Tensor((), [number])
    return tensors


def _entries(name: str, tensor: Tensor) -> Iterator[tuple[str, float]]:
    return zip((_indexed(name, index) for index in _indices(tensor.shape)), tensor.numbers)


def _indices(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    return product(*map(range, shape))


def _indexed(name: str, index: tuple[int, ...]) -> str:
    return name + "".join(f"[{i}]" for i in index)


def _check_finite(tensors: Tensors) -> None:
    for tensor in tensors.items():
        for name, number in _entries(*tensor):
            if not math.isfinite(number):
                raise ValueError(f"{name} is {number!r}, and a model must have finite numbers")


# The formats: tensors to bytes, and bytes to tensors, with ValueError for those that are none


def _safetensors() -> Any:
    try:
        import safetensors
    except ImportError:
        raise ImportError(
            'a .safetensors file needs the package safetensors: python -m pip install "chalkgrad[save]"; '
            "a .json file needs none"
        ) from None
    return safetensors


METADATA = "__metadata__"  # the name that the format keeps for remarks


def _write_safetensors(tensors: Tensors, modules: Modules) -> bytes:
    library = _safetensors()
    for name in tensors:
        if name == METADATA or name != name.encode("utf-8", "replace").decode():
            raise ValueError(f"a .safetensors file cannot hold the name {name!r}; a .json file can")
    buffers = {name: _little_endian(array("d", tensor.numbers)) for name, tensor in tensors.items()}
    specs = {}
    for name, buffer in buffers.items():
        address, n = buffer.buffer_info()
        specs[name] = library.TensorSpec(dtype="float64", shape=tensors[name].shape, data_ptr=address, data_len=8 * n)
    return bytes(library.serialize(specs, {"modules": json.dumps(modules)}))


def _read_safetensors(content: bytes) -> tuple[Tensors, Modules]:
    library = _safetensors()
    try:
        found = library.deserialize(content)
    except library.SafetensorError as error:
        raise ValueError(str(error)) from None
    n = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + n], object_pairs_hook=_unique)
    said = header.get(METADATA, {}).get("modules")
    tensors = {}
    for name, tensor in found:
        if tensor["dtype"] not in ("F64", "F32"):
            raise ValueError(f"{name} is of the type {tensor['dtype']}, not F64 or F32")
        if 0 in tensor["shape"]:
            raise ValueError(f"{name} has the shape {tensor['shape']}, which holds no number")
        numbers = array("d" if tensor["dtype"] == "F64" else "f", bytes(tensor["data"]))
        tensors[name] = Tensor(tuple(tensor["shape"]), list(_little_endian(numbers)))
    return tensors, _checked(json.loads(said, object_pairs_hook=_unique) if said is not None else {})


def _little_endian(numbers: "array[float]") -> "array[float]":
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _write_json(tensors: Tensors, modules: Modules) -> bytes:
    lines = [f"{json.dumps(name)}: {json.dumps(_nested(tensor))}" for name, tensor in tensors.items()]
    if METADATA not in tensors:
        lines.insert(0, f"{json.dumps(METADATA)}: {json.dumps({'modules': modules})}")
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def _read_json(content: bytes) -> tuple[Tensors, Modules]:
    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    found = json.loads(content.decode(), parse_constant=refuse, object_pairs_hook=_unique)
    if not isinstance(found, dict):
        raise ValueError("it is not an object with a list of numbers for each name")
    said = found.pop(METADATA) if isinstance(found.get(METADATA), dict) else {}  # else a parameter of that name
    return {name: _flat(name, nested) for name, nested in found.items()}, _checked(said.get("modules", {}))


def _checked(modules: Any) -> Modules:
    if not isinstance(modules, dict) or not all(isinstance(said, str) for said in modules.values()):
        raise ValueError("its entry for the modules is not a text for each module")
    return modules


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a name is there twice")
    return dict(pairs)


def _nested(tensor: Tensor) -> Any:
    if not tensor.shape:
        return tensor.numbers[0]
    n = len(tensor.numbers) // tensor.shape[0]
    return [_nested(Tensor(tensor.shape[1:], tensor.numbers[i : i + n])) for i in range(0, len(tensor.numbers), n)]


def _flat(name: str, nested: Any) -> Tensor:
    if type(nested) in (int, float):
        try:
            return Tensor((), [float(nested)])
        except OverflowError:
            return Tensor((), [math.inf])
    if not isinstance(nested, list):
        raise ValueError(f"{name} is {nested!r} instead of numbers")
    parts = [_flat(name, each) for each in nested]
    if len({part.shape for part in parts}) > 1:
        raise ValueError(f"the rows of {name} are not of one length")
    return Tensor((len(parts), *(parts[0].shape if parts else ())), [x for part in parts for x in part.numbers])


Write = Callable[[Tensors, Modules], bytes]
Read = Callable[[bytes], tuple[Tensors, Modules]]

FORMATS: dict[str, tuple[Write, Read]] = {
    ".safetensors": (_write_safetensors, _read_safetensors),
    ".json": (_write_json, _read_json),
}


def _format(model: Module, path: Path_) -> tuple[Write, Read]:
    if not isinstance(model, Module) or not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"give a Module and a path, save(model, 'model.json'); got {model!r} and {path!r}")
    ending = Path(path).suffix.lower()
    if ending not in FORMATS:
        raise ValueError(
            f"a model is saved as {' or '.join(FORMATS)}, by the ending of the name; got {os.fspath(path)}"
        )
    return FORMATS[ending]
