"""Names: of steps that are not there, of params that look like booleans, of sizes."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.errors import ArchcalcError, SpecError

HEAD = "archcalc: 1\nname: net\ninput: [8, 8, 8]\n"


def refused(text: str) -> tuple[str, str, str | None]:
    """Return code, message and help of the first problem."""
    with pytest.raises(ArchcalcError) as caught:
        archcalc.loads(text).analyze()
    first = caught.value.problems[0]
    return first.code, first.message, first.help


STAGE = """layers:
  - name: encoder
    stage:
      - name: inner
        stage:
          - {{name: conv1, conv: 4, kernel: 1}}
          - {{conv: 4, kernel: 1, share: {name}}}
"""


@pytest.mark.parametrize(
    "name",
    [
        "conv9",
        "encoder.conv9",
        "encoder.inner.conv9",
        "inner.conv9.weights",
        "a.b.c.d.e.f",
        "." * 30,
        ".conv1",
        "conv1.",
        "encoder..conv1",
        "x" * 200,
    ],
)
def test_weights_of_a_step_that_is_not_there(name: str) -> None:
    """The search for a name ends, whatever dots it has."""
    code, message, _ = refused(HEAD + STAGE.format(name=f'"{name}"'))
    assert (code, name in message) == ("AC153", True)


def test_the_nearest_step_is_offered() -> None:
    _, _, help = refused(HEAD + STAGE.format(name="encoder.inner.conv9"))
    assert help == "did you mean encoder.inner.conv1?"


@pytest.mark.parametrize("name", ["conv1", "inner.conv1", "encoder.inner.conv1"])
def test_weights_of_a_step_by_any_part_of_its_path(name: str) -> None:
    text = HEAD + STAGE.replace("conv: 4", "conv: 8").format(name=name)
    assert archcalc.loads(text).analyze().total.params == 72


BLOCK = "blocks: {b: {layers: [{conv: 8, kernel: 3, pad: half}, relu]}}\nlayers:\n"


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_residual_of_one_block(after: int) -> None:
    """Its only step needs no name: 584 weights and biases, and 72 for each after it."""
    steps = "  - residual: [{use: b}]\n" + after * (
        "  - residual: [{conv: 8, kernel: 1}]\n"
    )
    analysis = archcalc.loads(HEAD + BLOCK + steps).analyze()
    assert analysis.total.params == 584 + after * 72
    names = [row.name for row in analysis.rows]
    assert not [name for name in names if name.startswith(".") or "" in name.split(".")]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("param", ["n", "N", "y", "Y", "on", "no", '"n"'])
def test_a_param_is_a_name_wherever_arithmetic_is_read(param: str) -> None:
    plain = param.strip('"')
    text = (
        f"archcalc: 1\nname: net\ninput: [8, {plain}, {plain}]\n"
        f"params: {{{param}: 4, flag_{plain}: true}}\nlayers:\n"
        f"  - {{conv: {plain}, kernel: 1, bias: flag_{plain}, repeat: {plain}}}\n"
        f"  - {{conv: 2*{plain}, kernel: [{plain}, 1], pad: [{plain}, 0]}}\n"
    )
    analysis = archcalc.loads(text).analyze()
    # four convolutions of 4 filters, then 8 filters of 4 by 1 over 4 channels
    assert analysis.total.params == (8 * 4 + 4) + 3 * (4 * 4 + 4) + 8 * 4 * 4 + 8
    assert analysis.graph.nodes[0].shape == (8, 4, 4)


@pytest.mark.parametrize("word", ["n", "y", "no", "off", "Yes"])
def test_a_boolean_of_old_yaml_that_is_no_param(word: str) -> None:
    code, message, help = refused(f"{HEAD}layers: [{{conv: 4, kernel: {word}}}]\n")
    assert code == "AC142"
    assert message.startswith(f"kernel: {word!r} is not a param")
    assert help == "write true or false, or a number"


WORDS = ["true", "False", "null", "no", "and", "if", "floor", "max", "cin", "h", "i"]


@pytest.mark.parametrize("word", WORDS)
def test_a_word_of_the_language_names_no_size(word: str) -> None:
    text = f"archcalc: 1\nname: net\ninput: [3, {word}, 32]\nlayers: [relu]\n"
    code, message, _ = refused(text)
    assert code == "AC129"
    assert repr(word) in message
    for outside in ({"input": f"3,{word},32"}, {"input": (3, word, 32)}):
        with pytest.raises(ArchcalcError, match="cannot name a size"):
            archcalc.load("resnet18", **outside).analyze()
    with pytest.raises(ArchcalcError):
        archcalc.load("mobilenet-v1", set={"size": word}).analyze()


@pytest.mark.parametrize("word", ["N", "H", "W", "n", "batch_size", "channels"])
def test_other_words_do(word: str) -> None:
    text = f"archcalc: 1\nname: net\ninput: [3, {word}, 32]\nlayers: [relu]\n"
    assert str(archcalc.loads(text).analyze().output[1]) == word


def test_a_param_named_like_such_a_word_is_a_param() -> None:
    text = "archcalc: 1\nname: net\nparams: {h: 5}\ninput: [3, h, 4]\nlayers: [relu]\n"
    assert archcalc.loads(text).analyze().output == (3, 5, 4)


def test_spec_error_is_what_a_file_raises() -> None:
    with pytest.raises(SpecError):
        archcalc.loads(HEAD + STAGE.format(name="nowhere")).analyze()
