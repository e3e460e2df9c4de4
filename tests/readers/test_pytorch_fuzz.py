"""Random PyTorch modules: parameters, work, shapes and numbers as torch has them.

    pytest -m fuzz --fuzz-minutes 20 --fuzz-seed A -s tests/readers/test_pytorch_fuzz.py

prints how many modules there were and what was compared. What is read is built in torch
again; with 0.1 for each weight on both sides it must compute the same numbers. A module
that fails is told with its steps, and becomes a case of `test_pytorch.py`.
"""

from __future__ import annotations

import copy
import time
from collections import Counter
from collections.abc import Sequence
from random import Random

import pytest
import torch
from random_modules import MAKERS, Composed, composed
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import archcalc
from archcalc.network.network import Network
from archcalc.network.torch_network import build, verify

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
"""Torch warns of odd arguments, and archcalc of what no rule knows."""


def made(name: str) -> tuple[Composed, tuple[int, ...]]:
    """Return the module of a name, `SEED.NUMBER`, and the sizes of its input."""
    with torch.random.fork_rng():
        torch.manual_seed(0)  # weights are drawn while it is put together
        return composed(Random(name))


def beside(module: Composed, sizes: tuple[int, ...], counts: Counter[str]) -> None:
    """Compare what is read of a module with what torch makes of it."""
    network = archcalc.load(module, input=sizes)
    total = network.analyze().total
    counts["steps"] += len(module.steps)
    assert total.params == sum(p.numel() for p in module.parameters())
    again = archcalc.loads(network.spec.source.text, "again").analyze().total
    assert (again.params, again.macs) == (total.params, total.macs)
    if network.spec.uncounted:
        counts["with an unknown step"] += 1
        assert total.macs <= macs_of(module, sizes)
        return
    assert total.macs == macs_of(module, sizes)
    assert verify(network).ok
    counts["work equal"] += 1
    compare_numbers(module, network, sizes, counts)


def compare_numbers(
    module: Composed, network: Network, sizes: tuple[int, ...], counts: Counter[str]
) -> None:
    """Run both with equal weights; an axis of one position may stand elsewhere."""
    theirs = copy.deepcopy(module).double()
    ours = build(network.graph, "cpu").double().eval()
    generator = torch.Generator().manual_seed(0)
    x = torch.randn((1, *sizes), generator=generator, dtype=torch.float64)
    with torch.no_grad():
        for weight in (*theirs.parameters(), *ours.parameters()):
            weight.fill_(0.1)
        found = outputs(ours(x))
        wanted = outputs(theirs(x))
    assert [y.numel() for y in found] == [y.numel() for y in wanted]
    for at, (y, right) in enumerate(zip(found, wanted, strict=True)):
        same = torch.allclose(y.flatten(), right.flatten(), 1e-5, 1e-7, equal_nan=True)
        assert same, f"output {at} of {tuple(right.shape)} has other numbers"
    counts["numbers equal"] += 1


def outputs(given: Tensor | Sequence[Tensor]) -> list[Tensor]:
    return [given] if isinstance(given, Tensor) else [*given]


def macs_of(module: nn.Module, sizes: tuple[int, ...]) -> int:
    """Return half of what torch counts; on meta that has recurrent layers too."""
    on_meta = copy.deepcopy(module).to("meta")
    with FlopCounterMode(display=False) as counter:
        on_meta(torch.zeros((1, *sizes), device="meta"))
    return counter.get_total_flops() // 2


@pytest.mark.parametrize("number", range(10))
def test_a_random_module_is_what_torch_says(number: int) -> None:
    module, sizes = made(f"quick.{number}")
    beside(module, sizes, Counter())


def test_random_modules_are_of_all_kinds() -> None:
    """Nearly every maker of steps has one, and modules have several outputs."""
    told, several = set[str](), 0
    for number in range(30):
        module, _ = made(f"kinds.{number}")
        told |= {step.partition(" ")[0] for step in module.told}
        several += len(module.gives) > 1
    assert len(told & MAKERS.keys()) > 0.8 * len(MAKERS)
    assert "again" in told
    assert several > 5


@pytest.mark.fuzz
def test_for_as_long_as_asked(pytestconfig: pytest.Config) -> None:
    """Modules in turn until the time is over; the name of each is its seed and number."""
    seed, counts = pytestconfig.getoption("--fuzz-seed"), Counter[str]()
    failures: list[str] = []
    end = time.monotonic() + 60 * float(pytestconfig.getoption("--fuzz-minutes"))
    while time.monotonic() < end:
        name = f"{seed}.{counts['modules']}"
        counts["modules"] += 1
        module, sizes = made(name)
        try:
            beside(module, sizes, counts)
        except Exception as error:
            steps = "\n  ".join(module.told)
            said = f"{type(error).__name__}: {str(error)[:500]}"
            failures.append(f"{name} of {sizes}: {said}\n  {steps}")
            print(failures[-1], flush=True)
    print(dict(counts))
    assert not failures
