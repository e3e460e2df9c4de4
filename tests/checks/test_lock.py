"""`archcalc lock` and `check --locked`: what may be written otherwise, and what may not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import Done

import archcalc.network.network as networks
from archcalc.checks.lock import fingerprint
from archcalc.network.network import load, loads

Run = Callable[..., Done]
HEAD = "name: net\ninput: [8, 16, 16]\n"
CONV = "{conv: 8, kernel: 3, pad: 1}"


def of(text: str) -> str:
    return fingerprint(loads(HEAD + text).graph)


SAME = [
    (
        f"layers: [{CONV}, relu]",
        "layers: [{name: a, conv: 8, kernel: 3, pad: half, act: relu}]",
    ),
    (
        f"layers: [{CONV}, {CONV}]",
        f"blocks: {{b: {{layers: [{CONV}]}}}}\nlayers: [{{use: b, repeat: 2}}]",
    ),
    (f"layers: [{CONV}, relu]", f"layers: [{{stage: [{CONV}, relu]}}]"),
    (
        f"layers: [{{residual: [{CONV}]}}]",
        f"layers: [{{add: {{skip: identity, main: [{CONV}]}}}}]",
    ),
    (
        "layers: [{name: x, relu: }, {name: a, conv: 8, from: x}, "
        "{name: b, conv: 4, from: x}, {concat: [a, b]}]",
        "layers: [relu, {concat: {one: [{conv: 8}], two: [{conv: 4}]}}]",
    ),
    ("params: {k: 3}\nlayers: [{conv: 2*k}]", "layers: [{conv: 6}]"),
    ("layers: [{conv: 8}]\nexpect: [{params: 72}]", "layers: [{conv: 8, note: a}]"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_network_written_otherwise(one: str, other: str) -> None:
    assert of(one) == of(other)


OTHERS = [
    f"layers: [{CONV}, relu]",
    f"layers: [relu, {CONV}]",
    "layers: [{conv: 8, kernel: 3, pad: 1, bias: false}, relu]",
    "layers: [{conv: 8, kernel: 3, pad: 1, groups: 2}, relu]",
    "layers: [{conv: 8, kernel: 3, pad: same, stride: 1}, relu6]",
    f"layers: [{CONV}, {{aux: [gap]}}, relu]",
    f"layers: [{CONV}, {{dropout: 0.5}}, relu]",
    "layers: [{name: a, conv: 8}, {conv: 8}]",
    "layers: [{name: a, conv: 8}, {conv: 8, share: a}]",
    "layers: [{concat: {a: [{conv: 8}], b: [relu]}}]",
    "layers: [{concat: {b: [relu], a: [{conv: 8}]}}]",
    "layers: [{subtract: {a: [{conv: 8}], b: [relu]}}]",
    "layers: [{subtract: {b: [relu], a: [{conv: 8}]}}]",
    "layers: [{name: x, conv: 8}, {add: [x, x]}]",
    "layers: [{name: i, relu: }, {add: {a: [{conv: 8}], b: [{conv: 8}]}}]",
    "layers: [{name: i, relu: }, {name: c, conv: 8}, {add: [c, c]}]",
]


def test_other_networks_have_other_fingerprints() -> None:
    assert len({of(text) for text in OTHERS}) == len(OTHERS)


def test_variants_differ() -> None:
    names = ["resnet50", "resnet50:v1.5", "resnet101", "vgg16", "densenet", "googlenet"]
    assert len({fingerprint(load(name).graph) for name in names}) == len(names)


def test_symbols_have_fingerprints() -> None:
    text = "name: n\ninput: [C, H, W]\nlayers: [{conv: 8, kernel: 3}, {bn: }]\n"
    other = text.replace("kernel: 3", "kernel: 5")
    prints = {fingerprint(loads(t).graph) for t in (text, other)}
    assert len(prints) == 2


def test_pools_of_names_have_fingerprints_where_torch_has_none() -> None:
    """In torch the padding "same" is a pair of numbers, which names do not give."""
    text = "name: n\ninput: [C, H, W]\nlayers: [{maxpool: 3, stride: 2, pad: same}]\n"
    texts = [text, text.replace("maxpool: 3", "maxpool: 5"), text.replace("[{", "[ {")]
    one, other, again = (fingerprint(loads(each).graph) for each in texts)
    assert one == again != other


# -- the commands ----------------------------------------------------------------------


def net(tmp_path: Path, name: str, body: str) -> Path:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"{HEAD}{body}\n", encoding="utf-8")
    return file


def test_a_lock_holds_until_something_changes(run: Run, tmp_path: Path) -> None:
    file = net(tmp_path, "nets/a.yaml", f"layers: [{CONV}]")
    variants = "params: {k: 1}\nvariants: {big: {k: 3}}\nlayers: [{conv: 8, kernel: k}]"
    net(tmp_path, "nets/b.yaml", variants)
    assert "3 networks locked" in run("lock", "nets").err
    data = json.loads((tmp_path / "archcalc.lock").read_text(encoding="utf-8"))
    assert list(data["networks"]) == ["nets/a.yaml", "nets/b.yaml", "nets/b.yaml:big"]
    assert data["networks"]["nets/a.yaml"]["params"] == 8 * 8 * 9 + 8
    assert run("check", "--locked", "nets").code == 0
    net(
        tmp_path,
        "nets/a.yaml",
        f"blocks: {{b: {{layers: [{CONV}]}}}}\nlayers: [{{use: b}}]",
    )
    assert run("check", "--locked", "nets").code == 0
    net(tmp_path, "nets/a.yaml", "layers: [{conv: 8, kernel: 5, pad: 2}]")
    done = run("check", "--locked", "nets")
    assert done.code == 1
    assert f"{file.relative_to(tmp_path)}:1:1: error[AC304]" in done.out
    assert "params: 584 in the lock file, now 1,608" in done.out
    run("lock", "nets/a.yaml")
    assert run("check", "--locked", "nets").code == 0


def test_only_a_variant_changed(run: Run, tmp_path: Path) -> None:
    text = "params: {k: 1}\nvariants:\n  big: {k: 3}\nlayers: [{conv: 8, kernel: k}]"
    net(tmp_path, "b.yaml", text)
    run("lock", "b.yaml")
    net(tmp_path, "b.yaml", text.replace("k: 3", "k: 5"))
    done = run("check", "--locked", "b.yaml", "-f", "concise")
    assert done.out.splitlines()[0].startswith("b.yaml:5:3: AC304 net:big differs")
    assert len(done.out.splitlines()) == 2


def test_new_and_missing_networks(run: Run, tmp_path: Path) -> None:
    net(tmp_path, "nets/a.yaml", "layers: [relu]")
    net(tmp_path, "nets/b.yaml", "layers: [gap]")
    run("lock", "nets")
    (tmp_path / "nets" / "a.yaml").unlink()
    net(tmp_path, "nets/c.yaml", "layers: [relu]")
    done = run("check", "--locked", "nets", "-f", "concise")
    assert done.code == 1
    assert "nets/c.yaml:1:1: AC305" in done.out
    assert "archcalc.lock:4:1: AC306 nets/a.yaml is in the lock file" in done.out
    assert "AC306" not in run("check", "--locked", "nets/b.yaml").out
    run("lock", "nets")
    assert run("check", "--locked", "nets").code == 0


def test_a_broken_file_says_what_is_broken_and_no_more(
    run: Run, tmp_path: Path
) -> None:
    net(tmp_path, "a.yaml", "layers: [relu]")
    run("lock", "a.yaml")
    net(tmp_path, "a.yaml", "layers: [rellu]")
    done = run("check", "--locked", "a.yaml", "-f", "json")
    codes = [
        f["code"] for file in json.loads(done.out)["files"] for f in file["findings"]
    ]
    assert codes == ["AC134"]


def test_a_locked_network_is_written_out_once(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the check has analyzed is compared with the lock file."""
    run("lock", "resnet-cifar")
    written: list[str] = []
    expand = networks.expand

    def counted(spec: Any, *more: Any) -> Any:
        written.append(spec.name)
        return expand(spec, *more)

    monkeypatch.setattr(networks, "expand", counted)
    assert run("check", "resnet-cifar").code == 0
    alone = len(written)
    written.clear()
    assert run("check", "--locked", "resnet-cifar").code == 0
    assert len(written) == alone > 1


def test_shipped_networks_are_locked_by_name(run: Run, tmp_path: Path) -> None:
    run("lock", "vgg16", "lenet5")
    data = json.loads((tmp_path / "archcalc.lock").read_text(encoding="utf-8"))
    assert {"vgg16", "lenet5"} <= set(data["networks"])
    assert run("check", "--locked", "vgg16").code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not a lock file"),
        ("[]", "is not a lock file of this archcalc"),
        ("{}", "archcalc-lock: "),
        ('{"archcalc-lock": 9, "networks": {}}', "archcalc-lock: "),
        ('{"archcalc-lock": 1, "networks": {"vgg16": 3}}', "networks.vgg16: "),
        ('{"archcalc-lock": 1, "networks": {"a": {"depth": 1.5}}}', "networks.a.depth"),
        ("[" * 100_000, "is not a lock file"),
    ],
    ids=lambda text: text[:40],
)
def test_another_file_is_no_lock(
    run: Run, tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "archcalc.lock").write_text(text, encoding="utf-8")
    done = run("check", "--locked", "vgg16")
    assert (done.code, "AC565" in done.err) == (2, True)
    assert said in done.err
