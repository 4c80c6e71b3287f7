"""What objects of Python's library and of packages hold: the bytes of a buffer, a text, and other objects.

No code of the user reads these, so that all they hold is taken to matter: the numbers of a memoryview, of a ctypes
array or of a tensor, the dict behind a view of it, the items of a queue.
"""

import gc
from io import BytesIO, StringIO
from types import (
    BuiltinFunctionType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    MethodType,
    ModuleType,
    TracebackType,
)
from typing import Any

from autograd.compiling.settings import AsBefore, as_before

MOST = 1_000  # of these objects; a figure leads to all of its library
CODE = (type, ModuleType, FunctionType, MethodType, BuiltinFunctionType)
RUNNING = (GeneratorType, CoroutineType, FrameType, TracebackType)  # what they give is another thing every time
TALKING = {"logging", "warnings"}  # what these know changes no number


def as_it_is(x: Any) -> AsBefore | None:
    """The numbers or the text in an object; None if it has neither.

    >>> numbers = bytearray(b"abc")
    >>> view = memoryview(numbers)[1:]
    >>> still = as_it_is(view)
    >>> numbers[0] = 0
    >>> still(view)
    True
    >>> numbers[1] = 0
    >>> still(view)
    False
    """
    for read in (buffer, text, tensor, numbers):
        try:
            return as_before(x, read)
        except Exception:  # it is of another kind
            continue
    return None


def buffer(x: Any) -> bytes:
    """What an object shows by the buffer protocol."""
    with memoryview(x) as view:
        return view.tobytes()


def text(x: Any) -> bytes:
    """What has been written into a file in memory, and where it is read."""
    if not isinstance(x, (StringIO, BytesIO)):
        raise TypeError
    return repr((x.tell(), x.getvalue())).encode()


def tensor(x: Any) -> bytes:
    """The numbers of a tensor of PyTorch, wherever they are, and what it is."""
    if type(x).__module__.partition(".")[0] != "torch":
        raise TypeError
    kind, slope = (x.dtype, x.shape, x.requires_grad, x.device), x.grad if x.is_leaf else None
    of_slope = b"" if slope is None else tensor(slope)
    return repr((kind, slope is None)).encode() + bytes(x.detach().cpu().numpy().tobytes()) + of_slope


def numbers(x: Any) -> bytes:
    """What an object says it is as an array."""
    return bytes(x.__array__().tobytes())


def held_by(x: Any) -> tuple[Any, ...]:
    """The objects that an object written in C refers to, without code."""
    return tuple([each for each in gc.get_referents(x) if not isinstance(each, CODE)])


def is_opaque(x: Any) -> bool:
    """Whether what an object holds is to be read so."""
    module = type(x).__module__
    talks = isinstance(module, str) and module.partition(".")[0] in TALKING
    return not talks and not isinstance(x, (bytes, str, *CODE, *RUNNING))
