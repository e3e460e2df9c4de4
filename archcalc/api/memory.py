"""The bytes of a network, and the largest batch that a memory holds."""

from __future__ import annotations

from typing import TypedDict, Unpack

from archcalc.api.given import Given, Running, network_of, weights_or_network
from archcalc.network.network import Network
from archcalc.network.rows import Level
from archcalc.reports.memory.chosen import chosen_report
from archcalc.reports.memory.decode import decode_report
from archcalc.reports.memory.fit import fit_report, room
from archcalc.reports.report import Report


class Training(TypedDict, total=False):
    """What the bytes of a batch depend on; `Network.analyze` says what each is."""

    dtype: str
    inplace: bool
    optimizer: str
    mixed: bool
    checkpoint: str
    accumulate: bool


def memory(
    network: Given,
    *,
    training: bool = False,
    timeline: bool = False,
    orders: bool = False,
    roofline: str | None = None,
    level: Level | None = None,
    rule: str = "lecture",
    **running: Unpack[Running],
) -> Report:
    """Return where the bytes of a network are: activations, peaks, training, disk.

    All figures are bytes. `training` lists one step of training in parts, `timeline`
    what is alive at each operation, `orders` what the order of branches changes, and
    `roofline` names a card (`"a100"`) and says what bounds each row there. `rule` says
    which activations count: `lecture`, `kept`, `torchsummary`, `torchinfo` or
    `convnet-burden`. `running` sets `batch`, `dtype`, `inplace`, `optimizer`, `mixed`,
    `checkpoint`, `stored` and `accumulate`.

    Raises `UsageError` for an unknown network or name, `ShapeError` where a figure
    needs numbers and a size is a symbol.

    >>> four = {row["path"]: row["bytes"] for row in archcalc.memory("vgg16").rows()}
    >>> four["peak inference"]
    25690112
    """
    found = weights_or_network(network)
    if not isinstance(found, Network):
        from archcalc.reports.weights.memory import weights_memory

        found.refuse(
            {"training": training, "timeline": timeline, "orders": orders}
            | {"roofline": roofline is not None, "level": level is not None}
            | {"rule": rule != "lecture", **dict.fromkeys(running, True)}
        )
        return weights_memory(found)
    analysis = found.analyze(**running)
    return chosen_report(
        found,
        analysis,
        level=level,
        training=training,
        timeline=timeline,
        orders=orders,
        roofline=roofline,
        rule=rule,
    )


def decode(
    network: Given,
    past: int = 1024,
    *,
    device: str | None = None,
    batch: int = 1,
    dtype: str = "float32",
) -> Report:
    """Return what the next token costs where a network generates text.

    `past` tokens came before it, in each of `batch` texts. `device` names a card, and
    the report then says how fast it can be at most. Rows have their keys as `path`:
    `macs`, `cache`, `bytes_read`, `tokens_a_second` and so on.

    Raises `UsageError` AC548 for a network that does not write token after token, and
    for an unknown network, card or name.

    >>> found = archcalc.decode("llama-3.2-1b", 1023)
    >>> {row["path"]: row["value"] for row in found.rows()}["macs"]
    1302855680
    """
    found = network_of(network)
    analysis = found.analyze(batch=batch, dtype=dtype)
    return decode_report(found, analysis, past, device)


def fit(
    network: Given,
    memory: str | int | None = None,
    *,
    device: str | None = None,
    inference: bool = False,
    **training: Unpack[Training],
) -> Report:
    """Return the largest batch whose training fits into a memory or onto a card.

    `memory` is a number of bytes or a text (`"24GiB"`, `"11.5GB"`); `device` names a
    card instead (`"rtx-4090"`, `"a100"`). `inference` counts weights and activations
    alone. `training` sets `dtype`, `inplace`, `optimizer`, `mixed`, `checkpoint` and
    `accumulate`.

    Raises `UsageError` AC547 unless one of memory and device is given, AC546 for a text
    that is no size, and for an unknown network, card or name.

    >>> archcalc.fit("resnet50", "8GiB", optimizer="adam").rows()[0]["value"]
    100
    """
    size, where = room(memory, device)
    found = network_of(network)
    analysis = found.analyze(**training)
    return fit_report(found, analysis, size, where, not inference)
