"""What libraries are set to, which no object of a function shows: the precision of decimal, the default type of torch.

A library that a function can reach is asked again at every call. An entry of the table says what is asked.
"""

import abc
import decimal
import locale
import logging
import pickle
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any


def of_context(x: decimal.Context) -> Any:
    """All but the flags, which every result may set."""
    return x.prec, x.rounding, x.Emin, x.Emax, x.capitals, x.clamp, list(x.traps.values())


def of_loggers(loggers: dict[str, Any]) -> Any:
    """What decides whether they are enabled."""
    levels = [(x.level, x.disabled) for x in loggers.values() if isinstance(x, logging.Logger)]
    return logging.root.level, logging.root.manager.disable, levels


def of_numpy(numpy: Any) -> Any:
    """What becomes of errors, and how much is computed at once."""
    return numpy.geterr(), numpy.geterrcall(), numpy.getbufsize()


# What decides the results of torch, and tells it at once. The same names of torch.backends and others ask the same, but
# go through Python, which takes most of the time of a small compiled function
OF_TORCH = [
    *("is_grad_enabled", "is_inference_mode_enabled", "is_anomaly_enabled", "is_autocast_enabled", "get_num_threads"),
    *("get_default_dtype", "_get_deterministic_algorithms", "_get_float32_matmul_precision", "_get_mkldnn_enabled"),
    *("_get_cudnn_enabled", "_get_cudnn_benchmark", "_get_cudnn_deterministic", "_get_cudnn_allow_tf32"),
    *("_get_cublas_allow_tf32", "_len_torch_dispatch_stack"),
]


@lru_cache(maxsize=1)
def torch_asked(torch: Any) -> list[Callable[[], Any]]:
    """The functions of this version of torch that say what it is set to."""
    return [getattr(torch._C, name) for name in OF_TORCH if hasattr(torch._C, name)]


def of_torch(torch: Any) -> Any:
    """The modes, the types and places of new tensors, and how tensors are written."""
    modes = torch._C._len_torch_function_stack()  # set_default_device puts a mode there too
    device = torch.get_default_device() if modes else None
    told = [asked() for asked in torch_asked(torch)]
    return told, modes, device, torch.is_autocast_enabled("cpu"), tuple(vars(torch._tensor_str.PRINT_OPTS).values())


LIBRARIES: dict[str, Callable[[Any], Any]] = {
    "datetime": lambda _: (time.tzname, time.timezone, time.altzone, time.localtime(0)),
    "decimal": lambda library: of_context(library.getcontext()),
    "jax": lambda library: dict(library.config.values),
    "locale": lambda library: library.setlocale(locale.LC_ALL),
    "mpmath": lambda library: (library.mp.prec, library.iv.prec, library.mp.pretty, library.mp.trap_complex),
    "numpy": of_numpy,
    "scipy": lambda _: sys.modules["scipy.special"].geterr() if "scipy.special" in sys.modules else None,
    "torch": of_torch,
}
# Those of which it matters only to code with these names
FLAGS = {"flags", "clear_flags"}
STATES = {"getstate", "get_state", "initial_seed", "bit_generator", "get_rng_state"}
LEVELS = {"level", "disabled", "isEnabledFor", "getEffectiveLevel"}


@dataclass(eq=False, slots=True)
class AsBefore:
    """Whether a subject answers what it answered before, for an entry that expects True.

    >>> with decimal.localcontext():
    ...     still = as_before(decimal, lambda library: of_context(library.getcontext()))
    ...     still(decimal), setattr(decimal.getcontext(), "prec", 5), still(decimal)
    (True, None, False)
    """

    read: Callable[[Any], Any]
    before: Any

    def __call__(self, subject: Any) -> bool:
        """Whether it does."""
        return bool(self.read(subject) == self.before)


def as_before(subject: Any, read: Callable[[Any], Any]) -> AsBefore:
    """What it answers now, to be asked again."""
    return AsBefore(read, read(subject))


def library_of(x: Any) -> str:
    """The name of the library that an object comes from."""
    if isinstance(x, ModuleType):
        return x.__name__.partition(".")[0]
    found = x.__module__ if isinstance(x, (type, FunctionType, BuiltinFunctionType)) else type(x).__module__
    return found.partition(".")[0].lstrip("_") if isinstance(found, str) else ""


def module_of(x: Any) -> str:
    """The name of the module in which a function or class was defined; "" for some that are written in C."""
    return x.__module__ if isinstance(x.__module__, str) else ""


def libraries_asked(reached: Iterable[Any], more: Iterable[str], names: set[str]) -> Iterator[tuple[Any, AsBefore]]:
    """The libraries that a function may ask, and what they answer.

    reached: the objects that it can reach. more: names of modules whose code runs. names: those in its code.
    """
    found = {name.partition(".")[0] for name in more}.union(map(library_of, reached))
    for name in sorted(found & LIBRARIES.keys()):
        library = sys.modules.get(name)
        if library is not None:
            yield library, as_before(library, LIBRARIES[name])
    if "decimal" in found and names & FLAGS:
        yield decimal, as_before(decimal, lambda library: list(library.getcontext().flags.values()))
    if names & STATES:
        yield random, as_before(random, lambda _: chance())
    if "logging" in found and names & LEVELS:
        loggers = logging.root.manager.loggerDict
        yield loggers, as_before(loggers, of_loggers)
    if any(isinstance(x, abc.ABCMeta) for x in reached) or "functools" in found:
        yield abc, as_before(abc, lambda library: library.get_cache_token())  # another one after each register()


def said_by(x: Any) -> Callable[[Any], Any] | None:
    """How to read the state of an object that refers to no others, such as a lock; None for what does not change."""
    if isinstance(x, decimal.Context):
        return of_context
    cls = type(x)
    usual: Any = object
    told = cls.__repr__ is not usual.__repr__ and cls.__hash__ is usual.__hash__  # else it is told by its value
    return repr if told and cls.__module__.partition(".")[0] in sys.stdlib_module_names else None


def asked_again(function: Any) -> AsBefore | None:
    """What a function without arguments answers, to be asked again; None if it cannot be told whether that changes."""
    try:
        answers = [function() for _ in range(2)]
    except Exception:
        return None
    simple = all(type(x) in (bool, int, float, str, bytes, tuple, type(None)) for x in answers)
    return AsBefore(lambda asked: asked(), answers[0]) if simple and answers[0] == answers[1] else None


# The state of the generators of random numbers that libraries keep
CHANCE: dict[str, Callable[[Any], Any]] = {
    "random": lambda library: library.getstate(),
    "numpy.random": lambda library: [
        x.tobytes() if hasattr(x, "tobytes") else x for x in library.get_state(legacy=True)
    ],  # a quarter of the time that pickle takes
    "torch": lambda library: state_of(library.default_generator),
}


def chance() -> list[Any]:
    """What decides the next random numbers of all libraries that were imported."""
    found = [(sys.modules.get(name), read) for name, read in CHANCE.items()]
    return [None if library is None else read(library) for library, read in found]


def state_of(generator: Any) -> Any:
    """What decides the next numbers or items."""
    if module_of(type(generator)) == "torch._C":
        return bytes(generator.get_state().numpy())
    try:
        return pickle.dumps(generator)
    except Exception:  # one that asks the system, which is heard; or a generator, whose frame is heard
        return None
