"""The conventions: what each way of counting makes of each kind of layer, as data.

A rule is a row: kinds of layer, and how often each measure counts for them. `REST`
speaks of every kind that no row names. The rules of a tool were read in its source and
are proved by running it (tests/whole/test_peers.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from archcalc.figures.conventions import measures as m
from archcalc.figures.conventions.measures import Weights

Unit = Literal["MAC", "FLOP"]
REST = "*"
MATRICES = "conv dwconv deconv fc linear"
POOLS = "maxpool avgpool gap adaptive_avgpool adaptive_maxpool"
ENLARGING = "upsample resize"


def rules(table: Mapping[str, Weights]) -> dict[str, Weights]:
    """Return one entry for each kind of layer that the rows name."""
    return {key: row for keys, row in table.items() for key in keys.split()}


JUST_MACS = rules({REST: {m.mac: 1}})
ALL_PARAMS = rules({REST: {m.trainable: 1}})


@dataclass(frozen=True, slots=True)
class Convention:
    """One way of counting.

    `operations` are counted in `unit`, None where it has none; `params` are those that
    it reports. `brief` is a sentence, `about` a paragraph on what it counts and what it
    gets wrong; `source` says which version was read and run.
    """

    name: str
    unit: Unit | None
    brief: str
    about: str
    operations: Mapping[str, Weights]
    params: Mapping[str, Weights] = field(default_factory=lambda: ALL_PARAMS)
    source: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether it counts multiply-accumulates and trainable parameters alone."""
        return self.operations is JUST_MACS and self.params is ALL_PARAMS

    @property
    def counts_operations(self) -> bool:
        """Whether its operations may differ from multiply-accumulates."""
        return self.unit is not None and self.operations != JUST_MACS

    @property
    def counts_params(self) -> bool:
        """Whether its parameters may differ from the trainable ones."""
        return self.params != ALL_PARAMS


MACS = Convention(
    "macs",
    "MAC",
    "multiply-accumulates of convolutions, linear layers and matrix products",
    "Multiply-accumulates of convolutions, linear layers and matrix products, padding "
    "counted; no bias, no normalization, no activation, no pooling. torchvision "
    "publishes these, and papers mean them by operations, most also by FLOPs.",
    JUST_MACS,
)
LECTURE = Convention(
    "lecture",
    "MAC",
    "multiply-accumulates; parameters are weights, without biases and normalization",
    "As the course counts: its conv ops are multiply-accumulates, its params weights "
    "alone, (3*3*3)*64 = 1,728, with neither biases nor scale and shift.",
    JUST_MACS,
    rules({REST: {m.weights_alone: 1}}),
    "CS231n, lecture 9",
)
FLOPS = Convention(
    "flops",
    "FLOP",
    "2 for each multiply-accumulate and 1 for every other arithmetic operation",
    "Two operations a multiply-accumulate and one for every addition, multiplication, "
    "comparison, division, exponential and root that a layer needs in inference.",
    rules(
        {REST: {count: 2 if kind == "mac" else 1 for kind, count in m.BY_KIND.items()}}
    ),
)
FVCORE = Convention(
    "fvcore",
    "MAC",
    "MACs with attention, 2 a value of batch norm, 5 of other norms, values of means",
    "Multiply-accumulates, attention's too where it is written as matrix products (a "
    "fused call counts zero), and the operators it has a rule for: 2 a value of a "
    "batch norm (1 without scale), 5 of a layer, group or instance norm (4), 1 a value "
    "that enters a two-dimensional adaptive average pool, 1 that leaves a nearest and "
    "4 a bilinear one. It knows no rule for activations, other pools, softmax, RMS "
    "norm, embeddings and recurrent layers: they count zero, as do pools and "
    "interpolation over one or three axes. It calls its figure flops. timm's benchmark "
    "tables use it.",
    rules(
        {
            REST: {m.mac: 1},
            "bn": {m.leaving: 1, m.leaving_affine: 1},
            "ln gn in": {m.leaving: 4, m.leaving_affine: 1},
            "gap adaptive_avgpool": {m.entering_image: 1},
            ENLARGING: {m.enlarged("nearest2d"): 1, m.enlarged("bilinear"): 4},
            "lstm gru": {},
        }
    ),
    source="fvcore 0.1.5.post20221221, FlopCountAnalysis",
)
PTFLOPS = Convention(
    "ptflops",
    "MAC",
    "MACs, biases, 2 a value of batch norm, pools and ReLU twice; attention zero",
    "Multiply-accumulates and biases of modules, 2 a value of a batch, group or "
    "instance norm (1 without scale), 1 of a layer norm. What a module and the "
    "function that it calls both report is counted twice: ReLU, PReLU, ELU and GELU 2 "
    "a value, pools 2 a value that enters, interpolation 2 a value that leaves. Leaky "
    "ReLU, ReLU6, SiLU and softmax count 1. Products written with @, * and + are not "
    "seen: gates, sums and attention count zero (nn.MultiheadAttention has a rule), as "
    "do sigmoid, tanh, the hard ones and RMS norm. The default backend, pytorch; it "
    "calls its figure MACs.",
    rules(
        {
            REST: {},
            MATRICES: {m.mac: 1, m.bias: 1},
            "bn gn in": {m.leaving: 1, m.leaving_affine: 1},
            "ln leaky_relu relu6 swish softmax": {m.leaving: 1},
            "relu prelu elu gelu": {m.leaving: 2},
            POOLS: {m.entering: 2},
            "lppool": {m.entering: 1, m.leaving: 2},
            "lrn": {m.leaving: 3, m.padded_by_channels: 1},
            ENLARGING: {m.leaving: 2},
            "lstm": {m.trainable_every_step: 1, m.states: 10},
            "gru": {m.trainable_every_step: 1, m.states: 7},
        }
    ),
    source="ptflops 0.7.5, get_model_complexity_info",
)
THOP = Convention(
    "thop",
    "MAC",
    "MACs, 4 a value of batch norm, softmax, means; parameters of known modules alone",
    "Multiply-accumulates, 4 a value of a batch, layer or instance norm (2 without "
    "scale), 1 of a PReLU, 3 of a softmax less one a row, 1 a value that leaves an "
    "average pool, 1 a value that enters and 1 that leaves an adaptive one (a rounded "
    "quotient may lose one), 1, 5 or 11 a value of nearest, linear or bilinear "
    "interpolation. Transposed convolutions are counted at the size of the output, "
    "which is a stride too much an axis. Products in code are not seen, so attention "
    "and gates count zero. A module without a rule counts zero, its parameters too: "
    "group and RMS norm, embeddings, learned tokens, positions and scales. It calls "
    "its figure MACs.",
    rules(
        {
            REST: {},
            "conv dwconv fc linear": {m.mac: 1},
            "deconv": {m.deconv_as_conv: 1},
            "bn ln in": {m.leaving: 2, m.leaving_affine: 2},
            "prelu avgpool": {m.leaving: 1},
            "softmax": {m.leaving: 3, m.rows: -1},
            "gap adaptive_avgpool": {m.adaptive_ratio: 1},
            ENLARGING: {
                **{m.enlarged(f"nearest{axes}d"): 1 for axes in (1, 2, 3)},
                m.enlarged("linear"): 5,
                m.enlarged("bilinear"): 11,
            },
            "lstm": {m.trainable_every_step: 1, m.states: 8},
            "gru": {m.trainable_every_step: 1, m.states: 7},
        }
    ),
    rules(
        {
            REST: {m.trainable: 1},
            "gn rms embedding class_token position layer_scale window_attention": {},
        }
    ),
    "thop 0.1.1.post2209072238, profile",
)
ULTRALYTICS = Convention(
    "ultralytics-thop",
    "MAC",
    "MACs with attention, 4 a value of any norm, softmax layers, values of means",
    "thop as Ultralytics maintains it: multiply-accumulates, matrix products in code "
    "included, 4 a value of every norm that scales (2 without), 1 of a PReLU, 3 of a "
    "softmax less one a row, one more a row of a log-softmax; an average pool counts "
    "every value in its windows and a division a window; 5, 11 or 31 a value of "
    "linear, bilinear or trilinear interpolation, nearest zero. A softmax in code "
    "counts zero, as do ReLU and other activations, max pools, biases, gates and sums. "
    "It calls its figure FLOPs / 2 or MACs.",
    rules(
        {
            REST: {m.mac: 1},
            "bn ln in gn rms": {m.leaving: 2, m.leaving_affine: 2},
            "prelu": {m.leaving: 1},
            "softmax": {m.leaving: 3, m.rows: -1},
            "log_softmax": {m.leaving: 3},
            "avgpool": {m.mean_windows: 1, m.leaving: 1},
            "gap adaptive_avgpool": {m.adaptive_windows: 1, m.leaving: 1},
            ENLARGING: {
                m.enlarged("linear"): 5,
                m.enlarged("bilinear"): 11,
                m.enlarged("trilinear"): 31,
            },
            "lstm": {m.trainable_every_step: 1, m.states: 8},
            "gru": {m.trainable_every_step: 1, m.states: 7},
        }
    ),
    source="ultralytics-thop 2.2.3, profile",
)
TORCHINFO = Convention(
    "torchinfo",
    "MAC",
    "MACs and biases of convolutions, of any other module its parameters once",
    "Parameters times output positions for every module whose class name holds Conv, "
    "so that a transposed convolution is counted at its output's size; parameters once "
    "for every other module. So biases count, a batch norm counts its 2 parameters a "
    "channel whatever the image, a linear layer over tokens is counted for one token, "
    "an embedding for its whole table. Only modules are seen: attention, gates, sums, "
    "pools and activations count zero. It calls its figure mult-adds.",
    rules(
        {
            REST: {},
            "conv dwconv": {m.mac: 1, m.bias: 1},
            "deconv": {m.trainable_at_outputs: 1},
            "fc linear embedding bn ln rms gn in prelu": {m.trainable: 1},
            "lstm gru": {m.trainable_every_step: 1},
        }
    ),
    source="torchinfo 1.8.0, summary",
)
TORCH = Convention(
    "torch",
    "FLOP",
    "2 a multiply-accumulate, nothing else",
    "torch.utils.flop_counter.FlopCounterMode: two a multiply-accumulate of "
    "convolutions and matrix products, attention included, and nothing else. On the "
    "CPU it misses fused attention and recurrent layers; these are its figures on the "
    "meta device, where it sees them. A matrix times a lone vector counts zero.",
    rules({REST: {m.mac: 2}}),
    source="torch 2.13.0, FlopCounterMode",
)
CALFLOPS = Convention(
    "calflops",
    "FLOP",
    "2 MACs, biases of convolutions, 2 a value of batch norm, 1 of ReLU and pools",
    "Two a multiply-accumulate, biases of convolutions but not of linear layers, 2 a "
    "value of a batch norm (1 without scale), 5 of a layer, group or instance norm "
    "(4), 1 of ReLU, leaky ReLU, PReLU, ELU, SiLU, GELU and softmax, 1 a value that "
    "enters a pool. Products written with @, * and + are not seen: attention, gates "
    "and sums count zero, as do sigmoid, tanh, ReLU6 and the hard ones. A transposed "
    "convolution is divided by its groups twice and its biases are counted at the size "
    "that a convolution would have; an interpolation counts what enters, or one plane.",
    rules(
        {
            REST: {},
            "conv dwconv": {m.mac: 2, m.bias: 1},
            "fc linear": {m.mac: 2},
            "deconv": {m.deconv_groups_twice: 2, m.deconv_bias_as_conv: 1},
            "bn": {m.leaving: 1, m.leaving_affine: 1},
            "ln gn in": {m.leaving: 4, m.leaving_affine: 1},
            "relu leaky_relu prelu elu swish gelu softmax": {m.leaving: 1},
            POOLS: {m.entering: 1},
            "lppool": {m.entering: 1, m.leaving: 2},
            "lrn": {m.leaving: 3, m.padded_by_channels: 1},
            ENLARGING: {m.one_plane: 1},
            "lstm": {m.mac: 1, m.trainable_every_step: 1, m.states: 2},
            "gru": {m.mac: 1, m.trainable_every_step: 1, m.states: 1},
        }
    ),
    source="calflops 0.3.2, calculate_flops",
)
DARKNET = Convention(
    "darknet",
    "FLOP",
    "2 MACs of convolutions, a kernel a value that leaves a pool, 1 a value of a sum",
    "The BFLOPs that darknet prints line by line and in all: two a multiply-accumulate "
    "of a convolution (groups divide), the size of the kernel for every value that "
    "leaves a max pool or a local average pool, one for every value that a shortcut "
    "adds. Linear layers, batch norms, biases, activations, upsampling, joins and the "
    "global average pool count zero. Earlier versions count no shortcut either: they "
    "print 65.864 for YOLOv3, later ones 65.879.",
    rules(
        {
            REST: {},
            "conv dwconv": {m.mac: 2},
            "maxpool avgpool": {m.pooled_windows: 1},
            "add": {m.sums: 1},
        }
    ),
    source="AlexeyAB/darknet, src/convolutional_layer.c, maxpool_layer.c, "
    "shortcut_layer.c",
)
KERAS = Convention(
    "keras",
    None,
    "parameters with the running means and variances of batch norms; no operations",
    "Keras counts parameters, not operations. Its Total params hold the running mean "
    "and variance of batch norms, so 4 a channel where torch has 2, and one bias a "
    "gate of an LSTM where torch has two. Its own applications may also differ in "
    "layout: its ResNet-50 has biases under every batch norm, 25,636,712 in all.",
    {},
    rules(
        {
            REST: {m.trainable: 1},
            "bn": {m.trainable: 1, m.statistics: 1},
            "lstm": {m.trainable: 1, m.second_biases: -1},
        }
    ),
    "Keras 3.15.1, count_params",
)
CONVENTIONS: Mapping[str, Convention] = {
    convention.name: convention
    for convention in (
        MACS,
        LECTURE,
        FLOPS,
        FVCORE,
        PTFLOPS,
        THOP,
        ULTRALYTICS,
        TORCHINFO,
        TORCH,
        CALFLOPS,
        DARKNET,
        KERAS,
    )
}
"""Every convention by its name, the default one first."""
