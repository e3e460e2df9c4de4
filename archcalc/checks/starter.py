"""A first spec to begin with: an example with comments, or a copy of a network."""

from __future__ import annotations

from archcalc.language.formatting import formatted
from archcalc.language.library import find
from archcalc.limits import DEFAULT
from archcalc.network.network import network
from archcalc.readers import read_source
from archcalc.source.edits import Edit, Extents, applied
from archcalc.source.parser import Source
from archcalc.source.values import Mapping, Value

SCHEMA_LINE = "# yaml-language-server: $schema={}"
"""The comment by which editors find the schema of a file."""
OTHERS = ("title", "paper", "accuracy", "aliases", "expect", "notes", "family", "tags")
"""What is said of the network that was copied, and not of the new one."""
STARTER = """\
archcalc: 1  # version of the language
name: {name}
title: {name}

# Channels, height and width; a name instead of a number stays a symbol.
input: [3, 32, 32]

# Numbers for the whole file: `archcalc table FILE --set width=64` overrides one.
params: {{width: 32, classes: 10}}

# Named sets of params: `archcalc table FILE:wide`.
variants:
  wide: {{width: 64}}

# What every convolution has unless a step says otherwise.
defaults:
  conv: {{bias: false, norm: bn, act: relu, pad: half}}

# Templates; `required` params have no default.
blocks:
  basic:
    params: {{out: required, stride: 1}}
    layers:
      - residual:
          - {{conv: out, kernel: 3, stride: stride}}
          - {{conv: out, kernel: 3, act: none}}
        shortcut: identity-or-projection
        act: relu

# A step is a word or a mapping with one kind; `archcalc layers` lists the kinds.
layers:
  - {{name: stem, conv: width, kernel: 3}}
  - {{name: stage1, use: basic, out: width, repeat: 2}}
  - {{name: stage2, use: basic, out: 2*width, repeat: 2, first: {{stride: 2}}}}
  - gap
  - {{name: fc, fc: classes}}

# What must hold; `archcalc check FILE` says whether it does, and
# `archcalc check FILE --update` writes the computed values.
expect:
  - {{at: stage2, shape: ~}}
  - {{params: ~}}
  - {{macs: ~}}
  - {{variant: "*", params: "<= 10M"}}  # a budget, for every variant
"""


def starter(name: str, schema: str) -> str:
    """Return a spec with a comment on each part; `schema` is the schema's address."""
    return f"{SCHEMA_LINE.format(schema)}\n{STARTER.format(name=name)}"


def copy_of(net: str, name: str, schema: str) -> str:
    """Return a network's spec under a new name, in canonical form.

    Title, paper, accuracy, aliases and expectations are of the network that was copied
    and are left out. Raises as `archcalc.load`.
    """
    path, _ = find(net)
    source = read_source(path, DEFAULT)
    spec = network(source).spec
    text = applied(source.text, _edits(source, name))
    line = SCHEMA_LINE.format(schema)
    return formatted(f"{line}\n# Begun from {spec.name}.\n{text.rstrip()}\n")


def _edits(source: Source, name: str) -> list[Edit]:
    root = source.root
    layout = Extents(source)
    edits: list[Edit] = []
    for key, value in root.items if isinstance(root, Mapping) else ():
        if key.text == "name":
            renamed = layout.replaced(value, name)
            edits += [renamed] if renamed else []
        elif key.text in OTHERS:
            edits.append(_section(layout, key, value))
    return edits


def _section(layout: Extents, key: Value, value: Value) -> Edit:
    """Return the edit that takes a section's lines out."""
    end = layout.text.find("\n", layout.end(value))
    return Edit(layout.begin(key), end + 1 if end >= 0 else len(layout.text), "")
