"""Optimizers against torch on the CPU: their state, and what a step makes."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch_memory import Live, allocated_in_training, prepared

import archcalc
from archcalc.errors import UsageError
from archcalc.figures.memory.at_rest import static
from archcalc.figures.memory.optimizers import OPTIMIZERS, named_way
from archcalc.figures.memory.training import play

ARGUMENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd": ("SGD", {}),
    "momentum": ("SGD", {"momentum": 0.9}),
    "nesterov": ("SGD", {"momentum": 0.9, "nesterov": True}),
    "adamw": ("AdamW", {"weight_decay": 0.01}),
    "amsgrad": ("Adam", {"amsgrad": True}),
    "rmsprop-momentum": ("RMSprop", {"momentum": 0.9}),
    "rmsprop-centered": ("RMSprop", {"centered": True}),
    "muon": ("Muon", {}),
}
KINDS = {kind.lower(): kind for kind in dir(torch.optim) if kind[0].isupper()}
OF_TORCH = sorted(set(OPTIMIZERS) - {"lion"})
WITHOUT_STATE_OF_SHAPES = {"lbfgs", "sparseadam"}
"""LBFGS keeps flat copies for a history; SparseAdam trains sparse gradients alone."""
EXACT = [
    f"{name}:{way}"
    for name in OF_TORCH
    if not OPTIMIZERS[name].estimate
    for way in OPTIMIZERS[name].ways()
]
MATRIX = """
archcalc: 1
name: matrices
input: [6]
layers:
  - {linear: 9, bias: false}
  - {linear: 4, bias: false}
"""


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def made(name: str, parameters: list[nn.Parameter], way: str = "loop") -> Any:
    """Return an optimizer of torch that runs in a way."""
    kind, given = ARGUMENTS.get(name, (KINDS.get(name, ""), {}))
    how: dict[str, Any] = {"fused": True}
    if way != "fused":
        how = {} if name == "muon" else {"foreach": way == "foreach"}
    return getattr(torch.optim, kind)(parameters, lr=0.01, **given, **how)


def give_gradients(parameters: list[nn.Parameter]) -> None:
    for parameter in parameters:
        parameter.grad = torch.ones_like(parameter)


def state_of(optimizer: Any) -> list[Tensor]:
    kept = (v for one in optimizer.state.values() for v in one.values())
    return [value for value in kept if isinstance(value, Tensor)]


def test_every_optimizer_of_torch_is_known_or_has_no_state_of_shapes() -> None:
    known = {ARGUMENTS.get(name, (name, {}))[0].lower() for name in OF_TORCH}
    assert known | WITHOUT_STATE_OF_SHAPES == set(KINDS) - {"optimizer"}


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", OF_TORCH)
def test_state(name: str, dtype: str) -> None:
    network = archcalc.loads(MATRIX) if name == "muon" else archcalc.load("lenet5")
    analysis = network.analyze(optimizer=name, dtype=dtype)
    parameters = list(prepared(analysis.graph, getattr(torch, dtype)).parameters())
    optimizer = made(name, parameters)
    give_gradients(parameters)
    optimizer.step()
    theirs = sum(value.nbytes for value in state_of(optimizer))
    assert analysis.memory.static.optimizer_state == theirs


@pytest.mark.parametrize("name", EXACT)
def test_what_a_step_makes(name: str) -> None:
    """From the second step on, for parameters of many sizes in any order."""
    key, _, way = name.partition(":")
    chosen, _ = named_way(name)
    random = Random(name)
    for _ in range(12):
        lengths = [random.choice([3, 40, 500]) for _ in range(random.randint(1, 6))]
        sizes = [length + random.randint(0, 9) for length in lengths]
        parameters = [nn.Parameter(torch.randn(size)) for size in sizes]
        optimizer = made(key, parameters, way)
        for _ in range(2):
            give_gradients(parameters)
            optimizer.step()
        gradients = [p.grad for p in parameters if p.grad is not None]
        live = Live([*parameters, *gradients, *state_of(optimizer)])
        with live:
            optimizer.step()
        assert chosen.temporaries(way, [4 * size for size in sizes]) == live.peak


@pytest.mark.parametrize(
    ("name", "bytes"),
    [
        # weights 138,357,544 and 32 counts of steps; fc6 and fc7 are neighbours
        ("adam", 4 * 4 * 138_357_544 + 4 * 32 + 4 * (4_096 + 2 * 102_760_448)),
        ("adam:foreach", 5 * 4 * 138_357_544 + 4 * 32),
    ],
)
def test_a_step_whose_end_is_its_peak(name: str, bytes: int) -> None:
    training = archcalc.load("vgg16").analyze(optimizer=name).memory.training
    assert training.timeline.moments[training.timeline.peak_at].phase == "update"
    before = 4 * 512  # the bias of the layer before fc6
    assert training.peak == bytes - (4 * 4_096 - before if name == "adam" else 0)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("adm", "adam"),
        ("adam:forech", "foreach"),
        ("nadam:fused", "loop, foreach"),
        ("rprop:foreach", "loop"),
        ("muon", "trains matrices alone: weight has shape"),
    ],
)
def test_what_is_refused(name: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        _ = archcalc.load("lenet5").analyze(optimizer=name).memory.static
    problem = caught.value.problems[0]
    assert problem.code == "AC540"
    assert says in f"{problem.message} {problem.help}"


SHARED = """
archcalc: 1
name: shared
input: [7, 64]
layers:
  - {{name: a, linear: 64, bias: true}}
  - {{name: b, linear: 64, bias: true, share: a}}
{third}
"""


@pytest.mark.parametrize("third", ["", "  - {name: c, linear: 64, share: a}"])
@pytest.mark.parametrize("batch", [1, 5])
def test_gradients_of_shared_matrices_live_three_at_once(
    third: str, batch: int
) -> None:
    """The first two are added to a third tensor; torch does so unwatched too."""
    text = SHARED.format(third=third)
    analysis = archcalc.loads(text).analyze(batch=batch, inplace=False)
    held = static(analysis)
    stays = held.parameters + held.buffers + held.optimizer_state
    peak = play(analysis.memory.training_storages, held).peak - stays  # type: ignore[operator]  # numbers
    module = prepared(analysis.graph)
    assert peak == allocated_in_training(module, batch, torch.float32)
