"""Shows in a panel what was there before an error: the graph of the operation that failed."""

import traceback
from collections.abc import Callable
from contextlib import suppress

from autograd.classroom.panels.views import View, view_of
from autograd.pictures.drawing import draw
from autograd.pictures.failures import failed_operation
from autograd.pictures.names import names_from


def show_before(error: BaseException | None, path: str, tell: Callable[[int, View], None]) -> None:
    """If an operation failed, tell the last line of the file that led to it, and the view of the graph there.

    error: what the program ended with; None if nothing failed. path: of the file.
    """
    if error is None or failed_operation(error) is None:
        return
    places = [
        (frame, line) for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == path
    ]
    frame, line = places[-1] if places else (None, 1)
    with suppress(Exception), names_from(frame):
        tell(line, view_of(draw(error)))
