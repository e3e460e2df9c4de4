"""Small random networks with several outputs, as the text of a spec.

Outputs are all steps that nothing reads, and some that others read: what is kept for a
step that leads nowhere goes early in torch.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

ALONE = {
    "conv": "conv: 5, kernel: 3, pad: half",
    "point": "conv: 3, kernel: 1, bias: true",
    "dwconv": "dwconv: 1, kernel: 3, pad: 1",
    "maxpool": "maxpool: 3, stride: 1, pad: 1",
    "lrn": "lrn: 3",
    "slice": "slice: [0, 2]",
    **{
        key: f"{key}: "
        for key in (
            *("bn", "relu", "sigmoid", "swish", "leaky_relu", "gelu"),
            *("dropout", "identity"),
        )
    },
}
"""Steps that read one tensor, and keep its height and width."""
CHANNELS = {"conv": 5, "point": 3, "slice": 2}
JOINS = ("add", "multiply", "concat")


class _Tensor(NamedTuple):
    name: str
    channels: int


def several_outputs(random: Random, slices: bool = True) -> str:
    """Return a network of several outputs; without `slices` none of them are made."""
    alone = [kind for kind in ALONE if slices or kind != "slice"]
    steps = ["{name: first, conv: 5, kernel: 3, pad: half}"]
    made = [_Tensor("input", 3), _Tensor("first", 5)]
    read: set[str] = set()
    for place in range(random.randint(2, 9)):
        source = random.choice(made) if random.random() < 0.4 else made[-1]
        kind = random.choice([*alone, *JOINS])
        name, channels = f"n{place}", CHANNELS.get(kind, source.channels)
        if kind in ALONE:
            steps.append(f"{{name: {name}, {ALONE[kind]}, from: {source.name}}}")
            read.add(source.name)
        else:
            others = [t for t in made if t != source]
            if kind != "concat":
                others = [t for t in others if t.channels == source.channels]
            if not others:
                continue
            other = random.choice(others)
            steps.append(f"{{name: {name}, {kind}: [{source.name}, {other.name}]}}")
            read |= {source.name, other.name}
            channels += other.channels if kind == "concat" else 0
        made.append(_Tensor(name, channels))
    names = [t.name for t in made[1:]]
    outputs = [n for n in names if n not in read or random.random() < 0.25]
    rest = [n for n in names if n not in outputs]
    if len(outputs) < 2 and rest:
        outputs.append(random.choice(rest))
    random.shuffle(outputs)
    size = random.choice((5, 6, 8))
    lines = "".join(f"  - {step}\n" for step in steps)
    return (
        f"archcalc: 1\nname: several\ninput: [3, {size}, {size}]\n"
        f"outputs: [{', '.join(outputs)}]\nlayers:\n{lines}"
    )
