"""The networks on the language's page are what the page says of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import archcalc
from archcalc.checks.checking import check_one
from archcalc.network.torch_network import verify

PAGE = Path(__file__).parents[2] / "docs" / "language.md"
BLOCKS = re.findall(r"```yaml\n(name: .*?)```", PAGE.read_text("utf-8"), re.DOTALL)


EXAMPLES = sorted((PAGE.parent / "examples").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_whole_example_is_a_network_and_its_figures_hold(path: Path) -> None:
    assert verify(archcalc.load(str(path))).ok
    assert not check_one(str(path)).findings


@pytest.mark.parametrize("text", BLOCKS, ids=[b.split("\n")[0][6:] for b in BLOCKS])
def test_an_example_is_a_network_and_its_figures_hold(
    tmp_path: Path, text: str
) -> None:
    network = archcalc.loads(text)
    assert verify(network).ok
    (tmp_path / "example.yaml").write_text(text, encoding="utf-8")
    outcome = check_one(str(tmp_path / "example.yaml"))
    assert not outcome.findings
    assert "expect" in text or "outputs" in text
