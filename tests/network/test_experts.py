"""Mixtures of experts: two figures for parameters, and another library's operations."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from commands import archcalc as run
from independent import MAKERS, angles
from torch.utils.flop_counter import FlopCounterMode

import archcalc
from archcalc.network.named_figures import measure

TEXT = """
name: moe
input: [10, 6]
layers:
  - {name: first, experts: {count: 4, active: 2}, hidden: 5}
  - {name: again, experts: {count: 4, active: 2}, hidden: 5, share: first}
  - {name: one, experts: 3, active: 1, hidden: 7, function: gelu}
"""
LAYER = (12_879_925_248 - 2 * 32000 * 4096 - 4096) // 32
"""Active parameters of one layer of Mixtral 8x7B."""
EXPERT, OTHER = 3 * 6 * 5, 2 * 6 * 7


def test_all_parameters_and_those_that_a_token_uses() -> None:
    analysis = archcalc.loads(TEXT).analyze()
    assert analysis.total.params == 4 * 6 + 4 * EXPERT + 3 * 6 + 3 * OTHER
    assert analysis.total.active_params == 4 * 6 + 2 * EXPERT + 3 * 6 + OTHER
    first, again = analysis.row("first").figures, analysis.row("again").figures
    assert (first.idle, again.idle) == (2 * EXPERT, 0), "shared weights count once"
    assert measure(analysis, "active_params", "one") == 3 * 6 + OTHER


def test_both_ways_to_write_the_arguments_mean_the_same() -> None:
    apart = TEXT.replace("{count: 4, active: 2}", "4, active: 2")
    nodes = [archcalc.loads(text).graph.nodes for text in (TEXT, apart)]
    assert [n.layer for n in nodes[0]] == [n.layer for n in nodes[1]]


def test_sizes_may_stay_names() -> None:
    text = TEXT.replace("[10, 6]", "[N, D]")
    total = archcalc.loads(text).analyze().total
    assert str(total.active_params) == "51D"
    assert str(total.params) == "109D"


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("table mixtral-8x7b --level stages", "12.9G"),
        ("compare mixtral-8x7b mistral-7b", "12,879,925,248"),
        ("diff mixtral-8x7b mistral-7b --level stages", "active parameters"),
        ("table mixtral-8x7b -f json", '"active_params": 12879925248'),
        ("table mixtral-8x7b -f csv", "active_params"),
        (
            "sweep mixtral-8x7b --over depth=1,2 --figures active_params",
            f"{2 * 32000 * 4096 + 4096 + LAYER:,}",
        ),
    ],
)
def test_commands_show_both_figures(
    command: str,
    shown: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert shown in run(capsys, monkeypatch, *command.split()).out


@pytest.mark.parametrize("command", ["compare lenet5 alexnet", "diff lenet5 alexnet"])
def test_dense_networks_have_one_figure(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "active param" not in run(capsys, monkeypatch, *command.split()).out


@pytest.mark.peers
@pytest.mark.parametrize("batch", [1, 3])
def test_another_library_multiplies_as_often(batch: int) -> None:
    """Whichever experts the tokens choose."""
    sizes: dict[str, Any] = {"width": 24, "depth": 2, "heads": 6, "kv_heads": 2}
    sizes |= {"mlp": 40, "context": 10, "vocabulary": 50}
    ours = archcalc.load("mixtral-8x7b", set=sizes).analyze(batch=batch).total
    theirs: Any = MAKERS["transformers"](
        "MixtralForCausalLM",
        hidden_size=24,
        num_hidden_layers=2,
        num_attention_heads=6,
        num_key_value_heads=2,
        intermediate_size=40,
        vocab_size=50,
    ).to_empty(device="cpu")
    for value in theirs.parameters():
        value.data.normal_(std=0.1)
    for value in theirs.buffers():
        value.zero_()
    ids = torch.randint(50, (batch, 10))
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        theirs(input_ids=ids)
    assert ours.macs == (counter.get_total_flops() - angles(counter)) // 2
    assert ours.params == sum(p.numel() for p in theirs.parameters())
