"""`archcalc fmt`: one way to write a spec, with its meaning and comments untouched."""

from __future__ import annotations

import io
import textwrap
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import Done, archcalc
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc.checks.catalogue import every_rule
from archcalc.checks.lock import entry_of
from archcalc.checks.rule import as_file, is_file
from archcalc.errors import ArchcalcError
from archcalc.language.formatting import formatted
from archcalc.language.library import shipped
from archcalc.network.network import loads
from archcalc.source.comments import Commented
from archcalc.source.edits import Extents
from archcalc.source.parser import parse
from archcalc.source.values import Mapping, Scalar, Value

Run = Callable[..., Done]


def meaning(value: Value) -> Any:
    """Return what a value says, the order of keys left out; `{relu: }` is `relu`."""
    if isinstance(value, Scalar):
        return value.text
    if not isinstance(value, Mapping):
        return [meaning(item) for item in value.items]
    said = {key.text: meaning(inner) for key, inner in value.items}
    ((key, inner), *more) = said.items() or [(None, None)]
    return key if not more and inner in ("", "~", "null") else said


def comments(text: str) -> Counter[str]:
    found = Commented(Extents(parse(text, "a"))).comments.values()
    return Counter(comment.text for comment in found)


def check(text: str) -> str:
    """Return a text in canonical form, which says the same and is its own form."""
    after = formatted(text)
    assert formatted(after) == after
    assert meaning(parse(after, "a").root) == meaning(parse(text, "a").root)
    assert comments(after) == comments(text)
    return after


CASES = [
    (
        "layers:   [ relu,{conv: 8,kernel : 3} ]",
        "layers: [relu, {conv: 8, kernel: 3}]\n",
    ),
    ("layers:\n- relu\n-   bn\n", "layers:\n  - relu\n  - bn\n"),
    (
        "layers:\n      - conv: 8\n        kernel: 3\n",
        "layers:\n  - conv: 8\n    kernel: 3\n",
    ),
    (
        "layers: [{kernel: 3, act: relu, note: a, conv: 8, repeat: 2, name: c, pad: 1}]",
        "layers: [{name: c, conv: 8, kernel: 3, pad: 1, act: relu, repeat: 2, note: a}]\n",
    ),
    ("layers: [{relu: }, {gap: ~}]", "layers: [relu, gap]\n"),
    ("layers:\n  - {relu: }  # a\n", "layers:\n  - relu  # a\n"),
    ("layers: [{name: a, relu: }]", "layers: [{name: a, relu: }]\n"),
    ("layers: [{out: 3, use: b}]", "layers: [{use: b, out: 3}]\n"),
    ("layers: [relu]\nname: a\ninput: [3]", "name: a\ninput: [3]\nlayers: [relu]\n"),
    (
        "# top\n\n\n\nname: a\n\n# about layers\nlayers: [relu] # beside\n# end\n",
        "# top\n\nname: a\n\n# about layers\nlayers: [relu]  # beside\n# end\n",
    ),
    (
        "layers:   # all\n  - relu # one\n  - {conv: 8}      # two\n",
        "layers:        # all\n  - relu       # one\n  - {conv: 8}  # two\n",
    ),
    (
        "# of layers\nlayers: [relu]\n# of name\nname: a\n",
        "# of name\nname: a\n# of layers\nlayers: [relu]\n",
    ),
    (
        "layers:\n  # first\n  - kernel: 3 # k\n    # of the kind\n    conv: 8\n",
        "layers:\n  # first\n  # of the kind\n  - conv: 8\n    kernel: 3  # k\n",
    ),
    (
        "notes: >-\n      many\n      words # here\n\nname: a\n",
        "name: a\nnotes: >-\n  many\n  words # here\n",
    ),
    (
        "layers:\n    - note: |\n        a\n          b\n      conv: 8\n",
        "layers:\n  - conv: 8\n    note: |\n      a\n        b\n",
    ),
    ("notes: one\n  two\n", "notes: one\n  two\n"),
    ('name: "a # b"\n', 'name: "a # b"\n'),
    ("tags:\n    - one\n      two\n", "tags:\n  - one\n    two\n"),
    ("tags:\n    - |\n           two\n", "tags:\n  - |\n    two\n"),
    ("tags:\n-\n- a\n", "tags:\n  -\n  - a\n"),
    ("name: 'it''s'\r\nlayers: [relu]\r\n", "name: 'it''s'\nlayers: [relu]\n"),
    (
        "layers: [\n  relu, # one\n  bn\n]\n",
        "layers: [\n  relu, # one\n  bn\n]\n",
    ),
    ("layers: [\n  relu,\n  bn,\n]\n", "layers: [relu, bn]\n"),
    ("layers:\n- concat:\n    a: [relu]\n    b: identity\n", None),
    ("layers:\n- - relu\n", None),
    ("params: {}\nlayers: []\n", "params: {}\nlayers: []\n"),
    (
        "expect: [{cite: a, params: 3, at: x}]",
        "expect: [{at: x, params: 3, cite: a}]\n",
    ),
    ("relu", "relu\n"),
    ("'one\n   two'\n", "'one\n   two'\n"),
    # What is no step, or no block, is not put in any order.
    ("layers: [{kernel: 3,  name: a}]", "layers: [{kernel: 3, name: a}]\n"),
    ("blocks: {b:  relu}", "blocks: {b: relu}\n"),
    ("{a: 1}", "{a: 1}\n"),
    # How often a stage runs stands above its steps.
    (
        "layers:\n  - stage:\n      - relu\n    repeat: 2\n    name: s",
        "layers:\n  - name: s\n    repeat: 2\n    stage:\n      - relu\n",
    ),
    # Every comment of brackets on several lines stands once, that of their key too.
    (
        "params:\n  w: [8,  # first\n      16] # last\n",
        "params:\n  w: [8,  # first\n      16] # last\n",
    ),
    (
        "params:\n  w:  # of the key\n    [8,\n     16]  # of the list\n",
        "params:\n  # of the key\n  w: [8, 16]  # of the list\n",
    ),
]


@pytest.mark.parametrize(
    ("text", "wanted"), CASES, ids=[repr(c[0])[:60] for c in CASES]
)
def test_form(text: str, wanted: str | None) -> None:
    after = check(text)
    if wanted is not None:
        assert after == wanted


@pytest.mark.parametrize("name", shipped())
def test_shipped_specs_are_formatted(name: str) -> None:
    text = shipped()[name].read_text(encoding="utf-8")
    assert check(text) == text


EXAMPLES = [r for r in every_rule().values() if is_file(r.right)]


@pytest.mark.parametrize("rule", EXAMPLES, ids=lambda rule: rule.code)
def test_examples_keep_their_meaning(rule: Any) -> None:
    check(as_file(rule.right))


# -- any spec --------------------------------------------------------------------------

NOTES = st.sampled_from(["", "  # a", " # b # c", "   #"])
ABOVE = st.sampled_from(["", "# above\n", "\n\n", "\n# more\n\n# and more\n"])
PLAIN = st.sampled_from(
    [
        *(
            "relu",
            "bn",
            "{relu: }",
            "{ conv: 8 }",
            "{kernel: 3, pad: 1,conv: 8}",
            "gap",
        ),
        *("{act: relu, conv: 8, name: N}", "{conv: 8, note: 'a # b', kernel: 1}"),
        *("{maxpool: 2, rounding: ceil, stride: 1,   pad: 1}", "{repeat: 2, conv: 8}"),
    ]
)


def block(lines: str, by: int) -> str:
    return textwrap.indent(lines, " " * by)


@st.composite
def steps(draw: st.DrawFn, depth: int = 2) -> str:
    """Return steps, a line or more each, at no indentation."""
    found = []
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(
            st.sampled_from(["plain", "block", "nested"] if depth else ["plain"])
        )
        above, note = draw(ABOVE), draw(NOTES)
        if kind == "plain":
            step = f"- {draw(PLAIN)}{note}\n"
        elif kind == "block":
            step = f"- kernel: 3{note}\n  # inside\n  conv: 8\n"
        else:
            by = draw(st.integers(0, 3))
            word = draw(st.sampled_from(["stage", "residual"]))
            inner = block(draw(steps(depth - 1)), 2 + by)
            shortcut = draw(st.sampled_from(["", "  shortcut: projection\n"]))
            extra = shortcut if word == "residual" else ""
            step = f"- {word}:{note}\n{inner}{extra}"
        found.append(above + step)
    return "".join(found)


@st.composite
def specs(draw: st.DrawFn) -> str:
    """Return a spec, its sections in any order, indented and commented anyhow."""
    body = block(draw(steps()), draw(st.integers(0, 5)))
    sections = [
        f"name: net{draw(NOTES)}\n",
        f"input: [ 8,16 , 16 ]{draw(NOTES)}\n",
        f"layers:{draw(NOTES)}\n{body}",
        f"notes: >-{draw(st.sampled_from(['', '  # c']))}\n    two\n     lines # x\n",
        "params:\n     k: 3\n     # of j\n     j: 2*k\n",
    ]
    order = draw(st.permutations(sections))
    return "".join(draw(ABOVE) + section for section in order)


@given(specs())
@settings(max_examples=150, deadline=None)
def test_meaning_is_untouched(text: str) -> None:
    lines = enumerate(text.splitlines(keepends=True))
    text = "".join(line.replace("name: N", f"name: n{i}") for i, line in lines)
    after = check(text)

    def outcome(spec: str) -> Any:
        try:
            return entry_of(loads(spec).analyze())
        except ArchcalcError as error:
            return [problem.code for problem in error.problems]

    assert outcome(after) == outcome(text)


# -- the command -----------------------------------------------------------------------


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Run:
    monkeypatch.chdir(tmp_path)
    return lambda *words: archcalc(capsys, monkeypatch, *words)


ODD = "layers: [ relu ]\nname: a\ninput: [3, 8, 8]\n"
EVEN = "name: a\ninput: [3, 8, 8]\nlayers: [relu]\n"


def test_files_are_written_only_where_they_change(run: Run, tmp_path: Path) -> None:
    odd, even = tmp_path / "odd.yaml", tmp_path / "even.yaml"
    odd.write_text(ODD, encoding="utf-8")
    even.write_text(EVEN, encoding="utf-8")
    done = run("fmt", ".")
    assert (done.code, done.err) == (0, "odd.yaml: formatted\n")
    assert odd.read_text(encoding="utf-8") == EVEN
    assert run("fmt", "--check", ".").code == 0


def test_check_and_diff_write_nothing(run: Run, tmp_path: Path) -> None:
    odd = tmp_path / "odd.yaml"
    odd.write_text(ODD, encoding="utf-8")
    assert run("fmt", "--check", "odd.yaml").code == 1
    done = run("fmt", "--diff", "odd.yaml")
    assert done.code == 1
    assert "-layers: [ relu ]\n" in done.out
    assert "+layers: [relu]\n" in done.out
    assert odd.read_text(encoding="utf-8") == ODD


def test_the_standard_input_is_written_to_the_standard_output(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stdin:
        buffer = io.BytesIO(ODD.encode())

    monkeypatch.setattr("sys.stdin", Stdin)
    assert run("fmt", "-") == Done(0, EVEN, "")
    Stdin.buffer.seek(0)
    assert run("fmt", "--check", "-") == Done(1, "", "-: would change\n")


def test_a_broken_file_stops_no_other(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes("name: café\n".encode("latin-1"))
    (tmp_path / "b.yaml").write_text(ODD, encoding="utf-8")
    done = run("fmt", "a.yaml", "b.yaml")
    assert (done.code, "AC102" in done.err) == (2, True)
    assert (tmp_path / "b.yaml").read_text(encoding="utf-8") == EVEN


WRONG = [(("vgg16",), "AC501"), (("no.yaml",), "AC101"), (("bad.yaml",), "AC105")]


@pytest.mark.parametrize(("words", "code"), WRONG)
def test_what_cannot_be_formatted(
    run: Run, tmp_path: Path, words: tuple[str, ...], code: str
) -> None:
    (tmp_path / "bad.yaml").write_text("layers: [", encoding="utf-8")
    done = run("fmt", *words)
    assert (done.code, code in done.err) == (2, True)
