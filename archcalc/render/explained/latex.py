r"""An explanation as LaTeX for slides: a heading and an `align*` for each part.

It needs `amsmath` and nothing else; a long formula is broken before each `=`.
"""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.figures.formulas.scripts import LATEX
from archcalc.render.explained import chain, remark, shapes
from archcalc.render.latex import IN_THE_PREAMBLE, document
from archcalc.render.notes import dependences, prose
from archcalc.render.tex_text import declarations, written
from archcalc.reports.explanation import Derivation, Explanation, Section

LONGEST = 60


def render(explanation: Explanation, *, standalone: bool = False) -> str:
    """Return headings and displayed formulas, or with `standalone` a document."""
    lines = [line for part in explanation.parts for line in ("", *_part(part))]
    below = [dependences(explanation.settings), *explanation.assumptions]
    lines += ["", *(f"\\noindent {escaped(b)}\\par" for b in below if b)]
    body = "\n".join(lines)
    needs = ["\\usepackage{amsmath}", *declarations(body)]
    if standalone:
        return "\n".join(document(body, needs))
    return "\n".join([*(f"% {line}" for line in (IN_THE_PREAMBLE, *needs)), body])


def escaped(words: str) -> str:
    """Return running text that LaTeX shows as it is."""
    return written(prose(words))


def _part(part: Section) -> Iterator[str]:
    label = f": {part.label}" if part.label else ""
    yield f"\\par\\medskip\\noindent\\textbf{{{escaped(part.name + label)}}}\\par"
    if shapes(part):
        yield escaped(f"{shapes(part)}.")
    if part.legend:
        yield f"{sizes(part)}."
    rows = [row for line in part.lines for row in formula_rows(line)]
    if rows:
        yield "\\begin{align*}"
        yield " \\\\\n".join(rows)
        yield "\\end{align*}"
    for reason in part.remarks:
        yield f"{escaped(reason[:1].upper() + reason[1:])}.\\par"


def sizes(part: Section) -> str:
    """Return the meaning, the symbol and the value of every size."""
    return ", ".join(
        f"{escaped(s.meaning)} ${LATEX.symbol(s.symbol)} = {s.value}$"
        for s in part.legend
    )


def formula_rows(line: Derivation, longest: int = LONGEST) -> Iterator[str]:
    """Yield a figure's rows: its words before the first sign of equality.

    One that is longer is broken before each of these signs.
    """
    steps = chain(line, LATEX)
    after = f" \\quad\\text{{({escaped(remark(line))})}}" if remark(line) else ""
    left = f"  \\text{{{escaped(line.figure)}}}"
    if line.formula.name and len(steps) > 1:
        left += f"\\quad {steps.pop(0)}"
    if sum(map(len, steps)) <= longest or len(steps) == 1:
        yield f"{left} &= {' = '.join(steps)}{after}"
        return
    yield f"{left} &= {steps[0]}"
    for step in steps[1:-1]:
        yield f"  &= {step}"
    yield f"  &= {steps[-1]}{after}"
