"""What each layer says of itself: its words, torch call, what it keeps and sees.

`golden/layers/records.txt` has them to be read; `UPDATE_GOLDEN=1` writes it anew.
test_layers_torch.py builds every one of these calls and compares shapes, weights and
kept bytes with torch, so that what is written there is proved there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from layer_cases import EXAMPLES, FURTHER, Case

from archcalc.layers.base import Kernel, Saved, Seen, times
from archcalc.layers.records.calls import Module, named
from archcalc.layers.records.strides import Laid

FILE = Path(__file__).parents[1] / "golden" / "layers" / "records.txt"
CASES = [*EXAMPLES, *FURTHER]


def record(case: Case) -> str:
    """Return what a layer says of itself, on a line each."""
    layer, inputs = case.layer, case.inputs
    lines = [
        f"  says   {layer.label(*inputs)}",
        f"  torch  {layer.torch(*inputs)}",
        *(f"  {when} {code}" for when, code in around(case)),
        f"  holds  {'; '.join(held(case))}",
        *(f"  keeps  {'; '.join(one)}" for one in by_kernel(case)),
        f"  sees   {seen(layer.window(*inputs))}",
    ]
    return "\n".join([case.text, *lines])


def around(case: Case) -> Iterator[tuple[str, str]]:
    """Yield the code around a torch module's call, or a function's parameters."""
    call = case.layer.torch(*case.inputs)
    for name in ("before", "after", "params"):
        found = getattr(call, name, None)
        if found is not None and found != {}:
            yield f"{name:6}", str(found)


def held(case: Case) -> Iterator[str]:
    """Yield parameters, then buffers, with their shapes."""
    layer, inputs = case.layer, case.inputs
    for name, sizes in layer.weights(*inputs).items():
        yield f"{name} {times(sizes)}"
    for name, sizes in layer.buffers(*inputs).items():
        yield f"buffer {name} {times(sizes)}".rstrip()


def by_kernel(case: Case) -> Iterator[list[str]]:
    """Yield what is kept; for a layer that says so with its batch, 2, by kernel."""
    layer, inputs = case.layer, case.inputs
    laid = [Laid.anew((2, *sizes)) for sizes in inputs]  # type: ignore[arg-type]  # numbers
    if layer.inside(Kernel(32, onednn=True), *laid) is None:
        yield list(kept(layer.saved(case.output, *inputs)))
        return
    found = []
    for onednn in (True, False):
        inside = layer.inside(Kernel(32, onednn), *laid)
        assert inside is not None
        if inside.saved not in found:
            found.append(inside.saved)
            made = f"beside {inside.inference} and {inside.training} B made"
            yield ["batch 2", *kept(inside.saved), made]


def kept(saved: Saved) -> Iterator[str]:
    yield from (f"input {i}" for i in saved.inputs)
    yield from ["output"] * saved.output
    yield from saved.weights
    for extra in saved.extras:
        once = f" and {extra.once}" if extra.once else ""
        width = f" of {extra.width} B" if extra.width else ""
        training = " in training" if extra.training else ""
        size = f"{extra.each}{once}{width}"
        if extra.each == 0 and extra.width == 1:
            size = f"{extra.once} B"
        yield f"{extra.what}: {size}{training}"
    yield from ["in training alone"] * saved.train_only
    yield from ["in float32 at least"] * saved.upcasts
    if saved.first:
        yield f"first: {', '.join(kept(saved.first))}"


def seen(window: Seen) -> str:
    if not isinstance(window, tuple):
        return window or "its own position"
    texts = (
        f"{w.size} from {-w.before}, step {w.stride}"
        + (f"/{w.fraction}" if w.fraction != 1 else "")
        for w in window
    )
    return "; ".join(texts)


def written() -> dict[str, str]:
    if os.environ.get("UPDATE_GOLDEN"):
        FILE.parent.mkdir(exist_ok=True)
        text = "\n\n".join(record(case) for case in CASES)
        FILE.write_text(f"{text}\n", "utf-8")
    parts = FILE.read_text("utf-8").rstrip("\n").split("\n\n")
    return {part.partition("\n")[0]: part for part in parts}


WRITTEN = written()


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.text)
def test_what_a_layer_says_of_itself(case: Case) -> None:
    assert record(case) == WRITTEN[case.text]


def test_no_record_is_left_over() -> None:
    assert list(WRITTEN) == [case.text for case in CASES]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text)
def test_every_argument_of_a_torch_module_has_its_name(case: Case) -> None:
    call = case.layer.torch(*case.inputs)
    if isinstance(call, Module):
        assert not [name for name in named(call) if name.startswith("argument")]
