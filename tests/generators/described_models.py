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


def pyramid() -> str:
    """Return three pools of one map beside it (He 2015, SPP)."""
    text = pool(5, 1) + section("route", layers=-2) + pool(9, 1)
    text += section("route", layers=-4) + pool(13, 1)
    return text + section("route", layers="-1,-3,-5,-6")


def yolov3_spp(size: int = 608) -> str:
    """YOLOv3 with a pyramid of pools before its first head (cfg/yolov3-spp.cfg)."""
    text = net(size) + stages()
    text += conv(512, 1) + conv(1024, 3) + conv(512, 1) + pyramid()
    text += (conv(512, 1) + conv(1024, 3)) * 2
    text += conv(255, 1, act="linear", bn=0) + yolo() + section("route", layers=-4)
    for width, back in ((512, 61), (256, 36)):
        text += conv(width // 2, 1) + section("upsample", stride=2)
        text += section("route", layers=f"-1, {back}") + head(width)
        text += section("route", layers=-4) if width == 512 else ""
    return text


def yolov1_tiny() -> str:
    """Nine convolutions less one, and all boxes from one layer (yolov1-tiny.cfg)."""
    text = net(448)
    for width in (16, 32, 64, 128, 256, 512):
        text += conv(width, 3) + pool()
    text += conv(1024, 3) + conv(256, 3)
    text += section("connected", output=1470, activation="linear")
    return text + section("detection", classes=20, side=7, num=2)


def tiny_darknet() -> str:
    """Narrow and wide convolutions in turn (cfg/tiny.cfg)."""
    text = net(224) + conv(16, 3) + pool() + conv(32, 3) + pool()
    for narrow in (16, 32, 64):
        text += (conv(narrow, 1) + conv(8 * narrow, 3)) * 2
        text += pool() if narrow < 64 else ""
    text += conv(128, 1) + conv(1000, 1, act="linear", bn=0)
    return text + section("avgpool") + section("softmax")


def csp(width: int, count: int) -> str:
    """Return a stage of CSPDarknet-53 of half the channels in each of two branches."""
    first = width == 64 and count == 1
    half, inner = (64, 32) if first else (width // 2, width // 2)
    text = conv(width, 3, 2, "mish") + conv(half, 1, act="mish")
    text += section("route", layers=-2) + conv(half, 1, act="mish")
    for _ in range(count):
        text += conv(inner, 1, act="mish") + conv(half, 3, act="mish")
        text += section("shortcut", from_=-3, activation="linear")
    text += conv(half, 1, act="mish")
    text += section("route", layers=f"-1,-{3 * count + 4}")
    return text + conv(width, 1, act="mish")


def yolov4(size: int = 608) -> str:
    """Bochkovskiy 2020: CSPDarknet-53, a pyramid of pools, paths both ways."""
    text = net(size) + conv(32, 3, act="mish")
    for width, count in ((64, 1), (128, 2), (256, 8), (512, 8), (1024, 4)):
        text += csp(width, count)
    text += (conv(512, 1) + conv(1024, 3) + conv(512, 1)) + pyramid()
    text += conv(512, 1) + conv(1024, 3) + conv(512, 1)
    for width, lateral in ((256, 85), (128, 54)):
        text += conv(width, 1) + section("upsample", stride=2)
        text += section("route", layers=lateral) + conv(width, 1)
        text += section("route", layers="-1, -3")
        text += (conv(width, 1) + conv(2 * width, 3)) * 2 + conv(width, 1)
    text += conv(256, 3) + conv(255, 1, act="linear", bn=0) + yolo()
    for width, back in ((256, 16), (512, 37)):
        text += section("route", layers=-4) + conv(width, 3, 2)
        text += section("route", layers=f"-1, -{back}")
        text += (conv(width, 1) + conv(2 * width, 3)) * 3
        text += conv(255, 1, act="linear", bn=0) + yolo()
    return text


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


def caffenet() -> str:
    """BVLC's reference network: AlexNet with its pools before its norms."""
    net = Net("CaffeNet", 3, 227, 227)
    lrn = {"local_size": 5, "alpha": 0.0001, "beta": 0.75}
    net.conv("conv1", 96, 11, stride=4)
    net.pool("pool1", 3, 2)
    net.layer("norm1", "LRN", lrn_param=lrn)
    net.conv("conv2", 256, 5, pad=2, group=2)
    net.pool("pool2", 3, 2)
    net.layer("norm2", "LRN", lrn_param=lrn)
    net.conv("conv3", 384, 3, pad=1)
    net.conv("conv4", 384, 3, pad=1, group=2)
    net.conv("conv5", 256, 3, pad=1, group=2)
    net.pool("pool5", 3, 2)
    for name in ("fc6", "fc7"):
        top = net.dense(name, 4096)
        net.layer(f"relu{name}", "ReLU", (top,), top)
    net.dense("fc8", 1000)
    net.layer("prob", "Softmax")
    return net.text


INCEPTION = (
    ("3a", 64, 96, 128, 16, 32, 32),
    ("3b", 128, 128, 192, 32, 96, 64),
    ("4a", 192, 96, 208, 16, 48, 64),
    ("4b", 160, 112, 224, 24, 64, 64),
    ("4c", 128, 128, 256, 24, 64, 64),
    ("4d", 112, 144, 288, 32, 64, 64),
    ("4e", 256, 160, 320, 32, 128, 128),
    ("5a", 256, 160, 320, 32, 128, 128),
    ("5b", 384, 192, 384, 48, 128, 128),
)
"""Szegedy 2014, Table 1: 1×1, 3×3 reduced, 3×3, 5×5 reduced, 5×5, pool."""


def googlenet() -> str:
    """Szegedy 2014, Table 1, without the heads of training."""
    net = Net("GoogleNet", 3, 224, 224)
    lrn = {"local_size": 5, "alpha": 0.0001, "beta": 0.75}
    net.conv("conv1", 64, 7, pad=3, stride=2)
    net.pool("pool1", 3, 2)
    net.layer("norm1", "LRN", lrn_param=lrn)
    net.conv("conv2_reduce", 64)
    net.conv("conv2", 192, 3, pad=1)
    net.layer("norm2", "LRN", lrn_param=lrn)
    net.pool("pool2", 3, 2)
    for name, one, three_in, three, five_in, five, pooled in INCEPTION:
        start = net.at
        parts = [net.conv(f"{name}_1x1", one)]
        for kernel, reduced, out in ((3, three_in, three), (5, five_in, five)):
            net.at = start
            net.conv(f"{name}_{kernel}x{kernel}_reduce", reduced)
            parts.append(
                net.conv(f"{name}_{kernel}x{kernel}", out, kernel, pad=kernel // 2)
            )
        net.at = start
        param = {"pool": "MAX", "kernel_size": 3, "stride": 1, "pad": 1}
        net.layer(f"{name}_pool", "Pooling", pooling_param=param)
        parts.append(net.conv(f"{name}_pool_proj", pooled))
        net.layer(f"{name}_output", "Concat", parts)
        if name in ("3b", "4e"):
            net.pool(f"pool_{name}", 3, 2)
    net.pool("pool5", 7, 1, "AVE")
    net.dense("classifier", 1000)
    net.layer("prob", "Softmax")
    return net.text


def mobilenet() -> str:
    """Howard 2017, Table 1; the last layer is a convolution, as in Caffe's file."""
    net = Net("MOBILENET", 3, 224, 224)

    def conv(name: str, out: int, kernel: int = 1, **more: object) -> None:
        given = {"num_output": out, "bias_term": "false", "kernel_size": kernel, **more}
        net.layer(name, "Convolution", convolution_param=given)
        top = net.norm(name)
        net.layer(f"{name}_relu", "ReLU", (top,), top)

    conv("conv1", 32, 3, pad=1, stride=2)
    width = 32
    blocks = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)]
    for number, (out, stride) in enumerate(
        [*blocks, *[(512, 1)] * 5, (1024, 2), (1024, 1)], 2
    ):
        conv(f"conv{number}/dw", width, 3, pad=1, stride=stride, group=width)
        conv(f"conv{number}/sep", out)
        width = out
    net.layer(
        "pool6", "Pooling", pooling_param={"pool": "AVE", "global_pooling": "true"}
    )
    net.layer(
        "fc7", "Convolution", convolution_param={"num_output": 1000, "kernel_size": 1}
    )
    net.layer("prob", "Softmax")
    return net.text


def ssd300() -> str:
    """Liu 2016, Figure 2: VGG-16, four more stages, six heads of 21 classes."""
    net = Net("VGG_VOC0712_SSD_300x300", 3, 300, 300)
    for stage, (width, count) in enumerate(
        ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)), 1
    ):
        for i in range(1, count + 1):
            net.conv(f"conv{stage}_{i}", width, 3, pad=1)
        if stage < 5:
            net.pool(f"pool{stage}", 2, 2)
    param = {"pool": "MAX", "kernel_size": 3, "stride": 1, "pad": 1}
    net.layer("pool5", "Pooling", pooling_param=param)
    net.conv("fc6", 1024, 3, pad=6, dilation=6)
    net.conv("fc7", 1024)
    for number, (narrow, out, pad, stride) in enumerate(
        ((256, 512, 1, 2), (128, 256, 1, 2), (128, 256, 0, 1), (128, 256, 0, 1)), 6
    ):
        net.conv(f"conv{number}_1", narrow)
        net.conv(f"conv{number}_2", out, 3, pad=pad, stride=stride)
    net.layer("conv4_3_norm", "Normalize", ("conv4_3",), norm_param=SCALED)
    heads = (("conv4_3_norm", 4), ("fc7", 6), ("conv6_2", 6), ("conv7_2", 6))
    ends: dict[str, list[str]] = {"loc": [], "conf": []}
    for bottom, boxes in (*heads, ("conv8_2", 4), ("conv9_2", 4)):
        for kind, each in (("loc", 4), ("conf", 21)):
            name = f"{bottom}_mbox_{kind}"
            given = {"num_output": boxes * each, "pad": 1, "kernel_size": 3}
            net.layer(name, "Convolution", (bottom,), convolution_param=given)
            order = {"order": "[0, 2, 3, 1]"}
            net.layer(f"{name}_perm", "Permute", permute_param=order)
            net.layer(f"{name}_flat", "Flatten", flatten_param={"axis": 1})
            ends[kind].append(f"{name}_flat")
    for kind, tops in ends.items():
        net.layer(f"mbox_{kind}", "Concat", tops, concat_param={"axis": 1})
    return net.text


SCALED = {"across_spatial": "false", "channel_shared": "false"}
