"""Attention over tokens: to themselves or to others, masked, with fewer keys."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from archcalc.errors import ShapeError
from archcalc.layers.activation import softmax_work
from archcalc.layers.attention.gradients import back
from archcalc.layers.attention.heads import Heads, Read, unequal
from archcalc.layers.attention.kernels import Asked, Fused, Kernel, Unfused, Written
from archcalc.layers.base import (
    Call,
    Extra,
    Function,
    Layer,
    Saved,
    Shape,
    Work,
    check_divides,
    numel,
    stretches,
    times,
)
from archcalc.layers.combine import mismatch
from archcalc.layers.fields import (
    FieldError,
    Flag,
    Probability,
    Size,
    WholeField,
    WordField,
)
from archcalc.layers.records.backward import Product, Products
from archcalc.layers.records.running import Run, told
from archcalc.sizes.dims import Dim, at_least, least, product, same

if TYPE_CHECKING:
    from archcalc.layers.records.strides import Ints, Laid

SizeOrNone = Annotated[Dim | None, WholeField(1)]
SOURCES = ("q", "k", "v")
KERNELS = ("fused", "unfused")
KernelName = Annotated[Literal["fused", "unfused"], WordField(KERNELS)]


def check_tokens(x: Shape, key: str) -> None:
    """Raise `ShapeError` AC204 unless the input is tokens, `(N, D)`."""
    if len(x) != 2:
        raise ShapeError.of(
            "AC204",
            f"{key} needs tokens: a position axis and a feature axis",
            facts=[f"its input is {times(x)}"],
        )


def head_width(x: Shape, heads: Dim, key: str) -> Dim:
    """Return the features of a head, for packed queries, keys and values `(…, 3D)`.

    Raises `ShapeError` AC210 where 3 or the heads do not divide.
    """
    check_divides(3, x[-1], f"{key} reads queries, keys and values side by side")
    check_divides(heads, x[-1] // 3, "heads must divide the features")
    return x[-1] // 3 // heads


class Attention(Layer):
    """Scaled dot-product attention (Vaswani 2017, section 3.2) with several `heads`.

    Shape: `(N, 3D) -> (N, D)`: queries, keys and values side by side, as one `linear`
    of 3D makes them; a `linear` of D usually follows. With `q`, `k` and `v`, names of
    steps or steps of their own, `(N, D), (M, D), (M, E) -> (N, E)`: `k` and `v` may
    read other tokens; without `q`, the queries are the step before. With axes before
    the tokens (windows, frames), attention runs in each of them separately.

    Both products count all pairs of tokens, 2·N²·D multiply-accumulates, also pairs
    that are hidden. `causal` hides later tokens, `local: 9` those that are 9 or more
    away; `mask` is added to the scores `(heads, N, M)`. With `kv_heads`, several heads
    of queries share one of keys and values. `past` is a number of earlier tokens in a
    cache of keys and values. `scale: false` does not multiply by 1/√width.

    Memory is that of torch on the CPU. The fused kernel of
    `F.scaled_dot_product_attention` keeps what it reads, its output and a number for
    each query and head. With `dropout` in training, a learned mask, more axes or values
    of another width, torch runs its unfused kernel. It keeps queries, keys, values and
    the weights after softmax, in float32 at least; with `dropout` also the noise and
    the weights after it. `kernel: unfused` is attention written out, which keeps the
    same in the format of the run.
    """

    key = "attention"
    counted_since = (2,)
    sees = "all"
    role = "matrix"
    named_inputs: ClassVar[tuple[str, ...]] = (*SOURCES, "mask")
    unnamed = "q"
    words: ClassVar[dict[str, str]] = {
        "q": "What has the queries: a step's name, or steps.",
        "k": "What has the keys: a step's name, or steps.",
        "v": "What has the values: a step's name, or steps.",
        "mask": "What is added to the scores before softmax: a step's name, or steps.",
        "kv_heads": "Heads of keys and values, where they are fewer.",
        "local": "Tokens that are so far away or farther are hidden.",
        "past": "Earlier tokens whose keys and values stand in a cache.",
        "dropout": "The probability that a weight is dropped in training.",
        "scale": "Whether scores are divided by the root of a head's width.",
        "kernel": "How torch runs it: fused, as F.scaled_dot_product_attention, or "
        "unfused, written out.",
    }
    examples = (
        "{attention: 4} @ 7x48",
        "{attention: 2, causal: true} @ 7x48",
        "{attention: 4} @ 5x16, 7x16, 7x24",
        "{attention: 4, kv_heads: 2} @ 5x16, 7x8, 7x12",
        "{attention: 4, kv_heads: 1, causal: true} @ 7x24",
        "{attention: 2, local: 3} @ 3x7x12",
        "{attention: 2, past: 6, causal: true} @ 2x8, 2x8, 2x8",
        "{attention: 3, dropout: 0.1, scale: false} @ 5x12, 5x12, 5x12, 3x5x5",
        "{attention: 2} @ 4x9x24, 4x1x9x9",
        "{attention: 2, kernel: unfused} @ 7x24",
        "{attention: 2, kernel: unfused, dropout: 0.1, causal: true} @ 5x12",
    )

    heads: Size
    causal: Flag = False
    kv_heads: SizeOrNone = None
    local: SizeOrNone = None
    past: SizeOrNone = None
    dropout: Probability = 0  # type: ignore[assignment]  # no fraction where none is
    scale: Flag = True
    kernel: KernelName = "fused"
    run = Run()

    @classmethod
    def wired(cls, given: Collection[str]) -> tuple[str, ...]:
        mask = ("mask",) if "mask" in given else ()
        if not {"q", "k", "v"} & set(given):
            return ("", *mask)
        missing = [name for name in ("k", "v") if name not in given]
        if missing:
            raise FieldError(
                f"attention needs {' and '.join(missing)} too",
                "q, k and v are names of steps, or steps; without q, queries are what "
                "enters",
            )
        return ("q" if "q" in given else "", "k", "v", *mask)

    # -- what is read ------------------------------------------------------------------

    def read(self, *inputs: Shape) -> Read:
        """Return what the inputs are; raise `ShapeError` where they do not fit."""
        mask = inputs[-1] if len(inputs) in (2, 4) else None
        found = self.packed(inputs[0]) if len(inputs) < 3 else self.apart(*inputs[:3])
        found = found._replace(mask=mask)
        if self.causal and not at_least(found.keys, found.queries):
            raise mismatch(
                f"{found.queries} queries cannot be the last of {found.keys} keys, "
                "as causal has it",
                inputs,
            )
        if mask is not None:
            self.check_mask(mask, found, inputs)
        return found

    def packed(self, x: Shape) -> Read:
        """Return what is read of queries, keys and values side by side."""
        if len(x) < 2:
            check_tokens(x, self.key)
        if self.kv_heads is None:
            width = head_width(x, self.heads, self.key)
        else:
            check_divides(self.kv_heads, self.heads, "kv_heads must divide the heads")
            every = self.heads + 2 * self.kv_heads
            told = f"{self.heads} heads of queries and {self.kv_heads} each of keys"
            check_divides(every, x[-1], f"{told} and values lie side by side")
            width = x[-1] // every
        keys = self.all_keys(x)
        return Read(x[:-2], x[-2], keys, width, width, self.groups, None)

    def apart(self, q: Shape, k: Shape, v: Shape) -> Read:
        """Return what is read of queries, keys and values from three tensors."""
        inputs = (q, k, v)
        for x in inputs:
            if len(x) < 2:
                raise mismatch(
                    "attention needs tokens: a position axis and a feature axis",
                    inputs,
                    code="AC204",
                )
        leads = [x[:-2] for x in inputs]
        if len({len(x) for x in inputs}) > 1 or not all(
            same(a, b)
            for lead in leads[1:]
            for a, b in zip(leads[0], lead, strict=True)
        ):
            raise mismatch("attention needs equal axes before the tokens", inputs)
        if not same(k[-2], v[-2]):
            raise mismatch(
                f"attention needs as many values as keys: {k[-2]} and {v[-2]} differ",
                inputs,
            )
        groups = self.groups
        check_divides(groups, self.heads, "kv_heads must divide the heads")
        check_divides(self.heads, q[-1], "heads must divide the features of queries")
        what = "heads" if self.kv_heads is None else "kv_heads"
        check_divides(groups, k[-1], f"{what} must divide the features of keys")
        check_divides(groups, v[-1], f"{what} must divide the features of values")
        width = q[-1] // self.heads
        if not same(width, k[-1] // groups):
            raise mismatch(
                "attention needs heads of queries and keys of one width: "
                f"{q[-1]}/{self.heads} = {width} and "
                f"{k[-1]}/{groups} = {k[-1] // groups} differ",
                inputs,
                help=f"{{linear: {width * groups}}} for the keys",
            )
        keys = self.all_keys(k)
        return Read(leads[0], q[-2], keys, width, v[-1] // groups, groups, None)

    def all_keys(self, k: Shape) -> Dim:
        """Return how many keys there are, those of the cache too."""
        return k[-2] if self.past is None else k[-2] + self.past

    def check_mask(self, mask: Shape, found: Read, inputs: tuple[Shape, ...]) -> None:
        """Raise `ShapeError` AC201 unless a mask stretches to the scores."""
        scores = self.scores(found)
        fits = len(mask) <= len(scores) and all(
            stretches(m) or same(m, n)
            for m, n in zip(mask, scores[len(scores) - len(mask) :], strict=True)
        )
        if not fits:
            raise mismatch(
                f"the mask {times(mask)} does not stretch to the scores "
                f"{times(scores)}: heads, queries, keys",
                inputs,
            )

    def scores(self, found: Read) -> Shape:
        """Return the shape of the scores."""
        return (*found.lead, self.heads, found.queries, found.keys)

    @property
    def groups(self) -> Dim:
        """The heads of keys and values."""
        return self.heads if self.kv_heads is None else self.kv_heads

    @property
    def hides(self) -> bool:
        """Whether tokens are hidden by where they are."""
        return self.causal or self.local is not None

    def shape(self, *inputs: Shape) -> Shape:
        found = self.read(*inputs)
        return (*found.lead, found.queries, self.heads * found.depth)

    # -- figures -----------------------------------------------------------------------

    def remembers(self, *inputs: Shape) -> Dim:
        if not self.causal:
            return 0
        found = self.read(*inputs)
        return product(found.lead) * found.groups * (found.width + found.depth)

    @property
    def reach(self) -> Dim | None:
        return None if self.local is None else self.local - 1

    def after(self, past: Dim) -> Attention:
        """Those outside its window are no longer cached."""
        if not self.causal:
            return self
        seen = past if self.reach is None else least(past, self.reach)
        none = isinstance(seen, int) and seen == 0
        given = {**dict(self.items()), "past": None if none else seen}
        return Attention(**{k: v for k, v in given.items() if v is not None})

    def work(self, output: Shape, *inputs: Shape) -> Work:
        found = self.read(*inputs)
        scores, width = product(self.scores(found)), output[-1] // self.heads
        both = 2 * scores * width
        if len(inputs) > 2:
            both = scores * (found.width + found.depth)
        work = softmax_work(scores, product(self.scores(found)[:-1]))
        if found.mask is not None:
            work["add"] += scores
        return {"mac": both, **({"mul": scores} if self.scale else {}), **work}

    def backward(self, output: Shape, *inputs: Shape) -> Products:
        """The gradient of the weights is that of queries, keys and the mask alike."""
        found = self.read(*inputs)
        scores = product(self.scores(found))
        mask = (len(inputs) - 1,) if found.mask is not None else ()
        q, k, v = (0, 1, 2) if len(inputs) > 2 else (0, 0, 0)
        return (
            Product((q,), scores * found.width),
            Product((k,), scores * found.width),
            Product((q, k, *mask), scores * found.depth),
            Product((v,), scores * found.depth),
        )

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        return self.taken(*inputs).saved()

    def workspace(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        return self.taken(*inputs).workspace()

    def back(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        return back(self.taken(*inputs))

    def written(self, output: Ints, *inputs: Laid) -> Laid | None:
        """Heads are joined by a view or by a copy, which lies in a row."""
        shapes = [x.sizes[1:] for x in inputs]
        kernel = self.running(self.run._replace(laid=inputs)).taken(*shapes)
        return kernel.heads.joined(kernel.result())

    def running(self, run: Run) -> Self:
        return told(self, run)

    def with_attention(self, kernel: str) -> Self:
        return self.replace(kernel=kernel)

    def is_plain(self, *inputs: Shape) -> bool:
        """Say whether all three lie side by side, as many heads of each."""
        return len(inputs) < 3 and self.kv_heads is None and self.past is None

    def taken(self, *inputs: Shape) -> Kernel:
        """Return the kernel that runs, for what the layer is told of the run."""
        found, run = self.read(*inputs), self.run
        repeated = self.kv_heads is not None
        if self.kernel == "fused":
            repeated = repeated and unequal(found.groups, self.heads)
        plain = self.is_plain(*inputs)
        heads = Heads(found, self.heads, inputs, run, self.past, repeated, plain)
        square = self.is_square(found)
        mask = None if found.mask is None else numel(self.stretched(found))
        learned = mask is not None and run.keeps and run.gives_gradient(len(inputs) - 1)
        dropped = bool(self.dropout)
        asked = Asked(mask, learned, self.hides, square, self.scale, dropped)
        if self.kernel == "unfused":
            return Written(heads, asked)
        refused = (
            bool(found.lead),
            dropped and run.training,
            unequal(found.width, found.depth),
            learned,
            heads.unevenly(),
        )
        return Unfused(heads, asked) if any(refused) else Fused(heads, asked)

    def is_square(self, found: Read) -> bool:
        """Say whether later tokens are hidden, of as many queries as keys, alone."""
        alone = self.causal and self.local is None and found.mask is None
        return alone and not unequal(found.keys, found.queries)

    def stretched(self, found: Read) -> Shape:
        """Return the shape of a mask in which tokens are hidden too."""
        mask = found.mask or ()
        if not self.hides:
            return mask
        scores = self.scores(found)
        ones = (*(1 for _ in range(len(scores) - len(mask))), *mask)
        return (*ones[:-2], *scores[-2:])

    # -- torch -------------------------------------------------------------------------

    def torch(self, *inputs: Shape) -> Call:
        found, fused = self.read(*inputs), self.kernel == "fused"
        axes = len(found.lead) + 2
        steps = [*self.split(found, *inputs)]
        if fused:
            result = self.call(found, *inputs)
        else:
            steps += self.written_out(found, *inputs)
            weights = "a.softmax(-1)"
            if self.dropout:
                weights = f"F.dropout({weights}, {float(self.dropout):g}, p.training)"
            result = f"({weights} @ v)"
        code = f"{result}.transpose({axes - 1}, {axes}).flatten({axes})"
        return Function(code, steps=tuple(steps), trains=bool(self.dropout))

    def call(self, found: Read, *inputs: Shape) -> str:
        """Return the call of torch's own attention."""
        given = ["q", "k", "v"]
        if found.mask is not None:
            mask = self.mask(found, *inputs)
            if self.hides:
                mask += f".masked_fill({self.hidden(found)}, float('-inf'))"
            given.append(f"attn_mask={mask}")
        elif self.is_square(found):
            given.append("is_causal=True")
        elif self.hides:
            given.append(f"attn_mask={self.seen(found)}")
        if self.dropout:
            dropped = f"{float(self.dropout):g} if p.training else 0.0"
            given.append(f"dropout_p={dropped}")
        given += [] if self.scale else ["scale=1.0"]
        if unequal(found.groups, self.heads):
            given.append("enable_gqa=True")
        return f"F.scaled_dot_product_attention({', '.join(given)})"

    def written_out(self, found: Read, *inputs: Shape) -> Iterator[str]:
        """Yield the statements that make scores."""
        root = f" * {found.width} ** -0.5" if self.scale else ""
        yield f"a = q @ k.transpose(-2, -1){root}"
        if found.mask is not None:
            yield f"a = a + {self.mask(found, *inputs)}"
        if self.hides:
            yield f"a = a.masked_fill({self.hidden(found)}, float('-inf'))"

    def mask(self, found: Read, *inputs: Shape) -> str:
        """Return the expression of the mask, with as many axes as the scores."""
        lacking = len(self.scores(found)) - len(found.mask or ())
        stretched = ", ".join("None" for _ in range(lacking))
        return f"xs[{len(inputs) - 1}]" + (f"[:, {stretched}]" if stretched else "")

    def split(self, found: Read, *inputs: Shape) -> Iterator[str]:
        """Yield the statements that make queries, keys and values, heads apart."""
        axes, heads, groups = len(found.lead) + 2, self.heads, found.groups
        fused = self.kernel == "fused"
        copied = "" if fused else ".contiguous()"
        if self.is_plain(*inputs):
            order = (axes, 0, *range(1, axes - 1), axes + 1, axes - 1, axes + 2)
            split = f"x.unflatten({axes}, (3, {heads}, {found.width}))"
            yield f"q, k, v = {split}.permute{order}{copied}.unbind(0)"
            return
        wide = (heads * found.width, groups * found.width, groups * found.depth)
        yield "q, k, v = " + ("xs[:3]" if len(inputs) > 2 else f"x.split({wide}, -1)")
        for name, count in (("q", heads), ("k", groups), ("v", groups)):
            width = found.depth if name == "v" else found.width
            own = f"{name}.unflatten({axes}, ({count}, {width}))"
            own = f"{own}.transpose({axes - 1}, {axes})"
            if name != "q" and self.past is not None:
                size = f"x.shape[0], {', '.join(map(str, (*found.lead, groups)))}"
                zeros = f"torch.zeros({size}, {self.past}, {width}, dtype=x.dtype"
                own = f"torch.cat(({zeros}, device=x.device), {own}), -2)"
            if name != "q" and self.kv_heads is not None and not fused:
                own = f"{own}.repeat_interleave({heads // groups}, {axes - 1})"
            elif name == "q" or self.past is None:
                own = f"{own}{copied}"
            yield f"{name} = {own}"

    def seen(self, found: Read) -> str:
        """Return the expression of the tokens that a query sees."""
        size = f"torch.ones({found.queries}, {found.keys}"
        ones = f"{size}, dtype=torch.bool, device=x.device)"
        before = found.keys - found.queries
        if self.local is None:
            return f"{ones}.tril({before})"
        last = before if self.causal else before + self.local - 1
        return f"{ones}.tril({last}).triu({before - self.local + 1})"

    def hidden(self, found: Read) -> str:
        """Return the expression of the tokens that a query does not see."""
        size = f"torch.ones({found.queries}, {found.keys}"
        ones = f"{size}, dtype=torch.bool, device=x.device)"
        before = found.keys - found.queries
        if self.local is None:
            return f"{ones}.triu({before + 1})"
        later = before + (1 if self.causal else self.local)
        return f"{ones}.triu({later}) | {ones}.tril({before - self.local})"
