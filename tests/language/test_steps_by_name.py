"""Steps that are named where they are not plain: in sizes, by params, by repetitions."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.network.torch_network import verify

HEAD = "name: n\ninput: [16, 12, 20]\n"


def shape(layers: str, more: str = "") -> str:
    """Return the shape that leaves a network, after torch gave the same."""
    network = archcalc.loads(f"{HEAD}{more}layers:\n{layers}")
    assert verify(network).ok
    return "×".join(map(str, network.analyze().output))


SIZES = {
    "h of a": 6,
    "w of a": 10,
    "cin of a": 8,
    "channels of a": 8,
    "tokens of t": 60,
    "dim of t": 8,
    "length of s": 240,
    "h of s": 16,
    "h of a + 1": 7,
    "2*h of g.a": 24,
    "w of 'c-1'": 20,
    "h of r.2": 12,
    "length": 240,
}


@pytest.mark.parametrize("text", SIZES)
def test_the_size_of_another_step(text: str) -> None:
    layers = f"""
- {{name: g, stage: [{{name: a, conv: 4}}, relu]}}
- {{name: c-1, conv: 4}}
- {{name: r, conv: 5, repeat: 2}}
- {{name: a, conv: 8, stride: 2}}
- {{name: t, tokens: }}
- {{name: s, reshape: [16, 240], from: input}}
- {{conv: {text!r}, kernel: 1}}
"""
    assert shape(layers) == f"{SIZES[text]}×240"


WRONG = {
    "h of enc0": "no earlier step is named 'enc0'.*did you mean enc",
    "depth of a": "depth is not a size of a step.*sizes: channels",
    "hh of a": "hh is not a size of a step.*did you mean h",
    "length of a": "length of a has no value here.*the shape there is 8×6×10",
    "length": "length has no value here.*the shape here is 8×6×10",
    "h of": "cannot be read",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_size_that_is_not_there(text: str) -> None:
    layers = "- {name: enc, identity: }\n- {name: a, conv: 8, stride: 2}\n"
    layers = f"{HEAD}layers:\n{layers}- {{conv: {text}}}"
    with pytest.raises(archcalc.SpecError, match=f"(?s){WRONG[text]}") as caught:
        archcalc.loads(layers).analyze()
    assert ":6:" in str(caught.value)


BLOCKS = """
blocks:
  cross:
    params: {keys: enc}
    layers:
      - {name: k, conv: w of keys, from: keys}
      - {resize: [h of keys, 3]}
  outer:
    params: {what: required}
    layers:
      - {name: enc, conv: 7}
      - {use: cross, keys: what}
  chain:
    params: {n: required}
    layers:
      - {name: m, use: one, repeat: n}
      - {concat: [m.*]}
  one:
    layers: [{conv: 3}]
  hourglass:
    params: {n: required}
    layers:
      - residual:
          - {maxpool: 2, rounding: ceil}
          - {use: hourglass, n: n - 1, when: n > 1}
          - {resize: [h of outside, w of outside]}
  twice:
    params: {n: required}
    layers:
      - {use: twice, n: n - 1, when: n > 1}
      - {use: twice, n: n - 1, when: n > 1}
      - {conv: cin}
"""
USED = {
    "{use: cross}": "20×12×3",
    "{use: cross, keys: small}": "10×6×3",
    "{use: cross, keys: deep.last}": "5×3×3",
    "{use: cross, keys: input}": "20×12×3",
    # The name is one of where the block is used: not of the step inside it.
    "{use: outer, what: small}": "10×6×3",
    "{use: outer, what: enc}": "20×12×3",
    "{use: cross, keys: small, repeat: 2}": "10×6×3",
    "{use: chain, n: 1}": "3×12×20",
    "{use: chain, n: 4}": "12×12×20",
    "{use: chain, n: 2, repeat: 2}": "6×12×20",
    "{concat: [enc.*, back.*]}": "24×12×20",
    "{add: [{conv: 4*cin}, {conv: 5}], branches: 3}": "5×12×20",
    "{concat: [{conv: 2*i}], branches: len(widths)}": "12×12×20",
    "{concat: [{conv: 'widths[i]'}], branches: 3}": "24×12×20",
    "{conv: 'widths[i]', repeat: len(widths)}": "16×12×20",
    "{conv: 2**(i + 1), repeat: 3}": "16×12×20",
    "{name: outside, conv: 16}": "16×12×20",
    "{use: twice, n: 3}": "16×12×20",
}


@pytest.mark.parametrize("step", USED)
def test_blocks_and_branches(step: str) -> None:
    layers = f"""
- {{name: enc, conv: 8}}
- {{name: deep, stage: [{{name: last, conv: 8, stride: 4}}]}}
- {{name: small, conv: 8, stride: 2, from: enc}}
- {{name: back, conv: 8, repeat: 2, from: enc}}
- {{conv: 16, from: enc}}
- {step}
"""
    assert shape(layers, f"params: {{widths: [2, 6, 16]}}\n{BLOCKS}") == USED[step]


def test_a_block_uses_itself_to_a_depth() -> None:
    layers = "- {name: outside, identity: }\n- {name: x, use: hourglass, n: 3}"
    found = archcalc.loads(f"{HEAD}{BLOCKS}layers:\n{layers}")
    with pytest.raises(archcalc.ShapeError, match="a residual needs equal shapes"):
        found.analyze()  # sizes inside are those of the outermost
    inner = BLOCKS.replace("of outside", "of top").replace(
        "      - residual:\n", "      - {name: top, identity: }\n      - residual:\n"
    )
    assert shape(layers, inner) == "16×12×20"


REFUSED = {
    "{use: hourglass, n: 70}": "blocks are nested more than 64 deep",
    "{use: twice, n: 60}": "too long together|too large with all repetitions",
    "{use: cross, keys: smal}": "no earlier step is named 'keys'",
    "{use: chain, n: 0}": r"m\.\*: that step is repeated 0 times",
    "{add: [{conv: 5}], branches: 0}": "branches: 0 is below 1",
    "{add: [{conv: 5}], branches: 2**40}": "too large with all repetitions",
    "{add: [], branches: 2**16}": "needs at least one step",
    "{add: {conv: 5}, branches: 2}": "needs a list of steps, the body of each",
    "{matmul: [{conv: 5}], branches: 2}": "matmul has no argument 'branches'",
    "{relu, branches: 2}": "relu has no argument 'branches'",
    "{add: [small.*, input]}": "add needs equal shapes",
    "{add: [smal.*, input]}": "no earlier step is named 'smal'.*did you mean small",
}


@pytest.mark.parametrize("step", REFUSED)
def test_what_names_and_counts_are_refused(step: str) -> None:
    step = step.replace("{relu,", "{relu: ,")
    layers = f"- {{name: small, conv: 8, stride: 2}}\n- {step}"
    text = f"{HEAD}params: {{widths: [2, 6, 16]}}\n{BLOCKS}layers:\n{layers}"
    key = next(k for k in REFUSED if k.replace("{relu,", "{relu: ,") == step)
    with pytest.raises(archcalc.ArchcalcError, match=f"(?s){REFUSED[key]}"):
        archcalc.loads(text).analyze()
