"""darknet's cfg and Caffe's prototxt, read as networks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import described_models as texts
import pytest

import archcalc
from archcalc import ArchcalcError, Network
from archcalc.checks.against.findings import held_against

Write = Callable[[str, str], Network]


@pytest.fixture
def read(tmp_path: Path) -> Write:
    """Return a function that writes a file and loads it."""

    def written(name: str, text: str) -> Network:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return archcalc.load(path)

    return written


CFG = {
    # BFLOPs as darknet prints them; AlexeyAB/darknet, README.md, names the rounded ones
    "yolov3": (texts.yolov3, 61_949_149, 65.878611968, 3),
    "yolov3-tiny": (texts.yolov3_tiny, 8_852_366, 5.57067264, 2),
    "yolov4-tiny": (texts.yolov4_tiny, 6_056_606, 6.910299136, 2),
    "yolov2-tiny": (texts.tiny_yolo_v2, 11_232_057, 5.412153344, 1),
    "darknet19": (texts.darknet19, 20_842_376, 5.58509056, 1),
    "darknet53": (texts.darknet53, 41_609_928, 18.575736832, 1),
}


@pytest.mark.parametrize("name", CFG)
def test_darknet_networks_have_their_figures(name: str, read: Write) -> None:
    text, params, bflops, outputs = CFG[name]
    analysis = read(f"{name}.cfg", text()).analyze(convention="darknet")
    assert analysis.total.params == params
    assert analysis.total.operations == round(bflops * 10**9)
    assert len(analysis.outputs) == outputs


OUTPUTS = {  # those that a weights file holds beside: means and variances of norms
    # AlexeyAB/darknet, README.md (commit 01b7761), "Pre-trained models"
    "yolov4": (texts.yolov4, "128.5", 245),
    "yolov3-spp": (texts.yolov3_spp, "141.5", 240),
    # pjreddie.com/darknet/tiny-darknet: 0.98 Bn operations, 4.0 MB
    "tiny": (texts.tiny_darknet, "0.98", 4.0),
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_darknet_networks_have_the_published_sizes(name: str, read: Write) -> None:
    """Operations as printed, and the size of the file of weights in MiB, cut off."""
    text, printed, size = OUTPUTS[name]
    total = read(f"{name}.cfg", text()).analyze(convention="darknet").total
    digits = len(printed.partition(".")[2])
    assert f"{int(total.operations) / 1e9:.{digits}f}" == printed
    mib = 4 * (total.params + total.buffers) / 2**20
    assert int(mib) == size or round(mib, 1) == size


# AlexeyAB/darknet, README.md, of the same cfg; the last figure is cut off there
YOLOV4 = {512: 91.1, 416: 60.1, 320: 35.5}


@pytest.mark.parametrize("size", YOLOV4)
def test_yolov4_at_other_sizes(size: int, read: Write) -> None:
    network = read("yolov4.cfg", texts.yolov4(size))
    total = network.analyze(convention="darknet").total
    assert total.params == 64_363_101
    assert abs(int(total.operations) / 1e9 - YOLOV4[size]) < 0.1


def test_tiny_yolo_of_the_first_version(read: Write) -> None:
    """Sums by hand over pjreddie/darknet, cfg/yolov1-tiny.cfg (commit 332396e)."""
    widths = (3, 16, 32, 64, 128, 256, 512, 1024, 256)
    sides = (448, 224, 112, 56, 28, 14, 7, 7)
    pairs = [*zip(widths, widths[1:], sides, strict=False)]
    params = sum(9 * a * b + 2 * b for a, b, _ in pairs) + (7 * 7 * 256 + 1) * 1470
    macs = sum(9 * a * b * n * n for a, b, n in pairs) + 7 * 7 * 256 * 1470
    total = read("yolov1-tiny.cfg", texts.yolov1_tiny()).analyze().total
    assert (total.params, total.macs) == (params, macs)


SHELF = {
    "darknet19": ("cfg", texts.darknet19),
    "darknet53": ("cfg", texts.darknet53),
    "vgg16": ("prototxt", texts.vgg16),
    "squeezenet": ("prototxt", texts.squeezenet),
}


@pytest.mark.parametrize("name", SHELF)
def test_models_are_the_shipped_networks(name: str, read: Write) -> None:
    """Layer by layer, not only in their figures."""
    ending, text = SHELF[name]
    theirs = read(f"model.{ending}", text())
    shipped = archcalc.load(name, input=theirs.graph.nodes[0].shape)
    found = held_against(theirs, shipped)
    assert found.params[0] == found.params[1]
    others = [one for one in found.checked.findings if one.problem.help != SAME]
    assert not [one for one in others if one.fails], others[0].show()


SAME = "both are the same products; the weight has another shape"
"""darknet's last layer is a convolution of one position, the paper's is linear."""


def test_alexnet_has_the_figures_of_the_two_towers(read: Write) -> None:
    """Krizhevsky's two halves of a layer are two groups."""
    total = read("alexnet.prototxt", texts.alexnet()).analyze().total
    towers = archcalc.load("alexnet-2gpu").analyze().total
    assert (total.params, total.macs) == (towers.params, towers.macs)


def test_resnet50_differs_in_its_first_pool_alone(read: Write) -> None:
    """The authors' file does not pad that pool; it rounds up instead."""
    theirs = read("resnet50.prototxt", texts.resnet50())
    (pool,) = held_against(theirs, archcalc.load("resnet50")).checked.findings
    assert pool.problem.message == (
        "pool1: padding 0 here, 1 there; ceil mode yes here, no there"
    )


HEAD = "[net]\nchannels=3\nheight=32\nwidth=32\n"
FRAME = 'input: "data" input_dim: 1 input_dim: 3 input_dim: 32 input_dim: 32\n'


def layer(kind: str, param: str = "", name: str = "a", bottom: str = "data") -> str:
    return (
        f'layer {{ name: "{name}" type: "{kind}" bottom: "{bottom}" top: "{name}" '
        f"{param} }}\n"
    )


# Millions of parameters as Open Model Zoo prints them for Caffe's own files
# (docs.openvino.ai/2023.3, omz_models_model_caffenet, _googlenet_v1; 2021.4,
# _mobilenet_v1_1_0_224, _ssd300), batch norms being part of their convolutions
ZOO = {
    "caffenet": (texts.caffenet, "60.965", 0),
    "googlenet": (texts.googlenet, "6.999", 0),
    "mobilenet": (texts.mobilenet, "4.221", 10_944),
    "ssd300": (texts.ssd300, "26.285", 0),
}


@pytest.mark.filterwarnings("ignore::archcalc.InputWarning")
@pytest.mark.parametrize("name", ZOO)
def test_caffe_networks_have_their_published_parameters(name: str, read: Write) -> None:
    text, printed, folded = ZOO[name]
    params = read(f"{name}.prototxt", text()).analyze().total.params - folded
    assert f"{int(params) / 1e6:.3f}" == printed


@pytest.mark.parametrize(
    ("text", "shipped"),
    [(texts.googlenet, "googlenet"), (texts.mobilenet, "mobilenet-v1")],
)
def test_caffe_networks_count_as_the_shipped_ones(
    text: Callable[[], str], shipped: str, read: Write
) -> None:
    theirs = read("net.prototxt", text()).analyze().total
    ours = archcalc.load(shipped).analyze().total
    assert (theirs.params, theirs.macs) == (ours.params, ours.macs)


def test_caffenet_pools_before_its_norms(read: Write) -> None:
    """Its convolutions are AlexNet's, and so are parameters and products."""
    one = read("a.prototxt", texts.caffenet()).analyze().total
    other = read("b.prototxt", texts.alexnet()).analyze().total
    assert (one.params, one.macs) == (other.params, other.macs)
    assert one.flops < other.flops  # a norm of fewer values


@pytest.mark.filterwarnings("ignore::archcalc.InputWarning")
def test_ssd_has_its_boxes(read: Write) -> None:
    """8,732 boxes (Liu 2016, section 3.1), of 4 numbers and 21 classes each."""
    analysis = read("ssd.prototxt", texts.ssd300()).analyze()
    assert analysis.outputs == ((8732 * 4,), (8732 * 21,))


SIZES = {
    # darknet's max pool: ⌈n / stride⌉ (maxpool_layer.c)
    ("cfg", HEAD + "[maxpool]\nsize=3\nstride=2\n"): (3, 16, 16),
    ("cfg", HEAD + "[maxpool]\nsize=2\nstride=1\n"): (3, 32, 32),
    ("cfg", HEAD + "[maxpool]\nsize=3\nstride=2\npadding=0\n"): (3, 15, 15),
    ("cfg", HEAD + "[reorg]\nstride=2\n"): (12, 16, 16),
    ("cfg", HEAD + "[convolutional]\nfilters=6\nsize=3\nstride=2\npadding=0\n"): (
        *(6, 15, 15),
    ),
    # a sum of unlike channels: those of what enters (shortcut_layer.c)
    (
        "cfg",
        f"{HEAD}[convolutional]\nfilters=4\n[convolutional]\nfilters=9\n"
        "[shortcut]\nfrom=-2\n",
    ): (9, 32, 32),
    # Caffe's pools round up (pooling_layer.cpp), its convolutions down
    (
        "prototxt",
        FRAME + layer("Pooling", "pooling_param { kernel_size: 3 stride: 2 }"),
    ): (3, 16, 16),
    (
        "prototxt",
        FRAME + layer("Pooling", "pooling_param { kernel_size: 2 stride: 2 pad: 1 }"),
    ): (3, 17, 17),
    (
        "prototxt",
        FRAME
        + layer(
            "Convolution",
            "convolution_param { num_output: 6 kernel_size: 3 stride: 2 }",
        ),
    ): (6, 15, 15),
    (
        "prototxt",
        FRAME
        + layer(
            "Convolution",
            "convolution_param { num_output: 6 kernel_h: 1 kernel_w: 5 pad_h: 0 pad_w: 2 }",
        ),
    ): (6, 32, 32),
    # layers of training alone are left out
    (
        "prototxt",
        FRAME + layer("ReLU") + layer("Dropout", "include { phase: TRAIN }", "b", "a"),
    ): (3, 32, 32),
    (
        "prototxt",
        'layers { name: "d" type: DATA top: "data" transform_param { crop_size: 32 } }\n'
        'layers { name: "c" type: CONVOLUTION bottom: "data" top: "c" '
        "convolution_param { num_output: 5 } }\n"
        'layers { name: "l" type: SOFTMAX_LOSS bottom: "c" bottom: "label" top: "l" }\n',
    ): (5, 32, 32),
}


@pytest.mark.parametrize("case", SIZES, ids=lambda case: case[1][-40:])
def test_sizes_are_those_of_the_sources(case: tuple[str, str], read: Write) -> None:
    ending, text = case
    assert read(f"a.{ending}", text).analyze().output == SIZES[case]


def test_a_scale_is_part_of_the_batch_norm_before_it(read: Write) -> None:
    text = (
        FRAME
        + layer("BatchNorm")
        + layer("Scale", "scale_param { bias_term: true }", "b", "a")
    )
    network = read("a.prototxt", text)
    assert [node.layer.key for node in network.graph.nodes] == ["input", "bn"]
    assert network.analyze().total.params == 6


WRONG = {
    ("cfg", "filters=3\n"): "1:1: error[AC592]: `[section]` or `key=value` is needed",
    ("cfg", "[net]\nwidth=3\n"): "1:1: error[AC592]: [net] needs channels, height",
    ("cfg", HEAD + "[conv\n"): "5:1: error[AC592]: a section ends with `]`",
    ("cfg", HEAD + "[convolutionall]\n"): "did you mean convolutional?",
    ("cfg", HEAD + "[conv]\nfilters=x\n"): "filters is a whole number, not 'x'",
    ("cfg", HEAD + "[route]\nlayers=-2\n"): "there is no layer -2: 0 stand before",
    ("cfg", HEAD + "[conv]\nactivation=leakyy\n"): "did you mean leaky?",
    ("cfg", HEAD + "[conv]\nfilters=0\n"): "5:1: error[AC592]",
    (
        "cfg",
        HEAD + "[avgpool]\n[shortcut]\nfrom=-1\n[upsample]\n[shortcut]\nfrom=-3\n",
    ): ("a shortcut from 3×1×1 to 3×2×2"),
    ("prototxt", "layer {"): "the file ends inside a layer: a `}` is missing",
    ("prototxt", "layer { name }"): "`:` or `{` is needed after name",
    ("prototxt", "name: }"): "a value is needed, not '}'",
    ("prototxt", "@"): "1:1: error[AC592]: '@' has no meaning here",
    ("prototxt", "a {" * 40): "messages are nested more than 16 deep",
    ("prototxt", 'name: "x"'): "it has no layers",
    ("prototxt", FRAME + layer("Convolutionn")): "did you mean convolution?",
    ("prototxt", FRAME + layer("ReLU", bottom="b")): "reads b, which no layer before",
    ("prototxt", FRAME + layer("Pooling")): "a needs kernel_size",
    (
        "prototxt",
        FRAME + layer("Pooling", "pooling_param { kernel_size: 1 stride: 3 }"),
    ): "Caffe makes 12 windows of 32 values here",
    ("prototxt", "layers { layer { name: 'a' } }"): "Caffe's first format",
}


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case[1][-30:])
def test_mistakes_name_the_line(case: tuple[str, str], read: Write) -> None:
    with pytest.raises(ArchcalcError) as raised:
        read(f"a.{case[0]}", case[1]).analyze()
    assert WRONG[case] in str(raised.value)


CAFFE = {
    "ReLU": ("relu_param { negative_slope: 0.1 }", "leaky_relu"),
    "PReLU": ("", "prelu"),
    "ELU": ("", "elu"),
    "LRN": ("lrn_param { norm_region: WITHIN_CHANNEL }", "unknown"),
    "Dropout": ("dropout_param { dropout_ratio: 0.3 }", "dropout"),
    "Sigmoid": ("", "sigmoid"),
    "Bias": ("", "channel_bias"),
    "Scale": ("scale_param { bias_term: true }", "channel_bias"),
    "Flatten": ("", "flatten"),
    "Permute": (
        "permute_param { order: 0 order: 2 order: 3 order: 1 }",
        "permute",
    ),
    "ShuffleChannel": ("shuffle_channel_param { group: 3 }", "shuffle"),
    "Normalize": ("norm_param { channel_shared: false }", "unknown"),
    "Power": ("power_param { scale: 2 shift: -1 }", "plus"),
    "DepthwiseConvolution": (
        "convolution_param { num_output: 3 kernel_size: 3 }",
        "conv",
    ),
    "Deconvolution": ("convolution_param { num_output: 3 kernel_size: 2 }", "deconv"),
    "Pooling": ("pooling_param { pool: AVE kernel_size: 2 stride: 2 }", "avgpool"),
    "Softmax": ("", "softmax"),
}


@pytest.mark.filterwarnings("ignore::archcalc.InputWarning")
@pytest.mark.parametrize("kind", CAFFE)
def test_layers_of_caffe(kind: str, read: Write) -> None:
    param, key = CAFFE[kind]
    network = read("a.prototxt", FRAME + layer(kind, param))
    assert network.graph.nodes[-1].layer.key == key


JOINED = (
    layer("ReLU", name="b")
    + 'layer { name: "s" type: "Slice" bottom: "b" top: "s1" top: "s2" '
    "slice_param { slice_point: 1 } }\n"
    'layer { name: "p" type: "Split" bottom: "s1" top: "p1" top: "p2" }\n'
    'layer { name: "e" type: "Eltwise" bottom: "p1" bottom: "p2" top: "e" '
    "eltwise_param { operation: PROD } }\n"
    'layer { name: "g" type: "Scale" bottom: "e" bottom: "p2" top: "g" }\n'
    'layer { name: "c" type: "Concat" bottom: "g" bottom: "s2" top: "c" '
    "concat_param { axis: 1 } }\n"
    'layer { name: "a" type: "Accuracy" bottom: "c" top: "a" }\n'
)


def test_joins_of_caffe(read: Write) -> None:
    analysis = read("a.prototxt", FRAME + JOINED).analyze()
    assert analysis.outputs == ((3, 32, 32),)


DARKNET = {
    "[connected]\noutput=5\nactivation=relu\n": (5,),
    "[avgpool]\n[dropout]\nprobability=.5\n[softmax]\n": (3, 1, 1),
    "[activation]\nactivation=mish\n": (3, 32, 32),
    "[lrn]\n[batchnorm]\n": (3, 32, 32),
    "[crop]\ncrop_height=8\ncrop_width=9\n": (3, 8, 9),
    "[upsample]\n": (3, 64, 64),
    "[conv]\nfilters=6\nsize=3\npad=1\ndilation=2\n": (6, 32, 32),
    "[conv]\nfilters=3\n[sam]\nfrom=-1\nactivation=linear\n": (3, 32, 32),
    "[maxpool]\nsize=2\nstride=2\n[conv]\nfilters=3\n[conv]\nstride=2\nfilters=2\n"
    "[shortcut]\nfrom=-2\n": (2, 8, 8),
}


@pytest.mark.parametrize("text", DARKNET)
def test_sections_of_darknet(text: str, read: Write) -> None:
    assert read("a.cfg", HEAD + text).analyze().output == DARKNET[text]


MORE_WRONG = {
    ("cfg", HEAD + "[maxpool]\nsize=3\npadding=1\n"): "a max pool of size 3",
    ("cfg", HEAD + "[route]\n"): "route needs layers",
    ("cfg", HEAD + "[shortcut]\n"): "shortcut needs from",
    ("cfg", HEAD + "[sam]\n"): "sam needs from",
    ("cfg", HEAD + "[route]\nlayers=x\n"): "layers is a row of whole numbers",
    ("cfg", HEAD + "[dropout]\nprobability=x\n"): "probability is a number, not 'x'",
    ("prototxt", FRAME + layer("Dropout", "dropout_param { dropout_ratio: x }")): (
        "dropout_ratio is a number, not 'x'"
    ),
    (
        "prototxt",
        FRAME + layer("InnerProduct", "inner_product_param { num_output: x }"),
    ): ("num_output is a whole number, not 'x'"),
    ("prototxt", FRAME + layer("Pooling", "pooling_param { pool: STOCHASTIC }")): (
        "stochastic pools are not read"
    ),
    (
        "prototxt",
        FRAME + layer("Concat", "concat_param { axis: 0 }"),
    ): "samples are not",
    ("prototxt", FRAME + layer("Slice", "slice_param { axis: 7 }")): "no axis 7",
    ("prototxt", 'input: "x" input_dim: 1'): "the input x needs its sizes",
    ("prototxt", 'layer { name: "d" type: "Data" top: "d" }'): "the size of its images",
    ("prototxt", "a: [1, 2; }"): "a value is needed",
}


@pytest.mark.parametrize("case", MORE_WRONG, ids=lambda case: case[1][-30:])
def test_more_mistakes_name_the_line(case: tuple[str, str], read: Write) -> None:
    with pytest.raises(ArchcalcError) as raised:
        read(f"a.{case[0]}", case[1]).analyze()
    assert MORE_WRONG[case] in str(raised.value)


def test_inputs_as_layers_of_caffe(read: Write) -> None:
    text = (
        'layer { name: "d" type: "Input" top: "d" input_param { shape { dim: [1, 3, 8, 8] '
        "} } }\n"
    )
    assert read("a.prototxt", text + layer("TanH", bottom="d")).analyze().output == (
        3,
        8,
        8,
    )
    dummy = (
        'layer { name: "d" type: "DummyData" top: "d" dummy_data_param { shape { dim: 1 '
        "dim: 3 dim: 8 dim: 8 } } }\n"
    )
    assert read("b.prototxt", dummy + layer("AbsVal", bottom="d")).analyze().output == (
        *(3, 8, 8),
    )


def test_a_file_cannot_make_endless_work(read: Write) -> None:
    """Layers are limited, whatever the file says."""
    with pytest.raises(ArchcalcError, match=r"more than .* layers"):
        read("a.cfg", HEAD + "[avgpool]\n" * 120_000)
