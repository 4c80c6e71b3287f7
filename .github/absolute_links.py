"""Makes the links of README.md absolute, for PyPI: absolute_links.py https://github.com/OWNER/NAME v0.1.0."""

import re
import sys
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def absolute(text: str, repository: str, tag: str) -> str:
    """The text with links to files of the repository at a tag; pictures as they are, other files as their pages.

    >>> absolute("![A graph](a.svg) and [nn](nn/README.md#loss), [here](#start)", "https://host/o/n", "v1")
    '![A graph](https://host/o/n/raw/v1/a.svg) and [nn](https://host/o/n/blob/v1/nn/README.md#loss), [here](#start)'
    """

    def led(match: re.Match[str]) -> str:
        view = "raw" if match[1] else "blob"
        return f"{match[0][: -len(match[3]) - 1]}{repository}/{view}/{tag}/{match[3]})"

    return re.sub(r"(!?)\[((?:[^][]|\[[^]]*\])*)\]\((?!https?:|#|mailto:)([^)\s]+)\)", led, text)


if __name__ == "__main__":
    README.write_text(absolute(README.read_text(encoding="utf-8"), *sys.argv[1:]), encoding="utf-8")
