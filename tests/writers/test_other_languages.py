"""Code for Keras and JAX that `archcalc export` writes, beside the build in torch."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from goldens import check_golden
from layer_cases import Case
from one_layer import ONE_LAYER, network_of
from samples import zoo

import archcalc
from archcalc import UsageError

GOLDEN = Path(__file__).parents[1] / "golden" / "writers"
SMALL = {
    "lenet5": None,
    "resnet18": 64,
    "mobilenet-v2": 64,
    "efficientnet": 64,
    "densenet121": 64,
    "shufflenet-v2": 64,
    "convnext": 64,
}
RUN = [("keras", "last"), ("keras", "first")]
LANGUAGES = [*RUN, ("jax", "last")]


@pytest.mark.peers
@pytest.mark.parametrize(("to", "channels"), RUN)
@pytest.mark.parametrize("name", SMALL)
def test_a_network_computes_the_same_numbers(name: str, to: str, channels: str) -> None:
    from beside_torch import same_numbers

    size = SMALL[name]
    given = None if size is None else (3, size, size)
    same_numbers(archcalc.load(name, input=given), to, channels)


def refusal(network: archcalc.Network, to: str, channels: str) -> str | None:
    """Return why a network cannot be written, None where it can."""
    try:
        archcalc.export(network, to, channels=channels)
    except UsageError as error:
        return str(error)
    return None


@pytest.mark.peers
@pytest.mark.parametrize(("to", "channels"), RUN)
@pytest.mark.parametrize("case", ONE_LAYER, ids=lambda c: c.text)
def test_every_layer_computes_the_same_numbers(
    case: Case, to: str, channels: str
) -> None:
    from beside_torch import same_numbers

    network = network_of(case)
    if refusal(network, to, channels) is None:
        same_numbers(network, to, channels)


@pytest.mark.parametrize(("to", "channels"), LANGUAGES)
def test_a_layer_is_written_or_refused_by_name(to: str, channels: str) -> None:
    """What cannot be written, and why, stands in a file."""
    refused = []
    for case in ONE_LAYER:
        network = network_of(case)
        name, key = network.graph.nodes[-1].name, case.layer.key
        said = refusal(network, to, channels)
        if said is None:
            code = archcalc.export(network, to, channels=channels)
            compile(code, "<exported>", "exec")
            continue
        named = rf"{re.escape(name)} \({key}\) cannot be written in \w+"
        why = re.search(rf"AC523.*{named}: there are no words for (.*)", said)
        assert why, said
        refused.append(f"{case.text}: {why[1]}")
    check_golden(GOLDEN / f"refused.{to}.txt", "\n".join(refused))


@pytest.mark.parametrize(("to", "channels"), LANGUAGES)
@pytest.mark.parametrize("name", zoo())
def test_the_code_imports_its_library_alone(name: str, to: str, channels: str) -> None:
    network = archcalc.load(name)
    if refusal(network, to, channels) is not None:
        return
    tree = [*ast.walk(ast.parse(archcalc.export(network, to, channels=channels)))]
    found = {
        a.name for node in tree if isinstance(node, ast.Import) for a in node.names
    }
    found |= {str(n.module) for n in tree if isinstance(n, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in found} <= {
        "keras": {"keras"},
        "jax": {"jax", "flax"},
    }[to]


@pytest.mark.parametrize("to", ["keras", "jax"])
@pytest.mark.parametrize("name", ["resnet50", "vit"])
def test_the_code_is_as_it_was_read(name: str, to: str) -> None:
    check_golden(GOLDEN / f"{name}.{to}.py.txt", archcalc.export(name, to))


def test_channels_are_first_or_last() -> None:
    with pytest.raises(UsageError, match="AC531"):
        archcalc.export("lenet5", "torch", channels="last")
    with pytest.raises(UsageError, match="AC531"):
        archcalc.export("lenet5", "keras", channels="left")


@pytest.mark.parametrize(
    ("slopes", "axes"), [("shared", "(1, 2, 3)"), ("channels", "(1, 2)")]
)
def test_a_prelu_shares_its_slopes_over_the_right_axes(slopes: str, axes: str) -> None:
    text = f"{{name: one, input: [8, 5, 6], layers: [{{prelu: {slopes}}}]}}"
    network = archcalc.loads(text)
    assert f"layers.PReLU(shared_axes={axes})" in archcalc.export(network, "keras")
    if slopes == "channels":
        with pytest.raises(UsageError, match="a PReLU with a slope for each channel"):
            archcalc.export(network, "jax")
    else:
        assert "nnx.PReLU()" in archcalc.export(network, "jax")
