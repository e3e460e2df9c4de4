"""torchinfo's summary of torchvision's ResNet-152, as a script would print it.

With the argument `meta`, on the meta device: no weight is drawn, no value computed.
"""

import sys

import torch
from torchinfo import summary

# torchvision's import describes two compiled operators, which a wheel for another
# build of torch does not bring.
stubs = torch.library.Library("torchvision", "FRAGMENT")
for name in ("nms", "qnms"):
    stubs.define(f"{name}(Tensor boxes, Tensor scores, float threshold) -> Tensor")

from torchvision.models import resnet152  # noqa: E402  # after the two operators

device = sys.argv[1] if len(sys.argv) > 1 else "cpu"
with torch.device(device):
    model = resnet152()
summary(model, input_size=(1, 3, 224, 224), device=device)
