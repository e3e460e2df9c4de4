"""Rules of the spec language: what `spec`, `steps` and `resolver` refuse, AC120 on."""

from __future__ import annotations

from archcalc.checks.rule import FRAME, Rule

STEPS = "layers: [relu]\n"
HEAD = "name: net\ninput: [3, 32, 32]\n"
RIGHT = "- {conv: 8, kernel: 3}"
BLOCK = f"{HEAD}blocks:\n  b: {{params: {{out: required}}, layers: [{{conv: out}}]}}\n"


def _file(top: str) -> str:
    return f"{HEAD}{top}\n{STEPS}"


SCHEMA = (
    Rule(
        "AC120",
        "not-a-network",
        "A file must be a mapping with `name`, `input` and `layers`.",
        "# steps without a frame\n- relu\n",
        f"{FRAME}  - relu\n",
    ),
    Rule(
        "AC121",
        "unknown-section",
        "The file has a section that the language does not know.",
        _file("varaints: {}"),
        _file("params: {k: 3}\nvariants: {big: {k: 5}}"),
    ),
    Rule(
        "AC122",
        "language-version",
        "`archcalc:` must name a version of the language that this archcalc can read.",
        _file("archcalc: 9"),
        _file("archcalc: 1"),
    ),
    Rule(
        "AC123",
        "section-is-a-mapping",
        "`params`, `variants`, `aliases`, `defaults` and `blocks` must be mappings.",
        _file("params: [k, 3]"),
        _file("params: {k: 3}"),
    ),
    Rule(
        "AC124",
        "missing-section",
        "A network needs a `name`, an `input` and `layers`.",
        f"name: net\n{STEPS}",
        _file(""),
    ),
    Rule(
        "AC125",
        "wrong-description",
        "A section about the network (`paper`, `accuracy`, `expect`, …) has a wrong "
        "key or type. docs/language.md lists them.",
        _file("paper: {yaer: 2012}"),
        _file("paper: {year: 2012}"),
    ),
    Rule(
        "AC126",
        "wrong-param",
        "The name of a param must be a word without `-`, and its arithmetic may name "
        "only params that have a value.",
        _file("params: {my-k: 3}"),
        _file("params: {my_k: 3}"),
    ),
    Rule(
        "AC127",
        "wrong-variant",
        "A variant must be a mapping of params of the file, and an alias must name a "
        "variant.",
        _file("params: {k: 3}\nvariants: {big: {q: 5}}"),
        _file("params: {k: 3}\nvariants: {big: {k: 5}}"),
    ),
    Rule(
        "AC128",
        "wrong-block",
        "A block must be a mapping with `layers`. It may have `params` and `inputs`.",
        _file("blocks: {b: {steps: [relu]}}"),
        _file("blocks: {b: {layers: [relu]}}"),
    ),
    Rule(
        "AC129",
        "wrong-input",
        "An input must be a list of 1 to 4 sizes of at least 1, without the batch.",
        f"name: net\ninput: [3, 0, 32]\n{STEPS}",
        f"name: net\ninput: [3, 32, 32]\n{STEPS}",
    ),
    Rule(
        "AC130",
        "wrong-defaults",
        "`defaults` must hold arguments for kinds of layers.",
        _file("defaults: {konv: {act: relu}}"),
        _file("defaults: {conv: {act: relu}}"),
    ),
    Rule(
        "AC131",
        "not-steps",
        "Steps must be a list. Begin each step with `- `.",
        f"{HEAD}layers: {{conv: 8}}\n",
        f"{HEAD}layers:\n  - {{conv: 8}}\n",
    ),
    Rule(
        "AC132",
        "no-steps",
        "A list of steps must hold at least one step.",
        f"{HEAD}layers: []\n",
        f"{HEAD}layers: [relu]\n",
    ),
    Rule(
        "AC133",
        "not-a-step",
        "A step must be a word or a mapping, and not empty.",
        "- [conv, 8]",
        "- {conv: 8}",
    ),
    Rule(
        "AC134",
        "unknown-kind",
        "The kind of a step must be one that `archcalc layers` lists.",
        "- {convv: 8}",
        "- {conv: 8}",
    ),
    Rule(
        "AC135",
        "one-kind",
        "A step must have exactly one key that names its kind. All other keys are "
        "arguments.",
        "- {conv: 8, relu: }",
        "- {conv: 8, act: relu}",
    ),
    Rule(
        "AC136",
        "wrong-name",
        "A name must be a text of 1 to 200 characters.",
        "- {name: [a], conv: 8}",
        "- {name: a, conv: 8}",
    ),
    Rule(
        "AC137",
        "wrong-reference",
        "`from`, `share` and a list of branches must name earlier steps.",
        "- {conv: 8, from: {a: b}}",
        "- {name: a, relu: }\n- {conv: 8, from: a}",
    ),
    Rule(
        "AC138",
        "wrong-override",
        "`first` and `last` must hold arguments of the step for one repetition.",
        "- {conv: 8, repeat: 2, first: 3}",
        "- {conv: 8, repeat: 2, first: {kernel: 3}}",
    ),
    Rule(
        "AC139",
        "no-value",
        "The kind takes no value.",
        "- {relu: 6}",
        "- relu6",
    ),
    Rule(
        "AC140",
        "arguments-clash",
        "Arguments of a layer are missing or contradict each other.",
        "- {conv: , kernel: 3}",
        RIGHT,
    ),
    Rule(
        "AC141",
        "unknown-argument",
        "The kind does not take this argument.",
        "- {conv: 8, kernal: 3}",
        RIGHT,
    ),
    Rule(
        "AC142",
        "wrong-value",
        "A value has the wrong type, or is outside the range of its argument. A text "
        "in a numeric field is arithmetic. Values such as `012`, `1e6`, `no` and "
        "dates, whose type YAML guesses, are refused.",
        "- {conv: 8, kernel: 0}",
        RIGHT,
    ),
    Rule(
        "AC143",
        "wrong-param-value",
        "A param must be a number, arithmetic, true or false, a word, or a list.",
        _file("params: {k: {size: 3}}"),
        _file("params: {k: 3}"),
    ),
    Rule(
        "AC144",
        "wrong-follower",
        "`norm` and `act` must be layers with one input.",
        "- {conv: 8, act: {residual: [relu]}}",
        "- {conv: 8, act: relu}",
    ),
    Rule(
        "AC145",
        "no-branches",
        "A step that joins tensors needs a mapping of branches, or a list of earlier "
        "names.",
        "- {concat: 3}",
        "- concat: {a: [{conv: 8}], b: identity}",
    ),
    Rule(
        "AC146",
        "empty-structure",
        "`residual`, `stage` and `aux` must hold steps, and `use` the name of a block.",
        "- {residual: }",
        "- {residual: [relu]}",
    ),
    Rule(
        "AC147",
        "unknown-shortcut",
        "A shortcut must be a word that the language knows, or steps.",
        "- {residual: [relu], shortcut: projektion}",
        "- {residual: [relu], shortcut: projection}",
    ),
    Rule(
        "AC148",
        "unknown-block",
        "`use` must name a block of the file.",
        "- {use: nothing}",
        f"{BLOCK}layers: [{{use: b, out: 8}}]\n",
    ),
    Rule(
        "AC149",
        "block-params",
        "A block must be used with the params that it needs, and with no others.",
        f"{BLOCK}layers: [{{use: b}}]\n",
        f"{BLOCK}layers: [{{use: b, out: 8}}]\n",
    ),
    Rule(
        "AC150",
        "taken-name",
        "A name may be used once in a list of steps.",
        "- {name: a, conv: 8}\n- {name: a, relu: }",
        "- {name: a, conv: 8}\n- {name: b, relu: }",
    ),
    Rule(
        "AC151",
        "symbolic-repeat",
        "The number of repetitions must be a number. It cannot depend on a symbol.",
        "name: net\ninput: [C, 8, 8]\nlayers: [{conv: cin, repeat: cin}]\n",
        "name: net\ninput: [C, 8, 8]\nlayers: [{conv: cin, repeat: 3}]\n",
    ),
    Rule(
        "AC152",
        "endless-blocks",
        "Blocks are nested at most 64 deep.",
        f"{HEAD}blocks: {{b: {{layers: [{{use: b}}]}}}}\nlayers: [{{use: b}}]\n",
        f"{HEAD}blocks: {{b: {{layers: [relu]}}}}\nlayers: [{{use: b}}]\n",
    ),
    Rule(
        "AC153",
        "unknown-share",
        "`share` must name an earlier step, whose weights are used again.",
        "- {conv: 3, share: nothing}",
        "- {name: a, conv: 3}\n- {conv: 3, share: a}",
    ),
    Rule(
        "AC154",
        "unknown-step",
        "A step can name only earlier steps.",
        "- {conv: 8, from: nowhere}",
        "- {name: a, relu: }\n- {conv: 8, from: a}",
    ),
    Rule(
        "AC155",
        "block-inputs",
        "A block with `inputs` must be given as many tensors as it names.",
        f"{HEAD}blocks: {{b: {{inputs: [x, y], layers: [{{add: [x, y]}}]}}}}\n"
        "layers: [{use: b}]\n",
        f"{HEAD}blocks: {{b: {{inputs: [x, y], layers: [{{add: [x, y]}}]}}}}\n"
        "layers: [{name: a, relu: }, {use: b, from: [a, a]}]\n",
    ),
    Rule(
        "AC156",
        "not-an-output",
        "`outputs` must name each output once. An input or a step of a side head "
        "cannot be an output.",
        "name: net\ninput: [3, 8, 8]\noutputs: [a, a]\nlayers: [{name: a, conv: 8}]\n",
        "name: net\ninput: [3, 8, 8]\noutputs: [a, b]\n"
        "layers: [{name: a, conv: 8}, {name: b, relu: }]\n",
    ),
    Rule(
        "AC157",
        "lora",
        "`lora` must stand on a layer with one matrix, or on an attention whose inputs "
        "are written as steps, and needs a rank.",
        "- {maxpool: 2, lora: 4}",
        "- {conv: 8, lora: 4}",
    ),
    Rule(
        "AC191",
        "formula-too-large",
        "A formula over symbols must stay below 10,000 terms, and a power below its "
        "limit.",
        ">>> from archcalc.sizes.dims import symbol\n"
        ">>> x = symbol('C') + 1\n"
        ">>> for _ in range(40): x = x * x",
        ">>> from archcalc.sizes.dims import symbol\n>>> x = (symbol('C') + 1) * 3",
    ),
)
