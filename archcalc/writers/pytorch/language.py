"""How PyTorch code looks. The words of layers are the records that layers give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archcalc.graph.graph import Graph
from archcalc.layers.records.calls import POSITIONS, USUAL, kind_of
from archcalc.writers.language import Language, Lowered, Step, Weight, Words
from archcalc.writers.names import listed
from archcalc.writers.text import lines

TAKEN = listed(
    "T_destination add_module apply bfloat16 buffers call_super_init children compile "
    "cpu cuda double dump_patches eval extra_repr float forward get_buffer "
    "get_extra_state get_parameter get_submodule half ipu load_state_dict "
    "modules mtia named_buffers named_children named_modules named_parameters "
    "parameters register_backward_hook register_buffer register_forward_hook "
    "register_forward_pre_hook register_full_backward_hook "
    "register_full_backward_pre_hook register_load_state_dict_post_hook "
    "register_load_state_dict_pre_hook register_module register_parameter "
    "register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ "
    "set_extra_state set_submodule share_memory state_dict to to_empty train training "
    "type xpu zero_grad self"
)
"""Attributes of `nn.Module` (torch 2.13.0), which a layer must not hide."""
TIE = [
    "def tie(model: nn.Module, path: str, other: str) -> None:",
    '    """Make a weight of a model the same tensor as another."""',
    '    owner, _, name = path.rpartition(".")',
    '    lender, _, lent = other.rpartition(".")',
    "    value = getattr(model.get_submodule(lender), lent)",
    "    setattr(model.get_submodule(owner), name, value)",
]


class PyTorch(Language):
    """PyTorch: a `nn.Module` for each block."""

    def lower(self, graph: Graph) -> Words:
        found: dict[int, Lowered] = {}
        for node in graph.nodes[len(graph.inputs) :]:
            if not node.aux:
                shapes, layer = graph.input_shapes(node), node.layer
                names = [*layer.weights(*shapes), *layer.buffers(*shapes)]
                weights = {name: Weight(name) for name in names}
                read = tuple(range(len(shapes)))
                found[node.index] = (Step(layer.torch(*shapes), read, weights),)
        return Words(found)

    def kind(self, target: str) -> str:
        return kind_of(target)

    def imports(self, used: set[str]) -> Iterator[str]:
        if "torch" in used:
            yield "import torch"
        if "F" in used:
            yield "import torch.nn.functional as F"
        yield "from torch import Tensor, nn"

    def constructor(self, taken: Sequence[str]) -> Iterator[str]:
        yield from lines(f"def __init__({', '.join(('self', *taken))}) -> None:", 1)
        yield "        super().__init__()"

    def chain(self, modules: str) -> str:
        return f"nn.Sequential({modules})"

    def optional(self, name: str, flag: str, text: str) -> Iterator[str]:
        yield f"self.{name}: nn.Module = nn.Identity()"
        yield f"if {flag}:"
        yield f"    self.{name} = {text}"

    def parameter(self, name: str, sizes: Sequence[str]) -> Iterator[str]:
        yield f"self.{name} = nn.Parameter(torch.zeros({', '.join(sizes)}))"

    def buffer(self, name: str, sizes: Sequence[str], code: str) -> Iterator[str]:
        made = ", ".join(sizes) if sizes else "(), dtype=torch.long"
        yield f"self.{name}: Tensor"
        yield f'self.register_buffer("{name}", {code or f"torch.zeros({made})"})'

    def spread(self, text: str, batch: str, rank: int) -> str:
        plain = text if text.endswith((")", "]")) else f"({text})"
        return f"{plain}.expand({batch}.shape[0]{', -1' * rank})"

    def inside(self, path: str, place: int) -> str:
        return f"{path}.{place}"

    def at(self, text: str, place: int) -> str:
        return f"{text}[{place}]"

    def ties(self, pairs: list[tuple[str, str]]) -> tuple[list[str], list[str]]:
        statements = [f"tie(self, {mine!r}, {theirs!r})" for mine, theirs in pairs]
        return (TIE if pairs else []), statements

    def frozen(self, paths: list[str]) -> list[str]:
        owners = [
            f"self.get_parameter({path!r})" if "." in path else f"self.{path}"
            for path in paths
        ]
        return [f"{owner}.requires_grad_(False)" for owner in owners]


PYTORCH = PyTorch(
    title="PyTorch",
    channels="first",
    base="nn.Module",
    call="forward",
    tensor="Tensor",
    training="self.training",
    taken=TAKEN,
    names=listed("torch nn F Tensor tie"),
    often={"stride": 1, "padding": 0, "dilation": 1, "groups": 1},
    positions=POSITIONS,
    defaults=USUAL,
)
