"""Notices results that floats are too short for: beyond the largest one, or so small that digits are lost.

The processor marks them, and the native engine asks it. The textbook engine cannot: there each result might be one.
"""

from autograd.recording import tell
from autograd.value import engine_name, new_call

if engine_name == "native":
    from autograd.native._engine import forget_losses as forget_losses
    from autograd.native._engine import has_losses as has_losses
else:

    def forget_losses() -> None:
        """Begin to watch."""

    def has_losses() -> bool:
        """Whether there was one since then."""
        return True


latest = [-1]  # when a sweep that answers Values had losses: it may have left a wrong number in a graph


def note_losses() -> None:
    """Say so if a sweep that answers Values had some."""
    tell("differentiated", 1)
    if has_losses():
        latest[0] = new_call()


def may_be_within(since: int) -> bool:
    """Whether a sweep that answers Values had losses since a call began."""
    return latest[0] >= since
