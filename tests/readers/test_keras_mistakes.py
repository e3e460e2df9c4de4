"""What is said of layers of Keras whose arguments or inputs do not fit."""

from __future__ import annotations

from typing import Any

import pytest
from keras_texts import layer, network_of, row

from archcalc import ArchcalcError

pytestmark = pytest.mark.filterwarnings("ignore::archcalc.InputWarning")
IMAGE = (4, 5, 6)


WRONG: dict[str, tuple[Any, str]] = {
    # layers behind an image, and what is said
    "a convolution of a vector": (
        ((("Flatten", {})), ("Conv2D", {"filters": 2, "kernel_size": 1})),
        "its input has 1 axes beside the batch",
    ),
    "two sizes for three": (
        (("Conv2D", {"filters": 2, "kernel_size": [1, 1, 1]}),),
        "`kernel_size` needs 2 numbers",
    ),
    "another padding": (
        (("Conv2D", {"filters": 2, "kernel_size": 1, "padding": "full"}),),
        "padding 'full' is not known",
    ),
    "pairs that are none": ((("ZeroPadding2D", {"padding": [1, [2]]}),), "needs pairs"),
    "three pairs": ((("Cropping2D", {"cropping": [1, 1, 1]}),), "a pair for each of 2"),
    "another interpolation": (
        (("UpSampling2D", {"interpolation": "lanczos3"}),),
        "'lanczos3' has no rule",
    ),
    "another resizing": (
        (("Resizing", {"height": 2, "width": 2, "interpolation": "area"}),),
        "'area' has no rule",
    ),
    "values that do not fit": (
        (("Reshape", {"target_shape": [7, -1]}),),
        "120 values do not fit",
    ),
    "recurrent images": ((("LSTM", {"units": 2}),), "positions and features"),
    "renormalization": ((("BatchNormalization", {"renorm": True}),), "renormalization"),
    "a wrong projection": ((("LayerScale", {"projection_dim": 3}),), "projection_dim"),
    "no such axis": ((("BatchNormalization", {"axis": 7}),), "no rule knows"),
    "another cell": (
        (
            ("Reshape", {"target_shape": [20, 6]}),
            ("RNN", {"cell": {"class_name": "C"}}),
        ),
        "no rule knows the recurrent layer C",
    ),
    "another merge": (
        (
            ("Reshape", {"target_shape": [20, 6]}),
            (
                "Bidirectional",
                {
                    "layer": {"class_name": "GRU", "config": {"units": 2}},
                    "merge_mode": "max",
                },
            ),
        ),
        "merge_mode 'max' is not known",
    ),
    "a vector of an image": ((("RepeatVector", {"n": 2}),), "does not state the sizes"),
    "two axes of a softmax": ((("Softmax", {"axis": [1, 2]}),), "does not state"),
    "slopes along no axis": ((("PReLU", {"shared_axes": [0]}),), "no rule knows"),
    "two sizes left open": (
        (("Reshape", {"target_shape": [-1, -1]}),),
        "does not state",
    ),
    "letters in another order": (
        (("EinsumDense", {"equation": "abcd,bc->ad", "output_shape": [6]}),),
        "no rule knows",
    ),
    "states of both ways": (
        (
            ("Reshape", {"target_shape": [20, 6]}),
            (
                "Bidirectional",
                {
                    "layer": {
                        "class_name": "GRU",
                        "config": {"units": 2, "return_state": True},
                    }
                },
            ),
        ),
        "no rule knows",
    ),
    "other units backwards": (
        (
            ("Reshape", {"target_shape": [20, 6]}),
            (
                "Bidirectional",
                {
                    "layer": {"class_name": "GRU", "config": {"units": 2}},
                    "backward_layer": {"class_name": "GRU", "config": {"units": 3}},
                },
            ),
        ),
        "no rule knows",
    ),
    "images that come first": (
        (
            (
                "ConvLSTM1D",
                {"filters": 2, "kernel_size": 1, "data_format": "channels_first"},
            ),
        ),
        "no rule knows",
    ),
    "attention of an image": (
        (("MultiHeadAttention", {"num_heads": 2, "key_dim": 2}),),
        "attention needs a query and a value",
    ),
    "attention alone": ((("Attention", {}),), "attention needs queries, values"),
    "a sum that joins nothing": ((("Dot", {"axes": 1}),), "does not state the sizes"),
    "a share of nothing": ((("CustomScaleLayer", {"scale": 1}),), "no rule knows"),
    "a norm along the positions": (
        (
            (
                "TimeDistributed",
                {"layer": {"class_name": "LayerNormalization", "config": {"axis": 1}}},
            ),
        ),
        "no rule knows",
    ),
    "a reshape that is open at each position": (
        (
            (
                "TimeDistributed",
                {"layer": {"class_name": "Reshape", "config": {"target_shape": [-1]}}},
            ),
        ),
        "does not state the sizes",
    ),
    "a pool without a size at each position": (
        (("TimeDistributed", {"layer": {"class_name": "MaxPooling1D", "config": {}}}),),
        "no rule knows",
    ),
    "a volume at each position": (
        (
            (
                "TimeDistributed",
                {
                    "layer": {
                        "class_name": "Conv3D",
                        "config": {"filters": 2, "kernel_size": 1},
                    }
                },
            ),
        ),
        "no rule knows",
    ),
    "a layer that no position has": (
        (("TimeDistributed", {"layer": {"class_name": "LSTM", "config": {}}}),),
        "no rule knows",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_mistakes_in_layers(name: str) -> None:
    given, said = WRONG[name]
    layers = [layer(k, f"l{at}", **config) for at, (k, config) in enumerate(given)]
    with pytest.raises(ArchcalcError) as caught:
        network_of(row(IMAGE, *layers))
    assert said in str(caught.value)
