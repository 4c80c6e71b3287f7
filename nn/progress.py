"""The bar that shows how far a training or a sweep is, where tqdm is installed."""

import math
import os
import sys
from typing import Any

CONSOLES = ("CHALKGRAD_LIVE", "PYCHARM_HOSTED")  # the live page, and PyCharm: a bar moves there, through a pipe


def progress_bar(wanted: bool, what: str, unit: str, begun: int, total: int) -> Any:
    """A bar of tqdm; None where none is wanted, or tqdm is not installed."""
    if not wanted:
        return None
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    pause = math.inf if _is_kept() else 0.1  # a file or a pipe keeps every bar: the first and the last one are enough
    return tqdm(initial=begun, total=total, desc=what, unit=unit, mininterval=pause)


def _is_kept() -> bool:
    """Whether what is written to stderr stays as it is; what replaces sys.stderr, as in a notebook, shows a bar."""
    stream = sys.__stderr__
    if stream is None or stream is not sys.stderr or any(map(os.environ.get, CONSOLES)):
        return False
    try:
        return not stream.isatty()
    except ValueError:  # it is closed
        return False
