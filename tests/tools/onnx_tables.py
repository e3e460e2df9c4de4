"""The page of the models that were read: from the data files of the long runs.

`python tests/tools/documents.py` writes it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).parents[1] / "data"
PAGE = "docs/generated/onnx_read.md"
COLOUR = re.compile(r"\x1b\[[0-9;]*m|(?<=model\.) .*Next steps:$")
"""What a message of an exporter has for a terminal only."""
HEAD = """\
<!-- made by tests/tools/documents.py -->

# ONNX models that were read

What `archcalc` made of the ONNX models of others in long runs, and how that compares with
`onnx` and PyTorch. The tools and their data files are in `tests/tools` and `tests/data`.
"""


def page() -> str:
    """Return the whole page."""
    shipped = yaml.safe_load((DATA / "shipped_models.yaml").read_text("utf-8"))
    exports = yaml.safe_load((DATA / "exports_read.yaml").read_text("utf-8"))
    lines = [HEAD, *of_packages(shipped), *of_exporters(exports)]
    return "\n".join(lines) + "\n"


def of_packages(data: dict[str, Any]) -> Iterator[str]:
    """Yield the section of the files that packages ship."""
    files = data["files"]
    whole = [row for row in files if row.get("without_rule") == 0]
    opsets = sorted({row["opset"] for row in files})
    equal = sum(row["equal"] for row in files)
    differ = sum(len(row["differ"]) for row in files)
    yield "## ONNX files that packages ship"
    yield ""
    yield (
        f"`tests/tools/shipped_models.py`, {data['date']}: {len(files)} files of "
        f"{len({row['package'] for row in files})} packages, opsets {opsets[0]} to "
        f"{opsets[-1]}, {sum(row['operators'] for row in files):,} operators. "
        f"{sum('refused' not in row for row in files)} are read; in {len(whole)} every "
        f"operator has a rule. {equal:,} tensors have the sizes that onnx "
        f"{data['onnx']} infers, {differ} have others. *Without a rule* counts layers "
        "called `unknown` (AC416); figures of operations are then lower bounds."
    )
    yield ""
    yield "| package | file | opset | operators | equal sizes | without a rule |"
    yield "|---|---|---:|---:|---:|---|"
    for row in files:
        unknown = [f"{op} {n}" for op, n in row.get("unknown", {}).items()]
        many = len(unknown) - 6
        told = ", ".join(unknown[:6]) + (f" and {many} more" if many > 0 else "")
        yield (
            f"| {row['package']} | {row['file']} | {row['opset']} "
            f"| {row['operators']:,} | {row['equal']:,} | {told} |"
        )
    yield ""


def of_exporters(data: dict[str, Any]) -> Iterator[str]:
    """Yield the section of models that PyTorch exported."""
    rows = [row for row in data["exports"] if "failed" not in row]
    models = {row["model"] for row in rows}
    both = Counter(row["model"] for row in rows)
    equal = [row for row in rows if row["macs"] == row["macs_read"]]
    whole = [row for row in rows if not row["unknown"]]
    named = [row for row in rows if not row["unexplained"]]
    yield "## ONNX exports by PyTorch"
    yield ""
    yield (
        f"`tests/tools/exports_read.py`, {data['date']}: {len(models)} models, one of a "
        f"family, by the exporters of torch {data['torch']} (*default*, with onnxscript "
        f"{data['onnxscript']}, and *old*, `dynamo=False`); {len(rows)} files, "
        f"{sum(n == 2 for n in both.values())} models by both. Multiply-accumulates are "
        f"equal to those that torch counts in {len(equal)} files. In {len(whole)} files "
        f"every operator has a rule. The difference of parameters is explained by name "
        f"in {len(named)} files: it is the sum of what the last column lists."
    )
    yield ""
    yield "| model | exporter | MACs | parameters of the module | in the file | why |"
    yield "|---|---|---|---:|---:|---|"
    for row in rows:
        same = row["macs"] == row["macs_read"]
        bound = "at least " if row["unknown"] else ""
        macs = "equal" if same else f"{bound}{row['macs_read'] - row['macs']:+,}"
        macs += " (at least)" if same and row["unknown"] else ""
        why = [f"{reason}: {number:+,}" for reason, number in row["why"].items()]
        why += [f"not explained: {row['unexplained']:+,}"] * bool(row["unexplained"])
        yield (
            f"| {row['model']} | {row['exporter']} | {macs} | {row['parameters']:,} "
            f"| {row['parameters_read']:,} | {'; '.join(why)} |"
        )
    failed = [row for row in data["exports"] if "failed" in row]
    if failed:
        yield ""
        yield "Not exported, or not measured by torch:"
        yield ""
        for row in failed:
            said = COLOUR.sub("", row["failed"]).replace("|", "/")
            yield f"- {row['model']}, {row['exporter']}: `{said}`"
