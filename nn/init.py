"""How weights begin: each initialisation draws one weight of a layer with fan_in inputs and fan_out outputs."""

import math
import random
from collections.abc import Callable

Initialisation = Callable[[random.Random, int, int], float]


def uniform(rng: random.Random, fan_in: int, fan_out: int) -> float:
    """A weight from U(-1, 1), whatever the layer's size: good for the smallest networks only.

    >>> -1 <= uniform(random.Random(0), 2, 3) <= 1
    True
    """
    return rng.uniform(-1, 1)


def xavier_uniform(rng: random.Random, fan_in: int, fan_out: int) -> float:
    """A weight from U(-r, r) with r = √(6 / (fan_in + fan_out)), made for tanh and sigmoid. (Glorot & Bengio 2010)

    >>> abs(xavier_uniform(random.Random(0), 2, 4)) <= 1
    True
    """
    r = math.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-r, r)


def kaiming_uniform(rng: random.Random, fan_in: int, fan_out: int) -> float:
    """A weight from U(-r, r) with r = √(6 / fan_in), made for relu and its kin. (He et al. 2015)

    >>> abs(kaiming_uniform(random.Random(0), 6, 4)) <= 1
    True
    """
    r = math.sqrt(6 / fan_in)
    return rng.uniform(-r, r)


def zeros(rng: random.Random, fan_in: int, fan_out: int) -> float:
    """0: what must not be done, for then all neurons of a layer stay equal.

    >>> zeros(random.Random(0), 2, 3)
    0.0
    """
    return 0.0
