"""Budgets and other claims: of networks, steps, stages and variants."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from check_runs import HEAD, Run, in_lines
from commands import Done

BUDGETS = """\
name: net
input: [3, 32, 32]
params: {out: 8}
variants: {wide: {out: 16}}
layers:
  - name: body
    stage:
      - {name: c, conv: out, kernel: 3, pad: 1}
      - {name: d, conv: out, kernel: 3, stride: 2, pad: same}
  - gap
  - {name: fc, fc: 10}
expect:
"""
TOTALS = [
    ("params", 898),
    ("macs", 221184 + 147456 + 80),
    ("depth", 3),
    ("peak", None),
    ("training", None),
    ("activations", None),
    ("flops", None),
    ("activation_bytes", None),
]


@pytest.mark.parametrize(("metric", "value"), TOTALS, ids=[m for m, _ in TOTALS])
def test_budgets_of_a_network(
    run: Run, tmp_path: Path, metric: str, value: int | None
) -> None:
    file = tmp_path / "net.yaml"

    def check(claim: str) -> Done:
        file.write_text(f"{BUDGETS}  - {{{metric}: {claim}}}\n", encoding="utf-8")
        return run("check", "net.yaml")

    computed = value
    if computed is None:
        match = re.search(r"computed ([0-9,]+)", check("1").out)
        assert match
        computed = int(match[1].replace(",", ""))
    assert check(f'"<= {computed}"').code == 0
    assert check(f'">= {computed}"').code == 0
    over = check(f'"<= {computed - 1}"')
    assert over.code == 1
    assert f"{metric} is {computed:,}, not <= {computed - 1}" in over.out


PLACES = [
    ('at: body, params: "<= 808"', True),
    ('at: body, params: "<= 807"', False),
    ('at: c, macs: "<= 221184"', True),
    ('at: d, receptive_field: "<= 5"', True),
    ('at: d, receptive_field: "<= 4"', False),
    ("at: body.d, shape: [8, 16, 16]", True),
    ('variant: wide, params: "<= 2938"', True),
    ('variant: wide, params: "<= 2937"', False),
    ('variant: "*", params: "<= 2938"', True),
    ('variant: "*", params: "<= 1000"', False),
    ('variant: wide, at: fc, params: "<= 170"', True),
    ('batch: 4, at: c, macs: "<= 884736"', True),
    ('input: 3x16x16, at: c, macs: "<= 55296"', True),
]


@pytest.mark.parametrize(("entry", "holds"), PLACES)
def test_budgets_of_steps_stages_and_variants(
    run: Run, tmp_path: Path, entry: str, holds: bool
) -> None:
    text = f"{BUDGETS}  - {{{entry}}}\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    done = run("check", "net.yaml")
    assert (done.code == 0) == holds, done.out
    if not holds:
        assert in_lines(done.out) == {("net.yaml", text.count("\n"), "AC301")}


def test_a_finding_is_at_its_own_figure(run: Run, tmp_path: Path) -> None:
    text = f"{HEAD}layers: [relu]\nexpect:\n  - at: relu\n    params: 1\n    macs: 2\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    assert {line for _, line, _ in in_lines(run("check", "net.yaml").out)} == {6, 7}


WRONG_CLAIMS = [
    "{at: nothing, params: 0}",
    "{variant: nothing, params: 0}",
    "{input: 3x, params: 0}",
    "{at: relu, training: 1}",
    "{params: many words}",
]


@pytest.mark.parametrize("entry", WRONG_CLAIMS)
def test_a_claim_that_cannot_be_judged_stops_no_other(
    run: Run, tmp_path: Path, entry: str
) -> None:
    text = f"{HEAD}layers: [relu]\nexpect:\n  - {entry}\n  - {{params: 7}}\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    found = in_lines(run("check", "net.yaml").out)
    assert found == {("net.yaml", 5, "AC303"), ("net.yaml", 6, "AC301")}


def test_a_broken_variant_is_named(run: Run, tmp_path: Path) -> None:
    text = (
        f"{HEAD}params: {{g: 1}}\nvariants: {{three: {{g: 3}}, two: {{g: 2}}}}\n"
        "layers: [{conv: 8, groups: g}]\n"
    )
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    out = run("check", "net.yaml").out
    assert "in the variant three" in out
    assert "in the variant two" in out
