"""The bar that shows how far a training or a sweep is, where tqdm is installed."""

import math
import os
import stat
import sys
from typing import Any


def progress_bar(wanted: bool, what: str, unit: str, begun: int, total: int) -> Any:
    """A bar of tqdm; None where none is wanted, or tqdm is not installed."""
    if not wanted:
        return None
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    pause = math.inf if _goes_to_a_file() else 0.1  # a file keeps every bar: the first and the last one are enough
    return tqdm(initial=begun, total=total, desc=what, unit=unit, mininterval=pause)


def _goes_to_a_file() -> bool:
    """Whether what is written to stderr is kept in a file; what replaces sys.stderr, as in a notebook, shows a bar."""
    stream = sys.__stderr__
    if stream is None or stream is not sys.stderr:
        return False
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):  # it is closed
        return False
