"""The rules as text: one, a list, or the reference of all in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archcalc.checks.catalogue import GROUPS, Rule
from archcalc.checks.rule import COMMAND, PYTHON
from archcalc.errors import clean
from archcalc.render.widths import wrap

FENCES = {COMMAND: "sh", PYTHON: "python"}


INTRODUCTION = (
    "Every finding has a code, which does not change. `archcalc rule CODE` prints one "
    "of these rules. `archcalc check --select` and `--ignore` take codes, first parts "
    "of codes, and names ([checks](../ci.md))."
)
FIXABLE = " *(`--fix` can repair it.)*"


def plain(rule: Rule, width: int | None = None) -> str:
    """Return a rule for a terminal."""
    lines = [f"{rule.code} {rule.name} ({rule.severity})", "", *wrap(rule.says, width)]
    lines += wrap(f"help: {rule.help}", width) if rule.help else []
    for title, example in (("wrong", rule.wrong), ("right", rule.right)):
        lines += ["", f"{title}:", *(f"    {line}" for line in _lines(example))]
    fixed = ["", "`archcalc check --fix` repairs it."]
    return "\n".join([*lines, *fixed * rule.fixable])


def reference(rules: Sequence[Rule]) -> str:
    """Return all rules as one Markdown document, by group."""
    parts = ["# Rules", INTRODUCTION]
    for group, about in GROUPS.items():
        parts += [f"## {group}xx", about]
        for rule in rules:
            if rule.code.startswith(group):
                parts += markdown(rule)
    return "\n\n".join(parts)


def markdown(rule: Rule) -> Iterator[str]:
    """Yield the paragraphs of one rule in Markdown."""
    yield f"### {rule.code} {rule.name}"
    yield f"{rule.says}{FIXABLE if rule.fixable else ''}"
    if rule.help:
        yield f"What helps: {rule.help.rstrip(chr(46))}."
    for title, example in (("Wrong", rule.wrong), ("Right", rule.right)):
        yield f"{title}:"
        yield "\n".join([f"```{_fence(example)}", *_lines(example), "```"])


def _fence(example: str) -> str:
    return next((w for begin, w in FENCES.items() if example.startswith(begin)), "yaml")


def _lines(example: str) -> list[str]:
    return [clean(line) for line in example.rstrip("\n").split("\n")]


def listing(rules: Sequence[Rule]) -> str:
    """Return a line for each rule, by group."""
    lines: list[str] = []
    for group, about in GROUPS.items():
        lines += ["", about] if lines else [about]
        for rule in rules:
            if rule.code.startswith(group):
                fixed = " (--fix)" if rule.fixable else ""
                lines.append(f"  {rule.code}  {rule.name}{fixed}")
    return "\n".join(lines)
