"""Every rule: it has a code, a documentation, and examples that do what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from commands import archcalc

from archcalc.checks.catalogue import GROUPS, every_rule, rule, selected
from archcalc.checks.checking import Selection, check_source
from archcalc.checks.rule import COMMAND, FRAME, PYTHON, Rule, as_file, is_file
from archcalc.errors import ArchcalcError
from archcalc.limits import DEFAULT
from archcalc.source.parser import parse

RULES = every_rule()
PACKAGE = Path(__file__).parents[2] / "archcalc"
CODE = re.compile(r"[\"'](AC[1-9][0-9]{2})[\"']")
FILES = [one for one in RULES.values() if is_file(one.wrong)]
ELSEWHERE = ("#", "&&", "net.yaml", "new net", "README")
"""Signs of a command that needs more than a shell: files, two commands, no torch."""


def codes(text: str, encoding: str = "utf-8") -> list[str]:
    """Return the codes of what is found in a file."""
    try:
        source = parse(text.encode(encoding), "net.yaml")
    except ArchcalcError as error:
        return [problem.code for problem in error.problems]
    outcome = check_source(source, "net.yaml", DEFAULT, Selection())
    return [finding.code for finding in outcome.findings]


@pytest.mark.parametrize("one", FILES, ids=lambda one: one.code)
def test_a_wrong_example_is_found_and_a_right_one_is_not(one: Rule) -> None:
    assert one.code in codes(as_file(one.wrong), one.encoding)
    found = codes(as_file(one.right)) if is_file(one.right) else []
    assert one.code not in found
    assert [code for code in found if not code.startswith("AC4")] == []


def shell(command: str) -> list[str]:
    """Return the words of an example's command, quotes taken off."""
    words = re.findall(r'"[^"]*"|\S+', command.removeprefix(COMMAND))
    return [word.strip('"') for word in words][1:]


COMMANDS = [
    pytest.param(one.code, example, is_wrong, id=f"{one.code}-{'wrong' * is_wrong}")
    for one in RULES.values()
    for example, is_wrong in ((one.wrong, True), (one.right, False))
    if example.startswith(COMMAND) and not any(sign in example for sign in ELSEWHERE)
]


@pytest.mark.parametrize(("code", "example", "is_wrong"), COMMANDS)
def test_commands_of_examples(
    code: str,
    example: str,
    is_wrong: bool,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "a.yaml").write_text(as_file("- relu"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    done = archcalc(capsys, monkeypatch, *shell(example))
    assert (code in done.out + done.err) == is_wrong
    assert (done.code == 0) != is_wrong


SNIPPETS = [one for one in RULES.values() if one.wrong.startswith(PYTHON)]


@pytest.mark.parametrize("one", SNIPPETS, ids=lambda one: one.code)
def test_python_of_examples(one: Rule) -> None:
    def run(example: str) -> None:
        exec(example.replace(PYTHON, ""), {})

    with pytest.raises(ArchcalcError) as caught:
        run(one.wrong)
    assert [problem.code for problem in caught.value.problems] == [one.code]
    run(one.right)


def test_every_code_in_the_source_is_documented() -> None:
    used = {
        code
        for path in PACKAGE.rglob("*.py")
        for code in CODE.findall(path.read_text(encoding="utf-8"))
    }
    assert used - {"AC299"} == set(RULES)


def test_codes_are_in_order_and_names_are_unique() -> None:
    assert list(RULES) == sorted(RULES)
    names = [one.name for one in RULES.values()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)
    assert {code[:3] for code in RULES} == set(GROUPS)
    assert all(one.says.endswith(".") for one in RULES.values())


def test_a_rule_is_found_by_code_and_name() -> None:
    assert rule("ac401") is rule("bias-before-norm") is RULES["AC401"]
    assert selected(["AC40", "unknown-kind"]) >= {"AC401", "AC409", "AC134"}
    with pytest.raises(ArchcalcError, match="did you mean AC409"):
        rule("AC4099")
    with pytest.raises(ArchcalcError, match="AC560"):
        selected(["AC9"])


@pytest.mark.parametrize(
    ("asked", "help"),
    [
        ("ac4099", "did you mean AC409?"),
        ("bias-before-nrm", "did you mean bias-before-norm?"),
        ("???", "`archcalc rule` lists all rules"),
    ],
)
def test_a_rule_that_there_is_not(asked: str, help: str) -> None:
    with pytest.raises(ArchcalcError) as caught:
        rule(asked)
    (problem,) = caught.value.problems
    assert (problem.code, problem.help) == ("AC560", help)
    assert problem.message == f"there is no rule {asked!r}"


@pytest.mark.parametrize(
    ("example", "file"),
    [
        ("- X\n", f"{FRAME}  - X\n"),
        ("- bn\n- relu \n\n", f"{FRAME}  - bn\n  - relu \n"),
        ("name: X\n", "name: X\n"),
    ],
)
def test_steps_of_an_example_are_put_in_a_file(example: str, file: str) -> None:
    assert as_file(example) == file
    assert is_file(example)
    assert not is_file(f"{COMMAND}{example}")
    assert not is_file(f"{PYTHON}{example}")


def test_the_command_explains_and_lists(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    one = archcalc(capsys, monkeypatch, "rule", "AC404").out
    assert "unused-result (warning)" in one
    assert all(word in one for word in ("wrong:", "right:", "--fix"))
    assert max(map(len, one.splitlines())) <= 80
    every = archcalc(capsys, monkeypatch, "rule").out
    assert all(code in every for code in RULES)
    document = archcalc(capsys, monkeypatch, "rule", "-f", "markdown").out
    assert all(f"### {code} " in document for code in RULES)
    assert "\x07" not in document
