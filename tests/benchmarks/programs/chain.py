"""A chain of so many layers from YAML text to a printed table: JSON of what it cost.

CPU seconds of each step, the collector at the thresholds of the command line.
"""

import gc
import json
import resource
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from time import process_time

sys.path.append(str(Path(__file__).parent.parent))

from measuring import chain

from archcalc.__main__ import RARELY
from archcalc.limits import DEFAULT
from archcalc.network.network import network
from archcalc.render import FORMATS, render
from archcalc.reports.table import table_report
from archcalc.source.parser import parse

HUGE = {"file_bytes": 10**9, "lines": 10**7, "values": 10**8}
LIMITS = replace(DEFAULT, **HUGE, nodes=10**7, name_chars=10**9)
PRETTY = [name for name in FORMATS if name in ("terminal", "markdown", "latex", "html")]


def run(layers: int, pretty: bool) -> dict[str, float]:
    """Return the seconds of each step."""
    text, begin = chain(layers), process_time()
    marks = {"begin": begin}
    net = network(parse(text, "chain", LIMITS), limits=LIMITS)
    marks["read"] = process_time()
    graph = net.graph
    marks["written out"] = process_time()
    analysis = net.analyze()
    assert analysis.total.params == 2304 * (layers // 2)
    marks["analysis"] = process_time()
    report = table_report(net, analysis)
    marks["rows"] = process_time()
    Path("/dev/null").write_text(render(report), encoding="utf-8")
    marks["text"] = process_time()
    for name in PRETTY if pretty else ():
        render(report, name)
        marks[name] = process_time()
    assert len(graph.nodes) == layers + 1
    names = list(marks)
    return {b: marks[b] - marks[a] for a, b in pairwise(names)}


gc.set_threshold(*RARELY)
layers, times = int(sys.argv[1]), int(sys.argv[2])
runs = [run(layers, "pretty" in sys.argv) for _ in range(times)]
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"runs": runs, "mib": memory}))
