"""Reads the text of a lesson's file, even if Python cannot read it."""

import io
import tokenize


def decoded(source: bytes) -> str:
    """The text of a Python file, with Python's line breaks. Bytes that do not fit its encoding are replaced.

    >>> decoded(b"x = 1\\r\\n# \\xe9")
    'x = 1\\n# \\ufffd'
    """
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(source).readline)[0]
        return io.TextIOWrapper(io.BytesIO(source), encoding, "replace").read()
    except (SyntaxError, LookupError, UnicodeError, ValueError):  # some encodings give no text, or cannot replace bytes
        return io.TextIOWrapper(io.BytesIO(source), "utf-8", "replace").read()
