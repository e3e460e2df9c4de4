"""Run the Keras and JAX code of shipped networks beside the reference build.

    python tests/tools/exported_elsewhere.py               # every network; hours
    python tests/tools/exported_elsewhere.py vgg16 resnet50

All get the weights of the reference build and the same inputs: images of the smallest
side in `SIDES` that the network takes, else of its own size. A line for each network is
written when it is done; the last run of each is kept in `tests/evidence/exports.json`,
from which `docs/generated/exports.md` is made. Needs `pip install -e '.[peers]'`, and
`flax` for JAX.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parents[1]
sys.path[:0] = [str(HERE / folder) for folder in ("oracles", "support")]

import archcalc  # noqa: E402  # after the paths
from archcalc.language.library import shipped  # noqa: E402

RECORD = HERE / "evidence" / "exports.json"
PAGE = HERE.parent / "docs" / "generated" / "exports.md"
LANGUAGES = {
    "Keras, channels last": ("keras", "last"),
    "Keras, channels first": ("keras", "first"),
    "JAX": ("jax", "last"),
}
SIDES = (64, 96, 128, 160)
LARGEST = 400_000_000
"""Parameters of the largest network that is run: three builds of it are in memory."""


def smallest(name: str) -> archcalc.Network:
    """Return a network for the smallest image that it takes."""
    network = archcalc.load(name)
    (shape, *others) = (network.graph.nodes[i].shape for i in network.graph.inputs)
    if others or len(shape) != 3:
        return network
    for side in SIDES:
        if side >= shape[-1]:
            break
        try:
            small = archcalc.load(name, input=(shape[0], side, side))
            small.graph.need_heads()
        except archcalc.ArchcalcError:
            continue
        return small
    return network


def refusal(network: archcalc.Network, to: str, channels: str) -> str | None:
    """Return why a network cannot be written, None where it can."""
    try:
        archcalc.export(network, to, channels=channels)
    except archcalc.UsageError as error:
        text = str(error).partition("\n")[0].partition(": ")[2]
        return text.replace(" cannot be written in", ": not in", 1)
    return None


def outcome(name: str, to: str, channels: str) -> str:
    """Run a network; return `equal`, or why it is not."""
    from beside_torch import same_numbers

    network = archcalc.load(name)
    if said := refusal(network, to, channels):
        return f"refused: {said}"
    if network.analyze().total.params > LARGEST:
        return "written, not run: too large"
    try:
        small = smallest(name)
        same_numbers(small, to, channels)
    except AssertionError as error:
        return f"differs: {' '.join(str(error).split())[:160]}"
    shapes = [small.graph.nodes[i].shape for i in small.graph.inputs]
    return f"equal at {', '.join('×'.join(map(str, shape)) for shape in shapes)}"


def page(record: dict[str, dict[str, str]]) -> str:
    """Return the page of a record."""
    lines = [
        "# Code for Keras and JAX, beside PyTorch",
        "",
        "<!-- written by tests/tools/exported_elsewhere.py -->",
        "",
        "The code of each network was run with random weights, copied from the",
        "reference build in PyTorch, on a batch of two random inputs. *Equal* means",
        "that all weights have PyTorch's shapes, with axes exchanged, that there are",
        "no others, and that the outputs are equal to 2·10⁻⁴ of each value and 2·10⁻⁵",
        "of the largest one, in float32.",
        "",
    ]
    for title in LANGUAGES:
        kinds = Counter(
            outcomes[title].partition(":")[0].partition(" at ")[0]
            for outcomes in record.values()
            if title in outcomes
        )
        counts = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        lines.append(f"- {title}: {counts or 'not run'}")
    lines += ["", f"| network | {' | '.join(LANGUAGES)} |"]
    lines.append("|---|" + "---|" * len(LANGUAGES))
    for name, outcomes in sorted(record.items()):
        cells = [outcomes.get(title, "not run") for title in LANGUAGES]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def main(names: list[str]) -> int:
    """Run the networks; return how many differ."""
    record = json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else {}
    differ = 0
    chosen = [name for name in names if name in LANGUAGES]
    wanted = [name for name in names if name not in LANGUAGES] or [*shipped()]
    for name in wanted:
        for title in chosen or LANGUAGES:
            start = time.perf_counter()
            said = outcome(name, *LANGUAGES[title])
            differ += said.startswith("differs")
            record.setdefault(name, {})[title] = said
            seconds = time.perf_counter() - start
            print(f"{name}, {title}: {said} ({seconds:.0f} s)", flush=True)
            gc.collect()
            text = json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False)
            RECORD.write_text(f"{text}\n", "utf-8")
    PAGE.write_text(page(record), "utf-8")
    return differ


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
