"""Specs whose parts reach into each other, for the tests of sweeps."""

from __future__ import annotations

from typing import Any

HEAD = "name: net\ninput: [8, 32, 32]\nparams: {a: 1, b: 8, kind: one}\n"
NESTED: dict[str, tuple[str, dict[str, Any]]] = {
    "a repeated stage with blocks inside": (
        HEAD
        + """
blocks:
  unit: {params: {deep: 8}, layers: [{conv: deep, kernel: 3, pad: 1}, {conv: b, kernel: 1}]}
layers:
  - stage: [{use: unit, deep: 4}, {conv: 8, kernel: 1}]
    repeat: 3
  - relu
""",
        {"b": (4, 8, 16), "a": (1, 2)},
    ),
    "a name inside a block": (
        HEAD
        + """
blocks:
  unit: {layers: [{name: c, conv: b, kernel: 1}, relu]}
layers:
  - {name: u, use: unit}
  - {conv: b, kernel: 3, pad: 1}
  - {name: sum, add: [u.c, u]}
""",
        {"b": (4, 8)},
    ),
    "layers that may overwrite what another part left": (
        HEAD
        + """
blocks:
  one: {layers: [relu, {conv: b, kernel: 1}]}
  two: {layers: [relu]}
  three: {layers: [residual: [relu, {conv: cin, kernel: 1}]]}
layers:
  - {conv: b, kernel: 1}
  - {use: kind, repeat: a}
  - relu
  - {use: kind}
  - bn
""",
        {"a": (0, 1, 2, 5), "b": (8, 16), "kind": ("one", "two", "three")},
    ),
    "a block's param hides one of the file": (
        HEAD
        + """
blocks:
  inner: {params: {b: required}, layers: [{conv: b, kernel: 1}]}
  outer: {params: {b: 8}, layers: [{use: inner, b: 2*b, repeat: a}]}
layers:
  - {use: outer}
  - {use: outer, b: b}
  - {use: inner, b: i*b, repeat: 3}
""",
        {"a": (1, 3), "b": (2, 8)},
    ),
    "a step that is left out": (
        HEAD
        + """
blocks:
  one: {layers: [{conv: b, kernel: 1}, relu]}
layers:
  - {use: one, when: a > 1}
  - relu
  - {use: one, when: a > 2}
  - {aux: [{use: one}, gap]}
  - {use: one, repeat: a}
""",
        {"a": (1, 2, 3), "b": (8, 4)},
    ),
    "a block that may have no step": (
        HEAD
        + """
blocks:
  one: {layers: [{conv: 5, kernel: 1, when: a == b}]}
  two: {params: {d: 1}, layers: [{use: one, repeat: d}]}
layers:
  - {conv: 4, kernel: 1}
  - {use: two, d: h//8}
  - {fc: 3}
""",
        {"a": (1, 2, 4, 8), "b": (8, 4)},
    ),
    "a param that says how often and how wide": (
        HEAD
        + """
layers:
  - {conv: 4, kernel: 1}
  - {conv: b, kernel: 1, repeat: b//8}
  - {conv: 4, kernel: 1}
  - {conv: a, kernel: 1, when: a > 2}
  - {fc: 3}
""",
        {"a": (1, 2, 3, 4), "b": (4, 6, 8, 9, 16)},
    ),
    "shared weights": (
        HEAD
        + """
layers:
  - {name: c, conv: 8, kernel: 1}
  - {name: d, conv: 8, kernel: 1, share: c}
  - {conv: b, kernel: 1}
""",
        {"b": (4, 8)},
    ),
    "two inputs": (
        """name: net
input: {p: [3, 8, 8], q: [3, 8, 8]}
params: {b: 8}
layers:
  - {name: s, add: [p, q]}
  - {conv: b, kernel: 1}
""",
        {"b": (4, 8)},
    ),
}
SLOW = NESTED["two inputs"][0]
"""Networks that share no part, so that thousands of them take seconds."""
