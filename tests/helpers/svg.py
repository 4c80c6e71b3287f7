"""What stands in a picture: the texts of an SVG, by the class of their group."""

import xml.etree.ElementTree as ElementTree

SVG = "{http://www.w3.org/2000/svg}"


def parts(svg, kind):
    """The groups of the picture of a class: their classes, their titles and their lines of text."""
    for g in ElementTree.fromstring(svg).iter(f"{SVG}g"):
        classes = g.get("class", "").split()
        if kind in classes:
            title = g.find(f"{SVG}title")
            yield classes, "" if title is None else title.text, [text.text for text in g.iter(f"{SVG}text")]


def texts(svg, kind="node"):
    return sorted(lines for _, _, lines in parts(svg, kind))
