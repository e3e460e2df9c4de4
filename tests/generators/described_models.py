"""Models in darknet's and Caffe's texts, written from the tables of their papers."""

from __future__ import annotations

from collections.abc import Iterable

HALF, SAME = 1, 0


def section(name: str, **options: object) -> str:
    """Return a section of a cfg."""
    lines = [f"{key.rstrip('_')}={value}" for key, value in options.items()]
    return "\n".join((f"[{name}]", *lines, ""))


def net(size: int, channels: int = 3) -> str:
    return section("net", batch=1, width=size, height=size, channels=channels)


def conv(
    filters: int,
    size: int,
    stride: int = 1,
    act: str = "leaky",
    bn: int = 1,
    **more: int,
) -> str:
    """Return a convolution as almost all cfg files have it."""
    norm = {"batch_normalize": 1} if bn else {}
    given = {"filters": filters, "size": size, "stride": stride, "pad": 1, **more}
    return section("convolutional", **norm, **given, activation=act)


def pool(size: int = 2, stride: int = 2) -> str:
    return section("maxpool", size=size, stride=stride)


def darknet19() -> str:
    """Redmon and Farhadi 2016 (YOLO9000), Table 6."""
    rows: list[object] = [32, "M", 64, "M", 128, -64, 128, "M", 256, -128, 256, "M"]
    rows += [512, -256, 512, -256, 512, "M", 1024, -512, 1024, -512, 1024]
    text = net(224)
    for row in rows:
        if isinstance(row, int):
            text += conv(abs(row), 3 if row > 0 else 1)
        else:
            text += pool()
    text += conv(1000, 1, act="linear", bn=0) + section("avgpool") + section("softmax")
    return text


def stages(act: str = "leaky") -> str:
    """Return Darknet-53's convolutions (Redmon and Farhadi 2018, Table 1)."""
    text = conv(32, 3, act=act)
    for width, count in ((64, 1), (128, 2), (256, 8), (512, 8), (1024, 4)):
        text += conv(width, 3, 2, act)
        for _ in range(count):
            text += conv(width // 2, 1, act=act) + conv(width, 3, act=act)
            text += section("shortcut", from_=-3, activation="linear")
    return text


def darknet53() -> str:
    text = net(256) + stages() + section("avgpool")
    return text + conv(1000, 1, act="linear", bn=0) + section("softmax")


def yolo(*_: object) -> str:
    return section("yolo", classes=80)


def head(width: int, boxes: int = 255) -> str:
    """Return six convolutions and the boxes of one scale of YOLOv3."""
    text = "".join(conv(width // 2, 1) + conv(width, 3) for _ in range(3))
    return text + conv(boxes, 1, act="linear", bn=0) + yolo()


def yolov3(size: int = 416) -> str:
    """Redmon and Farhadi 2018, with 80 classes."""
    text = net(size) + stages()
    for width, back in ((512, 61), (256, 36)):
        text += head(2 * width) + section("route", layers=-4)
        text += conv(width // 2, 1) + section("upsample", stride=2)
        text += section("route", layers=f"-1, {back}")
    return text + head(256)


def yolov3_tiny() -> str:
    text = net(416)
    for width in (16, 32, 64, 128, 256):
        text += conv(width, 3) + pool()
    text += conv(512, 3) + pool(2, 1) + conv(1024, 3) + conv(256, 1) + conv(512, 3)
    text += conv(255, 1, act="linear", bn=0) + yolo() + section("route", layers=-4)
    text += conv(128, 1) + section("upsample", stride=2)
    text += section("route", layers="-1, 8") + conv(256, 3)
    return text + conv(255, 1, act="linear", bn=0) + yolo()


def yolov4_tiny() -> str:
    """CSP blocks of half the channels, taken with `groups` of a route."""
    text = net(416) + conv(32, 3, 2) + conv(64, 3, 2)
    for width in (64, 128, 256):
        text += conv(width, 3)
        text += section("route", layers=-1, groups=2, group_id=1)
        text += conv(width // 2, 3) * 2 + section("route", layers="-1,-2")
        text += conv(width, 1) + section("route", layers="-6,-1") + pool()
    text += conv(512, 3) + conv(256, 1) + conv(512, 3)
    text += conv(255, 1, act="linear", bn=0) + yolo() + section("route", layers=-4)
    text += conv(128, 1) + section("upsample", stride=2)
    text += section("route", layers="-1, 23") + conv(256, 3)
    return text + conv(255, 1, act="linear", bn=0) + yolo()


def tiny_yolo_v2() -> str:
    text = net(416)
    for width in (16, 32, 64, 128, 256):
        text += conv(width, 3) + pool()
    text += conv(512, 3) + pool(2, 1) + conv(1024, 3) + conv(512, 3)
    return text + conv(425, 1, act="linear", bn=0) + section("region", classes=80)


# -- Caffe -----------------------------------------------------------------------------


class Net:
    """A prototxt, layer by layer; `at` is the top that comes next."""

    def __init__(self, name: str, *shape: int) -> None:
        dims = " ".join(f"input_dim: {n}" for n in (1, *shape))
        self.text = f'name: "{name}"\ninput: "data"\n{dims}\n'
        self.at = "data"

    def layer(
        self,
        name: str,
        kind: str,
        bottoms: Iterable[str] = (),
        top: str = "",
        **given: object,
    ) -> str:
        """Append a layer; parameters as `convolution_param={"num_output": 3}`."""
        params = "".join(
            f"  {key} {{ {' '.join(f'{k}: {v}' for k, v in values.items())} }}\n"
            for key, values in given.items()
            if isinstance(values, dict)
        )
        read = "".join(f'  bottom: "{b}"\n' for b in (*bottoms,) or (self.at,))
        self.at = top or name
        self.text += f'layer {{\n  name: "{name}"\n  type: "{kind}"\n{read}'
        self.text += f'  top: "{self.at}"\n{params}}}\n'
        return self.at

    def conv(self, name: str, out: int, kernel: int = 1, **more: object) -> str:
        """Append a convolution and a ReLU in place."""
        given = {"num_output": out, "kernel_size": kernel, **more}
        top = self.layer(name, "Convolution", convolution_param=given)
        return self.layer(f"{name}_relu", "ReLU", (top,), top)

    def pool(self, name: str, kernel: int, stride: int, word: str = "MAX") -> str:
        given = {"pool": word, "kernel_size": kernel, "stride": stride}
        return self.layer(name, "Pooling", pooling_param=given)

    def dense(self, name: str, out: int) -> str:
        return self.layer(name, "InnerProduct", inner_product_param={"num_output": out})

    def norm(self, name: str) -> str:
        top = self.at
        self.layer(f"{name}_bn", "BatchNorm", (top,), top)
        return self.layer(f"{name}_scale", "Scale", (top,), top, scale_param=BIASED)


BIASED = {"bias_term": "true"}


def alexnet() -> str:
    """Krizhevsky 2012 in one tower of two groups, as BVLC trained it."""
    net = Net("AlexNet", 3, 227, 227)
    lrn = {"local_size": 5, "alpha": 0.0001, "beta": 0.75}
    net.conv("conv1", 96, 11, stride=4)
    net.layer("norm1", "LRN", lrn_param=lrn)
    net.pool("pool1", 3, 2)
    net.conv("conv2", 256, 5, pad=2, group=2)
    net.layer("norm2", "LRN", lrn_param=lrn)
    net.pool("pool2", 3, 2)
    net.conv("conv3", 384, 3, pad=1)
    net.conv("conv4", 384, 3, pad=1, group=2)
    net.conv("conv5", 256, 3, pad=1, group=2)
    net.pool("pool5", 3, 2)
    for name, out in (("fc6", 4096), ("fc7", 4096)):
        top = net.dense(name, out)
        net.layer(f"relu{name}", "ReLU", (top,), top)
        net.layer(f"drop{name}", "Dropout", (top,), top)
    net.dense("fc8", 1000)
    net.layer("prob", "Softmax")
    return net.text


def vgg16() -> str:
    """Simonyan and Zisserman 2014, configuration D."""
    net = Net("VGG_16", 3, 224, 224)
    for stage, (width, count) in enumerate(
        ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)), 1
    ):
        for i in range(1, count + 1):
            net.conv(f"conv{stage}_{i}", width, 3, pad=1)
        net.pool(f"pool{stage}", 2, 2)
    for name in ("fc6", "fc7"):
        top = net.dense(name, 4096)
        net.layer(f"relu{name}", "ReLU", (top,), top)
    net.dense("fc8", 1000)
    net.layer("prob", "Softmax")
    return net.text


def squeezenet() -> str:
    """Iandola 2016, version 1.0: pools round up."""
    net = Net("SqueezeNet", 3, 227, 227)
    net.conv("conv1", 96, 7, stride=2)
    net.pool("pool1", 3, 2)
    for number, (squeeze, expand) in enumerate(
        (
            (16, 64),
            (16, 64),
            (32, 128),
            (32, 128),
            (48, 192),
            (48, 192),
            (64, 256),
            (64, 256),
        ),
        2,
    ):
        fire = f"fire{number}"
        small = net.conv(f"{fire}/squeeze1x1", squeeze)
        one = net.conv(f"{fire}/expand1x1", expand)
        net.at = small
        three = net.conv(f"{fire}/expand3x3", expand, 3, pad=1)
        net.layer(f"{fire}/concat", "Concat", (one, three))
        if number in (4, 8):
            net.pool(f"pool{number}", 3, 2)
    net.layer("drop9", "Dropout", (), net.at)
    net.conv("conv10", 1000)
    net.layer(
        "pool10", "Pooling", pooling_param={"pool": "AVE", "global_pooling": "true"}
    )
    net.layer("prob", "Softmax")
    return net.text


def resnet50() -> str:
    """He 2015: the stride on the first 1×1, BatchNorm and Scale in place."""
    net = Net("ResNet-50", 3, 224, 224)

    def conv(
        name: str, out: int, kernel: int, stride: int, pad: int, relu: bool
    ) -> str:
        given = {"num_output": out, "kernel_size": kernel, "stride": stride, "pad": pad}
        param = {**given, "bias_term": "false"}
        net.layer(name, "Convolution", convolution_param=param)
        top = net.norm(name)
        return net.layer(f"{name}_relu", "ReLU", (top,), top) if relu else top

    conv("conv1", 64, 7, 2, 3, relu=True)
    net.pool("pool1", 3, 2)
    for stage, (width, count) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3)), 2):
        for i in range(count):
            name, entering = f"res{stage}{'abcdef'[i]}", net.at
            stride = 2 if i == 0 and stage > 2 else 1
            shortcut = entering
            if i == 0:
                shortcut = conv(f"{name}_1", 4 * width, 1, stride, 0, relu=False)
            net.at = entering
            conv(f"{name}_2a", width, 1, stride, 0, relu=True)
            conv(f"{name}_2b", width, 3, 1, 1, relu=True)
            last = conv(f"{name}_2c", 4 * width, 1, 1, 0, relu=False)
            net.layer(name, "Eltwise", (shortcut, last))
            net.layer(f"{name}_relu", "ReLU", (name,), name)
    net.pool("pool5", 7, 1, "AVE")
    net.dense("fc1000", 1000)
    net.layer("prob", "Softmax")
    return net.text
