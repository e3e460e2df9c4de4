"""Each tool behind the same call: operations and parameters, and where it counts them.

Four of them count from shapes, so that the meta device will do; the others watch real
operators (on the meta device torch computes with operators of its own, which they would
count), so they run on the CPU.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from archcalc.errors import MissingExtra, UsageError
from archcalc.network.counters.importing import Package, imported
from archcalc.network.counters.spans import Parts, Spans, alone
from archcalc.readers.pytorch.extra import require_torch
from archcalc.readers.pytorch.objects import failed
from archcalc.records import NamedTuple, dataclass

if TYPE_CHECKING:
    from torch import Tensor, nn

FUNCTIONS = "functions"
"""What counts in code is called, where a tool has no better name for it."""
PATCHED = ("matmul", "mm", "bmm", "addmm", "mul", "add")
"""Methods of tensors that ptflops and calflops replace while they count."""


class Told(NamedTuple):
    """What a tool says of a module: two totals, and where its operations are.

    `parts` are operations by the path of a module, and by what the tool calls them; a
    zero is an operator that the tool names and does not count. `version` is the tool's.
    """

    operations: int
    params: int
    parts: Mapping[str, Mapping[str, int]]
    version: str


Given = tuple["Tensor", ...]
Run = Callable[[ModuleType, "nn.Module", Given], tuple[Any, Any, Parts]]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: how it is run, the device that it needs, and its package."""

    run: Run
    device: str
    package: Package | None = None


def told(
    name: str, module: nn.Module, inputs: Sequence[Tensor], folder: Path | None = None
) -> Told:
    """Run a tool on a module, which must be on the device that the tool needs.

    `folder` holds tools that pip installed apart. Raises `MissingExtra` AC524 where it
    is not installed, `UsageError` AC525 where it fails.
    """
    require_torch(f"running {name}")
    import torch

    tool = TOOLS[name]
    library, version = torch, torch.__version__.partition("+")[0]
    try:
        with warnings.catch_warnings(), redirect_stdout(StringIO()), _quiet():
            warnings.simplefilter("ignore")
            if tool.package is not None:
                library, version = imported(tool.package, folder)
            operations, params, parts = tool.run(library, module.eval(), tuple(inputs))
        return Told(int(operations), int(params), parts, version)
    except MissingExtra:
        raise
    except Exception as error:  # whatever the tool raises, or the module
        raise UsageError.of("AC525", failed(f"{name} {version}", error)) from error


# -- how each is asked -----------------------------------------------------------------


def _fvcore(library: Any, module: nn.Module, inputs: Given) -> tuple[Any, Any, Parts]:
    analysis = library.FlopCountAnalysis(module, inputs)
    counted = alone(analysis.by_module_and_operator())
    paths = [path for path, _ in module.named_modules()]
    missed = alone({path: analysis.unsupported_ops(path) for path in paths})
    for path, operators in missed.items():
        counted.setdefault(path, Counter()).update(dict.fromkeys(operators, 0))
    return analysis.total(), library.parameter_count(module)[""], counted


def _ptflops(library: Any, module: nn.Module, inputs: Given) -> tuple[Any, Any, Parts]:
    named = {str(i): x for i, x in enumerate(inputs)}
    parts: Parts = {}
    wrapped = _wrapped(module, lambda: parts.update(_attributes(module, "__flops__")))
    spans = Spans(_Collected())
    with torch_restored(), spans.over(module):
        operations, params = library.get_model_complexity_info(
            wrapped,
            (1,),
            as_strings=False,
            print_per_layer_stat=False,
            input_constructor=lambda _: named,
            backend="pytorch",
        )
    if operations is None:
        raise RuntimeError("it gave no figure")
    return operations, params - 1, _added(parts, spans.parts)


def _thop(library: Any, module: nn.Module, inputs: Given) -> tuple[Any, Any, Parts]:
    operations, params, tree = library.profile(
        module, inputs, verbose=False, ret_layer_info=True
    )
    return operations, params, _tree(module, operations, tree)


def _ultralytics(
    library: Any, module: nn.Module, inputs: Given
) -> tuple[Any, Any, Parts]:
    spans = Spans(_in_code)
    with spans.over(module):
        operations, params, tree = library.profile(
            module, inputs, verbose=False, ret_layer_info=True
        )
    products = sum(count.total() for count in spans.parts.values())
    own = _tree(module, operations - products, tree)
    return operations, params, _added(own, spans.parts)


def _torchinfo(
    library: Any, module: nn.Module, inputs: Given
) -> tuple[Any, Any, Parts]:
    found = library.summary(module, input_data=[*inputs], verbose=0)
    paths = {id(part): path for path, part in module.named_modules()}
    parts: Parts = {}
    for one in found.summary_list:
        if one.is_leaf_layer:
            there = parts.setdefault(paths[id(one.module)], Counter())
            there[kind_of(one.module)] += one.macs
    return found.total_mult_adds, found.total_params, parts


def _flop_counter(
    library: Any, module: nn.Module, inputs: Given
) -> tuple[Any, Any, Parts]:
    from torch.utils.flop_counter import FlopCounterMode

    with library.no_grad(), FlopCounterMode(display=False) as counter:
        counts = counter.flop_counts  # itself: `get_flop_counts` copies all of it
        spans = Spans(lambda: {str(k): n for k, n in counts["Global"].items()})
        with spans.over(module):
            module(*inputs)
    params = sum(p.numel() for p in module.parameters())
    return counter.get_total_flops(), params, spans.parts


def _calflops(library: Any, module: nn.Module, inputs: Given) -> tuple[Any, Any, Parts]:
    parts: Parts = {}
    wrapped = _wrapped(module, lambda: parts.update(_attributes(module, "__flops__")))
    with torch_restored():
        operations, _, params = library.calculate_flops(
            wrapped, args=[*inputs], print_results=False, output_as_string=False
        )
    return operations, params - 1, parts


def _deepspeed(
    library: Any, module: nn.Module, inputs: Given
) -> tuple[Any, Any, Parts]:
    parts: Parts = {}
    wrapped = _wrapped(module, lambda: parts.update(_attributes(module, "__flops__")))
    with torch_restored():
        operations, _, params = library.get_model_profile(
            wrapped,
            args=[*inputs],
            kwargs={},
            print_profile=False,
            detailed=False,
            warm_up=0,
            as_string=False,
        )
    return operations, params - 1, parts


TOOLS: dict[str, Tool] = {
    "torchinfo": Tool(_torchinfo, "meta", Package("torchinfo", "torchinfo", "1.8.0")),
    "fvcore": Tool(
        _fvcore, "cpu", Package("fvcore", "fvcore.nn", "0.1.5.post20221221")
    ),
    "ptflops": Tool(_ptflops, "cpu", Package("ptflops", "ptflops", "0.7.5")),
    "thop": Tool(_thop, "meta", Package("thop", "thop", "0.1.1.post2209072238")),
    "ultralytics-thop": Tool(
        _ultralytics, "meta", Package("ultralytics-thop", "thop", "2.2.3", apart=True)
    ),
    "calflops": Tool(
        _calflops, "cpu", Package("calflops", "calflops", "0.3.2", apart=True)
    ),
    "torch": Tool(_flop_counter, "meta"),
    "deepspeed": Tool(
        _deepspeed,
        "cpu",
        Package(
            "deepspeed",
            "deepspeed.profiling.flops_profiler.profiler",
            "0.19.8",
            apart=True,
        ),
    ),
}
"""Every tool by the name of its convention."""


# -- what they have in common ----------------------------------------------------------


def kind_of(module: nn.Module) -> str:
    """Return what a module is called: `nn.Conv2d`; any other is code with functions."""
    kind = type(module)
    own = kind.__module__.startswith("torch.nn.modules")
    return f"nn.{kind.__name__}" if own else FUNCTIONS


def _wrapped(module: nn.Module, after: Callable[[], Any]) -> nn.Module:
    made: nn.Module = _wrapper()(module, after)
    return made


@cache
def _wrapper() -> Any:
    """Return a class of modules; made once torch is there."""
    import torch
    from torch import nn

    class Wrapped(nn.Module):
        """A module with one parameter more, that takes its inputs by name as well.

        ptflops hands several inputs over by name; calflops wants a parameter. `after`
        is called when the module has run, before the tool cleans up.
        """

        def __init__(self, module: nn.Module, after: Callable[[], Any]) -> None:
            super().__init__()
            self.more = nn.Parameter(torch.zeros(1))
            self.module = module
            self.after = after

        def forward(self, *inputs: Tensor, **named: Tensor) -> Any:
            found = self.module(*inputs, *named.values())
            self.after()
            return found

    return Wrapped


def _attributes(module: nn.Module, name: str) -> Parts:
    """Return what a tool has written into the modules so far."""
    found: Parts = {}
    for path, part in module.named_modules():
        count = getattr(part, name, 0)
        if count:
            found[path] = Counter({kind_of(part): int(count)})
    return found


def _tree(module: nn.Module, total: float, tree: Mapping[str, Any]) -> Parts:
    """Return what thop says of each module, from its tree of what they hold."""
    kinds = {path: kind_of(part) for path, part in module.named_modules()}
    found: Parts = {}

    def walk(path: str, count: float, inner: Mapping[str, Any]) -> None:
        for name, (ops, _, below) in inner.items():
            at = f"{path}.{name}".lstrip(".")
            count -= ops
            walk(at, ops, below)
        if count:
            found[path] = Counter({kinds.get(path, path): int(count)})

    walk("", total, tree)
    return found


def _added(*given: Parts) -> Parts:
    found: Parts = {}
    for parts in given:
        for path, counts in parts.items():
            found.setdefault(path, Counter()).update(counts)
    return found


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what tools log to themselves; deepspeed looks for no accelerator."""
    os.environ.setdefault("DS_ACCELERATOR", "cpu")
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


class _Collected:
    """Reads the lists that ptflops fills: it has put them on what it replaced."""

    def __init__(self) -> None:
        self.seen = {FUNCTIONS: 0, "products and sums": 0}
        self.total = dict(self.seen)

    def __call__(self) -> Mapping[str, int]:
        import torch
        from torch.nn import functional

        places = (functional.relu, torch.matmul)
        for what, place in zip(self.seen, places, strict=True):
            collector: list[int] = getattr(place, "collector", [])
            self.total[what] += int(sum(collector[self.seen[what] :]))
            self.seen[what] = len(collector)
        return self.total


def _in_code() -> Mapping[str, int]:
    """Return what ultralytics-thop has counted of products outside its modules."""
    from torch.overrides import _get_current_function_mode_stack

    stack: list[Any] = _get_current_function_mode_stack()  # type: ignore[no-untyped-call]  # torch has no types there
    for mode in stack:
        state = getattr(mode, "state", None)
        if isinstance(state, dict) and "ops" in state:
            return {FUNCTIONS: int(state["ops"])}
    return {}


@contextmanager
def torch_restored() -> Iterator[None]:
    """Put back what a counter replaced in torch; both leave some of it behind."""
    import torch
    from torch.nn import functional

    places = [(module, dict(vars(module))) for module in (torch, functional)]
    own = {name: vars(torch.Tensor).get(name) for name in PATCHED}
    try:
        yield
    finally:
        for module, before in places:
            for name, value in before.items():
                if getattr(module, name) is not value:
                    setattr(module, name, value)
        for name, value in own.items():
            if value is None and name in vars(torch.Tensor):
                delattr(torch.Tensor, name)
