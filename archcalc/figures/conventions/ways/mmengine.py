"""As mmengine counts: by fvcore's rules."""

from __future__ import annotations

from archcalc.figures.conventions.convention import Convention
from archcalc.figures.conventions.ways.fvcore import CONVENTION as FVCORE

CONVENTION = Convention(
    "mmengine",
    "MAC",
    "as fvcore, whose rules it took over",
    "The counter of OpenMMLab, which the scripts of MMDetection and its sisters call. "
    "Its code and its rules are those of fvcore, and so are all of its figures here.",
    FVCORE.operations,
    source="mmengine 0.10.7, mmengine.analysis.FlopAnalyzer",
    spellings=FVCORE.spellings,
)
