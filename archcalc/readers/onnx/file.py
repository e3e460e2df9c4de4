"""One ONNX file as a model: its bytes are read in place, nothing is run."""

from __future__ import annotations

from mmap import mmap

from archcalc.limits import Limits, counting
from archcalc.readers.model import Model, named_after
from archcalc.readers.onnx.rules import RULES
from archcalc.readers.onnx.trace import OPSETS, Trace
from archcalc.wire.messages import File, Reader
from archcalc.wire.reading import Wire


def read_onnx(data: mmap | bytes, name: str, limits: Limits) -> Model:
    """Return the network in the bytes of an ONNX file; `name` is its path.

    Weights are never looked at, and no file of external data is opened. Raises
    `SourceError` AC592 where it is not ONNX that can be read.
    """
    wire = Wire(data, name)
    if not data:
        raise wire.wrong("the file is empty")
    file = Reader(wire).file()
    _check(file, wire)
    assert file.graph is not None
    model = Model(named_after(name))
    with counting(limits):
        Trace(file, wire, model, RULES).whole(file.graph)
    if not model.outputs:
        raise wire.wrong("no output depends on an input")
    return model


def _check(file: File, wire: Wire) -> None:
    """Refuse what is no model, or of a version that is not known."""
    if file.graph is None or not file.graph.nodes:
        raise wire.wrong("it holds no graph")
    version = file.opsets.get("")
    if version is None and not file.opsets:
        raise wire.wrong("it does not state its opset")
    if version is not None and version not in OPSETS:
        first, last = OPSETS[0], OPSETS[-1]
        known = f"opsets {first} to {last} are read"
        raise wire.wrong(f"it has opset {version}; {known}")
