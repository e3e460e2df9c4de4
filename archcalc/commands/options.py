"""Options that several commands take, declared once, and those of a report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from archcalc.commands.completion import (
    among,
    complete_conventions,
    complete_dtypes,
    complete_layers,
    complete_networks,
    complete_optimizers,
)
from archcalc.commands.declared import (
    COUNTING,
    OUTPUT,
    READING,
    Argument,
    Option,
    Options,
)
from archcalc.commands.output import colored, columns, needs_file, write, write_picture
from archcalc.errors import UsageError
from archcalc.records import dataclass
from archcalc.render import DRAWINGS, FORMATS, MADE_OF_SVG, format_of

if TYPE_CHECKING:
    from archcalc.reports.report import Report


NetworkName = Annotated[
    str,
    Argument(
        metavar="NET",
        help="A shipped name (vgg16, resnet50:v1.5), a YAML file, a model (.onnx, "
        ".keras, …) or a PyTorch module (mine.py:Net).",
        autocompletion=complete_networks,
        show_default=False,
    ),
]
NetworkNames = Annotated[
    list[str],
    Argument(
        metavar="NET...",
        help="Shipped names, YAML files, models (.onnx, .keras, …) or PyTorch modules "
        "(mine.py:Net).",
        autocompletion=complete_networks,
        show_default=False,
    ),
]
Batch = Annotated[
    int, Option("--batch", "-b", group=COUNTING, help="Number of samples in a batch.")
]
Dtype = Annotated[
    str,
    Option(
        "--dtype",
        group=COUNTING,
        help="Number format of activations: float16, bfloat16, int8, …",
        autocompletion=complete_dtypes,
    ),
]
LEVEL = Option(
    "--level",
    help="What is one row: ops, layers, blocks or stages.",
    autocompletion=among("ops", "layers", "blocks", "stages"),
)
Level = Annotated[str, LEVEL]
LevelOrNone = Annotated[str | None, LEVEL]
InputShapes = Annotated[
    list[str] | None,
    Option(
        "--input",
        metavar="SIZES",
        group=READING,
        help="Input size without the batch: 3x299x299; C,H,W for symbols; name=3x8x8 "
        "for one of several inputs.",
    ),
]


Convention = Annotated[
    str,
    Option(
        "--convention",
        group=COUNTING,
        help="How operations and parameters are counted: fvcore, ptflops, keras, …",
        autocompletion=complete_conventions,
    ),
]
Settings = Annotated[
    list[str] | None,
    Option(
        "--set",
        metavar="PARAM=VALUE",
        group=READING,
        help="Set a param of the spec, such as width=64; repeatable.",
    ),
]
Freeze = Annotated[
    list[str] | None,
    Option(
        "--freeze",
        metavar="PATH",
        group=READING,
        help="Do not train these layers: conv1, 'encoder.*'; repeatable.",
        autocompletion=complete_layers,
    ),
]
Attention = Annotated[
    str | None,
    Option(
        "--attention",
        metavar="KERNEL",
        group=READING,
        help="How attention runs: fused (as F.scaled_dot_product_attention) or "
        "unfused (written out). Overrides the spec.",
        autocompletion=among("fused", "unfused"),
    ),
]
LimitOptions = Annotated[
    list[str] | None,
    Option(
        "--limit",
        metavar="NAME=VALUE",
        group=READING,
        rare=True,
        help="Raise a limit on size, such as nodes=1000000.",
    ),
]
PythonObject = Annotated[
    bool,
    Option(
        "--module",
        group=READING,
        rare=True,
        help="The network is an object of a Python module, such as models:Net.",
    ),
]
Arguments = Annotated[
    list[str] | None,
    Option(
        "--arg",
        metavar="NAME=VALUE",
        group=READING,
        rare=True,
        help="Pass an argument to the Python object, such as depth=50; repeatable.",
    ),
]
TABLES = (*(name for name in FORMATS if name not in DRAWINGS), *MADE_OF_SVG)
"""Formats of a report that draws no network."""


def format_option(formats: Sequence[str]) -> Option:
    """Return `--format`, which offers these formats."""
    return Option(
        "--format",
        "-f",
        group=OUTPUT,
        help=f"{', '.join(formats[:-1])} or {formats[-1]}.",
        autocompletion=among(*formats),
    )


Format = Annotated[str | None, format_option(TABLES)]
FormatOrDrawing = Annotated[str | None, format_option((*TABLES, *DRAWINGS))]
Output = Annotated[
    Path | None,
    Option(
        "--output",
        "-o",
        group=OUTPUT,
        help="Write to a file; its ending picks the format.",
    ),
]
File = Annotated[
    Path | None,
    Option("--output", "-o", group=OUTPUT, help="Write to this file."),
]
"""The same for a command that has one format."""
Optimizer = Annotated[
    str,
    Option(
        "--optimizer",
        group=COUNTING,
        help="Optimizer: sgd, momentum, adam, adamw, rmsprop, …",
        autocompletion=complete_optimizers,
    ),
]
Mixed = Annotated[
    bool,
    Option(
        "--mixed",
        group=COUNTING,
        help="Mixed precision: float32 weights, activations in bfloat16 (or --dtype).",
    ),
]
Checkpoint = Annotated[
    str,
    Option(
        "--checkpoint",
        group=COUNTING,
        help="Activation checkpointing: what runs again in the backward pass. none, "
        "blocks or stages.",
        autocompletion=among("none", "blocks", "stages"),
    ),
]
Accumulate = Annotated[
    bool,
    Option(
        "--accumulate",
        group=COUNTING,
        help="Accumulate gradients over batches: those of earlier batches stay in "
        "memory.",
    ),
]
Standalone = Annotated[
    bool,
    Option(
        "--standalone",
        "-s",
        group=OUTPUT,
        help="Write a whole document, not a part to paste (latex, html).",
    ),
]
Plain = Annotated[
    bool,
    Option(
        "--plain",
        group=OUTPUT,
        rare=True,
        help="Write LaTeX that does not need siunitx.",
    ),
]
Notes = Annotated[
    bool,
    Option(
        "--notes/--no-notes",
        group=OUTPUT,
        help="Print the notes and settings at the end, or leave them out. Default: "
        "print.",
    ),
]
MaxRows = Annotated[
    int | None,
    Option(
        "--max-rows",
        metavar="N",
        group=OUTPUT,
        help="Show at most N rows of each table.",
    ),
]
Stack = Annotated[
    bool,
    Option(
        "--stack",
        group=OUTPUT,
        rare=True,
        help="On the terminal, print columns that do not fit as a second table below.",
    ),
]
InPlace = Annotated[
    bool,
    Option(
        "--inplace/--no-inplace",
        group=COUNTING,
        rare=True,
        help="Whether norms and activations overwrite their input, so that their "
        "output is not counted again. Default: they do.",
    ),
]


@dataclass(frozen=True)
class Rendering(Options):
    """In which format a report leaves, and where to."""

    format: Format = None
    output: Output = None
    standalone: Standalone = False
    plain: Plain = False
    notes: Notes = True
    max_rows: MaxRows = None
    stack: Stack = False
    drawable: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Raise `UsageError` for a format that the command has not, before any work."""
        chosen = self.chosen
        if chosen in DRAWINGS and not self.drawable:
            raise UsageError.of(
                "AC533",
                f"this command has no format {chosen!r}, which draws a network",
                help=f"archcalc table NET --format {chosen}",
            )

    def emit(self, report: Report) -> None:
        """Render a report and write it to stdout or to a file.

        Raises `UsageError` AC531 where a format has no `standalone` or `plain` form.
        """
        self.deliver(self.text(report))

    def text(self, report: Report) -> str:
        """Render a report as text; what becomes a PNG or a PDF as SVG."""
        from archcalc.render import render

        chosen = self.chosen
        report = self._shortened(report)
        names = ("standalone", "plain", "stack")
        options: dict[str, Any] = {name: True for name in names if getattr(self, name)}
        if chosen in MADE_OF_SVG:
            return render(report, "svg", **options)
        if chosen == "terminal":
            color = self.output is None and colored()
            options = {"width": columns(), "color": color, **options}
        return render(report, chosen, **options)

    def deliver(self, text: str) -> None:
        """Write a text to stdout or to a file, as a picture if that is the format."""
        if self.chosen in MADE_OF_SVG:
            write_picture(text, self.chosen, self.output)
        else:
            write(text, self.output)

    def bears(self) -> tuple[object, ...]:
        """Return what the text of a report depends on beside the report."""
        shape = self.standalone, self.plain, self.notes, self.max_rows, self.stack
        color = self.output is None and colored()
        return self.chosen, *shape, columns(), color

    def _shortened(self, report: Report) -> Report:
        """Return a report with no more than what was asked for."""
        if self.notes and self.max_rows is None:
            return report
        from archcalc.reports.shortening import at_most, without_notes

        report = report if self.notes else without_notes(report)
        return report if self.max_rows is None else at_most(report, self.max_rows)

    @property
    def chosen(self) -> str:
        """The format by its name, or by the ending of the file."""
        chosen = format_of(self.format, self.output, {**FORMATS, **MADE_OF_SVG})
        needs_file(chosen, self.output)
        return chosen


@dataclass(frozen=True)
class RenderingOrDrawing(Rendering):
    """The same for a report that knows the structure of a network: it can be drawn."""

    format: FormatOrDrawing = None
    drawable: ClassVar[bool] = True
