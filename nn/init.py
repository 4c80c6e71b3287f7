"""How weights begin: each initialisation draws the weights of a layer with fan_in inputs and fan_out outputs.

Most draw one weight at a time, whatever the others are. One whose weights depend on each other, such as orthogonal,
returns all of them at once: fan_out rows of fan_in numbers. rng is the source of random numbers, random.Random(seed).
"""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import autograd
from nn.inputs import named

__all__ = [
    "kaiming_normal",
    "kaiming_uniform",
    "lecun_normal",
    "lecun_uniform",
    "normal",
    "orthogonal",
    "uniform",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]

Initialisation = Callable[[random.Random, int, int], float | Sequence[Sequence[float]]]


def uniform(rng: random.Random, fan_in: int, fan_out: int) -> float:
    """A weight from U(-1, 1) for layers of every size. Good only for the smallest networks.

    rng, fan_in, fan_out: the source of random numbers, the number of inputs and of outputs of the layer.

    >>> -1 <= uniform(random.Random(0), 2, 3) <= 1
    True
    """
    return rng.uniform(-1, 1)


def normal(rng: random.Random, fan_in: int, fan_out: int) -> float:
    """A weight from N(0, 1) for layers of every size. Usual for embeddings.

    rng, fan_in, fan_out: as in uniform.

    >>> round(normal(random.Random(0), 2, 3), 6)
    0.941715
    """
    return rng.gauss(0, 1)


def xavier_uniform(rng: random.Random, fan_in: int, fan_out: int) -> float:
    """A weight from U(-r, r) with r = √(6 / (fan_in + fan_out)), made for tanh and sigmoid. (Glorot & Bengio 2010)

    rng, fan_in, fan_out: as in uniform.

    >>> abs(xavier_uniform(random.Random(0), 2, 4)) <= 1
    True
    """
    r = math.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-r, r)


def xavier_normal(rng: random.Random, fan_in: int, fan_out: int) -> float:
    """A weight from N(0, 2 / (fan_in + fan_out)), with the variance of xavier_uniform.

    rng, fan_in, fan_out: as in uniform.

    >>> round(xavier_normal(random.Random(0), 2, 6), 6)
    0.470858
    """
    return rng.gauss(0, math.sqrt(2 / (fan_in + fan_out)))


def kaiming_uniform(rng: random.Random, fan_in: int, fan_out: int) -> float:
    """A weight from U(-r, r) with r = √(6 / fan_in), made for relu and functions like it. (He et al. 2015)

    rng, fan_in, fan_out: as in uniform.

    >>> abs(kaiming_uniform(random.Random(0), 6, 4)) <= 1
    True
    """
    r = math.sqrt(6 / fan_in)
    return rng.uniform(-r, r)


def kaiming_normal(rng: random.Random, fan_in: int, fan_out: int) -> float:
    """A weight from N(0, 2 / fan_in), with the variance of kaiming_uniform.

    rng, fan_in, fan_out: as in uniform.

    >>> round(kaiming_normal(random.Random(0), 8, 4), 6)
    0.470858
    """
    return rng.gauss(0, math.sqrt(2 / fan_in))


def lecun_uniform(rng: random.Random, fan_in: int, fan_out: int) -> float:
    """A weight from U(-r, r) with r = √(3 / fan_in). It keeps the variance in a layer without activation.

    rng, fan_in, fan_out: as in uniform. (LeCun, Bottou, Orr & Müller 1998)

    >>> abs(lecun_uniform(random.Random(0), 3, 4)) <= 1
    True
    """
    r = math.sqrt(3 / fan_in)
    return rng.uniform(-r, r)


def lecun_normal(rng: random.Random, fan_in: int, fan_out: int) -> float:
    """A weight from N(0, 1 / fan_in), with the variance of lecun_uniform.

    rng, fan_in, fan_out: as in uniform.

    >>> round(lecun_normal(random.Random(0), 4, 4), 6)
    0.470858
    """
    return rng.gauss(0, math.sqrt(1 / fan_in))


def orthogonal(rng: random.Random, fan_in: int, fan_out: int) -> list[list[float]]:
    """All weights of a layer at once: a random matrix that turns its inputs and keeps their lengths.

    rng, fan_in, fan_out: as in uniform.

    Returns fan_out rows of fan_in numbers. The rows are unit vectors at right angles to each other. If there are more
    rows than columns, the columns are. (Saxe, McClelland & Ganguli 2014)

    >>> (a, b), (c, d) = orthogonal(random.Random(0), 2, 2)
    >>> round(a * a + b * b, 12), round(a * c + b * d, 12)
    (1.0, 0.0)
    """
    if fan_out > fan_in:
        return [list(row) for row in zip(*orthogonal(rng, fan_out, fan_in))]
    rows: list[list[float]] = []
    while len(rows) < fan_out:
        row = [rng.gauss(0, 1) for _ in range(fan_in)]
        for earlier in rows * 2:  # Gram & Schmidt, twice, for once leaves rounding errors (Giraud et al. 2005)
            projection = autograd.dot(row, earlier)
            row = [x - projection * y for x, y in zip(row, earlier)]
        length = math.hypot(*row)
        rows.append([x / length for x in row])
    return rows


def zeros(rng: random.Random, fan_in: int, fan_out: int) -> float:
    """0, to show what you must not do: all neurons of a layer stay equal.

    rng, fan_in, fan_out: as in uniform.

    >>> zeros(random.Random(0), 2, 3)
    0.0
    """
    return 0.0


BY_NAME: dict[str, Initialisation] = {
    "uniform": uniform,
    "normal": normal,
    "xavier_uniform": xavier_uniform,
    "xavier_normal": xavier_normal,
    "kaiming_uniform": kaiming_uniform,
    "kaiming_normal": kaiming_normal,
    "lecun_uniform": lecun_uniform,
    "lecun_normal": lecun_normal,
    "orthogonal": orthogonal,
    "zeros": zeros,
}


def rows_of_weights(initialisation: Any, rng: random.Random, fan_in: int, fan_out: int) -> Iterator[list[float]]:
    """The weights of a layer, fan_out rows of fan_in numbers, drawn when the row is asked for.

    initialisation: a name, a function, or the rows themselves.

    >>> list(rows_of_weights("zeros", random.Random(0), 2, 3))
    [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
    """
    draw = named(initialisation, BY_NAME, "initialisation") if isinstance(initialisation, str) else initialisation
    draw = draw.tolist() if hasattr(draw, "tolist") else draw  # an array of NumPy
    if not callable(draw) and not isinstance(draw, (list, tuple)):
        raise TypeError(f"initialisation must be a name or a function, got {draw!r}")
    weights = draw(rng, fan_in, fan_out) if callable(draw) else draw
    weights = weights.tolist() if hasattr(weights, "tolist") else weights
    if isinstance(weights, (list, tuple)):
        sizes = [len(row) if isinstance(row, (list, tuple)) else 0 for row in weights]
        if sizes != [fan_in] * fan_out:
            raise ValueError(f"the weights here are {fan_out} rows of {fan_in} numbers, got {weights!r}")
        yield from map(list, weights)
        return
    weights = [weights]
    for _ in range(fan_out):
        weights += [draw(rng, fan_in, fan_out) for _ in range(fan_in - len(weights))]
        yield weights
        weights = []


def weights_of_neuron(initialisation: Any, rng: random.Random, fan_in: int, fan_out: int) -> list[float]:
    """The weights of the first of fan_out neurons; numbers as the initialisation are those of one neuron.

    >>> weights_of_neuron([0.5, 2.0], random.Random(0), 2, 1)
    [0.5, 2.0]
    """
    rows = [initialisation] if isinstance(initialisation, (list, tuple)) else initialisation
    return next(rows_of_weights(rows, rng, fan_in, fan_out))


def for_every_layer(initialisation: Any) -> Any:
    """The same initialisation, where it is one for layers of every size: no numbers.

    >>> for_every_layer("zeros")
    'zeros'
    """
    if initialisation is not None and not isinstance(initialisation, str) and not callable(initialisation):
        raise TypeError(f"the initialisation of an MLP must be a name or a function, got {initialisation!r}")
    return initialisation
