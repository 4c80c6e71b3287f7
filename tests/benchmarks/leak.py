"""Builds and drops a graph of a million nodes again and again, and prints the size of the process: it stays flat."""

import argparse
import sys

from autograd import Value, engine_name


def resident() -> int:
    """The megabytes that the process holds, on Linux."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 // 2**20


def main() -> None:
    """Print the size after every tenth part of the rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000, help="graphs to build and drop (default: %(default)s)")
    rounds = parser.parse_args().rounds
    if not sys.platform.startswith("linux"):
        sys.exit("the size of the process is read on Linux only")
    one = Value(1.0)
    print(f"{engine_name} engine: {resident()} MB at the beginning")
    for i in range(rounds):
        x = Value(0.0)
        for _ in range(500_000):
            x = x * one + one
        if i % 10 == 0:
            x.backward()
        del x
        if (i + 1) % max(1, rounds // 10) == 0:
            print(f"after {i + 1:>5} graphs of a million nodes: {resident()} MB", flush=True)


if __name__ == "__main__":
    main()
