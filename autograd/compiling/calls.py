"""Calls compiled functions: in C if the native engine serves, else in Python."""

from typing import TYPE_CHECKING, Any

from autograd.value import engine_name


class TextbookCaller:
    """Calls in Python: `_call` and `_value_and_grad` of a subclass do the work."""

    _guard_misses = 0  # how often a comparison came out differently than in a recording

    def __call__(self, *args: Any, **named: Any) -> Any:
        """What the function returns, as Values that know how to go back."""
        return self._call(args, named)

    def value_and_grad(self, *args: Any, **named: Any) -> float:
        """The result, one number, and at once its backward(): the gradients are added to the grad of all parameters.

        It does what `result = step(*args); result.backward()` does, without making a graph; returns result.data.
        """
        return self._value_and_grad(args, named)

    def _call(self, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        raise NotImplementedError

    def _value_and_grad(self, args: tuple[Any, ...], named: dict[str, Any]) -> float:
        raise NotImplementedError

    def _keep(self, entries: list[Any], prepared: list[Any]) -> None:
        """Call these from now on, as long as nothing in the entries changes. Only the native engine can."""

    def _keep_nothing(self) -> None:
        """Call nothing at once."""

    def _is_unchanged(self) -> bool:
        """Whether something is kept, and all that it depends on is as it was."""
        return False


if TYPE_CHECKING or engine_name != "native":
    Caller = TextbookCaller
    Prepared: Any = None
else:
    from autograd.native import _engine
    from autograd.native._engine import Prepared as Prepared

    class Caller(_engine.Caller):
        """The same in C, where a call runs what was prepared."""

        def __init_subclass__(cls) -> None:
            _engine.shorten_calls(cls)
