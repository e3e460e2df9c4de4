"""`archcalc check` over a repository: formats, options, exit codes, the project's table.

The repository is made of the rules' own wrong examples, a file for each code.
"""

from __future__ import annotations

import json
import pickle
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import jsonschema
import pytest
import xmlschema
from check_runs import GOOD, HEAD, Found, Run, in_lines

from archcalc.checks.catalogue import every_rule
from archcalc.checks.findings import Checked
from archcalc.checks.rule import as_file, is_file
from archcalc.errors import SpecError, nearest
from archcalc.render.findings import FORMATS

SCHEMAS = Path(__file__).parents[1] / "data" / "schemas"
SEEDED = {r.code: r for r in every_rule().values() if is_file(r.wrong)}


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


@pytest.mark.parametrize(
    ("step", "meant"),
    [
        *[("covn: 4", "conv"), ("nn.Conv2d: 4", "conv"), ("rellu", "relu")],
        *[("{conv: 4, kernel_size: 3}", "kernel"), ("dropout 0.5", "dropout: 0.5")],
        *[("relu()", "relu"), ("pooling: 2", None), ("quux: 2", None)],
    ],
)
def test_json_has_the_word_that_was_meant(
    step: str, meant: str | None, run: Run, tmp_path: Path
) -> None:
    text = f"name: a\ninput: [3, 8, 8]\nlayers:\n  - {step}\n"
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    (file,) = json.loads(run("check", "a.yaml", "-f", "json").out)["files"]
    assert [finding["meant"] for finding in file["findings"]] == [meant]


def test_an_error_from_another_process_keeps_the_word_that_was_meant() -> None:
    error = SpecError.of("AC134", "no kind", help=nearest("covn", ["conv", "fc"]))
    (problem,) = pickle.loads(pickle.dumps(error)).problems
    assert (problem.help, problem.meant) == ("did you mean conv?", "conv")


def in_json(text: str) -> Found:
    files = json.loads(text)["files"]
    return {
        (Path(file["path"]).name, finding["line"], finding["code"])
        for file in files
        for finding in file["findings"]
    }


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


def test_a_file_beside_the_repository_keeps_its_path(
    run: Run, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path from the root with `..` in it would be none of the repository's."""
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "elsewhere"))
    monkeypatch.chdir(repository)
    out = run("check", ".", "-f", "github").out
    (path,) = repository.rglob("AC201.yaml")
    (line,) = (one for one in out.splitlines() if "title=AC201" in one)
    assert f"file={path.relative_to(repository).as_posix()}," in line


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


SUMMARIES = [
    ({}, "no figures in `expect`"),
    ({"agrees": 1}, "1 figure agrees"),
    (
        {"agrees": 78, "erratum": 5, "loose": 1},
        "78 figures agree, 5 are errata, 1 is loose",
    ),
    ({"erratum": 1, "loose": 2}, "1 figure is an erratum, 2 are loose"),
]


@pytest.mark.parametrize(("claims", "said"), SUMMARIES)
def test_a_file_is_summed_up_in_words(claims: dict[str, int], said: str) -> None:
    assert Checked("a.yaml", claims=Counter(claims)).summary() == f"a.yaml: ok ({said})"
