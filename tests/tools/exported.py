"""Run the PyTorch code of shipped networks beside the reference build, at full size.

    python tests/tools/exported.py               # every network
    python tests/tools/exported.py vgg16 resnet50
    python tests/tools/exported.py --record vgg16

Both get the same random weights and inputs; a line for each network whose outputs
differ, then the counts. It takes seconds and gigabytes a network. `--record` writes
what came out to `tests/data/exported.yaml`, which docs/reliability.md shows.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import yaml

HERE = Path(__file__).parents[1]
sys.path[:0] = [str(HERE / folder) for folder in ("oracles", "support", "writers")]

from test_torch_code import same_numbers  # noqa: E402  # after the paths

import archcalc  # noqa: E402
from archcalc.language.library import shipped  # noqa: E402

LARGEST = 1_000_000_000
"""Parameters of the largest network that is run; larger ones need too much memory."""


RECORD = HERE / "data" / "exported.yaml"


def main(arguments: list[str]) -> int:
    """Run the networks; return how many differ."""
    names = [name for name in arguments if name != "--record"]
    counts = {"equal": 0, "differ": 0, "too large": 0}
    for name in names or shipped():
        network = archcalc.load(name)
        try:
            if network.analyze().total.params > LARGEST:
                outcome = "too large"
                print(f"{name}: not run, it has too many parameters", flush=True)
            else:
                same_numbers(network)
                outcome = "equal"
        except AssertionError as error:
            outcome = "differ"
            print(f"{name}: {error}", flush=True)
        counts[outcome] += 1
        if "--record" in arguments:
            record(name, outcome)
        gc.collect()
    print(", ".join(f"{count} {outcome}" for outcome, count in counts.items()))
    return counts["differ"]


def record(name: str, outcome: str) -> None:
    """Write what came out of a network, in place of what was known of it."""
    known = recorded()
    known[name] = outcome
    text = yaml.safe_dump(known, sort_keys=True)
    RECORD.write_text(text, encoding="utf-8")


def recorded() -> dict[str, str]:
    """Return what came out of each network that was run."""
    if not RECORD.exists():
        return {}
    known: dict[str, str] = yaml.safe_load(RECORD.read_text(encoding="utf-8"))
    return known


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
