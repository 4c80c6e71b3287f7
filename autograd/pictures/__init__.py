"""Pictures of graphs and networks, and explanations to play: the public names."""

from typing import TYPE_CHECKING

from autograd.importing import face

if TYPE_CHECKING:
    from autograd.pictures.drawing import draw as draw
    from autograd.pictures.explanation import Explanation as Explanation
    from autograd.pictures.explanation import explain as explain
    from autograd.pictures.exploring import Exploration as Exploration
    from autograd.pictures.exploring import explore as explore
    from autograd.pictures.lines import line_of as line_of
    from autograd.pictures.lines import remember_lines as remember_lines
    from autograd.pictures.not_finite import find_nan as find_nan
    from autograd.pictures.rendering import Drawing as Drawing

__getattr__, __dir__ = face(
    __name__,
    {
        "Drawing": "autograd.pictures.rendering",
        "Explanation": "autograd.pictures.explanation",
        "Exploration": "autograd.pictures.exploring",
        "draw": "autograd.pictures.drawing",
        "explain": "autograd.pictures.explanation",
        "explore": "autograd.pictures.exploring",
        "find_nan": "autograd.pictures.not_finite",
        "line_of": "autograd.pictures.lines",
        "remember_lines": "autograd.pictures.lines",
    },
)

__all__ = [
    "Drawing",
    "Explanation",
    "Exploration",
    "draw",
    "explain",
    "explore",
    "find_nan",
    "line_of",
    "remember_lines",
]
