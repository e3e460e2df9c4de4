"""JUnit's XML as Jenkins reads it (jenkinsci/xunit-plugin, junit-10.xsd).

A file is a suite; each finding that fails is a failed case in it, and what a file does
right is one passed case. Warnings stand in `system-out`.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from archcalc.checks.findings import UNREADABLE, Checked, Finding
from archcalc.errors import clean

HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'


def render(outcomes: Sequence[Checked]) -> str:
    """Return the suites as XML."""
    suites = [_suite(outcome) for outcome in outcomes]
    root = Element("testsuites", {"name": "archcalc", **_counts(suites)})
    root.extend(suites)
    indent(root)
    return HEAD + tostring(root, encoding="unicode")


def _counts(suites: Sequence[Element]) -> dict[str, str]:
    keys = ("tests", "failures", "errors")
    return {key: str(sum(int(s.attrib[key]) for s in suites)) for key in keys}


def _suite(outcome: Checked) -> Element:
    failing = [f for f in outcome.findings if f.fails]
    unreadable = sum(f.code == UNREADABLE for f in failing)
    suite = Element(
        "testsuite",
        name=clean(outcome.path),
        tests=str(max(len(failing), 1)),
        failures=str(len(failing) - unreadable),
        errors=str(unreadable),
    )
    for finding in failing:
        _case(suite, outcome, finding)
    if not failing:
        name = clean(outcome.summary())
        SubElement(suite, "testcase", name=name, classname=clean(outcome.path))
    warned = [f.show() for f in outcome.findings if not f.fails]
    if warned:
        SubElement(suite, "system-out").text = "\n".join(warned)
    return suite


def _case(suite: Element, outcome: Checked, finding: Finding) -> None:
    name = f"{finding.code} line {finding.place.line}: {finding.message}"
    case = SubElement(suite, "testcase", name=name, classname=clean(outcome.path))
    kind = "error" if finding.code == UNREADABLE else "failure"
    said = {"type": finding.code, "message": finding.message}
    SubElement(case, kind, said).text = finding.show()
