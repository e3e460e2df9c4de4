"""Files of other formats with something changed: bytes, words, numbers, lines.

Each format has whole files to begin with. A changed one must give a result or a
message; nothing else, in little time.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable

import described_models as texts
import weight_files as files
from weight_files import Entry

from archcalc.readers.weights.dtypes import GGML, SAFETENSORS

NUMBER = re.compile(rb"-?\d+")
WORD = re.compile(rb"[A-Za-z_][A-Za-z_0-9]*")
ODD = (
    *(b"0", b"-1", b"1", b"2", b"3", b"7", b"65536", b"4294967296", b"9" * 18),
    *(b"9" * 40, b"1e9", b"0.5", b"", b"x", b"null", b'"a"', b"[1, 2]", b"true"),
)
BYTES = (b"\0", b"\xff", b"\x80", b"{", b"}", b"[", b'"', b"\\", b"\n", b":", b"=")
CONFIGS: tuple[dict[str, object], ...] = (
    {
        "model_type": "llama",
        "architectures": ["LlamaForCausalLM"],
        "hidden_size": 64,
        "intermediate_size": 100,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "vocab_size": 99,
        "max_position_embeddings": 32,
        "tie_word_embeddings": True,
    },
    {"model_type": "gpt2", "n_embd": 32, "n_layer": 2, "n_head": 4, "n_inner": 100},
    {"model_type": "mixtral", "hidden_size": 64, "intermediate_size": 96}
    | {"num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 50}
    | {"num_local_experts": 4, "num_experts_per_tok": 1},
    {"model_type": "bert", "hidden_size": 32, "num_attention_heads": 2}
    | {"intermediate_size": 70, "num_hidden_layers": 2, "type_vocab_size": 3},
    {"model_type": "t5", "d_model": 32, "d_kv": 8, "num_layers": 2, "num_heads": 4},
    {"model_type": "vit", "image_size": 64, "patch_size": 16, "num_hidden_layers": 2},
    {"model_type": "swin", "depths": [2, 2, 2, 2], "id2label": {"0": "a", "1": "b"}},
    {"model_type": "segformer", "depths": [1, 1, 1, 1]},
    {"model_type": "convnextv2", "depths": [2, 2, 6, 2]},
    {"model_type": "dinov2", "num_hidden_layers": 2, "image_size": 56},
    {"model_type": "wav2vec2", "num_hidden_layers": 2},
    {"model_type": "whisper", "num_mel_bins": 128},
    {"model_type": "detr", "encoder_layers": 2, "decoder_layers": 2},
    {"model_type": "resnet", "depths": [2, 2, 2, 2], "layer_type": "basic"}
    | {"hidden_sizes": [64, 128, 256, 512]},
    {"model_type": "mamba", "num_hidden_layers": 2, "hidden_size": 64},
    {"metadata": {"total_size": 9}, "weight_map": {"a": "m-00001-of-00002.gguf"}},
)


PREFIXES = ("a.", "b.1.", "b.2.", "", ".", "a.w0.", "b.", "b.1.c.", "b.2.c.", "..")
"""What names of tensors begin with: some stand under others."""


def tensors(draw: random.Random, names: tuple[str, ...]) -> list[Entry]:
    """Return a few random tensors whose rows fill blocks of their formats."""
    found: list[Entry] = []
    for at in range(draw.randint(0, 8)):
        name = draw.choice(names)
        blocks = {d.name: d.block for d in (*SAFETENSORS.values(), *GGML.values())}
        row = blocks[name] * draw.randint(1, 3)
        shape = (*(draw.randint(1, 5) for _ in range(draw.randint(0, 3))), row)
        found.append((draw.choice(PREFIXES) + f"w{at}", name, shape))
    return found


def safetensors(draw: random.Random) -> bytes:
    """Return a whole safetensors file with random tensors."""
    said = {"format": "pt"} if draw.random() < 0.5 else None
    return files.safetensors(tensors(draw, (*SAFETENSORS,)), said)


def gguf(draw: random.Random) -> bytes:
    """Return a whole GGUF file with random tensors, of either order of bytes."""
    if draw.random() < 0.3:
        return files.small_gguf(draw.randint(0, 4))
    names = tuple(dtype.name for dtype in GGML.values())
    order = draw.choice("<<>")
    pairs = [files.pair("general.name", 8, files.text("x", order), order)]
    return files.gguf(tensors(draw, names), pairs, order=order)


def config(draw: random.Random) -> bytes:
    """Return one of some configs."""
    return json.dumps(draw.choice(CONFIGS), indent=1).encode()


CFG = (texts.darknet19, texts.yolov3_tiny, texts.yolov4_tiny, texts.tiny_yolo_v2)
PROTOTXT = (texts.alexnet, texts.vgg16, texts.squeezenet)
WHOLE: dict[str, Callable[[random.Random], bytes]] = {
    "safetensors": safetensors,
    "gguf": gguf,
    "json": config,
    "cfg": lambda draw: draw.choice(CFG)().encode(),
    "prototxt": lambda draw: draw.choice(PROTOTXT)().encode(),
}
"""What makes a whole file of each format, by the ending of its name."""


def changed(draw: random.Random, ending: str, data: bytes) -> bytes:
    """Return a file with one to six changes."""
    for _ in range(draw.randint(1, 6)):
        data = draw.choice(CHANGES)(draw, data)
    if ending == "safetensors" and draw.random() < 0.5:
        # a header that is read to its end, although it has changed
        data = _measured(data)
    return data


def _measured(data: bytes) -> bytes:
    end = data.rfind(b"}") + 1
    if end < 9:
        return data
    return (end - 8).to_bytes(8, "little") + data[8:]


def _number(draw: random.Random, data: bytes) -> bytes:
    """Put another number in the place of one."""
    return _replaced(draw, data, NUMBER, draw.choice(ODD))


def _word(draw: random.Random, data: bytes) -> bytes:
    """Put a word of the file in the place of another."""
    words = WORD.findall(data[:20_000])
    return _replaced(draw, data, WORD, draw.choice(words)) if words else data


def _replaced(
    draw: random.Random, data: bytes, kind: re.Pattern[bytes], new: bytes
) -> bytes:
    found = list(kind.finditer(data, 0, 20_000))
    if not found:
        return data
    one = draw.choice(found)
    return data[: one.start()] + new + data[one.end() :]


def _byte(draw: random.Random, data: bytes) -> bytes:
    at = draw.randint(0, min(len(data), 4_000))
    return data[:at] + draw.choice(BYTES) + data[at + draw.randint(0, 2) :]


def _integer(draw: random.Random, data: bytes) -> bytes:
    """Put a number of four or eight bytes anywhere, as GGUF holds them."""
    at = draw.randint(0, max(min(len(data), 2_000) - 8, 0))
    size = draw.choice((4, 8))
    value = draw.choice((0, 1, 2, 8, 9, 255, 2**16, 2**31, 2**32 - 1, 2**63))
    new = (value % 2 ** (8 * size)).to_bytes(size, draw.choice(("little", "big")))
    return data[:at] + new + data[at + size :]


def _cut(draw: random.Random, data: bytes) -> bytes:
    return data[: draw.randint(0, len(data))] if draw.random() < 0.3 else data


def _lines(draw: random.Random, data: bytes) -> bytes:
    """Remove, repeat or move some lines."""
    lines = data.split(b"\n")
    at = draw.randrange(len(lines))
    some = lines[at : at + draw.randint(1, 12)]
    kind = draw.randrange(3)
    if kind != 1:
        del lines[at : at + len(some)]
    if kind:
        to = draw.randint(0, len(lines))
        lines[to:to] = some * draw.choice((1, 1, 2, 5))
    return b"\n".join(lines)


CHANGES: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    *(_number, _number, _word, _byte, _integer, _cut, _lines),
)
