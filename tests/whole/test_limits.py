"""Every limit: what just fits is read, one more is refused by name, the flag raises it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from forked import Done, Server
from reliability_tables import DOCUMENT, documented
from samples import long_unless

from archcalc.limits import DEFAULT, Limits

HEAD = "name: a\ninput: [3, 8, 8]\n"
SYMBOLS = "name: a\ninput: [C, H, W]\nparams: {a: a, b: b}\nlayers:\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as started:
        yield started


@pytest.fixture(scope="module")
def plain(server: Server, tmp_path_factory: pytest.TempPathFactory) -> float:
    """The seconds of the processor in which a plain file of 5,000 steps is checked."""
    path = tmp_path_factory.mktemp("plain") / "net.yaml"
    path.write_text(HEAD + "layers:\n" + "- {conv: 8, kernel: 3, pad: 1}\n" * 5_000)
    return min(server.run("check", path).cpu for _ in range(3))


MOST_WORK = 20
"""A file that is made to be slow takes so many times the work of a plain one at most."""


def of_bytes(size: int) -> str:
    text = HEAD + "layers: [relu]\n"
    return text + "#" * (size - len(text) - 1) + "\n"


def of_lines(count: int) -> str:
    return HEAD + "layers: [relu]\n" + "#\n" * (count - 3)


def of_depth(depth: int) -> str:
    """A mapping, a list, and so many lists in it."""
    return HEAD + "layers: " + "[" * (depth - 1) + "relu" + "]" * (depth - 1) + "\n"


def of_values(count: int) -> str:
    """The file, three keys, a name, an input of four, `layers` and its steps."""
    return HEAD + "layers:\n" + "- relu\n" * (count - 10)


def of_scalar(length: int) -> str:
    return HEAD + f"notes: {'x' * length}\nlayers: [relu]\n"


def of_nodes(count: int) -> str:
    return HEAD + f"layers: [{{relu: , repeat: {count - 1}}}]\n"


def of_name_chars(count: int) -> str:
    """Steps of 100 characters each: two nodes or names a step would count double."""
    steps = count // 100
    name = "x" * 94
    lines = "".join(f"- {{name: {name}{i:06}, relu: }}\n" for i in range(steps))
    return HEAD + "layers:\n" + lines


def of_variants(nodes: int) -> str:
    """Variants of one network of 99 nodes, and so of the cost of 20 more."""
    variants = "".join(f"  v{i}: {{m: 97}}\n" for i in range(nodes // 119))
    return (
        HEAD
        + f"params: {{m: 98}}\nvariants:\n{variants}layers: [relu, {{relu: , repeat: m}}]\n"
    )


def of_symbols(count: int) -> str:
    return SYMBOLS + "".join(f"- conv: cin*a+b*cin+{i}\n" for i in range(count))


def of_expression(length: int) -> str:
    return HEAD + f"layers: [{{conv: '{'1+' * ((length - 1) // 2)}1', kernel: 1}}]\n"


def of_nesting(depth: int) -> str:
    return HEAD + f"layers: [{{conv: '{'(' * depth}cin{')' * depth}', kernel: 1}}]\n"


def of_number(bits: int) -> str:
    """A product of params with so many bits."""
    other = 2 ** (bits - 32)
    return HEAD + f"params: {{p: 4294967295, q: {other}, r: p*q}}\nlayers: [relu]\n"


def of_problems(count: int) -> str:
    return HEAD + "layers:\n" + "- rellu\n" * count


def of_findings(count: int) -> str:
    claims = "".join(f"  - {{params: {i + 1}}}\n" for i in range(count))
    return HEAD + f"layers: [relu]\nexpect:\n{claims}"


def of_lanes(steps: int) -> str:
    """Steps that are read in reverse, so that most pass all others."""
    down = "".join(f"  - {{name: d{i}, conv: 3}}\n" for i in range(steps))
    up = (
        f"  - {{name: u{i}, add: [u{i - 1}, d{steps - i}]}}\n" for i in range(2, steps)
    )
    return f"{HEAD}layers:\n{down}  - {{name: u1, relu: }}\n{''.join(up)}"


def of_patterns(count: int) -> str:
    """Patterns of one path each: the input's, of one character, is compared too."""
    steps = "".join(f"  - {{name: s{i}, conv: 3}}\n" for i in range(count))
    names = ", ".join(f"'s{i}*'" for i in range(count))
    return HEAD + f"frozen: [{names}]\nlayers:\n{steps}"


def of_readings(steps: int) -> str:
    """Each step may be left out or counted twice."""
    return HEAD + f"layers: [{{conv: 3, repeat: {steps}}}]\n"


Maker = Callable[[int], str]
EDGES: dict[str, tuple[Maker, int, int]] = {
    "file_bytes": (of_bytes, 5_000, 5_000),
    "lines": (of_lines, 500, 500),
    "values": (of_values, 300, 300),
    "scalar_chars": (of_scalar, 60, 60),
    "nodes": (of_nodes, 700, 700),
    "checked_nodes": (of_variants, 119 * 9, 119 * 9),
}
"""A text of a size by the limit's own measure, the limit, and what just fits."""
SCALED: dict[str, tuple[Maker, int, int, int]] = {
    "depth": (of_depth, 10, 5, 30),
    "name_chars": (of_name_chars, 10_000, 4_000, 30_000),
    "formula_products": (of_symbols, 2_000, 2, 20),
    "expression_chars": (of_expression, 41, 41, 43),
    "expression_depth": (of_nesting, 10, 3, 30),
    "number_bits": (of_number, 50, 46, 58),
    "problems": (of_problems, 8, 8, 9),
    "findings": (of_findings, 8, 8, 9),
    "lanes": (of_lanes, 200, 6, 120),
    "pattern_chars": (of_patterns, 300, 9, 30),
    "readings": (of_readings, 4_000, 5, 400),
}
"""A text, a limit, a size that fits, and one that does not."""


OTHERS = {"lanes": ("draw",), "readings": ("reconcile", "123456789")}
"""Commands of limits that `check` does not meet, with what comes behind the file."""


def checked(server: Server, folder: Path, text: str, **limits: int) -> Done:
    path = folder / "net.yaml"
    path.write_text(text, encoding="utf-8")
    words = [f"--limit={name}={value}" for name, value in limits.items()]
    command = next((OTHERS[name] for name in limits if name in OTHERS), ("check",))
    return server.run(command[0], path, *command[1:], *words)


def test_every_limit_is_documented_as_it_is() -> None:
    """`python tests/tools/documents.py` writes the tables."""
    text = DOCUMENT.read_text(encoding="utf-8")
    assert documented(text) == text


def test_every_limit_is_tried() -> None:
    assert EDGES.keys() | SCALED.keys() == {f.name for f in fields(Limits)}


@pytest.mark.parametrize("name", EDGES)
def test_the_edge_of_a_limit(name: str, server: Server, tmp_path: Path) -> None:
    maker, limit, size = EDGES[name]
    assert checked(server, tmp_path, maker(size), **{name: limit}).code == 0
    over = checked(server, tmp_path, maker(size), **{name: limit - 1})
    assert over.code in (1, 2)
    assert f"limit: {name} = {limit - 1}" in over.text
    assert f"--limit {name}=" in over.text
    assert checked(server, tmp_path, maker(size), **{name: limit + 1}).code == 0


@pytest.mark.parametrize("name", SCALED)
def test_a_limit_refuses_and_is_raised(
    name: str, server: Server, tmp_path: Path
) -> None:
    maker, limit, fits, over = SCALED[name]
    told = f"limit: {name} = {limit}"
    assert told not in checked(server, tmp_path, maker(fits), **{name: limit}).text
    refused = checked(server, tmp_path, maker(over), **{name: limit})
    assert refused.code in (1, 2)
    assert (told in refused.text) or name in SAID
    assert f"--limit {name}={ENOUGH.get(name, 2 * limit)}" in refused.text
    raised = checked(server, tmp_path, maker(over), **{name: 1000 * limit})
    assert f"--limit {name}=" not in raised.text


SAID = {"expression_chars", "expression_depth", "number_bits"}
"""Limits whose messages say them in words of their own."""
ENOUGH = {"findings": 9 * 2 - 2}


@pytest.mark.parametrize("name", ["depth", "expression_depth", "nodes", "values"])
def test_a_limit_raised_beyond_the_machine_is_told(
    name: str, server: Server, tmp_path: Path
) -> None:
    """No traceback from a recursion or from memory that is not there."""
    makers = {**EDGES, **SCALED}
    text = makers[name][0](9_000)
    done = checked(server, tmp_path, text, **{name: 10**9}, expression_chars=10**6)
    assert done.code in (0, 1, 2), done.text
    assert "Traceback" not in done.text


@pytest.mark.parametrize(
    "value",
    ["nodes=0x10", "nodes=-1", "nodes=", "=3", "nods=3", "nodes=1e9", "nodes=٣"],
)
def test_what_is_no_limit_is_refused(value: str, server: Server) -> None:
    done = server.run("check", "vgg16", "--limit", value)
    assert done.code == 2
    assert "AC508" in done.text


BIG: dict[str, tuple[Callable[[], str], str | None]] = {
    "100,000 lists": (lambda: HEAD + "layers: " + "[" * 100_000, "depth"),
    "100,000 dashes": (lambda: "- " * 100_000 + "x\n", "depth"),
    "a text of 100 MB": (lambda: HEAD + "notes: " + "x" * 10**8, "file_bytes"),
    "a text of 4 MB": (lambda: HEAD + "notes: " + "x" * 4_000_000, "scalar_chars"),
    "3,000,000 blank lines": (lambda: HEAD + "\n" * 3_000_000, "lines"),
    "a repeat of 10⁹": (
        lambda: HEAD + "layers: [{relu: , repeat: 1000000000}]\n",
        "nodes",
    ),
    "repeats of nothing": (
        lambda: (
            HEAD
            + "blocks:\n  e:\n    layers:\n"
            + "".join(
                f"      - {{stage: [{{relu: , when: 1 == 2}}], name: t{i}}}\n"
                for i in range(1_000)
            )
            + "layers: [{use: e, repeat: 99999}]\n"
        ),
        "nodes",
    ),
    "blocks that double 60 times": (lambda: doubled("relu", 60), "nodes"),
    "empty blocks that double": (
        lambda: doubled("{relu: , when: 1 == 2}", 60),
        "nodes",
    ),
    "long names": (
        lambda: (
            HEAD
            + "blocks:\n  b0: {layers: [relu]}\n"
            + "".join(
                f"  b{i}: {{layers: [{{use: b{i - 1}, name: {'n' * 180}}}]}}\n"
                for i in range(1, 61)
            )
            + "layers: [{use: b60, repeat: 99000}]\n"
        ),
        "name_chars",
    ),
    "100 variants of 9,000 nodes": (
        lambda: (
            HEAD
            + "params: {m: 9000}\nvariants:\n"
            + "".join(f"  v{i}: {{m: {9000 + i}}}\n" for i in range(100))
            + "layers: [{conv: 3, kernel: 1, repeat: m}]\n"
        ),
        "checked_nodes",
    ),
    "names that multiply": (lambda: of_symbols(60), "formula_products"),
    "30,000 unknown words": (lambda: of_problems(30_000), "problems"),
    "20,000 wrong claims": (lambda: of_findings(20_000), "findings"),
    "40,000 params in a chain": (
        lambda: (
            HEAD
            + "params:\n"
            + "".join(f"  p{i}: p{i + 1}+1\n" for i in range(40_000))
            + "  p40000: 1\nlayers: [relu]\n"
        ),
        None,
    ),
    "3,000 params of each of 3,000 variants": (
        lambda: (
            HEAD
            + "params:\n"
            + "".join(f"  p{i}: 1\n" for i in range(3_000))
            + "variants:\n"
            + "".join(f"  v{i}: {{p1: {i}}}\n" for i in range(3_000))
            + "layers: [relu]\n"
        ),
        "checked_nodes",
    ),
    "2,000 steps that 2,000 variants leave out": (
        lambda: (
            HEAD
            + "params: {p: 1}\nvariants:\n"
            + "".join(f"  v{i}: {{p: {i}}}\n" for i in range(2_000))
            + "layers:\n  - relu\n"
            + "  - {relu: , when: p < 0}\n" * 2_000
        ),
        "checked_nodes",
    ),
    "9,000 names of what is frozen": (
        lambda: of_patterns(9_000).replace("*", ""),
        None,
    ),
    "9,000 patterns of what is frozen": (lambda: of_patterns(9_000), "pattern_chars"),
    "90,000 times one input": (
        lambda: HEAD + f"layers:\n  - add: [{', '.join(['input'] * 90_000)}]\n",
        None,
    ),
    "40,000 texts of several lines": (
        lambda: "".join(f"k{i}: |\n  text\n" for i in range(40_000)),
        "problems",
    ),
    "a million columns": (lambda: HEAD + f"layers: [{'relu, ' * 90_000}relu]\n", None),
}


def doubled(inner: str, times: int) -> str:
    blocks = "".join(
        f"  b{i}: {{layers: [{{use: b{i - 1}}}, {{use: b{i - 1}}}]}}\n"
        for i in range(1, times + 1)
    )
    return (
        HEAD
        + f"blocks:\n  b0: {{layers: [{inner}]}}\n{blocks}layers: [{{use: b{times}}}]\n"
    )


LONG = {
    "100 variants of 9,000 nodes",
    "3,000 params of each of 3,000 variants",
    "9,000 patterns of what is frozen",
    "40,000 texts of several lines",
    "90,000 times one input",
    "a million columns",
    "empty blocks that double",
}
"""Those that take seconds, whose limit or shape another has too."""


@pytest.mark.parametrize("name", long_unless(lambda name: name not in LONG, BIG))
def test_big_inputs_stay_small(
    name: str, server: Server, plain: float, tmp_path: Path
) -> None:
    make, limit = BIG[name]
    path = tmp_path / "net.yaml"
    path.write_text(make(), encoding="utf-8")
    asked = [("check", "--strict"), ("fmt", "--check")]
    if limit == "checked_nodes":
        asked.append(("lock", f"--lock-file={tmp_path / 'archcalc.lock'}"))
    for words in asked:
        done = server.run(*words, path)
        assert not done.killed
        assert done.code in (0, 1, 2), done.text[-300:]
        assert done.megabytes < 200
        assert done.cpu < MOST_WORK * plain
        assert len(done.text) < 25_000
        if limit and words[0] != "fmt":
            assert f"limit: {limit} = {getattr(DEFAULT, limit)}" in done.text
