"""What a user may write: one file, one network.

`read_spec` turns a `Source` into a `Spec`, or raises `SpecError` with every problem
that can be seen before sizes are known. What a file says *about* a network (paper,
accuracy, expectations) is checked by `about_reader`; its steps are checked by the
fields of the layers (`steps.py`), since their arguments may be arithmetic that waits
for a size.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from archcalc.errors import SpecError, nearest, suggestion
from archcalc.language.about import About
from archcalc.language.about_reader import read_about
from archcalc.language.argument_reader import (
    ArgumentReader,
    Problems,
    absent,
    required_param,
    symbol_named,
)
from archcalc.language.step_reader import StepReader
from archcalc.language.steps import Block, Step, freezes, shares, uncounted
from archcalc.layers.fields import SIZES, WORD, FieldError, WholeField, number
from archcalc.limits import DEFAULT, Limits, counting
from archcalc.records import dataclass
from archcalc.source.parser import Mapping, Scalar, Sequence, Source, Value

LANGUAGE_VERSION = 1
AXES = ("channels", "depth", "height", "width", "length")
"""Names that some write beside the sizes of an input, in their order here."""
IN_STEPS = frozenset({"kernel", "stride", "pad", "act", "norm", "from", "repeat"})
"""Keys of steps that stand at the edge of a file where they are not indented."""
SECTIONS = (
    "archcalc",
    "name",
    "title",
    "family",
    "task",
    "paper",
    "notes",
    "tags",
    "accuracy",
    "input",
    "outputs",
    "frozen",
    "params",
    "variants",
    "aliases",
    "defaults",
    "blocks",
    "layers",
    "expect",
    "lint",
)


@dataclass(frozen=True)
class Spec:
    """One network as written; `inputs` are named sizes that may be arithmetic.

    `outputs` are the names of the steps that leave it; none where the last one does.
    `frozen` are patterns of paths whose parameters are not trained.
    """

    source: Source
    about: About
    expected_at: tuple[Value, ...]
    inputs: tuple[tuple[str, tuple[Any, ...]], ...]
    input_at: Value
    outputs: tuple[Scalar, ...]
    frozen: tuple[Scalar, ...]
    params: dict[str, Any]
    variants: dict[str, dict[str, Any]]
    aliases: dict[str, str]
    defaults: dict[str, dict[str, Any]]
    blocks: dict[str, Block]
    steps: tuple[Step, ...]

    @property
    def name(self) -> str:
        """The network's name."""
        return self.about.name

    @cached_property
    def shares(self) -> bool:
        """Whether some step uses the weights of another."""
        lists = (self.steps, *(block.steps for block in self.blocks.values()))
        return any(map(shares, lists))

    @cached_property
    def freezes(self) -> bool:
        """Whether the file freezes some parameters."""
        lists = (self.steps, *(block.steps for block in self.blocks.values()))
        return bool(self.frozen) or any(map(freezes, lists))

    @cached_property
    def uncounted(self) -> bool:
        """Whether some step may do work that no rule counts."""
        lists = (self.steps, *(block.steps for block in self.blocks.values()))
        return any(map(uncounted, lists))


def read_spec(source: Source, limits: Limits = DEFAULT) -> Spec:
    """Return the network in a file; raise `SpecError` with all that is wrong."""
    problems = Problems(source, limits.problems)
    with counting(limits):
        spec = _Reader(source, problems).read()
    if spec is None or problems.found:
        raise SpecError(problems.found)
    return spec


class _Reader:
    """Reads the sections of one file."""

    def __init__(self, source: Source, problems: Problems) -> None:
        self.source = source
        self.problems = problems
        root = source.root
        self.root = root if isinstance(root, Mapping) else Mapping([], 1, 1)
        params = [k.text for k, _ in self._mapping("params")]
        self.arguments = ArgumentReader(problems, params)
        self.arguments.symbols = frozenset(_texts(self.root.get("input"))) - {*params}
        self.misspelled: set[str] = set()
        self.steps = StepReader(self.arguments)

    def read(self) -> Spec | None:
        if self.root is not self.source.root:
            message = "a network is a mapping with `name`, `input` and `layers`"
            self.problems.add("AC120", message, self.source.root)
            return None
        self._sections()
        about = self._about()
        params = {k.text: self._param(k, v) for k, v in self._mapping("params")}
        variants = self._variants(set(params))
        aliases = self._aliases(variants)
        for key, value in self._mapping("defaults"):
            self.steps.default(key, value)
        blocks = self._blocks()
        inputs, input_at = self._inputs()
        outputs = self._names("outputs", "the name of a step")
        frozen = self._names("frozen", "the path of a step")
        steps = self._layers()
        if about is None or self.problems.found:
            return None
        entries = self.root.get("expect")
        at = tuple(entries.items) if isinstance(entries, Sequence) else ()
        return Spec(
            self.source,
            about,
            at,
            inputs,
            input_at,
            outputs,
            frozen,
            params,
            variants,
            aliases,
            self.steps.defaults,
            blocks,
            steps,
        )

    # -- sections --------------------------------------------------------------------

    def _sections(self) -> None:
        for key, value in self.root.items:
            if key.text not in SECTIONS:
                help = suggestion(key.text, SECTIONS, "sections")
                if help.startswith("sections") and key.text in IN_STEPS:
                    help = "it belongs to a step: indent it as the step's other keys"
                self.misspelled |= {s for s in SECTIONS if help.endswith(f" {s}?")}
                self.problems.add("AC121", f"{key.text!r} is not a section", key, help)
            elif key.text == "archcalc":
                self._version(value)

    def _version(self, value: Value) -> None:
        if not isinstance(value, Scalar) or value.text != str(LANGUAGE_VERSION):
            message = f"this archcalc reads version {LANGUAGE_VERSION} of the language"
            self.problems.add("AC122", message, value)

    def _mapping(self, section: str) -> list[tuple[Scalar, Value]]:
        value = self.root.get(section)
        if value is not None and not isinstance(value, Mapping):
            self.problems.add("AC123", f"{section} is a mapping of names", value)
        return _items(value)

    def _about(self) -> About | None:
        if self.root.get("name") is None and "name" in self.misspelled:
            return None  # told once, where it is written
        if self.root.get("name") is None:
            message = "the network needs a `name`, such as `name: my-net`"
            self.problems.add("AC124", message, self.root)
            return None
        return read_about(self.root, self.problems)

    def _param(self, key: Scalar, value: Value) -> Any:
        if not WORD.fullmatch(key.text) or "-" in key.text:
            self.problems.add("AC126", f"{key.text!r} cannot name a param", key)
        return self.arguments.param(value)

    def _variants(self, params: set[str]) -> dict[str, dict[str, Any]]:
        read: dict[str, dict[str, Any]] = {}
        for key, value in self._mapping("variants"):
            if isinstance(value, Mapping):
                read[key.text] = {
                    k.text: self.arguments.param(v) for k, v in value.items
                }
                self._known_params(value, params)
            else:
                self.problems.add("AC127", "a variant is a mapping of params", value)
        return read

    def _aliases(self, variants: dict[str, dict[str, Any]]) -> dict[str, str]:
        """Read `aliases:`, names of their own for variants."""
        read: dict[str, str] = {}
        for key, value in self._mapping("aliases"):
            if isinstance(value, Scalar) and value.text in variants:
                read[key.text] = value.text
            else:
                message = f"alias {key.text!r} must name a variant"
                help = f"variants: {', '.join(variants) or 'none'}"
                self.problems.add("AC127", message, value, help)
        return read

    def _known_params(self, variant: Mapping, params: set[str]) -> None:
        for key, _ in variant.items:
            if key.text not in params:
                help = nearest(key.text, params) or "declare it under `params:`"
                self.problems.add("AC127", f"there is no param {key.text!r}", key, help)

    def _blocks(self) -> dict[str, Block]:
        sections = self._mapping("blocks")
        for key, value in sections:
            declared = value.get("params") if isinstance(value, Mapping) else None
            self.steps.block_params[key.text] = {
                k.text: required_param(v) for k, v in _items(declared)
            }
        return {k.text: self._block(k, v) for k, v in sections}

    def _block(self, key: Scalar, value: Value) -> Block:
        """Read one template; its params are in scope for its steps only."""
        if not isinstance(value, Mapping):
            self.problems.add("AC128", "a block is a mapping with `layers`", value)
            return Block(key.text, {}, ())
        for word, _ in value.items:
            if word.text not in ("inputs", "params", "layers", "note"):
                self.problems.add("AC128", f"a block has no {word.text!r}", word)
        self.arguments.scope = self.arguments.params
        read: dict[str, Any] = {}
        for name, default in _items(value.get("params")):
            read[name.text] = (
                None if required_param(default) else self._param(name, default)
            )
            self.arguments.scope |= {name.text}
        steps = value.get("layers")
        if steps is None:
            self.problems.add("AC128", f"block {key.text} needs `layers`", key)
        body = self.steps.steps(steps, f"block {key.text}") if steps is not None else ()
        self.arguments.scope = self.arguments.params
        inputs = value.get("inputs")
        names = self.arguments.references(inputs) if inputs is not None else ()
        return Block(key.text, read, body, tuple(name.text for name in names))

    def _layers(self) -> tuple[Step, ...]:
        layers = self.root.get("layers")
        if layers is None:
            if "layers" not in self.misspelled:
                self.problems.add("AC124", "the network needs `layers`", self.root)
            return ()
        if isinstance(layers, Scalar):
            text = "" if absent(layers) else ", not a text"
            message = f"layers must be a list of steps{text}"
            self.problems.add("AC131", message, layers)
            return ()
        return self.steps.steps(layers, "layers")

    # -- input -----------------------------------------------------------------------

    def _inputs(self) -> tuple[tuple[tuple[str, tuple[Any, ...]], ...], Value]:
        value = self.root.get("input")
        if value is None:
            message = "the network needs an `input`, such as [3, 224, 224]"
            if "input" not in self.misspelled:
                self.problems.add("AC124", message, self.root)
            return (), self.root
        sizes = _named_sizes(value)
        if sizes:
            message = "an input is a list of sizes, without their names"
            self.problems.add("AC129", message, value, f"write [{', '.join(sizes)}]")
            return (), value
        if isinstance(value, Mapping) and value.items:
            return tuple((k.text, self._sizes(v)) for k, v in value.items), value
        return (("input", self._sizes(value)),), value

    def _names(self, section: str, what: str) -> tuple[Scalar, ...]:
        """Read a section that names steps: those that leave, or are frozen."""
        value = self.root.get(section)
        if value is None:
            return ()
        items = value.items if isinstance(value, Sequence) else [value]
        names = tuple(v for v in items if isinstance(v, Scalar) and not absent(v))
        if len(names) != len(items) or not names:
            message = f"{section}: {what}, or a list of names"
            self.problems.add("AC137", message, value)
        return names

    def _sizes(self, value: Value) -> tuple[Any, ...]:
        if isinstance(value, Scalar) and SIZES.fullmatch(value.text):
            return tuple(int(part) for part in value.text.split("x"))
        items = value.items if isinstance(value, Sequence) else [value]
        bare = isinstance(value, Scalar) and "," in value.text.partition("(")[0]
        if bare or isinstance(value, Mapping) or not 1 <= len(items) <= 4:
            message = "an input is a list of 1 to 4 sizes: [C, H, W]"
            help = f"write [{value.text}]" if isinstance(value, Scalar) else None
            self.problems.add("AC129", message, value, help)
            return ()
        return tuple(self._size(item) for item in items)

    def _size(self, value: Value) -> Any:
        """Read one input size: a number, arithmetic on params, or a symbol's name."""
        try:
            if not isinstance(value, Scalar):
                raise FieldError("a size is a whole number or a name")
            if WORD.fullmatch(value.text) and not value.quoted:
                if value.text not in self.arguments.params:
                    symbol_named(value.text)
                return value.text
            read = number(value)
            return WholeField(1).check(read) if isinstance(read, int) else read
        except FieldError as error:
            help = error.help or _written(value)
            self.problems.add("AC129", error.message, value, help)
            return None


def _texts(value: Value | None) -> Iterator[str]:
    """Yield the sizes of inputs as they are written."""
    shapes = [v for _, v in _items(value)] if isinstance(value, Mapping) else [value]
    for shape in shapes:
        sizes = shape.items if isinstance(shape, Sequence) else [shape]
        yield from (size.text for size in sizes if isinstance(size, Scalar))


def _named_sizes(value: Value) -> list[str]:
    """Return the sizes of one input whose axes are named, in their order; else none."""
    items = _items(value)
    given = {key.text: one.text for key, one in items if isinstance(one, Scalar)}
    sizes = [given[axis] for axis in AXES if axis in given]
    return sizes if "channels" in given and len(sizes) == len(items) else []


def _written(value: Value) -> str | None:
    """Return how sizes that are written as elsewhere are written here."""
    from archcalc.language.foreign_words import value_help

    return value_help(value.text) if isinstance(value, Scalar) else None


def _items(value: Value | None) -> list[tuple[Scalar, Value]]:
    """Return the keys and values of a mapping, none of anything else."""
    return value.items if isinstance(value, Mapping) else []
