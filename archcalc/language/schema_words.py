"""What every key of the language means, in the words that an editor shows."""

from __future__ import annotations

SECTIONS = {
    "archcalc": "Version of the language: 1. The newest if omitted.",
    "name": "The network's name.",
    "title": "The full name of the network.",
    "family": "The family that `archcalc list` puts it into.",
    "task": "What the network is made for: a word, or several in brackets.",
    "paper": "Where the network was published.",
    "notes": "Notes for readers: what the source says and what was chosen.",
    "tags": "Keywords.",
    "accuracy": "Published accuracies, in per cent.",
    "input": "Sizes without the batch: [C, H, W], [C, L], [C, D, H, W], [N, D] or [F]. "
    "A name stays a symbol. Several named inputs stand in a mapping.",
    "outputs": "The steps whose results are the outputs, in order; a step in a group "
    "by its path: group.step. If omitted, the last step.",
    "frozen": "The steps whose parameters are not trained, by their paths: "
    "`backbone`, `encoder.*.norm`. `*` stands for any characters.",
    "params": "Numbers, true or false, words or lists for the whole file; "
    "`--set name=value` overrides them.",
    "variants": "Named sets of params: `net:variant`.",
    "aliases": "Further names of a shipped file's variants.",
    "defaults": "Arguments for every step of a kind.",
    "blocks": "Templates of steps with params of their own.",
    "layers": "The steps, in order.",
    "expect": "Figures that hold, figures known to be wrong, and budgets.",
    "lint": "Settings of lint for this file.",
}
COMMON = {
    "name": "Names the step, for `from`, `share` and `expect`.",
    "from": "Takes its input from an earlier step instead of the one before; a list "
    "for layers of several inputs.",
    "repeat": "How many times; the repetitions are name.1, name.2, …, and `i` is "
    "their number.",
    "first": "Arguments that differ in the first repetition.",
    "last": "Arguments that differ in the last repetition.",
    "when": "A condition; if it is false, the step is left out.",
    "note": "A note for readers.",
    "share": "Uses the weights of an earlier step, which are counted once.",
    "frozen": "Whether training leaves the parameters of the step, and of all in it, "
    "as they are.",
    "lora": "Adds matrices of a low rank that are trained in place of the layer's own. "
    "A rank, or {rank: 8, alpha: 16, dropout: 0.1}; for attention with `on: [q, v]`.",
}
LORA = {
    "rank": "Rows of the first matrix, columns of the second.",
    "alpha": "Their product is scaled by alpha / rank; the rank if omitted.",
    "dropout": "The share of the input that is dropped in training.",
    "on": "Which inputs of an attention are adapted; q and v if omitted.",
}
FOLLOWERS = {
    "norm": "A normalization that follows as a step of its own, or none.",
    "act": "An activation that follows as a step of its own, or none.",
}
STRUCTURES = {
    "residual": "Steps whose result is added to a shortcut.",
    "use": "Uses a block; its params stand beside this key.",
    "aux": "A side head: the main path continues unchanged, and the head does not "
    "count in inference.",
    "stage": "A named group of steps, with a subtotal.",
}
SHORTCUT = (
    "What the body is added to: identity, projection (a 1×1 convolution with the "
    "body's stride), identity-or-projection, identity-or-none, identity-or-pad, steps."
)
BRANCHES = (
    "Branch names with their steps (or identity), or a list of earlier steps: `m.*` "
    "are all repetitions of m. With `branches`, the steps of each."
)
COPIES = (
    "How many branches with the same steps, each with its own weights; `i` counts them."
)
BLOCK = {
    "params": "Params of the block; `required` if there is no default. A param can "
    "hold the name of a step: `from: keys`.",
    "inputs": "Names of the tensors that enter, for a block that takes several.",
    "layers": "The block's steps.",
    "note": "A note for readers.",
}
ARGUMENTS = {
    "affine": "Whether each channel has a learned weight and bias.",
    "alpha": "The value that negative inputs approach, negated.",
    "axes": "Axes, by name (channels, h, w, tokens, features, …), or counted from 0 "
    "without the batch, or from the end below 0.",
    "axis": "The axis, by name (channels, h, w, tokens, features, …), or counted from "
    "0 without the batch, or from the end below 0.",
    "bias": "Whether a bias is added.",
    "biases": "How many bias vectors a gate has: 2 as in torch, 1, or 0.",
    "bidirectional": "Whether it runs in both directions.",
    "bounds": "Where the part begins and where it ends; the end itself is not "
    "included.",
    "causal": "Whether a token attends only to itself and to earlier ones.",
    "channels": "Channels that are added in front and behind, or dropped as a whole.",
    "count": "How many tokens.",
    "count_pad": "Whether padding counts as values of the mean.",
    "dilation": "Distance between the positions that a kernel reads.",
    "dim": "Values of each vector.",
    "end": "How much is added at the end, if that differs.",
    "factor": "By how much each side grows or shrinks.",
    "form": "The exact function, or its approximation by tanh.",
    "grid": "Height and width of the tokens as an image.",
    "groups": "Into how many groups the channels are divided.",
    "heads": "How many heads; the width is divisible by it.",
    "hidden": "Values of the hidden state.",
    "index": "Which position, from 0, or from the end below 0.",
    "keep": "Whether the axes stay, with size 1.",
    "kernel": "Size of the window: one number, [1, 7] or 1x7.",
    "layers": "How many layers on top of each other.",
    "mode": "How values between positions are found, or beyond the edge.",
    "multiplier": "Output channels for each input channel.",
    "num": "How many vectors.",
    "offset": "Where the part begins on each axis.",
    "out": "Output channels or features.",
    "output_pad": "Positions that are added at the end of the output.",
    "over": "What is normalized together.",
    "pad": "Padding on both sides: a number, a list, `half` (of the kernel), `same` "
    "(output ⌈n/s⌉) or `valid` (none).",
    "pad_end": "Padding at the end of each axis, if it differs from `pad`, which is "
    "then the padding at the beginning.",
    "part": "Which of the pieces, from 0.",
    "pieces": "Into how many equal pieces, or the size of each.",
    "power": "The power of the mean.",
    "rate": "The share that is dropped in training.",
    "rounding": "Whether a last window may extend past the end: floor or ceil.",
    "scale": "By how much each side grows: a factor, or one for each axis.",
    "shift": "By how many positions.",
    "size": "The size of each axis, or how much is added to it.",
    "sizes": "The new sizes, without the batch.",
    "slope": "The slope below zero.",
    "slopes": "How many slopes are learned: one, or one for each channel.",
    "stride": "Distance between windows; for a pool, the kernel size if omitted.",
}
PAPER = {
    "authors": "Authors.",
    "title": "Title.",
    "year": "Year.",
    "venue": "Conference or journal.",
    "url": "Where it can be read.",
}
ACCURACY = {
    "variant": "Which variant was measured.",
    "dataset": "The data that it was measured on.",
    "top1": "Top-1 accuracy in per cent.",
    "top5": "Top-5 accuracy in per cent.",
    "cite": "Where the figure is printed.",
    "note": "A note for readers.",
}
LINT = {
    "channels": "Channels should be a multiple of this (AC405).",
    "ignore": "Lint rules that do not apply to this file.",
}
EXPECTED = {
    "at": "The step, group or branch of the figure; if omitted, the network.",
    "branch": "The branch of the figure.",
    "variant": 'For which variant; "*" for the network and every variant.',
    "input": "For which input sizes.",
    "batch": "For which batch; 1 if omitted.",
    "dtype": "In which number format; float32 if omitted.",
    "tol": "How far a printed figure may be off, such as 1%.",
    "convention": "How the source counts (`archcalc conventions`).",
    "verdict": "agrees: must hold; erratum: must not; loose: no single count gives it.",
    "cite": "Where the figure is printed.",
    "said": "What the source prints, word for word.",
    "what": "What the figure is, if its name is not enough.",
    "why": "Why the figure is wrong.",
    "note": "A note for readers.",
    "value": "Arithmetic on the figures of `with`.",
    "with": "Names for figures of this network or others: `METRIC at LAYER of NET`.",
}
