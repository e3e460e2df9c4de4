"""Rules of usage of single commands: memory, pictures, claims, quizzes; AC53x on."""

from __future__ import annotations

from archcalc.checks.rule import Rule

FIGURES = (
    Rule(
        "AC533",
        "nothing-to-draw",
        "A format that draws networks is for reports about networks.",
        "$ archcalc list --format mermaid",
        "$ archcalc table lenet5 --format mermaid",
    ),
    Rule(
        "AC534",
        "page-needs-numbers",
        "A page with controls computes with numbers, so no size may be a symbol.",
        "$ archcalc report three-3x3 --input C,H,W   # as a page",
        "$ archcalc report three-3x3 --input 8x8x8   # as a page",
    ),
    Rule(
        "AC540",
        "unknown-optimizer",
        "The optimizer is unknown.",
        "$ archcalc memory lenet5 --optimizer adan",
        "$ archcalc memory lenet5 --optimizer adam",
    ),
    Rule(
        "AC541",
        "memory-needs-numbers",
        "Memory is counted for tensors of numbers, so every size must be a number.",
        "$ archcalc fit three-3x3 --input C,H,W --device a100",
        "$ archcalc fit three-3x3 --input 8,8,8 --device a100",
    ),
    Rule(
        "AC542",
        "unknown-checkpointing",
        "Checkpointing must be `blocks`, `stages` or `none`.",
        "$ archcalc memory lenet5 --checkpoint layers",
        "$ archcalc memory lenet5 --checkpoint stages",
    ),
    Rule(
        "AC549",
        "unknown-attention-kernel",
        "The kernel of attention must be `fused` or `unfused`.",
        "$ archcalc memory vit:ti-16 --attention flash",
        "$ archcalc memory vit:ti-16 --attention unfused",
    ),
    Rule(
        "AC543",
        "unknown-device",
        "The device is unknown.",
        "$ archcalc fit lenet5 --device h1000",
        "$ archcalc fit lenet5 --device h100",
    ),
    Rule(
        "AC544",
        "no-peak-for-dtype",
        "The device has no unit for this number format.",
        "$ archcalc memory lenet5 --dtype int4 --roofline a100",
        "$ archcalc memory lenet5 --dtype float16 --roofline a100",
    ),
    Rule(
        "AC545",
        "unknown-activations-rule",
        "The rule for counting activations is unknown.",
        "$ archcalc memory lenet5 --activations-rule al",
        "$ archcalc memory lenet5   # with the usual rule",
    ),
    Rule(
        "AC546",
        "wrong-memory-size",
        "A size of memory must be a number with a unit.",
        "$ archcalc fit lenet5 --memory 24XB",
        "$ archcalc fit lenet5 --memory 24GiB",
    ),
    Rule(
        "AC547",
        "memory-or-device",
        "`fit` needs a memory or a device, and not both.",
        "$ archcalc fit lenet5",
        "$ archcalc fit lenet5 --device a100",
    ),
    Rule(
        "AC548",
        "no-token-after-token",
        "`decode` needs a network with one input of tokens, which meet in causal "
        "attention alone.",
        "$ archcalc decode vit",
        "$ archcalc decode gpt2",
    ),
    Rule(
        "AC550",
        "not-a-figure",
        "A figure to reconcile must be a number, with or without a unit.",
        "$ archcalc reconcile vgg16 many",
        "$ archcalc reconcile vgg16 138M",
    ),
    Rule(
        "AC551",
        "reconcile-needs-numbers",
        "Figures are reconciled as numbers, so every size must be a number.",
        "$ archcalc reconcile three-3x3 27k --input C,H,W",
        "$ archcalc reconcile three-3x3 110_592 --input 8x8x8",
    ),
    Rule(
        "AC552",
        "audit-of-nothing",
        "An audit needs whole files, and a verdict and a source that exist.",
        "$ archcalc audit resnet50 --only wrong",
        "$ archcalc audit resnet50 --only agree",
    ),
    Rule(
        "AC553",
        "unknown-blank",
        "A quiz cannot leave this column blank.",
        "$ archcalc quiz lenet5 --blank parms",
        "$ archcalc quiz lenet5 --blank params",
    ),
    Rule(
        "AC554",
        "tokens-before",
        "The number of tokens before the next one must be 0 to 2⁴⁰.",
        "$ archcalc decode gpt2 --past -1",
        "$ archcalc decode gpt2 --past 1023",
    ),
    Rule(
        "AC555",
        "unknown-planner",
        "No runtime of this name has a planner that can be stated.",
        "$ archcalc memory lenet5 --planner tf",
        "$ archcalc memory lenet5 --planner tflm",
    ),
    Rule(
        "AC556",
        "planner-cannot-be-stated",
        "The rules of a runtime's planner do not cover a layer or the number format.",
        "$ archcalc memory lenet5 --planner executorch --dtype int8",
        "$ archcalc memory lenet5 --planner tflm --dtype int8",
    ),
)
