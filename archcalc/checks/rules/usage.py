"""Rules of usage: what a command or call asked for is not there; AC5xx."""

from __future__ import annotations

from archcalc.checks.rule import Rule

USAGE = (
    Rule(
        "AC500",
        "wrong-command-line",
        "A command line must name a command, with arguments and options that it has.",
        "$ archcalc tabel lenet5",
        "$ archcalc table lenet5",
    ),
    Rule(
        "AC501",
        "unknown-network",
        "A network must be a shipped name, a variant of one, or a file.",
        "$ archcalc table vgg61",
        "$ archcalc table vgg16",
    ),
    Rule(
        "AC502",
        "unknown-layer",
        "A layer must be named by its path, or by a last part that no other layer has.",
        ">>> import archcalc\n>>> archcalc.load('vgg16').analyze().row('fc9')",
        ">>> import archcalc\n>>> archcalc.load('vgg16').analyze().row('fc8')",
    ),
    Rule(
        "AC503",
        "unknown-dtype",
        "The number format is unknown.",
        "$ archcalc table lenet5 --dtype float23",
        "$ archcalc table lenet5 --dtype float16",
    ),
    Rule(
        "AC504",
        "unknown-level",
        "A table's level must be ops, layers, blocks or stages.",
        "$ archcalc table lenet5 --level layer",
        "$ archcalc table lenet5 --level layers",
    ),
    Rule(
        "AC505",
        "unknown-param",
        "`--set` must name a param that the file declares.",
        "$ archcalc table vgg16 --set k=3",
        "$ archcalc table zfnet --set c4=384",
    ),
    Rule(
        "AC506",
        "wrong-input-size",
        "An input size must be written as `3x224x224`, or as `C,H,W` for symbols.",
        "$ archcalc table vgg16 --input 3x",
        "$ archcalc table vgg16 --input 3x256x256",
    ),
    Rule(
        "AC507",
        "wrong-batch",
        "A batch must be a whole number of at least 1.",
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
        "The table has no such column. `+` and `-` change the usual columns.",
        "$ archcalc table lenet5 --columns parms",
        "$ archcalc table lenet5 --columns params",
    ),
    Rule(
        "AC510",
        "nothing-to-list",
        "No shipped network is of this family, for this task, of this year and size.",
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
        "A folder that is checked must hold a spec.",
        "$ archcalc check empty/",
        "$ archcalc check specs/",
    ),
    Rule(
        "AC513",
        "unknown-view",
        "`archcalc table --view` does not know this view.",
        "$ archcalc table vgg16 --view slides",
        "$ archcalc table vgg16 --view lecture",
    ),
    Rule(
        "AC514",
        "unknown-kind-asked",
        "A kind of layer must be one that `archcalc layers` lists.",
        "$ archcalc layers konv",
        "$ archcalc layers conv",
    ),
    Rule(
        "AC515",
        "unknown-convention",
        "The convention is unknown.",
        ">>> import archcalc\n>>> archcalc.load('lenet5').analyze(convention='mac')",
        ">>> import archcalc\n>>> archcalc.load('lenet5').analyze(convention='macs')",
    ),
    Rule(
        "AC516",
        "wrong-year-or-size",
        "A year has four digits, or is a span; a size is a number with a prefix.",
        "$ archcalc list --year 18",
        "$ archcalc list --year 2018-",
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
        "torch builds tensors of numbers, so every size must be a number.",
        "$ archcalc verify three-3x3 --input C,H,W",
        "$ archcalc verify three-3x3 --input 8x8x8",
    ),
    Rule(
        "AC522",
        "torch-refused",
        "torch refuses to run what archcalc describes. One of the two is wrong.",
        "$ archcalc verify net.yaml   # a layer that this torch does not have",
        "$ archcalc verify lenet5",
    ),
    Rule(
        "AC523",
        "not-written",
        "A format has no word for a layer; of an `unknown` step only sizes are known.",
        "$ archcalc export net.yaml   # with a step {unknown: , op: Einsum, ...}",
        "$ archcalc export lenet5",
    ),
    Rule(
        "AC524",
        "counter-missing",
        "`archcalc against` runs another tool, which must be installed.",
        "$ archcalc against fvcore lenet5   # without fvcore",
        "$ pip install 'archcalc[peers]' && archcalc against fvcore lenet5",
    ),
    Rule(
        "AC525",
        "counter-failed",
        "The other tool, or the module that it runs, raised an error.",
        "$ archcalc against fvcore mine.py:Net   # code that fvcore cannot trace",
        "$ archcalc against torch mine.py:Net   # it traces nothing",
    ),
    Rule(
        "AC530",
        "unknown-format",
        "The command does not write this format, or the ending of the file names none.",
        "$ archcalc table lenet5 --format docx",
        "$ archcalc table lenet5 --format markdown",
    ),
    Rule(
        "AC531",
        "unknown-format-option",
        "The format does not have this option.",
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
        "The report has no table with this number.",
        ">>> from archcalc.render import render\n"
        ">>> import archcalc\n"
        ">>> render(archcalc.compare('vgg16', 'vgg19'), 'csv', table=9)",
        ">>> from archcalc.render import render\n"
        ">>> import archcalc\n"
        ">>> x = render(archcalc.compare('vgg16', 'vgg19'), 'csv', table=0)",
    ),
    Rule(
        "AC533",
        "nothing-to-draw",
        "Mermaid and DOT draw networks. This report is about something else.",
        "$ archcalc list --format mermaid",
        "$ archcalc table lenet5 --format mermaid",
    ),
    Rule(
        "AC534",
        "page-needs-numbers",
        "The page to explore shows numbers, so every size must be a number.",
        "$ archcalc report three-3x3 --input C,H,W",
        "$ archcalc report three-3x3 --input 8,8,8",
    ),
    Rule(
        "AC535",
        "pictures-need-numbers",
        "Volumes and plots are drawn to scale, so every size must be a number.",
        "$ archcalc draw three-3x3 --style volumes --input C,H,W",
        "$ archcalc draw three-3x3 --style volumes --input 8,8,8",
    ),
    Rule(
        "AC536",
        "unknown-style-or-kind",
        "The style of a picture, or the kind of a plot, is unknown.",
        "$ archcalc draw lenet5 --style boxes",
        "$ archcalc draw lenet5 --style volumes",
    ),
    Rule(
        "AC537",
        "picture-missing",
        "A PNG or a PDF is written to a file; it needs the extra `png` or `pdf`.",
        "$ archcalc draw lenet5 --format png",
        "$ archcalc draw lenet5 --format svg",
    ),
    Rule(
        "AC538",
        "arrow-missing",
        "Arrow streams of reports need nanoarrow: `pip install 'archcalc[arrow]'`.",
        "$ python -c 'polars.DataFrame(archcalc.table(\"lenet5\"))' # no nanoarrow",
        "$ python -c 'polars.DataFrame(archcalc.table(\"lenet5\").rows())'   # without",
    ),
    Rule(
        "AC539",
        "no-playground",
        "`archcalc playground` serves a folder that the package does not contain: the "
        "release archive archcalc-playground.zip, unpacked, or what "
        "`node docs/playground/build.mjs` builds.",
        "$ archcalc playground --no-browser",
        "$ archcalc playground --help",
    ),
    Rule(
        "AC560",
        "unknown-rule",
        "A rule must be named by its code, the first part of a code, or its name.",
        "$ archcalc rule AC299",
        "$ archcalc rule AC201",
    ),
    Rule(
        "AC561",
        "not-to-be-ignored",
        "AC1xx and AC2xx cannot be ignored, because archcalc cannot compute such a "
        "file. Leave the file out instead (`exclude`).",
        "$ archcalc check vgg16 --ignore AC201",
        "$ archcalc check vgg16 --ignore AC402",
    ),
    Rule(
        "AC562",
        "wrong-configuration",
        "`[tool.archcalc]` in pyproject.toml has a wrong key or value. docs/ci.md "
        "lists the keys.",
        '$ archcalc check   # with `selct = ["AC4"]` in [tool.archcalc]',
        '$ archcalc check   # with `select = ["AC4"]` in [tool.archcalc]',
    ),
    Rule(
        "AC564",
        "no-lock-file",
        "`--locked` needs a lock file, which `archcalc lock` writes.",
        "$ archcalc check vgg16 --locked --lock-file none.lock",
        "$ archcalc lock vgg16 && archcalc check vgg16 --locked",
    ),
    Rule(
        "AC565",
        "wrong-lock-file",
        "A lock file must be as `archcalc lock` wrote it.",
        "$ archcalc check vgg16 --locked --lock-file README.md",
        "$ archcalc lock vgg16 && archcalc check vgg16 --locked",
    ),
    Rule(
        "AC570",
        "wrong-condition",
        "A condition of `--fail-if` must be a figure, a comparison and a change.",
        '$ archcalc diff vgg16 vgg19 --fail-if "macs 2%"',
        '$ archcalc diff vgg16 vgg19 --fail-if "macs > +50%"',
    ),
    Rule(
        "AC571",
        "no-older-version",
        "`--git` must name a revision that has the file.",
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
        "A new file does not overwrite an existing one.",
        "$ archcalc new net && archcalc new net",
        "$ archcalc new net && archcalc new other",
    ),
    Rule(
        "AC575",
        "not-a-cache",
        "`--cache` names a file that archcalc wrote, or one that is not there yet.",
        "$ archcalc check vgg16 --cache README.md",
        "$ archcalc check vgg16 --cache checked.json",
    ),
    Rule(
        "AC580",
        "wrong-axis",
        "A sweep can vary params, `variant`, `input`, `resolution` and `batch`.",
        "$ archcalc sweep efficientnet --over widht=1:2",
        "$ archcalc sweep efficientnet --over width=1:2",
    ),
    Rule(
        "AC581",
        "wrong-constraint",
        "A constraint or column of a sweep must name a param that varies, or a figure.",
        '$ archcalc sweep efficientnet --over width=1:2 --where "mac <= 600M"',
        '$ archcalc sweep efficientnet --over width=1:2 --where "macs <= 600M"',
    ),
    Rule(
        "AC582",
        "wrong-resume",
        "`--resume` continues a file or folder that the same sweep has begun.",
        "$ archcalc sweep efficientnet --over width=1:2 --resume",
        "$ archcalc sweep efficientnet --over width=1:2 --resume -o sweep.csv",
    ),
    Rule(
        "AC583",
        "wrong-executor",
        "A sweep runs in processes (`--jobs`), or on a dask scheduler that answers "
        "and whose workers have the same version of archcalc.",
        "$ archcalc sweep efficientnet --over width=1:2 --executor dusk://host:8786",
        "$ archcalc sweep efficientnet --over width=1:2 --jobs 2",
    ),
    Rule(
        "AC584",
        "missing-extra",
        "dask and Parquet need extras: `pip install 'archcalc[dask,parquet]'`.",
        "$ archcalc sweep efficientnet --over width=1:2 -f parquet",
        "$ archcalc sweep efficientnet --over width=1:2 -f parquet -o sweep.parquet",
    ),
    Rule(
        "AC574",
        "not-to-be-written",
        "`--fix` and `--update` write only files and folders that you name.",
        "$ archcalc check vgg16 --update",
        "$ archcalc check specs/ --update",
    ),
    Rule(
        "AC591",
        "weights-without-graph",
        "A safetensors or GGUF file, or a state dict, holds weights and no graph. "
        "`table`, `compare`, `memory`, `explain`, `report` and `check` say what it "
        "holds; sizes between layers, operations and activations need the model.",
        "$ archcalc draw weights.safetensors  # a file",
        "$ archcalc table weights.safetensors  # a file",
    ),
    Rule(
        "AC592",
        "unreadable-model",
        "The file of a model must be complete, and in a format that archcalc reads: "
        "ONNX with opset 7 to 26, Keras 2 and 3, Caffe's prototxt, or darknet's cfg. "
        "Nothing in it is run, and no other file is opened.",
        "$ archcalc table half.onnx  # the first half of a file",
        "$ archcalc table whole.onnx  # the file",
    ),
    Rule(
        "AC593",
        "format-not-read",
        "A model is read from a file that describes its layers (ONNX, Keras, Caffe, "
        "darknet) or from a PyTorch module. There is no reader for other formats. A "
        "pickle (`.pt`, `.pth`, `.bin`, `.ckpt`) is not opened, because that can run "
        "code in it. The message says what to do instead.",
        "$ archcalc table weights.pth",
        "$ archcalc table vgg16",
    ),
    Rule(
        "AC594",
        "import-not-allowed",
        "`check` and `lock` read files. A PyTorch module that a spec, the command line "
        "or `[tool.archcalc]` names is imported only with `--allow-import`, because "
        "importing runs its code.",
        "$ archcalc check torch.nn:ReLU --input 8",
        "$ archcalc check torch.nn:ReLU --input 8 --allow-import",
    ),
    Rule(
        "AC595",
        "unknown-python-object",
        "Name a PyTorch module by the Python module or file that holds it, a colon, "
        "and its name there: `torchvision.models:resnet50`, `mine.py:Net`.",
        "$ archcalc table torch.nn:Linaer --input 8",
        "$ archcalc table torch.nn:Identity --input 8",
    ),
    Rule(
        "AC596",
        "python-code-failed",
        "The code that makes a PyTorch module must run without an error; `--arg` "
        "gives the arguments that it needs.",
        "$ archcalc table torch.nn:Linear --input 8",
        "$ archcalc table torch.nn:Linear --input 8 --arg in_features=8 "
        "--arg out_features=4",
    ),
    Rule(
        "AC597",
        "no-pytorch-module",
        "The Python object must be a `torch.nn.Module`, or a class or function that "
        "returns one.",
        "$ archcalc table torch.nn:functional --input 8",
        "$ archcalc table torch.nn:ReLU --input 8",
    ),
    Rule(
        "AC598",
        "wrong-python-argument",
        "`--arg` takes the name of an argument of the Python object, `=` and a value.",
        "$ archcalc table torch.nn:ReLU --input 8 --arg inplace",
        "$ archcalc table torch.nn:ReLU --input 8 --arg inplace=True",
    ),
    Rule(
        "AC599",
        "module-not-exported",
        "`torch.export` must be able to follow the code of a PyTorch module, with the "
        "sizes of `--input`.",
        "$ archcalc table torch.nn:Linear --input 9 --arg in_features=8 "
        "--arg out_features=4",
        "$ archcalc table torch.nn:Linear --input 8 --arg in_features=8 "
        "--arg out_features=4",
    ),
    Rule(
        "AC590",
        "wrong-formula-value",
        "To evaluate a formula, give whole numbers of at least 1 for its names.",
        ">>> from archcalc.sizes.dims import symbol\n>>> symbol('C').at(C=0)",
        ">>> from archcalc.sizes.dims import symbol\n>>> symbol('C').at(C=3)",
    ),
)
