"""Which engine serves: the native one where it was built, the textbook one otherwise or by CHALKGRAD_ENGINE=python."""

import os
from importlib.util import find_spec


def native_is_wanted() -> bool:
    """Whether the native engine is to serve.

    ValueError for a setting of CHALKGRAD_ENGINE that is unknown, ImportError for "native" where it was not built.
    """
    asked_for = os.environ.get("CHALKGRAD_ENGINE", "")
    if asked_for not in ("", "python", "native"):
        raise ValueError(f"CHALKGRAD_ENGINE is 'python' or 'native', got {asked_for!r}")
    built = find_spec("autograd.native._engine") is not None
    if asked_for == "native" and not built:
        raise ImportError(
            "CHALKGRAD_ENGINE=native asks for the native engine, which is not built here: install chalkgrad where "
            "there is a C compiler, or take the textbook engine with CHALKGRAD_ENGINE=python"
        )
    return built and asked_for != "python"


engine_name = "native" if native_is_wanted() else "python"
