"""A network in a table, networks side by side, figures with their formulas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from archcalc.api.given import Counting, Given, analysis_of, weights_or_network
from archcalc.errors import UsageError
from archcalc.network.analysis import Analysis
from archcalc.network.network import Network
from archcalc.network.rows import Level
from archcalc.reports.comparison import compare_report
from archcalc.reports.explanation import Explainer, Explanation
from archcalc.reports.report import Report
from archcalc.reports.table import table_of


def table(
    network: Given | Analysis,
    *,
    level: Level = "layers",
    columns: str | None = None,
    fold: bool = False,
    **counting: Unpack[Counting],
) -> Report:
    """Return a network's table: a row for each layer, block or stage, and the total.

    `level` is `ops`, `layers`, `blocks` or `stages`; `columns` are those of the command
    line: `shape,params`, or `+depth,-flops`; with `fold`, equal blocks that follow each
    other share a row. Shapes are channels first, without the
    batch; `params` and `activations` are counts, `macs` and `flops` operations for the
    whole batch, `activation_bytes` bytes. `counting` sets `batch`, `dtype`, `inplace`
    and `convention`.

    Raises `UsageError` for an unknown network, level or column, `ShapeError` where the
    network does not fit together.

    >>> archcalc.table("vgg16", columns="params,macs").rows()[1]["macs"]
    86704128
    >>> print(archcalc.table("lenet5", level="stages", columns="shape,params").title)
    LeNet-5
    """
    if isinstance(network, Analysis):
        return table_of(None, analysis_of(network, **counting), level, columns, fold)
    found = weights_or_network(network)
    if not isinstance(found, Network):
        from archcalc.reports.weights.table import weights_table

        found.refuse(_changed(counting))
        return weights_table(found, level, columns, fold)
    return table_of(found, found.analyze(**counting), level, columns, fold)


def compare(
    *networks: Given | Analysis,
    level: Level | None = None,
    memory: bool = False,
    **counting: Unpack[Counting],
) -> Report:
    """Return networks side by side; the first is the reference of the ratios.

    Names, paths, networks and analyses may be mixed. Totals come first, then stages;
    `level` adds the rows that correspond, and `memory` a table of bytes;
    `counting` is as in `table`. A ratio is the first network's figure divided by the
    other's.

    Raises `UsageError` AC511 for fewer than two networks, and what `table` raises.

    >>> report = archcalc.compare("naive-inception", "bottleneck-inception")
    >>> next(row["net1"] for row in report.rows() if row["path"] == "MACs")
    271351808
    """
    if len(networks) < 2:
        raise UsageError.of("AC511", "compare needs two networks or more")
    given = [_analysis_or_weights(one, counting) for one in networks]
    analyses = [one for one in given if isinstance(one, Analysis)]
    if len(analyses) == len(given):
        return compare_report(analyses, memory, level)
    from archcalc.reports.weights.comparison import compare_weights

    for one in given:
        if not isinstance(one, Analysis):
            one.refuse({"level": level is not None})
    return compare_weights(given, memory)


def _analysis_or_weights(given: Given | Analysis, counting: Counting) -> Any:
    """Return an analysis, or the weights of a file without a graph."""
    if isinstance(given, Analysis):
        return analysis_of(given, **counting)
    found = weights_or_network(given)
    return found.analyze(**counting) if isinstance(found, Network) else found


def _changed(counting: Mapping[str, Any]) -> dict[str, bool]:
    """Return the settings of counting, all of which are given."""
    return dict.fromkeys(counting, True)


def explain(
    network: Given | Analysis,
    at: str | None = None,
    training: bool = False,
    **counting: Unpack[Counting],
) -> Explanation:
    """Return every figure with its formula, the numbers put in, and the value.

    `at` names a layer, branch or block (`"conv1"`); without it every layer is explained
    in brief. `training` adds what a backward pass multiplies. `counting` is as in
    `table`.

    Raises `UsageError` for an unknown network or layer.

    >>> part = archcalc.explain("alexnet", "conv1").parts[0]
    >>> print(part.lines[1].formula)
    (227 + 2·0 − 11)/4 + 1 = 55
    """
    found = _analysis_or_weights(network, counting)
    if isinstance(found, Analysis):
        return Explainer(found, training).explain(at)
    from archcalc.reports.weights.explained import explain_weights

    found.refuse({"training": training, **_changed(counting)})
    return explain_weights(found, at)
