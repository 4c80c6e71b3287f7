"""A process together with all that it starts, so that nothing of it is left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

IS_WINDOWS = sys.platform == "win32"
KEEPER = [sys.executable, "-I", "-S", str(Path(__file__).with_name("keeper.py"))] if sys.platform == "linux" else []
PATIENCE = 3.0  # seconds for the keeper to end what it has
PASSES = 3  # over all processes, because a process might have started another one just before


class Family(subprocess.Popen[bytes]):
    """A process in a group of its own, on Linux with a keeper. All that it starts inherits a mark in the environment.

    command, options: for subprocess.Popen. environment: of the process, without the mark.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] = os.environ, **options: Any) -> None:
        mark = f"CHALKGRAD_FAMILY_{os.urandom(8).hex()}"
        self._mark = f"\0{mark}=".encode()
        super().__init__(
            [*KEEPER, *command],
            env={**environment, mark: ""},
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # of Windows
            **options,
        )

    def end(self) -> None:
        """End the process, and all that it has started; on Linux also what has left its group, as daemons do."""
        if IS_WINDOWS:
            subprocess.run(["taskkill", "/F", "/T", "/PID", str(self.pid)], capture_output=True)
            return
        if KEEPER:
            self.terminate()
            with suppress(subprocess.TimeoutExpired):  # it was stopped, or ended, by what it keeps
                self.wait(PATIENCE)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)  # a group has the number of the process that began it
        for _ in range(PASSES):
            others = list(self._marked())
            for pid in others:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            if not others:
                return

    def _marked(self) -> Iterator[int]:
        """The processes that have the mark, where the system tells."""
        for pid in filter(str.isdecimal, os.listdir("/proc") if sys.platform == "linux" else ()):
            with suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:  # another user's, or it has ended
                if self._mark in b"\0" + file.read():
                    yield int(pid)
