"""What every key of the language means, in the words that an editor shows."""

from __future__ import annotations

SECTIONS = {
    "archcalc": "Version of the language: 1. The newest where it is left out.",
    "name": "The network's name.",
    "title": "What the network is called in full.",
    "family": "The family that `archcalc list` puts it into.",
    "paper": "Where the network was published.",
    "notes": "For people: what the source says and what was chosen.",
    "tags": "Words to find it by.",
    "accuracy": "Published accuracies, in per cent.",
    "input": "Sizes without the batch: [C, H, W], [C, L], [C, D, H, W], [N, D] or [F]. "
    "A name stays a symbol. Several named inputs stand in a mapping.",
    "outputs": "Names of the steps whose results leave the network, in that order; a "
    "step in a group by its path: group.step. The last step where it is left out.",
    "params": "Numbers, true or false, words or lists for the whole file; "
    "`--set name=value` overrides them.",
    "variants": "Named sets of params: `net:variant`.",
    "aliases": "Further names of a shipped file's variants.",
    "defaults": "Arguments for every step of a kind.",
    "blocks": "Templates of steps with params of their own.",
    "layers": "The steps, in order.",
    "expect": "Figures that hold, figures known to be wrong, and budgets.",
    "lint": "What the file asks of its lint.",
}
COMMON = {
    "name": "Names the step, for `from`, `share` and `expect`.",
    "from": "Takes its input from an earlier step instead of the one before; a list "
    "for layers of several inputs.",
    "repeat": "How often; repetitions are name.1, name.2, … and `i` is their number.",
    "first": "Arguments that differ in the first repetition.",
    "last": "Arguments that differ in the last repetition.",
    "when": "A condition; the step is left out where it is false.",
    "note": "For people.",
    "share": "Uses the weights of an earlier step, which are counted once.",
}
FOLLOWERS = {
    "norm": "A normalization that follows as a step of its own, or none.",
    "act": "An activation that follows as a step of its own, or none.",
}
STRUCTURES = {
    "residual": "Steps whose result is added to a shortcut.",
    "use": "Writes out a block; its params are siblings.",
    "aux": "A side head: the main flow goes on unchanged; outside inference totals.",
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
COPIES = "How many branches of equal steps, with weights of their own; `i` counts them."
BLOCK = {
    "params": "Params of the block; `required` where there is no default. One that "
    "holds the name of a step stands for it: `from: keys`.",
    "inputs": "Names of the tensors that enter, for a block that takes several.",
    "layers": "The block's steps.",
    "note": "For people.",
}
ARGUMENTS = {
    "affine": "Whether a weight and a bias a channel are learned.",
    "alpha": "The value that negative inputs approach, negated.",
    "axes": "Axes, by name (channels, h, w, tokens, features, …), or counted from 0 "
    "without the batch, or from the end below 0.",
    "axis": "The axis, by name (channels, h, w, tokens, features, …), or counted from "
    "0 without the batch, or from the end below 0.",
    "bias": "Whether a bias is added.",
    "biases": "How many bias vectors a gate has: 2 as in torch, 1, or 0.",
    "bidirectional": "Whether it runs in both directions.",
    "bounds": "Where the part begins and where it ends, the end left out.",
    "causal": "Whether a token attends to earlier ones alone.",
    "channels": "Channels that are added in front and behind, or dropped as a whole.",
    "count": "How many tokens.",
    "count_pad": "Whether padding counts as values of the mean.",
    "dilation": "Distance between the positions that a kernel reads.",
    "dim": "Values of each vector.",
    "end": "How much is added at the end, where that differs.",
    "factor": "By how much each side grows or shrinks.",
    "form": "The exact function, or its approximation by tanh.",
    "grid": "Height and width of the tokens as an image.",
    "groups": "Into how many groups the channels are divided.",
    "heads": "How many heads, which divide the width.",
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
    "part": "Which of the pieces, from 0.",
    "pieces": "Into how many equal pieces, or the size of each.",
    "power": "The power of the mean.",
    "rate": "The share that is dropped in training.",
    "rounding": "Whether a last window may hang over the end: floor or ceil.",
    "scale": "By how much each side grows.",
    "shift": "By how many positions.",
    "size": "The size of each axis, or how much is added to it.",
    "sizes": "The new sizes, without the batch.",
    "slope": "The slope below zero.",
    "slopes": "How many slopes are learned: one, or one for each channel.",
    "stride": "Distance between windows; the kernel's size for a pool without one.",
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
    "dataset": "On what it was measured.",
    "top1": "Top-1 accuracy in per cent.",
    "top5": "Top-5 accuracy in per cent.",
    "cite": "Where the figure is printed.",
    "note": "For people.",
}
LINT = {
    "channels": "Channels are wanted in multiples of this (AC405).",
    "ignore": "Lint rules that do not apply to this file.",
}
EXPECTED = {
    "at": "The step, group or branch that the figure is of; the network without it.",
    "branch": "The branch that the figure is of.",
    "variant": 'For which variant; "*" for the network and every variant.',
    "input": "For which input sizes.",
    "batch": "For which batch; 1 where it is left out.",
    "tol": "How far a printed figure may be off, such as 1%.",
    "convention": "How the source counts (`archcalc conventions`).",
    "verdict": "agrees: must hold; erratum: must not; loose: no single count gives it.",
    "cite": "Where the figure is printed.",
    "said": "What the source prints, word for word.",
    "what": "What the figure is, where its name is not enough.",
    "why": "What the slip is.",
    "note": "For people.",
    "value": "Arithmetic on the figures of `with`.",
    "with": "Names for figures of this network or others: `METRIC at LAYER of NET`.",
}
