"""What the next token costs: by hand, and by another library with its own cache."""

from __future__ import annotations

from csv import DictReader
from io import StringIO
from typing import Any

import pytest
import torch
from commands import archcalc as run
from independent import MAKERS, angles, without_autocast
from torch.utils.flop_counter import FlopCounterMode

import archcalc
from archcalc.errors import UsageError
from archcalc.figures.memory.decoding import one_more, whole_text
from archcalc.figures.memory.devices import device

SIZES = {"width": 24, "depth": 2, "heads": 6, "kv_heads": 2, "mlp": 40}
SMALL = {**SIZES, "context": 10, "vocabulary": 50}
LLAMA = {
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "intermediate_size": 40,
    "vocab_size": 50,
}
GPT2 = {"n_embd": 24, "n_layer": 2, "n_head": 6, "vocab_size": 50, "n_positions": 20}


def test_llama() -> None:
    """The figures of the issue: 16 layers of 8 heads of keys and values of 64."""
    graph = archcalc.load("llama-3.2-1b").graph
    one, form = one_more(graph, 1023), one_more(graph)
    assert one.macs == 65536 * 1023 + 1_235_812_352 == 1_302_855_680
    assert str(form.macs) == "65536P + 1235812352"
    assert one.kept == 16 * 2 * 8 * 64
    assert one.cached == 1023 * one.kept
    assert one.read == 1_235_814_400, "the table of words is that of the last layer"
    assert str(whole_text(graph).macs) == "65536P² + 1235746816P"


def test_a_sliding_window_bounds_the_cache() -> None:
    graph = archcalc.load("mistral-7b").graph
    each = 32 * 2 * 8 * 128
    for past, seen in ((0, 0), (4094, 4094), (4095, 4095), (4096, 4095), (10**9, 4095)):
        one = one_more(graph, past)
        assert one.cached == seen * each
        assert one.macs == one_more(graph, 0).macs + 2 * 32 * 4096 * seen
    assert str(one_more(graph).cached) == "65536·min(P, 4095)"


@pytest.mark.parametrize(("batch", "experts"), [(1, 2), (3, 6), (4, 8), (9, 8)])
def test_a_batch_reads_the_experts_of_all_its_tokens(batch: int, experts: int) -> None:
    graph = archcalc.load("mixtral-8x7b").graph
    expert, idle = 3 * 4096 * 14336, 8 - experts
    every = 46_702_792_704 - 32000 * 4096 + batch * 4096
    assert one_more(graph, 100, batch).read == every - 32 * idle * expert


def test_learned_positions_are_read_one_by_one() -> None:
    graph = archcalc.load("gpt2").graph
    assert one_more(graph, 10).read == 124_439_808 - 1023 * 768


CASES: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("llama-3-8b", "LlamaForCausalLM", LLAMA, {}),
    ("llama-3.2-1b", "LlamaForCausalLM", {**LLAMA, "tie_word_embeddings": True}, {}),
    ("mistral-7b", "MistralForCausalLM", {**LLAMA, "sliding_window": 4}, {"window": 4}),
    ("qwen2.5-0.5b", "Qwen2ForCausalLM", LLAMA, {}),
    ("gpt2", "GPT2LMHeadModel", GPT2, {}),
    ("mixtral-8x7b", "MixtralForCausalLM", LLAMA, {}),
]


@pytest.mark.peers
@pytest.mark.parametrize("past", [1, 3, 4, 7])
@pytest.mark.parametrize(("name", "model", "options", "more"), CASES)
def test_another_library_with_its_cache(
    name: str, model: str, options: dict[str, Any], more: dict[str, Any], past: int
) -> None:
    """On the meta device; experts ask for values."""
    set = {
        k: v for k, v in {**SMALL, **more}.items() if name != "gpt2" or k in GPT2_SET
    }
    graph = archcalc.load(name, set=set).graph
    theirs: Any = MAKERS["transformers"](model, **options)
    if name == "mixtral-8x7b":
        theirs = theirs.to_empty(device="cpu")
        for value in [*theirs.parameters(), *theirs.buffers()]:
            value.data.normal_(std=0.1)
    ids = torch.zeros((1, past), dtype=torch.long, device=theirs.device)
    text, cache = counted(theirs, ids, None)
    assert whole_text(graph, past).macs == text
    assert one_more(graph, past).cached == values(cache)
    token, _ = counted(theirs, ids[:, :1], cache)
    assert one_more(graph, past).macs == token


GPT2_SET = ("width", "depth", "heads", "context", "vocabulary")


def counted(model: Any, ids: torch.Tensor, cache: Any) -> tuple[int, Any]:
    """Return the multiply-accumulates of a pass, and the cache behind it."""
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), without_autocast(), counter:
        found = model(input_ids=ids, past_key_values=cache, use_cache=True)
    macs = (counter.get_total_flops() - angles(counter)) // 2
    return macs, found.past_key_values


def values(cache: Any) -> int:
    """Return how many values a cache of transformers holds."""
    return sum(layer.keys.numel() + layer.values.numel() for layer in cache.layers)


REFUSED = [
    ("resnet18", "causal attention, and this network has none"),
    ("bert", "causal attention, and this network has none"),
    ("t5", "one input, and this network has 2"),
    ("[8, 6], layers: [{linear: 18}, {attention: 2, causal: true}, {mean: 0}]", "mean"),
    (
        "[8, 6], layers: [{linear: 18}, {attention: 2, causal: true}, {conv: 4}]",
        "conv (conv) cannot read one token after the other",
    ),
    (
        "[8, 6], layers: [{linear: 18}, {attention: 2, causal: true}, "
        "{reshape: [4, 12]}]",
        "reshape (reshape) cannot read one token after the other",
    ),
]


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_what_does_not_write_token_after_token(text: str, words: str) -> None:
    spec = f"{{name: x, input: {text}}}"
    network = archcalc.load(text) if "[" not in text else archcalc.loads(spec)
    with pytest.raises(UsageError) as caught:
        one_more(network.graph, 5)
    assert caught.value.problems[0].code == "AC548"
    assert words in str(caught.value)


def test_the_report(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "decode llama-3.2-1b --past 1023 --batch 8 --dtype bfloat16 --device a100"
    shown = run(capsys, monkeypatch, *words.split(), "-f", "csv").out
    rows = {row["path"]: row["value"] for row in DictReader(StringIO(shown))}
    assert rows["macs"] == "1302855680"
    cache, weights = 1023 * 32768, 2 * 1_235_814_400
    assert rows["cache"] == str(cache)
    assert rows["cache_batch"] == str(8 * cache)
    assert rows["bytes_read"] == str(weights + 8 * cache)
    assert rows["bound"] == "bandwidth"
    most = 8 * device("a100").bandwidth // (weights + 8 * cache)
    assert rows["tokens_a_second"] == str(most)
    fits = (device("a100").memory - weights) // (cache + 32768)
    assert rows["texts"] == str(fits)


def test_a_text_that_is_longer_than_the_input_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for past, told in (("1023", False), ("1024", True)):
        done = run(capsys, monkeypatch, "decode", "gpt2", "--past", past)
        assert ("input in the file has 1,024 tokens" in done.out) == told


@pytest.mark.parametrize("past", ["-1", str(2**41)])
def test_tokens_that_make_no_sense(
    past: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run(capsys, monkeypatch, "decode", "gpt2", "--past", past)
    assert (done.code, "AC554" in done.err) == (2, True)
