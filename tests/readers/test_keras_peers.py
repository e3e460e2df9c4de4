"""Keras beside what is read in its files: parameters, sizes and operations.

    pytest -m peers tests/readers/test_keras_peers.py

`tests/tools/keras_read.py` does the same with every model of keras.applications.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest
from keras_cases import CASES, MORE_STEPS, NOT_RUN, PARTLY
from keras_models import (
    application,
    differing,
    keras_on_torch,
    normalizations,
    read,
    stated,
)

import archcalc

pytestmark = [
    pytest.mark.peers,
    pytest.mark.filterwarnings("ignore"),
]


@pytest.mark.parametrize("name", CASES)
def test_layers_are_as_keras_states_them(name: str) -> None:
    """Where torch cannot run a model without values, its operations are not asked."""
    keras = keras_on_torch()
    with keras.device("meta"):
        model = CASES[name](keras)
    theirs, ours = stated(model, macs=name not in NOT_RUN), read(model.to_json())
    assert ours.params == theirs.params
    assert not differing(theirs, ours)
    if theirs.macs is None or ours.macs is None:
        return
    if name in PARTLY:
        assert ours.unknown
        assert ours.macs <= theirs.macs
    else:
        assert ours.macs == theirs.macs - MORE_STEPS.get(name, 0)


@pytest.mark.parametrize("name", ["MobileNetV2", "EfficientNetB0"])
def test_applications_are_as_keras_states_them(name: str) -> None:

    model = application(name)
    text = model.to_json()
    theirs, ours = stated(model), read(text)
    assert ours.params + normalizations(json.loads(text)) == theirs.params
    assert ours.macs == theirs.macs
    assert not ours.unknown
    assert not differing(theirs, ours)


def test_what_save_writes_is_read(tmp_path: Path) -> None:
    """An archive of Keras itself, with weights beside the configuration."""
    keras = keras_on_torch()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = CASES["a model inside a model"](keras)
        model.save(tmp_path / "model.keras")
    total = archcalc.load(tmp_path / "model.keras").analyze(convention="keras").total
    assert total.reported_params == model.count_params()
