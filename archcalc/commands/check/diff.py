"""`archcalc diff`: what changed from one network to another."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from archcalc.commands.completion import complete_networks
from archcalc.commands.declared import Argument, Option
from archcalc.commands.loading import Loading, limits_from
from archcalc.commands.options import Batch, Dtype, Format, Level, Output, Rendering
from archcalc.commands.output import write
from archcalc.errors import ArchcalcError, UsageError
from archcalc.records import replace

if TYPE_CHECKING:
    from archcalc.limits import Limits
    from archcalc.network.network import Network
    from archcalc.reports.cells import Note
    from archcalc.reports.change_conditions import Condition
    from archcalc.reports.diff import Difference, Side


Nets = Annotated[
    list[str],
    Argument(
        metavar="OLD [NEW]",
        help="Two networks, each a shipped name, a YAML or ONNX file, or a PyTorch "
        "module (mine.py:Net); one file with --git or --textconv.",
        autocompletion=complete_networks,
        show_default=False,
    ),
]
Revision = Annotated[
    str | None,
    Option("--git", metavar="REV", help="Compare a file with its version in REV."),
]
FailIf = Annotated[
    list[str] | None,
    Option(
        "--fail-if",
        metavar="CONDITION",
        help='End with exit code 1 if this holds: "macs > +2%"; repeatable.',
    ),
]
Everything = Annotated[
    bool,
    Option("--all", help="Also list layers of which only the figures changed."),
]
Peaks = Annotated[
    bool,
    Option("--memory", help="Also show the peaks of memory, which take longer."),
]
Textconv = Annotated[
    bool,
    Option(
        "--textconv",
        rare=True,
        help="Print one file as text that git diff can compare.",
    ),
]


def diff(
    nets: Nets,
    git: Revision = None,
    fail_if: FailIf = None,
    level: Level = "layers",
    everything: Everything = False,
    memory: Peaks = False,
    batch: Batch = 1,
    dtype: Dtype = "float32",
    textconv: Textconv = False,
    format: Format = None,
    output: Output = None,
    *,
    loading: Loading,
) -> None:
    """Show what changed between two networks, or since a git revision.

    $ archcalc diff vgg16 vgg19
    $ archcalc diff nets/my-net.yaml --git main --fail-if "macs > +2%"
    """
    from archcalc.reports.change_conditions import peaks_asked, read_condition
    from archcalc.reports.diff import Difference, diff_report

    if textconv:
        write(_as_text(nets[0], limits_from(loading.limit)))
        return
    rendering = Rendering(format, output)
    conditions = [read_condition(condition) for condition in fail_if or ()]
    old, new = [
        _side(network, name, level, batch, dtype)
        for network, name in _chosen(nets, git, loading)
    ]
    peaks = peaks_asked(conditions, memory)
    difference = Difference(old, new, peaks=peaks)
    report = diff_report(difference, everything)
    counted = tuple(_counted_before(difference))
    rendering.emit(replace(report, notes=(*report.notes, *counted)))
    if _fails(conditions, difference):
        raise SystemExit(1)


def _counted_before(difference: Difference) -> Iterator[Note]:
    """Yield how networks that are locked were counted when the lock was written."""
    from archcalc.checks.lock import counted_before, lock_path
    from archcalc.checks.project import find_project
    from archcalc.reports.cells import Note

    path = lock_path(None, find_project())
    for side in (difference.old, difference.new):
        file = side.name.partition("@")[0]
        for sentence in counted_before(path, file, side.network):
            yield Note(f"{path.name} has {file} by an older counting: {sentence}.")


def _fails(conditions: list[Condition], difference: Difference) -> bool:
    """Say whether a condition is met, and tell which."""
    from archcalc.render.numbers import text

    met = [condition for condition in conditions if condition.met(difference)]
    for one in met:
        found = text(one.change(difference), "growth" if one.relative else "change")
        print(f"fails: {one.text.strip()} (it is {found})", file=sys.stderr)
    return bool(met)


def _chosen(
    nets: list[str], git: str | None, loading: Loading
) -> list[tuple[Network, str]]:
    """Return the old and the new network, each with what it is called."""
    from archcalc.api.given import older
    from archcalc.readers import object_named

    if git is None:
        if len(nets) != 2:
            raise UsageError.of("AC572", "diff needs two networks, or --git REV")
        return list(zip(loading.load_all(nets), nets, strict=True))
    if len(nets) != 1:
        raise UsageError.of("AC572", "--git compares one file with its older version")
    if object_named(nets[0], loading.python) is not None:
        message = f"--git compares a file, and {nets[0]} is a Python object"
        help = f"archcalc import {nets[0]} -o net.yaml"
        raise UsageError.of("AC572", message, help=help)
    new = loading.load(nets[0])
    old = older(nets[0], git, new.settings, new.input, new.limits)
    return [(old, f"{nets[0]}@{git}"), (new, nets[0])]


def _side(network: Network, name: str, level: str, batch: int, dtype: str) -> Side:
    from archcalc.reports.diff import Side

    analysis = network.analyze(batch=batch, dtype=dtype)
    return Side(network, analysis, level, name)  # type: ignore[arg-type]  # outline checks the level


def _as_text(path: str, limits: Limits) -> str:
    """Return a network layer by layer, or the text of a file that is none."""
    from archcalc.network.network import load
    from archcalc.render import render
    from archcalc.reports.table import table_report

    try:
        network = load(path, limits=limits)
        report = table_report(network, network.analyze())
    except ArchcalcError:
        with open(path, encoding="utf-8", errors="backslashreplace") as file:
            return file.read()
    return render(report, "terminal", width=None, color=False)
