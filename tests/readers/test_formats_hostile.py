"""Files that lie, of the formats of weights, configs and texts: one message, in time."""

from __future__ import annotations

import json
import os
import resource
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from effort import unit
from file_mutants import CONFIGS
from weight_files import PLAIN, gguf, header, pair, safetensors, small_gguf, text

import archcalc
from archcalc.errors import ArchcalcError
from archcalc.readers import read_source
from archcalc.readers.weights.record import WeightsAlone

UNITS, MEGABYTES = 400, 200
"""What a file may take: times the work on ResNet-152, and memory."""


def headed(body: bytes | str, values: int = 0, length: int | None = None) -> bytes:
    """Return a safetensors file with any header, and a length that may lie."""
    data = body.encode() if isinstance(body, str) else body
    size = len(data) if length is None else length
    return struct.pack("<Q", size) + data + bytes(values)


def entry(**changes: Any) -> bytes:
    """Return a file of one tensor of 4 bytes, some of its fields changed."""
    whole = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4], **changes}
    given = {name: value for name, value in whole.items() if value is not None}
    return headed(json.dumps({"a": given}), 4)


def many(count: int) -> bytes:
    """Return empty tensors, more than are read."""
    one = '"{}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'
    return headed("{" + ",".join(one.format(at) for at in range(count)) + "}")


def counts(tensors: int, pairs: int, version: int = 3) -> bytes:
    """Return the beginning of a GGUF file."""
    return b"GGUF" + struct.pack("<IQQ", version, tensors, pairs)


def listed(depth: int) -> bytes:
    """Return a pair whose value is lists in lists."""
    inner = struct.pack("<IQ", 9, 1) * depth + struct.pack("<IQ", 4, 0)
    return counts(0, 1) + text("a") + struct.pack("<I", 9) + inner


def one_tensor(
    name: str = "a", axes: int = 1, size: int = 4, kind: int = 0, place: int = 0
) -> bytes:
    """Return a GGUF file of one tensor, whose numbers may lie."""
    info = text(name) + struct.pack("<I", axes) + struct.pack("<Q", size) * min(axes, 4)
    data = counts(1, 0) + info + struct.pack("<IQ", kind, place)
    return data + bytes(-len(data) % 32 + 16)


def config(**changes: Any) -> bytes:
    """Return the config of a small Llama with some fields changed."""
    return json.dumps({**CONFIGS[0], **changes}).encode()


REFUSED: dict[str, tuple[str, Callable[[], bytes], str]] = {
    # safetensors
    "empty": ("safetensors", lambda: b"", "the file has 0 bytes"),
    "a length of 2^63": ("safetensors", lambda: b"\xff" * 16, "follow at byte 8"),
    "no JSON": ("safetensors", lambda: headed("{]"), "is no JSON at byte 9"),
    "a list": ("safetensors", lambda: headed("[]"), "begins with `{` at byte 8"),
    "no UTF-8": ("safetensors", lambda: headed(b'{"\xff'), "is not UTF-8 at byte 10"),
    "half": ("safetensors", lambda: safetensors(PLAIN)[:300], "cut short"),
    "no values": ("safetensors", lambda: header(PLAIN), "the file holds 0"),
    "one byte less": ("safetensors", lambda: safetensors(PLAIN)[:-1], "the file holds"),
    "one byte more": ("safetensors", lambda: safetensors(PLAIN) + b"x", "file holds"),
    "nested": ("safetensors", lambda: headed('{"a":' * 9**5), "nested too deep"),
    "a long number": (
        "safetensors",
        lambda: headed('{"a":{"shape":[' + "9" * 10_000 + "]}}"),
        "is no size",
    ),
    "a negative size": ("safetensors", lambda: entry(shape=[-1]), "-1 is no size"),
    "half a value": ("safetensors", lambda: entry(shape=[0.5]), "no whole number"),
    "NaN": ("safetensors", lambda: headed('{"a":NaN}'), "NaN is no whole number"),
    "a name twice": (
        "safetensors",
        lambda: headed('{"a":{},"a":{}}'),
        "names `a` twice",
    ),
    "a dtype": ("safetensors", lambda: entry(dtype="F33"), "did you mean F32"),
    "no dtype": ("safetensors", lambda: entry(dtype=None), "needs data_offsets, dtype"),
    "more": ("safetensors", lambda: entry(more=1), "and no more"),
    "true as a size": ("safetensors", lambda: entry(shape=[True]), "list of up to"),
    "17 axes": ("safetensors", lambda: entry(shape=[1] * 17), "up to 16 sizes"),
    "places": ("safetensors", lambda: entry(data_offsets=[4, 0]), "it is given -4"),
    "one place": ("safetensors", lambda: entry(data_offsets=[0]), "two places"),
    "a gap": ("safetensors", lambda: entry(data_offsets=[1, 5]), "begins at 1, not"),
    "beyond all": (
        "safetensors",
        lambda: entry(shape=[2**62, 2**62, 2**62]),
        "fill no bytes",
    ),
    "half a byte": (
        "safetensors",
        lambda: entry(dtype="F4", shape=[3], data_offsets=[0, 1]),
        "3 values of F4 fill no bytes",
    ),
    "a long name": (
        "safetensors",
        lambda: safetensors([("a" * 900, "U8", (1,))]),
        "900 characters",
    ),
    "metadata": (
        "safetensors",
        lambda: headed('{"__metadata__": {"a": 1}}'),
        "holds texts",
    ),
    "many tensors": ("safetensors", lambda: many(90_000), "file_bytes"),
    # GGUF
    "gguf empty": ("gguf", lambda: b"", "does not begin with `GGUF`"),
    "gguf zip": ("gguf", lambda: b"PK\x03\x04" * 9, "does not begin with `GGUF`"),
    "version 1": ("gguf", lambda: counts(0, 0, 1), "version 1; versions 2 and 3"),
    "version 9": ("gguf", lambda: counts(0, 0, 9), "version 9; versions 2 and 3"),
    "2^60 tensors": ("gguf", lambda: counts(2**60, 0), "tensors are more than"),
    "2^60 pairs": ("gguf", lambda: counts(0, 2**60), "are more than"),
    "gguf half": ("gguf", lambda: small_gguf()[:90], "are left at byte"),
    "gguf cut": ("gguf", lambda: small_gguf()[:-9], "cut short"),
    "a text of 2^60": (
        "gguf",
        lambda: counts(0, 1) + struct.pack("<Q", 2**60),
        "bytes are needed",
    ),
    "2^60 numbers": (
        "gguf",
        lambda: counts(0, 1) + text("a") + struct.pack("<IIQ", 9, 4, 2**60),
        "bytes are needed",
    ),
    "2^60 texts": (
        "gguf",
        lambda: counts(0, 1) + text("a") + struct.pack("<IIQ", 9, 8, 2**60),
        "lists hold more than",
    ),
    "texts beyond the end": (
        "gguf",
        lambda: counts(0, 1) + text("a") + struct.pack("<IIQQ", 9, 8, 2, 2**63),
        "beyond the end of the file",
    ),
    "a kind": (
        "gguf",
        lambda: counts(0, 1) + text("a") + struct.pack("<I", 77),
        "no kind of value 77",
    ),
    "lists in lists": ("gguf", lambda: listed(50), "nested more than 4 deep"),
    "no name": ("gguf", lambda: one_tensor(""), "a name has 1 to"),
    "a long gguf name": ("gguf", lambda: one_tensor("a" * 600), "a name has 1 to"),
    "five axes": ("gguf", lambda: one_tensor(axes=5), "has 5 axes"),
    "no values in it": ("gguf", lambda: one_tensor(size=0), "that no tensor has"),
    "2^63 values": ("gguf", lambda: one_tensor(axes=2, size=2**40), "no tensor has"),
    "a type": ("gguf", lambda: one_tensor(kind=99), "has ggml's type 99 at byte"),
    "a type of old": ("gguf", lambda: one_tensor(kind=31), "Q4_0_4_4, which is no"),
    "half a block": ("gguf", lambda: one_tensor(kind=12), "fill no blocks of 256"),
    "a value in blocks": (
        "gguf",
        lambda: one_tensor(axes=0, kind=12),
        "rows of 1 values",
    ),
    "a place": ("gguf", lambda: one_tensor(place=3), "no multiple of 32"),
    "far away": ("gguf", lambda: one_tensor(place=2**50), "cut short"),
    "the same name": (
        "gguf",
        lambda: gguf([("a", "F32", (8,)), ("a", "F32", (8,))]),
        "have the same name",
    ),
    "an alignment": (
        "gguf",
        lambda: gguf([], [pair("general.alignment", 4, struct.pack("<I", 24))]),
        "not a power of two",
    ),
    # config.json and the index
    "no such family": (
        "json",
        lambda: b'{"model_type": "lama"}',
        "1:16: error[AC592]: the shelf has no spec for the model type 'lama'",
    ),
    "another head": (
        "json",
        lambda: config(architectures=["LlamaForTokenClassification"]),
        "the shipped spec is that of LlamaForCausalLM",
    ),
    "no width": ("json", lambda: config(hidden_size=None), "`hidden_size` is needed"),
    "a text as width": (
        "json",
        lambda: config(hidden_size="64"),
        '`hidden_size` is a whole number, not "64"',
    ),
    "a huge width": (
        "json",
        lambda: config(hidden_size=2**62, num_attention_heads=1),
        "is a size from 1 to",
    ),
    "many layers": (
        "json",
        lambda: config(num_hidden_layers=10**6),
        "`num_hidden_layers` is a size from 1 to 1000",
    ),
    "heads that do not divide": (
        "json",
        lambda: config(num_attention_heads=7),
        "7 heads do not divide `hidden_size` 64",
    ),
    "another head size": (
        "json",
        lambda: config(head_dim=128),
        "the shipped spec has `head_dim` 16 alone",
    ),
    "another activation": (
        "json",
        lambda: config(hidden_act="gelu"),
        "the shipped spec has `hidden_act` 'silu' alone",
    ),
    "two texts": ("json", lambda: b'{"model_type": ["llama"]}', "describes no network"),
    # prototxt and cfg
    "braces": ("prototxt", lambda: b"a {" * 9**5, "nested more than 16 deep"),
    "a text without end": ("prototxt", lambda: b'name: "' + b"a" * 9**5, "no meaning"),
    "zero bytes": ("prototxt", lambda: bytes(999), "has no meaning here"),
    "zeros": ("cfg", lambda: bytes(999), "`[section]` or `key=value`"),
    "many keys": ("cfg", lambda: b"[net]\n" + b"a=1\n" * 250_000, "lines"),
    "a long number in cfg": (
        "cfg",
        lambda: b"[net]\nwidth=" + b"9" * 6_000,
        "width is a whole number",
    ),
    "huge sizes": (
        "cfg",
        lambda: b"[net]\nwidth=9999999999999999999999\nheight=1\nchannels=1\n[conv]\n",
        "AC",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_one_message_says_what_is_wrong(name: str, tmp_path: Path) -> None:
    ending, make, said = REFUSED[name]
    path = tmp_path / f"net.{ending}"
    path.write_bytes(make())
    begun = time.process_time()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ArchcalcError) as caught:
        archcalc.load(path).analyze()
    assert not isinstance(caught.value, WeightsAlone)
    told = str(caught.value)
    assert said in told
    assert told.count("error[") == 1
    assert f"net.{ending}" in told
    assert time.process_time() - begun < UNITS * unit()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < MEGABYTES * 1024


def test_names_of_a_file_are_shown_safely(tmp_path: Path) -> None:
    """Neither a message nor a table writes what a terminal would obey."""
    path = tmp_path / "a.safetensors"
    path.write_bytes(safetensors([("\x1b[2J::error", "U8", (1,)), ("a", "U8", (1,))]))
    shown = str(archcalc.table(path))
    assert "\x1b" not in shown
    assert "\\u001B[2J" in shown
    path.write_bytes(headed('{"\\u001b[2J": {}}'))
    with pytest.raises(ArchcalcError) as caught:
        archcalc.load(path)
    assert "\x1b" not in str(caught.value)


def test_names_of_many_parts_cost_little(tmp_path: Path) -> None:
    """Blocks in blocks in blocks: the outline is not quadratic."""
    names = [f"{'.'.join(['0'] * (at % 30 + 1))}.{at}.w" for at in range(3_000)]
    path = tmp_path / "a.safetensors"
    path.write_bytes(safetensors([(name, "U8", (1,)) for name in names]))
    begun = time.process_time()
    report = archcalc.table(path, fold=True)
    assert sum(row["params"] for row in report.rows()) == 3_000
    assert time.process_time() - begun < UNITS * unit()


@pytest.mark.parametrize("kind", ["fifo", "folder", "link"])
def test_only_regular_files_are_read(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(path)
    with pytest.raises(ArchcalcError, match="AC101"):
        read_source(path)
    with pytest.raises(ArchcalcError, match="AC101"):
        read_source(tmp_path / "*.safetensors")
