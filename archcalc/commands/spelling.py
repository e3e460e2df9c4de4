r"""Signs that an output's encoding lacks, spelled in ASCII: `×` as `x`, lines as `-`.

A terminal or pipe may be in ASCII or in a code page of its own. Python would print
`\u2500` there, or fail; what archcalc itself writes reads well without such signs.
"""

from __future__ import annotations

SIGNS = {
    "×": "x",
    "÷": "/",
    "−": "-",
    "√": "sqrt",
    "⌊": "floor(",
    "⌋": ")",
    "⌈": "ceil(",
    "⌉": ")",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "≈": "~",
    "∞": "inf",
    "Σ": "sum",
    "∑": "sum",
    "→": "->",
    "←": "<-",
    "′": "'",
    "…": "...",
    "•": "*",
    "│": "|",
    "┃": "|",
    "█": "#",
    "é": "e",
    "π": "pi",
    **dict.fromkeys("‘’‚", "'"),
    **dict.fromkeys("“”„", '"'),
    **dict.fromkeys("─━═‐–—―", "-"),
    **dict.fromkeys("├└┌┐┘┤┬┴┼╭╮╰╯", "+"),
    **dict.fromkeys("▏▎▍▌▋▊▉", "#"),
}
"""What is written for a sign; one that stands in columns has one character."""
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻ˣᵀᵖ", "0123456789-xTp")
LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def spelled(error: UnicodeError) -> tuple[str, int]:
    r"""Return what stands for a run of signs that cannot be encoded, and where it ends.

    An error handler of `codecs`; what is no sign of ours is written as Python does,
    `\u3042`. Raises errors of decoding again.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object
    return "".join(
        _spelling(text, at) for at in range(error.start, error.end)
    ), error.end


def _spelling(text: str, at: int) -> str:
    """Return what is written for one sign; the first raised digit gets a `^`."""
    sign, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    if sign == "·":  # a product, or what stands between two settings
        return "|" if before == after == " " else "*"
    if sign == "…" and text[at + 1 : at + 3] == "  ":  # a cell that was cut
        return "~"
    raised, lowered = sign.translate(RAISED), sign.translate(LOWERED)
    if raised != sign:
        return raised if before.translate(RAISED) != before else f"^{raised}"
    if lowered != sign:
        return lowered if before.translate(LOWERED) != before else f"_{lowered}"
    known = SIGNS.get(sign)
    return (
        known
        if known is not None
        else sign.encode("ascii", "backslashreplace").decode()
    )
