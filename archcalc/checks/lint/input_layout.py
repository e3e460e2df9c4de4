"""An input in another layout than `[C, H, W]`: channels last, a batch axis."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.checks.lint.base import Hint, Linted
from archcalc.checks.lint.opt_out import opt_outs
from archcalc.checks.rule import Rule
from archcalc.errors import Problem
from archcalc.language.library import is_shipped
from archcalc.layers.base import times
from archcalc.network.input_layout import OddInput, odd_inputs
from archcalc.network.network import Network

RULE = Rule(
    "AC411",
    "input-layout",
    "An input is `[C, H, W]`, without the batch. If the last size looks like colours, "
    "or the first like a batch, everything may still fit, but the figures are those "
    "of another network. Every command warns, for `--input` too. If the input is "
    "right as it is, write `lint: {ignore: [AC411]}` into the file.",
    "name: net\ninput: [32, 32, 3]\nlayers:\n  - {conv: 8, kernel: 3}\n",
    "name: net\ninput: [3, 32, 32]\nlayers:\n  - {conv: 8, kernel: 3}\n",
    help="channels first: [3, 32, 32]",
)


def check(net: Linted) -> Iterator[Hint]:
    """Yield a hint for each such input, of the network and of its expectations."""
    network = net.network
    spec = network.spec
    for odd in odd_inputs(network):
        yield Hint(spec.input_at, odd.message, (), _help(odd))
    for entry, at in zip(spec.about.expect, spec.expected_at, strict=True):
        if entry.input is not None and entry.variant in (network.variant, "*"):
            given = Network(spec, network.variant, {}, entry.input, network.limits)
            for odd in odd_inputs(given):
                yield Hint(at, odd.message, _facts(odd, given), _help(odd))


def told(network: Network) -> Iterator[Problem]:
    """Yield what a command says of its network's inputs, unless the file means them."""
    spec, code = network.spec, RULE.code
    found = odd_inputs(network)
    asked = spec.about.lint
    if not found or (asked is not None and code in asked.ignore):
        return
    own = not is_shipped(spec.source.name)
    meant = f"; if it is intended, write `lint: {{ignore: [{code}]}}` in the file" * own
    place = spec.source.place(spec.input_at)
    comments = [one for one in opt_outs(spec.source) if one.line == place.line]
    ignored = any(not one.codes or code.startswith(one.codes) for one in comments)
    for odd in found:
        help, facts = _help(odd) + meant, _facts(odd, network)
        if odd.declared is not None:
            yield Problem(code, odd.message, None, facts, help)
        elif not ignored:
            yield Problem(code, odd.message, place, facts, help)


def _facts(odd: OddInput, network: Network) -> tuple[str, ...]:
    """Return what the file has, where other sizes are given."""
    if odd.declared is None:
        return ()
    return (f"{network.name} has {times(odd.declared)}",)


def _help(odd: OddInput) -> str:
    """Return how the likely form is written: in a file, or as an option."""
    if not odd.likely:
        return f"give as many sizes as the file has: {times(odd.declared or ())}"
    if odd.declared is None:
        forms = [f"[{', '.join(map(str, shape))}]" for shape in odd.likely]
    else:
        forms = ["x".join(map(str, shape)) for shape in odd.likely]
    return f"write {' or '.join(forms)}"
