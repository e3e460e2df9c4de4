"""How wide a text stands in a drawing, without any font at hand.

The widths are those of Helvetica (Adobe's font metrics), which Arial and Liberation
Sans share, made wider as far as DejaVu Sans, the widest that stands in for them; a
wide character of East Asia takes a full square.
"""

from __future__ import annotations

from unicodedata import normalize

from archcalc.render.widths import width

FAMILY = "Helvetica, Arial, 'Liberation Sans', sans-serif"
SLACK, BOLD_SLACK = 1.15, 1.27
"""How much wider DejaVu Sans and its bold are."""
OTHER = 600
WIDTHS = {
    **dict.fromkeys("ijl'|", 222),
    **dict.fromkeys(" !,./:;IftJ[]\\·’‘", 278),
    **dict.fromkeys('()r-`"°*²³¹', 340),
    **dict.fromkeys("Jcksvxyz", 500),
    **dict.fromkeys("0123456789abdeghnopquLF_$#?…", 556),
    **dict.fromkeys("+=<>~×−÷", 584),
    **dict.fromkeys("EPSVXYATBKZ&", 667),
    **dict.fromkeys("CDHNRUw", 722),
    **dict.fromkeys("GOQ", 778),
    **dict.fromkeys("mM", 833),
    **dict.fromkeys("%W→", 944),
}
"""Thousandths of the font size."""


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return the width of a text in the unit of `size`."""
    units = sum(
        WIDTHS.get(normalize("NFD", character)[0], OTHER)
        if width(character) == 1
        else 1000 * width(character)
        for character in text
    )
    return units * size / 1000 * (BOLD_SLACK if bold else SLACK)


def wrapped(text: str, size: float, room: float) -> list[str]:
    """Return lines that stand within a room, broken between words; long words split."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if text_width(joined, size) <= room:
            lines[-1] = joined
            continue
        while text_width(word, size) > room and len(word) > 1:
            end = next(
                i for i in range(1, len(word)) if text_width(word[: i + 1], size) > room
            )
            lines.append(word[:end])
            word = word[end:]
        lines.append(word)
    return [line for line in lines if line]
