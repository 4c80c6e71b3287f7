"""Prints what a class costs: a lesson's own time and the wait for its picture, with nobody, one and fifty viewers."""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from math import nan
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.classroom.live import served

VIEWERS = (0, 1, 50)
FIGURES = ("seconds of the lesson", "seconds to the picture", "cores for the server")
LESSON = """\
import time
from autograd import show
from nn import MLP, hinge_loss

began = time.perf_counter()
model = MLP(2, [16, 16, 1])
points = [(i % 10 / 5 - 1, i // 10 / 5 - 1) for i in range(100)]
labels = [1 if x * y > 0 else -1 for x, y in points]
losses = []
for step in range({steps}):
    loss = hinge_loss([model(point) for point in points], labels)
    model.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.data -= 0.1 * p.grad
    losses.append(loss.data)
    show(losses)
print(time.perf_counter() - began)
"""


async def asked(link: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection at which the server tells what is new, as to a browser."""
    address = urlsplit(link)
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=1 << 24)
    request = f"GET {address.path}events HTTP/1.1\r\nHost: {address.netloc}\r\nAccept-Encoding: gzip\r\n\r\n"
    writer.write(request.encode())
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


async def follow(link: str, n: int) -> None:
    """Be some viewers, until the page is gone: they take in all that comes and, as other devices do, cost nothing."""
    viewers = [await asked(link) for _ in range(n)]
    print("here", flush=True)

    async def read(reader: asyncio.StreamReader) -> None:
        while await reader.read(1 << 20):
            pass

    await asyncio.gather(*(read(reader) for reader, _ in viewers))


async def lesson(live: Any, steps: int) -> tuple[float, float]:
    """The seconds that a lesson takes by its own clock, and those from its save to its first picture."""
    sections: dict[str, Any] = {}
    before = saved = waited = 0.0
    reader, writer = await asked(live.link)
    while line := await reader.readline():
        if not line.startswith(b"data: "):
            continue
        news = json.loads(line[6:])
        sections |= news
        run, state = sections["state"]["run"], sections["state"]["state"]
        if not saved:
            if state != "running":
                before, saved = run, time.perf_counter()
                live.save(LESSON.format(steps=steps))
        elif run > before:
            if not waited and any(name.startswith("panel ") for name in news):
                waited = time.perf_counter() - saved
            if state != "running":
                writer.close()
                return float(sections["output 0 0"][0]), waited
    raise RuntimeError("the page is gone")


def processor_time(process: "subprocess.Popen[Any]") -> float:
    """The seconds that a process has used of a core, where the system tells; else nan."""
    try:
        used = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    except OSError:
        return nan
    return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")


def with_viewers(live: Any, n: int, steps: int) -> tuple[float, ...]:
    """The FIGURES of one lesson before some viewers, who are in a process of their own."""
    crowd = subprocess.Popen([sys.executable, "-m", __spec__.name, live.shared, str(n)], stdout=subprocess.PIPE)
    with crowd:
        try:
            assert crowd.stdout is not None
            crowd.stdout.readline()
            before = processor_time(live.process)
            took, waited = asyncio.run(lesson(live, steps))
            return took, waited, (processor_time(live.process) - before) / took
        finally:
            crowd.kill()


def main() -> None:
    """Measure in rounds in which every number of viewers has its turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="default: %(default)s")
    parser.add_argument("--seconds", type=float, default=3.0, help="that a lesson takes, about (default: %(default)s)")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder), "print(0)", "--share", "--address", "127.0.0.1") as live,
    ):
        steps = max(1, round(500 * options.seconds / with_viewers(live, 0, 500)[0]))
        figures = [[with_viewers(live, n, steps) for n in VIEWERS] for _ in range(options.rounds)]
    print(
        f"{options.rounds} rounds of {steps} training steps: medians, in brackets the ratio to nobody, round by round"
    )
    for i, n in enumerate(VIEWERS):
        for which, name in enumerate(FIGURES):
            median = statistics.median(each[i][which] for each in figures)
            ratio = statistics.median(each[i][which] / each[0][which] for each in figures)
            print(f"{n:3} viewers, {name:24}{median:7.3f} ({ratio:.2f})")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1].startswith("http"):
        asyncio.run(follow(sys.argv[1], int(sys.argv[2])))
    else:
        main()
