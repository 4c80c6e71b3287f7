"""explore(model, loss, data): makes the data of a page that trains a model by itself: programs, parameters, examples.

Its steps are those of Python, number by number. So random numbers come from one generator, which is written here and in
explorer/trainer.js, and the optimisers are those of nn.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.compiling.compiler import compile
from autograd.compiling.exports.javascript import embedded
from autograd.pictures.names import is_model
from autograd.pictures.networks import layers_of
from autograd.transforms.containers import leaves, rebuilt
from autograd.updates import leaves as leaves_within
from autograd.value import Value

MOST_EXAMPLES, MOST_PARAMETERS, MOST_PROGRAMS = 5000, 20_000, 16
MOST_CLASSES = 10
SETTINGS: dict[str, Any] = {
    "lr": 0.1,
    "batch_size": 0,
    "optimizer": "sgd",
    "momentum": 0.0,
    "weight_decay": 0.0,
    "l1": 0.0,
    "seed": 0,
}


class Chance:
    """Random numbers: Marsaglia's xorshift of 32 bits (2003), the same as on the page.

    >>> chance = Chance(1)
    >>> [chance.below(10) for _ in range(5)]
    [3, 8, 3, 1, 5]
    """

    def __init__(self, seed: int) -> None:
        self.state = (seed * 2654435761 + 88172645) % 2**32 or 1

    def next(self) -> int:
        """A whole number from 1 to 2**32 - 1."""
        x = self.state
        x ^= x << 13 & 0xFFFFFFFF
        x ^= x >> 17
        x ^= x << 5 & 0xFFFFFFFF
        self.state = x
        return x

    def below(self, n: int) -> int:
        """A whole number from 0 to n - 1."""
        return self.next() * n >> 32

    def uniform(self) -> float:
        """A number from 0 to 1."""
        return self.next() / 2**32


def batches(n: int, batch_size: int, seed: int) -> Iterator[list[int]]:
    """For each step the places of its examples, without end. Each epoch has all n of them in a random order.

    batch_size: 0, or n and more, takes all at once, in their order.

    >>> steps = batches(5, 2, seed=1)
    >>> [next(steps) for _ in range(4)]
    [[2, 0], [4, 3], [1], [4, 0]]
    """
    if not 0 < batch_size < n:
        while True:
            yield list(range(n))
    chance = Chance(seed)
    while True:
        order = list(range(n))
        for i in range(n - 1, 0, -1):
            j = chance.below(i + 1)
            order[i], order[j] = order[j], order[i]
        for begin in range(0, n, batch_size):
            yield order[begin : begin + batch_size]


def begun_anew(numbers: Sequence[float], groups: Sequence[int], seed: int) -> list[float]:
    """New first parameters: in each group uniform, with the mean square that they have now.

    groups: which group each is in. A group of equal numbers, such as biases of 0, stays. With the seed 0 all stay.
    """
    if seed == 0:
        return list(numbers)
    chance, found = Chance(seed + 7919), list(numbers)
    for group in dict.fromkeys(groups):
        own = [k for k, each in enumerate(groups) if each == group]
        square = sum(numbers[k] * numbers[k] for k in own) / len(own)
        if any(numbers[k] != numbers[own[0]] for k in own):
            for k in own:
                found[k] = (2 * chance.uniform() - 1) * math.sqrt(3 * square)
    return found


@dataclass
class Training:
    """What is trained. The loss is the mean of loss([model(x)], [target]) over the examples of a batch."""

    model: Any
    loss: Callable[..., Any]
    examples: list[tuple[Any, Any]]
    parameters: list[Value]
    names: list[str]
    columns: list[Any]  # the layers of neurons; none for a model that is no chain of them
    given: list[tuple[Any, Any]]  # some examples as they were given, with whole numbers
    reads: bool = False  # whether the inputs are texts: lists of whole numbers, for which the model looks up rows

    def of_example(self, x: Any, target: Any) -> list[Any]:
        """The loss of an example, the outputs of the model, and those of each neuron."""
        out = self.model(x)
        values, column = [], x
        for layer in self.columns:
            column = [neuron(column) for neuron in layer]
            values += column
        return [self.loss([out], [target]), *leaves(out), *values]


def training_of(model: Any, loss: Any, data: Any) -> Training:
    """The parts, checked. TypeError or ValueError says in a sentence what is wrong."""
    if not callable(model) or not callable(loss):
        wrong, what = (model, "model") if not callable(model) else (loss, "loss")
        raise TypeError(f"explore(model, loss, data) takes a {what} that can be called, got {wrong!r:.60}")
    if not isinstance(data, Iterable):
        raise TypeError(f"data must be pairs of an input and its target, zip(inputs, targets); got {data!r:.60}")
    examples, given = [], []
    for i, pair in enumerate(data):
        if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
            raise ValueError(f"data must be pairs, zip(inputs, targets); number {i} is not a pair: {pair!r:.60}")
        given.append((pair[0], pair[1]))
        examples.append((pair[0], _floats(pair[1])))
    if not 0 < len(examples) <= MOST_EXAMPLES:
        raise ValueError(f"a page takes from 1 to {MOST_EXAMPLES:,} examples, got {len(examples):,}")
    reads = all(map(_is_text, (x for x, _ in examples))) and not _takes_floats(model, examples[0][0])
    if not reads:
        examples = [(_floats(x), target) for x, target in examples]
    named = dict(model.named_parameters()) if is_model(model) else {}
    parameters = list(named.values()) or leaves_within(model, type(model))
    if not 0 < len(parameters) <= MOST_PARAMETERS:
        raise ValueError(f"a page takes a model of 1 to {MOST_PARAMETERS:,} parameters, got {len(parameters):,}")
    names = list(named) or [f"p{i}" for i in range(len(parameters))]
    try:
        columns = layers_of(model)
        columns = columns if not reads and len(leaves(examples[0][0])) == len(columns[0][0].w) else []
    except (ValueError, AttributeError, TypeError):
        columns = []
    return Training(model, loss, examples, parameters, names, columns, given[:5], reads)


def _is_text(x: Any) -> bool:
    """Whether something is a list of whole numbers."""
    return isinstance(x, (list, tuple)) and bool(x) and all(type(each) is int for each in x)


def _takes_floats(model: Any, x: Any) -> bool:
    try:
        model(_floats(x))
    except TypeError:
        return False
    return True


def _floats(x: Any) -> Any:
    """A number, or a list of them, as plain floats."""
    if hasattr(x, "tolist"):
        x = x.tolist()
    return rebuilt(x, [float(each.data if isinstance(each, Value) else each) for each in leaves(x)])


def data_of(
    training: Training, title: str, settings: dict[str, Any], characters: Sequence[str] = ""
) -> tuple[dict[str, Any], str]:
    """What the page reads, and its programs as JavaScript."""
    places = {p: k for k, p in enumerate(training.parameters)}
    captured: list[list[Any]] = []
    programs, which = _programs(training) if not training.reads else _readers(training, places, captured)
    for recording in programs if not training.reads else []:
        for p in recording.captured:
            if p not in places:
                places[p] = len(places)  # a Value that is used, but is none of the parameters: it stays
        captured.append([places[p] for p in recording.captured])
    first = training.examples[0]
    out = training.model(first[0])
    targets = [target for _, target in training.examples]
    single = all(not isinstance(target, (list, tuple)) for target in targets)
    different = sorted(set(targets)) if single else []
    classes = different if 2 <= len(different) <= MOST_CLASSES and all(t == int(t) for t in different) else []
    n_outputs = len(leaves(out))
    if n_outputs > 1 and classes:
        classes = [float(k) for k in range(n_outputs)] if classes[-1] < n_outputs and classes[0] >= 0 else []
    data = {
        "title": title,
        "digits": 4,
        "settings": settings,
        "parameters": [p.data for p in training.parameters],
        "fixed": [p.data for p in places if p not in set(training.parameters)],
        "names": training.names,
        "groups": groups_of(training.names),
        "captured": captured,
        "inputs": [[] if training.reads else leaves(x) for x, _ in training.examples],
        "texts": [list(x) for x, _ in training.examples] if training.reads else [],
        "targets": [leaves(target) for _, target in training.examples],
        "which": which,
        "characters": [*characters] or [str(k) for k in range(n_outputs // max(1, len(first[0])))]
        if training.reads
        else [],
        "nOutputs": n_outputs,
        "classes": classes,
        "threshold": _threshold(training, classes) if n_outputs == 1 and len(classes) == 2 else 0.0,
        "columns": [[_neuron(neuron, places) for neuron in layer] for layer in training.columns],
        "activations": [_activation(layer) for layer in training.columns],
        "python": [type(training.model).__name__, getattr(training.loss, "__name__", "loss")],
    }
    return data, "const PROGRAMS = [\n" + ",\n".join(embedded(each, "example") for each in programs) + "\n];"


def _programs(training: Training) -> tuple[list[Any], list[int]]:
    """The recordings that the examples need, and which one each example needs."""
    step = compile(training.of_example)
    step.name = getattr(training.loss, "__name__", "loss")
    found: list[Any] = []
    which = []
    for x, target in training.examples:
        recording = step._chosen((x, target))
        if not any(recording is each for each in found):
            found.append(recording)
        which.append(next(k for k, each in enumerate(found) if each is recording))
        if len(found) > MOST_PROGRAMS:
            raise ValueError(
                f"the examples take more than {MOST_PROGRAMS} different ways through the model and the loss, too many "
                "for a page. Do their inputs have different lengths, or does an `if` ask for their numbers?"
            )
    _check_mean(training)
    return found, which


def _readers(training: Training, places: dict[Value, int], captured: list[list[Any]]) -> tuple[list[Any], list[int]]:
    """The same for texts: one recording for each length, and which parameters it uses, appended to `captured`.

    Texts of one length differ only in the rows of a table that they use. So the function is recorded with three texts
    of different characters. A parameter that moves along with a character becomes [place, step, which character]: the
    parameter at place + step * character. ValueError if one moves in another way.
    """
    step = compile(training.of_example)
    lengths = sorted({len(x) for x, _ in training.examples})
    largest = max(max(x) for x, _ in training.examples)
    found = []
    for n in lengths:
        target = next(target for x, target in training.examples if len(x) == n)
        if n + 1 > largest:
            raise ValueError(
                f"a text of {n} characters is too long for a page: there are {largest + 1} different ones, and it must "
                "be tried with different ones only"
            )
        tried = [[*range(n)], [*range(1, n + 1)], [(5 * i + 2) % (largest + 1) for i in range(n)]]
        recordings = [step._chosen((text, target)) for text in tried]
        first, second, third = ([places.get(p, -1) for p in each.captured] for each in recordings)
        begin = {
            y - x: min(a for a, b in zip(first, second) if b - a == y - x) for x, y in zip(first, second) if x != y
        }
        own: list[Any] = []
        for x, y in zip(first, second):
            stride = y - x
            character = (x - begin[stride]) // stride if stride else 0
            own.append([x - stride * character, stride, character] if stride else x)
        there = [x if isinstance(x, int) else x[0] + x[1] * tried[2][x[2]] for x in own]
        if there != third or -1 in first or len({embedded(each, "text") for each in recordings}) > 1:
            raise ValueError(
                "this model does more with the characters of a text than to look up their rows in one table, and a "
                "page cannot follow that. explore takes models such as that of demos/gpt.py"
            )
        found.append(recordings[0])
        captured.append(own)
    _check_mean(training)
    return found, [lengths.index(len(x)) for x, _ in training.examples]


def _check_mean(training: Training) -> None:
    """ValueError for a loss that is not the mean of the losses of single examples."""
    some = training.given
    outputs, targets = [training.model(x) for x, _ in some], [target for _, target in some]
    whole = training.loss(outputs, targets).data
    mean = math.fsum(training.loss([out], [t]).data for out, t in zip(outputs, targets)) / len(some)
    if not math.isclose(whole, mean, rel_tol=1e-9, abs_tol=1e-12):
        raise ValueError(
            f"the loss of {len(some)} examples is {whole:.6g}, and the mean of the losses of each is {mean:.6g}. A "
            "page trains with the mean: give a loss with reduction='mean', and add regularisation on the page"
        )


def groups_of(names: Any) -> list[int]:
    """Which parameters begin alike: those of one layer and one kind. names: their paths, or the model."""
    if is_model(names):
        names = [name for name, _ in names.named_parameters()]
    parts = []
    for name in names:
        head, _, tail = name.partition(".neurons.")
        parts.append((head, "".join(c for c in tail if not c.isdigit())) if tail else (name.split("[")[0], ""))
    known = {part: k for k, part in enumerate(dict.fromkeys(parts))}
    return [known[part] for part in parts]


def _neuron(neuron: Any, places: dict[Value, int]) -> list[Any]:
    bias = getattr(neuron, "b", None)
    return [[places.get(w, -1) for w in neuron.w], places.get(bias, -1) if bias is not None else -1]


def _activation(layer: Any) -> str:
    activation = getattr(layer[0], "activation", None)
    return str(getattr(activation, "__name__", "" if activation is None else activation))


def _threshold(training: Training, classes: Sequence[float]) -> float:
    """Where an output costs the same for either of two classes."""
    for middle in (0.0, 0.5, sum(classes) / 2):
        try:
            low, high = (training.loss([Value(middle)], [target]).data for target in classes)
        except (ValueError, ArithmeticError, TypeError):
            continue
        if math.isclose(low, high, rel_tol=1e-9):
            return middle
    return sum(classes) / 2


def checked(settings: dict[str, Any]) -> dict[str, Any]:
    """All settings; TypeError for one that is not known, ValueError for one that cannot be."""
    unknown = set(settings) - set(SETTINGS)
    if unknown:
        raise TypeError(f"explore knows no setting {sorted(unknown)[0]!r}; the settings are {', '.join(SETTINGS)}")
    found = SETTINGS | settings
    for name in ("lr", "momentum", "weight_decay", "l1"):
        if not isinstance(found[name], (int, float)) or not 0 <= found[name] < math.inf:
            raise ValueError(f"{name} must be a finite number, 0 or more; got {found[name]!r}")
    for name in ("batch_size", "seed"):
        if isinstance(found[name], bool) or not isinstance(found[name], int) or found[name] < 0:
            raise ValueError(f"{name} must be a whole number, 0 or more; got {found[name]!r}")
    if found["optimizer"] not in ("sgd", "adam"):
        raise ValueError(f"optimizer must be 'sgd' or 'adam', got {found['optimizer']!r}")
    return found
