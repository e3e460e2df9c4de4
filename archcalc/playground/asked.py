"""What a request says: an action, a spec as text, settings; and its network."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from archcalc.errors import UsageError, unknown
from archcalc.language.library import names
from archcalc.limits import Limits
from archcalc.network.analysis import Analysis
from archcalc.network.input_sizes import read_inputs
from archcalc.network.named_figures import Others
from archcalc.network.network import Network, load, network
from archcalc.records import dataclass, field
from archcalc.source.parser import parse

LIMITS = Limits(
    file_bytes=2**20,
    lines=20_000,
    values=60_000,
    nodes=20_000,
    name_chars=2_000_000,
    checked_nodes=20_000,
    formula_products=100_000,
)
"""Limits of the page: far above every shipped network, and far below a full tab."""
LONGEST = 24 * 2**20
"""Characters of a request: a file of the largest size that is read, in base64."""
NAME = "net.yaml"
"""What a text is called that comes without a name."""
TEXTS = ("input", "convention", "dtype", "variant")
"""Settings that are texts."""
TYPES = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "a mapping",
}
"""What JSON's types are called in messages."""
KEPT = 4
"""Networks that are kept, so that the actions for one text read it once."""


@dataclass(frozen=True)
class Asked:
    """One request that was read: its values by name, each of the right type."""

    values: Mapping[str, Any]
    text: str = ""
    name: str = NAME
    settings: Mapping[str, Any] = field(default_factory=dict)

    def of(self, key: str, kind: type, usual: Any = None) -> Any:
        """Return a value of the request, or the usual one where it has none.

        Raises `UsageError` AC508 for a value of another type, and where there is none.
        """
        value = self.values.get(key, usual)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise not_a(key, kind)
        return value

    @property
    def network(self) -> Network:
        """The network in the text, with the settings. Raises what `load` raises."""
        return self._read[0]

    @property
    def analysis(self) -> Analysis:
        """Every figure of the network under the settings."""
        return self._read[1]

    @property
    def _read(self) -> tuple[Network, Analysis]:
        given = self.settings
        texts = {key: given[key] for key in TEXTS if given.get(key)}
        for key, value in texts.items():
            if not isinstance(value, str):
                raise not_a(f"settings.{key}", str)
        batch = given.get("batch", 1)
        if not isinstance(batch, int):
            raise not_a("settings.batch", int)
        return _analyzed(
            self.text,
            self.name,
            tuple(self.params.items()),
            texts.get("input"),
            batch,
            texts.get("dtype", "float32"),
            texts.get("convention", "macs"),
            texts.get("variant"),
        )

    @property
    def params(self) -> dict[str, str]:
        """The params that are set, as the command line has them."""
        found = self.settings.get("set", {})
        if not isinstance(found, dict):
            raise not_a("settings.set", dict)
        return {str(key): str(value) for key, value in found.items()}


def read(values: Mapping[str, Any]) -> Asked:
    """Return a request whose common parts have the right types."""
    text, name = values.get("text", ""), values.get("name") or NAME
    settings = values.get("settings") or {}
    if not isinstance(text, str) or not isinstance(name, str):
        raise not_a("text and name", str)
    if not isinstance(settings, dict):
        raise not_a("settings", dict)
    return Asked(values, text, name, settings)


def not_a(key: str, kind: type) -> UsageError:
    """Return the error of a value that is missing or has another type."""
    return UsageError.of("AC508", f"the request needs {key}: {TYPES[kind]}")


def shipped_alone() -> Others:
    """Return the other networks that a spec may name in `expect`: shipped ones.

    A name may be a path elsewhere; here no text makes the engine read a file.
    """
    return Others(_shipped)


def _shipped(name: str) -> Network:
    if name.partition(":")[0] not in names():
        raise unknown("AC501", "shipped network", name, names())
    return load(name)


@lru_cache(KEPT)
def _analyzed(
    text: str,
    name: str,
    params: tuple[tuple[str, str], ...],
    input: str | None,
    batch: int,
    dtype: str,
    convention: str,
    variant: str | None,
) -> tuple[Network, Analysis]:
    sizes = read_inputs(input.split()) if input else None
    source = parse(text, name, LIMITS)
    found = network(source, variant, dict(params), sizes, LIMITS)
    return found, found.analyze(batch=batch, dtype=dtype, convention=convention)
