"""Files of weights without a graph: what they say, and what is refused by name."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import Done
from commands import archcalc as command
from weight_files import PLAIN, gguf, pair, safetensors, small_gguf, sparse, text

import archcalc
from archcalc import ArchcalcError, UsageError
from archcalc.readers import source_of
from archcalc.readers.weights.record import Weights, WeightsAlone

Keep = Callable[[str, bytes], Path]
Run = Callable[..., Done]


@pytest.fixture
def keep(tmp_path: Path) -> Keep:
    """Return a function that writes bytes to a file."""

    def kept(name: str, data: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return kept


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Done]:
    """Return a function that runs a command."""
    return lambda *words: command(capsys, monkeypatch, *words)


def held(path: Any) -> Weights:
    with pytest.raises(WeightsAlone) as raised:
        archcalc.load(path)
    return raised.value.weights


def test_a_safetensors_header_gives_every_tensor(keep: Keep) -> None:
    found = held(keep("a.safetensors", safetensors(PLAIN)))
    assert [t.name for t in found.tensors] == [name for name, _, _ in PLAIN]
    assert found.values == 224 + 4 * (16 * 8 + 16 + 16) + 160 + 1
    assert found.bytes == 224 * 4 + 4 * (144 * 2 + 16 * 4) + 160 + 8
    assert {d.name: len(t) for d, t in found.by_dtype.items()} == {
        "F32": 6,
        "BF16": 8,
        "F8_E4M3": 1,
        "I64": 1,
    }


def test_ties_are_what_the_file_says(keep: Keep) -> None:
    """safetensors.torch.save_model notes whose values a name shares."""
    said = {"format": "pt", "head.weight": "words.weight"}
    data = safetensors([("words.weight", "F16", (9, 4))], said)
    path = keep("a.safetensors", data)
    assert held(path).ties == {"head.weight": "words.weight"}
    assert held(path).values == 36
    assert "head.weight is tied to words.weight" in str(archcalc.table(path))
    (part,) = archcalc.explain(path, "head.weight").parts
    assert part.name == "words.weight"


def test_dimensions_of_gguf_run_backwards(keep: Keep) -> None:
    found = held(keep("a.gguf", small_gguf()))
    assert found.says == {"architecture": "llama"}
    shapes = {t.name: t.shape for t in found.tensors}
    assert shapes["blk.1.attn_q.weight"] == (256, 512)
    # a block of Q4_K is 144 bytes for 256 values, of Q6_K 210
    assert found.values == 100 * 256 + 3 * (256 * 512 + 2 * 256)
    assert found.bytes == 100 * 210 + 3 * (512 * 144 + 2 * 256 * 4)


@pytest.mark.parametrize(("version", "order"), [(2, "<"), (3, "<"), (3, ">")])
def test_versions_and_orders_of_gguf(version: int, order: str, keep: Keep) -> None:
    pairs = [pair("general.name", 8, text("x", order), order)]
    data = gguf([("a", "F16", (5, 6))], pairs, version=version, order=order)
    found = held(keep("a.gguf", data))
    assert (found.says, found.values, found.bytes) == ({"called": "x"}, 30, 60)


def test_big_models_take_no_room(tmp_path: Path) -> None:
    """70 GB of values are never looked at."""
    path = sparse(tmp_path / "a.safetensors", [("w", "BF16", (2**17, 2**18))])
    assert path.stat().st_blocks < 64
    assert held(path).bytes == 2**36


def test_a_table_folds_equal_blocks(keep: Keep) -> None:
    path = keep("a.safetensors", safetensors(PLAIN))
    rows = archcalc.table(path, fold=True).tables[0].rows
    names = [(row.path, row.depth, row.cells[3]) for row in rows]
    assert names == [
        *[("stem", 0, 224), ("layers", 0, 640), ("layers.0", 1, 160)],
        *[("layers.0.fc", 2, 144), ("layers.0.norm", 2, 16)],
        *[("layers.1–3", 1, 480), ("head", 0, 160), ("seen", 0, 1)],
        ("total", 0, 1025),
    ]


@pytest.mark.parametrize("level", ["ops", "layers", "blocks", "stages"])
@pytest.mark.parametrize("fold", [True, False])
def test_rows_add_up_to_the_total(level: Any, fold: bool, keep: Keep) -> None:
    for path in (
        keep("a.safetensors", safetensors(PLAIN)),
        keep("a.gguf", small_gguf()),
    ):
        report = archcalc.table(path, level=level, fold=fold)
        found = held(path)
        assert sum(row["params"] for row in report.rows()) == found.values
        assert sum(row["bytes"] for row in report.rows()) == found.bytes


@pytest.mark.parametrize("dtype", ["U8", "I32", "U64", "BOOL"])
def test_whole_numbers_may_be_packed(dtype: str, keep: Keep) -> None:
    path = keep("a.safetensors", safetensors([("a", dtype, (8,)), ("b", "F32", (2,))]))
    notes = [note.text for note in archcalc.table(path).notes]
    assert [note for note in notes if f"whole numbers ({dtype})" in note]


@pytest.mark.parametrize("dtype", ["F32", "BF16", "F8_E4M3"])
def test_other_numbers_are_not_packed(dtype: str, keep: Keep) -> None:
    path = keep("a.safetensors", safetensors([("a", dtype, (8,))]))
    notes = [note.text for note in archcalc.table(path).notes]
    assert not [note for note in notes if "whole numbers" in note or "packed" in note]


@pytest.mark.parametrize(("dtype", "values"), [("U8", 512), ("BF16", 256)])
def test_weights_of_bitsandbytes_are_named(dtype: str, values: int, keep: Keep) -> None:
    # 32x32 weights in 4 bits are 512 bytes, kept as numbers of any format
    state = "fc.weight.quant_state.bitsandbytes__nf4"
    tensors = [
        *[("fc.weight", dtype, (values, 1)), ("fc.weight.absmax", "F32", (16,))],
        *[(state, "U8", (80,)), ("fc.bias", "F32", (32,))],
    ]
    path = keep("a.safetensors", safetensors(tensors))
    notes = [note.text for note in archcalc.table(path).notes]
    assert [note for note in notes if note.startswith("bitsandbytes")] == [
        "bitsandbytes packed two weights into each byte of 1 tensor: "
        f"{values} values stand for 1,024 weights."
    ]
    assert held(path).values == values + 16 + 80 + 32


def test_memory_knows_the_weights_alone(keep: Keep) -> None:
    path = keep("a.gguf", small_gguf())
    cells = {row["path"]: row["bytes"] for row in archcalc.memory(path).rows()}
    assert cells.pop("on disk") == held(path).bytes
    assert {*cells.values()} == {"not known"}


def test_a_comparison_with_a_network(keep: Keep) -> None:
    """LeNet-5's own tensors: equal parameters, half the bytes, no operations."""
    lenet = archcalc.load("lenet5").analyze()
    tensors = [
        (f"{node.name}.{name}", "F16", shape)
        for node in lenet.graph.nodes
        for name, shape in node.layer.weights(*lenet.graph.input_shapes(node)).items()
    ]
    path = keep("a.safetensors", safetensors(tensors))
    report = archcalc.compare(path, lenet, memory=True)
    rows = {row["path"]: (row["net0"], row["net1"]) for row in report.rows()}
    assert rows["parameters"] == (lenet.total.params, lenet.total.params)
    assert rows["weights on disk"][0] * 2 == rows["weights on disk"][1]
    assert rows["tensors"] == (len(tensors), len(tensors))
    assert rows["MACs"] == ("not known", lenet.total.macs)


def test_an_explanation_shows_blocks(keep: Keep) -> None:
    path = keep("a.gguf", small_gguf())
    (part,) = archcalc.explain(path, "blk.0.attn_q.weight").parts
    assert [line.formula.value for line in part.lines] == [256 * 512, 512 * 144]
    assert part.lines[0].formula.numbers() == "256·512"
    whole = archcalc.explain(path).parts[-1]
    assert whole.lines[1].formula.value == held(path).bytes


NEEDS = [
    *[["draw"], ["sweep", "--set", "a=1"], ["lock"], ["decode"], ["deck"], ["diff"]],
    *[["verify"], ["import"], ["show"], ["reconcile", "1M"]],
    *[["table", "--input", "3"], ["table", "--freeze", "a"], ["memory", "--mixed"]],
    *[
        ["table", "--formulas"],
        ["table", "--batch", "2"],
        ["table", "--columns", "macs"],
    ],
    *[["memory", "--training"], ["memory", "--batch", "8"], ["explain", "--training"]],
    *[["memory", "--planners"], ["memory", "--planner", "tflm"]],
    *[["plot"], ["export", "--to", "torch"], ["quiz"]],
]


@pytest.mark.parametrize("words", NEEDS, ids=" ".join)
def test_what_needs_the_graph_is_refused(
    words: list[str], keep: Keep, run: Run
) -> None:
    path = keep("a.safetensors", safetensors(PLAIN))
    others = [str(path)] if words[0] == "diff" else []
    done = run(words[0], str(path), *others, *words[1:])
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error[AC591]")


def test_budgets_of_parameters_and_bytes(keep: Keep) -> None:
    path = keep("a.safetensors", safetensors(PLAIN))
    good = archcalc.check(path, budgets=["params <= 1025", "disk < 3kB"])
    assert good.ok
    bad = archcalc.check(path, budgets=["params < 1025", "macs <= 1G"])
    codes = [row["code"] for row in bad.rows()]
    assert codes == ["AC301", "AC591"]
    assert "macs needs the graph" in str(bad.rows()[1])


def test_budgets_hold_for_networks_too() -> None:
    assert archcalc.check("lenet5", budgets=["params <= 100k"]).ok
    report = archcalc.check("lenet5", budgets=["params <= 10k", "depth < 2"])
    assert [row["code"] for row in report.rows()] == ["AC301", "AC301"]
    with pytest.raises(UsageError, match="did you mean params"):
        archcalc.check("lenet5", budgets=["param <= 10k"])
    with pytest.raises(UsageError, match="is not a figure"):
        archcalc.check("lenet5", budgets=["params <= ?"])


def test_parts_of_a_model_are_read_by_a_pattern(keep: Keep) -> None:
    one = keep("m-00001-of-00002.safetensors", safetensors(PLAIN[:3]))
    keep("m-00002-of-00002.safetensors", safetensors(PLAIN[3:]))
    whole = held(one.parent / "m-*-of-00002.safetensors")
    assert (whole.values, whole.says["files"]) == (1025, "2")
    assert "This is part 1 of 2" in held(one).notes[0]
    one.unlink()
    assert "1 of 2 parts are there" in held(one.parent / "m-*.safetensors").notes[0]
    with pytest.raises(UsageError, match="no file has a name like"):
        archcalc.load(one.parent / "n-*.safetensors")


def test_a_name_may_stand_under_another(keep: Keep) -> None:
    """`a` beside `a.b`, names that begin with a dot or hold two: all count once."""
    names = ("a", "a.b", "a.b.c", ".a", "..", "1", "1.w", "2.w.x", "2.w.y", "2.w")
    path = keep("a.safetensors", safetensors([(n, "U8", (1,)) for n in names]))
    for level in ("ops", "layers", "blocks", "stages"):
        for fold in (True, False):
            rows = archcalc.table(path, level=level, fold=fold).rows()  # type: ignore[arg-type]
            assert sum(row["params"] for row in rows) == len(names)


def test_bytes_of_another_revision_are_read(keep: Keep) -> None:
    """A file of git has another name than its ending says."""
    with pytest.raises(WeightsAlone) as raised:
        source_of(small_gguf(), "a.gguf", "a.gguf@HEAD")
    assert raised.value.weights.name == "a.gguf@HEAD"


def test_a_tensor_in_two_parts_is_refused(keep: Keep) -> None:
    path = keep("a.safetensors", safetensors(PLAIN))
    keep("b.safetensors", safetensors(PLAIN))
    with pytest.raises(UsageError, match=r"is in .*a.safetensors and .*b.safetensors"):
        archcalc.load(path.parent / "*.safetensors")


def test_an_index_names_files_and_opens_none(
    keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [f"model-0000{at}-of-00003.safetensors" for at in (1, 2, 3)]
    index = {name: files[at % 3] for at, (name, _, _) in enumerate(PLAIN)}
    body = {"metadata": {"total_size": 2472}, "weight_map": index}
    path = keep("model.safetensors.index.json", json.dumps(body).encode())
    opened = []
    real = os.open
    monkeypatch.setattr(os, "open", lambda p, *a: opened.append(p) or real(p, *a))
    with pytest.raises(UsageError, match="names 16 tensors in 3 files") as raised:
        archcalc.load(path)
    assert "'" in str(raised.value)
    assert "model-*-of-00003.safetensors' reads" in str(raised.value)
    assert [os.fspath(one) for one in opened] == [os.fspath(path)]


@pytest.mark.parametrize("ending", [".pt", ".pth", ".bin", ".ckpt"])
def test_a_pickle_is_refused_and_not_opened(ending: str, tmp_path: Path) -> None:
    with pytest.raises(ArchcalcError, match="it is a pickle") as raised:
        archcalc.load(tmp_path / f"a{ending}")
    assert "weights_only=True" in str(raised.value)


STATE = """\
import torch

def weights():
    with torch.device("meta"):
        words = torch.nn.Embedding(50, 8)
        head = torch.nn.Linear(8, 50, bias=False)
    head.weight = words.weight
    return torch.nn.ModuleDict({"words": words, "head": head}).state_dict()

whole = {"layers.0.weight": torch.empty(3, 4, dtype=torch.bfloat16, device="meta")}
nested = {"model": whole, "epoch": 3}
"""


def test_a_state_dict_on_meta(tmp_path: Path, run: Run) -> None:
    pytest.importorskip("torch")
    (tmp_path / "mine.py").write_text(STATE)
    found = held(f"{tmp_path}/mine.py:weights")
    assert (found.values, found.bytes) == (400, 1600)
    assert found.ties == {"head.weight": "words.weight"}
    assert held(f"{tmp_path}/mine.py:whole").bytes == 24
    with pytest.raises(UsageError, match="is of type dict, not a tensor"):
        archcalc.load(f"{tmp_path}/mine.py:nested")
    done = run("check", f"{tmp_path}/mine.py:weights", "--budget", "params <= 1k")
    assert (done.code, "AC594" in done.err) == (2, True)
    done = run(
        *("check", f"{tmp_path}/mine.py:weights", "--budget", "params <= 100"),
        "--allow-import",
    )
    assert done.code == 1
    assert "params is 400, not <= 100" in done.out


def test_a_report_is_a_page_of_tables(keep: Keep, run: Run) -> None:
    path = keep("a.safetensors", safetensors(PLAIN))
    done = run("report", str(path))
    assert "<html" in done.out
    assert "1,025" in done.out
    both = run("report", str(path), "lenet5")
    assert "not known" in both.out


@pytest.mark.parametrize("format", ["terminal", "markdown", "csv", "json", "html"])
def test_every_format_shows_it(format: str, keep: Keep, run: Run) -> None:
    path = keep("a.safetensors", safetensors(PLAIN))
    done = run("table", str(path), "--format", format)
    assert done.code == 0, done.err
    assert "layers.0.fc" in done.out or "fc" in done.out


def test_columns_are_chosen(keep: Keep) -> None:
    path = keep("a.safetensors", safetensors(PLAIN))
    few = archcalc.table(path, columns="share,bytes").tables[0]
    assert [column.key for column in few.columns] == ["layer", "share", "bytes"]
    more = archcalc.table(path, columns="+share,-what").tables[0]
    keys = [column.key for column in more.columns]
    assert keys == ["layer", "dtype", "params", "bytes", "share"]
    with pytest.raises(UsageError, match="did you mean bytes"):
        archcalc.table(path, columns="byte")
    with pytest.raises(UsageError, match="the column depth needs the graph"):
        archcalc.table(path, columns="depth")
    with pytest.raises(UsageError, match="there is no level"):
        archcalc.table(path, level="rows")  # type: ignore[arg-type]


def test_one_part_that_several_names_begin_with(keep: Keep) -> None:
    """`model.` stands before all of them: stages are what follows."""
    names = ("model.a.w", "model.a.v", "model.b.w")
    path = keep("a.safetensors", safetensors([(n, "U8", (2,)) for n in names]))
    rows = archcalc.table(path, level="stages").rows()
    assert [(row["path"], row["params"]) for row in rows] == [
        ("model.a", 4),
        ("model.b", 2),
    ]
    single = keep("b.safetensors", safetensors([("model.a", "U8", (2,))]))
    assert len(archcalc.table(single, level="stages").rows()) == 1


def test_parts_of_a_tree_are_explained(keep: Keep) -> None:
    path = keep("a.safetensors", safetensors(PLAIN))
    *tensors, whole = archcalc.explain(path, "layers.2").parts
    assert [part.name for part in tensors] == [
        *("layers.2.fc.weight", "layers.2.fc.bias", "layers.2.norm.weight"),
    ]
    assert whole.lines[0].formula.value == 160
    (scalar,) = archcalc.explain(path, "seen").parts
    assert [line.formula.value for line in scalar.lines] == [1, 8]
    with pytest.raises(UsageError, match="has no tensor 'layer'"):
        archcalc.explain(path, "layer")
    wide = [(f"a.w{at}", "U8", (at,)) for at in range(1, 30)]
    many = keep("b.safetensors", safetensors(wide))
    (only,) = archcalc.explain(many, "a").parts
    assert only.lines[0].formula.value == sum(range(1, 30))


def test_folders_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the folder"):
        archcalc.load(tmp_path / "none" / "*.gguf")
    (tmp_path / "a.gguf").write_bytes(b"")
    with pytest.raises(ArchcalcError, match="does not begin with"):
        archcalc.load(tmp_path / "*.gguf")


def test_parts_are_not_endless(keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    path = keep("a.safetensors", safetensors(PLAIN[:4]))
    keep("b.safetensors", safetensors(PLAIN[4:]))
    monkeypatch.setattr("archcalc.readers.weights.files.MOST_TENSORS", 10)
    with pytest.raises(UsageError, match="more than 10 tensors"):
        archcalc.load(path.parent / "*.safetensors")
    monkeypatch.setattr("archcalc.readers.weights.files.MOST_PARTS", 1)
    with pytest.raises(UsageError, match="2 files match"):
        archcalc.load(path.parent / "*.safetensors")


def test_other_errors_pass_through() -> None:
    with pytest.raises(UsageError, match="AC501"):
        archcalc.table("no-such-network")


def test_many_ties_are_counted(keep: Keep) -> None:
    said = {f"w{at}": "words" for at in range(12)}
    path = keep("a.safetensors", safetensors([("words", "F16", (3,))], said))
    assert "4 more names are tied" in str(archcalc.table(path))


def test_gguf_says_which_part_it_is(keep: Keep) -> None:
    pairs = [
        pair("split.no", 2, (1).to_bytes(2, "little")),
        pair("split.count", 2, (3).to_bytes(2, "little")),
        pair(
            "some.list",
            9,
            (4).to_bytes(4, "little") + (2).to_bytes(8, "little") + bytes(8),
        ),
    ]
    data = gguf([("token_embd.weight", "F16", (4, 32))], pairs)
    found = held(keep("a.gguf", data))
    assert found.says == {"part": "2 of 3"}
    assert "There is no output.weight" in found.notes[-1]
