"""Keeps `python -m autograd` from importing what stands in the working folder, such as a student's random.py.

Python puts that folder first among those it imports from. The package imports this module before all else.
"""

import os
import sys

OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def leave_the_working_folder() -> None:
    """Import nothing from there, if this program is this package, and has not been found there itself."""
    called = next((name for flag, name in zip(sys.orig_argv, sys.orig_argv[1:]) if flag == "-m"), "")
    is_ours = called == "autograd" or called.startswith("autograd.")
    if is_ours and not sys.flags.safe_path and sys.path[:1] not in ([OWN], []):
        del sys.path[0]


leave_the_working_folder()
