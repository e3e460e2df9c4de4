"""`archcalc quiz`: a table with blanks, and its answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from archcalc.commands.completion import blanks, listed
from archcalc.commands.declared import Option, Options
from archcalc.commands.loading import Loading
from archcalc.commands.options import (
    NetworkName,
    Notes,
    Output,
    Plain,
    Standalone,
    format_option,
)
from archcalc.commands.output import colored, columns, write
from archcalc.records import dataclass
from archcalc.render.quiz import FORMATS, quiz_format

if TYPE_CHECKING:
    from archcalc.reports.quiz import Quiz


@dataclass(frozen=True)
class QuizRendering(Options):
    """In which format a quiz leaves, and where to."""

    format: Annotated[str | None, format_option(tuple(FORMATS))] = None
    output: Output = None
    standalone: Standalone = False
    plain: Plain = False
    notes: Notes = True

    def __post_init__(self) -> None:
        """Raise `UsageError` AC530 for an unknown format, before any work."""
        quiz_format(self.format, self.output)

    def emit(self, quiz: Quiz) -> None:
        """Render a quiz and write it to stdout or to a file.

        Raises `UsageError` AC531 where a format does not have what is asked for.
        """
        from archcalc.render.quiz import render_quiz
        from archcalc.reports.shortening import without_notes

        chosen = quiz_format(self.format, self.output)
        whole = self.standalone and chosen != "html"  # which is a page in any case
        asked = {"standalone": whole, "plain": self.plain}
        options: dict[str, Any] = {name: True for name, on in asked.items() if on}
        if chosen == "terminal" and self.output is None:
            options |= {"width": columns(), "color": colored()}
        shown = quiz if self.notes else without_notes(quiz)
        write(render_quiz(shown, chosen, **options), self.output)


def quiz(
    net: NetworkName,
    seed: Annotated[
        int, Option("--seed", help="Another number gives another quiz.")
    ] = 0,
    blank: Annotated[
        str,
        Option(
            "--blank",
            metavar="FIGURES",
            help="What to ask for: shape, params, weights, macs, …",
            autocompletion=listed(blanks),
        ),
    ] = "shape,params",
    questions: Annotated[
        int, Option("--questions", "-n", help="How many questions.")
    ] = 8,
    hints: Annotated[
        int,
        Option(
            "--hints",
            help="0: no hints; 1: the rules in symbols; 2: also with the numbers.",
        ),
    ] = 2,
    key: Annotated[
        bool,
        Option(
            "--key/--no-key",
            help="Print the answers at the end, or not. Default: print.",
        ),
    ] = True,
    *,
    loading: Loading,
    rendering: QuizRendering,
) -> None:
    """Make a quiz: a table with blanks to fill in, and its answers.

    $ archcalc quiz vgg16 --hints 1 -o quiz.html
    $ archcalc quiz alexnet --blank shape,macs --seed 7 --no-key
    """
    from archcalc.reports.quiz import blanks_named, quiz_report

    network = loading.load(net)
    asked = quiz_report(
        network, network.analyze(), seed, blanks_named(blank), questions, key, hints
    )
    rendering.emit(asked)
