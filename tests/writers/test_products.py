"""Layer tables for SCALE-Sim and workloads for ZigZag: no operation is lost.

The sums are computed from the text by the formulas of the two simulators, which are
written here once more; `-m peers` has the simulators themselves read the text.
"""

from __future__ import annotations

from math import ceil, prod
from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import archcalc as run
from peers import library
from samples import zoo

import archcalc
from archcalc import Network, UsageError
from archcalc.writers.products.loops import products_of

REFUSED = {"mamba-130m", "mixtral-8x7b"}
"""Networks with a step that cannot be taken apart: a loop, sizes that values decide."""


@pytest.mark.parametrize("name", zoo())
def test_no_multiply_accumulate_is_lost(name: str) -> None:
    network = archcalc.load(name)
    if name in REFUSED:
        with pytest.raises(UsageError, match="AC523"):
            products_of(network)
        return
    macs = network.analyze().total.macs
    assert sum(product.macs for product in products_of(network)) == macs
    assert sum(conv_macs(text(network, "scalesim"))) == macs
    assert sum(gemm_macs(text(network, "scalesim-gemm"))) == macs
    assert sum(loop_macs(text(network, "zigzag"))) == macs


def text(network: Network, to: str) -> str:
    found = archcalc.export(network, to=to)
    assert isinstance(found, str)
    return found


def rows(table: str) -> list[tuple[str, list[int]]]:
    """Return the lines of a table: each ends with a comma, the first is a header."""
    found = []
    for line in table.splitlines()[1:]:
        name, *sizes, end = line.split(",")
        assert not end
        found.append((name, [int(size) for size in sizes]))
    return found


def conv_macs(table: str) -> list[int]:
    """Return the operations of each line: ⌈(n - k + s)/s⌉ positions, as SCALE-Sim has."""
    found = []
    for name, (height, width, rows_, columns, into, out, stride) in rows(table):
        assert rows_ <= height
        assert columns <= width
        high = ceil((height - rows_ + stride) / stride)
        wide = ceil((width - columns + stride) / stride)
        found.append(high * wide * rows_ * columns * into * out)
        assert "DP" not in name or name.endswith("_DP")
    return found


def gemm_macs(table: str) -> list[int]:
    return [prod(sizes) for _, sizes in rows(table)]


def loop_macs(workload: str) -> list[int]:
    """Return the operations of each layer; sizes of inputs follow from the loops."""
    found = []
    for number, layer in enumerate(yaml.safe_load(workload)):
        assert layer["id"] == number
        size = dict(zip(layer["loop_dims"], layer["loop_sizes"], strict=True))
        assert all(f"[{dim.lower()}]" in layer["equation"] for dim in size)
        assert all(source <= number for source in layer["operand_source"].values())
        found.append(prod(size.values()))
    return found


SPEC = """
name: a
input: [4, 12, 9]
layers:
  - {name: DP, conv: 6, kernel: 3, stride: 2, pad: 1}
  - {name: deep, dwconv: 2, kernel: 3, pad: half}
  - {name: grouped, conv: 8, kernel: [3, 1], groups: 2, dilation: 2}
  - {name: two, conv: 4, kernel: 2, stride: [1, 2]}
  - {name: up, deconv: 3, kernel: 2, stride: 2}
  - {name: last, fc: 5}
"""


def test_lines_of_scalesim() -> None:
    """Worked out by hand: 12×9 → 6×5 → 6×5 → 2×5 → 1×2 → 2×4 positions."""
    network = archcalc.loads(SPEC)
    assert rows(text(network, "scalesim")) == [
        ("Dp", [13, 11, 3, 3, 4, 6, 2]),
        ("deep_DP", [8, 7, 3, 3, 6, 2, 1]),
        ("grouped_1", [4, 5, 3, 1, 6, 4, 1]),
        ("grouped_2", [4, 5, 3, 1, 6, 4, 1]),
        ("two", [2, 1, 1, 1, 32, 4, 1]),
        ("up", [2, 1, 1, 1, 4, 12, 1]),
        ("last", [1, 1, 1, 1, 24, 5, 1]),
    ]
    assert rows(text(network, "scalesim-gemm"))[1] == ("deep_1", [30, 2, 9])


def test_layers_of_zigzag() -> None:
    network = archcalc.loads(SPEC)
    layers = yaml.safe_load(text(network, "zigzag"))
    grouped = layers[2]
    assert grouped["dimension_relations"] == ["iy=1*oy+2*fy", "ix=1*ox+2*fx"]
    assert grouped["loop_sizes"] == [2, 4, 6, 2, 5, 3, 1]
    assert (grouped["pr_loop_sizes"], grouped["padding"]) == ([6, 5], [[0, 0], [0, 0]])
    assert layers[0]["pr_loop_sizes"] == [11, 9]  # the last row of 12 meets no window
    assert [one["operand_source"].get("I") for one in layers] == [None, 0, 1, 2, 3, 4]


def test_the_command_says_what_is_lost(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run(capsys, monkeypatch, "export", "lenet5", "--to", "scalesim")
    assert done.code == 0
    assert done.out == text(archcalc.load("lenet5"), "scalesim")
    assert "left out" in done.err
    done = run(capsys, monkeypatch, "export", "lenet5", "--to", "zigzag")
    assert "left out" in done.out.split("- id")[0]


TOOLS = ["lenet5", "mobilenet-v2", "resnext", "c3d", "vit", "crnn"]


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # SCALE-Sim closes no file
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", TOOLS)
def test_scalesim_reads_the_tables(name: str, tmp_path: Path) -> None:
    topology = library("scalesim", "scalesim.topology_utils").topologies
    network = archcalc.load(name)
    path = tmp_path / "net.csv"
    for to in ("scalesim", "scalesim-gemm"):
        path.write_text(text(network, to))
        read: Any = topology()
        read.load_arrays(str(path), mnk_inputs=to == "scalesim-gemm")
        read.topo_calc_hyperparams()
        macs = sum(row[2] for row in read.layers_calculated_hyperparams)
        assert macs == network.analyze().total.macs


def zigzag(module: str) -> Any:
    """Return a module of ZigZag's readers."""
    return library("zigzag-dse", f"zigzag.parser.{module}")


@pytest.mark.peers
@pytest.mark.parametrize("name", TOOLS)
def test_zigzag_reads_the_workload(name: str) -> None:
    parser = zigzag("workload_validator")
    factory = zigzag("workload_factory")
    mapping = [{"name": "default", "spatial_mapping": {"D1": ["K, 32"]}}]
    mapping[0]["memory_operand_links"] = {"O": "O", "W": "I2", "I": "I1"}
    maps = zigzag("mapping_validator").MappingValidator(mapping)
    assert maps.validate()
    network = archcalc.load(name)
    read = parser.WorkloadValidator(yaml.safe_load(text(network, "zigzag")))
    assert read.validate()
    made = factory.WorkloadFactory(read.normalized_data, maps.normalized_data).create()
    macs = sum(node.total_mac_count for node in made.layer_node_list)
    assert macs == network.analyze().total.macs
