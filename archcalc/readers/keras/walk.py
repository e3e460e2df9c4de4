"""The walk through a model: its layers call by call, in the order in which they run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from archcalc.layers import CATALOGUE
from archcalc.layers.base import times
from archcalc.limits import Limits
from archcalc.readers.keras import (
    arithmetic,
    moves,
    norms,
    pointwise,
    sequences,
    windows,
)
from archcalc.readers.keras.build import Build, NotKnown
from archcalc.readers.keras.calls import Node, is_model, nodes_of, refs_in
from archcalc.readers.keras.distributed import distributed
from archcalc.readers.keras.graph import (
    Graph,
    Shapes,
    built_shape,
    input_shape,
    lambda_shape,
    name_of,
)
from archcalc.readers.keras.rules import LAYERS, OPERATIONS, Call, Rule, Tensor
from archcalc.readers.model import UNKNOWN, Model, Op
from archcalc.readers.records import Json, Record
from archcalc.sizes.dims import same

FAMILIES = (arithmetic, moves, norms, pointwise, sequences, windows)
"""The modules of rules; importing them fills `LAYERS` and `OPERATIONS`."""
MOST_CALLS = 10_000
"""Calls of layers in a model, and in all models inside it."""
DEEPEST = 16
"""Models inside one another."""
WITHOUT_WEIGHTS = (
    *("Lambda", "StringLookup", "IntegerLookup", "TextVectorization", "Hashing"),
    *("HashedCrossing", "Discretization", "CategoryEncoding", "MelSpectrogram"),
    *("Maximum", "Minimum", "Dot", "Reshape", "Permute", "RepeatVector", "Softmax"),
)
"""Layers that hold no weights: where no rule knows them, only their work is unknown."""
INNER = ("Bidirectional", "TimeDistributed", "SpectralNormalization", "Wrapper")
EXPORT = 'export it as ONNX: model.export("model.onnx", format="onnx")'


class Walk:
    """The walk through one file."""

    def __init__(self, file: Json, name: str, limits: Limits) -> None:
        self.build = Build(file, name, limits)
        self.build.first_channels = '"channels_first"' in file.text.text
        self.calls = 0
        self.weighted: dict[Any, list[int]] = {}
        self.over_time = False
        self.graphs: dict[tuple[Any, ...], Graph] = {}
        self.made: dict[tuple[str, ...], list[int]] = {}
        """What each layer gave at its first call, by the names of models around it."""

    def whole(self, record: Record) -> Model:
        """Return the network of a whole file."""
        build, build.at = self.build, record
        build.legacy = "module" not in record.fields
        if not is_model(record):
            record.wrong(
                f"{record.text('class_name')} is a subclassed model: the file states "
                "its class, and its layers stand in Python code alone",
                help=EXPORT,
            )
        outputs = self.model(record, None, 0)
        build.model.outputs = list(dict.fromkeys(outputs))
        if not build.model.outputs:
            record.wrong("the model has no outputs")
        return build.model.reached()

    def model(self, record: Record, inputs: list[int] | None, depth: int) -> list[int]:
        """Return what a model gives; without inputs it states its own."""
        if depth > DEEPEST:
            record.wrong(f"models lie more than {DEEPEST} deep in one another")
        if record.text("class_name") == "Sequential":
            return self.sequential(record, inputs, depth)
        return self.functional(record, inputs, depth)

    # -- rows of layers ----------------------------------------------------------------

    def sequential(
        self, record: Record, inputs: list[int] | None, depth: int
    ) -> list[int]:
        """Run layers one after the other."""
        build = self.build
        bare = isinstance(record.get("config"), list)  # before Keras 2.2.3
        layers = (
            record.records("config")
            if bare
            else record.record("config").records("layers")
        )
        if not layers:
            record.wrong("the model has no layers")
        begins = layers[0].text("class_name") == "InputLayer"
        if inputs is None:
            shape = input_shape(layers[0].record("config")) or built_shape(record)
            if shape is None:
                record.wrong(
                    "the model does not state the sizes of its input",
                    help="call `model.build(...)`, or begin with keras.Input, and "
                    "write it again",
                )
            inputs = [build.entering(shape[1:], name_of(layers[0]) if begins else "")]
        row = layers[1:] if begins else layers
        found = inputs
        for at, layer in enumerate(row):
            stated: Shapes = {}
            after = row[at + 1 : at + 2]
            shape = built_shape(after[0]) if after else None
            if shape is not None:
                stated[0] = shape[1:]
            found = self.call(
                layer, Node([Tensor(x) for x in found], {}), depth, stated
            )
        return found

    # -- graphs of layers --------------------------------------------------------------

    def functional(
        self, record: Record, inputs: list[int] | None, depth: int
    ) -> list[int]:
        """Run the calls of a graph, each as soon as all that it reads is there."""
        if record.path not in self.graphs:
            self.graphs[record.path] = self.graph(record)
        graph, config = self.graphs[record.path], record.record("config")
        found = self.entered(graph, config, inputs)
        for at, number in graph.order(found):
            node = graph.nodes[at, number]
            given = node.replaced(lambda ref: Tensor(graph.tensor(found, ref)))
            stated = graph.stated.get((at, number), {})
            found[at, number] = self.call(graph.layers[at], given, depth, stated)
        outputs = graph.named(config, "output_layers")
        return [graph.tensor(found, ref) for ref in outputs]

    def graph(self, record: Record) -> Graph:
        """Return the graph of a model: its layers and their calls."""
        config = record.record("config")
        layers = config.records("layers")
        places = {name_of(layer): at for at, layer in enumerate(layers)}
        if len(places) < len(layers):
            config.wrong("two layers have the same name", "layers")
        nodes = {
            (at, number): node
            for at, layer in enumerate(layers)
            for number, node in enumerate(nodes_of(layer, places))
        }
        if len(nodes) > MOST_CALLS:
            config.wrong(f"more than {MOST_CALLS:,} calls of layers", "layers")
        return Graph(layers, places, nodes, self.build.legacy)

    def entered(
        self, graph: Graph, config: Record, inputs: list[int] | None
    ) -> dict[tuple[int, int], list[int]]:
        """Return what the input layers give."""
        found: dict[tuple[int, int], list[int]] = {}
        wanted = [
            graph.places[ref.layer] for ref in graph.named(config, "input_layers")
        ]
        if inputs is not None and len(inputs) != len(wanted):
            config.wrong(
                f"the model has {len(wanted)} inputs and is called with {len(inputs)}",
                "input_layers",
            )
        for number, at in enumerate(wanted):
            layer = graph.layers[at]
            if inputs is not None:
                found[at, 0] = [inputs[number]]
                continue
            shape = input_shape(layer.record("config"))
            if shape is None:
                layer.wrong("the input does not state its sizes")
            self.build.at = layer
            found[at, 0] = [self.build.entering(shape[1:], name_of(layer))]
        return found

    # -- one call ----------------------------------------------------------------------

    def call(
        self, layer: Record, node: Node, depth: int, stated: Shapes | None = None
    ) -> list[int]:
        """Return what a layer gives when it is called."""
        build, name = self.build, name_of(layer)
        self.calls += 1
        if self.calls > MOST_CALLS:
            layer.wrong(f"more than {MOST_CALLS:,} calls of layers")
        outer = build.at, build.within
        build.at, build.within = layer, (*build.within, name)
        if self.over_time:  # a file states the sizes at one position
            stated = None
        entering = {k: v for k, v in node.kwargs.items() if not k.endswith("mask")}
        xs = [one.op for one in refs_in((node.given, entering), Tensor)]
        since = len(build.model.ops)
        if is_model(layer):
            found = self.model(layer, xs, depth + 1)
        else:
            config = layer.record("config")
            call = Call(
                build, layer.text("class_name"), config, xs, node.given, node.kwargs
            )
            found = self.ruled(layer, call, depth, stated or {})
            self.share(layer, since)
        for number, shape in (stated or {}).items():
            if not number or "Attention" not in layer.text("class_name"):
                self.check(found, number, shape)
        self.made.setdefault(build.within, found)
        build.at, build.within = outer
        return found

    def ruled(self, layer: Record, call: Call, depth: int, stated: Shapes) -> list[int]:
        """Return what a call gives by the rule of its layer, or as unknown."""
        build, since = self.build, len(self.build.model.ops)
        known = rule_of(layer, call)
        refuse_policy(call.config)
        try:
            if call.kind == "TimeDistributed" or self.over_time:
                found: Any = self.timed(call, depth)
            elif known is None:
                raise NotKnown
            else:
                found = known(call._replace(kind=operation_of(layer) or call.kind))
        except NotKnown:
            self.undo(since)
            sizes = stated.get(0) or lambda_shape(call.config)
            free = operation_of(layer) or call.kind in WITHOUT_WEIGHTS
            if not free:
                refuse_class(layer)
            if sizes is None or None in sizes:
                build.wrong(
                    f"the file does not state the sizes that this {call.kind} gives",
                    help="write the model with Keras 3, which states them, or "
                    + EXPORT,
                )
            what = pointwise.operator_name(operation_of(layer) or call.kind)
            sizes = [call.config.size(n, "shape") for n in sizes]
            if not all(sizes):
                build.wrong("a size of its output is 0")
            found = build.hole(what, call.xs, sizes)
        return found if isinstance(found, list) else [found]

    def timed(self, call: Call, depth: int) -> int | list[int]:
        """Return what a layer gives that is applied at each position."""
        if call.kind != "TimeDistributed":
            return distributed(call)
        inner = call.config.record("layer")
        before, self.over_time = self.over_time, True
        found = self.call(inner, Node([Tensor(x) for x in call.xs[:1]], {}), depth + 1)
        self.over_time = before
        return found

    def undo(self, since: int) -> None:
        """Take back the operators that a rule appended before it gave up."""
        build = self.build
        del build.model.ops[since:]
        build.orders = {at: order for at, order in build.orders.items() if at < since}
        build.moved = {k: at for k, at in build.moved.items() if max(at, k[0]) < since}

    def share(self, layer: Record, since: int) -> None:
        """Let the weights of a further call be those of the first."""
        build = self.build
        mine = build.weighted(since)
        if not mine:
            return
        shared = layer.get("shared_object_id")
        key = shared if isinstance(shared, int) else layer.path
        first = self.weighted.setdefault(key, mine)
        if first is mine:
            return
        if [shapes_of(build, at) for at in first] != [
            shapes_of(build, at) for at in mine
        ]:
            build.wrong("it is called with tensors that its weights do not fit")
        for at, owner in zip(mine, first, strict=True):
            op = build.model.ops[at]
            build.model.ops[at] = Op(
                op.kind, op.args, op.inputs, op.shape, op.path, op.what, owner
            )

    def check(self, found: list[int], number: int, stated: Sequence[Any]) -> None:
        """Refuse a file that states other sizes than a layer gives."""
        build = self.build
        if number >= len(found):
            build.wrong(f"it gives {len(found)} tensors, not {number + 1}")
        sizes = build.sizes(found[number])
        given = list(stated) or [1]
        fits = len(sizes) == len(given) and all(
            m is None or not isinstance(n, int) or same(n, m)
            for n, m in zip(sizes, given, strict=True)
        )
        if not fits:
            said = "×".join("?" if n is None else str(n) for n in given)
            build.wrong(f"the file says that it gives {said}; it gives {times(sizes)}")


def operation_of(layer: Record) -> str:
    """Return the name of an operation without a layer in small letters; else ""."""
    kind = layer.text("class_name")
    if layer.text("module", "").startswith("keras.src.ops"):
        return kind.lower()
    if kind == "TFOpLambda":
        function = layer.record("config").text("function")
        return function.rpartition(".")[2].lower()
    return kind.lower() if kind in ("SlicingOpLambda", "TensorFlowOpLayer") else ""


def rule_of(layer: Record, call: Call) -> Rule | None:
    """Return the rule of a layer or operation; None where there is none."""
    name = operation_of(layer)
    return OPERATIONS.get(name) if name else LAYERS.get(call.kind)


def refuse_class(layer: Record) -> NoReturn:
    """Refuse a class that has no rule, or that is not Keras' own."""
    kind = layer.text("class_name")
    module = layer.text("module", "keras")
    own = module.startswith(("keras", "tensorflow")) or kind in LAYERS
    if own and layer.get("registered_name") in (None, kind):
        layer.wrong(f"no rule knows the layer {kind} as it is used here", help=EXPORT)
    layer.wrong(
        f"{kind} is a class of its author: the file states its name, not what it "
        "computes or which weights it has",
        help=EXPORT,
    )


def refuse_policy(config: Record) -> None:
    """Refuse weights that stand beside or in the place of those that a layer states."""
    policy = config.get("dtype")
    if isinstance(policy, dict) and "Quantized" in str(policy.get("class_name")):
        config.wrong(
            "quantized layers have further weights, which are not read", "dtype"
        )
    if "lora_rank" in config:
        config.wrong("the weights of LoRA are not read", "lora_rank")


def shapes_of(build: Build, at: int) -> list[Any]:
    """Return the shapes of the weights of an operator."""
    op = build.model.ops[at]
    if op.kind == UNKNOWN:
        return [op.args.get("learned")]
    inputs = [build.shape(source) for source in op.inputs]
    return list(CATALOGUE[op.kind](**op.args).weights(*inputs).values())
