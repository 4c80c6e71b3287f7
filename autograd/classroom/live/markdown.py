"""Renders the Markdown of a lesson as HTML. The page copies the parts that it knows."""

from functools import cache

from markdown_it import MarkdownIt


@cache
def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def rendered(text: str) -> str:
    """The text as HTML. HTML in the text itself is shown as it is written, and has no effect.

    >>> rendered("**a** < <b>b</b>")
    '<p><strong>a</strong> &lt; &lt;b&gt;b&lt;/b&gt;</p>\\n'
    """
    return str(_reader().render(text)).replace("′(", "′\N{WORD JOINER}(")  # f′(x) stays in one line
