"""A small network whose bytes are worked out by hand in several tests."""

from __future__ import annotations

import archcalc

TEXT = """\
archcalc: 1
name: small
input: [3, 8, 8]
layers:
  - {name: stem, conv: 4, kernel: 3, pad: 1}
  - bn
  - relu
  - name: mixed
    stage:
      - concat:
          a: [{conv: 2, kernel: 1}]
          b: [{conv: 8, kernel: 1}, relu, {conv: 2, kernel: 3, pad: 1}]
          c: [{maxpool: 3, stride: 1, pad: 1}]
  - aux: [{fc: 5}]
  - gap
  - {name: head, fc: 5}
"""
NETWORK = archcalc.loads(TEXT)
