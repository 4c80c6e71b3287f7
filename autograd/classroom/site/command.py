"""The command: python -m autograd site out/."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

EPILOG = """\
The folder needs no Python where it is served: any web server can hand it out, GitHub Pages too. Everything is in it,
and its pages ask no other server for anything. Install what this command needs: python -m pip install "chalkgrad[site]"

examples:
  python -m autograd site out/site
  python -m autograd site out/site --pyodide node_modules/pyodide
  python -m http.server --directory out/site --bind 127.0.0.1
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add what the command takes to its parser."""
    parser.add_argument("folder", metavar="FOLDER", help="where to write the site; made if it does not exist")
    parser.add_argument(
        "--pyodide",
        metavar="PATH",
        help="the npm package pyodide, as a folder or a .tgz file (without it: downloaded from registry.npmjs.org)",
    )


def build(arguments: Namespace) -> int | None:
    """Write the site, and say how large it is. RuntimeError without what it needs."""
    try:
        import markdown_it  # noqa: F401
        import pdoc  # noqa: F401
    except ImportError as error:
        raise RuntimeError(
            f'the site needs {error.name}, which is not installed: python -m pip install "chalkgrad[site]"'
        ) from None
    from autograd.classroom.site.building import site, write
    from autograd.classroom.site.pyodide_package import pyodide
    from autograd.classroom.site.reference import reference

    folder = Path(arguments.folder)
    content = site(pyodide(arguments.pyodide), reference())
    write(folder, content)
    n_bytes = sum(map(len, content.values()))
    print(f"made {folder}: {len(content)} files, {n_bytes / 1e6:.1f} MB")
    print(f"look at it: python -m http.server --bind 127.0.0.1 --directory {folder}")
    return None
