"""Reads the text of a lesson's file, even if Python cannot read it."""

import io
import tokenize


def decoded(source: bytes) -> str:
    """What a Python file says, with line breaks as Python has them; what is not of its encoding is replaced.

    >>> decoded(b"x = 1\\r\\n# \\xe9")
    'x = 1\\n# \\ufffd'
    """
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(source).readline)[0]
        return io.TextIOWrapper(io.BytesIO(source), encoding, "replace").read()
    except (SyntaxError, LookupError, UnicodeError, ValueError):  # some encodings are of no text, or replace nothing
        return io.TextIOWrapper(io.BytesIO(source), "utf-8", "replace").read()
