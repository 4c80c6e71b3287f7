"""Whether a function would catch an error: whether a line within a `try` or a `with` is being run."""

import dis
from functools import lru_cache
from types import CodeType, FrameType


def is_caught(frame: FrameType | None, end: CodeType, but: tuple[str, ...]) -> bool:
    """Whether an error that is raised in a frame may be caught on its way up to a frame that runs the code `end`.

    but: how the names of files begin that know what they catch.
    """
    while frame is not None and frame.f_code is not end:
        code, here = frame.f_code, frame.f_lasti
        if not code.co_filename.startswith(but) and any(first <= here < last for first, last in protected(code)):
            return True
        frame = frame.f_back
    return False


@lru_cache(maxsize=4096)
def protected(code: CodeType) -> list[tuple[int, int]]:
    """Where code stands from which an error leads to an `except`, a `finally`, or the end of a `with`."""
    bytecode = dis.Bytecode(code)
    entries = bytecode.exception_entries  # type: ignore[attr-defined]
    handlers = {x.offset for x in bytecode if x.opname == "PUSH_EXC_INFO"}
    return [(x.start, x.end) for x in entries if x.target in handlers]
