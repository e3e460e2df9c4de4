"""A figure as people quote it: `3.8G`, `96MB`, `13.6 GFLOP`, `5M params`, `218.59`.

`asked` says what it may mean: kinds of figure, and the factor between the printed
number and a count. A figure without a unit may mean several; words beside it say which
(`25 MB of features`, `model size 98 MB`, `receptive field 483`, `depth 107`).
"""

from __future__ import annotations

import re
from fractions import Fraction

from archcalc.checks.claims.expectations import Claim
from archcalc.checks.claims.ways import KINDS, Contents, Kind
from archcalc.errors import UsageError
from archcalc.records import dataclass, replace
from archcalc.sizes.units import BYTES, FLOPS, LONGEST, MACS, Amount, read_amount

NUMERALS = {"thousand": "k", "million": "M", "billion": "G"}
WORDS: dict[str, tuple[Kind, ...]] = {
    **dict.fromkeys((*FLOPS, *MACS, "op", "ops"), ("operations",)),
    **dict.fromkeys(("param", "params", "parameters", "weights"), ("parameters",)),
    **dict.fromkeys(("values", "activations", "acts", "features"), ("values",)),
    **dict.fromkeys(BYTES, ("bytes",)),
}
EACH = re.compile(
    r"\s*(?:/|\b(?:per|an|a|each)\b)\s*(?:input )?"
    r"(?:image|img|sample|example|picture|frame|inference|forward pass)$"
)
"""What a figure is for: one input, as every figure here is."""
TOPIC = re.compile(
    r"(?P<field>(?:an? |the )?receptive field)|(?P<depth>depth|layers deep|layers)"
    r"|(?P<parameters>model size|size of the model|of (?:the )?(?:params|parameters"
    r"|weights|model))"
    r"|(?P<values>of (?:the )?(?:features|feature maps|activations|acts|outputs))"
)
"""What words before or behind a figure say that it counts."""
JOINT = re.compile(r"^\s*(?:of\b|is\b|:|=)?\s*")
ALONE: tuple[Kind, ...] = ("operations", "parameters", "values")
"""What a number with a prefix alone may count."""
IMPLIED: tuple[tuple[Kind, str], ...] = (
    ("operations", "G"),
    ("operations", "M"),
    ("parameters", "M"),
    ("values", "M"),
    ("bytes", "M"),
)
"""How a short number without a unit may be meant."""
LARGEST_PLAIN = 10_000
EXACT_DIGITS = 5
"""So many digits leave little to chance."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One meaning of a figure: a kind of count, and the claim as a whole count.

    `holds` says of bytes what they hold. `scale` is what one of its `unit` is. `factor`
    turns a count into what the claim would be if powers of 1000 and of 1024 were
    confused; `binary`: the unit has the latter. `implied`: the figure itself names no
    unit.
    """

    kind: Kind
    claim: Claim
    unit: str
    scale: int
    factor: Fraction
    binary: bool = False
    flop: bool = False
    implied: bool = False
    holds: Contents = ""


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quoted figure: its text, its significant digits and what it may mean."""

    text: str
    digits: int
    asked: tuple[Asked, ...]


def quoted(text: str) -> Quoted:
    """Return what a quoted figure may mean; raise `UsageError` AC550 for no figure."""
    shown = " ".join(text.split())
    rest, topic = _topic(shown) if len(shown) <= LONGEST else (shown, "")
    written = re.sub(r"[A-Za-z]+", _prefix, rest.removeprefix("~"))
    amount = read_amount(written, WORDS)
    meanings = _about(topic, amount) if amount and amount.value else []
    if amount is None or not meanings:
        raise UsageError.of(
            "AC550",
            f"{shown[:LONGEST]!r} is not a figure",
            help="write 3.8G, 96MB, 13.6 GFLOP, 5M params, 4,133,742,592, 25 MB of "
            "features, model size 98 MB, receptive field 483 or depth 107",
        )
    digits = re.sub(r"\D", "", amount.digits).lstrip("0")
    significant = digits if amount.decimals else digits.rstrip("0")
    return Quoted(shown, len(significant), tuple(meanings))


def _topic(shown: str) -> tuple[str, str]:
    """Return a figure without the words around it, and what they say it counts."""
    each = EACH.search(shown.lower())
    text = shown[: each.start()] if each else shown
    for found in TOPIC.finditer(text.lower()):
        before, behind = text[: found.start()], text[found.end() :]
        if not before.strip():
            return JOINT.sub("", behind).strip(), str(found.lastgroup)
        if not behind.strip():
            return before.strip(), str(found.lastgroup)
    return text, ""


def _about(topic: str, amount: Amount) -> list[Asked]:
    """Return what an amount may mean where words say what it counts."""
    if topic in ("depth", "field"):
        plain = amount.size == 1 and not amount.decimals and not amount.unit
        return [_asked("depth" if topic == "depth" else "field", amount)] * plain
    found = _meanings(amount)
    if not topic:
        return found
    holds: Contents = "values" if topic == "values" else "parameters"
    return [
        replace(asked, holds=holds) for asked in found if asked.kind in (topic, "bytes")
    ]


def _prefix(numeral: re.Match[str]) -> str:
    """Return the prefix that a word such as `million` stands for."""
    return NUMERALS.get(numeral[0].lower(), numeral[0])


def _meanings(amount: Amount) -> list[Asked]:
    """Return what an amount may mean; nothing for an unknown unit."""
    word = amount.unit.lower()
    if word and word not in WORDS:
        return []
    if not word and not amount.prefix and _is_brief(amount):
        return [
            _asked(kind, amount._replace(prefix=prefix), implied=True)
            for kind, prefix in IMPLIED
        ]
    kinds = WORDS[word] if word else ALONE if amount.prefix else KINDS
    return [_asked(kind, amount, word in FLOPS) for kind in kinds]


def _is_brief(amount: Amount) -> bool:
    """Whether a number is too short to be a count in full."""
    broken = amount.decimals and not amount.power
    return bool(broken) or amount.value < LARGEST_PLAIN


def _asked(
    kind: Kind, amount: Amount, flop: bool = False, implied: bool = False
) -> Asked:
    """Return the claim of an amount of this kind."""
    other = amount._replace(binary=not amount.binary)
    claim = Claim(amount.digits, amount.value, amount.half_unit)
    unit = amount._replace(unit="B" if kind == "bytes" else "").suffix
    factor = Fraction(amount.scale) / other.scale
    return Asked(
        kind, claim, unit, int(amount.scale), factor, amount.binary, flop, implied
    )
