"""Values of the wrong sort where a spec wants another: what is said, and where."""

from __future__ import annotations

from dataclasses import replace

import pytest

import archcalc
from archcalc.errors import UsageError
from archcalc.limits import DEFAULT
from archcalc.network.network import network
from archcalc.source.parser import parse

HEAD = """\
name: demo
input: [3, 32, 32]
params: {pair: [1, 7], word: bilinear, near: bilinaer, yes_it_is: true}
blocks: {cell: {params: {size: required}, layers: [{conv: size, kernel: 1}]}}
defaults: {dropout: {rate: (1 + 0*cin) / 4}}
layers:
"""


def problems(text: str, **limits: int) -> tuple[archcalc.Problem, ...]:
    """Return what is wrong with a spec."""
    chosen = replace(DEFAULT, **limits)
    with pytest.raises(archcalc.ArchcalcError) as caught:
        network(parse(text, "net.yaml"), limits=chosen).analyze()
    return tuple(caught.value.problems)


STEPS = [
    # what is written, code, column of what is wrong, message, help
    (
        "{conv: 123456789012345678901}",
        "AC142",
        "does not fit in 64 bits",
        "21 digits",
    ),
    ("{conv: 99999999999999999999}", "AC142", "does not fit in 64 bits", "20 digits"),
    ("{conv: 4294967296 * 4294967296}", "AC142", "does not fit in 64 bits", None),
    ("{slice: [0, 2], axis: 9}", "AC142", "9 is above the largest that", None),
    ("{conv: [8, 8]}", "AC142", "a whole number is needed here, not a list", None),
    ("{conv: pair}", "AC140", "a whole number is needed here, not [1, 7]", None),
    ("{conv: 8, kernel: }", "AC142", "kernel: a value is missing here", None),
    ("{conv: 8, kernel: '3#5'}", "AC142", "a comment needs a space", None),
    (
        "{conv: 8, kernel: {h: 3}}",
        "AC142",
        "a list of one for each axis is needed here, not a mapping",
        None,
    ),
    ("{conv: 8, pad: on}", "AC142", "'on' is not a param", "true or false"),
    ("{conv: 8, bias: no}", "AC142", "'no' is not a param", "true or false"),
    ("{conv: 8, bias: [true]}", "AC142", "true or false is needed here", None),
    ("{upsample: 2, mode: bi linear}", "AC142", "'bi linear' is not one of", None),
    ("{upsample: 2, mode: near}", "AC140", "'bilinaer' is not one of", "bilinear?"),
    ("{dropout: yes_it_is}", "AC140", "a number is needed here, not true", None),
    ("{dropout: [0.5]}", "AC142", "a number is needed here, not a list", None),
    ("{transpose: {from: 0}}", "AC142", "a list of whole numbers is needed", None),
    ("''", "AC133", "an empty step", None),
    ("cell", "AC134", "'cell' is not a kind of step", "{use: cell}"),
    ("{stage: rellu}", "AC131", "stage must be a list of steps", "relu?"),
    (
        "{stage: [relu], repeat: 2, first: {kernel: 1}}",
        "AC138",
        "stage has no arguments to override",
        None,
    ),
    ("{residual: [relu], stride: 2}", "AC141", "residual has no argument", None),
    ("{stage: [relu], act: relu}", "AC141", "stage has no argument 'act'", None),
    ("{use: [cell]}", "AC146", "use needs the name of a block", None),
    ("{use: cell, sise: 8}", "AC141", "block cell has no argument 'sise'", "size?"),
    ("{use: word}", "AC148", "there is no block 'bilinear'", None),
    ("{conv: 8, act: near}", "AC144", "act: bilinaer is not a kind of layer", None),
    ("{conv: 8, kernel: 1, repeat: C}", "AC142", "no param or size 'C'", None),
]


@pytest.mark.parametrize(
    ("step", "code", "said", "help"), STEPS, ids=[s[0] for s in STEPS]
)
def test_step(step: str, code: str, said: str, help: str | None) -> None:
    problem = problems(f"{HEAD}  - {step}\n")[0]
    assert (problem.code, problem.place and problem.place.line) == (code, 7)
    assert said in problem.message
    assert help is None or help in (problem.help or "")


FILES = [
    # sections of a file, code, line of what is wrong, message
    ("input: 3x8x8\nlayers: ~\n", "AC131", 3, "layers must be a list of steps"),
    ("input: 3x8x8\nlayers: ''\n", "AC131", 3, "not a text"),
    ("input: [[3], 8, 8]\nlayers: [relu]\n", "AC129", 2, "a size is a whole number"),
    (
        "input: [3, s - 8, 8]\nparams: {s: 8}\nlayers: [relu]\n",
        "AC129",
        2,
        "input: 0 is below 1",
    ),
    (
        "input: [3, s, 8]\nparams: {s: wide}\nlayers: [relu]\n",
        "AC129",
        2,
        "not 'wide'",
    ),
    (
        "input: 3x8x8\nparams: {k: 012}\nlayers: [relu]\n",
        "AC142",
        3,
        "012 has a leading zero",
    ),
    (
        "input: 3x8x8\nparams: {k: {a: 1}}\nlayers: [relu]\n",
        "AC143",
        3,
        "a param is a number, a word or a list",
    ),
    (
        "input: 3x8x8\nparams: {a: 3 // (b - 2), b: 2}\nlayers: [relu]\n",
        "AC126",
        3,
        "param a: 3 // (b - 2): division by zero",
    ),
    (
        "input: 3x8x8\nvariants: {small: 3}\nlayers: [relu]\n",
        "AC127",
        3,
        "a variant is a mapping of params",
    ),
    (
        "input: 3x8x8\nblocks: {cell: [relu]}\nlayers: [relu]\n",
        "AC128",
        3,
        "a block is a mapping with `layers`",
    ),
    (
        "input: 3x8x8\nlayers: [relu]\nexpect: [25.6M]\n",
        "AC125",
        4,
        "a mapping is needed here, not '25.6M'",
    ),
    (
        "input: 3x8x8\nlayers: [relu]\npaper: {year: 20122012201220122}\n",
        "AC125",
        4,
        "a whole number from 1900 to 2200 is needed here",
    ),
    (
        # Which block it is stands in a param, so that this is told when it is used.
        "input: 3x8x8\nparams: {b: cell}\n"
        "blocks: {cell: {params: {k: 3}, layers: [relu]}}\n"
        "layers: [{use: b, kk: 3}]\n",
        "AC149",
        5,
        "the block has no param 'kk'",
    ),
    (
        "input: 3x8x8\nparams: {b: cell}\n"
        "blocks: {cell: {params: {k: required}, layers: [relu]}}\n"
        "layers: [{use: b}]\n",
        "AC149",
        5,
        "the block needs 'k'",
    ),
    (
        "input: 3x8x8\nlayers: [{conv: 3, kernel: 1, share: first}]\n",
        "AC153",
        3,
        "share: no earlier step 'first'",
    ),
]


@pytest.mark.parametrize(
    ("sections", "code", "line", "said"), FILES, ids=[f[3] for f in FILES]
)
def test_file(sections: str, code: str, line: int, said: str) -> None:
    problem = problems(f"name: demo\n{sections}")[0]
    assert (problem.code, problem.place and problem.place.line) == (code, line)
    assert said in problem.message


def test_what_is_above_the_limit_of_problems_is_not_told() -> None:
    """Fifty of sixty mistakes, the limit of `Limits.problems`, and that there are more."""
    *found, more = problems(HEAD + "  - rellu\n" * 60)
    assert {problem.code for problem in found} == {"AC134"}
    assert len(found) == DEFAULT.problems == 50
    assert more.code == "AC115"


def test_steps_that_are_looked_at_in_vain_count_too() -> None:
    """Ten repetitions that leave no node, of five steps each, over a limit of ten."""
    step = f"{{repeat: 10, stage: [{', '.join(['{relu: , when: 1 > 2}'] * 5)}]}}"
    (problem,) = problems(f"{HEAD}  - {step}\n", nodes=10)
    assert problem.code == "AC115"
    assert problem.place is not None
    assert problem.place.line == 7


def test_a_setting_is_read_as_a_param_is() -> None:
    text = "name: a\ninput: 3x8x8\nparams: {k: 1}\nlayers: [{conv: 8, kernel: k}]\n"
    with pytest.raises(UsageError, match="012 has a leading zero"):
        network(parse(text, "net.yaml"), settings={"k": "012"}).analyze()


def test_one_input_is_given_of_several() -> None:
    text = "name: a\ninput: {x: [8], y: [8]}\nlayers: [{concat: [x, y]}]\n"
    assert archcalc.loads(text).analyze().output == (16,)
    with pytest.raises(UsageError, match="has several inputs") as caught:
        network(parse(text, "net.yaml"), input="8").analyze()
    assert caught.value.problems[0].code == "AC506"


SHORT = [
    # a step, the same at length: both give the same network
    ("{stage: relu}", "{stage: [relu]}"),
    ("{residual: relu}", "{residual: [relu]}"),
    (
        "{add: {a: {conv: 3, kernel: 1}, b: identity}}",
        "{add: {a: [{conv: 3, kernel: 1}], b: identity}}",
    ),
    ("{relu: {}}", "relu"),
    ("{conv: 8, kernel: pair}", "{conv: 8, kernel: [1, 7]}"),
    ("{conv: 8, kernel: 1x7}", "{conv: 8, kernel: [1, 7]}"),
    ("{upsample: 2, mode: word}", "{upsample: 2, mode: bilinear}"),
    ("{use: cell, size: cin * 2}", "{conv: cin * 2, kernel: 1}"),
    ("dropout", "{dropout: 0.25}"),
    ("{conv: 8, kernel: 1, act: none_at_all}", "{conv: 8, kernel: 1}"),
]


def rows(step: str) -> list[object]:
    """Return layer, shape and weights of every node of a network of one step."""
    text = HEAD.replace("word:", "none_at_all: none, word:")
    graph = archcalc.loads(f"{text}  - {step}\n  - {step}\n").graph
    return [
        (n.layer, n.shape, n.layer.weights(*graph.input_shapes(n))) for n in graph.nodes
    ]


@pytest.mark.parametrize(("short", "long"), SHORT, ids=[s[0] for s in SHORT])
def test_a_short_form_is_the_long_one(short: str, long: str) -> None:
    assert rows(short) == rows(long)


SHARED = """
name: shares
input: [4, 8, 8]
blocks:
  cell: {layers: [{conv: 4, kernel: 1, share: outer}, relu]}
layers:
  - {name: outer, conv: 4, kernel: 1}
  - %s
  - {stage: [{use: cell}]}
"""


@pytest.mark.parametrize(
    ("step", "operations"),
    [
        ("{use: cell}", 3),
        ("{use: cell, repeat: 3}", 5),
        ("{residual: [{conv: 4, kernel: 1, share: outer}], repeat: 4}", 6),
    ],
)
def test_inner_steps_share_the_weights_of_an_outer_one(
    step: str, operations: int
) -> None:
    """One convolution's weights, 4·4 + 4, however often they are used."""
    total = archcalc.loads(SHARED % step).analyze().total
    assert total.params == 20
    assert total.macs == operations * 4 * 4 * 64
