"""What the lectures name and draw without a figure, and what is shipped for it."""

from __future__ import annotations

from typing import Literal

from archcalc.records import NamedTuple

CS231N = "CS231n lecture 9"
CNN = "CNN Architectures lecture"
BOTH = f"{CS231N}; {CNN}"


class Named(NamedTuple):
    """A name on a slide, and the network or layer that it stands for here."""

    said: str
    name: str
    cite: str = CNN
    kind: Literal["network", "layer"] = "network"


NAMED = (
    Named("VGG-19", "vgg19", BOTH),
    Named("Network in Network", "nin", BOTH),
    Named("Inception-v3", "inception-v3"),
    Named("Inception-v4", "inception-v4", BOTH),
    Named("Inception-ResNet", "inception-resnet-v2"),
    Named("SE-Inception", "se-inception"),
    Named("SE-ResNet", "se-resnet50"),
    Named("Wide ResNet", "wide-resnet"),
    Named("ResNeXt", "resnext"),
    Named("DenseNet", "densenet"),
    Named("MobileNet", "mobilenet-v1"),
    Named("ShuffleNet", "shufflenet-v1"),
    Named("NAS (RL)", "nas-rl"),
    Named("EfficientNet", "efficientnet"),
    Named("20-layer", "plain20", CS231N),
    Named("56-layer", "plain56", CS231N),
    Named("sigmoid", "sigmoid", kind="layer"),
    Named("tanh", "tanh", kind="layer"),
    Named("ReLU", "relu", kind="layer"),
    Named("leaky ReLU", "leaky_relu", kind="layer"),
    Named("PReLU", "prelu", kind="layer"),
    Named("ELU", "elu", kind="layer"),
    Named("SELU", "selu", kind="layer"),
)
