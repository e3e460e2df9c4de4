"""Which steps leave the network: the names under `outputs`, looked up at the end.

A network without the section has one output, the step that its list ends with.
"""

from __future__ import annotations

from itertools import chain

from archcalc.errors import SpecError, did_you_mean, nearest
from archcalc.graph.growing import Growing
from archcalc.graph.scope import Scope
from archcalc.source.values import Scalar


def leaving(
    outputs: tuple[Scalar, ...], growing: Growing, scope: Scope
) -> tuple[int, ...]:
    """Return the nodes that the names under `outputs` stand for, in their order.

    A name is the path of a step, as a table shows it, or what `from` could say at the
    end of the list. Raises `SpecError` AC154 for a name that no step has, and AC156
    for an input, a step of a side head, and a tensor that is named twice.
    """
    found: dict[int, Scalar] = {}
    for name in outputs:
        index = growing.names.get(name.text)
        if index is None:
            index = scope.find(name.text)
        unfit = any(head.holds(name.text) for head in growing.unfit)
        if index is None and not unfit:
            raise _unknown(name, growing, scope)
        if index is None or growing.nodes[index].aux:
            said = f"{name.text!r} is in a side head, which inference leaves out"
            raise _refused(name, growing, said, "take its steps out of `aux:`")
        node, first = growing.nodes[index], found.get(index)
        if node.layer.role == "input":
            said = f"{name.text!r} is an input, not the result of a step"
            raise _refused(name, growing, said, "name a step")
        if first is not None:
            raise _twice(first, name, growing)
        found[index] = name
    return tuple(found)


def _twice(first: Scalar, name: Scalar, growing: Growing) -> SpecError:
    """Return the error of a tensor that is named before."""
    line = growing.place(first).line
    if first.text == name.text:
        said = f"{name.text!r} is named twice, first in line {line}"
    else:
        said = f"{name.text!r} is the same tensor as {first.text!r} in line {line}"
    return _refused(name, growing, said, "name it once")


def _refused(name: Scalar, growing: Growing, said: str, help: str) -> SpecError:
    return SpecError.of(
        "AC156", f"outputs: {said}", place=growing.place(name), help=help
    )


def _unknown(name: Scalar, growing: Growing, scope: Scope) -> SpecError:
    """Return the error of a name that no step has, with the nearest."""
    inside = (known for known in growing.names if known.endswith(f".{name.text}"))
    path = next(inside, None)
    if path is not None:
        help: str = did_you_mean(path)
    else:
        top = (known for known in growing.names if "." not in known)
        known = chain(scope.outputs, top, growing.names)
        help = nearest(name.text, dict.fromkeys(known)) or (
            "any step can be named, one in a group by its path: `group.step`"
        )
    message = f"outputs: no step is named {name.text!r}"
    return SpecError.of("AC154", message, place=growing.place(name), help=help)
