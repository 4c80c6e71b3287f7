"""What the site costs: the size of its folder, and how long a slow laptop waits at its first visit and its second.

CHALKGRAD_PYODIDE=node_modules/pyodide python -m tests.benchmarks.site. Chromium makes its processor four times as slow,
and its network 20 Mbit/s with 40 ms on the way.
"""

import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from autograd.__main__ import main as shell
from tests.helpers.browser import chromium, served

VISITS = 5
SLOWER = 4
NETWORK = {"offline": False, "latency": 40, "downloadThroughput": 20e6 / 8, "uploadThroughput": 5e6 / 8}
PATIENCE = 300_000  # milliseconds


def visit(context: Any, address: str) -> tuple[float, float, float]:
    """Seconds until one can type, and until Python is ready; and the MB that the browser keeps."""
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    session.send("Network.emulateNetworkConditions", NETWORK)
    begun = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.locator(".cm-content").first.wait_for(timeout=PATIENCE)
    typed = time.perf_counter() - begun
    page.locator("html[data-python=ready]").wait_for(state="attached", timeout=PATIENCE)
    ready = time.perf_counter() - begun
    page.locator("html[data-offline=true]").wait_for(state="attached", timeout=PATIENCE)
    kept: float = page.evaluate("navigator.storage.estimate().then(({ usage }) => usage / 1e6)")
    page.close()
    return typed, ready, kept


def main() -> None:
    """Build the site, visit it, and print what that took."""
    with tempfile.TemporaryDirectory() as folder:
        shell(["site", folder, "--pyodide", os.environ["CHALKGRAD_PYODIDE"]])
        sizes = {path.relative_to(folder).parts[0]: 0 for path in Path(folder).rglob("*") if path.is_file()}
        for path in Path(folder).rglob("*"):
            if path.is_file():
                sizes[path.relative_to(folder).parts[0]] += path.stat().st_size
        print(", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in sizes.items() if size > 5e4))
        first, second = [], []
        with served(Path(folder)) as home, chromium() as browser:
            for _ in range(VISITS):
                with browser.new_context() as context:
                    first.append(visit(context, f"{home}work.html#file/first_graph.py"))
                    second.append(visit(context, f"{home}work.html#file/first_graph.py"))
        for name, times in (("first", first), ("second", second)):
            for kind, of in (("median", statistics.median), ("fastest", min)):
                typed, ready, _ = (of(column) for column in zip(*times, strict=True))
                print(f"{name} visit, {kind}: ready to type after {typed:.1f} s, to run after {ready:.1f} s")
        print(f"the browser keeps {second[-1][2]:.0f} MB")


if __name__ == "__main__":
    main()
