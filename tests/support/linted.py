"""What lint says about a text, and what its fixes make of it."""

from __future__ import annotations

import textwrap

from archcalc.checks.checking import Selection, check_source
from archcalc.checks.findings import Checked, Finding
from archcalc.checks.fixing import fix_text
from archcalc.limits import DEFAULT
from archcalc.source.parser import parse

HEAD = "name: net\ninput: [3, 32, 32]\n"


def checked(text: str) -> Checked:
    return check_source(parse(text, "net.yaml"), "net.yaml", DEFAULT, Selection())


def lint(text: str) -> list[Finding]:
    """Return the warnings about a spec; there is nothing else to say."""
    found = checked(text).findings
    assert [f.show() for f in found if f.severity == "error"] == []
    return list(found)


def layers(steps: str, head: str = HEAD) -> str:
    return f"{head}layers:\n{textwrap.indent(textwrap.dedent(steps).strip(), '  ')}\n"


def fixed(text: str) -> str:
    return fix_text(text, "net.yaml", DEFAULT, Selection())[0]
