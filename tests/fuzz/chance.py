"""Odd data for the fuzzers, and the way in which they are run: python -m tests.fuzz.NAME SECONDS SEED."""

import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TEXTS = [
    *("", "x", "Value", "\x00", "\x1b[2J", "\u202e", "\ud800", "</script>", "\\g<9>", "(", "%s", "{}", "\n", "\r"),
    *("é", "👩‍🏫", "__class__", "nan", "1e999", "../x", "a" * 5000, "data:", "\u2028", "CON", "-", "=", "'\""),
]
NUMBERS = [0, 1, -1, 2**31, 2**63, -(2**63), 10**400, 0.5, -0.0, float("inf"), float("nan"), 1e308, True, False, None]


def text(chance: random.Random) -> str:
    """A text that is short, long, or of characters that are seldom met."""
    if chance.random() < 0.7:
        return chance.choice(TEXTS)
    return "".join(
        chr(chance.choice([chance.randrange(128), chance.randrange(0x3000)])) for _ in range(chance.randrange(40))
    )


def thing(chance: random.Random, depth: int = 4) -> Any:
    """Anything that JSON can hold."""
    match chance.randrange(8 if depth else 4):
        case 0 | 1:
            return text(chance)
        case 2 | 3:
            return chance.choice(NUMBERS)
        case 4 | 5:
            return [thing(chance, depth - 1) for _ in range(chance.randrange(5))]
        case 6:
            return {text(chance): thing(chance, depth - 1) for _ in range(chance.randrange(5))}
    return nested(chance.choice([100, 500, 900]))


@contextmanager
def beside(run: Callable[[], None]) -> Iterator[None]:
    """Another thread runs this meanwhile, and the two take turns as often as can be."""
    thread, before = threading.Thread(target=run), sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    thread.start()
    try:
        yield
    finally:
        sys.setswitchinterval(before)
        thread.join()


def nested(depth: int) -> Any:
    """A list in a list in a list, …"""
    whole: Any = []
    for _ in range(depth):
        whole = [whole]
    return whole


def changed(chance: random.Random, whole: Any) -> Any:
    """The same thing with something else at one place."""
    if isinstance(whole, dict) and whole and chance.random() < 0.9:
        name = chance.choice(list(whole))
        if chance.random() < 0.1:
            return {other: part for other, part in whole.items() if other != name}
        return {**whole, name: changed(chance, whole[name])}
    if isinstance(whole, list) and whole and chance.random() < 0.8:
        place = chance.randrange(len(whole))
        return [*whole[:place], changed(chance, whole[place]), *whole[place + 1 :]]
    return thing(chance)


def mangled(chance: random.Random, data: bytes) -> bytes:
    """Some bytes changed, left out, doubled or cut."""
    for _ in range(chance.randrange(4)):
        start, end = sorted(chance.randrange(len(data) + 1) for _ in range(2))
        data = chance.choice(
            [
                data[:start] + chance.randbytes(chance.randrange(4)) + data[start + 1 :],
                data[:start] + data[end:],
                data[:end] + data[start:],
                data[:end],
            ]
        )
    return data


class Count:
    """How many calls there were."""

    n = 0

    def one(self) -> None:
        self.n += 1


faults: list[str] = []  # told by code that cannot raise


def tried(
    one: Callable[[random.Random], None], seconds: float, seed: int, told: Callable[[], str] | None = None
) -> int:
    """Try one after another for some seconds; how many. A failure says its seed, with which it is the first.

    told: what is to be printed at the start, and after each tenth of the time.
    """
    begun, n, tenths = time.monotonic(), 0, 0
    while time.monotonic() < begun + seconds:
        if told is not None and time.monotonic() >= begun + tenths * seconds / 10:
            tenths += 1
            print(f"after {time.monotonic() - begun:.0f} s, {n:,} tried: {told()}", flush=True)
        try:
            one(random.Random(seed + n))
        except BaseException:
            print(f"failed with the seed {seed + n}", flush=True)
            raise
        n += 1
        assert not faults, (seed + n - 1, faults)
    return n


def memory() -> int:
    """The memory of this process, in bytes; 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
    except OSError:
        return 0


def run(one: Callable[[random.Random], None], told: Callable[[], str] | None = None) -> None:
    """The main program of a fuzzer."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(2**32)
    print(f"{sys.argv[0]}: seed {seed}", flush=True)
    n = tried(one, seconds, seed, told)
    print(f"{n:,} tried, nothing found{'; ' + told() if told else ''}")
