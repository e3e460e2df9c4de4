"""The script that measures a GPU: what it does without one, and that its step runs."""

from __future__ import annotations

import pytest
import torch
from measure_gpu import BATCHES, NETWORKS, main, step
from torch_memory import inputs_of, prepared

import archcalc


def test_it_says_so_where_there_is_no_gpu(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    main()
    assert "no GPU" in capsys.readouterr().out


def test_its_networks_are_known_and_its_step_trains() -> None:
    assert len(NETWORKS) * len(BATCHES) == 36
    for name in NETWORKS:
        assert archcalc.load(name).graph.nodes
    module = prepared(archcalc.load("lenet5").graph)
    before = [p.detach().clone() for p in module.parameters()]
    optimizer = torch.optim.SGD(module.parameters(), lr=0.01)
    step(module, inputs_of(module.graph, 2, torch.float32), optimizer)
    after = list(module.parameters())
    assert any(not torch.equal(a, b) for a, b in zip(before, after, strict=True))
