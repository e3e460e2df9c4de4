"""Recurrent layers and attention."""

from __future__ import annotations

from typing import Any

from archcalc.readers.keras.build import NotKnown
from archcalc.readers.keras.moves import linear
from archcalc.readers.keras.pointwise import join
from archcalc.readers.keras.rules import Call, Result, Tensor, layer, only_if
from archcalc.readers.records import Record

KINDS = {"LSTM": ("lstm", 4), "GRU": ("gru", 3), "SimpleRNN": ("rnn", 1)}
"""Our layer for each kind of cell, and how many gates it has."""
USUAL = {"activation": "tanh", "recurrent_activation": "sigmoid"}


def kind_of(call: Call, name: str) -> str:
    """Return the cell of a recurrent layer, from the class of it."""
    plain = name.removeprefix("CuDNN").removesuffix("Cell")
    if plain not in KINDS:
        call.build.wrong(f"no rule knows the recurrent layer {name}")
    return plain


def recurrent(call: Call, name: str, config: Record, x: int, both: bool) -> int:
    """Append a recurrent layer that gives all its positions.

    Where its functions are others than usual, or states enter, only its weights count.
    """
    build, plain = call.build, kind_of(call, name)
    kind, gates = KINDS[plain]
    hidden = config.whole("units")
    biases = 1 if config.flag("use_bias", usual=True) else 0
    apart = plain == "GRU" and config.flag("reset_after", usual=False)
    if name.startswith("CuDNN") or (biases and apart):
        biases = 2
    args: dict[str, Any] = {"hidden": hidden, "biases": biases}
    if both:
        args["bidirectional"] = True
    acts = {k: config.get(k) for k in USUAL}
    if plain == "SimpleRNN":
        acts.pop("recurrent_activation")
        if acts["activation"] == "relu":
            acts["activation"], args["nonlinearity"] = "tanh", "relu"
    usual = all(v in (None, USUAL[k]) for k, v in acts.items())
    if usual and len(call.xs) == 1:
        return build.put(kind, x, **args)
    steps, width = build.sizes(x)
    each = gates * hidden * (width + hidden + biases)
    times = 2 if both else 1
    xs = [x, *call.xs[1:]]
    return build.hole(plain, xs, (steps, hidden * times), each * times)


def sequence(call: Call) -> int:
    """Return the positions and features that enter."""
    if call.build.rank(call.x) != 2:
        call.build.wrong("a recurrent layer needs positions and features")
    return call.build.plain(call.x)


@layer("LSTM", "GRU", "SimpleRNN", "CuDNNLSTM", "CuDNNGRU")
def run(call: Call) -> Result:
    """A recurrent layer."""
    made = recurrent(call, call.kind, call.config, sequence(call), both=False)
    return ended(call, call.config, made, kind_of(call, call.kind))


@layer("RNN")
def cells(call: Call) -> Result:
    """One cell or several above one another."""
    cell = call.config.record("cell")
    stacked = cell.text("class_name") == "StackedRNNCells"
    found = cell.record("config").records("cells") if stacked else [cell]
    x, plain = sequence(call), ""
    for one in found:
        name = one.text("class_name")
        plain = kind_of(call, name)
        x = recurrent(call, name, one.record("config"), x, both=False)
    if stacked and call.config.flag("return_state", usual=False):
        raise NotKnown
    return ended(call, call.config, x, plain)


def ended(call: Call, config: Record, made: int, plain: str) -> Result:
    """Return all positions or the last, and the states where they are asked for."""
    build = call.build
    last = made
    if not config.flag("return_sequences", usual=False):
        last = build.put("token", made, order=(0,), index=-1)
    if not config.flag("return_state", usual=False):
        return last
    state = build.put("token", made, order=(0,), index=-1)
    if plain != "LSTM":
        return [last, state]
    carried = build.hole("LSTM.state", [made], build.sizes(state))
    return [last, state, carried]


MERGES = {"sum": "add", "mul": "multiply", "ave": "average"}


@layer("Bidirectional")
def both_ways(call: Call) -> Result:
    """A recurrent layer that reads the sequence both ways."""
    inner = call.config.record("layer")
    name, config = inner.text("class_name"), inner.record("config")
    if "backward_layer" in call.config:
        other = call.config.record("backward_layer").record("config")
        if other.get("units") != config.get("units"):
            raise NotKnown
    if config.flag("return_state", usual=False) or name == "RNN":
        raise NotKnown
    build = call.build
    made = recurrent(call, name, config, sequence(call), both=True)
    last = ended(call, config, made, kind_of(call, name))
    assert isinstance(last, int)
    mode = call.config.get("merge_mode")
    if mode == "concat":
        return last
    axis = build.rank(last) - 1
    args: dict[str, Any] = {"pieces": 2, **only_if(axis, axis=axis)}
    halves = [build.put("split", last, part=part, **args) for part in (0, 1)]
    if mode is None:
        return halves
    if mode not in MERGES:
        call.config.wrong(f"merge_mode {mode!r} is not known", "merge_mode")
    return join(build, MERGES[mode], halves)


@layer("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
def conv_lstm(call: Call) -> Result:
    """A recurrent layer of convolutions, for which there is no layer."""
    build, config, axes = call.build, call.config, int(call.kind[-2])
    if call.first() or build.rank(call.x) != axes + 2:
        raise NotKnown
    x = build.plain(call.x)
    steps, *sides, channels = build.sizes(x)
    filters = config.whole("filters")
    kernel = call.several("kernel_size", axes)
    area = 1
    for k in kernel:
        area *= k
    learned = 4 * filters * area * (channels + filters)
    if config.flag("use_bias", usual=True):
        learned += 4 * filters
    same = config.text("padding", "valid") == "same"
    strides = call.several("strides", axes)
    dilation = call.several("dilation_rate", axes)
    found = [
        -(-n // s) if same else (n - d * (k - 1) - 1) // s + 1
        for n, s, d, k in zip(sides, strides, dilation, kernel, strict=True)
    ]
    lead = (steps,) if config.flag("return_sequences", usual=False) else ()
    return build.hole(call.kind, [x], (*lead, *found, filters), learned)


# -- attention -------------------------------------------------------------------------


def entering(call: Call) -> tuple[int, int, int]:
    """Return what queries, keys and values are made of."""
    found: list[Any] = []
    for at, name in enumerate(("query", "value", "key")):
        one = call.kwargs.get(name)
        if one is None and at < len(call.given):
            one = call.given[at]
        found.append(one.op if isinstance(one, Tensor) else None)
    query, value, key = found
    if query is None or value is None:
        call.build.wrong("attention needs a query and a value")
    return query, value if key is None else key, value


def causal(call: Call, query: int, key: int) -> bool:
    """Say whether later positions are hidden: of its own, not of others."""
    own = call.build.sizes(query)[0] == call.build.sizes(key)[0]
    return own and call.kwargs.get("use_causal_mask") is True


@layer("MultiHeadAttention", "GroupedQueryAttention", "GroupQueryAttention")
def heads(call: Call) -> Result:
    """Attention of several heads between its linear layers; a mask is left out."""
    build, config = call.build, call.config
    grouped = call.kind.startswith("Group")
    query, key, value = (build.plain(x) for x in entering(call))
    axes = config.get("attention_axes")
    if any(build.rank(x) != 2 for x in (query, key, value)) or axes not in (
        None,
        1,
        [1],
    ):
        raise NotKnown
    many = config.whole("num_query_heads" if grouped else "num_heads")
    few = config.whole("num_key_value_heads") if grouped else many
    width = config.whole("head_dim" if grouped else "key_dim")
    depth = config.whole("value_dim") if "value_dim" in config else width
    bias = config.flag("use_bias", usual=True)
    out = build.sizes(query)[-1]
    if "output_shape" in config:
        (out,) = call.several("output_shape", 1)
    q = linear(build, query, many * width, bias, "query")
    k = linear(build, key, few * width, bias, "key")
    v = linear(build, value, few * depth, bias, "value")
    args: dict[str, Any] = {"heads": many}
    if few != many:
        args["kv_heads"] = few
    if causal(call, query, key):
        args["causal"] = True
    made = build.put("attention", q, k, v, **args)
    if config.flag("use_gate", usual=False):
        gate = linear(build, query, many * depth, bias, "gate")
        made = join(build, "multiply", [made, build.put("sigmoid", gate)])
    made = linear(build, made, out, bias, "attention_output")
    if call.kwargs.get("return_attention_scores") is not True:
        return made
    # Keras 3.15 states as many columns as rows, also where the keys are others
    sizes = (many, build.sizes(query)[0], build.sizes(key)[0])
    return [made, build.hole("attention_scores", [q, k], sizes)]


@layer("Attention", "AdditiveAttention")
def dot_product(call: Call) -> Result:
    """Attention without linear layers: queries and values, and maybe keys."""
    build, config = call.build, call.config
    if len(call.xs) not in (2, 3):
        build.wrong("attention needs queries, values and maybe keys")
    query, value = build.plain(call.xs[0]), build.plain(call.xs[1])
    key = build.plain(call.xs[2]) if len(call.xs) == 3 else value
    sizes = (build.sizes(query)[0], build.sizes(value)[-1])
    scaled = config.flag("use_scale", usual=call.kind == "AdditiveAttention")
    dots = config.text("score_mode", "dot") == "dot" and call.kind == "Attention"
    if dots and not scaled:
        args: dict[str, Any] = {"heads": 1, "scale": False}
        if causal(call, query, key):
            args["causal"] = True
        return build.put("attention", query, key, value, **args)
    learned: Any = (1 if call.kind == "Attention" else build.sizes(query)[-1]) * scaled
    learned += call.kind == "Attention" and not dots
    return build.hole(call.kind, [query, value, key], sizes, learned)
