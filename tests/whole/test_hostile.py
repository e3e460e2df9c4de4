"""Hostile specs through the commands: one clear message, an honest code, in bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from forked import Done, Server
from samples import long_but_each

from archcalc.commands import COMMANDS
from archcalc.render import FORMATS

HOSTILE = Path(__file__).parents[1] / "cases" / "hostile"
CASES: list[dict[str, Any]] = yaml.safe_load(
    (HOSTILE / "cases.yaml").read_text(encoding="utf-8")
)["cases"]
MEGABYTES = 200
WITH_TORCH = {"verify": 600, "against": 600}
"""What a command may take that loads torch, which alone takes 200."""
LONGEST_OUTPUT = 20_000
FINDINGS = ("full", "concise", "github", "gitlab", "sarif", "junit", "json")
MARKUP = {"sarif": "json", "gitlab": "json", "junit": "xml", "github": "github"}
READERS = ("check", "table")
"""Commands that every case goes through."""
OTHERS = {
    "against": "against torch {}",
    "diff": "diff vgg16 {}",
    "explain": "explain {}",
    "memory": "memory {}",
    "audit": "audit {}",
    "compare": "compare vgg16 {}",
    "conventions": "conventions {}",
    "deck": "deck {} --beside none",
    "decode": "decode {}",
    "export": "export {}",
    "draw": "draw {} -o out.svg",
    "fit": "fit {} --memory 1GiB",
    "fmt": "fmt --diff {}",
    "import": "import {}",
    "lock": "lock {} --lock-file out.lock",
    "plot": "plot {}",
    "quiz": "quiz {}",
    "reconcile": "reconcile {} 358M",
    "report": "report {} -o out.html",
    "scale": "scale {} --target-macs 2x",
    "show": "show {}",
    "solve": "solve {} --where macs<=1G --maximize width",
    "sweep": "sweep {} --over width=1:3",
    "verify": "verify {}",
}
NO_SPEC = {"help", "list", "rule", "schema", "new", "layers", "playground"}
FEW = (
    "alias-cycle-layers",
    "bad-input-negative",
    "bad-layers-null",
    "bad-two-keys",
    "bomb-laughs-map",
    "bomb-repeat-nested",
    "dup-inner",
    "enc-binary",
    "enc-nul",
    "enc-utf16-nobom",
    "expr-class",
    "expr-pow",
    "inj-rich-close",
    "key-map",
    "scalar-null",
    "tag-python-apply",
    "two-docs",
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as started:
        yield started


def in_bounds(done: Done, most: int = MEGABYTES) -> Done:
    """Fail for a bug, a traceback, a hang, or too much memory."""
    assert not done.killed, done
    assert done.code in (0, 1, 2), done.text[-600:]
    assert "Traceback" not in done.text, done.text[-600:]
    assert done.megabytes < most
    return done


def refused(done: Done, name: str, line: int | None = None) -> None:
    """Fail unless one short message names the file, and the line within one."""
    assert done.code in (1, 2), done.text[:600]
    assert name.split("\n")[0][:20] in done.text
    assert len(done.text) < LONGEST_OUTPUT
    assert re.search(r"AC\d{3}", done.text)
    if line:
        found = [int(n) for n in re.findall(r"(?:line |:)(\d+)", done.text)]
        assert any(abs(n - line) <= 1 for n in found), done.text[:600]


def never(case: dict[str, Any], format: str, text: str) -> None:
    banned = case.get("never", {})
    for bad in (*banned.get("any", ()), *banned.get(format, ())):
        assert bad not in text, (case["file"], format)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["file"]))
def test_each_case_is_answered(
    case: dict[str, Any], server: Server, tmp_path: Path
) -> None:
    path = HOSTILE / case["file"]
    for words in READERS:
        done = in_bounds(server.run(*words.split(), path, cwd=tmp_path))
        never(case, "terminal", done.text)
        if case["expect"] == "ok":
            assert done.code == 0, done.text
        if case["expect"] == "error":
            refused(done, case["file"], case.get("line"))
    in_bounds(server.run("fmt", "--check", path, cwd=tmp_path))
    assert list(tmp_path.iterdir()) == []


INJECTED = [case for case in CASES if case["file"].startswith(("inj-", "scalar-name"))]


WRITTEN = [
    *(("table", format, format) for format in FORMATS),
    *(
        ("check --strict", format, MARKUP.get(format, "terminal"))
        for format in FINDINGS
    ),
]
"""A command, the format that it writes, and the markup that this is."""


@pytest.mark.parametrize(
    "run",
    long_but_each(INJECTED, WRITTEN),
    ids=lambda run: f"{run[1][0]} -f {run[1][1]} {run[0]['file']}",
)
def test_nothing_is_injected_in_any_format(
    run: tuple[dict[str, Any], tuple[str, str, str]], server: Server
) -> None:
    case, (command, format, markup) = run
    words = (*command.split(), HOSTILE / case["file"], "-f", format)
    never(case, markup, in_bounds(server.run(*words)).text)


@pytest.mark.parametrize("run", long_but_each(OTHERS, FEW), ids=" ".join)
def test_every_command_answers(
    run: tuple[str, str], server: Server, tmp_path: Path
) -> None:
    command, name = run
    path = HOSTILE / f"{name}.yaml"
    words = [word.format(path) for word in OTHERS[command].split()]
    most = WITH_TORCH.get(command, MEGABYTES)
    done = in_bounds(server.run(*words, cwd=tmp_path), most)
    if command not in ("audit", "fmt", "show") and not name.startswith("inj-"):
        assert done.code in (1, 2), done.text[:600]


def test_every_command_is_tried() -> None:
    tried = {words.split()[0] for words in READERS} | OTHERS.keys() | NO_SPEC
    assert tried == COMMANDS.keys()


def test_every_file_is_a_case() -> None:
    files = {path.name for path in HOSTILE.iterdir()} - {"cases.yaml"}
    assert files == {case["file"] for case in CASES}
    assert len(CASES) > 190


HEAD = "name: a\ninput: [3, 8, 8]\n"
ODD = {
    "a directive": ("%YAML 9.9\n---\n" + HEAD + "layers: [relu]\n", None),
    "an unknown directive": ("%FOO bar\n---\n" + HEAD + "layers: [relu]\n", 1),
    "200,000 directives": ("%FOO bar\n" * 199_000 + "---\n" + HEAD, 1),
    "an anchor on a key": ("&a name: a\n", 1),
    "a list as a key": ("? [a]\n: b\n", 1),
    "an anchor alone": (HEAD + "layers: [&a relu, *a]\n", 3),
    "a merge key": (HEAD + "layers: [{conv: 3, <<: {kernel: 1}}]\n", 3),
    "a float": (HEAD + "layers: [{conv: .inf}]\n", 3),
    "not a number": (HEAD + "layers: [{conv: .nan}]\n", 3),
    "underscores only": (HEAD + "layers: [{conv: __}]\n", 3),
    "an octal number": (HEAD + "layers: [{conv: 0o17}]\n", 3),
    "base 60": (HEAD + "layers: [{conv: 1:30}]\n", 3),
    "a date": (HEAD + "layers: [{conv: 2020-01-02}]\n", 3),
    "half a pair": (HEAD + 'layers: [{conv: 3, name: "\\ud800"}]\n', 3),
    "a tab": (HEAD + "layers:\n\t- relu\n", 4),
    "a form feed": (HEAD + "layers: [re\x0clu]\n", 3),
    "a next line": (HEAD + "layers: [re\x85lu]\n", 3),
    "a line separator": (HEAD + "layers: [re\u2028lu]\n", 3),
    "a paragraph separator": (HEAD + "layers: [re\u2029lu]\n", 3),
    "carriage returns alone": ((HEAD + "layers: [rellu]\n").replace("\n", "\r"), 3),
    "a zero-width space": (HEAD + "layers: [re\u200blu]\n", 3),
    "bidirectional text": (HEAD + "layers: ['\u202erelu']\n", 3),
    "wide digits": (HEAD + "layers: [{conv: \uff18}]\n", 3),
    "Arabic digits": (HEAD + "layers: [{conv: \u0668}]\n", 3),
    "no kind": (HEAD + "layers: [{act: }, {use: }, {from: }, {concat: }]\n", 3),
    "names of Python": (HEAD + "layers: [{__class__: 1}, {conv: __builtins__}]\n", 3),
    "repeat below nought": (HEAD + "layers: [{conv: 3, repeat: -1}]\n", 3),
    "a block of itself": (
        HEAD + "blocks: {a: {layers: [use: a]}}\nlayers: [use: a]\n",
        3,
    ),
    "blocks in a circle": (
        HEAD
        + "blocks: {a: {layers: [use: b]}, b: {layers: [use: a]}}\nlayers: [use: a]\n",
        3,
    ),
    "a name of its own file": (HEAD + "layers: [{relu: , from: odd.yaml}]\n", 3),
    "params in a circle": (HEAD + "params: {p: q, q: p+1}\nlayers: [relu]\n", None),
    "an unknown figure": (HEAD + "layers: [relu]\nexpect: [{layers: x, is: 3}]\n", 4),
    "layers of nought": (HEAD + "layers: [{conv: cin//0}]\n", 3),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_yaml_is_refused_at_its_line(
    name: str, server: Server, tmp_path: Path
) -> None:
    text, line = ODD[name]
    path = tmp_path / "odd.yaml"
    path.write_bytes(text.encode("utf-8"))
    for command in ("check", "table"):
        if name == "an unknown figure" and command == "table":
            continue  # a claim is nothing to a table
        refused(in_bounds(server.run(command, path)), "odd.yaml", line)
    in_bounds(server.run("fmt", "--check", path))


OTHER_FILES = {
    "lock: deep": ("archcalc.lock", "[" * 100_000),
    "lock: no mapping": ("archcalc.lock", "[]"),
    "lock: other version": ("archcalc.lock", '{"archcalc-lock": 99, "networks": {}}'),
    "lock: NaN": ("archcalc.lock", '{"archcalc-lock": 1, "networks": {"vgg16": NaN}}'),
    "lock: odd entry": (
        "archcalc.lock",
        '{"archcalc-lock": 1, "networks": {"vgg16": {"structure": [], "macs": "\\u001b"}}}',
    ),
    "lock: digits": (
        "archcalc.lock",
        '{"archcalc-lock": 1, "networks": {"vgg16": {"macs": ' + "9" * 10_000 + "}}}",
    ),
    "lock: bytes": ("archcalc.lock", "\0\x01\x02"),
    "lock: long": ("archcalc.lock", " " * 5_000_000),
    "project: deep": ("pyproject.toml", "a = " + "[" * 100_000),
    "project: no table": ("pyproject.toml", "tool = 3\n"),
    "project: a list": ("pyproject.toml", "[[tool.archcalc]]\nstrict = true\n"),
    "project: unknown key": ("pyproject.toml", "[tool.archcalc]\nstrikt = true\n"),
    "project: wrong sort": (
        "pyproject.toml",
        "[tool.archcalc]\nlimits = {nodes = -1}\n",
    ),
    "project: escape": ("pyproject.toml", '[tool.archcalc]\n"\\u001b[2J" = 1\n'),
    "project: digits": (
        "pyproject.toml",
        f"[tool.archcalc]\nchannels = {'9' * 10_000}\n",
    ),
    "project: long": ("pyproject.toml", "#" * 5_000_000),
    "project: latin": ("pyproject.toml", "# \udce9\n"),
}
HARMLESS = {"project: no table", "lock: odd entry"}
"""Nothing is said of the file itself: it has no table, or the network differs."""


@pytest.mark.parametrize("name", OTHER_FILES)
def test_other_files_that_are_read(name: str, server: Server, tmp_path: Path) -> None:
    file, text = OTHER_FILES[name]
    (tmp_path / file).write_bytes(text.encode("utf-8", "surrogateescape"))
    done = in_bounds(server.run("check", "vgg16", "--locked", cwd=tmp_path))
    assert done.code == 1 if name in HARMLESS - {"project: no table"} else 2
    assert "\x1b" not in done.text
    assert len(done.text) < LONGEST_OUTPUT
    if name not in HARMLESS:
        assert Path(file).name in done.text
