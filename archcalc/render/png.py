"""SVG as PNG, by resvg where the extra `png` is installed.

resvg draws with the fonts of the system and in the light colours.
"""

from __future__ import annotations

from archcalc.errors import UsageError

SCALE = 2
"""Pixels of the PNG for each of the SVG, for screens that are dense."""


def png(svg: str) -> bytes:
    """Return a picture's PNG; raise `UsageError` AC537 where the extra is missing."""
    try:
        from resvg_py import svg_to_bytes
    except ImportError:
        message = "PNG needs resvg"
        help = "pip install 'archcalc[png]', or write .svg"
        raise UsageError.of("AC537", message, help=help) from None
    drawn = svg_to_bytes(svg_string=svg, zoom=SCALE, sans_serif_family="DejaVu Sans")
    return bytes(drawn)
