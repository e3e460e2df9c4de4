"""`archcalc verify`: the same network in torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from archcalc.commands.check.check import FindingsFormat, FindingsOutput
from archcalc.commands.declared import Option
from archcalc.commands.loading import Loading
from archcalc.commands.options import Batch, NetworkName
from archcalc.commands.output import colored, write
from archcalc.errors import UsageError

if TYPE_CHECKING:
    from archcalc.network.network import Network

Against = Annotated[
    str | None,
    Option(
        "--against",
        metavar="MODEL",
        help="Compare with this model layer by layer: a PyTorch module "
        "(mine.py:Net), an ONNX file, or another network.",
    ),
]
TEXTS = ("full", "concise")


def verify(
    net: NetworkName,
    batch: Batch = 1,
    against: Against = None,
    format: FindingsFormat = None,
    output: FindingsOutput = None,
    *,
    loading: Loading,
) -> None:
    """Compare a network with its build in torch, or with a model.

    Without --against it needs torch. Exit code 1 if something differs.

    $ archcalc verify resnet50
    $ archcalc verify my-net.yaml --against mine.py:Net
    """
    if against is not None:
        _compare(loading, net, against, format or "full", output)
        return
    if format is not None or output is not None:
        message = "verify has --format and --output with --against only"
        raise UsageError.of("AC531", message, help="archcalc verify NET --against NET")
    from archcalc.network.torch_network import verify as verify_network
    from archcalc.render.paint import verdict

    result = verify_network(loading.load(net), batch=batch)
    write(verdict(result.show(), result.ok, colored()))
    if not result.ok:
        raise SystemExit(1)


def _compare(
    loading: Loading, net: str, against: str, format: str, output: Path | None
) -> None:
    """Compare a network with a model; print the places that differ, and a verdict."""
    from archcalc.checks.against.findings import held_against
    from archcalc.render.findings import known_format, render_findings
    from archcalc.render.paint import colored_problems, painter, verdict

    known_format(format)
    ours, theirs = _both(loading, net, against)
    found = held_against(ours, theirs)
    if format in TEXTS:
        paints = output is None and colored()
        lines = [finding.show() for finding in found.checked.findings]
        text = colored_problems("\n\n".join(lines), painter(paints))
        said = verdict(found.verdict(), found.ok, paints)
        write(f"{text}\n\n{said}" if text else said, output)
    else:
        write(render_findings([found.checked], format), output)
    if not found.ok:
        raise SystemExit(1)


def _both(loading: Loading, net: str, against: str) -> tuple[Network, Network]:
    """Load both; a module gets the input of the network, unless one is given."""
    from dataclasses import replace

    from archcalc.readers import object_named

    if object_named(against, loading.python) is None:
        ours, theirs = loading.load_all([net, against])
        return ours, theirs
    own = replace(loading, python=False, arguments=None)
    ours = own.load(net)
    given = loading.input
    if given is None and len(ours.graph.inputs) == 1:
        given = ["x".join(map(str, ours.graph.nodes[0].shape))]
    theirs = replace(loading, input=given, settings=None, freeze=None).load(against)
    return ours, theirs
