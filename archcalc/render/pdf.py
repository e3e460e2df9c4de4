"""SVG as PDF, by Typst where the extra `pdf` is installed.

Typst is a compiler in one wheel: it needs no program and no library of the system. Its
page is as large as the picture, lines stay lines, text stays text, and the same picture
gives the same bytes. Fonts are those of the system, else its own.
"""

from __future__ import annotations

from archcalc.errors import UsageError
from archcalc.render.typeset import FAMILY

PAGE = b"""\
#set document(date: none)
#set page(width: auto, height: auto, margin: 0pt)
#image(bytes(sys.inputs.picture), format: "svg")
"""
SANS = FAMILY.replace("sans-serif", "'DejaVu Sans'")
"""The fonts by name: Typst takes a serif font for `sans-serif`."""


def pdf(svg: str) -> bytes:
    """Return a picture's PDF; raise `UsageError` AC537 where the extra is missing."""
    try:
        import typst
    except ImportError:
        message = "PDF needs Typst"
        help = "pip install 'archcalc[pdf]', or write .svg"
        raise UsageError.of("AC537", message, help=help) from None
    picture = {"picture": svg.replace(FAMILY, SANS)}
    return bytes(typst.compile(PAGE, sys_inputs=picture))
