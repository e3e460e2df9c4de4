"""config.json of Hugging Face: the shipped spec of its family, with its sizes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import archcalc as command
from file_mutants import CONFIGS

import archcalc
from archcalc.readers.configs.config import FAMILIES

Load = Callable[..., archcalc.Network]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Return a function that loads a config of some fields."""

    def loaded(**fields: Any) -> archcalc.Network:
        path = tmp_path / "config.json"
        path.write_text(json.dumps(fields), encoding="utf-8")
        return archcalc.load(path)

    return loaded


def nodes(network: archcalc.Network) -> list[Any]:
    """Return the nodes of a network, wherever they are written."""
    return [node._replace(origin=None) for node in network.graph.nodes]


LLAMA = {"model_type": "llama", "vocab_size": 128256, "max_position_embeddings": 8192}
GROUPED = {"num_attention_heads": 32, "num_key_value_heads": 8}
# the sizes of the shipped networks, as their config.json files have them
SAME: dict[str, dict[str, Any]] = {
    "llama-3-8b": LLAMA
    | GROUPED
    | {"hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32},
    "llama-3.2-1b": LLAMA
    | GROUPED
    | {"hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 16}
    | {"tie_word_embeddings": True},
    "mistral-7b": GROUPED
    | {"model_type": "mistral", "hidden_size": 4096, "intermediate_size": 14336}
    | {"vocab_size": 32000, "max_position_embeddings": 8192},
    "mixtral-8x7b": GROUPED
    | {"model_type": "mixtral", "hidden_size": 4096, "intermediate_size": 14336}
    | {"vocab_size": 32000, "max_position_embeddings": 32768},
    "qwen2.5-0.5b": {"model_type": "qwen2", "hidden_size": 896}
    | {"num_hidden_layers": 24, "num_attention_heads": 14, "num_key_value_heads": 2}
    | {"intermediate_size": 4864, "vocab_size": 151936, "tie_word_embeddings": True}
    | {"max_position_embeddings": 32768},
    "gpt2": {"model_type": "gpt2"},
    "gpt2:xl": {"model_type": "gpt2", "n_embd": 1600, "n_layer": 48, "n_head": 25},
    "bert": {"model_type": "bert"},
    "t5": {"model_type": "t5"},
    "vit": {"model_type": "vit", "num_labels": 1000},
    "swin": {"model_type": "swin", "num_labels": 1000},
    "segformer": {"model_type": "segformer", "num_labels": 150},
    "convnext": {"model_type": "convnext", "num_labels": 1000},
    "convnext-v2:atto": {"model_type": "convnextv2", "num_labels": 1000}
    | {"depths": [2, 2, 6, 2], "hidden_sizes": [40, 80, 160, 320]},
    "resnet50:v1.5": {"model_type": "resnet", "num_labels": 1000},
    "resnet101": {"model_type": "resnet", "num_labels": 1000}
    | {"depths": [3, 4, 23, 3], "downsample_in_bottleneck": True},
    "detr": {"model_type": "detr", "num_labels": 91},
    "wav2vec2": {"model_type": "wav2vec2"},
    "whisper-tiny": {"model_type": "whisper"},
    "mamba-130m": {"model_type": "mamba", "num_hidden_layers": 24},
}


@pytest.mark.parametrize("name", SAME)
def test_configs_of_the_shelf_are_the_shipped_networks(name: str, load: Load) -> None:
    """The graph itself, node by node, not only its figures."""
    ours, shipped = load(**SAME[name]), archcalc.load(name)
    if "dropout" in ours.params and "attention_dropout" in ours.params:
        shipped = archcalc.load(name, set={"attention_dropout": 0, "mlp_dropout": 0})
    assert nodes(ours) == nodes(shipped)


def test_every_family_has_a_config_among_the_seeds_of_the_fuzzer() -> None:
    """Beside those that are like another one."""
    seeds = {one.get("model_type") for one in CONFIGS}
    alike = {"mistral", "qwen2", "dinov2_with_registers", "convnext"}
    assert seeds - {None} == {*FAMILIES} - alike


EDITED: tuple[tuple[dict[str, Any], int], ...] = (
    # by hand: a table of 99 words in 64 features, and what stands below
    (
        {"model_type": "llama", "hidden_size": 64, "intermediate_size": 100}
        | {"num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 99}
        | {"num_key_value_heads": 2},
        2 * 99 * 64 + 64 + 2 * (2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 100 + 2 * 64),
    ),
    (
        {"model_type": "gpt2", "n_embd": 32, "n_layer": 1, "n_head": 4}
        | {"n_inner": 100, "vocab_size": 50, "n_positions": 16},
        50 * 32
        + 16 * 32
        + (32 * 96 + 96 + 32 * 32 + 32 + 2 * 32 * 100 + 100 + 32)
        + 3 * 2 * 32,
    ),
    (
        {"model_type": "mixtral", "hidden_size": 8, "intermediate_size": 6}
        | {"num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": 10}
        | {"num_local_experts": 3, "num_experts_per_tok": 1},
        2 * 10 * 8 + 8 + 4 * 64 + 2 * 8 + 3 * 8 + 3 * 3 * 8 * 6,
    ),
)


@pytest.mark.parametrize("number", range(len(EDITED)))
def test_sizes_that_no_shipped_network_has(number: int, load: Load) -> None:
    fields, params = EDITED[number]
    assert load(**fields).analyze().total.params == params


def test_experts_that_a_token_passes_are_those_of_the_config(load: Load) -> None:
    total = load(**EDITED[2][0]).analyze().total
    assert total.params - total.active_params == 2 * 3 * 8 * 6


def test_import_writes_a_spec(
    load: Load,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = load(**SAME["llama-3.2-1b"], _name_or_path="meta/Llama-3.2-1B")
    done = command(capsys, monkeypatch, "import", str(tmp_path / "config.json"))
    assert done.out.startswith("archcalc: 1\nname: Llama-3.2-1B\n")
    assert "expect" not in done.out
    again = archcalc.loads(done.out)
    assert nodes(again) == nodes(network)
    assert archcalc.check(tmp_path / "config.json", budgets=["params < 1.24B"]).ok


def test_variants_and_claims_of_the_shelf_are_left_out(load: Load) -> None:
    network = load(model_type="gpt2", n_layer=2)
    assert network.variants == ()
    assert network.spec.about.expect == ()
    assert network.spec.about.paper is None


NO_PLACE: dict[str, tuple[dict[str, Any], str]] = {
    "a size of nothing": (
        {"model_type": "gpt2", "n_layer": 0},
        "`n_layer` is a size from 1 to 1000, not 0",
    ),
    "a list of nothing": (
        {"model_type": "wav2vec2", "conv_kernel": [0]},
        "`conv_kernel` holds up to 64 sizes from 1",
    ),
    "too few stages": (
        {"model_type": "segformer", "depths": [2, 2]},
        "`depths` has 2 sizes; the spec has 4",
    ),
    "gated": (
        {"model_type": "t5", "feed_forward_proj": "gated-gelu"},
        "the shipped spec has `feed_forward_proj` 'relu' alone",
    ),
    "heads of several sizes": (
        {"model_type": "segformer", "num_attention_heads": [1, 1, 5, 8]},
        "heads of one size in all stages",
    ),
    "channels that do not double": (
        {"model_type": "convnextv2", "hidden_sizes": [96, 192, 384, 700]},
        "the shipped spec doubles its channels",
    ),
    "other depths": (
        {"model_type": "convnext", "depths": [3, 4, 9, 3]},
        "depths 3, 3, n, 3",
    ),
    "no scale": (
        {"model_type": "convnext", "layer_scale_init_value": 0},
        "the shipped spec scales its layers",
    ),
    "depths of Swin": (
        {"model_type": "swin", "depths": [2, 4, 6, 2]},
        "the shipped spec has depths 2, 2, n, 2",
    ),
    "depths of a ResNet": (
        {"model_type": "resnet", "depths": [1, 1, 1, 1]},
        "the shelf has no ResNet of bottleneck blocks",
    ),
    "a window": (
        {"model_type": "mixtral", "sliding_window": 4096},
        "the shipped spec has no window",
    ),
    "a flag": (
        {"model_type": "dinov2", "use_swiglu_ffn": True},
        "the shipped spec has `use_swiglu_ffn` false alone",
    ),
}


@pytest.mark.parametrize("name", NO_PLACE)
def test_what_a_spec_has_no_place_for_is_refused(name: str, load: Load) -> None:
    fields, said = NO_PLACE[name]
    with pytest.raises(archcalc.ArchcalcError) as raised:
        load(**fields)
    assert said in str(raised.value)


CHANGED: dict[str, tuple[dict[str, Any], dict[str, Any], int]] = {
    # what a change of one field adds, by hand
    "buckets of T5": (
        {"model_type": "t5"},
        {"relative_attention_num_buckets": 40},
        2 * 8 * 8,  # heads times buckets, in both halves
    ),
    "layers of the decoder": (
        {"model_type": "t5"},
        {"num_decoder_layers": 7},
        8 * 512 * 512 + 2 * 512 * 2048 + 3 * 512,
    ),
    "bands of Whisper": (
        {"model_type": "whisper"},
        {"num_mel_bins": 128},
        48 * 384 * 3,
    ),
    "rank of Mamba": (
        {"model_type": "mamba", "num_hidden_layers": 1, "time_step_rank": 48},
        {"time_step_rank": 49},
        2 * 1536,
    ),
    "registers": (
        {"model_type": "dinov2_with_registers", "num_register_tokens": 0},
        {"num_register_tokens": 4},
        4 * 768,
    ),
    "segments": ({"model_type": "bert"}, {"type_vocab_size": 5}, 3 * 768),
    "labels by name": (
        {"model_type": "vit"},
        {"id2label": {str(at): "" for at in range(5)}},
        3 * 769,
    ),
}


@pytest.mark.parametrize("name", CHANGED)
def test_a_field_changes_what_it_says(name: str, load: Load) -> None:
    fields, change, added = CHANGED[name]
    before, after = (
        load(**one).analyze().total.params for one in (fields, fields | change)
    )
    assert after - before == added
