"""A network that was loaded: its spec with a variant, params and input chosen."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from archcalc.errors import Place, SpecError, UsageError, suggestion, unknown
from archcalc.figures.conventions import USUAL
from archcalc.figures.conventions import convention as named
from archcalc.figures.counted import Setting
from archcalc.figures.formats import dtype_bits
from archcalc.figures.memory.optimizers import optimizer as optimizer_named
from archcalc.graph.expand import expand
from archcalc.graph.graph import Graph
from archcalc.language import library
from archcalc.language.argument_reader import ArgumentReader, Problems, symbol_named
from archcalc.language.spec import Spec, read_spec
from archcalc.layers.base import Shape
from archcalc.layers.fields import FieldError, WholeField
from archcalc.limits import DEFAULT, Limits, begin, counting
from archcalc.network.analysis import Analysis
from archcalc.network.shown import Shown
from archcalc.readers import (
    is_module,
    module_source,
    object_named,
    read_source,
)
from archcalc.records import dataclass, field, replace
from archcalc.sizes.dims import symbol
from archcalc.sizes.expressions import Expression, ExpressionError
from archcalc.source.parser import Mapping as Section
from archcalc.source.parser import Source, one_value, parse

if TYPE_CHECKING:
    from archcalc.network.input_sizes import Input
    from archcalc.readers.model import Shapes

SIZE = WholeField(1)
LARGEST_BATCH = 2**31
MOST_NAMED = 12


@dataclass(frozen=True, repr=False)
class Network(Shown):
    """One network, ready to be analyzed; immutable.

    `variant` names a set of params of the file, `settings` override single params, and
    `input` the input's sizes (a size may be a name, which stays a symbol). Of several
    inputs, it gives those that it names. `freeze` are patterns of the paths whose
    parameters are not trained, beside those that the file freezes. `attention` is how
    all attention runs, whatever the file says: `fused` or `unfused`.
    """

    spec: Spec
    variant: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    input: Input | None = None
    limits: Limits = DEFAULT
    freeze: tuple[str, ...] = ()
    attention: str | None = None

    @property
    def name(self) -> str:
        """The name, with its variant after a colon, or the variant's own name."""
        for alias, variant in self.spec.aliases.items():
            if variant == self.variant:
                return alias
        return f"{self.spec.name}:{self.variant}" if self.variant else self.spec.name

    @property
    def title(self) -> str:
        """The title in the file, or the name."""
        return self.spec.about.title or self.spec.name

    @property
    def variants(self) -> tuple[str, ...]:
        """The names of the file's variants."""
        return tuple(self.spec.variants)

    @property
    def as_written(self) -> bool:
        """Whether it is a network or variant of the file, and nothing was set."""
        given = self.settings, self.freeze, self.input, self.attention
        return not any(given)

    @cached_property
    def params(self) -> dict[str, Any]:
        """The value of every param; raises `UsageError` for an undeclared one."""
        given = dict(self.spec.params)
        if self.variant is not None:
            if self.variant not in self.spec.variants:
                help = suggestion(self.variant, self.spec.variants, "variants")
                message = f"{self.spec.name} has no variant {self.variant!r}"
                raise UsageError.of("AC501", message, help=help)
            given |= self.spec.variants[self.variant]
        for name, value in self.settings.items():
            if name not in given:
                help = suggestion(name, given, "params")
                message = f"{self.spec.name} has no param {name!r}"
                raise UsageError.of("AC505", message, help=help)
            given[name] = self._setting(name, value)
        return self._evaluated(given)

    def _setting(self, name: str, value: Any) -> Any:
        """Return a param given from outside: a number, a word, arithmetic, a symbol.

        Python may give a list of them too.
        """
        if isinstance(value, list | tuple):
            return tuple(self._setting(name, item) for item in value)
        if not isinstance(value, str):
            return Fraction(str(value)) if isinstance(value, float) else value
        source = one_value(value, f"--set {name}", self.limits)
        problems = Problems(source, 1)
        with counting(self.limits):
            read_value = ArgumentReader(problems, self.spec.params).param(source.root)
        if problems.found:
            raise UsageError(problems.found)
        if isinstance(read_value, str) and not isinstance(self.spec.params[name], str):
            try:
                return symbol_named(read_value)
            except FieldError as error:
                message = f"--set {name}: {error.message}"
                raise UsageError.of("AC505", message, help=error.help) from None
        return read_value

    def _evaluated(self, given: dict[str, Any]) -> dict[str, Any]:
        """Evaluate params in the order in which they need each other."""
        values = self._in_order(given)
        if values is not None:
            return values
        values = {}
        waiting = {n: symbol(n) if _names_itself(n, v) else v for n, v in given.items()}
        needs = {n: set(_reads(v) & waiting.keys()) for n, v in waiting.items()}
        readers: dict[str, list[str]] = {name: [] for name in waiting}
        for name, read_names in needs.items():
            for other in read_names:
                readers[other].append(name)
        ready = [name for name, read_names in needs.items() if not read_names]
        for name in ready:
            values[name] = self._value(name, waiting.pop(name), values)
            for reader in readers[name]:
                needs[reader].remove(name)
                if not needs[reader]:
                    ready.append(reader)
        if waiting:
            names = ", ".join(list(waiting)[:MOST_NAMED])
            message = f"the params {names} depend on each other"
            place = self._declared(next(iter(waiting)))
            raise SpecError.of("AC126", message, place=place)
        return {name: values[name] for name in given}

    def _in_order(self, given: dict[str, Any]) -> dict[str, Any] | None:
        """Evaluate params in the order of the file; None where that is not possible."""
        values: dict[str, Any] = {}
        for name, value in given.items():
            if _names_itself(name, value):
                values[name] = symbol(name)
            elif isinstance(value, Expression | tuple):
                if any(n in given and n not in values for n in _reads(value)):
                    return None
                try:
                    values[name] = self._value(name, value, values)
                except SpecError:  # told by the other way, which may meet another first
                    return None
            else:
                values[name] = value
        return values

    def _value(self, name: str, value: Any, values: dict[str, Any]) -> Any:
        if isinstance(value, tuple):
            return tuple(self._value(name, v, values) for v in value)
        if not isinstance(value, Expression):
            return value
        try:
            return value.evaluate(values)
        except ExpressionError as error:
            message = f"param {name}: {value.text}: {error.message}"
            place = self._declared(name)
            raise SpecError.of("AC126", message, place=place, help=error.help) from None

    def _declared(self, name: str) -> Place:
        """Return where a param is declared, or the input."""
        root, at = self.spec.source.root, self.spec.input_at
        params = root.get("params") if isinstance(root, Section) else None
        if isinstance(params, Section) and name != "input":
            at = params.get(name) or at
        return self.spec.source.place(at)

    @cached_property
    def input_shapes(self) -> dict[str, Shape]:
        """The shape of every input, without the batch axis."""
        if self.input is None:
            return self.declared_shapes
        from archcalc.network.input_sizes import given_shapes

        names = [name for name, _ in self.spec.inputs]
        given = given_shapes(self.input, names, self.name)
        if len(given) == len(names):
            return {name: given[name] for name in names}
        return {**self.declared_shapes, **given}

    @cached_property
    def declared_shapes(self) -> dict[str, Shape]:
        """The shape of every input as the file has it."""
        return {n: tuple(map(self._size, s)) for n, s in self.spec.inputs}

    def _size(self, given: Any) -> Any:
        """Return one input size: a number, a param, arithmetic, or a symbol."""
        if isinstance(given, str):
            given = self.params.get(given, symbol(given))
        elif isinstance(given, Expression):
            given = self._value("input", given, self.params)
        try:
            return SIZE.check(given)
        except FieldError as error:
            place = self.spec.source.place(self.spec.input_at)
            raise SpecError.of(
                "AC129", f"input: {error.message}", place=place, help=error.help
            ) from None

    @cached_property
    def graph(self) -> Graph:
        """The network written out; raises `SpecError` or `ShapeError`.

        A side head that does not fit sizes given from outside is left out (`unfit`):
        inference does not run it.
        """
        own = self.input is None and not self.settings
        graph = expand(self.spec, self.input_shapes, self.params, self.limits, own)
        if self.attention is not None:
            graph = with_attention(graph, self.attention)
        if not self.freeze:
            return graph
        from archcalc.graph.freezing import frozen, together

        return together(frozen(graph, self.freeze, limits=self.limits))

    def analyze(
        self,
        *,
        batch: int = 1,
        dtype: str = "float32",
        inplace: bool = True,
        convention: str = USUAL,
        optimizer: str = "sgd",
        mixed: bool = False,
        checkpoint: str = "none",
        stored: str | None = None,
        accumulate: bool = False,
    ) -> Analysis:
        """Return every figure for a batch size and number format.

        `inplace` lets normalizations, activations and dropout overwrite their input
        where nothing else reads it. `convention` names a way of counting: `operations`
        and `reported_params` of every figure are what it gives.

        Of training: `optimizer` (`optimizers.OPTIMIZERS`); `mixed` keeps weights in
        float32 beside activations in `dtype`, bfloat16 if not said; `checkpoint` runs
        `blocks` or `stages` again in backward; `accumulate` adds gradients to those of
        earlier batches. `stored` is the number format on disk, that of the weights if
        not said.

        Raises `UsageError` for a batch below 1 or an unknown name, `ShapeError` where
        the network does not fit together.

        >>> load("resnet50:v1.5").analyze(convention="torch").total.operations
        8178368512
        """
        check_batch(batch)
        if mixed and dtype_bits(dtype) == dtype_bits("float32"):
            dtype = "bfloat16"
        for name in (dtype, stored or dtype):
            dtype_bits(name)
        optimizer_named(optimizer)
        named(convention)
        setting = Setting(
            *(batch, dtype, inplace, optimizer, mixed, checkpoint, convention, stored),
            accumulate=accumulate,
        )
        begin(self.limits)
        return Analysis(self.name, self.graph, setting)


def check_batch(batch: Any) -> None:
    """Raise `UsageError` AC507 for what is no number of samples."""
    whole = hasattr(batch, "__index__") and not isinstance(batch, bool)
    if not whole or not 1 <= batch <= LARGEST_BATCH:
        told = f"a batch is a whole number, 1 to {LARGEST_BATCH}, not {batch}"
        raise UsageError.of("AC507", told)


def load(
    name: str | os.PathLike[str] | Any,
    *,
    variant: str | None = None,
    input: Input | None = None,
    set: Mapping[str, Any] | None = None,
    limits: Limits = DEFAULT,
    arguments: Mapping[str, Any] | None = None,
    python: bool = False,
    freeze: str | Sequence[str] = (),
    attention: str | None = None,
) -> Network:
    """Return a shipped network by name, or the network in a file or a PyTorch module.

    `vgg16`, `efficientnet:b1`, `nets/mine.yaml`, `net.onnx`; a `torch.nn.Module`, or
    the name of one or of what makes it with `arguments` (`torchvision.models:resnet50`,
    `nets/mine.py:Net`; with `python` also `models:Net`). `set` overrides params,
    `input` the input sizes (`"3x299x299"`, `[3, 299, 299]`, `"C,H,W"` for symbols; for
    one of several inputs, `{"left": [3, 8, 8]}`). `freeze` are patterns of paths whose
    parameters are not trained (`"backbone"`, `["conv*", "*.bn"]`). `attention` runs all
    attention with torch's `fused` kernel or written out, `unfused`.

    Raises `UsageError` for an unknown name, `SourceError` or `SpecError` for a file
    that is not a network.

    >>> load("vgg16").analyze().total.params
    138357544
    """
    if attention is not None:
        _refuse_unknown(attention)
    frozen = (freeze,) if isinstance(freeze, str) else tuple(freeze)
    given = object_named(name, python) or (name if is_module(name) else None)
    if given is not None:
        shapes = shapes_of(input, str(given)) if input is not None else None
        source = module_source(given, shapes, arguments or {}, limits)
        return network(source, variant, set, None, limits, frozen, attention)
    path, named = (
        library.find(os.fspath(name))
        if isinstance(name, str)
        else (os.fspath(name), None)
    )
    source = read_source(path, limits)
    return network(source, variant or named, set, input, limits, frozen, attention)


def _refuse_unknown(attention: str) -> None:
    """Raise `UsageError` AC549 for a kernel of attention that there is none of."""
    from archcalc.layers.attention.attention import KERNELS

    if attention not in KERNELS:
        raise unknown("AC549", "kernel of attention", str(attention), KERNELS, "known")


def shapes_of(input: Input, name: str) -> Shapes:
    """Return what gives sizes to the inputs of a module once their names are known."""
    from archcalc.network.input_sizes import given_shapes

    return lambda names: given_shapes(input, names, name)


def loads(text: str, name: str = "text") -> Network:
    """Return the network in a YAML text; errors name it `name`."""
    return network(parse(text, name))


def network(
    source: Source,
    variant: str | None = None,
    settings: Mapping[str, Any] | None = None,
    input: Input | None = None,
    limits: Limits = DEFAULT,
    freeze: tuple[str, ...] = (),
    attention: str | None = None,
) -> Network:
    """Return the network in a source that was read."""
    spec, given = read_spec(source, limits), dict(settings or {})
    return Network(spec, variant, given, input, limits, freeze, attention)


def with_attention(graph: Graph, kernel: str) -> Graph:
    """Return a graph whose attention all runs with one kernel."""
    nodes = [n._replace(layer=n.layer.with_attention(kernel)) for n in graph.nodes]
    return replace(graph, nodes=tuple(nodes))


def _names_itself(name: str, value: Any) -> bool:
    """Say whether a param is declared as a symbol: `growth: growth`."""
    return isinstance(value, Expression) and value.text == name


def _reads(value: Any) -> frozenset[str]:
    """Return the names that a param's arithmetic reads."""
    parts = value if isinstance(value, tuple) else (value,)
    return frozenset().union(*(p.names for p in parts if isinstance(p, Expression)))
