"""Small files of weights, made by hand: every byte as the formats describe it."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from archcalc.readers.weights.dtypes import GGML, SAFETENSORS

Entry = tuple[str, str, tuple[int, ...]]
"""A tensor by its name, format and sizes, the last axis innermost."""
NUMBERS = {dtype.name: number for number, dtype in GGML.items()}


def size(values: Iterable[int]) -> int:
    found = 1
    for value in values:
        found *= value
    return found


def header(tensors: Iterable[Entry], said: Mapping[str, Any] | None = None) -> bytes:
    """Return the header of a safetensors file with its length, and no values."""
    entries: dict[str, Any] = {"__metadata__": dict(said)} if said else {}
    at = 0
    for name, dtype, shape in tensors:
        end = at + SAFETENSORS[dtype].bytes(size(shape))
        entries[name] = {
            "dtype": dtype,
            "shape": list(shape),
            "data_offsets": [at, end],
        }
        at = end
    text = json.dumps(entries).encode()
    return struct.pack("<Q", len(text)) + text


def safetensors(
    tensors: Iterable[Entry], said: Mapping[str, Any] | None = None
) -> bytes:
    """Return a whole safetensors file, its values zero."""
    tensors = list(tensors)
    held = sum(SAFETENSORS[d].bytes(size(shape)) for _, d, shape in tensors)
    return header(tensors, said) + bytes(held)


def sparse(path: Path, tensors: Iterable[Entry]) -> Path:
    """Write a safetensors file whose values take no room on the disk."""
    tensors = list(tensors)
    head = header(tensors)
    held = sum(SAFETENSORS[d].bytes(size(shape)) for _, d, shape in tensors)
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + held)
    return path


def text(value: str, order: str = "<") -> bytes:
    """Return a text as GGUF writes it."""
    data = value.encode()
    return struct.pack(f"{order}Q", len(data)) + data


def pair(key: str, kind: int, value: bytes, order: str = "<") -> bytes:
    """Return a key, the kind of its value, and the value."""
    return text(key, order) + struct.pack(f"{order}I", kind) + value


def gguf(
    tensors: Iterable[Entry],
    pairs: Iterable[bytes] = (),
    *,
    version: int = 3,
    order: str = "<",
    alignment: int = 32,
) -> bytes:
    """Return a whole GGUF file, its values zero; dimensions run backwards."""
    tensors, pairs = list(tensors), list(pairs)
    counts = struct.pack(f"{order}IQQ", version, len(tensors), len(pairs))
    out, at = b"GGUF" + counts + b"".join(pairs), 0
    for name, dtype, shape in tensors:
        sizes = b"".join(struct.pack(f"{order}Q", n) for n in reversed(shape))
        out += text(name, order) + struct.pack(f"{order}I", len(shape)) + sizes
        out += struct.pack(f"{order}IQ", NUMBERS[dtype], at)
        held = GGML[NUMBERS[dtype]].bytes(size(shape))
        at += -(-held // alignment) * alignment
    return out + bytes(-len(out) % alignment) + bytes(at)


BLOCK: tuple[Entry, ...] = (
    ("attn_q.weight", "Q4_K", (256, 512)),
    ("attn_q.bias", "F32", (256,)),
    ("attn_norm.weight", "F32", (256,)),
)


def small_gguf(blocks: int = 3) -> bytes:
    """Return a model of a few equal blocks, with a name and a list of texts."""
    tensors: list[Entry] = [("token_embd.weight", "Q6_K", (100, 256))]
    for at in range(blocks):
        tensors += [(f"blk.{at}.{n}", d, s) for n, d, s in BLOCK]
    words = struct.pack("<IQ", 8, 3) + text("a") + text("bc") + text("")
    pairs = [
        pair("general.architecture", 8, text("llama")),
        pair("tokenizer.ggml.tokens", 9, words),
        pair("llama.block_count", 4, struct.pack("<I", blocks)),
    ]
    return gguf(tensors, pairs)


PLAIN: tuple[Entry, ...] = (
    ("stem.weight", "F32", (8, 3, 3, 3)),
    ("stem.bias", "F32", (8,)),
    *(
        (f"layers.{at}.{name}", dtype, shape)
        for at in range(4)
        for name, dtype, shape in (
            ("fc.weight", "BF16", (16, 8)),
            ("fc.bias", "BF16", (16,)),
            ("norm.weight", "F32", (16,)),
        )
    ),
    ("head.weight", "F8_E4M3", (10, 16)),
    ("seen", "I64", ()),
)
"""31 names in 4 formats: stem 224, each block 144 + 16, head 160, a counter."""
