"""Mistakes people make in a spec, each with the answer that it gets."""

from __future__ import annotations

import textwrap

import pytest

import archcalc

HEAD = "name: demo\ninput: [3, 32, 32]\n"


def refused(text: str) -> archcalc.ArchcalcError:
    """Return the error that a spec gets."""
    with pytest.raises(archcalc.ArchcalcError) as caught:
        archcalc.loads(textwrap.dedent(text), "net.yaml").analyze()
    return caught.value


def in_layers(step: str) -> archcalc.ArchcalcError:
    """Return the error of a network of one step, which stands in line 4."""
    return refused(f"{HEAD}layers:\n  - {step}\n")


STEPS = [
    ("{conv: 64, kernel:3}", "AC107", 16, "a space is missing after the colon"),
    ("{conv: max(1, c//4)}", "AC108", 12, "put the expression in quotes"),
    ("{conv: *g}", "AC109", 12, "`*g` is a YAML alias"),
    ("&c {conv: 8}", "AC109", 5, "anchor"),
    ("{conv: 8, kernel: 3, kernel: 5}", "AC111", 26, "is given twice"),
    ("{conv: 012}", "AC142", 12, "write 12"),
    ("{conv: 12:30}", "AC142", 12, "base-60"),
    ("{conv: 2024-1-31}", "AC142", 12, "a date to some YAML readers"),
    ("{conv: 8, kernel: no}", "AC142", 23, "boolean"),
    ("{conv: 8, kernel: on}", "AC142", 23, "boolean"),
    (
        "{conv: 8, kernel: true}",
        "AC142",
        23,
        "true is a boolean, and a number is needed",
    ),
    ("{conv: 1e6}", "AC142", 12, "is not a number"),
    ("{conv: 8, kernal: 3}", "AC141", 15, "did you mean kernel?"),
    ("{convv: 8}", "AC134", 6, "did you mean conv?"),
    ("rellu", "AC134", 5, "did you mean relu?"),
    ("{conv: 8, relu: }", "AC135", 15, "two kinds in one step"),
    ("{name: x}", "AC135", 5, "one kind key"),
    ("{}", "AC133", 5, "an empty step"),
    ("[conv, 8]", "AC133", 5, "not a list"),
    ("{conv: 0}", "AC142", 12, "below 1"),
    ("{conv: -8}", "AC142", 12, "below 1"),
    ("{conv: }", "AC140", 6, "conv needs out"),
    ("{conv: 8, kernel: 0}", "AC142", 23, "below 1"),
    ("{conv: 8, stride: 0}", "AC142", 23, "below 1"),
    ("{conv: 8, pad: -1}", "AC142", 20, "below 0"),
    ("{conv: 8, pad: sam}", "AC142", 20, "did you mean same?"),
    ("{conv: 8, kernel: []}", "AC142", 23, "empty list"),
    ("{conv: 8, kernel: [3, 3, 3]}", "AC205", 15, "3 numbers for 2 spatial axes"),
    ("{conv: 8, kernel: 33}", "AC202", 15, "33 > 32"),
    ("{conv: 64, groups: 2}", "AC203", 16, "2 groups do not divide 3 input channels"),
    ("{conv: 8, pad: [0, 1, 0, 1]}", "AC205", 15, "pad: [0, 0], pad_end: [1, 1]"),
    ("{conv: 8, pad: [[0, 1], [0, 1]]}", "AC142", 20, "pad: [0, 0], pad_end: [1, 1]"),
    ("{conv: 8, stride: [1, 2, 1]}", "AC205", 15, "all axes, or a list of 2"),
    ("{maxpool: 33}", "AC202", 6, "33 > 32"),
    ("{maxpool: 3, pad: 2}", "AC209", 18, "at most 1 here"),
    ("{deconv: 8, kernel: 3, output_pad: 1}", "AC206", 28, "below the stride 1"),
    ("{conv: 8, kernel: cin/2}", "AC140", 15, "3/2 is not a whole number"),
    ("{conv: 8, repeat: 2, last: {kernel: 99}}", "AC202", 6, "99 > 32"),
    ("{dropout: 1.5}", "AC142", 15, "must be at least 0 and at most 1"),
    ("{conv: cin/2}", "AC140", 6, "3/2"),
    ("{conv: width}", "AC142", 12, "no param or size 'width'"),
    ("{conv: 8@2}", "AC142", 12, "'@' is not allowed"),
    ("{conv: 2**99}", "AC142", 12, "does not fit in 64 bits"),
    ("{conv: 8, from: nowhere}", "AC154", 21, "no earlier step is named 'nowhere'"),
    ("{use: nothing}", "AC148", 11, "there is no block 'nothing'"),
    ("{residual: [{conv: 4, kernel: 1}]}", "AC201", 6, "shortcut: projection"),
    (
        "{residual: [relu], shortcut: projektion}",
        "AC147",
        34,
        "did you mean projection?",
    ),
    ("{concat: 3}", "AC145", 14, "a mapping of names to steps, or a list of names"),
    ("{concat: }", "AC145", 6, "none is given"),
    ("{concat: [a], from: b}", "AC145", 19, "`from` names others"),
    ("{matmul: [a, b, c]}", "AC145", 6, "joins two inputs: 3 is given"),
    ("{gap: 3}", "AC139", 11, "write gap"),
    ("{bn: 64}", "AC139", 10, "it is that of what enters"),
    ("{ln: 64}", "AC139", 10, "write ln"),
    ("{conv: 8, kernel: (3, 3)}", "AC108", 23, "a list is written [3, 3]"),
    ("{conv: 8, repeat: -1}", "AC142", 23, "below 0"),
    ("{conv: [3, 64], kernel: 3}", "AC142", 12, "write the outputs alone, as in 64"),
    ("{conv: 8, kernel=3}", "AC141", 15, "write kernel: 3"),
    ("{conv: 8, trainable: false}", "AC141", 15, "frozen: true"),
    ("{conv: 8, repeat: 2, first: {conv: 3}}", "AC141", 34, "is called out here"),
    ("{conv: 8, norm: batch}", "AC134", 21, "did you mean bn?"),
    ("{conv: 8, bias: none}", "AC142", 21, "help: write true or false"),
    ("{conv: 8, bias: on}", "AC142", 21, "help: write true or false"),
    ("{dropout: 50%}", "AC142", 15, "write 0.5"),
    ('{conv: "${width}"}', "AC142", 12, "a param stands alone: width"),
    ("{deconv: 8, pad: half}", "AC142", 22, "write a number or same"),
    ("{conv: 8, when: 1 == big}", "AC142", 21, "compared in quotes: 'big'"),
    ("{name: a, layers: [relu]}", "AC135", 5, "are written `stage:`"),
    ("{stage1: [relu, relu]}", "AC134", 6, "{name: stage1, stage: […]}"),
    ("{concatt: [a, b]}", "AC134", 6, "did you mean concat?"),
    ("conv: 1, 6, 5", "AC142", 11, "others have names, as in kernel: 3"),
    ("maxpool: 2, 2", "AC142", 14, "a list is written [2, 2]"),
    ("dropout: (1, 2)", "AC142", 14, "a list is written [1, 2]"),
    ("{lstm: 8}", "AC204", 6, "`tokens` makes a sequence of an image"),
    ("{conv: 8, repeat: 1000000000}", "AC115", 6, "nodes"),
]


@pytest.mark.parametrize(
    ("step", "code", "column", "said"), STEPS, ids=[s[0] for s in STEPS]
)
def test_step(step: str, code: str, column: int, said: str) -> None:
    error = in_layers(step)
    (problem,) = error.problems
    assert problem.place is not None
    assert (problem.code, problem.place.line, problem.place.column) == (code, 4, column)
    assert said in str(error)
    assert problem.place.text == f"  - {step}"


FILES = [
    ("layers: [relu]\ninput: [3, 8, 8]\n", "AC124", "needs a `name`"),
    ("name: a\nlayers: [relu]\n", "AC124", "needs an `input`"),
    ("name: a\ninput: [3, 8, 8]\n", "AC124", "needs `layers`"),
    ("name: a\ninput: [3, 8, 8]\nlayers: []\n", "AC132", "at least one step"),
    ("name: a\ninput: [3, 8, 8]\nlayers: relu conv\n", "AC131", "list of steps"),
    ("name: a\ninput: []\nlayers: [relu]\n", "AC129", "1 to 4 sizes"),
    ("name: a\ninput: 3, 8, 8\nlayers: [relu]\n", "AC129", "write [3, 8, 8]"),
    ("name: a\ninput: [3, 0, 8]\nlayers: [relu]\n", "AC129", "below 1"),
    (
        "name: a\ninput: [3, 8, 8]\nlayer: [relu]\nlayers: [relu]\n",
        "AC121",
        "did you mean layers?",
    ),
    ("archcalc: 2\nname: a\ninput: [3, 8, 8]\nlayers: [relu]\n", "AC122", "version 1"),
    (
        "name: a\ninput: (3, 8, 8)\nlayers: [relu]\n",
        "AC129",
        "a list is written [3, 8, 8]",
    ),
    (
        "name: a\ninput: {height: 8, width: 9, channels: 3}\nlayers: [relu]\n",
        "AC129",
        "write [3, 8, 9]",
    ),
    (
        "name: a\ninput: [C, 8, 8]\nlayers: [{conv: 2*C}]\n",
        "AC142",
        "a step asks for cin, h or w",
    ),
    (
        "name: a\ninput: [784]\nlayers: [{conv: 8}]\n",
        "AC204",
        "an image is [C, H, W]",
    ),
    (
        "name: a\ninput: [3, 8, 8]\nlayers:\n- conv: 8\nkernel: 3\n",
        "AC121",
        "indent it as the step's other keys",
    ),
    (
        "name: a\ninput: [3, 8, 8]\nlayers: [relu]\nexpect:\n  params: 5M\n",
        "AC125",
        "as in `- {params: 5M}`",
    ),
    (
        "name: a\ninput: [3, 8, 8]\nlayers: [relu]\nexpect:\n  - {params: 5,000}\n",
        "AC125",
        "write …_000",
    ),
    ("- relu\n", "AC120", "a network is a mapping"),
    (
        "name: a\ninput: [3, 8, 8]\nlayers: [{name: x, conv: 8}, {name: x, relu: }]\n",
        "AC150",
        "first used in line 3",
    ),
    (
        "name: a\ninput: [3, 8, 8]\nlayers: [relu]\nexpect:\n  - {parms: 3}\n",
        "AC125",
        "did you mean params?",
    ),
    (
        "name: a\ninput: [3, 8, 8]\nlayers: [relu]\npaper: {yaer: 2012}\n",
        "AC125",
        "did you mean year?",
    ),
    (
        "name: a\ninput: [3, 8, 8]\nparams: {k: 3}\nvariants: {v: {q: 1}}\nlayers: [relu]\n",
        "AC127",
        "no param 'q'",
    ),
    (
        "name: a\ninput: [3, 8, 8]\nblocks: {b: {params: {k: required}, layers: [{conv: k}]}}\nlayers: [{use: b}]\n",
        "AC149",
        "needs k",
    ),
    (
        "name: a\ninput: [3, 8, 8]\nblocks: {b: {layers: [{use: b}]}}\nlayers: [{use: b}]\n",
        "AC152",
        "64 deep",
    ),
]


@pytest.mark.parametrize(("text", "code", "said"), FILES, ids=[f[2] for f in FILES])
def test_file(text: str, code: str, said: str) -> None:
    error = refused(text)
    assert error.problems[0].code == code
    assert error.problems[0].place is not None
    assert said in str(error)


def test_all_mistakes_of_a_file_are_told_at_once() -> None:
    error = refused(
        f"""\
        {HEAD.replace(chr(10), chr(10) + " " * 8)}layers:
          - {{conv: 8, kernal: 3}}
          - rellu
          - {{conv: 0}}
        """
    )
    assert [p.code for p in error.problems] == ["AC141", "AC134", "AC142"]


@pytest.mark.parametrize(
    ("wrong", "right"), [("inputs", "input"), ("nam", "name"), ("layer", "layers")]
)
def test_a_section_that_is_misspelled_is_not_missing_as_well(
    wrong: str, right: str
) -> None:
    text = "name: a\ninput: [3, 8, 8]\nlayers: [relu]\n"
    (problem,) = refused(text.replace(f"{right}:", f"{wrong}:")).problems
    assert (problem.code, problem.help) == ("AC121", f"did you mean {right}?")


def test_an_input_may_be_called_channels() -> None:
    text = "name: a\ninput: {channels: [3, 8, 8]}\nlayers: [relu]\n"
    assert archcalc.loads(text).analyze().output == (3, 8, 8)


def test_a_mistake_inside_a_block_names_the_use() -> None:
    error = refused(
        """\
        name: a
        input: [3, 8, 8]
        blocks:
          b: {params: {k: 3}, layers: [{conv: 4, kernel: k}]}
        layers:
          - {use: b}
          - {use: b, k: 9}
        """
    )
    (problem,) = error.problems
    assert problem.place is not None
    assert problem.place.line == 4
    assert [place.line for place in problem.via] == [7]
    assert "used at net.yaml:7" in str(error)


def test_blocks_that_double_sixty_times_stop_at_the_limit() -> None:
    blocks = "\n".join(
        f"  b{i}: {{layers: [{{use: b{i + 1}}}, {{use: b{i + 1}}}]}}" for i in range(60)
    )
    error = refused(
        f"{HEAD}blocks:\n{blocks}\n  b60: {{layers: [identity]}}\nlayers: [{{use: b0}}]\n"
    )
    assert error.problems[0].code == "AC115"


def test_a_clash_of_shapes_says_what_would_fit() -> None:
    error = refused(
        """\
        name: a
        input: [64, 56, 56]
        layers:
          - {name: skip, relu: }
          - add:
              main: [{conv: 128, kernel: 3, stride: 2, pad: 1}]
              skip: identity
        """
    )
    (problem,) = error.problems
    assert problem.facts == (
        "main = 128×28×28   from line 6, conv 3×3, 128, stride 2, pad 1",
        "skip = 64×56×56   from line 4, relu",
    )
    assert problem.help == "a 1×1 conv of 128 with stride 2 on skip"


def test_of_many_inputs_the_first_of_each_shape_is_told() -> None:
    names = ", ".join([*["x"] * 9, "y", *["x"] * 3])
    text = """\
        name: a
        input: [3, 8, 8]
        layers:
          - {name: x, relu: }
          - {name: y, conv: 3, stride: 2}
          - {name: z, add: [%s]}
        """
    (problem,) = refused(text % names).problems
    assert problem.facts == (
        "x = 3×8×8   from line 4, relu",
        "y = 3×4×4   from line 5, conv 1×1, 3, stride 2",
        "and 11 more inputs",
    )
    (problem,) = refused(text % names.removesuffix(", x")).problems
    assert len(problem.facts) == 12


def test_ten_thousand_layers_do_not_recurse() -> None:
    steps = "  - {conv: 8, kernel: 3, pad: 1}\n  - relu\n" * 5000
    analysis = archcalc.loads(
        f"name: deep\ninput: [8, 4, 4]\nlayers:\n{steps}"
    ).analyze()
    assert len(analysis.graph.nodes) == 10_001
    assert analysis.total.params == 5000 * (8 * 8 * 9 + 8)
    assert len(analysis.rows) == 5001
