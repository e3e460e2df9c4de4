"""The conventions: what each way of counting makes of each kind of layer, as data.

A rule is a row: kinds of layer, and how often each measure counts for them. `REST`
speaks of every kind that no row names. The rules of a tool were read in its source and
are proved by running it (tests/whole/test_peers.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from archcalc.figures.conventions import measures as m
from archcalc.figures.conventions.measures import Weights
from archcalc.records import dataclass, field

Unit = Literal["MAC", "FLOP"]
REST = "*"
MADE = "made"
"""Layers whose weight is made of others: tools may not know their modules."""
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
    gets wrong; `source` says which version was read and run. `counts_training`: the
    tool counts a backward pass too, and takes the gradient of grouped weights as if
    there were no groups.
    """

    name: str
    unit: Unit | None
    brief: str
    about: str
    operations: Mapping[str, Weights]
    params: Mapping[str, Weights] = field(default_factory=lambda: ALL_PARAMS)
    source: str = ""
    counts_training: bool = False

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
    "Multiply-accumulates of convolutions, linear layers and matrix products. Products "
    "with padding count; biases, normalization, activations and pooling do not. "
    "torchvision publishes this figure; papers call it operations, and most also "
    "FLOPs.",
    JUST_MACS,
)
LECTURE = Convention(
    "lecture",
    "MAC",
    "multiply-accumulates; parameters are weights, without biases and normalization",
    "The way of CS231n: its conv ops are multiply-accumulates, and its params are "
    "weights only, (3*3*3)*64 = 1,728, without biases, scales and shifts.",
    JUST_MACS,
    rules({REST: {m.weights_alone: 1}}),
    "CS231n, lecture 9",
)
FLOPS = Convention(
    "flops",
    "FLOP",
    "2 for each multiply-accumulate and 1 for every other arithmetic operation",
    "Two operations for each multiply-accumulate, and one for each addition, "
    "multiplication, comparison, division, exponential and root that a layer needs in "
    "inference.",
    rules(
        {REST: {count: 2 if kind == "mac" else 1 for kind, count in m.BY_KIND.items()}}
    ),
)
FVCORE = Convention(
    "fvcore",
    "MAC",
    "MACs, attention if written out; per value 2 for batch norms, 5 for other norms",
    "Multiply-accumulates, and operations of the layers that it has rules for. "
    "Attention counts if it is written as matrix products (`kernel: unfused`, "
    "`--attention unfused`); a call of F.scaled_dot_product_attention counts zero. A "
    "batch norm counts 2 per value (1 without a scale), a layer, group or instance "
    "norm 5 (4). A two-dimensional adaptive average pool counts 1 per input value, "
    "interpolation over two axes 1 per output value (nearest) or 4 (bilinear). There "
    "is no rule for activations, other pools, softmax, RMS norm, embeddings and "
    "recurrent layers: they count zero, and so do pools and interpolation over one or "
    "three axes. fvcore calls this figure flops; timm's benchmark tables use it.",
    rules(
        {
            REST: {m.mac: 1},
            "bn": {m.leaving: 1, m.leaving_affine: 1},
            "ln gn in": {m.leaving: 4, m.leaving_affine: 1},
            "gap adaptive_avgpool": {m.entering_image: 1},
            ENLARGING: {m.enlarged("nearest2d"): 1, m.enlarged("bilinear"): 4},
            "lstm gru rnn": {},
            "attention": {m.mac_written_out: 1},
        }
    ),
    source="fvcore 0.1.5.post20221221, FlopCountAnalysis",
)
PTFLOPS = Convention(
    "ptflops",
    "MAC",
    "MACs and biases; 2 per value for batch norms, ReLU and pools; no attention",
    "Multiply-accumulates and biases of modules. A batch, group or instance norm "
    "counts 2 per value (1 without a scale), a layer norm 1. What both a module and "
    "the function that it calls report is counted twice: ReLU, PReLU, ELU and GELU "
    "count 2 per value, pools 2 per input value, interpolation 2 per output value. "
    "Leaky ReLU, ReLU6, SiLU and softmax count 1. Products and sums that are written "
    "with @, * and + are not seen, so gates, sums and attention count zero "
    "(nn.MultiheadAttention has a rule); so do sigmoid, tanh, their hard versions and "
    "RMS norm, and modules with weight or spectral norm. The projections of an LSTM "
    "are not counted. These are the figures of the default backend, pytorch; ptflops "
    "calls them MACs.",
    rules(
        {
            REST: {},
            MADE: {},
            MATRICES: {m.mac: 1, m.bias: 1},
            "bn gn in": {m.leaving: 1, m.leaving_affine: 1},
            "ln leaky_relu relu6 swish softmax": {m.leaving: 1},
            "swiglu geglu reglu": {m.leaving: 1},
            "relu prelu elu gelu": {m.leaving: 2},
            POOLS: {m.entering: 2},
            "lppool": {m.entering: 1, m.leaving: 2},
            "lrn": {m.leaving: 3, m.padded_by_channels: 1},
            ENLARGING: {m.leaving: 1, m.unrounded: 1},
            "lstm": {
                m.trainable_every_step: 1,
                m.projection_every_step: -1,
                m.states: 10,
            },
            "gru": {m.trainable_every_step: 1, m.states: 7},
            "rnn": {m.trainable_every_step: 1, m.states: 1},
        }
    ),
    source="ptflops 0.7.5, get_model_complexity_info",
)
THOP = Convention(
    "thop",
    "MAC",
    "MACs; per value 4 for batch norms, 3 for softmax; params of known modules only",
    "Multiply-accumulates. A batch, layer or instance norm counts 4 per value (2 "
    "without a scale), a PReLU 1, a softmax 3 less one per row. An average pool counts "
    "1 per output value, an adaptive one 1 per input and 1 per output value (a rounded "
    "quotient may lose one). Interpolation counts 1, 5, 11 or 259 per value "
    "(nearest, linear, bilinear, bicubic). A transposed convolution is counted at the "
    "size of its output, which is too much by one stride per axis. Products in code "
    "are not seen, so "
    "attention and gates count zero. A module without a rule counts zero, and so do "
    "its parameters: group and RMS norm, embeddings, learned tokens, positions and "
    "scales, and every module with weight or spectral norm. An LSTM with projections "
    "counts as one without. thop calls this figure MACs.",
    rules(
        {
            REST: {},
            MADE: {},
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
                m.enlarged("bicubic"): 259,
            },
            "lstm": {m.unprojected_every_step: 1, m.states: 8},
            "gru": {m.trainable_every_step: 1, m.states: 7},
            "rnn": {m.trainable_every_step: 1, m.states: 1},
        }
    ),
    rules(
        {
            REST: {m.trainable: 1},
            "gn rms grn embedding class_token position layer_scale channel_bias": {},
            "lookup selective_scan deform_conv": {},
            MADE: {},
            "parameter relative_bias unknown window_attention grid_attention": {},
        }
    ),
    "thop 0.1.1.post2209072238, profile",
)
ULTRALYTICS = Convention(
    "ultralytics-thop",
    "MAC",
    "MACs, attention included; per value 4 for norms, 3 for softmax layers",
    "thop as Ultralytics maintains it: multiply-accumulates, matrix products in code "
    "included. A norm counts 4 per value (2 without a scale), a PReLU 1, a softmax 3 "
    "less one per row, a log-softmax one more per row. An average pool counts each "
    "value in its windows and one division per window. Interpolation counts 5, 11, "
    "31 or 259 per value (linear, bilinear, trilinear, bicubic); nearest counts zero. "
    "A softmax in code counts zero, and so do ReLU and other activations, max pools, "
    "biases, gates and sums. Ultralytics calls this figure MACs, and twice of it "
    "FLOPs.",
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
                m.enlarged("bicubic"): 259,
                m.enlarged("trilinear"): 31,
            },
            "lstm": {m.trainable_every_step: 1, m.states: 8},
            "gru": {m.trainable_every_step: 1, m.states: 7},
            "rnn": {m.trainable_every_step: 1, m.states: 1},
        }
    ),
    source="ultralytics-thop 2.2.3, profile",
)
TORCHINFO = Convention(
    "torchinfo",
    "MAC",
    "MACs and biases of convolutions; other modules count their parameters once",
    "Parameters times output positions for each module with Conv in the name of its "
    "class, so a transposed convolution is counted at the size of its output; "
    "parameters once for each other module. So biases count, a batch norm counts its 2 "
    "parameters per channel whatever the size of the image, a linear layer over tokens "
    "counts for one token, and an embedding counts its whole table. Only modules are "
    "seen: attention, gates, sums, pools and activations count zero, and so do modules "
    "with weight or spectral norm. torchinfo calls this figure mult-adds.",
    rules(
        {
            REST: {},
            MADE: {},
            "conv dwconv": {m.mac: 1, m.bias: 1},
            "deconv": {m.trainable_at_outputs: 1},
            "fc linear embedding bn ln rms gn in prelu": {m.trainable: 1},
            "lstm gru rnn": {m.trainable_every_step: 1},
        }
    ),
    source="torchinfo 1.8.0, summary",
)
TORCH = Convention(
    "torch",
    "FLOP",
    "2 for each multiply-accumulate, nothing else",
    "torch.utils.flop_counter.FlopCounterMode: two for each multiply-accumulate of "
    "convolutions and matrix products, attention included, and nothing else. On the "
    "CPU it misses fused attention and recurrent layers; these are its figures on the "
    "meta device, where it sees them. A matrix times a single vector counts zero. In "
    "training, the gradient of grouped weights counts once for each group too often.",
    rules({REST: {m.mac: 2}}),
    source="torch 2.13.0, FlopCounterMode",
    counts_training=True,
)
CALFLOPS = Convention(
    "calflops",
    "FLOP",
    "2 per MAC; biases of convolutions; per value 2 for batch norms, 1 for ReLU, pools",
    "Two for each multiply-accumulate, and biases of convolutions but not of linear "
    "layers. A batch norm counts 2 per value (1 without a scale), a layer, group or "
    "instance norm 5 (4); ReLU, leaky ReLU, PReLU, ELU, SiLU, GELU and softmax count "
    "1, pools 1 per input value. Products and sums that are written with @, * and + "
    "are not seen: attention, gates and sums count zero, and so do sigmoid, tanh, "
    "ReLU6 and the hard activations. A transposed convolution is divided by its groups "
    "twice, and its biases are counted at the size that a convolution would have; "
    "interpolation counts its input, or one plane; the projections of an LSTM are not "
    "counted.",
    rules(
        {
            REST: {},
            "conv dwconv": {m.mac: 2, m.bias: 1},
            "fc linear": {m.mac: 2},
            "deconv": {m.deconv_groups_twice: 2, m.deconv_bias_as_conv: 1},
            "bn": {m.leaving: 1, m.leaving_affine: 1},
            "ln gn in": {m.leaving: 4, m.leaving_affine: 1},
            "relu leaky_relu prelu elu swish gelu softmax": {m.leaving: 1},
            "swiglu geglu reglu": {m.leaving: 1},
            "einsum": {m.mac: 2},
            POOLS: {m.entering: 1},
            "lppool": {m.entering: 1, m.leaving: 2},
            "lrn": {m.leaving: 3, m.padded_by_channels: 1},
            ENLARGING: {m.one_plane: 1},
            "lstm": {
                m.mac: 1,
                m.trainable_every_step: 1,
                m.projection_every_step: -2,
                m.states: 2,
            },
            "gru": {m.mac: 1, m.trainable_every_step: 1, m.states: 1},
            "rnn": {m.mac: 1, m.trainable_every_step: 1, m.states: -1},
        }
    ),
    source="calflops 0.3.2, calculate_flops",
)
DARKNET = Convention(
    "darknet",
    "FLOP",
    "2 per MAC of convolutions; the kernel per value of a pool, 1 per value of a sum",
    "The BFLOPs that darknet prints for each layer and in total: two for each "
    "multiply-accumulate of a convolution (groups divide), the size of the kernel for "
    "each output value of a max pool or a local average pool, and one for each value "
    "that a shortcut adds. Linear layers, batch norms, biases, activations, "
    "upsampling, joins and the global average pool count zero. Earlier versions do not "
    "count shortcuts: they print 65.864 for YOLOv3, later ones 65.879.",
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
    "Keras counts parameters, not operations. Its Total params include the running "
    "mean and variance of batch norms, so a batch norm has 4 per channel where torch "
    "has 2; a gate of an LSTM has one bias where torch has two. The networks in Keras "
    "itself may also differ: its ResNet-50 has a bias before each batch norm, "
    "25,636,712 parameters in total.",
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
