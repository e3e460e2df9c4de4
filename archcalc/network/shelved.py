"""What the list says of each shipped network: written down, or computed.

`archcalc/shelf.json` has what was computed for each spec, with a digest of the spec's
bytes; `python tests/tools/shelf.py` writes it, and a test compares it. A spec of other
bytes is computed, so that the list never depends on the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archcalc.language.library import shipped
from archcalc.records import NamedTuple
from archcalc.source.digests import digest

if TYPE_CHECKING:
    from archcalc.network.network import Network

FILE = Path(__file__).parent.parent / "shelf.json"


class Shelved(NamedTuple):
    """A network or a variant as the list has it.

    `named` says whether a variant has a name of its own, and is listed without being
    asked for.
    """

    name: str
    title: str
    family: str
    task: tuple[str, ...]
    year: int | None
    variant: str | None
    named: bool
    params: int
    active_params: int | None
    macs: int
    depth: int
    input: tuple[int, ...]


def shelved(variants: bool) -> Iterator[Shelved]:
    """Yield every shipped network, and variants where asked or named."""
    written = _written()
    for name, path in shipped().items():
        digest, rows = written.get(name, ("", ()))
        if digest != digest_of(path.read_bytes()):
            rows = computed(name)
        for row in rows:
            one = Shelved._make(tuple(v) if isinstance(v, list) else v for v in row)
            if one.variant is None or variants or one.named:
                yield one


def digest_of(data: bytes) -> str:
    """Return what the file has of a spec's bytes."""
    return digest(data).hex()


def _written() -> dict[str, Any]:
    """Return what the file has by name; nothing where it is not there."""
    if not FILE.is_file():
        return {}
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def networks(variants: bool) -> Iterator[Network]:
    """Yield every shipped network, and variants where asked or named."""
    from archcalc.network.network import Network, load

    for name in shipped():
        network = load(name)
        yield network
        named = network.spec.aliases.values()
        for variant in network.variants:
            if variants or variant in named:
                yield Network(network.spec, variant)


def family_of(network: Network) -> str:
    """Return the family that a network is listed under."""
    return network.spec.about.family or "other"


def computed(name: str) -> list[Shelved]:
    """Return a shipped network and all its variants."""
    from archcalc.network.network import Network, load

    base = load(name)
    own = [Network(base.spec, variant) for variant in base.variants]
    return [_of(network) for network in (base, *own)]


def _of(network: Network) -> Shelved:
    from archcalc.graph.paths import depth

    analysis, about = network.analyze(), network.spec.about
    total, graph = analysis.total, analysis.graph
    figures: Any = (
        total.params,
        total.active_params if total.idle != 0 else None,
        total.macs,
        depth(graph),
        graph.nodes[graph.inputs[0]].shape,
    )
    return Shelved(
        network.name,
        network.title,
        family_of(network),
        about.task,
        about.paper.year if about.paper else None,
        network.variant,
        network.variant in network.spec.aliases.values(),
        *figures,
    )
