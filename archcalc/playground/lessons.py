"""Seven short lessons, from the size of one output to a small network.

A lesson is a spec with blanks and what must hold once they are filled. The blanks stand
in `layers`, so that there is no table to read the answer from before one has tried;
what must hold stands in `expect`, where the engine checks it as in any other spec.
"""

from __future__ import annotations

from archcalc.errors import unknown
from archcalc.records import dataclass, field

BLANK = "___"
"""What stands for a value to be filled in; as a step, for one step or several."""


@dataclass(frozen=True, slots=True)
class Hint:
    """Figures of a row whose rules are the hint; `words` where there is no rule."""

    at: str = ""
    figures: tuple[str, ...] = ()
    words: str = ""


@dataclass(frozen=True, slots=True)
class Lesson:
    """One lesson; `answers` fill the blanks, each in the order of the text.

    `advice` is what helps where an expectation of a figure fails, by the figure's key.
    """

    id: str
    title: str
    text: tuple[str, ...]
    question: str
    spec: str
    answers: tuple[str, ...]
    hint: Hint
    done: str
    advice: dict[str, str] = field(default_factory=dict)

    @property
    def solved(self) -> str:
        """The spec with its blanks filled in."""
        text = self.spec
        for answer in self.answers:
            text = text.replace(BLANK, answer, 1)
        return text


LESSONS: tuple[Lesson, ...] = (
    Lesson(
        id="output-size",
        title="A convolution's output size",
        text=(
            "A spec has a `name`, the sizes of its `input` (channels, height and "
            "width) and a list of `layers`. `{conv: 96, kernel: 11}` is a convolution "
            "with 96 filters of 11×11.",
            "A filter moves over the picture by its stride. Each position gives one "
            "value, and each filter gives one channel of the output.",
            "These are the first two layers of AlexNet. What stands under `expect` is "
            "checked while you type.",
        ),
        question="Which strides turn 227×227 into 55×55, and then into 27×27?",
        spec="""\
name: output-size
input: [3, 227, 227]            # channels, height, width
layers:
  - {name: conv1, conv: 96, kernel: 11, stride: ___}
  - {name: pool1, maxpool: 3, stride: ___}
expect:
  - {at: conv1, shape: [96, 55, 55]}
  - {at: pool1, shape: [96, 27, 27]}
""",
        answers=("4", "2"),
        hint=Hint("conv1", ("height",)),
        done="The same rule gives the output size of convolutions and of pooling.",
        advice={"shape": "A larger stride gives a smaller output."},
    ),
    Lesson(
        id="parameters",
        title="Parameters of a layer",
        text=(
            "A filter of 11×11 over 3 channels has 11·11·3 weights, and one bias. "
            "Pooling takes the largest value and learns nothing.",
            "A fully connected layer (`fc`) has a weight for each input and output, "
            "and a bias for each output. Its input is flattened first.",
        ),
        question=(
            "How many filters has a convolution with 34,944 parameters, and how many "
            "outputs a fully connected layer with 699,850?"
        ),
        spec="""\
name: parameters
input: [3, 227, 227]
layers:
  - {name: conv1, conv: ___, kernel: 11, stride: 4}
  - {name: pool1, maxpool: 3, stride: 2}
  - {name: scores, fc: ___}
expect:
  - {at: conv1, params: 34_944}
  - {at: pool1, params: 0}
  - {at: scores, params: 699_850}
""",
        answers=("96", "10"),
        hint=Hint("conv1", ("weight", "bias", "params")),
        done=(
            "The ten outputs have twenty times as many parameters as the convolution: "
            "in many networks most parameters are in fully connected layers."
        ),
        advice={
            "params": "Count the bias too: one for each filter or output.",
        },
    ),
    Lesson(
        id="padding",
        title="Padding and stride",
        text=(
            "Without padding, a convolution makes its input smaller, because a filter "
            "has to lie inside. `pad: 1` adds a row or column of zeros on each side.",
            "The next layers of AlexNet keep height and width by padding; only pooling "
            "makes them smaller.",
        ),
        question=(
            "Which paddings keep the size with a kernel of 5 and of 3, and which "
            "stride of the pooling gives 13×13?"
        ),
        spec="""\
name: padding
input: [96, 27, 27]
layers:
  - {name: conv2, conv: 256, kernel: 5, pad: ___}
  - {name: pool2, maxpool: 3, stride: ___}
  - {name: conv3, conv: 384, kernel: 3, pad: ___}
expect:
  - {at: conv2, shape: [256, 27, 27]}
  - {at: pool2, shape: [256, 13, 13]}
  - {at: conv3, shape: [384, 13, 13]}
""",
        answers=("2", "2", "1"),
        hint=Hint("conv2", ("height",)),
        done=(
            "With stride 1, an odd kernel keeps the size with half of it as padding, "
            "rounded down. `pad: half` says just that."
        ),
        advice={
            "shape": "Padding is added on both sides; the stride divides what is left.",
        },
    ),
    Lesson(
        id="bottleneck",
        title="Inception's bottleneck",
        text=(
            "An Inception module runs branches beside each other, and joins their "
            "channels (`concat`). With 3×3 and 5×5 filters over all 256 channels, the "
            "module of the lecture needs 854M multiply-accumulates (MACs).",
            "A 1×1 convolution before them makes fewer channels, so that the large "
            "filters have less to multiply. One after the pooling makes the output "
            "smaller.",
        ),
        question=(
            "How many channels do the three 1×1 convolutions have, if 480 channels "
            "leave the module and it needs at most 300M MACs?"
        ),
        spec="""\
name: bottleneck
input: [256, 28, 28]
layers:
  - name: inception
    concat:
      1x1: [{conv: 128, kernel: 1}]
      3x3: [{conv: ___, kernel: 1}, {conv: 192, kernel: 3, pad: 1}]
      5x5: [{conv: ___, kernel: 1}, {conv: 96, kernel: 5, pad: 2}]
      pool: [{maxpool: 3, stride: 1, pad: 1}, {conv: ___, kernel: 1}]
expect:
  - {at: inception, shape: [480, 28, 28]}
  - {macs: "<= 300M"}
""",
        answers=("64", "64", "64"),
        hint=Hint("inception.3x3.conv2", ("MACs",)),
        done=(
            "With 64 channels in each bottleneck the module needs 271M MACs, a third "
            "of the 854M without them."
        ),
        advice={
            "shape": "The channels of all branches are added up: 128 + 192 + 96 + …",
            "macs": "Fewer channels before the 3×3 and the 5×5 filters cost less.",
        },
    ),
    Lesson(
        id="residual",
        title="Residual shapes",
        text=(
            "A residual block adds its input to what its body computes. Values are "
            "added one by one, so both must have the same shape.",
            "Where the body changes the shape, a 1×1 convolution on the shortcut (a "
            "projection) changes it in the same way.",
        ),
        question="Which channels and which stride make both sides 128×28×28?",
        spec="""\
name: residual
input: [64, 56, 56]
layers:
  - name: block
    residual:
      - {conv: 128, kernel: 3, stride: 2, pad: 1, act: relu}
      - {conv: ___, kernel: 3, pad: 1}
    shortcut:
      - {conv: ___, kernel: 1, stride: ___}
    act: relu
expect:
  - {at: block, shape: [128, 28, 28]}
""",
        answers=("128", "128", "2"),
        hint=Hint("block.shortcut.conv", ("channels", "height")),
        done=(
            "`shortcut: identity-or-projection` does this by itself: it projects only "
            "where the shapes differ."
        ),
        advice={"shape": "The body halves height and width once, in its first layer."},
    ),
    Lesson(
        id="receptive-field",
        title="Receptive field of three 3×3",
        text=(
            "The receptive field is the part of the input that one output value can "
            "see. A second convolution sees the fields of its neighbours too, so the "
            "field grows from layer to layer.",
            "VGG uses several small filters where earlier networks had one large "
            "filter: a 7×7 convolution from 64 to 64 channels has 49·64·64 = 200,704 "
            "weights. `repeat: 2` writes a layer twice.",
        ),
        question=(
            "Which kernel, how often repeated, sees 7×7 with only 110,592 weights?"
        ),
        spec="""\
name: receptive-field
input: [64, 56, 56]
layers:
  - {name: conv, conv: 64, kernel: ___, pad: half, bias: false, act: relu, repeat: ___}
expect:
  - {receptive_field: 7}
  - {params: 110_592}
""",
        answers=("3", "3"),
        hint=Hint(
            words="field = 1 + (k − 1)·j for each layer, added up; j is the product "
            "of the strides before it, here 1"
        ),
        done=(
            "Three 3×3 convolutions see as much as one 7×7, with 27·C² instead of "
            "49·C² weights, and three nonlinear functions instead of one."
        ),
        advice={
            "receptive_field": "Each layer with stride 1 adds its kernel less one.",
            "params": "A layer with kernel k has k·k·64·64 weights here.",
        },
    ),
    Lesson(
        id="memory",
        title="Where memory goes",
        text=(
            "Early layers hold most of the values that a network computes, because "
            "their pictures are large. Fully connected layers at the end hold most of "
            "the parameters, because each input has a weight for each output.",
            "So pooling makes the picture smaller early on, and `gap` (global average "
            "pooling) leaves one value for each channel before the last layer.",
            "Now write the middle of a network yourself. Put as many steps in the "
            "place of the blank as you like, one a line: `- {maxpool: 2}`, `- {conv: "
            "64, kernel: 3, pad: half, act: relu}`, `- gap`.",
        ),
        question=(
            "Which steps give a network with four layers with weights, at most 60,000 "
            "parameters and at most 300 kB of values?"
        ),
        spec="""\
name: small
input: [3, 32, 32]
layers:
  - {name: conv1, conv: 32, kernel: 3, pad: half, act: relu}
  - ___
  - {name: scores, fc: 10}
expect:
  - {at: scores, shape: [10]}
  - {depth: ">= 4"}
  - {params: "<= 60k"}
  - {activation_bytes: "<= 300kB"}
""",
        answers=(
            "{maxpool: 2}\n"
            "  - {conv: 64, kernel: 3, pad: half, act: relu}\n"
            "  - {maxpool: 2}\n"
            "  - {conv: 64, kernel: 3, pad: half, act: relu}\n"
            "  - gap",
        ),
        hint=Hint("conv1", ("activations", "bytes")),
        done=(
            "This is a complete network for pictures of ten classes. Save it, or "
            "begin a spec of your own."
        ),
        advice={
            "depth": "Convolutions and fully connected layers have weights; pooling "
            "has none.",
            "params": "`gap` before the last layer leaves it one input a channel.",
            "activation_bytes": "Make the picture smaller before channels grow: "
            "`{maxpool: 2}` leaves a quarter of the values.",
        },
    ),
)


def lesson(id: str) -> Lesson:
    """Return a lesson by its id; raise `UsageError` for an unknown one."""
    for one in LESSONS:
        if one.id == id:
            return one
    raise unknown("AC508", "lesson", id, [one.id for one in LESSONS])
