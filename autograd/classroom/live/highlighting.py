"""The source of a lesson in pieces, each with the kind of word that it is, for the page to colour."""

from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String

from autograd.classroom.live.source import decoded

# the kinds that the page has colours for, the more special ones first
KINDS = (
    ("comment", Comment),
    ("keyword", Keyword),
    ("keyword", Operator.Word),
    ("string", String),
    ("number", Number),
    ("function", Name.Function),
    ("function", Name.Class),
    ("function", Name.Decorator),
    ("builtin", Name.Builtin),
)
LONGEST_IN_COLOUR = 50_000  # characters; more would take longer than one waits for a picture


def highlighted(source: bytes) -> list[list[list[str]]]:
    """The lines of a Python file, each a list of pieces [kind, text]; also of one that Python cannot read.

    >>> highlighted(b"x = 1  # one")
    [[['', 'x = '], ['number', '1'], ['', '  '], ['comment', '# one']]]
    """
    text = decoded(source).removesuffix("\n")
    if len(text) > LONGEST_IN_COLOUR:
        return [[["", line]] if line else [] for line in text.split("\n")]
    lines: list[list[list[str]]] = [[]]
    for token, part in PythonLexer(stripnl=False, ensurenl=False).get_tokens(text):
        kind = next((name for name, of in KINDS if token in of), "")
        for i, piece in enumerate(part.split("\n")):
            if i:
                lines.append([])
            if piece and lines[-1] and lines[-1][-1][0] == kind:
                lines[-1][-1][1] += piece
            elif piece:
                lines[-1].append([kind, piece])
    return lines
