"""Rules of reading a file: what `syntax` and `source` refuse, AC101 to AC119."""

from __future__ import annotations

from archcalc.checks.rule import FRAME, Rule
from archcalc.source.complaints import READING_RULES

RIGHT = "- {conv: 8, kernel: 3}"
EXAMPLES: dict[str, tuple[str, str, str]] = {
    "AC101": (
        "unreadable-file",
        "$ archcalc check nosuch.yaml",
        "$ archcalc check vgg16",
    ),
    "AC102": (
        "not-utf-8",
        "name: café\ninput: [3, 8, 8]\nlayers: [relu]\n",
        "name: café\ninput: [3, 8, 8]\nlayers: [relu]\n",
    ),
    "AC103": ("forbidden-character", "- {conv: 8, note: a\x07b}", RIGHT),
    "AC104": ("not-yaml", "- {conv: 8,, kernel: 3}", RIGHT),
    "AC105": ("unclosed", "- {conv: 8, kernel: 3", RIGHT),
    "AC106": ("tab", "- conv: 8\n\tkernel: 3", "- conv: 8\n  kernel: 3"),
    "AC107": ("missing-space", "- {conv: 8, kernel:3}", RIGHT),
    "AC108": (
        "unquoted-comma",
        "- {conv: max(8, cin//4)}",
        '- {conv: "max(8, cin//4)"}',
    ),
    "AC109": (
        "anchor-or-alias",
        "- &first {conv: 8}\n- *first",
        "- {conv: 8, repeat: 2}",
    ),
    "AC110": ("tag", "- {conv: !!int 8}", "- {conv: 8}"),
    "AC111": (
        "duplicate-key",
        "- {conv: 8, kernel: 3, kernel: 5}",
        "- {conv: 8, kernel: 5}",
    ),
    "AC112": ("not-a-key", "- {[1, 2]: 8}", RIGHT),
    "AC113": ("second-document", f"{FRAME}  - relu\n---\n{FRAME}  - relu\n", "- relu"),
    "AC114": ("empty-file", "# nothing yet\n", "- relu"),
    "AC115": (
        "too-large",
        "- {conv: 8, kernel: 1, repeat: 1000000}",
        "- {conv: 8, kernel: 1, repeat: 10}",
    ),
    "AC116": (
        "second-colon",
        "name: net: two\ninput: [3, 8, 8]\nlayers: [relu]\n",
        'name: "net: two"\ninput: [3, 8, 8]\nlayers: [relu]\n',
    ),
    "AC117": (
        "indentation",
        "- conv: 8\n    kernel: 3",
        "- conv: 8\n  kernel: 3",
    ),
    "AC118": (
        "reserved-beginning",
        "- {conv: 8, note: @home}",
        '- {conv: 8, note: "@home"}',
    ),
    "AC119": (
        "unknown-escape",
        '- {conv: 8, note: "C:\\new\\dir"}',
        "- {conv: 8, note: 'C:\\new\\dir'}",
    ),
}
"""A name, a wrong and a right example for each code."""

SYNTAX = tuple(
    Rule(
        code,
        EXAMPLES[code][0],
        says,
        *EXAMPLES[code][1:],
        encoding="latin-1" if code == "AC102" else "utf-8",
    )
    for code, says in READING_RULES.items()
)
