"""Which files are checked, what a project asks for, and what is written to files."""

from __future__ import annotations

from pathlib import Path

import pytest
from check_runs import GOOD, HEAD, Run

from archcalc.checks.catalogue import every_rule
from archcalc.checks.discovery import is_spec, specs_at
from archcalc.checks.project import Project
from archcalc.checks.rule import as_file
from archcalc.commands.check.check import say_shipped

# -- which files -----------------------------------------------------------------------

SPECS = [
    ("layers: [relu]\n", True),
    ("name: n\ninput: [1]\n", True),
    ("# nothing\n", True),
    ("- relu\n- {conv: 8}\n", True),
    ("a\x00b", True),
    ("services: {a: 1}\n", False),
    ("- hosts: all\n", False),
    ("on: push\njobs: {}\n", False),
    ('"quoted key": 1\n', False),
]


@pytest.mark.parametrize(("text", "spec"), SPECS)
def test_specs_are_told_from_other_yaml(tmp_path: Path, text: str, spec: bool) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(text.encode())
    assert is_spec(str(file)) == spec


def test_folders_are_walked_without_hidden_ones(run: Run, tmp_path: Path) -> None:
    for name in ("a.yaml", "b/c.yml", ".git/d.yaml", "node_modules/e.yaml", "f.txt"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(GOOD, encoding="utf-8")
    (tmp_path / "z.yaml").write_text("on: push\n", encoding="utf-8")
    assert specs_at(["."]).paths == ("a.yaml", "b/c.yml") or specs_at(["."]).paths == (
        "./a.yaml",
        "./b/c.yml",
    )
    done = run("check", ".")
    assert done.code == 0
    assert done.out.splitlines()[-1] == "1 other YAML file left out"
    assert run("check", "z.yaml").code == 1
    assert run("check", "z.yaml", "a.yaml", "--skip-others").code == 0


def test_shipped_specs_are_said_where_nothing_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for paths, said in ((None, True), (["vgg16"], False)):
        say_shipped(specs_at(paths), "lock")
        told = capsys.readouterr().err
        assert ("`archcalc lock .`" in told, bool(told)) == (said, said)
        assert all(len(line) <= 80 for line in told.splitlines())


def test_what_cannot_be_opened_is_told_by_its_name(run: Run, tmp_path: Path) -> None:
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere.yaml")
    done = run("check", ".")
    assert done.code == 2
    assert "error[AC101]: cannot read `gone.yaml`: there is no such file" in done.out


# -- the project's table ---------------------------------------------------------------


def project(tmp_path: Path, table: str) -> None:
    text = f"[tool.archcalc]\n{table}\n"
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")


def test_a_project_says_what_is_checked(run: Run, tmp_path: Path) -> None:
    for name in ("nets/a.yaml", "nets/old/b.yaml", "nets/x1.yaml", "c.yaml"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(as_file(every_rule()["AC301"].wrong), encoding="utf-8")
    project(tmp_path, 'paths = ["nets"]\nexclude = ["nets/old", "nets/x*"]')
    done = run("check", "-f", "concise")
    assert [line.partition(":")[0] for line in done.out.splitlines()] == [
        "nets/a.yaml",
        "1 file",
    ]


TABLES = [
    ('ignore = ["AC301"]', ("a.yaml",), 0),
    ('per-file-ignores = {"*.yaml" = ["AC301"]}', ("a.yaml",), 0),
    ('per-file-ignores = {"b/*" = ["AC301"]}', ("a.yaml",), 1),
    ("strict = true", ("b.yaml",), 1),
    ('select = ["AC402"]', ("b.yaml",), 1),
    ('select = ["AC402"]', ("a.yaml", "--select", "AC3"), 1),
    ("channels = 8", ("b.yaml", "--select", "AC405"), 1),
    ("limits = {nodes = 1}", ("b.yaml",), 1),
    # A pattern is one of files in the project's folder.
    ('per-file-ignores = {"*.yaml" = ["AC301"]}', ("../out.yaml",), 1),
    ('exclude = ["*"]', ("../nets",), 1),
    ('format = "concise"', ("a.yaml",), 1),
    ('lock-file = "none.lock"', ("b.yaml", "--locked"), 2),
    ("limits = {nodes = 1}", ("b.yaml", "--limit", "nodes=9"), 0),
]


@pytest.mark.parametrize(("table", "words", "code"), TABLES)
def test_a_project_chooses(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    table: str,
    words: tuple[str, ...],
    code: int,
) -> None:
    inside = tmp_path / "inside"
    for folder in (inside, tmp_path / "nets"):
        folder.mkdir()
    project(inside, table)
    steps = "layers: [{conv: 4, stride: 2}, gap, {fc: 10}]\n"
    (inside / "b.yaml").write_text(HEAD + steps, encoding="utf-8")
    claims = f"{HEAD}layers: [relu]\nexpect: [{{params: 1}}]\n"
    for name in ("inside/a.yaml", "out.yaml", "nets/a.yaml"):
        (tmp_path / name).write_text(claims, encoding="utf-8")
    monkeypatch.chdir(inside)
    assert run("check", *words).code == code


WRONG_TABLES = [
    ('selct = ["AC4"]', "did you mean select?"),
    ("strict = 1", "true or false is needed"),
    ('ignore = "AC4"', "a list of codes is needed"),
    ("limits = {node = 1}", "a table of limits"),
    ("format = 3", "format = 3: a word is needed"),
    ('lock-file = ""', "a path is needed"),
    ('per-file-ignores = ["AC4"]', "a table of patterns with lists of codes"),
    ('per-file-ignores = {"a" = "AC4"}', "a table of patterns with lists of codes"),
    ('select = ["AC987"]', "AC560"),
    ("[", "cannot be read"),
]


@pytest.mark.parametrize(("table", "said"), WRONG_TABLES)
def test_a_wrong_table_is_refused(
    run: Run, tmp_path: Path, table: str, said: str
) -> None:
    project(tmp_path, table)
    done = run("check", "vgg16")
    assert done.code == 2
    assert said in done.err


def test_a_project_without_a_table_changes_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[project]\nname = 'a'\n", encoding="utf-8"
    )
    assert run("check", "vgg16").code == 0
    assert not Project().excludes("a.yaml")


# -- shipped networks ------------------------------------------------------------------


def test_shipped_networks_are_linted_where_it_is_asked_for(run: Run) -> None:
    assert "warning" not in run("check", "resnet50").out
    done = run("check", "resnet50", "--select", "AC402")
    assert done.code == 1
    assert "AC402" in done.out


# -- changing files --------------------------------------------------------------------


def test_fix_writes_the_file_and_checks_it_again(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    text = f"\ufeff{HEAD}layers:\r\n  - {{conv: 8}} # é\r\n  - bn\r\n"
    file.write_bytes(text.encode())
    done = run("check", "net.yaml", "--fix", "--strict")
    assert (done.code, done.err) == (0, "net.yaml: 1 problem fixed\n")
    assert file.read_bytes() == text.replace("conv: 8", "conv: 8, bias: false").encode()
    assert run("check", "net.yaml", "--fix").err == ""


UPDATES = [
    ("{params: 1}", "{params: 224}"),
    ("{at: c, params: ~}", "{at: c, params: 224}"),
    ("{at: g, receptive_field: ~}", "{at: g, receptive_field: ~}"),
    ("{macs: 1_000_000}   # ours", "{macs: 194_400}   # ours"),
    ("{macs: 0.30M}", "{macs: 0.19M}"),
    ("{macs: 0.30 MMACs}", "{macs: 0.19 MMACs}"),
    ("{macs: 200kFLOPs}", "{macs: 194 kFLOPs}"),
    ("{at: c, shape: [1, 2]}", "{at: c, shape: [8, 30, 30]}"),
    ("{variant: wide, params: 1}", "{variant: wide, params: 448}"),
    ("{batch: 2, macs: 1}", "{batch: 2, macs: 388800}"),
    ("{macs: 0.194M}", "{macs: 0.194M}"),
    # What names sizes is a claim too; what cannot be read is left to the check.
    ("{params: C}", "{params: 224}"),
    ("{at: c, shape: 1x2x3}", "{at: c, shape: 1x2x3}"),
    (
        "{is: 3, value: a, with: {a: params}}",
        "{is: 3, value: a, with: {a: params}}",
    ),
    ("{macs: 0.2M, tol: 5%}", "{macs: 0.2M, tol: 5%}"),
    ('{params: "<= 3"}', '{params: "<= 3"}'),
    ("{params: 1, cite: a paper}", "{params: 1, cite: a paper}"),
    ("{params: 1, said: one}", "{params: 1, said: one}"),
    ("{params: 1, verdict: loose}", "{params: 1, verdict: loose}"),
    ("{params: 224, verdict: erratum}", "{params: 224, verdict: erratum}"),
]


@pytest.mark.parametrize(("before", "after"), UPDATES)
def test_update_writes_what_no_source_says(
    run: Run, tmp_path: Path, before: str, after: str
) -> None:
    file = tmp_path / "net.yaml"
    text = (
        f"# a network\n{HEAD}params: {{out: 8}}\nvariants: {{wide: {{out: 16}}}}\n"
        "layers:\n  - {name: c,   conv: out, kernel: 3}  # odd   layout\n\n"
        "  - {name: g, gap: }\n"
        "expect:\n    - ENTRY\n"
    )
    file.write_text(text.replace("ENTRY", before), encoding="utf-8")
    done = run("check", "net.yaml", "--update")
    assert file.read_text(encoding="utf-8") == text.replace("ENTRY", after)
    assert ("figures in `expect` updated" in done.err) == (before != after)


def test_update_begins_a_section(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(f"{HEAD}layers: [{{conv: 8}}]", encoding="utf-8")
    assert run("check", "net.yaml", "--update").code == 0
    after = file.read_text(encoding="utf-8")
    assert after.endswith("]\n\nexpect:\n  - {params: 32}\n  - {macs: 24_576}\n")
    broken = f"{HEAD}layers: [konv]\n"
    file.write_text(broken, encoding="utf-8")
    assert run("check", "net.yaml", "--update").code == 1
    assert file.read_text(encoding="utf-8") == broken


WRITTEN = [("vgg16",), (), ("-",), ("net.yaml", "vgg16")]


@pytest.mark.parametrize("option", ["--fix", "--update"])
@pytest.mark.parametrize("paths", WRITTEN)
def test_only_files_that_are_named_are_written(
    run: Run, tmp_path: Path, paths: tuple[str, ...], option: str
) -> None:
    (tmp_path / "net.yaml").write_text(GOOD, encoding="utf-8")
    done = run("check", *paths, option)
    assert (done.code, "AC574" in done.err) == (2, True)


@pytest.mark.parametrize("option", ["--fix", "--update"])
def test_what_cannot_be_read_is_not_written(
    run: Run, tmp_path: Path, option: str
) -> None:
    data = "name: café\n".encode("latin-1")
    (tmp_path / "net.yaml").write_bytes(data)
    assert run("check", "net.yaml", option).code == 1
    assert (tmp_path / "net.yaml").read_bytes() == data
    assert run("check", "none.yaml", option).code == 2


def test_a_fix_keeps_the_steps_that_claims_are_about(run: Run, tmp_path: Path) -> None:
    steps = "layers:\n" + "  - {conv: 8}\n" * 3
    text = f"{HEAD}{steps}expect: [{{at: conv2, params: 72}}]\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    assert run("check", "net.yaml", "--fix").code == 0
    assert (tmp_path / "net.yaml").read_text(encoding="utf-8") == text
