"""Comments that silence findings of their line: `# archcalc: ignore[AC402]`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archcalc.checks.findings import Finding, Fix
from archcalc.checks.rule import Rule
from archcalc.errors import Problem
from archcalc.records import dataclass, field
from archcalc.source.edits import Edit, Extents
from archcalc.source.values import QUOTED, Source

RULE = Rule(
    "AC410",
    "unused-ignore",
    "A comment `# archcalc: ignore[…]` ignores nothing: its line has no such finding, "
    "or the code cannot be ignored.",
    "- {conv: 8, kernel: 3}  # archcalc: ignore[AC402]",
    "- {conv: 8, kernel: 3, stride: 2}  # archcalc: ignore[AC402]",
    help="remove the comment",
    fixable=True,
)
COMMENT = re.compile(r"(?:^|(?<=\s))#\s*archcalc:\s*ignore(?:\[([^\]\r\n]*)\])?")
KEPT = ("AC1", "AC2")
"""Groups that no comment and no option silences."""


@dataclass
class OptOut:
    """One comment: its line, its codes (all where empty), and whether it was used."""

    line: int
    begin: int
    end: int
    codes: tuple[str, ...]
    used: set[str] = field(default_factory=set)

    def silences(self, finding: Finding) -> bool:
        """Say whether the comment is for this finding, and remember that it was."""
        if finding.place.line != self.line or finding.code.startswith(KEPT):
            return False
        if self.codes and not finding.code.startswith(self.codes):
            return False
        self.used |= {c for c in self.codes if finding.code.startswith(c)} or {"*"}
        return True


def opt_outs(source: Source) -> list[OptOut]:
    """Return the comments of a file that silence something."""
    if "archcalc:" not in source.text:
        return []
    found = []
    for number, line in enumerate(source.written.lines, 1):
        quoted = [m.span() for m in QUOTED.finditer(line)] if "archcalc" in line else []
        for match in COMMENT.finditer(line):
            if not any(begin < match.start() < end for begin, end in quoted):
                codes = tuple(c.strip().upper() for c in (match[1] or "").split(","))
                span = match.start(), match.end()
                found.append(OptOut(number, *span, tuple(filter(None, codes))))
    return found


def unused(layout: Extents, comments: list[OptOut]) -> Iterator[Finding]:
    """Yield a finding for each comment that silenced nothing, or not all it names."""
    source = layout.source
    for comment in comments:
        left = [code for code in comment.codes if code not in comment.used]
        if not left and (comment.used or comment.codes):
            continue
        place = source.written.place(
            comment.line, comment.begin + 1, comment.end - comment.begin
        )
        what = ", ".join(left) or "anything"
        problem = Problem(
            RULE.code, f"there is no finding of {what} here", place, help=RULE.help
        )
        remedy = None
        if len(left) == len(comment.codes):
            line = source.written.line(comment.line)
            begin = len(line[: comment.begin].rstrip())
            offset = layout.starts[comment.line - 1]
            edit = Edit(offset + begin, offset + len(line.rstrip()), "")
            remedy = Fix("remove the comment", (edit,))
        yield Finding(source.name, problem, "warning", remedy, fails=False)
