"""Attention over tokens: to themselves or to others, masked, with fewer keys."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple

from archcalc.errors import ShapeError
from archcalc.layers.activation import softmax_work
from archcalc.layers.base import (
    Call,
    Extra,
    Function,
    Layer,
    Saved,
    Shape,
    Work,
    check_divides,
    is_one,
    numbers,
    numel,
    times,
)
from archcalc.layers.combine import mismatch
from archcalc.layers.fields import (
    FieldError,
    Flag,
    Probability,
    Size,
    WholeField,
)
from archcalc.layers.kept import NOT_YET
from archcalc.sizes.dims import Dim, at_least, product, same

if TYPE_CHECKING:
    from archcalc.layers.strides import Ints, Laid

SizeOrNone = Annotated[Dim | None, WholeField(1)]
SOFTENED, APART = "weights after softmax", "heads before they are joined"
HIDDEN = "hidden tokens"
SOURCES = ("q", "k", "v")
PACKED = "queries, keys and values"
WHAT = ("queries", "keys", "values")
NEEDED = ((1,), (0,), (0, 1))
"""Whose gradients need the queries, the keys and the values."""
Moments = Iterator[list[Extra]]


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


def not_yet(output: Shape) -> Extra:
    """Return what an output takes off, where it is not made yet."""
    return Extra(NOT_YET, each=-numel(output))


class Read(NamedTuple):
    """What attention reads: how many queries and keys, over which leading axes.

    `width` and `depth` are the features of a head of queries and of values, `groups`
    the heads of keys and values, `keys` those of the cache too.
    """

    lead: Shape
    queries: Dim
    keys: Dim
    width: Dim
    depth: Dim
    groups: Dim
    mask: Shape | None


class Attention(Layer):
    """Scaled dot-product attention (Vaswani 2017, section 3.2), `heads` of them.

    Shape: `(N, 3D) -> (N, D)`: queries, keys and values side by side, as one `linear`
    of 3D makes them; a `linear` of D usually follows. With `q`, `k` and `v`, names of
    steps or steps of their own, `(N, D), (M, D), (M, E) -> (N, E)`: what `k` and `v`
    read may be other tokens; without `q` the step before has the queries. Axes before
    the tokens (windows, frames) are attended each by itself. Both products count,
    2·N²·D multiply-accumulates, whatever is hidden: `causal` hides later tokens,
    `local: 9` those that are 9 or more away, and `mask` names what is added to the
    scores `(heads, N, M)`. `kv_heads` are fewer heads of keys and values, each read by
    several of queries; `past` tokens more stand in a cache of keys and values.
    `scale: false` leaves 1/√width out. Backward keeps queries, keys, values and the
    weights after softmax; with `dropout`, noise and what is left of the weights too.
    """

    key = "attention"
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
    )

    heads: Size
    causal: Flag = False
    kv_heads: SizeOrNone = None
    local: SizeOrNone = None
    past: SizeOrNone = None
    dropout: Probability = 0  # type: ignore[assignment]  # no fraction where none is
    scale: Flag = True

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
            is_one(m) or same(m, n)
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

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        found = self.read(*inputs)
        scores = product(self.scores(found))
        kept, read = self.sides(found, *inputs)
        kept.append(Extra("attention weights", each=scores))
        if self.dropout:
            noise = Extra("noise of dropped weights", each=scores, training=True)
            kept += [noise, noise._replace(what="weights that are left")]
        if self.hides:
            size = found.queries * found.keys
            kept.append(Extra(HIDDEN, once=size, width=1))
        return Saved(inputs=tuple(read), extras=tuple(kept))

    def sides(self, found: Read, *inputs: Shape) -> tuple[list[Extra], list[int]]:
        """Return what is made of queries, keys and values, and which are read as are.

        Heads are set apart by a copy, unless there is one of them or one token.
        """
        if self.is_plain(*inputs):
            return [Extra(PACKED, each=numel(inputs[0]))], []
        lead = product(found.lead) * self.heads
        sizes = (found.queries * found.width, found.keys * found.width)
        values = found.keys * found.depth
        made, read = [], []
        several = not is_one(self.heads) or len(inputs) < 3
        for place, size in enumerate((*sizes, values)):
            tokens = found.queries if place == 0 else found.keys
            moved = several and not (len(inputs) > 2 and is_one(tokens))
            if moved or (place and self.remade):
                needed = NEEDED[place] if len(inputs) > 2 else ()
                made.append(Extra(WHAT[place], each=lead * size, only_for=needed))
            else:
                read.append(place)
        return made, read

    @property
    def remade(self) -> bool:
        """Say whether keys and values are repeated, or put behind a cache."""
        return self.kv_heads is not None or self.past is not None

    def is_plain(self, *inputs: Shape) -> bool:
        """Say whether all three lie side by side, as many heads of each."""
        return len(inputs) < 3 and not self.remade

    def workspace(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        """After softmax, when heads are joined, when tokens are hidden, with a cache.

        Heads are joined by a copy, unless there is one of them or one token.
        """
        found, saved = self.read(*inputs), self.saved(output, *inputs)
        kept = [e for e in saved.extras if e.what in (PACKED, *WHAT)]
        scores = Extra("attention weights", each=product(self.scores(found)))
        moments = [[*kept, scores, scores._replace(what=SOFTENED)]]
        if not is_one(output[-2]) and not is_one(self.heads):
            moments.append([*kept, scores, Extra(APART, each=numel(output))])
        if self.hides:
            masked = scores._replace(what="scores without hidden tokens")
            hidden = Extra(HIDDEN, once=found.queries * found.keys, width=1)
            moments.append([*kept, scores, masked, hidden, not_yet(output)])
        return [*moments, *self.put_together(output, found, kept)]

    def put_together(self, output: Shape, found: Read, kept: list[Extra]) -> Moments:
        """Yield the moments at which values are put behind a cache, and repeated."""
        if self.past is None:
            return
        each = product(found.lead) * found.groups * found.depth
        cache = Extra("cached values", each=each * self.past)
        if self.kv_heads is None:
            yield [*kept, cache, not_yet(output)]
            return
        whole = Extra("values of all tokens", each=each * found.keys)
        yield [*kept[:-1], cache, whole, not_yet(output)]
        yield [*kept, whole, not_yet(output)]

    def may_gather(self, inputs: int) -> int:
        """Not a mask, nor what lies side by side: its parts are copied anyway."""
        return 3 if inputs > 2 else 0

    def gathers(self, x: Laid) -> bool:
        return is_one(self.heads) or is_one(x.sizes[-2])

    def written(self, output: Ints, *inputs: Laid) -> Laid | None:
        """Heads are made one after the other, then set side by side."""
        *lead, tokens, features = output
        (heads,) = numbers((self.heads,))
        sizes = (*lead, tokens, heads, features // heads)
        axes = len(lead)
        order = (*range(axes), axes + 1, axes, axes + 2)
        return inputs[0].anew(sizes, order).regrouped(output)

    # -- torch -------------------------------------------------------------------------

    def torch(self, *inputs: Shape) -> Call:
        found = self.read(*inputs)
        axes = len(found.lead) + 2
        width, steps = found.width, [*self.split(found, *inputs)]
        root = f" * {width} ** -0.5" if self.scale else ""
        steps.append(f"a = q @ k.transpose(-2, -1){root}")
        if found.mask is not None:
            stretched = ", ".join("None" for _ in range(axes + 1 - len(found.mask)))
            at = f"[:, {stretched}]" if stretched else ""
            steps.append(f"a = a + xs[{len(inputs) - 1}]{at}")
        if self.hides:
            hidden = f"a.masked_fill({self.hidden(found)}, float('-inf'))"
            steps.append(f"a = {hidden}")
        weights = "a.softmax(-1)"
        if self.dropout:
            weights = f"F.dropout({weights}, {float(self.dropout):g}, p.training)"
        swapped = f"transpose({axes - 1}, {axes}).flatten({axes})"
        code = f"({weights} @ v).{swapped}"
        return Function(code, steps=tuple(steps), trains=bool(self.dropout))

    def split(self, found: Read, *inputs: Shape) -> Iterator[str]:
        """Yield the statements that make queries, keys and values, heads apart."""
        axes, heads, groups = len(found.lead) + 2, self.heads, found.groups
        if self.is_plain(*inputs):
            order = (axes, 0, *range(1, axes - 1), axes + 1, axes - 1, axes + 2)
            split = f"x.unflatten({axes}, (3, {heads}, {found.width}))"
            yield f"q, k, v = {split}.permute{order}.contiguous().unbind(0)"
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
            if name != "q" and self.kv_heads is not None:
                own = f"{own}.repeat_interleave({heads // groups}, {axes - 1})"
            elif name == "q" or self.past is None:
                own = f"{own}.contiguous()"
            yield f"{name} = {own}"

    def hidden(self, found: Read) -> str:
        """Return the expression of the tokens that a query does not see."""
        size = f"torch.ones({found.queries}, {found.keys}"
        ones = f"{size}, dtype=torch.bool, device=x.device)"
        before = found.keys - found.queries
        if self.local is None:
            return f"{ones}.triu({before + 1})"
        later = before + (1 if self.causal else self.local)
        return f"{ones}.triu({later}) | {ones}.tril({before - self.local})"
