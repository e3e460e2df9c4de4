"""Names: of shipped networks, of files, and of layers; and what is said of others."""

from __future__ import annotations

from pathlib import Path

import pytest

import archcalc
from archcalc.errors import SourceError, UsageError
from archcalc.language import library


@pytest.mark.parametrize("name", ["resnet18", "googlenet", "vit:ti-16"])
def test_every_row_of_every_level_is_found_by_its_name(name: str) -> None:
    analysis = archcalc.load(name).analyze()
    folded = {row.name for row in analysis.ops} - {row.name for row in analysis.rows}
    assert folded
    for row in (*analysis.rows, *analysis.ops):
        found = analysis.row(row.name)
        assert found.name == row.name
        assert row.nodes[0] in found.nodes
    for row in (row for row in analysis.ops if row.name in folded):
        assert analysis.row(row.name) == row


@pytest.mark.parametrize(
    ("network", "written", "name"),
    [
        ("vgg16", "conv1_1", "block1.conv1-1"),
        ("vgg16", "Conv1-1", "block1.conv1-1"),
        ("vgg16", "conv11", "block1.conv1-1"),
        ("vgg16", "BLOCK1.CONV1_1", "block1.conv1-1"),
        ("vgg16", "FC6", "fc6"),
    ],
)
def test_layers_in_other_spellings(network: str, written: str, name: str) -> None:
    assert archcalc.load(network).analyze().row(written).name == name


def test_a_spelling_that_fits_several_layers_is_refused_with_all() -> None:
    text = "name: net\ninput: [3]\nlayers: [{name: a-b, fc: 1}, {name: a_b, fc: 1}]\n"
    analysis = archcalc.loads(text).analyze()
    assert analysis.row("a_b").name == "a_b"
    for written in ("A-B", "ab"):
        with pytest.raises(UsageError, match=f"'{written}' can be .*: a-b, a_b"):
            analysis.row(written)


def test_only_yaml_is_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("b.yml", "README.md", "in/a.yaml", "in/a.yaml~"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    monkeypatch.setattr(library, "folder", lambda: tmp_path)
    found = library.shipped.__wrapped__()
    assert found == {"a": tmp_path / "in" / "a.yaml", "b": tmp_path / "b.yml"}


def test_a_file_without_an_ending_is_read_where_it_is_named_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "name: own\ninput: [3]\nlayers: [relu]\n"
    (tmp_path / "vgg").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        archcalc.load("vgg")
    (problem,) = caught.value.problems
    assert problem.code == "AC501"
    assert problem.help == "to read the file of this name, write ./vgg"
    assert archcalc.load("./vgg").name == "own"


def test_one_network_is_nothing_to_compare() -> None:
    with pytest.raises(UsageError, match="two networks or more") as caught:
        archcalc.compare("vgg16")
    assert caught.value.problems[0].code == "AC511"


SPELLED = [
    ("VGG-16", "vgg16"),
    ("VGG16", "vgg16"),
    ("ResNet-50", "resnet50"),
    ("resnet50v1.5", "resnet50:v1.5"),
    ("resnet50_v1_5", "resnet50:v1.5"),
    ("vit_b_16", "vit"),
    ("vit_b_32", "vit:b-32"),
    ("vit_large_16", "vit:l-16"),
    ("wide_resnet50_2", "wrn-50-2"),
    ("WRN-28-10", "wrn-28-10"),
    ("efficientnet_b0", "efficientnet"),
    ("EfficientNet-B1", "efficientnet:b1"),
    ("EfficientNet:B1", "efficientnet:b1"),
    ("efficientnet_v2_s", "efficientnet-v2-s"),
    ("swin_t", "swin"),
    ("swin_s", "swin:s"),
    ("convnext_tiny", "convnext"),
    ("convnext_small", "convnext:s"),
    ("mobilenet_v3_large", "mobilenet-v3-large"),
    ("MobileNetV2", "mobilenet-v2"),
    ("squeezenet1_1", "squeezenet:1.1"),
    ("resnext101_32x8d", "resnext101-32x8d"),
    ("regnet_y_400mf", "regnety-400mf"),
    ("Inception_v3", "inception-v3"),
    ("GoogLeNet:Torchvision", "googlenet:torchvision"),
]


@pytest.mark.parametrize(("written", "name"), SPELLED)
def test_names_of_networks_in_other_spellings(written: str, name: str) -> None:
    assert library.find(written) == library.find(name)
    assert archcalc.load(written).name == archcalc.load(name).name


def test_every_name_is_found_by_its_blind_form_or_several_are_offered() -> None:
    """The sections that are searched as text have what is read as YAML."""
    known = library.spellings()
    for name in library.names():
        assert name in known[library.blind(name)]
    for name in library.shipped():
        for variant in archcalc.load(name).variants:
            assert f"{name}:{variant}" in known[library.blind(f"{name}{variant}")]


def test_a_name_that_fits_several_is_refused_with_all() -> None:
    with pytest.raises(UsageError, match="'MobileNet_v3' fits several") as caught:
        library.find("MobileNet_v3")
    (problem,) = caught.value.problems
    assert problem.help == "write mobilenet-v3-large or mobilenet-v3-small"


def test_a_path_without_its_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "mycnn.yml").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for path, help in (
        ("nets/mycnn", "did you mean nets/mycnn.yml?"),
        ("nets/x", None),
    ):
        with pytest.raises(SourceError) as caught:
            archcalc.load(path)
        (problem,) = caught.value.problems
        assert (problem.code, problem.help) == ("AC101", help)


@pytest.mark.parametrize(
    ("name", "help"),
    [
        ("module.py", "name the class of the module too, such as module.py:Net"),
        ("./module.py", "name the class of the module too, such as ./module.py:Net"),
        ("module:Cnn", "for a module in the file module.py, write module.py:Cnn"),
        (
            "module.py:Cnn",
            "write its spec first: archcalc import module.py:Cnn -o net.yaml",
        ),
    ],
)
def test_a_python_file_is_named_with_a_class(
    name: str, help: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "module.py").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        library.find(name)
    assert caught.value.problems[0].help == help


@pytest.mark.parametrize(
    ("name", "help"),
    [
        ("mycnn", "to read the file of this name, write mycnn.yaml"),
        ("mycnn:small", "to read the file of this name, write mycnn.yaml:small"),
        ("other", "to read the file of this name, write other.yml"),
        ("nets", "nets is a folder: name a file in it; check and lock take folders"),
        ("vgg99", "did you mean vgg19?"),
        ("VGG-16:nope", None),
    ],
)
def test_a_file_beside_is_offered(
    name: str, help: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "name: own\ninput: [3]\nlayers: [relu]\n"
    for file in ("mycnn.yaml", "other.yml"):
        (tmp_path / file).write_text(text, encoding="utf-8")
    (tmp_path / "nets").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        archcalc.load(name).analyze()
    (problem,) = caught.value.problems
    assert problem.code == "AC501"
    if help is None:
        assert problem.message == "vgg16 has no variant 'nope'"
    else:
        assert problem.help == help


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("[{name: a, linear: 8}, {add: [a, input]}]", "a add add2 relu"),
        ("[{name: a, linear: 8}, relu]", "a relu add relu2"),
        ("[{name: add, linear: 8}, {name: add2, relu: }]", "add add2 add3 relu"),
    ],
)
def test_what_a_residual_adds_has_a_name_of_its_own(body: str, names: str) -> None:
    """Its sum and activation are numbered where its steps are called so."""
    text = "name: r\ninput: [5, 8]\nlayers:\n  - {name: block, act: relu, residual: "
    network = archcalc.loads(f"{text}{body}}}\n")
    found = [node.name for node in network.graph.nodes[1:]]
    assert found == [f"block.{name}" for name in names.split()]
