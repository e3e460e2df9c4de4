"""Run the PyTorch code of shipped networks beside the reference build, at full size.

    python tests/tools/exported.py               # every network
    python tests/tools/exported.py vgg16 resnet50

Both get the same random weights and inputs; a line for each network whose outputs
differ, then the counts. It takes seconds and gigabytes a network.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path

HERE = Path(__file__).parents[1]
sys.path[:0] = [str(HERE / folder) for folder in ("oracles", "support", "writers")]

from test_torch_code import same_numbers  # noqa: E402  # after the paths

import archcalc  # noqa: E402
from archcalc.language.library import shipped  # noqa: E402

LARGEST = 1_000_000_000
"""Parameters of the largest network that is run; larger ones need too much memory."""


def main(names: list[str]) -> int:
    """Run the networks; return how many differ."""
    equal, large, differ = 0, 0, 0
    for name in names or shipped():
        network = archcalc.load(name)
        if network.analyze().total.params > LARGEST:
            large += 1
            print(f"{name}: not run, it has too many parameters", flush=True)
            continue
        try:
            same_numbers(network)
            equal += 1
        except AssertionError as error:
            differ += 1
            print(f"{name}: {error}", flush=True)
        gc.collect()
    print(f"{equal} networks with equal outputs, {differ} differ, {large} not run")
    return differ


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
