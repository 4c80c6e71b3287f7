"""What a function asks of the world while it is recorded: the time, files, random numbers, the user.

A recording would keep the answer for ever. If two calls give different results, the recording notices that. But the
year, the contents of a file, or a random number that only decides a branch may be the same in both calls. So a function
that can reach one of these sources is called once more, and a listener looks at every C function that it calls.
"""

import datetime
import pickle
import random
import re
import sys
from collections.abc import Iterable
from io import BytesIO, IOBase, StringIO
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any
from weakref import ref

from autograd.compiling.entries import OURS, is_installed

TIME, FILE, RANDOM, USER, SYSTEM = (
    "what time it is",
    "what is in a file",
    "for random numbers",
    "the user",
    "the system",
)

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
    "sys": dict.fromkeys(("getrecursionlimit", "getrefcount", "getswitchinterval", "getallocatedblocks"), SYSTEM),
    "gc": dict.fromkeys(("isenabled", "get_count", "get_objects", "get_referrers"), SYSTEM),
    "_winapi": {"CreateProcess": SYSTEM},
    "_socket": dict.fromkeys(("getaddrinfo", "gethostbyname", "gethostname"), SYSTEM),
}
ANSWERS["nt"] = ANSWERS["posix"]
READS = {"read", "readline", "readlines", "readinto", "read1", "recv", "recv_into"}
NOW = {"now", "utcnow", "today"}

# Who can reach one of these may ask
MODULES = {
    *("time", "io", "_io", "posix", "nt", "os", "datetime", "_datetime", "pathlib", "glob", "shutil", "genericpath"),
    *("posixpath", "ntpath", "tempfile", "fileinput", "random", "_random", "numpy.random", "secrets", "uuid", "socket"),
    *("_socket", "subprocess", "_posixsubprocess", "_winapi", "urllib", "urllib.request", "http.client", "sqlite3"),
    *("platform", "getpass", "threading", "_thread", "sys", "gc"),
}
# What these ask on their own account, as what draws a panel does, changes no number
EXCUSED = {
    *("logging", "warnings", "linecache", "importlib", "importlib._bootstrap", "traceback", "inspect", "tokenize"),
    "threading",
}


def module_of(x: Any) -> str:
    """The name of the module in which a function or class was defined; "" for some that are written in C."""
    return x.__module__ if isinstance(x.__module__, str) else ""


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


def is_generator(x: Any) -> bool:
    """Whether it draws random numbers."""
    return isinstance(x, random.Random) or (
        module_of(type(x)).startswith("numpy.random") and hasattr(x, "standard_normal")
    )


def is_open_file(x: Any) -> bool:
    """Whether it is read from."""
    in_memory = isinstance(x, (StringIO, BytesIO))
    return isinstance(x, IOBase) and not in_memory and not x.closed and x.readable()


def may_ask(reached: Iterable[Any], files: Iterable[str]) -> bool:
    """Whether a function may ask, if it can reach these objects and runs code of these files."""
    for x in reached:
        if isinstance(x, BuiltinFunctionType):
            if answers_anew(x) is not None:
                return True
        elif isinstance(x, ModuleType):
            if x.__name__ in MODULES:
                return True
        elif module_of(x if isinstance(x, (type, FunctionType)) else type(x)) in MODULES or is_generator(x):
            return True
    return any(name_of_module(file) in MODULES for file in files)


def name_of_module(file: str) -> str:
    """The name of the module in a file of Python's library."""
    return file.replace("\\", "/").rpartition("/")[2].removesuffix(".py").removeprefix("<frozen ").removesuffix(">")


class Listener:
    """Hears what is asked while it is open. `asked` says what, which function, and where; None for nothing."""

    def __init__(self, reached: Iterable[Any]) -> None:
        files = any(map(is_open_file, reached))  # a loop over one is no call
        self.asked: tuple[str, str, str] | None = (FILE, "an open one", "") if files else None
        self.generators = [x for x in reached if is_generator(x)]
        numpy = sys.modules.get("numpy.random")
        if numpy is not None:
            self.generators.append(numpy.mtrand._rand)

    def __enter__(self) -> "Listener":
        self.states = [state_of(x) for x in self.generators]
        self.listens = sys.getprofile() is None
        if self.listens:
            mine = ref(self)  # should a Ctrl-C come before __exit__ has begun, the hook ends with this object

            def hook(frame: Any, event: str, function: Any) -> None:
                listener = mine()
                if listener is None:
                    sys.setprofile(None)
                else:
                    listener.called(frame, event, function)

            sys.setprofile(hook)
        return self

    def __exit__(self, *details: object) -> None:
        if self.listens:
            sys.setprofile(None)
        if self.asked is None and self.states != [state_of(x) for x in self.generators]:
            self.asked = RANDOM, "", ""

    def called(self, frame: Any, event: str, function: Any) -> None:
        """A call of a function that is written in C."""
        if event != "c_call" or self.asked is not None:
            return
        what = answers_anew(function)
        if what is None:
            return
        while frame is not None:
            file, line = frame.f_code.co_filename, frame.f_lineno
            if not is_installed(file):
                owner = module_of(function) or getattr(function.__self__, "__name__", type(function.__self__).__name__)
                self.asked = what, f"{owner.lstrip('_')}.{function.__name__}", f"\n  in {file}, line {line}"
                return
            if file.startswith(OURS) or not EXCUSED.isdisjoint(re.split(r"[\\/<> ]|\.py", file)):
                return
            frame = frame.f_back


def state_of(generator: Any) -> Any:
    """What decides the next random numbers."""
    try:
        return pickle.dumps(generator)
    except Exception:  # one that asks the system, which is heard
        return None
