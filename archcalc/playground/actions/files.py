"""Files that come to the page: a spec as it is, a model in another format as YAML."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error
from typing import Any

from archcalc.errors import UsageError, clean
from archcalc.network.network import network
from archcalc.network.uncounted import listed, uncounted
from archcalc.playground.asked import LIMITS, Asked
from archcalc.readers import ending, source_of
from archcalc.records import replace

MODEL_BYTES = 16 * 2**20
"""Bytes of a model's file. Weights in it are skipped, but they come with it."""


def read(asked: Asked) -> dict[str, Any]:
    """Return the spec in the `bytes` (base64) of a `file` with this name."""
    name, data = asked.of("file", str), _bytes(asked.of("bytes", str))
    limits = replace(LIMITS, file_bytes=MODEL_BYTES)
    source = source_of(data, name, clean(name), limits)
    made = network(source, limits=LIMITS)
    stem = name.removesuffix(ending(name)) if ending(name) else name
    left = uncounted(made.graph)
    notes = [f"no rule counts {listed(left)}"] if left else []
    return {"name": f"{stem}.yaml", "text": source.text, "notes": notes}


def _bytes(given: str) -> bytes:
    try:
        data = b64decode(given, validate=True)
    except (Error, ValueError):
        raise UsageError.of("AC508", "`bytes` is base64") from None
    if len(data) > MODEL_BYTES:
        what = "the file is larger than the page reads"
        raise LIMITS.exceeded("file_bytes", what, found=len(data))
    return data
