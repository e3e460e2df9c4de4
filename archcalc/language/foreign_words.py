"""Words of other tools and of papers, each with what to write here.

PyTorch, Keras, Caffe, Darknet, ONNX and papers have names of their own for what a spec
says. They are not read; whoever writes one is told what to write instead. Words are
compared without case, `_`, `-` and the module before a dot: `nn.Conv2d`, `conv_2d`.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from archcalc.errors import Meant, did_you_mean
from archcalc.language.steps import KINDS as KINDS_HERE
from archcalc.layers import CATALOGUE

OR, THEN = " or ", " then "
"""Between alternatives, and between steps that follow each other."""
NO_KIND = ""
"""What stands for a word that nothing here fits: no nearest name is guessed."""
PRINCIPAL = "="
"""The value of the kind key itself: `conv: 64`."""
INFERRED = "*"
"""What is known from the tensor that enters."""
NO_EFFECT = "-"
"""What no figure depends on."""
_KINDS = {
    "{conv: 64, kernel: 3, pad: half}": (
        "conv1d conv2d conv3d convolution convolution2d convolutional convlayer cnn"
    ),
    "{conv: 64, kernel: 3, pad: half, bias: false, norm: bn}": "convbn",
    "{conv: 64, kernel: 3, pad: half, bias: false, norm: bn, act: relu}": (
        "convbnrelu cbr"
    ),
    "{conv: 64, kernel: 3, pad: half, bias: false, norm: bn, act: swish}": "cbs",
    "{conv: 64}": "pointwise pointwiseconv pwconv conv1x1",
    "{dwconv: 1, kernel: 3, pad: half}": (
        "depthwise depthwiseconv depthwiseconv2d depthwiseconv1d convdw dw depthconv"
    ),
    "{dwconv: 1, kernel: 3, pad: half} then {conv: 64}": (
        "sepconv separableconv separableconv2d separable depthwiseseparable dsconv"
    ),
    "{conv: 64, kernel: 3, groups: 4}": "groupconv groupedconv gconv",
    "{conv: 64, dilation: 2}": "dilatedconv atrous atrousconv",
    "{deconv: 64, kernel: 2, stride: 2}": (
        "convtranspose convtranspose1d convtranspose2d convtranspose3d "
        "conv2dtranspose transposedconv deconvolution deconvolutional upconv tconv "
        "deconv2d transposeconv convt"
    ),
    "{fc: 10}": "dense fullyconnected innerproduct connected gemm fclayer ip",
    "{embedding: 1000, dim: 64}": "embed lookuptable",
    NO_KIND: (
        "embeddingbag spp roipool roialign l2norm weightnorm spectralnorm maxout "
        "crelu rrelu squeeze unsqueeze lambda masking "
        "convlstm convlstm2d bidirectional "
        "transformer transformerencoderlayer mlp"
    ),
    "{maxpool: 2}": (
        "maxpooling maxpooling2d maxpool2d maxpool1d maxpool3d mp maxpooling1d"
    ),
    "{avgpool: 2}": (
        "averagepool averagepooling2d avgpool2d avgpool1d avgpool3d avgpooling "
        "averagepooling meanpool meanpooling"
    ),
    "{maxpool: 2} or {avgpool: 2}": "pool pooling pool2d pooling2d subsampling",
    "gap": (
        "globalavgpool globalaveragepool globalpool globalaveragepooling2d "
        "globalaveragepooling avgpoolglobal globalavgpool2d"
    ),
    "{adaptive_maxpool: 1}": (
        "gmp globalmaxpool globalmaxpooling2d globalmaxpooling adaptivemaxpool2d"
    ),
    "{adaptive_avgpool: 1}": "adaptiveavgpool2d adaptivepool",
    "{lppool: 2}": "l2pool lppool2d lpool",
    "{max_unpool: 2}": "maxunpool maxunpool2d unpool",
    "bn": (
        "batch batchnorm batchnorm1d batchnorm2d batchnorm3d batchnormalization "
        "batchnormalize bn2d"
    ),
    "ln": "layer layernorm layernormalization layernorm2d",
    "{gn: 4}": "group groupnorm groupnormalization",
    "in": "instancenorm instancenorm2d instancenormalization instancenorm1d",
    "rms": "rmsnorm rmsnormalization",
    "{lrn: 5}": "localresponsenorm localresponsenormalization",
    "bn or ln or {gn: 4}": "norm normalization normalize",
    "swish": "silu",
    "hardswish": "hswish hardsilu",
    "hardsigmoid": "hsigmoid",
    "{leaky_relu: 0.1}": "leaky leakyrelu lrelu",
    "prelu": "parametricrelu",
    "sigmoid": "logistic",
    "relu6": "clippedrelu relun",
    "log_softmax": "logsoftmax",
    "relu or gelu or swish": "activation act nonlinearity",
    "{concat: {a: [{conv: 8}], b: identity}}": "concatenate cat filterconcat route",
    "{add: {a: [relu], b: identity}}": "eltwise elementwiseadd",
    "{multiply: {a: [relu], b: identity}}": "mul scalechannels product",
    "{subtract: {a: [relu], b: identity}}": "sub",
    "{residual: [{conv: cin, kernel: 3, pad: half}]}": (
        "shortcut skip resblock residualblock skipconnection"
    ),
    "{stage: [relu]}": "sequential block layer group",
    "{matmul: {a: identity, b: [transpose]}}": "bmm batchmatmul",
    "{pad: 1}": "zeropad zeropad2d zeropadding zeropadding2d padding constantpad2d",
    "{pad: 1, mode: reflect}": "reflectionpad2d reflectpad",
    "{pad: 1, mode: replicate}": "replicationpad2d",
    "{crop: 4}": "cropping2d centercrop",
    "{upsample: 2}": "upsampling upsampling2d unpooling",
    "{upsample: 2} or {resize: 16}": "interpolate upsamplenearest",
    "{pixel_shuffle: 2}": "pixelshuffle depthtospace",
    "{pixel_unshuffle: 2}": "pixelunshuffle spacetodepth reorg focus",
    "{shuffle: 4}": "channelshuffle shufflechannel",
    "{reshape: [4, -1]}": "view unflatten",
    "{split: 2, part: 1}": "chunk",
    "{mean: [1, 2]}": "reducemean",
    "{sum: [1, 2]}": "reducesum",
    "{max: channels, keep: true}": "reducemax amax",
    "{min: channels, keep: true}": "reducemin amin",
    "{vector_norm: [1, 2]}": "reducel2 linalgnorm",
    "{times: 1/2}": "mulconstant multconstant",
    "{plus: 1}": "addconstant",
    "{clamp: 0, high: 6}": "clip",
    "swiglu": "swigluactivation silugated",
    "geglu": "gegluactivation",
    "{rnn: 64}": "simplernn elman vanillarnn rnncell",
    "{dropout: 0.5, channels: true}": "dropout1d dropout2d spatialdropout2d",
    "{droppath: 0.1}": "stochasticdepth dropconnect",
    "{linear: 3*dim} then {attention: 4} then {linear: dim}": (
        "mha multiheadattention selfattention mhsa msa multihead"
    ),
    "{experts: 8, active: 2, hidden: 256}": (
        "moe mixtureofexperts sparsemoe moelayer moeblock switch"
    ),
    "class_token": "clstoken cls",
    "position": (
        "posembed positionembedding posemb positionalencoding positionalembedding"
    ),
    "layer_scale": "layerscale",
    "{lstm: 64, bidirectional: true}": "bilstm",
    "{gru: 64, bidirectional: true}": "bigru",
    "{lstm: 64}": "lstmcell",
    "{gru: 64}": "grucell",
}
_ARGUMENTS = {
    "kernel: 3": "kernelsize kernelshape ksize k poolsize filtersize window windowsize",
    "kernel: 3 or scale: 2": "size",
    "kernel: [1, 7]": "kernelh kernelw",
    "stride: 2": "strides s step substride",
    "stride: [1, 2]": "strideh stridew",
    "pad: half": "padding pads autopad zeropadding",
    "pad: 1 or rate: 0.5": "p",
    "pad: [0, 3]": "padh padw",
    "dilation: 2": "d dilations dilationrate rate atrous",
    "groups: 4": "group g numgroups ngroups cardinality",
    "bias: false": "usebias biasterm biases withbias",
    "output_pad: 1": "outputpadding outpad",
    "multiplier: 1": "depthmultiplier channelmultiplier",
    "rounding: ceil": "ceilmode ceil roundmode",
    "count_pad: false": "countincludepad includepad",
    "act: relu": (
        "activation activationfn nonlinearity actlayer relu nonlin activationlayer"
    ),
    "norm: bn": (
        "batchnorm batchnormalize normlayer usebn normalization normalize withbn"
    ),
    PRINCIPAL: (
        "filters outchannels outfeatures units numoutput numfilters channels cout "
        "out outputs outputsize oup features numembeddings inputdim vocabsize "
        "hiddensize numunits numheads nhead nheads scalefactor upscalefactor "
        "droprate prob probability negativeslope"
    ),
    "dim: 64": "embeddingdim outputdim",
    "layers: 2": "numlayers",
    "causal: true": "iscausal mask",
    "active: 2": "topk numexpertspertok numexpertspertoken",
    "count: 8": "numexperts numlocalexperts",
    "axis: 0": "dim axes",
    "affine: false": "elementwiseaffine",
    "form: tanh": "approximate",
    "axes: [0, 1]": "startdim enddim normalizedaxes",
    "from: stem": "input inputs bottom source inputfrom",
    "name: stem": "id label layername top",
    "frozen: true": "trainable requiresgrad",
    "repeat: 2": "repeats times n number num count",
    "when: true": "if condition cond",
    "note: as in Table 1": "comment description notes",
    "share: stem": "sharedwith tie weightsfrom",
    "shortcut: projection": "skip downsample",
    INFERRED: (
        "inchannels infeatures cin inputshape numfeatures embeddim inplanes inp "
        "normalizedshape batchinputshape"
    ),
    NO_EFFECT: (
        "eps epsilon momentum inplace device kernelinitializer biasinitializer "
        "weightfiller kernelregularizer biasfiller training dataformat aligncorners "
        "decay lrmult"
    ),
}


def _by_word(table: dict[str, str]) -> dict[str, str]:
    """Return what to write by each word."""
    return {word: meant for meant, words in table.items() for word in words.split()}


KINDS = _by_word(_KINDS)
"""Kinds of layer: what to write here, with sizes as an example."""
ARGUMENTS = _by_word(_ARGUMENTS)
"""Arguments: what to write here, alternatives for different kinds."""


def folded(word: str) -> str:
    """Return a word as the tables have it: `nn.Conv2d` and `conv_2d` are `conv2d`.

    >>> folded("nn.Conv2d"), folded("conv_2d")
    ('conv2d', 'conv2d')
    """
    last = word.rpartition(".")[2]
    return last.lower().replace("_", "").replace("-", "")


def kind_help(word: str) -> str | None:
    """Return what to write for a kind of another tool, None for an unknown word.

    >>> kind_help("silu"), kind_help("Dense")
    ('did you mean swish?', 'did you mean fc, as in {fc: 10}?')
    """
    own = folded(word)
    meant = own if own in CATALOGUE else KINDS.get(own)
    if meant is None:
        return None
    if meant == NO_KIND:
        return "no kind does the same; `archcalc layers` lists all kinds"
    if OR not in meant and THEN not in meant:
        word = meant.removeprefix("{").partition(":")[0]
        shown = f", as in {meant}" if meant.startswith("{") else ""
        return Meant(f"did you mean {word}{shown}?", word)
    return f"did you mean {meant.replace(THEN, ', then ').replace(OR, ', or ')}?"


def text_help(text: str) -> str | None:
    """Return how a step that was written as one text is written.

    >>> text_help("dropout 0.5"), text_help("relu()")
    ('a colon is missing: dropout: 0.5', 'write relu')
    """
    begin = re.match(r"\w+", text)
    kind = begin[0] if begin else ""
    if kind not in KINDS_HERE or kind == text:
        return None
    if kind in CATALOGUE and CATALOGUE[kind].principal is None:
        return Meant(f"write {kind}", kind)
    value = re.fullmatch(r"(\s*:?\s*)([^\s,:(){}]+)", text[len(kind) :])
    if value and (value[1].strip() or value[1]):
        sign = "space" if ":" in value[1] else "colon"
        pair = f"{kind}: {value[2]}"
        return Meant(f"a {sign} is missing: {pair}", pair)
    return f"a step is a word, or a mapping: {{{kind}: …}}"


def value_help(text: str) -> str | None:
    """Return how a value that was written as elsewhere is written here.

    >>> value_help("(3, 3)"), value_help("50%"), value_help("${width}")
    ('a list is written [3, 3]', 'write 0.5', 'a param stands alone: width')
    """
    row = re.fullmatch(r"\(([\w\s,*/+-]+)\)", text)
    if row and "," in row[1]:
        return f"a list is written [{row[1].strip().rstrip(',')}]"
    if re.fullmatch(r"[\w.]+(\s*,\s*[\w.]+)+", text):
        return "only the first value stands here; others have names, as in kernel: 3"
    share = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*%", text)
    if share:
        return f"write {float(share[1]) / 100:g}"
    name = re.fullmatch(r"\$?\{?\s*([A-Za-z_]\w*)\s*\}?", text)
    return f"a param stands alone: {name[1]}" if name and name[1] != text else None


def argument_help(word: str, kind: str, known: Collection[str]) -> str | None:
    """Return what to write for an argument of another tool, None for an unknown word.

    `known` are the arguments that the kind takes.

    >>> argument_help("kernel_size", "conv", ["kernel", "stride"])
    'it is called kernel here, as in kernel: 3'
    """
    own = folded(word)
    spelled = [one for one in known if folded(one) == own]
    if spelled:
        return did_you_mean(spelled[0])
    meant = ARGUMENTS.get(own)
    if meant is None:
        return None
    if meant == NO_EFFECT:
        return "leave it out: no figure depends on it"
    if meant == INFERRED:
        return "leave it out: it is known from the tensor that enters"
    if meant == PRINCIPAL:
        layer = CATALOGUE.get(kind)
        named = layer is not None and layer.principal is not None
        return f"its value follows the kind: `{kind}: …`" if named else None
    for pair in meant.split(OR):
        key = pair.partition(":")[0]
        if key in known:
            return Meant(f"it is called {key} here, as in {pair}", key)
    return None
