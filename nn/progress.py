"""The bar that shows how far a training or a sweep is, where tqdm is installed."""

from typing import Any


def progress_bar(wanted: bool, what: str, unit: str, begun: int, total: int) -> Any:
    """A bar of tqdm; None where none is wanted, or tqdm is not installed."""
    if not wanted:
        return None
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm(initial=begun, total=total, desc=what, unit=unit)
