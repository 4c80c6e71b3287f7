"""One rival in a process of its own: answers each line, the name of an evaluation, with what it computed and how fast.

Times are by the clock: that of the processor stands still between its ticks where the process may use so much of it.
The process of HIPS autograd must not find this project as autograd, so nothing here imports it.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.benchmarks.field.problems import PROBLEMS
from tests.benchmarks.field.rivals import NEEDS, RIVALS, NotWritten
from tests.benchmarks.programs import fastest


def allow(seconds: float) -> None:
    """Let the system end this process when it has used so many seconds of the processor more."""
    try:
        import resource
    except ImportError:  # only Unix can
        return
    hardest = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (round(time.process_time() + seconds) + 1, hardest))


def main(name: str, limit: float) -> None:
    """Make each evaluation when it is first asked for: that is its first call."""
    try:
        importlib.import_module(NEEDS.get(name, "autograd"))
    except ImportError as error:
        print(json.dumps({"missing": str(error)}), flush=True)
        return
    RIVALS[name](PROBLEMS["hello"]())[0]()  # what is loaded at the first call of all is not an evaluation's
    print(json.dumps({"ready": name}), flush=True)
    made: dict[str, tuple[Callable[[], Any], dict[str, Any]]] = {}
    for line in sys.stdin:
        row = line.strip()
        allow(limit)
        try:
            if row not in made:
                start = time.perf_counter()
                work, gradient = RIVALS[name](PROBLEMS[row]())
                value = float(work())
                made[row] = work, {"first": time.perf_counter() - start, "value": value, "gradient": gradient()}
            work, facts = made[row]
            print(json.dumps(facts | {"figure": fastest(work)}), flush=True)
        except (NotWritten, RecursionError) as error:
            print(json.dumps({"none": str(error) or type(error).__name__}), flush=True)
        except Exception as error:  # what a library says is of interest, and no reason to end
            print(json.dumps({"none": f"{type(error).__name__}: {error}"}), flush=True)


if __name__ == "__main__":
    sys.setrecursionlimit(200_000)
    main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 1e6)
