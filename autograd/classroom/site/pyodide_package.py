"""Gets Pyodide, the Python of browsers: from a folder or a file that the user names, or from the npm registry."""

import base64
import hashlib
import io
import tarfile
import urllib.error
import urllib.request
from pathlib import Path
from tempfile import gettempdir

from autograd.extending import write_whole

VERSION = "314.0.7"
ADDRESS = f"https://registry.npmjs.org/pyodide/-/pyodide-{VERSION}.tgz"
SHA512 = "0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A=="  # as npm states it
FILES = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json", "package.json")


class NoPyodideError(RuntimeError):
    """Pyodide cannot be had from where it was looked for."""


def pyodide(source: str | None) -> dict[str, bytes]:
    """The files of Pyodide that a site needs, by their names.

    source: the folder node_modules/pyodide, or the file pyodide-314.0.7.tgz; None to download that file. It is kept in
    the system's temporary folder, and its checksum is held against the one that is written here.

    NoPyodideError says in a sentence what is missing.
    """
    if source is None:
        return _unpacked(_downloaded(), ADDRESS)
    path = Path(source)
    if path.is_dir():
        missing = [name for name in FILES if not (path / name).is_file()]
        if missing:
            raise NoPyodideError(f"{path} is not the npm package pyodide: it has no {missing[0]}")
        return {name: (path / name).read_bytes() for name in FILES}
    if not path.is_file():
        raise NoPyodideError(f"{path} does not exist: name the folder node_modules/pyodide, or pyodide-{VERSION}.tgz")
    return _unpacked(path.read_bytes(), str(path))


def _downloaded() -> bytes:
    kept = Path(gettempdir(), f"chalkgrad-pyodide-{VERSION}.tgz")
    if kept.is_file() and _is_right(content := kept.read_bytes()):
        return content
    try:
        with urllib.request.urlopen(ADDRESS, timeout=60) as answer:
            content = answer.read()
    except OSError as error:
        raise NoPyodideError(
            f"Pyodide cannot be downloaded from {ADDRESS} ({error}). Where there is a network run 'npm pack "
            f"pyodide@{VERSION}', and pass the file: --pyodide pyodide-{VERSION}.tgz"
        ) from None
    if not _is_right(content):
        raise NoPyodideError(f"what came from {ADDRESS} is not Pyodide {VERSION}: its checksum is another one")
    write_whole(kept, content)
    return content


def _is_right(content: bytes) -> bool:
    return base64.b64encode(hashlib.sha512(content).digest()).decode() == SHA512


def _unpacked(content: bytes, source: str) -> dict[str, bytes]:
    found = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            for name in FILES:
                member = archive.extractfile(f"package/{name}")
                found[name] = member.read() if member else b""
    except (tarfile.TarError, KeyError, EOFError, OSError) as error:
        raise NoPyodideError(f"{source} is not the npm package pyodide: {error}") from None
    return found
