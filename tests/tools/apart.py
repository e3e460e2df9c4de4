"""Counters of other frameworks, each in an environment of its own: a long run.

    python tests/tools/apart.py            all of them; downloads about 1 GB
    python tests/tools/apart.py paddle     one of them

What they say of every layer with a module that they have goes into
`tests/data/counted_apart.json`, which tests and documentation read.
`--python NAME=FILE` takes an environment that is there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("oracles", "support")]
RECORDED = ROOT / "tests" / "data" / "counted_apart.json"
SCRIPTS = ROOT / "tests" / "oracles" / "apart"
PINNED = {
    "paddle": ("paddlepaddle==3.3.1", "numpy==2.2.6", "setuptools"),
    "tensorflow": ("tensorflow-cpu==2.21.0", "keras==3.15.1"),
    "jax": ("jax==0.10.2", "jaxlib==0.10.2"),
}
BATCHES = (1, 2)


def cases() -> list[dict[str, Any]]:
    """Return every layer that is one module of torch with one input, in plain data."""
    from counted_layers import CASES

    from archcalc.layers.base import Module

    found = []
    for case in CASES:
        call = case.layer.torch(*case.inputs)
        if not isinstance(call, Module) or len(case.inputs) != 1:
            continue
        if call.before or call.wrap != "{}" or call.after not in (None, "x[0]"):
            continue
        given = dict(call.kwargs)
        if call.target == "nn.Upsample":
            given["axes"] = len(case.inputs[0]) - 1
        plain = {"target": call.target, "args": [*call.args], "kwargs": given}
        plain |= {"text": case.text, "input": [*case.inputs[0]]}
        plain["output"] = [*case.output]
        found += [{**plain, "batch": batch} for batch in BATCHES]
    return found


def environment(name: str) -> Path:
    """Return the Python of a tool's environment, made where it is not there."""
    folder = ROOT / "build" / "apart" / name
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run(
            [python, "-m", "pip", "install", "-q", *PINNED[name]], check=True
        )
    return python


def counted(name: str, python: Path) -> dict[str, dict[str, Any]]:
    """Return what a tool says, by layer and batch; nothing of what it has not."""
    asked = cases()
    lines = "".join(f"{json.dumps(case)}\n" for case in asked)
    done = subprocess.run(
        [python, SCRIPTS / f"with_{name}.py"],
        input=lines,
        capture_output=True,
        encoding="utf-8",
        check=True,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    told = [json.loads(line) for line in done.stdout.splitlines() if line[:1] == "{"]
    found: dict[str, dict[str, Any]] = {}
    for case, said in zip(asked, told, strict=True):
        if "none" in said:
            print(f"{name}: {case['text']}: {said['none']}", file=sys.stderr)
        else:
            found.setdefault(case["text"], {})[str(case["batch"])] = said["count"]
    return found


def main() -> None:
    """Run the tools that are named, or all, and write what they say."""
    given = [word for word in sys.argv[1:] if "=" in word]
    pythons = dict(word.split("=", 1) for word in given)
    names = [word for word in sys.argv[1:] if word in PINNED] or [*PINNED]
    recorded = json.loads(RECORDED.read_text("utf-8")) if RECORDED.exists() else {}
    for name in names:
        python = Path(pythons[name]) if name in pythons else environment(name)
        layers = counted(name, python)
        recorded[name] = {"pinned": [*PINNED[name]], "layers": layers}
    text = json.dumps(dict(sorted(recorded.items())), indent=1)
    RECORDED.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
