"""What `archcalc verify` says of a network beside its build in torch."""

from __future__ import annotations

import pytest
from commands import archcalc as run

from archcalc.layers.base import Shape, Shapes
from archcalc.layers.linear import Linear
from archcalc.network.verification import Mismatch, Verification

# -- the command -----------------------------------------------------------------------


def test_what_differs_from_torch_is_a_finding(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule that counts a bias too few is found, and said to a shell as well."""
    assert run(capsys, monkeypatch, "verify", "lenet5").code == 0
    real = Linear.weights

    def wrong(self: Linear, *inputs: Shape) -> Shapes:
        return {n: s for n, s in real(self, *inputs).items() if n != "bias"}

    monkeypatch.setattr(Linear, "weights", wrong)
    done = run(capsys, monkeypatch, "verify", "vit:ti-16")
    assert done.code == 1
    assert "bias" in done.out


# -- in words --------------------------------------------------------------------------


def test_agreement_in_words() -> None:
    counts = {"shape": 5, "weight": 1, "buffer": 0, "macs": 1234, "params": 1}
    assert Verification("net", "2.13.0", counts, ()).show() == (
        "net: torch 2.13.0 agrees\n"
        "  compared: 5 shapes, 1 weight, 0 buffers, 1,234 MAC counts, "
        "1 total of parameters"
    )


def test_differences_in_words() -> None:
    found = (
        Mismatch("a\x1b[2J", "shape", (1, 64, 7, 7), (1, 64, 8, 8)),
        Mismatch("a.bias", "weight", (64,), None),
        Mismatch("bn.num", "buffer", None, ()),
        Mismatch("total", "macs", 1234567, 7),
        Mismatch("total", "refused", None, "torch does not run x"),
    )
    shown = Verification("net", "2.13.0", {"shape": 5}, found).show().splitlines()
    assert shown[0] == "net: torch 2.13.0 differs in 5 figures"
    assert shown[2:] == [
        "  a\\u001B[2J: shape 1×64×7×7 here, 1×64×8×8 in torch",
        "  a.bias: weight 64 here, nothing in torch",
        "  bn.num: buffer nothing here, a single number in torch",
        "  total: MACs 1,234,567 here, 7 in torch",
        "  torch does not run x",
    ]


def test_many_differences_are_cut() -> None:
    found = (Mismatch("a", "macs", 1, 2),) * 1042
    shown = Verification("net", "2.13.0", {"macs": 1042}, found).show().splitlines()
    assert len(shown) == 43
    assert shown[-1] == "  … and 1,002 more"


def test_comparing_nothing_is_not_agreeing() -> None:
    assert not Verification("net", "2.13.0", {"shape": 0}, ()).ok
