"""Shipped specs, changed at random: an answer or a refusal, never a bug."""

from __future__ import annotations

from random import Random

import pytest
from mutations import Tally, attempt, mutant

import archcalc
from archcalc.language.library import shipped

SEEDS = range(12)
EACH = 12


@pytest.mark.parametrize("seed", SEEDS)
def test_a_changed_spec_is_a_network_or_refused(seed: int) -> None:
    paths = list(shipped().values())
    texts = [path.read_text(encoding="utf-8") for path in paths]
    tally = Tally()
    for number in range(EACH):
        random = Random(f"{seed}.{number}")
        at = random.randrange(len(texts))
        text = mutant(random, texts[at], random.choice(texts))
        attempt(text, archcalc.load(paths[at]), tally, random)
    assert tally.texts == EACH
    assert sum(tally.refused.values()) + tally.networks >= EACH


def test_a_bug_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr("mutations.check_source", broken)
    net = archcalc.load("lenet5")
    with pytest.raises(KeyError):
        attempt(net.spec.source.text, net, Tally(), Random(0))


def test_what_mutants_once_broke() -> None:
    """A gradient of an average was let go while another input still had it."""
    average = "{average: {a: identity, b: [{conv: 3, kernel: 1}]}}"
    text = (
        "name: a\ninput: [3, 8, 8]\nlayers:\n  - {name: x, conv: 3, kernel: 1}\n"
        f"  - {{average: {{deep: [{average}, {average}], one: [{{conv: 3, kernel: 1}}]}}}}\n"
        f"  - {{average: {{deep: [{average}, {average}], one: identity}}}}\n"
    )
    net = archcalc.loads(text)
    assert net.analyze(batch=2).memory.training.peak > 0
