"""Random design spaces: specs whose params reach all over the language, with axes."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any

SIZES = ("w", "v", "size")
OPERATIONS = ("plain", "deep", "shut", "open", "wide", "gone")
BLOCKS = """
blocks:
  plain: {layers: [{conv: cin, kernel: 3, pad: 1}, relu]}
  deep: {params: {n: d}, layers: [{conv: cin, kernel: 1, repeat: n}, {name: a, bn: }, relu]}
  shut: {layers: [{identity: }]}
  open: {layers: [{residual: [relu, {conv: cin, kernel: k, pad: half}], act: relu}]}
  wide: {params: {c: w}, layers: [{conv: c, kernel: 1}, {conv: cin, kernel: 1, groups: g}, {name: gate, multiply: {here: identity, se: [gap, {conv: cin, kernel: 1}, sigmoid]}}]}
  gone: {layers: [{conv: cin, kernel: 1, when: w == v}]}
  inner: {params: {c: required, s: 1}, layers: [{residual: [{conv: c, kernel: 3, stride: s, norm: bn, act: relu}, {conv: 2*c, kernel: 1, norm: bn}], shortcut: %(shortcut)s, act: relu}]}
  cell:
    layers:
      - {name: n0, identity: }
      - {name: n1, use: p}
      - name: n2
        add:
          from0: [{use: q, from: n0}]
          from1: [{use: p, from: n1}]
"""
SHORTCUTS = (
    "identity-or-projection",
    "identity-or-pad",
    "projection",
    "identity-or-none",
)
PARAMS = {
    "w": 8,
    "v": 8,
    "size": 16,
    "d": 1,
    "e": 2,
    "k": 3,
    "g": 1,
    "p": "plain",
    "q": "shut",
    "f": "1.0",
}
VALUES: dict[str, tuple[Any, ...]] = {
    "w": (4, 6, 8, 12, 16),
    "v": (1, 4, 8, 9, 16, 24),
    "size": (1, 8, 15, 16, 17, 31, 32),
    "d": (0, 1, 2, 3, 4),
    "e": (1, 2, 3, 5),
    "k": (1, 2, 3, 5, 7),
    "g": (1, 2, 3, 4),
    "p": OPERATIONS,
    "q": OPERATIONS,
    "f": (Fraction(1, 2), 1, Fraction(3, 2), 2),
    "batch": (1, 3),
}
STEPS = (
    "{conv: w, kernel: 3, pad: 1}",
    "{conv: w, kernel: k, stride: 2, pad: half}",
    "{conv: v, kernel: 1}",
    "{conv: 2*w, kernel: 3, stride: 2, norm: bn, act: relu}",
    "{conv: 8, kernel: 1}",
    "{conv: round8(f*v), kernel: 1}",
    "{conv: 'max(w, v)', kernel: 1}",
    "{conv: w*v//3 + 1, kernel: 1}",
    "{conv: cin, kernel: 3, pad: 1, groups: cin}",
    "{conv: v, kernel: 1, groups: g}",
    "{maxpool: 3, stride: 2, pad: 1}",
    "{maxpool: 2}",
    "{avgpool: k, stride: 1, pad: half}",
    "relu",
    "bn",
    "{upsample: 2}",
    "{upsample: 1.5}",
    "{use: p}",
    "{use: p, repeat: d}",
    "{use: q, repeat: e}",
    "{use: deep, n: e}",
    "{use: deep, n: d, repeat: 2}",
    "{use: wide, c: v}",
    "{use: cell}",
    "{use: cell, repeat: e}",
    "{use: inner, c: w}",
    "{use: inner, c: w, repeat: e, first: {s: 2}}",
    "{use: inner, c: w, repeat: d, last: {c: 4}}",
    "{use: inner, c: i*4, repeat: d}",
    "{use: plain, when: d > 1}",
    "{use: plain, when: h > 4, repeat: e}",
    "{conv: cin + 4, kernel: 1, repeat: d}",
    "{conv: cin, kernel: 1, repeat: w//8}",
    "{conv: w, kernel: 1, repeat: w//8}",
    "{conv: v, kernel: 1, when: v > 8}",
    "{use: gone}",
    "{dropout: 0.5}",
    "{residual: [{conv: w, kernel: 1}], shortcut: identity}",
    "{residual: [{conv: v, kernel: 1}, relu], shortcut: [{conv: w, kernel: 1}]}",
    "{add: {one: [{conv: w, kernel: 1}], two: [{conv: v, kernel: 1}]}}",
    "{concat: {one: [{conv: w, kernel: 1}], two: [{use: p}]}}",
    "{multiply: {one: identity, two: [gap, {conv: cin, kernel: 1}]}}",
    "{stage: [{use: q}, relu, {conv: 2*cin, kernel: 1}], repeat: e}",
    "{stage: [{use: p}, {use: q, repeat: d}], repeat: 2}",
    "{aux: [gap, {fc: w}]}",
)
LAST = (("gap", "{fc: 10}"), ("{fc: v}", "{fc: 10}"), ("flatten",), ("gap",), ())


def space(random: Random) -> tuple[str, dict[str, tuple[Any, ...]]]:
    """Return a spec and values of some of its params; some are no networks."""
    steps = random.choices(STEPS, k=random.randint(1, 7))
    lines = [f"  - {step}" for step in steps]
    lines += [f"  - {step}" for step in random.choice(LAST)]
    if random.random() < 0.1:
        lines.insert(
            random.randrange(len(lines)), "  - {name: kept, conv: w, kernel: 1}"
        )
        lines.append("  - {conv: 4, kernel: 1, share: kept}")
    params = ", ".join(f"{name}: {value}" for name, value in PARAMS.items())
    channels = random.choice(("3", "3", "w", "v"))
    head = f"name: space\ninput: [{channels}, size, size]\nparams: {{{params}}}\n"
    more = random.choice(("", "", "defaults:\n  conv: {bias: false, norm: bn}\n"))
    blocks = BLOCKS % {"shortcut": random.choice(SHORTCUTS)}
    text = head + more + blocks + "layers:\n" + "\n".join(lines) + "\n"
    names = random.sample(sorted(VALUES), random.randint(2, 4))
    axes = {}
    for name in names:
        some = random.sample(VALUES[name], min(len(VALUES[name]), random.randint(2, 4)))
        axes[name] = tuple(some if random.random() < 0.3 else sorted(some, key=str))
    return text, axes
