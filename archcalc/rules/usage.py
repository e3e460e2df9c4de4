"""Rules of usage: what a command or call asked for is not there; AC5xx."""

from __future__ import annotations

from archcalc.rules.base import Rule

USAGE = (
    Rule(
        "AC501",
        "unknown-network",
        "A network is a shipped name, a variant of one, or a file.",
        "$ archcalc table vgg61",
        "$ archcalc table vgg16",
    ),
    Rule(
        "AC502",
        "unknown-layer",
        "A layer is named by its path, or by a last part that only it has.",
        ">>> import archcalc\n>>> archcalc.load('vgg16').analyze().row('fc9')",
        ">>> import archcalc\n>>> archcalc.load('vgg16').analyze().row('fc8')",
    ),
    Rule(
        "AC503",
        "unknown-dtype",
        "A number format is one of those whose width is known.",
        "$ archcalc table lenet5 --dtype float23",
        "$ archcalc table lenet5 --dtype float16",
    ),
    Rule(
        "AC504",
        "unknown-level",
        "A table's level is ops, layers, blocks or stages.",
        "$ archcalc table lenet5 --level layer",
        "$ archcalc table lenet5 --level layers",
    ),
    Rule(
        "AC505",
        "unknown-param",
        "`--set` names a param that the file declares.",
        "$ archcalc table vgg16 --set k=3",
        "$ archcalc table zfnet --set c4=384",
    ),
    Rule(
        "AC506",
        "wrong-input-size",
        "An input size is `3x224x224`, or `C,H,W` for symbols.",
        "$ archcalc table vgg16 --input 3x",
        "$ archcalc table vgg16 --input 3x256x256",
    ),
    Rule(
        "AC507",
        "wrong-batch",
        "A batch is a whole number of at least 1.",
        "$ archcalc table lenet5 --batch 0",
        "$ archcalc table lenet5 --batch 8",
    ),
    Rule(
        "AC508",
        "wrong-option",
        "`--set` and `--limit` take a name, `=` and a value.",
        "$ archcalc table lenet5 --limit node=3",
        "$ archcalc table lenet5 --limit nodes=300000",
    ),
    Rule(
        "AC509",
        "unknown-column",
        "A column is one of those of the table, after `+` or `-` where the default is "
        "changed.",
        "$ archcalc table lenet5 --columns parms",
        "$ archcalc table lenet5 --columns params",
    ),
    Rule(
        "AC510",
        "unknown-family",
        "A family is one of the shipped networks'.",
        "$ archcalc list --family vg",
        "$ archcalc list --family vgg",
    ),
    Rule(
        "AC511",
        "one-network",
        "A comparison needs two networks or more.",
        "$ archcalc compare vgg16",
        "$ archcalc compare vgg16 vgg19",
    ),
    Rule(
        "AC512",
        "no-spec-in-folder",
        "A folder that is checked holds a spec.",
        "$ archcalc check empty/",
        "$ archcalc check specs/",
    ),
    Rule(
        "AC513",
        "unknown-view",
        "A view is one that `archcalc table --view` knows.",
        "$ archcalc table vgg16 --view slides",
        "$ archcalc table vgg16 --view lecture",
    ),
    Rule(
        "AC514",
        "unknown-kind-asked",
        "A kind of layer is one that `archcalc layers` lists.",
        "$ archcalc layers konv",
        "$ archcalc layers conv",
    ),
    Rule(
        "AC515",
        "unknown-convention",
        "A convention names a known way of counting.",
        ">>> import archcalc\n>>> archcalc.load('lenet5').analyze(convention='mac')",
        ">>> import archcalc\n>>> archcalc.load('lenet5').analyze(convention='macs')",
    ),
    Rule(
        "AC520",
        "torch-missing",
        "The reference build needs torch: `pip install 'archcalc[torch]'`.",
        "$ archcalc verify lenet5   # without torch",
        "$ pip install 'archcalc[torch]' && archcalc verify lenet5",
    ),
    Rule(
        "AC521",
        "torch-needs-numbers",
        "torch builds tensors of numbers; a size that stays a name has none.",
        "$ archcalc verify three-3x3 --input C,H,W",
        "$ archcalc verify three-3x3 --input 8x8x8",
    ),
    Rule(
        "AC522",
        "torch-refused",
        "torch runs what archcalc describes; where it refuses, one of them is wrong.",
        "$ archcalc verify net.yaml   # a layer that this torch does not have",
        "$ archcalc verify lenet5",
    ),
    Rule(
        "AC530",
        "unknown-format",
        "A format is one of those that the command writes, or a file's ending says it.",
        "$ archcalc table lenet5 --format pdf",
        "$ archcalc table lenet5 --format markdown",
    ),
    Rule(
        "AC531",
        "unknown-format-option",
        "An option of a format is one that it has.",
        ">>> from archcalc.render import render\n"
        ">>> import archcalc\n"
        ">>> render(archcalc.compare('vgg16', 'vgg19'), 'csv', color=True)",
        ">>> from archcalc.render import render\n"
        ">>> import archcalc\n"
        ">>> x = render(archcalc.compare('vgg16', 'vgg19'), 'terminal', color=True)",
    ),
    Rule(
        "AC532",
        "no-such-table",
        "A report's table is asked for by a number that it has.",
        ">>> from archcalc.render import render\n"
        ">>> import archcalc\n"
        ">>> render(archcalc.compare('vgg16', 'vgg19'), 'csv', table=9)",
        ">>> from archcalc.render import render\n"
        ">>> import archcalc\n"
        ">>> x = render(archcalc.compare('vgg16', 'vgg19'), 'csv', table=0)",
    ),
    Rule(
        "AC535",
        "pictures-need-numbers",
        "Volumes and plots are drawn to scale; a size that stays a name has no length.",
        "$ archcalc draw three-3x3 --style volumes --input C,H,W",
        "$ archcalc draw three-3x3 --style volumes --input 8,8,8",
    ),
    Rule(
        "AC536",
        "unknown-style-or-kind",
        "A picture has a style, or a plot a kind, of those that there are.",
        "$ archcalc draw lenet5 --style boxes",
        "$ archcalc draw lenet5 --style volumes",
    ),
    Rule(
        "AC537",
        "png-missing",
        "A PNG is written to a file, by the extra `png`.",
        "$ archcalc draw lenet5 --format png",
        "$ archcalc draw lenet5 --format svg",
    ),
    Rule(
        "AC560",
        "unknown-rule",
        "A rule is named by its code, the beginning of codes, or its name.",
        "$ archcalc rule AC299",
        "$ archcalc rule AC201",
    ),
    Rule(
        "AC561",
        "not-to-be-ignored",
        "AC1xx and AC2xx cannot be ignored: of a file that is no network, nothing else "
        "could be said. Leave the file out instead (`exclude`).",
        "$ archcalc check vgg16 --ignore AC201",
        "$ archcalc check vgg16 --ignore AC402",
    ),
    Rule(
        "AC562",
        "wrong-configuration",
        "`[tool.archcalc]` in pyproject.toml holds the keys that docs/ci.md lists.",
        '$ archcalc check   # with `selct = ["AC4"]` in [tool.archcalc]',
        '$ archcalc check   # with `select = ["AC4"]` in [tool.archcalc]',
    ),
    Rule(
        "AC564",
        "no-lock-file",
        "`--locked` compares with a lock file, which `archcalc lock` writes.",
        "$ archcalc check vgg16 --locked --lock-file none.lock",
        "$ archcalc lock vgg16 && archcalc check vgg16 --locked",
    ),
    Rule(
        "AC565",
        "wrong-lock-file",
        "A lock file is as `archcalc lock` wrote it.",
        "$ archcalc check vgg16 --locked --lock-file README.md",
        "$ archcalc lock vgg16 && archcalc check vgg16 --locked",
    ),
    Rule(
        "AC570",
        "wrong-condition",
        "A condition of `--fail-if` is a metric, a comparison and a change.",
        '$ archcalc diff vgg16 vgg19 --fail-if "macs 2%"',
        '$ archcalc diff vgg16 vgg19 --fail-if "macs > +50%"',
    ),
    Rule(
        "AC571",
        "no-older-version",
        "`--git` names a revision in which the file is there.",
        "$ archcalc diff net.yaml --git nosuch",
        "$ archcalc diff net.yaml --git HEAD~1",
    ),
    Rule(
        "AC572",
        "two-networks-to-compare",
        "`diff` takes two networks, or one file and `--git REV`.",
        "$ archcalc diff vgg16",
        "$ archcalc diff vgg16 vgg19",
    ),
    Rule(
        "AC573",
        "file-exists",
        "A new file does not overwrite one.",
        "$ archcalc new net && archcalc new net",
        "$ archcalc new net && archcalc new other",
    ),
    Rule(
        "AC580",
        "wrong-axis",
        "A sweep goes over params of the file, `variant`, `input` or `batch`.",
        "$ archcalc sweep efficientnet --over widht=1:2",
        "$ archcalc sweep efficientnet --over width=1:2",
    ),
    Rule(
        "AC581",
        "wrong-constraint",
        "A constraint or column of a sweep names a param that varies, or a figure.",
        '$ archcalc sweep efficientnet --over width=1:2 --where "mac <= 600M"',
        '$ archcalc sweep efficientnet --over width=1:2 --where "macs <= 600M"',
    ),
    Rule(
        "AC582",
        "wrong-resume",
        "`--resume` goes on with the CSV file that the same sweep has begun.",
        "$ archcalc sweep efficientnet --over width=1:2 --resume",
        "$ archcalc sweep efficientnet --over width=1:2 --resume -o sweep.csv",
    ),
    Rule(
        "AC590",
        "wrong-formula-value",
        "A formula is evaluated with whole numbers of at least 1 for its names.",
        ">>> from archcalc.dims import symbol\n>>> symbol('C').at(C=0)",
        ">>> from archcalc.dims import symbol\n>>> symbol('C').at(C=3)",
    ),
)
