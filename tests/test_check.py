"""`archcalc check` over a repository: formats, options, exit codes, the project's table.

The repository is made of the rules' own wrong examples, a file for each code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import jsonschema
import pytest
import xmlschema
from commands import Done, archcalc

from archcalc.discovery import is_spec, specs_at
from archcalc.project import Project
from archcalc.render.findings import FORMATS
from archcalc.rules import every_rule
from archcalc.rules.base import as_file, is_file

Run = Callable[..., Done]
SCHEMAS = Path(__file__).parent / "data" / "schemas"
SEEDED = {r.code: r for r in every_rule().values() if is_file(r.wrong)}
GOOD = "name: good\ninput: [3, 8, 8]\nlayers: [{conv: 4}]\nexpect: [{params: 16}]\n"
HEAD = "name: net\ninput: [3, 32, 32]\n"


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Run:
    """Run a command in a folder of its own, outside of any CI."""
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)
    return lambda *words: archcalc(capsys, monkeypatch, *words)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Write a file for each code that a file can break, and a good one."""
    nets = tmp_path / "nets"
    (nets / "more").mkdir(parents=True)
    for number, (code, rule) in enumerate(SEEDED.items()):
        folder = nets / "more" if number % 2 else nets
        data = as_file(rule.wrong).encode(rule.encoding)
        (folder / f"{code}.yaml").write_bytes(data)
    (nets / "good.yaml").write_text(GOOD, encoding="utf-8")
    (nets / "compose.yaml").write_text(
        "services: {web: {image: a}}\n", encoding="utf-8"
    )
    return nets


Found = set[tuple[str, int, str]]


def in_json(text: str) -> Found:
    files = json.loads(text)["files"]
    return {
        (Path(file["path"]).name, finding["line"], finding["code"])
        for file in files
        for finding in file["findings"]
    }


def in_lines(text: str) -> Found:
    found = re.findall(
        r"^(\S+\.yaml):(\d+):\d+: (?:error|warning)?\[?(AC\d+)", text, re.MULTILINE
    )
    return {(Path(path).name, int(line), code) for path, line, code in found}


def in_annotations(text: str) -> Found:
    found = re.findall(r"^::\w+ file=([^,]+),line=(\d+),.*title=(AC\d+)", text, re.M)
    return {(Path(path).name, int(line), code) for path, line, code in found}


def in_gitlab(text: str) -> Found:
    return {
        (
            Path(i["location"]["path"]).name,
            i["location"]["lines"]["begin"],
            i["check_name"],
        )
        for i in json.loads(text)
    }


def in_sarif(text: str) -> Found:
    found = set()
    for result in json.loads(text)["runs"][0]["results"]:
        (place,) = (location["physicalLocation"] for location in result["locations"])
        name = Path(unquote(place["artifactLocation"]["uri"])).name
        found.add((name, place["region"]["startLine"], result["ruleId"]))
    return found


def in_junit(text: str) -> Found:
    found = set()
    for suite in ElementTree.fromstring(text):
        name = Path(suite.attrib["name"]).name
        for case in suite.iter("testcase"):
            match = re.match(r"(AC\d+) line (\d+)", case.attrib["name"])
            if match:
                found.add((name, int(match[2]), match[1]))
    return found


READERS: dict[str, Callable[[str], Found]] = {
    "full": in_lines,
    "concise": in_lines,
    "github": in_annotations,
    "gitlab": in_gitlab,
    "sarif": in_sarif,
    "junit": in_junit,
    "json": in_json,
}


@pytest.mark.parametrize("format", FORMATS)
def test_each_finding_is_at_its_line_in_each_format(
    run: Run, repository: Path, format: str
) -> None:
    known = in_json(run("check", "nets", "--strict", "-f", "json").out)
    done = run("check", "nets", "--strict", "-f", format)
    assert done.code == 1
    assert READERS[format](done.out) == known
    by_file = {code for name, _, code in known if name == f"{code}.yaml"}
    assert by_file == set(SEEDED)


def test_reports_are_valid_by_their_schemas(run: Run, repository: Path) -> None:
    def report(format: str) -> str:
        return run("check", "nets", "-f", format).out

    def schema(name: str) -> Any:
        return json.loads((SCHEMAS / name).read_text(encoding="utf-8"))

    sarif = json.loads(report("sarif"))
    jsonschema.Draft4Validator(schema("sarif-2.1.0.json")).validate(sarif)
    gitlab = json.loads(report("gitlab"))
    jsonschema.Draft7Validator(schema("gitlab-code-quality.json")).validate(gitlab)
    prints = [issue["fingerprint"] for issue in gitlab]
    assert len(set(prints)) == len(prints)
    xmlschema.XMLSchema(str(SCHEMAS / "junit-10.xsd")).validate(report("junit"))


def test_schemas_can_refuse(run: Run, repository: Path) -> None:
    sarif = json.loads(run("check", "nets", "-f", "sarif").out)
    del sarif["runs"][0]["tool"]["driver"]["name"]
    schema = json.loads((SCHEMAS / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    assert not jsonschema.Draft4Validator(schema).is_valid(sarif)
    junit = run("check", "nets", "-f", "junit").out.replace("testcase", "test")
    assert not xmlschema.XMLSchema(str(SCHEMAS / "junit-10.xsd")).is_valid(junit)


CODES = [
    (("nets/good.yaml",), 0),
    (("nets/AC401.yaml", "nets/more/AC402.yaml"), 0),
    (("nets/AC401.yaml", "--strict"), 1),
    (("nets/AC401.yaml", "--select", "AC4"), 1),
    (("nets/AC401.yaml", "--select", "AC402"), 0),
    (("nets/AC401.yaml", "--strict", "--ignore", "bias-before-norm"), 0),
    (("nets/more/AC301.yaml",), 1),
    (("nets/more/AC301.yaml", "--ignore", "AC3"), 0),
    (("nets/more/AC301.yaml", "--select", "AC2"), 0),
    (("nets/more/AC201.yaml", "--select", "AC3"), 1),
    (("nosuch.yaml",), 2),
    (("nets/good.yaml", "nosuch.yaml"), 2),
]


@pytest.mark.parametrize("format", FORMATS)
def test_exit_codes_are_the_same_in_every_format(
    run: Run, repository: Path, format: str
) -> None:
    where = {path.stem: path for path in repository.rglob("*.yaml")}
    for words, code in CODES:
        paths = [
            str(where.get(Path(w).stem, w)) if w.endswith("yaml") else w for w in words
        ]
        assert run("check", *paths, "-f", format).code == code, words


REFUSED = [
    (("--format", "xml"), "AC530"),
    (("--select", "AC999"), "AC560"),
    (("--ignore", "AC201"), "AC561"),
    (("--locked",), "AC564"),
    (("no/such/folder/",), "AC101"),
    (("nosuch",), "AC501"),
]


@pytest.mark.parametrize(("words", "code"), REFUSED)
def test_what_cannot_be_done_is_said(
    run: Run, words: tuple[str, ...], code: str
) -> None:
    done = run("check", *words)
    assert done.code == 2
    assert code in done.out + done.err


# -- budgets ---------------------------------------------------------------------------

BUDGETS = """\
name: net
input: [3, 32, 32]
params: {out: 8}
variants: {wide: {out: 16}}
layers:
  - name: body
    stage:
      - {name: c, conv: out, kernel: 3, pad: 1}
      - {name: d, conv: out, kernel: 3, stride: 2, pad: same}
  - gap
  - {name: fc, fc: 10}
expect:
"""
TOTALS = [
    ("params", 898),
    ("macs", 221184 + 147456 + 80),
    ("depth", 3),
    ("peak", None),
    ("training", None),
    ("activations", None),
    ("flops", None),
    ("activation_bytes", None),
]


@pytest.mark.parametrize(("metric", "value"), TOTALS, ids=[m for m, _ in TOTALS])
def test_budgets_of_a_network(
    run: Run, tmp_path: Path, metric: str, value: int | None
) -> None:
    file = tmp_path / "net.yaml"

    def check(claim: str) -> Done:
        file.write_text(f"{BUDGETS}  - {{{metric}: {claim}}}\n", encoding="utf-8")
        return run("check", "net.yaml")

    computed = value
    if computed is None:
        match = re.search(r"computed ([0-9,]+)", check("1").out)
        assert match
        computed = int(match[1].replace(",", ""))
    assert check(f'"<= {computed}"').code == 0
    assert check(f'">= {computed}"').code == 0
    over = check(f'"<= {computed - 1}"')
    assert over.code == 1
    assert f"{metric} is {computed:,}, not <= {computed - 1}" in over.out


PLACES = [
    ('at: body, params: "<= 808"', True),
    ('at: body, params: "<= 807"', False),
    ('at: c, macs: "<= 221184"', True),
    ('at: d, receptive_field: "<= 5"', True),
    ('at: d, receptive_field: "<= 4"', False),
    ("at: body.d, shape: [8, 16, 16]", True),
    ('variant: wide, params: "<= 2938"', True),
    ('variant: wide, params: "<= 2937"', False),
    ('variant: "*", params: "<= 2938"', True),
    ('variant: "*", params: "<= 1000"', False),
    ('variant: wide, at: fc, params: "<= 170"', True),
    ('batch: 4, at: c, macs: "<= 884736"', True),
    ('input: 3x16x16, at: c, macs: "<= 55296"', True),
]


@pytest.mark.parametrize(("entry", "holds"), PLACES)
def test_budgets_of_steps_stages_and_variants(
    run: Run, tmp_path: Path, entry: str, holds: bool
) -> None:
    text = f"{BUDGETS}  - {{{entry}}}\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    done = run("check", "net.yaml")
    assert (done.code == 0) == holds, done.out
    if not holds:
        assert in_lines(done.out) == {("net.yaml", text.count("\n"), "AC301")}


def test_a_finding_is_at_its_own_figure(run: Run, tmp_path: Path) -> None:
    text = f"{HEAD}layers: [relu]\nexpect:\n  - at: relu\n    params: 1\n    macs: 2\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    assert {line for _, line, _ in in_lines(run("check", "net.yaml").out)} == {6, 7}


WRONG_CLAIMS = [
    "{at: nothing, params: 0}",
    "{variant: nothing, params: 0}",
    "{input: 3x, params: 0}",
    "{at: relu, training: 1}",
    "{params: many words}",
]


@pytest.mark.parametrize("entry", WRONG_CLAIMS)
def test_a_claim_that_cannot_be_judged_stops_no_other(
    run: Run, tmp_path: Path, entry: str
) -> None:
    text = f"{HEAD}layers: [relu]\nexpect:\n  - {entry}\n  - {{params: 7}}\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    found = in_lines(run("check", "net.yaml").out)
    assert found == {("net.yaml", 5, "AC303"), ("net.yaml", 6, "AC301")}


def test_a_broken_variant_is_named(run: Run, tmp_path: Path) -> None:
    text = (
        f"{HEAD}params: {{g: 1}}\nvariants: {{three: {{g: 3}}, two: {{g: 2}}}}\n"
        "layers: [{conv: 8, groups: g}]\n"
    )
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    out = run("check", "net.yaml").out
    assert "in the variant three" in out
    assert "in the variant two" in out


# -- GitHub ----------------------------------------------------------------------------


def test_github_has_text_annotations_and_a_summary(
    run: Run, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    monkeypatch.chdir(repository)
    out = run("check", ".", "-f", "github").out
    assert "error[AC201]: a residual needs equal shapes" in out
    (line,) = (one for one in out.splitlines() if "title=AC201" in one)
    assert "file=nets/" in line
    assert "%0A" in line
    page = summary.read_text(encoding="utf-8")
    assert page.count("\n| ") == 2 + out.count("\n::")
    run("check", "good.yaml", "-f", "github")
    assert "archcalc: 1 file: ok" in summary.read_text(encoding="utf-8")


def test_annotations_escape_what_users_write(run: Run, tmp_path: Path) -> None:
    name = "a%0A::error::x,line=9.yaml"
    (tmp_path / name).write_text(f"{HEAD}layers: [konv]\n", encoding="utf-8")
    (line,) = (
        one for one in run("check", name, "-f", "github").out.splitlines()
        if one.startswith("::")
    )  # fmt: skip
    assert line.startswith("::error file=a%250A%3A%3Aerror%3A%3Ax%2Cline=9.yaml,line=3")


@pytest.mark.parametrize("format", FORMATS)
def test_hostile_names_are_made_safe(run: Run, tmp_path: Path, format: str) -> None:
    text = 'name: "x\\e[2J\\u202E]]>&<b>"\ninput: [3, 8, 8]\nlayers: [gap]\n'
    text += "expect: [{params: 9}]\n"
    (tmp_path / "a\u202eb.yaml").write_text(text, encoding="utf-8")
    out = run("check", ".", "-f", format).out
    assert not set(out) & {"\x1b", "\u202e"}
    if format == "junit":
        assert ElementTree.fromstring(out).attrib["failures"] == "1"


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


# -- the project's table ---------------------------------------------------------------


def project(tmp_path: Path, table: str) -> None:
    text = f"[tool.archcalc]\n{table}\n"
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")


def test_a_project_says_what_is_checked(
    run: Run, repository: Path, tmp_path: Path
) -> None:
    project(tmp_path, 'paths = ["nets"]\nexclude = ["nets/more", "nets/AC1*"]')
    names = {name for name, _, _ in in_lines(run("check").out)}
    assert names
    assert not any(name.startswith("AC1") for name in names)
    assert not names & {path.name for path in (repository / "more").iterdir()}


TABLES = [
    ('ignore = ["AC301"]', ("a.yaml",), 0),
    ('per-file-ignores = {"*.yaml" = ["AC301"]}', ("a.yaml",), 0),
    ('per-file-ignores = {"b/*" = ["AC301"]}', ("a.yaml",), 1),
    ("strict = true", ("b.yaml",), 1),
    ('select = ["AC402"]', ("b.yaml",), 1),
    ('select = ["AC402"]', ("a.yaml", "--select", "AC3"), 1),
    ("channels = 8", ("b.yaml", "--select", "AC405"), 1),
    ("limits = {nodes = 1}", ("b.yaml",), 1),
    ("limits = {nodes = 1}", ("b.yaml", "--limit", "nodes=9"), 0),
]


@pytest.mark.parametrize(("table", "words", "code"), TABLES)
def test_a_project_chooses(
    run: Run, tmp_path: Path, table: str, words: tuple[str, ...], code: int
) -> None:
    project(tmp_path, table)
    steps = "layers: [{conv: 4, stride: 2}, gap, {fc: 10}]\n"
    (tmp_path / "b.yaml").write_text(HEAD + steps, encoding="utf-8")
    claims = f"{HEAD}layers: [relu]\nexpect: [{{params: 1}}]\n"
    (tmp_path / "a.yaml").write_text(claims, encoding="utf-8")
    assert run("check", *words).code == code


WRONG_TABLES = [
    ('selct = ["AC4"]', "did you mean select?"),
    ("strict = 1", "true or false is needed"),
    ('ignore = "AC4"', "a list of codes is needed"),
    ("limits = {node = 1}", "a table of limits"),
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
    assert (done.code, done.err) == (0, "net.yaml: 1 fixed\n")
    assert file.read_bytes() == text.replace("conv: 8", "conv: 8, bias: false").encode()
    assert run("check", "net.yaml", "--fix").err == ""


UPDATES = [
    ("{params: 1}", "{params: 224}"),
    ("{at: c, params: ~}", "{at: c, params: 224}"),
    ("{macs: 1_000_000}   # ours", "{macs: 194_400}   # ours"),
    ("{macs: 0.30M}", "{macs: 0.19M}"),
    ("{shape: [1, 2]}", "{shape: [8, 30, 30]}"),
    ("{variant: wide, params: 1}", "{variant: wide, params: 448}"),
    ("{batch: 2, macs: 1}", "{batch: 2, macs: 388800}"),
    ("{macs: 0.194M}", "{macs: 0.194M}"),
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
        "expect:\n    - ENTRY\n"
    )
    file.write_text(text.replace("ENTRY", before), encoding="utf-8")
    done = run("check", "net.yaml", "--update")
    assert file.read_text(encoding="utf-8") == text.replace("ENTRY", after)
    assert ("1 updated" in done.err) == (before != after)


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
