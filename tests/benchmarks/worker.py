"""One engine in a process of its own: measures a round of a row whenever the benchmark asks for it."""

import json
import sys

from tests.benchmarks import programs
from tests.benchmarks.engines import engine
from tests.benchmarks.measurements import ROWS, NotMeasured, Round, by_program, not_measured, timed


def main(name: str) -> None:
    """Answer each line, the name of a row, with the figure of one round, or with why there is none."""
    try:
        found = engine(name)
    except ImportError as error:
        print(json.dumps({"missing": str(error)}), flush=True)
        return
    print(json.dumps({"ready": name}), flush=True)
    rounds: dict[str, Round] = {}
    for line in sys.stdin:
        row = line.strip()
        measurement, _, scale = ROWS[row]
        try:
            if row not in rounds:
                if row in programs.ROUNDS:
                    rounds[row] = programs.ROUNDS[row](name) or not_measured
                elif name in programs.NAMES or measurement is by_program:
                    step = programs.STEPS[row](found, name) if row in programs.STEPS else None
                    rounds[row] = not_measured if step is None else timed(step, 1)
                else:
                    rounds[row] = measurement(found, name)
            print(json.dumps({"figure": rounds[row]() * scale}), flush=True)
        except (NotMeasured, RecursionError) as error:
            print(json.dumps({"none": str(error)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
