"""Module: a part of a model, whose parameters are found by looking through its attributes."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from types import BuiltinFunctionType, FunctionType, NoneType
from typing import Any, Self

from autograd import Value, clear, leaves, relu
from autograd.extending import depends_on, missing, to_float
from nn.pytorch import OF_MODULE


class Module:
    """The base of everything with parameters. A subclass sets attributes; you register nothing.

    A parameter is a leaf Value that an attribute holds, by itself or in lists, tuples, dicts, NumPy arrays and other
    Modules, however nested. A parameter that is held twice counts once. The result of an operation is not a parameter:
    write Value(0.5 * 0.1), not Value(0.5) * 0.1.

    buffers: the names of attributes that hold lists of floats, for example the running means of BatchNorm. They belong
        to the state beside the parameters, though no gradient moves them.
    saved_settings: the names of attributes that decide what the module computes, for example the activation of a
        Neuron. save() writes them, and load() refuses a model with other ones.
    training: whether the module behaves as in training (True, the default) or as in use.
    takes_batch: whether the module takes a list of examples as a whole, as BatchNorm must. False if it is called with
        one example at a time.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offset = Value(2.0), Value(1.0)
    ...     def __call__(self, x):
    ...         return self.slope * x + self.offset
    >>> line = Line()
    >>> line(3.0).data
    7.0
    >>> [name for name, parameter in line.named_parameters()]
    ['slope', 'offset']
    """

    buffers: tuple[str, ...] = ()
    saved_settings: tuple[str, ...] = ()
    takes_batch: bool = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The forward pass, which a subclass defines."""
        rename = "; rename forward to __call__" if hasattr(self, "forward") else ""
        raise NotImplementedError(f"{type(self).__name__} does not define __call__(self, x), the forward pass{rename}")

    @property
    def training(self) -> bool:
        """Whether the module behaves as in training; a function that was compiled follows a change of it."""
        training: bool = vars(self).get("_training", True)
        depends_on(self, "training", training)
        return training

    @training.setter
    def training(self, training: bool) -> None:
        self._training = training

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Every parameter with its path, in the order of the attributes: ("layers.0.neurons.3.w[1]", Value(...)).

        An attribute stands as .name, a module within a list or dict as .0 or .key, and a Value within a list, nested
        or not, or a dict as [1], [1][2] or [key].
        """
        return ((name, found) for name, found in self._held() if not found.op and not found.parents)

    def parameters(self) -> list[Value]:
        """Every parameter, in the order of the attributes."""
        try:
            return leaves(self, Module, _inside)
        except _Unordered:
            self._found()  # which says where it is
            raise

    def named_modules(self) -> Iterator[tuple[str, "Module"]]:
        """This module, whose path is "", and every module within it with its path, such as "layers.0.neurons.3"."""
        for path, _, found in self._found():
            if isinstance(found, Module):
                yield path, found

    def modules(self) -> list["Module"]:
        """This module and every module within it."""
        return [module for _, module in self.named_modules()]

    def zero_grad(self) -> None:
        """Set the grad of every parameter to 0, which is needed before the next backward()."""
        clear(self.parameters())

    def train(self, training: bool = True) -> Self:
        """Make this module and those within it behave as in training, and return it."""
        for module in self.modules():
            module.training = training
        return self

    def eval(self) -> Self:
        """Make this module and those within it behave as in use, not in training, and return it."""
        return self.train(False)

    def state_dict(self) -> dict[str, float]:
        """The data of every parameter, and the numbers in the buffers of every module, by their paths.

        They are numbers of this moment, which later training does not change. ValueError if two have the same path.
        """
        state: dict[str, float] = {}
        parameters = ((name, parameter.data) for name, parameter in self.named_parameters())
        for name, number in chain(parameters, ((name, numbers[i]) for name, numbers, i in self._in_buffers())):
            if name in state:
                raise ValueError(f"two numbers of {self!r} are called {name!r}: rename an attribute or a key")
            state[name] = number
        return state

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Set all that state_dict() returns to the numbers in `state`.

        ValueError if it has other names, TypeError for what is not a number; everything then stays as it was.
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"load_state_dict takes what state_dict returns, names and numbers; got {state!r}")
        names = self.state_dict().keys()
        if names != state.keys():
            raise ValueError(f"the state is not of {self!r}: {shown_names(names - state.keys(), state.keys() - names)}")
        numbers = {name: to_float(number, name) for name, number in state.items()}
        for name, parameter in self.named_parameters():
            parameter.data = numbers[name]
        for name, buffer, i in self._in_buffers():
            buffer[i] = numbers[name]

    def _held(self) -> Iterator[tuple[str, Value]]:
        """Every Value with its path: the parameters, and results of operations, which are none."""
        for path, indices, found in self._found():
            if isinstance(found, Value):
                yield path + "".join(f"[{index}]" for index in indices), found

    def _found(self) -> "list[Found]":
        found: list[Found] = []
        _find(self, "", (), {}, found)
        return found

    def _in_buffers(self) -> Iterator[tuple[str, list[float], int]]:
        for path, module in self.named_modules():
            for name in module.buffers:
                buffer = getattr(module, name)
                for i in range(len(buffer)):
                    yield f"{path}.{name}[{i}]" if path else f"{name}[{i}]", buffer, i

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.parameters())} parameters)"


for name, thing in missing(OF_MODULE).items():
    setattr(Module, name, thing)


def shown_names(missing: Iterable[str], unexpected: Iterable[str]) -> str:
    """What to say of names that are missing, and of those that are not expected.

    >>> shown_names(["b"], [])
    'b is missing'
    """
    parts = []
    for names, how in (sorted(missing), "missing"), (sorted(unexpected), "not expected"):
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            parts.append(f"{', '.join(names[:3])}{more} {'is' if len(names) == 1 else 'are'} {how}")
    return "; ".join(parts)


# That hold nothing. The functions of the native engine are of a type of their own
PLAIN = frozenset({float, int, str, bool, NoneType, FunctionType, BuiltinFunctionType, type(relu)})


class _Unordered(TypeError):
    """That a set holds Values or Modules."""


def _parts(thing: Any) -> Iterable[tuple[Any, Any]]:
    """What is in a thing, each with its name, index or key; the index None for an array without dimensions."""
    if isinstance(thing, Module):
        return [*_attributes(thing), *(_items(thing) if isinstance(thing, CONTAINERS) else ())]
    if isinstance(thing, (set, frozenset)) and any(isinstance(item, (Value, Module)) for item in thing):
        raise _Unordered("a set holds Values or Modules, and has no order: use a list")
    return _items(thing)


CONTAINERS = (dict, list, tuple, deque)


def _items(thing: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(thing, CONTAINERS):
        return list(thing.items()) if isinstance(thing, dict) else enumerate(thing)
    if str(getattr(thing, "dtype", "")) == "object":  # an array of Values
        return enumerate(thing.tolist()) if thing.ndim else [(None, thing.item())]
    return ()


def _attributes(module: Module) -> Iterator[tuple[str, Any]]:
    yield from list(vars(module).items())
    for kind in type(module).__mro__ if hasattr(type(module), "__slots__") else ():
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name.startswith("__") and not name.endswith("__"):
                name = f"_{kind.__name__.lstrip('_')}{name}"  # as Python keeps private names
            if hasattr(module, name) and name not in ("__dict__", "__weakref__"):
                yield name, getattr(module, name)


def _inside(thing: Any) -> list[Any]:
    return [part for _, part in _parts(thing)]


Found = tuple[str, tuple[Any, ...], Value | Module]  # the path of an attribute, or of a module, and indices from there


def _find(thing: Any, path: str, indices: tuple[Any, ...], seen: dict[int, Any], found: list[Found]) -> None:
    """Append the modules and Values in `thing`, an attribute or what is in it at these indices.

    seen: by id what has been looked into; kept, so that nothing made later, as the rows of an array are, has its id.
    """
    if type(thing) in PLAIN or id(thing) in seen:
        return
    seen[id(thing)] = thing
    if isinstance(thing, Value):
        found.append((path, indices, thing))
        return
    if isinstance(thing, Module):
        path = ".".join([path, *map(str, indices)])
        found.append((path, (), thing))
        for name, part in _parts(thing):
            _find(part, f"{path}.{name}" if path else str(name), (), seen, found)
        return
    try:
        parts = _parts(thing)
    except _Unordered:
        place = path + "".join(f"[{index}]" for index in indices)
        raise TypeError(f"{place} holds Values or Modules in a set, which has no order: use a list") from None
    for index, part in parts:
        _find(part, path, indices if index is None else (*indices, index), seen, found)
