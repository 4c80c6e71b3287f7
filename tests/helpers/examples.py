"""How many random examples hypothesis tries: "short" or "all". They are the same on every run and on both engines.

Examples that change from run to run are for tests/fuzz.
"""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "all", derandomize=True, deadline=None, database=None, max_examples=150, suppress_health_check=list(HealthCheck)
)
settings.register_profile("short", settings.get_profile("all"), max_examples=15)


def choose(all: bool) -> None:
    """Decide for every test and every program that is imported from now on."""
    settings.load_profile("all" if all else "short")


def of(number: int) -> int:
    """How many there are of what is cheap, or dear: in "all" this number, in "short" a tenth of it."""
    return number * settings.default.max_examples // settings.get_profile("all").max_examples
