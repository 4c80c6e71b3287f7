"""What a function asks of the world while it is recorded: the time, files, random numbers, the user.

A recording would keep the answer for ever. If two calls give different results, the recording notices that. But the
year, the contents of a file, or a random number that only decides a branch may be the same in both calls. So a function
that can reach one of these sources is called once more, and a listener looks at every C function that it calls.

A C function of Python's library that is not known to answer from its arguments alone may answer from what Python or the
system is set to. If it is called without arguments, it is asked again at every call; else the function is refused.
"""

import datetime
import dis
import random
import re
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from io import BytesIO, IOBase, StringIO
from types import BuiltinFunctionType, FunctionType, GeneratorType, ModuleType
from typing import Any
from weakref import ref

from autograd.compiling.entries import OURS, is_installed
from autograd.compiling.settings import AsBefore, asked_again, module_of, state_of

TIME, FILE, USER, SYSTEM = "what time it is", "what is in a file", "the user", "the system"
RANDOM, ITERATOR = "random", "iterator"  # which have hints of their own

CLOCKS = "time monotonic perf_counter process_time thread_time clock_gettime"
ANSWERS = {  # by module and function
    "time": {
        **{name + end: TIME for name in CLOCKS.split() for end in ("", "_ns")},
        **dict.fromkeys(("localtime", "gmtime", "ctime", "asctime", "strftime"), TIME),
    },
    "_io": dict.fromkeys(("open", "open_code"), FILE),
    "io": dict.fromkeys(("open", "open_code"), FILE),
    "posix": {
        **dict.fromkeys(("open", "read", "stat", "lstat", "fstat", "listdir", "scandir", "access", "readlink"), FILE),
        **dict.fromkeys(("urandom", "getrandom"), RANDOM),
        **dict.fromkeys(("getcwd", "getpid", "getppid", "times", "getloadavg", "cpu_count"), SYSTEM),
    },
    "builtins": {"input": USER},
    "_thread": dict.fromkeys(("get_ident", "get_native_id"), SYSTEM),
    "_posixsubprocess": {"fork_exec": SYSTEM},
    "sys": dict.fromkeys(("getrefcount", "getallocatedblocks", "gettrace", "getprofile"), SYSTEM),
    "gc": dict.fromkeys(("isenabled", "get_count", "get_objects", "get_referrers"), SYSTEM),
    "_winapi": {"CreateProcess": SYSTEM},
    "_socket": dict.fromkeys(("getaddrinfo", "gethostbyname", "gethostname"), SYSTEM),
}
ANSWERS["nt"] = ANSWERS["posix"]
READS = {"read", "readline", "readlines", "readinto", "read1", "recv", "recv_into"}
NOW = {"now", "utcnow", "today"}

# What these modules of C answer depends on their arguments alone, or on what is watched in settings.py
PURE = {
    *("abc", "array", "atexit", "binascii", "builtins", "cmath", "decimal", "errno", "itertools", "marshal", "math"),
    *("unicodedata", "zlib", "_abc", "_bisect", "_blake2", "_bz2", "_codecs", "_collections", "_contextvars"),
    *("_ctypes", "_datetime", "_decimal", "_functools", "_hashlib", "_heapq", "_imp", "_io", "_json", "_locale"),
    *("_lzma", "_md5", "_opcode", "_operator", "_pickle", "_sha1", "_sha2", "_sha256", "_sha3", "_sha512", "_sre"),
    *("_statistics", "_string", "_struct", "_typing", "_warnings"),
}
KNOWN = {  # of others these
    "io": {"text_encoding"},
    "sys": {"audit", "exc_info", "getdefaultencoding", "getfilesystemencoding", "intern"},
    "time": {"sleep", "strptime"},
    "posix": {"fspath"},
    "nt": {"fspath"},
    "_csv": {"reader", "writer"},
    "_thread": {"allocate_lock", "start_new_thread", "_make_thread_handle", "start_joinable_thread", "_set_sentinel"},
}
# Who can reach modules of Python's library may ask, beside these
HARMLESS = {
    *PURE,
    *("__future__", "_collections_abc", "_frozen_importlib", "_weakref", "_weakrefset", "bisect", "codecs"),
    *("collections", "contextlib", "contextvars", "copy", "copyreg", "ctypes", "dataclasses", "encodings", "enum"),
    *("fractions", "functools", "heapq", "json", "keyword", "logging", "mmap", "numbers", "operator", "pickle"),
    *("pprint", "queue", "re", "reprlib", "statistics", "string", "struct", "textwrap", "types", "typing", "warnings"),
    *("weakref", "_queue"),
}
# What these ask on their own account, as what draws a panel does, changes no number
EXCUSED = {
    *("logging", "warnings", "linecache", "importlib", "importlib._bootstrap", "traceback", "tokenize", "threading"),
}


def answers_anew(function: Any) -> str | None:
    """What a function written in C is asked for, if the answer may be another one next time; None for most."""
    owner, name = getattr(function, "__self__", None), function.__name__
    if owner is None or isinstance(owner, ModuleType):
        return ANSWERS.get(module_of(function), {}).get(name)
    if isinstance(owner, type):
        return TIME if name in NOW and issubclass(owner, datetime.date) else None
    if isinstance(owner, random.Random):
        return RANDOM if name in ("random", "getrandbits") else None
    if name in READS and module_of(type(owner)) in ("_io", "_socket", "socket"):
        return None if isinstance(owner, (StringIO, BytesIO)) else FILE
    return None


def is_unknown(function: Any) -> bool:
    """Whether a function written in C may answer from what Python or the system is set to."""
    owner, name = getattr(function, "__self__", None), module_of(function)
    return (
        isinstance(owner, ModuleType)
        and name in sys.stdlib_module_names
        and name not in PURE
        and function.__name__ not in KNOWN.get(name, ())
    )


def is_generator(x: Any) -> bool:
    """Whether it draws random numbers."""
    module = module_of(type(x))
    return (
        isinstance(x, random.Random)
        or (module.startswith("numpy.random") and hasattr(x, "standard_normal"))
        or (module == "torch._C" and type(x).__name__ == "Generator")
    )


def is_open_file(x: Any) -> bool:
    """Whether it is read from."""
    in_memory = isinstance(x, (StringIO, BytesIO))
    return isinstance(x, IOBase) and not in_memory and not x.closed and x.readable()


def may_ask(reached: Iterable[Any], modules: Iterable[str]) -> bool:
    """Whether a function may ask, if it can reach these objects and runs code of these modules."""
    names = set(modules)
    for x in reached:
        if isinstance(x, ModuleType):
            names.add(x.__name__)
        elif isinstance(x, BuiltinFunctionType):
            if answers_anew(x) is not None or is_unknown(x):
                return True
        elif isinstance(x, Iterator) or is_generator(x):
            return True
        else:
            names.add(module_of(x if isinstance(x, (type, FunctionType)) else type(x)))
    return any(map(asks, names))


@lru_cache(maxsize=4096)
def asks(name: str) -> bool:
    """Whether a module is one that may ask."""
    if name.startswith("numpy.random"):
        return True
    name = name.partition(".")[0]
    if name in HARMLESS:
        return False
    return name in sys.stdlib_module_names


def takes_nothing(frame: Any) -> bool:
    """Whether a call that is under way has no arguments."""
    code, place = frame.f_code.co_code, frame.f_lasti
    return dis.opname[code[place]] in ("CALL", "PRECALL") and code[place + 1] == 0


class Listener:
    """Hears what is asked while it is open. `asked` says what, which function, and where; None for nothing."""

    def __init__(self, reached: Iterable[Any]) -> None:
        files = any(map(is_open_file, reached))  # a loop over one is no call
        self.asked: tuple[str, str, str] | None = (FILE, "an open one", "") if files else None
        self.generators = [x for x in reached if is_generator(x)]
        self.iterators = [x for x in reached if isinstance(x, Iterator) and not isinstance(x, IOBase)]
        self.frames = [x.gi_frame for x in self.iterators if isinstance(x, GeneratorType)]
        self.unknown: dict[Any, tuple[bool, str]] = {}  # functions, whether they take nothing, and where
        self.again: list[tuple[Any, AsBefore]] = []  # those that are to be asked again, with their answers

    def __enter__(self) -> "Listener":
        self.states = [list(map(state_of, several)) for several in (self.generators, self.iterators)]
        mine = ref(self)  # should a Ctrl-C come before __exit__ has begun, the hook ends with this object
        profiler: Any = sys.getprofile()  # which pauses for this call; that of cProfile is no function
        self.profiler = profiler

        def hook(frame: Any, event: str, function: Any) -> None:
            listener = mine()
            if listener is None:
                sys.setprofile(None)
            else:
                listener.called(frame, event, function)

        if hasattr(profiler, "disable"):
            profiler.disable()
        sys.setprofile(hook)
        return self

    def __exit__(self, *details: object) -> None:
        sys.setprofile(None)
        if hasattr(self.profiler, "disable"):
            self.profiler.enable()
        elif self.profiler is not None:
            sys.setprofile(self.profiler)
        for function, (without, place) in self.unknown.items():
            answer = asked_again(function) if without and self.asked is None else None
            if answer is not None:
                self.again.append((function, answer))
            elif self.asked is None:
                self.asked = SYSTEM, called_name(function), place
        for what, several, before in zip((RANDOM, ITERATOR), (self.generators, self.iterators), self.states):
            if self.asked is None and before != list(map(state_of, several)):
                self.asked = what, "", ""

    def called(self, frame: Any, event: str, function: Any) -> None:
        """A call of a function that is written in C, or of a generator."""
        if self.asked is not None:
            return
        if event == "call" and frame in self.frames:
            self.asked = ITERATOR, "", ""
        if event != "c_call":
            return
        what = answers_anew(function)
        if what is not None or is_unknown(function):
            place = place_of(frame, EXCUSED if what else EXCUSED | HARMLESS)
            if place is not None and what is not None:
                self.asked = what, called_name(function), place
            elif place is not None:
                self.unknown[function] = takes_nothing(frame), place


def place_of(frame: Any, excused: set[str]) -> str | None:
    """The line of the user that led to a call; None if it is the library's own affair."""
    while frame is not None:
        file, line = frame.f_code.co_filename, frame.f_lineno
        if not is_installed(file):
            return f"\n  in {file}, line {line}"
        parts = re.split(r"[\\/<> ]|\.py", file)
        if file.startswith(OURS) or (not excused.isdisjoint(parts) and frame.f_code.co_name != "current_thread"):
            return None
        frame = frame.f_back
    return None


def called_name(function: Any) -> str:
    """What a function written in C is called."""
    owner = module_of(function) or getattr(function.__self__, "__name__", type(function.__self__).__name__)
    return f"{owner.lstrip('_')}.{function.__name__}"
