"""Lets Neuron, Layer and MLP be made under micrograd's names: nin, nout, nouts and nonlin."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

P = ParamSpec("P")

OURS = {"nin": "n_in", "nout": "n_out", "nouts": "sizes"}


def under_micrograds_names(make: Callable[P, None]) -> Callable[P, None]:
    """A decorator of __init__: where one of micrograd's names is used, the activation is micrograd's too, relu.

    nonlin=False stands for "linear", nonlin=True for "relu".

    >>> from nn import Layer, Neuron
    >>> Neuron(nin=2), Layer(nin=2, nout=3, nonlin=False)
    (Neuron(2, relu), Layer(2, 3, linear))
    """

    @wraps(make)
    def made(*args: P.args, **named: P.kwargs) -> None:
        given: dict[str, Any] = dict(named)
        if "nonlin" in given or not OURS.keys().isdisjoint(given):
            for theirs, ours in OURS.items():
                if theirs in given:
                    if ours in given:
                        raise TypeError(f"{theirs} and {ours} are two names for the same: give one of them")
                    given[ours] = given.pop(theirs)
            given.setdefault("activation", "relu" if given.pop("nonlin", True) else "linear")
        make(*args, **given)

    return made
