"""What the page begins from: shipped networks, layers, the starter, the schema."""

from __future__ import annotations

from inspect import getdoc
from typing import Any

from archcalc.checks.starter import starter
from archcalc.errors import unknown
from archcalc.language.library import find, shipped
from archcalc.language.schema import language_schema
from archcalc.language.steps import USERS
from archcalc.layers import CATALOGUE
from archcalc.network.network import Network
from archcalc.network.shelved import family_of, networks
from archcalc.playground.asked import Asked
from archcalc.playground.examples import example_spec


def shelf(asked: Asked) -> dict[str, Any]:
    """Return every shipped network, an example of each kind of layer, the starter."""
    return {
        "networks": [_network(network) for network in networks(False)],
        "layers": [_layer(key) for key in sorted(USERS) if CATALOGUE[key].examples],
        "starter": _starter("my-net"),
    }


def _starter(name: str) -> str:
    """Return what `archcalc new` writes, for a page where it is edited at once.

    The schema's address and the figures that are still to be filled in are left out.
    """
    lines = starter(name, "").splitlines(keepends=True)[1:]
    return "".join(line for line in lines if ": ~}" not in line)


def _layer(key: str) -> dict[str, Any]:
    """Return a kind of layer with a spec that is its first example."""
    kind = CATALOGUE[key]
    says = " ".join((getdoc(kind) or "").partition("\n\n")[0].split())
    return {"key": key, "title": says, "text": example_spec(kind, kind.examples[0])}


def _network(network: Network) -> dict[str, Any]:
    about = network.spec.about
    return {
        "name": network.name,
        "title": network.title,
        "family": family_of(network),
        "task": list(about.task),
        "year": about.paper.year if about.paper else None,
        "variants": list(network.variants),
        "names": dict(network.spec.aliases),
    }


def source(asked: Asked) -> dict[str, Any]:
    """Return the text of a shipped network; raise `UsageError` AC501 for another name.

    The name may be of a variant: `resnet50:v1.5` is the file of resnet50.
    """
    name = asked.of("net", str)
    path, variant = find(name)
    known = {place.stem: place for place in shipped().values()}
    stem = path.replace("\\", "/").rpartition("/")[2].partition(".yaml")[0]
    if stem not in known or not name.startswith(tuple("abcdefghijklmnopqrstuvwxyz")):
        raise unknown("AC501", "shipped network", name, known)
    text = known[stem].read_text(encoding="utf-8")
    return {"name": f"{stem}.yaml", "text": text, "variant": variant}


def schema(asked: Asked) -> dict[str, Any]:
    """Return the JSON Schema of the language."""
    return language_schema()
